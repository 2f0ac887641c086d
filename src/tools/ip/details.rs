//! `ip -d`: what few need of a link.

use super::Style;
use crate::output::Text;
use crate::tools::netlink::Attributes;
use std::fmt::Write;

/// `IFLA_INET6_ADDR_GEN_MODE`.
const ADDRESS_GENERATION: u16 = 8;

/// What `-d` shows besides; zero is not said by the kernel.
#[derive(Debug, Default)]
pub(super) struct Details {
    before: Vec<(&'static str, u32)>,
    after: Vec<(&'static str, u32)>,
    slave: Option<Text>,
    address_generation: Option<&'static str>,
}

impl Details {
    pub(super) fn parse(attributes: Attributes<'_>, info: Attributes<'_>) -> Details {
        let numbers = |wanted: &[(u16, &'static str)]| {
            let found = wanted.iter().map(|(kind, name)| (*name, attributes.u32(*kind)));
            found.filter_map(|(name, number)| Some((name, number?))).collect()
        };
        Details {
            before: numbers(&[
                (libc::IFLA_ALLMULTI, " allmulti"),
                (libc::IFLA_MIN_MTU, "minmtu"),
                (libc::IFLA_MAX_MTU, "maxmtu"),
            ]),
            after: numbers(&[
                (libc::IFLA_NUM_TX_QUEUES, "numtxqueues"),
                (libc::IFLA_NUM_RX_QUEUES, "numrxqueues"),
                (libc::IFLA_GSO_MAX_SIZE, "gso_max_size"),
                (libc::IFLA_GSO_MAX_SEGS, "gso_max_segs"),
                (libc::IFLA_TSO_MAX_SIZE, "tso_max_size"),
                (libc::IFLA_TSO_MAX_SEGS, "tso_max_segs"),
                (libc::IFLA_GRO_MAX_SIZE, "gro_max_size"),
            ]),
            address_generation: match attributes
                .nested(libc::IFLA_AF_SPEC)
                .nested(libc::AF_INET6 as u16)
                .u8(ADDRESS_GENERATION)
            {
                Some(0) => Some("eui64"),
                Some(1) => Some("none"),
                Some(2) => Some("stable_secret"),
                Some(3) => Some("random"),
                _ => None,
            },
            slave: info.text(libc::IFLA_INFO_SLAVE_KIND).map(Text::from),
        }
    }

    /// `kind` is that of the link, with what there is to say of it.
    pub(super) fn text(&self, kind: Option<&str>, is_link: bool, style: Style, out: &mut String) {
        let numbers = |numbers: &[(&str, u32)], out: &mut String| {
            numbers.iter().for_each(|(name, value)| _ = write!(out, "{name} {value} "));
        };
        numbers(&self.before, out);
        if let Some(kind) = kind {
            let _ = write!(out, "{}    {kind} ", style.newline());
        }
        if let Some(slave) = &self.slave {
            let _ = write!(out, "{}    {}_slave ", style.newline(), slave.visible());
        }
        if let Some(mode) = self.address_generation.filter(|_| is_link) {
            let _ = write!(out, "addrgenmode {mode} ");
        }
        numbers(&self.after, out);
    }
}
