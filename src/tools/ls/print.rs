//! The layouts of a listing: lines, columns, long.

use super::options::{Layout, Options, TimeStyle};
use super::row::{Meta, Row};
use crate::error::Result;
use crate::output::{Io, time, units, visible};
use crate::tools::{mode, users::Users};
use crate::view::FileType;
use std::borrow::Cow;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Columns of a terminal that -C assumes where there is none.
const NO_TERMINAL: usize = 80;

/// Prints rows of one listing.
#[derive(Debug)]
pub(super) struct Printer<'a> {
    pub(super) options: &'a Options,
    pub(super) users: &'a Users,
    pub(super) now: i64,
}

/// How wide the columns of a long listing are.
#[derive(Debug, Default)]
struct Widths {
    inode: usize,
    blocks: usize,
    links: usize,
    user: usize,
    group: usize,
    size: usize,
    major: usize,
    minor: usize,
    time: usize,
}

impl Printer<'_> {
    /// Prints rows in the layout asked for. `others` are not printed, but are as wide as if they were.
    pub(super) fn rows(&self, rows: &[Row], others: &[Row], io: &mut Io) -> Result<()> {
        let widths = self.widths(rows.iter().chain(others));
        match self.options.layout {
            Layout::Columns => return self.columns(rows, &widths, io),
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
            writeln!(io.stdout, "total {}", self.allocated(blocks))?;
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
        Ok(io.stdout.write_all(b"\n")?)
    }

    fn long(&self, row: &Row, w: &Widths, io: &mut Io) -> Result<()> {
        io.stdout.write_all(self.prefix(row, w).as_bytes())?;
        let out = &mut io.stdout;
        match row.meta {
            None => write!(
                out,
                "?????????? {:>links$} {:<user$} {:<group$} {:>size$} {:>time$} ",
                "?",
                "?",
                "?",
                "?",
                "?",
                links = w.links,
                user = w.user,
                group = w.group,
                size = w.size,
                time = w.time
            )?,
            Some(meta) => {
                write!(
                    out,
                    "{} {:>links$} ",
                    mode::string(meta.mode),
                    meta.links,
                    links = w.links
                )?;
                self.owner(self.users.user(meta.uid), meta.uid, w.user, io)?;
                self.owner(self.users.group(meta.gid), meta.gid, w.group, io)?;
                let (size, time) = (self.size(&meta, w), self.time(&meta));
                write!(io.stdout, "{size:>0$} {time} ", w.size)?;
            }
        }
        self.name(row, io)?;
        if let Some(target) = &row.target {
            io.stdout.write_all(b" -> ")?;
            io.stdout.write_name(target)?;
        }
        Ok(io.stdout.write_all(b"\n")?)
    }

    fn columns(&self, rows: &[Row], widths: &Widths, io: &mut Io) -> Result<()> {
        let cells: Vec<usize> = rows.iter().map(|row| self.cell_width(row, widths, io)).collect();
        let columns = fit(&cells, io.width.unwrap_or(NO_TERMINAL));
        let lines = rows.len().div_ceil(columns.len().max(1));
        for line in 0..lines {
            let mut gap = 0;
            for (column, width) in columns.iter().enumerate() {
                let at = column * lines + line;
                let Some(row) = rows.get(at) else { break };
                write!(io.stdout, "{:gap$}", "")?;
                io.stdout.write_all(self.prefix(row, widths).as_bytes())?;
                self.name(row, io)?;
                gap = width - cells[at];
            }
            io.stdout.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Inode number and allocated size, as far as they are asked for.
    fn prefix(&self, row: &Row, widths: &Widths) -> String {
        let mut prefix = String::new();
        if self.options.inode {
            prefix += &format!("{:>1$} ", row.ino, widths.inode);
        }
        if self.options.blocks {
            let blocks = row.meta.map_or("?".into(), |meta| self.allocated(meta.blocks));
            prefix += &format!("{blocks:>0$} ", widths.blocks);
        }
        prefix
    }

    fn name(&self, row: &Row, io: &mut Io) -> Result<()> {
        let colour = if self.options.colour { colour(row) } else { None };
        if let Some(colour) = colour {
            write!(io.stdout, "\x1b[{colour}m")?;
        }
        io.stdout.write_name(row.name.to_bytes())?;
        if colour.is_some() {
            io.stdout.write_all(b"\x1b[0m")?;
        }
        // In the long layout a link's mark would stand between its name and its target.
        let is_long_link = row.kind == FileType::Link && self.options.layout == Layout::Long;
        if self.options.classify && !is_long_link {
            io.stdout.write_all(mark(row).as_bytes())?;
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

    fn cell_width(&self, row: &Row, widths: &Widths, io: &Io) -> usize {
        let name = row.name.to_bytes();
        let name: Cow<'_, str> = match io.stdout.is_terminal() {
            true => visible(name),
            false => String::from_utf8_lossy(name),
        };
        let mark = if self.options.classify { mark(row).len() } else { 0 };
        self.prefix(row, widths).len() + name.width() + mark
    }
}

/// The widths, gaps included, of as many columns as fit into `line`; names run down the columns.
fn fit(cells: &[usize], line: usize) -> Vec<usize> {
    const GAP: usize = 2;
    let most = cells.len().min((line + GAP) / (GAP + 1)).max(1);
    for count in (2..=most).rev() {
        let lines = cells.len().div_ceil(count);
        let columns: Vec<usize> = cells
            .chunks(lines)
            .map(|column| column.iter().max().copied().unwrap_or(0) + GAP)
            .collect();
        if columns.iter().sum::<usize>() - GAP <= line {
            return columns;
        }
    }
    vec![cells.iter().max().copied().unwrap_or(0) + GAP]
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

fn device(meta: &Meta) -> Option<(u32, u32)> {
    let is_device = matches!(FileType::of_mode(meta.mode), FileType::Block | FileType::Char);
    is_device.then(|| (libc::major(meta.device), libc::minor(meta.device)))
}

/// What -F appends.
fn mark(row: &Row) -> &'static str {
    match row.kind {
        FileType::Dir => "/",
        FileType::Link => "@",
        FileType::Fifo => "|",
        FileType::Socket => "=",
        FileType::File if row.meta.is_some_and(|meta| meta.mode & 0o111 != 0) => "*",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_columns_as_fit_are_taken() {
        assert_eq!(fit(&[1, 1, 1, 1], 80), [3, 3, 3, 3]);
        assert_eq!(fit(&[1, 1, 1, 1], 10), [3, 3, 3, 3]);
        assert_eq!(fit(&[1, 1, 1, 1], 9), [3, 3]);
        assert_eq!(fit(&[100, 1], 80), [102]);
        assert_eq!(fit(&[], 80), [2]);
    }
}
