//! Values of nftables, shown by the type of what they are compared with.

use crate::output::visible;
use crate::tools::ip::links::Links;
use crate::tools::ip::names::ip_protocol;
use crate::tools::netlink;
use std::fmt::Write;

/// What a value is, with the numbers that nft gives the types of sets (its user space alone knows them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Family,
    Address,
    Hardware,
    EtherType,
    Protocol,
    Service,
    TcpFlags,
    Mark,
    Interface,
    Name,
    State,
    Direction,
    Status,
    PacketType,
    AddressType,
    Icmp,
    Icmp6,
    /// Of the network's order.
    Big,
    /// Of the machine's order.
    Host,
    Bytes,
    /// A verdict.
    Verdict,
}

impl Kind {
    /// The kinds of the parts of a set's key.
    pub(super) fn of_set(number: u32) -> Vec<Kind> {
        // Six bits for each part.
        let parts =
            (0..5).rev().map(|part| (number >> (part * 6)) & 0x3f).filter(|part| *part != 0);
        let kinds = parts.map(|part| match part {
            1 => Kind::Verdict,
            2 => Kind::Family,
            7 | 8 => Kind::Address,
            9 => Kind::Hardware,
            10 => Kind::EtherType,
            12 => Kind::Protocol,
            13 => Kind::Service,
            14 => Kind::Icmp,
            15 => Kind::TcpFlags,
            19 => Kind::Mark,
            20 => Kind::Interface,
            22..=25 | 35 => Kind::Host,
            26 => Kind::State,
            27 => Kind::Direction,
            28 => Kind::Status,
            29 => Kind::Icmp6,
            31 => Kind::PacketType,
            38 => Kind::AddressType,
            41 => Kind::Name,
            4 | 32..=34 | 36 | 37 => Kind::Big,
            _ => Kind::Bytes,
        });
        kinds.collect()
    }

    /// How many bytes one takes in a register.
    pub(super) fn width(self, whole: usize) -> usize {
        match self {
            Kind::Service | Kind::EtherType => 2,
            Kind::Protocol | Kind::TcpFlags | Kind::Icmp | Kind::Icmp6 | Kind::Family => 1,
            Kind::Hardware => 6,
            Kind::Name => 16,
            Kind::Mark | Kind::Interface | Kind::State | Kind::Host => 4,
            _ => whole,
        }
    }

    /// Whether its bytes are in the machine's order.
    pub(super) fn is_of_the_machine(self) -> bool {
        matches!(self, Kind::Name | Kind::Mark | Kind::Interface | Kind::State | Kind::Host)
    }

    /// The name of the type, as a set's definition has it.
    pub(super) fn type_name(self, width: usize) -> &'static str {
        match self {
            Kind::Family => "nf_proto",
            Kind::Address if width == 4 => "ipv4_addr",
            Kind::Address => "ipv6_addr",
            Kind::Hardware => "ether_addr",
            Kind::EtherType => "ether_type",
            Kind::Protocol => "inet_proto",
            Kind::Service => "inet_service",
            Kind::TcpFlags => "tcp_flag",
            Kind::Mark => "mark",
            Kind::Interface => "iface_index",
            Kind::Name => "ifname",
            Kind::State => "ct_state",
            Kind::Direction => "ct_dir",
            Kind::Status => "ct_status",
            Kind::PacketType => "pkt_type",
            Kind::AddressType => "fib_addrtype",
            Kind::Icmp => "icmp_type",
            Kind::Icmp6 => "icmpv6_type",
            Kind::Big | Kind::Host => "integer",
            Kind::Bytes => "[unknown]",
            Kind::Verdict => "verdict",
        }
    }
}

pub(super) const STATES: &[(u32, &str)] =
    &[(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];
const STATUS: &[(u32, &str)] = &[
    (1, "expected"),
    (2, "seen-reply"),
    (4, "assured"),
    (8, "confirmed"),
    (16, "snat"),
    (32, "dnat"),
    (512, "dying"),
];
const TCP_FLAGS: &[(u32, &str)] = &[
    (1, "fin"),
    (2, "syn"),
    (4, "rst"),
    (8, "psh"),
    (16, "ack"),
    (32, "urg"),
    (64, "ecn"),
    (128, "cwr"),
];
const ICMP: &[(u32, &str)] = &[
    (0, "echo-reply"),
    (3, "destination-unreachable"),
    (4, "source-quench"),
    (5, "redirect"),
    (8, "echo-request"),
    (9, "router-advertisement"),
    (10, "router-solicitation"),
    (11, "time-exceeded"),
    (12, "parameter-problem"),
    (13, "timestamp-request"),
    (14, "timestamp-reply"),
];
const ICMP6: &[(u32, &str)] = &[
    (1, "destination-unreachable"),
    (2, "packet-too-big"),
    (3, "time-exceeded"),
    (4, "parameter-problem"),
    (128, "echo-request"),
    (129, "echo-reply"),
    (130, "mld-listener-query"),
    (131, "mld-listener-report"),
    (132, "mld-listener-done"),
    (133, "nd-router-solicit"),
    (134, "nd-router-advert"),
    (135, "nd-neighbor-solicit"),
    (136, "nd-neighbor-advert"),
    (137, "nd-redirect"),
    (143, "mld2-listener-report"),
];
const ADDRESS_TYPES: &[(u32, &str)] = &[
    (0, "unspec"),
    (1, "unicast"),
    (2, "local"),
    (3, "broadcast"),
    (4, "anycast"),
    (5, "multicast"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
];

fn named(table: &[(u32, &'static str)], number: u32) -> String {
    let found = table.iter().find(|(known, _)| *known == number);
    found.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

/// The names of the bits set, or the number where there is none or one without a name.
pub(super) fn bits(table: &[(u32, &'static str)], number: u32, between: &str) -> String {
    let names: Vec<&str> =
        table.iter().filter(|(bit, _)| number & bit != 0).map(|(_, name)| *name).collect();
    let known = table.iter().fold(0, |known, (bit, _)| known | bit);
    if names.is_empty() || number & !known != 0 {
        return format!("{number:#x}");
    }
    names.join(between)
}

/// The bits of TCP's flags.
pub(super) fn tcp_flags(number: u32, between: &str) -> String {
    bits(TCP_FLAGS, number, between)
}

/// A number in the network's order.
pub(super) fn big(bytes: &[u8]) -> u128 {
    bytes.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// A number in the machine's order.
pub(super) fn host(bytes: &[u8]) -> u64 {
    match *bytes {
        [byte] => byte.into(),
        [a, b] => u16::from_ne_bytes([a, b]).into(),
        [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]).into(),
        _ => netlink::u64_at(bytes, 0).unwrap_or(0),
    }
}

/// The value that `bytes` are.
pub(super) fn text(kind: Kind, bytes: &[u8], links: &Links) -> String {
    let number = u32::try_from(host(bytes)).unwrap_or(u32::MAX);
    match kind {
        Kind::Address => match netlink::address(bytes) {
            Some(address) => address.to_string(),
            None => hexadecimal(bytes),
        },
        Kind::Hardware => {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
        }
        Kind::Protocol => ip_protocol(bytes.first().copied().unwrap_or(0)).into_owned(),
        Kind::Family => match number {
            2 => "ipv4".into(),
            10 => "ipv6".into(),
            other => other.to_string(),
        },
        Kind::EtherType => match big(bytes) {
            0x800 => "ip".into(),
            0x806 => "arp".into(),
            0x86dd => "ip6".into(),
            0x8100 => "8021q".into(),
            other => format!("{other:#06x}"),
        },
        Kind::Service | Kind::Big => big(bytes).to_string(),
        Kind::TcpFlags => tcp_flags(number, ","),
        Kind::Mark => format!("{number:#010x}"),
        Kind::Host => host(bytes).to_string(),
        Kind::Interface => match number {
            0 => "0".into(),
            index => format!("\"{}\"", links.name(index).visible()),
        },
        Kind::Name => name(bytes),
        Kind::State => bits(STATES, number, ","),
        Kind::Status => bits(STATUS, number, ","),
        Kind::Direction => named(&[(0, "original"), (1, "reply")], number),
        Kind::PacketType => {
            named(&[(0, "host"), (1, "broadcast"), (2, "multicast"), (3, "other")], number)
        }
        Kind::AddressType => named(ADDRESS_TYPES, number),
        Kind::Icmp => named(ICMP, number),
        Kind::Icmp6 => named(ICMP6, number),
        Kind::Bytes | Kind::Verdict => hexadecimal(bytes),
    }
}

/// The name of an interface; without a NUL it is the beginning of one.
fn name(bytes: &[u8]) -> String {
    let name = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let star = if name.len() == bytes.len() { "*" } else { "" };
    format!("\"{}{star}\"", visible(name))
}

fn hexadecimal(bytes: &[u8]) -> String {
    if bytes.len() <= 16 {
        return format!("{:#x}", big(bytes));
    }
    let mut out = String::from("0x");
    bytes.iter().for_each(|byte| _ = write!(out, "{byte:02x}"));
    out
}

/// The number of leading ones, if there are only zeros behind them.
pub(super) fn prefix_length(mask: &[u8]) -> Option<u32> {
    let ones: u32 = mask
        .iter()
        .map(|byte| byte.leading_ones())
        .fold((0, true), |(sum, go), n| if go { (sum + n, n == 8) } else { (sum, false) })
        .0;
    let set: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    (ones == set).then_some(ones)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(kind: Kind, bytes: &[u8]) -> String {
        text(kind, bytes, &Links::default())
    }

    #[test]
    fn values_are_shown_by_their_kind_whatever_their_length() {
        assert_eq!(show(Kind::Address, &[10, 0, 0, 1]), "10.0.0.1");
        assert_eq!(show(Kind::Address, &[10, 0]), "0xa00");
        assert_eq!(show(Kind::Service, &[0, 22]), "22");
        assert_eq!(show(Kind::State, &6u32.to_ne_bytes()), "established,related");
        assert_eq!(show(Kind::State, &[]), "0x0");
        assert_eq!(show(Kind::Name, b"e\x1b\0\0"), "\"e\\x1b\"");
        assert_eq!(show(Kind::Name, b"eth"), "\"eth*\"");
        assert_eq!(show(Kind::Big, &[0xff; 40]), u128::MAX.to_string());
    }

    #[test]
    fn masks_with_holes_are_no_prefixes() {
        assert_eq!(prefix_length(&[0xff, 0xf0, 0, 0]), Some(12));
        assert_eq!(prefix_length(&[0xff, 0x0f]), None);
        assert_eq!(prefix_length(&[0x7f]), None);
        assert_eq!(prefix_length(&[]), Some(0));
    }

    #[test]
    fn the_parts_of_a_key_have_six_bits_each() {
        assert_eq!(Kind::of_set(7 << 6 | 13), [Kind::Address, Kind::Service]);
        assert_eq!(Kind::of_set(0), []);
    }
}
