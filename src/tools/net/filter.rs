//! The filters of `ss`: `state established '( sport = :443 or dst 10.0.0.0/8 )'`.
//!
//! As in iproute2, words about states come first; `and` and `or` bind alike, from left to right, and what stands side
//! by side is joined by `and`. A condition on an address or a port fits no Unix socket.

use super::socket::{self, Endpoint, Socket};
use crate::error::{Error, Result};
use crate::output::quote;
use crate::view::View;
use std::net::IpAddr;
use std::path::Path;

/// So deep may `not` and parentheses be nested.
const DEEPEST: usize = 100;
/// The most that is read of `/etc/services` (services(5)).
const SERVICES: u64 = 1 << 20;

/// What a socket has to be like.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    /// An address, a port, or both, of the local end or the peer.
    End {
        is_local: bool,
        network: Option<Network>,
        port: Option<u16>,
    },
    /// The port of an end is at least so high.
    AtLeast {
        is_local: bool,
        port: u16,
    },
    /// The port of an end is at most so high.
    AtMost {
        is_local: bool,
        port: u16,
    },
}

/// An address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u8,
}

impl Filter {
    /// The states, where there are words about them, and the rest, where there is any.
    pub(super) fn parse(words: &[&[u8]], view: &View) -> Result<(Option<u32>, Option<Filter>)> {
        // A filter may be given as one word: '( sport = :80 )'.
        let words: Vec<String> = words
            .iter()
            .flat_map(|word| {
                let text = String::from_utf8_lossy(word).into_owned();
                text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>()
            })
            .collect();
        let mut words: &[String] = &words;
        let mut states = None;
        while let [word, rest @ ..] = words
            && let "state" | "exclude" | "excl" = word.as_str()
        {
            let [name, rest @ ..] = rest else {
                return Err(Error::usage(format!("no state behind {word}")));
            };
            let mask = states_of(name)?;
            states = Some(match word.as_str() {
                "state" => states.unwrap_or(0) | mask,
                _ => states.unwrap_or(socket::ALL) & !mask,
            });
            words = rest;
        }
        if words.is_empty() {
            return Ok((states, None));
        }
        let mut parser = Parser { words, view, depth: 0 };
        let filter = parser.list()?;
        match parser.words.first() {
            None => Ok((states, Some(filter))),
            Some(word) => Err(Error::usage(format!("{} without a ( before it", quote(word)))),
        }
    }

    pub(super) fn fits(&self, socket: &Socket) -> bool {
        let port = |is_local| end(socket, is_local).map(|end| end.port);
        match self {
            Filter::And(one, other) => one.fits(socket) && other.fits(socket),
            Filter::Or(one, other) => one.fits(socket) || other.fits(socket),
            Filter::Not(filter) => !filter.fits(socket),
            Filter::End { is_local, network, port } => end(socket, *is_local).is_some_and(|end| {
                port.is_none_or(|port| port == end.port)
                    && network.is_none_or(|network| network.has(end.address))
            }),
            Filter::AtLeast { is_local, port: least } => {
                port(*is_local).is_some_and(|port| port >= *least)
            }
            Filter::AtMost { is_local, port: most } => {
                port(*is_local).is_some_and(|port| port <= *most)
            }
        }
    }
}

fn end(socket: &Socket, is_local: bool) -> Option<&Endpoint> {
    if is_local { socket.local.as_ref() } else { socket.peer.as_ref() }
}

/// A state or a group of them by its name, as a mask.
fn states_of(name: &str) -> Result<u32> {
    let lower = name.to_ascii_lowercase();
    let listen = 1 << socket::LISTEN;
    let (close, passing) = (1 << socket::CLOSE, socket::PASSING);
    Ok(match lower.as_str() {
        "all" => socket::ALL,
        "connected" => socket::ALL & !(close | listen),
        "synchronized" => socket::ALL & !(close | listen | 1 << socket::SYN_SENT),
        "bucket" => passing,
        "big" => socket::ALL & !passing,
        "established" => 1 << 1,
        "syn-rcv" => 1 << 3,
        "unconnected" | "close" | "closed" => close,
        "listening" => listen,
        // The others are called as they are shown.
        _ => match socket::STATES.iter().skip(1).position(|state| state.eq_ignore_ascii_case(name))
        {
            Some(at) => 1 << (at + 1),
            None => {
                return Err(Error::usage(format!("no state is called {}", quote(name))).hint(
                    "established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, closed, close-wait, \
                     last-ack, listening, closing; or all, connected, synchronized, bucket, big",
                ));
            }
        },
    })
}

impl Network {
    /// As in iproute2, what is written as IPv4 fits IPv6 sockets with IPv4 peers, too.
    fn has(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                same(&network.octets(), &address.octets(), self.bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                same(&network.octets(), &address.octets(), self.bits)
            }
            (IpAddr::V4(network), IpAddr::V6(address)) => address
                .to_ipv4_mapped()
                .is_some_and(|address| same(&network.octets(), &address.octets(), self.bits)),
            (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// `10.0.0.0/8`, `10.0.0.1`, `::1`, `[2001:db8::/32]`, `[2001:db8::]/32`.
    fn parse(text: &str) -> Option<Network> {
        let (whole, outer) = bare(text);
        let (address, bits) = match whole.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (whole, None),
        };
        let (address, inner) = bare(address);
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv6() { 128 } else { 32 };
        let found = Network { address, bits: bits.unwrap_or(most) };
        let is_written_so = address.is_ipv6() || !(outer || inner);
        (found.bits <= most && is_written_so).then_some(found)
    }
}

/// `text` without brackets around it, and whether it had some.
fn bare(text: &str) -> (&str, bool) {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    inner.map_or((text, false), |text| (text, true))
}

/// Whether the first `bits` are the same.
fn same(one: &[u8], other: &[u8], bits: u8) -> bool {
    let (whole, rest) = (usize::from(bits / 8), bits % 8);
    let mask = !(0xff_u8.checked_shr(rest.into()).unwrap_or(0));
    one.get(..whole) == other.get(..whole)
        && match (one.get(whole), other.get(whole)) {
            (Some(one), Some(other)) => (one ^ other) & mask == 0,
            _ => true,
        }
}

struct Parser<'a> {
    words: &'a [String],
    view: &'a View,
    depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.first().map(String::as_str)
    }

    /// Conditions up to the end or a closing parenthesis.
    fn list(&mut self) -> Result<Filter> {
        let mut filter = self.one()?;
        loop {
            let join: fn(Box<Filter>, Box<Filter>) -> Filter = match self.peek() {
                None | Some(")") => return Ok(filter),
                Some("|" | "||" | "or") => {
                    self.next();
                    Filter::Or
                }
                Some("&" | "&&" | "and") => {
                    self.next();
                    Filter::And
                }
                Some(_) => Filter::And,
            };
            filter = join(Box::new(filter), Box::new(self.one()?));
        }
    }

    fn one(&mut self) -> Result<Filter> {
        let Some(word) = self.next() else {
            return Err(Error::usage("the filter ends where a condition is expected"));
        };
        match word {
            "(" | "!" | "not" => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(Error::usage(format!(
                        "the filter is nested deeper than {DEEPEST}"
                    )));
                }
                let filter = if word == "(" { self.list()? } else { self.one()? };
                if word == "(" && self.next() != Some(")") {
                    return Err(Error::usage("a ( in the filter has no ) behind it"));
                }
                self.depth -= 1;
                Ok(if word == "(" { filter } else { Filter::Not(Box::new(filter)) })
            }
            "sport" | "dport" => self.port(word),
            "src" | "dst" => self.address(word),
            "state" | "exclude" | "excl" => {
                Err(Error::usage(format!("{word} must come before all other words of the filter")))
            }
            _ => Err(Error::usage(format!("{} is no condition of a filter", quote(word)))
                .hint("state, exclude, src, dst, sport, dport, and, or, not, ( and ) are known")),
        }
    }

    fn operator(&mut self) -> Operator {
        let operator = match self.peek() {
            Some("=" | "==" | "eq") => Operator::Equal,
            Some("!=" | "ne" | "neq") => Operator::NotEqual,
            Some("<" | "lt") => Operator::Less,
            Some("<=" | "le" | "leq") => Operator::LessOrEqual,
            Some(">" | "gt") => Operator::Greater,
            Some(">=" | "ge" | "geq") => Operator::GreaterOrEqual,
            _ => return Operator::Equal,
        };
        self.next();
        operator
    }

    /// `sport = :80`.
    fn port(&mut self, word: &str) -> Result<Filter> {
        let (is_local, operator) = (word == "sport", self.operator());
        let Some(text) = self.next() else {
            return Err(Error::usage(format!("no port behind {word}")));
        };
        let port = self.number(text.strip_prefix(':').unwrap_or(text), text)?;
        let not = |filter| Filter::Not(Box::new(filter));
        Ok(match (operator, port) {
            (Operator::Equal, port) => Filter::End { is_local, network: None, port },
            (Operator::NotEqual, port) => not(Filter::End { is_local, network: None, port }),
            (_, None) => {
                return Err(Error::usage(format!("{word}: {} is no single port", quote(text))));
            }
            (Operator::GreaterOrEqual, Some(port)) => Filter::AtLeast { is_local, port },
            (Operator::LessOrEqual, Some(port)) => Filter::AtMost { is_local, port },
            // Not of Unix sockets, either: no `not` here.
            (Operator::Greater, Some(port)) => match port.checked_add(1) {
                Some(port) => Filter::AtLeast { is_local, port },
                None => not(Filter::AtMost { is_local, port }),
            },
            (Operator::Less, Some(port)) => match port.checked_sub(1) {
                Some(port) => Filter::AtMost { is_local, port },
                None => not(Filter::AtLeast { is_local, port }),
            },
        })
    }

    /// `dst 10.0.0.0/8:443`.
    fn address(&mut self, word: &str) -> Result<Filter> {
        let (is_local, operator) = (word == "src", self.operator());
        if !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(Error::usage(format!("{word} is compared with = and != only")));
        }
        let Some(text) = self.next() else {
            return Err(Error::usage(format!("no address behind {word}")));
        };
        let wrong = || Error::usage(format!("{word}: {} is no address", quote(text)));
        let network = |text: &str| match text {
            "" | "*" => Some(None),
            text => Network::parse(text).map(Some),
        };
        let (network, port) = match text.rsplit_once(':').map(|(left, port)| (network(left), port))
        {
            // The last part of an address of IPv6 is one of its own when the rest is no address.
            Some((Some(network), port)) => (network, self.number(port, text)?),
            _ => (network(text).ok_or_else(wrong)?, None),
        };
        let filter = Filter::End { is_local, network, port };
        Ok(if operator == Operator::Equal { filter } else { Filter::Not(Box::new(filter)) })
    }

    /// A port by its number or its name; `None` for any.
    fn number(&self, text: &str, whole: &str) -> Result<Option<u16>> {
        if let "" | "*" = text {
            return Ok(None);
        }
        if let Ok(port) = text.parse() {
            return Ok(Some(port));
        }
        let services = self.view.root().ok().and_then(|root| {
            let file = root.read(Path::new("/etc/services"), SERVICES);
            file.ok()
        });
        match services.and_then(|file| service(&file, text)) {
            Some(port) => Ok(Some(port)),
            None => Err(Error::usage(format!("{} has no port", quote(whole)))
                .hint("a number, or a name that /etc/services of the target has")),
        }
    }
}

/// The port that services(5) has for `name`: `NAME PORT/PROTOCOL ALIASES # COMMENT`.
fn service(file: &[u8], name: &str) -> Option<u16> {
    file.split(|byte| *byte == b'\n').find_map(|line| {
        let line = line.split(|byte| *byte == b'#').next()?;
        let mut fields = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
        let (first, port) = (fields.next()?, fields.next()?);
        let (port, protocol) = port.split_once('/')?;
        let is_it = matches!(protocol, "tcp" | "udp")
            && (first == name || fields.any(|alias| alias == name));
        is_it.then(|| port.parse().ok())?
    })
}
