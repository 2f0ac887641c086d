//! `env`: the environment of the target's main process, with what the shell exports laid over it; or of another
//! process.

use super::process::failed;
use super::{Tool, args, command, nested};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json};
use crate::view::{Needs, Process, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "env",
    aliases: &[],
    summary: "Print the environment of the main process",
    examples: &[
        ("env", "What the main process was started with: is the setting there at all"),
        ("env | grep -i proxy", "Whether a proxy comes in between"),
        ("env TZ=Europe/Berlin date", "A tool with a variable of its own"),
    ],
    // What was read of the main process when the view was made will do.
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Variable>>()),
    command: options,
    rewrite: None,
    run,
};

/// For the help of `env` and `printenv`.
pub(super) const ABOUT: &str = "In the shell, what is exported and unset there counts: `export TZ=UTC; env`. -p and `dbg env TARGET` tell what a \
     process was started with; what it set itself since then can't be read.";

fn options() -> Command {
    command("env", TOOL.summary)
        .after_help(ABOUT)
        .arg(args::pid())
        .arg(args::flag("null", '0', "End each variable with NUL, not newline"))
        .arg(args::flag("ignore-environment", 'i', "Begin with no variables"))
        .arg(args::option("unset", 'u', "NAME", "Without this variable").action(ArgAction::Append))
        .arg(args::json_flag())
        .arg(
            Arg::new("WORD")
                .value_names(["NAME=VALUE", "TOOL", "ARG"])
                .num_args(0..)
                .trailing_var_arg(true)
                .value_parser(clap::value_parser!(OsString))
                .help("Set these; and run a tool of dbg"),
        )
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Variable {
    pub name: Text,
    /// `None` for an entry without `=`, which the kernel allows.
    pub value: Option<Text>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut variables = match matches.get_flag("ignore-environment") {
        true => Vec::new(),
        false => variables(view, matches)?,
    };
    for name in args::operands(matches, "unset") {
        unset(&mut variables, name);
    }
    let mut words = args::operands(matches, "WORD").into_iter().peekable();
    while let Some(word) = words.next_if(|word| word.contains(&b'=')) {
        let end = word.iter().position(|b| *b == b'=').unwrap_or(word.len());
        unset(&mut variables, &word[..end]);
        variables.push(Text::from(word));
    }
    if let Some(name) = words.next() {
        let tool = nested::find(args::os(name))?;
        let rest = words.map(|word| args::os(word).to_owned()).collect();
        let stdin = io.stdin.try_clone()?.into();
        let before = view.environ.replace(Some(variables));
        let exit = nested::invoke(tool, rest, stdin, view, io);
        view.environ.replace(before);
        return exit;
    }
    list(variables, matches, io)
}

/// Prints `variables` as the flags say.
pub(super) fn list(variables: Vec<Text>, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
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

/// The environment of the process that `-p` names, or the one that tools work with.
pub(super) fn variables(view: &View, matches: &ArgMatches) -> Result<Vec<Text>> {
    match (matches.get_one::<i32>("pid"), view.environ()) {
        (Some(pid), _) => environ(&view.proc()?.process(*pid)?),
        (None, Some(variables)) => Ok(variables),
        (None, None) => environ(&view.proc()?.main()?),
    }
}

fn unset(variables: &mut Vec<Text>, name: &[u8]) {
    let has_name = |entry: &Text| {
        entry.0.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest[0] == b'=')
    };
    variables.retain(|entry| !has_name(entry));
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
