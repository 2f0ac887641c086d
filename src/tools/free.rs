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

const UNITS: [&str; 4] = ["bytes", "kibi", "mebi", "human"];

fn options() -> Command {
    command("free", TOOL.summary)
        .arg(args::flag("bytes", 'b', "In bytes").overrides_with_all(UNITS))
        .arg(args::flag("kibi", 'k', "In KiB (the default)").overrides_with_all(UNITS))
        .arg(args::flag("mebi", 'm', "In MiB").overrides_with_all(UNITS))
        .arg(args::flag("human", 'h', "In powers of 1024").overrides_with_all(UNITS))
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
            available_bytes: Some(available),
        },
        Row {
            name: "swap",
            total_bytes: swap,
            used_bytes: swap.saturating_sub(bytes("SwapFree")),
            free_bytes: bytes("SwapFree"),
            shared_bytes: None,
            buffer_cache_bytes: None,
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
        () => (bytes >> 10).to_string(),
    };
    let heads = ["", "total", "used", "free", "shared", "buff/cache", "available"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|row| {
        let name = match row.name {
            "memory" => "Mem:",
            "swap" => "Swap:",
            _ => "Cgroup:",
        };
        let mut cells = vec![name.to_owned()];
        cells.extend([row.total_bytes, row.used_bytes, row.free_bytes].map(size));
        let rest = [row.shared_bytes, row.buffer_cache_bytes, row.available_bytes];
        cells.extend(rest.map(|bytes| bytes.map(size).unwrap_or_default()));
        cells
    }));
    use Align::{Left, Right};
    print_lines(io, &[Left, Right, Right, Right, Right, Right, Right], &lines, true)?;
    if rows.iter().any(|row| row.name == "cgroup") {
        writeln!(io.stdout, "The target may use no more than its cgroup's total.")?;
    }
    Ok(())
}
