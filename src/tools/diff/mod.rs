//! `diff`: how two files or trees differ, line by line.

mod myers;
mod names;
mod options;
mod pairs;
mod show;
mod side;

use super::{Tool, answered};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::ArgMatches;
use options::Options;
use pairs::Pairs;
use std::path::PathBuf;

pub(super) const TOOL: Tool = Tool {
    name: "diff",
    aliases: &[],
    summary: "Show how two files or trees differ",
    examples: &[
        (
            "diff -u /etc/app/config.toml.default /etc/app/config.toml",
            "What was changed of the default configuration",
        ),
        ("diff -rq /app /app.old", "Which files of two trees are not the same to the byte"),
        ("diff -bB /etc/hosts /etc/hosts.old", "What differs besides blanks and empty lines"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options::command,
    rewrite: Some(options::rewrite),
    run,
};

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let result = compare(view, matches, io);
    answered(result, io)
}

fn compare(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let options = Options::new(matches, io)?;
    let paths: Vec<&PathBuf> = matches.get_many("FILE").into_iter().flatten().collect();
    let [old, new] = paths[..] else { return Ok(Exit::USAGE) };
    Pairs::new(view, &options).operands(old, new, io)
}
