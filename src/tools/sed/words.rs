//! The words of a script: what stands between delimiters, texts, numbers.

use super::parse::Parser;
use super::script::{Part, Replace};
use crate::error::{Error, Result};
use crate::output::visible;

impl Parser<'_> {
    /// The bytes up to `mark`, which is taken, too. `\n` is a newline and `\` before the mark goes.
    pub(super) fn delimited(&mut self, mark: u8, is_pattern: bool) -> Result<Vec<u8>> {
        if matches!(mark, b'\n' | b'\\') {
            return Err(Error::usage(
                "a newline or a backslash can't divide the parts of a command",
            ));
        }
        let mut out = Vec::new();
        loop {
            match self.next() {
                Some(byte) if byte == mark => return Ok(out),
                Some(b'\\') => match self.next() {
                    Some(byte) if byte == mark => out.push(byte),
                    Some(b'n') => out.push(b'\n'),
                    Some(b't') => out.push(b'\t'),
                    // In what is put in, a newline behind a backslash is one.
                    Some(byte) => out.extend([b'\\', byte]),
                    None => break,
                },
                Some(b'\n') if is_pattern => break,
                Some(byte) => out.push(byte),
                None => break,
            }
        }
        Err(Error::usage(format!("'{}' is missing at the end of an expression", visible(&[mark]))))
    }

    pub(super) fn replace(&mut self) -> Result<Replace> {
        let mark = self.next().ok_or_else(|| Error::usage("s has no expression"))?;
        let pattern = self.delimited(mark, true)?;
        let with = parts(&self.delimited(mark, false)?)?;
        let mut replace = Replace { pattern: None, with, nth: 1, global: false, prints: false };
        let (mut ignore_case, mut lines) = (false, false);
        loop {
            match self.rest.first() {
                Some(b'g') => replace.global = true,
                Some(b'p') => replace.prints = true,
                Some(b'i' | b'I') => ignore_case = true,
                Some(b'm' | b'M') => lines = true,
                Some(b'1'..=b'9') => {
                    replace.nth = self.number();
                    continue;
                }
                Some(b'0') => return Err(Error::usage("matches count from 1")),
                Some(b'e' | b'w') => {
                    return Err(Error::usage("s: the flags e and w are not supported")
                        .hint("sed here runs nothing and writes to stdout alone"));
                }
                _ => break,
            }
            self.next();
        }
        replace.pattern = self.compile(&pattern, ignore_case, lines)?;
        let groups = replace.pattern.as_ref().map_or(usize::MAX, |regex| regex.captures_len() - 1);
        for part in &replace.with {
            if let Part::Group(n) = part
                && *n > groups
            {
                return Err(Error::usage(format!("there is no group \\{n} in the expression")));
            }
        }
        Ok(replace)
    }

    pub(super) fn map(&mut self) -> Result<Box<[u8; 256]>> {
        let mark = self.next().ok_or_else(|| Error::usage("y has no bytes"))?;
        let plain = |bytes: Vec<u8>| -> Vec<u8> {
            let (mut out, mut bytes) = (Vec::new(), bytes.into_iter());
            while let Some(byte) = bytes.next() {
                out.push(if byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte });
            }
            out
        };
        let from = plain(self.delimited(mark, false)?);
        let to = plain(self.delimited(mark, false)?);
        if from.len() != to.len() {
            return Err(Error::usage("y: both parts must have the same number of bytes"));
        }
        let mut map: Box<[u8; 256]> = Box::new(std::array::from_fn(|i| i as u8));
        for (from, to) in from.into_iter().zip(to) {
            map[usize::from(from)] = to;
        }
        Ok(map)
    }

    /// The text of `a`, `i` and `c`: what is left of the line, and further lines after a backslash.
    pub(super) fn text(&mut self) -> Result<Vec<u8>> {
        self.skip(b" \t");
        if self.take(b'\\') {
            let blanks = self.rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            // Blanks behind the backslash belong to a text that begins on this line.
            if self.rest.get(blanks) == Some(&b'\n') {
                self.rest = &self.rest[blanks + 1..];
            }
        }
        let mut text = Vec::new();
        loop {
            match self.next() {
                None | Some(b'\n') => break,
                Some(b'\\') => text.extend(self.next()),
                Some(byte) => text.push(byte),
            }
        }
        if text.is_empty() {
            return Err(Error::usage("a, i and c need a text"));
        }
        text.push(b'\n');
        Ok(text)
    }

    pub(super) fn exit_code(&mut self) -> Result<u8> {
        self.skip(b" \t");
        match self.rest.first() {
            Some(b'0'..=b'9') => {
                u8::try_from(self.number()).map_err(|_| Error::usage("an exit code is at most 255"))
            }
            _ => Ok(0),
        }
    }

    /// The number behind `l`.
    pub(super) fn width(&mut self) -> Option<u64> {
        self.skip(b" \t");
        matches!(self.rest.first(), Some(b'0'..=b'9')).then(|| self.number())
    }

    pub(super) fn number(&mut self) -> u64 {
        let mut number = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.rest.first() {
            number = number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            self.next();
        }
        number
    }

    /// A label.
    pub(super) fn word(&mut self) -> Vec<u8> {
        self.skip(b" \t");
        let ends = |b: &u8| matches!(b, b'\n' | b';' | b' ' | b'\t' | b'}');
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_vec()
    }

    pub(super) fn line(&mut self) {
        let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    pub(super) fn skip(&mut self, bytes: &[u8]) {
        while self.rest.first().is_some_and(|byte| bytes.contains(byte)) {
            self.next();
        }
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_there = self.rest.first() == Some(&byte);
        if is_there {
            self.next();
        }
        is_there
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

/// What stands between the second and the third mark of `s`.
fn parts(with: &[u8]) -> Result<Vec<Part>> {
    let (mut parts, mut text) = (Vec::new(), Vec::new());
    let mut bytes = with.iter();
    while let Some(byte) = bytes.next() {
        let group = match byte {
            b'&' => 0,
            b'\\' => match bytes.next() {
                Some(digit @ b'0'..=b'9') => usize::from(digit - b'0'),
                Some(letter @ (b'L' | b'U' | b'l' | b'u' | b'E')) => {
                    let text =
                        format!("\\{} in what s puts in is not supported", char::from(*letter));
                    return Err(Error::usage(text));
                }
                other => {
                    text.extend(other);
                    continue;
                }
            },
            byte => {
                text.push(*byte);
                continue;
            }
        };
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(Part::Group(group));
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}
