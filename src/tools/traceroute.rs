//! `traceroute`: the routers on the way to a host. Probes go by UDP sockets whose error queue tells who dropped them,
//! which takes no right at all.

use super::args::{command, json_flag, short_flag};
use super::dns::config::Config;
use super::icmp::{self, Echo, Lost};
use super::ping::{address_of, duration};
use super::{Tool, resolver, wait};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, Shape, visible};
use crate::view::{Needs, View};
use caps::Capability;
use clap::{Arg, ArgMatches, Command, value_parser};
use nix::poll::{PollFd, PollFlags};
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

pub(super) const TOOL: Tool = Tool {
    name: "traceroute",
    aliases: &[],
    summary: "Show the routers on the way to a host",
    examples: &[
        ("traceroute -n db", "Where packets to a host go, and where they end"),
        ("traceroute -I -m 10 10.0.0.1", "The same with echo requests, ten routers at most"),
    ],
    // UDP needs none; -I does where the group may not ping.
    needs: Needs::NetWith(&[Capability::CAP_NET_RAW]),
    json: Some(Shape::of::<Vec<Hop>>()),
    command: options,
    rewrite: None,
    run,
};

/// Probes that are on their way at once at most, as the original has it.
const AT_ONCE: usize = 16;

/// How long the probes of one distance are waited for before the next are sent.
const PAUSE: Duration = Duration::from_millis(50);

/// Bytes behind the headers of UDP or ICMP: packets of 60 bytes by IPv4.
const SIZE: usize = 32;

/// One distance.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Hop {
    ttl: u8,
    probes: Vec<Probe>,
}

/// What became of one probe.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Probe {
    /// Who answered; `null` when nobody did in time.
    address: Option<String>,
    /// Its name in the target's DNS.
    name: Option<String>,
    seconds: Option<f64>,
    /// Why it went no further, as traceroute has it: `!H`, `!N`, `!X`.
    note: Option<String>,
    is_destination: bool,
}

fn options() -> Command {
    let number = |short: char, id: &'static str, help: &'static str| {
        Arg::new(id).short(short).value_name("N").help(help)
    };
    command("traceroute", TOOL.summary)
        .after_help("Names come from the target's own servers; where those do not answer within a second, none is shown.")
        .arg(short_flag('4', "v4", "IPv4 only"))
        .arg(short_flag('6', "v6", "IPv6 only"))
        .arg(short_flag('I', "icmp", "By echo requests"))
        .arg(short_flag('n', "numeric", "Addresses only"))
        .arg(number('f', "first", "Start at this distance (1)").value_parser(value_parser!(u8).range(1..)))
        .arg(number('m', "most", "End at this distance (30)").value_parser(value_parser!(u8).range(1..)))
        .arg(number('q', "queries", "Probes of each distance (3)").value_parser(value_parser!(u8).range(1..=10)))
        .arg(number('p', "port", "The first port (33434)").value_parser(value_parser!(u16).range(1..)))
        .arg(number('w', "wait", "How many seconds an answer is waited for (5)").value_parser(duration))
        .arg(json_flag())
        .arg(Arg::new("HOST").required(true).value_parser(value_parser!(OsString)))
}

struct Trace {
    to: IpAddr,
    icmp: bool,
    queries: u8,
    port: u16,
    wait: Duration,
    names: Names,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let host = matches.get_one::<OsString>("HOST").map(|host| host.as_bytes()).unwrap_or_default();
    let byte = |id: &str, default| matches.get_one::<u8>(id).copied().unwrap_or(default);
    let (first, most) = (byte("first", 1), byte("most", 30));
    if first > most {
        return Err(Error::usage(format!(
            "the first distance, {first}, is beyond the last, {most}"
        )));
    }
    let to = address_of(view, host, matches, wait::Deadline::default())?;
    let is_json = matches.get_flag("json");
    let mut trace = Trace {
        to,
        icmp: matches.get_flag("icmp"),
        queries: byte("queries", 3),
        port: matches.get_one::<u16>("port").copied().unwrap_or(33_434),
        wait: matches.get_one::<Duration>("wait").copied().unwrap_or(Duration::from_secs(5)),
        names: Names::new(view, !matches.get_flag("numeric")),
    };
    if !is_json {
        let size = SIZE + if to.is_ipv6() { 48 } else { 28 };
        let host = visible(host);
        writeln!(io.stdout, "traceroute to {host} ({to}), {most} hops max, {size} byte packets")?;
        io.stdout.flush()?;
    }
    let mut hops: Vec<Hop> = Vec::new();
    let step = AT_ONCE.div_ceil(usize::from(trace.queries));
    let distances: Vec<u8> = (first..=most).collect();
    for some in distances.chunks(step) {
        for hop in trace.hops(first, some)? {
            let is_last =
                hop.probes.iter().any(|probe| probe.is_destination || probe.note.is_some());
            if !is_json {
                writeln!(io.stdout, "{}", line(&hop, trace.names.wanted))?;
                io.stdout.flush()?;
            }
            hops.push(hop);
            if is_last {
                return finish(is_json, &hops, io);
            }
        }
    }
    finish(is_json, &hops, io)
}

fn finish(is_json: bool, hops: &[Hop], io: &mut Io) -> Result<Exit> {
    if is_json {
        crate::output::table::print_json(io, hops)?;
    }
    Ok(Exit::OK)
}

/// A probe on its way.
struct Sent {
    socket: Socket,
    at: Instant,
    result: Option<Probe>,
}

enum Socket {
    Udp(UdpSocket),
    Echo(Echo),
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Udp(socket) => socket.as_fd(),
            Socket::Echo(echo) => echo.as_fd(),
        }
    }
}

impl Trace {
    /// Sends the probes of some distances, each after a short wait for those before it, so that an end that is near is
    /// not flooded; then waits for what becomes of the rest.
    fn hops(&mut self, first: u8, distances: &[u8]) -> Result<Vec<Hop>> {
        let mut sent: Vec<Sent> = Vec::new();
        for ttl in distances {
            let before = sent.len();
            for query in 0..self.queries {
                let number = u16::from(ttl - first) * u16::from(self.queries) + u16::from(query);
                sent.push(self.send(*ttl, number)?);
            }
            self.collect(&mut sent, before, Instant::now() + PAUSE.min(self.wait))?;
            let results = sent.iter().filter_map(|one| one.result.as_ref());
            if results.into_iter().any(|probe| probe.is_destination) {
                break;
            }
        }
        self.collect(&mut sent, 0, Instant::now() + self.wait)?;
        let mut results = sent.into_iter().map(|one| one.result.unwrap_or_default());
        let mut hops = Vec::new();
        for ttl in distances {
            let mut probes: Vec<Probe> = results.by_ref().take(usize::from(self.queries)).collect();
            for probe in &mut probes {
                let address = probe.address.as_deref().and_then(|text| text.parse().ok());
                probe.name = address.and_then(|address| self.names.of(address));
            }
            let is_last = probes.iter().any(|probe| probe.is_destination);
            hops.push(Hop { ttl: *ttl, probes });
            // Names of what lies behind the end are nobody's business.
            if is_last {
                break;
            }
        }
        Ok(hops)
    }

    /// Waits until it is known of all but the first `skip` probes what became of them, or until `end`.
    fn collect(&self, sent: &mut [Sent], skip: usize, end: Instant) -> Result<()> {
        while sent.iter().skip(skip).any(|one| one.result.is_none()) {
            let waiting = sent.iter().filter(|one| one.result.is_none());
            let mut fds: Vec<PollFd> =
                waiting.map(|one| PollFd::new(one.socket.as_fd(), PollFlags::POLLIN)).collect();
            if !wait::any_ready(&mut fds, Some(end))? {
                break;
            }
            for one in sent.iter_mut().filter(|one| one.result.is_none()) {
                one.result = self.take(one);
            }
        }
        Ok(())
    }

    fn send(&self, ttl: u8, number: u16) -> Result<Sent> {
        let what = || format!("sending to {}", self.to);
        if self.icmp {
            let echo = Echo::open(self.to, Some(ttl))?;
            let at = Instant::now();
            echo.send(number, SIZE).context(what)?;
            return Ok(Sent { socket: Socket::Echo(echo), at, result: None });
        }
        let any: IpAddr = match self.to {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).context(what)?;
        icmp::report_losses(&socket, self.to.is_ipv6(), Some(ttl)).context(what)?;
        let port = self.port.saturating_add(number);
        socket.connect((self.to, port)).context(what)?;
        socket.set_nonblocking(true)?;
        let at = Instant::now();
        socket.send(&[b'@'; SIZE]).context(what)?;
        Ok(Sent { socket: Socket::Udp(socket), at, result: None })
    }

    fn take(&self, one: &Sent) -> Option<Probe> {
        let seconds = Some(one.at.elapsed().as_secs_f64());
        if let Some(lost) = icmp::lost(&one.socket) {
            let address = lost.by.unwrap_or(self.to);
            let is_destination =
                address == self.to && lost.kind == if self.to.is_ipv6() { 1 } else { 3 };
            let note = note(&lost, self.to.is_ipv6());
            let address = Some(address.to_string());
            return Some(Probe { address, name: None, seconds, note, is_destination });
        }
        let is_answered = match &one.socket {
            // Something listens there and answers.
            Socket::Udp(socket) => socket.recv(&mut [0; 1]).is_ok(),
            Socket::Echo(echo) => matches!(echo.receive(), Ok(Some(_))),
        };
        is_answered.then(|| Probe {
            address: Some(self.to.to_string()),
            name: None,
            seconds,
            note: None,
            is_destination: true,
        })
    }
}

/// What the original prints behind the time; nothing where the probe lived its time or arrived.
fn note(lost: &Lost, is_v6: bool) -> Option<String> {
    let note = match (is_v6, lost.kind, lost.code) {
        (false, 11, _) | (true, 3, _) | (false, 3, 3) | (true, 1, 4) => return None,
        (false, 3, 0) | (true, 1, 0) => "!N",
        (false, 3, 1) | (true, 1, 3) => "!H",
        (false, 3, 2) => "!P",
        (false, 3, 4) | (true, 2, _) => "!F",
        (false, 3, 5) => "!S",
        (false, 3, 9 | 10 | 13) | (true, 1, 1) => "!X",
        (false, 3, 14) => "!V",
        (false, 3, 15) => "!C",
        (_, _, code) => return Some(format!("!<{code}>")),
    };
    Some(note.to_owned())
}

fn line(hop: &Hop, is_named: bool) -> String {
    let mut text = format!("{:2} ", hop.ttl);
    let mut last: Option<&str> = None;
    for probe in &hop.probes {
        let (Some(address), Some(seconds)) = (probe.address.as_deref(), probe.seconds) else {
            text.push_str(" *");
            continue;
        };
        if last != Some(address) {
            let shown = match (&probe.name, is_named) {
                (Some(name), _) => format!("{name} ({address})"),
                (None, true) => format!("{address} ({address})"),
                (None, false) => address.to_owned(),
            };
            text.push_str(&format!(" {shown}"));
            last = Some(address);
        }
        text.push_str(&format!("  {:.3} ms", seconds * 1000.0));
        if let Some(note) = &probe.note {
            text.push_str(&format!(" {note}"));
        }
    }
    text
}

/// Names of addresses, each asked for once.
struct Names {
    wanted: bool,
    config: Option<Config>,
    known: Vec<(IpAddr, Option<String>)>,
}

impl Names {
    fn new(view: &View, wanted: bool) -> Names {
        let config = if wanted { Config::read(view).ok() } else { None };
        Names { wanted, config: config.map(Config::hasty), known: Vec::new() }
    }

    fn of(&mut self, address: IpAddr) -> Option<String> {
        let config = self.config.as_ref()?;
        if let Some((_, name)) = self.known.iter().find(|(known, _)| *known == address) {
            return name.clone();
        }
        let names = resolver::names_of(config, address);
        // Nobody is there to be asked: the next name would take as long.
        let Some(names) = names else {
            self.config = None;
            return None;
        };
        let name = names.first().map(|name| name.relative());
        self.known.push((address, name.clone()));
        name
    }
}
