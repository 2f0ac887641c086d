//! ELF files (elf(5)), read by small pieces at the places they name: nothing in one can make this read or hold much.
//!
//! Own code and no crate: `object` and `elf` are compiled once for each class and byte order, and trust the counts of
//! a header with memory.

use crate::output::Text;
use std::fs::File;
use std::os::unix::fs::FileExt;

pub(super) const PT_LOAD: u32 = 1;
pub(super) const PT_DYNAMIC: u32 = 2;
pub(super) const PT_INTERP: u32 = 3;
pub(super) const PT_NOTE: u32 = 4;
pub(super) const SHT_SYMTAB: u32 = 2;
pub(super) const SHT_NOTE: u32 = 7;

pub(super) const ET_REL: u16 = 1;
pub(super) const ET_EXEC: u16 = 2;
pub(super) const ET_DYN: u16 = 3;
pub(super) const ET_CORE: u16 = 4;

/// The most of each that is looked at. Linux itself runs no program with more than 64 KiB of program headers.
const SEGMENTS: usize = 1170;
const SECTIONS: usize = 20_000;
const DYNAMIC: u64 = 64 << 10;
const NOTES: u64 = 64 << 10;
/// The most bytes of names of libraries that are kept of one file.
const NEEDED: usize = 32 << 10;
/// The longest path or name of a library.
const STRING: usize = 4096;

/// The header of an ELF file.
#[derive(Debug)]
pub(super) struct Elf<'a> {
    file: &'a File,
    pub(super) is_64: bool,
    pub(super) is_big: bool,
    pub(super) version: u8,
    pub(super) os_abi: u8,
    pub(super) kind: u16,
    pub(super) machine: u16,
    pub(super) flags: u32,
    segments_at: u64,
    segment_size: u64,
    segment_count: u64,
    sections_at: u64,
    section_size: u64,
    section_count: u64,
    names_index: u64,
}

/// A program header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) kind: u32,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) size: u64,
    pub(super) align: u64,
}

/// A section header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    name: u64,
    pub(super) kind: u32,
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) align: u64,
}

/// What the dynamic section says.
#[derive(Clone, Debug, Default)]
pub(super) struct Dynamic {
    pub(super) needed: Vec<Vec<u8>>,
    /// Whether there are more libraries than are kept.
    pub(super) is_cut: bool,
    pub(super) rpath: Option<Vec<u8>>,
    pub(super) runpath: Option<Vec<u8>>,
    pub(super) soname: Option<Vec<u8>>,
    /// DT_FLAGS_1 has DF_1_PIE.
    pub(super) is_pie: bool,
}

/// One note.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) name: Vec<u8>,
    pub(super) kind: u32,
    pub(super) content: Vec<u8>,
}

impl<'a> Elf<'a> {
    /// The header of `file`; `None` when it is no ELF file, or one cut off within its header.
    pub(super) fn read(file: &'a File) -> Option<Elf<'a>> {
        let mut head = [0; 64];
        let n = read_at(file, &mut head, 0);
        let head = head.get(..n)?;
        if head.get(..4)? != b"\x7fELF" {
            return None;
        }
        let is_64 = match head.get(4)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let is_big = match head.get(5)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let number = |at32: usize, at64: usize, size32: usize, size64: usize| {
            let (at, size) = if is_64 { (at64, size64) } else { (at32, size32) };
            number(head.get(at..at + size)?, is_big)
        };
        Some(Elf {
            file,
            is_64,
            is_big,
            version: u8::try_from(number(20, 20, 4, 4)?).unwrap_or(0),
            os_abi: *head.get(7)?,
            kind: number(16, 16, 2, 2)? as u16,
            machine: number(18, 18, 2, 2)? as u16,
            flags: number(36, 48, 4, 4)? as u32,
            segments_at: number(28, 32, 4, 8)?,
            segment_size: number(42, 54, 2, 2)?,
            segment_count: number(44, 56, 2, 2)?,
            sections_at: number(32, 40, 4, 8)?,
            section_size: number(46, 58, 2, 2)?,
            section_count: number(48, 60, 2, 2)?,
            names_index: number(50, 62, 2, 2)?,
        })
    }

    /// The program headers.
    pub(super) fn segments(&self) -> Vec<Segment> {
        let count = (self.segment_count as usize).min(SEGMENTS);
        let size = if self.is_64 { 56 } else { 32 };
        self.entries(self.segments_at, (self.segment_size, size), count, |entry| {
            let field = |at32, at64| self.field(entry, at32, at64);
            Some(Segment {
                kind: self.short(entry, 0)?,
                offset: field(4, 8)?,
                address: field(8, 16)?,
                size: field(16, 32)?,
                align: field(28, 48)?,
            })
        })
    }

    /// The section headers.
    pub(super) fn sections(&self) -> Vec<Section> {
        let count = (self.section_count as usize).min(SECTIONS);
        let size = if self.is_64 { 64 } else { 40 };
        self.entries(self.sections_at, (self.section_size, size), count, |entry| {
            let field = |at32, at64| self.field(entry, at32, at64);
            Some(Section {
                name: self.short(entry, 0)?.into(),
                kind: self.short(entry, 4)?,
                offset: field(16, 24)?,
                size: field(20, 32)?,
                align: field(32, 48)?,
            })
        })
    }

    /// Whether the header promises sections.
    pub(super) fn has_sections(&self) -> bool {
        self.section_count > 0
    }

    /// Whether one of `sections` is called `name`.
    pub(super) fn has_section(&self, sections: &[Section], name: &[u8]) -> bool {
        let Some(names) = sections.get(self.names_index as usize) else { return false };
        let mut found = vec![0; name.len() + 1];
        sections.iter().any(|section| {
            let at = names.offset.saturating_add(section.name);
            read_at(self.file, &mut found, at) == found.len()
                && found.strip_suffix(b"\0") == Some(name)
        })
    }

    /// The path of the loader (PT_INTERP).
    pub(super) fn interpreter(&self, segments: &[Segment]) -> Option<Text> {
        let segment = segments.iter().find(|segment| segment.kind == PT_INTERP)?;
        let mut path = vec![0; usize::try_from(segment.size).ok()?.min(STRING)];
        let n = read_at(self.file, &mut path, segment.offset);
        let end = path.iter().take(n).position(|b| *b == 0).unwrap_or(n);
        path.truncate(end);
        Some(Text(path))
    }

    /// The dynamic section; `None` when there is none.
    pub(super) fn dynamic(&self, segments: &[Segment]) -> Option<Dynamic> {
        let segment = segments.iter().find(|segment| segment.kind == PT_DYNAMIC)?;
        let mut bytes = vec![0; segment.size.min(DYNAMIC) as usize];
        let n = read_at(self.file, &mut bytes, segment.offset);
        bytes.truncate(n);
        let word = if self.is_64 { 8 } else { 4 };
        let pairs = || {
            let entries = bytes.chunks_exact(word * 2).filter_map(|entry| {
                let (tag, value) = entry.split_at_checked(word)?;
                Some((number(tag, self.is_big)?, number(value, self.is_big)?))
            });
            entries.take_while(|(tag, _)| *tag != 0)
        };
        // DT_STRTAB is an address; the segments say where in the file that is.
        let address = pairs().find(|(tag, _)| *tag == 5).map(|(_, value)| value);
        let strings = address.and_then(|address| {
            let load = segments.iter().find(|load| {
                load.kind == PT_LOAD
                    && address >= load.address
                    && address - load.address < load.size
            })?;
            load.offset.checked_add(address - load.address)
        });
        let string = |at: u64| self.string(strings?.checked_add(at)?);
        let mut dynamic = Dynamic::default();
        let (mut kept, mut soname, mut rpath, mut runpath) = (0, None, None, None);
        for (tag, value) in pairs() {
            match tag {
                1 if kept > NEEDED => dynamic.is_cut = true,
                1 => {
                    let name = string(value);
                    kept += name.as_ref().map_or(0, Vec::len);
                    dynamic.needed.extend(name);
                }
                14 => soname = Some(value),
                15 => rpath = Some(value),
                29 => runpath = Some(value),
                0x6fff_fffb => dynamic.is_pie = value & 0x0800_0000 != 0,
                _ => {}
            }
        }
        dynamic.soname = soname.and_then(string);
        dynamic.rpath = rpath.and_then(string);
        dynamic.runpath = runpath.and_then(string);
        Some(dynamic)
    }

    /// The notes between `offset` and `offset + size`.
    pub(super) fn notes(&self, offset: u64, size: u64, align: u64) -> Vec<Note> {
        let mut bytes = vec![0; size.min(NOTES) as usize];
        let n = read_at(self.file, &mut bytes, offset);
        bytes.truncate(n);
        let align = if align == 8 { 8 } else { 4 };
        let (mut notes, mut rest) = (Vec::new(), bytes.as_slice());
        while let Some((note, next)) = self.note(rest, align) {
            notes.push(note);
            rest = next;
        }
        notes
    }

    fn note<'b>(&self, bytes: &'b [u8], align: usize) -> Option<(Note, &'b [u8])> {
        let word = |at: usize| number(bytes.get(at..at + 4)?, self.is_big);
        let (name, content) = (word(0)? as usize, word(4)? as usize);
        let body = bytes.get(12..)?;
        let content_at = name.checked_next_multiple_of(4)?;
        // With alignment to 8, the content begins at a multiple of 8 from the note's start.
        let content_at = (content_at + 12).checked_next_multiple_of(align)? - 12;
        let end = content_at.checked_add(content)?;
        let note = Note {
            name: body.get(..name)?.to_vec(),
            kind: word(8)? as u32,
            content: body.get(content_at..end)?.to_vec(),
        };
        let next = (end + 12).checked_next_multiple_of(align)? - 12;
        Some((note, body.get(next..).unwrap_or_default()))
    }

    fn string(&self, at: u64) -> Option<Vec<u8>> {
        let mut bytes = [0; STRING];
        let n = read_at(self.file, &mut bytes, at);
        let text = bytes.get(..n)?;
        // As long as it is: what is kept of many must not be as long as the longest.
        Some(text.get(..memchr::memchr(0, text)?)?.to_vec())
    }

    /// `count` entries of a table, those within the file. Entries of another size than the structure's are none, as the
    /// kernel has it for program headers.
    fn entries<T>(
        &self,
        at: u64,
        (size, expected): (u64, usize),
        count: usize,
        entry: impl Fn(&[u8]) -> Option<T>,
    ) -> Vec<T> {
        let mut found = Vec::new();
        if size != expected as u64 {
            return found;
        }
        let mut buffer = [0; 64 * 64];
        let at_once = buffer.len() / expected;
        for start in (0..count).step_by(at_once) {
            let length = (count - start).min(at_once) * expected;
            let Some(piece) = buffer.get_mut(..length) else { break };
            let n = read_at(self.file, piece, at.saturating_add((start * expected) as u64));
            let whole = piece.get(..n).unwrap_or_default().chunks_exact(expected);
            found.extend(whole.filter_map(&entry));
            if n < length {
                break;
            }
        }
        found
    }

    fn short(&self, entry: &[u8], at: usize) -> Option<u32> {
        number(entry.get(at..at + 4)?, self.is_big).map(|n| n as u32)
    }

    fn field(&self, entry: &[u8], at32: usize, at64: usize) -> Option<u64> {
        let (at, size) = if self.is_64 { (at64, 8) } else { (at32, 4) };
        number(entry.get(at..at + size)?, self.is_big)
    }
}

/// `bytes` (at most 8) as a number.
pub(super) fn number(bytes: &[u8], is_big: bool) -> Option<u64> {
    let push = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
    match bytes.len() {
        0 | 9.. => None,
        _ if is_big => Some(bytes.iter().fold(0, push)),
        _ => Some(bytes.iter().rev().fold(0, push)),
    }
}

/// As many bytes as there are from `at` on.
pub(super) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> usize {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, at.saturating_add(done as u64)) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    done
}
