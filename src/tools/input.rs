//! Files and stdin as tools like `cat` read them: one after another, going on when one fails.

use crate::error::{Error, ResultExt};
use crate::output::{Io, quote};
use crate::view::View;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How much is read at once.
pub(super) const CHUNK: usize = 128 << 10;

/// An open operand.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) file: File,
    path: PathBuf,
}

impl Input {
    /// A file that is open already.
    pub(super) fn new(file: File, path: &Path) -> Input {
        Input { file, path: path.to_owned() }
    }

    /// Opens `path`, `-` being stdin. Complains and gives `None` when that fails.
    pub(super) fn open(view: &View, path: &Path, io: &mut Io) -> Option<Input> {
        let file = match is_stdin(path) {
            true => io.stdin.try_clone().map_err(Error::from).context(|| "stdin"),
            false => view.root().and_then(|root| root.open(path)),
        };
        match file {
            Ok(file) => Some(Input::new(file, path)),
            Err(error) => {
                io.complain(&error);
                None
            }
        }
    }

    /// Reads some bytes; 0 at the end. An error is complained about and is an end, too.
    pub(super) fn read(&mut self, buffer: &mut [u8], io: &mut Io) -> usize {
        self.try_read(buffer).unwrap_or_else(|error| {
            self.complain(error, io);
            0
        })
    }

    /// Reads some bytes; 0 at the end.
    pub(super) fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Reports that reading failed.
    pub(super) fn complain(&self, error: impl Into<Error>, io: &mut Io) {
        let name = if is_stdin(&self.path) { "stdin".into() } else { quote(&self.path) };
        io.complain(&error.into().context(name));
    }

    /// How many bytes there are, if the file is a regular one that knows. Those of procfs say 0 and are not empty.
    pub(super) fn size(&self) -> Option<u64> {
        let meta = self.file.metadata().ok()?;
        (meta.is_file() && meta.len() > 0).then_some(meta.len())
    }
}

/// Whether the operand stands for stdin.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The operand as `head` and `tail` call it above its content.
pub(super) fn heading(path: &Path) -> &[u8] {
    if is_stdin(path) { b"standard input" } else { path.as_os_str().as_bytes() }
}
