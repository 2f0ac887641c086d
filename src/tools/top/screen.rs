//! The terminal as a screen: entered, drawn, and left as it was found.

use crate::error::{Result, ResultExt};
use crate::output::{Io, table};
use crate::sys::{process, tty};
use nix::sys::signal::Signal;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::Write;

/// Signals that would end the process and leave the terminal as we made it.
const ENDING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// Another screen, no cursor; and back.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";
const LEAVE: &[u8] = b"\x1b[?25h\x1b[?1049l";

/// A terminal that was changed, and is changed back when this is dropped.
pub(in crate::tools) struct Screen {
    keyboard: File,
    screen: File,
    before: Termios,
    leave: &'static [u8],
}

impl Screen {
    /// Keys come one by one and unseen from now on.
    pub(in crate::tools) fn enter(io: &mut Io) -> Result<Screen> {
        let keyboard = io.stdin.try_clone()?;
        Screen::enter_with(io, keyboard, true)
    }

    /// Likewise with keys from another terminal than stdin, and where `is_another` is false on the same screen.
    pub(in crate::tools) fn enter_with(
        io: &mut Io,
        keyboard: File,
        is_another: bool,
    ) -> Result<Screen> {
        use std::os::fd::AsFd;
        let screen = File::from(io.stdout.as_fd().try_clone_to_owned()?);
        let before = tcgetattr(&keyboard).context(|| "stdin is no terminal (-b needs none)")?;
        for signal in ENDING.into_iter().chain([Signal::SIGWINCH]) {
            process::catch(signal)?;
        }
        let (enter, leave) = if is_another { (ENTER, LEAVE) } else { (&b""[..], &b""[..]) };
        let guard = Screen { keyboard, screen, before, leave };
        let mut raw = guard.before.clone();
        tty::restore_at_panic(&guard.keyboard, &guard.screen, &guard.before, leave)?;
        raw.local_flags -= LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG;
        tcsetattr(&guard.keyboard, SetArg::TCSADRAIN, &raw)?;
        io.stdout.write_all(enter)?;
        io.stdout.flush()?;
        Ok(guard)
    }

    /// Ends it, after what is still to be written.
    pub(in crate::tools) fn leave(self, io: &mut Io) -> Result<()> {
        Ok(io.stdout.flush()?)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Whatever fails here, there is nothing better to do.
        let _ = self.screen.write_all(self.leave);
        let _ = tcsetattr(&self.keyboard, SetArg::TCSADRAIN, &self.before);
        tty::forget();
        for signal in ENDING.into_iter().chain([Signal::SIGWINCH]) {
            let _ = process::default_action(signal);
        }
    }
}

/// Shows as many of `lines` as the terminal has, each in its width.
pub(in crate::tools) fn draw(io: &mut Io, lines: &[String]) -> Result<()> {
    let (rows, columns): (usize, usize) = match tty::size(&io.stdout) {
        Ok(size) if size.ws_row > 0 && size.ws_col > 0 => (size.ws_row.into(), size.ws_col.into()),
        _ => (24, 80),
    };
    let mut frame = b"\x1b[H".to_vec();
    for i in 0..rows {
        // Erased before it is written: at the end of a full line, the cursor is still on the last character.
        frame.extend_from_slice(if i == 0 { b"\x1b[K" } else { b"\n\x1b[K" });
        let line = lines.get(i).map_or("", String::as_str);
        frame.extend_from_slice(table::cut(line, columns).as_bytes());
    }
    frame.extend_from_slice(b"\x1b[H");
    io.stdout.write_all(&frame)?;
    Ok(io.stdout.flush()?)
}
