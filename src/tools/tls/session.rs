//! A TLS session over a stream: the handshake, what came of it, and its failure in words.

use super::certificate::Certificate;
use super::provider::{SIGNATURES, provider};
use super::trust::Trust;
use super::verify::{Fault, judge};
use crate::error::Error;
use crate::output::visible;
use crate::tools::connect::Stream;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct,
    InvalidMessage, PeerIncompatible, SignatureScheme, StreamOwned,
};
use std::io;
use std::sync::{Arc, Mutex};

/// A stream that is encrypted.
pub(in crate::tools) type Secure = StreamOwned<ClientConnection, Stream>;

/// What a handshake came to.
#[derive(Clone, Debug, Default)]
pub(in crate::tools) struct Facts {
    /// `TLSv1.3`.
    pub(in crate::tools) protocol: Option<&'static str>,
    /// `TLS_AES_256_GCM_SHA384`.
    pub(in crate::tools) cipher: Option<String>,
    /// `X25519`.
    pub(in crate::tools) group: Option<&'static str>,
    pub(in crate::tools) alpn: Option<Vec<u8>>,
    /// As the server sent it.
    pub(in crate::tools) chain: Vec<Certificate>,
    /// Why the chain is not to be believed.
    pub(in crate::tools) faults: Vec<Fault>,
}

/// Why there is no session.
#[derive(Debug)]
pub(in crate::tools) struct Failed {
    pub(in crate::tools) error: Error,
    pub(in crate::tools) is_timeout: bool,
    /// Whether it was the certificate that was refused.
    pub(in crate::tools) is_certificate: bool,
    /// What was known by then.
    pub(in crate::tools) facts: Facts,
}

/// Makes a session with the server called `name`. With `insecure` whatever is wrong with the certificates is noted and
/// not acted upon.
pub(in crate::tools) fn secure(
    stream: Stream,
    name: &ServerName<'static>,
    trust: Arc<Trust>,
    alpn: Vec<Vec<u8>>,
    insecure: bool,
) -> Result<(Box<Secure>, Facts), Box<Failed>> {
    let verifier = Arc::new(Verifier { trust, insecure, found: Mutex::default() });
    let failed = |error: Error| {
        let facts = verifier.facts();
        let is_certificate = false;
        Box::new(Failed { error, is_timeout: false, is_certificate, facts })
    };
    let config = config(Arc::clone(&verifier), alpn)
        .and_then(|config| ClientConnection::new(Arc::new(config), name.clone()))
        .map_err(|error| failed(Error::new(error)))?;
    let mut session = Box::new(StreamOwned::new(config, stream));
    let Secure { conn, sock } = &mut *session;
    if let Err(error) = conn.complete_io(sock) {
        let facts = verifier.facts();
        let is_certificate = is_refusal(&error);
        return Err(Box::new(Failed {
            is_timeout: error.kind() == io::ErrorKind::TimedOut,
            is_certificate,
            error: in_words(&error, sock, name, &facts),
            facts,
        }));
    }
    let mut facts = verifier.facts();
    facts.protocol = conn.protocol_version().and_then(|version| match version {
        rustls::ProtocolVersion::TLSv1_2 => Some("TLSv1.2"),
        rustls::ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
        _ => None,
    });
    let cipher = conn.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str());
    // rustls has a name of its own for those of TLS 1.3.
    facts.cipher = cipher.map(|name| name.replacen("TLS13_", "TLS_", 1));
    facts.group = conn.negotiated_key_exchange_group().and_then(|group| group.name().as_str());
    facts.alpn = conn.alpn_protocol().map(<[u8]>::to_vec);
    Ok((session, facts))
}

fn config(verifier: Arc<Verifier>, alpn: Vec<Vec<u8>>) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = alpn;
    Ok(config)
}

/// Judges the server's certificates by the target's trust, and keeps what it saw.
#[derive(Debug)]
struct Verifier {
    trust: Arc<Trust>,
    insecure: bool,
    found: Mutex<Facts>,
}

impl Verifier {
    fn facts(&self) -> Facts {
        self.found.lock().map(|found| found.clone()).unwrap_or_default()
    }

    /// The proof that the server holds the key of its certificate.
    fn proven(
        &self,
        result: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let Err(error) = result else { return result };
        if let Ok(mut found) = self.found.lock() {
            let text = format!("the server did not prove that it holds the key: {error}");
            found.faults.push(Fault { code: "bad_signature", text: text.into() });
        }
        if self.insecure { Ok(HandshakeSignatureValid::assertion()) } else { Err(error) }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain: Vec<_> = [leaf].into_iter().chain(others).cloned().collect();
        let faults = judge(&self.trust, &chain, Some(name));
        let is_right = faults.is_empty() || self.insecure;
        if let Ok(mut found) = self.found.lock() {
            found.chain = chain.iter().filter_map(|der| Certificate::parse(der)).collect();
            found.faults = faults;
        }
        if is_right {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proven(verify_tls12_signature(message, certificate, signed, &SIGNATURES))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proven(verify_tls13_signature(message, certificate, signed, &SIGNATURES))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SIGNATURES.supported_schemes()
    }
}

/// What rustls says inside an I/O error.
pub(in crate::tools) fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(tls_error(error), Some(rustls::Error::InvalidCertificate(_)))
}

fn in_words(error: &io::Error, stream: &Stream, name: &ServerName<'_>, facts: &Facts) -> Error {
    use AlertDescription as Alert;
    const OLD: &str = "the server speaks only TLS 1.1 or older, which RFC 8996 forbids";
    let old = || Error::new(OLD).hint("dbg speaks TLS 1.2 and 1.3, as programs of today do");
    if is_refusal(error) && !facts.faults.is_empty() {
        let faults: Vec<_> = facts.faults.iter().map(|fault| fault.text.visible()).collect();
        return Error::new(format!("the certificate is not to be trusted: {}", faults.join("; ")));
    }
    let Some(tls) = tls_error(error) else {
        return match error.kind() {
            io::ErrorKind::TimedOut => Error::new("TLS handshake: timed out"),
            io::ErrorKind::UnexpectedEof => {
                Error::new("TLS handshake: the server closed the connection")
                    .hint("does it speak TLS on this port, and know the name that was sent (SNI)?")
            }
            _ => Error::new(crate::error::io_reason(error)).context("TLS handshake"),
        };
    };
    match tls {
        rustls::Error::AlertReceived(Alert::ProtocolVersion)
        | rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => old(),
        rustls::Error::AlertReceived(_) if !facts.chain.is_empty() => Error::new(
            "the server ended the handshake after its certificate: it may want one of the client, and dbg has none",
        ),
        rustls::Error::AlertReceived(Alert::HandshakeFailure) => Error::new(
            "the server refused the handshake: it shares no cipher suite or key exchange with dbg",
        )
        .hint("dbg offers AES-GCM with ECDHE on X25519, P-256 and P-384"),
        rustls::Error::AlertReceived(Alert::NoApplicationProtocol) => {
            Error::new("the server speaks none of the protocols that were offered (ALPN)")
        }
        rustls::Error::AlertReceived(Alert::UnrecognisedName) => Error::new(format!(
            "the server has no site called {} (alert unrecognized_name)",
            visible(name.to_str().as_bytes())
        )),
        rustls::Error::AlertReceived(alert) => {
            let name = alert.as_str().unwrap_or("unknown");
            Error::new(format!("the server refused the handshake: alert {name}"))
        }
        rustls::Error::InvalidMessage(_) if !is_tls(&stream.head) => Error::new(format!(
            "the server does not speak TLS: it sent '{}'",
            visible(stream.head.trim_ascii_end())
        ))
        .hint("a plain protocol such as http may be spoken on this port"),
        // The version of the record: SSL 3.
        rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion)
            if stream.head.get(1..3) == Some(&[3, 0]) =>
        {
            old()
        }
        error => Error::new(error).context("TLS handshake"),
    }
}

/// Whether the first bytes are a record of TLS (RFC 8446, section 5.1).
fn is_tls(head: &[u8]) -> bool {
    matches!(head, [20..=23, 3, ..])
}
