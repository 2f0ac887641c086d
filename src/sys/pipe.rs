//! Pipe calls (pipe(7)).

use nix::errno::Errno;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// How many bytes were written into the pipe that `end` is one end of, and not read yet (FIONREAD).
pub fn unread(end: impl AsFd) -> io::Result<usize> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, which `bytes` is.
    let rc = unsafe { libc::ioctl(end.as_fd().as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
    Errno::result(rc)?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}
