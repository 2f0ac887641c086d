//! How names are written: as they are, with `?`, or quoted as C has it.

use crate::output::{Io, visible};
use std::io::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// As it is; on a terminal with control characters escaped, since a name may hold anything.
    Literal,
    /// `?` for what can't be printed.
    Hidden,
    /// `"a b\n"`.
    C,
    /// As [`Quoting::C`] without the quotes, spaces escaped.
    Escape,
}

/// Writes `name`.
pub(super) fn write(name: &[u8], quoting: Quoting, io: &mut Io) -> std::io::Result<()> {
    match quoting {
        Quoting::Literal => io.stdout.write_name(name),
        _ => io.stdout.write_all(quoted(name, quoting).as_bytes()),
    }
}

/// Columns that [`write()`] takes.
pub(super) fn width(name: &[u8], quoting: Quoting, io: &Io) -> usize {
    match quoting {
        Quoting::Literal if io.stdout.is_terminal() => visible(name).width(),
        // A control character takes no column, a byte that is no UTF-8 takes one.
        Quoting::Literal => {
            String::from_utf8_lossy(name).chars().map(|c| c.width().unwrap_or(0)).sum()
        }
        _ => quoted(name, quoting).width(),
    }
}

fn quoted(name: &[u8], quoting: Quoting) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    if quoting == Quoting::C {
        out.push('"');
    }
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let bytes = c.encode_utf8(&mut buffer);
            match c {
                '\\' if quoting != Quoting::Hidden => out.push_str("\\\\"),
                '"' if quoting == Quoting::C => out.push_str("\\\""),
                ' ' if quoting == Quoting::Escape => out.push_str("\\ "),
                _ if c == '\\' || visible(bytes.as_bytes()) == *bytes => out.push(c),
                _ if quoting == Quoting::Hidden => out.push('?'),
                _ => bytes.bytes().for_each(|byte| escape(byte, &mut out)),
            }
        }
        for byte in chunk.invalid() {
            match quoting {
                Quoting::Hidden => out.push('?'),
                _ => escape(*byte, &mut out),
            }
        }
    }
    if quoting == Quoting::C {
        out.push('"');
    }
    out
}

fn escape(byte: u8, out: &mut String) {
    out.push('\\');
    match byte {
        7 => out.push('a'),
        8 => out.push('b'),
        9 => out.push('t'),
        10 => out.push('n'),
        11 => out.push('v'),
        12 => out.push('f'),
        13 => out.push('r'),
        _ => out.push_str(&format!("{byte:03o}")),
    }
}
