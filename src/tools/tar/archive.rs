//! The members of a tar archive: ustar and pax (POSIX.1-2017, `pax`), and the GNU formats (tar's manual, "Tar
//! Internals").
//!
//! Own code and no crate: `tar` holds names and extended headers of any length in memory and leaves sparse files of
//! pax to its caller.

use super::header::{Header, Lines, Pax, Sparse};
use crate::error::{Error, Result};
use crate::tools::gzip;
use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};

/// Names, extended headers and maps of sparse files are at most so long.
pub(super) const LIMIT: u64 = 1 << 20;

/// How many headers may describe one member.
const DESCRIBING: u32 = 64;

const BLOCK: u64 = 512;

/// One member, with what all its headers say.
#[derive(Debug, Default)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    /// The type flag; a directory of old archives has become one.
    pub(super) kind: u8,
    pub(super) mode: u32,
    pub(super) uid: i64,
    pub(super) gid: i64,
    pub(super) user: Vec<u8>,
    pub(super) group: Vec<u8>,
    pub(super) mtime: i64,
    pub(super) device: (u64, u64),
    /// Bytes, holes included.
    pub(super) size: u64,
    /// Where the data of a sparse file belong; `None` for others.
    pub(super) sparse: Option<Sparse>,
}

/// An archive that is read from its start to its end.
pub(super) struct Archive {
    source: Source,
    /// Bytes of the current member that are still to be read, and the padding behind them.
    left: u64,
    padding: u64,
    defaults: Pax,
    has_begun: bool,
}

enum Source {
    /// A regular file: what is not wanted is not read.
    File(BufReader<File>, u64),
    Stream(Box<dyn Read>),
}

impl Archive {
    /// Begins with `file`, unpacking it when it is gzip's.
    pub(super) fn open(mut file: File, is_packed: bool) -> Result<Archive> {
        let length = file.metadata().map_or(0, |meta| if meta.is_file() { meta.len() } else { 0 });
        let mut head = vec![0; 6];
        let n = read_full(&mut file, &mut head)?;
        head.truncate(n);
        let source = if head.starts_with(&gzip::MAGIC) {
            Source::Stream(Box::new(gzip::Members::new(Cursor::new(head).chain(file))))
        } else if is_packed && n > 0 {
            return Err(Error::new("not in gzip format"));
        } else if let Some(name) = foreign(&head) {
            let error = Error::new(format!("is compressed with {name}, which dbg does not unpack"));
            return Err(error.hint(format!("`dbg cat` it to {name} of this machine")));
        } else if length > 0 && io::Seek::rewind(&mut file).is_ok() {
            Source::File(BufReader::with_capacity(16 << 10, file), length)
        } else {
            let stream = Cursor::new(head).chain(file);
            Source::Stream(Box::new(BufReader::with_capacity(64 << 10, stream)))
        };
        Ok(Archive { source, left: 0, padding: 0, defaults: Pax::default(), has_begun: false })
    }

    /// The next member; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Member>> {
        let (mut pax, mut name, mut link) = (Pax::default(), None, None);
        for _ in 0..DESCRIBING {
            self.skip()?;
            let Some(header) = self.header()? else { return Ok(None) };
            self.content(header.size()?);
            match header.kind() {
                b'x' => pax.parse(&self.small("extended header")?)?,
                b'g' => {
                    let text = self.small("global extended header")?;
                    self.defaults.parse(&text)?;
                }
                b'L' => name = Some(self.string("long name")?),
                b'K' => link = Some(self.string("long link")?),
                _ => {
                    let mut member = header.member()?;
                    member.name = name.unwrap_or(member.name);
                    member.link = link.unwrap_or(member.link);
                    let defaults = std::mem::take(&mut self.defaults);
                    defaults.apply(&mut member);
                    self.defaults = defaults;
                    pax.apply(&mut member);
                    self.begin(&header, &pax, &mut member)?;
                    return Ok(Some(member));
                }
            }
        }
        Err(Error::new(format!("more than {DESCRIBING} headers describe one member")))
    }

    /// Finds out how long the data of `member` are, and where those of a sparse file belong.
    fn begin(&mut self, header: &Header, pax: &Pax, member: &mut Member) -> Result<()> {
        // Links have no data, whatever their size says, unless a pax header counts.
        if matches!(member.kind, b'1' | b'2') && pax.size.is_none() {
            self.content(0);
            return Ok(());
        }
        if let Some(size) = pax.size.or(self.defaults.size) {
            self.content(size);
        }
        if member.kind == b'S' {
            let mut sparse = header.sparse();
            let mut more = header.is_extended();
            while more {
                let Some(block) = self.block()? else { return Err(cut()) };
                more = sparse.extend(&block)?;
            }
            member.size = header.real_size()?;
            member.sparse = Some(sparse);
        } else if pax.is_sparse_in_data() {
            let (mut lines, mut read) = (Lines::default(), 0);
            member.sparse = loop {
                if read >= LIMIT || self.left < BLOCK {
                    return Err(Error::new("the map of a sparse file has no end"));
                }
                let mut block = [0; BLOCK as usize];
                self.read_exact(&mut block)?;
                read += BLOCK;
                if let Some(sparse) = lines.push(&block)? {
                    break Some(sparse);
                }
            };
        } else if let Some(sparse) = pax.sparse()? {
            member.sparse = Some(sparse);
        }
        Ok(())
    }

    fn content(&mut self, size: u64) {
        self.left = size;
        self.padding = (BLOCK - size % BLOCK) % BLOCK;
    }

    /// A header; `None` at the end, which two blocks of zeros are, or the end of the file.
    fn header(&mut self) -> Result<Option<Header>> {
        let Some(block) = self.block()? else {
            return match self.has_begun {
                true => Ok(None),
                false => Err(Error::new("does not look like a tar archive")),
            };
        };
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if !super::header::is_header(&block) {
            return Err(Error::new(match self.has_begun {
                true => "what should be a member's header is none",
                false => "does not look like a tar archive",
            }));
        }
        self.has_begun = true;
        Ok(Some(Header(block)))
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK as usize]>> {
        let mut block = [0; BLOCK as usize];
        match read_full(&mut self.source, &mut block)? {
            0 => Ok(None),
            n if n == block.len() => Ok(Some(block)),
            _ => Err(cut()),
        }
    }

    /// All data of a member that must be small.
    fn small(&mut self, what: &str) -> Result<Vec<u8>> {
        if self.left > LIMIT {
            return Err(Error::new(format!("{what} of more than {LIMIT} bytes")));
        }
        let mut bytes = vec![0; self.left as usize];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn string(&mut self, what: &str) -> Result<Vec<u8>> {
        let mut bytes = self.small(what)?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        bytes.truncate(end);
        Ok(bytes)
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<()> {
        match self.read(buffer)? {
            n if n == buffer.len() => Ok(()),
            _ => Err(cut()),
        }
    }

    /// Some of the current member's data, as much as fits; 0 at their end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let n = read_full(&mut self.source, buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= n as u64;
        if n < most { Err(cut()) } else { Ok(n) }
    }

    /// Leaves out what is left of the current member.
    fn skip(&mut self) -> Result<()> {
        let total = self.left.checked_add(self.padding).ok_or_else(cut)?;
        (self.left, self.padding) = (0, 0);
        match &mut self.source {
            Source::File(file, length) => {
                let at = io::Seek::stream_position(file)?;
                let data = total.min(length.saturating_sub(at));
                if data + BLOCK <= total {
                    return Err(cut());
                }
                file.seek_relative(i64::try_from(data).map_err(|_| cut())?)?;
            }
            Source::Stream(stream) => {
                let done = io::copy(&mut stream.take(total), &mut io::sink()).map_err(damaged)?;
                // The padding behind the last member may be missing.
                if done + BLOCK <= total {
                    return Err(cut());
                }
            }
        }
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File(file, _) => file.read(buffer),
            Source::Stream(stream) => stream.read(buffer),
        }
    }
}

/// Fills `buffer` as far as there is something.
fn read_full(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(damaged(error)),
        }
    }
    Ok(done)
}

fn damaged(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => cut(),
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            Error::new(format!("invalid compressed data: {error}"))
        }
        _ => error.into(),
    }
}

fn cut() -> Error {
    Error::new("unexpected end of the archive")
}

/// The program whose files begin with `head`.
fn foreign(head: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 4] = [
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x04\x22\x4d\x18", "lz4"),
    ];
    known.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name)
}
