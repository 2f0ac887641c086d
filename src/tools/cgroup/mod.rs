//! `cgroup`: what the kernel counts and limits for the target, of either version of cgroups (cgroups(7)).

pub(super) mod facts;

use super::{Tool, args, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Align, Io, Shape, Text, print_lines, table::print_json, units::human};
use crate::view::{Cgroup, Cgroups, Needs, View};
use clap::{ArgMatches, Command};
use facts::{Cpu, Device, Memory, Pids, Pressure};
use serde::Serialize;

pub(super) const TOOL: Tool = Tool {
    name: "cgroup",
    aliases: &[],
    summary: "Show use, limits, throttling and OOM kills of the cgroup",
    examples: &[
        ("cgroup", "Throttled, near the memory limit, or OOM-killed before: all on one page"),
        (
            "cgroup --json",
            "The same numbers in bytes and seconds, for two samples and their difference",
        ),
        ("cgroup -p 42", "The group of another process, where the target makes groups of its own"),
    ],
    // It asks for the cgroups, which have no other use.
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Report>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("cgroup", TOOL.summary)
        .after_help(
            "Of the main process. A limit is the tightest of the group's and of those above it.",
        )
        .arg(args::pid())
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Report {
    memory: Option<Memory>,
    cpu: Option<Cpu>,
    pids: Option<Pids>,
    io: Option<Vec<Device>>,
    pressure: Vec<Pressure>,
    /// What could not be told, and why.
    missing: Vec<Absent>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Absent {
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["memory", "cpu", "pids", "io", "pressure"])))]
    resource: &'static str,
    why: String,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let cgroups = match matches.get_one::<i32>("pid") {
        Some(pid) => {
            view.proc()?.process(*pid).and_then(|process| view.proc()?.cgroups_of(&process))
        }
        None => view.cgroup(),
    };
    let report = Report::new(&cgroups?);
    if matches.get_flag("json") {
        print_json(io, &[report])?;
        return Ok(Exit::OK);
    }
    let mut lines = vec![["RESOURCE", "FACT", "VALUE"].map(str::to_owned).to_vec()];
    lines.extend(
        report
            .lines()
            .into_iter()
            .map(|(resource, fact, value)| vec![resource.to_owned(), fact, value]),
    );
    print_lines(io, &[Align::Left; 3], &lines, true)?;
    Ok(Exit::OK)
}

impl Report {
    fn new(cgroups: &Cgroups) -> Report {
        let mut report = Report {
            memory: facts::memory(cgroups),
            cpu: facts::cpu(cgroups),
            pids: facts::pids(cgroups),
            io: facts::io(cgroups),
            pressure: facts::pressure(cgroups),
            missing: Vec::new(),
        };
        let known = [
            ("memory", "memory", report.memory.is_some()),
            ("cpu", "cpu", report.cpu.is_some()),
            ("pids", "pids", report.pids.is_some()),
            ("io", "blkio", report.io.is_some()),
            ("pressure", "", !report.pressure.is_empty()),
        ];
        for (resource, controller, _) in known.into_iter().filter(|(.., is_known)| !is_known) {
            report.missing.push(Absent { resource, why: why_not(cgroups, controller) });
        }
        report
    }

    fn lines(&self) -> Vec<(&'static str, String, String)> {
        let mut lines = Vec::new();
        self.memory.iter().for_each(|memory| lines.extend(memory.lines()));
        self.cpu.iter().for_each(|cpu| lines.extend(cpu.lines()));
        self.pids.iter().for_each(|pids| lines.extend(pids.lines()));
        for d in self.io.iter().flatten() {
            let text = format!(
                "{} in {} reads, {} in {} writes",
                human(d.read_bytes),
                d.reads,
                human(d.written_bytes),
                d.writes
            );
            lines.push(("io", d.device.clone(), text));
        }
        for p in &self.pressure {
            let text = format!(
                "{:.2}% of 10 s, {:.2}% of 60 s, {:.2}% of 300 s, {:.2} s in all",
                p.avg10_percent, p.avg60_percent, p.avg300_percent, p.total_seconds
            );
            lines.push(("pressure", format!("{} {}", p.resource, p.share), text));
        }
        let missing = self.missing.iter();
        lines.extend(
            missing.map(|absent| (absent.resource, "not known".into(), absent.why.clone())),
        );
        lines
    }
}

/// Why nothing is known of a resource whose version 1 controller is `controller`.
fn why_not(cgroups: &Cgroups, controller: &str) -> String {
    let group = cgroups.legacy(controller).or_else(|| cgroups.unified());
    let is_unmounted = |list: &String| list.split(',').any(|name| name == controller);
    if cgroups.unmounted().iter().any(is_unmounted) {
        return format!("the hierarchy of {controller} is not mounted on this machine");
    }
    match group.map(Cgroup::dir) {
        None => "no hierarchy that could tell is mounted on this machine".into(),
        Some(Err(missing)) => missing.why.clone(),
        Some(Ok(_)) if group.is_some_and(|group| group.path.0 == b"/") => {
            "the process is in the root cgroup, which counts and limits nothing".into()
        }
        Some(Ok(_)) => "the controller is not on for this cgroup".into(),
    }
}

type Line = (&'static str, String, String);

/// Lines of one resource: those whose value is known.
fn known(resource: &'static str, facts: Vec<(&str, Option<String>)>) -> Vec<Line> {
    let facts = facts.into_iter();
    facts.filter_map(|(fact, value)| Some((resource, fact.to_owned(), value?))).collect()
}

fn or_none(limit: Option<String>) -> Option<String> {
    Some(limit.unwrap_or_else(|| "none".into()))
}

fn of_limit(used: u64, limit: u64, text: String) -> String {
    format!("{text} ({}% used)", 100 * u128::from(used) / u128::from(limit.max(1)))
}

fn path(path: &Text) -> Option<String> {
    Some(path.visible().into_owned())
}

impl Memory {
    fn lines(&self) -> Vec<Line> {
        let size = |bytes: Option<u64>| bytes.map(human);
        let count = |n: Option<u64>| n.map(|n| n.to_string());
        let limit = self.limit_bytes.map(|limit| of_limit(self.usage_bytes, limit, human(limit)));
        known(
            "memory",
            vec![
                ("cgroup", path(&self.path)),
                ("usage", Some(human(self.usage_bytes))),
                ("working set", size(self.working_set_bytes)),
                ("limit", or_none(limit)),
                ("high", size(self.high_bytes)),
                ("peak", size(self.peak_bytes)),
                ("swap", size(self.swap_bytes)),
                ("swap limit", size(self.swap_limit_bytes)),
                ("memory+swap limit", size(self.memory_and_swap_limit_bytes)),
                ("anonymous", size(self.anon_bytes)),
                ("file cache", size(self.file_bytes)),
                ("limit hit", count(self.limit_hits).map(|n| n + " times")),
                ("OOM kills", count(self.oom_kills)),
                ("pages scanned", count(self.reclaim_scanned_pages)),
                ("pages reclaimed", count(self.reclaimed_pages)),
            ],
        )
    }
}

impl Cpu {
    fn lines(&self) -> Vec<Line> {
        let seconds = |seconds: Option<f64>| seconds.map(|s| format!("{s:.2} s"));
        let throttled = self.throttled_periods.zip(self.periods).map(|(throttled, periods)| {
            let share = 100 * throttled / periods.max(1);
            format!("{throttled} of {periods} periods ({share}%)")
        });
        known(
            "cpu",
            vec![
                ("cgroup", path(&self.path)),
                ("usage", seconds(self.usage_seconds)),
                ("limit", or_none(self.limit_cores.map(|cores| format!("{cores:.2} cores")))),
                ("weight", self.weight.map(|n| n.to_string())),
                ("throttled", throttled),
                ("throttled for", seconds(self.throttled_seconds)),
            ],
        )
    }
}

impl Pids {
    fn lines(&self) -> Vec<Line> {
        let limit = self.limit.map(|limit| of_limit(self.usage, limit, limit.to_string()));
        known(
            "pids",
            vec![
                ("cgroup", path(&self.path)),
                ("usage", Some(self.usage.to_string())),
                ("limit", or_none(limit)),
                ("peak", self.peak.map(|n| n.to_string())),
                ("limit hit", self.limit_hits.map(|n| format!("{n} times"))),
            ],
        )
    }
}
