//! `uptime`: how long the machine and the target have been running, and the machine's load.

use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, table::print_json, time};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use nix::unistd::{SysconfVar, sysconf};
use serde::Serialize;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "uptime",
    aliases: &[],
    summary: "Show how long machine and target have been running, and the load",
    examples: &[
        ("uptime", "Since when the main process runs: whether it was restarted"),
        ("uptime --json", "The same in seconds, for a script"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("uptime", TOOL.summary)
        .after_help("The load is that of the whole machine, averaged over 1, 5 and 15 minutes.")
        .arg(args::flag("pretty", 'p', "Only how long the machine has been up, in words"))
        .arg(args::flag("since", 's', "Only since when, in UTC"))
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    machine_seconds: u64,
    /// Since the target's main process was started.
    target_seconds: u64,
    /// Mean number of tasks that ran or waited, of the whole machine, over 1 minute; then 5 and 15.
    load1: f64,
    load5: f64,
    load15: f64,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let proc = view.proc()?;
    let numbers = |name: &str| -> Result<Vec<f64>> {
        let text = proc.read(name)?;
        let text = String::from_utf8_lossy(&text);
        Ok(text.split_whitespace().map_while(|word| word.parse().ok()).collect())
    };
    let odd = |name: &str| Error::new(format!("/proc/{name}: unexpected content"));
    let seconds = *numbers("uptime")?.first().ok_or_else(|| odd("uptime"))?;
    let load = numbers("loadavg")?;
    let [load1, load5, load15, ..] = load.as_slice() else { return Err(odd("loadavg")) };
    let hertz = sysconf(SysconfVar::CLK_TCK).ok().flatten().map_or(100.0, |n| n as f64);
    let started = proc.main()?.stat()?.start as f64 / hertz;
    let row = Row {
        machine_seconds: seconds as u64,
        target_seconds: (seconds - started).max(0.0) as u64,
        load1: *load1,
        load5: *load5,
        load15: *load15,
    };
    if matches.get_flag("pretty") {
        writeln!(io.stdout, "up {}", words(row.machine_seconds))?;
        return Ok(Exit::OK);
    }
    if matches.get_flag("since") {
        let stat = proc.read("stat")?;
        let stat = String::from_utf8_lossy(&stat);
        let boot = stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok());
        let text = time::full_iso(boot.ok_or_else(|| odd("stat"))?, 0);
        writeln!(io.stdout, "{}", &text[..text.len().min(19)])?;
        return Ok(Exit::OK);
    }
    if matches.get_flag("json") {
        print_json(io, &[row])?;
        return Ok(Exit::OK);
    }
    let now = time::Civil::of(time::now()).ok_or(nix::errno::Errno::EOVERFLOW)?;
    writeln!(
        io.stdout,
        " {:02}:{:02}:{:02} up {},  target up {},  load average: {load1:.2}, {load5:.2}, {load15:.2}",
        now.hour,
        now.minute,
        now.second,
        span(row.machine_seconds),
        span(row.target_seconds)
    )?;
    Ok(Exit::OK)
}

/// `2 weeks, 1 day, 3 hours, 5 minutes`, as procps has it.
fn words(seconds: u64) -> String {
    let parts = [
        (seconds / 31_536_000, "year"),
        (seconds % 31_536_000 / 604_800, "week"),
        (seconds % 31_536_000 % 604_800 / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
    ];
    // As procps 4: minutes are always told.
    let shown = parts.iter().filter(|(n, name)| *n > 0 || *name == "minute");
    let texts: Vec<String> =
        shown.map(|(n, name)| format!("{n} {name}{}", if *n == 1 { "" } else { "s" })).collect();
    texts.join(", ")
}

/// `5 min`, `1:05`, `3 days,  1:05`, as procps has it.
fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60);
    let days = match days {
        0 => String::new(),
        1 => "1 day, ".into(),
        n => format!("{n} days, "),
    };
    if hours > 0 { format!("{days}{hours:2}:{minutes:02}") } else { format!("{days}{minutes} min") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_as_procps_tells_them() {
        assert_eq!(span(59), "0 min");
        assert_eq!(span(3_900), " 1:05");
        assert_eq!(span(86_400 + 60), "1 day, 1 min");
        assert_eq!(span(3 * 86_400 + 36_000), "3 days, 10:00");
    }
}
