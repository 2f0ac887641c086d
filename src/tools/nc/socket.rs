//! Sockets of `nc` besides those that connect: none of them waits, so that every wait has an end.

use crate::error::{Result, ResultExt};
use crate::tools::wait;
use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::socket::{
    self, AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrStorage, sockopt,
};
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
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

    pub(super) fn of_socket(self) -> SockType {
        if self == Kind::Tcp { SockType::Stream } else { SockType::Datagram }
    }
}

fn family(address: &SocketAddr) -> AddressFamily {
    if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 }
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

/// Something that waits for a peer.
pub(super) enum Listener {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

/// Listens on `local`.
pub(super) fn listen(kind: Kind, local: SocketAddr) -> Result<Listener, Errno> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket::socket(family(&local), kind.of_socket(), flags, None)?;
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
