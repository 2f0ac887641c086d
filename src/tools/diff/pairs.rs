//! Which files are compared with which: two files, a file in a folder, or all of two trees.

use super::names::joined;
use super::options::Options;
use super::show::Shown;
use super::side::Side;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, quote};
use crate::tools::args::os;
use crate::tools::input::is_stdin;
use crate::view::{FileType, View};
use nix::errno::Errno;
use nix::sys::stat::FileStat;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The most names that are held of one folder.
const MOST_NAMES: usize = 1 << 20;

/// A comparison and what came of it so far.
pub(super) struct Pairs<'a> {
    view: &'a View,
    options: &'a Options,
    exit: Exit,
}

/// Two folders, and what is still to be compared in them: names, and on which sides they are.
struct Level {
    paths: [PathBuf; 2],
    ids: [Option<(u64, u64)>; 2],
    names: std::vec::IntoIter<(Vec<u8>, [bool; 2])>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(view: &'a View, options: &'a Options) -> Pairs<'a> {
        Pairs { view, options, exit: Exit::OK }
    }

    /// Compares two operands.
    pub(super) fn operands(mut self, old: &Path, new: &Path, io: &mut Io) -> Result<Exit> {
        let mut paths = [old.to_owned(), new.to_owned()];
        let mut stats = [self.stat(old), self.stat(new)];
        let is_folder = |stat: &Result<FileStat>| {
            stat.as_ref().is_ok_and(|stat| FileType::of_mode(stat.st_mode) == FileType::Dir)
        };
        let same = matches!(&stats, [Ok(old), Ok(new)] if is_same(old, new));
        let folders = [is_folder(&stats[0]), is_folder(&stats[1])];
        let absent = |stat: &Result<FileStat>| {
            self.options.absent_is_empty
                && stat.as_ref().is_err_and(|error| error.errno() == Some(Errno::ENOENT))
        };
        let there = [!absent(&stats[0]), !absent(&stats[1])];
        if same && folders[0] {
            return Ok(self.exit);
        }
        if folders == [true, true] || folders.contains(&true) && there.contains(&false) {
            let ids = stats.map(|stat| stat.ok().map(|stat| (stat.st_dev, stat.st_ino)));
            self.trees(Level { names: self.names(&paths, there)?, paths, ids }, io)?;
            return Ok(self.exit);
        }
        if let Some(folder) = folders.iter().position(|is_folder| *is_folder) {
            let file = &paths[1 - folder];
            if is_stdin(file) {
                return Err(Error::usage("stdin can't be compared with a folder"));
            }
            let name = file.file_name().unwrap_or_default();
            let path = joined(paths[folder].as_os_str().as_bytes(), name.as_bytes());
            paths[folder] = PathBuf::from(os(&path));
            stats[folder] = self.stat(&paths[folder]);
        }
        let there = match there {
            [false, false] => [true, true],
            there => there,
        };
        self.files(&paths, there, false, io)?;
        Ok(self.exit)
    }

    fn stat(&self, path: &Path) -> Result<FileStat> {
        match is_stdin(path) {
            true => Err(Error::new("stdin")),
            false => self.view.root()?.stat(path),
        }
    }

    /// The names in two folders in the order of their bytes.
    fn names(
        &self,
        paths: &[PathBuf; 2],
        there: [bool; 2],
    ) -> Result<std::vec::IntoIter<(Vec<u8>, [bool; 2])>> {
        let mut names: BTreeMap<Vec<u8>, [bool; 2]> = BTreeMap::new();
        for side in [0, 1].into_iter().filter(|side| there[*side]) {
            for entry in self.view.root()?.open_dir(&paths[side])?.entries()? {
                let entry = entry.map_err(|error| error.context(quote(&paths[side])))?;
                names.entry(entry.name.to_bytes().to_vec()).or_default()[side] = true;
                if names.len() > MOST_NAMES {
                    let path = quote(&paths[side]);
                    return Err(Error::new(format!("{path}: has more than {MOST_NAMES} names")));
                }
            }
        }
        Ok(names.into_iter().collect::<Vec<_>>().into_iter())
    }

    /// Compares two trees, without recursion however deep they are.
    fn trees(&mut self, first: Level, io: &mut Io) -> Result<()> {
        let mut levels = vec![first];
        while let Some(level) = levels.last_mut() {
            let Some((name, there)) = level.names.next() else {
                levels.pop();
                continue;
            };
            let folders = level.paths.clone();
            if let Some(below) = self.entry(&folders, &name, there, &levels, io)? {
                levels.push(below);
            }
        }
        Ok(())
    }

    /// Compares what is called `name` in two folders; gives the level below when that is two folders.
    fn entry(
        &mut self,
        folders: &[PathBuf; 2],
        name: &[u8],
        there: [bool; 2],
        levels: &[Level],
        io: &mut Io,
    ) -> Result<Option<Level>> {
        let only = there.iter().position(|is_there| !is_there).map(|absent| 1 - absent);
        let only_in = |side: usize| -> [&[u8]; 5] {
            [b"Only in ", folders[side].as_os_str().as_bytes(), b": ", name, b"\n"]
        };
        if let Some(side) = only.filter(|_| !self.options.absent_is_empty) {
            self.differs();
            return say(io, only_in(side)).map(|()| None);
        }
        let paths = [0, 1]
            .map(|side| PathBuf::from(os(&joined(folders[side].as_os_str().as_bytes(), name))));
        let mut stats = [None, None];
        for side in [0, 1].into_iter().filter(|side| there[*side]) {
            match self.view.root()?.stat(&paths[side]) {
                Ok(stat) => stats[side] = Some(stat),
                Err(error) => self.trouble(&error, io),
            }
        }
        let (Some(old), Some(new)) = (stats[0].or(stats[1]), stats[1].or(stats[0])) else {
            return Ok(None);
        };
        if [0, 1].iter().any(|side| there[*side] && stats[*side].is_none()) {
            return Ok(None);
        }
        let kinds = [old, new].map(|stat| FileType::of_mode(stat.st_mode));
        if only.is_none() && is_same(&old, &new) && kinds[0] != FileType::File {
            return Ok(None);
        }
        match kinds {
            [FileType::Dir, FileType::Dir] if self.options.recursive => {
                self.below(paths, stats, there, levels, io)
            }
            [FileType::Dir, FileType::Dir] => {
                let [old, new] = [&paths[0], &paths[1]].map(|path| path.as_os_str().as_bytes());
                say(io, [b"Common subdirectories: ", old, b" and ", new, b"\n"])?;
                Ok(None)
            }
            [FileType::File, FileType::File] => {
                self.files(&paths, there, true, io)?;
                Ok(None)
            }
            _ => {
                self.differs();
                match only {
                    Some(side) => say(io, only_in(side))?,
                    None => other_kinds(&paths, [&old, &new], io)?,
                }
                Ok(None)
            }
        }
    }

    fn below(
        &mut self,
        paths: [PathBuf; 2],
        stats: [Option<FileStat>; 2],
        there: [bool; 2],
        levels: &[Level],
        io: &mut Io,
    ) -> Result<Option<Level>> {
        let ids = stats.map(|stat| stat.map(|stat| (stat.st_dev, stat.st_ino)));
        for side in [0, 1] {
            if ids[side].is_some() && levels.iter().any(|level| level.ids[side] == ids[side]) {
                let path = quote(&paths[side]);
                self.trouble(&Error::new(format!("{path}: recursive directory loop")), io);
                return Ok(None);
            }
        }
        match self.names(&paths, there) {
            Ok(names) => Ok(Some(Level { paths, ids, names })),
            Err(error) => {
                self.trouble(&error, io);
                Ok(None)
            }
        }
    }

    /// Compares two files. In trees, a line in front of the changes tells which ones.
    fn files(
        &mut self,
        paths: &[PathBuf; 2],
        there: [bool; 2],
        in_tree: bool,
        io: &mut Io,
    ) -> Result<()> {
        let mut sides = Vec::new();
        for (path, is_there) in paths.iter().zip(there) {
            let read = match is_there {
                true => Side::read(self.view, path, io),
                false => Ok(Some(Side::absent(path))),
            };
            match read {
                Ok(side) => sides.extend(side),
                Err(error) => self.trouble(&error, io),
            }
        }
        let [old, new] = &sides[..] else {
            self.exit = Exit::USAGE;
            return Ok(());
        };
        let names = [&old.path, &new.path].map(|path| path.as_os_str().as_bytes());
        let options = self.options;
        let is_binary = !options.text && (old.is_binary() || new.is_binary());
        if old.bytes != new.bytes && is_binary {
            self.differs();
            let what: &[u8] = if options.brief { b"Files " } else { b"Binary files " };
            return say(io, [what, names[0], b" and ", names[1], b" differ\n"]);
        }
        let shown = Shown::new([old, new], options, in_tree);
        let changes = if old.bytes == new.bytes { Vec::new() } else { shown.changes() };
        if !shown.matters(&changes) {
            return match options.tells_identical {
                true => say(io, [b"Files ", names[0], b" and ", names[1], b" are identical\n"]),
                false => Ok(()),
            };
        }
        self.differs();
        match options.brief {
            true => say(io, [b"Files ", names[0], b" and ", names[1], b" differ\n"]),
            false => shown.print(&changes, io),
        }
    }

    fn differs(&mut self) {
        if self.exit.is_ok() {
            self.exit = Exit::FAILURE;
        }
    }

    fn trouble(&mut self, error: &Error, io: &mut Io) {
        self.exit = Exit::USAGE;
        io.complain(error);
    }
}

fn is_same(old: &FileStat, new: &FileStat) -> bool {
    (old.st_dev, old.st_ino) == (new.st_dev, new.st_ino)
}

fn say(io: &mut Io, parts: [&[u8]; 5]) -> Result<()> {
    for part in parts {
        io.stdout.write_text(part)?;
    }
    Ok(io.stdout.end_text()?)
}

/// Says that two files are not of kinds that are compared.
fn other_kinds(paths: &[PathBuf; 2], stats: [&FileStat; 2], io: &mut Io) -> Result<()> {
    let kind = |stat: &FileStat| -> &[u8] {
        match FileType::of_mode(stat.st_mode) {
            FileType::Dir => b"directory",
            FileType::Fifo => b"fifo",
            FileType::Socket => b"socket",
            FileType::Char => b"character special file",
            FileType::Block => b"block special file",
            FileType::Link => b"symbolic link",
            FileType::File if stat.st_size == 0 => b"regular empty file",
            FileType::File => b"regular file",
            FileType::Unknown => b"weird file",
        }
    };
    let [old, new] = [&paths[0], &paths[1]].map(|path| path.as_os_str().as_bytes());
    say(io, [b"File ", old, b" is a ", kind(stats[0]), b" while "])?;
    say(io, [b"file ", new, b" is a ", kind(stats[1]), b"\n"])
}
