//! The ruleset of nf_tables as the kernel gives it by NETLINK_NETFILTER.

use super::decode::{Decoded, Decoder};
use super::set::{HEADER, Set, Sets};
use super::statement;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Text;
use crate::tools::ip::links::Links;
use crate::tools::netlink::{self, Attributes};
use nix::errno::Errno;
use serde::Serialize;

/// `NFNL_SUBSYS_NFTABLES` and `NFT_MSG_…`.
const TABLES: u16 = 0x0a01;
const CHAINS: u16 = 0x0a04;
const RULES: u16 = 0x0a07;
const SETS: u16 = 0x0a0a;
const ELEMENTS: u16 = 0x0a0d;
const OBJECTS: u16 = 0x0a13;
const FLOW_TABLES: u16 = 0x0a17;

/// Elements that are read of all sets together: some hold a million addresses, and each costs 300 bytes.
const MOST_ELEMENTS: usize = 65_536;

/// One table.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Table {
    /// `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`.
    pub(super) family: &'static str,
    pub(super) name: Text,
    /// `dormant`: its chains are not run.
    pub(super) flags: Vec<&'static str>,
    pub(super) sets: Vec<NamedSet>,
    pub(super) objects: Vec<Object>,
    pub(super) chains: Vec<Chain>,
    #[serde(skip)]
    number: u8,
}

/// A set or a map with a name.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct NamedSet {
    #[serde(skip)]
    pub(super) heading: String,
    pub(super) name: Text,
    /// `ipv4_addr`, and what a map gives behind a colon.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// `interval`, `timeout` …
    pub(super) flags: String,
    pub(super) elements: Vec<String>,
    /// Those beyond the first 65,536 of all sets together.
    pub(super) elements_left_out: u64,
}

/// A counter, quota, limit or the like with a name, or a flow table.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Object {
    pub(super) kind: &'static str,
    pub(super) name: Text,
}

/// One chain.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Chain {
    pub(super) name: Text,
    /// `filter`, `nat`, `route`; `null` for a chain that only others jump to.
    #[serde(rename = "type")]
    pub(super) kind: Option<Text>,
    /// `input`, `forward`, `prerouting` …
    pub(super) hook: Option<String>,
    /// The lowest comes first.
    pub(super) priority: Option<i32>,
    pub(super) devices: Vec<Text>,
    /// What happens to packets that reach the end: `accept` or `drop`.
    pub(super) policy: Option<&'static str>,
    pub(super) rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Rule {
    /// Its number in the table.
    handle: Option<u64>,
    /// In the words of nft; what is not decoded is in brackets.
    pub(super) text: String,
    /// Of its counter, when it has one.
    packets: Option<u64>,
    bytes: Option<u64>,
    pub(super) comment: Option<Text>,
    /// The names of the kernel's expressions that `text` has in brackets.
    undecoded: Vec<String>,
}

/// The name of a family (`NFPROTO_…`).
pub(super) fn family(number: u8) -> &'static str {
    match number {
        1 => "inet",
        2 => "ip",
        3 => "arp",
        5 => "netdev",
        7 => "bridge",
        10 => "ip6",
        _ => "[unknown]",
    }
}

/// The number of the family called `name`.
pub(super) fn family_number(name: &[u8]) -> Option<u8> {
    (1..=10).find(|number| family(*number).as_bytes() == name)
}

/// What `parse` makes of each message: the family and the attributes.
fn rows<T>(
    kind: u16,
    mut parse: impl FnMut(u8, Attributes<'_>) -> Option<T>,
) -> Result<Vec<T>, Errno> {
    netlink::rows(libc::NETLINK_NETFILTER as isize, kind, &[0; HEADER], |_, body| {
        parse(*body.first()?, Attributes::after(body, HEADER))
    })
}

/// The tables that `wanted` admits by family and name.
pub(super) fn read(wanted: impl Fn(u8, &[u8]) -> bool) -> Result<Vec<Table>> {
    let tables = rows(TABLES, |number, attributes| {
        let name = attributes.text(1).unwrap_or_default();
        let is_dormant = attributes.be32(2).unwrap_or(0) & 1 != 0;
        wanted(number, name).then(|| Table {
            family: family(number),
            name: Text::from(name),
            flags: if is_dormant { vec!["dormant"] } else { Vec::new() },
            sets: Vec::new(),
            objects: Vec::new(),
            chains: Vec::new(),
            number,
        })
    });
    let mut tables = tables.map_err(refused)?;
    if tables.is_empty() {
        return Ok(tables);
    }
    let links = Links::new()?;
    let known = read_sets(&mut tables, &links)?;
    read_objects(&mut tables, OBJECTS, |attributes| {
        statement::object(attributes.be32(3).unwrap_or(0))
    });
    read_objects(&mut tables, FLOW_TABLES, |_| "flowtable");
    let chains = rows(CHAINS, |number, attributes| {
        Some((place(&tables, number, attributes)?, Chain::parse(attributes, number)?))
    });
    for (place, chain) in chains.map_err(refused)? {
        if let Some(table) = tables.get_mut(place) {
            table.chains.push(chain);
        }
    }
    read_rules(&mut tables, &known, &links)?;
    Ok(tables)
}

/// Which table a message is about; the table's name is the first attribute of each.
fn place(tables: &[Table], number: u8, attributes: Attributes<'_>) -> Option<usize> {
    let name = attributes.text(1)?;
    tables.iter().position(|table| table.number == number && table.name.0 == name)
}

/// Reads the sets of all tables; those of each table by their names.
fn read_sets(tables: &mut [Table], links: &Links) -> Result<Vec<Sets>> {
    let found = rows(SETS, |number, attributes| {
        let name = attributes.text(2)?.to_vec();
        Some((place(tables, number, attributes)?, name, Set::parse(attributes)))
    });
    let mut known: Vec<Sets> = tables.iter().map(|_| Sets::default()).collect();
    let mut left = MOST_ELEMENTS;
    for (place, name, mut set) in found.map_err(refused)? {
        let (Some(table), Some(known)) = (tables.get_mut(place), known.get_mut(place)) else {
            continue;
        };
        let mut request = vec![table.number, 0, 0, 0];
        let terminated = |name: &[u8]| [name, b"\0"].concat();
        netlink::push_attribute(&mut request, 1, &terminated(&table.name.0));
        netlink::push_attribute(&mut request, 2, &terminated(&name));
        match set.fill(ELEMENTS, &request, left) {
            // It has been deleted since.
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(refused(errno)),
        }
        left = left.saturating_sub(set.len());
        if !set.is_anonymous {
            table.sets.push(NamedSet {
                heading: super::set::heading(&name, &set),
                name: Text::from(name.as_slice()),
                kind: set.type_text(),
                flags: set.flag_text(),
                elements: set.items(links),
                elements_left_out: set.left_out,
            });
            // Rules refer to it by its name.
            set.forget();
        }
        known.insert(name, set);
    }
    Ok(known)
}

fn read_objects(tables: &mut [Table], kind: u16, name_of: impl Fn(Attributes<'_>) -> &'static str) {
    let found = rows(kind, |number, attributes| {
        let name = Text::from(attributes.text(2)?);
        Some((place(tables, number, attributes)?, Object { kind: name_of(attributes), name }))
    });
    // Older kernels know no such thing.
    for (place, object) in found.unwrap_or_default() {
        if let Some(table) = tables.get_mut(place) {
            table.objects.push(object);
        }
    }
}

fn read_rules(tables: &mut [Table], known: &[Sets], links: &Links) -> Result<()> {
    let found = rows(RULES, |number, attributes| {
        let place = place(tables, number, attributes)?;
        let chain = attributes.text(2)?;
        let chain = tables.get(place)?.chains.iter().position(|own| own.name.0 == chain)?;
        let decoded = Decoder::new(number, known.get(place)?, links).decode(attributes.nested(4));
        Some((place, chain, Rule::new(attributes, decoded)))
    });
    for (place, chain, rule) in found.map_err(refused)? {
        if let Some(chain) = tables.get_mut(place).and_then(|table| table.chains.get_mut(chain)) {
            chain.rules.push(rule);
        }
    }
    Ok(())
}

impl Chain {
    fn parse(attributes: Attributes<'_>, family: u8) -> Option<Chain> {
        let hook = attributes.nested(4);
        let names: &[&str] = match family {
            5 => &["ingress", "egress"],
            3 => &["input", "output", "forward"],
            _ => &["prerouting", "input", "forward", "output", "postrouting", "ingress"],
        };
        let number = hook.be32(1);
        let text = |name: &[u8]| Text::from(name.split(|b| *b == 0).next().unwrap_or_default());
        let mut devices: Vec<Text> = hook.nested(4).iter().map(|(_, name)| text(name)).collect();
        if devices.is_empty() {
            devices.extend(hook.get(3).map(text));
        }
        Some(Chain {
            name: Text::from(attributes.text(3)?),
            kind: attributes.text(7).map(Text::from),
            hook: number.map(|number| {
                let name = usize::try_from(number).ok().and_then(|number| names.get(number));
                name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
            }),
            priority: hook.be32(2).map(u32::cast_signed),
            devices,
            policy: attributes.be32(5).filter(|_| number.is_some()).map(|policy| match policy {
                0 => "drop",
                _ => "accept",
            }),
            rules: Vec::new(),
        })
    }
}

impl Rule {
    fn new(attributes: Attributes<'_>, decoded: Decoded) -> Rule {
        let (packets, bytes) = decoded.counter.unzip();
        Rule {
            handle: attributes.be64(3),
            text: decoded.text,
            packets,
            bytes,
            comment: comment(attributes.get(7).unwrap_or_default()),
            undecoded: decoded.unknown,
        }
    }
}

/// The comment among what nft keeps with a rule for itself: a type, a length, a value; 0 is a comment.
fn comment(mut data: &[u8]) -> Option<Text> {
    while let &[kind, length, ref rest @ ..] = data {
        let value = rest.get(..usize::from(length))?;
        if kind == 0 {
            return Some(Text::from(value.split(|byte| *byte == 0).next().unwrap_or_default()));
        }
        data = rest.get(usize::from(length)..)?;
    }
    None
}

/// Why the kernel does not give its ruleset.
fn refused(errno: Errno) -> Error {
    match errno {
        Errno::EPERM | Errno::EACCES => Error::from(errno)
            .context("reading the ruleset needs CAP_NET_ADMIN over the user namespace that owns the target's network")
            .hint("run dbg as root of this machine, or in a pod with NET_ADMIN among its capabilities"),
        // What nfnetlink says of a subsystem that is not there.
        Errno::EINVAL | Errno::ENOENT | Errno::EPROTONOSUPPORT | Errno::EOPNOTSUPP => {
            Error::new("the kernel has no nf_tables").hint("rules of legacy iptables can't be read by netlink")
        }
        errno => Error::from(errno).context("asking the kernel for its nf_tables"),
    }
    .exit(Exit::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        netlink::push_attribute(&mut bytes, kind, value);
        bytes
    }

    fn be(number: u32) -> [u8; 4] {
        number.to_be_bytes()
    }

    fn expression(name: &[u8], data: &[Vec<u8>]) -> Vec<u8> {
        let data = attribute(2, &data.concat());
        attribute(1, &[attribute(1, &[name, b"\0"].concat()), data].concat())
    }

    /// `meta l4proto tcp tcp dport 22 counter packets 3 bytes 180 accept` and one that nobody knows.
    fn program() -> Vec<u8> {
        let value = |bytes: &[u8]| attribute(3, &attribute(1, bytes));
        [
            expression(b"meta", &[attribute(1, &be(1)), attribute(2, &be(16))]),
            expression(b"cmp", &[attribute(1, &be(1)), attribute(2, &be(0)), value(&[6])]),
            expression(
                b"payload",
                &[1, 2, 2, 2]
                    .iter()
                    .zip(1u16..)
                    .map(|(n, kind)| attribute(kind, &be(*n)))
                    .collect::<Vec<_>>(),
            ),
            expression(b"cmp", &[attribute(1, &be(1)), attribute(2, &be(0)), value(&[0, 22])]),
            expression(
                b"counter",
                &[attribute(1, &180u64.to_be_bytes()), attribute(2, &3u64.to_be_bytes())],
            ),
            expression(b"new\x1bthing", &[]),
            expression(
                b"immediate",
                &[attribute(1, &be(0)), attribute(2, &attribute(2, &attribute(1, &be(1))))],
            ),
        ]
        .concat()
    }

    fn decode(bytes: &[u8]) -> Decoded {
        let (sets, links) = (Sets::default(), Links::default());
        Decoder::new(2, &sets, &links).decode(Attributes::new(bytes))
    }

    #[test]
    fn an_expression_that_is_not_known_is_shown_by_its_name() {
        let decoded = decode(&program());
        assert_eq!(decoded.text, "tcp dport 22 counter packets 3 bytes 180 [new\\x1bthing] accept");
        assert_eq!(decoded.counter, Some((3, 180)));
        assert_eq!(decoded.unknown, ["new\\x1bthing"]);
    }

    #[test]
    fn no_truncated_program_and_no_changed_byte_is_a_panic() {
        let whole = program();
        for end in 0..whole.len() {
            let _ = decode(&whole[..end]);
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                let _ = decode(&bytes);
            }
        }
    }

    #[test]
    fn a_comment_is_found_and_one_that_lies_is_none() {
        assert_eq!(comment(b"\x01\x01x\x00\x03hi\0"), Some(Text::from(*b"hi")));
        assert_eq!(comment(b"\x00\x09hi"), None);
        assert_eq!(comment(b"\x00"), None);
    }
}
