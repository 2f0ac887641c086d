//! `time`: runs a tool and tells how long it took.

use super::args::{command, operands, os, short_flag};
use super::{Tool, nested};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::ffi::OsString;
use std::io::Write;
use std::time::Instant;

pub(super) const TOOL: Tool = Tool {
    name: "time",
    aliases: &[],
    summary: "Tell how long a tool takes",
    examples: &[
        (
            "time find / -name core",
            "How long a search takes, and how much of it is the processor's",
        ),
        ("time -p cat /data/large", "The same in the form of POSIX"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("time", TOOL.summary)
        .after_help("TOOL is a tool of dbg. The shell's keyword of that name times pipelines.")
        .arg(short_flag('p', "portability", "In the form of POSIX"))
        .arg(
            Arg::new("COMMAND")
                .value_names(["TOOL", "ARG"])
                .num_args(1..)
                .required(true)
                .trailing_var_arg(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut words = operands(matches, "COMMAND").into_iter();
    let tool = nested::find(os(words.next().unwrap_or_default()))?;
    let args = words.map(|word| os(word).to_owned()).collect();
    let (started, before) = (Instant::now(), used());
    let exit = nested::invoke(tool, args, io.stdin.try_clone()?.into(), view, io)?;
    let (real, after) = (started.elapsed().as_millis() as i64, used());
    let is_posix = matches.get_flag("portability");
    if !is_posix {
        writeln!(io.stderr)?;
    }
    for (name, ms) in [("real", real), ("user", after.0 - before.0), ("sys", after.1 - before.1)] {
        if is_posix {
            writeln!(io.stderr, "{name} {}.{:02}", ms / 1000, ms % 1000 / 10)?;
        } else {
            writeln!(io.stderr, "{name}\t{}m{}.{:03}s", ms / 60_000, ms / 1000 % 60, ms % 1000)?;
        }
    }
    io.stderr.flush()?;
    Ok(exit)
}

/// Milliseconds of the processor in user and kernel mode, of this process and its children.
fn used() -> (i64, i64) {
    let usage = [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN].map(getrusage);
    usage.iter().flatten().fold((0, 0), |(user, system), usage| {
        (
            user + usage.user_time().num_milliseconds(),
            system + usage.system_time().num_milliseconds(),
        )
    })
}
