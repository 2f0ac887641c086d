//! `tee`: passes stdin on, and with --write copies it to files of the target.

use super::Tool;
use super::args::{command, files, flag};
use super::input::{CHUNK, Input};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, quote};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "tee",
    aliases: &[],
    summary: "Copy stdin to stdout, and with --write to files",
    examples: &[
        (
            "net -tan | tee /tmp/net.txt | wc -l",
            "Keep a listing in the target while it is counted; takes --write",
        ),
        (
            "tail -n 100 /var/log/app.log | tee -a /tmp/kept.log",
            "Keep lines before they are rotated away; takes --write",
        ),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("tee", TOOL.summary)
        .after_help("Files of the target are written only when dbg was started with --write.")
        .arg(flag("append", 'a', "Add to the files"))
        .arg(files())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let append = matches.get_flag("append");
    let mut copies: Vec<(&PathBuf, File)> = Vec::new();
    for path in matches.get_many::<PathBuf>("FILE").into_iter().flatten() {
        let create = || -> Result<File> {
            view.may_write_file(path)?;
            view.root()?.create(path, append)
        };
        match create() {
            Ok(file) => copies.push((path, file)),
            Err(error) => io.complain(&error),
        }
    }
    let Some(mut input) = Input::open(view, Path::new("-"), io) else { return Ok(Exit::FAILURE) };
    let mut buffer = vec![0; CHUNK];
    loop {
        let n = input.read(&mut buffer, io);
        if n == 0 {
            io.stdout.end_text()?;
            return Ok(io.exit());
        }
        copies.retain_mut(|(path, file)| match file.write_all(&buffer[..n]) {
            Ok(()) => true,
            Err(error) => {
                io.complain(&Error::from(error).context(quote(path)));
                false
            }
        });
        io.stdout.write_text(&buffer[..n])?;
        io.stdout.flush()?;
    }
}
