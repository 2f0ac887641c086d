//! `which`: what a name typed means: a tool of dbg, or a program in the target's PATH.

use super::{Tool, args, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json};
use crate::view::{FileType, Needs, Root, View};
use clap::{Arg, ArgMatches, Command, value_parser};
use serde::Serialize;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a program without PATH looks through (execvp(3), less the working directory).
const DEFAULT: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub(super) const TOOL: Tool = Tool {
    name: "which",
    aliases: &[],
    summary: "Tell whether a name is a tool of dbg or where the target has it",
    examples: &[
        ("which ls node", "Whether a name is a tool of dbg, or a program of the target"),
        ("which -a sh python3 java", "Which interpreters the image has"),
    ],
    needs: Needs::Root,
    json: Some(Shape::of::<Vec<Found>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("which", TOOL.summary)
        .arg(args::flag("all", 'a', "Everything of that name, not only what comes first"))
        .arg(Arg::new("NAME").num_args(1..).required(true).value_parser(value_parser!(OsString)))
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Found {
    name: Text,
    /// `tool` of dbg, or `program` of the target.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["tool", "program"])))]
    kind: &'static str,
    /// Of a program: where it is.
    path: Option<Text>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let root = view.root()?;
    let path = view.variable("PATH");
    let (mut rows, mut exit) = (Vec::new(), Exit::OK);
    for name in matches.get_many::<OsString>("NAME").into_iter().flatten() {
        let mut found = find(root, name, path.as_deref().unwrap_or(DEFAULT));
        if found.is_empty() {
            exit = Exit::FAILURE;
        }
        if !matches.get_flag("all") {
            found.truncate(1);
        }
        rows.extend(found);
    }
    if matches.get_flag("json") {
        print_json(io, &rows)?;
        return Ok(exit);
    }
    for row in &rows {
        match &row.path {
            Some(path) => {
                io.stdout.write_name(&path.0)?;
                writeln!(io.stdout)?;
            }
            None => writeln!(io.stdout, "{}: tool of dbg", row.name.visible())?,
        }
    }
    Ok(exit)
}

/// Everything that `name` may mean, in the order in which the shell looks.
fn find(root: &Root, name: &OsStr, path: &[u8]) -> Vec<Found> {
    let name = name.as_bytes();
    let program = |path: Vec<u8>| {
        let stat = root.stat(Path::new(OsStr::from_bytes(&path))).ok()?;
        let is_program =
            FileType::of_mode(stat.st_mode) == FileType::File && stat.st_mode & 0o111 != 0;
        is_program.then(|| Found { name: name.into(), kind: "program", path: Some(Text(path)) })
    };
    if name.contains(&b'/') {
        return program(name.to_vec()).into_iter().collect();
    }
    let is_tool = std::str::from_utf8(name).is_ok_and(|name| super::find(name).is_some());
    let tool = is_tool.then(|| Found { name: name.into(), kind: "tool", path: None });
    let folders = path.split(|b| *b == b':').filter(|folder| !folder.is_empty());
    tool.into_iter().chain(folders.filter_map(|f| program([f, b"/", name].concat()))).collect()
}
