//! Waiting for descriptors until a moment, without threads.

use crate::sys::process;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// The moment at which waiting ends; `None` for never.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// So long from now. What no clock can hold is never.
    pub(super) fn after(limit: Option<Duration>) -> Deadline {
        Deadline(limit.and_then(|limit| Instant::now().checked_add(limit)))
    }

    /// The earlier of two.
    pub(super) fn or(self, other: Deadline) -> Deadline {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Deadline(Some(a.min(b))),
            (a, b) => Deadline(a.or(b)),
        }
    }

    /// The moment; `None` for never.
    pub(super) fn at(self) -> Option<Instant> {
        self.0
    }

    /// Whether it has passed.
    pub(super) fn is_over(self) -> bool {
        self.0.is_some_and(|at| at <= Instant::now())
    }
}

/// Waits until `fd` is ready for `events`, or ended; false when `end` came first, or an interrupt that is being caught.
pub(super) fn ready(fd: impl AsFd, events: PollFlags, end: Option<Instant>) -> io::Result<bool> {
    let mut fds = [PollFd::new(fd.as_fd(), events)];
    any_ready(&mut fds, end)
}

/// Likewise for any of several.
pub(super) fn any_ready(fds: &mut [PollFd], end: Option<Instant>) -> io::Result<bool> {
    loop {
        if process::is_caught(Signal::SIGINT) {
            return Ok(false);
        }
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        // Not longer than a second: a signal may come between the look above and the wait.
        let most = Duration::from_secs(1);
        let step = left.map_or(most, |left| left.min(most));
        let timeout = PollTimeout::try_from(round_up(step)).unwrap_or(PollTimeout::from(1000u16));
        match poll(fds, timeout) {
            Ok(0) if left.is_some_and(|left| left.is_zero()) => return Ok(false),
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => return Ok(true),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// poll(2) counts in milliseconds; a wait that ends early would be followed by one of nothing, again and again.
fn round_up(time: Duration) -> Duration {
    Duration::from_millis(time.as_nanos().div_ceil(1_000_000) as u64)
}
