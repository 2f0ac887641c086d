//! Keys from the terminal.

use crate::sys::process;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;

/// What was typed, or happened instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tools) enum Key {
    Byte(u8),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Resized,
    /// The pipe that is shown has more, or the time is over.
    More,
    Signal(Signal),
    /// The terminal is gone.
    Gone,
}

/// How many keys are remembered that were typed while something else was being done.
const AHEAD: usize = 256;

/// A terminal whose keys come one by one.
pub(in crate::tools) struct Keyboard {
    pub(in crate::tools) file: File,
    /// What was typed, and is still to be done.
    ahead: VecDeque<Key>,
}

impl Keyboard {
    pub(in crate::tools) fn new(file: File) -> Keyboard {
        Keyboard { file, ahead: VecDeque::new() }
    }

    /// Whether a key waits.
    pub(in crate::tools) fn ready(&self) -> bool {
        let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        matches!(poll(&mut fds, PollTimeout::ZERO), Ok(1..))
    }

    /// Waits for a key, for more in `pipe`, or until `milliseconds` are over.
    pub(in crate::tools) fn wait(&mut self, pipe: Option<&File>, milliseconds: Option<u16>) -> Key {
        match self.ahead.pop_front() {
            Some(key) => key,
            None => self.read(pipe, milliseconds),
        }
    }

    /// Puts a key back: it is the next one.
    pub(in crate::tools) fn put_back(&mut self, key: Key) {
        self.ahead.push_front(key);
    }

    /// Whether something that takes long is to be given up: for Ctrl-C, which is done with by that, for q, and for what
    /// ends this process. Other keys are for later.
    pub(in crate::tools) fn stops(&mut self) -> bool {
        while self.ready() || process::is_any_caught() {
            let key = self.read(None, Some(0));
            if key == Key::More {
                break;
            }
            if self.is_stop(key) {
                return true;
            }
        }
        false
    }

    /// Waits for more in `pipe`; false when that is given up, as [`Keyboard::stops`] has it.
    pub(in crate::tools) fn awaits(&mut self, pipe: &File) -> bool {
        loop {
            match self.read(Some(pipe), None) {
                Key::More => return true,
                key if self.is_stop(key) => return false,
                _ => {}
            }
        }
    }

    fn is_stop(&mut self, key: Key) -> bool {
        match key {
            Key::Byte(3) => return true,
            Key::Byte(b'q' | b'Q') | Key::Signal(_) | Key::Gone => {
                self.ahead.clear();
                self.ahead.push_back(key);
                return true;
            }
            key if self.ahead.len() < AHEAD => self.ahead.push_back(key),
            _ => {}
        }
        false
    }

    fn read(&mut self, pipe: Option<&File>, milliseconds: Option<u16>) -> Key {
        loop {
            match process::caught() {
                Some(Signal::SIGWINCH) => return Key::Resized,
                Some(signal) => return Key::Signal(signal),
                None => {}
            }
            let mut fds = vec![PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
            fds.extend(pipe.map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)));
            // Not longer than a second: a signal may come between the look above and the wait.
            match poll(&mut fds, PollTimeout::from(milliseconds.unwrap_or(1000))) {
                Ok(0) if milliseconds.is_some() => return Key::More,
                Ok(0) | Err(Errno::EINTR) => continue,
                Ok(_) => {}
                Err(_) => return Key::Gone,
            }
            let has = |i: usize| {
                fds.get(i).and_then(PollFd::revents).is_some_and(|events| !events.is_empty())
            };
            if !has(0) {
                return Key::More;
            }
            match self.byte() {
                Some(0x1b) => return self.sequence(),
                Some(byte) => return Key::Byte(byte),
                None if process::is_any_caught() => {}
                None => return Key::Gone,
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        matches!(self.file.read(&mut byte), Ok(1)).then_some(byte[0])
    }

    /// What comes behind an escape (ECMA-48; xterm's keys).
    fn sequence(&mut self) -> Key {
        let mut rest = Vec::new();
        while rest.len() < 8 && self.ready() {
            let Some(byte) = self.byte() else { break };
            rest.push(byte);
            if rest.len() > 1 && (byte.is_ascii_alphabetic() || byte == b'~') {
                break;
            }
            if rest.len() == 1 && !matches!(byte, b'[' | b'O') {
                break;
            }
        }
        match rest.as_slice() {
            [_, b'A'] => Key::Up,
            [_, b'B'] => Key::Down,
            [_, b'C'] => Key::Right,
            [_, b'D'] => Key::Left,
            [_, b'H'] | b"[1~" | b"[7~" => Key::Home,
            [_, b'F'] | b"[4~" | b"[8~" => Key::End,
            b"[5~" | b"v" => Key::PageUp,
            b"[6~" => Key::PageDown,
            _ => Key::Byte(0x1b),
        }
    }
}
