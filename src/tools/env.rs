//! `env`: the environment that a process of the target was started with.

use super::process::failed;
use super::{Tool, args, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json};
use crate::view::{Needs, Process, View};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "env",
    aliases: &[],
    summary: "Print the environment of the main process",
    examples: &[
        ("env", "What the main process was started with: is the setting there at all"),
        ("env | grep -i proxy", "Whether a proxy comes in between"),
    ],
    // What was read of the main process when the view was made will do.
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Variable>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("env", TOOL.summary)
        .arg(args::pid())
        .arg(args::flag("null", '0', "End each variable with NUL, not newline"))
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Variable {
    pub name: Text,
    /// `None` for an entry without `=`, which the kernel allows.
    pub value: Option<Text>,
}

pub(super) fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let variables = variables(view, matches)?;
    if matches.get_flag("json") {
        let rows: Vec<Variable> = variables.iter().map(Variable::of).collect();
        print_json(io, &rows)?;
        return Ok(Exit::OK);
    }
    let end: &[u8] = if matches.get_flag("null") { b"\0" } else { b"\n" };
    for variable in variables {
        io.stdout.write_name(&variable.0)?;
        io.stdout.write_all(end)?;
    }
    Ok(Exit::OK)
}

/// The environment of the process that `-p` names, or of the main one.
pub(super) fn variables(view: &View, matches: &ArgMatches) -> Result<Vec<Text>> {
    Ok(match (matches.get_one::<i32>("pid"), &view.who) {
        (Some(pid), _) => environ(&view.proc()?.process(*pid)?)?,
        (None, Ok(crate::view::Identity { environ: Some(variables), .. })) => variables.clone(),
        (None, _) => environ(&view.proc()?.main()?)?,
    })
}

fn environ(process: &Process) -> Result<Vec<Text>> {
    let bytes = process.read("environ").map_err(|e| failed(process, "environment", e))?;
    Ok(bytes.split(|b| *b == 0).filter(|entry| !entry.is_empty()).map(Text::from).collect())
}

impl Variable {
    pub(super) fn of(entry: &Text) -> Variable {
        match entry.0.iter().position(|b| *b == b'=') {
            Some(i) => Variable {
                name: Text::from(&entry.0[..i]),
                value: Some(Text::from(&entry.0[i + 1..])),
            },
            None => Variable { name: entry.clone(), value: None },
        }
    }
}
