//! The tools: one record each in [`REGISTRY`], one file each in this room.
//!
//! The registry drives the command line, the shell's built-ins, help and completion. To add a tool, copy the shape of
//! `wc.rs` and follow CONTRIBUTING.md.

mod args;
mod arp;
mod base64;
mod basename;
mod caps;
mod cat;
mod cgroup;
mod child;
mod connect;
mod cut;
mod date;
mod df;
mod diff;
mod dns;
mod du;
mod echo;
mod elf;
mod env;
mod expr;
mod facts;
mod file;
mod find;
mod free;
mod glob;
mod grep;
mod gzip;
mod head;
mod help;
mod hostname;
mod http;
mod icmp;
mod id;
mod input;
mod ip;
mod kill;
mod ldd;
mod less;
mod limits;
mod lines;
mod ls;
mod lsof;
mod maps;
mod mode;
mod mounts;
mod nc;
mod nested;
mod net;
mod netlink;
mod nft;
mod ns;
mod od;
mod oom;
pub mod page;
mod pgrep;
mod ping;
mod place;
mod posix;
mod printenv;
mod printf;
mod process;
mod ps;
mod pstree;
mod pwd;
mod readlink;
mod records;
mod resolve;
mod resolver;
mod route;
mod sed;
mod seq;
mod sleep;
mod sort;
mod stack;
mod stat;
mod status;
mod strings;
mod sums;
mod tail;
mod tar;
mod tee;
mod test;
mod time;
mod timeout;
mod tls;
mod top;
mod tr;
mod traceroute;
mod tree;
mod uname;
mod uniq;
mod uptime;
pub mod users;
mod wait;
mod walk;
mod watch;
mod wc;
mod which;
mod whoami;
mod xargs;
mod zcat;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::output::Shape;
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;

use args::command;

/// One tool.
pub struct Tool {
    /// The name typed.
    pub name: &'static str,
    /// Other names it answers to.
    pub aliases: &'static [&'static str],
    /// One line for lists and help.
    pub summary: &'static str,
    /// Command lines, as typed at the prompt, and what each is good for.
    pub examples: &'static [(&'static str, &'static str)],
    /// Which handle of the view it can't do without.
    pub needs: Needs,
    /// What it prints with `--json`; `None` for a tool without.
    pub json: Option<Shape>,
    /// Its options; built only when it runs.
    pub command: fn() -> Command,
    /// Rewrites the traditional spellings that clap can't parse: `head -20`, `ps aux`, `kill -9`.
    pub rewrite: Option<fn(Vec<OsString>) -> Vec<OsString>>,
    /// Does the work. Failures of single operands go to [`Io::complain`].
    pub run: fn(&View, &ArgMatches, &mut Io) -> Result<Exit>,
}

/// Every tool, by name.
pub static REGISTRY: &[Tool] = &[
    test::BRACKET,
    arp::TOOL,
    base64::TOOL,
    basename::BASENAME,
    caps::TOOL,
    cat::TOOL,
    cgroup::TOOL,
    cut::TOOL,
    date::TOOL,
    df::TOOL,
    diff::TOOL,
    dns::dig::TOOL,
    basename::DIRNAME,
    dns::TOOL,
    du::TOOL,
    echo::TOOL,
    env::TOOL,
    expr::TOOL,
    status::FALSE,
    file::TOOL,
    find::TOOL,
    free::TOOL,
    grep::TOOL,
    head::TOOL,
    help::TOOL,
    od::HEXDUMP,
    dns::host::HOST,
    hostname::TOOL,
    http::TOOL,
    id::TOOL,
    ip::TOOL,
    kill::TOOL,
    ldd::TOOL,
    less::TOOL,
    limits::TOOL,
    ls::TOOL,
    lsof::TOOL,
    maps::TOOL,
    sums::MD5SUM,
    mounts::TOOL,
    nc::TOOL,
    net::TOOL,
    net::NETSTAT,
    nft::TOOL,
    ns::TOOL,
    dns::host::NSLOOKUP,
    od::OD,
    oom::TOOL,
    pgrep::TOOL,
    ping::TOOL,
    printenv::TOOL,
    printf::TOOL,
    ps::TOOL,
    pstree::TOOL,
    pwd::TOOL,
    readlink::READLINK,
    readlink::REALPATH,
    route::TOOL,
    sed::TOOL,
    seq::SEQ,
    sums::SHA1SUM,
    sums::SHA256SUM,
    sums::SHA512SUM,
    sleep::TOOL,
    net::SOCKSTAT,
    sort::TOOL,
    stack::TOOL,
    stat::TOOL,
    strings::TOOL,
    tail::TOOL,
    tar::TOOL,
    tee::TOOL,
    test::TEST,
    time::TOOL,
    timeout::TOOL,
    tls::TOOL,
    top::TOOL,
    tr::TOOL,
    traceroute::TOOL,
    tree::TOOL,
    status::TRUE,
    uname::TOOL,
    uniq::TOOL,
    uptime::TOOL,
    watch::TOOL,
    wc::TOOL,
    which::TOOL,
    whoami::TOOL,
    xargs::TOOL,
    seq::YES,
    zcat::TOOL,
];

/// The tool that `name` calls, by its name or an alias.
pub fn find(name: &str) -> Option<&'static Tool> {
    REGISTRY.iter().find(|tool| tool.name == name || tool.aliases.contains(&name))
}

impl Tool {
    /// The capabilities that a run with `words` as arguments takes on top of what reading takes, as a mask: its own,
    /// and of a tool that runs others those of the tools that its words name.
    pub fn rights(&self, words: &[OsString]) -> u64 {
        let own = self.needs.rights().iter();
        let named = if nested::RUNNERS.contains(&self.name) { words } else { &[] };
        let named = named.iter().filter_map(|word| find(word.to_str()?));
        let all = own.chain(named.flat_map(|tool| tool.needs.rights()));
        all.fold(0, |mask, right| mask | right.bitmask())
    }

    /// The name or alias that was `typed`; its name where it is neither.
    pub fn called(&self, typed: &str) -> &'static str {
        self.aliases.iter().copied().find(|alias| *alias == typed).unwrap_or(self.name)
    }

    /// Its command line, with the usage in the name that was typed: see [`Tool::called`].
    fn command_called(&self, typed: &'static str) -> Command {
        let command = (self.command)();
        if typed == self.name {
            return command;
        }
        let usage = page::usage(self);
        let lines = usage.lines().map(|line| {
            let rest = line.trim_start().strip_prefix(self.name);
            rest.map_or_else(|| line.to_owned(), |rest| format!("{typed}{rest}"))
        });
        command.name(typed).override_usage(lines.collect::<Vec<_>>().join("\n       "))
    }

    /// Parses `args` (without the name) and runs on `view`; prints usage errors and help itself.
    pub fn invoke(&self, view: &View, args: Vec<OsString>, io: &mut Io) -> Exit {
        let args = match self.rewrite {
            Some(rewrite) => rewrite(args),
            None => args,
        };
        let typed = self.called(io.name());
        match self.command_called(typed).try_get_matches_from(args) {
            Ok(matches) => self.run(view, &matches, io),
            Err(error) => print_usage(&error, io),
        }
    }

    /// Runs on `view` with parsed arguments; reports the failure, if any, and flushes.
    pub fn run(&self, view: &View, matches: &ArgMatches, io: &mut Io) -> Exit {
        let result = self.check(view).and_then(|()| {
            let exit = (self.run)(view, matches, io)?;
            io.stdout.flush()?;
            Ok(exit)
        });
        result.unwrap_or_else(|error| {
            // The reader left: end as other tools do when SIGPIPE ends them.
            if error.is_broken_pipe() {
                return Exit::signal(libc::SIGPIPE);
            }
            io.complain(&error);
            error.exit_code()
        })
    }

    fn check(&self, view: &View) -> Result<()> {
        match self.needs {
            Needs::Nothing => Ok(()),
            Needs::Root => view.root().map(drop),
            Needs::Proc | Needs::ProcWith(_) if view.has_ended() => {
                Err(Error::new("the target has ended"))
            }
            Needs::Proc | Needs::ProcWith(_) => view.proc().map(drop),
            Needs::Net | Needs::NetWith(_) => view.net().map(drop),
        }
    }
}

/// How a tool ends whose exit code 1 is an answer, as that of `diff`: all trouble is 2, and that what it found could not
/// be printed is trouble, too.
fn answered(result: Result<Exit>, io: &mut Io) -> Result<Exit> {
    let result = result.and_then(|exit| {
        io.stdout.flush()?;
        Ok(exit)
    });
    result.map_err(|error| match error.exit_code() {
        Exit::FAILURE => error.exit(Exit::USAGE),
        _ => error,
    })
}

/// Prints what clap has to say: help on stdout (0), wrong usage on stderr (2).
pub fn print_usage(error: &clap::Error, io: &mut Io) -> Exit {
    let text = in_plain_words(error);
    let (out, exit) =
        if error.use_stderr() { (&mut io.stderr, Exit::USAGE) } else { (&mut io.stdout, Exit::OK) };
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => exit,
        Err(error) => {
            io.complain(&Error::from(error));
            Exit::FAILURE
        }
    }
}

/// clap's text, without what Rust's parsers of numbers say.
fn in_plain_words(error: &clap::Error) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("invalid digit found in string", "a whole number is wanted"),
        ("cannot parse integer from empty string", "a whole number is wanted"),
        ("invalid float literal", "a number is wanted"),
        ("cannot parse float from empty string", "a number is wanted"),
        ("number too large to fit in target type", "the number is too large"),
        ("number too small to fit in target type", "the number is too small"),
    ];
    let text = error.render().to_string();
    if error.kind() != clap::error::ErrorKind::ValueValidation {
        return text;
    }
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let known = WORDS.iter().find_map(|(rust, plain)| Some((first.strip_suffix(rust)?, plain)));
    known.map_or_else(|| text.clone(), |(start, plain)| format!("{start}{plain}\n{rest}"))
}

impl std::fmt::Debug for Tool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tool").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_registry_is_in_order_and_no_name_is_given_twice() {
        assert!(REGISTRY.is_sorted_by_key(|tool| tool.name));
        let mut names = HashSet::new();
        for name in REGISTRY.iter().flat_map(|tool| tool.aliases.iter().chain([&tool.name])) {
            assert!(names.insert(name), "{name}");
        }
    }

    #[test]
    fn every_tool_has_examples_that_call_it_and_say_what_for() {
        for tool in REGISTRY {
            assert!(tool.examples.len() > 1, "{}", tool.name);
            for (line, purpose) in tool.examples {
                let is_tool = |word: &str| word == tool.name || tool.aliases.contains(&word);
                let mut words = line.split([' ', '(', ';']);
                assert!(words.any(is_tool), "{}: {line}", tool.name);
                assert!(line.len() <= 90 && purpose.len() <= 110, "{line}: {purpose}");
                assert!(!purpose.is_empty() && !purpose.ends_with('.'), "{purpose}");
            }
        }
    }

    #[test]
    fn a_tool_that_runs_others_takes_the_rights_of_those_it_names_and_no_more() {
        let rights = |line: &str| {
            let mut words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let name = words.remove(0);
            find(name.to_str().unwrap()).unwrap().rights(&words)
        };
        let ping = rights("ping -c1 ::1");
        assert_ne!(ping, 0);
        assert_eq!(rights("timeout 5 ping -c1 ::1"), ping);
        assert_eq!(rights("xargs -n1 time ping -c1"), ping);
        assert_eq!(rights("find / -name x -exec ping -c1 {} ;"), ping);
        assert_eq!(rights("timeout 5 cat /etc/hosts"), 0);
        // A word that is only a word.
        assert_eq!(rights("grep ping /etc/services"), 0);
    }

    #[test]
    fn every_tool_whose_words_are_a_tools_is_among_the_runners() {
        let takes_tool = |tool: &&Tool| {
            let command = (tool.command)();
            let names = |arg: &clap::Arg| arg.get_value_names().unwrap_or_default().to_vec();
            tool.name == "find"
                || command.get_positionals().any(|arg| {
                    arg.is_trailing_var_arg_set() && names(arg).iter().any(|name| name == "TOOL")
                })
        };
        let names: Vec<&str> = REGISTRY.iter().filter(takes_tool).map(|tool| tool.name).collect();
        assert_eq!(names, nested::RUNNERS);
    }

    #[test]
    fn a_tool_with_json_has_its_shape() {
        for tool in REGISTRY {
            let command = (tool.command)();
            let has = command.get_arguments().any(|arg| arg.get_long() == Some("json"));
            // The words of `find` are an expression, and `--json` is one of them.
            assert_eq!(has || tool.name == "find", tool.json.is_some(), "{}", tool.name);
        }
    }

    #[test]
    fn every_command_line_is_sound_and_called_by_its_tools_name() {
        for tool in REGISTRY {
            let command = (tool.command)();
            assert_eq!(command.get_name(), tool.name);
            command.debug_assert();
        }
    }
}
