//! The real path of a file inside the target: every link followed, every `.` and `..` taken away.
//!
//! The path is walked component by component from the target's root. Whatever is looked up is the real path so far and
//! one more name, so a link met on the way is one that this walk follows itself, inside the root.

use crate::error::{Error, Result, ResultExt};
use crate::output::quote;
use crate::view::{FileType, Root};
use nix::errno::Errno;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// How many links are followed, as the kernel has it (path_resolution(7)).
const LINKS: usize = 40;

/// What of a path may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Nothing,
    Last,
    Anything,
}

/// The real path of `path`, absolute in the target.
pub(super) fn resolve(root: &Root, path: &Path, missing: Missing) -> Result<PathBuf> {
    walk(root, path, missing).map_err(Error::from).context(|| quote(path))
}

fn walk(root: &Root, path: &Path, missing: Missing) -> Result<PathBuf, Errno> {
    if path.as_os_str().is_empty() {
        return Err(Errno::ENOENT);
    }
    let mut left = parts(root.cwd().join(path).as_os_str());
    let (mut real, mut links) = (PathBuf::from("/"), 0);
    // Whether what `real` names is there and is no directory.
    let mut is_file = false;
    while let Some(name) = left.pop() {
        if is_file && missing != Missing::Anything {
            return Err(Errno::ENOTDIR);
        }
        match name.as_bytes() {
            b"" | b"." => continue,
            b".." => {
                real.pop();
                is_file = false;
                continue;
            }
            _ => real.push(&name),
        }
        match look(root, &real) {
            Ok(Found::Link(target)) => {
                links += 1;
                if links > LINKS {
                    match missing {
                        Missing::Anything => continue,
                        _ => return Err(Errno::ELOOP),
                    }
                }
                real.pop();
                if target.as_bytes().first() == Some(&b'/') {
                    real = PathBuf::from("/");
                }
                left.extend(parts(&target));
            }
            Ok(Found::Dir) => {}
            Ok(Found::Other) => is_file = true,
            Err(_) if missing == Missing::Anything => is_file = false,
            Err(Errno::ENOENT) if missing == Missing::Last && is_last(&left) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(real)
}

enum Found {
    Link(OsString),
    Dir,
    Other,
}

fn look(root: &Root, real: &Path) -> Result<Found, Errno> {
    let fd = root.handle(real, false).map_err(|error| error.errno().unwrap_or(Errno::EIO))?;
    Ok(match FileType::of_mode(root.stat_handle(&fd)?.st_mode) {
        FileType::Link => Found::Link(nix::fcntl::readlinkat(fd, c"")?),
        FileType::Dir => Found::Dir,
        _ => Found::Other,
    })
}

/// The components of `path`, the first one last. A slash at the end makes an empty one.
fn parts(path: &OsStr) -> Vec<OsString> {
    let parts = path.as_bytes().split(|b| *b == b'/').rev();
    parts.map(|part| OsString::from_vec(part.to_vec())).collect()
}

/// Whether nothing but slashes is left of the path.
fn is_last(left: &[OsString]) -> bool {
    left.iter().all(|part| part.is_empty())
}
