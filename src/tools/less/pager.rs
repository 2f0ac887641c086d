//! The pager: what is on the screen, and how it moves.

use super::document::Document;
use super::keys::Keyboard;
use super::line::{self, Look};
use crate::error::Result;
use crate::output::{Io, table, visible};
use crate::sys::tty;
use regex::bytes::Regex;
use std::io::Write;

/// Where the screen begins: a line, and which of its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Top {
    pub(super) line: u64,
    pub(super) row: usize,
}

/// After so many lines or rows, it is looked whether what is done is still wanted.
const GLANCE: usize = 256;

/// A row somewhere, and what it takes to go on from it.
struct Cursor {
    at: Top,
    /// How many rows its line has.
    height: usize,
    next: u64,
}

/// One file on the screen.
pub(super) struct Pager {
    pub(super) document: Document,
    pub(super) keyboard: Keyboard,
    pub(super) name: Vec<u8>,
    pub(super) top: Top,
    pub(super) look: Look,
    pub(super) shift: usize,
    pub(super) pattern: Option<Regex>,
    pub(super) highlights: bool,
    pub(super) is_backward: bool,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// What stands in the last row once.
    pub(super) message: Option<String>,
    /// Whether the end is on the screen.
    pub(super) at_end: bool,
}

impl Pager {
    pub(super) fn resize(&mut self, io: &Io) {
        (self.rows, self.columns) = match tty::size(&io.stdout) {
            Ok(size) if size.ws_row > 1 && size.ws_col > 0 => {
                (size.ws_row.into(), size.ws_col.into())
            }
            _ => (24, 80),
        };
    }

    /// Rows for text: the last one is for messages.
    pub(super) fn page(&self) -> usize {
        self.rows.saturating_sub(1).max(1)
    }

    fn rows_of(&mut self, at: u64) -> Option<(Vec<String>, u64)> {
        let (text, next) = self.document.line(at)?;
        let gutter = if self.look.numbers { 8 } else { 0 };
        let pattern = self.pattern.as_ref().filter(|_| self.highlights);
        let columns = self.columns.saturating_sub(gutter).max(1);
        let mut rows = line::rows(&text, &self.look, pattern, columns, self.shift);
        if gutter > 0 {
            let number = self.number(at);
            for (i, row) in rows.iter_mut().enumerate() {
                *row = if i == 0 { format!("{number:>7} {row}") } else { format!("{:8}{row}", "") };
            }
        }
        Some((rows, next))
    }

    /// The number of the line at `at`; 0, and no numbers from then on, when somebody did not want to wait for it.
    fn number(&mut self, at: u64) -> u64 {
        self.document.number(at, &mut self.keyboard).unwrap_or_else(|| {
            self.look.numbers = false;
            self.message = Some("interrupted: no line numbers".into());
            0
        })
    }

    /// How many rows the line at `at` has, and where the next one begins.
    fn height(&mut self, at: u64) -> Option<(usize, u64)> {
        let (text, next) = self.document.line(at)?;
        if self.look.chop {
            return Some((1, next));
        }
        let gutter = if self.look.numbers { 8 } else { 0 };
        let columns = self.columns.saturating_sub(gutter).max(1);
        Some((line::rows(&text, &self.look, None, columns, self.shift).len(), next))
    }

    fn cursor(&mut self, at: Top) -> Option<Cursor> {
        let (height, next) = self.height(at.line)?;
        Some(Cursor { at, height, next })
    }

    /// The row below; `None` at the end.
    fn below(&mut self, cursor: Cursor) -> Option<Cursor> {
        if cursor.at.row + 1 < cursor.height {
            let at = Top { row: cursor.at.row + 1, ..cursor.at };
            return Some(Cursor { at, ..cursor });
        }
        self.cursor(Top { line: cursor.next, row: 0 })
    }

    /// The rows of one screen.
    fn screen(&mut self) -> Vec<String> {
        let (mut screen, mut at, mut skip) = (Vec::new(), self.top.line, self.top.row);
        self.at_end = false;
        while screen.len() < self.page() {
            let Some((rows, next)) = self.rows_of(at) else {
                self.at_end = true;
                break;
            };
            screen.extend(rows.into_iter().skip(skip));
            (skip, at) = (0, next);
        }
        if !self.at_end {
            self.at_end = screen.len() == self.page() && self.document.line(at).is_none();
        }
        screen.truncate(self.page());
        screen
    }

    pub(super) fn draw(&mut self, io: &mut Io) -> Result<()> {
        let screen = self.screen();
        let mut frame = String::from("\x1b[H");
        for i in 0..self.page() {
            // Erased before it is written: at the end of a full line, the cursor is still on the last character.
            frame.push_str("\x1b[K");
            frame.push_str(screen.get(i).map_or("~", String::as_str));
            frame.push('\n');
        }
        let prompt = self.message.take().unwrap_or_else(|| self.prompt());
        let prompt = table::cut(&prompt, self.columns.saturating_sub(1));
        frame.push_str(&format!("\x1b[K\x1b[7m{prompt}\x1b[27m"));
        io.stdout.write_all(frame.as_bytes())?;
        Ok(io.stdout.flush()?)
    }

    fn prompt(&self) -> String {
        let name = visible(&self.name);
        match (self.at_end, self.document.is_cut()) {
            (true, true) => {
                format!("{name} (the first {} MiB of the pipe; END)", super::document::KEPT >> 20)
            }
            (true, false) if self.document.open_pipe().is_none() => format!("{name} (END)"),
            _ if self.top == Top::default() => name.into_owned(),
            _ => ":".into(),
        }
    }

    /// Whether all of it fits the screen.
    pub(super) fn fits(&mut self) -> bool {
        self.top = Top::default();
        let rows = self.screen().len();
        self.at_end && rows < self.rows
    }

    /// Prints the screen as it would be without a pager.
    pub(super) fn print(&mut self, io: &mut Io) -> Result<()> {
        for row in self.screen() {
            writeln!(io.stdout, "{row}")?;
        }
        Ok(())
    }

    /// Down by `count` rows, not beyond the end.
    pub(super) fn down(&mut self, count: usize) {
        let Some(mut top) = self.cursor(self.top) else { return };
        let mut behind = self.bottom().and_then(|bottom| self.cursor(bottom));
        for i in 1..=count {
            let Some(bottom) = behind else { break };
            let Some(below) = self.below(top) else { break };
            (self.top, top) = (below.at, below);
            behind = self.below(bottom);
            if i.is_multiple_of(GLANCE) && self.keyboard.stops() {
                break;
            }
        }
    }

    pub(super) fn page_down(&mut self) {
        let Some(last) = self.bottom() else { return };
        self.top = last;
        self.keep_full();
    }

    /// The place right behind the screen; `None` at the end.
    fn bottom(&mut self) -> Option<Top> {
        let (mut left, mut at) = (self.page(), self.top);
        loop {
            let (rows, next) = self.height(at.line)?;
            let here = rows.saturating_sub(at.row);
            if here > left {
                return Some(Top { line: at.line, row: at.row + left });
            }
            left -= here;
            at = Top { line: next, row: 0 };
            if left == 0 {
                return self.document.line(next).is_some().then_some(at);
            }
        }
    }

    /// Goes back so far that the last screen is a full one.
    fn keep_full(&mut self) {
        let rows = self.screen().len();
        if self.at_end && rows < self.page() {
            self.up(self.page() - rows);
        }
    }

    pub(super) fn up(&mut self, count: usize) {
        let (mut left, mut lines) = (count, 0usize);
        while left > 0 {
            lines += 1;
            if lines.is_multiple_of(GLANCE) && self.keyboard.stops() {
                return;
            }
            if self.top.row >= left {
                self.top.row -= left;
                return;
            }
            left -= self.top.row + 1;
            self.top.row = 0;
            let Some(before) = self.document.before(self.top.line) else { return };
            let rows = self.height(before).map_or(1, |(rows, _)| rows);
            self.top = Top { line: before, row: rows.saturating_sub(1) };
        }
    }

    pub(super) fn end(&mut self) {
        self.top = Top { line: self.document.size(), row: 0 };
        self.up(self.page());
    }

    /// To line `number`, counted from 1.
    pub(super) fn go(&mut self, number: u64) {
        self.top = Top { line: self.document.place(number, &mut self.keyboard), row: 0 };
        self.keep_full();
    }

    pub(super) fn percent(&mut self, percent: u64) {
        let at = u128::from(self.document.size()) * u128::from(percent.min(100)) / 100;
        let at = u64::try_from(at).unwrap_or(0);
        let line = if at == 0 { 0 } else { self.document.before(at + 1).unwrap_or(0) };
        self.top = Top { line, row: 0 };
        self.keep_full();
    }

    /// `=`.
    pub(super) fn position(&mut self, place: &str) {
        let Some(first) = self.document.number(self.top.line, &mut self.keyboard) else {
            self.message = Some("interrupted".into());
            return;
        };
        let end = self.bottom().map_or_else(|| self.document.size(), |bottom| bottom.line);
        let size = self.document.size();
        let percent = (u128::from(end) * 100).checked_div(size.into()).unwrap_or(100);
        let last =
            first.max(self.document.number(end, &mut self.keyboard).unwrap_or(0).saturating_sub(1));
        self.message = Some(format!(
            "{}{place} lines {first}-{last} byte {end}/{size} {percent}%",
            visible(&self.name)
        ));
    }
}
