//! Records as they lie in a message (RFC 1035, section 3.2), read within their bounds.

use super::name::Name;
use super::types::{A, AAAA, CAA, CNAME, DNAME, IN, MX, NS, PTR, SOA, SRV, TXT};
use super::wire::{Data, Record};
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What is left of a message.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl Reader<'_> {
    pub(super) fn take(&mut self, length: usize) -> Option<&[u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn number(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn long(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn name(&mut self) -> Option<Name> {
        let (name, end) = Name::read(self.bytes, self.at)?;
        self.at = end;
        Some(name)
    }

    pub(super) fn record(&mut self) -> Option<Record> {
        let name = self.name()?;
        let (kind, class, ttl) = (self.number()?, self.number()?, self.long()?);
        let length = usize::from(self.number()?);
        let start = self.at;
        let end = start.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        // Names in it may point to before it, but nothing is read behind its end.
        let mut data = Reader { bytes: self.bytes.get(..end)?, at: start };
        let known = if class == IN || kind == TXT { data.known(kind) } else { None };
        let data = match known {
            Some(known) if data.at == end => known,
            _ => Data::Text(unknown(self.bytes.get(start..end)?)),
        };
        self.at = end;
        Some(Record { name, kind, class, ttl, data })
    }

    fn known(&mut self, kind: u16) -> Option<Data> {
        let data = match kind {
            A => Data::Address(Ipv4Addr::from(self.array::<4>()?).into()),
            AAAA => Data::Address(Ipv6Addr::from(self.array::<16>()?).into()),
            CNAME | DNAME | NS | PTR => Data::Name(self.name()?),
            MX => Data::Text(format!("{} {}", self.number()?, self.name()?)),
            SRV => {
                let numbers = (self.number()?, self.number()?, self.number()?);
                let (priority, weight, port) = numbers;
                Data::Text(format!("{priority} {weight} {port} {}", self.name()?))
            }
            SOA => {
                let mut text = format!("{} {}", self.name()?, self.name()?);
                for _ in 0..5 {
                    let _ = write!(text, " {}", self.long()?);
                }
                Data::Text(text)
            }
            TXT | 99 | 13 => Data::Text(self.strings()?),
            CAA => {
                let [flags, length] = self.array()?;
                let tag = self.take(usize::from(length))?;
                if tag.is_empty() || !tag.iter().all(u8::is_ascii_alphanumeric) {
                    return None;
                }
                let mut text = format!("{flags} {} ", String::from_utf8_lossy(tag));
                let rest = self.bytes.len() - self.at;
                quoted(self.take(rest)?, &mut text);
                Data::Text(text)
            }
            _ => return None,
        };
        Some(data)
    }

    fn strings(&mut self) -> Option<String> {
        let mut text = String::new();
        while self.at < self.bytes.len() {
            let [length] = self.array()?;
            if !text.is_empty() {
                text.push(' ');
            }
            quoted(self.take(usize::from(length))?, &mut text);
        }
        (!text.is_empty()).then_some(text)
    }
}

/// A string as a zone file has it.
fn quoted(bytes: &[u8], text: &mut String) {
    text.push('"');
    for byte in bytes {
        match byte {
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            0x20..=0x7e => text.push(char::from(*byte)),
            byte => {
                let _ = write!(text, "\\{byte:03}");
            }
        }
    }
    text.push('"');
}

/// Data of a type that is not known here (RFC 3597, section 5).
fn unknown(bytes: &[u8]) -> String {
    let mut text = format!("\\# {}", bytes.len());
    for (i, byte) in bytes.iter().enumerate() {
        let _ = write!(text, "{}{byte:02X}", if i % 32 == 0 { " " } else { "" });
    }
    text
}
