//! `maps`: the memory of a process, mapping by mapping (proc_pid_smaps(5)).

use super::process::{chosen, failed};
use super::{Tool, args, command};
use crate::error::{Result, ResultExt};
use crate::exit::Exit;
use crate::output::order;
use crate::output::{Align, Io, Shape, Text, print_lines, table::print_json};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use serde::Serialize;
use std::cmp::Reverse;
use std::fs::File;
use std::io::{BufRead, BufReader};

pub(super) const TOOL: Tool = Tool {
    name: "maps",
    aliases: &["pmap"],
    summary: "Show the memory of a process by mapping",
    examples: &[
        ("maps --sort rss | head", "What a process's memory is made of, the largest first"),
        ("maps -p 1 | grep /lib", "Which libraries are really loaded"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Mapping>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("maps", TOOL.summary)
        .after_help(
            "Sizes in the table are KiB. PSS divides what is shared by the number of its users.",
        )
        .arg(args::pid())
        .arg(
            Arg::new("sort")
                .long("sort")
                .value_name("KEY")
                .value_parser(["address", "size", "rss", "pss", "dirty", "swap", "name"])
                .default_value("address")
                .help("Order; sizes downwards"),
        )
        .arg(args::json_flag())
}

#[derive(Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Mapping {
    /// First byte and the one after the last, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]+$")))]
    start: String,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]+$")))]
    end: String,
    size_bytes: u64,
    rss_bytes: u64,
    /// Resident bytes, those that are shared divided by their users.
    pss_bytes: u64,
    private_dirty_bytes: u64,
    swap_bytes: u64,
    /// `r-xp` and the like.
    permissions: String,
    /// Where in the file it begins.
    offset: u64,
    /// 0 for what is no file.
    inode: u64,
    /// The file, `[heap]` and the like; empty for anonymous memory.
    name: Text,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let process = chosen(view, matches)?;
    let denied = |errno| failed(&process, "memory map", errno);
    let mut rows = read(process.open("smaps").map_err(denied)?)
        .context(|| format!("memory map of process {}", process.pid))?;
    match matches.get_one::<String>("sort").map_or("", String::as_str) {
        "name" => order::sort_by(&mut rows, |a, b| a.name.cmp(&b.name)),
        "" => {}
        key => order::sort_by_key(&mut rows, |row| {
            Reverse(match key {
                "size" => row.size_bytes,
                "rss" => row.rss_bytes,
                "pss" => row.pss_bytes,
                "dirty" => row.private_dirty_bytes,
                _ => row.swap_bytes,
            })
        }),
    }
    if matches.get_flag("json") {
        print_json(io, &rows)?;
    } else {
        print_table(io, &rows)?;
    }
    Ok(Exit::OK)
}

fn print_table(io: &mut Io, rows: &[Mapping]) -> Result<()> {
    use Align::{Left, Right};
    let heads = ["ADDRESS", "SIZE", "RSS", "PSS", "DIRTY", "SWAP", "MODE", "MAPPING"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    let sizes = |row: &Mapping| {
        [row.size_bytes, row.rss_bytes, row.pss_bytes, row.private_dirty_bytes, row.swap_bytes]
    };
    let line = |address: &str, sizes: [u64; 5], mode: &str, name: String| {
        let mut line = vec![address.to_owned()];
        line.extend(sizes.map(|bytes| (bytes / 1024).to_string()));
        line.extend([mode.to_owned(), name]);
        line
    };
    let mut total = [0; 5];
    for row in rows {
        total.iter_mut().zip(sizes(row)).for_each(|(sum, bytes)| *sum += bytes);
        let name = match row.name.visible() {
            name if name.is_empty() => "[anon]".into(),
            name => name.into_owned(),
        };
        lines.push(line(&row.start, sizes(row), &row.permissions, name));
    }
    lines.push(line("total", total, "", String::new()));
    print_lines(io, &[Left, Right, Right, Right, Right, Right, Left, Left], &lines, true)
}

/// Line by line: the file has a kilobyte for each of up to 65,530 mappings, or more where the machine allows them.
fn read(file: File) -> std::io::Result<Vec<Mapping>> {
    let mut file = BufReader::with_capacity(64 << 10, file);
    let (mut rows, mut line) = (Vec::<Mapping>::new(), Vec::new());
    while file.read_until(b'\n', &mut line)? > 0 {
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        // Facts begin with a capital, addresses are in small letters.
        match (text.first(), rows.last_mut()) {
            (Some(b'A'..=b'Z'), Some(row)) => fact(row, text),
            (Some(_), _) => rows.extend(heading(text)),
            (None, _) => {}
        }
        line.clear();
    }
    Ok(rows)
}

/// `START-END MODE OFFSET DEVICE INODE     NAME`.
fn heading(line: &[u8]) -> Option<Mapping> {
    let mut fields = line.splitn(6, |b| *b == b' ');
    let mut text = || std::str::from_utf8(fields.next()?).ok();
    let (start, end) = text()?.split_once('-')?;
    let (permissions, offset, _device, inode) = (text()?, text()?, text()?, text()?);
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    Some(Mapping {
        start: start.to_owned(),
        end: end.to_owned(),
        size_bytes: hex(end)?.checked_sub(hex(start)?)?,
        permissions: permissions.to_owned(),
        offset: hex(offset)?,
        inode: inode.parse().ok()?,
        name: Text::from(fields.next().unwrap_or_default().trim_ascii_start()),
        ..Mapping::default()
    })
}

/// `Rss:                   8 kB`.
fn fact(row: &mut Mapping, line: &[u8]) {
    let Some((name, value)) = std::str::from_utf8(line).ok().and_then(|l| l.split_once(':')) else {
        return;
    };
    let bytes = || value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024);
    let field = match name {
        "Rss" => &mut row.rss_bytes,
        "Pss" => &mut row.pss_bytes,
        "Private_Dirty" => &mut row.private_dirty_bytes,
        "Swap" => &mut row.swap_bytes,
        _ => return,
    };
    *field = bytes().unwrap_or(0);
}
