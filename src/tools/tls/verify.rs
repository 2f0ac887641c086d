//! Whether a chain of certificates is to be believed, and if not, why: in words that name what is wrong.

use super::certificate::Certificate;
use super::provider::SIGNATURES;
use super::trust::Trust;
use crate::output::{Text, time};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};
use serde::Serialize;
use std::time::Duration;

/// One reason not to believe a chain.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Fault {
    /// `expired`, `not_yet_valid`, `name_mismatch`, `unknown_issuer`, `self_signed`, `no_ca_files`, `bad_signature`,
    /// `unsupported_algorithm`, `wrong_purpose`, `ca_as_server`, `malformed`, `no_certificate` or `other`.
    pub(in crate::tools) code: &'static str,
    /// The same in words.
    pub(in crate::tools) text: Text,
}

impl Fault {
    fn new(code: &'static str, text: impl Into<Vec<u8>>) -> Fault {
        Fault { code, text: Text(text.into()) }
    }

    /// The number that OpenSSL gives it (verify(1)): what `curl -w '%{ssl_verify_result}'` prints.
    pub(in crate::tools) fn number(&self) -> u8 {
        match self.code {
            "bad_signature" => 7,
            "not_yet_valid" => 9,
            "expired" => 10,
            "self_signed" => 18,
            "unknown_issuer" | "no_ca_files" => 20,
            "wrong_purpose" => 26,
            "name_mismatch" => 62,
            _ => 1,
        }
    }
}

/// The faults of `chain`, its first certificate being the server's; none when it is to be believed.
///
/// `name` is checked apart from the chain, so that both are told.
pub(super) fn judge(
    trust: &Trust,
    chain: &[CertificateDer<'_>],
    name: Option<&ServerName<'_>>,
) -> Vec<Fault> {
    let Some((leaf, others)) = chain.split_first() else {
        return vec![Fault::new("no_certificate", "the server sent no certificate")];
    };
    // What is said of the server's own must not be said of the next where it can't be read.
    let Some(own) = Certificate::parse(leaf) else {
        return vec![Fault::new("malformed", "the server's certificate is not well formed")];
    };
    let others_read = others.iter().filter_map(|c| Certificate::parse(c));
    let facts: Vec<Certificate> = std::iter::once(own).chain(others_read).collect();
    let now = UnixTime::now();
    let parsed = match ParsedCertificate::try_from(leaf) {
        Ok(parsed) => parsed,
        Err(error) => {
            let mut faults = dates(&facts, seconds(now));
            faults.push(in_words(&error, trust, &facts));
            return faults;
        }
    };
    let check = |at| {
        let algorithms = SIGNATURES.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &trust.roots, others, at, algorithms)
    };
    let mut faults = Vec::new();
    if trust.is_empty() {
        faults = dates(&facts, seconds(now));
        faults.push(Fault::new("no_ca_files", trust.why_empty()));
    } else if trust.certificates.contains(leaf) {
        // Trusted itself: OpenSSL and Go ask for no issuer then.
        faults = dates(facts.get(..1).unwrap_or_default(), seconds(now));
    } else if let Err(error) = check(now) {
        if is_of_dates(&error) {
            faults = dates(&facts, seconds(now));
            // What else is wrong shows at a time at which the date was right.
            let ends = facts.first().and_then(|leaf| u64::try_from(leaf.ends?).ok());
            let then = UnixTime::since_unix_epoch(Duration::from_secs(ends.unwrap_or_default()));
            let other = check(then).err().filter(|error| !is_of_dates(error));
            faults.extend(other.map(|error| in_words(&error, trust, &facts)));
        }
        if faults.is_empty() {
            faults.push(in_words(&error, trust, &facts));
        }
    }
    if let Some(name) = name
        && verify_server_name(&parsed, name).is_err()
    {
        faults.push(mismatch(name, facts.first()));
    }
    faults
}

/// The faults of certificates in a file that are no server's: their dates. One that can't be read is a fault.
pub(super) fn dates(facts: &[Certificate], now: i64) -> Vec<Fault> {
    let fault = |facts: &Certificate| {
        let who = [b"the certificate of ", facts.subject.0.as_slice()].concat();
        if facts.ends.is_none() || facts.starts.is_none() {
            let text = [&who, b" has a date that can't be read".as_slice()].concat();
            return Some(Fault::new("malformed", text));
        }
        let day = |at| time::shown(at);
        if let Some(ends) = facts.ends.filter(|ends| *ends < now) {
            let days = now.saturating_sub(ends) / 86_400;
            let text = format!(" expired at {}, {days} days ago", day(ends));
            return Some(Fault::new("expired", [&who, text.as_bytes()].concat()));
        }
        let starts = facts.starts.filter(|starts| *starts > now)?;
        let text = format!(" is not valid before {}", day(starts));
        Some(Fault::new("not_yet_valid", [&who, text.as_bytes()].concat()))
    };
    facts.iter().filter_map(fault).collect()
}

fn seconds(at: UnixTime) -> i64 {
    i64::try_from(at.as_secs()).unwrap_or(i64::MAX)
}

fn is_of_dates(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        )
    )
}

fn mismatch(name: &ServerName<'_>, leaf: Option<&Certificate>) -> Fault {
    let names = leaf.map(|leaf| leaf.names.as_slice()).unwrap_or_default();
    let mut text = format!("the certificate is not for {}", name.to_str()).into_bytes();
    if names.is_empty() {
        // RFC 9525, section 2: the common name is not looked at.
        text.extend_from_slice(b": it has no subjectAltName, and the CN does not count");
    } else {
        text.extend_from_slice(b" but for ");
        text.extend(
            names.iter().map(|name| name.0.as_slice()).collect::<Vec<_>>().join(&b", "[..]),
        );
    }
    Fault::new("name_mismatch", text)
}

fn in_words(error: &Error, trust: &Trust, facts: &[Certificate]) -> Fault {
    let Error::InvalidCertificate(error) = error else {
        return Fault::new("other", error.to_string());
    };
    match error {
        CertificateError::UnknownIssuer => unknown_issuer(trust, facts),
        CertificateError::BadEncoding => {
            Fault::new("malformed", "the certificate is not well formed")
        }
        CertificateError::BadSignature => Fault::new(
            "bad_signature",
            "a signature does not fit the key of its issuer: the chain is damaged, or the CA that the target trusts \
             has the name of the issuer and another key",
        ),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            let used: Vec<String> = facts
                .iter()
                .map(|facts| format!("{} with {}", facts.key(), facts.signature_algorithm))
                .collect();
            let text = format!(
                "a key or signature algorithm in the chain is too old or too rare to be verified: {}",
                used.join(", ")
            );
            Fault::new("unsupported_algorithm", text)
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Fault::new("wrong_purpose", "the certificate is not for servers (extended key usage)")
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            // What `openssl req -x509` makes is both, and the word for it is known.
            Some(webpki::Error::CaUsedAsEndEntity)
                if facts.first().is_some_and(|leaf| leaf.is_self_issued) =>
            {
                unknown_issuer(trust, facts)
            }
            Some(webpki::Error::CaUsedAsEndEntity) => Fault::new(
                "ca_as_server",
                "the certificate is that of a CA (CA:TRUE): programs on rustls refuse it as a server's, OpenSSL and Go \
                 do not",
            ),
            Some(webpki::Error::UnsupportedCertVersion) => {
                Fault::new("malformed", "the certificate is of X.509 version 1, not 3")
            }
            Some(error) => Fault::new("other", format!("the chain is not valid: {error}")),
            None => Fault::new("other", format!("the chain is not valid: {other}")),
        },
        error => Fault::new("other", format!("the chain is not valid: {error}")),
    }
}

fn unknown_issuer(trust: &Trust, facts: &[Certificate]) -> Fault {
    let among = format!("among the target's {} CAs", trust.len());
    let (Some(leaf), Some(last)) = (facts.first(), facts.last()) else {
        return Fault::new("unknown_issuer", "the chain leads to no CA that the target trusts");
    };
    if leaf.is_self_issued {
        let text = format!("the certificate is self-signed and not {among}");
        return Fault::new("self_signed", text);
    }
    let text = match last.is_self_issued {
        true => format!(" at the end of the chain is self-signed and not {among}"),
        false => format!(
            " is not {among}, or did not sign this; the server may have left an intermediate certificate out"
        ),
    };
    let text = [b"the issuer ", last.issuer.0.as_slice(), text.as_bytes()].concat();
    Fault::new("unknown_issuer", text)
}
