//! Streams to a peer with a deadline: TCP to the first of its addresses that answers, or a unix socket of the target.

use super::{resolver, wait};
use crate::error::{Error, Result, ResultExt, reason};
use crate::output::{quote, visible};
use crate::view::View;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrStorage, UnixAddr, connect, getsockopt,
    recv, send, socket, sockopt,
};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long an address has before the next one is tried beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// How much of what the peer sent first is kept, to tell what it speaks.
const HEAD: usize = 64;

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

    /// Whether it has passed.
    pub(super) fn is_over(self) -> bool {
        self.0.is_some_and(|at| at <= Instant::now())
    }
}

/// A connected socket. Reading and writing wait until the deadline and then fail with [`ErrorKind::TimedOut`].
#[derive(Debug)]
pub(super) struct Stream {
    socket: OwnedFd,
    pub(super) deadline: Deadline,
    /// The first bytes that came.
    pub(super) head: Vec<u8>,
}

impl Stream {
    fn new(socket: OwnedFd, deadline: Deadline) -> Stream {
        Stream { socket, deadline, head: Vec::new() }
    }

    fn wait(&self, events: PollFlags) -> io::Result<()> {
        match wait::ready(&self.socket, events, self.deadline.0)? {
            true => Ok(()),
            false => Err(ErrorKind::TimedOut.into()),
        }
    }

    fn retry(
        &self,
        events: PollFlags,
        mut call: impl FnMut() -> nix::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            // A peer that always has more to say must not outlast the deadline.
            if self.deadline.is_over() {
                return Err(ErrorKind::TimedOut.into());
            }
            match call() {
                Err(Errno::EAGAIN) => self.wait(events)?,
                Err(Errno::EINTR) => {}
                result => return Ok(result?),
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let fd = self.socket.as_raw_fd();
        let n = self.retry(PollFlags::POLLIN, || recv(fd, buffer, MsgFlags::MSG_DONTWAIT))?;
        let kept = n.min(HEAD.saturating_sub(self.head.len()));
        self.head.extend(buffer.iter().take(kept));
        Ok(n)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fd = self.socket.as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        self.retry(PollFlags::POLLOUT, || send(fd, bytes, flags))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Which addresses are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Family {
    Any,
    V4,
    V6,
}

impl Family {
    /// As `-4` and `-6` say.
    pub(super) fn new(v4: bool, v6: bool) -> Family {
        match (v4, v6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        }
    }

    pub(super) fn has(self, address: &IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        }
    }
}

/// The addresses of `host` as the target resolves it. `localhost` is the loopback also where nothing says so, as in
/// curl (RFC 6761, section 6.3).
pub(super) fn addresses(
    view: &View,
    host: &[u8],
    port: u16,
    family: Family,
) -> Result<Vec<SocketAddr>> {
    let found = resolver::lookup(view, host).or_else(|error| match host {
        b"localhost" => Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]),
        _ => Err(error),
    })?;
    let wanted = found.into_iter().filter(|address| family.has(address));
    let addresses: Vec<_> = wanted.map(|address| SocketAddr::new(address, port)).collect();
    if addresses.is_empty() {
        return Err(Error::new(format!("{}: no address of that family", visible(host)))
            .hint("leave -4 or -6 away"));
    }
    Ok(addresses)
}

/// Why no address could be connected to: each with its error.
#[derive(Debug, Default)]
pub(super) struct Unreachable(Vec<(SocketAddr, Errno)>);

impl Unreachable {
    /// Whether the time was over for one of them.
    pub(super) fn is_timeout(&self) -> bool {
        self.0.iter().any(|(_, errno)| *errno == Errno::ETIMEDOUT)
    }
}

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connecting to ")?;
        for (i, (address, errno)) in self.0.iter().enumerate() {
            let start = if i == 0 { "" } else { "; " };
            write!(f, "{start}{address}: {}", reason(*errno))?;
        }
        Ok(())
    }
}

/// Connects to the first of `addresses` that answers.
///
/// They are tried in turn: the next begins when the one before has failed, or beside it after [`HEAD_START`], so that
/// an address whose packets vanish costs no minutes.
pub(super) fn tcp(
    addresses: &[SocketAddr],
    deadline: Deadline,
) -> Result<(Stream, SocketAddr), Unreachable> {
    let mut waiting = addresses.iter().copied();
    let mut running: Vec<(SocketAddr, OwnedFd)> = Vec::new();
    let mut failed = Unreachable::default();
    loop {
        if let Some(address) = waiting.next() {
            match begin(address) {
                Ok((socket, true)) => return Ok((Stream::new(socket, deadline), address)),
                Ok((socket, false)) => running.push((address, socket)),
                Err(errno) => {
                    failed.0.push((address, errno));
                    continue;
                }
            }
        } else if running.is_empty() {
            return Err(failed);
        }
        let head_start = (waiting.len() > 0).then_some(HEAD_START);
        let until = deadline.or(Deadline::after(head_start));
        if let Some((address, socket)) = first(&mut running, until, &mut failed) {
            return Ok((Stream::new(socket, deadline), address));
        }
        if deadline.is_over() {
            failed.0.extend(running.iter().map(|(address, _)| (*address, Errno::ETIMEDOUT)));
            return Err(failed);
        }
    }
}

/// A socket that is connected (`true`) or on its way.
fn begin(address: SocketAddr) -> nix::Result<(OwnedFd, bool)> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(family, SockType::Stream, flags, None)?;
    match connect(socket.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) => Ok((socket, true)),
        Err(Errno::EINPROGRESS | Errno::EINTR) => Ok((socket, false)),
        Err(errno) => Err(errno),
    }
}

/// Waits until one is connected, which is given, or has failed, which is taken out of `running`.
fn first(
    running: &mut Vec<(SocketAddr, OwnedFd)>,
    until: Deadline,
    failed: &mut Unreachable,
) -> Option<(SocketAddr, OwnedFd)> {
    let mut fds: Vec<PollFd<'_>> =
        running.iter().map(|(_, socket)| PollFd::new(socket.as_fd(), PollFlags::POLLOUT)).collect();
    if !wait::any_ready(&mut fds, until.0).unwrap_or(false) {
        return None;
    }
    let ready = fds.iter().position(|fd| fd.any() == Some(true))?;
    let (address, socket) = running.remove(ready);
    match getsockopt(&socket, sockopt::SocketError) {
        Ok(0) => return Some((address, socket)),
        Ok(number) => failed.0.push((address, Errno::from_raw(number))),
        Err(errno) => failed.0.push((address, errno)),
    }
    None
}

/// Connects to the unix socket `path` of the target.
pub(super) fn unix(view: &View, path: &Path, deadline: Deadline) -> Result<Stream> {
    let begin = || -> Result<OwnedFd> {
        let handle = view.root()?.handle(path, true)?;
        // By its handle, since a path of the target means something else to this process.
        let address = UnixAddr::new(format!("/proc/self/fd/{}", handle.as_raw_fd()).as_str())?;
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
        match connect(socket.as_raw_fd(), &address) {
            Ok(()) => Ok(socket),
            Err(Errno::EAGAIN) => Err(Error::new("its queue of connections is full")),
            Err(errno) => Err(errno.into()),
        }
    };
    let socket = begin().context(|| format!("connecting to {}", quote(path)))?;
    Ok(Stream::new(socket, deadline))
}
