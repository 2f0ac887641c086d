//! `net`, also `ss`, and `netstat`: the sockets of the target's network namespace and the processes that hold them.
//! `sockstat`: the counters of that namespace.

mod counters;
mod filter;
mod listeners;
mod meaning;
mod netstat;
mod owners;
mod procfs;
mod select;
mod sock_diag;
pub(super) mod socket;
mod sockstat;
mod summary;
mod table;
mod tcp;

pub(super) use netstat::TOOL as NETSTAT;
pub(super) use sockstat::TOOL as SOCKSTAT;

use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, table::print_json};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use counters::Counter;
use select::{Asked, Selection};
use serde::Serialize;
use socket::{Kind, Socket};
use std::ffi::OsString;
use std::io::Write;
use summary::Summary;
use table::Look;

pub(super) const TOOL: Tool = Tool {
    name: "net",
    aliases: &["ss"],
    summary: "List sockets and the processes that hold them",
    examples: &[
        ("ss -tlnp", "Who listens on which port, and how full the accept queues are"),
        (
            "ss -tip state established dport = :5432",
            "How the connections to a database fare: round trips, losses, rates",
        ),
        ("ss -tan state time-wait | wc -l", "How many connections are in TIME-WAIT"),
        ("ss -tlm --explain", "Which accept queues are full, and what was dropped at them"),
    ],
    // The namespace or the procfs of a process in it: either will do.
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Fact>>()),
    command: options,
    rewrite: None,
    run,
};

/// What `net` and `netstat` print as JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Fact {
    /// Without `-s`.
    Socket(Box<Socket>),
    /// With `-s` of `ss`: one object.
    Summary(Summary),
    /// With `-s` of `netstat`.
    Counter(Counter),
}

/// The options that both `ss` and `netstat` have.
fn common(name: &'static str, about: &'static str) -> Command {
    command(name, about)
        .args([
            args::flag("tcp", 't', "TCP sockets"),
            args::flag("udp", 'u', "UDP sockets"),
            args::flag("raw", 'w', "Raw sockets"),
            args::flag("unix", 'x', "Unix sockets"),
            args::flag("ipv4", '4', "IPv4 only"),
            args::flag("ipv6", '6', "IPv6 only"),
        ])
        .arg(args::flag("listening", 'l', "Listening sockets only"))
        .arg(args::flag("all", 'a', "Sockets in every state, TIME-WAIT as well"))
        .arg(args::flag("numeric", 'n', "Numbers (always so)"))
        .arg(args::flag("processes", 'p', "Processes (always so)"))
        .arg(args::flag("extended", 'e', "User, inode and the kernel's number of each socket"))
        .arg(args::json_flag())
}

fn options() -> Command {
    common("net", TOOL.summary)
        .after_help(
            "Without options: TCP and UDP, listening and connected. Addresses, ports and rates are always numbers, \
             processes are always shown where they may be known. On a terminal, full accept queues and what was \
             dropped at listeners are told below the table (elsewhere with --explain).\n\n\
             FILTER, as in iproute2: [state STATE | exclude STATE]… [CONDITION…]; STATE as shown, or all, \
             connected, synchronized, bucket, big, listening, closed; CONDITION src ADDRESS[/BITS][:PORT], dst …, \
             sport OP :PORT, dport …, not, and, or, ( ); OP = != < <= > >= or eq ne lt le gt ge. `and` and `or` bind alike, from \
             left to right.",
        )
        .arg(args::flag("info", 'i', "Internals of TCP: windows, round trips, losses, rates"))
        .arg(args::flag("memory", 'm', "Memory of each socket"))
        .arg(args::flag("options", 'o', "Timers; with -i the options of TCP as well"))
        .arg(args::flag("summary", 's', "How many sockets there are"))
        .arg(args::flag("oneline", 'O', "What -i and -m tell in the same line"))
        .arg(args::flag("no-header", 'H', "No headings"))
        .arg(args::flag("explain", None, "Say in words how full accept queues are"))
        .arg(
            Arg::new("FILTER")
                .num_args(0..)
                .value_parser(clap::value_parser!(OsString))
                .help("What the sockets must be like"),
        )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let flag = |name: &str| matches.get_flag(name);
    let (is_json, explain) = (flag("json"), flag("explain") || io.stdout.is_terminal());
    let words = args::operands(matches, "FILTER");
    let mut selection = Selection::new(matches).filtered(&words, view)?;
    selection.asked = Asked {
        info: flag("info"),
        memory: flag("memory"),
        timer: flag("options"),
        drops: is_json || explain,
    };
    let mut facts = Vec::new();
    if flag("summary") {
        let summary = Summary::read(view)?;
        if is_json {
            facts.push(Fact::Summary(summary));
        } else {
            summary.print(io)?;
        }
        let also = ["tcp", "udp", "raw", "unix", "ipv4", "ipv6", "listening", "all"];
        if words.is_empty() && !also.into_iter().any(flag) {
            if is_json {
                print_json(io, &facts)?;
            }
            return Ok(Exit::OK);
        }
    }
    let look = Look {
        no_header: flag("no-header"),
        extended: flag("extended"),
        one_line: flag("oneline"),
        options: flag("options"),
        explain: flag("explain"),
    };
    show(view, &selection, look, is_json.then_some(facts), io)
}

/// Prints the sockets: as JSON behind the `facts`, where there are any, else as a table.
fn show(
    view: &View,
    selection: &Selection,
    look: Look,
    facts: Option<Vec<Fact>>,
    io: &mut Io,
) -> Result<Exit> {
    let (mut sockets, denied) = find(view, selection)?;
    if selection.asked.drops {
        listeners::look(view, selection, &mut sockets);
    }
    // Netlink tells the cookie of each.
    let is_by_file = sockets.iter().any(|socket| socket.cookie.is_none());
    let denied = denied.filter(|_| sockets.iter().any(|socket| socket.processes.is_none()));
    if let Some(mut facts) = facts {
        facts.extend(sockets.into_iter().map(|socket| Fact::Socket(Box::new(socket))));
        print_json(io, &facts)?;
    } else {
        table::print(io, selection, look, &sockets)?;
        if selection.asked.drops {
            listeners::explain(io, &sockets, look.explain)?;
        }
    }
    let asked = selection.asked;
    if is_by_file && (asked.info || asked.memory || asked.timer) {
        tell(
            io,
            "what -i, -m and -o ask for is not known: it comes by netlink alone, which could not be asked",
        )?;
    }
    if let Some(why) = denied {
        tell(io, &format!("not all processes that hold sockets are known: {why}"))?;
    }
    Ok(Exit::OK)
}

fn tell(io: &mut Io, text: &str) -> Result<()> {
    io.stdout.flush()?;
    writeln!(io.stderr, "net: {text}")?;
    Ok(io.stderr.flush()?)
}

/// The sockets with their processes, and why some of these may be unknown.
fn find(view: &View, selection: &Selection) -> Result<(Vec<Socket>, Option<String>)> {
    let mut sockets = Vec::new();
    for (kind, is_v6) in selection.kinds() {
        list(view, selection, kind, is_v6, &mut sockets)?;
    }
    let denied = match view.proc() {
        Ok(proc) => {
            let map = proc.uid_map();
            sockets.iter_mut().for_each(|s| s.uid = s.uid.map(|uid| map.inside(uid)));
            owners::find(proc, &mut sockets)?
        }
        Err(error) => Some(error.to_string()),
    };
    Ok((sockets, denied))
}

/// Every socket of the target, without its processes. A kind that can't be listed is left out.
pub(super) fn all(view: &View) -> Vec<Socket> {
    let selection = Selection::everything();
    let mut sockets = Vec::new();
    for (kind, is_v6) in selection.kinds() {
        let _ = list(view, &selection, kind, is_v6, &mut sockets);
    }
    sockets
}

/// Asks the kernel by netlink, which names no socket wrongly, and reads the procfs where it may not or can't answer.
fn list(
    view: &View,
    selection: &Selection,
    kind: Kind,
    is_v6: bool,
    sockets: &mut Vec<Socket>,
) -> Result<()> {
    let refused = match view.net() {
        Ok(_) => match sock_diag::list(selection, kind, is_v6, sockets) {
            Ok(()) => return Ok(()),
            Err(errno) => Error::from(errno).context("asking the kernel for sockets"),
        },
        Err(missing) => missing,
    };
    let Ok(proc) = view.proc() else { return Err(refused) };
    procfs::list(&proc.main()?, selection, kind, is_v6, sockets)
}
