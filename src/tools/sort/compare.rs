//! The orders of `sort` that are not the bytes': numbers of any length, sizes, months, versions.

use super::key::blanks;
use std::cmp::Ordering;

/// A decimal number at the start of a key, as it is written.
struct Decimal<'a> {
    negative: bool,
    /// Digits in front of the point, without leading zeros.
    whole: &'a [u8],
    /// Digits behind it, without trailing zeros.
    part: &'a [u8],
    /// What follows the number; empty where a point without digits ends it.
    rest: &'a [u8],
}

impl Decimal<'_> {
    fn parse(key: &[u8]) -> Decimal<'_> {
        let key = &key[blanks(key)..];
        let (negative, digits) = match key.strip_prefix(b"-") {
            Some(digits) => (true, digits),
            None => (false, key),
        };
        let (whole, mut rest) = split_digits(digits);
        let mut part: &[u8] = b"";
        if let Some(behind) = rest.strip_prefix(b".") {
            (part, rest) = split_digits(behind);
        }
        let zeros = whole.iter().take_while(|b| **b == b'0').count();
        let length = part.iter().rposition(|b| *b != b'0').map_or(0, |last| last + 1);
        let number = Decimal { negative, whole: &whole[zeros..], part: &part[..length], rest };
        Decimal { negative: negative && !number.is_zero(), ..number }
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.part.is_empty()
    }

    fn compare(&self, other: &Decimal) -> Ordering {
        let size = |a: &Decimal, b: &Decimal| {
            a.whole.len().cmp(&b.whole.len()).then(a.whole.cmp(b.whole)).then(a.part.cmp(b.part))
        };
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }

    /// The power of its suffix, below zero for negative numbers; 0 for none.
    fn unit(&self) -> i32 {
        let power = match self.rest.first() {
            _ if self.is_zero() => 0,
            Some(b'k' | b'K') => 1,
            Some(letter) => b"MGTPEZY".iter().position(|l| l == letter).map_or(0, |i| i as i32 + 2),
            None => 0,
        };
        if self.negative { -power } else { power }
    }
}

fn split_digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.iter().take_while(|b| b.is_ascii_digit()).count())
}

/// By the numbers that the keys begin with; what is none counts as 0.
pub(super) fn number(a: &[u8], b: &[u8]) -> Ordering {
    Decimal::parse(a).compare(&Decimal::parse(b))
}

/// By sign, then suffix (K, M, G, …), then number.
pub(super) fn human(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (Decimal::parse(a), Decimal::parse(b));
    a.unit().cmp(&b.unit()).then_with(|| a.compare(&b))
}

/// By the numbers of strtod(3) that the keys begin with; what is none comes first, then what is not a number.
pub(super) fn general(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |value: Option<f64>| match value {
        None => 0,
        Some(value) if value.is_nan() => 1,
        Some(_) => 2,
    };
    let (a, b) = (float(a), float(b));
    rank(a).cmp(&rank(b)).then_with(|| a.partial_cmp(&b).unwrap_or(Ordering::Equal))
}

/// The longest start of `key` that is a number.
fn float(key: &[u8]) -> Option<f64> {
    let key = &key[blanks(key)..];
    let sign = usize::from(matches!(key.first(), Some(b'+' | b'-')));
    for word in [&b"infinity"[..], b"inf", b"nan"] {
        let end = sign + word.len();
        if key.get(sign..end).is_some_and(|start| start.eq_ignore_ascii_case(word)) {
            return std::str::from_utf8(&key[..end]).ok()?.parse().ok();
        }
    }
    let digits = |from: usize| key[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = sign + digits(sign);
    let mut any = end > sign;
    if key.get(end) == Some(&b'.') {
        let part = digits(end + 1);
        any |= part > 0;
        end += 1 + part;
    }
    if any && matches!(key.get(end), Some(b'e' | b'E')) {
        let from = end + 1 + usize::from(matches!(key.get(end + 1), Some(b'+' | b'-')));
        let exponent = key.get(from..).map_or(0, |_| digits(from));
        end = if exponent > 0 { from + exponent } else { end };
    }
    std::str::from_utf8(&key[..end]).ok()?.parse().ok().filter(|_| any)
}

/// The month that the key begins with, from 1 on; 0 for none.
pub(super) fn month(key: &[u8]) -> usize {
    let names =
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let Some(start) = key[blanks(key)..].first_chunk::<3>() else { return 0 };
    let start = start.to_ascii_uppercase();
    names.iter().position(|name| name.as_bytes() == start).map_or(0, |month| month + 1)
}

/// By the numbers within, as versions of files are ordered: `a-2.tar` before `a-10.tar`.
pub(in crate::tools) fn version(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |name: &[u8]| match name {
        b"" => 0,
        b"." => 1,
        b".." => 2,
        [b'.', ..] => 3,
        _ => 4,
    };
    rank(a).cmp(&rank(b)).then_with(|| parts(stem(a), stem(b))).then_with(|| parts(a, b))
}

/// The name without its suffixes: a dot and letters, digits and `~` that do not begin with a digit.
fn stem(name: &[u8]) -> &[u8] {
    let mut end = name.len();
    while let Some(dot) = name[..end].iter().rposition(|b| *b == b'.') {
        let suffix = &name[dot + 1..end];
        let is_suffix = suffix.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'~')
            && suffix.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'~');
        if !is_suffix {
            break;
        }
        end = dot;
    }
    &name[..end]
}

/// Compares text and numbers in turn: `~` before the end, the end before letters, letters before the rest.
fn parts(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => -2,
        None => -1,
        Some(b'0'..=b'9') => 0,
        Some(letter) if letter.is_ascii_alphabetic() => i32::from(*letter),
        Some(other) => i32::from(*other) + 256,
    };
    let is_text = |bytes: &[u8]| bytes.first().is_some_and(|byte| !byte.is_ascii_digit());
    while !(a.is_empty() && b.is_empty()) {
        while is_text(a) || is_text(b) {
            let order = weight(a.first()).cmp(&weight(b.first()));
            if order.is_ne() {
                return order;
            }
            (a, b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
        }
        let order = number_prefix(&mut a).cmp(&number_prefix(&mut b));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes the digits off the start: how many without leading zeros, and which.
fn number_prefix<'a>(bytes: &mut &'a [u8]) -> (usize, &'a [u8]) {
    let (digits, rest) = split_digits(bytes);
    *bytes = rest;
    let digits = &digits[digits.iter().take_while(|b| **b == b'0').count()..];
    (digits.len(), digits)
}
