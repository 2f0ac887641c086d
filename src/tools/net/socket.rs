//! One socket, as JSON and as a line in the format of `ss`.

use super::listeners::Listener;
use super::tcp::TcpInfo;
use crate::output::{Text, visible};
use serde::{Serialize, Serializer};
use std::fmt::Write;
use std::net::IpAddr;
use std::rc::Rc;

/// The kernel's numbers of states (`include/net/tcp_states.h`); all families use them.
pub(in crate::tools) const STATES: [&str; 12] = [
    "UNKNOWN",
    "ESTAB",
    "SYN-SENT",
    "SYN-RECV",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "UNCONN",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
];
pub(super) const SYN_SENT: u8 = 2;
pub(super) const CLOSE: u8 = 7;
pub(super) const LISTEN: u8 = 10;

/// Every state, as a mask.
pub(super) const ALL: u32 = 0xffe;
/// What waits for a peer: a socket without a connection receives datagrams.
pub(super) const LISTENING: u32 = 1 << LISTEN | 1 << CLOSE;
/// SYN-RECV and TIME-WAIT: no process holds these.
pub(super) const PASSING: u32 = 1 << 3 | 1 << 6;

/// What `socket(2)` was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tcp,
    Udp,
    Raw,
    Unix,
}

/// One socket.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Socket {
    /// As `ss` names kinds: `tcp`, `udp`, `raw`, `u_str`, `u_dgr`, `u_seq`.
    pub netid: &'static str,
    pub family: Family,
    /// As `ss` names states: `LISTEN`, `ESTAB`, `UNCONN`, `TIME-WAIT` …
    #[serde(serialize_with = "state")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub state: u8,
    /// Bytes that the process has yet to read; of a listener, connections that wait. `null` where it was not asked of
    /// the kernel by netlink and no file has it, as the next.
    pub recv_q: Option<u32>,
    /// Bytes that the peer has yet to acknowledge; of a listener, how many connections may wait.
    pub send_q: Option<u32>,
    pub local: Option<Endpoint>,
    pub peer: Option<Endpoint>,
    /// Of a Unix socket: its path, or `@` and its abstract name.
    pub path: Option<Text>,
    /// 0 where no process holds it any more.
    pub inode: u64,
    /// Of a connected Unix socket: the other end.
    pub peer_inode: Option<u64>,
    /// The owner as the target numbers it.
    pub uid: Option<u32>,
    /// The kernel's own number of the socket; `null` where netlink could not be asked.
    pub cookie: Option<u64>,
    /// `null` where it is not known whether there are any.
    pub processes: Option<Vec<Owner>>,
    /// Of a listening TCP socket alone: how full its accept queue is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<Listener>,
    /// With `-o`, where a timer runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timer>,
    /// With `-m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// With `-i`, of TCP sockets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<Box<TcpInfo>>,
    /// Whether an IPv6 socket refuses IPv4 peers.
    #[serde(skip)]
    pub is_v6_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(in crate::tools) enum Family {
    Ipv4,
    Ipv6,
    Unix,
}

/// One end of a connection.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Endpoint {
    pub address: IpAddr,
    /// Of a raw socket: the protocol. 0 is none.
    pub port: u16,
    /// The interface that the socket is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<Text>,
}

/// A process that holds a socket, numbered as the target numbers it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Owner {
    pub pid: i32,
    /// Shared: one process may hold thousands.
    #[serde(serialize_with = "shared")]
    pub name: Rc<Text>,
    pub fd: i32,
}

/// The timer that runs for a TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Timer {
    /// As `ss` has it: `on` (retransmission), `keepalive`, `timewait`, `persist` (probes of a window that is zero),
    /// `delack`, `unknown`.
    pub kind: &'static str,
    /// Until it expires.
    pub expires_milliseconds: u32,
    /// How often what it is for was sent again.
    pub retransmits: u8,
}

/// The memory of a socket (sock_diag(7), `SK_MEMINFO`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Memory {
    /// Held by what was received.
    pub receive_bytes: u32,
    /// The most that may be (`SO_RCVBUF`).
    pub receive_limit_bytes: u32,
    /// Held by what was given to the layers below.
    pub transmit_bytes: u32,
    /// The most that may wait to be sent (`SO_SNDBUF`).
    pub send_limit_bytes: u32,
    /// Reserved and not in use.
    pub reserved_bytes: u32,
    /// Held by what waits to be sent.
    pub queued_bytes: u32,
    /// Held by options.
    pub option_bytes: u32,
    /// Held by what came while a system call had the socket locked.
    pub backlog_bytes: Option<u32>,
    /// What was dropped at this socket: packets; of a listener, connections.
    pub drops: Option<u32>,
}

impl Memory {
    /// Nine words of 32 bits; the last two came later.
    pub(super) fn parse(bytes: &[u8]) -> Option<Memory> {
        let word = |i: usize| super::sock_diag::number(bytes, 4 * i).map(u32::from_ne_bytes);
        Some(Memory {
            receive_bytes: word(0)?,
            receive_limit_bytes: word(1)?,
            transmit_bytes: word(2)?,
            send_limit_bytes: word(3)?,
            reserved_bytes: word(4)?,
            queued_bytes: word(5)?,
            option_bytes: word(6)?,
            backlog_bytes: word(7),
            drops: word(8),
        })
    }

    /// `skmem:(r0,rb131072,…)`.
    pub(super) fn write(&self, out: &mut String) {
        let _ = write!(
            out,
            " skmem:(r{},rb{},t{},tb{},f{},w{},o{}",
            self.receive_bytes,
            self.receive_limit_bytes,
            self.transmit_bytes,
            self.send_limit_bytes,
            self.reserved_bytes,
            self.queued_bytes,
            self.option_bytes
        );
        for (letters, bytes) in [("bl", self.backlog_bytes), ("d", self.drops)] {
            if let Some(bytes) = bytes {
                let _ = write!(out, ",{letters}{bytes}");
            }
        }
        out.push(')');
    }
}

impl Timer {
    /// ` timer:(keepalive,119min,0)`.
    fn write(&self, out: &mut String) {
        let _ = write!(out, " timer:({},", self.kind);
        milliseconds(self.expires_milliseconds, out);
        let _ = write!(out, ",{})", self.retransmits);
    }
}

/// As `ss` writes times of timers: `119min`, `1min30sec`, `7.250sec`, `204ms`.
fn milliseconds(all: u32, out: &mut String) {
    let (minutes, seconds, rest) = (all / 60_000, all / 1000 % 60, all % 1000);
    if minutes > 0 {
        let _ = write!(out, "{minutes}min");
    }
    let seconds = if minutes > 9 { 0 } else { seconds };
    let rest = if minutes > 0 || seconds > 9 { 0 } else { rest };
    let _ = match (seconds, rest) {
        (0, 0) => Ok(()),
        (0, rest) => write!(out, "{rest:03}ms"),
        (seconds, 0) => write!(out, "{seconds}sec"),
        (seconds, rest) => write!(out, "{seconds}.{rest:03}sec"),
    };
}

impl Socket {
    /// A socket of which no more is known than where it came from.
    pub(super) fn new(netid: &'static str, family: Family) -> Socket {
        Socket {
            netid,
            family,
            state: CLOSE,
            recv_q: None,
            send_q: None,
            local: None,
            peer: None,
            path: None,
            inode: 0,
            peer_inode: None,
            uid: None,
            cookie: None,
            processes: None,
            listener: None,
            timer: None,
            memory: None,
            tcp: None,
            is_v6_only: false,
        }
    }

    pub(super) fn is_tcp_listener(&self) -> bool {
        self.netid == "tcp" && self.state == LISTEN
    }

    /// Adds one end: an address, or a Unix socket's path and inode.
    pub(super) fn write_end(&self, is_local: bool, out: &mut String) {
        let end = if is_local { &self.local } else { &self.peer };
        match end {
            Some(end) => self.write_address(end, out),
            None if is_local => {
                out.push_str(&self.path.as_ref().map_or("*".into(), Text::visible));
                let _ = write!(out, " {}", self.inode);
            }
            None => {
                let _ = write!(out, "* {}", self.peer_inode.unwrap_or(0));
            }
        }
    }

    /// As `ss` writes it: an IPv6 socket that takes IPv4 peers, too, and is bound to no address is `*`.
    pub(in crate::tools) fn address(&self, end: &Endpoint) -> String {
        let mut text = String::new();
        self.write_address(end, &mut text);
        text
    }

    fn write_address(&self, end: &Endpoint, out: &mut String) {
        let _ = match end.address {
            IpAddr::V4(address) => write!(out, "{address}"),
            IpAddr::V6(address) if address.is_unspecified() && !self.is_v6_only => {
                write!(out, "*")
            }
            IpAddr::V6(address) => write!(out, "[{address}]"),
        };
        if let Some(interface) = &end.interface {
            let _ = write!(out, "%{}", interface.visible());
        }
        let _ = match end.port {
            0 => write!(out, ":*"),
            port => write!(out, ":{port}"),
        };
    }

    /// The processes; with `extended`, the user, the inode and the cookie as well; the timer, where it was asked for.
    pub(super) fn write_processes(&self, extended: bool, out: &mut String) {
        match self.processes.as_deref() {
            None | Some([]) => out.push('-'),
            Some(owners) => {
                for (i, owner) in owners.iter().enumerate() {
                    out.push_str(if i == 0 { "users:(" } else { "," });
                    owner.write(out);
                }
                out.push(')');
            }
        }
        if let Some(timer) = &self.timer {
            timer.write(out);
        }
        if extended {
            if let Some(uid) = self.uid {
                let _ = write!(out, " uid:{uid}");
            }
            let _ = write!(out, " ino:{}", self.inode);
            if let Some(cookie) = self.cookie {
                let _ = write!(out, " sk:{cookie:x}");
            }
        }
    }

    /// Adds what `-m` and `-i` asked for; nothing where there is none.
    pub(super) fn write_internals(&self, with_options: bool, out: &mut String) {
        if let Some(memory) = &self.memory {
            memory.write(out);
        }
        if let Some(tcp) = &self.tcp {
            tcp.write(with_options, self.state == LISTEN, out);
        }
    }
}

impl Owner {
    pub(super) fn write(&self, out: &mut String) {
        // A quote in the name must not end it.
        let name = visible(&self.name.0);
        let _ = if name.contains('"') {
            write!(out, "(\"{}\"", name.replace('"', "\\\""))
        } else {
            write!(out, "(\"{name}\"")
        };
        let _ = write!(out, ",pid={},fd={})", self.pid, self.fd);
    }
}

/// The state's name as `ss` has it.
pub(in crate::tools) fn name(state: u8) -> &'static str {
    STATES.get(usize::from(state)).unwrap_or(&STATES[0])
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes references
fn state<S: Serializer>(state: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*state))
}

fn shared<S: Serializer>(text: &Rc<Text>, serializer: S) -> Result<S::Ok, S::Error> {
    text.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_timers_are_written_as_iproute2_does() {
        let text = |all| {
            let mut out = String::new();
            milliseconds(all, &mut out);
            out
        };
        for (all, expected) in [
            (0, ""),
            (7, "007ms"),
            (204, "204ms"),
            (1000, "1sec"),
            (7250, "7.250sec"),
            (59_900, "59sec"),
            (90_000, "1min30sec"),
            (7_199_000, "119min"),
            (u32::MAX, "71582min"),
        ] {
            assert_eq!(text(all), expected, "{all}");
        }
    }

    #[test]
    fn memory_of_an_older_kernel_lacks_the_last_words() {
        let bytes: Vec<u8> = (1..=7u32).flat_map(u32::to_ne_bytes).collect();
        let memory = Memory::parse(&bytes).unwrap();
        assert_eq!((memory.option_bytes, memory.backlog_bytes, memory.drops), (7, None, None));
        let mut out = String::new();
        memory.write(&mut out);
        assert_eq!(out, " skmem:(r1,rb2,t3,tb4,f5,w6,o7)");
        assert_eq!(Memory::parse(&bytes[..27]), None);
    }
}
