//! What is typed after `dig`, `dns`, `host` and `nslookup`.

use super::ask::{self, Failure, How, Reply};
use super::config::{self, Config};
use super::name::Name;
use super::types::{self, A, PTR};
use super::wire::{AUTHENTIC, Question, RECURSE, UNCHECKED};
use crate::error::{Error, Result};
use crate::output::visible;
use crate::tools::args::{self, bytes, operands, os};
use crate::tools::resolver;
use crate::tools::wait::Deadline;
use crate::view::View;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What is looked up.
#[derive(Clone, Debug)]
pub(in crate::tools) struct Wanted {
    pub(in crate::tools) name: Vec<u8>,
    /// `None` where nothing was said.
    pub(in crate::tools) kind: Option<u16>,
    pub(in crate::tools) class: u16,
    /// The address whose names are asked for (`-x`).
    pub(in crate::tools) address: Option<IpAddr>,
}

/// Which parts dig prints.
#[derive(Clone, Copy, Debug)]
pub(in crate::tools) struct Parts {
    pub(in crate::tools) cmd: bool,
    pub(in crate::tools) comments: bool,
    pub(in crate::tools) question: bool,
    pub(in crate::tools) answer: bool,
    pub(in crate::tools) authority: bool,
    pub(in crate::tools) additional: bool,
    pub(in crate::tools) stats: bool,
}

/// All that was typed.
#[derive(Clone, Debug)]
pub(in crate::tools) struct Words {
    pub(in crate::tools) wanted: Vec<Wanted>,
    pub(in crate::tools) server: Option<Vec<u8>>,
    pub(in crate::tools) port: u16,
    pub(in crate::tools) v4: bool,
    pub(in crate::tools) v6: bool,
    pub(in crate::tools) tcp: bool,
    pub(in crate::tools) short: bool,
    pub(in crate::tools) search: Option<bool>,
    pub(in crate::tools) time: Option<Duration>,
    pub(in crate::tools) tries: Option<u32>,
    pub(in crate::tools) edns: bool,
    pub(in crate::tools) dnssec: bool,
    pub(in crate::tools) ignore: bool,
    pub(in crate::tools) flags: u16,
    pub(in crate::tools) parts: Parts,
}

impl Parts {
    fn all(is_on: bool) -> Parts {
        Parts {
            cmd: is_on,
            comments: is_on,
            question: is_on,
            answer: is_on,
            authority: is_on,
            additional: is_on,
            stats: is_on,
        }
    }
}

/// The options of `dig` and `dns`.
pub(in crate::tools) fn options(command: Command) -> Command {
    command
        .arg(
            Arg::new("reverse")
                .short('x')
                .value_name("ADDRESS")
                .value_parser(value_parser!(IpAddr))
                .action(ArgAction::Append)
                .help("The names of an address"),
        )
        .arg(args::option("type", 't', "TYPE", "Records of this type: A, AAAA, MX, TXT, TYPE123"))
        .arg(args::option("class", 'c', "CLASS", "Of this class: IN, CH").hide(true))
        .arg(args::option("name", 'q', "NAME", "This name, whatever it looks like"))
        .args([port(), args::short_flag('4', "v4", "Ask servers by IPv4 only")])
        .arg(args::short_flag('6', "v6", "Ask servers by IPv6 only"))
        .arg(args::json_flag())
        .arg(
            Arg::new("WORDS")
                .num_args(0..)
                .value_parser(value_parser!(OsString))
                .help("NAME, TYPE, @SERVER[#PORT], +OPTION"),
        )
}

pub(in crate::tools) fn port() -> Arg {
    Arg::new("port")
        .short('p')
        .value_name("PORT")
        .value_parser(value_parser!(u16).range(1..))
        .help("The port of the servers")
}

impl Words {
    pub(in crate::tools) fn empty(matches: &ArgMatches) -> Words {
        let is = |id: &str| matches.try_get_one::<bool>(id).ok().flatten().is_some_and(|is| *is);
        Words {
            wanted: Vec::new(),
            server: None,
            port: matches.get_one::<u16>("port").copied().unwrap_or(config::PORT),
            v4: is("v4"),
            v6: is("v6"),
            tcp: is("tcp"),
            short: false,
            search: None,
            time: None,
            tries: None,
            edns: true,
            dnssec: false,
            ignore: false,
            flags: RECURSE,
            parts: Parts::all(true),
        }
    }

    /// Reads what was typed after `dig` or `dns`.
    pub(in crate::tools) fn new(matches: &ArgMatches) -> Result<Words> {
        let mut words = Words { flags: RECURSE | AUTHENTIC, ..Words::empty(matches) };
        let class = bytes(matches, "class").map(class_of).transpose()?.unwrap_or(types::IN);
        let mut kind = bytes(matches, "type").map(type_of).transpose()?;
        for address in matches.get_many::<IpAddr>("reverse").into_iter().flatten() {
            let name = Name::of_address(*address).to_string().into_bytes();
            let kind = Some(PTR);
            words.wanted.push(Wanted { name, kind, class, address: Some(*address) });
        }
        if let Some(name) = bytes(matches, "name") {
            words.want(name, kind.take(), class);
        }
        for word in operands(matches, "WORDS") {
            let text = std::str::from_utf8(word).unwrap_or_default();
            match word.split_first() {
                Some((b'@', server)) => words.set_server(server)?,
                Some((b'+', option)) => words.option(option)?,
                _ => match (types::type_number(text), types::class_number(text)) {
                    (Some(number), _) => match words.wanted.last_mut() {
                        Some(last) if last.kind.is_none() => last.kind = Some(number),
                        _ => kind = Some(number),
                    },
                    (None, Some(class)) => words.wanted.iter_mut().for_each(|w| w.class = class),
                    (None, None) => words.want(word, kind.take(), class),
                },
            }
        }
        if words.wanted.is_empty() {
            return Err(Error::usage("a name is missing").hint("dns NAME [TYPE] [@SERVER]"));
        }
        Ok(words)
    }

    pub(in crate::tools) fn want(&mut self, name: &[u8], kind: Option<u16>, class: u16) {
        self.wanted.push(Wanted { name: name.to_vec(), kind, class, address: None });
    }

    /// Takes `ADDRESS`, `NAME` or either with `#PORT`.
    pub(in crate::tools) fn set_server(&mut self, word: &[u8]) -> Result<()> {
        let (server, port) = match memchr::memrchr(b'#', word) {
            Some(at) => (word.get(..at), word.get(at + 1..)),
            None => (Some(word), None),
        };
        if let Some(port) = port {
            let number = std::str::from_utf8(port).ok().and_then(|port| port.parse().ok());
            let wrong = || Error::usage(format!("{}: is no port", visible(port)));
            self.port = number.filter(|port| *port != 0).ok_or_else(wrong)?;
        }
        self.server = server.map(<[u8]>::to_vec);
        Ok(())
    }

    fn option(&mut self, option: &[u8]) -> Result<()> {
        let wrong = || Error::usage(format!("+{}: no such option", visible(option)));
        let text = std::str::from_utf8(option).map_err(|_| wrong())?;
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let number = || value.parse::<u32>().map_err(|_| wrong());
        match name {
            "time" | "timeout" => {
                self.time = Some(Duration::from_secs(number()?.clamp(1, 300).into()));
                return Ok(());
            }
            "tries" => {
                self.tries = Some(number()?.clamp(1, 100));
                return Ok(());
            }
            "retry" => {
                self.tries = Some(number()?.clamp(0, 99) + 1);
                return Ok(());
            }
            _ => {}
        }
        let (name, is_on) = name.strip_prefix("no").map_or((name, true), |name| (name, false));
        let flag = |flags: u16, bit: u16| if is_on { flags | bit } else { flags & !bit };
        match name {
            "all" => self.parts = Parts::all(is_on),
            "cmd" => self.parts.cmd = is_on,
            "comments" => self.parts.comments = is_on,
            "question" => self.parts.question = is_on,
            "answer" => self.parts.answer = is_on,
            "authority" => self.parts.authority = is_on,
            "additional" => self.parts.additional = is_on,
            "stats" => self.parts.stats = is_on,
            "short" => self.short = is_on,
            "tcp" | "vc" => self.tcp = is_on,
            "search" => self.search = Some(is_on),
            "ignore" => self.ignore = is_on,
            "edns" => self.edns = is_on,
            "dnssec" | "do" => self.dnssec = is_on,
            "recurse" | "rec" | "rdflag" => self.flags = flag(self.flags, RECURSE),
            "adflag" => self.flags = flag(self.flags, AUTHENTIC),
            "cdflag" | "cd" => self.flags = flag(self.flags, UNCHECKED),
            // Never sent, or never done, or always so.
            "cookie" | "fail" | "multiline" | "identify" | "qr" | "idnin" | "idnout" => {}
            _ => return Err(wrong()),
        }
        Ok(())
    }

    /// The target's configuration with what was typed in place of what it says.
    pub(in crate::tools) fn config(&self, view: &View) -> Result<Config> {
        let mut config = match (&self.server, Config::read(view)) {
            (Some(_), Err(_)) => Config::parse(b""),
            (_, config) => config?,
        };
        if let Some(server) = &self.server {
            config.servers = match config::server(server) {
                Some(server) => vec![server],
                None => {
                    let addresses = resolver::lookup(view, server, Deadline::default())?;
                    let addresses = addresses.into_iter().take(3);
                    addresses.map(|address| SocketAddr::new(address, config::PORT)).collect()
                }
            };
        }
        if self.v4 != self.v6 {
            config.servers.retain(|server| server.is_ipv4() == self.v4);
            if config.servers.is_empty() {
                let family = if self.v4 { "IPv4" } else { "IPv6" };
                return Err(Error::new(format!("no server has an address of {family}")));
            }
        }
        for server in &mut config.servers {
            server.set_port(self.port);
        }
        config.tcp |= self.tcp;
        config.timeout = self.time.unwrap_or(config.timeout);
        config.attempts = self.tries.unwrap_or(config.attempts);
        Ok(config)
    }

    /// When all asking for one name ends: after a minute, or so long as was typed for one name, since resolv.conf can ask
    /// for hours.
    pub(in crate::tools) fn limit(&self) -> Duration {
        let typed = self.time.unwrap_or_default().saturating_mul(3 * self.tries.unwrap_or(2));
        typed.max(resolver::LIMIT)
    }

    /// The same from now on.
    pub(in crate::tools) fn deadline(&self) -> Deadline {
        Deadline::after(Some(self.limit()))
    }

    /// How dig asks `server`.
    pub(in crate::tools) fn how(&self, server: SocketAddr) -> How {
        let edns = if self.dnssec { Some(0x8000) } else { self.edns.then_some(0) };
        How {
            server,
            tcp: self.tcp,
            edns,
            flags: self.flags,
            ignore_truncation: self.ignore,
            timeout: self.time.unwrap_or(Duration::from_secs(5)),
            deadline: Deadline::default(),
        }
    }

    /// Asks the servers until one says anything, as dig does; `tries` of each where nothing was typed.
    pub(in crate::tools) fn ask(
        &self,
        config: &Config,
        question: &Question,
        tries: u32,
        deadline: Deadline,
        failed: &mut dyn FnMut(SocketAddr, &Failure) -> Result<()>,
    ) -> Result<Option<Reply>> {
        for server in &config.servers {
            for _ in 0..self.tries.unwrap_or(tries) {
                if deadline.is_over() {
                    failed(*server, &Failure::Broken("not asked any more, the time is over"))?;
                    return Ok(None);
                }
                let how = How { deadline, ..self.how(*server) };
                match ask::ask(question, &how) {
                    Ok(reply) => return Ok(Some(reply)),
                    Err(failure) => failed(*server, &failure)?,
                }
            }
        }
        Ok(None)
    }
}

impl Wanted {
    /// The question for one name of the search path.
    pub(in crate::tools) fn question(&self, name: Name) -> Question {
        Question { name, kind: self.kind.unwrap_or(A), class: self.class }
    }

    /// The names to ask for, in order.
    pub(in crate::tools) fn names(&self, config: &Config, search: bool) -> Result<Vec<Name>> {
        if search && self.address.is_none() {
            config.candidates(&self.name)
        } else {
            Ok(vec![Name::parse(&self.name)?])
        }
    }
}

/// The type that a word must name.
pub(in crate::tools) fn type_of(word: &[u8]) -> Result<u16> {
    let number = std::str::from_utf8(word).ok().and_then(types::type_number);
    number.ok_or_else(|| {
        Error::usage(format!("{}: no such type of records", crate::output::quote(os(word))))
            .hint("any type may be written by its number: TYPE123")
    })
}

fn class_of(word: &[u8]) -> Result<u16> {
    let number = std::str::from_utf8(word).ok().and_then(types::class_number);
    number.ok_or_else(|| Error::usage(format!("{}: no such class", visible(word))))
}
