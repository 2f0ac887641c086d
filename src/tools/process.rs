//! The process that `-p` names, and what to say when it may not be read.

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::view::{Process, View};
use clap::ArgMatches;
use nix::errno::Errno;

/// The process of [`super::args::pid`], or the main one.
pub(super) fn chosen(view: &View, matches: &ArgMatches) -> Result<Process> {
    match matches.get_one::<i32>("pid") {
        Some(pid) => view.proc()?.process(*pid),
        None => view.proc()?.main(),
    }
}

/// That `what` of some processes may not be read, which ones, and why; `None` where there are none.
pub(super) fn unread(what: &str, denied: &[i32]) -> Option<String> {
    const SHOWN: usize = 3;
    let pids: Vec<String> = denied.iter().take(SHOWN).map(ToString::to_string).collect();
    let (plural, pids) = match denied.len() {
        0 => return None,
        1 => ("", pids.join(", ")),
        2..=SHOWN => ("es", pids.join(", ")),
        number => ("es", format!("{} and {} others", pids.join(", "), number - SHOWN)),
    };
    let has = caps::has_cap(None, caps::CapSet::Effective, caps::Capability::CAP_SYS_PTRACE);
    let why = match has {
        // The same that preflight says where all its clauses hold.
        Ok(true) => {
            "although dbg has SYS_PTRACE: it may belong to an outer user namespace, or a security module \
             (AppArmor, SELinux) forbids it"
        }
        _ => "which needs the same user and group and no fewer capabilities, or SYS_PTRACE",
    };
    Some(format!("{what} of process{plural} {pids} may not be read, {why}"))
}

/// Why `what` (`environment`, `memory map`) of a process can't be read.
pub(super) fn failed(process: &Process, what: &str, errno: Errno) -> Error {
    let error = Error::from(errno).context(format!("{what} of process {}", process.pid));
    match errno {
        Errno::EACCES | Errno::EPERM => error.exit(Exit::CANNOT_RUN).hint(
            "it needs ptrace read access: the user and group of the process, a dumpable process and none of its \
             capabilities that dbg lacks, or SYS_PTRACE",
        ),
        _ => error,
    }
}
