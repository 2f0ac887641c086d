//! Terminal calls (ioctl_tty(2)).

use nix::errno::Errno;
use nix::pty::Winsize;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// The terminal's size in rows and columns (TIOCGWINSZ).
pub fn size(fd: impl AsFd) -> io::Result<Winsize> {
    let mut size = Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one winsize, which `size` is.
    let rc = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    Errno::result(rc)?;
    Ok(size)
}

/// Columns of the terminal, if it knows them.
pub fn width(fd: impl AsFd) -> Option<usize> {
    size(fd).ok().map(|s| usize::from(s.ws_col)).filter(|w| *w > 0)
}

/// Sets the terminal's size (TIOCSWINSZ); its foreground processes get SIGWINCH.
pub fn set_size(fd: impl AsFd, size: &Winsize) -> io::Result<()> {
    // SAFETY: TIOCSWINSZ reads one winsize, which `size` points to.
    let rc = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCSWINSZ, size) };
    Errno::result(rc)?;
    Ok(())
}

/// Makes the terminal the controlling one of this session (TIOCSCTTY).
pub fn make_controlling(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: TIOCSCTTY takes an int by value.
    let rc = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCSCTTY, 0) };
    Errno::result(rc)?;
    Ok(())
}

/// The other end of a pseudo-terminal's master, without looking up a path (TIOCGPTPEER, Linux 4.13).
pub fn peer(master: impl AsFd) -> io::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCGPTPEER takes open flags by value and returns a new descriptor.
    let fd = unsafe { libc::ioctl(master.as_fd().as_raw_fd(), libc::TIOCGPTPEER, flags) };
    let fd = Errno::result(fd)?;
    // SAFETY: the kernel just made this descriptor and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
