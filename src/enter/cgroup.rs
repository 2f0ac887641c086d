//! Joining the target's cgroups, for `--join-cgroup` (cgroups(7)).

use crate::error::{Error, Result, ResultExt};
use crate::output::quote;
use crate::view::Cgroups;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

/// The `cgroup.procs` files of every group of the target, open for writing.
pub(super) fn procs_files(cgroups: &Cgroups) -> Result<Vec<OwnedFd>> {
    let mut files = Vec::new();
    for group in cgroups.groups() {
        let dir = group.dir().map_err(|missing| missing.error("a cgroup of the target"))?;
        let file = openat(dir, "cgroup.procs", OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty());
        let what = || format!("cgroup.procs of cgroup {}", quote(OsStr::from_bytes(&group.path.0)));
        files.push(file.context(what)?);
    }
    if files.is_empty() {
        return Err(Error::new("no cgroup hierarchy of the target is mounted on this machine"));
    }
    Ok(files)
}
