//! The child inside: it makes its session and executes.

use super::PROGRAM_FD;
use crate::enter::plan::{Plan, Program};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::sys::{process, seccomp, tty};
use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{execve, execveat, setsid};
use std::ffi::CString;

/// Everything that execve(2) takes, made before the fork, so that the child only calls.
pub(super) struct Prepared {
    path: Option<CString>,
    argv: Vec<CString>,
    env: Vec<CString>,
    last_filter: Option<Vec<seccomp::Instruction>>,
}

impl Prepared {
    pub(super) fn new(plan: &Plan) -> Result<Prepared> {
        let strings = |list: &[Vec<u8>]| -> Result<Vec<CString>> {
            list.iter().map(|s| CString::new(s.clone()).map_err(Error::new)).collect()
        };
        let path = match &plan.program {
            Program::Path(path) => Some(CString::new(path.clone()).map_err(Error::new)?),
            Program::File(_) => None,
        };
        let last_filter = plan.last_filter.clone();
        Ok(Prepared { path, argv: strings(&plan.argv)?, env: strings(&plan.env)?, last_filter })
    }

    /// Executes; returns only to say why it could not.
    pub(super) fn execute(&self, terminal: bool) -> Error {
        let name = || crate::output::quote(std::ffi::OsStr::new(&*self.argv[0].to_string_lossy()));
        let errno = match self.become_leader(terminal).and_then(|()| self.exec()) {
            Ok(never) => match never {},
            Err(errno) => errno,
        };
        let error = Error::from(errno).context(name());
        match errno {
            Errno::ENOENT => error
                .hint("the file is there: the loader or #! interpreter that it names is not")
                .exit(Exit::NOT_FOUND),
            _ => error.exit(Exit::CANNOT_RUN),
        }
    }

    fn become_leader(&self, terminal: bool) -> Result<(), Errno> {
        let failed = |e: std::io::Error| Errno::from_raw(e.raw_os_error().unwrap_or(libc::EIO));
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        setsid()?;
        if terminal {
            tty::make_controlling(std::io::stdin()).map_err(failed)?;
        }
        process::reset_signals().map_err(failed)?;
        match &self.last_filter {
            Some(filter) => seccomp::install(filter).map_err(failed),
            None => Ok(()),
        }
    }

    fn exec(&self) -> Result<std::convert::Infallible, Errno> {
        match &self.path {
            Some(path) => execve(path, &self.argv, &self.env),
            None => {
                let file = process::borrow(PROGRAM_FD).map_err(|_| Errno::EBADF)?;
                nix::fcntl::fcntl(
                    file,
                    nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC),
                )?;
                execveat(file, c"", &self.argv, &self.env, AtFlags::AT_EMPTY_PATH)
            }
        }
    }
}
