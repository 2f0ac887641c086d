//! `lsof`: the open files of the target's processes, sockets with both ends, pipes with their peers.

mod ends;
mod row;
mod scan;
mod select;

use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Align, Io, Shape, print_lines, table::print_json};
use crate::tools::process::unread;
use crate::view::{Needs, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use nix::errno::Errno;
use select::Selection;
use std::ffi::OsString;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "lsof",
    aliases: &[],
    summary: "List open files, sockets and pipes with their other ends",
    examples: &[
        ("lsof -p 1", "Everything that the main process holds open"),
        (
            "lsof | grep deleted",
            "Space that df counts and du does not find: deleted files still open",
        ),
        ("lsof -i TCP:8080", "Who has the port"),
        ("lsof -nP -iTCP -sTCP:LISTEN", "Who listens where"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<row::File>>()),
    command: options,
    rewrite: Some(rewrite),
    run,
};

/// `+L1` is spelt with a plus.
fn rewrite(words: Vec<OsString>) -> Vec<OsString> {
    words.into_iter().map(|word| if word == "+L1" { "--deleted".into() } else { word }).collect()
}

fn options() -> Command {
    let list = |short: char, id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id)
            .short(short)
            .value_name(value)
            .value_delimiter(',')
            .action(ArgAction::Append)
            .help(help)
    };
    command("lsof", TOOL.summary)
        .after_help(
            "FD: cwd, rtd (root), txt (program), mem (mapped), or a number with r, w or u for how it is open. \
             Without options all files of all processes; of several options, any (-a: all) must fit.",
        )
        .arg(args::pids("Files of these processes"))
        .arg(
            Arg::new("internet")
                .short('i')
                .value_name("[4|6][TCP|UDP][@ADDRESS][:PORTS]")
                .num_args(0..=1)
                .default_missing_value("")
                .help("Internet sockets"),
        )
        .arg(args::short_flag('U', "unix", "Unix sockets"))
        .arg(
            Arg::new("state")
                .short('s')
                .value_name("PROTOCOL:STATE")
                .action(ArgAction::Append)
                .help("Of the protocol's sockets only those in these states: TCP:LISTEN"),
        )
        .arg(list('u', "user", "USERS", "Files of processes of these users"))
        .arg(list('c', "command", "NAME", "Files of commands whose names begin so"))
        .arg(list('d', "descriptor", "FDS", "These descriptors: `4`, `0-2`, `cwd`, `txt`, `mem`"))
        .arg(args::flag("deleted", None, "Files that have no name left; `+L1` likewise"))
        .arg(args::short_flag('a', "and", "All of -p, -i, -U, -u, -c, -d, +L1 and FILE must fit"))
        .arg(args::short_flag('t', "terse", "Process numbers only"))
        .arg(args::short_flag('n', "numeric", "Addresses as numbers (always so)"))
        .arg(args::short_flag('P', "ports", "Ports as numbers (always so)"))
        .arg(args::files().help("This file of the target, by whatever name it is open"))
        .arg(args::json_flag())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let selection = Selection::new(view, matches)?;
    let scan = scan::Scan::run(view, &selection)?;
    let rows = scan.rows;
    for pid in selection.pids() {
        if let Err(error) = view.proc()?.process(pid)
            && error.errno() == Some(Errno::ESRCH)
        {
            io.complain(&Error::from(Errno::ESRCH).context(format!("process {pid}")));
        }
    }
    if matches.get_flag("json") {
        print_json(io, &rows)?;
    } else if matches.get_flag("terse") {
        let mut pids: Vec<i32> = rows.iter().map(|row| row.pid).collect();
        pids.dedup();
        pids.iter().try_for_each(|pid| writeln!(io.stdout, "{pid}"))?;
    } else if !rows.is_empty() {
        use Align::{Left, Right};
        let aligns = [Left, Right, Left, Right, Right, Right, Right, Right, Left];
        let heads = ["COMMAND", "PID", "USER", "FD", "TYPE", "DEVICE", "SIZE", "NODE", "NAME"];
        let mut lines = vec![heads.map(str::to_owned).to_vec()];
        lines.extend(rows.iter().map(row::File::cells));
        print_lines(io, &aligns, &lines, true)?;
    }
    if let Some(why) = unread("the files", &scan.denied) {
        io.stdout.flush()?;
        writeln!(io.stderr, "lsof: {why}")?;
    }
    // As the original: nothing found is a failure that scripts can test for.
    Ok(if rows.is_empty() { Exit::FAILURE } else { Exit::OK })
}
