//! Walks a tree of directories without recursion and with few open descriptors, however deep the tree is.
//!
//! Every directory is opened by its name in the directory above it, and no link is followed unless a tool opens what it
//! leads to and says so, so nothing leads out of the tree or in a circle. Of the directories that lead down to the current one only the lowest are kept open.
//! Coming back to one that was closed, it is opened again from above and must still be the same.

use crate::error::{Error, Result};
use crate::view::{Dir, Entry};
use nix::errno::Errno;
use nix::sys::stat::fstat;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How many directories are open at most, besides the first. Each takes two descriptors while it is read.
const OPEN: usize = 64;

/// The most memory for names that wait in directories which were closed on the way down.
const WAITING: usize = 32 << 20;

/// One step of a walk.
#[derive(Debug)]
pub(super) enum Step {
    /// A name in [`Walk::dir`], found at [`Walk::path_of`].
    Visit(Entry),
    /// All below this name, which was entered earlier, has been walked; [`Walk::dir`] is where it stands.
    Leave(Entry),
}

/// A walk below one directory.
#[derive(Debug)]
pub(super) struct Walk {
    levels: Vec<Level>,
    /// The levels from here on, and the first, are open.
    open_from: usize,
    /// Levels that were reached by a link: they stay open, since their name alone does not lead back to them.
    links: usize,
    /// Bytes of the names that [`Walk::close_above`] read.
    waiting: usize,
    path: Vec<u8>,
}

#[derive(Debug)]
struct Level {
    /// The name in the level above; that of the first is never used.
    entry: Entry,
    id: (u64, u64),
    dir: Option<Dir>,
    names: Names,
    path_length: usize,
    by_link: bool,
    /// Its part of [`Walk::waiting`].
    waiting: usize,
}

/// Names still to be visited.
enum Names {
    Read(Box<dyn Iterator<Item = Result<Entry>>>),
    Held(std::vec::IntoIter<Result<Entry>>),
}

impl Walk {
    /// A walk below `dir`, which is shown as `path`. With `names`, only these are visited, in their order.
    pub(super) fn new(path: &Path, dir: Dir, names: Option<Vec<Entry>>) -> Result<Walk> {
        let path = path.as_os_str().as_bytes().to_vec();
        let mut walk = Walk { levels: Vec::new(), open_from: 1, links: 0, waiting: 0, path };
        let entry = Entry { name: CString::default(), kind: crate::view::FileType::Dir, ino: 0 };
        walk.push(entry, dir, names)?;
        Ok(walk)
    }

    /// The directory that the last step's name stands in.
    pub(super) fn dir(&self) -> Result<&Dir> {
        self.levels
            .last()
            .and_then(|level| level.dir.as_ref())
            .ok_or_else(|| Error::new("the walk is over"))
    }

    /// How deep [`Walk::dir`] lies below the first directory.
    pub(super) fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// The path of `entry` in [`Walk::dir`].
    pub(super) fn path_of(&self, entry: &Entry) -> Vec<u8> {
        let mut path = self.path.clone();
        join(&mut path, entry);
        path
    }

    /// The next step; `None` at the end. After an error the walk goes on behind what failed.
    pub(super) fn next(&mut self) -> Option<Result<Step>> {
        let level = self.levels.last_mut()?;
        let name = match &mut level.names {
            Names::Read(names) => names.next(),
            Names::Held(names) => names.next(),
        };
        match name {
            Some(Ok(entry)) => Some(Ok(Step::Visit(entry))),
            // A process's directory in procfs: the process is gone, and its names with it.
            Some(Err(error)) if is_gone(&error) => self.leave(),
            Some(Err(error)) => {
                level.names = Names::Held(Vec::new().into_iter());
                Some(Err(
                    error.context(crate::output::quote(std::ffi::OsStr::from_bytes(&self.path)))
                ))
            }
            None => self.leave(),
        }
    }

    /// Goes down into `entry`, whose directory is `dir`: the next steps are in it.
    /// With `names`, only these are visited, in their order.
    pub(super) fn enter(
        &mut self,
        entry: Entry,
        dir: Dir,
        names: Option<Vec<Entry>>,
    ) -> Result<()> {
        let length = self.path.len();
        join(&mut self.path, &entry);
        let entered = self.push(entry, dir, names);
        match entered {
            Ok(()) => self.close_above(),
            Err(error) => {
                self.path.truncate(length);
                Err(error)
            }
        }
    }

    /// As [`Walk::enter`], where `entry` is a link and `dir` the directory that it leads to. Who follows links asks
    /// [`Walk::is_in`] first.
    pub(super) fn enter_link(
        &mut self,
        entry: Entry,
        dir: Dir,
        names: Option<Vec<Entry>>,
    ) -> Result<()> {
        if self.links == OPEN {
            return Err(Error::new(format!("lies behind more than {OPEN} links to directories")));
        }
        let depth = self.levels.len();
        let entered = self.enter(entry, dir, names);
        if let Some(level) = self.levels.get_mut(depth) {
            level.by_link = true;
            self.links += 1;
        }
        entered
    }

    /// Whether the directory with this device and inode is one of those that lead down to the current one.
    pub(super) fn is_in(&self, device: u64, inode: u64) -> bool {
        self.levels.iter().any(|level| level.id == (device, inode))
    }

    fn push(&mut self, entry: Entry, dir: Dir, names: Option<Vec<Entry>>) -> Result<()> {
        let names = match names {
            Some(names) => Names::Held(names.into_iter().map(Ok).collect::<Vec<_>>().into_iter()),
            None => Names::Read(Box::new(dir.entries()?)),
        };
        let stat = fstat(&dir)?;
        let id = (stat.st_dev, stat.st_ino);
        let path_length = self.path.len();
        let dir = Some(dir);
        self.levels.push(Level { entry, id, dir, names, path_length, by_link: false, waiting: 0 });
        Ok(())
    }

    /// Closes the highest open level but the first when there are too many. What it has not given yet is read, as far
    /// as memory allows.
    fn close_above(&mut self) -> Result<()> {
        if self.levels.len() - self.open_from <= OPEN {
            return Ok(());
        }
        let level = &mut self.levels[self.open_from];
        self.open_from += 1;
        if !level.by_link {
            level.dir = None;
        }
        if let Names::Read(names) = &mut level.names {
            let (mut held, mut is_whole) = (Vec::new(), true);
            for name in names {
                let failed = name.is_err();
                level.waiting += size_of::<Result<Entry>>();
                level.waiting += name.as_ref().map_or(0, |entry| entry.name.as_bytes().len() + 1);
                held.push(name);
                is_whole = self.waiting + level.waiting <= WAITING;
                if failed || !is_whole {
                    break;
                }
            }
            level.names = Names::Held(held.into_iter());
            self.waiting += level.waiting;
            if !is_whole {
                let path = std::ffi::OsStr::from_bytes(&self.path[..level.path_length]);
                let path = crate::output::quote(path);
                return Err(Error::new(format!("{path}: has too many names for so deep a tree"))
                    .hint("walk the directories in it one at a time"));
            }
        }
        Ok(())
    }

    fn leave(&mut self) -> Option<Result<Step>> {
        let left = self.levels.pop()?;
        self.waiting -= left.waiting;
        self.links -= usize::from(left.by_link);
        let last = self.levels.last()?;
        self.path.truncate(last.path_length);
        if last.dir.is_none()
            && let Err(error) = self.reopen()
        {
            // The levels below the first can't be reached any more; the first is still open.
            self.levels.truncate(1);
            (self.open_from, self.links, self.waiting) = (1, 0, 0);
            self.path.truncate(self.levels.first()?.path_length);
            return Some(Err(error));
        }
        Some(Ok(Step::Leave(left.entry)))
    }

    /// Opens the lowest levels again from the first one down.
    fn reopen(&mut self) -> Result<()> {
        self.open_from = self.levels.len().saturating_sub(OPEN).max(1);
        let mut above: Option<Dir> = None;
        for i in 1..self.levels.len() {
            let (upper, lower) = self.levels.split_at_mut(i);
            let (Some(parent), Some(level)) = (upper.last(), lower.first_mut()) else { break };
            if level.by_link {
                above = None;
                continue;
            }
            let parent = above.as_ref().or(parent.dir.as_ref());
            let dir = parent.ok_or(Errno::ENOENT)?.open_dir(&level.entry.name)?;
            let stat = fstat(&dir)?;
            if (stat.st_dev, stat.st_ino) != level.id {
                let path = std::ffi::OsStr::from_bytes(&self.path[..level.path_length]);
                let path = crate::output::quote(path);
                return Err(Error::new(format!("{path}: was replaced while it was walked")));
            }
            above = if i >= self.open_from {
                level.dir = Some(dir);
                None
            } else {
                Some(dir)
            };
        }
        Ok(())
    }
}

/// Whether an error only says that something is not there any more.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(error.errno(), Some(Errno::ENOENT | Errno::ESRCH))
}

fn join(path: &mut Vec<u8>, entry: &Entry) {
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(entry.name.to_bytes());
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Names::Read(_) => "Read",
            Names::Held(_) => "Held",
        })
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the fixture is on this machine
mod tests {
    use super::*;
    use crate::view::Root;

    /// Goes down to the bottom of a chain of directories in `path`.
    fn at_the_bottom(path: &Path, depth: usize) -> Walk {
        let below: std::path::PathBuf = std::iter::repeat_n("d", depth).collect();
        std::fs::create_dir_all(path.join(below)).unwrap();
        let root = Root::new(std::fs::File::open(path).unwrap().into());
        let mut walk =
            Walk::new(Path::new("."), root.open_dir(Path::new("/")).unwrap(), None).unwrap();
        while let Some(Ok(Step::Visit(entry))) = walk.next() {
            let dir = walk.dir().unwrap().open_dir(&entry.name).unwrap();
            walk.enter(entry, dir, None).unwrap();
        }
        walk
    }

    #[test]
    fn few_directories_stay_open_and_the_way_back_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let mut walk = at_the_bottom(folder.path(), 200);
        assert!(walk.levels.iter().filter(|level| level.dir.is_some()).count() <= OPEN + 1);
        // The step that ended the way down was the first one back.
        let back = std::iter::from_fn(|| walk.next()).map(Result::unwrap).count();
        assert_eq!(back, 199);
    }

    #[test]
    fn a_directory_that_was_replaced_is_not_walked_into_on_the_way_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut walk = at_the_bottom(folder.path(), 200);
        let high = folder.path().join("d/d");
        std::fs::rename(&high, folder.path().join("moved")).unwrap();
        std::fs::create_dir(&high).unwrap();
        let steps: Vec<Result<Step>> = std::iter::from_fn(|| walk.next()).collect();
        let errors: Vec<String> =
            steps.iter().filter_map(|step| Some(step.as_ref().err()?.to_string())).collect();
        assert_eq!(errors, ["./d/d: was replaced while it was walked"]);
        let is_moved = |step: &Result<Step>| matches!(step, Ok(Step::Visit(entry)) if entry.name.as_c_str() == c"moved");
        assert!(steps.iter().all(|step| is_moved(step) || !matches!(step, Ok(Step::Visit(_)))));
    }
}
