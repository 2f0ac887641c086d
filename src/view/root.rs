//! The target's `/` as a directory descriptor. Every path resolves inside it by openat2(2) with RESOLVE_IN_ROOT:
//! absolute links and `..` stay in the target, and no link of a procfs leads out of it.

use super::dir::{Dir, FileType};
use super::idmap::Owners;
use super::pseudo;
use crate::error::{Error, Result, ResultExt};
use crate::output::quote;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::{FileStat, Mode, fstat};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Flags of every open for reading: never a controlling terminal, never waiting for a FIFO's other end.
pub(super) const OPEN: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_CLOEXEC).union(OFlag::O_NOCTTY).union(OFlag::O_NONBLOCK);

/// How many links lead to one file at most, as the kernel has it (path_resolution(7)).
const LINKS: usize = 40;

/// A target's root directory. Relative paths start at [`Root::cwd`].
#[derive(Debug)]
pub struct Root {
    dir: OwnedFd,
    cwd: PathBuf,
    owners: Rc<Owners>,
    /// What the shell lends to tools under a path that looks like one of the target's.
    lent: Vec<(PathBuf, OwnedFd)>,
}

impl Root {
    /// A root over an open directory, with `/` as the working directory.
    pub fn new(dir: OwnedFd) -> Root {
        Root { dir, cwd: PathBuf::from("/"), owners: Rc::default(), lent: Vec::new() }
    }

    /// The same root with owners of files shown as another user namespace numbers them.
    pub(super) fn with_owners(self, owners: Owners) -> Root {
        Root { owners: Rc::new(owners), ..self }
    }

    /// The working directory: absolute, inside the target.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// Moves the working directory, as `cd` does: `..` goes back along the typed path.
    pub fn set_cwd(&mut self, path: &Path) -> Result<()> {
        let path = normal(&self.cwd.join(path));
        self.open_dir(&path)?;
        self.cwd = path;
        Ok(())
    }

    /// Lets `path` stand for `file`, a pipe that the shell made, until [`Root::take_back`]. Whoever opens it gets a copy;
    /// no other descriptor of this process can be reached by a path.
    pub fn lend(&mut self, path: PathBuf, file: OwnedFd) {
        self.lent.push((path, file));
    }

    /// Lends the three streams of a tool under the paths that hands know them by. A link of the target's `/dev` would
    /// lead to streams of one of its own processes, if anywhere.
    pub fn lend_streams(&mut self, streams: [BorrowedFd<'_>; 3]) -> Result<()> {
        for (number, (name, stream)) in
            ["stdin", "stdout", "stderr"].iter().zip(streams).enumerate()
        {
            for path in [
                format!("/dev/{name}"),
                format!("/dev/fd/{number}"),
                format!("/proc/self/fd/{number}"),
            ] {
                self.lend(path.into(), stream.try_clone_to_owned()?);
            }
        }
        Ok(())
    }

    /// How many files are lent.
    pub fn lent(&self) -> usize {
        self.lent.len()
    }

    /// Ends the loan of all but the first `count` files.
    pub fn take_back(&mut self, count: usize) {
        self.lent.truncate(count);
    }

    /// Whether `path` stands for a file that is lent.
    pub fn is_lent(&self, path: &Path) -> bool {
        self.lent.iter().any(|(name, _)| name == path)
    }

    fn borrowed(&self, path: &Path) -> Option<Result<OwnedFd>> {
        let (_, file) = self.lent.iter().find(|(name, _)| name == path)?;
        Some(file.try_clone().context(|| quote(path)))
    }

    /// The absolute form of `path`, with `.` and `..` taken away by name.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        normal(&self.cwd.join(path))
    }

    /// Opens a regular file for reading, links followed inside the target.
    ///
    /// Directories fail with EISDIR. FIFOs and sockets are refused, because reading one takes what was meant for the
    /// target; devices, because the target may own a node that it could never open itself. The memory devices
    /// (`/dev/null`, `zero`, `full`, `random`, `urandom`) are let through.
    pub fn open(&self, path: &Path) -> Result<File> {
        if let Some(file) = self.borrowed(path) {
            return file.map(File::from);
        }
        self.resolve(path, OFlag::O_PATH)
            .map_err(|errno| self.explained(path, errno))
            .and_then(readable)
            .context(|| quote(path))
    }

    /// Opens a regular file for writing and makes it when it is missing; what it held is cut off, unless `append`.
    /// `/dev/null` is this machine's, as in redirections. Files of procfs and its like are refused: the kernel would ask for our rights and not for the target's.
    ///
    /// Whether the operator allowed changes is for the caller to ask ([`super::View::may_write`]).
    pub fn create(&self, path: &Path, append: bool) -> Result<File> {
        if let Some(file) = self.borrowed(path) {
            return file.map(File::from);
        }
        if is_null(path) {
            let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
            return Ok(nix::fcntl::open(path, flags, Mode::empty())
                .context(|| quote(path))?
                .into());
        }
        let mut flags = OFlag::O_WRONLY | OFlag::O_NOCTTY | OFlag::O_NONBLOCK;
        if append {
            flags |= OFlag::O_APPEND;
        }
        let regular = |fd: &OwnedFd| match FileType::of_mode(fstat(fd)?.st_mode) {
            FileType::File => Ok(()),
            FileType::Dir => Err(Error::from(Errno::EISDIR)),
            _ => Err(Error::new("is not a regular file: dbg writes to no other")),
        };
        let create = || -> Result<File> {
            let fd = match self.resolve(path, OFlag::O_PATH) {
                // What was looked at is what is opened, by its handle: opening alone can wake a FIFO's reader or a
                // device, and a name may be swapped.
                Ok(handle) => {
                    regular(&handle)?;
                    pseudo::refuse(&handle)?;
                    let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
                    nix::fcntl::open(path.as_str(), flags | OFlag::O_CLOEXEC, Mode::empty())?
                }
                Err(Errno::ENOENT) => {
                    let (above, name) = self.above(path)?;
                    let new = flags | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
                    nix::fcntl::openat(above, name, new, Mode::from_bits_truncate(0o644))?
                }
                Err(errno) => return Err(self.explained(path, errno)),
            };
            let file = File::from(fd);
            if !append {
                file.set_len(0)?;
            }
            Ok(file)
        };
        create().context(|| quote(path))
    }

    /// The directory in which `path` is to be made or taken away, and its name there, for calls that follow no link.
    /// Directories of procfs and its like are refused as in [`Root::create`].
    pub fn above<'p>(&self, path: &'p Path) -> Result<(OwnedFd, &'p OsStr)> {
        // `a/` and `a/.` are no names of a file.
        let is_last = |name: &&OsStr| path.as_os_str().as_bytes().ends_with(name.as_bytes());
        let name = path.file_name().filter(is_last).ok_or(Errno::EISDIR)?;
        let above = path.parent().unwrap_or(Path::new(""));
        let above =
            self.resolve(&Path::new(".").join(above), OFlag::O_PATH | OFlag::O_DIRECTORY)?;
        pseudo::refuse(&above)?;
        Ok((above, name))
    }

    /// Opens a directory, links followed inside the target.
    pub fn open_dir(&self, path: &Path) -> Result<Dir> {
        let dir = self.resolve(path, OPEN | OFlag::O_DIRECTORY);
        let dir = dir.map_err(|errno| self.explained(path, errno)).context(|| quote(path))?;
        Ok(Dir::new(dir, Rc::clone(&self.owners)))
    }

    /// stat(2) inside the target; owners are as the target numbers them.
    pub fn stat(&self, path: &Path) -> Result<FileStat> {
        self.stat_of(path, true)
    }

    /// lstat(2) inside the target; owners are as the target numbers them.
    pub fn lstat(&self, path: &Path) -> Result<FileStat> {
        self.stat_of(path, false)
    }

    /// [`Root::stat`] or [`Root::lstat`] of what may not be there; an error where that can't be told.
    pub fn find(&self, path: &Path, follow: bool) -> Result<Option<FileStat>> {
        match self.stat_of(path, follow) {
            Ok(stat) => Ok(Some(stat)),
            Err(error) => match error.errno() {
                Some(Errno::EACCES | Errno::EPERM | Errno::EIO | Errno::ESTALE) => Err(error),
                _ => Ok(None),
            },
        }
    }

    /// An O_PATH descriptor of `path`: for calls on the file itself, such as statfs, that must not open it.
    pub fn handle(&self, path: &Path, follow: bool) -> Result<OwnedFd> {
        if let Some(file) = self.borrowed(path).filter(|_| follow) {
            return file;
        }
        let flags = if follow { OFlag::O_PATH } else { OFlag::O_PATH | OFlag::O_NOFOLLOW };
        self.resolve(path, flags).map_err(|errno| self.explained(path, errno))
    }

    /// fstat(2) of a [`Root::handle`]; owners are as the target numbers them.
    pub fn stat_handle(&self, handle: impl AsFd) -> Result<FileStat, Errno> {
        fstat(handle).map(|stat| self.owners.as_seen_inside(stat))
    }

    /// Where the symbolic link `path` points, as it is written.
    pub fn readlink(&self, path: &Path) -> Result<OsString> {
        // By a handle, the kernel says ENOENT of what is no link.
        let read = |fd: OwnedFd| nix::fcntl::readlinkat(fd, c"");
        let link = |fd| {
            read(fd).map_err(|errno| match errno {
                Errno::ENOENT => Errno::EINVAL.into(),
                errno => Error::from(errno),
            })
        };
        self.handle(path, false).and_then(link).context(|| quote(path))
    }

    /// A whole regular file of at most `limit` bytes: for configuration, not for data.
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>> {
        use std::io::Read;
        let mut bytes = Vec::new();
        self.open(path)?.take(limit + 1).read_to_end(&mut bytes).context(|| quote(path))?;
        if bytes.len() as u64 > limit {
            return Err(Error::new(format!("{}: larger than {limit} bytes", quote(path))));
        }
        Ok(bytes)
    }

    fn stat_of(&self, path: &Path, follow: bool) -> Result<FileStat> {
        let handle = self.handle(path, follow).context(|| quote(path))?;
        self.stat_handle(handle).context(|| quote(path))
    }

    /// What `errno` means for `path`: the kernel's one word for too many links is for its own links, too.
    fn explained(&self, path: &Path, errno: Errno) -> Error {
        if errno != Errno::ELOOP || !self.meets_magic_link(path) {
            return errno.into();
        }
        Error::new("a link of procfs that the kernel resolves, to wherever that is: dbg does not follow it")
            .hint("`readlink` shows where it leads, and `lsof` what a process has open")
    }

    /// Whether what ends `path` is a link that no text stands for (proc(5): `exe`, `root`, `cwd`, `fd/N`).
    fn meets_magic_link(&self, path: &Path) -> bool {
        let mut path = self.cwd.join(path);
        for _ in 0..LINKS {
            // Without `.`, which ends no name.
            path = path.components().collect();
            let parts: Vec<&Path> = path.ancestors().collect();
            let is_end =
                |path: &&&Path| matches!(self.resolve(path, OFlag::O_PATH), Err(Errno::ELOOP));
            let Some(end) = parts.iter().rev().find(is_end) else { return false };
            let Ok(link) = self.resolve(end, OFlag::O_PATH | OFlag::O_NOFOLLOW) else {
                return false;
            };
            if pseudo::is_proc(&link) {
                return true;
            }
            let Ok(target) = nix::fcntl::readlinkat(link, c"") else { return false };
            path = end.parent().unwrap_or(Path::new("/")).join(target);
        }
        false
    }

    fn resolve(&self, path: &Path, flags: OFlag) -> Result<OwnedFd, Errno> {
        let path = self.cwd.join(path);
        let how = OpenHow::new()
            .flags(flags | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        loop {
            // A rename elsewhere in the target during the walk makes the kernel ask for another try.
            match openat2(&self.dir, &path, how) {
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                result => return result,
            }
        }
    }
}

impl AsFd for Root {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

/// Turns an O_PATH descriptor into one that reads, if what it holds may be read.
///
/// The type is looked at before the file is opened, since opening alone can wake a FIFO's writer or a device.
pub(super) fn readable(fd: OwnedFd) -> Result<File> {
    let stat = fstat(&fd)?;
    match FileType::of_mode(stat.st_mode) {
        FileType::File | FileType::Unknown => {}
        FileType::Dir => return Err(Errno::EISDIR.into()),
        FileType::Link => return Err(Errno::ELOOP.into()),
        FileType::Char if is_memory_device(stat.st_rdev) => {}
        FileType::Fifo => {
            return Err(Error::new("is a FIFO: reading it would take data from the target"));
        }
        FileType::Socket => return Err(Error::new("is a socket: it can't be opened as a file")),
        FileType::Block | FileType::Char => {
            return Err(Error::new("is a device: dbg reads no devices of a target"));
        }
    }
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    Ok(File::from(nix::fcntl::open(path.as_str(), OPEN, Mode::empty())?))
}

/// Whether `path` is the null device, which is no part of the target.
pub(super) fn is_null(path: &Path) -> bool {
    path == Path::new("/dev/null")
}

fn is_memory_device(device: u64) -> bool {
    // devices.txt of the kernel: 1:3 null, 1:5 zero, 1:7 full, 1:8 random, 1:9 urandom.
    libc::major(device) == 1 && matches!(libc::minor(device), 3 | 5 | 7 | 8 | 9)
}

fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => out.push(name),
            Component::ParentDir => {
                out.pop();
            }
            _ => {}
        }
    }
    out
}
