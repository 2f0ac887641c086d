//! `ip addr`: the addresses of interfaces (rtnetlink(7), RTM_GETADDR).

use super::link::{self, Link};
use super::links::{self, Links};
use super::names::{self, Name};
use super::words::{Prefix, Words};
use super::{Style, print};
use crate::error::Result;
use crate::output::{Io, Text};
use crate::tools::netlink::{self, Attributes, u32_at};
use nix::errno::Errno;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Write;
use std::net::IpAddr;

/// `struct ifaddrmsg`.
const HEADER: usize = 8;
/// `<linux/if_addr.h>`, which is not in every libc.
const IFA_RT_PRIORITY: u16 = 9;
const SECONDARY: u32 = 0x01;
const DEPRECATED: u32 = 0x20;
const PERMANENT: u32 = 0x80;

/// `IFA_F_…`, in the order of iproute2. What is not permanent is called dynamic.
const FLAGS: &[(u32, &str)] = &[
    (SECONDARY, "secondary"),
    (0x02, "nodad"),
    (0x04, "optimistic"),
    (0x08, "dadfailed"),
    (0x10, "home"),
    (DEPRECATED, "deprecated"),
    (0x40, "tentative"),
    (PERMANENT, "permanent"),
    (0x100, "mngtmpaddr"),
    (0x200, "noprefixroute"),
    (0x400, "autojoin"),
    (0x800, "stable-privacy"),
];

/// An address of an interface.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Address {
    /// `inet` or `inet6`.
    family: &'static str,
    local: IpAddr,
    /// The other end, where it is another address.
    peer: Option<IpAddr>,
    prefix_length: u8,
    metric: Option<u32>,
    broadcast: Option<IpAddr>,
    anycast: Option<IpAddr>,
    scope: Name,
    #[serde(skip)]
    scope_number: u8,
    flags: Vec<&'static str>,
    #[serde(skip)]
    flag_bits: u32,
    label: Option<Text>,
    /// `null` is for ever.
    valid_seconds: Option<u32>,
    /// `null` is for ever.
    preferred_seconds: Option<u32>,
    #[serde(skip)]
    has_lifetime: bool,
    #[serde(skip)]
    index: u32,
}

impl Address {
    fn parse(body: &[u8]) -> Option<Address> {
        let &[family, prefix_length, low_flags, scope, ..] = body else { return None };
        let attributes = Attributes::after(body, HEADER);
        let address = attributes.address(libc::IFA_ADDRESS);
        let local = attributes.address(libc::IFA_LOCAL).or(address)?;
        let bits = attributes.u32(libc::IFA_FLAGS).unwrap_or(low_flags.into());
        let lifetime = attributes.get(libc::IFA_CACHEINFO);
        let seconds =
            |at| lifetime.and_then(|info| u32_at(info, at)).filter(|seconds| *seconds != u32::MAX);
        let is_v6 = i32::from(family) == libc::AF_INET6;
        let (names, _) = names::bits(FLAGS, bits ^ PERMANENT);
        let names = names.into_iter().map(|name| match name {
            "secondary" if is_v6 => "temporary",
            "permanent" => "dynamic",
            name => name,
        });
        Some(Address {
            family: super::family_name(family),
            local,
            peer: address.filter(|address| *address != local),
            prefix_length,
            metric: attributes.u32(IFA_RT_PRIORITY),
            broadcast: attributes.address(libc::IFA_BROADCAST),
            anycast: attributes.address(libc::IFA_ANYCAST),
            scope: names::scope(scope),
            scope_number: scope,
            flags: names.collect(),
            flag_bits: bits,
            label: attributes.text(libc::IFA_LABEL).map(Text::from),
            valid_seconds: seconds(4),
            preferred_seconds: seconds(0),
            has_lifetime: lifetime.is_some(),
            index: u32_at(body, 4)?,
        })
    }

    fn push_prefix(&self, out: &mut String) {
        let _ = write!(out, "{}", self.local);
        if let Some(peer) = self.peer {
            let _ = write!(out, " peer {peer}");
        }
        let _ = write!(out, "/{} ", self.prefix_length);
        if let Some(metric) = self.metric.filter(|metric| *metric != 0) {
            let _ = write!(out, "metric {metric} ");
        }
    }

    fn text(&self, style: Style, out: &mut String) {
        let _ = write!(out, "    {} ", self.family);
        self.push_prefix(out);
        if let Some(broadcast) = self.broadcast {
            let _ = write!(out, "brd {broadcast} ");
        }
        if let Some(anycast) = self.anycast {
            let _ = write!(out, "any {anycast} ");
        }
        let _ = write!(out, "scope {} ", self.scope);
        self.flags.iter().for_each(|flag| _ = write!(out, "{flag} "));
        let (_, rest) = names::bits(FLAGS, self.flag_bits);
        if rest != 0 {
            let _ = write!(out, "flags {rest:02x} ");
        }
        if let Some(label) = &self.label {
            out.push_str(&label.visible());
        }
        if self.has_lifetime {
            let _ = write!(out, "{}       valid_lft ", style.newline());
            push_seconds(self.valid_seconds, out);
            out.push_str(" preferred_lft ");
            push_seconds(self.preferred_seconds, out);
        }
    }
}

fn push_seconds(seconds: Option<u32>, out: &mut String) {
    match seconds {
        None => out.push_str("forever"),
        Some(seconds) => _ = write!(out, "{seconds}sec"),
    }
}

/// Which links and addresses are shown.
#[derive(Debug, Default)]
pub(super) struct Filter {
    device: Option<Vec<u8>>,
    master: Option<Vec<u8>>,
    kind: Option<Vec<u8>>,
    up: bool,
    scope: Option<u32>,
    to: Option<Prefix>,
    label: Option<Vec<u8>>,
    /// Which flags must be as they are in the second number.
    flags: (u32, u32),
}

impl Filter {
    pub(super) fn new(mut words: Words<'_>) -> Result<Filter> {
        let mut filter = Filter::default();
        while let Some(word) = words.next() {
            match word {
                b"dev" => filter.device = Some(words.value("dev")?.into()),
                b"master" => filter.master = Some(words.value("master")?.into()),
                b"type" => filter.kind = Some(words.value("type")?.into()),
                b"label" => filter.label = Some(words.value("label")?.into()),
                b"up" => filter.up = true,
                b"scope" => filter.scope = Some(words.read("scope", names::scope_number)?),
                b"to" => filter.to = Some(words.prefix("to")?),
                b"dynamic" => filter.flag(PERMANENT, false),
                b"primary" => filter.flag(SECONDARY, false),
                b"temporary" => filter.flag(SECONDARY, true),
                word => match FLAGS.iter().find(|(_, name)| name.as_bytes() == word) {
                    Some((flag, _)) => filter.flag(*flag, true),
                    None => filter.device = Some(word.into()),
                },
            }
        }
        Ok(filter)
    }

    fn flag(&mut self, flag: u32, is_set: bool) {
        self.flags.0 |= flag;
        self.flags.1 |= if is_set { flag } else { 0 };
    }

    /// The links to show.
    pub(super) fn links(&self, style: Style) -> Result<Vec<Link>> {
        let mut links = link::list(style.family, style.statistics > 0)?;
        let all = Links::new()?;
        // The links of IPv6 come with less.
        links.iter_mut().for_each(|link| link.complete(&all));
        if let Some(device) = &self.device {
            let name = all.find(device).ok_or_else(|| links::no_such(device))?.name.clone();
            links.retain(|link| link.name == name);
        }
        links.retain(|link| {
            (!self.up || link.is_up())
                && self.master.as_ref().is_none_or(|master| link.has_master(master))
                && self.kind.as_ref().is_none_or(|kind| link.is_of_kind(kind))
        });
        Ok(links)
    }

    fn admits(&self, address: &Address) -> bool {
        let (mask, bits) = self.flags;
        (address.flag_bits ^ bits) & mask == 0
            && self.scope.is_none_or(|scope| scope == u32::from(address.scope_number))
            && self
                .to
                .is_none_or(|to| to.holds(Some(address.local), address.prefix_length.max(to.bits)))
            && self
                .label
                .as_ref()
                .is_none_or(|label| address.label.as_ref().is_some_and(|own| own.0 == *label))
    }
}

/// The addresses of `family`, or of all.
fn list(family: u8) -> Result<Vec<Address>, Errno> {
    let body = [family, 0, 0, 0, 0, 0, 0, 0];
    netlink::rows(libc::NETLINK_ROUTE as isize, libc::RTM_GETADDR, &body, |kind, body| {
        if kind == libc::RTM_NEWADDR { Address::parse(body) } else { None }
    })
}

pub(super) fn show(words: Words<'_>, style: Style, io: &mut Io) -> Result<()> {
    let filter = Filter::new(words)?;
    let family = match filter.to.and_then(|to| to.address) {
        Some(IpAddr::V4(_)) if style.family == 0 => libc::AF_INET as u8,
        Some(IpAddr::V6(_)) if style.family == 0 => libc::AF_INET6 as u8,
        _ => style.family,
    };
    let style = Style { family, ..style };
    let mut links = filter.links(style)?;
    let mut addresses: HashMap<u32, Vec<Address>> = HashMap::new();
    for address in list(style.family)? {
        addresses.entry(address.index).or_default().push(address);
    }
    links.retain_mut(|link| {
        let own = addresses.remove(&link.index).unwrap_or_default();
        let had_none = own.is_empty();
        let own: Vec<_> = own.into_iter().filter(|address| filter.admits(address)).collect();
        let is_shown = !own.is_empty() || (had_none && style.family == 0 && filter.label.is_none());
        link.addresses = Some(own);
        is_shown
    });
    if style.one_line && !style.brief && !style.is_json {
        return show_one_line(&links, style, io);
    }
    print(&links, style, io, |link, out| {
        let addresses = link.addresses.iter().flatten();
        if style.brief {
            link.brief(false, out);
            return addresses.for_each(|address| address.push_prefix(out));
        }
        link.text(style, false, out);
        link.push_names(style, out);
        for address in addresses {
            out.push('\n');
            address.text(style, out);
        }
        if let Some(statistics) = link.statistics.as_ref().filter(|_| style.statistics > 0) {
            statistics.text(style, out);
        }
    })
}

/// An address a line, and nothing of the links but their names.
fn show_one_line(links: &[Link], style: Style, io: &mut Io) -> Result<()> {
    let rows: Vec<_> = links
        .iter()
        .flat_map(|link| link.addresses.iter().flatten().map(move |address| (link, address)))
        .collect();
    print(&rows, style, io, |(link, address), out| {
        let _ = write!(out, "{}: {}", link.index, link.name.visible());
        address.text(style, out);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Vec<u8> {
        let mut body = vec![2, 24, 0, 253, 3, 0, 0, 0];
        netlink::push_attribute(&mut body, libc::IFA_ADDRESS, &[10, 0, 0, 2]);
        netlink::push_attribute(&mut body, libc::IFA_LOCAL, &[10, 0, 0, 1]);
        netlink::push_attribute(&mut body, libc::IFA_FLAGS, &0x10080u32.to_ne_bytes());
        netlink::push_attribute(&mut body, libc::IFA_LABEL, b"e\x1bth0\0");
        netlink::push_attribute(&mut body, libc::IFA_CACHEINFO, &[0xff; 16]);
        body
    }

    #[test]
    fn what_no_name_is_for_is_shown_as_it_is_and_a_label_is_escaped() {
        let mut out = String::new();
        Address::parse(&message()).unwrap().text(Style::default(), &mut out);
        let expected = "    inet 10.0.0.1 peer 10.0.0.2/24 scope link flags 10000 e\\x1bth0\n       \
                        valid_lft forever preferred_lft forever";
        assert_eq!(out, expected);
    }

    #[test]
    fn a_truncated_address_is_no_panic() {
        let whole = message();
        for end in 0..whole.len() {
            let _ = Address::parse(&whole[..end]);
        }
        assert!(Address::parse(&whole[..8]).is_none());
    }
}
