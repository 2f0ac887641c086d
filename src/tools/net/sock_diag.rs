//! Sockets by netlink (sock_diag(7)), from the network namespace that this process is in.

use super::Filter;
use super::socket::{CLOSE, Endpoint, Family, Kind, Socket};
use crate::output::Text;
use crate::sys::net::interface_name;
use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_sock_diag::{
    SockDiagMessage,
    constants::{
        AF_INET, AF_INET6, IPPROTO_RAW, IPPROTO_TCP, IPPROTO_UDP, UDIAG_SHOW_NAME, UDIAG_SHOW_PEER,
        UDIAG_SHOW_RQLEN,
    },
    inet::{self, ExtensionFlags, InetRequest, InetResponse, SocketId},
    unix::{self, ShowFlags, UnixRequest, UnixResponse, nlas::UnixDiagName},
};
use netlink_sys::{Socket as Netlink, SocketAddr, protocols::NETLINK_SOCK_DIAG};
use nix::errno::Errno;
use std::io;
use std::os::unix::ffi::OsStrExt;

/// Adds all sockets of one kind that `filter` lets through.
///
/// Fails with ENOENT where the kernel has no such module, with EPERM or EACCES where a filter forbids it.
pub(super) fn list(
    filter: Filter,
    kind: Kind,
    is_v6: bool,
    sockets: &mut Vec<Socket>,
) -> Result<(), Errno> {
    dump(request(filter, kind, is_v6), |message| {
        let socket = match message {
            SockDiagMessage::InetResponse(response) => inet_socket(kind, *response),
            SockDiagMessage::UnixResponse(response) => unix_socket(*response),
            _ => return,
        };
        if filter.has_state(socket.state) {
            sockets.push(socket);
        }
    })
}

fn request(filter: Filter, kind: Kind, is_v6: bool) -> SockDiagMessage {
    let protocol = match kind {
        Kind::Tcp => IPPROTO_TCP,
        Kind::Udp => IPPROTO_UDP,
        Kind::Raw => IPPROTO_RAW,
        Kind::Unix => {
            return SockDiagMessage::UnixRequest(UnixRequest {
                // The crate names two states only; a socket may be in others.
                state_flags: unix::StateFlags::from_bits_retain(filter.states),
                inode: 0,
                show_flags: ShowFlags::from_bits_retain(
                    UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN,
                ),
                cookie: [0xff; 8],
            });
        }
    };
    SockDiagMessage::InetRequest(InetRequest {
        family: if is_v6 { AF_INET6 } else { AF_INET },
        protocol,
        extensions: ExtensionFlags::empty(),
        states: inet::StateFlags::from_bits_retain(filter.states),
        socket_id: if is_v6 { SocketId::new_v6() } else { SocketId::new_v4() },
    })
}

fn dump(request: SockDiagMessage, mut each: impl FnMut(SockDiagMessage)) -> Result<(), Errno> {
    let mut netlink = Netlink::new(NETLINK_SOCK_DIAG).map_err(errno)?;
    netlink.bind_auto().map_err(errno)?;
    netlink.connect(&SocketAddr::new(0, 0)).map_err(errno)?;
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request));
    message.finalize();
    let mut buffer = vec![0; message.buffer_len().max(64 << 10)];
    message.serialize(&mut buffer[..message.buffer_len()]);
    netlink.send(&buffer[..message.buffer_len()], 0).map_err(errno)?;
    loop {
        let received = match netlink.recv(&mut buffer.as_mut_slice(), 0) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(errno(error)),
        };
        let mut rest = buffer.get(..received).ok_or(Errno::EMSGSIZE)?;
        while let Ok(next) = NetlinkBuffer::new_checked(rest) {
            let length = next.length() as usize;
            // One that can't be parsed is left out, and the others are not.
            match NetlinkMessage::deserialize(&rest[..length]).map(|message| message.payload) {
                Ok(NetlinkPayload::InnerMessage(message)) => each(message),
                Ok(NetlinkPayload::Done(done)) if done.code == 0 => return Ok(()),
                Ok(NetlinkPayload::Done(done)) => return Err(Errno::from_raw(-done.code)),
                Ok(NetlinkPayload::Error(error)) => return Err(Errno::from_raw(-error.raw_code())),
                _ => {}
            }
            // Messages are aligned to four bytes.
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

fn inet_socket(kind: Kind, response: InetResponse) -> Socket {
    let InetResponse { header, nlas } = response;
    let id = header.socket_id;
    let interface = match id.interface_id {
        0 => None,
        index => {
            Some(Text(interface_name(index).unwrap_or_else(|| index.to_string().into_bytes())))
        }
    };
    Socket {
        netid: match kind {
            Kind::Tcp => "tcp",
            Kind::Udp => "udp",
            Kind::Raw | Kind::Unix => "raw",
        },
        family: if header.family == AF_INET6 { Family::Ipv6 } else { Family::Ipv4 },
        state: header.state,
        recv_q: Some(header.recv_queue),
        send_q: Some(header.send_queue),
        local: Some(Endpoint { address: id.source_address, port: id.source_port, interface }),
        peer: Some(Endpoint {
            address: id.destination_address,
            port: id.destination_port,
            interface: None,
        }),
        path: None,
        inode: header.inode.into(),
        peer_inode: None,
        uid: Some(header.uid),
        processes: None,
        is_v6_only: nlas.iter().any(|nla| matches!(nla, inet::nlas::Nla::SkV6Only(true))),
    }
}

fn unix_socket(response: UnixResponse) -> Socket {
    let queues = response.nlas.iter().find_map(|nla| match nla {
        unix::nlas::Nla::ReceiveQueueLength(receive, send) => Some((*receive, *send)),
        _ => None,
    });
    let (recv_q, send_q) = queues.unzip();
    let path = response.name().map(|name| match name {
        UnixDiagName::Pathname(path) => Text::from(path.as_bytes()),
        UnixDiagName::Abstract(name) => Text([b"@", name.as_slice()].concat()),
    });
    Socket {
        netid: unix_kind(response.header.kind),
        family: Family::Unix,
        state: if response.header.state == 0 { CLOSE } else { response.header.state },
        recv_q,
        send_q,
        local: None,
        peer: None,
        path,
        inode: response.header.inode.into(),
        peer_inode: response.peer().map(u64::from),
        uid: None,
        processes: None,
        is_v6_only: false,
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

fn errno(error: io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}
