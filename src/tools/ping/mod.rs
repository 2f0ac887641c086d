//! `ping`: echo requests, with the output and exit codes of iputils.

mod report;

use super::Tool;
use super::args::{command, json_flag, option, short_flag};
use super::connect::{self, Family};
use super::icmp::{Echo, Lost, Reply};
use super::wait::{self, Deadline};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, time, visible};
use crate::sys::process;
use crate::view::{Needs, View};
use caps::Capability;
use clap::{Arg, ArgMatches, Command, value_parser};
use nix::errno::Errno;
use nix::poll::PollFlags;
use nix::sys::signal::Signal;
use report::{Answer, Pinged, Times, milliseconds, percent, words};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(super) const TOOL: Tool = Tool {
    name: "ping",
    aliases: &[],
    summary: "Ask a host whether it is there, and how long its answers take",
    examples: &[
        ("ping -c 3 db", "Whether the target reaches a host, by the name it uses itself"),
        ("ping -c 1 -s 1472 10.0.0.1", "Whether packets of the full size pass"),
    ],
    needs: Needs::NetWith(&[Capability::CAP_NET_RAW]),
    json: Some(Shape::of::<Pinged>()),
    command: options,
    rewrite: None,
    run,
};

/// Requests that are remembered, and replies that are kept for `--json`.
const MOST: usize = 4096;

/// How long the last answer is waited for when there was none at all, as iputils has it.
const LINGER: Duration = Duration::from_secs(10);

fn options() -> Command {
    let seconds = |short: char, id: &'static str, help: &'static str| {
        Arg::new(id).short(short).value_name("SECONDS").value_parser(duration).help(help)
    };
    command("ping", TOOL.summary)
        .after_help(
            "Answers are shown with addresses only. Without -c it goes on until interrupted.",
        )
        .arg(short_flag('4', "v4", "IPv4 only"))
        .arg(short_flag('6', "v6", "IPv6 only"))
        .arg(count('c', "count", "Send N requests").value_parser(value_parser!(u64).range(1..)))
        .arg(seconds('i', "interval", "Time between two requests (1; at least 0.002)"))
        .arg(seconds('W', "timeout", "How long the last answer is waited for (10)"))
        .arg(seconds('w', "deadline", "End after so long"))
        .arg(
            count('s', "size", "Bytes behind the header (56)")
                .value_parser(value_parser!(u64).range(..=65_507)),
        )
        .arg(
            count('t', "ttl", "Routers that a request may pass")
                .value_parser(value_parser!(u8).range(1..)),
        )
        .arg(short_flag('q', "quiet", "The summary only"))
        .arg(short_flag('n', "numeric", "Addresses only (always so)"))
        .arg(short_flag('D', "timestamp", "The time in front of each line"))
        .arg(json_flag())
        .arg(Arg::new("HOST").required(true).value_parser(value_parser!(OsString)))
}

fn count(short: char, id: &'static str, help: &'static str) -> Arg {
    option(id, short, "N", help).long(None::<&'static str>).allow_hyphen_values(false)
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let number = text.parse().ok().filter(|n: &f64| (0.0..=1e6).contains(n));
    number.map(Duration::from_secs_f64).ok_or_else(|| "a number of seconds is wanted".to_owned())
}

/// An address of `host` of the wanted family.
pub(super) fn address_of(
    view: &View,
    host: &[u8],
    matches: &ArgMatches,
    deadline: Deadline,
) -> Result<IpAddr> {
    let family = Family::new(matches.get_flag("v4"), matches.get_flag("v6"));
    let found = connect::addresses(view, host, 0, family, deadline);
    let found = found.map_err(|error| error.exit(Exit::code(2)))?;
    let first = found.first().map(|address| address.ip());
    first.ok_or_else(|| Error::new("no address").context(visible(host).into_owned()))
}

struct Ping {
    echo: Echo,
    size: usize,
    quiet: bool,
    stamped: bool,
    is_json: bool,
    facts: Pinged,
    /// Requests and whether they were answered.
    sent: VecDeque<(u16, Instant, bool)>,
    times: Times,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let host = matches.get_one::<OsString>("HOST").map(|host| host.as_bytes()).unwrap_or_default();
    let get = |id: &str| matches.get_one::<Duration>(id).copied();
    let deadline = Deadline::after(get("deadline"));
    let to = address_of(view, host, matches, deadline)?;
    let echo = Echo::open(to, matches.get_one::<u8>("ttl").copied()).map_err(|error| {
        let is_right = error.exit_code() == Exit::CANNOT_RUN;
        if is_right { error } else { error.exit(Exit::code(2)) }
    })?;
    let mut ping = Ping {
        echo,
        size: matches.get_one::<u64>("size").map_or(56, |n| *n as usize),
        quiet: matches.get_flag("quiet"),
        stamped: matches.get_flag("timestamp"),
        is_json: matches.get_flag("json"),
        facts: Pinged { host: host.into(), address: to.to_string(), ..Pinged::default() },
        sent: VecDeque::new(),
        times: Times::default(),
    };
    let plan = Plan {
        count: matches.get_one::<u64>("count").copied(),
        interval: get("interval").unwrap_or(Duration::from_secs(1)).max(Duration::from_millis(2)),
        timeout: get("timeout"),
        end: deadline.at(),
    };
    if !ping.is_json {
        ping.head(host, to, io)?;
    }
    let start = Instant::now();
    // What was sent so far is worth a summary.
    while process::caught().is_some() {}
    process::catch(Signal::SIGINT)?;
    let result = ping.go(&plan, io);
    while process::caught().is_some() {}
    process::default_action(Signal::SIGINT)?;
    result?;
    ping.summary(start.elapsed(), io)?;
    let facts = &ping.facts;
    let is_short = plan.end.is_some() && plan.count.is_some_and(|count| facts.received < count);
    Ok(if facts.received == 0 || is_short { Exit::FAILURE } else { Exit::OK })
}

/// When requests are sent and when it is over.
struct Plan {
    count: Option<u64>,
    interval: Duration,
    timeout: Option<Duration>,
    end: Option<Instant>,
}

impl Ping {
    fn head(&self, host: &[u8], to: IpAddr, io: &mut Io) -> Result<()> {
        let (host, size) = (visible(host), self.size);
        match to {
            IpAddr::V4(to) => {
                writeln!(io.stdout, "PING {host} ({to}) {size}({}) bytes of data.", size + 28)?
            }
            IpAddr::V6(to) => writeln!(io.stdout, "PING {host}({to}) {size} data bytes")?,
        }
        Ok(io.stdout.flush()?)
    }

    fn go(&mut self, plan: &Plan, io: &mut Io) -> Result<()> {
        let mut next = Instant::now();
        while !process::is_caught(Signal::SIGINT) {
            let is_sent = plan.count.is_some_and(|count| self.facts.transmitted >= count);
            if !is_sent && Instant::now() >= next {
                self.send(io)?;
                next += plan.interval;
                if plan.count.is_some_and(|count| self.facts.transmitted >= count) {
                    next = Instant::now() + self.last_wait(plan);
                }
                continue;
            }
            let is_answered = self.sent.iter().all(|(.., is_answered)| *is_answered);
            let is_over = is_sent && (is_answered || Instant::now() >= next);
            let end = plan.end.map_or(next, |end| end.min(next));
            if is_over || plan.end.is_some_and(|end| Instant::now() >= end) {
                return Ok(());
            }
            if wait::ready(&self.echo, PollFlags::POLLIN, Some(end))? {
                self.take(io)?;
            }
        }
        Ok(())
    }

    /// Twice the longest time so far, as iputils has it; without any answer the whole of it.
    fn last_wait(&self, plan: &Plan) -> Duration {
        match (plan.timeout, self.times.number) {
            (Some(timeout), _) => timeout,
            (None, 0) => LINGER,
            (None, _) => {
                Duration::from_micros(self.times.most.saturating_mul(2)).max(plan.interval)
            }
        }
    }

    fn send(&mut self, io: &mut Io) -> Result<()> {
        let sequence = (self.facts.transmitted + 1) as u16;
        let now = Instant::now();
        self.facts.transmitted += 1;
        match self.echo.send(sequence, self.size) {
            Ok(()) => {
                self.sent.push_back((sequence, now, false));
                if self.sent.len() > MOST {
                    self.sent.pop_front();
                }
                Ok(())
            }
            // An earlier packet's failure, or a full queue, is no reason to end.
            Err(errno @ (Errno::EPERM | Errno::EACCES | Errno::EMSGSIZE)) => {
                Err(Error::from(errno).context("sending").exit(Exit::code(2)))
            }
            Err(errno) => {
                self.facts.errors += 1;
                let text = format!("ping: sending: {}", crate::error::reason(errno));
                self.line(&text, io)
            }
        }
    }

    fn take(&mut self, io: &mut Io) -> Result<()> {
        while let Some(lost) = self.echo.lost() {
            self.lost(&lost, io)?;
        }
        match self.echo.receive() {
            Ok(Some(reply)) => self.answered(&reply, io),
            Ok(None) | Err(Errno::EAGAIN | Errno::EINTR) => Ok(()),
            // Told by the queue of errors already.
            Err(_) => Ok(()),
        }
    }

    fn lost(&mut self, lost: &Lost, io: &mut Io) -> Result<()> {
        self.facts.errors += 1;
        // It will not be answered any more.
        self.sent.iter_mut().filter(|one| one.0 == lost.sequence).for_each(|one| one.2 = true);
        let why = words(lost, self.facts.address.contains(':'));
        self.keep(Answer {
            sequence: lost.sequence,
            from: lost.by.map(|by| by.to_string()),
            error: Some(why.clone()),
            size_bytes: None,
            ttl: None,
            seconds: None,
            is_duplicate: false,
        });
        let text = match lost.by {
            Some(by) => format!("From {by} icmp_seq={} {why}", lost.sequence),
            None => format!("ping: icmp_seq={} {why}", lost.sequence),
        };
        self.line(&text, io)
    }

    fn answered(&mut self, reply: &Reply, io: &mut Io) -> Result<()> {
        let request = self.sent.iter_mut().rev().find(|(sequence, ..)| *sequence == reply.sequence);
        let Some((_, at, is_answered)) = request else { return Ok(()) };
        let (time, is_duplicate) = (at.elapsed(), *is_answered);
        *is_answered = true;
        let micros = time.as_micros() as u64;
        match is_duplicate {
            true => self.facts.duplicates += 1,
            false => {
                self.facts.received += 1;
                self.times.add(micros);
            }
        }
        let from = reply.from.map_or_else(|| self.facts.address.clone(), |from| from.to_string());
        let ttl = reply.ttl.map(|ttl| format!(" ttl={ttl}")).unwrap_or_default();
        let mut text = format!(
            "{} bytes from {from}: icmp_seq={}{ttl} time={} ms",
            reply.size,
            reply.sequence,
            milliseconds(micros)
        );
        if is_duplicate {
            text.push_str(" (DUP!)");
        }
        self.keep(Answer {
            sequence: reply.sequence,
            from: Some(from),
            error: None,
            size_bytes: Some(reply.size),
            ttl: reply.ttl,
            seconds: Some(time.as_secs_f64()),
            is_duplicate,
        });
        self.line(&text, io)
    }

    fn keep(&mut self, answer: Answer) {
        if self.is_json && self.facts.replies.len() < MOST {
            self.facts.replies.push(answer);
        }
    }

    fn line(&self, text: &str, io: &mut Io) -> Result<()> {
        if self.quiet || self.is_json {
            return Ok(());
        }
        if self.stamped {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            write!(io.stdout, "[{}.{:06}] ", time::now(), since.subsec_micros())?;
        }
        writeln!(io.stdout, "{text}")?;
        Ok(io.stdout.flush()?)
    }

    fn summary(&mut self, elapsed: Duration, io: &mut Io) -> Result<()> {
        let (facts, times) = (&mut self.facts, &self.times);
        if facts.transmitted > 0 {
            let lost = facts.transmitted.saturating_sub(facts.received);
            facts.loss_percent = lost as f64 * 100.0 / facts.transmitted as f64;
        }
        if self.is_json {
            let seconds = |micros: u64| (times.number > 0).then_some(micros as f64 / 1e6);
            facts.min_seconds = seconds(times.least);
            facts.avg_seconds = seconds(times.average());
            facts.max_seconds = seconds(times.most);
            facts.mdev_seconds = seconds(times.deviation());
            serde_json::to_writer(&mut io.stdout, facts).map_err(std::io::Error::from)?;
            return Ok(writeln!(io.stdout)?);
        }
        let out = &mut io.stdout;
        writeln!(out, "\n--- {} ping statistics ---", facts.host.visible())?;
        write!(out, "{} packets transmitted, {} received, ", facts.transmitted, facts.received)?;
        if facts.duplicates > 0 {
            write!(out, "+{} duplicates, ", facts.duplicates)?;
        }
        if facts.errors > 0 {
            write!(out, "+{} errors, ", facts.errors)?;
        }
        let loss = percent(facts.loss_percent);
        // As iputils: from the first request to the last event; the wait for nothing is time, too.
        writeln!(out, "{loss}% packet loss, time {}ms", elapsed.as_millis())?;
        if times.number > 0 {
            let numbers = [times.least, times.average(), times.most, times.deviation()];
            let numbers = numbers.map(|n| format!("{}.{:03}", n / 1000, n % 1000));
            writeln!(out, "rtt min/avg/max/mdev = {} ms", numbers.join("/"))?;
        } else {
            writeln!(out)?;
        }
        Ok(())
    }
}
