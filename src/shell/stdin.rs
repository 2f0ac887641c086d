//! Scripts on stdin, and reading by lines: never a byte more than asked for, since a later command may want it.

use super::parse::{self, Fault};
use super::vars::Bytes;
use super::{Flow, LIMIT, Run, Shell};
use crate::error::Error;
use crate::exit::Exit;
use crate::sys::process;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::unistd::{Whence, lseek};
use std::io;
use std::os::fd::AsFd;

/// Waits until `fd` can be read; EINTR when a signal that the shell catches comes first, or came already.
///
/// A read by itself would not do: it goes to sleep over a signal that comes right before it.
pub(super) fn await_input(fd: impl AsFd) -> nix::Result<()> {
    let open = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let result = if process::is_any_caught() {
        Err(Errno::EINTR)
    } else {
        ppoll(&mut [PollFd::new(fd.as_fd(), PollFlags::POLLIN)], None, Some(open)).map(drop)
    };
    open.thread_set_mask()?;
    result
}

/// Which file stdin is; `None` when it has a position of its own that programs can be given and taken back from.
pub(super) fn identity() -> Option<(u64, u64)> {
    if lseek(io::stdin(), 0, Whence::SeekCur).is_ok() {
        return None;
    }
    nix::sys::stat::fstat(io::stdin()).ok().map(|stat| (stat.st_dev, stat.st_ino))
}

/// Gives bytes one by one: of a file it reads ahead, and goes back when dropped to behind what was taken.
pub(super) struct Bytewise<F: AsFd> {
    fd: F,
    held: [u8; 4096],
    at: usize,
    end: usize,
    /// How much is read at once.
    size: usize,
}

impl<F: AsFd> Bytewise<F> {
    pub(super) fn new(fd: F) -> Bytewise<F> {
        let is_seekable = lseek(&fd, 0, Whence::SeekCur).is_ok();
        let size = if is_seekable { 4096 } else { 1 };
        Bytewise { fd, held: [0; 4096], at: 0, end: 0, size }
    }

    /// Whether the next byte is there without a call.
    pub(super) fn has_some(&self) -> bool {
        self.at < self.end
    }

    /// The next byte; `None` at the end.
    pub(super) fn next_byte(&mut self) -> nix::Result<Option<u8>> {
        if !self.has_some() {
            (self.at, self.end) = (0, 0);
            self.end = nix::unistd::read(&self.fd, &mut self.held[..self.size])?;
        }
        let byte = self.held[..self.end].get(self.at).copied();
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }
}

impl<F: AsFd> Drop for Bytewise<F> {
    fn drop(&mut self) {
        if self.has_some() {
            let _ = lseek(&self.fd, -((self.end - self.at) as i64), Whence::SeekCur);
        }
    }
}

/// Appends to `line` up to and with `end`. False at the end of the input, whether or not there was a last line.
pub(super) fn read_line(fd: impl AsFd, end: u8, line: &mut Bytes) -> nix::Result<bool> {
    let is_seekable = lseek(&fd, 0, Whence::SeekCur).is_ok();
    let mut buffer = [0; 4096];
    let size = if is_seekable { buffer.len() } else { 1 };
    loop {
        let n = nix::unistd::read(&fd, &mut buffer[..size])?;
        let read = &buffer[..n];
        if let Some(at) = read.iter().position(|b| *b == end) {
            line.extend_from_slice(&read[..=at]);
            let after = n - at - 1;
            if after > 0 {
                lseek(&fd, -(after as i64), Whence::SeekCur)?;
            }
            return Ok(true);
        }
        line.extend_from_slice(read);
        if n == 0 {
            return Ok(false);
        }
        if line.len() as u64 > LIMIT {
            return Err(Errno::E2BIG);
        }
    }
}

impl Shell {
    /// Runs the script on stdin, each command before the next one is read, so that a command can read what follows it.
    pub fn run_stdin(&mut self) -> Exit {
        self.script_pipe = identity();
        let result = self.commands_of_stdin();
        self.end(result)
    }

    fn commands_of_stdin(&mut self) -> Run {
        let mut text = Bytes::new();
        loop {
            let more = match read_line(io::stdin(), b'\n', &mut text) {
                Ok(more) => more,
                Err(Errno::EINTR) => {
                    self.poll_signals()?;
                    continue;
                }
                Err(errno) => {
                    self.complain(&Error::from(errno).context("reading the script"));
                    return Ok(Exit::DBG);
                }
            };
            if !more && text.is_empty() {
                return Ok(self.status);
            }
            let program = match parse::program(&self.text(&text)) {
                Err(Fault::Incomplete(_)) if more => continue,
                Err(Fault::Incomplete(why) | Fault::Syntax(why)) => {
                    self.complain(&Error::usage(why));
                    return Err(Flow::Exit(Exit::USAGE));
                }
                Ok(program) => program,
            };
            if self.options.verbose {
                let _ = super::write_all(super::stderr(), &text);
            }
            let lines = text.iter().filter(|b| **b == b'\n').count();
            text.clear();
            match self.program(&program) {
                Err(Flow::Fail(exit)) => self.status = exit,
                result => drop(result?),
            }
            self.frames.base += lines;
        }
    }
}
