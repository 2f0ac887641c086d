//! `netstat`: the sockets in the format of `ss` by the flags of net-tools; `-s` for the counters.

use super::counters::Counters;
use super::select::{Asked, Selection};
use super::table::Look;
use super::{Fact, common, show, sockstat};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, table::print_json};
use crate::tools::{Tool, args};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};

pub(in crate::tools) const TOOL: Tool = Tool {
    name: "netstat",
    aliases: &[],
    summary: "List sockets as ss does, or the counters of the network",
    examples: &[
        ("netstat -tlnp", "Who listens on which port"),
        ("netstat -s", "What the network has done so far, and what went wrong"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Fact>>()),
    command: options,
    rewrite: None,
    run,
};

/// What other tools show, and which.
const ELSEWHERE: [(&str, char, &str); 3] =
    [("interfaces", 'i', "ip -s link"), ("route", 'r', "ip route"), ("groups", 'g', "ip maddress")];

fn options() -> Command {
    common("netstat", TOOL.summary)
        .after_help("The format is that of ss, which has filters and tells more of TCP.")
        .arg(args::flag("wide", 'W', "Whole addresses (always so)"))
        .arg(args::flag("timers", 'o', "Timers"))
        .arg(args::flag(
            "statistics",
            's',
            "The counters that are not zero, as sockstat shows them",
        ))
        .args(ELSEWHERE.map(|(long, short, _)| args::flag(long, short, "").hide(true)))
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let flag = |name: &str| matches.get_flag(name);
    if let Some((_, short, tool)) = ELSEWHERE.iter().find(|(long, ..)| flag(long)) {
        return Err(
            Error::usage(format!("-{short} is not done here")).hint(format!("{tool} shows it"))
        );
    }
    let is_json = flag("json");
    if flag("statistics") {
        let counters = Counters::read(view)?.0;
        if is_json {
            let facts: Vec<Fact> = counters.into_iter().map(Fact::Counter).collect();
            print_json(io, &facts)?;
        } else {
            sockstat::print(io, &counters, false)?;
        }
        return Ok(Exit::OK);
    }
    let mut selection = Selection::new(matches);
    let drops = is_json || io.stdout.is_terminal();
    selection.asked = Asked { timer: flag("timers"), drops, ..Asked::default() };
    let look = Look { extended: flag("extended"), ..Look::default() };
    show(view, &selection, look, is_json.then(Vec::new), io)
}
