//! `echo`: prints its arguments.

use super::{Tool, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

pub(super) const TOOL: Tool = Tool {
    name: "echo",
    aliases: &[],
    summary: "Print the arguments",
    examples: &[
        ("echo /app/*", "What a glob finds among the target's files"),
        ("echo \"$PATH\"", "A variable as the main process was given it"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("echo", TOOL.summary).arg(
        Arg::new("TEXT")
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .value_parser(clap::value_parser!(OsString)),
    )
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words: Vec<&OsString> = matches.get_many("TEXT").into_iter().flatten().collect();
    let bytes: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    io.stdout.write_all(&bytes.join(&b' '))?;
    io.stdout.write_all(b"\n")?;
    Ok(Exit::OK)
}
