//! `hostname`: the target's host name.

use super::dns::config;
use super::wait::Deadline;
use super::{Tool, args, command, resolver};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json, visible};
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
        ("hostname -i", "Which address the target takes for its own"),
        ("hostname --json", "The name, and whether the kernel or /etc/hostname said it"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    let name = |long, short, help| args::flag(long, short, help).group("what");
    command("hostname", TOOL.summary)
        .arg(name("short", 's', "Up to the first dot"))
        .arg(
            name("fqdn", 'f', "The full name, by the target's hosts file, and else by its DNS")
                .visible_alias("long"),
        )
        .arg(name("domain", 'd', "The full name behind its first dot"))
        .arg(name("ip-address", 'i', "The addresses that the target finds for its host name"))
        .arg(args::json_flag().conflicts_with("what"))
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
    let is = |name: &str| matches.get_flag(name);
    if is("short") || is("fqdn") || is("domain") || is("ip-address") {
        let name = hostname.0;
        let text = match () {
            () if is("ip-address") => {
                let found = resolver::lookup(view, &name, Deadline::default())?;
                found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ").into_bytes()
            }
            () if is("short") => split(&name).0.to_vec(),
            () if is("domain") => split(&full(view, &name)?).1.to_vec(),
            () => full(view, &name)?,
        };
        // As the original: no domain is no line.
        if !(text.is_empty() && is("domain")) {
            writeln!(io.stdout, "{}", visible(&text))?;
        }
        return Ok(Exit::OK);
    }
    let row = Row { hostname, source };
    if matches.get_flag("json") {
        print_json(io, &[row])?;
        return Ok(Exit::OK);
    }
    writeln!(io.stdout, "{}", row.hostname.visible())?;
    Ok(Exit::OK)
}

/// What is before the first dot, and what is behind it.
fn split(name: &[u8]) -> (&[u8], &[u8]) {
    match name.iter().position(|b| *b == b'.') {
        Some(dot) => (&name[..dot], &name[dot + 1..]),
        None => (name, &[]),
    }
}

/// The name as the target's C library completes it (getaddrinfo(3), AI_CANONNAME): the first of its line in the hosts
/// file, else as it is when it has an address.
fn full(view: &View, name: &[u8]) -> Result<Vec<u8>> {
    let mut hosts = config::hosts(view, |host| host.has(name))?.into_iter();
    match hosts.find_map(|host| host.names.into_iter().next()) {
        Some(first) => Ok(first),
        None => resolver::lookup(view, name, Deadline::default()).map(|_| name.to_vec()),
    }
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
