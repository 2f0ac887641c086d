//! `du`: how much space files take.

use super::Tool;
use super::args::{command, files, files_or, flag, json_flag, operands, option, short_flag};
use super::glob;
use super::place::{self, Place};
use super::walk::{self, Step, Walk};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, json, quote, units};
use crate::view::{Entry, FileType, Needs, Root, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use nix::sys::stat::FileStat;
use serde::Serialize;
use std::collections::HashSet;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "du",
    aliases: &[],
    summary: "Show how much space files take",
    examples: &[
        ("du -sh /var/* /tmp", "What fills the writable layer"),
        ("du -x -d 1 /", "Which folder of the image is large, without what is mounted below"),
    ],
    needs: Needs::Root,
    json: Some(Shape::of::<Vec<Usage<'static>>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("du", TOOL.summary)
        .after_help(
            "Sizes are of what is allocated, in KiB. A file with several links counts once.",
        )
        .arg(flag("all", 'a', "Files, too, and not directories alone"))
        .arg(flag("apparent-size", None, "The length of files, not what is allocated"))
        .arg(flag("bytes", 'b', "As --apparent-size, in bytes"))
        .arg(
            option("exclude", None, "GLOB", "No names or paths that match")
                .action(ArgAction::Append),
        )
        .arg(
            option("exclude-from", 'X', "FILE", "As --exclude, a glob on each line")
                .action(ArgAction::Append),
        )
        .arg(flag("dereference", 'L', "Follow links"))
        .arg(
            flag("dereference-args", 'D', "Follow links among the operands")
                .visible_short_alias('H'),
        )
        .arg(flag("null", '0', "End lines with NUL"))
        .arg(flag("separate-dirs", 'S', "Directories without those below them"))
        .arg(flag("count-links", 'l', "A file with several links counts at each of them"))
        .arg(flag("total", 'c', "The sum of all operands at the end"))
        .arg(flag("human-readable", 'h', "Sizes as 1.5K or 23M"))
        .arg(short_flag('k', "kilobytes", "Sizes in KiB: so it is anyway"))
        .arg(short_flag('m', "megabytes", "Sizes in MiB"))
        .arg(
            Arg::new("max-depth")
                .long("max-depth")
                .short('d')
                .value_name("N")
                .value_parser(clap::value_parser!(u64))
                .help("Print nothing deeper than N levels below an operand"),
        )
        .arg(flag("one-file-system", 'x', "No other file systems that are mounted below"))
        .arg(flag("summarize", 's', "Only the operands: -d 0"))
        .arg(json_flag())
        .arg(files())
}

/// One line.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Usage<'a> {
    /// As it would be typed.
    path: Text,
    /// Allocated bytes, those below a directory included.
    allocated: u64,
    /// Length in bytes, likewise.
    size: u64,
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["file", "directory", "link", "block device", "character device", "fifo", "socket", "unknown"])))]
    kind: &'a str,
}

/// Bytes of a file or a tree.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    allocated: u64,
    size: u64,
}

impl Sum {
    fn of(stat: &FileStat) -> Sum {
        Sum { allocated: stat.st_blocks.max(0) as u64 * 512, size: stat.st_size.max(0) as u64 }
    }

    fn add(&mut self, other: Sum) {
        self.allocated = self.allocated.saturating_add(other.allocated);
        self.size = self.size.saturating_add(other.size);
    }
}

/// One run of `du`.
struct Du<'a> {
    root: &'a Root,
    all: bool,
    apparent: bool,
    unit: Option<u64>,
    depth: usize,
    one_device: bool,
    /// Links are followed, among the operands or everywhere.
    follow_operands: bool,
    follow: bool,
    excluded: Vec<Vec<u8>>,
    end: &'static [u8],
    separate: bool,
    count_links: bool,
    array: Option<json::Array>,
    /// Whether one operand may lie in another.
    meets_twice: bool,
    /// What was counted of that which may be met again.
    counted: HashSet<(u64, u64)>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let is = |id: &str| matches.get_flag(id);
    let depth = matches.get_one::<u64>("max-depth").map(|depth| *depth as usize);
    if is("summarize") && (is("all") || depth.is_some_and(|depth| depth > 0)) {
        return Err(Error::usage("-s shows the operands alone: it goes with neither -a nor -d"));
    }
    let paths = files_or(matches, ".");
    let mut du = Du {
        root: view.root()?,
        all: is("all"),
        apparent: is("apparent-size") || is("bytes"),
        unit: match () {
            _ if is("human-readable") => None,
            _ if is("bytes") => Some(1),
            _ if is("megabytes") => Some(1 << 20),
            _ => Some(1 << 10),
        },
        depth: if is("summarize") { 0 } else { depth.unwrap_or(usize::MAX) },
        one_device: is("one-file-system"),
        follow_operands: is("dereference-args") || is("dereference"),
        follow: is("dereference"),
        excluded: excluded(view, matches)?,
        end: if is("null") { b"\0" } else { b"\n" },
        separate: is("separate-dirs"),
        count_links: is("count-links"),
        array: is("json").then(json::Array::default),
        meets_twice: paths.len() > 1 || is("dereference"),
        counted: HashSet::new(),
    };
    let mut total = Sum::default();
    for path in paths {
        match du.operand(&path, io) {
            Ok(sum) => total.add(sum),
            Err(error) if error.is_broken_pipe() => return Err(error),
            Err(error) => io.complain(&error),
        }
    }
    match du.array.take() {
        Some(array) => array.end(&mut io.stdout)?,
        None if is("total") => du.line(b"total", total, io)?,
        None => {}
    }
    Ok(io.exit())
}

/// The globs of --exclude, and those on the lines of files of the target.
fn excluded(view: &View, matches: &ArgMatches) -> Result<Vec<Vec<u8>>> {
    let mut globs: Vec<Vec<u8>> =
        operands(matches, "exclude").into_iter().map(<[u8]>::to_vec).collect();
    for file in operands(matches, "exclude-from") {
        let path = Path::new(std::ffi::OsStr::from_bytes(file));
        let text = view.root()?.read(path, LONGEST).context(|| quote(path))?;
        let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        globs.extend(lines.map(<[u8]>::to_vec));
    }
    Ok(globs)
}

/// The most that is read of a file of globs.
const LONGEST: u64 = 1 << 20;

impl Du<'_> {
    /// Whether this file was not counted before.
    fn is_new(&mut self, stat: &FileStat) -> bool {
        let is_dir = FileType::of_mode(stat.st_mode) == FileType::Dir;
        let is_met_once =
            self.count_links && !is_dir || !self.meets_twice && (is_dir || stat.st_nlink <= 1);
        is_met_once || self.counted.insert((stat.st_dev, stat.st_ino))
    }

    fn operand(&mut self, path: &Path, io: &mut Io) -> Result<Sum> {
        let stat = match self.follow_operands {
            true => self.root.stat(path),
            false => place::c_name(path).and_then(|name| Place::Root(self.root).lstat(&name)),
        };
        let stat = stat.context(|| quote(path))?;
        if !self.is_new(&stat) {
            return Ok(Sum::default());
        }
        let mut sums = vec![Sum::of(&stat)];
        if FileType::of_mode(stat.st_mode) == FileType::Dir {
            match self.root.open_dir(path) {
                Ok(dir) => {
                    let mut walk = Walk::new(path, dir, None)?;
                    while let Some(step) = walk.next() {
                        self.step(step, &mut walk, &mut sums, stat.st_dev, io)?;
                    }
                }
                Err(error) => io.complain(&error),
            }
        }
        let sum = sums.first().copied().unwrap_or_default();
        self.print(path.as_os_str().as_bytes(), sum, FileType::of_mode(stat.st_mode), io)?;
        Ok(sum)
    }

    fn step(
        &mut self,
        step: Result<Step>,
        walk: &mut Walk,
        sums: &mut Vec<Sum>,
        device: u64,
        io: &mut Io,
    ) -> Result<()> {
        let entry = match step {
            Ok(Step::Visit(entry)) => entry,
            Ok(Step::Leave(entry)) => {
                let sum = sums.pop().unwrap_or_default();
                if let Some(above) = sums.last_mut().filter(|_| !self.separate) {
                    above.add(sum);
                }
                if walk.depth() < self.depth {
                    self.print(&walk.path_of(&entry), sum, FileType::Dir, io)?;
                }
                return Ok(());
            }
            Err(error) => {
                io.complain(&error);
                // What was below can't be reached any more: its sums go to the first.
                while sums.len() > walk.depth() + 1 {
                    let sum = sums.pop().unwrap_or_default();
                    sums.last_mut().into_iter().for_each(|above| above.add(sum));
                }
                return Ok(());
            }
        };
        if self.leaves_out(&entry, walk) {
            return Ok(());
        }
        let shown = |walk: &Walk| PathBuf::from(std::ffi::OsString::from_vec(walk.path_of(&entry)));
        let found = match walk.dir()?.lstat(&entry.name).map_err(Error::from) {
            Ok(stat) if self.follow && FileType::of_mode(stat.st_mode) == FileType::Link => {
                self.root.stat(&shown(walk)).map(|stat| (stat, true))
            }
            found => found.map(|stat| (stat, false)),
        };
        let (stat, is_link) = match found {
            Ok(found) => found,
            // A link to nowhere is told of.
            Err(error) if self.follow && walk::is_gone(&error) => {
                io.complain(&error.context(quote(shown(walk))));
                return Ok(());
            }
            Err(error) if walk::is_gone(&error) => return Ok(()),
            Err(error) => {
                io.complain(&error.context(quote(shown(walk))));
                return Ok(());
            }
        };
        if self.one_device && stat.st_dev != device || !self.is_new(&stat) {
            return Ok(());
        }
        let (sum, kind) = (Sum::of(&stat), FileType::of_mode(stat.st_mode));
        if kind == FileType::Dir {
            let opened = match is_link {
                true => self.root.open_dir(&shown(walk)),
                false => walk.dir()?.open_dir(&entry.name).map_err(Error::from),
            };
            match opened {
                Ok(dir) => {
                    match is_link {
                        true => walk.enter_link(entry, dir, None)?,
                        false => walk.enter(entry, dir, None)?,
                    }
                    sums.push(sum);
                    return Ok(());
                }
                Err(error) if walk::is_gone(&error) => return Ok(()),
                Err(error) => io.complain(&error.context(quote(shown(walk)))),
            }
        }
        if let Some(above) = sums.last_mut() {
            above.add(sum);
        }
        if (self.all || kind == FileType::Dir) && walk.depth() < self.depth {
            self.print(&walk.path_of(&entry), sum, kind, io)?;
        }
        Ok(())
    }

    /// Whether one of the globs matches the path, or what stands behind one of its slashes, as GNU has it.
    fn leaves_out(&self, entry: &Entry, walk: &Walk) -> bool {
        let path = if self.excluded.is_empty() { Vec::new() } else { walk.path_of(entry) };
        let starts = || std::iter::once(0).chain(memchr::memchr_iter(b'/', &path).map(|at| at + 1));
        let matches = |glob: &Vec<u8>| {
            starts().any(|at| glob::matches(glob, &path[at..], glob::Options::default()))
        };
        self.excluded.iter().any(matches)
    }

    fn print(&mut self, path: &[u8], sum: Sum, kind: FileType, io: &mut Io) -> Result<()> {
        match &mut self.array {
            None => self.line(path, sum, io),
            Some(array) => {
                let Sum { allocated, size } = sum;
                let kind = super::mode::kind_name(kind);
                let usage = Usage { path: path.into(), allocated, size, kind };
                Ok(array.push(&mut io.stdout, &usage)?)
            }
        }
    }

    fn line(&self, path: &[u8], sum: Sum, io: &mut Io) -> Result<()> {
        let bytes = if self.apparent { sum.size } else { sum.allocated };
        match self.unit {
            None => write!(io.stdout, "{}\t", units::human(bytes))?,
            Some(unit) => write!(io.stdout, "{}\t", bytes.div_ceil(unit))?,
        }
        io.stdout.write_name(path)?;
        Ok(io.stdout.write_all(self.end)?)
    }
}
