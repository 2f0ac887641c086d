//! What is shown: a file, read at the places that are looked at, or a pipe, kept up to a limit.

use super::keys::Keyboard;
use crate::error::Result;
use crate::tools::elf::read_at;
use std::fs::File;
use std::io::Read;

/// How much of a pipe is kept.
pub(super) const KEPT: usize = 64 << 20;

/// A longer line is shown as several.
pub(super) const LINE: usize = 64 << 10;

const CHUNK: usize = 64 << 10;

/// After so many chunks, it is looked whether they are still wanted.
const GLANCE: usize = 64;

/// Of every so many lines the place is remembered once it is known.
const EVERY: u64 = 4096;

/// Lines, each known by the offset of its first byte.
pub(super) struct Document {
    file: File,
    /// What came out of a pipe so far; `None` for a file that can be read anywhere.
    pipe: Option<Vec<u8>>,
    /// Whether the pipe's other end is closed.
    has_ended: bool,
    /// Where line `n * EVERY` begins.
    marks: Vec<u64>,
    window: (u64, Vec<u8>),
}

impl Document {
    pub(super) fn new(file: File) -> Document {
        // Files of procfs say 0 and are not empty; they are read once, as pipes are.
        let is_seekable = file.metadata().is_ok_and(|meta| meta.is_file() && meta.len() > 0);
        Document {
            file,
            pipe: (!is_seekable).then(Vec::new),
            has_ended: false,
            marks: vec![0],
            window: (0, Vec::new()),
        }
    }

    /// The pipe, while there may come more of it.
    pub(super) fn open_pipe(&self) -> Option<&File> {
        let is_open = self.pipe.as_ref().is_some_and(|kept| kept.len() < KEPT) && !self.has_ended;
        is_open.then_some(&self.file)
    }

    /// Whether the pipe held more than is kept.
    pub(super) fn is_cut(&self) -> bool {
        self.pipe.as_ref().is_some_and(|kept| kept.len() >= KEPT)
    }

    /// Takes in what is in the pipe, waiting for it.
    pub(super) fn fill(&mut self) -> Result<()> {
        let Some(kept) = &mut self.pipe else { return Ok(()) };
        let mut buffer = vec![0; CHUNK.min(KEPT.saturating_sub(kept.len()))];
        match self.file.read(&mut buffer) {
            Ok(0) => self.has_ended = true,
            Ok(n) => kept.extend_from_slice(buffer.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.has_ended = true;
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// How many bytes there are by now.
    pub(super) fn size(&self) -> u64 {
        match &self.pipe {
            Some(kept) => kept.len() as u64,
            None => self.file.metadata().map_or(0, |meta| meta.len()),
        }
    }

    /// Forgets what is held of the file, which may have changed.
    pub(super) fn refresh(&mut self) {
        self.window = (0, Vec::new());
    }

    /// At most `length` bytes from `at` on.
    fn bytes(&mut self, at: u64, length: usize) -> &[u8] {
        if let Some(kept) = &self.pipe {
            let rest = usize::try_from(at).ok().and_then(|at| kept.get(at..)).unwrap_or_default();
            return rest.get(..length).unwrap_or(rest);
        }
        let (start, held) = (self.window.0, self.window.1.len() as u64);
        if at < start || at + length as u64 > start + held {
            // Some of what is in front, too: people go back.
            let start = at.saturating_sub(CHUNK as u64 / 2);
            let mut window = vec![0; (at - start) as usize + length + CHUNK / 2];
            let n = read_at(&self.file, &mut window, start);
            window.truncate(n);
            self.window = (start, window);
        }
        let from = (at - self.window.0) as usize;
        let rest = self.window.1.get(from..).unwrap_or_default();
        rest.get(..length).unwrap_or(rest)
    }

    /// The line at `at` without its end, and where the next one begins; `None` at the end.
    pub(super) fn line(&mut self, at: u64) -> Option<(Vec<u8>, u64)> {
        let bytes = self.bytes(at, LINE);
        let (line, used) = match memchr::memchr(b'\n', bytes) {
            Some(end) => (bytes.get(..end)?, end + 1),
            None => (bytes, bytes.len()),
        };
        (used > 0).then(|| (line.to_vec(), at + used as u64))
    }

    /// Where the line in front of the one at `at` begins; `None` at the start.
    pub(super) fn before(&mut self, at: u64) -> Option<u64> {
        let last = at.checked_sub(1)?;
        let from = at.saturating_sub(LINE as u64);
        let bytes = self.bytes(from, (last - from) as usize);
        match memchr::memrchr(b'\n', bytes) {
            Some(end) => Some(from + end as u64 + 1),
            None => Some(from),
        }
    }

    /// The number of the line at `at`, counted from 1; `None` when the keyboard says that it takes too long.
    pub(super) fn number(&mut self, at: u64, keyboard: &mut Keyboard) -> Option<u64> {
        let known = self.marks.partition_point(|mark| *mark <= at).saturating_sub(1);
        let mut place = self.marks.get(known).copied().unwrap_or(0);
        let mut number = known as u64 * EVERY;
        let mut read_by_now = 0usize;
        while place < at {
            read_by_now += 1;
            if read_by_now.is_multiple_of(GLANCE) && keyboard.stops() {
                return None;
            }
            let length = CHUNK.min(usize::try_from(at - place).unwrap_or(CHUNK));
            let bytes = self.bytes(place, length);
            let (read, ends): (usize, Vec<usize>) =
                (bytes.len(), memchr::memchr_iter(b'\n', bytes).collect());
            if read == 0 {
                break;
            }
            for end in ends {
                number += 1;
                if number == self.marks.len() as u64 * EVERY {
                    self.marks.push(place + end as u64 + 1);
                }
            }
            place += read as u64;
        }
        Some(number + 1)
    }

    /// Where line `number`, counted from 1, begins; the last line when there are not so many, and as far as it got when
    /// the keyboard says that it takes too long.
    pub(super) fn place(&mut self, number: u64, keyboard: &mut Keyboard) -> u64 {
        let wanted = number.saturating_sub(1);
        // Counts as far as it must, which leaves marks.
        let mut last = self.marks.last().copied().unwrap_or(0);
        while (self.marks.len() as u64) * EVERY <= wanted && last < self.size() {
            last = (last + (1 << 20)).min(self.size());
            if self.number(last, keyboard).is_none() || keyboard.stops() {
                break;
            }
        }
        let mark = ((wanted / EVERY) as usize).min(self.marks.len().saturating_sub(1));
        let mut place = self.marks.get(mark).copied().unwrap_or(0);
        for _ in 0..wanted.saturating_sub(mark as u64 * EVERY) {
            match memchr::memchr(b'\n', self.bytes(place, LINE)) {
                Some(end) if place + end as u64 + 1 < self.size() => place += end as u64 + 1,
                _ => break,
            }
        }
        place
    }
}
