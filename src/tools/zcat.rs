//! `zcat`: prints what is in files that gzip made.

use super::args::{command, files, files_or, flag};
use super::input::{CHUNK, Input};
use super::{Tool, gzip};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::io::{Cursor, ErrorKind, Read};

pub(super) const TOOL: Tool = Tool {
    name: "zcat",
    aliases: &[],
    summary: "Print files that gzip made",
    examples: &[
        ("zcat /var/log/app.log.2.gz | grep ERROR", "Search a log that was rotated"),
        ("zcat -f /var/log/app.log*", "All of a log, whether packed yet or not"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("zcat", TOOL.summary)
        .after_help(
            "FILE - is stdin. A name that is not there is tried with .gz behind it. On a terminal, bytes that could \
             drive it are shown as cat does.",
        )
        .arg(flag("force", 'f', "Print files that are not packed as they are"))
        .arg(flag("quiet", 'q', "No warnings"))
        .arg(files())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let (mut exit, is_forced) = (Exit::OK, matches.get_flag("force"));
    for path in files_or(matches, "-") {
        let mut path = path;
        if let Ok(root) = view.root()
            && !super::input::is_stdin(&path)
            && root.stat(&path).is_err()
        {
            let mut packed = path.clone().into_os_string();
            packed.push(".gz");
            if root.stat(packed.as_ref()).is_ok() {
                path = packed.into();
            }
        }
        let Some(mut input) = Input::open(view, &path, io) else { continue };
        match print(&mut input, is_forced, io) {
            Ok(true) if !matches.get_flag("quiet") => {
                // A warning has a code of its own.
                let error = Error::new("decompression OK, trailing garbage ignored");
                if exit == Exit::OK {
                    exit = Exit::code(2);
                }
                input.complain(error, io);
            }
            Ok(_) => {}
            Err(Failure::Output(error)) => return Err(error),
            Err(Failure::Input(error)) => {
                exit = Exit::FAILURE;
                input.complain(error, io);
            }
        }
    }
    Ok(if exit == Exit::OK { io.exit() } else { exit })
}

enum Failure {
    Input(Error),
    Output(Error),
}

/// Prints one file; whether there was something behind its last member that does not belong there.
fn print(input: &mut Input, is_forced: bool, io: &mut Io) -> Result<bool, Failure> {
    let file = |error: std::io::Error| {
        Failure::Input(match error.kind() {
            ErrorKind::UnexpectedEof => Error::new("unexpected end of file"),
            ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                Error::new(format!("invalid compressed data: {error}"))
            }
            _ => error.into(),
        })
    };
    let mut head = [0; 2];
    let mut n = 0;
    while n < head.len() {
        match input.try_read(head.get_mut(n..).unwrap_or_default()).map_err(file)? {
            0 => break,
            more => n += more,
        }
    }
    let head = head.get(..n).unwrap_or_default();
    let rest = Cursor::new(head.to_vec()).chain(&input.file);
    if head != gzip::MAGIC {
        return match (is_forced, head.is_empty()) {
            (true, _) => copy(rest, io, file).map(|()| false),
            (false, true) => Err(Failure::Input(Error::new("unexpected end of file"))),
            (false, false) => Err(Failure::Input(
                Error::new("not in gzip format").hint("with -f such files are printed as they are"),
            )),
        };
    }
    let mut members = gzip::Members::new(rest);
    copy(&mut members, io, file)?;
    Ok(members.has_garbage)
}

fn copy(
    mut from: impl Read,
    io: &mut Io,
    failed: impl Fn(std::io::Error) -> Failure,
) -> Result<(), Failure> {
    let mut buffer = vec![0; CHUNK];
    let output = |error: std::io::Error| Failure::Output(error.into());
    loop {
        let n = match from.read(&mut buffer) {
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error)),
        };
        if n == 0 {
            return io.stdout.end_text().map_err(output);
        }
        io.stdout.write_text(buffer.get(..n).unwrap_or_default()).map_err(output)?;
    }
}
