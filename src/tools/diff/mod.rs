//! `diff`: how two files differ, line by line.

mod myers;

use super::Tool;
use super::args::{command, files, flag, number, short_flag};
use super::input::{CHUNK, Input};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, quote, time};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use myers::{Change, changes};
use std::collections::HashMap;
use std::io::Write;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "diff",
    aliases: &[],
    summary: "Show how two files differ",
    examples: &[
        (
            "diff -u /etc/app/config.toml.default /etc/app/config.toml",
            "What was changed of the default configuration",
        ),
        ("diff -q /app/server /app/server.old", "Whether two binaries are the same to the byte"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

/// The largest file that is compared line by line.
const LARGEST: usize = 64 << 20;

/// Where something went wrong, which is not the same as that files differ.
const TROUBLE: Exit = Exit::USAGE;

fn options() -> Command {
    command("diff", TOOL.summary)
        .after_help(
            "FILE - is stdin. Files of up to 64 MiB are held in memory. Ends with 0 when they are the same, 1 when they \
             differ, 2 when they can't be compared. Parts that have some thousand changes are shown as one.",
        )
        .arg(flag("brief", 'q', "Only say that files differ"))
        .arg(flag("report-identical-files", 's', "Say also that files are the same"))
        .arg(short_flag('u', "unified-form", "Changes with 3 lines around them"))
        .arg(number("unified", 'U', "Changes with N lines around them"))
        .arg(files().num_args(2).required(true))
}

/// A file, and its lines as numbers.
struct Side {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Seconds and nanoseconds of its last change.
    modified: (i64, i64),
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let paths: Vec<&PathBuf> = matches.get_many("FILE").into_iter().flatten().collect();
    let mut sides = Vec::new();
    for path in paths {
        match read(view, path, io) {
            Ok(Some(side)) => sides.push(side),
            Ok(None) => {}
            Err(error) => io.complain(&error),
        }
    }
    let [old, new] = &sides[..] else { return Ok(TROUBLE) };
    let names = [&old.path, &new.path].map(|path| path.as_os_str().as_bytes());
    if old.bytes == new.bytes {
        if matches.get_flag("report-identical-files") {
            say(io, [b"Files ", names[0], b" and ", names[1], b" are identical\n"])?;
        }
        return Ok(Exit::OK);
    }
    if matches.get_flag("brief") {
        say(io, [b"Files ", names[0], b" and ", names[1], b" differ\n"])?;
        return Ok(Exit::FAILURE);
    }
    if [old, new].iter().any(|side| is_binary(&side.bytes)) {
        say(io, [b"Binary files ", names[0], b" and ", names[1], b" differ\n"])?;
        return Ok(TROUBLE);
    }
    let around = match matches.get_one::<u64>("unified") {
        Some(around) => Some(usize::try_from(*around).unwrap_or(usize::MAX)),
        None => matches.get_flag("unified-form").then_some(3),
    };
    let lines = [old, new].map(|side| side.bytes.split_inclusive(|b| *b == b'\n').collect());
    let shown = Shown { lines };
    let changes = shown.changes(around.unwrap_or(0));
    match around {
        None => shown.normal(&changes, io)?,
        Some(around) => {
            for (mark, side) in [("---", old), ("+++", new)] {
                write!(io.stdout, "{mark} ")?;
                io.stdout.write_name(side.path.as_os_str().as_bytes())?;
                writeln!(io.stdout, "\t{}", time::full_iso(side.modified.0, side.modified.1))?;
            }
            shown.unified(&changes, around, io)?;
        }
    }
    io.stdout.end_text()?;
    Ok(Exit::FAILURE)
}

/// A whole file; `None` when it can't be opened, which was complained about.
fn read(view: &View, path: &Path, io: &mut Io) -> Result<Option<Side>> {
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

fn say(io: &mut Io, parts: [&[u8]; 5]) -> Result<()> {
    for part in parts {
        io.stdout.write_text(part)?;
    }
    Ok(io.stdout.end_text()?)
}

fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, &bytes[..bytes.len().min(32 << 10)]).is_some()
}

/// The lines of both files.
struct Shown<'a> {
    lines: [Vec<&'a [u8]>; 2],
}

impl Shown<'_> {
    fn changes(&self, around: usize) -> Vec<Change> {
        let mut known: HashMap<&[u8], u32> = HashMap::new();
        let mut numbers: [Vec<u32>; 2] = Default::default();
        for (side, lines) in self.lines.iter().enumerate() {
            for line in lines {
                let next = known.len() as u32;
                numbers[side].push(*known.entry(line).or_insert(next));
            }
        }
        changes(&numbers[0], &numbers[1], around)
    }

    fn print(&self, side: usize, lines: Range<usize>, mark: &str, io: &mut Io) -> Result<()> {
        for line in &self.lines[side][lines] {
            io.stdout.write_all(mark.as_bytes())?;
            io.stdout.write_text(line)?;
            if !line.ends_with(b"\n") {
                io.stdout.end_text()?;
                io.stdout.write_all(b"\n\\ No newline at end of file\n")?;
            }
        }
        Ok(())
    }

    fn normal(&self, changes: &[Change], io: &mut Io) -> Result<()> {
        // Lines count from 1; what is empty stands behind the line before it.
        let range = |lines: &Range<usize>| match lines.len() {
            0 => lines.start.to_string(),
            1 => (lines.start + 1).to_string(),
            _ => format!("{},{}", lines.start + 1, lines.end),
        };
        for change in changes {
            let letter = match (change.old.is_empty(), change.new.is_empty()) {
                (true, _) => 'a',
                (_, true) => 'd',
                _ => 'c',
            };
            writeln!(io.stdout, "{}{letter}{}", range(&change.old), range(&change.new))?;
            self.print(0, change.old.clone(), "< ", io)?;
            if letter == 'c' {
                io.stdout.write_all(b"---\n")?;
            }
            self.print(1, change.new.clone(), "> ", io)?;
        }
        Ok(())
    }

    fn unified(&self, changes: &[Change], around: usize, io: &mut Io) -> Result<()> {
        let range = |lines: &Range<usize>| match lines.len() {
            0 => format!("{},0", lines.start),
            1 => (lines.start + 1).to_string(),
            length => format!("{},{length}", lines.start + 1),
        };
        let mut rest = changes;
        while let Some(first) = rest.first() {
            // Changes whose surroundings meet are one hunk.
            let meets =
                |pair: &[Change]| pair[1].old.start - pair[0].old.end <= around.saturating_mul(2);
            let count = 1 + rest.windows(2).take_while(|pair| meets(pair)).count();
            let (hunk, later) = rest.split_at(count);
            rest = later;
            let last = hunk.last().unwrap_or(first);
            let before = first.old.start.min(around);
            let behind = (self.lines[0].len() - last.old.end).min(around);
            let old = first.old.start - before..last.old.end + behind;
            let new = first.new.start - before..last.new.end + behind;
            writeln!(io.stdout, "@@ -{} +{} @@", range(&old), range(&new))?;
            let mut at = old.start;
            for change in hunk {
                self.print(0, at..change.old.start, " ", io)?;
                self.print(0, change.old.clone(), "-", io)?;
                self.print(1, change.new.clone(), "+", io)?;
                at = change.old.end;
            }
            self.print(0, at..old.end, " ", io)?;
        }
        Ok(())
    }
}
