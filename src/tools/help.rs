//! `help`: which tools there are, and how each is called.

use super::{REGISTRY, Tool, command, find, page};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::table::cut;
use crate::output::{Io, quote};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "help",
    aliases: &["man"],
    summary: "List the tools, or explain some of them",
    examples: &[
        ("help", "Which tools there are"),
        ("help net", "What a tool shows, what it needs of the target, and lines to start from"),
        ("man ps", "The same by the name that hands know"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("help", TOOL.summary).arg(Arg::new("TOOL").num_args(0..))
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let Some(names) = matches.get_many::<String>("TOOL") else {
        list(io)?;
        return Ok(Exit::OK);
    };
    let mut printed = false;
    for name in names {
        let Some(tool) = find(name) else {
            io.complain(
                &Error::new(format!("{}: no such tool", quote(name))).hint("`help` lists them"),
            );
            continue;
        };
        if std::mem::replace(&mut printed, true) {
            writeln!(io.stdout)?;
        }
        page::print(tool, &page::usage(tool), "", io)?;
    }
    Ok(io.exit())
}

/// One line a tool: its name, with its aliases, and what it does.
fn list(io: &mut Io) -> Result<()> {
    let names: Vec<String> = REGISTRY
        .iter()
        .map(|tool| {
            let names = std::iter::once(&tool.name).chain(tool.aliases);
            names.copied().collect::<Vec<_>>().join(", ")
        })
        .collect();
    let widest = names.iter().map(String::len).max().unwrap_or(0);
    for (names, tool) in names.iter().zip(REGISTRY) {
        let line = format!("{names:widest$}  {}", tool.summary);
        writeln!(
            io.stdout,
            "{}",
            io.width.map_or_else(|| line.clone(), |width| cut(&line, width))
        )?;
    }
    Ok(())
}
