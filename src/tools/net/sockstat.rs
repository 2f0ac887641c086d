//! `sockstat`: the counters of the target's network namespace, with what they mean and which are a sign of trouble.

use super::counters::{Counter, Counters};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, quote, table::print_json};
use crate::tools::{Tool, args, command};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::io::Write;

pub(in crate::tools) const TOOL: Tool = Tool {
    name: "sockstat",
    aliases: &[],
    summary: "Show the counters of the network, and which are a sign of trouble",
    examples: &[
        ("sockstat", "What the network has done so far, and what went wrong"),
        (
            "sockstat --abnormal",
            "Only what went wrong: overflows, drops, errors, and why each matters",
        ),
        ("sockstat -a tcp udp", "Every counter of TCP and UDP, zeros as well"),
    ],
    // The procfs shows the namespace even where the target has ended.
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Counter>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("sockstat", TOOL.summary)
        .after_help(
            "Of /proc/PID/net/{sockstat,sockstat6,snmp,snmp6,netstat}, by the kernel's names. A ! marks what is a sign \
             of trouble. Counters grow from the making of the network namespace on: what matters is whether they \
             still do. Protocols are named in any case, and tcp means Tcp, TcpExt and TCP.",
        )
        .arg(args::flag("all", 'a', "Zeros as well"))
        .arg(args::flag("abnormal", None, "Signs of trouble only"))
        .arg(args::json_flag())
        .arg(
            clap::Arg::new("PROTOCOL")
                .num_args(0..)
                .value_parser(clap::value_parser!(std::ffi::OsString))
                .help("Of these only: tcp, udp, ip, icmp …"),
        )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut counters = Counters::read(view)?.0;
    let names = args::operands(matches, "PROTOCOL");
    if let Some(name) = names.iter().find(|name| !counters.iter().any(|c| is_of(c, name))) {
        return Err(Error::usage(format!("no protocol is called {}", quote(args::os(name)))));
    }
    counters.retain(|counter| names.is_empty() || names.iter().any(|name| is_of(counter, name)));
    if matches.get_flag("abnormal") {
        counters.retain(|counter| counter.abnormal.is_some());
    }
    if matches.get_flag("json") {
        print_json(io, &counters)?;
    } else {
        print(io, &counters, matches.get_flag("all"))?;
    }
    Ok(Exit::OK)
}

/// Whether the protocol's name begins with `name`.
fn is_of(counter: &Counter, name: &[u8]) -> bool {
    let start = counter.protocol.0.get(..name.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// A section for each protocol.
pub(super) fn print(io: &mut Io, counters: &[Counter], zeros: bool) -> Result<()> {
    let shown: Vec<&Counter> =
        counters.iter().filter(|counter| zeros || counter.value != 0).collect();
    let widest = |cell: fn(&Counter) -> usize| shown.iter().map(|c| cell(c)).max().unwrap_or(0);
    let names = widest(|counter| counter.name.visible().len());
    let values = widest(|counter| counter.value.to_string().len());
    for section in shown.chunk_by(|one, next| one.protocol == next.protocol) {
        if let [first, ..] = section {
            writeln!(io.stdout, "{}", first.protocol.visible())?;
        }
        for counter in section {
            let mark = if counter.abnormal.is_some() { '!' } else { ' ' };
            let (name, value) = (counter.name.visible(), counter.value);
            write!(io.stdout, "{mark} {name:<names$}  {value:>values$}")?;
            match (counter.meaning, &counter.abnormal) {
                (Some(meaning), Some(why)) => writeln!(io.stdout, "  {meaning}: {why}")?,
                (Some(meaning), None) => writeln!(io.stdout, "  {meaning}")?,
                (None, Some(why)) => writeln!(io.stdout, "  {why}")?,
                (None, None) => writeln!(io.stdout)?,
            }
        }
    }
    Ok(())
}
