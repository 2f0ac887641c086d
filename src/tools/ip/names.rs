//! The names that iproute2 has for the kernel's numbers.
//!
//! iproute2 reads many of them from files of the machine (`/etc/iproute2`). These are the ones it comes with: a file
//! of the target has no say in what is shown, and a number without a name is shown as a number.

use std::borrow::Cow;

pub(in crate::tools) type Name = Cow<'static, str>;

fn known(name: Option<&'static str>, number: u32) -> Name {
    name.map_or_else(|| number.to_string().into(), Cow::Borrowed)
}

fn of(table: &[(u32, &'static str)], number: u32) -> Name {
    let found = table.iter().find(|(known, _)| *known == number);
    known(found.map(|(_, name)| *name), number)
}

/// The number that `name` stands for in `table`, or that it is.
fn number(table: &[(u32, &'static str)], name: &[u8]) -> Option<u32> {
    let found = table.iter().find(|(_, known)| known.as_bytes() == name);
    found.map(|(number, _)| *number).or_else(|| super::words::number(name))
}

const TABLES: &[(u32, &str)] = &[(253, "default"), (254, "main"), (255, "local")];

/// A routing table.
pub(super) fn table(number: u32) -> Name {
    of(TABLES, number)
}

/// The routing table called `name`.
pub(super) fn table_number(name: &[u8]) -> Option<u32> {
    number(TABLES, name)
}

const PROTOCOLS: &[(u32, &str)] = &[
    (0, "unspec"),
    (1, "redirect"),
    (2, "kernel"),
    (3, "boot"),
    (4, "static"),
    (8, "gated"),
    (9, "ra"),
    (10, "mrt"),
    (11, "zebra"),
    (12, "bird"),
    (13, "dnrouted"),
    (14, "xorp"),
    (15, "ntk"),
    (16, "dhcp"),
    (18, "keepalived"),
    (42, "babel"),
    (186, "bgp"),
    (187, "isis"),
    (188, "ospf"),
    (189, "rip"),
    (192, "eigrp"),
];

/// Who installed a route.
pub(super) fn protocol(number: u8) -> Name {
    of(PROTOCOLS, number.into())
}

/// The number of the protocol called `name`.
pub(super) fn protocol_number(name: &[u8]) -> Option<u32> {
    number(PROTOCOLS, name)
}

const SCOPES: &[(u32, &str)] =
    &[(0, "global"), (200, "site"), (253, "link"), (254, "host"), (255, "nowhere")];

/// How far an address or a route reaches.
pub(super) fn scope(number: u8) -> Name {
    of(SCOPES, number.into())
}

/// The number of the scope called `name`.
pub(super) fn scope_number(name: &[u8]) -> Option<u32> {
    number(SCOPES, name)
}

const TYPES: &[(u32, &str)] = &[
    (0, "none"),
    (1, "unicast"),
    (2, "local"),
    (3, "broadcast"),
    (4, "anycast"),
    (5, "multicast"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
    (9, "throw"),
    (10, "nat"),
    (11, "xresolve"),
];

/// What a route or a rule does.
pub(super) fn kind(number: u8) -> Name {
    of(TYPES, number.into())
}

/// The number of the type of route called `name`.
pub(super) fn kind_number(name: &[u8]) -> Option<u32> {
    number(TYPES, name)
}

/// A type of service: the class of RFC 2474, 2597 or 3246 when there is one for it.
pub(super) fn tos(number: u8) -> Name {
    let (class, rest) = (number >> 5, number & 0x1f);
    match rest {
        0 if class > 0 => format!("CS{class}").into(),
        0x08 | 0x10 | 0x18 if (1..=4).contains(&class) => format!("AF{class}{}", rest >> 3).into(),
        0x18 if class == 5 => "EF".into(),
        _ => format!("{number:#04x}").into(),
    }
}

/// A group of links.
pub(super) fn group(number: u32) -> Name {
    of(&[(0, "default")], number)
}

/// A realm of routes.
pub(super) fn realm(number: u16) -> Name {
    of(&[(0, "cosmos")], number.into())
}

/// The type of a link's hardware (`ARPHRD_…` in `<linux/if_arp.h>`).
pub(super) fn hardware(number: u16) -> Name {
    let name = match number {
        1 => "ether",
        24 => "ieee1394",
        32 => "infiniband",
        256 => "slip",
        280 => "can",
        512 => "ppp",
        519 => "rawip",
        768 => "ipip",
        769 => "tunnel6",
        772 => "loopback",
        776 => "sit",
        778 => "gre",
        779 => "pimreg",
        801 => "ieee802.11",
        823 => "gre6",
        824 => "netlink",
        825 => "6lowpan",
        826 => "vsockmon",
        0xfffe => "none",
        0xffff => "void",
        _ => return format!("[{number}]").into(),
    };
    name.into()
}

/// A protocol above IP.
pub(in crate::tools) fn ip_protocol(number: u8) -> Name {
    let name = match number {
        1 => "icmp",
        2 => "igmp",
        4 => "ipencap",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        41 => "ipv6",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        132 => "sctp",
        136 => "udplite",
        _ => return number.to_string().into(),
    };
    name.into()
}

/// The names of the bits set in `bits`, in the order of `table`, and what no name is for.
pub(super) fn bits(table: &[(u32, &'static str)], bits: u32) -> (Vec<&'static str>, u32) {
    let found = table.iter().filter(|(bit, _)| bits & bit != 0);
    let rest = table.iter().fold(bits, |rest, (bit, _)| rest & !bit);
    (found.map(|(_, name)| *name).collect(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_name_is_a_number() {
        assert_eq!((table(254), table(100)), ("main".into(), "100".into()));
        assert_eq!(table_number(b"local"), Some(255));
        assert_eq!(table_number(b"0x64"), Some(100));
        assert_eq!(table_number(b"nosuch"), None);
        assert_eq!([tos(0x10), tos(0x28), tos(0xb8), tos(0xc0)], ["0x10", "AF11", "EF", "CS6"]);
        assert_eq!(hardware(9999), "[9999]");
    }
}
