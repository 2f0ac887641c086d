//! Bytes from stdin to a socket and back, with a bounded buffer each way.

use super::socket::Stream;
use crate::error::{Result, ResultExt};
use crate::output::Io;
use crate::tools::wait;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, shutdown};
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

/// What is held of each direction. What is read of stdin at once goes into one datagram of UDP.
const SIZE: usize = 16 << 10;

/// Least that a pipe takes at once when it is ready (pipe(7)): more could wait.
const STEP: usize = 4096;

/// When it is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whether the peer is told of the end of stdin.
    pub(super) shutdown: bool,
    /// How long after the end of stdin all ends.
    pub(super) quit: Option<Duration>,
    /// How long nothing may happen.
    pub(super) idle: Option<Duration>,
    /// Whether the peer came to us: then its end is ours.
    pub(super) is_server: bool,
    /// Whether reading nothing is the end.
    pub(super) is_stream: bool,
}

struct Relay {
    socket: Stream,
    out: Vec<u8>,
    into: Vec<u8>,
    stdin_ended: bool,
    peer_ended: bool,
    was_shut: bool,
    quit_at: Option<Instant>,
}

/// Copies until both sides are at their end, or as `rules` say.
pub(super) fn relay(socket: Stream, rules: Rules, io: &mut Io) -> Result<()> {
    io.stdout.flush()?;
    let mut relay = Relay {
        socket,
        out: Vec::new(),
        into: Vec::new(),
        stdin_ended: false,
        peer_ended: false,
        was_shut: false,
        quit_at: None,
    };
    let is_typed = nix::unistd::isatty(&io.stdin).unwrap_or(false);
    loop {
        relay.end_of_stdin(rules);
        let is_peer_enough = rules.is_server || is_typed || relay.stdin_ended;
        let is_over = relay.peer_ended && relay.into.is_empty() && is_peer_enough;
        if is_over || (relay.quit_at.is_some_and(|at| Instant::now() >= at) && relay.out.is_empty())
        {
            return Ok(io.stdout.end_text()?);
        }
        let idle = rules.idle.map(|idle| Instant::now() + idle);
        let end = [idle, relay.quit_at].into_iter().flatten().min();
        let Some([from_stdin, socket, to_stdout]) = relay.wait(end, io)? else {
            if relay.quit_at.is_none_or(|at| Instant::now() < at) {
                return Ok(io.stdout.end_text()?);
            }
            continue;
        };
        if from_stdin.intersects(PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR) {
            relay.read_stdin(io)?;
        }
        if socket.intersects(PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR) {
            relay.receive(rules)?;
        }
        if socket.contains(PollFlags::POLLOUT) && !relay.out.is_empty() {
            relay.send()?;
        }
        if !to_stdout.is_empty() {
            relay.print(io)?;
        }
    }
}

impl Relay {
    /// What is ready of stdin, the socket and stdout; `None` when `end` came first.
    fn wait(&self, end: Option<Instant>, io: &Io) -> Result<Option<[PollFlags; 3]>> {
        let when = |is: bool, flags: PollFlags| if is { flags } else { PollFlags::empty() };
        let reads = !self.stdin_ended && self.out.len() < SIZE;
        let receives = !self.peer_ended && self.into.len() < SIZE;
        let flags =
            when(receives, PollFlags::POLLIN) | when(!self.out.is_empty(), PollFlags::POLLOUT);
        // What nothing is wanted of is not asked: its end would be reported again and again.
        let wanted = [
            (reads, io.stdin.as_fd(), PollFlags::POLLIN),
            (!flags.is_empty(), self.socket.as_fd(), flags),
            (!self.into.is_empty(), io.stdout.as_fd(), PollFlags::POLLOUT),
        ];
        let mut fds: Vec<PollFd> = wanted
            .iter()
            .filter(|(is, ..)| *is)
            .map(|(_, fd, flags)| PollFd::new(*fd, *flags))
            .collect();
        if !wait::any_ready(&mut fds, end)? {
            return Ok(None);
        }
        let mut found = fds.iter().map(|fd| fd.revents().unwrap_or(PollFlags::empty()));
        Ok(Some(wanted.map(|(is, ..)| match is {
            true => found.next().unwrap_or(PollFlags::empty()),
            false => PollFlags::empty(),
        })))
    }

    fn end_of_stdin(&mut self, rules: Rules) {
        if !self.stdin_ended || !self.out.is_empty() {
            return;
        }
        if rules.shutdown && !self.was_shut {
            self.was_shut = true;
            let _ = shutdown(self.socket.as_raw_fd(), Shutdown::Write);
        }
        if let (Some(quit), None) = (rules.quit, self.quit_at) {
            self.quit_at = Some(Instant::now() + quit);
        }
    }

    fn read_stdin(&mut self, io: &Io) -> Result<()> {
        let mut buffer = vec![0; SIZE - self.out.len().min(SIZE)];
        match nix::unistd::read(&io.stdin, &mut buffer) {
            Ok(0) => self.stdin_ended = true,
            Ok(size) => self.out.extend_from_slice(buffer.get(..size).unwrap_or_default()),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(errno) => return Err(errno).context(|| "reading stdin"),
        }
        Ok(())
    }

    fn receive(&mut self, rules: Rules) -> Result<()> {
        let mut buffer = vec![0; 64 << 10];
        match recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            // A datagram may be empty.
            Ok(0) if !rules.is_stream => {}
            Ok(0) => self.peer_ended = true,
            Ok(size) => self.into.extend_from_slice(buffer.get(..size).unwrap_or_default()),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            // Nobody is there any more: what stdin says has no way to go.
            Err(Errno::ECONNRESET | Errno::ECONNREFUSED | Errno::EPIPE) => self.end_both(),
            Err(errno) => return Err(errno).context(|| "receiving"),
        }
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        match send(self.socket.as_raw_fd(), &self.out, MsgFlags::MSG_NOSIGNAL) {
            Ok(size) => drop(self.out.drain(..size.min(self.out.len()))),
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Err(Errno::EPIPE | Errno::ECONNRESET | Errno::ECONNREFUSED) => self.end_both(),
            Err(errno) => return Err(errno).context(|| "sending"),
        }
        Ok(())
    }

    fn end_both(&mut self) {
        (self.peer_ended, self.stdin_ended) = (true, true);
        self.out.clear();
    }

    fn print(&mut self, io: &mut Io) -> Result<()> {
        let size = self.into.len().min(STEP);
        let part: Vec<u8> = self.into.drain(..size).collect();
        io.stdout.write_text(&part)?;
        Ok(io.stdout.flush()?)
    }
}
