//! `ip neigh`: the neighbours that are known (rtnetlink(7), RTM_GETNEIGH; arp(7)).

use super::links::{self, Links, hardware_address};
use super::names;
use super::words::{Prefix, Words};
use super::{Printer, Style};
use crate::error::{Error, Result};
use crate::output::{Io, Text, quote};
use crate::tools::args::os;
use crate::tools::netlink::{self, Attributes, u16_at, u32_at};
use serde::Serialize;
use std::fmt::Write;
use std::net::IpAddr;

/// `struct ndmsg`.
const HEADER: usize = 12;

const NOARP: u16 = 0x40;
pub(in crate::tools) const PERMANENT: u16 = 0x80;
/// All of which something is known: not `NOARP` and not `none`.
const USUAL: u16 = 0xff & !NOARP;

const STATES: &[(u32, &str)] = &[
    (0x01, "INCOMPLETE"),
    (0x02, "REACHABLE"),
    (0x04, "STALE"),
    (0x08, "DELAY"),
    (0x10, "PROBE"),
    (0x20, "FAILED"),
    (0x40, "NOARP"),
    (0x80, "PERMANENT"),
];

const FLAGS: &[(u32, &str)] =
    &[(0x80, "router"), (0x08, "proxy"), (0x10, "extern_learn"), (0x20, "offload")];
const PROXY: u8 = 0x08;
const LEARNED: u8 = 0x10;

/// One neighbour.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Neighbour {
    /// `inet` or `inet6`.
    pub(in crate::tools) family: &'static str,
    pub(in crate::tools) address: IpAddr,
    pub(in crate::tools) device: Text,
    /// Its address on the link; `null` while it is not known.
    pub(in crate::tools) hardware_address: Option<String>,
    flags: Vec<&'static str>,
    /// `REACHABLE`, `STALE`, `PERMANENT`, `FAILED` …
    states: Vec<&'static str>,
    /// How many hold it.
    references: Option<u32>,
    /// Since it was used last.
    used_seconds: Option<u32>,
    /// Since it was confirmed last.
    confirmed_seconds: Option<u32>,
    /// Since it was changed last.
    updated_seconds: Option<u32>,
    /// Questions that went unanswered.
    probes: Option<u32>,
    #[serde(skip)]
    pub(in crate::tools) index: u32,
    #[serde(skip)]
    pub(in crate::tools) state_bits: u16,
    #[serde(skip)]
    flag_bits: u8,
}

/// Gives `each` the neighbours of `family`, or of both, as they come; or the addresses answered for others (`proxy`).
/// Whether they changed meanwhile.
pub(in crate::tools) fn each(
    family: u8,
    proxy: bool,
    links: &Links,
    each: &mut dyn FnMut(&Neighbour) -> Result<()>,
) -> Result<bool> {
    let mut body = [0; HEADER];
    body[0] = family;
    body[10] = if proxy { PROXY } else { 0 };
    let protocol = libc::NETLINK_ROUTE as isize;
    netlink::stream(protocol, libc::RTM_GETNEIGH, &body, &mut |kind, body| {
        Neighbour::parse(kind, body, links).map_or(Ok(()), |neighbour| each(&neighbour))
    })
}

impl Neighbour {
    fn parse(message: u16, body: &[u8], links: &Links) -> Option<Neighbour> {
        let &[family, ..] = body else { return None };
        if message != libc::RTM_NEWNEIGH {
            return None;
        }
        let (index, state) = (u32_at(body, 4)?, u16_at(body, 8)?);
        let flags = *body.get(10)?;
        let attributes = Attributes::after(body, HEADER);
        let cache = attributes.get(libc::NDA_CACHEINFO);
        // In clock ticks, of which user space is told 100 a second.
        let seconds = |at| cache.and_then(|cache| u32_at(cache, at)).map(|ticks| ticks / 100);
        let hardware = attributes.get(libc::NDA_LLADDR);
        Some(Neighbour {
            family: super::family_name(family),
            address: attributes.address(libc::NDA_DST)?,
            device: links.name(index),
            hardware_address: hardware.map(|bytes| hardware_address(bytes, 1)),
            flags: names::bits(FLAGS, flags.into()).0,
            states: names::bits(STATES, state.into()).0,
            references: cache.and_then(|cache| u32_at(cache, 12)),
            used_seconds: seconds(4),
            confirmed_seconds: seconds(0),
            updated_seconds: seconds(8),
            probes: attributes.u32(libc::NDA_PROBES),
            index,
            state_bits: state,
            flag_bits: flags,
        })
    }

    pub(in crate::tools) fn is_proxy(&self) -> bool {
        self.flag_bits & PROXY != 0
    }

    fn text(&self, with_device: bool, style: Style, out: &mut String) {
        if style.brief {
            let device = self.device.visible();
            let hardware = self.hardware_address.as_deref().unwrap_or_default();
            let device = if with_device { device } else { "".into() };
            match with_device {
                true => _ = write!(out, "{:<39} {device:<16} {hardware}", self.address.to_string()),
                false => _ = write!(out, "{:<39} {hardware}", self.address.to_string()),
            }
            return;
        }
        let _ = write!(out, "{} ", self.address);
        if with_device {
            let _ = write!(out, "dev {} ", self.device.visible());
        }
        if let Some(hardware) = &self.hardware_address {
            let _ = write!(out, "lladdr {hardware} ");
        }
        self.flags.iter().for_each(|flag| _ = write!(out, "{flag} "));
        if style.statistics > 0 {
            self.push_statistics(out);
        }
        if !self.states.is_empty() {
            let _ = write!(out, "{} ", self.states.join(","));
        }
    }

    fn push_statistics(&self, out: &mut String) {
        if let (Some(used), Some(confirmed), Some(updated)) =
            (self.used_seconds, self.confirmed_seconds, self.updated_seconds)
        {
            if let Some(references) = self.references.filter(|count| *count > 0) {
                let _ = write!(out, " ref {references}");
            }
            let _ = write!(out, " used {used}/{confirmed}/{updated}");
        }
        if let Some(probes) = self.probes {
            let _ = write!(out, "probes {probes} ");
        }
    }
}

pub(super) fn show(mut words: Words<'_>, style: Style, io: &mut Io) -> Result<()> {
    let links = Links::new()?;
    let (mut device, mut to, mut states, mut proxy) = (None, None, 0u16, false);
    while let Some(word) = words.next() {
        match word {
            b"dev" => {
                let name = words.value("dev")?;
                device = Some(links.find(name).ok_or_else(|| links::no_such(name))?.index);
            }
            b"proxy" => proxy = true,
            b"nud" => states |= words.read("nud", state)?,
            b"to" => to = Some(words.prefix("to")?),
            word => {
                let no = || {
                    Error::usage(format!("{} is no filter of neighbours", quote(os(word))))
                        .hint("filters are: dev, nud, proxy, to")
                };
                to = Some(Prefix::parse(word).ok_or_else(no)?);
            }
        }
    }
    let wanted = if states == 0 { USUAL } else { states };
    let is_shown = |neighbour: &Neighbour| {
        (neighbour.state_bits & wanted != 0
            || (neighbour.state_bits == 0 && wanted & 0x100 != 0)
            || neighbour.flag_bits & (PROXY | LEARNED) != 0)
            && device.is_none_or(|device| device == neighbour.index)
            && to.is_none_or(|to: Prefix| to.holds(Some(neighbour.address), to.bits))
    };
    let mut printer = Printer::new(style);
    let is_torn = each(style.family, proxy, &links, &mut |neighbour| match is_shown(neighbour) {
        true => printer.push(neighbour, io, |out| neighbour.text(device.is_none(), style, out)),
        false => Ok(()),
    })?;
    printer.end(is_torn, io)
}

/// The bits of a state that was typed; 0x100 is `none`.
fn state(word: &[u8]) -> Option<u16> {
    match word {
        b"all" => Some(0x1ff),
        b"none" => Some(0x100),
        word => {
            let found =
                STATES.iter().find(|(_, name)| name.as_bytes().eq_ignore_ascii_case(word))?;
            u16::try_from(found.0).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_neighbour_is_no_panic() {
        let mut body = vec![2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0x80, 1];
        netlink::push_attribute(&mut body, libc::NDA_DST, &[10, 0, 0, 9]);
        netlink::push_attribute(&mut body, libc::NDA_LLADDR, &[2, 0, 0, 0, 0, 1]);
        netlink::push_attribute(&mut body, libc::NDA_CACHEINFO, &[100, 0, 0]);
        let parse = |body: &[u8]| Neighbour::parse(libc::RTM_NEWNEIGH, body, &Links::default());
        for end in 0..body.len() {
            let _ = parse(&body[..end]);
        }
        let mut out = String::new();
        let style = Style { statistics: 1, ..Style::default() };
        parse(&body).unwrap().text(true, style, &mut out);
        assert_eq!(out, "10.0.0.9 dev if3 lladdr 02:00:00:00:00:01 router STALE ");
    }

    #[test]
    fn states_are_named_as_iproute2_names_them() {
        assert_eq!(
            (state(b"stale"), state(b"all"), state(b"nosuch")),
            (Some(4), Some(0x1ff), None)
        );
    }
}
