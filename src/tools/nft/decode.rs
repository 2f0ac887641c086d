//! The expressions of a rule (`NFTA_RULE_EXPRESSIONS` of `<linux/netfilter/nf_tables.h>`) as the statements of nft.
//!
//! The kernel runs a rule as a small program over registers: load, mask, compare. What is loaded is remembered with
//! its name until it is compared. An expression that is not known is shown by its name in brackets.

use super::set::Sets;
use super::statement;
use super::value::{self, Kind};
use crate::output::visible;
use crate::tools::ip::links::Links;
use crate::tools::netlink::Attributes;
use std::collections::HashMap;

/// `NFPROTO_IPV6`, of a table.
const IPV6: u8 = 10;
/// `enum nft_cmp_ops`: equal, not equal, less, at most, more, at least.
const OPERATORS: [&str; 6] = ["", "!= ", "< ", "<= ", "> ", ">= "];
const EQUAL: u32 = 0;
const NOT_EQUAL: u32 = 1;
const AT_MOST: u32 = 3;
const AT_LEAST: u32 = 5;

/// What a register holds.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) text: String,
    pub(super) kind: Kind,
    /// Bytes of the whole field, and of what is loaded of it.
    pub(super) length: usize,
    pub(super) loaded: usize,
    pub(super) mask: Option<Vec<u8>>,
    /// The neighbouring fields that were loaded at once, with the length of each.
    pub(super) parts: Vec<(&'static str, Kind, usize)>,
    /// A constant.
    pub(super) value: Option<Vec<u8>>,
}

/// A rule's statements.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    /// Packets and bytes of its counter.
    pub(super) counter: Option<(u64, u64)>,
    /// The names of the expressions that are not decoded.
    pub(super) unknown: Vec<String>,
}

/// Decodes one rule.
pub(super) struct Decoder<'a> {
    pub(super) sets: &'a Sets,
    pub(super) links: &'a Links,
    family: u8,
    pub(super) is_v6: Option<bool>,
    pub(super) protocol: Option<u8>,
    pub(super) registers: HashMap<u32, Operand>,
    /// One that is empty was said by another.
    pub(super) statements: Vec<String>,
    /// The comparison of the protocol that the next field of its header says once more.
    pub(super) network_check: Option<usize>,
    pub(super) transport_check: Option<usize>,
    counter: Option<(u64, u64)>,
    unknown: Vec<String>,
}

impl<'a> Decoder<'a> {
    /// For a table of `family` (`NFPROTO_…`).
    pub(super) fn new(family: u8, sets: &'a Sets, links: &'a Links) -> Decoder<'a> {
        Decoder {
            sets,
            links,
            family,
            is_v6: match family {
                2 => Some(false),
                IPV6 => Some(true),
                _ => None,
            },
            protocol: None,
            registers: HashMap::new(),
            statements: Vec::new(),
            network_check: None,
            transport_check: None,
            counter: None,
            unknown: Vec::new(),
        }
    }

    /// The statements of `expressions`, a list of `NFTA_LIST_ELEM`.
    pub(super) fn decode(mut self, expressions: Attributes<'_>) -> Decoded {
        for (_, expression) in expressions.iter().filter(|(kind, _)| *kind == 1) {
            let expression = Attributes::new(expression);
            let name = expression.text(1).unwrap_or(b"?");
            if self.expression(name, expression.nested(2)).is_none() {
                let name = visible(name).into_owned();
                // It may have filled any of them.
                self.registers.clear();
                self.statements.push(format!("[{name}]"));
                self.unknown.push(name);
            }
        }
        self.statements.retain(|statement| !statement.is_empty());
        Decoded { text: self.statements.join(" "), counter: self.counter, unknown: self.unknown }
    }

    /// `None` for what is not known.
    fn expression(&mut self, name: &[u8], data: Attributes<'_>) -> Option<()> {
        match name {
            b"payload" => self.payload(data),
            b"meta" => self.meta(data),
            b"ct" => self.connection(data),
            b"fib" => self.fib(data),
            b"immediate" => self.immediate(data),
            b"bitwise" => self.bitwise(data),
            b"cmp" => self.compare(data),
            b"range" => self.range(data),
            b"lookup" => self.lookup(data),
            b"counter" => {
                let (bytes, packets) = (data.be64(1)?, data.be64(2)?);
                self.counter = Some((packets, bytes));
                self.say(format!("counter packets {packets} bytes {bytes}"))
            }
            b"nat" => {
                let text = self.nat(data)?;
                self.say(text)
            }
            b"masq" => {
                let ports = self.ports(data, [2, 3]);
                self.say(statement::flagged("masquerade", ports, data.be32(1)))
            }
            b"redir" => {
                let ports = self.ports(data, [1, 2]);
                self.say(statement::flagged("redirect", ports, data.be32(3)))
            }
            b"dynset" => {
                let set = visible(data.text(1)?).into_owned();
                let verb = if data.be32(3) == Some(1) { "update" } else { "add" };
                let key = self.operand(data.be32(4)?).map(|operand| operand.text.clone());
                self.say(format!("{verb} @{set} {{ {} }}", key.unwrap_or_else(|| "?".into())))
            }
            name => {
                let text = statement::text(name, data, self.family)?;
                self.say(text)
            }
        }
    }

    pub(super) fn say(&mut self, statement: String) -> Option<()> {
        self.statements.push(statement);
        Some(())
    }

    fn compare(&mut self, data: Attributes<'_>) -> Option<()> {
        let (operator, value) = (data.be32(2)?, data.nested(3).get(1)?);
        let operand = self.operand(data.be32(1)?)?.clone();
        let symbol = OPERATORS.get(usize::try_from(operator).ok()?)?;
        if operator == EQUAL {
            self.learn(&operand, value);
        }
        if operand.mask.is_none() && operator == EQUAL && !operand.parts.is_empty() {
            return self.compare_parts(&operand, value);
        }
        let name = &operand.text;
        let text = match &operand.mask {
            Some(mask) => self.masked(&operand, mask, operator, symbol, value),
            None if operand.kind == Kind::Address && operand.loaded < operand.length => {
                let whole = padded(value, operand.length);
                let address = value::text(operand.kind, &whole, self.links);
                format!("{name} {symbol}{address}/{}", operand.loaded.saturating_mul(8))
            }
            None if operand.kind == Kind::Interface && is_zero(value) => {
                format!("{name} {}", if operator == EQUAL { "missing" } else { "exists" })
            }
            None => format!("{name} {symbol}{}", value::text(operand.kind, value, self.links)),
        };
        // Two comparisons make a range.
        let least = format!("{name} {}", OPERATORS[AT_LEAST as usize]);
        if operator == AT_MOST
            && let Some(first) = self.statements.last_mut().filter(|last| last.starts_with(&least))
        {
            let from = first.get(least.len()..).unwrap_or_default();
            *first = format!("{name} {from}-{}", value::text(operand.kind, value, self.links));
            return Some(());
        }
        self.say(text)
    }

    /// A comparison of several fields is one of each.
    fn compare_parts(&mut self, operand: &Operand, mut value: &[u8]) -> Option<()> {
        for (name, kind, length) in &operand.parts {
            let (part, rest) = value.split_at_checked(*length)?;
            self.statements.push(format!("{name} {}", value::text(*kind, part, self.links)));
            value = rest;
        }
        Some(())
    }

    /// Remembers which protocol the rule is for.
    fn learn(&mut self, operand: &Operand, value: &[u8]) {
        let at = Some(self.statements.len());
        match operand.text.as_str() {
            "meta l4proto" | "ip protocol" | "ip6 nexthdr" => {
                self.protocol = value.first().copied();
                self.transport_check = at;
            }
            "meta nfproto" => {
                self.is_v6 = Some(value.first() == Some(&IPV6));
                self.network_check = at;
            }
            "meta protocol" | "ether type" => {
                self.is_v6 = Some(value::big(value) == 0x86dd);
                self.network_check = at;
            }
            _ => {}
        }
    }

    fn masked(
        &self,
        operand: &Operand,
        mask: &[u8],
        operator: u32,
        symbol: &str,
        value: &[u8],
    ) -> String {
        let (name, kind) = (&operand.text, operand.kind);
        let show = |bytes: &[u8]| value::text(kind, bytes, self.links);
        match (kind, operator) {
            (Kind::Address, EQUAL | NOT_EQUAL) => {
                let whole = padded(mask, operand.length);
                if let Some(bits) = value::prefix_length(&whole) {
                    return format!(
                        "{name} {symbol}{}/{bits}",
                        show(&padded(value, operand.length))
                    );
                }
            }
            (Kind::State | Kind::Status | Kind::TcpFlags, NOT_EQUAL) if is_zero(value) => {
                return format!("{name} {}", show(mask));
            }
            (Kind::State | Kind::Status | Kind::TcpFlags, EQUAL) if is_zero(value) => {
                return format!("{name} ! {}", show(mask));
            }
            (Kind::TcpFlags, EQUAL | NOT_EQUAL) => {
                return format!("{name} {symbol}{} / {}", show(value), show(mask));
            }
            _ => {}
        }
        let symbol = if operator == EQUAL { "== " } else { symbol };
        format!("{name} & {} {symbol}{}", show(mask), show(value))
    }

    fn range(&mut self, data: Attributes<'_>) -> Option<()> {
        let operand = self.operand(data.be32(1)?)?;
        let symbol = OPERATORS.get(usize::try_from(data.be32(2)?).ok()?)?;
        let end = |kind| Some(value::text(operand.kind, data.nested(kind).get(1)?, self.links));
        let text = format!("{} {symbol}{}-{}", operand.text, end(3)?, end(4)?);
        self.say(text)
    }

    fn lookup(&mut self, data: Attributes<'_>) -> Option<()> {
        let name = data.text(1)?;
        let set = self.sets.get(name);
        let length = set.map_or(0, |set| set.key_length);
        let key = self.key(data.be32(2)?, length)?;
        let inverted = if data.be32(5).unwrap_or(0) & 1 != 0 { "!= " } else { "" };
        let elements = match set {
            Some(set) if set.is_anonymous => set.inline(self.links),
            _ => format!("@{}", visible(name)),
        };
        match data.be32(3) {
            None => self.say(format!("{key} {inverted}{elements}")),
            Some(0) => self.say(format!("{key} vmap {elements}")),
            Some(register) => {
                self.load(register, format!("{key} map {elements}"), Kind::Bytes, 0, 0);
                Some(())
            }
        }
    }

    /// The operands in neighbouring registers that together have `length` bytes: `ip saddr . tcp dport`.
    fn key(&self, register: u32, length: usize) -> Option<String> {
        let mut at = slot(register);
        let mut parts = Vec::new();
        let mut sum = 0usize;
        while parts.is_empty() || sum < length {
            let Some(operand) = self.registers.get(&at) else { break };
            parts.push(operand.text.as_str());
            let words = operand.loaded.div_ceil(4).max(1);
            sum = sum.saturating_add(words.saturating_mul(4));
            at = at.saturating_add(u32::try_from(words).ok()?);
        }
        (!parts.is_empty()).then(|| parts.join(" . "))
    }

    /// What a register gives to a statement: a constant, or what is loaded.
    pub(super) fn source(&self, register: u32, kind: Kind) -> Option<String> {
        let operand = self.operand(register)?;
        Some(match (&operand.value, &operand.mask) {
            (Some(value), _) => value::text(kind, value, self.links),
            (None, Some(mask)) => format!("{} & {:#010x}", operand.text, value::host(mask)),
            (None, None) => operand.text.clone(),
        })
    }

    /// `:80` or `:80-90` by the two registers in `data`.
    fn ports(&self, data: Attributes<'_>, kinds: [u16; 2]) -> Option<String> {
        let [least, most] = kinds.map(|kind| self.source(data.be32(kind)?, Kind::Service));
        Some(span(least?, most))
    }

    fn nat(&self, data: Attributes<'_>) -> Option<String> {
        let verb = if data.be32(1)? == 0 { "snat" } else { "dnat" };
        let is_v6 = data.be32(2)? == u32::from(IPV6);
        let address = |kind| self.source(data.be32(kind)?, Kind::Address);
        let ports = self.ports(data, [5, 6]);
        let family = match self.family {
            2 | IPV6 => "",
            _ if is_v6 => " ip6",
            _ => " ip",
        };
        let to = match (address(3), &ports) {
            (Some(least), Some(_)) if is_v6 => format!("[{}]", span(least, address(4))),
            (Some(least), _) => span(least, address(4)),
            (None, _) => String::new(),
        };
        let port = ports.map(|ports| format!(":{ports}")).unwrap_or_default();
        let flags = statement::nat_flags(data.be32(7));
        Some(format!("{verb}{family} to {to}{port}{flags}"))
    }
}

/// `a`, or `a-b` when they differ.
fn span(least: String, most: Option<String>) -> String {
    match most {
        Some(most) if most != least => format!("{least}-{most}"),
        _ => least,
    }
}

/// Where a register begins, in words of four bytes: 1 to 4 are those of sixteen bytes.
pub(super) fn slot(register: u32) -> u32 {
    match register {
        1..=4 => 8 + (register - 1) * 4,
        other => other,
    }
}

fn padded(bytes: &[u8], length: usize) -> Vec<u8> {
    let mut whole = bytes.to_vec();
    whole.resize(length.max(bytes.len()), 0);
    whole
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
