//! Where `sed` reads its lines, one ahead, and where what it prints goes.

use crate::error::{Error, Result, ResultExt};
use crate::output::{Io, quote};
use crate::tools::input::Input;
use crate::tools::records::{Records, trimmed};
use crate::view::View;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The most that is held of a file that shall be written anew.
const LIMIT: usize = 256 << 20;

/// A line, and whether it had a newline.
type Line = (Vec<u8>, bool);

/// Lines of several files.
pub(super) struct Source<'a> {
    view: &'a View,
    paths: std::vec::IntoIter<PathBuf>,
    /// What lines end with.
    delimiter: u8,
    records: Option<Records>,
    ahead: Option<Line>,
    /// What is printed, where it shall go back into the file.
    kept: Option<Vec<u8>>,
}

impl<'a> Source<'a> {
    /// The lines of `paths`; what is printed goes to stdout, unless it is kept.
    pub(super) fn new(
        view: &'a View,
        paths: Vec<PathBuf>,
        delimiter: u8,
        keeps: bool,
    ) -> Source<'a> {
        let kept = keeps.then(Vec::new);
        Source { view, paths: paths.into_iter(), delimiter, records: None, ahead: None, kept }
    }

    pub(super) fn next(&mut self, io: &mut Io) -> Result<Option<Line>> {
        self.look(io)?;
        Ok(self.ahead.take())
    }

    /// Whether no line follows.
    pub(super) fn is_last(&mut self, io: &mut Io) -> Result<bool> {
        self.look(io)?;
        Ok(self.ahead.is_none())
    }

    fn look(&mut self, io: &mut Io) -> Result<()> {
        while self.ahead.is_none() {
            let delimiter = self.delimiter;
            let Some(records) = &mut self.records else {
                let Some(path) = self.paths.next() else { return Ok(()) };
                let input = Input::open(self.view, &path, io);
                self.records = input.map(|input| Records::new(input, delimiter));
                continue;
            };
            match records.next(io)? {
                None => self.records = None,
                Some(record) => {
                    let line = trimmed(record, delimiter);
                    self.ahead = Some((line.to_vec(), line.len() < record.len()));
                }
            }
        }
        Ok(())
    }

    pub(super) fn print(&mut self, text: &[u8], io: &mut Io) -> Result<()> {
        match &mut self.kept {
            None => Ok(io.stdout.write_text(text)?),
            Some(kept) if kept.len() + text.len() > LIMIT => {
                Err(Error::new(format!("what was to be written is more than {} MiB", LIMIT >> 20)))
            }
            Some(kept) => {
                kept.extend_from_slice(text);
                Ok(())
            }
        }
    }

    /// Writes what was kept, and the lines that were not read, to `path`.
    pub(super) fn write(mut self, path: &Path, io: &mut Io) -> Result<()> {
        while let Some((mut line, is_ended)) = self.next(io)? {
            line.extend(is_ended.then_some(self.delimiter));
            self.print(&line, io)?;
        }
        let mut file = self.view.root()?.create(path, false)?;
        file.write_all(&self.kept.unwrap_or_default()).context(|| quote(path))
    }
}
