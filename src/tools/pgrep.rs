//! `pgrep`: the processes of the target whose name or command line matches.

use super::posix::{Syntax, Within, translate};
use super::ps::gather::{self, Want};
use super::ps::row::Row;
use super::users::Users;
use super::{Tool, args, command};
use crate::error::{Error, Result, ResultExt};
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
        .arg(list("uid", 'U', "USERS", "Only of these real users, by name or number"))
        .arg(list("group", 'G', "GROUPS", "Only of these groups, by name or number"))
        .arg(list("session", 's', "SIDS", "Only of these sessions"))
        .arg(list("pgroup", 'g', "PGIDS", "Only of these process groups"))
        .arg(list("terminal", 't', "TTYS", "Only on these terminals"))
        .arg(list("runstates", 'r', "STATES", "Only in these states, by their letters"))
        .arg(
            Arg::new("delimiter")
                .long("delimiter")
                .short('d')
                .value_name("TEXT")
                .default_value("\n")
                .allow_hyphen_values(true)
                .help("Between processes, not a newline"),
        )
        .arg(args::json_flag())
}

/// What a process must have.
struct Filter {
    pattern: Option<Regex>,
    is_full: bool,
    inverse: bool,
    users: Option<HashSet<u32>>,
    real_users: Option<HashSet<u32>>,
    groups: Option<HashSet<u32>>,
    parents: Option<HashSet<i32>>,
    sessions: Option<HashSet<i32>>,
    process_groups: Option<HashSet<i32>>,
    terminals: Option<HashSet<String>>,
    states: Option<HashSet<String>>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let flag = |name| matches.get_flag(name);
    let filter = Filter::new(view, matches)?;
    let json = flag("json");
    let args = filter.is_full || flag("list-full") || json;
    let mut rows =
        gather::rows(view, Want { args, status: json || filter.needs_status(), ..Want::LEAST })?;
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
        let delimiter = matches.get_one::<String>("delimiter").map_or("\n", String::as_str);
        for (i, row) in rows.iter().enumerate() {
            if i > 0 {
                io.stdout.write_all(delimiter.as_bytes())?;
            }
            print(io, row, flag("list-name"), flag("list-full"))?;
        }
        if !rows.is_empty() {
            io.stdout.write_all(b"\n")?;
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
    Ok(())
}

impl Filter {
    fn new(view: &View, matches: &ArgMatches) -> Result<Filter> {
        let pattern = matches.get_one::<String>("PATTERN");
        let words = |name| matches.get_many::<String>(name);
        let all = ["euid", "uid", "group", "parent", "session", "pgroup", "terminal", "runstates"];
        if pattern.is_none() && all.iter().all(|id| words(id).is_none()) {
            return Err(Error::usage("nothing to look for").hint("give a PATTERN, -u or -P"));
        }
        let pattern = pattern.map(|text| {
            let about = || format!("pattern {}", visible(text.as_bytes()));
            // As procps has it: extended regular expressions of POSIX.
            let all = translate(text.as_bytes(), Syntax::Extended, Within::Text).context(about)?;
            let exact = if matches.get_flag("exact") { format!("^(?:{all})$") } else { all };
            let regex = RegexBuilder::new(&exact)
                .case_insensitive(matches.get_flag("ignore-case"))
                .dot_matches_new_line(true)
                .build();
            regex.map_err(|error| Error::usage(format!("{}: {error}", about())))
        });
        let names = Users::load(view);
        let users = |id| {
            words(id)
                .map(|words| words.map(|word| user(&names, word)).collect::<Result<_>>())
                .transpose()
        };
        let groups = words("group").map(|words| words.map(|word| group(&names, word)).collect());
        let numbers = |id| {
            words(id).map(|words| words.map(|word| pid(word)).collect::<Result<_>>()).transpose()
        };
        let texts = |id| words(id).map(|words| words.cloned().collect::<HashSet<String>>());
        let states = texts("runstates")
            .map(|words| words.iter().flat_map(|word| word.chars()).map(String::from).collect());
        Ok(Filter {
            pattern: pattern.transpose()?,
            is_full: matches.get_flag("full"),
            inverse: matches.get_flag("inverse"),
            users: users("euid")?,
            real_users: users("uid")?,
            groups: groups.transpose()?,
            parents: numbers("parent")?,
            sessions: numbers("session")?,
            process_groups: numbers("pgroup")?,
            terminals: texts("terminal"),
            states,
        })
    }

    /// Whether it asks for what only `status` tells.
    fn needs_status(&self) -> bool {
        self.real_users.is_some() || self.sessions.is_some() || self.process_groups.is_some()
    }

    fn lets_through(&self, row: &Row) -> bool {
        let matches = |pattern: &Regex| {
            let line = if self.is_full { row.command_line() } else { Vec::new() };
            pattern.is_match(if line.is_empty() { &row.comm.0 } else { &line })
        };
        fn is_in<T: std::hash::Hash + Eq>(set: Option<&HashSet<T>>, value: &T) -> bool {
            set.is_none_or(|set| set.contains(value))
        }
        let terminal = row.tty.as_deref().unwrap_or("?").to_owned();
        let fits = is_in(self.users.as_ref(), &row.uid)
            && is_in(self.real_users.as_ref(), &row.ruid)
            && is_in(self.groups.as_ref(), &row.gid)
            && is_in(self.parents.as_ref(), &row.ppid)
            && is_in(self.sessions.as_ref(), &row.sid)
            && is_in(self.process_groups.as_ref(), &row.pgid)
            && is_in(self.terminals.as_ref(), &terminal)
            && is_in(self.states.as_ref(), &row.state.to_string())
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

fn group(names: &Users, word: &str) -> Result<u32> {
    let gid = word.parse().ok().or_else(|| names.gid(word.as_bytes()));
    gid.ok_or_else(|| {
        Error::usage(format!("{}: no such group in the target", visible(word.as_bytes())))
    })
}

fn pid(word: &str) -> Result<i32> {
    word.parse().map_err(|_| {
        Error::usage(format!("{}: a process is named by its number", visible(word.as_bytes())))
    })
}
