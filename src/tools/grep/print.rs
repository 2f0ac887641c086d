//! What a search prints, byte for byte as GNU has it.

use super::matcher::Matcher;
use crate::output::Output;
use std::fs::{File, Metadata};
use std::io::{self, Write};

/// How lines are printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) numbers: bool,
    pub(super) only_parts: bool,
    pub(super) colour: bool,
    pub(super) invert: bool,
    /// Whether NUL ends names of files.
    pub(super) nul: bool,
    pub(super) offsets: bool,
    /// Whether a tab stands behind what is in front of a line.
    pub(super) tab: bool,
}

/// What stands in front of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    /// The name of the file, where it is printed.
    pub(super) name: Option<&'a [u8]>,
    pub(super) number: u64,
    /// At which byte of the file it begins.
    pub(super) offset: u64,
    /// How wide numbers are at least.
    pub(super) width: usize,
    /// Whether the line was selected, and is not only near one.
    pub(super) selected: bool,
}

// Select graphic rendition (ECMA-48), as GREP_COLORS has it by default.
const NAME: &str = "35";
const NUMBER: &str = "32";
const SEPARATOR: &str = "36";
const MATCH: &str = "01;31";

impl Style {
    /// Whether it will be asked which parts of a line match.
    pub(super) fn shows_parts(&self) -> bool {
        self.only_parts || self.colour
    }

    /// How wide numbers are in front of a tab: as wide as the largest that the file's size allows.
    pub(super) fn number_width(&self, file: &File) -> usize {
        if !self.tab {
            return 0;
        }
        let size = file.metadata().ok().filter(Metadata::is_file).map(|meta| meta.len());
        let more = u64::from(self.numbers);
        let largest = size.map_or(u64::MAX, |size| size.saturating_add(more));
        largest.checked_ilog10().map_or(1, |digits| digits as usize + 1)
    }

    /// One line, without its newline.
    pub(super) fn line(
        &self,
        line: &[u8],
        head: Head,
        matcher: &Matcher,
        out: &mut Output,
    ) -> io::Result<()> {
        // With -v it is the lines around the selected ones that match.
        let has_parts = head.selected != self.invert;
        if !self.only_parts {
            self.line_head(head, !line.is_empty(), out)?;
        }
        let mut at = 0;
        while has_parts && self.shows_parts() {
            let Some((start, end)) = matcher.part(line, at) else { break };
            if self.only_parts {
                let offset = head.offset + start as u64;
                self.line_head(Head { offset, ..head }, true, out)?;
            } else {
                text(&line[at..start], out)?;
            }
            self.coloured(MATCH, out, |out| text(&line[start..end], out))?;
            if self.only_parts {
                out.write_all(b"\n")?;
            }
            at = end;
        }
        if !self.only_parts {
            text(&line[at..], out)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// The line between two groups of lines.
    pub(super) fn group_end(&self, out: &mut Output) -> io::Result<()> {
        self.coloured(SEPARATOR, out, |out| out.write_all(b"--"))?;
        out.write_all(b"\n")
    }

    /// How many lines of a file were selected.
    pub(super) fn count(
        &self,
        name: Option<&[u8]>,
        count: u64,
        out: &mut Output,
    ) -> io::Result<()> {
        self.name_head(name, b":", out)?;
        writeln!(out, "{count}")
    }

    /// The name of a file that is listed.
    pub(super) fn listed(&self, name: &[u8], out: &mut Output) -> io::Result<()> {
        self.coloured(NAME, out, |out| out.write_name(name))?;
        out.write_all(if self.nul { b"\0" } else { b"\n" })
    }

    fn line_head(&self, head: Head, has_text: bool, out: &mut Output) -> io::Result<()> {
        let separator: &[u8] = if head.selected { b":" } else { b"-" };
        self.name_head(head.name, separator, out)?;
        let width = head.width;
        let numbers = [(self.numbers, head.number), (self.offsets, head.offset)];
        for (_, number) in numbers.into_iter().filter(|(is_shown, _)| *is_shown) {
            self.coloured(NUMBER, out, |out| write!(out, "{number:width$}"))?;
            self.coloured(SEPARATOR, out, |out| out.write_all(separator))?;
        }
        let has_head = head.name.is_some() || self.numbers || self.offsets;
        if self.tab && has_head && has_text {
            out.write_all(b"\t")?;
        }
        Ok(())
    }

    fn name_head(&self, name: Option<&[u8]>, separator: &[u8], out: &mut Output) -> io::Result<()> {
        let Some(name) = name else { return Ok(()) };
        self.coloured(NAME, out, |out| out.write_name(name))?;
        match self.nul {
            true => out.write_all(b"\0"),
            false => self.coloured(SEPARATOR, out, |out| out.write_all(separator)),
        }
    }

    fn coloured(
        &self,
        colour: &str,
        out: &mut Output,
        write: impl FnOnce(&mut Output) -> io::Result<()>,
    ) -> io::Result<()> {
        if !self.colour {
            return write(out);
        }
        write!(out, "\x1b[{colour}m\x1b[K")?;
        write(out)?;
        out.write_all(b"\x1b[m\x1b[K")
    }
}

/// A part of a line: harmless on a terminal.
fn text(bytes: &[u8], out: &mut Output) -> io::Result<()> {
    out.write_text(bytes)?;
    out.end_text()
}
