//! Terminal calls (ioctl_tty(2)).

use nix::errno::Errno;
use nix::pty::Winsize;
use nix::sys::termios::{SetArg, Termios, tcsetattr};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Mutex, Once};

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

/// A terminal as it is to be left: where its modes are set, where it shows, its modes, and what it is sent.
struct Left {
    keyboard: OwnedFd,
    screen: File,
    modes: Termios,
    farewell: &'static [u8],
}

static LEFT: Mutex<Option<Left>> = Mutex::new(None);

/// Remembers how the terminal is to be left should this process panic, which ends it before anything is dropped.
/// Replaces what was remembered before.
pub fn restore_at_panic(
    keyboard: impl AsFd,
    screen: impl AsFd,
    modes: &Termios,
    farewell: &'static [u8],
) -> io::Result<()> {
    static HOOK: Once = Once::new();
    let left = Left {
        keyboard: keyboard.as_fd().try_clone_to_owned()?,
        screen: File::from(screen.as_fd().try_clone_to_owned()?),
        modes: modes.clone(),
        farewell,
    };
    HOOK.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            tell(panic);
        }));
    });
    if let Ok(mut slot) = LEFT.lock() {
        *slot = Some(left);
    }
    Ok(())
}

/// Forgets it again: the terminal is as it was, or it is another process's now.
pub fn forget() {
    if let Ok(mut slot) = LEFT.lock() {
        *slot = None;
    }
}

fn restore() {
    // Not waited for: whoever holds it may be who panics.
    let Some(mut left) = LEFT.try_lock().ok().and_then(|mut slot| slot.take()) else { return };
    // Whatever fails here, there is nothing better to do.
    let _ = left.screen.write_all(left.farewell);
    let _ = tcsetattr(&left.keyboard, SetArg::TCSANOW, &left.modes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::pty::openpty;
    use nix::sys::termios::{LocalFlags, tcgetattr};
    use std::io::Read;

    #[test]
    fn a_panic_gives_the_terminal_back() {
        let pty = openpty(None, None).expect("a terminal");
        let before = tcgetattr(&pty.slave).expect("its modes");
        let mut raw = before.clone();
        raw.local_flags -= LocalFlags::ICANON | LocalFlags::ECHO;
        tcsetattr(&pty.slave, SetArg::TCSANOW, &raw).expect("raw");
        restore_at_panic(&pty.slave, &pty.slave, &before, b"bye").expect("remembered");
        let panicked = std::thread::spawn(|| panic!("on purpose")).join();
        assert!(panicked.is_err());
        let after = tcgetattr(&pty.slave).expect("its modes");
        assert_eq!(after.local_flags, before.local_flags);
        let mut farewell = [0; 3];
        File::from(pty.master).read_exact(&mut farewell).expect("what was sent");
        assert_eq!(&farewell, b"bye");
    }
}
