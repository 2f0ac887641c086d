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
