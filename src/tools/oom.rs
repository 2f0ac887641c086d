//! `oom`: whom the kernel's OOM killer would take first, and what it has taken (proc_pid_oom_score(5)).

use super::cgroup::facts;
use super::{Tool, args, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::order;
use crate::output::{Align, Io, Shape, Text, print_lines, table::print_json, units::human};
use crate::view::{Needs, Process, View};
use clap::{ArgMatches, Command};
use nix::errno::Errno;
use serde::Serialize;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "oom",
    aliases: &[],
    summary: "Rank the processes as the OOM killer would, with its kills so far",
    examples: &[
        ("oom", "Who goes first when memory runs out, and how many went before"),
        ("oom --json", "Scores and resident bytes, for a script"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Report>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("oom", TOOL.summary)
        .after_help("The first in the list goes first. An adjustment of -1000 spares a process, 1000 gives it up.")
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Report {
    /// By the main process's memory cgroup; `None` where that can't be read.
    oom_kills: Option<u64>,
    processes: Vec<Candidate>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Candidate {
    pid: i32,
    /// As the kernel sees the whole machine: 0 to 2000.
    score: i64,
    /// -1000 spares it, 1000 gives it up first.
    adjustment: i64,
    rss_bytes: u64,
    command: Text,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let memory = view.cgroup().as_ref().ok().and_then(facts::memory);
    let mut processes: Vec<Candidate> =
        view.proc()?.iter()?.filter_map(|process| candidate(&process).ok()).collect();
    order::sort_by_key(&mut processes, |p| (std::cmp::Reverse(p.score), p.pid));
    let report = Report { oom_kills: memory.and_then(|memory| memory.oom_kills), processes };
    if matches.get_flag("json") {
        print_json(io, &[report])?;
        return Ok(Exit::OK);
    }
    let heads = ["SCORE", "ADJUST", "RSS", "PID", "COMMAND"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    lines.extend(report.processes.iter().map(|p| {
        vec![
            p.score.to_string(),
            p.adjustment.to_string(),
            human(p.rss_bytes),
            p.pid.to_string(),
            p.command.visible().into_owned(),
        ]
    }));
    use Align::{Left, Right};
    print_lines(io, &[Right, Right, Right, Right, Left], &lines, true)?;
    let kills = report.oom_kills.map_or_else(|| "unknown".into(), |kills| kills.to_string());
    writeln!(io.stdout, "\nOOM kills in the cgroup so far: {kills}")?;
    Ok(Exit::OK)
}

fn candidate(process: &Process) -> Result<Candidate, Errno> {
    let number = |name: &str| {
        let text = process.read(name)?;
        std::str::from_utf8(&text).ok().and_then(|n| n.trim().parse().ok()).ok_or(Errno::EIO)
    };
    let comm = process.read("comm")?;
    Ok(Candidate {
        pid: process.pid,
        score: number("oom_score")?,
        adjustment: number("oom_score_adj")?,
        rss_bytes: process.facts()?.resident.saturating_mul(1024),
        command: Text::from(comm.strip_suffix(b"\n").unwrap_or(&comm)),
    })
}
