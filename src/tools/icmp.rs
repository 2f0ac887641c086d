//! ICMP as far as `ping` and `traceroute` need it (RFC 792, RFC 4443): echo, and what the kernel tells of packets that
//! did not arrive (ip(7), IP_RECVERR).

use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use nix::errno::Errno;
use nix::sys::socket::{
    self, AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockProtocol, SockType,
    SockaddrStorage, recvmsg, sockopt,
};
use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// A socket that sends echo requests to one address.
#[derive(Debug)]
pub(super) struct Echo {
    socket: OwnedFd,
    is_v6: bool,
    is_raw: bool,
    /// Of raw sockets; else the kernel sets it.
    id: u16,
}

/// An echo reply.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) from: Option<IpAddr>,
    pub(super) sequence: u16,
    /// Bytes of ICMP, its header included.
    pub(super) size: usize,
    pub(super) ttl: Option<u8>,
}

/// What became of a packet that did not arrive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    /// Who told; `None` is this host.
    pub(super) by: Option<IpAddr>,
    pub(super) errno: i32,
    /// Of ICMP or ICMPv6.
    pub(super) kind: u8,
    pub(super) code: u8,
    /// The sequence number, where it was an echo request.
    pub(super) sequence: u16,
}

impl Echo {
    /// Opens an unprivileged socket (icmp(7)), else a raw one.
    pub(super) fn open(to: IpAddr, ttl: Option<u8>) -> Result<Echo> {
        let is_v6 = to.is_ipv6();
        let (family, protocol) = match is_v6 {
            true => (AddressFamily::Inet6, SockProtocol::IcmpV6),
            false => (AddressFamily::Inet, SockProtocol::Icmp),
        };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let open = |kind| socket::socket(family, kind, flags, protocol);
        let (socket, is_raw) = match open(SockType::Datagram) {
            Ok(socket) => (socket, false),
            Err(Errno::EACCES | Errno::EPERM | Errno::EPROTONOSUPPORT) => match open(SockType::Raw)
            {
                Ok(socket) => (socket, true),
                Err(errno) => return Err(denied(errno)),
            },
            Err(errno) => return Err(errno).context(|| "opening an ICMP socket"),
        };
        let id = super::dns::ask::random() as u16;
        let echo = Echo { socket, is_v6, is_raw, id };
        echo.set_up(to, ttl).context(|| format!("connecting to {to}"))?;
        Ok(echo)
    }

    fn set_up(&self, to: IpAddr, ttl: Option<u8>) -> Result<(), Errno> {
        match self.is_v6 {
            true => socket::setsockopt(&self.socket, sockopt::Ipv6RecvHopLimit, &true)?,
            false => socket::setsockopt(&self.socket, sockopt::Ipv4RecvTtl, &true)?,
        }
        report_losses(&self.socket, self.is_v6, ttl)?;
        let to = SockaddrStorage::from(SocketAddr::new(to, 0));
        socket::connect(self.socket.as_raw_fd(), &to)
    }

    /// Sends a request with `size` bytes behind the header.
    pub(super) fn send(&self, sequence: u16, size: usize) -> Result<(), Errno> {
        let kind = if self.is_v6 { 128 } else { 8 };
        let mut packet = vec![kind, 0, 0, 0];
        packet.extend_from_slice(&self.id.to_be_bytes());
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend((0..size).map(|at| at as u8));
        // The kernel sums for all but raw sockets of IPv4.
        let sum = checksum(&packet).to_be_bytes();
        if let (false, Some(place)) = (self.is_v6, packet.get_mut(2..4)) {
            place.copy_from_slice(&sum);
        }
        let sent = socket::send(self.socket.as_raw_fd(), &packet, MsgFlags::empty());
        sent.map(drop)
    }

    /// The next reply to a request of this socket; `None` for all else that comes.
    pub(super) fn receive(&self) -> Result<Option<Reply>, Errno> {
        let mut buffer = vec![0; 65_536];
        let mut space = nix::cmsg_space!(i32, [u8; 64]);
        let (size, from, mut ttl) = {
            let mut parts = [IoSliceMut::new(&mut buffer)];
            let fd = self.socket.as_raw_fd();
            let message =
                recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut space), MsgFlags::empty())?;
            let ttl = message.cmsgs()?.find_map(|cmsg| match cmsg {
                ControlMessageOwned::Ipv4Ttl(ttl) | ControlMessageOwned::Ipv6HopLimit(ttl) => {
                    u8::try_from(ttl).ok()
                }
                _ => None,
            });
            (message.bytes, message.address.as_ref().and_then(ip_of), ttl)
        };
        let mut packet = buffer.get(..size).unwrap_or_default();
        if self.is_raw && !self.is_v6 {
            // Raw sockets of IPv4 give the header, too.
            let [first, _, _, _, _, _, _, _, lives, ..] = packet else { return Ok(None) };
            ttl = Some(*lives);
            packet = packet.get(usize::from(first & 15) * 4..).unwrap_or_default();
        }
        let [kind, _, _, _, id_high, id_low, high, low, ..] = packet else { return Ok(None) };
        let is_ours = !self.is_raw || u16::from_be_bytes([*id_high, *id_low]) == self.id;
        let is_reply = *kind == if self.is_v6 { 129 } else { 0 };
        let sequence = u16::from_be_bytes([*high, *low]);
        Ok((is_ours && is_reply).then_some(Reply { from, sequence, size: packet.len(), ttl }))
    }

    /// The next request of which the kernel knows that it did not arrive.
    pub(super) fn lost(&self) -> Option<Lost> {
        lost(self)
    }
}

impl AsFd for Echo {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn denied(errno: Errno) -> Error {
    Error::from(errno)
        .context(
            "opening an ICMP socket: neither is this process's group within net.ipv4.ping_group_range of the target's \
             network namespace, nor has it CAP_NET_RAW there",
        )
        .hint("run dbg with CAP_NET_RAW, or set the sysctl net.ipv4.ping_group_range=\"0 2147483647\" for the target")
        .exit(Exit::CANNOT_RUN)
}

/// Makes the kernel keep what becomes of packets of `socket` that do not arrive.
pub(super) fn report_losses(socket: &impl AsFd, is_v6: bool, ttl: Option<u8>) -> Result<(), Errno> {
    let ttl = ttl.map(i32::from);
    if is_v6 {
        socket::setsockopt(socket, sockopt::Ipv6RecvErr, &true)?;
        ttl.map_or(Ok(()), |ttl| socket::setsockopt(socket, sockopt::Ipv6Ttl, &ttl))
    } else {
        socket::setsockopt(socket, sockopt::Ipv4RecvErr, &true)?;
        ttl.map_or(Ok(()), |ttl| socket::setsockopt(socket, sockopt::Ipv4Ttl, &ttl))
    }
}

/// Takes one entry of a socket's error queue.
pub(super) fn lost(socket: &impl AsFd) -> Option<Lost> {
    let mut buffer = [0; 512];
    let mut space = nix::cmsg_space!([u8; 256]);
    let fd = socket.as_fd().as_raw_fd();
    let (size, mut lost) = {
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let message =
            recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut space), MsgFlags::MSG_ERRQUEUE)
                .ok()?;
        let lost = message.cmsgs().ok()?.find_map(|cmsg| match cmsg {
            ControlMessageOwned::Ipv4RecvErr(error, by) => {
                let by = by.map(|by| Ipv4Addr::from(u32::from_be(by.sin_addr.s_addr)).into());
                Some((error, by.filter(|by: &IpAddr| !by.is_unspecified())))
            }
            ControlMessageOwned::Ipv6RecvErr(error, by) => {
                let by = by.map(|by| Ipv6Addr::from(by.sin6_addr.s6_addr).into());
                Some((error, by.filter(|by: &IpAddr| !by.is_unspecified())))
            }
            _ => None,
        });
        (
            message.bytes,
            lost.map(|(error, by)| Lost {
                by,
                errno: error.ee_errno as i32,
                kind: error.ee_type,
                code: error.ee_code,
                sequence: 0,
            })?,
        )
    };
    // What comes with it is the packet itself, from its ICMP header on.
    if let Some([_, _, _, _, _, _, high, low, ..]) = buffer.get(..size) {
        lost.sequence = u16::from_be_bytes([*high, *low]);
    }
    Some(lost)
}

fn ip_of(address: &SockaddrStorage) -> Option<IpAddr> {
    match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(v4), _) => Some(v4.ip().into()),
        (_, Some(v6)) => Some(v6.ip().into()),
        _ => None,
    }
}

/// The sum of RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let pairs = bytes.chunks(2).map(|pair| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    // At most 32 Ki pairs: the sum fits.
    let mut sum: u32 = pairs.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
