//! The 512 bytes in front of a member, extended headers of pax, and maps of sparse files.

use super::archive::{LIMIT, Member};
use crate::error::{Error, Result};

/// The most parts that a sparse file may have.
const PARTS: usize = 1 << 16;

/// A header whose checksum is right.
pub(super) struct Header(pub(super) [u8; 512]);

/// Whether `block` is a header: by its checksum, which some sum up with signed bytes.
pub(in crate::tools) fn is_header(block: &[u8; 512]) -> bool {
    let Some(stored) = block.get(148..156).and_then(octal) else { return false };
    let (mut unsigned, mut signed) = (0i64, 0i64);
    for (i, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&i) { b' ' } else { *byte };
        unsigned += i64::from(byte);
        signed += i64::from(byte as i8);
    }
    stored == unsigned || stored == signed
}

impl Header {
    fn field(&self, at: usize, length: usize) -> &[u8] {
        self.0.get(at..at + length).unwrap_or_default()
    }

    fn text(&self, at: usize, length: usize) -> &[u8] {
        let field = self.field(at, length);
        field.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    fn number(&self, at: usize, length: usize) -> i64 {
        number(self.field(at, length)).unwrap_or(0)
    }

    pub(super) fn kind(&self) -> u8 {
        self.0.get(156).copied().unwrap_or(0)
    }

    pub(super) fn size(&self) -> Result<u64> {
        size(self.field(124, 12))
    }

    pub(super) fn member(&self) -> Result<Member> {
        let is_ustar = self.field(257, 6) == b"ustar\0";
        let is_gnu = self.field(257, 8) == b"ustar  \0";
        let mut name = self.text(0, 100).to_vec();
        let prefix = self.text(345, 155);
        if is_ustar && !prefix.is_empty() {
            name = [prefix, b"/", name.as_slice()].concat();
        }
        let kind = match self.kind() {
            0 | b'0' if name.ends_with(b"/") => b'5',
            0 => b'0',
            kind => kind,
        };
        let owner = |at| if is_ustar || is_gnu { self.text(at, 32).to_vec() } else { Vec::new() };
        let is_link = matches!(kind, b'1' | b'2');
        let is_device = matches!(kind, b'3' | b'4');
        Ok(Member {
            name,
            link: if is_link { self.text(157, 100).to_vec() } else { Vec::new() },
            kind,
            mode: self.number(100, 8) as u32 & 0o7777,
            uid: self.number(108, 8),
            gid: self.number(116, 8),
            user: owner(265),
            group: owner(297),
            mtime: self.number(136, 12),
            device: match is_device {
                true => (self.number(329, 8) as u64, self.number(337, 8) as u64),
                false => (0, 0),
            },
            size: if is_link { 0 } else { self.size()? },
            sparse: None,
        })
    }

    /// The parts of a sparse file of the old GNU format that fit the header.
    pub(super) fn sparse(&self) -> Sparse {
        let mut sparse = Sparse::default();
        sparse.push_table(self.field(386, 96));
        sparse
    }

    pub(super) fn is_extended(&self) -> bool {
        self.0.get(482).is_some_and(|flag| *flag != 0)
    }

    pub(super) fn real_size(&self) -> Result<u64> {
        size(self.field(483, 12))
    }
}

/// Where the data of a sparse file belong: offsets and lengths, in order.
#[derive(Debug, Default)]
pub(super) struct Sparse(pub(super) Vec<(u64, u64)>);

impl Sparse {
    fn push_table(&mut self, table: &[u8]) {
        for entry in table.chunks_exact(24) {
            let (offset, length) = entry.split_at(12);
            // An unused entry is empty.
            if entry.first() == Some(&0) {
                break;
            }
            if let (Ok(offset), Ok(length)) = (size(offset), size(length)) {
                self.0.push((offset, length));
            }
        }
    }

    /// Adds the parts in an extension block; whether another one follows.
    pub(super) fn extend(&mut self, block: &[u8; 512]) -> Result<bool> {
        self.push_table(block.get(..504).unwrap_or_default());
        self.check()?;
        Ok(block.get(504).is_some_and(|flag| *flag != 0))
    }

    fn check(&self) -> Result<()> {
        if self.0.len() > PARTS { Err(too_many()) } else { Ok(()) }
    }
}

/// A map in decimal lines (pax 1.0) as it is read, each byte once: how many parts, then an offset and a length of each.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// How many parts there are, once that is known.
    count: Option<u64>,
    /// The line that is being read.
    number: Option<u64>,
    offset: Option<u64>,
    parts: Vec<(u64, u64)>,
}

impl Lines {
    /// Takes in the next bytes, and gives the map when that was all of it.
    pub(super) fn push(&mut self, text: &[u8]) -> Result<Option<Sparse>> {
        let wrong = || Error::new("the map of a sparse file is malformed");
        for byte in text {
            if byte.is_ascii_digit() {
                let digit = u64::from(byte - b'0');
                let tens = self.number.unwrap_or(0).checked_mul(10).ok_or_else(wrong)?;
                self.number = Some(tens.checked_add(digit).ok_or_else(wrong)?);
                continue;
            }
            let number = self.number.take().filter(|_| *byte == b'\n').ok_or_else(wrong)?;
            match (self.count, self.offset.take()) {
                (None, _) if number > PARTS as u64 => return Err(too_many()),
                (None, _) => self.count = Some(number),
                (_, None) => self.offset = Some(number),
                (_, Some(offset)) => self.parts.push((offset, number)),
            }
            if self.count == Some(self.parts.len() as u64) {
                return Ok(Some(Sparse(std::mem::take(&mut self.parts))));
            }
        }
        Ok(None)
    }
}

fn too_many() -> Error {
    Error::new(format!("a sparse file of more than {PARTS} parts"))
}

/// What extended headers say.
#[derive(Debug, Default)]
pub(super) struct Pax {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    uid: Option<i64>,
    gid: Option<i64>,
    user: Option<Vec<u8>>,
    group: Option<Vec<u8>>,
    mtime: Option<i64>,
    sparse_name: Option<Vec<u8>>,
    real_size: Option<u64>,
    major: Option<u64>,
    /// Offsets and lengths in turn.
    map: Vec<u64>,
}

impl Pax {
    /// Takes in records: `LENGTH KEY=VALUE\n`.
    pub(super) fn parse(&mut self, text: &[u8]) -> Result<()> {
        let wrong = || Error::new("malformed extended header");
        let mut rest = text;
        while !rest.is_empty() && rest.first() != Some(&0) {
            let space = rest.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
            let length = rest.get(..space).and_then(decimal).ok_or_else(wrong)?;
            let length = usize::try_from(length).ok().filter(|n| *n > space).ok_or_else(wrong)?;
            let record = rest.get(space + 1..length).ok_or_else(wrong)?;
            rest = rest.get(length..).unwrap_or_default();
            let record = record.strip_suffix(b"\n").ok_or_else(wrong)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
            let (key, value) = record.split_at(equals);
            self.record(key, value.get(1..).unwrap_or_default())?;
        }
        Ok(())
    }

    fn record(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let bytes = || Some(value.to_vec());
        let number = || decimal(value);
        let signed = || {
            let text = value.split(|byte| *byte == b'.').next().unwrap_or_default();
            std::str::from_utf8(text).ok()?.parse().ok()
        };
        match key {
            b"path" => self.path = bytes(),
            b"linkpath" => self.link = bytes(),
            b"uname" => self.user = bytes(),
            b"gname" => self.group = bytes(),
            b"uid" => self.uid = signed(),
            b"gid" => self.gid = signed(),
            b"mtime" => self.mtime = signed(),
            b"size" => {
                let wrong = || Error::new("the size in an extended header is none");
                self.size = Some(number().ok_or_else(wrong)?);
            }
            b"GNU.sparse.name" => self.sparse_name = bytes(),
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.real_size = number(),
            b"GNU.sparse.major" => self.major = number(),
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => self.map.extend(number()),
            b"GNU.sparse.map" => {
                self.map = value.split(|byte| *byte == b',').filter_map(decimal).collect();
            }
            _ => {}
        }
        if self.map.len() > PARTS * 2 { Err(too_many()) } else { Ok(()) }
    }

    /// Puts what is said here in the place of what the header says.
    pub(super) fn apply(&self, member: &mut Member) {
        let set = |to: &mut Vec<u8>, from: &Option<Vec<u8>>| {
            if let Some(from) = from {
                to.clone_from(from);
            }
        };
        set(&mut member.name, &self.path);
        set(&mut member.name, &self.sparse_name);
        set(&mut member.link, &self.link);
        set(&mut member.user, &self.user);
        set(&mut member.group, &self.group);
        member.uid = self.uid.unwrap_or(member.uid);
        member.gid = self.gid.unwrap_or(member.gid);
        member.mtime = self.mtime.unwrap_or(member.mtime);
        member.size = self.real_size.or(self.size).unwrap_or(member.size);
    }

    /// Whether the map of a sparse file stands in front of its data (pax 1.0).
    pub(super) fn is_sparse_in_data(&self) -> bool {
        self.major == Some(1)
    }

    /// The map of a sparse file (pax 0.0 and 0.1).
    pub(super) fn sparse(&self) -> Result<Option<Sparse>> {
        let parts =
            self.map.chunks_exact(2).filter_map(|part| Some((*part.first()?, *part.get(1)?)));
        Ok((self.real_size.is_some() && !self.map.is_empty()).then(|| Sparse(parts.collect())))
    }
}

fn decimal(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() as u64 <= LIMIT)?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A size, which is not negative.
fn size(field: &[u8]) -> Result<u64> {
    let number = number(field).ok_or_else(|| Error::new("a size that is no number"))?;
    u64::try_from(number).map_err(|_| Error::new(format!("a negative size ({number})")))
}

/// Octal digits, or a binary number marked by its first bit (GNU, base-256).
fn number(field: &[u8]) -> Option<i64> {
    let first = *field.first()?;
    if first & 0x80 == 0 {
        return octal(field);
    }
    let is_negative = first & 0x40 != 0;
    let start = if is_negative { -1i64 } else { 0 };
    let mut value = start;
    for (i, byte) in field.iter().enumerate() {
        let byte = if i == 0 && !is_negative { byte & 0x7f } else { *byte };
        // What falls out on the left must be the sign alone.
        if value >> 55 != start >> 55 {
            return None;
        }
        value = value << 8 | i64::from(byte);
    }
    Some(value)
}

fn octal(field: &[u8]) -> Option<i64> {
    let field = field.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
    let text = std::str::from_utf8(field).ok()?;
    if text.is_empty() {
        return Some(0);
    }
    i64::from_str_radix(text, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_in_lines_is_read_once_however_it_is_cut() {
        let text = b"2\n0\n512\n1024\n0000007\nthe data";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let mut pieces = text.chunks(size);
            let map = pieces.find_map(|piece| lines.push(piece).expect("a map"));
            assert_eq!(map.map(|map| map.0), Some(vec![(0, 512), (1024, 7)]));
        }
        for wrong in ["x\n", "\n", "1\n\n", "1\n-1\n", "1 \n", "99999999999999999999\n"] {
            assert!(Lines::default().push(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        // What is kept of a line is a number: nothing could be looked at again.
        let mut lines = Lines::default();
        for _ in 0..2048 {
            assert!(lines.push(&[b'0'; 512]).expect("no end yet").is_none());
        }
        assert_eq!((lines.number, lines.parts.capacity()), (Some(0), 0));
    }

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   12 \0 "), Some(0o12));
        assert_eq!(number(b"\0\0\0\0"), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\0"), Some(256));
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Some(-1));
        assert_eq!(number(b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!(number(b"12x4"), None);
    }
}
