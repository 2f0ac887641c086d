//! The lines of a file or of stdin, one at a time, in bounded memory.

use super::input::{CHUNK, Input};
use crate::error::{Error, Result};
use crate::output::Io;
use memchr::memchr;

/// The longest line. Files of a target may have no line ends at all, and no end.
const LONGEST: usize = 64 << 20;

/// The lines of one input, or what else `delimiter` ends.
#[derive(Debug)]
pub(super) struct Records {
    input: Input,
    delimiter: u8,
    buffer: Vec<u8>,
    /// Where the next record begins in the buffer.
    at: usize,
    is_over: bool,
}

impl Records {
    /// The records of `input`.
    pub(super) fn new(input: Input, delimiter: u8) -> Records {
        Records { input, delimiter, buffer: Vec::new(), at: 0, is_over: false }
    }

    /// The next record with its delimiter, which only the last may lack; `None` at the end. A failure to read is
    /// complained about and is an end, too.
    pub(super) fn next(&mut self, io: &mut Io) -> Result<Option<&[u8]>> {
        let mut searched = self.at;
        loop {
            if let Some(found) = memchr(self.delimiter, &self.buffer[searched..]) {
                return Ok(Some(self.take(searched + found + 1)));
            }
            if self.is_over {
                let end = self.buffer.len();
                return Ok((self.at < end).then(|| self.take(end)));
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            searched = self.buffer.len();
            if searched > LONGEST {
                return Err(Error::new(format!("a line is longer than {} MiB", LONGEST >> 20))
                    .hint("a whole line must be held in memory: head -c or cut -b may do"));
            }
            self.buffer.resize(searched + CHUNK, 0);
            let n = self.input.read(&mut self.buffer[searched..], io);
            self.buffer.truncate(searched + n);
            self.is_over = n == 0;
        }
    }

    fn take(&mut self, end: usize) -> &[u8] {
        let start = std::mem::replace(&mut self.at, end);
        &self.buffer[start..end]
    }
}

/// A record without its delimiter.
pub(super) fn trimmed(record: &[u8], delimiter: u8) -> &[u8] {
    record.strip_suffix(&[delimiter]).unwrap_or(record)
}
