//! `mounts`: what is mounted where in the target, by the kernel's list for its main process.

use super::{Tool, args, command};
use crate::error::{Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Column, Io, Row, Shape, Text, print_rows};
use crate::view::{Mount, Needs, View};
use clap::{ArgMatches, Command};

pub(super) const TOOL: Tool = Tool {
    name: "mounts",
    aliases: &["mount"],
    summary: "List the mounts",
    examples: &[
        ("mounts", "What is mounted where, and with which options"),
        ("mounts | grep tmpfs", "Folders that live in memory and count against its limit"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Mount>>()),
    command: options,
    rewrite: None,
    run,
};

const COLUMNS: [Column; 4] = [
    Column::left("TARGET"),
    Column::left("SOURCE"),
    Column::left("FSTYPE"),
    Column::left("OPTIONS"),
];

fn options() -> Command {
    command("mounts", TOOL.summary).arg(args::json_flag())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let main = view.proc()?.main()?;
    let bytes = main.read("mountinfo").context(|| format!("/proc/{}/mountinfo", main.host_pid))?;
    print_rows(io, matches.get_flag("json"), &COLUMNS, &Mount::parse_all(&bytes))?;
    Ok(Exit::OK)
}

impl Row for Mount {
    fn cells(&self) -> Vec<String> {
        let text = |text: &Text| text.visible().into_owned();
        vec![text(&self.target), text(&self.source), text(&self.fs_type), options_cell(self)]
    }
}

/// Options of the mount and of its file system as one list. It is read-only if either of them is.
fn options_cell(mount: &Mount) -> String {
    let lists = [&mount.options, &mount.fs_options].map(|options| options.visible());
    let words = || lists.iter().flat_map(|list| list.split(','));
    let access = if words().any(|word| word == "ro") { "ro" } else { "rw" };
    let rest = words().filter(|word| !matches!(*word, "" | "ro" | "rw"));
    std::iter::once(access).chain(rest).collect::<Vec<_>>().join(",")
}
