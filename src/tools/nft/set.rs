//! Sets and maps of a table.

use super::statement;
use super::value::{self, Kind};
use crate::output::order;
use crate::output::visible;
use crate::tools::ip::links::Links;
use crate::tools::netlink::{self, Attributes};
use netlink_packet_core::NLM_F_DUMP;
use nix::errno::Errno;
use std::collections::HashMap;

/// `struct nfgenmsg`.
pub(super) const HEADER: usize = 4;

/// `NFT_SET_…`.
const ANONYMOUS: u32 = 0x1;
const CONSTANT: u32 = 0x2;
const INTERVAL: u32 = 0x4;
const MAP: u32 = 0x8;
const FLAGS: [(u32, &str); 4] =
    [(CONSTANT, "constant"), (0x20, "dynamic"), (INTERVAL, "interval"), (0x10, "timeout")];

/// One set or map.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) is_anonymous: bool,
    flags: u32,
    key: Vec<Kind>,
    pub(super) key_length: usize,
    data: Vec<Kind>,
    data_length: usize,
    elements: Vec<Element>,
    /// How many elements there are besides.
    pub(super) left_out: u64,
}

#[derive(Debug)]
struct Element {
    key: Vec<u8>,
    end: Option<Vec<u8>>,
    is_end: bool,
    is_rest: bool,
    data: Option<Vec<u8>>,
    verdict: Option<String>,
}

/// The sets of one table by name.
#[derive(Debug, Default)]
pub(super) struct Sets(HashMap<Vec<u8>, Set>);

impl Sets {
    pub(super) fn get(&self, name: &[u8]) -> Option<&Set> {
        self.0.get(name)
    }

    pub(super) fn insert(&mut self, name: Vec<u8>, set: Set) {
        self.0.insert(name, set);
    }
}

impl Set {
    /// One NFT_MSG_NEWSET.
    pub(super) fn parse(attributes: Attributes<'_>) -> Set {
        let number = |kind| attributes.be32(kind).unwrap_or(0);
        let length = |kind| usize::try_from(number(kind)).unwrap_or(0);
        let flags = number(3);
        let data_type = attributes.be32(6);
        Set {
            is_anonymous: flags & ANONYMOUS != 0,
            flags,
            key: Kind::of_set(number(4)),
            key_length: length(5),
            data: match data_type {
                // NFT_DATA_VERDICT
                Some(0xffff_ff00) => vec![Kind::Verdict],
                Some(other) => Kind::of_set(other),
                None => Vec::new(),
            },
            data_length: length(7),
            elements: Vec::new(),
            left_out: 0,
        }
    }

    /// Asks for the elements by NFT_MSG_GETSETELEM and keeps `most` of them; the others are counted.
    pub(super) fn fill(&mut self, kind: u16, request: &[u8], most: usize) -> Result<(), Errno> {
        for _ in 0..netlink::ATTEMPTS {
            self.elements.clear();
            self.left_out = 0;
            let mut each = |_: u16, body: &[u8]| {
                self.add(body, most);
                true
            };
            let protocol = libc::NETLINK_NETFILTER as isize;
            if !netlink::walk(protocol, kind, NLM_F_DUMP, request, &mut each)? {
                break;
            }
        }
        self.sort();
        Ok(())
    }

    /// The elements of one message.
    fn add(&mut self, body: &[u8], most: usize) {
        for (_, element) in Attributes::after(body, HEADER).nested(3).iter() {
            if self.elements.len() >= most {
                self.left_out += 1;
                continue;
            }
            let element = Attributes::new(element);
            let flags = element.be32(3).unwrap_or(0);
            let data = element.nested(2);
            self.elements.push(Element {
                key: element.nested(1).get(1).unwrap_or_default().to_vec(),
                end: element.nested(10).get(1).map(<[u8]>::to_vec),
                is_end: flags & 1 != 0,
                is_rest: flags & 2 != 0,
                data: data.get(1).map(<[u8]>::to_vec),
                verdict: statement::verdict(data.nested(2)),
            });
        }
    }

    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    /// Drops the elements, which were shown.
    pub(super) fn forget(&mut self) {
        self.elements = Vec::new();
    }

    fn sort(&mut self) {
        if self.flags & INTERVAL != 0 && self.key.len() < 2 {
            // The end of one range comes before the beginning of the next.
            order::sort_by(&mut self.elements, |a, b| {
                (&a.key, !a.is_end).cmp(&(&b.key, !b.is_end))
            });
        } else {
            // As nft, which takes what is in the machine's order for a number.
            let is_host = self.key.first().is_some_and(|kind| kind.is_of_the_machine());
            self.elements.sort_by_cached_key(|element| {
                let mut key = element.key.clone();
                if is_host && cfg!(target_endian = "little") {
                    key.reverse();
                }
                (element.is_rest, key)
            });
        }
    }

    pub(super) fn is_map(&self) -> bool {
        self.flags & MAP != 0
    }

    /// `ipv4_addr . inet_service`, and what a map gives behind a colon.
    pub(super) fn type_text(&self) -> String {
        let names = |kinds: &[Kind], length: usize| {
            let names: Vec<_> = kinds.iter().map(|kind| kind.type_name(length)).collect();
            names.join(" . ")
        };
        let mut text = names(&self.key, if self.key_length >= 16 { 16 } else { 4 });
        if self.is_map() {
            text += &format!(" : {}", names(&self.data, self.data_length));
        }
        text
    }

    /// `interval,timeout`.
    pub(super) fn flag_text(&self) -> String {
        let names = FLAGS.iter().filter(|(bit, _)| self.flags & bit != 0);
        names.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
    }

    /// `{ 22, 80 }`, or what a lookup of one key is shown as.
    pub(super) fn inline(&self, links: &Links) -> String {
        format!("{{ {} }}", self.items(links).join(", "))
    }

    /// Every element: a key, a range or a prefix, and what a map gives for it.
    pub(super) fn items(&self, links: &Links) -> Vec<String> {
        let is_interval = self.flags & INTERVAL != 0 && self.key.len() < 2;
        let mut items = Vec::new();
        let mut elements = self.elements.iter().peekable();
        while let Some(element) = elements.next() {
            if element.is_end && is_interval {
                continue;
            }
            let mut text = if element.is_rest {
                "*".to_owned()
            } else if is_interval {
                let end = elements.next_if(|next| next.is_end);
                self.interval(&element.key, end.map(|end| end.key.as_slice()), links)
            } else {
                self.concatenated(&element.key, element.end.as_deref(), links)
            };
            let data = element.data.as_deref();
            if let Some(verdict) = &element.verdict {
                text += &format!(" : {verdict}");
            } else if let Some(data) = data.filter(|_| self.is_map()) {
                text += &format!(" : {}", parts(&self.data, data, links).join(" . "));
            }
            items.push(text);
        }
        items
    }

    /// A range of one field; `end` is the first value behind it.
    fn interval(&self, first: &[u8], end: Option<&[u8]>, links: &Links) -> String {
        let kind = self.key.first().copied().unwrap_or(Kind::Bytes);
        let last = match end {
            Some(end) => value::big(end).wrapping_sub(1),
            None => ones(first.len()),
        };
        range(kind, first, last, links)
    }

    fn concatenated(&self, key: &[u8], end: Option<&[u8]>, links: &Links) -> String {
        let Some(end) = end.filter(|end| *end != key) else {
            return parts(&self.key, key, links).join(" . ");
        };
        let (firsts, lasts) = (split(&self.key, key), split(&self.key, end));
        let ranges = firsts
            .iter()
            .zip(&lasts)
            .map(|((kind, first), (_, last))| range(*kind, first, value::big(last), links));
        ranges.collect::<Vec<_>>().join(" . ")
    }
}

/// All bits of `length` bytes set.
fn ones(length: usize) -> u128 {
    let bits = u32::try_from(length.min(16)).unwrap_or(16) * 8;
    u128::MAX.checked_shr(128 - bits).unwrap_or(0)
}

/// One value, a prefix, or a range.
fn range(kind: Kind, first: &[u8], last: u128, links: &Links) -> String {
    let text = value::text(kind, first, links);
    let number = value::big(first);
    if number == last {
        return text;
    }
    let differing = number ^ last;
    let is_prefix = differing & differing.wrapping_add(1) == 0 && number & differing == 0;
    if kind == Kind::Address && is_prefix {
        let bits = first.len().saturating_mul(8);
        return format!("{text}/{}", bits.saturating_sub(differing.count_ones() as usize));
    }
    let bytes = last.to_be_bytes();
    let last = bytes.get(bytes.len().saturating_sub(first.len())..).unwrap_or(&bytes);
    format!("{text}-{}", value::text(kind, last, links))
}

/// The parts of a key, each of which begins at a multiple of four bytes.
fn split<'a>(kinds: &[Kind], mut bytes: &'a [u8]) -> Vec<(Kind, &'a [u8])> {
    let single = kinds.len() < 2;
    let mut found = Vec::new();
    for (i, kind) in kinds.iter().enumerate() {
        let others = kinds.iter().skip(i + 1).map(|kind| kind.width(4).next_multiple_of(4));
        let whole = bytes.len().saturating_sub(others.sum());
        let length = if single { bytes.len() } else { kind.width(whole).min(bytes.len()) };
        let (part, rest) = bytes.split_at(length);
        found.push((*kind, part));
        bytes = rest.get(length.next_multiple_of(4) - length..).unwrap_or_default();
    }
    found
}

fn parts(kinds: &[Kind], bytes: &[u8], links: &Links) -> Vec<String> {
    match kinds {
        [] => vec![value::text(Kind::Bytes, bytes, links)],
        kinds => {
            let split = split(kinds, bytes).into_iter();
            split.map(|(kind, part)| value::text(kind, part, links)).collect()
        }
    }
}

/// The name of a set for its definition.
pub(super) fn heading(name: &[u8], set: &Set) -> String {
    format!("{} {}", if set.is_map() { "map" } else { "set" }, visible(name))
}
