//! Both ends of pipes and sockets: which inode is connected to which, and which descriptors hold it.

use super::row::End;
use crate::tools::net::socket::{Endpoint, Socket};
use std::collections::HashMap;
use std::net::IpAddr;

/// So many ends are told of one pipe or socket: a thousand processes that share one must not make a million.
const MOST: usize = 16;

/// Sockets by inode, connections by their two addresses, and holders by inode.
#[derive(Debug, Default)]
pub(super) struct Ends {
    sockets: HashMap<u64, Socket>,
    connections: HashMap<(Address, Address), u64>,
    holders: HashMap<u64, Vec<End>>,
}

type Address = (IpAddr, u16);

fn address(end: &Endpoint) -> Address {
    // An IPv6 socket may be one end of an IPv4 connection.
    (end.address.to_canonical(), end.port)
}

fn connection(socket: &Socket) -> Option<(Address, Address)> {
    Some((address(socket.local.as_ref()?), address(socket.peer.as_ref()?)))
}

impl Ends {
    pub(super) fn new(sockets: Vec<Socket>) -> Ends {
        let connected = sockets.iter().filter(|socket| socket.netid == "tcp");
        let connections =
            connected.filter_map(|socket| Some((connection(socket)?, socket.inode))).collect();
        let sockets = sockets.into_iter().map(|socket| (socket.inode, socket)).collect();
        Ends { sockets, connections, holders: HashMap::new() }
    }

    pub(super) fn socket(&self, inode: u64) -> Option<&Socket> {
        self.sockets.get(&inode)
    }

    /// Notes that a process holds a pipe or socket.
    pub(super) fn hold(&mut self, inode: u64, end: End) {
        self.holders.entry(inode).or_default().push(end);
    }

    /// Who holds the other end of a socket, and how many more there are.
    pub(super) fn of_socket(&self, inode: u64) -> (Vec<End>, usize) {
        let Some(socket) = self.sockets.get(&inode) else { return Default::default() };
        let peer = socket.peer_inode.or_else(|| {
            let (local, peer) = connection(socket)?;
            self.connections.get(&(peer, local)).copied()
        });
        peer.filter(|peer| *peer != 0).map(|peer| self.held(peer, |_| true)).unwrap_or_default()
    }

    /// Who reads what is written to a pipe and the other way round.
    pub(super) fn of_pipe(
        &self,
        inode: u64,
        pid: i32,
        fd: &str,
        access: Option<&str>,
    ) -> (Vec<End>, usize) {
        self.held(inode, |end| {
            let is_itself = end.pid == pid && end.fd.to_string() == fd;
            !is_itself && (access != end.access || access == Some("u"))
        })
    }

    fn held(&self, inode: u64, wanted: impl Fn(&End) -> bool) -> (Vec<End>, usize) {
        let all = || self.holders.get(&inode).into_iter().flatten().filter(|end| wanted(end));
        (all().take(MOST).cloned().collect(), all().count().saturating_sub(MOST))
    }
}
