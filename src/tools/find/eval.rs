//! Evaluates an expression for one file after another.

use super::exec::{Batch, Exec};
use super::query::{Action, Clock, Count, Expr, Query, Test};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, json, quote};
use crate::tools::facts::{self, Facts};
use crate::tools::glob::{self, Options};
use crate::tools::place::Place;
use crate::tools::users::Users;
use crate::tools::walk::{self, Walk};
use crate::view::{Entry, FileType, View};
use nix::sys::stat::FileStat;
use std::cell::OnceCell;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) const SECOND: i128 = 1_000_000_000;

/// A file that the walk came to. What is known of it is found out when it is asked for.
pub(super) struct Found<'a> {
    pub(super) place: Place<'a>,
    pub(super) entry: &'a Entry,
    /// `None` for an operand.
    walk: Option<&'a Walk>,
    /// The operand that it was found below, as it was typed.
    start: &'a Path,
    /// Where links are followed.
    follow: Option<&'a View>,
    depth: usize,
    path: OnceCell<Vec<u8>>,
    stat: OnceCell<Option<FileStat>>,
}

impl<'a> Found<'a> {
    /// An operand, whose name is its path.
    pub(super) fn operand(
        place: Place<'a>,
        entry: &'a Entry,
        start: &'a Path,
        stat: FileStat,
    ) -> Found<'a> {
        let stat = OnceCell::from(Some(stat));
        let (walk, follow, path) = (None, None, OnceCell::new());
        Found { place, entry, walk, start, follow, depth: 0, path, stat }
    }

    /// A name in the directory that `walk` is in.
    pub(super) fn entry(
        walk: &'a Walk,
        entry: &'a Entry,
        start: &'a Path,
        follow: Option<&'a View>,
    ) -> Result<Found<'a>> {
        Ok(Found {
            place: Place::Dir(walk.dir()?),
            entry,
            walk: Some(walk),
            start,
            follow,
            depth: walk.depth() + 1,
            path: OnceCell::new(),
            stat: OnceCell::new(),
        })
    }

    pub(super) fn path(&self) -> &[u8] {
        self.path.get_or_init(|| match self.walk {
            Some(walk) => walk.path_of(self.entry),
            None => self.entry.name.to_bytes().to_vec(),
        })
    }

    /// The last component; that of `/` is `/`.
    pub(super) fn name(&self) -> &[u8] {
        let name = self.entry.name.to_bytes();
        let end = name.iter().rposition(|b| *b != b'/').map_or(name.len().min(1), |last| last + 1);
        let name = &name[..end];
        match name.iter().rposition(|b| *b == b'/') {
            Some(slash) if name.len() > 1 => &name[slash + 1..],
            _ => name,
        }
    }

    /// lstat; complains once when that fails, unless the file is gone.
    pub(super) fn stat(&self, io: &mut Io) -> Option<&FileStat> {
        let stat = self.stat.get_or_init(|| match self.followed() {
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

    /// lstat, or where links are followed stat; of a link that leads nowhere it is lstat again.
    fn followed(&self) -> Result<FileStat> {
        let stat = self.place.lstat(&self.entry.name)?;
        match self.follow {
            Some(view) if FileType::of_mode(stat.st_mode) == FileType::Link => {
                let path = Path::new(OsStr::from_bytes(self.path()));
                Ok(view.root()?.stat(path).unwrap_or(stat))
            }
            _ => Ok(stat),
        }
    }

    /// The type of what it leads to.
    pub(super) fn leads_to(&self, view: &View) -> Result<FileType> {
        let path = Path::new(OsStr::from_bytes(self.path()));
        Ok(FileType::of_mode(view.root()?.stat(path)?.st_mode))
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The operand, as it was typed.
    pub(super) fn operand_path(&self) -> &[u8] {
        self.start.as_os_str().as_bytes()
    }

    /// The path without the operand.
    pub(super) fn below_operand(&self) -> &[u8] {
        let path = self.path();
        let rest = path.strip_prefix(self.operand_path()).unwrap_or(path);
        rest.strip_prefix(b"/").unwrap_or(rest)
    }

    /// The type; asks the file only where the directory did not say.
    pub(super) fn kind(&self, io: &mut Io) -> FileType {
        match self.entry.kind {
            FileType::Unknown | FileType::Link if self.walk.is_none() => {
                self.stat(io).map_or(self.entry.kind, |stat| FileType::of_mode(stat.st_mode))
            }
            FileType::Link if self.follow.is_some() => {
                self.stat(io).map_or(FileType::Link, |stat| FileType::of_mode(stat.st_mode))
            }
            FileType::Unknown => {
                self.stat(io).map_or(FileType::Unknown, |stat| FileType::of_mode(stat.st_mode))
            }
            kind => kind,
        }
    }

    pub(super) fn target(&self) -> Option<Vec<u8>> {
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
    pub(super) users: &'a Users,
    query: &'a Query,
    /// Nanoseconds since 1970.
    pub(super) now: i128,
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
            Test::Target { pattern, ignore_case } => {
                let target = (file.kind(io) == FileType::Link).then(|| file.target()).flatten();
                return target.is_some_and(|target| glob(pattern, &target, ignore_case));
            }
            Test::OtherKind(kinds) => {
                let is_link = file.entry.kind == FileType::Link;
                let kind = match (is_link, file.follow) {
                    (true, Some(_)) => FileType::Link,
                    // As GNU has it, a link that leads nowhere stays a link.
                    (true, None) => file.leads_to(self.view).unwrap_or(FileType::Link),
                    (false, _) => file.kind(io),
                };
                return kinds.contains(&kind);
            }
            _ => {}
        }
        let Some(stat) = file.stat(io) else { return false };
        match test {
            Test::Size { count, unit } => count.fits((stat.st_size as u64).div_ceil(*unit)),
            Test::Age { clock, count, is_days } => self.has_age(stat, *clock, *count, *is_days),
            Test::Newer(clock, than) => clock.of(stat) > *than,
            Test::Same(device, inode) => (stat.st_dev, stat.st_ino) == (*device, *inode),
            Test::Perm(perm) => perm.fits(stat.st_mode),
            Test::Links(count) => count.fits(facts::links(stat)),
            Test::Inode(count) => count.fits(stat.st_ino),
            Test::Uid(count) => count.fits(stat.st_uid.into()),
            Test::Gid(count) => count.fits(stat.st_gid.into()),
            // What was asked for is refused before the walk where nobody knows who the target is.
            Test::Allowed(bit) => self.view.who().is_ok_and(|who| who.may(stat, *bit)),
            Test::NoUser => self.users.user(stat.st_uid).is_none(),
            Test::NoGroup => self.users.group(stat.st_gid).is_none(),
            _ => false,
        }
    }

    /// Days are counted whole: 47 hours are one day. Minutes are not: two and a half are more than two, and the third.
    fn has_age(&self, stat: &FileStat, clock: Clock, count: Count, is_days: bool) -> bool {
        let (seconds, nanoseconds) = clock.of(stat);
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
            Action::Printf(format) => self.printf(format, file, io)?,
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
}

/// A run for many files has no one of them to be false for: its failure is that of `find`.
fn note_batch(exec: &Exec, exit: Exit, io: &mut Io) {
    if !exit.is_ok() {
        let code = exit.number();
        io.complain(&Error::new(format!("-exec {}: ended with exit code {code}", exec.name())));
    }
}
