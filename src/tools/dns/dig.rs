//! `dig`: one question, and the whole answer.

use super::ask::Reply;
use super::facts::Answer;
use super::types::{class_name, type_name};
use super::wire::{Message, Question, Record};
use super::words::{Words, options};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, json, time};
use crate::tools::Tool;
use crate::tools::args::{command, operands};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::io::Write;

pub(in crate::tools) const TOOL: Tool = Tool {
    name: "dig",
    aliases: &[],
    summary: "Ask a DNS server and show the whole answer",
    examples: &[
        ("dig +short api.internal", "What the target's server says, and nothing else"),
        (
            "dig @10.96.0.10 kubernetes.default.svc.cluster.local",
            "Whether the cluster's DNS answers",
        ),
        ("dig -x 10.0.0.7 +tcp", "The names of an address, by TCP"),
    ],
    needs: Needs::Net,
    json: Some(Shape::of::<Vec<Answer>>()),
    command: command_line,
    rewrite: None,
    run,
};

/// What dig ends in when no server answered.
const NO_ANSWER: u8 = 9;

fn command_line() -> Command {
    options(command("dig", TOOL.summary)).after_help(
        "The servers are those of the target's resolv.conf. +short +tcp +search +time=SECONDS +tries=N +norecurse \
         +dnssec +ignore; +[no]all, cmd, comments, question, answer, authority, additional, stats. The search path \
         is used with +search only.",
    )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words = Words::new(matches)?;
    let config = words.config(view)?;
    let mut array = matches.get_flag("json").then(json::Array::default);
    let (mut exit, mut is_first) = (Exit::OK, true);
    for wanted in &words.wanted {
        let mut last = None;
        let deadline = words.deadline();
        for name in wanted.names(&config, words.search == Some(true))? {
            let question = wanted.question(name);
            let array = &mut array;
            let reply = words.ask(&config, &question, 3, deadline, &mut |server, failure| {
                if let Some(array) = array {
                    array.push(&mut io.stdout, &Answer::new(&question, server, Err(failure)))?;
                } else {
                    writeln!(
                        io.stdout,
                        ";; communications error to {}#{}: {failure}",
                        server.ip(),
                        server.port()
                    )?;
                }
                Ok(io.stdout.flush()?)
            })?;
            let Some(reply) = reply else {
                last = None;
                break;
            };
            let is_found = reply.message.code() == 0 && !reply.message.answers.is_empty();
            last = Some((question, reply));
            if is_found {
                break;
            }
        }
        match (last, &mut array) {
            (Some((question, reply)), Some(array)) => {
                array.push(&mut io.stdout, &Answer::new(&question, reply.server, Ok(&reply)))?;
            }
            (Some((_, reply)), None) => {
                if is_first && words.parts.cmd && !words.short {
                    head(matches, io)?;
                }
                print(&words, &reply, io)?;
            }
            (None, array) => {
                exit = Exit::code(NO_ANSWER);
                if array.is_none() {
                    if is_first && words.parts.cmd && !words.short {
                        head(matches, io)?;
                    }
                    writeln!(io.stdout, ";; no servers could be reached")?;
                }
            }
        }
        is_first = false;
    }
    if let Some(array) = array {
        array.end(&mut io.stdout)?;
    }
    Ok(exit)
}

fn head(matches: &ArgMatches, io: &mut Io) -> Result<()> {
    let words = operands(matches, "WORDS").join(&b' ');
    Ok(writeln!(
        io.stdout,
        "\n; <<>> dbg dig <<>> {}\n;; global options: +cmd",
        Text(words).visible()
    )?)
}

fn print(words: &Words, reply: &Reply, io: &mut Io) -> Result<()> {
    let message = &reply.message;
    if words.short {
        for record in &message.answers {
            writeln!(io.stdout, "{}", record.data.text())?;
        }
        return Ok(());
    }
    let parts = words.parts;
    if parts.comments {
        if reply.was_truncated {
            writeln!(io.stdout, ";; Truncated, retrying in TCP mode.")?;
        }
        header(message, io)?;
    }
    if parts.question {
        if parts.comments {
            writeln!(io.stdout, ";; QUESTION SECTION:")?;
        }
        for question in &message.questions {
            writeln!(io.stdout, "{}", question_line(question))?;
        }
        if parts.comments {
            writeln!(io.stdout)?;
        }
    }
    let sections = [
        (parts.answer, "ANSWER", &message.answers),
        (parts.authority, "AUTHORITY", &message.authority),
        (parts.additional, "ADDITIONAL", &message.additional),
    ];
    for (_, heading, records) in sections.into_iter().filter(|(is, _, rs)| *is && !rs.is_empty()) {
        if parts.comments {
            writeln!(io.stdout, ";; {heading} SECTION:")?;
        }
        for record in records {
            writeln!(io.stdout, "{}", line(record))?;
        }
        if parts.comments {
            writeln!(io.stdout)?;
        }
    }
    if parts.stats { stats(reply, io) } else { Ok(()) }
}

fn header(message: &Message, io: &mut Io) -> Result<()> {
    let out = &mut io.stdout;
    let edns = usize::from(message.edns.is_some());
    let flags: String = message.flag_names().map(|name| format!(" {name}")).collect();
    writeln!(out, ";; Got answer:")?;
    if message.is_malformed {
        writeln!(out, ";; Warning: a part of the message can't be read")?;
    }
    writeln!(
        out,
        ";; ->>HEADER<<- opcode: {}, status: {}, id: {}",
        message.opcode(),
        message.status(),
        message.id
    )?;
    writeln!(
        out,
        ";; flags:{flags}; QUERY: {}, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}",
        message.questions.len(),
        message.answers.len(),
        message.authority.len(),
        message.additional.len() + edns
    )?;
    if message.has_refused_recursion() {
        writeln!(out, ";; WARNING: recursion requested but not available")?;
    }
    writeln!(out)?;
    if let Some(edns) = message.edns {
        let flags = if edns.is_dnssec_ok { " do" } else { "" };
        writeln!(
            out,
            ";; OPT PSEUDOSECTION:\n; EDNS: version: {}, flags:{flags}; udp: {}",
            edns.version, edns.udp_size
        )?;
    }
    Ok(())
}

fn stats(reply: &Reply, io: &mut Io) -> Result<()> {
    let c = time::Civil::of(time::now()).ok_or(nix::errno::Errno::EOVERFLOW)?;
    let (ip, port) = (reply.server.ip(), reply.server.port());
    let transport = if reply.is_tcp { "TCP" } else { "UDP" };
    writeln!(io.stdout, ";; Query time: {} msec", reply.time.as_millis())?;
    writeln!(io.stdout, ";; SERVER: {ip}#{port}({ip}) ({transport})")?;
    writeln!(
        io.stdout,
        ";; WHEN: {} {} {:02} {:02}:{:02}:{:02} UTC {}",
        c.day_name(),
        c.month_name(),
        c.day,
        c.hour,
        c.minute,
        c.second,
        c.year
    )?;
    Ok(writeln!(io.stdout, ";; MSG SIZE  rcvd: {}\n", reply.size)?)
}

fn question_line(question: &Question) -> String {
    let mut line = Line::default();
    line.push(0, &question.name.to_string());
    line.push(32, &class_name(question.class));
    line.push(40, &type_name(question.kind));
    format!(";{}", line.text)
}

/// A record in the columns of dig.
pub(super) fn line(record: &Record) -> String {
    let mut line = Line::default();
    line.push(0, &record.name.to_string());
    line.push(24, &record.ttl.to_string());
    line.push(32, &class_name(record.class));
    line.push(40, &type_name(record.kind));
    line.push(48, &record.data.text());
    line.text
}

/// Text in columns that stand at multiples of eight; at least one space or tab between two.
#[derive(Default)]
struct Line {
    text: String,
    at: usize,
}

impl Line {
    fn push(&mut self, column: usize, text: &str) {
        if column > 0 {
            let to = column.max(self.at + 1);
            let tabs = to / 8 - self.at / 8;
            let from = if tabs > 0 { to / 8 * 8 } else { self.at };
            self.text.extend(std::iter::repeat_n('\t', tabs));
            self.text.extend(std::iter::repeat_n(' ', to - from));
            self.at = to;
        }
        self.text.push_str(text);
        self.at += text.len();
    }
}
