//! `-exec`: runs a tool of dbg on what was found, in this process.

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::tools::{Tool, nested};
use crate::view::View;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// One `-exec`.
#[derive(Debug)]
pub(super) struct Exec {
    /// Its place among those of the expression.
    pub(super) number: usize,
    /// Whether it ends in `+`: one run for many files.
    pub(super) is_batch: bool,
    tool: &'static Tool,
    args: Vec<OsString>,
}

/// The paths gathered for one `-exec … {} +`.
#[derive(Debug, Default)]
pub(super) struct Batch {
    paths: Vec<OsString>,
    bytes: usize,
}

impl Exec {
    /// Parses what stands behind the word `-exec`, up to `;` or `{} +`.
    pub(super) fn parse(number: usize, words: &mut impl Iterator<Item = OsString>) -> Result<Exec> {
        let name = words.next().unwrap_or_default();
        let mut args: Vec<OsString> = Vec::new();
        let is_batch = loop {
            match words.next() {
                None => return Err(Error::usage("-exec has no ; or {} + at its end")),
                Some(word) if word == ";" => break false,
                Some(word) if word == "+" && args.last().is_some_and(|last| last == "{}") => {
                    args.pop();
                    break true;
                }
                Some(word) => args.push(word),
            }
        };
        let tool = nested::find(&name).map_err(|e| e.context("-exec").exit(Exit::USAGE))?;
        Ok(Exec { number, is_batch, tool, args })
    }

    /// The tool's name.
    pub(super) fn name(&self) -> &'static str {
        self.tool.name
    }

    /// Runs the tool with `path` wherever `{}` stands.
    pub(super) fn run(&self, path: &[u8], view: &View, io: &mut Io) -> Result<Exit> {
        let args = self.args.iter().map(|arg| nested::replace(arg, b"{}", path)).collect();
        self.invoke(args, view, io)
    }

    /// Adds `path` to `batch` and runs the tool when that is full.
    pub(super) fn gather(
        &self,
        path: &[u8],
        batch: &mut Batch,
        view: &View,
        io: &mut Io,
    ) -> Result<Exit> {
        batch.bytes += path.len() + 1;
        batch.paths.push(OsString::from_vec(path.to_vec()));
        if batch.bytes < nested::BATCH { Ok(Exit::OK) } else { self.run_batch(batch, view, io) }
    }

    /// Runs the tool on what `batch` holds, if anything.
    pub(super) fn run_batch(&self, batch: &mut Batch, view: &View, io: &mut Io) -> Result<Exit> {
        let batch = std::mem::take(batch);
        if batch.paths.is_empty() {
            return Ok(Exit::OK);
        }
        let args = self.args.iter().cloned().chain(batch.paths).collect();
        self.invoke(args, view, io)
    }

    fn invoke(&self, args: Vec<OsString>, view: &View, io: &mut Io) -> Result<Exit> {
        let stdin = io.stdin.try_clone()?.into();
        nested::invoke(self.tool, args, stdin, view, io)
    }
}
