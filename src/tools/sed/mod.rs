//! `sed`: edits lines as a script says.

mod parse;
mod run;
mod script;
mod source;
mod words;

use super::Tool;
use super::args::{command, flag, number, option};
use super::input::{CHUNK, Input};
use super::posix::Syntax;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::order;
use crate::output::{Io, quote};
use crate::view::{Needs, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use run::Machine;
use source::Source;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "sed",
    aliases: &[],
    summary: "Edit lines by a script",
    examples: &[
        ("sed -n '10,20p' /var/log/app.log", "Some lines in the middle of a file"),
        (
            "env | sed -E 's/(PASSWORD|TOKEN)=.*/\\1=hidden/'",
            "The environment without its secrets, to paste into a ticket",
        ),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

/// The most that a script may take.
const LARGEST_SCRIPT: usize = 1 << 20;

fn options() -> Command {
    command("sed", TOOL.summary)
        .after_help(
            "Commands: { } = a b c d D g G h H i l n N p P q Q s t x y z : and #; addresses N, $, /RE/, FIRST~STEP, and \
             ranges with +N, ~N and 0,/RE/. s has the flags g, p, i, m and a number. Of alternatives the first that \
             matches is taken; back-references can stand only in what s puts in. A line takes 64 MiB at most.",
        )
        .arg(option("expression", 'e', "SCRIPT", "Add these commands").action(ArgAction::Append))
        .arg(flag("regexp-extended", 'E', "Extended regular expressions").short_alias('r'))
        .arg(option("file", 'f', "FILE", "Add the commands in FILE").action(ArgAction::Append))
        .arg(flag("in-place", 'i', "Write the files anew, which takes --write"))
        .arg(number("line-length", 'l', "Where l breaks lines; 0 for nowhere"))
        .arg(flag("quiet", 'n', "Print only what commands print").alias("silent"))
        .arg(flag("separate", 's', "Lines of each file count on their own"))
        .arg(flag("unbuffered", 'u', "Write every line at once").alias("line-buffered"))
        .arg(flag("null-data", 'z', "Lines end with NUL").alias("zero-terminated"))
        .arg(
            Arg::new("WORD")
                .num_args(0..)
                .value_names(["SCRIPT", "FILE"])
                .value_parser(clap::value_parser!(OsString)),
        )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut words: Vec<OsString> =
        matches.get_many("WORD").into_iter().flatten().cloned().collect();
    let script = script(view, matches, &mut words, io)?;
    let syntax = match matches.get_flag("regexp-extended") {
        true => Syntax::Extended,
        false => Syntax::Basic,
    };
    let commands = parse::parse(&script, syntax)?;
    let mut paths: Vec<PathBuf> = words.into_iter().map(PathBuf::from).collect();
    let in_place = matches.get_flag("in-place");
    if paths.is_empty() && !in_place {
        paths.push("-".into());
    }
    let delimiter = if matches.get_flag("null-data") { 0 } else { b'\n' };
    if matches.get_flag("unbuffered") {
        io.stdout.line_buffered();
    }
    // With 1, a line would hold the backslash alone.
    let width = matches.get_one::<u64>("line-length").copied().unwrap_or(70);
    let width = if width == 1 { 0 } else { width };
    let mut machine = Machine::new(&commands, matches.get_flag("quiet"), delimiter, width);
    if !in_place && !matches.get_flag("separate") {
        let code = machine.run(&mut Source::new(view, paths, delimiter, false), io)?;
        io.stdout.end_text()?;
        return Ok(exit(code, io));
    }
    for path in paths {
        if in_place {
            view.may_write(&format!("writing {}", quote(&path)))?;
            if let Err(error) = view.root()?.open(&path) {
                io.complain(&error);
                continue;
            }
        }
        machine.restart(in_place);
        let mut source = Source::new(view, vec![path.clone()], delimiter, in_place);
        let code = machine.run(&mut source, io)?;
        if in_place {
            source.write(&path, io)?;
        }
        if code.is_some() {
            io.stdout.end_text()?;
            return Ok(exit(code, io));
        }
    }
    io.stdout.end_text()?;
    Ok(exit(None, io))
}

/// A missing file ends in 2, as with GNU; the code of `q` counts more.
fn exit(code: Option<u8>, io: &Io) -> Exit {
    match code {
        Some(code) if code > 0 => Exit::code(code),
        _ if io.exit().is_ok() => Exit::OK,
        _ => Exit::code(2),
    }
}

/// The commands of all -e and -f in their order, or of the first word.
fn script(
    view: &View,
    matches: &ArgMatches,
    words: &mut Vec<OsString>,
    io: &mut Io,
) -> Result<Vec<u8>> {
    let mut pieces: Vec<(usize, Vec<u8>)> = Vec::new();
    for id in ["expression", "file"] {
        let values = matches.get_many::<OsString>(id).into_iter().flatten();
        for (index, value) in matches.indices_of(id).into_iter().flatten().zip(values) {
            let piece = match id {
                "expression" => value.as_bytes().to_vec(),
                _ => read(view, Path::new(value), io)?,
            };
            pieces.push((index, piece));
        }
    }
    if pieces.is_empty() {
        if words.is_empty() {
            return Err(Error::usage("there is no script").hint("sed 's/old/new/' FILE"));
        }
        pieces.push((0, words.remove(0).as_bytes().to_vec()));
    }
    order::sort_by_key(&mut pieces, |(index, _)| *index);
    let pieces: Vec<Vec<u8>> = pieces.into_iter().map(|(_, piece)| piece).collect();
    Ok(pieces.join(&b'\n'))
}

fn read(view: &View, path: &Path, io: &mut Io) -> Result<Vec<u8>> {
    let unread = || Error::usage(format!("the script {} can't be read", quote(path)));
    let mut input = Input::open(view, path, io).ok_or_else(unread)?;
    let (mut script, mut buffer) = (Vec::new(), vec![0; CHUNK]);
    loop {
        match input.read(&mut buffer, io) {
            0 => return Ok(script),
            n => script.extend_from_slice(&buffer[..n]),
        }
        if script.len() > LARGEST_SCRIPT {
            return Err(Error::usage(format!("the script {} is too large", quote(path))));
        }
    }
}
