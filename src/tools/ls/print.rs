//! The layouts of a listing: lines, columns, long.

use super::options::{Layout, Marks, Options, TimeStyle};
use super::quoting;
use super::row::{Meta, Row};
use crate::error::Result;
use crate::output::{Io, time, units, visible};
use crate::tools::{mode, users::Users};
use crate::view::FileType;
use std::borrow::Cow;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Prints rows of one listing.
#[derive(Debug)]
pub(super) struct Printer<'a> {
    pub(super) options: &'a Options,
    pub(super) users: &'a Users,
    pub(super) now: i64,
}

/// How wide the columns of a long listing are.
#[derive(Debug, Default)]
pub(super) struct Widths {
    inode: usize,
    blocks: usize,
    links: usize,
    user: usize,
    group: usize,
    size: usize,
    major: usize,
    minor: usize,
    time: usize,
    context: usize,
}

impl Printer<'_> {
    /// Prints rows in the layout asked for. `others` are not printed, but are as wide as if they were.
    pub(super) fn rows(&self, rows: &[Row], others: &[Row], io: &mut Io) -> Result<()> {
        let widths = self.widths(rows.iter().chain(others));
        match self.options.layout {
            Layout::Columns | Layout::Across => return self.columns(rows, &widths, io),
            Layout::Commas => return self.commas(rows, io),
            Layout::Long => {
                for row in rows {
                    self.long(row, &widths, io)?;
                }
            }
            Layout::Lines | Layout::Json => {
                for row in rows {
                    self.line(row, &widths, io)?;
                }
            }
        }
        Ok(())
    }

    /// Prints the line `total N` that stands above the rows of a directory, if the flags ask for one.
    pub(super) fn total(&self, rows: &[Row], io: &mut Io) -> Result<()> {
        if self.options.layout == Layout::Long || self.options.blocks {
            let blocks = rows.iter().filter_map(|row| row.meta).map(|meta| meta.blocks).sum();
            write!(io.stdout, "total {}", self.allocated(blocks))?;
            io.stdout.write_all(self.options.end())?;
        }
        Ok(())
    }

    /// Prints one row as a line of its own, without alignment.
    pub(super) fn stream(&self, row: &Row, io: &mut Io) -> Result<()> {
        self.line(row, &Widths::default(), io)
    }

    fn line(&self, row: &Row, widths: &Widths, io: &mut Io) -> Result<()> {
        io.stdout.write_all(self.prefix(row, widths).as_bytes())?;
        self.name(row, io)?;
        Ok(io.stdout.write_all(self.options.end())?)
    }

    fn long(&self, row: &Row, w: &Widths, io: &mut Io) -> Result<()> {
        io.stdout.write_all(self.prefix(row, w).as_bytes())?;
        let out = &mut io.stdout;
        match row.meta {
            None => {
                let kind = mode::letter(row.kind);
                write!(out, "{kind}????????? {:>1$} ", "?", w.links)?;
                for width in self.owners(w.user, w.group).into_iter().flatten() {
                    write!(out, "{:<width$} ", "?")?;
                }
                self.context(row, w, io)?;
                write!(io.stdout, "{:>1$} {2:>3$} ", "?", w.size, "?", w.time)?;
            }
            Some(meta) => {
                write!(
                    out,
                    "{} {:>links$} ",
                    mode::string(meta.mode),
                    meta.links,
                    links = w.links
                )?;
                let [user, group] = self.owners(w.user, w.group);
                if let Some(width) = user {
                    self.owner(self.users.user(meta.uid), meta.uid, width, io)?;
                }
                if let Some(width) = group {
                    self.owner(self.users.group(meta.gid), meta.gid, width, io)?;
                }
                self.context(row, w, io)?;
                let (size, time) = (self.size(&meta, w), self.time(&meta));
                write!(io.stdout, "{size:>0$} {time} ", w.size)?;
            }
        }
        self.name(row, io)?;
        if let Some(target) = &row.target {
            io.stdout.write_all(b" -> ")?;
            quoting::write(target, self.options.quoting, io)?;
            if let Some(mode) = row.link_mode {
                let mark = mark(FileType::of_mode(mode), Some(mode), self.options.marks);
                io.stdout.write_all(mark.as_bytes())?;
            }
        }
        Ok(io.stdout.write_all(self.options.end())?)
    }

    /// Which of the columns for user and group there are.
    fn owners<T>(&self, user: T, group: T) -> [Option<T>; 2] {
        [self.options.owner.then_some(user), self.options.group.then_some(group)]
    }

    fn context(&self, row: &Row, w: &Widths, io: &mut Io) -> Result<()> {
        if self.options.context {
            write!(io.stdout, "{:<1$} ", context(row), w.context)?;
        }
        Ok(())
    }

    /// Inode number, allocated size and context, as far as they are asked for.
    pub(super) fn prefix(&self, row: &Row, widths: &Widths) -> String {
        let mut prefix = String::new();
        if self.options.inode {
            prefix += &format!("{:>1$} ", row.ino, widths.inode);
        }
        if self.options.blocks {
            let blocks = row.meta.map_or("?".into(), |meta| self.allocated(meta.blocks));
            prefix += &format!("{blocks:>0$} ", widths.blocks);
        }
        if self.options.context && self.options.layout != Layout::Long {
            prefix += &format!("{:>1$} ", context(row), widths.context);
        }
        prefix
    }

    pub(super) fn name(&self, row: &Row, io: &mut Io) -> Result<()> {
        let colour = if self.options.colour { colour(row) } else { None };
        if let Some(colour) = colour {
            write!(io.stdout, "\x1b[{colour}m")?;
        }
        quoting::write(row.name.to_bytes(), self.options.quoting, io)?;
        if colour.is_some() {
            io.stdout.write_all(b"\x1b[0m")?;
        }
        // In the long layout a link's mark would stand between its name and its target.
        let is_long_link = row.kind == FileType::Link && self.options.layout == Layout::Long;
        if !is_long_link {
            io.stdout.write_all(self.mark(row).as_bytes())?;
        }
        Ok(())
    }

    fn owner(&self, name: Option<&[u8]>, id: u32, width: usize, io: &mut Io) -> Result<()> {
        match name.filter(|_| !self.options.numeric) {
            Some(name) => {
                io.stdout.write_name(name)?;
                let pad = width.saturating_sub(visible(name).width());
                write!(io.stdout, "{:pad$} ", "")?;
            }
            None => write!(io.stdout, "{id:>width$} ")?,
        }
        Ok(())
    }

    fn size(&self, meta: &Meta, w: &Widths) -> String {
        match device(meta) {
            Some((major, minor)) => format!("{major:>0$}, {minor:>1$}", w.major, w.minor),
            None if self.options.human => units::human(meta.size),
            None => meta.size.to_string(),
        }
    }

    fn allocated(&self, blocks: u64) -> String {
        match self.options.human {
            true => units::human(blocks.saturating_mul(512)),
            false => blocks.div_ceil(2).to_string(),
        }
    }

    fn time(&self, meta: &Meta) -> String {
        let full = || time::full_iso(meta.seconds, meta.nanoseconds);
        match self.options.style {
            TimeStyle::Locale => time::listing(meta.seconds, self.now),
            TimeStyle::FullIso => full(),
            // Both are parts of the full one: `2024-11-21 05:13:00.000000000 +0000`, cut from behind, since a year
            // may have more than four digits.
            TimeStyle::LongIso => full()[..full().len() - 19].to_owned(),
            TimeStyle::Iso if time::is_recent(meta.seconds, self.now) => {
                let text = full();
                text[text.len() - 30..text.len() - 19].to_owned()
            }
            TimeStyle::Iso => full()[..full().len() - 24].to_owned(),
        }
    }

    fn widths<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> Widths {
        let mut w = Widths::default();
        let is_long = self.options.layout == Layout::Long;
        let owner = |name: Option<&[u8]>, id: u32| match name.filter(|_| !self.options.numeric) {
            Some(name) => visible(name).width(),
            None => digits(id.into()),
        };
        for row in rows {
            w.inode = w.inode.max(digits(row.ino));
            if self.options.context {
                w.context = w.context.max(context(row).width());
            }
            let Some(meta) = &row.meta else { continue };
            if self.options.blocks {
                w.blocks = w.blocks.max(self.allocated(meta.blocks).len());
            }
            if !is_long {
                continue;
            }
            w.links = w.links.max(digits(meta.links));
            w.user = w.user.max(owner(self.users.user(meta.uid), meta.uid));
            w.group = w.group.max(owner(self.users.group(meta.gid), meta.gid));
            match device(meta) {
                Some((major, minor)) => {
                    w.major = w.major.max(digits(major.into()));
                    w.minor = w.minor.max(digits(minor.into()));
                    w.size = w.size.max(w.major + 2 + w.minor);
                }
                None if self.options.human => w.size = w.size.max(units::human(meta.size).len()),
                None => w.size = w.size.max(digits(meta.size)),
            }
            w.time = w.time.max(if self.options.style == TimeStyle::Locale { 12 } else { 16 });
        }
        w
    }

    pub(super) fn cell_width(&self, row: &Row, widths: &Widths, io: &Io) -> usize {
        let name = quoting::width(row.name.to_bytes(), self.options.quoting, io);
        self.prefix(row, widths).width() + name + self.mark(row).len()
    }

    fn mark(&self, row: &Row) -> &'static str {
        mark(row.kind, row.meta.map(|meta| meta.mode), self.options.marks)
    }
}

fn context(row: &Row) -> Cow<'_, str> {
    row.context.as_ref().map_or("?".into(), |context| visible(context))
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

fn device(meta: &Meta) -> Option<(u32, u32)> {
    let is_device = matches!(FileType::of_mode(meta.mode), FileType::Block | FileType::Char);
    is_device.then(|| (libc::major(meta.device), libc::minor(meta.device)))
}

/// What -F and its like append.
fn mark(kind: FileType, mode: Option<u32>, marks: Marks) -> &'static str {
    match kind {
        FileType::Dir if marks >= Marks::Slash => "/",
        _ if marks < Marks::FileType => "",
        FileType::Link => "@",
        FileType::Fifo => "|",
        FileType::Socket => "=",
        FileType::File if marks == Marks::Classify && mode.is_some_and(|m| m & 0o111 != 0) => "*",
        _ => "",
    }
}

/// The colour of a name: what dircolors(1) has by default.
fn colour(row: &Row) -> Option<&'static str> {
    let mode = row.meta.map_or(0, |meta| meta.mode);
    let has = |bits: u32| mode & bits == bits;
    Some(match row.kind {
        FileType::Dir if has(libc::S_ISVTX | libc::S_IWOTH) => "30;42",
        FileType::Dir if has(libc::S_IWOTH) => "34;42",
        FileType::Dir if has(libc::S_ISVTX) => "37;44",
        FileType::Dir => "01;34",
        FileType::Link => "01;36",
        FileType::Fifo => "40;33",
        FileType::Socket => "01;35",
        FileType::Block | FileType::Char => "40;33;01",
        FileType::File if has(libc::S_ISUID) => "37;41",
        FileType::File if has(libc::S_ISGID) => "30;43",
        FileType::File if mode & 0o111 != 0 => "01;32",
        _ => return None,
    })
}
