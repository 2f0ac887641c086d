//! Sockets by the files below `/proc/PID/net` (proc_pid_net(5)), where netlink is refused.

use super::select::Selection;
use super::sock_diag::unix_kind;
use super::socket::{Endpoint, Family, Kind, LISTEN, Socket};
use crate::error::{Error, Result};
use crate::output::Text;
use crate::view::Process;
use nix::errno::Errno;
use std::net::IpAddr;

/// Adds all sockets of one kind that `selection` lets through, from the network namespace of `process`.
///
/// Names of Unix sockets may hold newlines, and what follows one may look like a row of its own: this is why netlink
/// is asked first.
pub(super) fn list(
    process: &Process,
    selection: &Selection,
    kind: Kind,
    is_v6: bool,
    sockets: &mut Vec<Socket>,
) -> Result<()> {
    let (netid, file) = match kind {
        Kind::Tcp => ("tcp", if is_v6 { "net/tcp6" } else { "net/tcp" }),
        Kind::Udp => ("udp", if is_v6 { "net/udp6" } else { "net/udp" }),
        Kind::Raw => ("raw", if is_v6 { "net/raw6" } else { "net/raw" }),
        Kind::Unix => ("unix", "net/unix"),
    };
    let bytes = match process.read(file) {
        Ok(bytes) => bytes,
        // A kernel without IPv6 has no such file.
        Err(Errno::ENOENT) if is_v6 => return Ok(()),
        Err(errno) => {
            return Err(Error::from(errno).context(format!("/proc/{}/{file}", process.host_pid)));
        }
    };
    let found: Vec<Socket> = match kind {
        Kind::Unix => unix_sockets(&bytes),
        _ => bytes.split(|b| *b == b'\n').filter_map(|line| inet_socket(netid, line)).collect(),
    };
    sockets.extend(found.into_iter().filter(|socket| selection.fits(socket)));
    Ok(())
}

/// A line of `net/tcp` and its like; `None` for headings.
fn inet_socket(netid: &'static str, line: &[u8]) -> Option<Socket> {
    let line = std::str::from_utf8(line).ok()?;
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, local, peer, state, queues, _, _, uid, _, inode, ..] = fields.as_slice() else {
        return None;
    };
    let (send_q, recv_q) = queues.split_once(':')?;
    let (local, peer) = (endpoint(local)?, endpoint(peer)?);
    let state = u8::from_str_radix(state, 16).ok()?;
    // Of a listener the file has how many connections wait, and not how many may.
    let send_q = if state == LISTEN { None } else { Some(u32::from_str_radix(send_q, 16).ok()?) };
    let family = if local.address.is_ipv6() { Family::Ipv6 } else { Family::Ipv4 };
    // The file does not say whether a socket refuses IPv4 peers; ss, too, writes `*` then.
    Some(Socket {
        state,
        recv_q: Some(u32::from_str_radix(recv_q, 16).ok()?),
        send_q,
        local: Some(local),
        peer: Some(peer),
        inode: inode.parse().ok()?,
        uid: Some(uid.parse().ok()?),
        ..Socket::new(netid, family)
    })
}

/// `0100007F:1F90`: words of 32 bits in the machine's byte order, and the port.
fn endpoint(text: &str) -> Option<Endpoint> {
    let (address, port) = text.split_once(':')?;
    let word = |i: usize| u32::from_str_radix(address.get(8 * i..8 * i + 8)?, 16).ok();
    let address = match address.len() {
        8 => IpAddr::from(word(0)?.to_ne_bytes()),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?].map(u32::to_ne_bytes);
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            IpAddr::from(bytes)
        }
        _ => return None,
    };
    Some(Endpoint { address, port: u16::from_str_radix(port, 16).ok()?, interface: None })
}

fn unix_sockets(bytes: &[u8]) -> Vec<Socket> {
    let mut sockets: Vec<Socket> = Vec::new();
    for line in bytes.split(|b| *b == b'\n').skip(1) {
        match (unix_socket(line), sockets.last_mut()) {
            (Some(socket), _) => sockets.push(socket),
            // No row: the name before it goes on.
            (None, Some(Socket { path: Some(Text(path)), .. })) if !line.is_empty() => {
                path.push(b'\n');
                path.extend_from_slice(line);
            }
            _ => {}
        }
    }
    sockets
}

/// `Num: RefCount Protocol Flags Type St Inode Path`.
fn unix_socket(line: &[u8]) -> Option<Socket> {
    let mut fields = line.splitn(8, |b| *b == b' ');
    fields.next()?.strip_suffix(b":")?;
    let mut hex = || u32::from_str_radix(std::str::from_utf8(fields.next()?).ok()?, 16).ok();
    let (_, _, flags, kind, state) = (hex()?, hex()?, hex()?, hex()?, hex()?);
    // The inode is padded with spaces, and one space stands before the path.
    let rest: Vec<u8> = fields.collect::<Vec<_>>().join(&b' ');
    let rest = rest.trim_ascii_start();
    let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
    let inode = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    // include/uapi/linux/net.h: SS_CONNECTED is 3; __SO_ACCEPTCON is bit 16 of the flags.
    let state = match (flags >> 16 & 1, state) {
        (1, _) => LISTEN,
        (_, 3) => 1,
        _ => super::socket::CLOSE,
    };
    Some(Socket {
        state,
        path: rest.get(end + 1..).map(Text::from),
        inode,
        ..Socket::new(unix_kind(kind as u8), Family::Unix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_goes_on_in_the_next_line_is_one_name() {
        let file = b"Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 15873 /run/a b\nc\n\
            0000000000000000: 00000003 00000000 00000000 0002 03   417\n";
        let sockets = unix_sockets(file);
        assert_eq!(sockets.len(), 2);
        assert_eq!(sockets[0].path, Some(Text::from("/run/a b\nc")));
        assert_eq!(
            (sockets[0].state, sockets[0].netid, sockets[0].inode),
            (LISTEN, "u_str", 15873)
        );
        assert_eq!((sockets[1].state, sockets[1].netid, sockets[1].inode), (1, "u_dgr", 417));
    }
}
