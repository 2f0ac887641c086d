//! Sockets by netlink (sock_diag(7)), from the network namespace that this process is in.
//!
//! Messages are read in place: `struct inet_diag_msg` and `struct unix_diag_msg` (`include/uapi/linux`) with
//! attributes behind them. The kernel fills at most 32 KiB a call, whatever room it is given: some 300 sockets.

use super::select::{Asked, Selection};
use super::socket::{CLOSE, Endpoint, Family, Kind, Memory, Socket, Timer};
use super::tcp::TcpInfo;
use crate::output::Text;
use crate::sys::net::interface_name;
use crate::tools::netlink;
use netlink_packet_core::{NLM_F_DUMP, NlasIterator};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use nix::errno::Errno;
use std::net::IpAddr;

/// `SOCK_DIAG_BY_FAMILY`: the type of requests and answers.
const BY_FAMILY: u16 = 20;

/// Attributes of Internet sockets (`INET_DIAG_…`).
mod inet {
    pub(super) const INFO: u16 = 2;
    pub(super) const VEGAS: u16 = 3;
    pub(super) const CONGESTION: u16 = 4;
    pub(super) const MEMORY: u16 = 7;
    pub(super) const V6_ONLY: u16 = 11;
    pub(super) const BBR: u16 = 16;
}

/// Attributes of Unix sockets (`UNIX_DIAG_…`), and what to ask for them by (`UDIAG_SHOW_…`).
mod unix {
    pub(super) const NAME: u16 = 0;
    pub(super) const PEER: u16 = 2;
    pub(super) const QUEUES: u16 = 4;
    pub(super) const MEMORY: u16 = 5;
    pub(super) const UID: u16 = 7;
    pub(super) const SHOW_NAME: u32 = 1;
    pub(super) const SHOW_PEER: u32 = 4;
    pub(super) const SHOW_QUEUES: u32 = 0x10;
    pub(super) const SHOW_MEMORY: u32 = 0x20;
    pub(super) const SHOW_UID: u32 = 0x40;
}

/// `N` bytes at `at`.
pub(super) fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    number(bytes, at).map(u32::from_ne_bytes)
}

/// Adds all sockets of one kind that `selection` lets through.
///
/// Fails with ENOENT where the kernel has no such module, with EPERM or EACCES where a filter forbids it.
pub(super) fn list(
    selection: &Selection,
    kind: Kind,
    is_v6: bool,
    sockets: &mut Vec<Socket>,
) -> Result<(), Errno> {
    let (request, asked) = (request(selection, kind, is_v6), selection.asked);
    let protocol = NETLINK_SOCK_DIAG;
    let mut each = |found: u16, message: &[u8]| {
        if found != BY_FAMILY {
            return true;
        }
        // One that can't be parsed is left out, and the others are not.
        let socket = match kind {
            Kind::Unix => unix_socket(message, asked),
            _ => inet_socket(kind, message, asked),
        };
        sockets.extend(socket.filter(|socket| selection.fits(socket)));
        true
    };
    netlink::walk(protocol, BY_FAMILY, NLM_F_DUMP, &request, &mut each).map(|_| ())
}

/// `struct inet_diag_req_v2` or `struct unix_diag_req`.
fn request(selection: &Selection, kind: Kind, is_v6: bool) -> Vec<u8> {
    let (states, asked) = (selection.states, selection.asked);
    let mut body = Vec::with_capacity(56);
    let protocol = match kind {
        Kind::Tcp => libc::IPPROTO_TCP,
        Kind::Udp => libc::IPPROTO_UDP,
        Kind::Raw => libc::IPPROTO_RAW,
        Kind::Unix => 0,
    };
    if kind == Kind::Unix {
        let mut show = unix::SHOW_NAME | unix::SHOW_PEER | unix::SHOW_QUEUES | unix::SHOW_UID;
        show |= if asked.memory { unix::SHOW_MEMORY } else { 0 };
        body.extend([libc::AF_UNIX as u8, 0, 0, 0]);
        body.extend([states, 0, show].map(u32::to_ne_bytes).concat());
    } else {
        let bit = |attribute: u16, wanted| if wanted { 1u8 << (attribute - 1) } else { 0 };
        let extensions = bit(inet::INFO, asked.info)
            | bit(inet::VEGAS, asked.info)
            | bit(inet::CONGESTION, asked.info)
            | bit(inet::MEMORY, asked.memory || asked.drops);
        let family = if is_v6 { libc::AF_INET6 } else { libc::AF_INET };
        body.extend([family as u8, protocol as u8, extensions, 0]);
        body.extend(states.to_ne_bytes());
        // Any ports and addresses, any interface.
        body.extend([0; 40]);
    }
    // No cookie.
    body.extend([0xff; 8]);
    body
}

/// The attributes behind the first `fixed` bytes of a message.
fn attributes(message: &[u8], fixed: usize) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(message.get(fixed..).unwrap_or_default()).map_while(|attribute| {
        let attribute = attribute.ok()?;
        let value = attribute.into_inner();
        // Four bytes of header; the iterator has checked the length.
        let length = usize::from(number(value, 0).map(u16::from_ne_bytes)?);
        Some((number(value, 2).map(u16::from_ne_bytes)? & 0x3fff, value.get(4..length)?))
    })
}

fn inet_socket(kind: Kind, message: &[u8], asked: Asked) -> Option<Socket> {
    let [family, state, timer, retransmits] = number(message, 0)?;
    let (netid, is_v6) = (
        match kind {
            Kind::Tcp => "tcp",
            Kind::Udp => "udp",
            Kind::Raw | Kind::Unix => "raw",
        },
        i32::from(family) == libc::AF_INET6,
    );
    let address = |at: usize| -> Option<IpAddr> {
        Some(match is_v6 {
            true => IpAddr::from(number::<16>(message, at)?),
            false => IpAddr::from(number::<4>(message, at)?),
        })
    };
    let port = |at: usize| number(message, at).map(u16::from_be_bytes);
    let interface = match word(message, 40)? {
        0 => None,
        index => {
            Some(Text(interface_name(index).unwrap_or_else(|| index.to_string().into_bytes())))
        }
    };
    let mut socket = Socket {
        state,
        recv_q: Some(word(message, 56)?),
        send_q: Some(word(message, 60)?),
        local: Some(Endpoint { address: address(8)?, port: port(4)?, interface }),
        peer: Some(Endpoint { address: address(24)?, port: port(6)?, interface: None }),
        inode: word(message, 68)?.into(),
        uid: Some(word(message, 64)?),
        cookie: Some(cookie(message, 44)?),
        timer: running(timer, word(message, 52)?, retransmits).filter(|_| asked.timer),
        ..Socket::new(netid, if is_v6 { Family::Ipv6 } else { Family::Ipv4 })
    };
    let (mut info, mut congestion, mut bbr) = (None, None, None);
    for (attribute, value) in attributes(message, 72) {
        match attribute {
            inet::INFO if asked.info && kind == Kind::Tcp => info = Some(value),
            inet::CONGESTION => congestion = value.split(|byte| *byte == 0).next(),
            inet::BBR => bbr = Some(value),
            inet::MEMORY => socket.memory = Memory::parse(value),
            inet::V6_ONLY => socket.is_v6_only = value.first().is_some_and(|byte| *byte != 0),
            _ => {}
        }
    }
    socket.tcp = info.map(|info| Box::new(TcpInfo::parse(info, congestion, bbr)));
    Some(socket)
}

/// Two words, the low one first.
fn cookie(message: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(word(message, at + 4)?) << 32 | u64::from(word(message, at)?))
}

/// The timer by the number that sock_diag(7) has for it.
fn running(kind: u8, expires_milliseconds: u32, retransmits: u8) -> Option<Timer> {
    let kind = match kind {
        0 => return None,
        1 => "on",
        2 => "keepalive",
        3 => "timewait",
        4 => "persist",
        5 => "delack",
        _ => "unknown",
    };
    Some(Timer { kind, expires_milliseconds, retransmits })
}

fn unix_socket(message: &[u8], asked: Asked) -> Option<Socket> {
    let [_, kind, state, _] = number(message, 0)?;
    let mut socket = Socket {
        state: if state == 0 { CLOSE } else { state },
        inode: word(message, 4)?.into(),
        cookie: Some(cookie(message, 8)?),
        ..Socket::new(unix_kind(kind), Family::Unix)
    };
    for (attribute, value) in attributes(message, 16) {
        match attribute {
            unix::NAME => socket.path = name(value),
            unix::PEER => socket.peer_inode = word(value, 0).map(u64::from),
            unix::QUEUES => (socket.recv_q, socket.send_q) = (word(value, 0), word(value, 4)),
            unix::MEMORY if asked.memory => socket.memory = Memory::parse(value),
            unix::UID => socket.uid = word(value, 0),
            _ => {}
        }
    }
    Some(socket)
}

/// The address of a Unix socket (unix(7)): a path, or behind a zero a name that may hold zeros itself.
fn name(value: &[u8]) -> Option<Text> {
    match value.split_first()? {
        (0, name) => Some(Text([b"@", name].concat())),
        _ => value.split(|byte| *byte == 0).next().map(Text::from),
    }
}

/// The name that `ss` has for a type of Unix socket (socket(2)).
pub(super) fn unix_kind(kind: u8) -> &'static str {
    match i32::from(kind) {
        libc::SOCK_STREAM => "u_str",
        libc::SOCK_SEQPACKET => "u_seq",
        _ => "u_dgr",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Asked = Asked { info: true, memory: true, timer: true, drops: true };

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = (value.len() as u16 + 4).to_ne_bytes();
        let mut bytes = [&length[..], &kind.to_ne_bytes(), value].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn a_cut_message_is_left_out_and_a_cut_attribute_ends_them() {
        let mut message = vec![libc::AF_INET as u8, 1, 2, 3];
        message.resize(72, 0);
        message.extend(attribute(inet::INFO, &[0x77; 40]));
        message.extend(attribute(inet::CONGESTION, b"cub\x1bic\0"));
        for length in 0..message.len() {
            let socket = inet_socket(Kind::Tcp, &message[..length], ALL);
            assert_eq!(socket.is_some(), length >= 72, "{length}");
            assert!(socket.is_none_or(|socket| socket.tcp.is_none() || length >= 116));
        }
        let socket = inet_socket(Kind::Tcp, &message, ALL).unwrap();
        let mut out = String::new();
        socket.write_internals(false, &mut out);
        assert!(out.starts_with(" cub\\x1bic wscale:7,7 rto:"), "{out}");
    }

    #[test]
    fn a_name_of_a_unix_socket_is_what_the_kernel_says_it_is() {
        let mut message = vec![libc::AF_UNIX as u8, libc::SOCK_SEQPACKET as u8, 10, 0];
        message.resize(16, 0);
        for (value, expected) in [
            (&b"\0a\0b"[..], Some(&b"@a\0b"[..])),
            (b"/run/x\0", Some(b"/run/x")),
            (b"/run/x", Some(b"/run/x")),
            (b"", None),
        ] {
            let message = [message.clone(), attribute(unix::NAME, value)].concat();
            let socket = unix_socket(&message, ALL).unwrap();
            assert_eq!(socket.path, expected.map(Text::from));
            assert_eq!((socket.netid, socket.state), ("u_seq", 10));
        }
    }
}
