//! Directories held open, walked one component at a time, so that no rename can lead out of the target.

use super::idmap::Owners;
use super::root::{self, OPEN};
use crate::error::Result;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::{FileStat, Mode, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use std::ffi::{CStr, CString, OsString};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

/// What a directory entry is (`d_type` of getdents64(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileType {
    /// Regular file.
    File,
    /// Directory.
    Dir,
    /// Symbolic link.
    Link,
    /// Block device.
    Block,
    /// Character device.
    Char,
    /// Named pipe.
    Fifo,
    /// Unix socket.
    Socket,
    /// The file system does not say: ask `lstat`.
    Unknown,
}

impl FileType {
    /// The type in a `st_mode`.
    pub fn of_mode(mode: u32) -> FileType {
        match mode & libc::S_IFMT {
            libc::S_IFREG => FileType::File,
            libc::S_IFDIR => FileType::Dir,
            libc::S_IFLNK => FileType::Link,
            libc::S_IFBLK => FileType::Block,
            libc::S_IFCHR => FileType::Char,
            libc::S_IFIFO => FileType::Fifo,
            libc::S_IFSOCK => FileType::Socket,
            _ => FileType::Unknown,
        }
    }
}

/// One name in a directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name: any bytes but `/` and NUL.
    pub name: CString,
    /// What it was when the directory was read.
    pub kind: FileType,
    /// The inode number.
    pub ino: u64,
}

/// An open directory of a target. Names given to its methods are single components, never paths; links are not
/// followed.
#[derive(Debug)]
pub struct Dir {
    fd: OwnedFd,
    owners: Rc<Owners>,
}

impl Dir {
    pub(super) fn new(fd: OwnedFd, owners: Rc<Owners>) -> Dir {
        Dir { fd, owners }
    }

    /// The names in it, without `.` and `..`, in the kernel's order. Read as they are asked for.
    pub fn entries(&self) -> Result<impl Iterator<Item = Result<Entry>> + use<>> {
        // A description of its own, so that two readers do not share one position.
        let fd = nix::fcntl::openat(&self.fd, c".", OPEN | OFlag::O_DIRECTORY, Mode::empty())?;
        let entries = nix::dir::Dir::from_fd(fd)?.into_iter();
        Ok(entries.filter_map(|entry| match entry {
            Err(errno) => Some(Err(errno.into())),
            Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => None,
            Ok(entry) => Some(Ok(Entry {
                name: entry.file_name().to_owned(),
                kind: kind(entry.file_type()),
                ino: entry.ino(),
            })),
        }))
    }

    /// lstat of a name in it; owners are as the target numbers them.
    pub fn lstat(&self, name: &CStr) -> Result<FileStat, Errno> {
        let stat = fstatat(&self.fd, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        Ok(self.owners.as_seen_inside(stat))
    }

    /// The directory `name` in it.
    pub fn open_dir(&self, name: &CStr) -> Result<Dir, Errno> {
        let flags = OPEN | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
        let fd = nix::fcntl::openat(&self.fd, name, flags, Mode::empty())?;
        Ok(Dir::new(fd, Rc::clone(&self.owners)))
    }

    /// The regular file `name` in it, for reading. What else it may be is refused as [`super::Root::open`] does.
    pub fn open_file(&self, name: &CStr) -> Result<File> {
        let fd = nix::fcntl::openat(
            &self.fd,
            name,
            OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
            Mode::empty(),
        )?;
        root::readable(fd)
    }

    /// Takes away `name` in it: an empty directory or, unless `is_dir`, anything else. Refused in procfs and its like,
    /// as [`super::Root::create`] refuses.
    pub fn remove(&self, name: &CStr, is_dir: bool) -> Result<()> {
        super::pseudo::refuse(&self.fd)?;
        let flags = if is_dir { UnlinkatFlags::RemoveDir } else { UnlinkatFlags::NoRemoveDir };
        Ok(unlinkat(&self.fd, name, flags)?)
    }

    /// Where the symbolic link `name` in it points.
    pub fn readlink(&self, name: &CStr) -> Result<OsString, Errno> {
        nix::fcntl::readlinkat(&self.fd, name)
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn kind(kind: Option<nix::dir::Type>) -> FileType {
    use nix::dir::Type;
    match kind {
        Some(Type::File) => FileType::File,
        Some(Type::Directory) => FileType::Dir,
        Some(Type::Symlink) => FileType::Link,
        Some(Type::BlockDevice) => FileType::Block,
        Some(Type::CharacterDevice) => FileType::Char,
        Some(Type::Fifo) => FileType::Fifo,
        Some(Type::Socket) => FileType::Socket,
        None => FileType::Unknown,
    }
}
