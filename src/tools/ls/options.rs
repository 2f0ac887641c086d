//! The flags of `ls`.

use super::TOOL;
use crate::error::Result;
use crate::output::Io;
use crate::tools::args::{command, files, flag, json_flag, short_flag};
use clap::{Arg, ArgAction, ArgMatches, Command};

/// Which names are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// None that begins with a dot.
    Plain,
    /// All but `.` and `..`.
    AlmostAll,
    /// All.
    All,
}

/// What names are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Name,
    Size,
    Time,
    Extension,
    Directory,
}

/// Which time of a file is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Modified,
    Changed,
    Accessed,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeStyle {
    Locale,
    FullIso,
    LongIso,
    Iso,
}

/// The form of the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Lines,
    Columns,
    Long,
    Json,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) shown: Shown,
    pub(super) sort: Sort,
    pub(super) clock: Clock,
    pub(super) style: TimeStyle,
    pub(super) layout: Layout,
    pub(super) directories_themselves: bool,
    pub(super) classify: bool,
    pub(super) human: bool,
    pub(super) inode: bool,
    pub(super) numeric: bool,
    pub(super) recursive: bool,
    pub(super) reverse: bool,
    pub(super) blocks: bool,
    pub(super) colour: bool,
}

const SORTS: [&str; 4] = ["sort-size", "sort-time", "sort-extension", "unsorted"];

pub(super) fn command_line() -> Command {
    let sort = |short, id, help| short_flag(short, id, help).overrides_with_all(SORTS);
    command("ls", TOOL.summary)
        .after_help("Times are shown in UTC; names on a terminal with control characters escaped.")
        .arg(short_flag('1', "lines", "One name a line").overrides_with("columns"))
        .arg(flag("all", 'a', "Names that begin with a dot, too"))
        .arg(flag("almost-all", 'A', "As -a, without . and .."))
        .arg(short_flag('C', "columns", "Names in columns").overrides_with("lines"))
        .arg(short_flag('c', "changed", "Change of status instead of modification"))
        .arg(flag("directory", 'd', "Directories themselves, not what is in them"))
        .arg(flag("classify", 'F', "Append one of */=@| to names"))
        .arg(flag("full-time", None, "As -l --time-style=full-iso"))
        .arg(flag("human-readable", 'h', "With -l and -s: sizes as 1.5K or 23M"))
        .arg(flag("inode", 'i', "The inode number of each file"))
        .arg(short_flag('l', "long", "Modes, links, owners, sizes, times"))
        .arg(flag("numeric-uid-gid", 'n', "As -l, with numbers for owners"))
        .arg(flag("recursive", 'R', "Directories below, too"))
        .arg(flag("reverse", 'r', "The other way round"))
        .arg(sort('S', SORTS[0], "Largest first"))
        .arg(flag("size", 's', "The allocated size of each file, in KiB"))
        .arg(sort('t', SORTS[1], "Newest first"))
        .arg(sort('X', SORTS[2], "By what follows the last dot"))
        .arg(sort('U', SORTS[3], "As the directory has them; needs the least memory"))
        .arg(short_flag('u', "accessed", "Last access instead of modification"))
        .arg(
            Arg::new("color")
                .long("color")
                .value_name("WHEN")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("always")
                .value_parser(["always", "auto", "never"])
                .help("Colour names by type"),
        )
        .arg(
            Arg::new("time-style")
                .long("time-style")
                .value_name("STYLE")
                .action(ArgAction::Set)
                .value_parser(["full-iso", "long-iso", "iso", "locale"])
                .help("How -l shows times"),
        )
        .arg(json_flag())
        .arg(files())
}

impl Options {
    pub(super) fn new(matches: &ArgMatches, io: &Io) -> Result<Options> {
        let is = |id: &str| matches.get_flag(id);
        let word = |id: &str| matches.get_one::<String>(id).map(String::as_str);
        let long = is("long") || is("numeric-uid-gid") || is("full-time");
        let layout = match () {
            () if is("json") => Layout::Json,
            () if long => Layout::Long,
            () if is("columns") || io.width.is_some() && !is("lines") => Layout::Columns,
            () => Layout::Lines,
        };
        let clock = match () {
            () if is("accessed") => Clock::Accessed,
            () if is("changed") => Clock::Changed,
            () => Clock::Modified,
        };
        let sort = match () {
            () if is("sort-size") => Sort::Size,
            () if is("sort-time") => Sort::Time,
            () if is("sort-extension") => Sort::Extension,
            () if is("unsorted") => Sort::Directory,
            // As GNU has it: -c and -u alone sort by their time, with -l they only show it.
            () if clock != Clock::Modified && !long => Sort::Time,
            () => Sort::Name,
        };
        Ok(Options {
            shown: match () {
                () if is("all") => Shown::All,
                () if is("almost-all") => Shown::AlmostAll,
                () => Shown::Plain,
            },
            sort,
            clock,
            style: match word("time-style") {
                Some("full-iso") => TimeStyle::FullIso,
                Some("long-iso") => TimeStyle::LongIso,
                Some("iso") => TimeStyle::Iso,
                Some(_) => TimeStyle::Locale,
                None if is("full-time") => TimeStyle::FullIso,
                None => TimeStyle::Locale,
            },
            layout,
            directories_themselves: is("directory"),
            classify: is("classify"),
            human: is("human-readable"),
            inode: is("inode"),
            numeric: is("numeric-uid-gid"),
            recursive: is("recursive"),
            reverse: is("reverse"),
            blocks: is("size"),
            colour: match word("color") {
                Some("always") => true,
                Some("never") => false,
                _ => io.colour,
            },
        })
    }

    /// Whether rows must carry what lstat tells. JSON asks for it one row at a time, when it prints.
    pub(super) fn needs_stat(&self) -> bool {
        let printed = self.layout == Layout::Long || self.blocks || self.colour || self.classify;
        printed && self.layout != Layout::Json || matches!(self.sort, Sort::Size | Sort::Time)
    }

    /// Whether rows can be printed as they are read.
    pub(super) fn streams(&self) -> bool {
        self.sort == Sort::Directory && matches!(self.layout, Layout::Lines | Layout::Json)
    }
}
