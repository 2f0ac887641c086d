//! `ip link`: interfaces (rtnetlink(7), RTM_GETLINK).

use super::addr::Address;
use super::details::Details;
use super::links::{Links, hardware_address};
use super::names::{self, Name};
use super::statistics::Statistics;
use super::{Style, print};
use crate::error::Result;
use crate::output::{Io, Text};
use crate::tools::netlink::{self, Attributes, i32_at, u16_at, u32_at};
use nix::errno::Errno;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Write;

/// `struct ifinfomsg`.
const HEADER: usize = 16;

/// `IFLA_VLAN_…` of `<linux/if_link.h>`.
const VLAN_ID: u16 = 1;
const VLAN_FLAGS: u16 = 2;
const VLAN_PROTOCOL: u16 = 5;

const UP: u32 = libc::IFF_UP as u32;
const RUNNING: u32 = libc::IFF_RUNNING as u32;
const POINT_TO_POINT: u32 = libc::IFF_POINTOPOINT as u32;

/// `IFF_…` of netdevice(7), in the order of iproute2.
const FLAGS: &[(u32, &str)] = &[
    (0x8, "LOOPBACK"),
    (0x2, "BROADCAST"),
    (POINT_TO_POINT, "POINTOPOINT"),
    (0x1000, "MULTICAST"),
    (0x80, "NOARP"),
    (0x200, "ALLMULTI"),
    (0x100, "PROMISC"),
    (0x400, "MASTER"),
    (0x800, "SLAVE"),
    (0x4, "DEBUG"),
    (0x8000, "DYNAMIC"),
    (0x4000, "AUTOMEDIA"),
    (0x2000, "PORTSEL"),
    (0x20, "NOTRAILERS"),
    (UP, "UP"),
    (0x10000, "LOWER_UP"),
    (0x20000, "DORMANT"),
    (0x40000, "ECHO"),
];

/// RFC 2863, in the order of `IF_OPER_…` (`<linux/if.h>`).
const STATES: [&str; 7] =
    ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"];

/// One interface.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Link {
    pub(super) index: u32,
    pub(in crate::tools) name: Text,
    /// What it stands on, or its other end: the name of an interface here, or `ifN` in another namespace.
    link: Option<Text>,
    /// The number that the kernel has here for the namespace of `link`; `null` when it is this one.
    link_namespace: Option<i32>,
    flags: Vec<&'static str>,
    #[serde(skip)]
    flag_bits: u32,
    #[serde(skip)]
    is_link_down: bool,
    /// Bytes.
    mtu: Option<u32>,
    qdisc: Option<Text>,
    master: Option<Text>,
    /// As RFC 2863 has it: `UP`, `DOWN`, `LOWERLAYERDOWN` …
    state: Option<Name>,
    mode: Option<&'static str>,
    group: Option<Name>,
    /// Packets that may wait to be sent.
    queue_length: Option<u32>,
    /// Of the hardware: `ether`, `loopback` …
    pub(super) hardware: Name,
    pub(super) address: Option<String>,
    broadcast: Option<String>,
    /// `veth`, `bridge`, `vlan` …; `null` for hardware.
    kind: Option<Text>,
    /// The number of a VLAN.
    vlan: Option<u16>,
    #[serde(skip)]
    vlan_text: String,
    alias: Option<Text>,
    alternative_names: Vec<Text>,
    promiscuity: Option<u32>,
    #[serde(skip)]
    details: Details,
    /// With `-s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) statistics: Option<Statistics>,
    /// With `ip addr`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) addresses: Option<Vec<Address>>,
}

/// Every interface, each with the names of those that it refers to.
pub(in crate::tools) fn list(family: u8, with_statistics: bool) -> Result<Vec<Link>, Errno> {
    let mut body = vec![0; HEADER];
    if let Some(first) = body.first_mut() {
        *first = family;
    }
    if !with_statistics {
        let skip = libc::RTEXT_FILTER_SKIP_STATS as u32;
        netlink::push_attribute(&mut body, libc::IFLA_EXT_MASK, &skip.to_ne_bytes());
    }
    let protocol = libc::NETLINK_ROUTE as isize;
    let parsed = netlink::rows(protocol, libc::RTM_GETLINK, &body, |kind, body| {
        if kind == libc::RTM_NEWLINK { Link::parse(body) } else { None }
    })?;
    let known: HashMap<u32, (Text, bool)> =
        parsed.iter().map(|(link, ..)| (link.index, (link.name.clone(), !link.is_up()))).collect();
    let name = |index: u32| match known.get(&index) {
        Some(known) => known.clone(),
        None => (Text::from(format!("if{index}").as_bytes()), true),
    };
    let resolved = parsed.into_iter().map(|(mut link, lower, master)| {
        link.link = match lower {
            None => None,
            Some(0) => Some(Text::from(*b"NONE")),
            Some(lower) if link.link_namespace.is_some() => {
                Some(Text::from(format!("if{lower}").into_bytes()))
            }
            Some(lower) => {
                let (name, is_down) = name(lower);
                link.is_link_down = is_down;
                Some(name)
            }
        };
        link.master = master.map(|master| name(master).0);
        link
    });
    Ok(resolved.collect())
}

impl Link {
    /// One RTM_NEWLINK, with the indices of what it stands on and of its master.
    fn parse(body: &[u8]) -> Option<(Link, Option<u32>, Option<u32>)> {
        let (hardware, index) = (u16_at(body, 2)?, u32_at(body, 4)?);
        let bits = u32_at(body, 8)?;
        let attributes = Attributes::after(body, HEADER);
        let text = |kind| attributes.text(kind).map(Text::from);
        let lladdr = |kind| attributes.get(kind).map(|bytes| hardware_address(bytes, hardware));
        let state = attributes.u8(libc::IFLA_OPERSTATE).map(|state| {
            let name = STATES.get(usize::from(state));
            name.map_or_else(|| Name::from(format!("{state:#x}")), |name| Name::from(*name))
        });
        let info = attributes.nested(libc::IFLA_LINKINFO);
        let kind = info.text(libc::IFLA_INFO_KIND);
        let mut link = Link {
            index,
            name: text(libc::IFLA_IFNAME)?,
            link_namespace: attributes.get(libc::IFLA_LINK_NETNSID).and_then(|b| i32_at(b, 0)),
            flags: flag_names(bits),
            flag_bits: bits,
            mtu: attributes.u32(libc::IFLA_MTU),
            qdisc: text(libc::IFLA_QDISC),
            state,
            mode: attributes.u8(libc::IFLA_LINKMODE).map(|mode| match mode {
                0 => "DEFAULT",
                1 => "DORMANT",
                _ => "?",
            }),
            group: attributes.u32(libc::IFLA_GROUP).map(names::group),
            queue_length: attributes.u32(libc::IFLA_TXQLEN).filter(|length| *length > 0),
            hardware: names::hardware(hardware),
            address: lladdr(libc::IFLA_ADDRESS),
            broadcast: lladdr(libc::IFLA_BROADCAST),
            kind: kind.map(Text::from),
            alias: text(libc::IFLA_IFALIAS),
            alternative_names: alternative_names(attributes),
            promiscuity: attributes.u32(libc::IFLA_PROMISCUITY),
            details: Details::parse(attributes, info),
            statistics: Statistics::parse(attributes),
            ..Link::default()
        };
        if kind == Some(b"vlan") {
            link.vlan_data(info.nested(libc::IFLA_INFO_DATA));
        }
        Some((link, attributes.u32(libc::IFLA_LINK), attributes.u32(libc::IFLA_MASTER)))
    }

    fn vlan_data(&mut self, data: Attributes<'_>) {
        self.vlan = data.u16(VLAN_ID);
        let protocol = match data.u16(VLAN_PROTOCOL).map(u16::from_be) {
            Some(0x8100) => "protocol 802.1Q ".into(),
            Some(0x88a8) => "protocol 802.1ad ".into(),
            Some(other) => format!("protocol [{other}] "),
            None => String::new(),
        };
        let known = [
            (1, "REORDER_HDR"),
            (2, "GVRP"),
            (4, "LOOSE_BINDING"),
            (8, "MVRP"),
            (16, "BRIDGE_BINDING"),
        ];
        let (flags, _) = names::bits(&known, data.u32(VLAN_FLAGS).unwrap_or(0));
        let id = self.vlan.unwrap_or(0);
        self.vlan_text = format!("{protocol}id {id} <{}>", flags.join(","));
    }

    /// Takes over how long its queue is from the same link among `all`, where that is not known.
    pub(super) fn complete(&mut self, all: &Links) {
        let same = || all.get(self.index).and_then(|link| link.queue_length);
        self.queue_length = self.queue_length.or_else(same);
    }

    pub(super) fn is_up(&self) -> bool {
        self.flag_bits & UP != 0
    }

    pub(super) fn is_of_kind(&self, kind: &[u8]) -> bool {
        self.kind.as_ref().is_some_and(|own| own.0 == kind)
    }

    pub(super) fn has_master(&self, master: &[u8]) -> bool {
        self.master.as_ref().is_some_and(|own| own.0 == master)
    }

    pub(super) fn is_called(&self, name: &[u8]) -> bool {
        self.name.0 == name || self.alternative_names.iter().any(|own| own.0 == name)
    }

    /// `v0@v1`.
    fn full_name(&self) -> String {
        match &self.link {
            Some(link) => format!("{}@{}", self.name.visible(), link.visible()),
            None => self.name.visible().into_owned(),
        }
    }

    fn flag_text(&self) -> String {
        let (.., rest) = names::bits(FLAGS, self.flag_bits & !RUNNING);
        let mut text = self.flags.join(",");
        if rest != 0 {
            let _ = write!(text, "{}{rest:x}", if text.is_empty() { "" } else { "," });
        }
        if self.is_link_down {
            text.push_str(if text.is_empty() { "M-DOWN" } else { ",M-DOWN" });
        }
        text
    }

    /// The line of `-br link`, or the beginning of that of `-br addr`.
    pub(super) fn brief(&self, is_link: bool, out: &mut String) {
        let state = self.state.as_deref().unwrap_or_default();
        let _ = write!(out, "{:<16} {state:<14} ", self.full_name());
        if is_link {
            let _ =
                write!(out, "{} <{}> ", self.address.as_deref().unwrap_or(""), self.flag_text());
        }
    }

    /// All lines, without the end of the last.
    pub(super) fn text(&self, style: Style, is_link: bool, out: &mut String) {
        let _ = write!(out, "{}: {}: <{}> ", self.index, self.full_name(), self.flag_text());
        let mut word = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                let _ = write!(out, "{name} {value} ");
            }
        };
        word("mtu", self.mtu.map(|mtu| mtu.to_string()).as_deref());
        word("qdisc", self.qdisc.as_ref().map(Text::visible).as_deref());
        word("master", self.master.as_ref().map(Text::visible).as_deref());
        word("state", self.state.as_deref());
        word("mode", self.mode.filter(|_| is_link));
        word("group", self.group.as_deref());
        if let Some(length) = self.queue_length {
            let _ = write!(out, "qlen {length}");
        }
        if style.family == 0 || style.details {
            self.hardware_text(style, out);
        }
        if style.details {
            if let Some(promiscuity) = self.promiscuity {
                let _ = write!(out, " promiscuity {promiscuity} ");
            }
            let kind = self.kind.as_ref().map(|kind| match self.vlan_text.as_str() {
                "" => kind.visible().into_owned(),
                vlan => format!("{} {vlan}", kind.visible()),
            });
            self.details.text(kind.as_deref(), is_link, style, out);
        }
        if let Some(alias) = self.alias.as_ref().filter(|_| is_link || style.details) {
            let _ = write!(out, "{}    alias {}", style.newline(), alias.visible());
        }
    }

    /// The lines of its other names.
    pub(super) fn push_names(&self, style: Style, out: &mut String) {
        for name in &self.alternative_names {
            let _ = write!(out, "{}    altname {}", style.newline(), name.visible());
        }
    }

    fn hardware_text(&self, style: Style, out: &mut String) {
        let _ = write!(out, "{}    link/{} ", style.newline(), self.hardware);
        out.push_str(self.address.as_deref().unwrap_or_default());
        if let Some(broadcast) = &self.broadcast {
            let is_peer = self.flag_bits & POINT_TO_POINT != 0;
            let _ = write!(out, " {} {broadcast}", if is_peer { "peer" } else { "brd" });
        }
        if let Some(id) = self.link_namespace {
            match id {
                0.. => _ = write!(out, " link-netnsid {id}"),
                _ => out.push_str(" link-netnsid unknown"),
            }
        }
    }
}

fn flag_names(bits: u32) -> Vec<&'static str> {
    let no_carrier = (bits & UP != 0 && bits & RUNNING == 0).then_some("NO-CARRIER");
    no_carrier.into_iter().chain(names::bits(FLAGS, bits & !RUNNING).0).collect()
}

fn alternative_names(attributes: Attributes<'_>) -> Vec<Text> {
    let names = attributes.nested(libc::IFLA_PROP_LIST).iter();
    let names = names.filter(|(kind, _)| *kind == libc::IFLA_ALT_IFNAME);
    names.map(|(_, name)| Text::from(name.split(|b| *b == 0).next().unwrap_or_default())).collect()
}

/// Prints the lines of `links`.
pub(super) fn show(links: &[Link], style: Style, io: &mut Io) -> Result<()> {
    print(links, style, io, |link, out| {
        if style.brief {
            return link.brief(true, out);
        }
        link.text(style, true, out);
        if let Some(statistics) = link.statistics.as_ref().filter(|_| style.statistics > 0) {
            statistics.text(style, out);
        }
        link.push_names(style, out);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veth() -> Vec<u8> {
        let mut body = vec![0, 0, 1, 0, 7, 0, 0, 0, 0x43, 0, 0, 0, 0, 0, 0, 0];
        netlink::push_attribute(&mut body, libc::IFLA_IFNAME, b"a\x1b\n\0");
        netlink::push_attribute(&mut body, libc::IFLA_MTU, &1500u32.to_ne_bytes());
        netlink::push_attribute(&mut body, libc::IFLA_OPERSTATE, &[9]);
        netlink::push_attribute(&mut body, libc::IFLA_ADDRESS, &[2, 0, 0, 0, 0, 0xff]);
        body
    }

    #[test]
    fn a_hostile_name_drives_no_terminal() {
        let (link, ..) = Link::parse(&veth()).unwrap();
        let mut out = String::new();
        link.text(Style::default(), true, &mut out);
        assert_eq!(
            out,
            "7: a\\x1b\\n: <BROADCAST,UP> mtu 1500 state 0x9 \n    link/ether 02:00:00:00:00:ff"
        );
    }

    #[test]
    fn a_truncated_link_is_no_panic() {
        let whole = veth();
        for end in 0..whole.len() {
            let _ = Link::parse(&whole[..end]);
        }
        assert!(Link::parse(&[0; 16]).is_none(), "it has no name");
    }
}
