//! The host name of a target. No file of a procfs has it: only who is in the namespace can ask (uts_namespaces(7)).

use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::Mode;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;

/// The host name in the UTS namespace of process `pid`; `None` when it may not be entered (CAP_SYS_ADMIN).
///
/// This process stays in that namespace: it has no use for a host name of its own, and who got in by joining a user
/// namespace could not get back.
pub(super) fn of(procfs: &OwnedFd, pid: i32) -> Option<Vec<u8>> {
    let its = format!("{pid}/ns/uts");
    let link = |path: &str| readlinkat(procfs, path).ok();
    if link(&its)? != link("self/ns/uts")? {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let namespace = openat(procfs, its.as_str(), flags, Mode::empty()).ok()?;
        setns(namespace, CloneFlags::CLONE_NEWUTS).ok()?;
    }
    here()
}

fn here() -> Option<Vec<u8>> {
    nix::unistd::gethostname().ok().map(OsStringExt::into_vec)
}
