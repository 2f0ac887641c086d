//! What `head` and `tail` share: counts, the traditional `-20`, and the last lines of a file or a stream.

use super::input::{CHUNK, Input};
use crate::error::{Error, Result};
use crate::output::Io;
use clap::{Arg, ArgMatches};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;

/// The most that is held of a stream that can't be read from its end.
const HELD: usize = 64 << 20;

/// A number of lines or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) sign: Option<char>,
    pub(super) count: u64,
    pub(super) unit: Unit,
    /// What ends a line.
    pub(super) delimiter: u8,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Lines,
    Bytes,
}

/// The options -n and -c.
pub(super) fn amount_args() -> [Arg; 2] {
    let arg = |id: &'static str, short, unit, other: &'static str| {
        Arg::new(id)
            .long(id)
            .short(short)
            .value_name("N")
            .allow_hyphen_values(true)
            .overrides_with(other)
            .value_parser(move |text: &str| parse(text, unit))
    };
    [
        arg("lines", 'n', Unit::Lines, "bytes").help("Count lines; 10 if nothing is said"),
        arg("bytes", 'c', Unit::Bytes, "lines").help("Count bytes; K, M, G multiply"),
    ]
}

/// What -n or -c said, or ten lines.
pub(super) fn amount(matches: &ArgMatches) -> Amount {
    let given = |id: &str| matches.get_one::<Amount>(id).copied();
    let delimiter = if matches.get_flag("zero-terminated") { 0 } else { b'\n' };
    let ten = Amount { sign: None, count: 10, unit: Unit::Lines, delimiter };
    Amount { delimiter, ..given("lines").or_else(|| given("bytes")).unwrap_or(ten) }
}

fn parse(text: &str, unit: Unit) -> Result<Amount, String> {
    let sign = text.chars().next().filter(|c| matches!(c, '+' | '-'));
    let number = &text[sign.map_or(0, char::len_utf8)..];
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let (digits, suffix) = number.split_at(digits);
    let power = |base: u64, power: u32| base.saturating_pow(power);
    let factor = match suffix {
        "" => 1,
        "b" => 512,
        "kB" | "KB" => 1000,
        "k" | "K" | "KiB" => 1024,
        "MB" => power(1000, 2),
        "M" | "MiB" => power(1024, 2),
        "GB" => power(1000, 3),
        "G" | "GiB" => power(1024, 3),
        "TB" => power(1000, 4),
        "T" | "TiB" => power(1024, 4),
        _ => return Err("a number is wanted, perhaps with K, M or G".into()),
    };
    if digits.is_empty() {
        return Err("a number is wanted".into());
    }
    // More than fits is more than any file has.
    let count = digits.parse().unwrap_or(u64::MAX).saturating_mul(factor);
    Ok(Amount { sign, count, unit, delimiter: b'\n' })
}

/// Rewrites `-20` as `-n 20`, unless it is the value of another option.
pub(super) fn traditional(args: Vec<OsString>) -> Vec<OsString> {
    let (mut out, mut is_value, mut are_options) = (Vec::new(), false, true);
    for arg in args {
        let bytes = arg.as_bytes();
        are_options &= bytes != b"--";
        let number = bytes.strip_prefix(b"-").unwrap_or_default();
        let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
        if are_options && !is_value && is_number {
            out.push("-n".into());
            out.push(OsString::from_vec(number.to_vec()));
            continue;
        }
        is_value = !is_value && takes_value(bytes);
        out.push(arg);
    }
    out
}

fn takes_value(option: &[u8]) -> bool {
    match option {
        b"--lines" | b"--bytes" | b"--sleep-interval" => true,
        [b'-', b'-', ..] => false,
        [b'-', .., last] => matches!(last, b'n' | b'c' | b's'),
        _ => false,
    }
}

/// Where the last lines of `file`, as many as `amount` says, begin, between the offsets `from` and `to`; read backwards in blocks.
pub(super) fn last_lines(file: &File, from: u64, to: u64, amount: Amount) -> io::Result<u64> {
    let count = amount.count;
    if count == 0 {
        return Ok(to);
    }
    let mut buffer = vec![0; CHUNK];
    let (mut end, mut newlines) = (to, 0);
    while end > from {
        let start = end.saturating_sub(CHUNK as u64).max(from);
        let block = &mut buffer[..(end - start) as usize];
        file.read_exact_at(block, start)?;
        for (i, _) in block.iter().enumerate().rev().filter(|(_, byte)| **byte == amount.delimiter)
        {
            let behind = start + i as u64 + 1;
            // The newline at the very end closes the last line and opens none.
            newlines += u64::from(behind < to);
            if newlines == count {
                return Ok(behind);
            }
        }
        end = start;
    }
    Ok(from)
}

/// Prints at most `limit` bytes from where the file stands, or all that is left.
pub(super) fn copy(input: &mut Input, limit: Option<u64>, io: &mut Io) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut left = limit.unwrap_or(u64::MAX);
    while left > 0 {
        let wanted = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        let n = input.read(&mut buffer[..wanted], io);
        if n == 0 {
            break;
        }
        io.stdout.write_text(&buffer[..n])?;
        left -= n as u64;
    }
    Ok(io.stdout.end_text()?)
}

/// The last lines or bytes of a stream: gives back what is older than those.
#[derive(Debug)]
pub(super) struct Held {
    amount: Amount,
    parts: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Held {
    /// Holds the last `amount`, which must not be 0.
    pub(super) fn new(amount: Amount) -> Held {
        Held { amount, parts: VecDeque::new(), bytes: 0 }
    }

    /// Takes `chunk` and calls `older` with what is not among the last any more.
    pub(super) fn push(
        &mut self,
        chunk: &[u8],
        mut older: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<()> {
        self.bytes += chunk.len();
        let delimiter = self.amount.delimiter;
        match self.amount.unit {
            Unit::Lines => {
                for part in chunk.split_inclusive(|b| *b == delimiter) {
                    match self.parts.back_mut() {
                        Some(last) if !last.ends_with(&[delimiter]) => last.extend_from_slice(part),
                        _ => self.parts.push_back(part.to_vec()),
                    }
                    if self.parts.len() as u64 > self.amount.count {
                        self.drop_first(&mut older)?;
                    }
                }
            }
            Unit::Bytes => {
                self.parts.push_back(chunk.to_vec());
                while let Some(first) = self.parts.front_mut() {
                    let surplus = (self.bytes as u64).saturating_sub(self.amount.count);
                    if surplus >= first.len() as u64 {
                        self.drop_first(&mut older)?;
                        continue;
                    }
                    older(&first[..surplus as usize])?;
                    first.drain(..surplus as usize);
                    self.bytes -= surplus as usize;
                    break;
                }
            }
        }
        if self.bytes > HELD {
            let limit = HELD >> 20;
            return Err(Error::new(format!("the last lines or bytes are more than {limit} MiB"))
                .hint("a stream must be held in memory to find its end: ask for less"));
        }
        Ok(())
    }

    /// What is held, oldest first.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(Vec::as_slice)
    }

    fn drop_first(&mut self, older: &mut impl FnMut(&[u8]) -> io::Result<()>) -> Result<()> {
        if let Some(first) = self.parts.pop_front() {
            self.bytes -= first.len();
            older(&first)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_a_count_of_lines_and_the_value_of_an_option_is_not() {
        let rewritten = |words: &[&str]| -> Vec<String> {
            let out = traditional(words.iter().map(OsString::from).collect());
            out.into_iter().map(|word| word.into_string().unwrap()).collect()
        };
        assert_eq!(rewritten(&["-20", "f"]), ["-n", "20", "f"]);
        assert_eq!(rewritten(&["-n", "-20", "f"]), ["-n", "-20", "f"]);
        assert_eq!(rewritten(&["-qc", "-20"]), ["-qc", "-20"]);
        assert_eq!(rewritten(&["--", "-20"]), ["--", "-20"]);
    }

    #[test]
    fn counts_have_signs_and_factors() {
        let of = |text: &str| parse(text, Unit::Bytes).map(|a| (a.sign, a.count));
        assert_eq!(of("20"), Ok((None, 20)));
        assert_eq!(of("-2K"), Ok((Some('-'), 2048)));
        assert_eq!(of("+1MB"), Ok((Some('+'), 1_000_000)));
        assert_eq!(of("99999999999999999999G"), Ok((None, u64::MAX)));
        assert!(of("x").is_err() && of("").is_err() && of("5x").is_err());
    }
}
