//! One file after the other through one buffer.
//!
//! The buffer is searched as a whole and only what is found is taken apart into lines. It holds whole lines, and the
//! lines before them that may be printed as context.

use super::bounds::{line_end, line_start, nuls_to_newlines};
use super::matcher::Matcher;
use super::options::{Binary, List, Options};
use super::print::Head;
use crate::error::{Error, Result};
use crate::output::json::Array;
use crate::output::{Io, Text};
use memchr::{memchr, memchr_iter, memrchr};
use serde::Serialize;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::ops::Range;

/// How much is read at once.
const CHUNK: usize = 128 << 10;

/// The longest line, and the most context in front of one.
const LIMIT: usize = 64 << 20;

/// How much of the buffer is kept for the next file.
const KEPT: usize = 1 << 20;

/// Searches files with one set of options.
#[derive(Debug)]
pub(super) struct Search<'a> {
    options: &'a Options,
    matcher: Matcher,
    buffer: Vec<u8>,
    /// Whether anything was printed, so that a further group needs a line in front of it.
    printed: bool,
    json: Array,
}

/// Where one file stands.
struct State<'a> {
    name: Option<&'a [u8]>,
    /// How wide numbers are at least.
    width: usize,
    /// At which byte of the file the buffer begins.
    base: u64,
    /// The number of the first line that was not looked at.
    line: u64,
    /// The number of the line behind the last one that was printed.
    printed_to: u64,
    count: u64,
    /// How many lines are still to be printed behind the last one that was selected.
    after: u64,
    /// Whether the file turned out to be binary, so that nothing more of it is printed.
    binary: bool,
    /// How many lines were selected before that.
    text_count: u64,
    /// Whether a line could not be printed because it is no text.
    unprintable: bool,
}

impl State<'_> {
    /// Whether it must be said that there is more than was printed.
    fn is_told(&self) -> bool {
        self.unprintable || self.binary && self.count > self.text_count
    }
}

/// A selected line as JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Line {
    /// `(standard input)` for that.
    path: Text,
    /// From 1.
    line_number: u64,
    /// Without its newline.
    line: Text,
}

/// Whether a file is searched further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    Done,
}

impl<'a> Search<'a> {
    pub(super) fn new(options: &'a Options, matcher: Matcher) -> Search<'a> {
        Search { options, matcher, buffer: Vec::new(), printed: false, json: Array::default() }
    }

    /// Prints what belongs behind the last line.
    pub(super) fn end(self, io: &mut Io) -> Result<()> {
        match self.options.json {
            true => Ok(self.json.end(&mut io.stdout)?),
            false => Ok(()),
        }
    }

    /// Searches `file`, which is printed as `name`: whether a line was selected, or why it could not be read.
    ///
    /// Fails when the output can't be written.
    pub(super) fn file(
        &mut self,
        mut file: File,
        name: &[u8],
        with_name: bool,
        io: &mut Io,
    ) -> Result<Result<bool>> {
        let mut state = State {
            name: with_name.then_some(name),
            width: self.options.print.number_width(&file),
            base: 0,
            line: 1,
            printed_to: 1,
            count: 0,
            after: 0,
            binary: false,
            text_count: 0,
            unprintable: false,
        };
        let read = self.read(&mut file, &mut state, io)?;
        let options = self.options;
        let selected = state.count > 0;
        if options.quiet {
            return Ok(read.map(|()| selected));
        }
        match options.list {
            Some(list) if selected == (list == List::With) => {
                options.print.listed(name, &mut io.stdout)?;
            }
            Some(_) => {}
            None if options.count => {
                options.print.count(state.name, state.count, &mut io.stdout)?;
            }
            None if state.is_told() => {
                io.stdout.flush()?;
                io.stderr.write_all(b"grep: ")?;
                io.stderr.write_all(crate::output::visible(name).as_bytes())?;
                io.stderr.write_all(b": binary file matches\n")?;
                io.stderr.flush()?;
            }
            None => {}
        }
        Ok(read.map(|()| selected))
    }

    /// Reads the file to its end, or until it is done.
    fn read(&mut self, file: &mut File, state: &mut State, io: &mut Io) -> Result<Result<()>> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let (mut filled, mut done) = (0, 0);
        let result = loop {
            if buffer.len() < filled + CHUNK {
                buffer.resize(filled + CHUNK, 0);
            }
            let read = match file.read(&mut buffer[filled..]) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => break Ok(Err(error.into())),
            };
            let at_end = read == 0;
            if self.is_binary(&mut buffer[filled..filled + read], state) {
                break Ok(Ok(()));
            }
            // Lines end where they did; the one that has no newline gets one.
            let lines_end = if at_end {
                let open = filled > done;
                buffer[filled] = b'\n';
                filled + usize::from(open)
            } else {
                let end = memrchr(b'\n', &buffer[filled..filled + read]);
                let end = end.map_or(done, |at| filled + at + 1);
                filled += read;
                end
            };
            match self.lines(&buffer[..lines_end], done, state, io) {
                Ok(Flow::On) if !at_end => {}
                result => break result.map(|_| Ok(())),
            }
            let keep = self.context_start(&buffer[..lines_end]);
            buffer.copy_within(keep..filled, 0);
            state.base += keep as u64;
            (filled, done) = (filled - keep, lines_end - keep);
            if filled - done > LIMIT {
                break Ok(Err(Error::new(format!("a line is longer than {} MiB", LIMIT >> 20))));
            }
        };
        buffer.truncate(KEPT);
        buffer.shrink_to(KEPT);
        self.buffer = buffer;
        result
    }

    /// Looks for NULs, which no text holds, in bytes just read. `true`: the file is to be skipped.
    ///
    /// In a binary file a NUL ends a line, as in GNU's: one such file may be a single line of gigabytes.
    fn is_binary(&self, fresh: &mut [u8], state: &mut State) -> bool {
        if self.options.binary == Binary::Text {
            return false;
        }
        let Some(nul) = memchr(0, fresh) else { return false };
        if self.options.binary == Binary::Skip {
            return true;
        }
        if !state.binary {
            state.binary = true;
            state.text_count = state.count;
            state.after = 0;
        }
        nuls_to_newlines(&mut fresh[nul..]);
        false
    }

    /// Where the lines begin that may be printed in front of the next one.
    fn context_start(&self, lines: &[u8]) -> usize {
        let least = lines.len().saturating_sub(LIMIT);
        let mut start = lines.len();
        for _ in 0..self.options.before.unwrap_or(0) {
            if start <= least {
                break;
            }
            start = line_start(lines, start - 1);
        }
        start.max(least)
    }

    /// Looks at the whole lines of `data` from `from` on; what is in front of that was looked at before.
    fn lines(&mut self, data: &[u8], from: usize, state: &mut State, io: &mut Io) -> Result<Flow> {
        let mut at = from;
        while at < data.len() {
            if self.is_full(state) {
                // What follows is context, whatever it matches.
                self.rejected(data, at..data.len(), state, io)?;
                return Ok(if state.after > 0 { Flow::On } else { Flow::Done });
            }
            let (start, end) = match self.matcher.next_line(data, at) {
                Some(hit) => {
                    let start = line_start(data, hit).max(at);
                    (start, line_end(data, hit))
                }
                None => (data.len(), data.len()),
            };
            for (range, matches) in [(at..start, false), (start..end, true)] {
                if range.is_empty() {
                    continue;
                }
                if matches == self.options.invert {
                    if self.rejected(data, range.clone(), state, io)? == Flow::Done {
                        return Ok(Flow::Done);
                    }
                    at = range.end;
                } else {
                    match self.selected(data, range.clone(), state, io)? {
                        Some(next) => at = next,
                        None => return Ok(Flow::Done),
                    }
                    // -m ended it within the run.
                    if at < range.end {
                        break;
                    }
                }
            }
        }
        Ok(Flow::On)
    }

    /// Lines that are selected: where to go on; `None` when the file is done.
    fn selected(
        &mut self,
        data: &[u8],
        lines: Range<usize>,
        state: &mut State,
        io: &mut Io,
    ) -> Result<Option<usize>> {
        let options = self.options;
        let mut at = lines.start;
        while at < lines.end && !self.is_full(state) {
            let end = line_end(data, at);
            state.count += 1;
            // -c goes on in a binary file; what would print ends with the first line of it.
            if options.quiet || options.list.is_some() || state.binary && !options.count {
                return Ok(None);
            }
            if !options.count {
                let before = self.before(data, at, state, io)?;
                if before == Flow::Done || self.print(data, at..end, true, state, io)? == Flow::Done
                {
                    return Ok(None);
                }
                state.after = options.after.unwrap_or(0);
            }
            state.line += 1;
            at = end;
        }
        Ok(Some(at))
    }

    /// Whether -m allows no more.
    fn is_full(&self, state: &State) -> bool {
        self.options.most.is_some_and(|most| state.count >= most)
    }

    /// Lines that are not selected: some of them may be context behind one that was.
    fn rejected(
        &mut self,
        data: &[u8],
        lines: Range<usize>,
        state: &mut State,
        io: &mut Io,
    ) -> Result<Flow> {
        let mut at = lines.start;
        while state.after > 0 && at < lines.end {
            let end = line_end(data, at);
            if self.print(data, at..end, false, state, io)? == Flow::Done {
                return Ok(Flow::Done);
            }
            state.after -= 1;
            state.line += 1;
            at = end;
        }
        if self.options.print.numbers || self.has_context() {
            state.line += memchr_iter(b'\n', &data[at..lines.end]).count() as u64;
        }
        Ok(Flow::On)
    }

    /// The context in front of the line at `at`.
    fn before(&mut self, data: &[u8], at: usize, state: &mut State, io: &mut Io) -> Result<Flow> {
        let most = self.options.before.unwrap_or(0).min(state.line - state.printed_to);
        let (mut start, mut lines) = (at, 0);
        while lines < most && start > 0 {
            start = line_start(data, start - 1);
            lines += 1;
        }
        let number = state.line;
        state.line -= lines;
        if self.has_context()
            && self.printed
            && (state.line > state.printed_to || state.printed_to == 1)
        {
            self.options.print.group_end(&mut io.stdout)?;
        }
        while start < at {
            let end = line_end(data, start);
            if self.print(data, start..end, false, state, io)? == Flow::Done {
                return Ok(Flow::Done);
            }
            state.line += 1;
            start = end;
        }
        state.line = number;
        Ok(Flow::On)
    }

    fn print(
        &mut self,
        data: &[u8],
        at: Range<usize>,
        selected: bool,
        state: &mut State,
        io: &mut Io,
    ) -> Result<Flow> {
        let offset = state.base + at.start as u64;
        let line = &data[at];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        // The parts that -o prints are text, or bytes that were asked for.
        let is_shown = self.options.binary == Binary::Text || self.options.print.only_parts;
        if !is_shown && std::str::from_utf8(line).is_err() {
            state.unprintable = self.options.binary == Binary::Tell;
            return Ok(Flow::Done);
        }
        let (name, number, width) = (state.name, state.line, state.width);
        let head = Head { name, number, offset, width, selected };
        if self.options.json {
            let row = Line {
                path: Text::from(state.name.unwrap_or_default()),
                line_number: state.line,
                line: Text::from(line),
            };
            self.json.push(&mut io.stdout, &row)?;
        } else {
            self.options.print.line(line, head, &self.matcher, &mut io.stdout)?;
        }
        self.printed = true;
        state.printed_to = state.line + 1;
        Ok(Flow::On)
    }

    fn has_context(&self) -> bool {
        self.options.before.is_some() || self.options.after.is_some()
    }
}
