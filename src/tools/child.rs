//! Tools run in a child of this process, which can be ended while it runs.

use super::Tool;
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::Io;
use crate::sys::{pidfd, process};
use crate::view::View;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid};
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// What a parent may have caught, and a child must not.
const CAUGHT: [Signal; 5] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGWINCH];

/// A child; ended and reaped when dropped, and by the kernel when this process ends without that.
pub(super) struct Child {
    pid: Pid,
    handle: OwnedFd,
    /// The end of a pipe from which this process reads what the child writes.
    pub(super) output: Option<File>,
    is_reaped: bool,
}

impl Child {
    /// Runs `tool` with the three streams. `output` is for this process alone: held open in the child, too, it would
    /// keep the child from noticing that nobody reads any more.
    pub(super) fn start(
        tool: &Tool,
        args: Vec<OsString>,
        streams: [OwnedFd; 3],
        output: Option<File>,
        view: &View,
    ) -> Result<Child> {
        match process::fork_bound().context(|| "fork")? {
            ForkResult::Parent { child } => match pidfd::open(child.as_raw()) {
                Ok(handle) => Ok(Child { pid: child, handle, output, is_reaped: false }),
                Err(error) => {
                    let _ = kill(child, Signal::SIGKILL);
                    let _ = reap(child);
                    Err(Error::from(error).context("pidfd_open"))
                }
            },
            ForkResult::Child => {
                drop(output);
                for signal in CAUGHT {
                    let _ = process::default_action(signal);
                }
                // What came before that was for this process all the same.
                while let Some(signal) = process::caught() {
                    let _ = raise(signal);
                }
                let [stdin, stdout, stderr] = streams;
                let mut io = Io::new(tool.name, stdin, stdout, stderr);
                let exit = tool.invoke(view, args, &mut io);
                // What is still held must get out, since nothing is dropped.
                drop(io);
                process::exit_now(exit.number())
            }
        }
    }

    /// Waits until it ends or `until` comes (`None` is never); `None` when that came first. `event` is asked after
    /// every signal that this process gets, and ends the wait when it says so.
    pub(super) fn wait(
        &mut self,
        until: Option<Instant>,
        mut event: impl FnMut(&Child) -> bool,
    ) -> Result<Option<Exit>> {
        loop {
            if event(self) {
                return Ok(None);
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
            // Not longer than a second: a signal may come between the look above and the wait.
            let left = left.unwrap_or(Duration::MAX).min(Duration::from_secs(1));
            let left = PollTimeout::try_from(left + Duration::from_millis(1));
            let mut fds = [PollFd::new(self.handle.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, left.unwrap_or(PollTimeout::from(1000u16))) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return self.reap().map(Some),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    pub(super) fn signal(&self, signal: i32) {
        // It may have ended by now.
        let _ = pidfd::send_signal(&self.handle, signal);
    }

    fn reap(&mut self) -> Result<Exit> {
        let exit = reap(self.pid)?;
        self.is_reaped = true;
        Ok(exit)
    }
}

fn reap(pid: Pid) -> Result<Exit> {
    loop {
        match waitpid(pid, None) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(Error::from(errno).context("waitpid")),
            Ok(status) => return Ok(status.into()),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.signal(libc::SIGKILL);
            let _ = self.reap();
        }
    }
}
