//! Trees: which files are searched, and in which order they come.

use super::Run;
use crate::error::{Error, Result};
use crate::output::order;
use crate::output::{Io, quote};
use crate::tools::glob;
use crate::tools::walk::{self, Step, Walk};
use crate::view::{Dir, Entry, FileType};
use clap::ArgMatches;
use nix::sys::stat::fstat;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What is done with directories and with links in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    NoTrees,
    Skipped,
    Followed,
}

/// The rules of --include, --exclude and --exclude-dir.
#[derive(Debug)]
pub(super) struct Names {
    /// In the order they were given; the last one that fits wins.
    files: Vec<(bool, Vec<u8>)>,
    without_dirs: Vec<Vec<u8>>,
}

impl Names {
    pub(super) fn new(matches: &ArgMatches) -> Names {
        let given = |id: &str| {
            let indices = matches.indices_of(id).into_iter().flatten();
            let globs = matches.get_many::<OsString>(id).into_iter().flatten();
            let globs = globs.map(|glob| glob.as_bytes().to_vec());
            indices.zip(globs).collect::<Vec<_>>()
        };
        let rules = |id: &str, include| {
            given(id).into_iter().map(move |(index, glob)| (index, include, glob))
        };
        let mut files: Vec<_> = rules("include", true).chain(rules("exclude", false)).collect();
        order::sort(&mut files);
        Names {
            files: files.into_iter().map(|(_, include, glob)| (include, glob)).collect(),
            without_dirs: given("exclude-dir")
                .into_iter()
                .map(|(_, glob)| glob.strip_suffix(b"/").map(<[u8]>::to_vec).unwrap_or(glob))
                .collect(),
        }
    }

    /// Whether the operand `path` is searched: a rule fits it by any of its last parts.
    pub(super) fn takes_operand(&self, path: &[u8]) -> bool {
        self.takes(|glob| suffixes(path).any(|suffix| fits(glob, suffix)))
    }

    fn takes_file(&self, name: &[u8]) -> bool {
        self.takes(|glob| fits(glob, name))
    }

    fn takes(&self, fits: impl Fn(&[u8]) -> bool) -> bool {
        match self.files.iter().rev().find(|(_, glob)| fits(glob)) {
            Some((include, _)) => *include,
            None => self.files.first().is_none_or(|(include, _)| !include),
        }
    }

    fn takes_dir(&self, name: &[u8]) -> bool {
        !self.without_dirs.iter().any(|glob| fits(glob, name))
    }

    fn takes_dir_operand(&self, path: &[u8]) -> bool {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        !suffixes(path).any(|suffix| !self.takes_dir(suffix))
    }
}

fn fits(pattern: &[u8], name: &[u8]) -> bool {
    glob::matches(pattern, name, glob::Options::default())
}

/// The path, and every end of it that begins behind a slash.
fn suffixes(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let behind = memchr::memchr_iter(b'/', path).map(|slash| &path[slash + 1..]);
    std::iter::once(path).chain(behind.filter(|suffix| !suffix.starts_with(b"/")))
}

/// A walk below one operand.
struct Tree {
    walk: Walk,
    /// The directories that lead to the current one: a link back to one of them is a loop.
    above: Vec<(u64, u64)>,
    /// No operand was given: paths begin in the working directory.
    starts_here: bool,
}

/// What a name in a tree stands for.
enum Found {
    Dir(Dir),
    File(File),
}

impl Run<'_> {
    /// Searches all files below `dir`, which is the operand `path`; an empty one is the working directory.
    pub(super) fn tree(&mut self, path: &Path, dir: Dir, io: &mut Io) -> Result<()> {
        if !self.options.names.takes_dir_operand(path.as_os_str().as_bytes()) {
            return Ok(());
        }
        let above = vec![id(&dir)?];
        let starts_here = path.as_os_str().is_empty();
        let mut tree = match Walk::new(path, dir, None) {
            Ok(walk) => Tree { walk, above, starts_here },
            Err(error) => {
                self.complain(&error.context(quote(path)), io);
                return Ok(());
            }
        };
        while !self.is_over()
            && let Some(step) = tree.walk.next()
        {
            match step {
                Ok(Step::Leave(_)) => drop(tree.above.pop()),
                Ok(Step::Visit(entry)) => self.entry(&mut tree, entry, io)?,
                Err(error) => {
                    // Having lost its way, the walk goes on in the first directory.
                    tree.above.truncate(tree.walk.depth() + 1);
                    self.complain(&error, io);
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, tree: &mut Tree, entry: Entry, io: &mut Io) -> Result<()> {
        let path = tree.walk.path_of(&entry);
        let path = path.strip_prefix(b"/").filter(|_| tree.starts_here).unwrap_or(&path);
        let is_link = entry.kind == FileType::Link;
        let entered = match self.found(tree, &entry, path) {
            Ok(Some(Found::File(file))) => {
                return self.file(file, path, self.options.with_name(true), io);
            }
            Ok(Some(Found::Dir(dir))) => {
                let id = id(&dir)?;
                if tree.above.contains(&id) {
                    return self.warn_of_loop(path, io);
                }
                tree.walk.enter(entry, dir, None).map(|()| tree.above.push(id))
            }
            Ok(None) => Ok(()),
            // It was there when the directory was read.
            Err(error) if walk::is_gone(&error) && !is_link => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = entered {
            self.complain(&error.context(quote(OsStr::from_bytes(path))), io);
        }
        Ok(())
    }

    /// Opens what is to be searched. Errors do not name it.
    fn found(&self, tree: &Tree, entry: &Entry, path: &[u8]) -> Result<Option<Found>> {
        let (dir, names) = (tree.walk.dir()?, &self.options.names);
        let name = entry.name.to_bytes();
        let kind = match entry.kind {
            FileType::Unknown => FileType::of_mode(dir.lstat(&entry.name)?.st_mode),
            known => known,
        };
        match kind {
            FileType::Dir if names.takes_dir(name) => {
                Ok(Some(Found::Dir(dir.open_dir(&entry.name)?)))
            }
            FileType::File if names.takes_file(name) => {
                Ok(Some(Found::File(dir.open_file(&entry.name)?)))
            }
            FileType::Link if self.options.recursive == Links::Followed => {
                self.followed(name, path)
            }
            _ => Ok(None),
        }
    }

    /// Opens what the link at `path` leads to, inside the target.
    fn followed(&self, name: &[u8], path: &[u8]) -> Result<Option<Found>> {
        let (root, names) = (self.view.root()?, &self.options.names);
        let path = Path::new(OsStr::from_bytes(path));
        let unnamed = |error: Error| error.errno().map_or(error, Error::from);
        match FileType::of_mode(root.stat(path).map_err(unnamed)?.st_mode) {
            FileType::Dir if names.takes_dir(name) => {
                Ok(Some(Found::Dir(root.open_dir(path).map_err(unnamed)?)))
            }
            FileType::File if names.takes_file(name) => {
                Ok(Some(Found::File(root.open(path).map_err(unnamed)?)))
            }
            _ => Ok(None),
        }
    }

    fn warn_of_loop(&self, path: &[u8], io: &mut Io) -> Result<()> {
        if !self.options.silent {
            io.stdout.flush()?;
            let path = quote(OsStr::from_bytes(path));
            writeln!(io.stderr, "grep: warning: {path}: recursive directory loop")?;
            io.stderr.flush()?;
        }
        Ok(())
    }
}

fn id(dir: &Dir) -> Result<(u64, u64)> {
    let stat = fstat(dir)?;
    Ok((stat.st_dev, stat.st_ino))
}
