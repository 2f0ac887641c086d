//! What a certificate says (RFC 5280), for people and as JSON. Nothing is verified here, and no certificate is refused
//! for a part that can't be read: what is odd is what one wants to see.

use crate::output::{Text, time};
use der::asn1::{AnyRef, GeneralizedTime, ObjectIdentifier, UtcTime};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::net::IpAddr;

/// The facts of one certificate.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Certificate {
    /// Whose it is: `C=GB, O=Example, CN=www.example.com`, in the order of the certificate.
    pub(in crate::tools) subject: Text,
    /// Who signed it.
    pub(in crate::tools) issuer: Text,
    /// The names it is for: `DNS:www.example.com`, `IP:192.0.2.1`, `email:…`, `URI:…`.
    pub(in crate::tools) names: Vec<Text>,
    /// Serial number in hexadecimal.
    pub(in crate::tools) serial: String,
    /// Whether it may sign others (basic constraints).
    pub(in crate::tools) is_ca: bool,
    /// `RSA`, `EC P-256`, `EC P-384`, `ED25519`, or the algorithm's object identifier.
    pub(in crate::tools) key_type: String,
    /// Size of the key in bits; null where the algorithm is not known.
    pub(in crate::tools) key_bits: Option<u64>,
    /// How it is signed, in OpenSSL's names: `sha256WithRSAEncryption`; or an object identifier.
    pub(in crate::tools) signature_algorithm: String,
    /// First second of its life, RFC 3339; null when it can't be read.
    pub(in crate::tools) not_before: Option<String>,
    /// Last second of its life, RFC 3339; null when it can't be read.
    pub(in crate::tools) not_after: Option<String>,
    /// Whole days until `not_after`, rounded down: negative when it is past.
    pub(in crate::tools) days_left: Option<i64>,
    /// SHA-256 of the whole certificate in hexadecimal.
    pub(in crate::tools) sha256: String,
    #[serde(skip)]
    pub(super) is_self_issued: bool,
    #[serde(skip)]
    pub(super) starts: Option<i64>,
    #[serde(skip)]
    pub(super) ends: Option<i64>,
}

/// The most names that are shown of one certificate.
const NAMES: usize = 1000;

impl Certificate {
    /// Reads a certificate; `None` when it is none at all.
    pub(in crate::tools) fn parse(bytes: &[u8]) -> Option<Certificate> {
        let whole = Parts::of(Parts::new(bytes)?.next()?);
        let mut whole = whole?;
        let mut fields = Parts::of(whole.next()?)?.peekable();
        // The version is left out in those of version 1.
        fields.next_if(|field| context(field) == Some(0));
        let serial = fields.next()?;
        let algorithm = fields.next()?;
        let issuer = fields.next()?;
        let mut validity = Parts::of(fields.next()?)?;
        let subject = fields.next()?;
        let key = fields.next()?;
        let extensions = fields.find(|field| context(field) == Some(3));
        let extensions = extensions.map(extensions_of).unwrap_or_default();
        let (starts, ends) = (validity.next().and_then(seconds), validity.next().and_then(seconds));
        let (key_type, key_bits) = key_of(key).unwrap_or_else(|| ("unknown".into(), None));
        let moment = |at: Option<i64>| at.and_then(|at| time::rfc3339(at, 0));
        Some(Certificate {
            subject: name(subject),
            issuer: name(issuer),
            names: extensions.names,
            serial: hex(serial.value().strip_prefix(&[0]).unwrap_or(serial.value())),
            is_ca: extensions.is_ca,
            key_type,
            key_bits,
            signature_algorithm: algorithm_name(algorithm),
            not_before: moment(starts),
            not_after: moment(ends),
            days_left: ends.map(|ends| ends.saturating_sub(time::now()).div_euclid(86_400)),
            sha256: hex(&Sha256::digest(bytes)),
            is_self_issued: subject.value() == issuer.value(),
            starts,
            ends,
        })
    }

    /// `RSA 2048`, `EC P-256`.
    pub(super) fn key(&self) -> String {
        match self.key_bits {
            Some(bits) if !self.key_type.starts_with("EC ") => format!("{} {bits}", self.key_type),
            _ => self.key_type.clone(),
        }
    }
}

/// The elements of a constructed value, until one can't be read.
struct Parts<'a>(SliceReader<'a>);

impl<'a> Parts<'a> {
    fn new(bytes: &'a [u8]) -> Option<Parts<'a>> {
        SliceReader::new(bytes).ok().map(Parts)
    }

    fn of(any: AnyRef<'a>) -> Option<Parts<'a>> {
        Parts::new(any.value())
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = AnyRef<'a>;

    fn next(&mut self) -> Option<AnyRef<'a>> {
        if self.0.is_finished() {
            return None;
        }
        AnyRef::decode(&mut self.0).ok()
    }
}

/// The number of a context-specific tag.
fn context(any: &AnyRef<'_>) -> Option<u32> {
    match any.tag() {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

fn seconds(any: AnyRef<'_>) -> Option<i64> {
    let since = match any.tag() {
        Tag::UtcTime => any.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        _ => any.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
    };
    i64::try_from(since.as_secs()).ok()
}

fn oid(any: AnyRef<'_>) -> Option<ObjectIdentifier> {
    any.decode_as().ok()
}

/// The first element of an AlgorithmIdentifier, and what comes after it.
fn algorithm(any: AnyRef<'_>) -> Option<(ObjectIdentifier, Option<AnyRef<'_>>)> {
    let mut parts = Parts::of(any)?;
    Some((oid(parts.next()?)?, parts.next()))
}

/// Names of signature algorithms as OpenSSL has them (RFC 8017, RFC 5758, RFC 8410).
fn algorithm_name(any: AnyRef<'_>) -> String {
    let Some((id, _)) = algorithm(any) else { return "unknown".into() };
    let id = id.to_string();
    let name = match id.as_str() {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "ED25519",
        "1.3.101.113" => "ED448",
        _ => return id,
    };
    name.into()
}

/// The type and size of a SubjectPublicKeyInfo.
fn key_of(any: AnyRef<'_>) -> Option<(String, Option<u64>)> {
    let mut parts = Parts::of(any)?;
    let (id, parameters) = algorithm(parts.next()?)?;
    // The first byte of a bit string counts the bits that are left over.
    let key = parts.next().and_then(|key| key.value().split_first()).map(|(_, key)| key);
    let id = id.to_string();
    Some(match id.as_str() {
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => ("RSA".into(), key.and_then(rsa_bits)),
        "1.2.840.10045.2.1" => {
            let curve = parameters.and_then(oid).map(|id| id.to_string()).unwrap_or_default();
            match curve.as_str() {
                "1.2.840.10045.3.1.7" => ("EC P-256".into(), Some(256)),
                "1.3.132.0.34" => ("EC P-384".into(), Some(384)),
                "1.3.132.0.35" => ("EC P-521".into(), Some(521)),
                "1.3.132.0.10" => ("EC secp256k1".into(), Some(256)),
                _ => (format!("EC {curve}"), None),
            }
        }
        "1.3.101.112" => ("ED25519".into(), Some(256)),
        "1.3.101.113" => ("ED448".into(), Some(456)),
        _ => (id, None),
    })
}

fn rsa_bits(key: &[u8]) -> Option<u64> {
    let modulus = Parts::of(Parts::new(key)?.next()?)?.next()?.value();
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let digits = modulus.get(zeros..)?;
    Some((digits.len() as u64 * 8).saturating_sub(u64::from(digits.first()?.leading_zeros())))
}

#[derive(Default)]
struct Extensions {
    names: Vec<Text>,
    is_ca: bool,
}

fn extensions_of(any: AnyRef<'_>) -> Extensions {
    let mut found = Extensions::default();
    let list = Parts::of(any).and_then(|mut list| Parts::of(list.next()?));
    for extension in list.into_iter().flatten() {
        let Some(mut parts) = Parts::of(extension) else { continue };
        let Some(id) = parts.next().and_then(oid) else { continue };
        let Some(value) = parts.last().and_then(|value| Parts::new(value.value())?.next()) else {
            continue;
        };
        match id.to_string().as_str() {
            "2.5.29.17" => {
                let names = Parts::of(value).into_iter().flatten();
                found.names = names.filter_map(alternative_name).take(NAMES).collect();
            }
            "2.5.29.19" => {
                let first = Parts::of(value).and_then(|mut parts| parts.next());
                found.is_ca = first.is_some_and(|v| v.tag() == Tag::Boolean && v.value() == [0xff]);
            }
            _ => {}
        }
    }
    found
}

/// A GeneralName (RFC 5280, section 4.2.1.6).
fn alternative_name(any: AnyRef<'_>) -> Option<Text> {
    let value = any.value();
    let kind: &[u8] = match context(&any)? {
        1 => b"email:",
        2 => b"DNS:",
        6 => b"URI:",
        7 => {
            let address = match value.len() {
                4 => IpAddr::from(<[u8; 4]>::try_from(value).ok()?),
                _ => IpAddr::from(<[u8; 16]>::try_from(value).ok()?),
            };
            return Some(Text::from(format!("IP:{address}")));
        }
        _ => return None,
    };
    Some(Text::from([kind, value].concat()))
}

/// A distinguished name in one line.
fn name(any: AnyRef<'_>) -> Text {
    let mut out = Vec::new();
    for set in Parts::of(any).into_iter().flatten() {
        for (i, attribute) in Parts::of(set).into_iter().flatten().enumerate() {
            if !out.is_empty() {
                out.extend_from_slice(if i == 0 { b", " } else { b" + " });
            }
            let Some(mut parts) = Parts::of(attribute) else { continue };
            let Some(id) = parts.next().and_then(oid) else { continue };
            out.extend_from_slice(attribute_name(&id.to_string()).as_bytes());
            out.push(b'=');
            if let Some(value) = parts.next() {
                push_value(value, &mut out);
            }
        }
    }
    Text(out)
}

/// Short names of attributes (RFC 4519, section 2).
fn attribute_name(id: &str) -> &str {
    match id {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.42" => "GN",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => id,
    }
}

/// A value as UTF-8, in quotes where it has what divides the parts of a name.
fn push_value(value: AnyRef<'_>, out: &mut Vec<u8>) {
    let bytes = match value.tag() {
        Tag::BmpString => {
            let units = value.value().chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            let text: String = char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
            text.into_bytes()
        }
        _ => value.value().to_vec(),
    };
    let is_quoted = bytes.iter().any(|b| b",+=\"".contains(b));
    let mark: &[u8] = if is_quoted { b"\"" } else { b"" };
    out.extend_from_slice(mark);
    out.extend_from_slice(&bytes);
    out.extend_from_slice(mark);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
