//! `nft`, also `iptables`: the packet filter of the target's network namespace, in the words of nft.
//!
//! Only nf_tables is read (`<linux/netfilter/nf_tables.h>`), with the rules that iptables-nft put there. Those of legacy
//! iptables are no netlink's business: that there are some is told.

mod decode;
mod field;
mod load;
mod ruleset;
mod set;
mod statement;
mod value;

use super::Tool;
use super::args::{bytes, command, json_flag, operands, option, os, short_flag};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, quote, table::print_json, visible};
use crate::view::{Needs, View};
use caps::Capability;
use clap::{Arg, ArgMatches, Command};
use ruleset::{Chain, NamedSet, Table};
use std::ffi::OsString;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "nft",
    aliases: &["iptables"],
    summary: "Show the packet filter: tables, chains, rules and sets",
    examples: &[
        ("nft list ruleset", "Every rule that packets of the target meet, with its counters"),
        ("nft list table ip nat", "One table, as kube-proxy or Docker filled it"),
        ("iptables -L -n -v -t nat", "The same for hands that know iptables, in the words of nft"),
    ],
    needs: Needs::NetWith(&[Capability::CAP_NET_ADMIN]),
    json: Some(Shape::of::<Vec<Table>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("nft", TOOL.summary)
        .override_usage("nft [OPTIONS] list ruleset | tables | table | chain [FAMILY] [NAME]…")
        .after_help(
            "`iptables -L -n -v -t TABLE` and `iptables -S` are understood. What is not decoded is shown by its name in brackets. Rules are shown in the words of nft, those of \
             iptables-nft too. Needs CAP_NET_ADMIN over the target's network. dbg changes nothing.",
        )
        .arg(short_flag('L', "list", "List the tables of IPv4, as iptables"))
        .arg(short_flag('S', "rules", "The same"))
        .arg(option("table", 't', "TABLE", "With -L and -S: this table only"))
        .arg(short_flag('n', "numeric", "Numbers (always so)"))
        .arg(short_flag('v', "verbose", "Counters (always so)"))
        .arg(short_flag('a', "handle", "Accepted, and without effect").hide(true))
        .arg(json_flag().short('j'))
        .arg(
            Arg::new("WORD")
                .num_args(0..)
                .value_parser(clap::value_parser!(OsString))
                .help("What is listed"),
        )
}

/// The tables of iptables(8), which are there whether they have rules or not.
const USUAL: [&[u8]; 5] = [b"filter", b"nat", b"mangle", b"raw", b"security"];

/// What is listed.
#[derive(Debug, Default)]
struct Wanted {
    /// 0 is all.
    family: u8,
    /// `ip`, and `inet`, which is asked for packets of IPv4 too.
    is_iptables: bool,
    table: Option<Vec<u8>>,
    chain: Option<Vec<u8>>,
    names_only: bool,
}

impl Wanted {
    fn new(matches: &ArgMatches) -> Result<Wanted> {
        let words = operands(matches, "WORD");
        if matches.get_flag("list") || matches.get_flag("rules") {
            return Ok(Wanted {
                is_iptables: true,
                table: bytes(matches, "table").map(Into::into),
                chain: words.first().map(|chain| (*chain).into()),
                ..Wanted::default()
            });
        }
        let Some((&verb, words)) = words.split_first() else {
            return Ok(Wanted::default());
        };
        if verb != b"list" {
            return Err(Error::usage(format!("{}: dbg only lists", quote(os(verb))))
                .hint("try: nft list ruleset"));
        }
        let Some((&object, words)) = words.split_first() else {
            return Err(Error::usage("list: what is missing").hint("try: nft list ruleset"));
        };
        let (family, words) = match words.split_first() {
            Some((first, rest)) if ruleset::family_number(first).is_some() => {
                (ruleset::family_number(first), rest)
            }
            _ => (None, words),
        };
        // As nft: a name without a family is of `ip`.
        let family = family.unwrap_or(if words.is_empty() { 0 } else { 2 });
        let name = |at: usize| words.get(at).map(|name| (*name).to_vec());
        let missing = || Error::usage(format!("list {}: a name is missing", visible(object)));
        let none = Wanted { family, ..Wanted::default() };
        match object {
            b"ruleset" if words.is_empty() => Ok(none),
            b"tables" if words.is_empty() => Ok(Wanted { names_only: true, ..none }),
            b"table" => Ok(Wanted { table: Some(name(0).ok_or_else(missing)?), ..none }),
            b"chain" => Ok(Wanted {
                table: Some(name(0).ok_or_else(missing)?),
                chain: Some(name(1).ok_or_else(missing)?),
                ..none
            }),
            object => {
                Err(Error::usage(format!("list {}: not one of those here", quote(os(object))))
                    .hint("there are: ruleset, tables, table, chain"))
            }
        }
    }

    fn admits(&self, family: u8, table: &[u8]) -> bool {
        let is_family = match self.is_iptables {
            true => matches!(family, 1 | 2),
            false => self.family == 0 || self.family == family,
        };
        is_family && self.table.as_ref().is_none_or(|wanted| wanted == table)
    }
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let wanted = Wanted::new(matches)?;
    let tables = ruleset::read(|family, table| wanted.admits(family, table));
    let has_legacy = tell_legacy(view, io)?;
    let mut tables = tables?;
    let is_usual = |table: &Vec<u8>| wanted.is_iptables && USUAL.contains(&table.as_slice());
    if tables.is_empty() && wanted.table.as_ref().is_none_or(is_usual) {
        io.stdout.flush()?;
        let which = wanted.table.as_deref().map(visible).unwrap_or_default();
        let text = match wanted.is_iptables {
            true if !which.is_empty() => format!("no table {which} of IPv4: it has no rules"),
            _ if has_legacy => "no tables of nf_tables".to_owned(),
            true => "no tables of IPv4: nothing of it is filtered".to_owned(),
            false if wanted.family != 0 => "no tables of that family".to_owned(),
            false => "no tables: nothing is filtered".to_owned(),
        };
        let name = io.name().to_owned();
        writeln!(io.stderr, "{name}: {text}")?;
        if matches.get_flag("json") {
            print_json(io, &tables)?;
        }
        return Ok(Exit::OK);
    }
    if let Some(name) = wanted.table.as_ref().filter(|_| tables.is_empty()) {
        return Err(Error::new(format!("no table is called {}", quote(os(name))))
            .hint("`nft list tables` has those of the target"));
    }
    if let Some(chain) = &wanted.chain {
        tables.iter_mut().for_each(|table| table.chains.retain(|own| own.name.0 == *chain));
        if tables.iter().all(|table| table.chains.is_empty()) {
            return Err(Error::new(format!("no chain is called {}", quote(os(chain)))));
        }
    }
    if matches.get_flag("json") {
        print_json(io, &tables)?;
        return Ok(Exit::OK);
    }
    for table in &tables {
        tell_left_out(table, io)?;
        match wanted.names_only {
            true => writeln!(io.stdout, "table {} {}", table.family, table.name.visible())?,
            false => print_table(table, io)?,
        }
    }
    Ok(Exit::OK)
}

/// Says on stderr that there are tables of legacy iptables, which netlink does not give.
fn tell_legacy(view: &View, io: &mut Io) -> Result<bool> {
    let mut is_there = false;
    let Ok(process) = view.proc().and_then(|proc| proc.main()) else {
        return Ok(false);
    };
    for (file, what) in [("net/ip_tables_names", "iptables"), ("net/ip6_tables_names", "ip6tables")]
    {
        let names = process.read(file).unwrap_or_default();
        let names: Vec<_> = names
            .split(|byte| *byte == b'\n')
            .filter(|name| !name.is_empty())
            .map(visible)
            .collect();
        if !names.is_empty() {
            is_there = true;
            io.stdout.flush()?;
            let names = names.join(", ");
            let text = "besides, whose rules are not shown";
            let name = io.name().to_owned();
            writeln!(io.stderr, "{name}: there are tables of legacy {what} {text}: {names}")?;
        }
    }
    Ok(is_there)
}

/// Says on stderr which sets have more elements than are read.
fn tell_left_out(table: &Table, io: &mut Io) -> Result<()> {
    for set in table.sets.iter().filter(|set| set.elements_left_out > 0) {
        let (name, more) = (set.name.visible(), set.elements_left_out);
        let tool = io.name().to_owned();
        writeln!(io.stderr, "{tool}: {name}: {more} more elements are there and not shown")?;
    }
    Ok(())
}

fn print_table(table: &Table, io: &mut Io) -> Result<()> {
    let out = &mut io.stdout;
    writeln!(out, "table {} {} {{", table.family, table.name.visible())?;
    let mut is_first = true;
    if !table.flags.is_empty() {
        writeln!(out, "\tflags {}", table.flags.join(","))?;
        is_first = false;
    }
    let mut between = |out: &mut crate::output::Output| match std::mem::take(&mut is_first) {
        true => Ok(()),
        false => writeln!(out),
    };
    for object in &table.objects {
        between(out)?;
        writeln!(out, "\t[{} {}]", object.kind, object.name.visible())?;
    }
    for set in &table.sets {
        between(out)?;
        print_set(set, out)?;
    }
    for chain in &table.chains {
        between(out)?;
        print_chain(chain, table.family, out)?;
    }
    writeln!(out, "}}")?;
    Ok(())
}

fn print_set(set: &NamedSet, out: &mut crate::output::Output) -> Result<()> {
    writeln!(out, "\t{} {{", set.heading)?;
    writeln!(out, "\t\ttype {}", set.kind)?;
    if !set.flags.is_empty() {
        writeln!(out, "\t\tflags {}", set.flags)?;
    }
    if !set.elements.is_empty() {
        // One after the other: a set may have many.
        for (i, element) in set.elements.iter().enumerate() {
            write!(out, "{}{element}", if i == 0 { "\t\telements = { " } else { ", " })?;
        }
        writeln!(out, " }}")?;
    }
    Ok(writeln!(out, "\t}}")?)
}

fn print_chain(chain: &Chain, family: &str, out: &mut crate::output::Output) -> Result<()> {
    writeln!(out, "\tchain {} {{", chain.name.visible())?;
    if let (Some(kind), Some(hook)) = (&chain.kind, &chain.hook) {
        write!(out, "\t\ttype {} hook {hook} ", kind.visible())?;
        match chain.devices.as_slice() {
            [] => {}
            [device] => write!(out, "device \"{}\" ", device.visible())?,
            devices => {
                let names: Vec<_> = devices.iter().map(Text::visible).collect();
                write!(out, "devices = {{ {} }} ", names.join(", "))?;
            }
        }
        let priority = priority(chain.priority.unwrap_or(0), family, hook);
        write!(out, "priority {priority};")?;
        if let Some(policy) = chain.policy {
            write!(out, " policy {policy};")?;
        }
        writeln!(out)?;
    }
    for rule in &chain.rules {
        write!(out, "\t\t{}", rule.text)?;
        if let Some(comment) = &rule.comment {
            write!(out, " comment \"{}\"", comment.visible())?;
        }
        writeln!(out)?;
    }
    Ok(writeln!(out, "\t}}")?)
}

/// A priority by the name of the nearest standard one, as nft shows it: `filter`, `srcnat + 1`.
fn priority(number: i32, family: &str, hook: &str) -> String {
    const BRIDGE: &[(i32, &str)] =
        &[(-200, "filter"), (-300, "dstnat"), (100, "out"), (300, "srcnat")];
    const COMMON: &[(i32, &str)] = &[
        (-300, "raw"),
        (-150, "mangle"),
        (-100, "dstnat"),
        (0, "filter"),
        (50, "security"),
        (100, "srcnat"),
    ];
    let table = match family {
        "bridge" => BRIDGE,
        "netdev" | "arp" => &[(0, "filter")],
        _ => COMMON,
    };
    let fits = |name: &str| match name {
        "dstnat" => hook == "prerouting",
        "srcnat" => hook == "postrouting",
        "out" => hook == "output",
        _ => true,
    };
    let near = table
        .iter()
        .filter(|(_, name)| fits(name))
        .map(|(standard, name)| (number.saturating_sub(*standard), *name))
        .find(|(difference, _)| difference.unsigned_abs() <= 10);
    match near {
        Some((0, name)) => name.to_owned(),
        Some((difference @ 1.., name)) => format!("{name} + {difference}"),
        Some((difference, name)) => format!("{name} - {}", difference.unsigned_abs()),
        None => number.to_string(),
    }
}
