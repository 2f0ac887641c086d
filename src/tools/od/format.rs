//! How `od` shows the bytes of a block.

use crate::error::{Error, Result};
use crate::output::visible;
use crate::tools::printf;
use std::fmt::Write;

/// One way to show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    kind: Kind,
    /// Bytes that one field stands for: 1, 2, 4 or 8.
    pub(super) size: usize,
    /// Whether the characters stand at the end of the line.
    text: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Named,
    Characters,
    Decimal,
    Unsigned,
    Float,
    Octal,
    Hexadecimal,
}

const NAMES: [&str; 34] = [
    "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr",
    "so", "si", "dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc",
    "fs", "gs", "rs", "us", "sp", "del",
];

impl Format {
    /// The formats that a TYPE names, in its order: `x1`, `o2c`, `x1z`.
    pub(super) fn parse_all(spec: &[u8]) -> Result<Vec<Format>> {
        let wrong = || {
            Error::usage(format!("'{}' is no type", visible(spec)))
                .hint("a type is a, c, or one of d, o, u, x with a size of 1, 2, 4 or 8, or f with 4 or 8, perhaps with z behind it")
        };
        let (mut formats, mut rest) = (Vec::new(), spec);
        while let Some((letter, tail)) = rest.split_first() {
            rest = tail;
            let kind = match letter {
                b'a' => Kind::Named,
                b'c' => Kind::Characters,
                b'd' => Kind::Decimal,
                b'f' => Kind::Float,
                b'o' => Kind::Octal,
                b'u' => Kind::Unsigned,
                b'x' => Kind::Hexadecimal,
                _ => return Err(wrong()),
            };
            let size = match rest.first() {
                _ if matches!(kind, Kind::Named | Kind::Characters) => None,
                Some(b'4' | b'F') if kind == Kind::Float => Some(4),
                Some(b'8' | b'D') if kind == Kind::Float => Some(8),
                Some(b'L' | b'1' | b'2') if kind == Kind::Float => return Err(wrong()),
                _ if kind == Kind::Float => None,
                Some(b'1' | b'C') => Some(1),
                Some(b'2' | b'S') => Some(2),
                Some(b'4' | b'I') => Some(4),
                Some(b'8' | b'L') => Some(8),
                Some(b'0'..=b'9') => return Err(wrong()),
                _ => None,
            };
            rest = &rest[usize::from(size.is_some())..];
            let text = rest.first() == Some(&b'z');
            rest = &rest[usize::from(text)..];
            let default = match kind {
                Kind::Named | Kind::Characters => 1,
                Kind::Float => 8,
                _ => 4,
            };
            formats.push(Format { kind, size: size.unwrap_or(default), text });
        }
        if formats.is_empty() { Err(wrong()) } else { Ok(formats) }
    }

    /// Columns of one field without the space in front.
    fn width(&self) -> usize {
        let of = |widths: [usize; 4]| widths[self.size.trailing_zeros() as usize];
        match self.kind {
            Kind::Named | Kind::Characters => 3,
            Kind::Decimal => of([4, 6, 11, 20]),
            Kind::Unsigned => of([3, 5, 10, 20]),
            Kind::Float => of([0, 0, 15, 24]),
            Kind::Octal => of([3, 6, 11, 22]),
            Kind::Hexadecimal => of([2, 4, 8, 16]),
        }
    }

    /// Columns of a block of `length` bytes.
    pub(super) fn columns(&self, length: usize) -> usize {
        length / self.size * (self.width() + 1)
    }

    /// Adds the first `count` bytes of `block` to `line`, with fields as far apart as those of a format of `columns`.
    pub(super) fn push(&self, block: &[u8], count: usize, columns: usize, line: &mut String) {
        let fields = block.len() / self.size;
        let pad = columns - self.columns(block.len());
        let mut pad_left = pad;
        let shown = count.div_ceil(self.size);
        for (i, field) in block.chunks(self.size).enumerate().take(shown) {
            let next = pad * (fields - i - 1) / fields;
            let width = pad_left - next + self.width() + 1;
            let _ = write!(line, "{:>width$}", self.field(field));
            pad_left = next;
        }
        if self.text {
            let blank = (fields - shown) * (self.width() + 1) + pad_left;
            let characters = block[..count].iter().map(|byte| match byte {
                b' '..=b'~' => char::from(*byte),
                _ => '.',
            });
            let _ = write!(line, "{:blank$}  >{}<", "", characters.collect::<String>());
        }
    }

    fn field(&self, bytes: &[u8]) -> String {
        let mut all = [0; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        // The bytes of this machine's order, as the original shows them.
        if cfg!(target_endian = "big") {
            all[..bytes.len()].reverse();
        }
        let (value, width) = (u64::from_le_bytes(all), self.width());
        match self.kind {
            Kind::Named => match bytes[0] & 0x7f {
                127 => NAMES[33].to_owned(),
                low @ 0..=32 => NAMES[usize::from(low)].to_owned(),
                byte => char::from(byte).to_string(),
            },
            Kind::Characters => match bytes[0] {
                0 => "\\0".into(),
                7 => "\\a".into(),
                8 => "\\b".into(),
                9 => "\\t".into(),
                10 => "\\n".into(),
                11 => "\\v".into(),
                12 => "\\f".into(),
                13 => "\\r".into(),
                byte @ b' '..=b'~' => char::from(byte).to_string(),
                byte => format!("{byte:03o}"),
            },
            Kind::Decimal => {
                let shift = 64 - 8 * self.size as u32;
                (((value << shift) as i64) >> shift).to_string()
            }
            Kind::Unsigned => value.to_string(),
            Kind::Float => float(value, self.size),
            Kind::Octal => format!("{value:0width$o}"),
            Kind::Hexadecimal => format!("{value:0width$x}"),
        }
    }
}

/// A number with the fewest digits from which the same bits come back, but at least those that are always right.
fn float(bits: u64, size: usize) -> String {
    let single = f32::from_bits(bits as u32);
    let (value, least, most) = match size {
        4 => (f64::from(single), 6, 9),
        _ => (f64::from_bits(bits), 15, 17),
    };
    let is_subnormal = if size == 4 { single.is_subnormal() } else { value.is_subnormal() };
    let mut digits = if is_subnormal { 1 } else { least };
    loop {
        let text = printf::general(value, digits);
        let is_same = match size {
            4 => text.parse() == Ok(single),
            _ => text.parse() == Ok(value),
        };
        if is_same || digits >= most {
            return text;
        }
        digits += 1;
    }
}
