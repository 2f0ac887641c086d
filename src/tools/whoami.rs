//! `whoami`: the name of the target's main user.

use super::process::failed;
use super::{Tool, args, command, users::Users};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "whoami",
    aliases: &[],
    summary: "Print the name of the target's user",
    examples: &[
        ("whoami", "The user's name by the target's own passwd"),
        ("whoami --json", "With the number, where there is no name"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("whoami", TOOL.summary).arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    uid: u32,
    /// By the target's passwd; `None` where that has none.
    name: Option<Text>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let uid = match &view.who {
        Ok(who) => who.uid_map.inside(who.uids[1]),
        Err(_) => {
            let process = view.proc()?.main()?;
            let facts = process.facts().map_err(|e| failed(&process, "status", e))?;
            view.proc()?.uid_map().inside(facts.uids[1])
        }
    };
    let name = Users::load(view).user(uid).map(Text::from);
    if matches.get_flag("json") {
        print_json(io, &[Row { uid, name }])?;
        return Ok(Exit::OK);
    }
    let name = name.ok_or_else(|| {
        Error::new(format!("user {uid} has no name in the target"))
            .hint("its /etc/passwd is missing, can't be read or has no such line")
    })?;
    writeln!(io.stdout, "{}", name.visible())?;
    Ok(Exit::OK)
}
