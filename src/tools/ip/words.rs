//! The words of `ip`: what follows an object and its verb.

use crate::error::{Error, Result};
use crate::output::quote;
use crate::tools::args::os;
use std::net::IpAddr;

/// Words still to be read.
#[derive(Debug)]
pub(super) struct Words<'a> {
    words: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Words<'a> {
    pub(super) fn new(words: Vec<&'a [u8]>) -> Words<'a> {
        Words { words: words.into_iter() }
    }

    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        self.words.next()
    }

    /// The word that `of` can't do without.
    pub(super) fn value(&mut self, of: &str) -> Result<&'a [u8]> {
        self.next().ok_or_else(|| Error::usage(format!("{of}: a value is missing")))
    }

    /// The value of `of`, as `read` reads it.
    pub(super) fn read<T>(&mut self, of: &str, read: impl FnOnce(&[u8]) -> Option<T>) -> Result<T> {
        let word = self.value(of)?;
        read(word).ok_or_else(|| Error::usage(format!("{of}: {} is none", quote(os(word)))))
    }

    /// The prefix behind `of`.
    pub(super) fn prefix(&mut self, of: &str) -> Result<Prefix> {
        self.read(of, Prefix::parse)
    }
}

/// A decimal number, or a hexadecimal one behind `0x`.
pub(super) fn number(word: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(word).ok()?;
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    /// `None` for `default` and `all`, which are of either family.
    pub(super) address: Option<IpAddr>,
    pub(super) bits: u8,
}

impl Prefix {
    /// `10.0.0.0/8`, `10/8`, `fe80::1`, `default`.
    pub(super) fn parse(word: &[u8]) -> Option<Prefix> {
        let text = std::str::from_utf8(word).ok()?;
        if matches!(text, "default" | "all" | "any") {
            return Some(Prefix { address: None, bits: 0 });
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        // `10/8` is `10.0.0.0/8`.
        let dots = address.bytes().filter(|byte| *byte == b'.').count();
        let padded = match address.contains(':') {
            true => address.to_owned(),
            false => format!("{address}{}", ".0".repeat(3usize.saturating_sub(dots))),
        };
        let address: IpAddr = padded.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Prefix { address: Some(address), bits })
    }

    /// Whether `other`, an address with the length of its prefix, is all within.
    pub(super) fn holds(self, other: Option<IpAddr>, bits: u8) -> bool {
        let Some(own) = self.address else { return true };
        let other = other.unwrap_or(match own {
            IpAddr::V4(_) => IpAddr::from([0; 4]),
            IpAddr::V6(_) => IpAddr::from([0; 16]),
        });
        bits >= self.bits && own.is_ipv4() == other.is_ipv4() && {
            let shift = 128u32.saturating_sub(self.bits.into());
            (left(own) ^ left(other)).checked_shr(shift).unwrap_or(0) == 0
        }
    }
}

/// The bits of an address, the first one highest.
fn left(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(four.to_bits()) << 96,
        IpAddr::V6(six) => six.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_as_iproute2_reads_them() {
        let of = |word: &str| {
            let prefix = Prefix::parse(word.as_bytes())?;
            Some((prefix.address.map(|address| address.to_string()), prefix.bits))
        };
        assert_eq!(of("10/8"), Some((Some("10.0.0.0".into()), 8)));
        assert_eq!(of("fe80::1"), Some((Some("fe80::1".into()), 128)));
        assert_eq!(of("default"), Some((None, 0)));
        for wrong in ["", "1.2.3.4/33", "a", "::/129", "1.2.3.4.5", "10/x", "::1.0"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_prefix_holds_what_is_as_long_or_longer_and_begins_alike() {
        let ten = Prefix::parse(b"10.0.0.0/8").unwrap();
        let ip = |text: &str| Some(text.parse().unwrap());
        assert!(ten.holds(ip("10.1.0.0"), 16));
        assert!(!ten.holds(ip("11.0.0.0"), 16));
        assert!(!ten.holds(ip("10.0.0.0"), 7));
        assert!(!ten.holds(None, 0));
        assert!(!ten.holds(ip("a00::"), 64));
        assert!(Prefix::parse(b"0/0").unwrap().holds(None, 0));
        assert!(Prefix::parse(b"::1").unwrap().holds(ip("::1"), 128));
    }
}
