//! The runtime's own record of a container: the OCI configuration in the bundle it was started from.
//!
//! The process that started the container (a containerd shim, conmon) lives outside of it and works in the bundle's
//! folder, so the record is found without asking any engine and whatever its state folders are called.

use super::seccomp::{self, Profile};
use crate::error::{Error, Result};
use crate::sys::seccomp::Instruction;
use crate::view::{Proc, Process, Stat};
use nix::fcntl::{OFlag, open, openat, readlinkat};
use nix::sys::stat::{Mode, fstat};
use serde::Deserialize;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;

#[derive(Debug, Deserialize)]
struct Config {
    linux: Linux,
}

#[derive(Debug, Deserialize)]
struct Linux {
    seccomp: Option<Profile>,
}

/// The filter that the runtime gave the container; `None` when no record of it is found.
pub(super) fn seccomp_filter(proc: &Proc, main: &Process) -> Result<Option<Vec<Instruction>>> {
    let Some(config) = find(proc, main) else { return Ok(None) };
    config.linux.seccomp.as_ref().map(seccomp::compile).transpose()
}

/// Whether process `parent` is none of the target's, whose word would be no record: it lives outside of the target's
/// PID namespace, or, where that is the machine's, in our own mount namespace and not in the target's.
fn is_outside(proc: &Proc, main: &Process, parent: i32) -> bool {
    let mounts = |pid: &str| readlinkat(proc, format!("{pid}/ns/mnt").as_str()).ok();
    let (theirs, ours) = (mounts(&parent.to_string()), mounts("self"));
    let is_apart = theirs != mounts(&main.host_pid.to_string());
    is_apart && (!proc.contains(parent) || theirs.is_some() && theirs == ours)
}

/// The process that started the target: the first ancestor of `main` that is none of the target's own.
fn starter(proc: &Proc, main: &Process) -> Option<i32> {
    let mut parent = main.stat().ok()?.ppid;
    // Deeper trees than this are no application's.
    for _ in 0..64 {
        if parent <= 1 {
            return None;
        }
        if is_outside(proc, main, parent) {
            return Some(parent);
        }
        parent = Stat::parse(&proc.read(&format!("{parent}/stat")).ok()?)?.ppid;
    }
    None
}

fn find(proc: &Proc, main: &Process) -> Option<Config> {
    let parent = starter(proc, main)?;
    let folder = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let bundle = openat(proc, format!("{parent}/cwd").as_str(), folder, Mode::empty()).ok()?;
    // Looked at before it is opened: whoever the parent turns out to be, it is no FIFO, device or link of his.
    let handle = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let handle = openat(&bundle, c"config.json", handle, Mode::empty()).ok()?;
    let stat = fstat(&handle).ok()?;
    let owner = nix::unistd::geteuid().as_raw();
    if stat.st_mode & libc::S_IFMT != libc::S_IFREG || ![0, owner].contains(&stat.st_uid) {
        return None;
    }
    let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
    let fd = open(path.as_str(), OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).ok()?;
    let mut text = Vec::new();
    File::from(fd).take(16 << 20).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).map_err(Error::new).ok()
}
