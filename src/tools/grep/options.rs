//! What was asked for.

use super::matcher::Reading;
use super::print::Style;
use super::tree::{Links, Names};
use crate::error::{Error, Result, ResultExt};
use crate::output::Io;
use crate::tools::args::{flag, json_flag, short_flag};
use crate::tools::posix::Syntax;
use crate::view::View;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The most that is read of a file of patterns.
const LIMIT: u64 = 16 << 20;

/// Everything but the patterns and the files.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) reading: Reading,
    pub(super) invert: bool,
    /// Stop a file after so many lines.
    pub(super) most: Option<u64>,
    pub(super) count: bool,
    pub(super) list: Option<List>,
    pub(super) quiet: bool,
    pub(super) silent: bool,
    pub(super) before: Option<u64>,
    pub(super) after: Option<u64>,
    pub(super) binary: Binary,
    pub(super) recursive: Links,
    pub(super) names: Names,
    pub(super) print: Style,
    /// Whether lines are told as JSON.
    pub(super) json: bool,
    with_name: Option<bool>,
    operands: usize,
}

/// Whether names of files are printed instead of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    With,
    Without,
}

/// What is done with files that hold more than text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    /// Say that they match, and print nothing of them.
    Tell,
    Text,
    Skip,
}

pub(super) fn command() -> Command {
    let value = |long: &'static str, short: char, help: &'static str| {
        Arg::new(long).long(long).short(short).allow_hyphen_values(true).help(help)
    };
    let number = |long, short, help| {
        value(long, short, help).value_name("N").value_parser(value_parser!(i64))
    };
    let many = |arg: Arg, name: &'static str| {
        arg.value_name(name).action(ArgAction::Append).value_parser(value_parser!(OsString))
    };
    let long = |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help);
    crate::tools::command("grep", super::TOOL.summary)
        .override_usage("grep [OPTION]... PATTERN [FILE]...\n       grep [OPTION]... -e PATTERN -f FILE [FILE]...")
        .after_help("FILE - is stdin. -NUM is -C NUM. Exit code: 0 lines were selected, 1 none, 2 an error.")
        .arg(flag("extended-regexp", 'E', "Patterns are extended regular expressions").overrides_with_all(["fixed-strings", "basic-regexp"]))
        .arg(flag("fixed-strings", 'F', "Patterns are strings").overrides_with_all(["extended-regexp", "basic-regexp"]))
        .arg(flag("basic-regexp", 'G', "Patterns are basic regular expressions").overrides_with_all(["extended-regexp", "fixed-strings"]))
        .arg(many(value("regexp", 'e', "Search for this, and for every other -e"), "PATTERN"))
        .arg(many(value("file", 'f', "Search for the lines of this file"), "FILE"))
        .arg(flag("ignore-case", 'i', "Letters match in either case").overrides_with("no-ignore-case"))
        .arg(flag("no-ignore-case", None, "Undo -i").overrides_with("ignore-case"))
        .arg(flag("invert-match", 'v', "Select lines that do not match"))
        .arg(flag("word-regexp", 'w', "Match whole words only"))
        .arg(flag("line-regexp", 'x', "Match whole lines only"))
        .arg(flag("byte-offset", 'b', "Print at which byte of the file each line, or with -o each part, begins"))
        .arg(flag("initial-tab", 'T', "A tab in front of lines, so that tabs in them stay aligned"))
        .arg(flag("line-number", 'n', "Number the lines"))
        .arg(flag("count", 'c', "Print how many lines were selected"))
        .arg(flag("files-with-matches", 'l', "Print the names of files with selected lines").overrides_with("files-without-match"))
        .arg(flag("files-without-match", 'L', "Print the names of files without").overrides_with("files-with-matches"))
        .arg(flag("only-matching", 'o', "Print the parts that match, one a line"))
        .arg(flag("quiet", 'q', "Print nothing; stop at the first line selected").visible_alias("silent"))
        .arg(flag("no-messages", 's', "Say nothing about files that can't be read"))
        .arg(number("max-count", 'm', "Stop a file after N lines"))
        .arg(flag("recursive", 'r', "Search trees; links are followed only if they are operands"))
        .arg(flag("dereference-recursive", 'R', "Search trees, following links"))
        .arg(many(long("include", "In trees, search only these files"), "GLOB"))
        .arg(many(long("exclude", "Skip these files"), "GLOB"))
        .arg(many(long("exclude-dir", "Skip these directories"), "GLOB"))
        .arg(flag("no-filename", 'h', "Print no names of files").overrides_with("with-filename"))
        .arg(flag("with-filename", 'H', "Print the name of the file with each line").overrides_with("no-filename"))
        .arg(number("after-context", 'A', "Print N lines after those selected"))
        .arg(number("before-context", 'B', "Print N lines before those selected"))
        .arg(number("context", 'C', "Print N lines around those selected"))
        .arg(flag("text", 'a', "Treat binary files as text").overrides_with("without-binary"))
        .arg(short_flag('I', "without-binary", "Skip binary files").overrides_with("text"))
        .arg(json_flag().conflicts_with_all([
            "count", "files-with-matches", "files-without-match", "only-matching", "quiet", "after-context",
            "before-context", "context",
        ]))
        .arg(
            flag("perl-regexp", 'P', "Not supported: patterns are searched in linear time")
                .hide(true),
        )
        .arg(flag("null", 'Z', "End names of files with NUL"))
        .arg(flag("binary", 'U', "Files are read as they are: so they are anyway"))
        .arg(flag("line-buffered", None, "Write every line at once"))
        .arg(
            long("color", "Mark what matches: always, never or auto (on a terminal; the default)")
                .visible_alias("colour")
                .value_name("WHEN")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("auto")
                .value_parser(["always", "never", "auto"]),
        )
        .arg(Arg::new("WORD").num_args(0..).hide(true).value_parser(value_parser!(OsString)))
}

/// Rewrites `-5` as `-C 5`, unless it is the value of an option.
pub(super) fn rewrite(args: Vec<OsString>) -> Vec<OsString> {
    let (mut out, mut is_value, mut are_options) = (Vec::new(), false, true);
    for arg in args {
        let bytes = arg.as_bytes();
        are_options &= is_value || bytes != b"--";
        let digits = bytes.strip_prefix(b"-").unwrap_or_default();
        let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        if are_options && !is_value && is_number {
            out.extend(["-C".into(), OsString::from_vec(digits.to_vec())]);
            continue;
        }
        is_value = are_options && !is_value && takes_value(bytes);
        out.push(arg);
    }
    out
}

fn takes_value(option: &[u8]) -> bool {
    match option {
        [b'-', b'-', name @ ..] => matches!(
            name,
            b"regexp"
                | b"file"
                | b"max-count"
                | b"include"
                | b"exclude"
                | b"exclude-dir"
                | b"after-context"
                | b"before-context"
                | b"context"
        ),
        // The rest of a word behind such a letter is the value.
        [b'-', letters @ ..] => {
            letters.iter().position(|c| b"efmABC".contains(c)) == letters.len().checked_sub(1)
        }
        _ => false,
    }
}

impl Options {
    pub(super) fn new(matches: &ArgMatches, io: &Io) -> Options {
        let is = |id: &str| matches.get_flag(id);
        let number = |id: &str| matches.get_one::<i64>(id).map(|n| (*n).max(0).unsigned_abs());
        let context = |id: &str| number(id).or_else(|| number("context"));
        let colour = match matches.get_one::<String>("color").map(String::as_str) {
            Some("always") => true,
            Some("never") => false,
            _ => io.colour,
        };
        let recursive = match (is("dereference-recursive"), is("recursive")) {
            (true, _) => Links::Followed,
            (_, true) => Links::Skipped,
            _ => Links::NoTrees,
        };
        let with_name = match (is("with-filename"), is("no-filename")) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        Options {
            reading: reading(matches),
            invert: is("invert-match"),
            // GNU takes a negative number for no limit.
            most: matches.get_one::<i64>("max-count").and_then(|n| u64::try_from(*n).ok()),
            count: is("count"),
            list: match (is("files-with-matches"), is("files-without-match")) {
                (true, _) => Some(List::With),
                (_, true) => Some(List::Without),
                _ => None,
            },
            quiet: is("quiet"),
            silent: is("no-messages"),
            before: context("before-context"),
            after: context("after-context"),
            binary: match (is("text") || is("json"), is("without-binary")) {
                (true, _) => Binary::Text,
                (_, true) => Binary::Skip,
                _ => Binary::Tell,
            },
            recursive,
            names: Names::new(matches),
            print: Style {
                numbers: is("line-number") || is("json"),
                only_parts: is("only-matching"),
                colour,
                invert: is("invert-match"),
                nul: is("null"),
                offsets: is("byte-offset"),
                tab: is("initial-tab"),
            },
            json: is("json"),
            with_name: with_name.or(is("json").then_some(true)),
            operands: file_words(matches).count(),
        }
    }

    /// Whether lines carry the name of the file that is an operand, or is `in_tree`.
    pub(super) fn with_name(&self, in_tree: bool) -> bool {
        self.with_name.unwrap_or(in_tree || self.operands > 1)
    }

    /// Whether more than one line may be printed of a file.
    pub(super) fn prints_lines(&self) -> bool {
        !self.quiet && self.list.is_none() && self.most != Some(1)
    }
}

fn reading(matches: &ArgMatches) -> Reading {
    let is = |id: &str| matches.get_flag(id);
    Reading {
        syntax: match (is("extended-regexp"), is("fixed-strings")) {
            (true, _) => Syntax::Extended,
            (_, true) => Syntax::Fixed,
            _ => Syntax::Basic,
        },
        ignore_case: is("ignore-case"),
        whole_words: is("word-regexp"),
        whole_lines: is("line-regexp"),
    }
}

fn file_words(matches: &ArgMatches) -> impl Iterator<Item = &OsString> {
    let given = matches.contains_id("regexp") || matches.contains_id("file");
    matches.get_many::<OsString>("WORD").into_iter().flatten().skip(usize::from(!given))
}

/// The patterns, one a line of -e, of the files of -f, or of the first word; and the files.
pub(super) fn operands(
    view: &View,
    matches: &ArgMatches,
    io: &mut Io,
) -> Result<(Vec<Vec<u8>>, Vec<PathBuf>)> {
    if matches.get_flag("perl-regexp") {
        return Err(Error::usage("-P: Perl's regular expressions are not supported")
            .hint("-E takes extended ones, with \\w, \\s and \\b besides"));
    }
    let mut patterns = Vec::new();
    let lines = |text: &[u8]| text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    for text in matches.get_many::<OsString>("regexp").into_iter().flatten() {
        patterns.extend(lines(text.as_bytes()));
    }
    for path in matches.get_many::<OsString>("file").into_iter().flatten() {
        let text = pattern_file(view, Path::new(path), io)?;
        if !text.is_empty() {
            patterns.extend(lines(text.strip_suffix(b"\n").unwrap_or(&text)));
        }
    }
    if !matches.contains_id("regexp") && !matches.contains_id("file") {
        let first = matches.get_many::<OsString>("WORD").and_then(|mut words| words.next());
        let first = first.ok_or_else(|| {
            Error::usage("no pattern given").hint("grep PATTERN [FILE]...; `grep --help` has more")
        })?;
        patterns = lines(first.as_bytes());
    }
    let mut files: Vec<PathBuf> = file_words(matches).map(PathBuf::from).collect();
    if files.is_empty() {
        let trees = matches.get_flag("recursive") || matches.get_flag("dereference-recursive");
        files.push(if trees { PathBuf::new() } else { PathBuf::from("-") });
    }
    Ok((patterns, files))
}

fn pattern_file(view: &View, path: &Path, io: &mut Io) -> Result<Vec<u8>> {
    if path.as_os_str() != "-" {
        return view.root()?.read(path, LIMIT);
    }
    let mut text = Vec::new();
    io.stdin.try_clone()?.take(LIMIT + 1).read_to_end(&mut text).context(|| "stdin")?;
    match text.len() as u64 {
        0..=LIMIT => Ok(text),
        _ => Err(Error::new(format!("stdin: larger than {LIMIT} bytes"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_a_context_and_the_value_of_an_option_is_not() {
        let rewritten = |words: &[&str]| -> Vec<String> {
            let out = rewrite(words.iter().map(OsString::from).collect());
            out.into_iter().map(|word| word.into_string().unwrap()).collect()
        };
        assert_eq!(rewritten(&["-5", "x"]), ["-C", "5", "x"]);
        assert_eq!(rewritten(&["-ie", "-5", "-3"]), ["-ie", "-5", "-C", "3"]);
        assert_eq!(rewritten(&["-ex", "-5"]), ["-ex", "-C", "5"]);
        assert_eq!(rewritten(&["--", "-5"]), ["--", "-5"]);
        assert_eq!(rewritten(&["-e", "--", "-5"]), ["-e", "--", "-C", "5"]);
    }
}
