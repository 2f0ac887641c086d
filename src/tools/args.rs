//! What the command lines of all tools have in common.

use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A tool's command line: `--help` is there, `-h` is free for the tool, unknown options end in exit code 2.
pub(super) fn command(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args_override_self(true)
        .max_term_width(100)
        .arg(Arg::new("help").long("help").action(ArgAction::Help).help("Print this help"))
}

/// The `--json` of every tool that reports facts.
pub(super) fn json_flag() -> Arg {
    flag("json", None, "Print JSON, as `dbg schema` describes it")
}

/// An option without a value: `--long`, and `-s` where `short` is given.
pub(super) fn flag(long: &'static str, short: impl Into<Option<char>>, help: &'static str) -> Arg {
    let arg = Arg::new(long).long(long).action(ArgAction::SetTrue).help(help);
    match short.into() {
        Some(short) => arg.short(short),
        None => arg,
    }
}

/// A flag that has only its short form: `-x`.
pub(super) fn short_flag(short: char, id: &'static str, help: &'static str) -> Arg {
    Arg::new(id).short(short).action(ArgAction::SetTrue).help(help)
}

/// Any number of files.
pub(super) fn files() -> Arg {
    Arg::new("FILE").num_args(0..).value_parser(clap::value_parser!(PathBuf))
}

/// The files given, or `default` when there are none.
pub(super) fn files_or(matches: &ArgMatches, default: &str) -> Vec<PathBuf> {
    match matches.get_many::<PathBuf>("FILE") {
        Some(files) => files.cloned().collect(),
        None => vec![PathBuf::from(default)],
    }
}

/// Another process than the main one, as the target numbers it.
pub(super) fn pid() -> Arg {
    Arg::new("pid")
        .long("pid")
        .short('p')
        .value_name("PID")
        .value_parser(clap::value_parser!(i32))
        .help("Of this process instead")
}

/// Some processes, as the target numbers them: `-p 1,7`.
pub(super) fn pids(help: &'static str) -> Arg {
    Arg::new("pid")
        .long("pid")
        .short('p')
        .value_name("PIDS")
        .value_delimiter(',')
        .value_parser(clap::value_parser!(i32))
        .action(ArgAction::Append)
        .help(help)
}

/// An option with a value of any bytes: `--long VALUE`, and `-s VALUE` where `short` is given.
pub(super) fn option(
    long: &'static str,
    short: impl Into<Option<char>>,
    value: &'static str,
    help: &'static str,
) -> Arg {
    let arg = Arg::new(long)
        .long(long)
        .value_name(value)
        .value_parser(clap::value_parser!(OsString))
        .allow_hyphen_values(true)
        .help(help);
    match short.into() {
        Some(short) => arg.short(short),
        None => arg,
    }
}

/// An option with a number: `--long N`, and `-s N` where `short` is given.
pub(super) fn number(
    long: &'static str,
    short: impl Into<Option<char>>,
    help: &'static str,
) -> Arg {
    option(long, short, "N", help).allow_hyphen_values(false).value_parser(clap::value_parser!(u64))
}

/// The bytes given for [`option`].
pub(super) fn bytes<'a>(matches: &'a ArgMatches, id: &str) -> Option<&'a [u8]> {
    matches.get_one::<OsString>(id).map(|value| value.as_bytes())
}

/// The operands called `id`, as bytes.
pub(super) fn operands<'a>(matches: &'a ArgMatches, id: &str) -> Vec<&'a [u8]> {
    let values = matches.get_many::<OsString>(id);
    values.map(|values| values.map(|value| value.as_bytes()).collect()).unwrap_or_default()
}

/// `bytes` as a word of the command line.
pub(super) fn os(bytes: &[u8]) -> &std::ffi::OsStr {
    OsStrExt::from_bytes(bytes)
}
