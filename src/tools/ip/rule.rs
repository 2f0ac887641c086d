//! `ip rule`: which routing table is asked (rtnetlink(7), RTM_GETRULE; `<linux/fib_rules.h>`).

use super::names::{self, Name};
use super::words::Words;
use super::{Printer, Style};
use crate::error::{Error, Result};
use crate::output::{Io, Text, quote};
use crate::tools::args::os;
use crate::tools::netlink::{self, Attributes, u16_at, u32_at, u64_at};
use serde::Serialize;
use std::fmt::Write;
use std::net::IpAddr;

/// `struct fib_rule_hdr`.
const HEADER: usize = 12;

const INVERT: u32 = 0x2;
const UNRESOLVED: u32 = 0x4;
const IIF_DETACHED: u32 = 0x8;
const OIF_DETACHED: u32 = 0x10;

const TO_TABLE: u8 = 1;
const GOTO: u8 = 2;
const NOP: u8 = 3;

/// `FRA_…`, which libc does not have.
const DST: u16 = 1;
const SRC: u16 = 2;
const IIF: u16 = 3;
const GOTO_TARGET: u16 = 4;
const PRIORITY: u16 = 6;
const MARK: u16 = 10;
const FLOW: u16 = 11;
const TUNNEL: u16 = 12;
const SUPPRESS_GROUP: u16 = 13;
const SUPPRESS_LENGTH: u16 = 14;
const TABLE: u16 = 15;
const MASK: u16 = 16;
const OIF: u16 = 17;
const L3MDEV: u16 = 19;
const UIDS: u16 = 20;
const PROTOCOL: u16 = 21;
const IP_PROTOCOL: u16 = 22;
const SOURCE_PORTS: u16 = 23;
const DESTINATION_PORTS: u16 = 24;

/// One rule.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Rule {
    /// `inet` or `inet6`.
    family: &'static str,
    /// The lowest is asked first.
    priority: u32,
    /// Whether it is for all other packets.
    is_inverted: bool,
    /// `null` is from all.
    source: Option<IpAddr>,
    source_prefix_length: u8,
    /// `null` is to all.
    destination: Option<IpAddr>,
    destination_prefix_length: u8,
    tos: Option<Name>,
    mark: Option<u32>,
    mark_mask: Option<u32>,
    input_device: Option<Text>,
    output_device: Option<Text>,
    /// First and last.
    uids: Option<[u32; 2]>,
    ip_protocol: Option<Name>,
    /// First and last.
    source_ports: Option<[u16; 2]>,
    /// First and last.
    destination_ports: Option<[u16; 2]>,
    tunnel: Option<u64>,
    /// `lookup`, `goto`, `nop`, `blackhole`, `unreachable`, `prohibit`.
    action: Name,
    /// The table of `lookup`; `null` for the one of the packet's VRF.
    table: Option<Name>,
    /// The priority that `goto` goes to.
    goto: Option<u32>,
    suppress_prefix_length: Option<u32>,
    suppress_group: Option<u32>,
    realms: Option<String>,
    protocol: Option<Name>,
    #[serde(skip)]
    protocol_number: u8,
    #[serde(skip)]
    flags: u32,
    #[serde(skip)]
    table_number: u32,
}

impl Rule {
    fn parse(message: u16, body: &[u8]) -> Option<Rule> {
        let &[family, to_bits, from_bits, tos, table, _, _, action, ..] = body else { return None };
        if message != libc::RTM_NEWRULE {
            return None;
        }
        let flags = u32_at(body, 8)?;
        let attributes = Attributes::after(body, HEADER);
        let text = |kind| attributes.text(kind).map(Text::from);
        let ports = |kind| {
            let range = attributes.get(kind)?;
            Some([u16_at(range, 0)?, u16_at(range, 2)?])
        };
        let mark = attributes.u32(MARK);
        let mask = attributes.u32(MASK);
        let table = attributes.u32(TABLE).unwrap_or(table.into());
        let suppressed = |kind| attributes.u32(kind).filter(|value| *value != u32::MAX);
        let is_l3mdev = attributes.u8(L3MDEV).is_some_and(|is| is != 0);
        let realms = attributes.u32(FLOW).filter(|realms| *realms != 0);
        let number = attributes.u8(PROTOCOL);
        Some(Rule {
            family: super::family_name(family),
            priority: attributes.u32(PRIORITY).unwrap_or(0),
            is_inverted: flags & INVERT != 0,
            source: attributes.address(SRC),
            source_prefix_length: from_bits,
            destination: attributes.address(DST),
            destination_prefix_length: to_bits,
            tos: (tos != 0).then(|| names::tos(tos)),
            mark: mark.or(mask.map(|_| 0)),
            mark_mask: mask.filter(|mask| *mask != u32::MAX),
            input_device: text(IIF),
            output_device: text(OIF),
            uids: attributes.get(UIDS).and_then(|b| Some([u32_at(b, 0)?, u32_at(b, 4)?])),
            ip_protocol: attributes.u8(IP_PROTOCOL).map(names::ip_protocol),
            source_ports: ports(SOURCE_PORTS),
            destination_ports: ports(DESTINATION_PORTS),
            tunnel: attributes.get(TUNNEL).and_then(|b| u64_at(b, 0)).map(u64::from_be),
            action: match action {
                TO_TABLE => "lookup".into(),
                GOTO => "goto".into(),
                NOP => "nop".into(),
                other => names::kind(other),
            },
            table: (action == TO_TABLE && !is_l3mdev).then(|| names::table(table)),
            goto: (action == GOTO).then(|| attributes.u32(GOTO_TARGET).unwrap_or(0)),
            suppress_prefix_length: suppressed(SUPPRESS_LENGTH),
            suppress_group: suppressed(SUPPRESS_GROUP),
            realms: realms.map(|realms| match realms >> 16 {
                0 => names::realm(realms as u16).into_owned(),
                from => format!("{}/{}", names::realm(from as u16), names::realm(realms as u16)),
            }),
            protocol: number.map(names::protocol),
            protocol_number: number.unwrap_or(0),
            flags,
            table_number: table,
        })
    }

    fn text(&self, style: Style, out: &mut String) {
        let _ = write!(out, "{}:\t", self.priority);
        if self.is_inverted {
            out.push_str("not ");
        }
        out.push_str("from ");
        match push_prefix(self.source, self.source_prefix_length, out) {
            true => {}
            false => out.push_str("all"),
        }
        if self.destination.is_some() || self.destination_prefix_length > 0 {
            out.push_str(" to ");
            push_prefix(self.destination, self.destination_prefix_length, out);
        }
        word(out, "tos", self.tos.as_ref());
        if let Some(mark) = self.mark {
            let _ = write!(out, " fwmark {mark:#x}");
            if let Some(mask) = self.mark_mask {
                let _ = write!(out, "/{mask:#x}");
            }
        }
        self.push_devices(out);
        word(out, "uidrange", self.uids.map(|[first, last]| format!("{first}-{last}")));
        word(out, "ipproto", self.ip_protocol.as_ref());
        word(out, "sport", self.source_ports.map(range));
        word(out, "dport", self.destination_ports.map(range));
        word(out, "tun_id", self.tunnel);
        self.push_action(out);
        if self.protocol.is_some() && (!matches!(self.protocol_number, 0 | 2) || style.details) {
            word(out, "proto", self.protocol.as_ref());
        }
    }

    fn push_devices(&self, out: &mut String) {
        for (name, device, detached) in
            [("iif", &self.input_device, IIF_DETACHED), ("oif", &self.output_device, OIF_DETACHED)]
        {
            word(out, name, device.as_ref().map(Text::visible));
            if device.is_some() && self.flags & detached != 0 {
                out.push_str(" [detached]");
            }
        }
    }

    fn push_action(&self, out: &mut String) {
        match (&*self.action, self.goto) {
            ("lookup", _) => {
                let table = self.table.as_deref().unwrap_or("[l3mdev-table]");
                word(out, "lookup", Some(table));
                word(out, "suppress_prefixlength", self.suppress_prefix_length);
                word(out, "suppress_ifgroup", self.suppress_group.map(names::group));
            }
            ("goto", Some(to)) => {
                let _ = write!(out, " goto {to}");
                if self.flags & UNRESOLVED != 0 {
                    out.push_str(" [unresolved]");
                }
            }
            (action, _) => _ = write!(out, " {action}"),
        }
        word(out, "realms", self.realms.as_ref());
    }
}

/// Adds an address and the length of its prefix, if it is one; whether it was.
fn push_prefix(address: Option<IpAddr>, bits: u8, out: &mut String) -> bool {
    match address {
        Some(address) if bits == if address.is_ipv4() { 32 } else { 128 } => {
            _ = write!(out, "{address}");
        }
        Some(address) => _ = write!(out, "{address}/{bits}"),
        None if bits > 0 => _ = write!(out, "0/{bits}"),
        None => return false,
    }
    true
}

fn word(out: &mut String, name: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        let _ = write!(out, " {name} {value}");
    }
}

fn range([first, last]: [u16; 2]) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

pub(super) fn show(mut words: Words<'_>, style: Style, io: &mut Io) -> Result<()> {
    let (mut table, mut priority) = (None, None);
    let (mut iif, mut oif) = (None, None);
    while let Some(word) = words.next() {
        match word {
            b"table" | b"lookup" => table = Some(words.read("table", names::table_number)?),
            b"pref" | b"priority" | b"preference" | b"order" => {
                priority = Some(words.read("pref", super::words::number)?);
            }
            b"iif" | b"dev" => iif = Some(words.value("iif")?),
            b"oif" => oif = Some(words.value("oif")?),
            b"all" => {}
            word => {
                return Err(Error::usage(format!("{} is no filter of rules", quote(os(word))))
                    .hint("filters are: table, pref, iif, oif"));
            }
        }
    }
    let mut body = [0; HEADER];
    body[0] = if style.family == 0 { libc::AF_INET as u8 } else { style.family };
    let device = |wanted: Option<&[u8]>, own: &Option<Text>| {
        wanted.is_none_or(|wanted| own.as_ref().is_some_and(|own| own.0 == wanted))
    };
    let is_shown = |rule: &Rule| {
        table.is_none_or(|table| table == rule.table_number)
            && priority.is_none_or(|priority| priority == rule.priority)
            && device(iif, &rule.input_device)
            && device(oif, &rule.output_device)
    };
    let mut printer = Printer::new(style);
    let protocol = libc::NETLINK_ROUTE as isize;
    let is_torn =
        netlink::stream(
            protocol,
            libc::RTM_GETRULE,
            &body,
            &mut |message, body| match Rule::parse(message, body).filter(is_shown) {
                Some(rule) => printer.push(&rule, io, |out| rule.text(style, out)),
                None => Ok(()),
            },
        )?;
    printer.end(is_torn, io)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Vec<u8> {
        let mut body = vec![2, 0, 8, 0, 0, 0, 0, TO_TABLE, 8, 0, 0, 0];
        netlink::push_attribute(&mut body, SRC, &[10, 0, 0, 0]);
        netlink::push_attribute(&mut body, IIF, b"gone\x1b\0");
        netlink::push_attribute(&mut body, TABLE, &1000u32.to_ne_bytes());
        netlink::push_attribute(&mut body, UIDS, &[0; 4]);
        body
    }

    #[test]
    fn an_interface_that_is_not_there_is_told_and_its_name_escaped() {
        let mut out = String::new();
        Rule::parse(libc::RTM_NEWRULE, &message()).unwrap().text(Style::default(), &mut out);
        assert_eq!(out, "0:\tfrom 10.0.0.0/8 iif gone\\x1b [detached] lookup 1000");
    }

    #[test]
    fn a_truncated_rule_is_no_panic() {
        let whole = message();
        for end in 0..whole.len() {
            let _ = Rule::parse(libc::RTM_NEWRULE, &whole[..end]);
        }
    }
}
