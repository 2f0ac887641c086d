//! Statements of nftables that need no register.

use crate::output::visible;
use crate::tools::netlink::Attributes;

/// The statement `name`; `None` for one that is not known. `family` is that of the table.
pub(super) fn text(name: &[u8], data: Attributes<'_>, family: u8) -> Option<String> {
    match name {
        b"limit" => limit(data),
        b"log" => Some(log(data)),
        b"reject" => reject(data, family),
        b"queue" => Some(queue(data)),
        b"notrack" => Some("notrack".into()),
        b"quota" => {
            let over = if data.be32(2).unwrap_or(0) & 1 != 0 { "over " } else { "" };
            Some(format!("quota {over}{} bytes", data.be64(1)?))
        }
        b"connlimit" => {
            let over = if data.be32(2).unwrap_or(0) & 1 != 0 { "over " } else { "" };
            Some(format!("ct count {over}{}", data.be32(1)?))
        }
        b"objref" => {
            let kind = object(data.be32(1)?);
            Some(format!("{kind} name \"{}\"", visible(data.text(2)?)))
        }
        // Extensions of iptables, which only xtables itself can read.
        b"match" | b"target" => {
            Some(format!("xt {} \"{}\"", visible(name), visible(data.text(1)?)))
        }
        _ => None,
    }
}

/// What a stateful object is (`NFT_OBJECT_…`).
pub(super) fn object(kind: u32) -> &'static str {
    match kind {
        1 => "counter",
        2 => "quota",
        3 => "ct helper",
        4 => "limit",
        6 => "tunnel",
        7 => "ct timeout",
        8 => "secmark",
        9 => "ct expectation",
        10 => "synproxy",
        _ => "object",
    }
}

/// `accept`, `jump NAME` …
pub(super) fn verdict(data: Attributes<'_>) -> Option<String> {
    let code = data.be32(1)?.cast_signed();
    let chain = visible(data.text(2).unwrap_or_default());
    Some(match code {
        0 => "drop".into(),
        1 => "accept".into(),
        3 => "queue".into(),
        -1 => "continue".into(),
        -2 => "break".into(),
        -3 => format!("jump {chain}"),
        -4 => format!("goto {chain}"),
        -5 => "return".into(),
        other => format!("[verdict {other}]"),
    })
}

fn limit(data: Attributes<'_>) -> Option<String> {
    let (mut rate, seconds) = (data.be64(1)?, data.be64(2)?);
    let burst = data.be32(3).unwrap_or(0);
    let over = if data.be32(5).unwrap_or(0) & 1 != 0 { "over " } else { "" };
    let unit = match seconds {
        1 => "second".to_owned(),
        60 => "minute".into(),
        3600 => "hour".into(),
        86_400 => "day".into(),
        604_800 => "week".into(),
        other => format!("{other}s"),
    };
    if data.be32(4) != Some(1) {
        // Five is what is taken when nothing is said.
        let burst = if burst == 5 { String::new() } else { format!(" burst {burst} packets") };
        return Some(format!("limit rate {over}{rate}/{unit}{burst}"));
    }
    let mut size = "bytes";
    for larger in ["kbytes", "mbytes"] {
        if rate % 1024 == 0 && rate > 0 {
            (rate, size) = (rate / 1024, larger);
        }
    }
    let burst = if burst > 0 { format!(" burst {burst} bytes") } else { String::new() };
    Some(format!("limit rate {over}{rate} {size}/{unit}{burst}"))
}

fn log(data: Attributes<'_>) -> String {
    const LEVELS: [&str; 9] =
        ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"];
    let mut text = "log".to_owned();
    if let Some(prefix) = data.text(2).filter(|prefix| !prefix.is_empty()) {
        text += &format!(" prefix \"{}\"", visible(prefix));
    }
    if let Some(group) = data.get(1).and_then(|bytes| Some([*bytes.first()?, *bytes.get(1)?])) {
        text += &format!(" group {}", u16::from_be_bytes(group));
    }
    let level = data.be32(5).filter(|level| *level != 4);
    if let Some(level) = level.and_then(|level| LEVELS.get(usize::try_from(level).ok()?)) {
        text += &format!(" level {level}");
    }
    text
}

fn reject(data: Attributes<'_>, family: u8) -> Option<String> {
    let code = data.u8(2).unwrap_or(0);
    let (kind, names): (&str, &[&str]) = match (data.be32(1)?, family) {
        (1, _) => return Some("reject with tcp reset".into()),
        (2, _) => {
            ("icmpx", &["no-route", "port-unreachable", "host-unreachable", "admin-prohibited"])
        }
        (_, 10) => (
            "icmpv6",
            &["no-route", "admin-prohibited", "", "addr-unreachable", "port-unreachable"],
        ),
        _ => (
            "icmp",
            &["net-unreachable", "host-unreachable", "prot-unreachable", "port-unreachable"],
        ),
    };
    let name = match (kind, code) {
        ("icmp", 9) => "net-prohibited",
        ("icmp", 10) => "host-prohibited",
        ("icmp", 13) => "admin-prohibited",
        _ => names.get(usize::from(code)).copied().unwrap_or_default(),
    };
    Some(match name {
        // What is taken when nothing is said.
        "port-unreachable" => "reject".into(),
        "" => format!("reject with {kind} {code}"),
        name => format!("reject with {kind} {name}"),
    })
}

fn queue(data: Attributes<'_>) -> String {
    let number = |kind| {
        let bytes: [u8; 2] = data.get(kind)?.try_into().ok()?;
        Some(u16::from_be_bytes(bytes))
    };
    let flags = number(3).unwrap_or(0);
    let names: Vec<&str> =
        [(1, "bypass"), (2, "fanout")].iter().filter(|f| flags & f.0 != 0).map(|f| f.1).collect();
    let flags =
        if names.is_empty() { String::new() } else { format!(" flags {}", names.join(",")) };
    let first = number(1).unwrap_or(0);
    match number(2).unwrap_or(1) {
        0 | 1 => format!("queue{flags} to {first}"),
        total => format!("queue{flags} to {first}-{}", first.saturating_add(total - 1)),
    }
}

/// `masquerade` and the like with ports and flags.
pub(super) fn flagged(verb: &str, ports: Option<String>, flags: Option<u32>) -> String {
    let ports = ports.map(|ports| format!(" to :{ports}")).unwrap_or_default();
    format!("{verb}{ports}{}", nat_flags(flags))
}

/// `NF_NAT_RANGE_…` (`<linux/netfilter/nf_nat.h>`).
pub(super) fn nat_flags(flags: Option<u32>) -> String {
    let flags = flags.unwrap_or(0);
    let names: Vec<&str> = [(4, "random"), (8, "persistent"), (16, "fully-random")]
        .iter()
        .filter(|(bit, _)| flags & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    if names.is_empty() { String::new() } else { format!(" {}", names.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::netlink;

    fn shown(name: &[u8], attributes: &[(u16, &[u8])]) -> Option<String> {
        let mut bytes = Vec::new();
        attributes
            .iter()
            .for_each(|(kind, value)| netlink::push_attribute(&mut bytes, *kind, value));
        text(name, Attributes::new(&bytes), 2)
    }

    #[test]
    fn queues_are_shown_with_their_flags() {
        let queue = |attributes: &[(u16, &[u8])]| shown(b"queue", attributes).unwrap();
        assert_eq!(queue(&[(1, &[0, 3]), (2, &[0, 1])]), "queue to 3");
        let several: [(u16, &[u8]); 3] = [(1, &[0, 1]), (2, &[0, 4]), (3, &[0, 1])];
        assert_eq!(queue(&several), "queue flags bypass to 1-4");
        assert_eq!(queue(&[(1, &[0xff, 0xff]), (2, &[0xff, 0xff])]), "queue to 65535-65535");
    }

    #[test]
    fn what_lacks_a_part_is_not_known() {
        assert_eq!(shown(b"limit", &[(1, &[0; 8])]), None);
        assert_eq!(shown(b"reject", &[]), None);
        assert_eq!(shown(b"nosuch", &[]), None);
        assert_eq!(shown(b"match", &[(1, b"a\x1b\0")]).unwrap(), "xt match \"a\\x1b\"");
        assert_eq!(shown(b"log", &[]).unwrap(), "log");
    }
}
