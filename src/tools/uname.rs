//! `uname`: the kernel that the target runs on, with the target's own host name (uname(2)).

use super::{Tool, args, command, hostname};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json, visible};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "uname",
    aliases: &[],
    summary: "Print the kernel's name, release and machine, and the target's host name",
    examples: &[
        ("uname -r", "The kernel's release, to look up a bug"),
        ("uname -a", "Kernel and architecture, and the target's host name"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("uname", TOOL.summary)
        .arg(args::flag("all", 'a', "All of it"))
        .arg(args::flag("kernel-name", 's', "The kernel's name (the default)"))
        .arg(args::flag("nodename", 'n', "The target's host name"))
        .arg(args::flag("kernel-release", 'r', "The kernel's release"))
        .arg(args::flag("kernel-version", 'v', "The kernel's version"))
        .arg(args::flag("machine", 'm', "The machine's architecture"))
        .arg(args::flag("processor", 'p', "unknown: the kernel does not tell it"))
        .arg(args::flag("hardware-platform", 'i', "unknown: the kernel does not tell it"))
        .arg(args::flag("operating-system", 'o', "The operating system"))
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    kernel_name: Text,
    /// `None` where it can't be told.
    nodename: Option<Text>,
    kernel_release: Text,
    kernel_version: Text,
    machine: Text,
    operating_system: &'static str,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let proc = view.proc()?;
    let read = |name: &str| -> Result<Text> {
        Ok(Text::from(proc.read(&format!("sys/kernel/{name}"))?.trim_ascii_end()))
    };
    let flag = |name: &str| matches.get_flag(name);
    let nodename = hostname::of(view).map(|(name, _)| name);
    let row = Row {
        kernel_name: read("ostype")?,
        nodename: nodename.as_ref().ok().cloned(),
        kernel_release: read("osrelease")?,
        kernel_version: read("version")?,
        // Linux 6.1 has the file; before, this program runs on what it was built for.
        machine: read("arch").unwrap_or_else(|_| Text::from(std::env::consts::ARCH)),
        operating_system: "GNU/Linux",
    };
    if flag("json") {
        print_json(io, &[row])?;
        return Ok(Exit::OK);
    }
    let is_all = flag("all");
    if flag("nodename") && !is_all {
        nodename?;
    }
    let unknown = Text::from("?");
    let parts: [(&str, &[u8]); 8] = [
        ("kernel-name", &row.kernel_name.0),
        ("nodename", &row.nodename.as_ref().unwrap_or(&unknown).0),
        ("kernel-release", &row.kernel_release.0),
        ("kernel-version", &row.kernel_version.0),
        ("machine", &row.machine.0),
        ("processor", b"unknown"),
        ("hardware-platform", b"unknown"),
        ("operating-system", row.operating_system.as_bytes()),
    ];
    let is_any = parts.iter().any(|(name, _)| flag(name));
    // As coreutils: what is unknown is not part of all.
    let is_known = |name: &str| name != "processor" && name != "hardware-platform";
    let is_wanted = |name: &str| {
        is_all && is_known(name)
            || !is_all && flag(name)
            || !is_all && !is_any && name == "kernel-name"
    };
    let words = parts.iter().filter(|(name, _)| is_wanted(name)).map(|(_, text)| visible(text));
    writeln!(io.stdout, "{}", words.collect::<Vec<_>>().join(" "))?;
    Ok(Exit::OK)
}
