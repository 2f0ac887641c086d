//! `limits`: the resource limits of a process, with what it uses of them where that can be counted (getrlimit(2)).

use super::process::{chosen, failed};
use super::{Tool, args, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Column, Io, Shape, print_rows};
use crate::view::{Needs, Process, View};
use clap::{ArgMatches, Command};
use nix::unistd::{SysconfVar, sysconf};
use serde::Serialize;

pub(super) const TOOL: Tool = Tool {
    name: "limits",
    aliases: &[],
    summary: "Show resource limits and how much of them is used",
    examples: &[
        ("limits", "Which limit is nearly used up: the last column tells"),
        ("limits | grep NOFILE", "Too many open files: how many of how many"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Limit>>()),
    command: options,
    rewrite: None,
    run,
};

const COLUMNS: [Column; 7] = [
    Column::left("RESOURCE"),
    Column::left("DESCRIPTION"),
    Column::right("SOFT"),
    Column::right("HARD"),
    Column::left("UNIT"),
    Column::right("USED"),
    Column::right("SHARE"),
];

/// The kernel's names in `/proc/PID/limits` and those of getrlimit(2).
const NAMES: [(&str, &str); 16] = [
    ("Max cpu time", "CPU"),
    ("Max file size", "FSIZE"),
    ("Max data size", "DATA"),
    ("Max stack size", "STACK"),
    ("Max core file size", "CORE"),
    ("Max resident set", "RSS"),
    ("Max processes", "NPROC"),
    ("Max open files", "NOFILE"),
    ("Max locked memory", "MEMLOCK"),
    ("Max address space", "AS"),
    ("Max file locks", "LOCKS"),
    ("Max pending signals", "SIGPENDING"),
    ("Max msgqueue size", "MSGQUEUE"),
    ("Max nice priority", "NICE"),
    ("Max realtime priority", "RTPRIO"),
    ("Max realtime timeout", "RTTIME"),
];

fn options() -> Command {
    command("limits", TOOL.summary)
        .after_help(
            "NPROC and SIGPENDING count all that the real user has, on the whole machine; SHARE is of the soft limit.",
        )
        .arg(args::pid())
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Limit {
    /// As getrlimit(2) has it, without RLIMIT_.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = NAMES.map(|(_, name)| name))))]
    resource: &'static str,
    description: String,
    /// `None` for no limit.
    soft: Option<u64>,
    hard: Option<u64>,
    /// What the numbers count.
    unit: Option<String>,
    /// `None` where it can't be counted.
    used: Option<u64>,
    /// Of the soft limit.
    share_percent: Option<f64>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let process = chosen(view, matches)?;
    let bytes = process.read("limits").map_err(|e| failed(&process, "limits", e))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut rows: Vec<Limit> = text.lines().filter_map(parse).collect();
    let status = process.read("status").map_err(|e| failed(&process, "status", e))?;
    let status = String::from_utf8_lossy(&status);
    for row in &mut rows {
        row.used = used(view, &process, &status, row.resource);
        row.share_percent = match (row.used, row.soft) {
            (Some(used), Some(soft)) if soft > 0 => {
                Some((1000.0 * used as f64 / soft as f64).round() / 10.0)
            }
            _ => None,
        };
    }
    print_rows(io, matches.get_flag("json"), &COLUMNS, &rows)?;
    Ok(Exit::OK)
}

/// A line of `/proc/PID/limits`: a name with spaces in it, two limits, perhaps a unit.
fn parse(line: &str) -> Option<Limit> {
    let (name, resource) = NAMES.iter().find(|(name, _)| {
        // `Max processes` and the like are followed by at least two spaces.
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '))
    })?;
    let mut words = line[name.len()..].split_whitespace();
    let mut limit = || -> Option<Option<u64>> {
        match words.next()? {
            "unlimited" => Some(None),
            number => Some(Some(number.parse().ok()?)),
        }
    };
    let (soft, hard) = (limit()?, limit()?);
    Some(Limit {
        resource,
        description: name.trim_start_matches("Max ").to_owned(),
        soft,
        hard,
        unit: words.next().map(str::to_owned),
        used: None,
        share_percent: None,
    })
}

fn used(view: &View, process: &Process, status: &str, resource: &str) -> Option<u64> {
    let words = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()
    };
    let bytes = |name: &str| Some(words(name)?.parse::<u64>().ok()? * 1024);
    match resource {
        "CPU" => {
            let stat = process.stat().ok()?;
            let hertz = sysconf(SysconfVar::CLK_TCK).ok().flatten().map_or(100, |n| n as u64);
            Some((stat.utime + stat.stime) / hertz)
        }
        "NOFILE" => Some(process.numbers("fd").ok()?.len() as u64),
        "NPROC" => view.proc().ok()?.threads_of(words("Uid:")?.parse().ok()?).ok(),
        "SIGPENDING" => words("SigQ:")?.split_once('/')?.0.parse().ok(),
        "DATA" => bytes("VmData:"),
        "STACK" => bytes("VmStk:"),
        "RSS" => bytes("VmRSS:"),
        "MEMLOCK" => bytes("VmLck:"),
        "AS" => bytes("VmSize:"),
        _ => None,
    }
}

impl crate::output::Row for Limit {
    fn cells(&self) -> Vec<String> {
        let limit = |n: Option<u64>| n.map_or_else(|| "unlimited".into(), |n| n.to_string());
        vec![
            self.resource.to_owned(),
            self.description.clone(),
            limit(self.soft),
            limit(self.hard),
            self.unit.clone().unwrap_or_default(),
            self.used.map_or_else(|| "-".into(), |n| n.to_string()),
            self.share_percent.map_or_else(|| "-".into(), |n| format!("{n:.1}%")),
        ]
    }
}
