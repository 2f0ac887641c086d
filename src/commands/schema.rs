//! `dbg schema`: the shape of what `--json` prints, as JSON Schema (2020-12).

use super::inspect;
use crate::cli;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, quote};
use crate::tools::{self, REGISTRY};
use std::io::Write;

/// Verbs that print JSON and are no tools.
const VERBS: [(&str, Shape); 1] = [("inspect", inspect::SHAPE)];

pub(super) fn run(args: cli::Schema) -> Result<Exit> {
    let mut io = Io::of_process("dbg")?;
    match args.name {
        Some(name) => print(&name, &mut io)?,
        None => {
            for name in names() {
                writeln!(io.stdout, "{name}")?;
            }
        }
    }
    io.stdout.flush()?;
    Ok(Exit::OK)
}

/// What prints JSON.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let tools = REGISTRY.iter().filter(|tool| tool.json.is_some()).map(|tool| tool.name);
    tools.chain(VERBS.map(|(name, _)| name))
}

fn print(name: &str, io: &mut Io) -> Result<()> {
    let verb = VERBS.iter().find(|(verb, _)| *verb == name);
    let (name, shape) = match (verb, tools::find(name)) {
        (Some((name, shape)), _) => (*name, Some(*shape)),
        (None, Some(tool)) => (tool.name, tool.json),
        (None, None) => return Err(unknown(name, "no such tool")),
    };
    let Some(shape) = shape else { return Err(unknown(name, "it prints no JSON")) };
    let mut schema = shape.describe();
    schema.insert("title".into(), format!("dbg {name} --json").into());
    serde_json::to_writer_pretty(&mut io.stdout, &schema).map_err(std::io::Error::from)?;
    Ok(writeln!(io.stdout)?)
}

fn unknown(name: &str, why: &str) -> Error {
    Error::usage(format!("{}: {why}", quote(name))).hint("`dbg schema` lists what prints JSON")
}
