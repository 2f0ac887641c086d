//! What the counters of a network namespace mean, and which values are a sign of trouble.
//!
//! The kernel describes some in `Documentation/networking/snmp_counter.rst`, the older ones are those of RFC 1213, 2011
//! to 2013 and 4293; the rest is in its source where they are counted.

use super::counters::{Counter, Counters};
use crate::view::View;
use std::path::Path;

/// From this share of segments sent again on, in thousandths, and from so many segments sent on, it is a loss worth
/// looking at.
const RETRANSMITTED: u64 = 10;
const LEAST_SENT: u64 = 1000;

/// Whether a value other than zero is a sign of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// No.
    Plain,
    /// Yes, and why that matters.
    Trouble(&'static str),
}
use Sign::{Plain, Trouble};

const UNREAD: &str =
    "the process reads too slowly or its receive buffer is too small: data is lost or sent again";
const CORRUPT: &str = "something on the way damages packets";
const SLOW_ACCEPT: &str =
    "the process accepts too slowly or its backlog is too small: clients wait, or fail";
const MEMORY: &str =
    "sockets take more memory than tcp_mem allows: connections suffer until it is freed";
const SYN_FLOOD: &str =
    "more connections begin than the backlog allows: a burst, a flood or a small backlog";

/// Protocol, name, what it counts, and whether it is a sign of trouble. Several protocols count the same under the
/// same name.
const KNOWN: &[(&[&str], &str, &str, Sign)] = &[
    (&["TCP", "UDP"], "inuse", "sockets that are open", Plain),
    (&["TCP"], "orphan", "connections without a process that are still closing", Plain),
    (&["TCP"], "tw", "connections in TIME-WAIT", Plain),
    (&["TCP"], "alloc", "sockets that take memory, in all states", Plain),
    (&["TCP", "UDP"], "mem", "pages of memory for data in queues, of all namespaces", Plain),
    (&["Tcp"], "ActiveOpens", "connections that were opened from here", Plain),
    (&["Tcp"], "PassiveOpens", "connections that were accepted", Plain),
    (
        &["Tcp"],
        "AttemptFails",
        "connections that were refused or timed out before they stood",
        Plain,
    ),
    (&["Tcp"], "EstabResets", "connections that ended by a reset", Plain),
    (&["Tcp"], "CurrEstab", "connections that stand now", Plain),
    (&["Tcp"], "InSegs", "segments received", Plain),
    (&["Tcp"], "OutSegs", "segments sent", Plain),
    (&["Tcp"], "RetransSegs", "segments sent again", Plain),
    (&["Tcp"], "OutRsts", "resets sent", Plain),
    (&["Tcp"], "InErrs", "segments received damaged", Trouble(CORRUPT)),
    (
        &["Tcp", "Udp", "Udp6", "Icmp"],
        "InCsumErrors",
        "received with a wrong checksum",
        Trouble(CORRUPT),
    ),
    (
        &["TcpExt"],
        "ListenOverflows",
        "connections dropped as an accept queue was full",
        Trouble(SLOW_ACCEPT),
    ),
    (
        &["TcpExt"],
        "ListenDrops",
        "connections dropped at listeners for any reason",
        Trouble("clients wait and try again, or fail"),
    ),
    (
        &["TcpExt"],
        "TCPBacklogDrop",
        "segments dropped as a socket was busy too long",
        Trouble(UNREAD),
    ),
    (&["TcpExt"], "TCPRcvQDrop", "segments dropped as a receive queue was full", Trouble(UNREAD)),
    (&["TcpExt"], "PruneCalled", "times a receive queue was pressed together", Trouble(UNREAD)),
    (
        &["TcpExt"],
        "RcvPruned",
        "segments dropped from a receive queue to save memory",
        Trouble(UNREAD),
    ),
    (&["TcpExt"], "OfoPruned", "segments out of order dropped to save memory", Trouble(UNREAD)),
    (
        &["TcpExt"],
        "TCPOFODrop",
        "segments out of order dropped as there was no room",
        Trouble(UNREAD),
    ),
    (
        &["TcpExt"],
        "TCPZeroWindowDrop",
        "segments dropped as the window was closed",
        Trouble(UNREAD),
    ),
    (
        &["TcpExt"],
        "TCPToZeroWindowAdv",
        "times a receive buffer was full and the peer was told to stop",
        Plain,
    ),
    (
        &["TcpExt"],
        "TCPAbortOnMemory",
        "connections cut off as there were too many orphans or too little memory",
        Trouble(MEMORY),
    ),
    (
        &["TcpExt"],
        "TCPMemoryPressures",
        "times the memory of all TCP sockets became short",
        Trouble(MEMORY),
    ),
    (
        &["TcpExt"],
        "TCPMemoryPressuresChrono",
        "milliseconds for which it was short",
        Trouble(MEMORY),
    ),
    (
        &["TcpExt"],
        "TCPWqueueTooBig",
        "writes refused as the send queue had grown too long",
        Trouble(MEMORY),
    ),
    (
        &["TcpExt"],
        "TCPTimeouts",
        "times an acknowledgement did not come and a segment was sent again",
        Trouble("packets are lost or a peer does not answer: each costs at least 200 ms"),
    ),
    (
        &["TcpExt"],
        "TCPAbortOnTimeout",
        "connections given up as the peer answered no more",
        Trouble("peers vanish or the network drops what is sent"),
    ),
    (&["TcpExt"], "TCPAbortOnData", "connections closed with data unread or yet to come", Plain),
    (
        &["TcpExt"],
        "TCPAbortOnClose",
        "connections reset as the process closed them with data unread",
        Plain,
    ),
    (
        &["TcpExt"],
        "TCPAbortFailed",
        "resets that could not be sent",
        Trouble("there was no memory even to end a connection"),
    ),
    (&["TcpExt"], "TCPSynRetrans", "openings and answers to them that were sent again", Plain),
    (&["TcpExt"], "TCPLostRetransmit", "segments that were lost again when sent again", Plain),
    (&["TcpExt"], "TCPSpuriousRTOs", "timeouts that came too early", Plain),
    (
        &["TcpExt"],
        "SyncookiesSent",
        "answers without state as the queue of openings was full",
        Trouble(SYN_FLOOD),
    ),
    (
        &["TcpExt"],
        "TCPReqQFullDoCookies",
        "openings answered by cookies as their queue was full",
        Trouble(SYN_FLOOD),
    ),
    (
        &["TcpExt"],
        "TCPReqQFullDrop",
        "openings dropped as their queue was full",
        Trouble(SYN_FLOOD),
    ),
    (
        &["TcpExt"],
        "TCPTimeWaitOverflow",
        "connections not kept in TIME-WAIT as there were too many",
        Trouble("tcp_max_tw_buckets is reached: late segments may reach new connections"),
    ),
    (
        &["TcpExt"],
        "PFMemallocDrop",
        "packets dropped as the machine had no memory but its reserve",
        Trouble("the machine is out of memory"),
    ),
    (
        &["TcpExt"],
        "IPReversePathFilter",
        "packets dropped as their source has another way back",
        Trouble("routes differ by direction and rp_filter drops what comes in"),
    ),
    (
        &["TcpExt"],
        "TCPMD5NotFound",
        "segments dropped for want of a signature",
        Trouble("the peer does not sign what it sends"),
    ),
    (
        &["TcpExt"],
        "TCPMD5Failure",
        "segments dropped for a wrong signature",
        Trouble("the keys of the two ends differ"),
    ),
    (&["Udp", "Udp6"], "InDatagrams", "datagrams received", Plain),
    (&["Udp", "Udp6"], "OutDatagrams", "datagrams sent", Plain),
    (&["Udp", "Udp6"], "NoPorts", "datagrams to a port where nobody listens", Plain),
    (
        &["Udp", "Udp6"],
        "InErrors",
        "datagrams that could not be delivered",
        Trouble("datagrams were lost; the counters behind this one say why"),
    ),
    (
        &["Udp", "Udp6"],
        "RcvbufErrors",
        "datagrams dropped as a receive buffer was full",
        Trouble(UNREAD),
    ),
    (
        &["Udp", "Udp6"],
        "SndbufErrors",
        "datagrams not sent as a send buffer was full",
        Trouble("the process sends faster than the network takes it"),
    ),
    (
        &["Udp", "Udp6"],
        "MemErrors",
        "datagrams dropped for want of memory",
        Trouble("sockets take more memory than udp_mem allows"),
    ),
    (&["Ip", "Ip6"], "InHdrErrors", "packets with a wrong header", Trouble(CORRUPT)),
    (&["Ip", "Ip6"], "InAddrErrors", "packets to an address that is not here", Plain),
    (
        &["Ip", "Ip6"],
        "InDiscards",
        "packets dropped on the way in, though sound",
        Trouble("there was no room or a filter dropped them"),
    ),
    (
        &["Ip", "Ip6"],
        "OutDiscards",
        "packets dropped on the way out, though sound",
        Trouble("there was no room: a queue of the interface was full"),
    ),
    (
        &["Ip", "Ip6"],
        "OutNoRoutes",
        "packets with no route to where they were sent",
        Trouble("a route is missing"),
    ),
    (
        &["Ip", "Ip6"],
        "ReasmFails",
        "packets that could not be put together from fragments",
        Trouble("fragments are lost or came too late"),
    ),
    (&["Ip", "Ip6"], "FragFails", "packets that were too large and must not be cut", Plain),
    (&["IpExt"], "InNoRoutes", "packets that came with no route to go on", Plain),
    (&["IpExt"], "InTruncatedPkts", "packets shorter than they say", Trouble(CORRUPT)),
    (&["Ip6"], "InTooBigErrors", "packets larger than the next link takes", Plain),
    (&["Icmp", "Icmp6"], "InDestUnreachs", "answers that a destination can't be reached", Plain),
];

/// Adds the meaning and what is wrong to each counter.
pub(super) fn explain(counters: &mut Counters, view: &View) {
    for counter in &mut counters.0 {
        let is_it = |(protocols, name, ..): &&(&[&str], &str, &str, Sign)| {
            name.as_bytes() == counter.name.0
                && protocols.iter().any(|protocol| protocol.as_bytes() == counter.protocol.0)
        };
        let Some((.., meaning, sign)) = KNOWN.iter().find(is_it) else { continue };
        counter.meaning = Some(meaning);
        counter.abnormal = match sign {
            Trouble(why) if counter.value > 0 => Some((*why).to_owned()),
            _ => None,
        };
    }
    let sent = counters.get("Tcp", "OutSegs").unwrap_or(0);
    mark(counters, "Tcp", "RetransSegs", |again| {
        // Of a shift of few segments, a share says nothing.
        let thousandths = again.saturating_mul(1000).checked_div(sent)?;
        (sent >= LEAST_SENT && thousandths >= RETRANSMITTED).then(|| {
            let (whole, rest) = (thousandths / 10, thousandths % 10);
            format!("{whole}.{rest} % of what was sent: packets are lost on the way, or the way is congested")
        })
    });
    // Limits of the machine: namespaces other than its own do not show them.
    let most = |name: &str, at: usize| -> Option<u64> {
        let text = view.proc().ok()?.read(Path::new("sys/net/ipv4").join(name).to_str()?).ok()?;
        std::str::from_utf8(&text).ok()?.split_ascii_whitespace().nth(at)?.parse().ok()
    };
    let share = |value: u64, limit: Option<u64>, what: &str| {
        let limit = limit
            .filter(|limit| *limit > 0 && value.saturating_mul(10) >= limit.saturating_mul(8))?;
        Some(format!("near {what}, which is {limit}"))
    };
    mark(counters, "TCP", "orphan", |value| {
        share(
            value,
            most("tcp_max_orphans", 0),
            "tcp_max_orphans, beyond which connections are cut off",
        )
    });
    mark(counters, "TCP", "tw", |value| {
        share(value, most("tcp_max_tw_buckets", 0), "tcp_max_tw_buckets, beyond which none is kept")
    });
    for (protocol, name) in [("TCP", "tcp_mem"), ("UDP", "udp_mem")] {
        mark(counters, protocol, "mem", |value| {
            share(
                value,
                most(name, 1),
                &format!("the pressure mark of {name}, at which buffers shrink"),
            )
        });
    }
}

fn mark(
    counters: &mut Counters,
    protocol: &str,
    name: &str,
    why: impl FnOnce(u64) -> Option<String>,
) {
    let is_it = |counter: &&mut Counter| {
        counter.protocol.0 == protocol.as_bytes() && counter.name.0 == name.as_bytes()
    };
    if let Some(counter) = counters.0.iter_mut().find(is_it) {
        counter.abnormal = u64::try_from(counter.value).ok().and_then(why);
    }
}
