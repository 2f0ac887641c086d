//! `host` and `nslookup`: short answers in the words of those two.

use super::ask::Reply;
use super::config::Config;
use super::facts::Answer;
use super::name::Name;
use super::types::{self, A, AAAA, ANY, CNAME, MX, NS, PTR, SOA, SRV, TXT};
use super::wire::{Data, Question, Record};
use super::words::{self, Wanted, Words};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, json};
use crate::tools::Tool;
use crate::tools::args::{bytes, command, flag, json_flag, number, option, short_flag};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::io::Write;
use std::time::Duration;

pub(in crate::tools) const HOST: Tool = Tool {
    name: "host",
    aliases: &[],
    summary: "Look up a name or an address in the DNS, in short",
    examples: &[
        ("host api", "The addresses of a name, by the target's search path"),
        ("host -t mx example.com 10.0.0.2", "One type of records, of one server"),
    ],
    needs: Needs::Net,
    json: Some(Shape::of::<Vec<Answer>>()),
    command: host_options,
    rewrite: None,
    run: run_host,
};

pub(in crate::tools) const NSLOOKUP: Tool = Tool {
    name: "nslookup",
    aliases: &[],
    summary: "Look up a name or an address in the DNS",
    examples: &[
        ("nslookup api", "The addresses of a name, and which server said so"),
        ("nslookup -type=srv _http._tcp.api", "One type of records"),
    ],
    needs: Needs::Net,
    json: Some(Shape::of::<Vec<Answer>>()),
    command: nslookup_options,
    rewrite: Some(two_dashes),
    run: run_nslookup,
};

fn common(command: Command) -> Command {
    let word = |id: &'static str, is: bool| {
        Arg::new(id).required(is).value_parser(value_parser!(OsString))
    };
    command
        .arg(option("type", 't', "TYPE", "Records of this type: A, MX, TXT, TYPE123"))
        .arg(words::port())
        .arg(json_flag())
        .arg(word("NAME", true).help("A name, or an address whose names are asked for"))
        .arg(word("SERVER", false).help("Ask this one, not those of the target's resolv.conf"))
}

fn host_options() -> Command {
    common(command("host", HOST.summary))
        .arg(short_flag('a', "all", "Records of all types"))
        .arg(short_flag('4', "v4", "Ask servers by IPv4 only"))
        .arg(short_flag('6', "v6", "Ask servers by IPv6 only"))
        .arg(flag("tcp", 'T', "By TCP"))
        .arg(number("wait", 'W', "Wait N seconds for an answer"))
        .arg(number("retry", 'R', "Ask N times more").value_name("N"))
}

fn nslookup_options() -> Command {
    common(command("nslookup", NSLOOKUP.summary).after_help("Options may have one dash."))
        .mut_arg("type", |arg| arg.aliases(["query", "querytype"]))
        .mut_arg("port", |arg| arg.long("port"))
        .arg(number("timeout", None, "Wait N seconds for an answer"))
        .arg(number("retry", None, "Ask N times more"))
        .arg(flag("vc", None, "By TCP"))
}

/// `-type=mx` as clap has it: `--type=mx`.
fn two_dashes(args: Vec<OsString>) -> Vec<OsString> {
    let long = |arg: OsString| match arg.to_str() {
        Some(text) if text.len() > 2 && text.starts_with('-') && !text.starts_with("--") => {
            format!("-{text}").into()
        }
        _ => arg,
    };
    args.into_iter().map(long).collect()
}

/// Who prints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Host,
    Nslookup,
}

fn run_host(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut words = Words::empty(matches);
    words.edns = false;
    words.tcp = matches.get_flag("tcp");
    let seconds = matches.get_one::<u64>("wait").map(|n| (*n).clamp(1, 300));
    words.time = seconds.map(Duration::from_secs);
    words.tries = matches.get_one::<u64>("retry").map(|n| (*n).min(99) as u32 + 1);
    let kind = if matches.get_flag("all") { Some(ANY) } else { None };
    run(view, matches, words, kind, Style::Host, io)
}

fn run_nslookup(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut words = Words::empty(matches);
    words.edns = false;
    words.tcp = matches.get_flag("vc");
    let seconds = matches.get_one::<u64>("timeout").map(|n| (*n).clamp(1, 300));
    words.time = seconds.map(Duration::from_secs);
    words.tries = matches.get_one::<u64>("retry").map(|n| (*n).min(99) as u32 + 1);
    run(view, matches, words, None, Style::Nslookup, io)
}

fn run(
    view: &View,
    matches: &ArgMatches,
    mut words: Words,
    kind: Option<u16>,
    style: Style,
    io: &mut Io,
) -> Result<Exit> {
    let kind = bytes(matches, "type").map(words::type_of).transpose()?.or(kind);
    let name = bytes(matches, "NAME").unwrap_or_default();
    if let Some(server) = bytes(matches, "SERVER") {
        words.set_server(server)?;
    }
    let address = std::str::from_utf8(name).ok().and_then(|text| text.parse().ok());
    let wanted = match address.filter(|_| kind.is_none()) {
        Some(address) => {
            let name = Name::of_address(address).to_string().into_bytes();
            Wanted { name, kind: Some(PTR), class: types::IN, address: Some(address) }
        }
        None => Wanted { name: name.to_vec(), kind, class: types::IN, address: None },
    };
    let config = words.config(view)?;
    let mut array = matches.get_flag("json").then(json::Array::default);
    let found = find(&words, &config, &wanted, style, &mut array, io)?;
    if let Some(array) = array {
        array.end(&mut io.stdout)?;
        let is_there = found.first().is_some_and(|reply| reply.message.code() == 0);
        return Ok(if is_there { Exit::OK } else { Exit::FAILURE });
    }
    match style {
        Style::Host => print_host(&words, &wanted, &found, io),
        Style::Nslookup => print_nslookup(&wanted, &found, io),
    }
}

/// The replies for the first name of the search path that is there.
fn find(
    words: &Words,
    config: &Config,
    wanted: &Wanted,
    style: Style,
    array: &mut Option<json::Array>,
    io: &mut Io,
) -> Result<Vec<Reply>> {
    let kinds = match (wanted.kind, style) {
        (Some(kind), _) => vec![kind],
        (None, Style::Host) => vec![A, AAAA, MX],
        (None, Style::Nslookup) => vec![A, AAAA],
    };
    let mut replies: Vec<Reply> = Vec::new();
    let deadline = words.deadline();
    for name in wanted.names(config, true)? {
        replies.clear();
        for kind in &kinds {
            let question = Question::new(name.clone(), *kind);
            let reply = words.ask(config, &question, 2, deadline, &mut |server, failure| {
                match array {
                    Some(array) => {
                        array
                            .push(&mut io.stdout, &Answer::new(&question, server, Err(failure)))?;
                    }
                    None => writeln!(
                        io.stdout,
                        ";; communications error to {}#{}: {failure}",
                        server.ip(),
                        server.port()
                    )?,
                }
                Ok(io.stdout.flush()?)
            })?;
            let Some(reply) = reply else { return Ok(replies) };
            if let Some(array) = array {
                array.push(&mut io.stdout, &Answer::new(&question, reply.server, Ok(&reply)))?;
            }
            let is_there = reply.message.code() == 0;
            replies.push(reply);
            if !is_there {
                break;
            }
        }
        if replies.first().is_some_and(|reply| reply.message.code() == 0) {
            break;
        }
    }
    Ok(replies)
}

fn typed(wanted: &Wanted) -> String {
    Name::parse(&wanted.name).map(|name| name.relative()).unwrap_or_default()
}

fn print_host(words: &Words, wanted: &Wanted, found: &[Reply], io: &mut Io) -> Result<Exit> {
    let Some(first) = found.first() else {
        writeln!(io.stdout, ";; no servers could be reached")?;
        return Ok(Exit::FAILURE);
    };
    let out = &mut io.stdout;
    if words.server.is_some() {
        let (ip, port) = (first.server.ip(), first.server.port());
        writeln!(out, "Using domain server:\nName: {ip}\nAddress: {ip}#{port}\nAliases: \n")?;
    }
    if first.message.code() != 0 {
        let (code, status) = (first.message.code(), first.message.status());
        writeln!(out, "Host {} not found: {code}({status})", typed(wanted))?;
        return Ok(Exit::FAILURE);
    }
    let mut has_any = false;
    let mut aliases: Vec<&Name> = Vec::new();
    for record in found.iter().flat_map(|reply| &reply.message.answers) {
        // Each reply tells of the same links.
        if record.kind == CNAME {
            if aliases.iter().any(|name| name.is(&record.name)) {
                continue;
            }
            aliases.push(&record.name);
        }
        has_any = true;
        writeln!(out, "{}", host_line(record))?;
    }
    if !has_any {
        let kind = types::type_name(wanted.kind.unwrap_or(A));
        writeln!(out, "{} has no {kind} record", typed(wanted))?;
    }
    Ok(Exit::OK)
}

fn host_line(record: &Record) -> String {
    let (name, data) = (record.name.relative(), record.data.text());
    match record.kind {
        A => format!("{name} has address {data}"),
        AAAA => format!("{name} has IPv6 address {data}"),
        CNAME => format!("{name} is an alias for {data}"),
        MX => format!("{name} mail is handled by {data}"),
        NS => format!("{name} name server {data}"),
        PTR => format!("{name} domain name pointer {data}"),
        TXT => format!("{name} descriptive text {data}"),
        kind => format!("{name} has {} record {data}", types::type_name(kind)),
    }
}

fn print_nslookup(wanted: &Wanted, found: &[Reply], io: &mut Io) -> Result<Exit> {
    let out = &mut io.stdout;
    let Some(first) = found.first() else {
        writeln!(out, ";; no servers could be reached\n")?;
        return Ok(Exit::FAILURE);
    };
    if wanted.address.is_none() {
        let (ip, port) = (first.server.ip(), first.server.port());
        writeln!(out, "Server:\t\t{ip}\nAddress:\t{ip}#{port}\n")?;
    }
    if first.message.code() != 0 {
        let status = first.message.status();
        writeln!(out, "** server can't find {}: {status}\n", typed(wanted))?;
        return Ok(Exit::FAILURE);
    }
    let records: Vec<&Record> = found.iter().flat_map(|reply| &reply.message.answers).collect();
    if wanted.address.is_none() && (records.is_empty() || !first.message.is_authoritative()) {
        writeln!(out, "Non-authoritative answer:")?;
    }
    if records.is_empty() {
        writeln!(out, "*** Can't find {}: No answer", typed(wanted))?;
    }
    let mut aliases: Vec<&Name> = Vec::new();
    for record in records {
        if record.kind == CNAME {
            if aliases.iter().any(|name| name.is(&record.name)) {
                continue;
            }
            aliases.push(&record.name);
        }
        writeln!(out, "{}", nslookup_line(record))?;
    }
    writeln!(out)?;
    Ok(Exit::OK)
}

fn nslookup_line(record: &Record) -> String {
    let (name, data) = (record.name.relative(), record.data.text());
    match (record.kind, &record.data) {
        (A | AAAA, _) => format!("Name:\t{name}\nAddress: {data}"),
        (CNAME, _) => format!("{name}\tcanonical name = {data}"),
        (MX, _) => format!("{name}\tmail exchanger = {data}"),
        (NS, _) => format!("{name}\tnameserver = {data}"),
        (PTR, _) => format!("{name}\tname = {data}"),
        (TXT, _) => format!("{name}\ttext = {data}"),
        (SRV, _) => format!("{name}\tservice = {data}"),
        (SOA, Data::Text(text)) => {
            let heads = ["origin", "mail addr", "serial", "refresh", "retry", "expire", "minimum"];
            let fields = heads.iter().zip(text.split(' '));
            let short = |value: &str| value.strip_suffix('.').unwrap_or(value).to_owned();
            let lines: Vec<String> =
                fields.map(|(head, value)| format!("\t{head} = {}", short(value))).collect();
            format!("{name}\n{}", lines.join("\n"))
        }
        (kind, _) => format!("{name}\trdata_{kind} = {data}"),
    }
}
