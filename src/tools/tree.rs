//! `tree`: directories as a tree.

use super::Tool;
use super::args::{command, files, files_or, flag, json_flag, short_flag};
use super::walk::{self, Step, Walk};
use super::{glob, mode, users::Users};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::order;
use crate::output::{Io, Shape, json, quote, time, visible};
use crate::tools::facts::Facts;
use crate::view::{Dir, Entry, FileType, Needs, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use nix::sys::stat::FileStat;
use std::ffi::{CStr, OsString};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "tree",
    aliases: &[],
    summary: "Show directories as a tree",
    examples: &[
        ("tree -L 2 /app", "What the image ships, at a glance"),
        ("tree -d -L 2 /", "Folders alone, to find one's way"),
    ],
    needs: Needs::Root,
    json: Some(Shape::of::<Vec<Facts>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("tree", TOOL.summary)
        .after_help("Links are not followed. Names are in the order of their bytes.")
        .arg(short_flag('a', "all", "Names that begin with a dot, too"))
        .arg(short_flag('D', "date", "The time of the last change of each file, in UTC"))
        .arg(short_flag('d', "directories", "Directories alone"))
        .arg(short_flag('f', "full", "The path of each name"))
        .arg(
            Arg::new("level")
                .short('L')
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..))
                .help("At most N levels deep"),
        )
        .arg(short_flag('g', "group", "The group of each file"))
        .arg(short_flag('h', "human", "The size of each file in K, M, G"))
        .arg(pattern('I', "ignore", "Nothing whose name is like GLOB, or one of GLOB|GLOB"))
        .arg(pattern('P', "pattern", "Of files, only those whose name is like GLOB"))
        .arg(short_flag('p', "permissions", "The permissions of each file"))
        .arg(short_flag('s', "size", "The size of each file in bytes"))
        .arg(short_flag('u', "user", "The owner of each file"))
        .arg(flag("noreport", None, "No counts at the end"))
        .arg(json_flag())
        .arg(files())
}

fn pattern(letter: char, id: &'static str, help: &'static str) -> Arg {
    Arg::new(id)
        .short(letter)
        .value_name("GLOB")
        .value_parser(clap::value_parser!(OsString))
        .action(ArgAction::Append)
        .help(help)
}

/// One run of `tree`.
struct Tree<'a> {
    matches: &'a ArgMatches,
    levels: usize,
    users: Users,
    now: i64,
    array: Option<json::Array>,
    /// How many names each level has left, from the top down.
    left: Vec<usize>,
    directories: u64,
    files: u64,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let is_json = matches.get_flag("json");
    let mut tree = Tree {
        matches,
        levels: matches.get_one::<u64>("level").map_or(usize::MAX, |level| *level as usize),
        users: match is_json || matches.get_flag("user") || matches.get_flag("group") {
            true => Users::load(view),
            false => Users::default(),
        },
        now: time::now(),
        array: is_json.then(json::Array::default),
        left: Vec::new(),
        directories: 0,
        files: 0,
    };
    for path in files_or(matches, ".") {
        match view.root()?.open_dir(&path) {
            Ok(dir) => tree.operand(&path, dir, io)?,
            Err(error) => io.complain(&error),
        }
    }
    match tree.array.take() {
        Some(array) => array.end(&mut io.stdout)?,
        None if !matches.get_flag("noreport") => tree.report(io)?,
        None => {}
    }
    Ok(io.exit())
}

impl Tree<'_> {
    fn operand(&mut self, path: &Path, dir: Dir, io: &mut Io) -> Result<()> {
        if self.array.is_none() {
            io.stdout.write_name(path.as_os_str().as_bytes())?;
            io.stdout.write_all(b"\n")?;
        }
        let names = self.names(&dir, path, io);
        self.left = vec![names.len()];
        let mut walk = Walk::new(path, dir, Some(names))?;
        while let Some(step) = walk.next() {
            match step {
                Ok(Step::Visit(entry)) => self.visit(entry, &mut walk, io)?,
                Ok(Step::Leave(_)) => drop(self.left.pop()),
                Err(error) => {
                    io.complain(&error);
                    self.left.truncate(walk.depth() + 1);
                }
            }
        }
        Ok(())
    }

    /// What is shown of a directory, in order.
    fn names(&self, dir: &Dir, path: &Path, io: &mut Io) -> Vec<Entry> {
        let mut names = Vec::new();
        let entries = match dir.entries() {
            Ok(entries) => entries,
            Err(error) => {
                io.complain(&error.context(quote(path)));
                return names;
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    let is_hidden = entry.name.to_bytes().starts_with(b".");
                    if is_hidden && !self.matches.get_flag("all") {
                        continue;
                    }
                    if self.is_left_out(dir, &entry) {
                        continue;
                    }
                    names.push(entry);
                }
                Err(error) if walk::is_gone(&error) => break,
                Err(error) => {
                    io.complain(&error.context(quote(path)));
                    break;
                }
            }
        }
        order::sort_by(&mut names, |a, b| a.name.cmp(&b.name));
        names
    }

    /// Whether what was asked for leaves `entry` of `dir` out.
    fn is_left_out(&self, dir: &Dir, entry: &Entry) -> bool {
        let is_like = |id: &str| {
            let globs = self.matches.get_many::<OsString>(id);
            globs.map(|mut globs| globs.any(|globs| is_like_any(globs.as_bytes(), &entry.name)))
        };
        if is_like("ignore") == Some(true) {
            return true;
        }
        let is_unlike = is_like("pattern") == Some(false);
        (is_unlike || self.matches.get_flag("directories")) && !is_directory(dir, entry)
    }

    /// What stands in brackets in front of a name.
    fn facts(&self, stat: &FileStat) -> Vec<String> {
        let is = |id: &str| self.matches.get_flag(id);
        let name = |name: Option<&[u8]>, id: u32| match name {
            Some(name) => visible(name).into_owned(),
            None => id.to_string(),
        };
        let facts = [
            is("permissions").then(|| mode::string(stat.st_mode)),
            is("user").then(|| format!("{:<8}", name(self.users.user(stat.st_uid), stat.st_uid))),
            is("group").then(|| format!("{:<8}", name(self.users.group(stat.st_gid), stat.st_gid))),
            match () {
                () if is("human") => Some(format!("{:>4}", human(stat.st_size))),
                () if is("size") => Some(format!("{:>11}", stat.st_size)),
                () => None,
            },
            is("date").then(|| time::listing(stat.st_mtime, self.now)),
        ];
        facts.into_iter().flatten().collect()
    }

    fn visit(&mut self, entry: Entry, walk: &mut Walk, io: &mut Io) -> Result<()> {
        if let Some(left) = self.left.last_mut() {
            *left = left.saturating_sub(1);
        }
        let path = walk.path_of(&entry);
        let shown = PathBuf::from(OsString::from_vec(path.clone()));
        let stat = match walk.dir()?.lstat(&entry.name).map_err(Error::from) {
            Ok(stat) => stat,
            Err(error) if walk::is_gone(&error) => return Ok(()),
            Err(error) => {
                io.complain(&error.context(quote(&shown)));
                return Ok(());
            }
        };
        let kind = FileType::of_mode(stat.st_mode);
        let target = match kind {
            FileType::Link => walk.dir()?.readlink(&entry.name).ok(),
            _ => None,
        };
        let target = target.as_ref().map(|target| target.as_bytes());
        self.print(&entry, &path, &stat, target, io).context(|| quote(&shown))?;
        if kind != FileType::Dir {
            self.files += 1;
            return Ok(());
        }
        self.directories += 1;
        if walk.depth() + 1 >= self.levels {
            return Ok(());
        }
        match walk.dir()?.open_dir(&entry.name).map_err(Error::from) {
            Ok(dir) => {
                let names = self.names(&dir, &shown, io);
                self.left.push(names.len());
                walk.enter(entry, dir, Some(names))
            }
            Err(error) if walk::is_gone(&error) => Ok(()),
            Err(error) => {
                io.complain(&error.context(quote(&shown)));
                Ok(())
            }
        }
    }

    fn print(
        &mut self,
        entry: &Entry,
        path: &[u8],
        stat: &FileStat,
        target: Option<&[u8]>,
        io: &mut Io,
    ) -> Result<()> {
        if let Some(array) = &mut self.array {
            let facts = Facts::new(path, stat, &self.users, target);
            return Ok(array.push(&mut io.stdout, &facts)?);
        }
        let (last, above) = self.left.split_last().unwrap_or((&0, &[]));
        for left in above {
            // Spaces that do not break, as the original has them.
            io.stdout.write_all(if *left > 0 { "│\u{a0}\u{a0} " } else { "    " }.as_bytes())?;
        }
        io.stdout.write_all(if *last > 0 { "├── " } else { "└── " }.as_bytes())?;
        let facts = self.facts(stat);
        if !facts.is_empty() {
            write!(io.stdout, "[{}]  ", facts.join(" "))?;
        }
        let is_full = self.matches.get_flag("full");
        io.stdout.write_name(if is_full { path } else { entry.name.to_bytes() })?;
        if let Some(target) = target {
            io.stdout.write_all(b" -> ")?;
            io.stdout.write_name(target)?;
        }
        Ok(io.stdout.write_all(b"\n")?)
    }

    fn report(&self, io: &mut Io) -> Result<()> {
        let count =
            |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let directories = count(self.directories, "directory", "directories");
        match self.matches.get_flag("directories") {
            true => writeln!(io.stdout, "\n{directories}")?,
            false => {
                writeln!(io.stdout, "\n{directories}, {}", count(self.files, "file", "files"))?;
            }
        }
        Ok(())
    }
}

/// Whether `name` is like one of `globs`, which stand between bars.
fn is_like_any(globs: &[u8], name: &CStr) -> bool {
    let mut globs = globs.split(|byte| *byte == b'|');
    globs.any(|glob| glob::matches(glob, name.to_bytes(), glob::Options::default()))
}

/// A size as the original has it: `12`, `1.5K`, `150M`.
fn human(size: i64) -> String {
    const UNITS: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
    let (mut value, mut unit) = (size as f64, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    match unit {
        0 => size.to_string(),
        _ if value < 10.0 => format!("{value:.1}{}", UNITS[unit]),
        _ => format!("{value:.0}{}", UNITS[unit]),
    }
}

fn is_directory(dir: &Dir, entry: &Entry) -> bool {
    match entry.kind {
        FileType::Unknown => dir
            .lstat(&entry.name)
            .is_ok_and(|stat| FileType::of_mode(stat.st_mode) == FileType::Dir),
        kind => kind == FileType::Dir,
    }
}
