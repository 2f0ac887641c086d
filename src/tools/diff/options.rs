//! What was asked for.

use super::names;
use super::show::Style;
use crate::error::{Error, Result};
use crate::output::Io;
use crate::tools::args::{bytes, command as tool_command, files, flag, number, option, short_flag};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Everything but the files.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) brief: bool,
    pub(super) tells_identical: bool,
    pub(super) text: bool,
    pub(super) recursive: bool,
    /// Files that are not there count as empty.
    pub(super) absent_is_empty: bool,
    pub(super) ignored: Ignored,
    pub(super) style: Style,
    pub(super) colour: bool,
    /// The options as they were typed, each with a space in front.
    pub(super) typed: Vec<u8>,
}

/// What makes no difference.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ignored {
    pub(super) case: bool,
    pub(super) space: Space,
    pub(super) blank_lines: bool,
}

/// Which white space makes no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    Counts,
    /// At the end of a line.
    Trailing,
    /// How much of it there is.
    Amount,
    All,
}

pub(super) fn command() -> Command {
    tool_command("diff", super::TOOL.summary)
        .after_help(
            "FILE - is stdin; of a folder and a file, the file of that name in the folder is taken. Files of up to 64 MiB \
             are held in memory. Ends with 0 when they are the same, 1 when they differ, 2 when they can't be compared. \
             Parts that have some thousand changes are shown as one.",
        )
        .arg(flag("text", 'a', "Compare binary files line by line, too"))
        .arg(flag("ignore-space-change", 'b', "How much white space there is makes no difference"))
        .arg(flag("ignore-blank-lines", 'B', "Lines that are empty make no difference"))
        .arg(short_flag('c', "context-form", "Changes with 3 lines around them, old and new apart"))
        .arg(number("context", 'C', "As -c with N lines"))
        .arg(flag("ignore-case", 'i', "Letters of ASCII are the same in either case"))
        .arg(flag("new-file", 'N', "Files that are not there count as empty"))
        .arg(flag("brief", 'q', "Only say that files differ"))
        .arg(flag("recursive", 'r', "Compare folders with all that is in them"))
        .arg(flag("report-identical-files", 's', "Say also that files are the same"))
        .arg(short_flag('u', "unified-form", "Changes with 3 lines around them"))
        .arg(number("unified", 'U', "Changes with N lines around them"))
        .arg(flag("ignore-all-space", 'w', "White space makes no difference"))
        .arg(flag("ignore-trailing-space", 'Z', "White space at the ends of lines makes no difference"))
        .arg(
            Arg::new("color")
                .long("color")
                .visible_alias("colour")
                .value_name("WHEN")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("auto")
                .value_parser(["always", "never", "auto"])
                .help("Colour: always, never or auto (on a terminal; without the option, never)"),
        )
        .arg(option("typed", None, "OPTIONS", "The options as typed").hide(true))
        .arg(files().num_args(2).required(true))
}

/// Puts the options in front once more as one word, for the lines that tell which files of a tree follow.
pub(super) fn rewrite(mut words: Vec<OsString>) -> Vec<OsString> {
    let (mut typed, mut is_value) = (Vec::new(), false);
    for word in words.iter().take_while(|word| *word != "--") {
        let word = word.as_bytes();
        if is_value || word.len() > 1 && word.starts_with(b"-") {
            typed.push(b' ');
            typed.extend(names::shell_quoted(word));
        }
        // The last letter takes the next word.
        let takes = matches!(word, [b'-', letters @ .., b'U' | b'C'] if !letters.starts_with(b"-"));
        is_value = !is_value && (takes || matches!(word, b"--unified" | b"--context"));
    }
    if !typed.is_empty() {
        let mut word = b"--typed=".to_vec();
        word.extend(typed);
        words.insert(0, OsString::from_vec(word));
    }
    words
}

impl Options {
    pub(super) fn new(matches: &ArgMatches, io: &Io) -> Result<Options> {
        let is = |id: &str| matches.get_flag(id);
        let space = match () {
            () if is("ignore-all-space") => Space::All,
            () if is("ignore-space-change") => Space::Amount,
            () if is("ignore-trailing-space") => Space::Trailing,
            () => Space::Counts,
        };
        Ok(Options {
            brief: is("brief"),
            tells_identical: is("report-identical-files"),
            text: is("text"),
            recursive: is("recursive"),
            absent_is_empty: is("new-file"),
            ignored: Ignored {
                case: is("ignore-case"),
                space,
                blank_lines: is("ignore-blank-lines"),
            },
            style: style(matches)?,
            colour: match matches.get_one::<String>("color").map(String::as_str) {
                Some("always") => true,
                Some("auto") => io.colour,
                _ => false,
            },
            typed: bytes(matches, "typed").unwrap_or_default().to_vec(),
        })
    }
}

fn style(matches: &ArgMatches) -> Result<Style> {
    let around = |form: &str, long: &str| match matches.get_one::<u64>(long) {
        Some(around) => Some(usize::try_from(*around).unwrap_or(usize::MAX)),
        None => matches.get_flag(form).then_some(3),
    };
    match (around("unified-form", "unified"), around("context-form", "context")) {
        (Some(_), Some(_)) => Err(Error::usage("-u and -c are two forms: give one of them")),
        (Some(around), None) => Ok(Style::Unified(around)),
        (None, Some(around)) => Ok(Style::Context(around)),
        (None, None) => Ok(Style::Normal),
    }
}
