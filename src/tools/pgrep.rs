//! `pgrep`: the processes of the target whose name or command line matches.

use super::ps::gather::{self, Row, Want};
use super::users::Users;
use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, table::print_json, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::HashSet;
use std::io::Write;

/// The kernel keeps this many bytes of a name (TASK_COMM_LEN less the final NUL).
const NAME: usize = 15;

pub(super) const TOOL: Tool = Tool {
    name: "pgrep",
    aliases: &[],
    summary: "Find processes by name",
    examples: &[
        ("pgrep -a server", "Number and command line of the app"),
        ("pgrep -c -f worker", "How many workers are alive"),
        ("lsof -p $(pgrep -n server)", "The number for another tool"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    let list = |long: &'static str, short: char, value: &'static str, help: &'static str| {
        let arg = Arg::new(long).long(long).short(short).value_name(value);
        arg.value_delimiter(',').action(ArgAction::Append).help(help)
    };
    command("pgrep", TOOL.summary)
        .arg(args::flag("full", 'f', "Match the command line, not the name"))
        .arg(args::flag("list-name", 'l', "Print the name as well"))
        .arg(args::flag("list-full", 'a', "Print the command line as well"))
        .arg(args::flag("exact", 'x', "The pattern must match the whole"))
        .arg(args::flag("ignore-case", 'i', "Upper and lower case are the same"))
        .arg(args::flag("inverse", 'v', "Those that do not match"))
        .arg(args::flag("count", 'c', "Print how many match"))
        .arg(args::flag("newest", 'n', "Only the one that started last").conflicts_with("oldest"))
        .arg(args::flag("oldest", 'o', "Only the one that started first"))
        .arg(list("euid", 'u', "USERS", "Only of these effective users, by name or number"))
        .arg(list("parent", 'P', "PIDS", "Only children of these processes"))
        .arg(Arg::new("PATTERN").help("A regular expression"))
        .arg(args::json_flag())
}

/// What a process must have.
struct Filter {
    pattern: Option<Regex>,
    is_full: bool,
    inverse: bool,
    users: Option<HashSet<u32>>,
    parents: Option<HashSet<i32>>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let flag = |name| matches.get_flag(name);
    let filter = Filter::new(view, matches)?;
    let json = flag("json");
    let args = filter.is_full || flag("list-full") || json;
    let mut rows = gather::rows(view, Want { args, status: json, ..Want::LEAST })?;
    let own = std::process::id() as i32;
    rows.retain(|row| row.host_pid != own && filter.lets_through(row));
    rows.sort_by_key(|row| row.pid);
    let age = |row: &Row| (row.start_ticks, row.pid);
    match () {
        () if flag("newest") => rows = rows.into_iter().max_by_key(age).into_iter().collect(),
        () if flag("oldest") => rows = rows.into_iter().min_by_key(age).into_iter().collect(),
        () => {}
    }
    if json {
        print_json(io, &rows)?;
    } else if flag("count") {
        writeln!(io.stdout, "{}", rows.len())?;
    } else {
        for row in &rows {
            print(io, row, flag("list-name"), flag("list-full"))?;
        }
    }
    if let (true, Some(word)) = (rows.is_empty(), matches.get_one::<String>("PATTERN"))
        && !filter.is_full
        && word.len() > NAME
    {
        io.complain(
            &Error::new(format!("names have {NAME} bytes at most, the pattern has more"))
                .hint("-f matches the whole command line"),
        );
    }
    Ok(if rows.is_empty() { Exit::FAILURE } else { Exit::OK })
}

fn print(io: &mut Io, row: &Row, name: bool, full: bool) -> Result<()> {
    write!(io.stdout, "{}", row.pid)?;
    if full || name {
        let line = if full { row.command_line() } else { Vec::new() };
        io.stdout.write_all(b" ")?;
        // One process a line, whatever is in its name.
        let text = if line.is_empty() { &row.comm.0 } else { &line };
        io.stdout.write_all(visible(text).as_bytes())?;
    }
    Ok(writeln!(io.stdout)?)
}

impl Filter {
    fn new(view: &View, matches: &ArgMatches) -> Result<Filter> {
        let pattern = matches.get_one::<String>("PATTERN");
        let words = |name| matches.get_many::<String>(name);
        if pattern.is_none() && words("euid").is_none() && words("parent").is_none() {
            return Err(Error::usage("nothing to look for").hint("give a PATTERN, -u or -P"));
        }
        let pattern = pattern.map(|text| {
            let exact =
                if matches.get_flag("exact") { format!("^(?:{text})$") } else { text.clone() };
            let regex =
                RegexBuilder::new(&exact).case_insensitive(matches.get_flag("ignore-case")).build();
            regex.map_err(|e| Error::usage(format!("pattern {}: {e}", visible(text.as_bytes()))))
        });
        let users = words("euid").map(|words| {
            let names = Users::load(view);
            words.map(|word| user(&names, word)).collect::<Result<HashSet<u32>>>()
        });
        let parents =
            words("parent").map(|words| words.map(|word| pid(word)).collect::<Result<_>>());
        Ok(Filter {
            pattern: pattern.transpose()?,
            is_full: matches.get_flag("full"),
            inverse: matches.get_flag("inverse"),
            users: users.transpose()?,
            parents: parents.transpose()?,
        })
    }

    fn lets_through(&self, row: &Row) -> bool {
        let matches = |pattern: &Regex| {
            let line = if self.is_full { row.command_line() } else { Vec::new() };
            pattern.is_match(if line.is_empty() { &row.comm.0 } else { &line })
        };
        let fits = self.users.as_ref().is_none_or(|users| users.contains(&row.uid))
            && self.parents.as_ref().is_none_or(|parents| parents.contains(&row.ppid))
            && self.pattern.as_ref().is_none_or(matches);
        fits != self.inverse
    }
}

fn user(names: &Users, word: &str) -> Result<u32> {
    let uid = word.parse().ok().or_else(|| names.uid(word.as_bytes()));
    uid.ok_or_else(|| {
        Error::usage(format!("{}: no such user in the target", visible(word.as_bytes())))
    })
}

fn pid(word: &str) -> Result<i32> {
    word.parse().map_err(|_| {
        Error::usage(format!("{}: a process is named by its number", visible(word.as_bytes())))
    })
}
