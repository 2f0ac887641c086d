//! Sockets of `nc`: none of them waits, so that every wait has an end.

use crate::error::{Error, Result, ResultExt};
use crate::output::quote;
use crate::tools::wait;
use crate::view::{FileType, Root};
use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::socket::{
    self, AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    UnixAddr, sockopt,
};
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// A connected socket.
pub(super) type Stream = OwnedFd;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tcp,
    Udp,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Tcp => "tcp",
            Kind::Udp => "udp",
        }
    }

    fn socket(self, family: AddressFamily) -> Result<OwnedFd, Errno> {
        let kind = if self == Kind::Tcp { SockType::Stream } else { SockType::Datagram };
        socket::socket(family, kind, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, None)
    }
}

fn family(address: &SocketAddr) -> AddressFamily {
    if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 }
}

/// A socket that is connected to `to` before `end`.
pub(super) fn connect(
    kind: Kind,
    from: Option<SocketAddr>,
    to: SocketAddr,
    end: Option<Instant>,
) -> Result<Stream, Errno> {
    let socket = kind.socket(family(&to))?;
    if let Some(from) = from {
        socket::setsockopt(&socket, sockopt::ReuseAddr, &true)?;
        socket::bind(socket.as_raw_fd(), &SockaddrStorage::from(from))?;
    }
    finish(socket, &SockaddrStorage::from(to), end)
}

fn finish(socket: OwnedFd, to: &impl SockaddrLike, end: Option<Instant>) -> Result<Stream, Errno> {
    match socket::connect(socket.as_raw_fd(), to) {
        Ok(()) => return Ok(socket),
        Err(Errno::EINPROGRESS) => {}
        Err(errno) => return Err(errno),
    }
    match wait::ready(&socket, PollFlags::POLLOUT, end) {
        Ok(true) => {}
        Ok(false) => return Err(Errno::ETIMEDOUT),
        Err(error) => return Err(Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))),
    }
    match socket::getsockopt(&socket, sockopt::SocketError)? {
        0 => Ok(socket),
        number => Err(Errno::from_raw(number)),
    }
}

/// Whether a UDP port refuses what comes: sends a byte a few times, as netcat does, and listens for the refusal.
pub(super) fn probe(socket: &Stream, wait: Option<Duration>) -> Result<(), Errno> {
    let end = Instant::now() + wait.unwrap_or(Duration::from_secs(1));
    for _ in 0..2 {
        socket::send(socket.as_raw_fd(), b"X", MsgFlags::empty())?;
    }
    if wait::ready(socket, PollFlags::POLLIN, Some(end)).unwrap_or(false) {
        match socket::getsockopt(socket, sockopt::SocketError)? {
            0 => {}
            number => return Err(Errno::from_raw(number)),
        }
    }
    Ok(())
}

/// A Unix socket of the target's. It is reached by its handle: no path of this machine is followed, and a path longer
/// than the 108 bytes of sockaddr_un(7) is no matter.
pub(super) fn unix(root: &Root, path: &Path, kind: Kind) -> Result<Stream> {
    let context = || quote(path);
    let handle = root.handle(path, true).context(context)?;
    if FileType::of_mode(root.stat_handle(&handle).context(context)?.st_mode) != FileType::Socket {
        return Err(Error::new("is no socket").context(context()));
    }
    let link = format!("/proc/self/fd/{}", handle.as_raw_fd());
    let to = UnixAddr::new(link.as_str()).context(context)?;
    let socket = kind.socket(AddressFamily::Unix).context(context)?;
    finish(socket, &to, None).map_err(|errno| {
        let error = Error::from(errno).context(context());
        match errno {
            Errno::EACCES => error.hint("connecting takes the right to write to the socket's file"),
            _ => error,
        }
    })
}

/// Something that waits for a peer.
pub(super) enum Listener {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

/// Listens on `local`.
pub(super) fn listen(kind: Kind, local: SocketAddr) -> Result<Listener, Errno> {
    let socket = kind.socket(family(&local))?;
    socket::setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    if local.is_ipv6() {
        socket::setsockopt(&socket, sockopt::Ipv6V6Only, &true)?;
    }
    socket::bind(socket.as_raw_fd(), &SockaddrStorage::from(local))?;
    Ok(match kind {
        Kind::Tcp => {
            socket::listen(&socket, Backlog::new(1)?)?;
            Listener::Tcp(socket.into())
        }
        Kind::Udp => Listener::Udp(socket.into()),
    })
}

/// The next peer, and the listener where it serves for another; `None` when `end` came first.
pub(super) fn accept(
    kind: Kind,
    listener: Listener,
    end: Option<Instant>,
) -> Result<Option<(Stream, SocketAddr, Option<Listener>)>> {
    let what = || format!("waiting for a peer by {}", kind.name());
    loop {
        let fd = match &listener {
            Listener::Tcp(listener) => listener.as_fd(),
            Listener::Udp(socket) => socket.as_fd(),
        };
        if !wait::ready(fd, PollFlags::POLLIN, end).context(what)? {
            return Ok(None);
        }
        let peer = match &listener {
            Listener::Tcp(listener) => listener.accept().map(|(stream, peer)| (Some(stream), peer)),
            // It stays in the socket, to be read by the relay.
            Listener::Udp(socket) => socket.peek_from(&mut [0]).map(|(_, peer)| (None, peer)),
        };
        let (stream, peer) = match peer {
            Ok(peer) => peer,
            Err(error) if is_passing(&error) => continue,
            Err(error) => return Err(error).context(what),
        };
        return match (stream, listener) {
            (Some(stream), listener) => {
                stream.set_nonblocking(true)?;
                Ok(Some((stream.into(), peer, Some(listener))))
            }
            (None, Listener::Udp(socket)) => {
                socket.connect(peer)?;
                Ok(Some((socket.into(), peer, None)))
            }
            (None, Listener::Tcp(_)) => Ok(None),
        };
    }
}

fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | ConnectionAborted | ConnectionRefused)
}
