//! The cache of ldconfig (`/etc/ld.so.cache`), format `glibc-ld.so.cache1.1` (`cachefile.h` of glibc).

use crate::tools::elf::number;
use crate::view::Root;
use std::path::Path;

/// The most that is read.
const LIMIT: u64 = 8 << 20;
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;
/// The longest name of a file, and the longest path.
const NAME: usize = 255;
const PATH: usize = 4096;

/// The cache as it is in the file. Its strings stay where they are: many entries may share one.
#[derive(Default)]
pub(super) struct Cache {
    table: Vec<u8>,
    /// Where the name and the path of each library begin: by name, those of one name in the order of the file.
    entries: Vec<(u32, u32)>,
}

impl Cache {
    /// The cache of `root`, without what is for newer processors; empty when there is none. Without a cache glibc asks
    /// /etc/ld.so.conf no more than we do.
    pub(super) fn read(root: &Root) -> Cache {
        let mut table = root.read(Path::new("/etc/ld.so.cache"), LIMIT).unwrap_or_default();
        // An older table may stand in front.
        let Some(start) = memchr::memmem::find(&table, MAGIC) else { return Cache::default() };
        table.drain(..start);
        // Byte 28 says which order the numbers are in; 0 is not said, 3 is big-endian.
        let is_big = table.get(28) == Some(&3);
        let word = |at: usize| Some(number(table.get(at..at.checked_add(4)?)?, is_big)? as u32);
        let count = word(20).unwrap_or(0).min((table.len() / ENTRY) as u32) as usize;
        let entry = |i: usize| {
            let at = HEADER + i * ENTRY;
            let hardware = number(table.get(at + 16..at + 24)?, is_big)?;
            let (name, path) = (word(at + 4)?, word(at + 8)?);
            let is_whole = string(&table, name, NAME).is_some();
            (hardware == 0 && is_whole).then_some((name, path))
        };
        let mut entries: Vec<(u32, u32)> = (0..count).filter_map(entry).collect();
        // Stable: of one name, the first in the file is the first to be tried.
        entries.sort_by_key(|(name, _)| string(&table, *name, NAME));
        Cache { table, entries }
    }

    /// The paths that are known for `name`.
    pub(super) fn paths<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let at = |(known, _): &(u32, u32)| string(&self.table, *known, NAME);
        let first = self.entries.partition_point(|entry| at(entry) < Some(name));
        let entries = self.entries.get(first..).unwrap_or_default().iter();
        let same = entries.take_while(move |entry| at(entry) == Some(name));
        same.filter_map(|(_, path)| string(&self.table, *path, PATH))
    }
}

/// The text at `at`, which ends in NUL and is no longer than `most`.
fn string(table: &[u8], at: u32, most: usize) -> Option<&[u8]> {
    let text = table.get(at as usize..)?;
    let text = text.get(..text.len().min(most + 1))?;
    text.get(..memchr::memchr(0, text)?)
}
