//! What is loaded from a packet, its connection or its surroundings, in the words of nft.

use super::value::Kind;

/// A place in a header.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Bytes of the whole field; what is loaded may be its beginning.
    pub(super) length: usize,
}

const fn field(name: &'static str, kind: Kind, length: usize) -> Field {
    Field { name, kind, length }
}

/// The field of the link's header at `offset`.
pub(super) fn link(offset: u32) -> Option<Field> {
    Some(match offset {
        0 => field("ether daddr", Kind::Hardware, 6),
        6 => field("ether saddr", Kind::Hardware, 6),
        12 => field("ether type", Kind::EtherType, 2),
        _ => return None,
    })
}

/// The field of the network's header at `offset`; `is_v6` tells which header it is.
pub(super) fn network(offset: u32, length: u32, is_v6: bool) -> Option<Field> {
    Some(match (is_v6, offset) {
        (false, 1) if length == 1 => field("ip dscp", Kind::Big, 1),
        (false, 2) => field("ip length", Kind::Big, 2),
        (false, 4) => field("ip id", Kind::Big, 2),
        (false, 6) => field("ip frag-off", Kind::Big, 2),
        (false, 8) => field("ip ttl", Kind::Big, 1),
        (false, 9) => field("ip protocol", Kind::Protocol, 1),
        (false, 12) => field("ip saddr", Kind::Address, 4),
        (false, 16) => field("ip daddr", Kind::Address, 4),
        (true, 4) => field("ip6 length", Kind::Big, 2),
        (true, 6) => field("ip6 nexthdr", Kind::Protocol, 1),
        (true, 7) => field("ip6 hoplimit", Kind::Big, 1),
        (true, 8) => field("ip6 saddr", Kind::Address, 16),
        (true, 24) => field("ip6 daddr", Kind::Address, 16),
        _ => return None,
    })
}

/// The field of the header of protocol `protocol` at `offset`.
pub(super) fn transport(protocol: Option<u8>, offset: u32) -> Option<Field> {
    Some(match (protocol, offset) {
        (Some(6), 0) => field("tcp sport", Kind::Service, 2),
        (Some(6), 2) => field("tcp dport", Kind::Service, 2),
        (Some(6), 13) => field("tcp flags", Kind::TcpFlags, 1),
        (Some(17), 0) => field("udp sport", Kind::Service, 2),
        (Some(17), 2) => field("udp dport", Kind::Service, 2),
        (Some(132), 0) => field("sctp sport", Kind::Service, 2),
        (Some(132), 2) => field("sctp dport", Kind::Service, 2),
        (Some(1), 0) => field("icmp type", Kind::Icmp, 1),
        (Some(1), 1) => field("icmp code", Kind::Big, 1),
        (Some(58), 0) => field("icmpv6 type", Kind::Icmp6, 1),
        (Some(58), 1) => field("icmpv6 code", Kind::Big, 1),
        (_, 0) => field("th sport", Kind::Service, 2),
        (_, 2) => field("th dport", Kind::Service, 2),
        _ => return None,
    })
}

/// `NFT_META_…`.
pub(super) fn meta(key: u32) -> Option<(&'static str, Kind)> {
    Some(match key {
        0 => ("meta length", Kind::Host),
        1 => ("meta protocol", Kind::EtherType),
        2 => ("meta priority", Kind::Mark),
        3 => ("meta mark", Kind::Mark),
        4 => ("iif", Kind::Interface),
        5 => ("oif", Kind::Interface),
        6 => ("iifname", Kind::Name),
        7 => ("oifname", Kind::Name),
        8 => ("iiftype", Kind::Host),
        9 => ("oiftype", Kind::Host),
        10 => ("meta skuid", Kind::Host),
        11 => ("meta skgid", Kind::Host),
        12 => ("meta nftrace", Kind::Host),
        15 => ("meta nfproto", Kind::Family),
        16 => ("meta l4proto", Kind::Protocol),
        17 => ("meta ibrname", Kind::Name),
        18 => ("meta obrname", Kind::Name),
        19 => ("meta pkttype", Kind::PacketType),
        20 => ("meta cpu", Kind::Host),
        21 => ("iifgroup", Kind::Host),
        22 => ("oifgroup", Kind::Host),
        23 => ("meta cgroup", Kind::Host),
        26 => ("meta iifkind", Kind::Name),
        27 => ("meta oifkind", Kind::Name),
        _ => return None,
    })
}

/// `NFT_CT_…`.
pub(super) fn connection(key: u32) -> Option<(&'static str, Kind)> {
    Some(match key {
        0 => ("state", Kind::State),
        1 => ("direction", Kind::Direction),
        2 => ("status", Kind::Status),
        3 => ("mark", Kind::Mark),
        5 => ("expiration", Kind::Host),
        6 => ("helper", Kind::Name),
        7 => ("l3proto", Kind::Family),
        8 => ("saddr", Kind::Address),
        9 => ("daddr", Kind::Address),
        10 => ("protocol", Kind::Protocol),
        11 => ("proto-src", Kind::Service),
        12 => ("proto-dst", Kind::Service),
        14 => ("packets", Kind::Host),
        15 => ("bytes", Kind::Host),
        16 => ("avgpkt", Kind::Host),
        17 => ("zone", Kind::Host),
        19 => ("ip saddr", Kind::Address),
        20 => ("ip daddr", Kind::Address),
        21 => ("ip6 saddr", Kind::Address),
        22 => ("ip6 daddr", Kind::Address),
        _ => return None,
    })
}
