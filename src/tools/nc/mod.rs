//! `nc`: connects, listens and scans, with the words and options of netcat-openbsd.

mod relay;
mod socket;

use super::Tool;
use super::args::{command, operands, option, os, short_flag};
use super::connect::{self, Family};
use super::wait::Deadline;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, quote, visible};
use crate::view::{Needs, View};
use caps::Capability;
use clap::{Arg, ArgMatches, Command, value_parser};
use nix::errno::Errno;
use socket::{Kind, Stream};
use std::ffi::OsString;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

pub(super) const TOOL: Tool = Tool {
    name: "nc",
    aliases: &[],
    summary: "Connect to ports, listen on them, or scan them",
    examples: &[
        ("nc -zv db 5432", "Whether the target reaches a port"),
        ("nc -zv -w 2 10.0.0.7 8000-8010", "Which ports of a range are open"),
        (
            "echo stats | nc -N 127.0.0.1 11211",
            "Say something to a server and print what it answers",
        ),
        ("nc -U /run/app.sock", "Talk to a Unix socket of the target's"),
    ],
    needs: Needs::NetWith(&[Capability::CAP_NET_BIND_SERVICE]),
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    let seconds = |short: char, id: &'static str, help: &'static str| {
        Arg::new(id).short(short).value_name("SECONDS").help(help)
    };
    command("nc", TOOL.summary)
        .after_help(
            "Names are resolved through the target's files and servers; addresses are always shown as numbers. On a \
             terminal what comes in is made harmless, in a pipe it is as it came.",
        )
        .arg(short_flag('4', "v4", "IPv4 only"))
        .arg(short_flag('6', "v6", "IPv6 only"))
        .arg(short_flag('k', "keep", "With -l: wait for another connection when one is over"))
        .arg(short_flag('l', "listen", "Wait for a connection"))
        .arg(short_flag('N', "shutdown", "Tell the peer when stdin is at its end"))
        .arg(short_flag('n', "numeric", "Addresses only, no names"))
        .arg(option("source-port", 'p', "PORT", "From this port; with -l: on it"))
        .arg(seconds('q', "quit", "End so long after the end of stdin").value_parser(value_parser!(i32)).allow_negative_numbers(true))
        .arg(option("source", 's', "ADDRESS", "From this address; with -l: on it"))
        .arg(short_flag('u', "udp", "UDP"))
        .arg(short_flag('U', "unix", "A Unix socket of the target's"))
        .arg(short_flag('v', "verbose", "Tell of connections"))
        .arg(seconds('w', "wait", "Give up connecting, being idle, or with -l waiting, after so long").value_parser(value_parser!(u32).range(1..=2_000_000)))
        .arg(short_flag('z', "scan", "Only look whether something listens"))
        .arg(Arg::new("WORDS").num_args(0..=2).value_names(["HOST", "PORT"]).value_parser(value_parser!(OsString)))
}

/// What was typed.
struct Typed<'a> {
    view: &'a View,
    family: Family,
    kind: Kind,
    is_scan: bool,
    is_numeric: bool,
    verbose: bool,
    wait: Option<Duration>,
    source: Option<IpAddr>,
    source_port: u16,
    relay: relay::Rules,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let is = |id: &str| matches.get_flag(id);
    let wait = matches.get_one::<u32>("wait").map(|n| Duration::from_secs((*n).into()));
    let quit = matches.get_one::<i32>("quit").and_then(|n| u64::try_from(*n).ok());
    let source = super::args::bytes(matches, "source");
    let port = super::args::bytes(matches, "source-port");
    let typed = Typed {
        view,
        family: Family::new(is("v4"), is("v6")),
        kind: if is("udp") { Kind::Udp } else { Kind::Tcp },
        is_scan: is("scan"),
        is_numeric: is("numeric"),
        verbose: is("verbose"),
        wait,
        source: source.map(|word| address(word).ok_or_else(|| not_an_address(word))).transpose()?,
        source_port: port.map(port_of).transpose()?.unwrap_or(0),
        relay: relay::Rules {
            shutdown: is("shutdown"),
            quit: quit.map(Duration::from_secs),
            idle: wait,
            is_server: is("listen"),
            is_stream: !is("udp"),
        },
    };
    let words = operands(matches, "WORDS");
    if is("unix") {
        return unix(&typed, is("listen"), &words, io);
    }
    if is("listen") {
        return listen(&typed, &words, is("keep"), io);
    }
    let [host, ports] = words.as_slice() else {
        return Err(Error::usage("a host and a port are wanted").hint("nc [-zv] HOST PORT"));
    };
    let (first, last) = ports_of(ports)?;
    let addresses = typed.addresses(host)?;
    let mut exit = Exit::FAILURE;
    for port in first..=last {
        let is_only = first == last;
        if let Some(stream) = typed.connect(host, &addresses, port, is_only, io)? {
            exit = Exit::OK;
            if !typed.is_scan {
                relay::relay(stream, typed.relay, io)?;
            }
        }
    }
    Ok(exit)
}

impl Typed<'_> {
    fn addresses(&self, host: &[u8]) -> Result<Vec<IpAddr>> {
        if self.is_numeric && address(host).is_none() {
            return Err(not_an_address(host));
        }
        let found = connect::addresses(self.view, host, 0, self.family, self.deadline())?;
        Ok(found.into_iter().map(|address| address.ip()).collect())
    }

    /// So long from now as `-w` has it.
    fn deadline(&self) -> Deadline {
        Deadline::after(self.wait)
    }

    /// The first of `addresses` that answers.
    fn connect(
        &self,
        host: &[u8],
        addresses: &[IpAddr],
        port: u16,
        is_only: bool,
        io: &mut Io,
    ) -> Result<Option<Stream>> {
        let (host, kind) = (visible(host), self.kind.name());
        for address in addresses {
            let from =
                self.source.or_else(|| (self.source_port != 0).then(|| any(address.is_ipv6())));
            let from = from.map(|from| SocketAddr::new(from, self.source_port));
            let to = SocketAddr::new(*address, port);
            let connected = connect::single(self.kind.of_socket(), from, to, self.deadline());
            let result =
                connected.and_then(|stream| match self.is_scan && self.kind == Kind::Udp {
                    true => socket::probe(&stream, self.wait).map(|()| stream),
                    false => Ok(stream),
                });
            match result {
                Ok(stream) => {
                    if self.verbose {
                        let service = self.service(port);
                        say(
                            io,
                            &format!(
                                "Connection to {host} {port} port [{kind}/{service}] succeeded!"
                            ),
                        )?;
                    }
                    return Ok(Some(stream));
                }
                Err(errno) if self.verbose || is_only => {
                    let text = format!(
                        "nc: connect to {host} port {port} ({kind}) failed: {}",
                        errno.desc()
                    );
                    say(io, &text)?;
                }
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// What the target's `/etc/services` calls `port`; `*` where it says nothing.
    fn service(&self, port: u16) -> String {
        if self.is_numeric {
            return "*".to_owned();
        }
        let Ok(root) = self.view.root() else { return "*".to_owned() };
        let text = root.read(Path::new("/etc/services"), 1 << 20).unwrap_or_default();
        let wanted = format!("{port}/{}", self.kind.name());
        let mut lines = text.split(|byte| *byte == b'\n').map(|line| {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            (words.next(), words.next())
        });
        let name =
            lines.find_map(|(name, port)| if port? == wanted.as_bytes() { name } else { None });
        name.map_or_else(|| "*".to_owned(), |name| visible(name).into_owned())
    }
}

fn listen(typed: &Typed, words: &[&[u8]], keep: bool, io: &mut Io) -> Result<Exit> {
    let (host, port) = match words {
        [] => (None, None),
        [one] if typed.source_port != 0 => (Some(*one), None),
        [port] => (None, Some(*port)),
        [host, port, ..] => (Some(*host), Some(*port)),
    };
    let port = port.map(port_of).transpose()?.unwrap_or(typed.source_port);
    if port == 0 {
        return Err(Error::usage("a port is wanted").hint("nc -l [ADDRESS] PORT"));
    }
    let address = match (host, typed.source) {
        (Some(host), _) => typed.addresses(host)?.first().copied(),
        (None, source) => source,
    };
    let local =
        SocketAddr::new(address.unwrap_or_else(|| any(matches!(typed.family, Family::V6))), port);
    let what = || format!("listening on {local}");
    let listener =
        socket::listen(typed.kind, local).map_err(|errno| refused(errno, port, what()))?;
    if typed.verbose {
        let word = if typed.kind == Kind::Udp { "Bound" } else { "Listening" };
        say(io, &format!("{word} on {} {}", local.ip(), local.port()))?;
    }
    let mut listener = Some(listener);
    while let Some(open) = listener.take() {
        let Some((stream, peer, again)) = socket::accept(typed.kind, open, typed.deadline().at())?
        else {
            return Ok(Exit::FAILURE);
        };
        if typed.verbose {
            say(io, &format!("Connection received on {} {}", peer.ip(), peer.port()))?;
        }
        // One connection needs the port no longer.
        listener = again.filter(|_| keep);
        relay::relay(stream, typed.relay, io)?;
        if keep && listener.is_none() {
            listener = Some(socket::listen(typed.kind, local)?);
        }
    }
    Ok(Exit::OK)
}

fn unix(typed: &Typed, is_listening: bool, words: &[&[u8]], io: &mut Io) -> Result<Exit> {
    let [path] = words else {
        return Err(Error::usage("the path of a socket is wanted").hint("nc -U PATH"));
    };
    if is_listening {
        return Err(Error::usage("listening on a Unix socket would make a file in the target")
            .hint("listen on a port: nc -l 127.0.0.1 PORT"));
    }
    let path = Path::new(os(path));
    let stream = connect::unix(typed.view, path, typed.kind.of_socket(), typed.deadline())?;
    if typed.is_scan {
        return Ok(Exit::OK);
    }
    relay::relay(stream.into(), typed.relay, io)?;
    Ok(Exit::OK)
}

fn say(io: &mut Io, text: &str) -> Result<()> {
    io.stdout.flush()?;
    writeln!(io.stderr, "{text}")?;
    Ok(io.stderr.flush()?)
}

fn refused(errno: Errno, port: u16, what: String) -> Error {
    let error = Error::from(errno).context(what);
    match errno {
        Errno::EACCES if port < 1024 => error
            .exit(Exit::CANNOT_RUN)
            .hint("ports below net.ipv4.ip_unprivileged_port_start take CAP_NET_BIND_SERVICE"),
        _ => error,
    }
}

fn any(is_v6: bool) -> IpAddr {
    if is_v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }
}

fn address(word: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

fn not_an_address(word: &[u8]) -> Error {
    Error::usage(format!("{}: is no address", quote(os(word))))
}

fn port_of(word: &[u8]) -> Result<u16> {
    let port = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
    port.filter(|port| *port != 0)
        .ok_or_else(|| Error::usage(format!("{}: is no port from 1 to 65535", quote(os(word)))))
}

/// `20` or `20-25`.
fn ports_of(word: &[u8]) -> Result<(u16, u16)> {
    let (first, last) = match memchr::memchr(b'-', word) {
        Some(at) => word.split_at(at),
        None => (word, &b""[..]),
    };
    let first = port_of(first)?;
    let last = if last.is_empty() { first } else { port_of(last.get(1..).unwrap_or_default())? };
    Ok((first.min(last), first.max(last)))
}
