//! Evaluates an expression for one file after another.

use super::exec::{Batch, Exec};
use super::parse::{Action, Clock, Count, Expr, Query, Test};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, json, quote, time, visible};
use crate::tools::facts::{self, Facts};
use crate::tools::glob::{self, Options};
use crate::tools::mode;
use crate::tools::place::Place;
use crate::tools::users::Users;
use crate::tools::walk::{self, Walk};
use crate::view::{Dir, Entry, FileType, View};
use nix::sys::stat::FileStat;
use nix::unistd::{UnlinkatFlags, unlinkat};
use std::cell::OnceCell;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const SECOND: i128 = 1_000_000_000;

/// A file that the walk came to. What is known of it is found out when it is asked for.
pub(super) struct Found<'a> {
    place: Place<'a>,
    entry: &'a Entry,
    /// `None` for an operand.
    walk: Option<&'a Walk>,
    depth: usize,
    path: OnceCell<Vec<u8>>,
    stat: OnceCell<Option<FileStat>>,
}

impl<'a> Found<'a> {
    /// An operand, whose name is its path.
    pub(super) fn operand(place: Place<'a>, entry: &'a Entry, stat: FileStat) -> Found<'a> {
        let stat = OnceCell::from(Some(stat));
        Found { place, entry, walk: None, depth: 0, path: OnceCell::new(), stat }
    }

    /// A name in the directory that `walk` is in.
    pub(super) fn entry(walk: &'a Walk, entry: &'a Entry) -> Result<Found<'a>> {
        Ok(Found {
            place: Place::Dir(walk.dir()?),
            entry,
            walk: Some(walk),
            depth: walk.depth() + 1,
            path: OnceCell::new(),
            stat: OnceCell::new(),
        })
    }

    fn path(&self) -> &[u8] {
        self.path.get_or_init(|| match self.walk {
            Some(walk) => walk.path_of(self.entry),
            None => self.entry.name.to_bytes().to_vec(),
        })
    }

    /// The last component; that of `/` is `/`.
    fn name(&self) -> &[u8] {
        let name = self.entry.name.to_bytes();
        let end = name.iter().rposition(|b| *b != b'/').map_or(name.len().min(1), |last| last + 1);
        let name = &name[..end];
        match name.iter().rposition(|b| *b == b'/') {
            Some(slash) if name.len() > 1 => &name[slash + 1..],
            _ => name,
        }
    }

    /// lstat; complains once when that fails, unless the file is gone.
    fn stat(&self, io: &mut Io) -> Option<&FileStat> {
        let stat = self.stat.get_or_init(|| match self.place.lstat(&self.entry.name) {
            Ok(stat) => Some(stat),
            Err(error) => {
                if !walk::is_gone(&error) {
                    self.complain(error, io);
                }
                None
            }
        });
        stat.as_ref()
    }

    /// The type; asks the file only where the directory did not say.
    pub(super) fn kind(&self, io: &mut Io) -> FileType {
        match self.entry.kind {
            FileType::Unknown => {
                self.stat(io).map_or(FileType::Unknown, |stat| FileType::of_mode(stat.st_mode))
            }
            kind => kind,
        }
    }

    fn target(&self) -> Option<Vec<u8>> {
        let target = self.place.readlink(&self.entry.name).ok()?;
        Some(target.as_bytes().to_vec())
    }

    fn complain(&self, error: Error, io: &mut Io) {
        io.complain(&error.context(quote(OsStr::from_bytes(self.path()))));
    }

    fn is_empty(&self, io: &mut Io) -> bool {
        match self.kind(io) {
            FileType::File => self.stat(io).is_some_and(|stat| stat.st_size == 0),
            FileType::Dir => {
                let first = self
                    .place
                    .open_dir(&self.entry.name)
                    .and_then(|dir| dir.entries()?.next().transpose());
                match first {
                    Ok(first) => first.is_none(),
                    Err(error) => {
                        self.complain(error, io);
                        false
                    }
                }
            }
            _ => false,
        }
    }
}

/// One run of `find`.
pub(super) struct Run<'a> {
    pub(super) view: &'a View,
    users: &'a Users,
    query: &'a Query,
    /// Nanoseconds since 1970.
    now: i128,
    pub(super) array: json::Array,
    batches: Vec<Batch>,
    /// Set by -prune for the file visited last.
    pub(super) prune: bool,
    pub(super) quit: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(view: &'a View, users: &'a Users, query: &'a Query) -> Run<'a> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i128);
        let batches = (0..query.execs).map(|_| Batch::default()).collect();
        Run {
            view,
            users,
            query,
            now,
            array: json::Array::default(),
            batches,
            prune: false,
            quit: false,
        }
    }

    /// Evaluates the expression for `file`, unless it is not deep enough.
    pub(super) fn visit(&mut self, file: &Found<'_>, io: &mut Io) -> Result<()> {
        self.prune = false;
        if file.depth >= self.query.min_depth {
            self.eval(&self.query.expr, file, io)?;
        }
        Ok(())
    }

    /// Runs what `-exec … +` still has gathered.
    pub(super) fn end(&mut self, io: &mut Io) -> Result<()> {
        let query = self.query;
        self.end_in(&query.expr, io)
    }

    fn end_in(&mut self, expr: &Expr, io: &mut Io) -> Result<()> {
        match expr {
            Expr::And(terms) | Expr::Or(terms) => {
                terms.iter().try_for_each(|term| self.end_in(term, io))
            }
            Expr::Not(term) => self.end_in(term, io),
            Expr::Action(Action::Exec(exec)) => {
                let exit = exec.run_batch(&mut self.batches[exec.number], self.view, io)?;
                note_batch(exec, exit, io);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn eval(&mut self, expr: &Expr, file: &Found<'_>, io: &mut Io) -> Result<bool> {
        match expr {
            Expr::Not(term) => Ok(!self.eval(term, file, io)?),
            Expr::And(terms) => {
                for term in terms {
                    if !self.eval(term, file, io)? || self.quit {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expr::Or(terms) => {
                for term in terms {
                    if self.eval(term, file, io)? || self.quit {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expr::Test(test) => Ok(self.test(test, file, io)),
            Expr::Action(action) => self.act(action, file, io),
        }
    }

    fn test(&self, test: &Test, file: &Found<'_>, io: &mut Io) -> bool {
        let glob = |pattern: &[u8], name: &[u8], ignore_case: &bool| {
            glob::matches(pattern, name, Options { ignore_case: *ignore_case })
        };
        match test {
            Test::Constant(value) => return *value,
            Test::Name { pattern, ignore_case } => return glob(pattern, file.name(), ignore_case),
            Test::Path { pattern, ignore_case } => return glob(pattern, file.path(), ignore_case),
            Test::Regex(regex) => return regex.is_match(file.path()),
            Test::Kind(kinds) => return kinds.contains(&file.kind(io)),
            Test::Empty => return file.is_empty(io),
            _ => {}
        }
        let Some(stat) = file.stat(io) else { return false };
        match test {
            Test::Size { count, unit } => count.fits((stat.st_size as u64).div_ceil(*unit)),
            Test::Age { clock, count, is_days } => self.has_age(stat, *clock, *count, *is_days),
            Test::NewerThan(seconds, nanos) => {
                (stat.st_mtime, stat.st_mtime_nsec) > (*seconds, *nanos)
            }
            Test::Perm(perm) => perm.fits(stat.st_mode),
            Test::Links(count) => count.fits(facts::links(stat)),
            Test::Inode(count) => count.fits(stat.st_ino),
            Test::Uid(count) => count.fits(stat.st_uid.into()),
            Test::Gid(count) => count.fits(stat.st_gid.into()),
            Test::NoUser => self.users.user(stat.st_uid).is_none(),
            Test::NoGroup => self.users.group(stat.st_gid).is_none(),
            _ => false,
        }
    }

    /// Days are counted whole: 47 hours are one day. Minutes are not: two and a half are more than two, and the third.
    fn has_age(&self, stat: &FileStat, clock: Clock, count: Count, is_days: bool) -> bool {
        let (seconds, nanoseconds) = match clock {
            Clock::Modified => (stat.st_mtime, stat.st_mtime_nsec),
            Clock::Accessed => (stat.st_atime, stat.st_atime_nsec),
            Clock::Changed => (stat.st_ctime, stat.st_ctime_nsec),
        };
        let age = self.now - (i128::from(seconds) * SECOND + i128::from(nanoseconds));
        let (days, minute) = (age.div_euclid(86_400 * SECOND), 60 * SECOND);
        match (count, is_days) {
            (Count::Exactly(n), true) => days == n.into(),
            (Count::More(n), true) => days > n.into(),
            (Count::Less(n), true) => days < n.into(),
            (Count::Exactly(n), false) => age.div_euclid(minute) + 1 == n.into(),
            (Count::More(n), false) => age > i128::from(n) * minute,
            (Count::Less(n), false) => age < i128::from(n) * minute,
        }
    }

    fn act(&mut self, action: &Action, file: &Found<'_>, io: &mut Io) -> Result<bool> {
        match action {
            Action::Print => {
                io.stdout.write_name(file.path())?;
                io.stdout.write_all(b"\n")?;
            }
            Action::Print0 => {
                io.stdout.write_all(file.path())?;
                io.stdout.write_all(b"\0")?;
            }
            Action::Ls => self.list(file, io)?,
            Action::Json => {
                let target = if file.kind(io) == FileType::Link { file.target() } else { None };
                if let Some(stat) = file.stat(io) {
                    let facts = Facts::new(file.path(), stat, self.users, target.as_deref());
                    self.array.push(&mut io.stdout, &facts)?;
                }
            }
            Action::Prune => self.prune = !self.query.depth_first,
            Action::Quit => self.quit = true,
            Action::Delete => match self.delete(file, io) {
                Ok(()) => {}
                Err(error) => {
                    file.complain(error.context("deleting it"), io);
                    return Ok(false);
                }
            },
            Action::Exec(exec) if exec.is_batch => {
                let batch = &mut self.batches[exec.number];
                let exit = exec.gather(file.path(), batch, self.view, io)?;
                note_batch(exec, exit, io);
            }
            Action::Exec(exec) => return Ok(exec.run(file.path(), self.view, io)?.is_ok()),
        }
        Ok(true)
    }

    /// A line as `ls -dils` has it.
    fn list(&self, file: &Found<'_>, io: &mut Io) -> Result<()> {
        let Some(stat) = file.stat(io) else { return Ok(()) };
        let owner = |name: Option<&[u8]>, id: u32| {
            name.map_or_else(|| id.to_string(), |name| visible(name).into_owned())
        };
        let kind = FileType::of_mode(stat.st_mode);
        let size = match kind {
            FileType::Block | FileType::Char => {
                format!("{:>3}, {:>3}", libc::major(stat.st_rdev), libc::minor(stat.st_rdev))
            }
            _ => stat.st_size.to_string(),
        };
        write!(
            io.stdout,
            "{:>9} {:>6} {} {:>3} {:<8} {:<8} {size:>8} {} ",
            stat.st_ino,
            (stat.st_blocks as u64).div_ceil(2),
            mode::string(stat.st_mode),
            facts::links(stat),
            owner(self.users.user(stat.st_uid), stat.st_uid),
            owner(self.users.group(stat.st_gid), stat.st_gid),
            time::listing(stat.st_mtime, (self.now / SECOND) as i64),
        )?;
        io.stdout.write_name(file.path())?;
        if let Some(target) = (kind == FileType::Link).then(|| file.target()).flatten() {
            io.stdout.write_all(b" -> ")?;
            io.stdout.write_name(&target)?;
        }
        Ok(io.stdout.write_all(b"\n")?)
    }

    /// Takes the name away in the directory that it was found in.
    fn delete(&self, file: &Found<'_>, io: &mut Io) -> Result<()> {
        let flags = match file.kind(io) {
            FileType::Dir => UnlinkatFlags::RemoveDir,
            _ => UnlinkatFlags::NoRemoveDir,
        };
        let name = file.entry.name.as_c_str();
        match file.place {
            Place::Dir(dir) => Ok(unlinkat(dir, name, flags)?),
            Place::Root(root) => {
                let path = Path::new(OsStr::from_bytes(name.to_bytes()));
                // `.`, `..` and `/` have no name to take away; GNU leaves `.` quietly, too.
                let Some(name) = path.file_name() else { return Ok(()) };
                let above = path.parent().filter(|path| !path.as_os_str().is_empty());
                let above: Dir = root.open_dir(above.unwrap_or(Path::new(".")))?;
                Ok(unlinkat(&above, name, flags)?)
            }
        }
    }
}

/// A run for many files has no one of them to be false for: its failure is that of `find`.
fn note_batch(exec: &Exec, exit: Exit, io: &mut Io) {
    if !exit.is_ok() {
        let code = exit.number();
        io.complain(&Error::new(format!("-exec {}: ended with exit code {code}", exec.name())));
    }
}
