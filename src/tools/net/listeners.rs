//! The accept queues of listening TCP sockets (listen(2)), and what was dropped at them.
//!
//! A connection that stands waits there until the process accepts it. The kernel refuses none before more wait than the
//! limit: a queue with a limit of 5 holds 6. What comes after that is dropped and tried again by the client.

use super::counters::Counters;
use super::select::Selection;
use super::socket::Socket;
use crate::error::Result;
use crate::output::Io;
use crate::view::View;
use serde::Serialize;
use std::io::Write;

/// A queue is nearly full from this share of its limit on, in tenths.
const NEARLY: u64 = 8;

/// How full the accept queue of a listener is.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Listener {
    /// Connections that wait for accept(2): `recv_q`.
    waiting: Option<u32>,
    /// How many may wait: `send_q`, the lesser of listen(2)'s backlog and `net.core.somaxconn`.
    limit: Option<u32>,
    /// `empty`, `waiting`, `nearly full` (80 % and more) or `full` (more come and are dropped); `null` when not known.
    state: Option<&'static str>,
    /// Connections that were dropped at this listener; `null` where netlink could not be asked.
    drops: Option<u32>,
    /// Connections that were dropped at any listener of the namespace as its queue was full (`ListenOverflows`).
    namespace_overflows: Option<u64>,
    /// Connections that were dropped at any listener of the namespace for any reason (`ListenDrops`).
    namespace_drops: Option<u64>,
}

fn state(waiting: u32, limit: u32) -> &'static str {
    match (u64::from(waiting), u64::from(limit)) {
        (0, _) => "empty",
        (waiting, limit) if waiting > limit => "full",
        (waiting, limit) if waiting * 10 >= limit * NEARLY => "nearly full",
        _ => "waiting",
    }
}

/// Tells of each listener how full it is.
pub(super) fn look(view: &View, selection: &Selection, sockets: &mut [Socket]) {
    // Where the counters can't be read, the queues still can.
    let has_listener = sockets.iter().any(Socket::is_tcp_listener);
    let counters = if has_listener { Counters::read(view).ok() } else { None };
    let count = |name| counters.as_ref().and_then(|counters| counters.get("TcpExt", name));
    let (overflows, drops) = (count("ListenOverflows"), count("ListenDrops"));
    for socket in sockets {
        let dropped = socket.memory.and_then(|memory| memory.drops);
        socket.memory = socket.memory.filter(|_| selection.asked.memory);
        if socket.is_tcp_listener() {
            socket.listener = Some(Listener {
                waiting: socket.recv_q,
                limit: socket.send_q,
                state: socket
                    .recv_q
                    .zip(socket.send_q)
                    .map(|(waiting, limit)| state(waiting, limit)),
                drops: dropped,
                namespace_overflows: overflows,
                namespace_drops: drops,
            });
        }
    }
}

/// Says in words which queues are full and what was dropped; with `always`, also what the columns mean.
pub(super) fn explain(io: &mut Io, sockets: &[Socket], always: bool) -> Result<()> {
    let mut notes: Vec<String> = sockets.iter().filter_map(note).collect();
    let Some(any) = sockets.iter().find_map(|socket| socket.listener) else { return Ok(()) };
    if let Some(drops) = any.namespace_drops.filter(|drops| *drops > 0) {
        let overflows = any.namespace_overflows.unwrap_or(0);
        notes.push(format!(
            "in this network namespace {drops} connections were dropped at listeners so far (ListenDrops), \
             {overflows} of them as an accept queue was full (ListenOverflows)"
        ));
    }
    let is_known = sockets.iter().filter_map(|s| s.listener).all(|l| l.state.is_some());
    if always {
        let fine = match (is_known, notes.is_empty()) {
            (false, _) => {
                "how many may wait is not known: it comes by netlink alone, which could not be asked"
            }
            (true, true) => {
                "no accept queue is full or nearly so, and none has dropped a connection"
            }
            (true, false) => {
                "a process that accepts too slowly fills its queue, and so does too small a limit (listen(2), \
                 net.core.somaxconn)"
            }
        };
        notes.push(fine.to_owned());
        let columns = "of a listening TCP socket, Recv-Q is how many connections wait for accept(2), Send-Q \
                       how many may";
        notes.insert(0, columns.to_owned());
    }
    if !notes.is_empty() {
        writeln!(io.stdout)?;
    }
    Ok(notes.iter().try_for_each(|note| writeln!(io.stdout, "{note}"))?)
}

/// What is wrong with one listener, if anything.
fn note(socket: &Socket) -> Option<String> {
    let listener = socket.listener?;
    let mut what = Vec::new();
    if let (Some(state @ ("full" | "nearly full")), Some(waiting), Some(limit)) =
        (listener.state, listener.waiting, listener.limit)
    {
        what.push(format!("the accept queue is {state}, {waiting} waiting of {limit}"));
    }
    match listener.drops {
        Some(0) | None => {}
        Some(1) => what.push("1 connection was dropped here".to_owned()),
        Some(drops) => what.push(format!("{drops} connections were dropped here")),
    }
    if what.is_empty() {
        return None;
    }
    let mut note = String::new();
    socket.write_end(true, &mut note);
    note.push(' ');
    socket.write_processes(false, &mut note);
    Some(format!("{note}: {}", what.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::state;

    #[test]
    fn a_queue_is_full_when_more_wait_than_its_limit() {
        for (waiting, limit, expected) in [
            (0, 0, "empty"),
            (1, 0, "full"),
            (3, 5, "waiting"),
            (4, 5, "nearly full"),
            (5, 5, "nearly full"),
            (6, 5, "full"),
            (u32::MAX, u32::MAX, "nearly full"),
        ] {
            assert_eq!(state(waiting, limit), expected, "{waiting} of {limit}");
        }
    }
}
