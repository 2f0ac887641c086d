//! Rows of a listing: what is kept of each name, and their order.

use super::options::{Clock, Layout, Options, Sort};
use crate::error::Result;
use crate::tools::facts;
use crate::tools::place::Place;
use crate::tools::sort::version;
use crate::view::{Entry, FileType};
use nix::sys::stat::FileStat;
use std::cmp::Ordering;
use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use unicode_width::UnicodeWidthStr;

/// One name.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: CString,
    pub(super) kind: FileType,
    pub(super) ino: u64,
    /// `None` when it was not asked for, or the file was gone or denied.
    pub(super) meta: Option<Meta>,
    /// Where a link points; read for the long layout alone.
    pub(super) target: Option<Box<[u8]>>,
    /// The mode of what a link leads to, where it was asked for.
    pub(super) link_mode: Option<u32>,
    /// The security context, where it was asked for and the file has one.
    pub(super) context: Option<Box<[u8]>>,
}

/// The part of lstat(2) that a listing shows. Small, since there may be a hundred thousand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meta {
    pub(super) mode: u32,
    pub(super) links: u64,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    /// Units of 512 bytes.
    pub(super) blocks: u64,
    pub(super) device: u64,
    pub(super) seconds: i64,
    pub(super) nanoseconds: i64,
}

impl Row {
    /// The row of `entry` in `place`, with what `options` need. `followed` gives stat of what a link leads to.
    ///
    /// Fails when they need lstat and it fails; the name can then be listed with [`Row::bare`].
    pub(super) fn new(
        entry: &Entry,
        place: Place<'_>,
        options: &Options,
        follow: bool,
        followed: impl Fn() -> Result<FileStat>,
    ) -> Result<Row> {
        let mut row = Row::bare(entry);
        if options.needs_stat() || follow || entry.kind == FileType::Unknown {
            let mut stat = place.lstat(&entry.name)?;
            if follow && FileType::of_mode(stat.st_mode) == FileType::Link {
                stat = followed()?;
            }
            row.set_stat(&stat, options);
        }
        if row.kind == FileType::Link && options.layout == Layout::Long {
            row.target = place.readlink(&entry.name).ok().map(|t| t.into_vec().into());
        }
        if row.kind == FileType::Link && options.needs_link_mode() {
            row.link_mode = followed().ok().map(|stat| stat.st_mode);
        }
        if options.context {
            row.context = place.context(&entry.name, row.kind).map(Into::into);
        }
        Ok(row)
    }

    /// The row of a name of which nothing more is known.
    pub(super) fn bare(entry: &Entry) -> Row {
        Row {
            name: entry.name.clone(),
            kind: entry.kind,
            ino: entry.ino,
            meta: None,
            target: None,
            link_mode: None,
            context: None,
        }
    }

    /// Takes over what lstat or stat said.
    pub(super) fn set_stat(&mut self, stat: &FileStat, options: &Options) {
        let (seconds, nanoseconds) = match options.clock {
            Clock::Modified => (stat.st_mtime, stat.st_mtime_nsec),
            Clock::Changed => (stat.st_ctime, stat.st_ctime_nsec),
            Clock::Accessed => (stat.st_atime, stat.st_atime_nsec),
        };
        self.kind = FileType::of_mode(stat.st_mode);
        self.ino = stat.st_ino;
        self.meta = Some(Meta {
            mode: stat.st_mode,
            links: facts::links(stat),
            uid: stat.st_uid,
            gid: stat.st_gid,
            size: stat.st_size as u64,
            blocks: stat.st_blocks as u64,
            device: stat.st_rdev,
            seconds,
            nanoseconds,
        });
    }

    /// As an entry again, to go down into it.
    pub(super) fn entry(&self) -> Entry {
        Entry { name: self.name.clone(), kind: self.kind, ino: self.ino }
    }

    /// Whether it is a directory or a link that is known to lead to one.
    fn is_directory(&self) -> bool {
        let leads_to = self.link_mode.map(FileType::of_mode);
        self.kind == FileType::Dir || leads_to == Some(FileType::Dir)
    }

    fn extension(&self) -> &[u8] {
        let name = self.name.to_bytes();
        name.iter().rposition(|b| *b == b'.').map_or(&[], |dot| &name[dot..])
    }
}

/// Puts rows in the order that `options` ask for. Names compare as bytes.
pub(super) fn sort(rows: &mut [Row], options: &Options) {
    let by_name = |a: &Row, b: &Row| a.name.cmp(&b.name);
    let size = |row: &Row| row.meta.map(|m| m.size);
    let time = |row: &Row| row.meta.map(|m| (m.seconds, m.nanoseconds));
    let width = |row: &Row| String::from_utf8_lossy(row.name.to_bytes()).width();
    let order = |a: &Row, b: &Row| -> Ordering {
        match options.sort {
            Sort::Name | Sort::Directory => by_name(a, b),
            Sort::Version => {
                version(a.name.to_bytes(), b.name.to_bytes()).then_with(|| by_name(a, b))
            }
            Sort::Width => width(a).cmp(&width(b)).then_with(|| by_name(a, b)),
            Sort::Size => size(b).cmp(&size(a)).then_with(|| by_name(a, b)),
            Sort::Time => time(b).cmp(&time(a)).then_with(|| by_name(a, b)),
            Sort::Extension => a.extension().cmp(b.extension()).then_with(|| by_name(a, b)),
        }
    };
    if options.sort == Sort::Directory {
        return;
    }
    rows.sort_unstable_by(|a, b| {
        let order = if options.reverse { order(b, a) } else { order(a, b) };
        match options.directories_first {
            true => b.is_directory().cmp(&a.is_directory()).then(order),
            false => order,
        }
    });
}
