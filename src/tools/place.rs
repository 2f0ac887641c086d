//! Where a name is looked up: an operand from the root, an entry in its open directory.

use crate::error::{Error, Result};
use crate::output::quote;
use crate::sys::xattr;
use crate::view::{Dir, FileType, Root};
use nix::sys::stat::FileStat;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a name belongs to. Links are not followed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// Names are paths, as they were typed.
    Root(&'a Root),
    /// Names are single components.
    Dir(&'a Dir),
}

impl Place<'_> {
    /// lstat of `name`. Errors do not name it.
    pub(super) fn lstat(&self, name: &CStr) -> Result<FileStat> {
        match self {
            Place::Root(root) => Ok(root.stat_handle(root.handle(path(name), false)?)?),
            Place::Dir(dir) => Ok(dir.lstat(name)?),
        }
    }

    /// Where the link `name` points, as it is written. Errors do not name it.
    pub(super) fn readlink(&self, name: &CStr) -> Result<OsString> {
        match self {
            Place::Root(root) => {
                let link = root.handle(path(name), false)?;
                Ok(nix::fcntl::readlinkat(link, c"")?)
            }
            Place::Dir(dir) => Ok(dir.readlink(name)?),
        }
    }

    /// The security context of `name`, where it is a file or a directory that may be opened and has one.
    pub(super) fn context(&self, name: &CStr, kind: FileType) -> Option<Vec<u8>> {
        let get = |file: BorrowedFd<'_>| xattr::get(file, c"security.selinux", 4096).ok()?;
        let bytes = match (self, kind) {
            (_, FileType::Dir) => get(self.open_dir(name).ok()?.as_fd()),
            (Place::Root(root), FileType::File) => get(root.open(path(name)).ok()?.as_fd()),
            (Place::Dir(dir), FileType::File) => get(dir.open_file(name).ok()?.as_fd()),
            _ => None,
        }?;
        Some(bytes.strip_suffix(b"\0").unwrap_or(&bytes).to_vec())
    }

    /// The directory `name`. Errors do not name it.
    pub(super) fn open_dir(&self, name: &CStr) -> Result<Dir> {
        match self {
            Place::Root(root) => {
                root.open_dir(path(name)).map_err(|error| error.errno().map_or(error, Error::from))
            }
            Place::Dir(dir) => Ok(dir.open_dir(name)?),
        }
    }
}

fn path(name: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(name.to_bytes()))
}

/// An operand as a name for [`Place::Root`].
pub(super) fn c_name(path: &Path) -> Result<CString> {
    let bytes = path.as_os_str().as_bytes();
    CString::new(bytes).map_err(|_| Error::usage(format!("{}: no path holds a NUL", quote(path))))
}
