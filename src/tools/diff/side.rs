//! A file that is compared.

use super::options::{Ignored, Space};
use crate::error::{Error, Result};
use crate::output::{Io, quote};
use crate::tools::input::{CHUNK, Input};
use crate::view::View;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The largest file that is compared line by line.
const LARGEST: usize = 64 << 20;

/// A whole file.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    /// Seconds and nanoseconds of its last change.
    pub(super) modified: (i64, i64),
}

impl Side {
    /// A file that is not there.
    pub(super) fn absent(path: &Path) -> Side {
        Side { path: path.to_owned(), bytes: Vec::new(), modified: (0, 0) }
    }

    /// Reads `path`; `None` when it can't be opened or read, which was complained about.
    pub(super) fn read(view: &View, path: &Path, io: &mut Io) -> Result<Option<Side>> {
        let Some(mut input) = Input::open(view, path, io) else { return Ok(None) };
        let stat = nix::sys::stat::fstat(&input.file)?;
        let mut bytes = Vec::new();
        loop {
            let filled = bytes.len();
            if filled > LARGEST {
                let limit = LARGEST >> 20;
                return Err(Error::new(format!("{}: is larger than {limit} MiB", quote(path)))
                    .hint("sha256sum tells whether large files are the same"));
            }
            bytes.resize(filled + CHUNK, 0);
            match input.try_read(&mut bytes[filled..]) {
                Ok(n) => bytes.truncate(filled + n),
                Err(error) => {
                    input.complain(error, io);
                    return Ok(None);
                }
            }
            if bytes.len() == filled {
                let modified = (stat.st_mtime, stat.st_mtime_nsec);
                return Ok(Some(Side { path: path.to_owned(), bytes, modified }));
            }
        }
    }

    pub(super) fn is_binary(&self) -> bool {
        memchr::memchr(0, &self.bytes[..self.bytes.len().min(32 << 10)]).is_some()
    }
}

impl Ignored {
    /// What of `line` makes a difference.
    pub(super) fn rest<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let mut line = Cow::Borrowed(line);
        if self.case && line.iter().any(u8::is_ascii_uppercase) {
            line = Cow::Owned(line.to_ascii_lowercase());
        }
        match self.space {
            Space::Counts => line,
            Space::All => Cow::Owned(line.iter().copied().filter(|b| !is_space(b)).collect()),
            Space::Trailing | Space::Amount => {
                let end = line.iter().rposition(|byte| !is_space(byte)).map_or(0, |at| at + 1);
                let line = &line[..end];
                if self.space == Space::Trailing {
                    return Cow::Owned(line.to_vec());
                }
                let mut out: Vec<u8> = Vec::with_capacity(line.len());
                for (at, byte) in line.iter().enumerate() {
                    match is_space(byte) {
                        false => out.push(*byte),
                        true if at > 0 && is_space(&line[at - 1]) => {}
                        true => out.push(b' '),
                    }
                }
                Cow::Owned(out)
            }
        }
    }

    /// Whether `line` makes no difference, since it is blank.
    pub(super) fn is_blank(&self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let may_have_space = self.space >= Space::Trailing;
        self.blank_lines && (line.is_empty() || may_have_space && line.iter().all(is_space))
    }
}

/// White space as isspace(3) has it.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
