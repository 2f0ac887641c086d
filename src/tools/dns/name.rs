//! Domain names: any bytes in labels of at most 63, as they stand in messages (RFC 1035, section 3.1) and as people
//! write them (section 5.1).

use crate::error::{Error, Result};
use crate::output::visible;
use std::fmt::{self, Write};
use std::net::IpAddr;

/// The longest name in a message, its last byte included.
const LONGEST: usize = 255;

/// A domain name as a message has it, without compression: labels behind their lengths, and an empty one at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tools) struct Name(Vec<u8>);

impl Name {
    /// Reads the written form: `.` between labels, `\.` for a dot in one, `\DDD` for any byte. A dot at the end changes
    /// nothing.
    pub(in crate::tools) fn parse(text: &[u8]) -> Result<Name> {
        let wrong =
            |why: &str| Err(Error::new(format!("{}: is no domain name: {why}", visible(text))));
        let (mut wire, mut label, mut rest) = (Vec::new(), Vec::new(), text);
        if matches!(text, b"." | b"") {
            return Ok(Name(vec![0]));
        }
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match (byte, rest) {
                (b'.', _) if label.is_empty() => return wrong("a label is empty"),
                (b'.', _) => end_label(&mut wire, &mut label),
                (b'\\', [a, b, c, after @ ..]) if a.is_ascii_digit() => {
                    let digits = [*a, *b, *c];
                    let number = std::str::from_utf8(&digits).ok().and_then(|n| n.parse().ok());
                    let Some(number) = number else { return wrong("\\DDD is at most \\255") };
                    label.push(number);
                    rest = after;
                }
                (b'\\', [byte, after @ ..]) => {
                    label.push(*byte);
                    rest = after;
                }
                (byte, _) => label.push(*byte),
            }
            if label.len() > 63 {
                return wrong("a label has more than 63 bytes");
            }
        }
        if !label.is_empty() {
            end_label(&mut wire, &mut label);
        }
        wire.push(0);
        if wire.len() > LONGEST {
            return wrong("it has more than 255 bytes");
        }
        Ok(Name(wire))
    }

    /// The name that is asked for the names of an address (RFC 1035, section 3.5; RFC 3596, section 2.5).
    pub(in crate::tools) fn of_address(address: IpAddr) -> Name {
        let mut text = String::new();
        match address {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets();
                let _ = write!(text, "{d}.{c}.{b}.{a}.in-addr.arpa");
            }
            IpAddr::V6(address) => {
                for byte in address.octets().iter().rev() {
                    let _ = write!(text, "{:x}.{:x}.", byte & 15, byte >> 4);
                }
                text.push_str("ip6.arpa");
            }
        }
        Name::parse(text.as_bytes()).unwrap_or_else(|_| Name(vec![0]))
    }

    /// Reads the name at `at` in `message`; gives it and where it ends there. Compression may point backwards only, so
    /// there are no loops.
    pub(in crate::tools) fn read(message: &[u8], at: usize) -> Option<(Name, usize)> {
        let (mut wire, mut at, mut end, mut lowest) = (Vec::new(), at, None, at);
        loop {
            let length = *message.get(at)?;
            match length >> 6 {
                0 => {
                    let label = message.get(at..at.checked_add(1 + usize::from(length))?)?;
                    wire.extend_from_slice(label);
                    at += label.len();
                    if wire.len() > LONGEST {
                        return None;
                    }
                    if length == 0 {
                        return Some((Name(wire), end.unwrap_or(at)));
                    }
                }
                3 => {
                    let low = *message.get(at.checked_add(1)?)?;
                    let target = usize::from(length & 0x3f) << 8 | usize::from(low);
                    end = end.or(Some(at + 2));
                    if target >= lowest {
                        return None;
                    }
                    (at, lowest) = (target, target);
                }
                _ => return None,
            }
        }
    }

    /// The bytes as a message has them.
    pub(in crate::tools) fn wire(&self) -> &[u8] {
        &self.0
    }

    /// The labels, without the empty one at the end.
    pub(in crate::tools) fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (length, after) = rest.split_first()?;
            let (label, after) = after.split_at_checked(usize::from(*length))?;
            rest = after;
            (!label.is_empty()).then_some(label)
        })
    }

    /// The name with `domain` behind it.
    pub(in crate::tools) fn within(&self, domain: &Name) -> Option<Name> {
        let own = self.0.strip_suffix(&[0])?;
        let name = Name([own, domain.wire()].concat());
        (name.0.len() <= LONGEST).then_some(name)
    }

    /// Whether two names are the same to the DNS: the letters of ASCII have no case.
    pub(in crate::tools) fn is(&self, other: &Name) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The written form without the dot at the end.
    pub(in crate::tools) fn relative(&self) -> String {
        let text = self.to_string();
        match text.strip_suffix('.') {
            Some(short) if !short.is_empty() => short.to_owned(),
            _ => text,
        }
    }
}

fn end_label(wire: &mut Vec<u8>, label: &mut Vec<u8>) {
    wire.push(label.len() as u8);
    wire.append(label);
}

/// As zone files and dig have it: absolute, unusual bytes as `\DDD`. Safe on a terminal.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_root = true;
        for label in self.labels() {
            is_root = false;
            for byte in label {
                match byte {
                    b'"' | b'$' | b'(' | b')' | b'.' | b';' | b'@' | b'\\' => {
                        write!(f, "\\{}", char::from(*byte))?;
                    }
                    0x21..=0x7e => f.write_char(char::from(*byte))?,
                    byte => write!(f, "\\{byte:03}")?,
                }
            }
            f.write_char('.')?;
        }
        if is_root { f.write_char('.') } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_written_form_is_read_and_printed_alike() {
        for text in ["a.example.", ".", r"a\.b.c.", r"\000\255x.", r"\@\(.", "_sip._tcp.x."] {
            assert_eq!(name(text).to_string(), text);
        }
        assert_eq!(name("a b").to_string(), r"a\032b.");
        assert_eq!(name("a").wire(), b"\x01a\0");
    }

    #[test]
    fn names_that_no_message_can_hold_are_refused() {
        let long = vec!["a".repeat(63); 4].join(".");
        for text in ["a..b", ".a", r"a\999", &"a".repeat(64), &long] {
            assert!(Name::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_have_names() {
        let text = |address: &str| Name::of_address(address.parse().unwrap()).to_string();
        assert_eq!(text("192.0.2.1"), "1.2.0.192.in-addr.arpa.");
        assert!(text("2001:db8::1").starts_with("1.0.0.0."));
        assert!(text("2001:db8::1").ends_with(".8.b.d.0.1.0.0.2.ip6.arpa."));
    }

    #[test]
    fn compression_points_back_only() {
        let read = |bytes: &[u8], at| Name::read(bytes, at).map(|(n, end)| (n.to_string(), end));
        assert_eq!(read(b"\x01a\0\x01b\xc0\0", 3), Some(("b.a.".to_owned(), 7)));
        for (bytes, at) in [
            (&b"\xc0\0"[..], 0),
            (b"\x01a\xc0\0", 0),
            (b"\xc0\x02\xc0\0", 0),
            (b"\x01a\xc0\x01", 2),
            (b"\x40a", 0),
            (b"\x05ab", 0),
            (b"\xc0", 0),
            (b"", 0),
        ] {
            let found = read(bytes, at);
            assert!(found.is_none() || found.is_some_and(|(text, _)| text.len() < 5), "{bytes:?}");
        }
    }
}
