//! `free`: the machine's memory, and the target's limit where it has one.

use super::{Tool, args, cgroup::facts, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Align, Io, Shape, print_lines, table::print_json, units::human};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "free",
    aliases: &[],
    summary: "Show the machine's memory and the target's limit",
    examples: &[
        ("free -h", "Memory of the machine, and the target's own limit below it"),
        ("free --json", "The same in bytes, for a script"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

const UNITS: [&str; 5] = ["bytes", "kibi", "mebi", "gibi", "human"];

fn options() -> Command {
    command("free", TOOL.summary)
        .arg(args::flag("bytes", 'b', "In bytes").overrides_with_all(UNITS))
        .arg(args::flag("kibi", 'k', "In KiB (the default)").overrides_with_all(UNITS))
        .arg(args::flag("mebi", 'm', "In MiB").overrides_with_all(UNITS))
        .arg(args::flag("gibi", 'g', "In GiB").overrides_with_all(UNITS))
        .arg(args::flag("human", 'h', "In powers of 1024").overrides_with_all(UNITS))
        .arg(args::flag("total", 't', "A line with memory and swap together"))
        .arg(args::flag("wide", 'w', "Buffers and cache in columns of their own"))
        .arg(args::json_flag())
}

/// Bytes; `None` for what is not counted there.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    /// `memory` and `swap` of the machine, `cgroup` for the target's limit and what it uses of it.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["memory", "swap", "cgroup"])))]
    name: &'static str,
    total_bytes: u64,
    used_bytes: u64,
    free_bytes: u64,
    shared_bytes: Option<u64>,
    buffer_cache_bytes: Option<u64>,
    /// The part of `buffer_cache_bytes` that is buffers.
    buffers_bytes: Option<u64>,
    available_bytes: Option<u64>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let text = view.proc()?.read("meminfo")?;
    let text = String::from_utf8_lossy(&text);
    let bytes = |name: &str| -> u64 {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.and_then(|v| v.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
    };
    let (total, available, swap) = (bytes("MemTotal"), bytes("MemAvailable"), bytes("SwapTotal"));
    let mut rows = vec![
        Row {
            name: "memory",
            total_bytes: total,
            used_bytes: total.saturating_sub(available),
            free_bytes: bytes("MemFree"),
            shared_bytes: Some(bytes("Shmem")),
            buffer_cache_bytes: Some(bytes("Buffers") + bytes("Cached") + bytes("SReclaimable")),
            buffers_bytes: Some(bytes("Buffers")),
            available_bytes: Some(available),
        },
        Row {
            name: "swap",
            total_bytes: swap,
            used_bytes: swap.saturating_sub(bytes("SwapFree")),
            free_bytes: bytes("SwapFree"),
            shared_bytes: None,
            buffer_cache_bytes: None,
            buffers_bytes: None,
            available_bytes: None,
        },
    ];
    let limited = view.cgroup().as_ref().ok().and_then(facts::memory);
    rows.extend(limited.and_then(|memory| {
        let limit = memory.limit_bytes?;
        let used = memory.working_set_bytes.unwrap_or(memory.usage_bytes);
        Some(Row {
            name: "cgroup",
            total_bytes: limit,
            used_bytes: used,
            free_bytes: limit.saturating_sub(memory.usage_bytes),
            shared_bytes: None,
            buffer_cache_bytes: memory.file_bytes,
            buffers_bytes: None,
            available_bytes: Some(limit.saturating_sub(used)),
        })
    }));
    if matches.get_flag("json") {
        print_json(io, &rows)?;
    } else {
        print_table(io, matches, &rows)?;
    }
    Ok(Exit::OK)
}

fn print_table(io: &mut Io, matches: &ArgMatches, rows: &[Row]) -> Result<()> {
    let size = |bytes: u64| match () {
        () if matches.get_flag("human") => human(bytes),
        () if matches.get_flag("bytes") => bytes.to_string(),
        () if matches.get_flag("mebi") => (bytes >> 20).to_string(),
        () if matches.get_flag("gibi") => (bytes >> 30).to_string(),
        () => (bytes >> 10).to_string(),
    };
    let is_wide = matches.get_flag("wide");
    let heads: &[&str] = match is_wide {
        true => &["", "total", "used", "free", "shared", "buffers", "cache", "available"],
        false => &["", "total", "used", "free", "shared", "buff/cache", "available"],
    };
    let mut lines = vec![heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>()];
    lines.extend(rows.iter().map(|row| {
        let name = match row.name {
            "memory" => "Mem:",
            "swap" => "Swap:",
            _ => "Cgroup:",
        };
        let mut cells = vec![name.to_owned()];
        cells.extend([row.total_bytes, row.used_bytes, row.free_bytes].map(size));
        let mut rest = vec![row.shared_bytes];
        let cache = row.buffer_cache_bytes;
        match is_wide {
            true => rest.extend([
                row.buffers_bytes,
                cache.map(|all| all.saturating_sub(row.buffers_bytes.unwrap_or(0))),
            ]),
            false => rest.push(cache),
        }
        rest.push(row.available_bytes);
        cells.extend(rest.into_iter().map(|bytes| bytes.map(size).unwrap_or_default()));
        cells
    }));
    if matches.get_flag("total") {
        let machine = || rows.iter().filter(|row| row.name != "cgroup");
        let sum = |of: fn(&Row) -> u64| size(machine().map(of).sum());
        let sums =
            [sum(|row| row.total_bytes), sum(|row| row.used_bytes), sum(|row| row.free_bytes)];
        let mut cells = vec!["Total:".to_owned()];
        cells.extend(sums);
        cells.resize(heads.len(), String::new());
        lines.push(cells);
    }
    use Align::{Left, Right};
    let mut aligns = vec![Right; heads.len()];
    aligns[0] = Left;
    print_lines(io, &aligns, &lines, true)?;
    if rows.iter().any(|row| row.name == "cgroup") {
        writeln!(io.stdout, "The target may use no more than its cgroup's total.")?;
    }
    Ok(())
}
