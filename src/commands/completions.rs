//! `dbg completions`: what a shell needs to complete dbg's command line, from the same types that parse it.

use super::tool;
use crate::cli::{self, Cli};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use clap::CommandFactory;
use clap_complete::aot::{Shell, generate};
use std::io::Write;

pub(super) fn run(args: cli::Completions) -> Result<Exit> {
    let shell = match args.shell.as_str() {
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => Shell::Bash,
    };
    let mut command = Cli::command().subcommands(tool::described());
    #[cfg(feature = "schema")]
    {
        let names: Vec<&str> = super::schema::names().collect();
        command = command.mut_subcommand("schema", |schema| {
            schema.mut_arg("name", |arg| arg.value_parser(names))
        });
    }
    // The generator panics where it can't write.
    let mut text = Vec::new();
    generate(shell, &mut command, "dbg", &mut text);
    let mut io = Io::of_process("dbg")?;
    io.stdout.write_all(&text)?;
    io.stdout.flush()?;
    Ok(Exit::OK)
}
