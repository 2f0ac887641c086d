//! `grep`: lines that match a pattern.

mod bounds;
mod matcher;
mod options;
mod print;
mod search;
mod tree;

use super::{Tool, answered};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, quote};
use crate::view::{Needs, View};
use clap::ArgMatches;
use matcher::Matcher;
use nix::errno::Errno;
use nix::sys::stat::fstat;
use options::{List, Options};
use search::Search;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use tree::Links;

pub(super) const TOOL: Tool = Tool {
    name: "grep",
    aliases: &[],
    summary: "Print lines that match a pattern",
    examples: &[
        ("grep -rn timeout /etc/app", "Where a setting is made"),
        ("grep -c ERROR /var/log/app.log", "How many errors a log has"),
        (
            "tail -n 1000 /var/log/app.log | grep -i -A 5 exception",
            "The latest exceptions, each with five lines after it",
        ),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<search::Line>>()),
    command: options::command,
    rewrite: Some(options::rewrite),
    run,
};

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let result = select(view, matches, io);
    answered(result, io)
}

fn select(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let options = Options::new(matches, io);
    let (patterns, files) = options::operands(view, matches, io)?;
    let matcher = Matcher::new(&patterns, options.reading, options.print.shows_parts());
    let search = Search::new(&options, matcher?);
    if matches.get_flag("line-buffered") {
        io.stdout.line_buffered();
    }
    // GNU reads nothing for these either.
    if options.most == Some(0) && options.list != Some(List::Without) {
        return Ok(Exit::FAILURE);
    }
    let output = output_file(&options, io);
    let mut run = Run { view, options: &options, search, output, selected: false, failed: false };
    for file in files {
        run.operand(&file, io)?;
        if run.is_over() {
            return Ok(Exit::OK);
        }
    }
    let (failed, selected) = (run.failed, run.selected);
    run.search.end(io)?;
    Ok(match (failed, selected) {
        (true, _) => Exit::USAGE,
        (false, true) => Exit::OK,
        (false, false) => Exit::FAILURE,
    })
}

/// The whole of a search: what has come of it so far.
struct Run<'a> {
    view: &'a View,
    options: &'a Options,
    search: Search<'a>,
    /// The file that is written, by device and inode.
    output: Option<(u64, u64)>,
    selected: bool,
    failed: bool,
}

impl Run<'_> {
    /// Whether nothing more can change the outcome.
    fn is_over(&self) -> bool {
        self.options.quiet && self.selected
    }

    fn operand(&mut self, path: &Path, io: &mut Io) -> Result<()> {
        if path.as_os_str() == "-" {
            let stdin = io.stdin.try_clone()?;
            return self.file(stdin, b"(standard input)", self.options.with_name(false), io);
        }
        let name = path.as_os_str().as_bytes();
        if self.options.recursive != Links::NoTrees {
            match self.view.root()?.open_dir(path) {
                Ok(dir) => return self.tree(path, dir, io),
                Err(error) if error.errno() == Some(Errno::ENOTDIR) => {}
                Err(error) => {
                    self.complain(&error, io);
                    return Ok(());
                }
            }
        }
        if !self.options.names.takes_operand(name) {
            return Ok(());
        }
        match self.view.root()?.open(path) {
            Ok(file) => self.file(file, name, self.options.with_name(false), io),
            Err(error) => {
                self.complain(&error, io);
                Ok(())
            }
        }
    }

    /// Searches one open file, called `name`.
    fn file(&mut self, file: File, name: &[u8], with_name: bool, io: &mut Io) -> Result<()> {
        let is_output = self.output.is_some()
            && fstat(&file).is_ok_and(|stat| self.output == Some((stat.st_dev, stat.st_ino)));
        let read = match is_output {
            true => Err(Error::new("input file is also the output")),
            false => self.search.file(file, name, with_name, io)?,
        };
        match read {
            Ok(selected) => self.selected |= selected,
            Err(error) => self.complain(&error.context(quote(OsStr::from_bytes(name))), io),
        }
        Ok(())
    }

    fn complain(&mut self, error: &Error, io: &mut Io) {
        self.failed = true;
        if !self.options.silent {
            io.complain(error);
        }
    }
}

/// The regular file that is written, if it is one and more than a line may be: reading it might never end.
fn output_file(options: &Options, io: &Io) -> Option<(u64, u64)> {
    let stat = fstat(&io.stdout).ok().filter(|_| options.prints_lines())?;
    (stat.st_mode & libc::S_IFMT == libc::S_IFREG).then_some((stat.st_dev, stat.st_ino))
}
