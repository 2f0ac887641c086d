//! `hostname`: the target's host name.

use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// A host name has 64 bytes at most (uname(2)); the file may have a comment.
const LIMIT: u64 = 4096;

pub(super) const TOOL: Tool = Tool {
    name: "hostname",
    aliases: &[],
    summary: "Print the host name",
    examples: &[
        ("hostname", "Which pod or container this is"),
        ("hostname --json", "The name, and whether the kernel or /etc/hostname said it"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("hostname", TOOL.summary).arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    hostname: Text,
    /// `kernel`: the name that the target's processes get; `file`: what its `/etc/hostname` says.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["kernel", "file"])))]
    source: &'static str,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let (hostname, source) = of(view)?;
    let row = Row { hostname, source };
    if matches.get_flag("json") {
        print_json(io, &[row])?;
        return Ok(Exit::OK);
    }
    writeln!(io.stdout, "{}", row.hostname.visible())?;
    Ok(Exit::OK)
}

/// The target's host name, and whether the `kernel` or a `file` told it.
pub(super) fn of(view: &View) -> Result<(Text, &'static str)> {
    match view.who.as_ref().ok().and_then(|who| who.hostname.clone()) {
        Some(hostname) => Ok((hostname, "kernel")),
        None => Ok((from_file(view)?, "file")),
    }
}

/// The first line of hostname(5) that is no comment.
fn from_file(view: &View) -> Result<Text> {
    let unknown = |error: Error| {
        error
            .context(
                "the UTS namespace of the target can't be entered, and no file tells its host name",
            )
            .hint("entering needs SYS_ADMIN here and in the user namespace of the target")
    };
    let bytes = view.root().and_then(|root| root.read(Path::new("/etc/hostname"), LIMIT));
    let bytes = bytes.map_err(unknown)?;
    bytes
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty() && !line.starts_with(b"#"))
        .map(Text::from)
        .ok_or_else(|| unknown(Error::new("/etc/hostname: has no name in it")))
}
