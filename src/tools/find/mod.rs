//! `find`: walks trees and does something with the files that an expression picks.

mod act;
mod eval;
mod exec;
mod parse;
mod perm;
mod printf;
mod query;
mod values;

use super::Tool;
use super::args::command;
use super::facts::Facts;
use super::place::{self, Place};
use super::users::Users;
use super::walk::{self, Step, Walk};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, quote};
use crate::view::{Entry, FileType, Needs, View};
use clap::{Arg, ArgMatches, Command};
use eval::{Found, Run};
use nix::sys::stat::fstat;
use query::{Follow, Query};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(super) const TOOL: Tool = Tool {
    name: "find",
    aliases: &[],
    summary: "Walk trees and pick files",
    examples: &[
        ("find /var/log -type f -mmin -10", "Which logs are written to right now"),
        ("find / -xdev -type f -size +100M", "Large files, without what is mounted below"),
        ("find /app -type f -perm -002", "Files that anybody may overwrite"),
    ],
    needs: Needs::Root,
    json: Some(Shape::of::<Vec<Facts>>()),
    command: options,
    rewrite: None,
    run,
};

const HELP: &str = "\
Tests (N is exact, +N more, -N less):
  -name GLOB  -iname GLOB  -path GLOB  -ipath GLOB  -regex RE  -iregex RE
  -type [fdlbcps],…  -size N[cwbkMG]  -empty  -perm [-/]MODE  -links N  -inum N
  -mtime N  -atime N  -ctime N (days)  -mmin N  -amin N  -cmin N (minutes)
  -newer FILE  -anewer FILE  -cnewer FILE  -newerXY FILE (X and Y of a, c, m)  -newerXt @SECONDS
  -lname GLOB  -ilname GLOB  -xtype [fdlbcps],…  -samefile FILE
  -readable  -writable  -executable (by the main process: its user, groups, capabilities)
  -user NAME  -group NAME  -uid N  -gid N  -nouser  -nogroup  -true  -false
Actions:
  -print  -print0  -printf FORMAT  -ls  --json  -prune  -quit
  -exec TOOL … {} \\;   -exec TOOL … {} +   (tools of dbg, in this process)
  -delete (only with --write)
Options: -H  -L  -P  -maxdepth N  -mindepth N  -depth  -xdev  -regextype posix-basic|posix-extended
Operators: ( EXPR )  ! EXPR  EXPR EXPR  EXPR -o EXPR

Links are followed with -L, with -H only those among the paths. -regex takes the syntax of grep -E. Times of
-printf are in UTC. With --json, which may stand anywhere, what would be printed is printed as JSON.";

fn options() -> Command {
    command("find", TOOL.summary)
        .override_usage("find [PATH]... [EXPRESSION]")
        .after_help(HELP)
        .arg(
            Arg::new("WORD")
                .num_args(0..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .hide(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let users = Users::load(view);
    let words = matches.get_many::<OsString>("WORD").into_iter().flatten().cloned();
    let query = parse::query(words.collect(), view, &users)?;
    let mut run = Run::new(view, &users, &query);
    for path in &query.paths {
        if !run.quit {
            tree(&mut run, &query, Path::new(path), io)?;
        }
    }
    run.end(io)?;
    if query.prints_json {
        std::mem::take(&mut run.array).end(&mut io.stdout)?;
    }
    Ok(io.exit())
}

/// Walks one operand.
fn tree(run: &mut Run<'_>, query: &Query, path: &Path, io: &mut Io) -> Result<()> {
    let root = run.view.root()?;
    let lstat = || root.lstat(path);
    let stat = match query.follow {
        Follow::Never => lstat(),
        _ => root.stat(path).or_else(|_| lstat()),
    };
    let stat = match stat {
        Ok(stat) => stat,
        Err(error) => {
            io.complain(&error);
            return Ok(());
        }
    };
    let kind = FileType::of_mode(stat.st_mode);
    let entry = Entry { name: place::c_name(path)?, kind, ino: stat.st_ino };
    let operand = Found::operand(Place::Root(root), &entry, path, stat);
    if !query.depth_first {
        run.visit(&operand, io)?;
    }
    if kind == FileType::Dir && query.max_depth > 0 && !run.quit && !run.prune {
        below(run, query, path, stat.st_dev, io)?;
    }
    if query.depth_first && !run.quit {
        run.visit(&operand, io)?;
    }
    Ok(())
}

/// Walks what is below an operand that is a directory on `device`.
fn below(run: &mut Run<'_>, query: &Query, path: &Path, device: u64, io: &mut Io) -> Result<()> {
    let opened = run.view.root()?.open_dir(path).and_then(|dir| Walk::new(path, dir, None));
    let mut walk = match opened {
        Ok(walk) => walk,
        Err(error) => {
            io.complain(&error);
            return Ok(());
        }
    };
    let follow = (query.follow == Follow::Always).then_some(run.view);
    while !run.quit {
        let entry = match walk.next() {
            None => break,
            Some(Err(error)) => {
                io.complain(&error);
                continue;
            }
            Some(Ok(Step::Leave(entry))) => {
                if query.depth_first {
                    run.visit(&Found::entry(&walk, &entry, path, follow)?, io)?;
                }
                continue;
            }
            Some(Ok(Step::Visit(entry))) => entry,
        };
        let found = Found::entry(&walk, &entry, path, follow)?;
        let is_dir = found.kind(io) == FileType::Dir;
        if !(is_dir && query.depth_first) {
            run.visit(&found, io)?;
        }
        if !is_dir || run.prune || run.quit {
            continue;
        }
        let one_device = query.one_device.then_some(device);
        let entered = walk.depth() + 1 < query.max_depth
            && descend(&mut walk, &entry, run.view, one_device, io)?;
        if query.depth_first && !entered {
            run.visit(&Found::entry(&walk, &entry, path, follow)?, io)?;
        }
    }
    Ok(())
}

/// Goes down into `entry`, unless it is on another device than `device`. Says whether it did.
fn descend(
    walk: &mut Walk,
    entry: &Entry,
    view: &View,
    device: Option<u64>,
    io: &mut Io,
) -> Result<bool> {
    let mut enter = || -> Result<bool> {
        let is_link = entry.kind == FileType::Link;
        let path = walk.path_of(entry);
        let dir = match is_link {
            true => view.root()?.open_dir(Path::new(OsStr::from_bytes(&path))),
            false => walk.dir()?.open_dir(&entry.name).map_err(Error::from),
        };
        // The path is told once, below.
        let dir = dir.map_err(|error| error.errno().map_or(error, Error::from))?;
        let stat = fstat(&dir)?;
        if device.is_some_and(|device| device != stat.st_dev) {
            return Ok(false);
        }
        if !is_link {
            return walk.enter(entry.clone(), dir, None).map(|()| true);
        }
        if walk.is_in(stat.st_dev, stat.st_ino) {
            return Err(Error::new("leads back to a directory that it lies in"));
        }
        walk.enter_link(entry.clone(), dir, None).map(|()| true)
    };
    match enter() {
        Err(error) if walk::is_gone(&error) => Ok(false),
        Err(error) => {
            let path = walk.path_of(entry);
            io.complain(&error.context(quote(OsStr::from_bytes(&path))));
            Ok(false)
        }
        entered => entered,
    }
}
