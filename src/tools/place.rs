//! Where a name is looked up: an operand from the root, an entry in its open directory.

use crate::error::{Error, Result};
use crate::output::quote;
use crate::view::{Dir, Root};
use nix::sys::stat::FileStat;
use std::ffi::{CStr, CString, OsStr, OsString};
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
