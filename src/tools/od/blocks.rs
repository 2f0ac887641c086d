//! Files as one run of bytes, in blocks, for dumps.

use crate::error::Result;
use crate::output::Io;
use crate::tools::input::{CHUNK, Input};
use crate::view::View;
use std::path::PathBuf;

/// The bytes of several files.
pub(super) struct Blocks<'a> {
    view: &'a View,
    paths: std::vec::IntoIter<PathBuf>,
    input: Option<Input>,
    buffer: Vec<u8>,
    at: usize,
    /// How many bytes may still be given.
    left: u64,
}

impl<'a> Blocks<'a> {
    /// The bytes of `paths`, `limit` of them at most behind those that are skipped.
    pub(super) fn new(view: &'a View, paths: Vec<PathBuf>, limit: Option<u64>) -> Blocks<'a> {
        let (paths, left) = (paths.into_iter(), limit.unwrap_or(u64::MAX));
        Blocks { view, paths, input: None, buffer: Vec::new(), at: 0, left }
    }

    /// Passes over `count` bytes; how many there were.
    pub(super) fn skip(&mut self, count: u64, io: &mut Io) -> u64 {
        let mut skipped = 0;
        while skipped < count && self.fill(io) {
            let n = (self.buffer.len() - self.at)
                .min(usize::try_from(count - skipped).unwrap_or(usize::MAX));
            self.at += n;
            skipped += n as u64;
        }
        skipped
    }

    /// Fills `block` as far as there are bytes; how many there were.
    pub(super) fn next(&mut self, block: &mut [u8], io: &mut Io) -> usize {
        let wanted = block.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let mut filled = 0;
        while filled < wanted && self.fill(io) {
            let n = (self.buffer.len() - self.at).min(wanted - filled);
            block[filled..filled + n].copy_from_slice(&self.buffer[self.at..self.at + n]);
            self.at += n;
            filled += n;
        }
        self.left -= filled as u64;
        filled
    }

    /// Reads on when all that was read is used up; `false` at the end of the last file.
    fn fill(&mut self, io: &mut Io) -> bool {
        while self.at == self.buffer.len() {
            let Some(input) = &mut self.input else {
                let Some(path) = self.paths.next() else { return false };
                self.input = Input::open(self.view, &path, io);
                continue;
            };
            self.buffer.resize(CHUNK, 0);
            let n = input.read(&mut self.buffer, io);
            self.buffer.truncate(n);
            self.at = 0;
            if n == 0 {
                self.input = None;
            }
        }
        true
    }
}

/// Notices blocks that are as the one before: the first of a row of them is told by `*`.
#[derive(Default)]
pub(super) struct Repeats {
    last: Vec<u8>,
    is_marked: bool,
}

impl Repeats {
    /// Whether `block` is to be printed. Prints the mark.
    pub(super) fn is_new(&mut self, block: &[u8], io: &mut Io) -> Result<bool> {
        if self.last == block {
            if !std::mem::replace(&mut self.is_marked, true) {
                std::io::Write::write_all(&mut io.stdout, b"*\n")?;
            }
            return Ok(false);
        }
        self.is_marked = false;
        self.last.clear();
        self.last.extend_from_slice(block);
        Ok(true)
    }
}

/// A number of bytes: decimal, `0x` hexadecimal or `0` octal, with b (512), k, M or G.
pub(super) fn amount(text: &str) -> Result<u64, String> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        _ => (text, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let factor = match &digits[end..] {
        "" => 1,
        "b" => 512,
        "k" | "K" | "KiB" => 1 << 10,
        "kB" | "KB" => 1000,
        "M" | "MiB" => 1 << 20,
        "MB" => 1_000_000,
        "G" | "GiB" => 1 << 30,
        "GB" => 1_000_000_000,
        _ => return Err("a number is wanted, perhaps with b, k, M or G".into()),
    };
    let number = u64::from_str_radix(&digits[..end], radix).ok();
    number.and_then(|n| n.checked_mul(factor)).ok_or_else(|| "a number is wanted".into())
}
