//! `ip route`: which routes are shown, and their lines.

use super::links::{self, Links};
use super::names;
use super::route::{self, Route};
use super::words::{Prefix, Words};
use super::{Printer, Style, print};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, Text, quote};
use crate::tools::args::os;
use std::fmt::Write;
use std::net::IpAddr;

const MAIN: u32 = 254;
const UNICAST: u8 = 1;
const BOOT: u8 = 3;

/// How a prefix that was typed is compared.
#[derive(Clone, Copy, Debug)]
enum To {
    Exact(Prefix),
    /// Those within it.
    Root(Prefix),
    /// Those that it is within.
    Match(Prefix),
}

/// Which routes are shown. As in iproute2, what is the same in all of them because it was asked for is not shown.
#[derive(Debug, Default)]
struct Filter {
    /// 0 is all.
    table: u32,
    to: Option<To>,
    device: Option<u32>,
    protocol: Option<u32>,
    scope: Option<u32>,
    kind: Option<u32>,
    via: Option<IpAddr>,
    source: Option<Prefix>,
    metric: Option<u32>,
}

impl Filter {
    fn new(mut words: Words<'_>, links: &Links) -> Result<Filter> {
        let mut filter = Filter { table: MAIN, ..Filter::default() };
        while let Some(word) = words.next() {
            match word {
                b"table" => {
                    filter.table = words.read("table", |name| match name {
                        b"all" => Some(0),
                        name => names::table_number(name),
                    })?;
                }
                b"dev" | b"oif" => {
                    let name = words.value("dev")?;
                    let link = links.find(name).ok_or_else(|| links::no_such(name))?;
                    filter.device = Some(link.index);
                }
                b"proto" | b"protocol" => {
                    filter.protocol = Some(words.read("proto", names::protocol_number)?);
                }
                b"scope" => {
                    filter.scope = Some(words.read("scope", names::scope_number)?);
                }
                b"type" => filter.kind = Some(words.read("type", names::kind_number)?),
                b"via" => filter.via = words.prefix("via")?.address,
                b"src" => filter.source = Some(words.prefix("src")?),
                b"metric" => filter.metric = Some(words.read("metric", super::words::number)?),
                b"to" => filter.to = Some(to(words.value("to")?, &mut words)?),
                word => filter.to = Some(to(word, &mut words)?),
            }
        }
        Ok(filter)
    }

    fn admits(&self, route: &Route) -> bool {
        let is = |wanted: Option<u32>, own: u32| wanted.is_none_or(|wanted| wanted == own);
        let numbers = route.numbers;
        let prefix = Prefix { address: route.destination, bits: route.prefix_length };
        !route.is_cloned()
            && (self.table == 0 || self.table == numbers.table)
            && is(self.device, numbers.index)
            && is(self.protocol, numbers.protocol.into())
            && is(self.scope, numbers.scope.into())
            && is(self.kind, numbers.kind.into())
            && is(self.metric, route.metric.unwrap_or(0))
            && self.via.is_none_or(|via| route.gateway == Some(via))
            && self.source.is_none_or(|source| match route.preferred_source {
                Some(own) => source.holds(Some(own), source.bits.max(32)),
                None => false,
            })
            && match self.to {
                None => true,
                Some(To::Exact(to)) => to.bits == prefix.bits && to.holds(prefix.address, to.bits),
                Some(To::Root(to)) => to.holds(prefix.address, prefix.bits),
                Some(To::Match(to)) => prefix.holds(to.address, to.bits),
            }
    }
}

fn to(word: &[u8], words: &mut Words<'_>) -> Result<To> {
    let prefix = |word| {
        Prefix::parse(word).ok_or_else(|| {
            Error::usage(format!("{} is no filter of routes and no prefix", quote(os(word))))
        })
    };
    match word {
        b"root" => Ok(To::Root(words.prefix("root")?)),
        b"match" => Ok(To::Match(words.prefix("match")?)),
        b"exact" => Ok(To::Exact(words.prefix("exact")?)),
        word => Ok(To::Exact(prefix(word)?)),
    }
}

pub(super) fn show(words: Words<'_>, style: Style, io: &mut Io) -> Result<()> {
    let links = Links::new()?;
    let filter = Filter::new(words, &links)?;
    let family = match style.family {
        0 if filter.table != 0 => libc::AF_INET as u8,
        family => family,
    };
    let mut printer = Printer::new(style);
    let is_torn = route::each(family, &links, &mut |route| match filter.admits(route) {
        true => printer.push(route, io, |out| text(route, &filter, style, out)),
        false => Ok(()),
    })?;
    printer.end(is_torn, io)
}

/// `ip route get ADDR [from ADDR] [dev NAME]`.
pub(super) fn get(mut words: Words<'_>, style: Style, io: &mut Io) -> Result<()> {
    let links = Links::new()?;
    let (mut destination, mut from, mut device) = (None, None, None);
    while let Some(word) = words.next() {
        match word {
            b"to" => destination = Some(words.prefix("to")?),
            b"from" => from = words.prefix("from")?.address,
            b"dev" | b"oif" => {
                let name = words.value("dev")?;
                device = Some(links.find(name).ok_or_else(|| links::no_such(name))?.index);
            }
            word => {
                let no = || Error::usage(format!("{} is no address", quote(os(word))));
                destination = Some(Prefix::parse(word).ok_or_else(no)?);
            }
        }
    }
    let Some(destination) = destination else {
        return Err(Error::usage("ip route get: an address is missing"));
    };
    let found = route::get(destination, from, device, &links)
        .context(|| match destination.address {
            Some(address) => format!("no route to {address}"),
            None => "ip route get: an address is wanted, not all".to_owned(),
        })
        .map_err(|error| error.exit(Exit::USAGE))?;
    let routes: Vec<Route> = found.into_iter().collect();
    print(&routes, style, io, |route, out| text(route, &Filter::default(), style, out))
}

/// Adds ` NAME VALUE ` where there is a value.
fn word(out: &mut String, name: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        let _ = write!(out, "{name} {value} ");
    }
}

fn text(route: &Route, filter: &Filter, style: Style, out: &mut String) {
    let numbers = route.numbers;
    let full = if route.family == "inet" { 32 } else { 128 };
    if numbers.kind != UNICAST || style.details {
        let _ = write!(out, "{} ", route.kind);
    }
    match route.destination {
        None if route.prefix_length > 0 => _ = write!(out, "0/{} ", route.prefix_length),
        None => out.push_str("default "),
        Some(to) if route.prefix_length == full => _ = write!(out, "{to} "),
        Some(to) => _ = write!(out, "{to}/{} ", route.prefix_length),
    }
    match route.source {
        None if route.source_prefix_length > 0 => {
            let _ = write!(out, "from 0/{} ", route.source_prefix_length);
        }
        None => {}
        Some(from) if route.source_prefix_length == full => _ = write!(out, "from {from} "),
        Some(from) => _ = write!(out, "from {from}/{} ", route.source_prefix_length),
    }
    word(out, "nhid", route.next_hop_id);
    word(out, "tos", route.tos.as_ref());
    if filter.via.is_none() {
        push_gateway(route.gateway, route.family, out);
    }
    word(out, "dev", route.device.as_ref().filter(|_| filter.device.is_none()).map(Text::visible));
    if filter.table == 0 && (numbers.table != MAIN || style.details) {
        word(out, "table", Some(&route.table));
    }
    if !route.is_cloned() {
        let is_shown = numbers.protocol != BOOT || style.details;
        word(out, "proto", Some(&route.protocol).filter(|_| is_shown && filter.protocol.is_none()));
        let is_shown = numbers.scope != 0 || style.details;
        word(out, "scope", Some(&route.scope).filter(|_| is_shown && filter.scope.is_none()));
    }
    word(out, "src", route.preferred_source.filter(|_| filter.source.is_none()));
    word(out, "metric", route.metric.filter(|_| filter.metric.is_none()));
    push_rest(route, style, out);
}

fn push_gateway(gateway: Option<IpAddr>, family: &str, out: &mut String) {
    let other = match gateway {
        Some(IpAddr::V6(_)) if family == "inet" => "inet6 ",
        Some(IpAddr::V4(_)) if family == "inet6" => "inet ",
        _ => "",
    };
    word(out, "via", gateway.map(|gateway| format!("{other}{gateway}")));
}

fn push_rest(route: &Route, style: Style, out: &mut String) {
    route.flags.iter().for_each(|flag| _ = write!(out, "{flag} "));
    match route.mark {
        Some(mark @ 16..) => _ = write!(out, "mark {mark:#x} "),
        mark => word(out, "mark", mark),
    }
    let realms = route.realms.as_ref();
    word(out, if realms.is_some_and(|r| r.contains('/')) { "realms" } else { "realm" }, realms);
    word(out, "uid", route.uid);
    if route.is_cloned() && route.family == "inet" {
        let _ = write!(out, "{}    cache ", style.newline());
        if !route.cache_flags.is_empty() {
            let _ = write!(out, "<{}> ", route.cache_flags.join(","));
        }
    }
    word(out, "expires", route.expires_seconds.map(|seconds| format!("{seconds}sec")));
    word(out, "error", route.error);
    for metric in &route.metrics {
        let lock = if metric.is_locked { "lock " } else { "" };
        let _ = write!(out, "{} {lock}{} ", metric.name, metric.value);
    }
    word(out, "iif", route.input_device.as_ref().map(Text::visible));
    if let Some(preference) = &route.preference {
        let _ = write!(out, "pref {preference}");
    }
    for hop in &route.next_hops {
        let _ = write!(out, "{}\tnexthop ", style.newline());
        word(out, "realm", hop.realms.as_ref());
        push_gateway(hop.gateway, route.family, out);
        let _ = write!(out, "dev {} weight {} ", hop.device.visible(), hop.weight);
        hop.flags.iter().for_each(|flag| _ = write!(out, "{flag} "));
    }
}
