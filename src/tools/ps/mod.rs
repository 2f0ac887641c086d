//! `ps`: the target's processes, numbered as the target numbers them.

mod forest;
pub(super) mod gather;
mod keys;
pub(super) mod row;
mod select;
mod words;

use super::users::Users;
use super::{Tool, args, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Align, Io, Shape, print_lines};
use crate::view::{Needs, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use gather::Want;
use keys::{Choice, Key, Source};
use row::Row;
use select::Selection;
use std::cmp::Ordering;

pub(super) const TOOL: Tool = Tool {
    name: "ps",
    aliases: &[],
    summary: "List the processes",
    examples: &[
        ("ps aux --sort=-rss | head", "Who uses the memory"),
        ("ps -eLf", "Every thread on a line"),
        (
            "ps -eo pid,stat,wchan,args",
            "What processes wait for: D under STAT is stuck in the kernel",
        ),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<row::Row>>()),
    command: options,
    rewrite: Some(words::rewrite),
    run,
};

fn options() -> Command {
    let list = |long: &'static str, short: char, value: &'static str, help: &'static str| {
        Arg::new(long)
            .long(long)
            .short(short)
            .value_name(value)
            .action(ArgAction::Append)
            .help(help)
    };
    command("ps", TOOL.summary)
        .after_help(format!(
            "BSD spellings work, too: aux, axf, auxww, or a PID alone. All processes of the target are listed.\n\
             KEYS: {}",
            keys::names()
        ))
        .arg(args::short_flag('e', "every", "All processes (always so)").visible_short_alias('A'))
        .arg(args::short_flag('f', "full", "Full format"))
        .arg(args::short_flag('l', "long", "Long format"))
        .arg(args::short_flag('F', "extra-full", "As -f, with sizes and processors"))
        .arg(args::short_flag('j', "jobs", "Process groups and sessions"))
        .arg(args::short_flag('L', "threads", "One line a thread").visible_short_alias('T'))
        .arg(
            args::short_flag('H', "hierarchy", "Children below their parents")
                .overrides_with("forest"),
        )
        .arg(args::short_flag('M', "labels", "As -f, with security labels").visible_short_alias('Z'))
        .arg(args::short_flag('d', "no-leaders", "All processes but leaders of sessions"))
        .arg(args::short_flag('a', "with-terminal", "Processes on terminals but leaders of sessions"))
        .arg(args::short_flag('r', "running", "Only processes that run"))
        .arg(args::short_flag('y', "no-flags", "With -l: so it is anyway"))
        .arg(args::flag("usage", None, "CPU and memory, as `ps u` has it"))
        .arg(args::flag("forest", None, "Children below their parents, as `ps f` has it"))
        .arg(list("format", 'o', "KEYS", "Columns; `KEY=HEADING` renames one, `KEY=` takes it away"))
        .args(select::options())
        .arg(
            Arg::new("sort")
                .long("sort")
                .value_name("KEYS")
                .allow_hyphen_values(true)
                .help("Order by keys; `-KEY` is downwards"),
        )
        .arg(args::flag("no-headers", None, "No headings"))
        .arg(
            Arg::new("wide")
                .short('w')
                .action(ArgAction::Count)
                .help("Do not cut lines to the terminal"),
        )
        .arg(args::json_flag())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let json = matches.get_flag("json");
    let columns = columns(matches)?;
    let order = match matches.get_one::<String>("sort") {
        Some(text) => keys::parse_order(text)?,
        None => Vec::new(),
    };
    let used = |source: Source| {
        let keys = columns.iter().map(|c| c.key).chain(order.iter().map(|(key, _)| *key));
        keys.into_iter().any(|key| key.source == source)
    };
    let users = Users::load(view);
    let selection = Selection::new(matches, &users)?;
    let want = Want {
        threads: matches.get_flag("threads"),
        args: json || used(Source::Cmdline),
        wchan: used(Source::Wchan),
        status: json || used(Source::Status) || selection.needs_status(),
        surroundings: used(Source::Surroundings),
    };
    let mut rows = gather::rows(view, want)?;
    rows.retain(|row| selection.lets_through(row));
    let is = |id: &str| matches.get_flag(id);
    if is("running") {
        // As procps: those that wait for a disk count, too.
        rows.retain(|row| matches!(row.state, 'R' | 'D'));
    }
    if is("no-leaders") || is("with-terminal") {
        rows.retain(|row| row.sid != row.pid && (is("no-leaders") || row.tty.is_some()));
    }
    rows.sort_by(|a, b| compare(a, b, &order));
    if is("forest") || is("hierarchy") {
        rows = forest::plant(rows);
    }
    if json {
        crate::output::table::print_json(io, &rows)?;
    } else {
        print_table(io, matches, &columns, &rows)?;
    }
    // As procps: nothing selected is a failure that scripts can test for.
    Ok(if rows.is_empty() { Exit::FAILURE } else { Exit::OK })
}

fn print_table(io: &mut Io, matches: &ArgMatches, columns: &[Choice], rows: &[Row]) -> Result<()> {
    let aligns: Vec<Align> = columns.iter().map(|c| c.key.align).collect();
    let mut lines = Vec::with_capacity(rows.len() + 1);
    if !matches.get_flag("no-headers") && columns.iter().any(|c| !c.heading.is_empty()) {
        lines.push(columns.iter().map(|c| c.heading.clone()).collect());
    }
    lines.extend(rows.iter().map(|row| columns.iter().map(|c| (c.key.cell)(row).text).collect()));
    print_lines(io, &aligns, &lines, matches.get_count("wide") == 0)
}

fn columns(matches: &ArgMatches) -> Result<Vec<Choice>> {
    if let Some(formats) = matches.get_many::<String>("format") {
        let choices: Result<Vec<Vec<Choice>>> = formats.map(|text| keys::parse(text)).collect();
        return Ok(choices?.concat());
    }
    let threads = matches.get_flag("threads");
    let format = match () {
        () if matches.get_flag("usage") => {
            "user,pid,%cpu,%mem,vsz,rss,tty=TTY,stat,stime=START,time,args"
        }
        () if matches.get_flag("long") => {
            "s,user=UID,pid,ppid,c,pri,ni,rss,wchan,tty=TTY,time,args=CMD"
        }
        () if matches.get_flag("extra-full") && threads => {
            "user=UID,pid,ppid,lwp,c,nlwp,sz,rss,psr,stime,tty=TTY,time,args=CMD"
        }
        () if matches.get_flag("extra-full") => {
            "user=UID,pid,ppid,c,sz,rss,psr,stime,tty=TTY,time,args=CMD"
        }
        () if matches.get_flag("labels") => "label,user=UID,pid,ppid,c,stime,tty=TTY,time,args=CMD",
        () if matches.get_flag("jobs") => "pid,pgid,sid,tty=TTY,time,args=CMD",
        () if matches.get_flag("full") && threads => {
            "user=UID,pid,ppid,lwp,c,nlwp,stime,tty=TTY,time,args=CMD"
        }
        () if matches.get_flag("full") => "user=UID,pid,ppid,c,stime,tty=TTY,time,args=CMD",
        () if threads => "pid,lwp,user,stat,stime=START,time,args",
        () => "pid,ppid,user,stat,stime=START,time,args",
    };
    keys::parse(format)
}

fn compare(a: &Row, b: &Row, order: &[(&Key, bool)]) -> Ordering {
    order
        .iter()
        .map(|(key, down)| {
            let ordering = (key.cell)(a).cmp(&(key.cell)(b));
            if *down { ordering.reverse() } else { ordering }
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or_else(|| (a.pid, a.lwp).cmp(&(b.pid, b.lwp)))
}
