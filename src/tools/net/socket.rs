//! One socket, as JSON and as a line in the format of `ss`.

use crate::output::{Text, visible};
use serde::{Serialize, Serializer};
use std::fmt::Write;
use std::net::IpAddr;

/// The kernel's numbers of states (`include/net/tcp_states.h`); all families use them.
pub(super) const STATES: [&str; 12] = [
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
    /// As `ss` names states; of all families by the same names.
    #[serde(serialize_with = "state")]
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("enum" = STATES)))]
    pub state: u8,
    /// `None` where it was not asked of the kernel by netlink and no file has it, as the next.
    pub recv_q: Option<u32>,
    /// Of a listener: how many connections may wait; else bytes that were sent and not taken.
    pub send_q: Option<u32>,
    /// `None` for a Unix socket, as `peer` is.
    pub local: Option<Endpoint>,
    pub peer: Option<Endpoint>,
    /// Of a Unix socket: its path, or `@` and its abstract name.
    pub path: Option<Text>,
    /// Of the socket itself; 0 for one that no process holds any more.
    pub inode: u64,
    /// Of a Unix socket: the one it is connected to.
    pub peer_inode: Option<u64>,
    /// The owner as the target numbers it; of a Unix socket it is not told.
    pub uid: Option<u32>,
    /// `None` where it is not known whether there are any.
    pub processes: Option<Vec<Owner>>,
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
    /// As the target numbers it.
    pub pid: i32,
    /// Its `comm`.
    pub name: Text,
    /// The descriptor.
    pub fd: i32,
}

impl Socket {
    /// Netid, state, queues, local and peer address, processes.
    pub(super) fn cells(&self, extended: bool) -> Vec<String> {
        let (local, peer) = match (&self.local, &self.peer) {
            (Some(local), Some(peer)) => (self.address(local), self.address(peer)),
            _ => {
                let path = self.path.as_ref().map_or("*".into(), Text::visible);
                (format!("{path} {}", self.inode), format!("* {}", self.peer_inode.unwrap_or(0)))
            }
        };
        vec![
            self.netid.to_owned(),
            name(self.state).to_owned(),
            queue(self.recv_q),
            queue(self.send_q),
            local,
            peer,
            self.process_cell(extended),
        ]
    }

    /// As `ss` writes it: an IPv6 socket that takes IPv4 peers, too, and is bound to no address is `*`.
    pub(in crate::tools) fn address(&self, end: &Endpoint) -> String {
        let mut text = match end.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) if address.is_unspecified() && !self.is_v6_only => "*".into(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        if let Some(interface) = &end.interface {
            let _ = write!(text, "%{}", interface.visible());
        }
        match end.port {
            0 => text.push_str(":*"),
            port => {
                let _ = write!(text, ":{port}");
            }
        }
        text
    }

    fn process_cell(&self, extended: bool) -> String {
        let mut text = match self.processes.as_deref() {
            None | Some([]) => "-".to_owned(),
            Some(owners) => {
                let owners: Vec<String> = owners.iter().map(Owner::cell).collect();
                format!("users:({})", owners.join(","))
            }
        };
        if extended {
            if let Some(uid) = self.uid {
                let _ = write!(text, " uid:{uid}");
            }
            let _ = write!(text, " ino:{}", self.inode);
        }
        text
    }
}

impl Owner {
    fn cell(&self) -> String {
        // A quote in the name must not end it.
        let name = visible(&self.name.0).replace('"', "\\\"");
        format!("(\"{name}\",pid={},fd={})", self.pid, self.fd)
    }
}

/// The state's name as `ss` has it.
pub(in crate::tools) fn name(state: u8) -> &'static str {
    STATES.get(usize::from(state)).unwrap_or(&STATES[0])
}

fn state<S: Serializer>(state: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*state))
}
fn queue(length: Option<u32>) -> String {
    length.map_or("-".into(), |length| length.to_string())
}
