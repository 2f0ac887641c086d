//! `basename` and `dirname`: the parts of a path in front of its last slash and behind it.

use super::Tool;
use super::args::{bytes, command, flag, operands, option};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;

pub(super) const BASENAME: Tool = Tool {
    name: "basename",
    aliases: &[],
    summary: "Print the last part of paths",
    examples: &[
        ("basename /etc/app/config.toml .toml", "The name alone, for a variable in a script"),
        ("find /etc -name '*.conf' | xargs -r basename -a", "Names of files without their folders"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: basename_options,
    rewrite: None,
    run: basename,
};

pub(super) const DIRNAME: Tool = Tool {
    name: "dirname",
    aliases: &[],
    summary: "Print paths without their last part",
    examples: &[
        ("dirname /etc/app/config.toml", "The folder of a file, for a variable in a script"),
        ("find /etc -name '*.crt' | xargs -r dirname | sort -u", "Which folders hold certificates"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: dirname_options,
    rewrite: None,
    run: dirname,
};

fn basename_options() -> Command {
    command("basename", BASENAME.summary)
        .after_help("NAME [SUFFIX] takes SUFFIX off; with -a or -s every operand is a NAME.")
        .arg(flag("multiple", 'a', "Several names"))
        .arg(option("suffix", 's', "SUFFIX", "Take this off the end; implies -a"))
        .arg(flag("zero", 'z', "End each name with NUL"))
        .arg(names())
}

fn dirname_options() -> Command {
    command("dirname", DIRNAME.summary)
        .arg(flag("zero", 'z', "End each path with NUL"))
        .arg(names())
}

fn names() -> Arg {
    Arg::new("NAME").num_args(1..).required(true).value_parser(clap::value_parser!(OsString))
}

fn basename(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut names = operands(matches, "NAME");
    let mut suffix = bytes(matches, "suffix");
    if suffix.is_none() && !matches.get_flag("multiple") {
        if names.len() > 2 {
            return Err(Error::usage("one NAME and one SUFFIX are wanted").hint("-a takes several"));
        }
        suffix = names.get(1).copied();
        names.truncate(1);
    }
    print(names.into_iter().map(|name| last_part(name, suffix)), matches, io)
}

fn dirname(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    print(operands(matches, "NAME").into_iter().map(all_but_last_part), matches, io)
}

fn print<'a>(
    parts: impl Iterator<Item = &'a [u8]>,
    matches: &ArgMatches,
    io: &mut Io,
) -> Result<Exit> {
    let end: &[u8] = if matches.get_flag("zero") { b"\0" } else { b"\n" };
    for part in parts {
        io.stdout.write_name(part)?;
        io.stdout.write_all(end)?;
    }
    Ok(Exit::OK)
}

fn without_slashes(path: &[u8]) -> &[u8] {
    &path[..path.iter().rposition(|b| *b != b'/').map_or(0, |last| last + 1)]
}

fn last_part<'a>(path: &'a [u8], suffix: Option<&[u8]>) -> &'a [u8] {
    let whole = without_slashes(path);
    if whole.is_empty() {
        return &path[..path.len().min(1)];
    }
    let name = &whole[memchr::memrchr(b'/', whole).map_or(0, |slash| slash + 1)..];
    let stem = suffix.and_then(|suffix| name.strip_suffix(suffix));
    stem.filter(|stem| !stem.is_empty()).unwrap_or(name)
}

fn all_but_last_part(path: &[u8]) -> &[u8] {
    let whole = without_slashes(path);
    match memchr::memrchr(b'/', whole) {
        _ if whole.is_empty() && !path.is_empty() => b"/",
        None => b".",
        Some(slash) => match without_slashes(&whole[..slash]) {
            b"" => b"/",
            parent => parent,
        },
    }
}
