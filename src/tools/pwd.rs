//! `pwd`: the working directory of the target's main process.

use super::Tool;
use super::args::{command, short_flag};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "pwd",
    aliases: &[],
    summary: "Print the main process's working directory",
    examples: &[
        ("pwd", "In the shell: where it is"),
        ("cd /etc; pwd -P", "The same without symbolic links in it"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("pwd", TOOL.summary)
        .after_help("It is absolute and without links. In the shell, `pwd` is the shell's own.")
        .arg(short_flag('L', "logical", "Ignored: the kernel knows no other than the physical one"))
        .arg(short_flag('P', "physical", "Without links: so it is anyway"))
}

fn run(view: &View, _: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let cwd = view.who()?.cwd.as_ref().ok_or_else(|| {
        Error::new("the working directory of the main process is not known").hint(
            "it needs ptrace read access to the process, and is outside the target's root for some",
        )
    })?;
    io.stdout.write_name(&cwd.0)?;
    io.stdout.write_all(b"\n")?;
    Ok(Exit::OK)
}
