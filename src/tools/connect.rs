//! Streams to a peer with a deadline: TCP to the first of its addresses that answers, or a unix socket of the target.

use super::resolver;
use super::wait::{self, Deadline};
use crate::error::{Error, Result, ResultExt, reason};
use crate::output::{quote, visible};
use crate::view::{FileType, View};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrLike, SockaddrStorage, UnixAddr, bind,
    connect, getsockopt, recv, send, setsockopt, socket, sockopt,
};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

/// How long an address has before the next one is tried beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

const FLAGS: SockFlag = SockFlag::SOCK_NONBLOCK.union(SockFlag::SOCK_CLOEXEC);

/// How much of what the peer sent first is kept, to tell what it speaks.
const HEAD: usize = 64;

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
        match wait::ready(&self.socket, events, self.deadline.at())? {
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

impl From<Stream> for OwnedFd {
    fn from(stream: Stream) -> OwnedFd {
        stream.socket
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
    /// As `-4` and `-6` say; both are none.
    pub(super) fn new(v4: bool, v6: bool) -> Family {
        match (v4, v6) {
            (true, false) => Family::V4,
            (false, true) => Family::V6,
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

/// The addresses of `host` as the target resolves it, of `family` alone.
pub(super) fn addresses(
    view: &View,
    host: &[u8],
    port: u16,
    family: Family,
    deadline: Deadline,
) -> Result<Vec<SocketAddr>> {
    let found = resolver::lookup(view, host, deadline)?;
    let wanted = found.iter().filter(|address| family.has(address));
    let addresses: Vec<_> = wanted.map(|address| SocketAddr::new(*address, port)).collect();
    if addresses.is_empty() {
        let (missing, flag, other) = match family {
            Family::V6 => ("IPv6", "-6", "IPv4"),
            _ => ("IPv4", "-4", "IPv6"),
        };
        let found = found.iter().take(4).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(Error::new(format!(
            "{}: has no address of {missing}, only {found}",
            visible(host)
        ))
        .hint(format!("without {flag} it is reached by {other}")));
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

    /// What the last address failed with.
    pub(super) fn errno(&self) -> Errno {
        self.0.last().map_or(Errno::EHOSTUNREACH, |(_, errno)| *errno)
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
            match begin(SockType::Stream, None, address) {
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

/// A socket that is connected to `to` before the deadline; of UDP it takes from there alone. With `from` it is bound.
pub(super) fn single(
    kind: SockType,
    from: Option<SocketAddr>,
    to: SocketAddr,
    deadline: Deadline,
) -> Result<OwnedFd, Errno> {
    match begin(kind, from, to)? {
        (socket, true) => Ok(socket),
        (socket, false) => finish(socket, deadline),
    }
}

/// A socket that is connected (`true`) or on its way.
fn begin(kind: SockType, from: Option<SocketAddr>, to: SocketAddr) -> nix::Result<(OwnedFd, bool)> {
    let family = if to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket(family, kind, FLAGS, None)?;
    if let Some(from) = from {
        setsockopt(&socket, sockopt::ReuseAddr, &true)?;
        bind(socket.as_raw_fd(), &SockaddrStorage::from(from))?;
    }
    let is_connected = start(&socket, &SockaddrStorage::from(to))?;
    Ok((socket, is_connected))
}

fn start(socket: &OwnedFd, to: &impl SockaddrLike) -> nix::Result<bool> {
    match connect(socket.as_raw_fd(), to) {
        Ok(()) => Ok(true),
        Err(Errno::EINPROGRESS | Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

fn finish(socket: OwnedFd, deadline: Deadline) -> Result<OwnedFd, Errno> {
    match wait::ready(&socket, PollFlags::POLLOUT, deadline.at()) {
        Ok(true) => {}
        Ok(false) => return Err(Errno::ETIMEDOUT),
        Err(error) => return Err(Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))),
    }
    match getsockopt(&socket, sockopt::SocketError)? {
        0 => Ok(socket),
        number => Err(Errno::from_raw(number)),
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
    if !wait::any_ready(&mut fds, until.at()).unwrap_or(false) {
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

/// Connects to the unix socket `path` of the target, of streams or datagrams. It is reached by its handle: no path of
/// this machine is followed, and a path longer than the 108 bytes of sockaddr_un(7) is no matter.
pub(super) fn unix(view: &View, path: &Path, kind: SockType, deadline: Deadline) -> Result<Stream> {
    let begin =
        || -> Result<OwnedFd> {
            let root = view.root()?;
            let handle = root.handle(path, true)?;
            if FileType::of_mode(root.stat_handle(&handle)?.st_mode) != FileType::Socket {
                return Err(Error::new("is no socket"));
            }
            let address = UnixAddr::new(format!("/proc/self/fd/{}", handle.as_raw_fd()).as_str())?;
            let socket = socket(AddressFamily::Unix, kind, FLAGS, None)?;
            match start(&socket, &address) {
                Ok(true) => Ok(socket),
                Ok(false) => Ok(finish(socket, deadline)?),
                Err(Errno::EAGAIN) => Err(Error::new("its queue of connections is full")),
                Err(errno @ Errno::EACCES) => Err(Error::from(errno)
                    .hint("connecting takes the right to write to the socket's file")),
                Err(errno) => Err(errno.into()),
            }
        };
    let socket = begin().context(|| format!("connecting to {}", quote(path)))?;
    Ok(Stream::new(socket, deadline))
}
