//! `printenv`: values of the environment that `env` prints.

use super::{Tool, args, command, env};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, table::print_json};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

pub(super) const TOOL: Tool = Tool {
    name: "printenv",
    aliases: &[],
    summary: "Print variables of the main process's environment",
    examples: &[
        ("printenv PATH", "One variable of the main process"),
        ("printenv DATABASE_URL || echo unset", "Whether a setting came through"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<env::Variable>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("printenv", TOOL.summary)
        .after_help(env::ABOUT)
        .arg(args::pid())
        .arg(args::flag("null", '0', "End each with NUL, not newline"))
        .arg(Arg::new("NAME").num_args(0..).value_parser(value_parser!(OsString)))
        .arg(args::json_flag())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let Some(names) = matches.get_many::<OsString>("NAME") else {
        return env::list(env::variables(view, matches)?, matches, io);
    };
    let variables: Vec<env::Variable> =
        env::variables(view, matches)?.iter().map(env::Variable::of).collect();
    let end: &[u8] = if matches.get_flag("null") { b"\0" } else { b"\n" };
    let (mut found, mut exit) = (Vec::new(), Exit::OK);
    for name in names {
        let is_it = |variable: &&env::Variable| variable.name.0 == name.as_bytes();
        match variables.iter().find(is_it) {
            Some(variable) => found.push(variable),
            // As coreutils: no word, but the exit code.
            None => exit = Exit::FAILURE,
        }
    }
    if matches.get_flag("json") {
        print_json(io, &found)?;
        return Ok(exit);
    }
    for variable in found {
        io.stdout.write_name(variable.value.as_ref().map_or(&[], |value| &value.0))?;
        io.stdout.write_all(end)?;
    }
    Ok(exit)
}
