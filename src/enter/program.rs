//! Finding a program in the target, and saying beforehand why it can't run.

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::quote;
use crate::view::{FileType, Root};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What a shell searches when the target has no PATH (Docker's default).
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The absolute path in the target of the program that `name` calls: as it is when it holds a slash, otherwise by the
/// target's `path` variable. Errors are 127 for none and 126 for one that can't be executed.
pub fn find(root: &Root, name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf> {
    // Joined and not shortened: what `..` behind a link means is for the kernel to say, here and at the exec.
    let absolute = |path: &Path| root.cwd().join(path);
    if name.as_bytes().contains(&b'/') {
        let path = absolute(Path::new(name));
        return check(root, &path).map(|()| path);
    }
    let mut unusable = None;
    for folder in path.map_or(DEFAULT_PATH, OsStr::as_bytes).split(|b| *b == b':') {
        if name.is_empty() {
            break;
        }
        // An empty folder is the working directory, as POSIX has it.
        let path = absolute(&Path::new(OsStr::from_bytes(folder)).join(name));
        match check(root, &path) {
            Ok(()) => return Ok(path),
            Err(error) if error.exit_code() == Exit::CANNOT_RUN => unusable = Some(error),
            Err(_) => {}
        }
    }
    Err(unusable.unwrap_or_else(|| not_found(name)))
}

/// That no program, and nothing else, is called `name`.
pub fn not_found(name: &OsStr) -> Error {
    Error::new(format!("{}: command not found", quote(name))).exit(Exit::NOT_FOUND)
}

fn check(root: &Root, path: &Path) -> Result<()> {
    let stat = root.stat(path).map_err(|error| match error.errno() {
        Some(nix::errno::Errno::EACCES) => error.exit(Exit::CANNOT_RUN),
        _ => error.exit(Exit::NOT_FOUND),
    })?;
    let refuse =
        |why: &str| Err(Error::new(format!("{}: {why}", quote(path))).exit(Exit::CANNOT_RUN));
    match FileType::of_mode(stat.st_mode) {
        FileType::Dir => refuse("is a directory"),
        FileType::File if stat.st_mode & 0o111 == 0 => {
            refuse("permission denied: the file is not executable")
        }
        FileType::File => Ok(()),
        _ => refuse("is not a regular file"),
    }
}
