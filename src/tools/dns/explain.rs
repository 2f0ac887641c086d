//! `dns`: which addresses the target's programs get for a name, and why.

use super::ask::Failure;
use super::config::{self, Config, Order};
use super::dig;
use super::facts::{Answer, Explained, HostLine, texts};
use super::name::Name;
use super::types::{A, AAAA, PTR, type_name};
use super::walk::{Ending, Try, search};
use super::wire::Question;
use super::words::{Wanted, Words, options};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, quote, visible};
use crate::tools::args::{command, os};
use crate::tools::wait::Deadline;
use crate::tools::{Tool, resolver};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::io::Write;
use std::net::IpAddr;

pub(in crate::tools) const TOOL: Tool = Tool {
    name: "dns",
    aliases: &[],
    summary: "Explain which addresses the target gets for a name, and why",
    examples: &[
        (
            "dns api.example.com",
            "Each file, name and server that is asked on the way to the answer",
        ),
        ("dns _http._tcp.api SRV", "Records of another type, by the target's search path"),
        ("dns api @10.96.0.10 +tcp", "The same, from another server and by TCP"),
    ],
    needs: Needs::Net,
    json: Some(Shape::of::<Explained>()),
    command: command_line,
    rewrite: None,
    run,
};

fn command_line() -> Command {
    options(command("dns", TOOL.summary)).after_help(
        "The order is that of glibc; musl knows no nsswitch.conf (always files, then dns) and asks all servers at \
         once. +short prints the result alone. +tcp +nosearch +time=SECONDS +tries=N; `dig` prints whole answers.",
    )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words = Words::new(matches)?;
    let [wanted] = words.wanted.as_slice() else {
        return Err(Error::usage("one name at a time is explained").hint("`dig` takes several"));
    };
    let is_json = matches.get_flag("json");
    let mut walk = Walk {
        view,
        words: &words,
        wanted,
        is_told: !is_json && !words.short,
        facts: Explained { name: wanted.name.clone().into(), ..Explained::default() },
    };
    let is_found = walk.go(io)?;
    if is_json {
        serde_json::to_writer(&mut io.stdout, &walk.facts).map_err(std::io::Error::from)?;
        writeln!(io.stdout)?;
    } else if words.short {
        for line in walk.facts.addresses.iter().chain(&walk.facts.data) {
            writeln!(io.stdout, "{line}")?;
        }
    }
    Ok(if is_found { Exit::OK } else { Exit::FAILURE })
}

struct Walk<'a> {
    view: &'a View,
    words: &'a Words,
    wanted: &'a Wanted,
    /// Whether each step is told.
    is_told: bool,
    facts: Explained,
}

impl Walk<'_> {
    /// Says whether anything was found.
    fn go(&mut self, io: &mut Io) -> Result<bool> {
        let literal = std::str::from_utf8(&self.wanted.name).ok();
        let literal = literal.and_then(|text| text.parse::<IpAddr>().ok());
        if let (Some(address), None) = (literal, self.wanted.kind) {
            self.facts.source = Some("literal");
            self.facts.addresses = texts(&[address]);
            return self.conclude("an address is its own answer", io);
        }
        let is_of_hosts =
            matches!(self.wanted.kind, None | Some(A | AAAA)) || self.wanted.address.is_some();
        if self.words.server.is_some() || !is_of_hosts {
            return self.in_dns(io);
        }
        let order = Order::read(self.view)?;
        self.facts.order = order.sources.iter().map(|s| Text(s.name.clone())).collect();
        let names: Vec<_> = order.sources.iter().map(|source| visible(&source.name)).collect();
        let why = match order.is_told {
            true => "/etc/nsswitch.conf; musl reads no such file",
            false => "what glibc does without a line for hosts in /etc/nsswitch.conf",
        };
        self.tell(io, &format!("order: {} ({why})", names.join(", ")))?;
        for source in &order.sources {
            let is_found = match source.name.as_slice() {
                b"files" => self.in_files(io)?,
                b"dns" => self.in_dns(io)?,
                name => {
                    self.facts.not_followed.push(Text(name.to_vec()));
                    let text =
                        format!("{}: not followed: only the target can ask it", visible(name));
                    self.tell(io, &text)?;
                    continue;
                }
            };
            if is_found {
                return Ok(true);
            }
            if source.is_last {
                self.tell(io, "the order ends here: [NOTFOUND=return]")?;
                break;
            }
        }
        self.conclude("nothing was found", io)
    }

    fn tell(&self, io: &mut Io, text: &str) -> Result<()> {
        if self.is_told {
            writeln!(io.stdout, "{text}")?;
            io.stdout.flush()?;
        }
        Ok(())
    }

    fn in_files(&mut self, io: &mut Io) -> Result<bool> {
        let (name, kind, address) = (&self.wanted.name, self.wanted.kind, self.wanted.address);
        let hosts = config::hosts(self.view, |host| match (address, kind) {
            (Some(address), _) => host.address == address,
            (None, Some(A)) => host.address.is_ipv4() && host.has(name),
            (None, Some(AAAA)) => host.address.is_ipv6() && host.has(name),
            (None, _) => host.has(name),
        })?;
        if hosts.is_empty() {
            let what = address.map_or_else(|| quote(os(name)), |address| address.to_string());
            self.tell(io, &format!("files: /etc/hosts has no line for {what}"))?;
            return Ok(false);
        }
        self.facts.source = Some("files");
        for host in &hosts {
            let names: Vec<_> = host.names.iter().map(|name| visible(name)).collect();
            self.tell(io, &format!("files: /etc/hosts: {} {}", host.address, names.join(" ")))?;
            self.facts.hosts.push(HostLine::new(host));
            match address {
                Some(_) => {
                    let first = names.first().map(|name| name.clone().into_owned());
                    self.facts.data.extend(first);
                }
                None => self.facts.addresses.push(host.address.to_string()),
            }
        }
        self.conclude("files", io)
    }

    fn in_dns(&mut self, io: &mut Io) -> Result<bool> {
        let mut config = self.words.config(self.view)?;
        if self.words.search == Some(false) || self.wanted.address.is_some() {
            config.search.clear();
        }
        self.configuration(&config, io)?;
        let kinds = match self.wanted.kind {
            Some(kind) => vec![kind],
            None => vec![A, AAAA],
        };
        let (is_told, questions) = (self.is_told, &mut self.facts.questions);
        let mut seen = |one: &Try| {
            questions.push(Answer::new(&one.question, one.server, one.result.as_ref()));
            if is_told { print(one, io) } else { Ok(()) }
        };
        let limit = self.words.limit();
        let deadline = Deadline::after(Some(limit));
        let ending = search(&config, &self.wanted.name, &kinds, deadline, &mut seen)?;
        match ending {
            Ending::Found(name, replies) => {
                self.facts.source = Some("dns");
                self.facts.found_as = Some(name.to_string());
                if kinds.iter().all(|kind| matches!(*kind, A | AAAA)) {
                    self.facts.addresses = texts(&resolver::addresses(&name, &replies));
                } else {
                    let found = replies.iter().flat_map(|reply| {
                        kinds.iter().flat_map(|kind| reply.message.resolve(&name, *kind).0)
                    });
                    self.facts.data = found.map(|record| record.data.text()).collect();
                }
                self.conclude(&format!("dns, as {name}"), io)
            }
            Ending::Nothing => {
                let why = "no name of the search path has such records";
                self.end_of_dns(why, io)
            }
            Ending::Failed { is_over, unasked } => {
                let why = match is_over {
                    true => format!("the time is over, {} s for all questions", limit.as_secs()),
                    false => "no server gave an answer that ends the search".to_owned(),
                };
                self.tell_unasked(&unasked, is_over, io)?;
                self.end_of_dns(&why, io)
            }
        }
    }

    /// What the target's programs would not learn either, and why.
    fn tell_unasked(&mut self, unasked: &[Question], is_over: bool, io: &mut Io) -> Result<()> {
        let texts = unasked.iter().map(|one| format!("{} {}", one.name, type_name(one.kind)));
        self.facts.not_asked = texts.collect();
        if unasked.is_empty() {
            return Ok(());
        }
        let why = match is_over {
            true => "the time is over",
            false => "without an answer glibc goes no further",
        };
        self.tell(io, &format!("  not asked any more: {} ({why})", self.facts.not_asked.join(", ")))
    }

    /// The DNS is the end where it is the only source.
    fn end_of_dns(&mut self, why: &str, io: &mut Io) -> Result<bool> {
        if self.facts.order.is_empty() {
            return self.conclude(why, io);
        }
        self.tell(io, &format!("dns: {why}"))?;
        Ok(false)
    }

    fn configuration(&mut self, config: &Config, io: &mut Io) -> Result<()> {
        let facts = &mut self.facts;
        let with_port = |server: &std::net::SocketAddr| match server.port() {
            config::PORT => server.ip().to_string(),
            port => format!("{}#{port}", server.ip()),
        };
        facts.servers = config.servers.iter().map(with_port).collect();
        facts.search = config.search.iter().map(Name::relative).collect();
        facts.ndots = config.ndots;
        facts.timeout_seconds = config.timeout.as_secs();
        facts.attempts = config.attempts;
        let search = match facts.search.is_empty() {
            true => "no search path".to_owned(),
            false => format!("search {}", facts.search.join(" ")),
        };
        let mut text = format!(
            "dns: servers {}; {search}; ndots {}, timeout {} s, attempts {}",
            facts.servers.join(" "),
            config.ndots,
            config.timeout.as_secs(),
            config.attempts
        );
        for (is, word) in
            [(config.rotate, ", rotate"), (config.tcp, ", TCP"), (config.no_aaaa, ", no-aaaa")]
        {
            text.push_str(if is { word } else { "" });
        }
        text.push_str(match (config.is_there, self.words.server.is_some()) {
            (_, true) => "",
            (true, _) => " (/etc/resolv.conf)",
            (false, _) => " (there is no /etc/resolv.conf)",
        });
        self.tell(io, &text)
    }

    fn conclude(&self, why: &str, io: &mut Io) -> Result<bool> {
        let facts = &self.facts;
        let found: Vec<&str> =
            facts.addresses.iter().chain(&facts.data).map(String::as_str).collect();
        let text = match found.is_empty() {
            true => "none".to_owned(),
            false if facts.data.is_empty() || self.wanted.kind == Some(PTR) => found.join(" "),
            false => found.join(", "),
        };
        self.tell(io, &format!("answer: {text} ({why})"))?;
        Ok(!found.is_empty())
    }
}

fn print(one: &Try, io: &mut Io) -> Result<()> {
    let asked =
        format!("{} {} {}", one.question.name, type_name(one.question.kind), one.server.ip());
    match &one.result {
        Err(failure) => {
            let waited = match failure {
                Failure::Timeout { .. } => format!(" after {:.1} s", one.time.as_secs_f64()),
                _ => String::new(),
            };
            let (number, most) = (one.attempt, one.attempts);
            writeln!(io.stdout, "  {asked}: {failure}{waited}, attempt {number} of {most}")?;
        }
        Ok(reply) => {
            let number = reply.message.answers.len();
            let mut text = format!("{}, {number} records", reply.message.status());
            if reply.was_truncated {
                text.push_str(", cut by UDP and asked again by TCP");
            } else if reply.is_tcp {
                text.push_str(", TCP");
            }
            if reply.message.is_malformed {
                text.push_str(", a part can't be read");
            }
            writeln!(io.stdout, "  {asked}: {text}, {} ms", reply.time.as_millis())?;
            for record in &reply.message.answers {
                writeln!(io.stdout, "    {}", dig::line(record))?;
            }
        }
    }
    Ok(io.stdout.flush()?)
}
