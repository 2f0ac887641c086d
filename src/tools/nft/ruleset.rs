//! The ruleset of nf_tables as the kernel gives it by NETLINK_NETFILTER.

use super::decode::{Decoded, Decoder};
use super::set::{HEADER, Set, Sets};
use super::statement;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Text;
use crate::tools::ip::links::Links;
use crate::tools::netlink::{self, Answers, Attributes};
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

fn dump(kind: u16, family: u8, attributes: &[u8]) -> Result<Answers, Errno> {
    let body = [&[family, 0, 0, 0], attributes].concat();
    netlink::dump(libc::NETLINK_NETFILTER as isize, kind, &body)
}

/// The tables that `wanted` admits by family and name.
pub(super) fn read(wanted: impl Fn(u8, &[u8]) -> bool) -> Result<Vec<Table>> {
    let answers = dump(TABLES, 0, &[]).map_err(refused)?;
    let mut tables = Vec::new();
    for (_, body) in answers.iter() {
        let (Some(&number), attributes) = (body.first(), Attributes::after(body, HEADER)) else {
            continue;
        };
        let name = attributes.text(1).unwrap_or_default();
        if wanted(number, name) {
            let is_dormant = attributes.be32(2).unwrap_or(0) & 1 != 0;
            tables.push(Table {
                family: family(number),
                name: Text::from(name),
                flags: if is_dormant { vec!["dormant"] } else { Vec::new() },
                sets: Vec::new(),
                objects: Vec::new(),
                chains: Vec::new(),
                number,
            });
        }
    }
    if tables.is_empty() {
        return Ok(tables);
    }
    let links = Links::new()?;
    let all = [CHAINS, SETS, RULES, OBJECTS, FLOW_TABLES].map(|kind| dump(kind, 0, &[]));
    let [chains, sets, rules, objects, flows] = all;
    let (chains, sets, rules) =
        (chains.map_err(refused)?, sets.map_err(refused)?, rules.map_err(refused)?);
    for table in &mut tables {
        let known = table.read_sets(&sets, &links)?;
        table.read_objects(objects.as_ref().ok(), |attributes| {
            statement::object(attributes.be32(3).unwrap_or(0))
        });
        table.read_objects(flows.as_ref().ok(), |_| "flowtable");
        table.read_chains(&chains);
        table.read_rules(&rules, &known, &links);
    }
    Ok(tables)
}

impl Table {
    /// The attributes of the messages that are about this table; its name is the first of each.
    fn own<'a>(&'a self, answers: &'a Answers) -> impl Iterator<Item = Attributes<'a>> {
        answers
            .iter()
            .filter(|(_, body)| body.first() == Some(&self.number))
            .map(|(_, body)| Attributes::after(body, HEADER))
            .filter(|attributes| attributes.text(1) == Some(&self.name.0))
    }

    fn read_sets(&mut self, answers: &Answers, links: &Links) -> Result<Sets> {
        let mut sets = Sets::default();
        let mut named = Vec::new();
        for attributes in self.own(answers) {
            let Some(name) = attributes.text(2) else { continue };
            let mut set = Set::parse(attributes);
            let mut request = Vec::new();
            let terminated = |name: &[u8]| [name, b"\0"].concat();
            netlink::push_attribute(&mut request, 1, &terminated(&self.name.0));
            netlink::push_attribute(&mut request, 2, &terminated(name));
            match dump(ELEMENTS, self.number, &request) {
                Ok(elements) => set.fill(&elements),
                // It has been deleted since.
                Err(Errno::ENOENT) => {}
                Err(errno) => return Err(refused(errno)),
            }
            if !set.is_anonymous {
                named.push(NamedSet {
                    heading: super::set::heading(name, &set),
                    name: Text::from(name),
                    kind: set.type_text(),
                    flags: set.flag_text(),
                    elements: set.items(links),
                });
            }
            sets.insert(name.to_vec(), set);
        }
        self.sets = named;
        Ok(sets)
    }

    fn read_objects(
        &mut self,
        answers: Option<&Answers>,
        kind: impl Fn(Attributes<'_>) -> &'static str,
    ) {
        let Some(answers) = answers else { return };
        let found: Vec<Object> = self
            .own(answers)
            .filter_map(|attributes| {
                Some(Object { kind: kind(attributes), name: Text::from(attributes.text(2)?) })
            })
            .collect();
        self.objects.extend(found);
    }

    fn read_chains(&mut self, answers: &Answers) {
        let chains: Vec<Chain> = self
            .own(answers)
            .filter_map(|attributes| Chain::parse(attributes, self.number))
            .collect();
        self.chains = chains;
    }

    fn read_rules(&mut self, answers: &Answers, sets: &Sets, links: &Links) {
        let found: Vec<(Text, Rule)> = self
            .own(answers)
            .filter_map(|attributes| {
                let decoder = Decoder::new(self.number, sets, links);
                let decoded = decoder.decode(attributes.nested(4));
                Some((Text::from(attributes.text(2)?), Rule::new(attributes, decoded)))
            })
            .collect();
        for (chain, rule) in found {
            if let Some(chain) = self.chains.iter_mut().find(|own| own.name == chain) {
                chain.rules.push(rule);
            }
        }
    }
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
