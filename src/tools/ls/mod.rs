//! `ls`: lists directories, with the flags of GNU's.

mod columns;
mod options;
mod print;
mod quoting;
mod row;

use super::Tool;
use super::args::files_or;
use super::facts::Facts;
use super::glob;
use super::place::{self, Place};
use super::users::Users;
use super::walk::{self, Step, Walk};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, Shape, json, quote, time};
use crate::view::{Dir, Entry, FileType, Needs, Root, View};
use clap::ArgMatches;
use options::{Follow, Layout, Marks, Options, Shown};
use print::Printer;
use row::{Row, sort};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "ls",
    aliases: &[],
    summary: "List directories",
    examples: &[
        ("ls -la /app", "Owners and modes: whether the app's user may read its own files"),
        ("ls -ltr /var/log", "What was written last stands last"),
        ("ls -n /app", "Owners as numbers, to compare with runAsUser"),
    ],
    needs: Needs::Root,
    json: Some(Shape::of::<Vec<Facts>>()),
    command: options::command_line,
    rewrite: None,
    run,
};

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let options = Options::new(matches, io)?;
    let names_owners = match options.layout {
        Layout::Long => !options.numeric,
        Layout::Json => true,
        _ => false,
    };
    let users = if names_owners { Users::load(view) } else { Users::default() };
    let mut listing = Listing {
        root: view.root()?,
        printer: Printer { options: &options, users: &users, now: time::now() },
        options: &options,
        users: &users,
        array: json::Array::default(),
        is_first: true,
    };
    let paths = files_or(matches, ".");
    let (files, directories) = listing.operands(&paths, io);
    if !files.is_empty() {
        listing.is_first = false;
        let place = Place::Root(listing.root);
        // As GNU has it, the columns are as wide as if the directories stood among the files.
        listing.print(&files, &directories, place, Path::new(""), io)?;
    }
    let with_heads = paths.len() > 1 || options.recursive;
    for row in &directories {
        let path = Path::new(OsStr::from_bytes(row.name.to_bytes()));
        match listing.root.open_dir(path) {
            Ok(dir) => listing.tree(path, dir, with_heads, io)?,
            Err(error) => io.complain(&error),
        }
    }
    if options.layout == Layout::Json {
        listing.array.end(&mut io.stdout)?;
    }
    Ok(io.exit())
}

/// One run of `ls`.
struct Listing<'a> {
    root: &'a Root,
    printer: Printer<'a>,
    options: &'a Options,
    users: &'a Users,
    array: json::Array,
    is_first: bool,
}

impl Listing<'_> {
    /// The operands that are listed as files, and those whose content is listed.
    fn operands(&self, paths: &[PathBuf], io: &mut Io) -> (Vec<Row>, Vec<Row>) {
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        for path in paths {
            match self.operand(path) {
                Ok((row, false)) => files.push(row),
                Ok((row, true)) => directories.push(row),
                Err(error) => io.complain(&error),
            }
        }
        sort(&mut files, self.options);
        sort(&mut directories, self.options);
        (files, directories)
    }

    /// The row of an operand, and whether its content is listed.
    fn operand(&self, path: &Path) -> Result<(Row, bool)> {
        let stat = self.root.lstat(path)?;
        let name = place::c_name(path)?;
        let entry = Entry { name, kind: FileType::of_mode(stat.st_mode), ino: stat.st_ino };
        // As GNU has it: a link to a directory is that directory, unless it is the link one looks at.
        let shows_links =
            self.options.layout == Layout::Long || self.options.marks == Marks::Classify;
        let leads_to_dir =
            || self.root.stat(path).is_ok_and(|s| FileType::of_mode(s.st_mode) == FileType::Dir);
        let follow = match self.options.follow {
            Follow::Always | Follow::Operands => true,
            Follow::Directories => leads_to_dir(),
            Follow::Never => false,
        };
        let row = Row::new(&entry, Place::Root(self.root), self.options, follow, || {
            self.root.stat(path).map_err(|error| error.errno().map_or(error, Error::from))
        });
        let row = row.context(|| quote(path))?;
        let is_directory = match row.kind {
            FileType::Dir => true,
            FileType::Link if !shows_links && !self.options.directories_themselves => {
                leads_to_dir()
            }
            _ => false,
        };
        Ok((row, is_directory && !self.options.directories_themselves))
    }

    /// Lists `dir` and, with -R, all directories below it.
    fn tree(&mut self, path: &Path, dir: Dir, with_heads: bool, io: &mut Io) -> Result<()> {
        let below = self.directory(path, &dir, with_heads, io)?;
        if !self.options.recursive {
            return Ok(());
        }
        let mut walk = Walk::new(path, dir, Some(below))?;
        while let Some(step) = walk.next() {
            let entry = match step {
                Ok(Step::Visit(entry)) => entry,
                Ok(Step::Leave(_)) => continue,
                Err(error) => {
                    io.complain(&error);
                    continue;
                }
            };
            let path = PathBuf::from(std::ffi::OsString::from_vec(walk.path_of(&entry)));
            let is_link = walk
                .dir()?
                .lstat(&entry.name)
                .is_ok_and(|stat| FileType::of_mode(stat.st_mode) == FileType::Link);
            let opened = match is_link && self.options.follow == Follow::Always {
                true => self.linked(&path, &walk),
                false => walk.dir()?.open_dir(&entry.name).map_err(Error::from),
            };
            let dir = match opened {
                Ok(dir) => dir,
                Err(error) if walk::is_gone(&error) => continue,
                Err(error) => {
                    io.complain(&error.context(quote(&path)));
                    continue;
                }
            };
            let below = self.directory(&path, &dir, true, io)?;
            let entered = match is_link {
                true => walk.enter_link(entry, dir, Some(below)),
                false => walk.enter(entry, dir, Some(below)),
            };
            entered.context(|| quote(&path))?;
        }
        Ok(())
    }

    /// The directory that the link `path` leads to, unless `walk` came through it.
    fn linked(&self, path: &Path, walk: &Walk) -> Result<Dir> {
        let dir =
            self.root.open_dir(path).map_err(|error| error.errno().map_or(error, Error::from))?;
        let stat = nix::sys::stat::fstat(&dir)?;
        match walk.is_in(stat.st_dev, stat.st_ino) {
            true => Err(Error::new("leads back to a directory that it lies in")),
            false => Ok(dir),
        }
    }

    /// Lists what is in `dir`; with -R, gives the directories in it back.
    fn directory(&mut self, path: &Path, dir: &Dir, head: bool, io: &mut Io) -> Result<Vec<Entry>> {
        if head && self.options.layout != Layout::Json {
            if !self.is_first {
                io.stdout.write_all(b"\n")?;
            }
            quoting::write(path.as_os_str().as_bytes(), self.options.quoting, io)?;
            io.stdout.write_all(b":\n")?;
        }
        self.is_first = false;
        if self.options.streams() {
            return self.stream(path, dir, io);
        }
        let (mut rows, mut below) = (Vec::new(), Vec::new());
        self.each(path, dir, io, |_, row, _| {
            rows.push(row);
            Ok(())
        })?;
        sort(&mut rows, self.options);
        if self.options.layout != Layout::Json {
            self.printer.total(&rows, io)?;
        }
        self.print(&rows, &[], Place::Dir(dir), path, io)?;
        if self.options.recursive {
            below.extend(rows.iter().filter(|row| is_below(row)).map(Row::entry));
        }
        Ok(below)
    }

    /// Prints each name as it is read.
    fn stream(&mut self, path: &Path, dir: &Dir, io: &mut Io) -> Result<Vec<Entry>> {
        let mut below = Vec::new();
        self.each(path, dir, io, |listing, row, io| {
            if listing.options.layout == Layout::Json {
                listing.json(&row, Place::Dir(dir), path, io)?;
            } else {
                listing.printer.stream(&row, io)?;
            }
            if listing.options.recursive && is_below(&row) {
                below.push(row.entry());
            }
            Ok(())
        })?;
        Ok(below)
    }

    /// Calls `visit` for every name in `dir` that the flags show.
    fn each(
        &mut self,
        path: &Path,
        dir: &Dir,
        io: &mut Io,
        mut visit: impl FnMut(&mut Self, Row, &mut Io) -> Result<()>,
    ) -> Result<()> {
        if self.options.shown == Shown::All {
            for name in [c".", c".."] {
                // `..` by its path: that of the target's root is the root, whatever lies above the descriptor.
                let path = path.join(OsStr::from_bytes(name.to_bytes()));
                let mut row = Row::bare(&Entry { name: name.into(), kind: FileType::Dir, ino: 0 });
                if let Ok(stat) = self.root.lstat(&path) {
                    row.set_stat(&stat, self.options);
                }
                visit(self, row, io)?;
            }
        }
        let entries = match dir.entries() {
            Ok(entries) => entries,
            Err(error) => {
                io.complain(&error.context(quote(path)));
                return Ok(());
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if walk::is_gone(&error) => break,
                Err(error) => {
                    io.complain(&error.context(quote(path)));
                    break;
                }
            };
            let name = entry.name.to_bytes();
            if self.leaves_out(name) {
                continue;
            }
            let follow = self.options.follow == Follow::Always && self.options.needs_stat();
            let row = Row::new(&entry, Place::Dir(dir), self.options, follow, || {
                let stat = self.root.stat(&path.join(OsStr::from_bytes(name)));
                stat.map_err(|error| error.errno().map_or(error, Error::from))
            });
            match row {
                Ok(row) => visit(self, row, io)?,
                // A link that leads nowhere is no name that is gone.
                Err(error)
                    if walk::is_gone(&error) && !(follow && entry.kind == FileType::Link) => {}
                Err(error) => {
                    let name = OsStr::from_bytes(entry.name.to_bytes());
                    io.complain(&error.context(quote(path.join(name))));
                    visit(self, Row::bare(&entry), io)?;
                }
            }
        }
        Ok(())
    }

    fn leaves_out(&self, name: &[u8]) -> bool {
        let matches = |globs: &[Vec<u8>]| {
            globs.iter().any(|glob| glob::matches(glob, name, glob::Options::default()))
        };
        let is_plain = self.options.shown == Shown::Plain;
        is_plain && (name.starts_with(b".") || matches(&self.options.hidden))
            || matches(&self.options.ignored)
    }

    fn print(
        &mut self,
        rows: &[Row],
        others: &[Row],
        place: Place<'_>,
        path: &Path,
        io: &mut Io,
    ) -> Result<()> {
        if self.options.layout != Layout::Json {
            return self.printer.rows(rows, others, io);
        }
        rows.iter().try_for_each(|row| self.json(row, place, path, io))
    }

    fn json(&mut self, row: &Row, place: Place<'_>, path: &Path, io: &mut Io) -> Result<()> {
        let path = path.join(OsStr::from_bytes(row.name.to_bytes()));
        // `..` by its path, as in `each`.
        let stat = if row.name.as_c_str() == c".." {
            self.root.lstat(&path)
        } else {
            place.lstat(&row.name).context(|| quote(&path))
        };
        let stat = match stat {
            Ok(stat) => stat,
            Err(error) if walk::is_gone(&error) => return Ok(()),
            Err(error) => {
                io.complain(&error);
                return Ok(());
            }
        };
        let followed = self.options.follow == Follow::Always;
        let stat = match FileType::of_mode(stat.st_mode) {
            FileType::Link if followed => self.root.stat(&path).unwrap_or(stat),
            _ => stat,
        };
        let target = match row.kind {
            FileType::Link => place.readlink(&row.name).ok(),
            _ => None,
        };
        let target = target.as_ref().map(|target| target.as_bytes());
        let facts = Facts::new(path.as_os_str().as_bytes(), &stat, self.users, target);
        Ok(self.array.push(&mut io.stdout, &facts)?)
    }
}

/// Whether -R goes down into it.
fn is_below(row: &Row) -> bool {
    row.kind == FileType::Dir && !matches!(row.name.to_bytes(), b"." | b"..")
}
