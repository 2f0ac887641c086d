//! `ip`: interfaces, addresses, routes, rules and neighbours of the target's network namespace, in the words and the
//! format of iproute2.
//!
//! Names are always escaped as for a terminal: an alias may hold a line end, which would forge a row.

mod addr;
mod details;
mod link;
pub(super) mod links;
pub(super) mod names;
pub(super) mod neigh;
pub(super) mod route;
mod route_text;
mod rule;
mod statistics;
mod words;

use super::Tool;
use super::args::{command, flag, json_flag, operands, os, short_flag};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, json::Array, quote};
use crate::view::{Needs, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use words::Words;

pub(super) const TOOL: Tool = Tool {
    name: "ip",
    aliases: &[],
    summary: "Show links, addresses, routes, rules and neighbours",
    examples: &[
        ("ip -br addr", "Every interface with its state and its addresses, a line each"),
        ("ip route get 10.96.0.1", "Which way a packet would take, and from which address"),
        ("ip -s link show eth0", "What went through an interface, and what was dropped"),
        ("ip neigh show dev eth0", "Who was seen on the link, and who does not answer"),
    ],
    needs: Needs::Net,
    json: Some(Shape::of::<Vec<Fact>>()),
    command: options,
    rewrite: Some(rewrite),
    run,
};

/// What one object of the JSON is, by the object that was asked for.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
#[allow(dead_code, reason = "only its shape is asked for")]
enum Fact {
    /// `ip link` and `ip addr`.
    Link(Box<link::Link>),
    /// `ip route`.
    Route(Box<route::Route>),
    /// `ip rule`.
    Rule(Box<rule::Rule>),
    /// `ip neigh`.
    Neighbour(Box<neigh::Neighbour>),
}

/// How the rows are shown.
#[derive(Clone, Copy, Debug, Default)]
struct Style {
    /// `AF_…`; 0 is all.
    family: u8,
    is_json: bool,
    one_line: bool,
    brief: bool,
    details: bool,
    statistics: u8,
}

impl Style {
    fn newline(self) -> char {
        if self.one_line { '\\' } else { '\n' }
    }
}

fn options() -> Command {
    command("ip", TOOL.summary)
        .override_usage("ip [OPTIONS] OBJECT [show | list | get] [FILTER]…")
        .after_help(
            "Objects, and what begins like them: address, link, route, rule, neigh. Filters as of iproute2: dev NAME, \
             up, type KIND, master NAME, scope SCOPE, to PREFIX, table TABLE, proto PROTOCOL, nud STATE. `ip route get \
             ADDRESS` asks the kernel for one route. dbg changes nothing.",
        )
        .arg(short_flag('4', "inet", "IPv4 only"))
        .arg(short_flag('6', "inet6", "IPv6 only"))
        .arg(
            Arg::new("family")
                .long("family")
                .short('f')
                .value_parser(["inet", "inet6", "link"])
                .help("Of this family only"),
        )
        .arg(flag("oneline", 'o', "One line for each"))
        .arg(flag("brief", None, "A table of the essentials (-br)"))
        .arg(flag("details", 'd', "Details"))
        .arg(
            Arg::new("statistics")
                .long("statistics")
                .short('s')
                .action(ArgAction::Count)
                .help("Statistics; twice for more"),
        )
        .arg(
            Arg::new("color")
                .long("color")
                .short('c')
                .num_args(0..=1)
                .require_equals(true)
                .hide(true)
                .help("Accepted, and without effect"),
        )
        .arg(flag("pretty", 'p', "Accepted, and without effect").hide(true))
        .arg(json_flag().short('j'))
        .arg(
            Arg::new("WORD").num_args(0..).value_parser(clap::value_parser!(OsString)).help(
                "Object, verb and filters",
            ),
        )
}

/// The long options of iproute2, which have one dash and may be cut: `-br`, `-stats`, `-json`.
fn rewrite(args: Vec<OsString>) -> Vec<OsString> {
    const LONG: [&str; 8] =
        ["statistics", "stats", "details", "oneline", "brief", "json", "pretty", "family"];
    let replaced = args.into_iter().map(|word| {
        let Some(name) = word.as_bytes().strip_prefix(b"-") else { return word };
        if name == b"color" || name.starts_with(b"color=") {
            return OsString::from_vec([b"-", word.as_bytes()].concat());
        }
        let long = LONG.iter().find(|long| name.len() > 1 && long.as_bytes().starts_with(name));
        match long {
            Some(&"stats") => "--statistics".into(),
            Some(long) => format!("--{long}").into(),
            None => word,
        }
    });
    replaced.collect()
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let style = Style {
        family: family(matches),
        is_json: matches.get_flag("json"),
        one_line: matches.get_flag("oneline"),
        brief: matches.get_flag("brief"),
        details: matches.get_flag("details"),
        statistics: matches.get_count("statistics"),
    };
    let mut words = operands(matches, "WORD").into_iter().peekable();
    let Some(object) = words.next() else {
        return Err(Error::usage("an object is missing").hint(OBJECTS));
    };
    let object = object_of(object)?;
    let verb = words.peek().and_then(|word| verb_of(word));
    if verb.is_some() {
        words.next();
    }
    let verb = verb.unwrap_or("show");
    let words = Words::new(words.collect());
    match (object, verb) {
        ("address", "show") => addr::show(words, style, io)?,
        ("link", "show") => {
            let links = addr::Filter::new(words)?.links(Style { family: 0, ..style })?;
            link::show(&links, Style { family: 0, ..style }, io)?;
        }
        ("route", "show") => route_text::show(words, style, io)?,
        ("route", "get") => route_text::get(words, style, io)?,
        ("rule", "show") => rule::show(words, style, io)?,
        ("neighbour", "show") => neigh::show(words, style, io)?,
        (object, verb) => {
            return Err(Error::usage(format!("ip {object} {verb}: dbg only reads"))
                .hint("show, list and `route get` are there; what changes the network is not"));
        }
    }
    Ok(io.exit())
}

const OBJECTS: &str = "objects are: address, link, route, rule, neigh";

fn family(matches: &ArgMatches) -> u8 {
    let family = matches.get_one::<String>("family").map(String::as_str);
    match family {
        _ if matches.get_flag("inet") => libc::AF_INET as u8,
        _ if matches.get_flag("inet6") => libc::AF_INET6 as u8,
        Some("inet") => libc::AF_INET as u8,
        Some("inet6") => libc::AF_INET6 as u8,
        _ => 0,
    }
}

fn object_of(word: &[u8]) -> Result<&'static str> {
    // In the order in which iproute2 compares a beginning with them.
    const ALL: [&str; 6] = ["address", "route", "rule", "neighbor", "neighbour", "link"];
    let found = ALL.iter().find(|name| !word.is_empty() && name.as_bytes().starts_with(word));
    match found {
        Some(&"neighbor") => Ok("neighbour"),
        Some(name) => Ok(name),
        None => {
            Err(Error::usage(format!("{} is no object of ip here", quote(os(word)))).hint(OBJECTS))
        }
    }
}

/// The verb that `word` is or begins; `None` for what is a filter.
fn verb_of(word: &[u8]) -> Option<&'static str> {
    const ALL: [&str; 13] = [
        "show", "list", "lst", "ls", "get", "add", "append", "change", "delete", "flush",
        "replace", "restore", "set",
    ];
    // Shorter ones are names, as `de` may be.
    let whole = ["del", "save", "s", "l", "sh", "a", "d"];
    let word = std::str::from_utf8(word).ok()?;
    let begins = |name: &&&str| word.len() > 2 && name.starts_with(word);
    let found = ALL.iter().find(|name| **name == word).or_else(|| ALL.iter().find(begins));
    match found.copied().or_else(|| whole.into_iter().find(|name| *name == word))? {
        "show" | "list" | "lst" | "ls" | "s" | "l" | "sh" => Some("show"),
        "a" => Some("add"),
        "d" | "del" => Some("delete"),
        verb => Some(verb),
    }
}

/// The name of an address family, as iproute2 has it.
fn family_name(family: u8) -> &'static str {
    match i32::from(family) {
        libc::AF_INET => "inet",
        libc::AF_INET6 => "inet6",
        _ => "other",
    }
}

/// Prints `rows` as JSON, or each with the lines that `text` gives it.
fn print<R: Serialize>(
    rows: &[R],
    style: Style,
    io: &mut Io,
    text: impl Fn(&R, &mut String),
) -> Result<()> {
    let mut printer = Printer::new(style);
    for row in rows {
        printer.push(row, io, |out| text(row, out))?;
    }
    printer.end(false, io)
}

/// Rows that are printed as they come.
struct Printer {
    array: Option<Array>,
    out: String,
}

impl Printer {
    fn new(style: Style) -> Printer {
        Printer { array: style.is_json.then(Array::default), out: String::new() }
    }

    fn push(
        &mut self,
        row: &impl Serialize,
        io: &mut Io,
        text: impl Fn(&mut String),
    ) -> Result<()> {
        if let Some(array) = &mut self.array {
            return Ok(array.push(&mut io.stdout, row)?);
        }
        self.out.clear();
        text(&mut self.out);
        self.out.push('\n');
        Ok(io.stdout.write_all(self.out.as_bytes())?)
    }

    /// `is_torn` is whether something changed while the kernel told.
    fn end(self, is_torn: bool, io: &mut Io) -> Result<()> {
        if let Some(array) = self.array {
            array.end(&mut io.stdout)?;
        }
        if is_torn {
            io.stdout.flush()?;
            let text = "it changed while it was listed: something may be missing or there twice";
            writeln!(io.stderr, "ip: {text}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_verbs_may_be_cut() {
        for (word, object) in [
            ("a", "address"),
            ("addr", "address"),
            ("l", "link"),
            ("r", "route"),
            ("ro", "route"),
            ("ru", "rule"),
            ("n", "neighbour"),
            ("neigh", "neighbour"),
        ] {
            assert_eq!(object_of(word.as_bytes()).unwrap(), object);
        }
        assert!(object_of(b"netns").is_err());
        assert!(object_of(b"").is_err());
        assert_eq!(verb_of(b"sho"), Some("show"));
        assert_eq!(verb_of(b"del"), Some("delete"));
        assert_eq!(verb_of(b"eth0"), None);
        assert_eq!(verb_of(b"dev"), None);
    }

    #[test]
    fn long_options_have_one_dash() {
        let words = ["-br", "-stats", "-j", "-6", "-color=always", "addr"].map(OsString::from);
        let expected = ["--brief", "--statistics", "-j", "-6", "--color=always", "addr"];
        assert_eq!(rewrite(words.to_vec()), expected);
    }
}
