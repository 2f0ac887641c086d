//! The expressions of a rule that fill registers.

use super::decode::{Decoder, Operand, slot};
use super::field::{self, Field};
use super::statement;
use super::value::{self, Kind};
use crate::tools::netlink::Attributes;

impl Decoder<'_> {
    pub(super) fn load(
        &mut self,
        register: u32,
        text: String,
        kind: Kind,
        length: usize,
        loaded: usize,
    ) {
        let operand =
            Operand { text, kind, length, loaded, mask: None, parts: Vec::new(), value: None };
        self.registers.insert(slot(register), operand);
    }

    pub(super) fn operand(&self, register: u32) -> Option<&Operand> {
        self.registers.get(&slot(register))
    }

    pub(super) fn payload(&mut self, data: Attributes<'_>) -> Option<()> {
        let (base, offset, length) = (data.be32(2)?, data.be32(3)?, data.be32(4)?);
        // Without one, the packet is written to.
        let register = data.be32(1)?;
        let is_v6 = self.is_v6.unwrap_or(length == 16 && matches!(offset, 8 | 24));
        let at = |offset, length| match base {
            0 => field::link(offset),
            1 => field::network(offset, length, is_v6),
            2 => field::transport(self.protocol, offset),
            _ => None,
        };
        let found = at(offset, length);
        let parts = parts(offset, length, at);
        let check = match base {
            1 => self.network_check.take(),
            2 => self.transport_check.take(),
            _ => None,
        };
        let loaded = usize::try_from(length).ok()?;
        match found.filter(|field| {
            loaded == field.length || (loaded < field.length && field.kind == Kind::Address)
        }) {
            Some(field) => {
                // ICMP is of one family.
                let is_icmp = base == 2 && matches!(self.protocol, Some(1 | 58));
                let other = if is_icmp { self.network_check.take() } else { None };
                for at in check.into_iter().chain(other) {
                    self.statements.get_mut(at).into_iter().for_each(String::clear);
                }
                self.load(register, field.name.into(), field.kind, field.length, loaded);
            }
            None => {
                let base = ["ll", "nh", "th", "ih"].get(usize::try_from(base).ok()?)?;
                let bits = |bytes: u32| u64::from(bytes) * 8;
                let text = format!("@{base},{},{}", bits(offset), bits(length));
                // Only with the fields known, what was checked before is said by them.
                if let Some(statement) =
                    check.filter(|_| !parts.is_empty()).and_then(|at| self.statements.get_mut(at))
                {
                    statement.clear();
                }
                self.load(register, text, Kind::Bytes, loaded, loaded);
                self.registers.get_mut(&slot(register))?.parts = parts;
            }
        }
        Some(())
    }

    pub(super) fn meta(&mut self, data: Attributes<'_>) -> Option<()> {
        let (name, kind) = field::meta(data.be32(2)?)?;
        if let Some(source) = data.be32(3) {
            let value = self.source(source, kind)?;
            let name =
                if name.starts_with("meta ") { name.to_owned() } else { format!("meta {name}") };
            return self.say(format!("{name} set {value}"));
        }
        let length = kind.width(4);
        self.load(data.be32(1)?, name.into(), kind, length, length);
        Some(())
    }

    pub(super) fn connection(&mut self, data: Attributes<'_>) -> Option<()> {
        let (name, kind) = field::connection(data.be32(2)?)?;
        if let Some(source) = data.be32(4) {
            let value = self.source(source, kind)?;
            return self.say(format!("ct {name} set {value}"));
        }
        let direction = match data.u8(3) {
            Some(0) => "original ",
            Some(1) => "reply ",
            _ => "",
        };
        let text = format!("ct {direction}{name}");
        let length = kind.width(if self.is_v6 == Some(true) { 16 } else { 4 });
        self.load(data.be32(1)?, text, kind, length, length);
        Some(())
    }

    pub(super) fn fib(&mut self, data: Attributes<'_>) -> Option<()> {
        const FLAGS: [(u32, &str); 5] =
            [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")];
        let (result, kind) = match data.be32(2)? {
            1 => ("oif", Kind::Interface),
            2 => ("oifname", Kind::Name),
            3 => ("type", Kind::AddressType),
            _ => return None,
        };
        let flags = data.be32(3)?;
        let parts: Vec<&str> =
            FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
        let text = format!("fib {} {result}", parts.join(" . "));
        let length = kind.width(4);
        self.load(data.be32(1)?, text, kind, length, length);
        Some(())
    }

    pub(super) fn immediate(&mut self, data: Attributes<'_>) -> Option<()> {
        let register = data.be32(1)?;
        if register == 0 {
            let text = statement::verdict(data.nested(2).nested(2))?;
            return self.say(text);
        }
        let value = data.nested(2).get(1)?;
        self.load(register, String::new(), Kind::Bytes, value.len(), value.len());
        let loaded = self.registers.get_mut(&slot(register))?;
        loaded.value = Some(value.to_vec());
        Some(())
    }

    pub(super) fn bitwise(&mut self, data: Attributes<'_>) -> Option<()> {
        let (source, destination) = (data.be32(1)?, data.be32(2)?);
        // Shifts have another operation; a second mask and a change of bits are no comparison.
        let (mask, xor) = (data.nested(4).get(1)?, data.nested(5).get(1)?);
        let mut operand = self.operand(source)?.clone();
        if data.be32(6).unwrap_or(0) != 0 || operand.mask.is_some() {
            return None;
        }
        if xor.iter().any(|byte| *byte != 0) {
            let (mask, xor) = (value::host(mask), value::host(xor));
            operand.text = format!("{} & {mask:#010x} ^ {xor:#010x}", operand.text);
        } else {
            operand.mask = Some(mask.to_vec());
        }
        self.registers.insert(slot(destination), operand);
        Some(())
    }
}

/// The fields that one load of `length` bytes takes together; none when it ends within one.
fn parts(
    mut offset: u32,
    length: u32,
    at: impl Fn(u32, u32) -> Option<Field>,
) -> Vec<(&'static str, Kind, usize)> {
    let end = offset.saturating_add(length);
    let mut found = Vec::new();
    while offset < end {
        // Any field of a header has two bytes at least, where several are loaded at once.
        let Some(field) = at(offset, 2) else { return Vec::new() };
        offset = offset.saturating_add(u32::try_from(field.length).unwrap_or(u32::MAX));
        found.push((field.name, field.kind, field.length));
    }
    if offset == end { found } else { Vec::new() }
}
