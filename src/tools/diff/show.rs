//! Prints changes, byte for byte as GNU does.

use super::myers::{Change, changes};
use super::names::quoted;
use super::options::Options;
use super::side::Side;
use crate::error::Result;
use crate::output::{Io, time};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;

/// The form of what is printed, and how many lines around changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Normal,
    Unified(usize),
    Context(usize),
}

// Select graphic rendition (ECMA-48), as --palette has it by default.
const HEADER: &str = "1";
const ADDED: &str = "32";
const DELETED: &str = "31";
const PLACE: &str = "36";

/// Two files and their lines.
pub(super) struct Shown<'a> {
    sides: [&'a Side; 2],
    lines: [Vec<&'a [u8]>; 2],
    options: &'a Options,
    in_tree: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn new(sides: [&'a Side; 2], options: &'a Options, in_tree: bool) -> Shown<'a> {
        let lines = sides.map(|side| side.bytes.split_inclusive(|b| *b == b'\n').collect());
        Shown { sides, lines, options, in_tree }
    }

    fn around(&self) -> usize {
        match self.options.style {
            Style::Normal => 0,
            Style::Unified(around) | Style::Context(around) => around,
        }
    }

    pub(super) fn changes(&self) -> Vec<Change> {
        let mut known: HashMap<Cow<[u8]>, u32> = HashMap::new();
        let mut numbers: [Vec<u32>; 2] = Default::default();
        for (side, lines) in self.lines.iter().enumerate() {
            for line in lines {
                let next = known.len() as u32;
                let line = self.options.ignored.rest(line);
                numbers[side].push(*known.entry(line).or_insert(next));
            }
        }
        changes(&numbers[0], &numbers[1], self.around())
    }

    /// Whether a change is of more than blank lines, where these are ignored.
    fn is_shown(&self, change: &Change) -> bool {
        let is_blank = |line: &&[u8]| self.options.ignored.is_blank(line);
        !self.lines[0][change.old.clone()].iter().all(is_blank)
            || !self.lines[1][change.new.clone()].iter().all(is_blank)
    }

    /// Whether the files differ in what is not ignored.
    pub(super) fn matters(&self, changes: &[Change]) -> bool {
        changes.iter().any(|change| self.is_shown(change))
    }

    pub(super) fn print(&self, changes: &[Change], io: &mut Io) -> Result<()> {
        if self.in_tree {
            io.stdout.write_all(b"diff")?;
            io.stdout.write_text(&self.options.typed)?;
            for side in self.sides {
                io.stdout.write_all(b" ")?;
                io.stdout.write_text(&quoted(side.path.as_os_str().as_bytes()))?;
            }
            io.stdout.end_text()?;
            io.stdout.write_all(b"\n")?;
        }
        match self.options.style {
            Style::Normal => self.normal(changes, io)?,
            Style::Unified(_) => {
                self.header(["---", "+++"], io)?;
                self.hunks(changes, io, Shown::unified)?;
            }
            Style::Context(_) => {
                self.header(["***", "---"], io)?;
                self.hunks(changes, io, Shown::context)?;
            }
        }
        Ok(io.stdout.end_text()?)
    }

    fn header(&self, marks: [&str; 2], io: &mut Io) -> Result<()> {
        for (mark, side) in marks.into_iter().zip(self.sides) {
            self.colour(HEADER, io)?;
            write!(io.stdout, "{mark} ")?;
            io.stdout.write_name(&quoted(side.path.as_os_str().as_bytes()))?;
            write!(io.stdout, "\t{}", time::full_iso(side.modified.0, side.modified.1))?;
            self.end_colour(io)?;
            writeln!(io.stdout)?;
        }
        Ok(())
    }

    fn colour(&self, colour: &str, io: &mut Io) -> Result<()> {
        if self.options.colour {
            write!(io.stdout, "\x1b[{colour}m")?;
        }
        Ok(())
    }

    fn end_colour(&self, io: &mut Io) -> Result<()> {
        if self.options.colour {
            io.stdout.write_all(b"\x1b[0m")?;
        }
        Ok(())
    }

    /// A line that tells a place.
    fn place(&self, text: &str, io: &mut Io) -> Result<()> {
        self.colour(PLACE, io)?;
        io.stdout.write_all(text.as_bytes())?;
        self.end_colour(io)?;
        Ok(io.stdout.write_all(b"\n")?)
    }

    fn lines(
        &self,
        side: usize,
        lines: Range<usize>,
        (mark, colour): (&str, Option<&str>),
        io: &mut Io,
    ) -> Result<()> {
        for line in &self.lines[side][lines] {
            if let Some(colour) = colour {
                self.colour(colour, io)?;
            }
            io.stdout.write_all(mark.as_bytes())?;
            io.stdout.write_text(line.strip_suffix(b"\n").unwrap_or(line))?;
            io.stdout.end_text()?;
            if colour.is_some() {
                self.end_colour(io)?;
            }
            io.stdout.write_all(b"\n")?;
            if !line.ends_with(b"\n") {
                io.stdout.write_all(b"\\ No newline at end of file\n")?;
            }
        }
        Ok(())
    }

    fn normal(&self, changes: &[Change], io: &mut Io) -> Result<()> {
        for change in changes.iter().filter(|change| self.is_shown(change)) {
            let letter = match (change.old.is_empty(), change.new.is_empty()) {
                (true, _) => 'a',
                (_, true) => 'd',
                _ => 'c',
            };
            self.place(&format!("{}{letter}{}", range(&change.old), range(&change.new)), io)?;
            self.lines(0, change.old.clone(), ("< ", Some(DELETED)), io)?;
            if letter == 'c' {
                io.stdout.write_all(b"---\n")?;
            }
            self.lines(1, change.new.clone(), ("> ", Some(ADDED)), io)?;
        }
        Ok(())
    }

    /// Prints changes, those whose surroundings meet as one hunk.
    fn hunks(
        &self,
        changes: &[Change],
        io: &mut Io,
        print: impl Fn(&Self, &[Change], [Range<usize>; 2], &mut Io) -> Result<()>,
    ) -> Result<()> {
        let around = self.around();
        let meets = |pair: &[Change]| {
            // What is ignored has no surroundings in front of it.
            let is_ignored = !self.is_shown(&pair[1]);
            let most = if is_ignored { around } else { around.saturating_mul(2).saturating_add(1) };
            pair[1].old.start - pair[0].old.end < most
        };
        let mut rest = changes;
        while let Some(first) = rest.first() {
            let count = 1 + rest.windows(2).take_while(|pair| meets(pair)).count();
            let (hunk, later) = rest.split_at(count);
            rest = later;
            if !self.matters(hunk) {
                continue;
            }
            let last = hunk.last().unwrap_or(first);
            let before = first.old.start.min(first.new.start).min(around);
            let behind =
                |side: usize, end: usize| (end.saturating_add(around)).min(self.lines[side].len());
            let old = first.old.start - before..behind(0, last.old.end);
            let new = first.new.start - before..behind(1, last.new.end);
            print(self, hunk, [old, new], io)?;
        }
        Ok(())
    }

    fn unified(&self, hunk: &[Change], [old, new]: [Range<usize>; 2], io: &mut Io) -> Result<()> {
        let range = |lines: &Range<usize>| match lines.len() {
            0 => format!("{},0", lines.start),
            1 => (lines.start + 1).to_string(),
            length => format!("{},{length}", lines.start + 1),
        };
        self.place(&format!("@@ -{} +{} @@", range(&old), range(&new)), io)?;
        let mut at = old.start;
        for change in hunk {
            self.lines(0, at..change.old.start, (" ", None), io)?;
            self.lines(0, change.old.clone(), ("-", Some(DELETED)), io)?;
            self.lines(1, change.new.clone(), ("+", Some(ADDED)), io)?;
            at = change.old.end;
        }
        self.lines(0, at..old.end, (" ", None), io)
    }

    fn context(&self, hunk: &[Change], [old, new]: [Range<usize>; 2], io: &mut Io) -> Result<()> {
        io.stdout.write_all(b"***************\n")?;
        self.place(&format!("*** {} ****", range(&old)), io)?;
        self.half(0, hunk, old, io)?;
        self.place(&format!("--- {} ----", range(&new)), io)?;
        self.half(1, hunk, new, io)
    }

    /// The lines of one side of a hunk; none when nothing of that side changed.
    fn half(&self, side: usize, hunk: &[Change], lines: Range<usize>, io: &mut Io) -> Result<()> {
        let (mark, colour) = [("- ", DELETED), ("+ ", ADDED)][side];
        let of = |change: &Change| match side {
            0 => (change.old.clone(), change.new.is_empty()),
            _ => (change.new.clone(), change.old.is_empty()),
        };
        if hunk.iter().all(|change| of(change).0.is_empty()) {
            return Ok(());
        }
        let mut at = lines.start;
        for (changed, is_alone) in hunk.iter().map(of) {
            self.lines(side, at..changed.start, ("  ", Some(colour)), io)?;
            at = changed.end;
            self.lines(side, changed, (if is_alone { mark } else { "! " }, Some(colour)), io)?;
        }
        self.lines(side, at..lines.end, ("  ", Some(colour)), io)
    }
}

/// Lines count from 1; what is empty stands behind the line before it.
fn range(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => lines.start.to_string(),
        1 => (lines.start + 1).to_string(),
        _ => format!("{},{}", lines.start + 1, lines.end),
    }
}
