//! `net`, also `ss` and `netstat`: the sockets of the target's network namespace and the processes that hold them.

mod owners;
mod procfs;
mod sock_diag;
pub(super) mod socket;

use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Align, Io, Shape, print_lines, table::print_json};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use socket::{Kind, Socket};
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "net",
    aliases: &["ss", "netstat"],
    summary: "List sockets and the processes that hold them",
    examples: &[
        ("net -tln", "What listens, and where: 127.0.0.1 is not reached from outside"),
        ("net -tan | grep CLOSE-WAIT", "Connections that the peer closed and the app did not"),
        ("ss -tanp", "The same by the name that hands know"),
    ],
    // The namespace or the procfs of a process in it: either will do.
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<socket::Socket>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    let kinds = [
        args::flag("tcp", 't', "TCP sockets"),
        args::flag("udp", 'u', "UDP sockets"),
        args::flag("raw", 'w', "Raw sockets"),
        args::flag("unix", 'x', "Unix sockets"),
        args::flag("ipv4", '4', "IPv4 only"),
        args::flag("ipv6", '6', "IPv6 only"),
    ];
    command("net", TOOL.summary)
        .after_help(
            "Without options: TCP and UDP, listening and connected. Addresses and ports are always numbers, \
             processes are always shown where they may be known.",
        )
        .args(kinds)
        .arg(args::flag("listening", 'l', "Listening sockets only"))
        .arg(args::flag("all", 'a', "Sockets in every state, TIME-WAIT as well"))
        .arg(args::flag("numeric", 'n', "Numbers (always so)"))
        .arg(args::flag("processes", 'p', "Processes (always so)"))
        .arg(args::flag("extended", 'e', "User and inode of each socket"))
        .arg(args::flag("no-header", 'H', "No headings"))
        .arg(args::json_flag())
}

/// Which sockets were asked for.
#[derive(Clone, Copy, Debug)]
struct Filter {
    tcp: bool,
    udp: bool,
    raw: bool,
    unix: bool,
    v4: bool,
    v6: bool,
    /// Bit n for the kernel's state n (`include/net/tcp_states.h`).
    states: u32,
}

impl Filter {
    fn new(matches: &ArgMatches) -> Filter {
        let flag = |name| matches.get_flag(name);
        let any_kind = ["tcp", "udp", "raw", "unix"].into_iter().any(flag);
        let any_family = flag("ipv4") || flag("ipv6");
        let states = match () {
            () if flag("all") => socket::ALL,
            () if flag("listening") => socket::LISTENING,
            () => socket::ALL & !socket::PASSING,
        };
        Filter {
            tcp: flag("tcp") || !any_kind,
            udp: flag("udp") || !any_kind,
            raw: flag("raw"),
            unix: flag("unix"),
            v4: flag("ipv4") || !any_family,
            v6: flag("ipv6") || !any_family,
            states,
        }
    }

    /// The kinds of sockets asked for, with whether they are IPv6.
    fn kinds(self) -> impl Iterator<Item = (Kind, bool)> {
        let inet = [(Kind::Udp, self.udp), (Kind::Raw, self.raw), (Kind::Tcp, self.tcp)];
        let families = move |kind| {
            [(kind, false, self.v4), (kind, true, self.v6)]
                .into_iter()
                .filter(|(.., wanted)| *wanted)
        };
        let inet =
            inet.into_iter().filter(|(_, wanted)| *wanted).flat_map(move |(k, _)| families(k));
        let unix = self.unix.then_some((Kind::Unix, false));
        unix.into_iter().chain(inet.map(|(kind, is_v6, _)| (kind, is_v6)))
    }

    fn has_state(self, state: u8) -> bool {
        state < 32 && self.states & (1 << state) != 0
    }
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let filter = Filter::new(matches);
    let mut sockets = Vec::new();
    for (kind, is_v6) in filter.kinds() {
        list(view, filter, kind, is_v6, &mut sockets)?;
    }
    let denied = match view.proc() {
        Ok(proc) => {
            let map = proc.uid_map();
            sockets.iter_mut().for_each(|s| s.uid = s.uid.map(|uid| map.inside(uid)));
            owners::find(proc, &mut sockets)?
        }
        Err(error) => Some(error.to_string()),
    };
    if matches.get_flag("json") {
        print_json(io, &sockets)?;
    } else {
        print_table(io, matches, filter, &sockets)?;
    }
    if let Some(why) = denied.filter(|_| sockets.iter().any(|s| s.processes.is_none())) {
        io.stdout.flush()?;
        writeln!(io.stderr, "net: not all processes that hold sockets are known: {why}")?;
        io.stderr.flush()?;
    }
    Ok(Exit::OK)
}

/// Every socket of the target, without its processes. A kind that can't be listed is left out.
pub(super) fn all(view: &View) -> Vec<Socket> {
    let filter = Filter {
        tcp: true,
        udp: true,
        raw: true,
        unix: true,
        v4: true,
        v6: true,
        states: socket::ALL & !socket::PASSING,
    };
    let mut sockets = Vec::new();
    for (kind, is_v6) in filter.kinds() {
        let _ = list(view, filter, kind, is_v6, &mut sockets);
    }
    sockets
}

/// Asks the kernel by netlink, which names no socket wrongly, and reads the procfs where it may not or can't answer.
fn list(
    view: &View,
    filter: Filter,
    kind: Kind,
    is_v6: bool,
    sockets: &mut Vec<Socket>,
) -> Result<()> {
    let refused = match view.net() {
        Ok(_) => match sock_diag::list(filter, kind, is_v6, sockets) {
            Ok(()) => return Ok(()),
            Err(errno) => Error::from(errno).context("asking the kernel for sockets"),
        },
        Err(missing) => missing,
    };
    let Ok(proc) = view.proc() else { return Err(refused) };
    procfs::list(&proc.main()?, filter, kind, is_v6, sockets)
}

fn print_table(
    io: &mut Io,
    matches: &ArgMatches,
    filter: Filter,
    sockets: &[Socket],
) -> Result<()> {
    use Align::{Left, Right};
    let aligns = [Left, Left, Right, Right, Left, Left, Left];
    let heads = [
        "Netid",
        "State",
        "Recv-Q",
        "Send-Q",
        "Local Address:Port",
        "Peer Address:Port",
        "Process",
    ];
    // As ss: no kind when only one was asked for. Unix sockets are of several.
    let is_one = [filter.tcp, filter.udp, filter.raw].into_iter().filter(|kind| *kind).count() == 1;
    let skip = usize::from(is_one && !filter.unix);
    let mut lines = Vec::with_capacity(sockets.len() + 1);
    if !matches.get_flag("no-header") {
        lines.push(heads[skip..].iter().map(|head| (*head).to_owned()).collect());
    }
    let extended = matches.get_flag("extended");
    lines.extend(sockets.iter().map(|socket| socket.cells(extended).split_off(skip)));
    print_lines(io, &aligns[skip..], &lines, true)
}
