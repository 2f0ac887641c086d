//! What lines are compared by: `-k` and the flags that say how.

use super::compare::{general, human, month, number, version};
use crate::error::{Error, Result};
use crate::output::visible;
use std::cmp::Ordering;
use std::str::FromStr;

/// How two keys are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) skip_start: bool,
    pub(super) skip_end: bool,
    pub(super) dictionary: bool,
    pub(super) fold: bool,
    pub(super) printing: bool,
    pub(super) kind: Kind,
    pub(super) reverse: bool,
}

/// What keys are taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Bytes,
    Number,
    General,
    Human,
    Month,
    Version,
}

/// A part of a line: fields and bytes from 0 on.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    start: (usize, usize),
    /// The last field, and how many bytes of it; 0 for all.
    end: Option<(usize, usize)>,
    pub(super) order: Order,
}

impl Order {
    /// Adds what `letter` says, with -b for both ends of a key.
    pub(super) fn add(&mut self, letter: u8) -> Result<()> {
        let kind = match letter {
            b'd' => return set(&mut self.dictionary),
            b'f' => return set(&mut self.fold),
            b'i' => return set(&mut self.printing),
            b'r' => return set(&mut self.reverse),
            b'b' => {
                self.skip_start = true;
                return set(&mut self.skip_end);
            }
            b'n' => Kind::Number,
            b'g' => Kind::General,
            b'h' => Kind::Human,
            b'M' => Kind::Month,
            b'V' => Kind::Version,
            other => {
                let letter = visible(&[other]).into_owned();
                return Err(Error::usage(format!("unknown letter '{letter}' in a key")));
            }
        };
        if self.kind != Kind::Bytes && self.kind != kind {
            return Err(Error::usage("of -g, -h, -M, -n and -V only one can be meant"));
        }
        self.kind = kind;
        Ok(())
    }

    /// Compares two keys, which are cut out already.
    pub(super) fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        let order = match self.kind {
            Kind::Bytes if self.fold || self.dictionary || self.printing => {
                self.seen(a).cmp(self.seen(b))
            }
            Kind::Bytes => a.cmp(b),
            Kind::Number => number(a, b),
            Kind::General => general(a, b),
            Kind::Human => human(a, b),
            Kind::Month => month(a).cmp(&month(b)),
            Kind::Version => version(a, b),
        };
        if self.reverse { order.reverse() } else { order }
    }

    /// The bytes that -d and -i leave, as -f folds them.
    fn seen<'a>(&'a self, key: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
        key.iter().map(|b| if self.fold { b.to_ascii_uppercase() } else { *b }).filter(|b| {
            !(self.dictionary && !(is_blank(*b) || b.is_ascii_alphanumeric())
                || self.printing && !matches!(b, b' '..=b'~'))
        })
    }
}

fn set(flag: &mut bool) -> Result<()> {
    *flag = true;
    Ok(())
}

impl Key {
    /// The whole line.
    pub(super) fn whole(order: Order) -> Key {
        Key { order, ..Key::default() }
    }

    /// Whether it says itself how to compare.
    pub(super) fn has_order(&self) -> bool {
        self.order != Order::default()
    }

    /// The part of `line` that it means, with `separator` between fields or a change from blanks to something else.
    pub(super) fn of<'a>(&self, line: &'a [u8], separator: Option<u8>) -> &'a [u8] {
        let mut start = skip_fields(line, self.start.0, separator);
        if self.order.skip_start {
            start += blanks(&line[start..]);
        }
        start = line.len().min(start.saturating_add(self.start.1));
        let end = match self.end {
            None => line.len(),
            Some((field, 0)) => field_end(line, field, separator),
            Some((field, bytes)) => {
                let mut end = skip_fields(line, field, separator);
                if self.order.skip_end {
                    end += blanks(&line[end..]);
                }
                line.len().min(end.saturating_add(bytes))
            }
        };
        &line[start..end.max(start)]
    }
}

impl FromStr for Key {
    type Err = Error;

    /// Parses `F[.C][OPTS][,F[.C][OPTS]]`.
    fn from_str(text: &str) -> Result<Key> {
        let wrong = |what: &str| {
            let text = visible(text.as_bytes()).into_owned();
            Error::usage(format!("-k {text}: {what}")).hint("-k 2,2n compares the second field")
        };
        let (first, last) = match text.split_once(',') {
            Some((first, last)) => (first, Some(last)),
            None => (text, None),
        };
        let mut key = Key::default();
        let mut position = |text: &str, is_end: bool| -> Result<(usize, usize)> {
            let letters = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
            let (numbers, letters) = text.split_at(letters);
            let (field, byte) = match numbers.split_once('.') {
                Some((field, byte)) => (field, Some(byte)),
                None => (numbers, None),
            };
            let parse = |digits: &str| match digits.parse::<usize>() {
                Ok(number) => Ok(number),
                Err(e) if *e.kind() == std::num::IntErrorKind::PosOverflow => Ok(usize::MAX),
                Err(_) => Err(wrong("a number is wanted")),
            };
            let field = parse(field)?.checked_sub(1).ok_or_else(|| wrong("fields count from 1"))?;
            let byte = match (byte.map(parse).transpose()?, is_end) {
                (None, _) => 0,
                (Some(byte), true) => byte,
                (Some(byte), false) => {
                    byte.checked_sub(1).ok_or_else(|| wrong("characters count from 1"))?
                }
            };
            for letter in letters.bytes() {
                match (letter, is_end) {
                    (b'b', true) => key.order.skip_end = true,
                    (b'b', false) => key.order.skip_start = true,
                    (letter, _) => key.order.add(letter).map_err(|e| wrong(&e.to_string()))?,
                }
            }
            Ok((field, byte))
        };
        let start = position(first, false)?;
        let end = last.map(|last| position(last, true)).transpose()?;
        Ok(Key { start, end, ..key })
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

/// How many blanks `bytes` begins with.
pub(super) fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| is_blank(**b)).count()
}

/// Where the field behind `count` fields begins.
fn skip_fields(line: &[u8], count: usize, separator: Option<u8>) -> usize {
    let mut at = 0;
    for _ in 0..count {
        if at == line.len() {
            break;
        }
        at = one_field(line, at, separator);
        at += usize::from(separator.is_some() && at < line.len());
    }
    at
}

/// Where field `field` ends.
fn field_end(line: &[u8], field: usize, separator: Option<u8>) -> usize {
    let start = skip_fields(line, field, separator);
    one_field(line, start, separator)
}

fn one_field(line: &[u8], at: usize, separator: Option<u8>) -> usize {
    let rest = &line[at..];
    at + match separator {
        Some(separator) => memchr::memchr(separator, rest).unwrap_or(rest.len()),
        None => {
            let start = blanks(rest);
            start + rest[start..].iter().take_while(|b| !is_blank(**b)).count()
        }
    }
}
