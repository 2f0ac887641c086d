//! `ip route`: what the kernel says of routes (rtnetlink(7), RTM_GETROUTE).

use super::links::Links;
use super::names::{self, Name};
use super::words::Prefix;
use crate::error::Error;
use crate::output::Text;
use crate::tools::netlink::{self, Attributes, address, i32_at, u16_at, u32_at};
use nix::errno::Errno;
use serde::Serialize;
use std::net::IpAddr;

/// `struct rtmsg`.
const HEADER: usize = 12;
/// `struct rtnexthop`.
const NEXT_HOP: usize = 8;
/// A copy that the kernel made for one destination.
pub(super) const CLONED: u32 = 0x200;

/// `<linux/rtnetlink.h>`; not every libc has these.
const RTA_VIA: u16 = 18;
const RTA_PREF: u16 = 20;
const RTA_EXPIRES: usize = 8;
const RTA_UID: u16 = 25;
const RTA_NH_ID: u16 = 30;

/// `RTNH_F_…` and `RTM_F_…`, in the order of iproute2.
const FLAGS: &[(u32, &str)] = &[
    (0x01, "dead"),
    (0x04, "onlink"),
    (0x02, "pervasive"),
    (0x08, "offload"),
    (0x40, "trap"),
    (0x100, "notify"),
    (0x10, "linkdown"),
    (0x20, "unresolved"),
    (0x4000, "rt_offload"),
    (0x8000, "rt_trap"),
    (0x2000_0000, "rt_offload_failed"),
];

/// `RTCF_…` of a cached route (`<linux/in_route.h>`).
const CACHE_FLAGS: &[(u32, &str)] = &[
    (0x8000_0000, "local"),
    (0x4000_0000, "reject"),
    (0x2000_0000, "mc"),
    (0x1000_0000, "brd"),
    (0x0400_0000, "src-direct"),
    (0x0004_0000, "redirected"),
    (0x0100_0000, "redirect"),
    (0x0001_0000, "notify"),
];

/// `RTAX_…`, in the kernel's order from 1.
const METRICS: [&str; 17] = [
    "lock",
    "mtu",
    "window",
    "rtt",
    "rttvar",
    "ssthresh",
    "cwnd",
    "advmss",
    "reordering",
    "hoplimit",
    "initcwnd",
    "features",
    "rto_min",
    "initrwnd",
    "quickack",
    "congctl",
    "fastopen_no_cookie",
];

/// One route.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Route {
    /// `inet` or `inet6`.
    pub(in crate::tools) family: &'static str,
    /// `unicast`, `local`, `blackhole` …
    #[serde(rename = "type")]
    pub(super) kind: Name,
    /// `null` for the default route.
    pub(in crate::tools) destination: Option<IpAddr>,
    pub(in crate::tools) prefix_length: u8,
    /// Only packets from here.
    pub(super) source: Option<IpAddr>,
    pub(super) source_prefix_length: u8,
    pub(super) tos: Option<Name>,
    pub(in crate::tools) gateway: Option<IpAddr>,
    /// The interface.
    pub(in crate::tools) device: Option<Text>,
    pub(super) table: Name,
    /// Who installed it: `kernel`, `boot`, `static`, `dhcp`, `ra` …
    pub(super) protocol: Name,
    pub(super) scope: Name,
    /// The address that packets get as their source.
    pub(super) preferred_source: Option<IpAddr>,
    pub(in crate::tools) metric: Option<u32>,
    pub(super) flags: Vec<&'static str>,
    pub(super) cache_flags: Vec<&'static str>,
    pub(super) mark: Option<u32>,
    pub(super) realms: Option<String>,
    pub(super) uid: Option<u32>,
    pub(super) input_device: Option<Text>,
    pub(super) next_hop_id: Option<u32>,
    pub(super) expires_seconds: Option<i32>,
    pub(super) error: Option<i32>,
    pub(super) metrics: Vec<Metric>,
    /// Of a router (RFC 4191): `low`, `medium`, `high`.
    pub(super) preference: Option<Name>,
    pub(in crate::tools) next_hops: Vec<NextHop>,
    #[serde(skip)]
    pub(in crate::tools) numbers: Numbers,
}

/// What filters and net-tools' `route` ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::tools) struct Numbers {
    pub(in crate::tools) table: u32,
    pub(in crate::tools) kind: u8,
    pub(super) protocol: u8,
    pub(super) scope: u8,
    pub(in crate::tools) flags: u32,
    pub(super) index: u32,
}

/// One of several ways.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct NextHop {
    pub(in crate::tools) gateway: Option<IpAddr>,
    pub(in crate::tools) device: Text,
    pub(super) weight: u16,
    pub(super) flags: Vec<&'static str>,
    pub(super) realms: Option<String>,
}

/// A number that steers the protocols above, as `mtu`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Metric {
    pub(super) name: Name,
    /// As iproute2 shows it.
    pub(super) value: String,
    /// Whether path MTU discovery and the like leave it alone.
    pub(super) is_locked: bool,
}

/// Gives `each` every route of `family`, or of both, as it comes: a table of the internet has a million. Whether the
/// table changed meanwhile.
pub(in crate::tools) fn each(
    family: u8,
    links: &Links,
    each: &mut dyn FnMut(&Route) -> Result<(), Error>,
) -> Result<bool, Error> {
    let mut body = [0; HEADER];
    body[0] = family;
    let protocol = libc::NETLINK_ROUTE as isize;
    netlink::stream(protocol, libc::RTM_GETROUTE, &body, &mut |kind, body| {
        Route::parse(kind, body, links).map_or(Ok(()), |route| each(&route))
    })
}

/// The route to `to` that a packet from here would take.
pub(super) fn get(
    to: Prefix,
    from: Option<IpAddr>,
    oif: Option<u32>,
    links: &Links,
) -> Result<Option<Route>, Errno> {
    let Some(destination) = to.address else { return Err(Errno::EINVAL) };
    let mut body = vec![0; HEADER];
    let (family, octets) = octets(destination);
    // RTM_F_LOOKUP_TABLE: the table where it was found, and not always `main`.
    let source_bits = from.map_or(0, |from| if from.is_ipv4() { 32 } else { 128 });
    body[..3].copy_from_slice(&[family, to.bits, source_bits]);
    body[8..].copy_from_slice(&0x1000u32.to_ne_bytes());
    netlink::push_attribute(&mut body, libc::RTA_DST, &octets);
    if let Some(from) = from {
        netlink::push_attribute(&mut body, libc::RTA_SRC, &self::octets(from).1);
    }
    if let Some(index) = oif {
        netlink::push_attribute(&mut body, libc::RTA_OIF, &index.to_ne_bytes());
    }
    netlink::ask(libc::NETLINK_ROUTE as isize, libc::RTM_GETROUTE, &body, |kind, body| {
        Route::parse(kind, body, links)
    })
}

fn octets(address: IpAddr) -> (u8, Vec<u8>) {
    match address {
        IpAddr::V4(four) => (libc::AF_INET as u8, four.octets().to_vec()),
        IpAddr::V6(six) => (libc::AF_INET6 as u8, six.octets().to_vec()),
    }
}

impl Route {
    /// One RTM_NEWROUTE of IPv4 or IPv6; `None` for what else there is (MPLS, multicast forwarding).
    pub(super) fn parse(message: u16, body: &[u8], links: &Links) -> Option<Route> {
        let &[family, bits, source_bits, tos, table, protocol, scope, kind, ..] = body else {
            return None;
        };
        let is_ip = matches!(i32::from(family), libc::AF_INET | libc::AF_INET6);
        if message != libc::RTM_NEWROUTE || !is_ip {
            return None;
        }
        let flags = u32_at(body, 8)?;
        let attributes = Attributes::after(body, HEADER);
        let table = attributes.u32(libc::RTA_TABLE).unwrap_or(table.into());
        let index = attributes.u32(libc::RTA_OIF);
        let cache = attributes.get(libc::RTA_CACHEINFO).unwrap_or_default();
        let cached = |at| i32_at(cache, at).filter(|value| *value != 0);
        let (cache_flags, _) = names::bits(CACHE_FLAGS, flags & !0xffff);
        let is_cached_v4 = flags & CLONED != 0 && i32::from(family) == libc::AF_INET;
        Some(Route {
            family: super::family_name(family),
            kind: names::kind(kind),
            destination: attributes.address(libc::RTA_DST),
            prefix_length: bits,
            source: attributes.address(libc::RTA_SRC),
            source_prefix_length: source_bits,
            tos: (tos != 0).then(|| names::tos(tos)),
            gateway: gateway(attributes),
            device: index.map(|index| links.name(index)),
            table: names::table(table),
            protocol: names::protocol(protocol),
            scope: names::scope(scope),
            preferred_source: attributes.address(libc::RTA_PREFSRC),
            metric: attributes.u32(libc::RTA_PRIORITY),
            flags: names::bits(FLAGS, flags).0,
            cache_flags: if is_cached_v4 { cache_flags } else { Vec::new() },
            mark: attributes.u32(libc::RTA_MARK).filter(|mark| *mark != 0),
            realms: attributes.u32(libc::RTA_FLOW).map(realms),
            uid: attributes.u32(RTA_UID),
            input_device: attributes.u32(libc::RTA_IIF).map(|index| links.name(index)),
            next_hop_id: attributes.u32(RTA_NH_ID),
            // In clock ticks, of which user space is told 100 a second.
            expires_seconds: cached(RTA_EXPIRES).map(|ticks| ticks / 100),
            error: cached(RTA_EXPIRES + 4),
            metrics: metrics(attributes.nested(libc::RTA_METRICS)),
            preference: attributes.u8(RTA_PREF).map(|preference| match preference {
                0 => "medium".into(),
                1 => "high".into(),
                3 => "low".into(),
                other => other.to_string().into(),
            }),
            next_hops: next_hops(attributes.get(libc::RTA_MULTIPATH).unwrap_or_default(), links),
            numbers: Numbers { table, kind, protocol, scope, flags, index: index.unwrap_or(0) },
        })
    }

    /// Whether the kernel made a copy for one destination.
    pub(super) fn is_cloned(&self) -> bool {
        self.numbers.flags & CLONED != 0
    }
}

/// The gateway, which may be of the other family (RFC 5549).
fn gateway(attributes: Attributes<'_>) -> Option<IpAddr> {
    attributes
        .address(libc::RTA_GATEWAY)
        .or_else(|| attributes.get(RTA_VIA).and_then(|via| address(via.get(2..)?)))
}

fn realms(realms: u32) -> String {
    let (from, to) = ((realms >> 16) as u16, realms as u16);
    match from {
        0 => names::realm(to).into_owned(),
        from => format!("{}/{}", names::realm(from), names::realm(to)),
    }
}

fn next_hops(mut bytes: &[u8], links: &Links) -> Vec<NextHop> {
    let mut found = Vec::new();
    while let (Some(length), Some(&[flags, hops, ..]), Some(index)) =
        (u16_at(bytes, 0), bytes.get(2..), u32_at(bytes, 4))
    {
        let length = usize::from(length);
        let Some(attributes) = bytes.get(NEXT_HOP..length) else { break };
        let attributes = Attributes::new(attributes);
        found.push(NextHop {
            gateway: gateway(attributes),
            device: links.name(index),
            weight: u16::from(hops) + 1,
            flags: names::bits(FLAGS, flags.into()).0,
            realms: attributes.u32(libc::RTA_FLOW).map(realms),
        });
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

fn metrics(attributes: Attributes<'_>) -> Vec<Metric> {
    let locked = attributes.u32(1).unwrap_or(0);
    let shown = attributes.iter().filter(|(kind, _)| *kind > 1);
    let metrics = shown.filter_map(|(kind, value)| {
        let name = METRICS.get(usize::from(kind).checked_sub(1)?);
        let number = u32_at(value, 0).unwrap_or(0);
        let value = match kind {
            4 => milliseconds(number / 8),
            5 => milliseconds(number / 4),
            13 => milliseconds(number),
            12 if number == 1 => "ecn".into(),
            12 => format!("{number:#x}"),
            16 => Text::from(value.split(|b| *b == 0).next()?).visible().into_owned(),
            _ => number.to_string(),
        };
        Some(Metric {
            name: name.map_or_else(|| format!("metric {kind}").into(), |name| Name::from(*name)),
            value,
            is_locked: locked.checked_shr(kind.into()).unwrap_or(0) & 1 != 0,
        })
    });
    metrics.collect()
}

fn milliseconds(number: u32) -> String {
    match number {
        1000.. => format!("{}s", f64::from(number) / 1000.0),
        _ => format!("{number}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Vec<u8> {
        let mut body = vec![2, 16, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        netlink::push_attribute(&mut body, libc::RTA_DST, &[10, 5, 0, 0]);
        let mut hop = vec![16, 0, 0, 1, 3, 0, 0, 0];
        netlink::push_attribute(&mut hop, libc::RTA_GATEWAY, &[10, 0, 0, 3]);
        netlink::push_attribute(&mut body, libc::RTA_MULTIPATH, &[hop.clone(), hop].concat());
        let mut metrics = Vec::new();
        netlink::push_attribute(&mut metrics, 1, &4u32.to_ne_bytes());
        netlink::push_attribute(&mut metrics, 2, &1400u32.to_ne_bytes());
        netlink::push_attribute(&mut metrics, 16, b"\x1b[2J\0");
        netlink::push_attribute(&mut metrics, 99, &[]);
        netlink::push_attribute(&mut body, libc::RTA_METRICS, &metrics);
        body
    }

    fn parse(body: &[u8]) -> Option<Route> {
        Route::parse(libc::RTM_NEWROUTE, body, &Links::default())
    }

    #[test]
    fn next_hops_and_metrics_are_read() {
        let route = parse(&message()).unwrap();
        let hops: Vec<_> = route.next_hops.iter().map(|hop| (hop.gateway, hop.weight)).collect();
        let gateway = Some(IpAddr::from([10, 0, 0, 3]));
        assert_eq!(hops, [(gateway, 2), (gateway, 2)]);
        let metrics: Vec<_> =
            route.metrics.iter().map(|m| (&*m.name, &*m.value, m.is_locked)).collect();
        let expected =
            [("mtu", "1400", true), ("congctl", "\\x1b[2J", false), ("metric 99", "0", false)];
        assert_eq!(metrics, expected);
    }

    #[test]
    fn a_truncated_route_is_no_panic_and_a_next_hop_that_lies_ends_them() {
        let whole = message();
        for end in 0..whole.len() {
            let _ = parse(&whole[..end]);
        }
        for length in [0u8, 7, 200] {
            assert!(next_hops(&[length, 0, 0, 0, 1, 0, 0, 0], &Links::default()).is_empty());
        }
        assert!(parse(&[28; 40]).is_none(), "MPLS is none of ours");
    }
}
