//! The flags of `ls`.

use super::TOOL;
use super::quoting::Quoting;
use crate::error::Result;
use crate::output::Io;
use crate::tools::args::{command, files, flag, json_flag, number, operands, option, short_flag};
use clap::builder::PossibleValuesParser;
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
    Version,
    Width,
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
    Across,
    Commas,
    Long,
    Json,
}

/// Which links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follow {
    Never,
    /// Operands that lead to directories.
    Directories,
    Operands,
    Always,
}

/// What stands behind names to tell what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Marks {
    None,
    Slash,
    FileType,
    Classify,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) shown: Shown,
    pub(super) sort: Sort,
    pub(super) clock: Clock,
    pub(super) style: TimeStyle,
    pub(super) layout: Layout,
    pub(super) directories_themselves: bool,
    pub(super) directories_first: bool,
    pub(super) follow: Follow,
    pub(super) marks: Marks,
    pub(super) quoting: Quoting,
    pub(super) human: bool,
    pub(super) owner: bool,
    pub(super) group: bool,
    pub(super) context: bool,
    /// Names that match one of these are not listed.
    pub(super) ignored: Vec<Vec<u8>>,
    /// Likewise, unless -a or -A is given.
    pub(super) hidden: Vec<Vec<u8>>,
    pub(super) width: Option<usize>,
    /// Columns between the stops of tabs; 0 for no tabs.
    pub(super) tab: usize,
    pub(super) zero: bool,
    pub(super) inode: bool,
    pub(super) numeric: bool,
    pub(super) recursive: bool,
    pub(super) reverse: bool,
    pub(super) blocks: bool,
    pub(super) colour: bool,
}

/// Of each of these groups the last one given counts.
const SORTS: [&str; 6] =
    ["sort-size", "sort-time", "sort-extension", "sort-version", "unsorted", "sort"];
const LAYOUTS: [&str; 6] = ["lines", "columns", "across", "commas", "long", "format"];
const QUOTINGS: [&str; 5] =
    ["literal", "hide-control-chars", "quote-name", "escape", "quoting-style"];
const MARKS: [&str; 4] = ["classify", "file-type", "slash", "indicator-style"];
const FOLLOWS: [&str; 3] =
    ["dereference", "dereference-command-line", "dereference-command-line-symlink-to-dir"];

pub(super) fn command_line() -> Command {
    let one_of = |group: &'static [&'static str]| move |arg: Arg| arg.overrides_with_all(group);
    let sort = |short, id, help| one_of(&SORTS)(short_flag(short, id, help));
    let layout = |short, id, help| one_of(&LAYOUTS)(short_flag(short, id, help));
    let word = |long: &'static str, name: &'static str, words: &'static [&'static str]| {
        Arg::new(long).long(long).value_name(name).value_parser(PossibleValuesParser::new(words))
    };
    let globs = |long, short: Option<char>, help| {
        option(long, short, "GLOB", help).action(ArgAction::Append)
    };
    command("ls", TOOL.summary)
        .after_help("Times are shown in UTC; names on a terminal with control characters escaped.")
        // Behind -l it has no effect.
        .arg(short_flag('1', "lines", "One name a line").overrides_with_all(&LAYOUTS[1..4]))
        .arg(flag("all", 'a', "Names that begin with a dot, too"))
        .arg(flag("almost-all", 'A', "As -a, without . and .."))
        .arg(flag("ignore-backups", 'B', "No names that end in ~"))
        .arg(one_of(&QUOTINGS)(flag("escape", 'b', "Escapes of C for what can't be printed")))
        .arg(layout('C', "columns", "Names in columns"))
        .arg(short_flag('c', "changed", "Change of status instead of modification"))
        .arg(flag("directory", 'd', "Directories themselves, not what is in them"))
        .arg(one_of(&MARKS)(flag("classify", 'F', "Append one of */=@| to names")))
        .arg(one_of(&MARKS)(flag("file-type", None, "As -F, without *")))
        .arg(short_flag('f', "raw", "As -a -U"))
        .arg(flag("full-time", None, "As -l --time-style=full-iso"))
        .arg(short_flag('g', "no-owner", "As -l, without owners"))
        .arg(flag("no-group", 'G', "With -l: no groups"))
        .arg(flag("group-directories-first", None, "Directories in front of files"))
        .arg(one_of(&FOLLOWS)(flag(FOLLOWS[1], 'H', "Operands that are links: what they lead to")))
        .arg(one_of(&FOLLOWS)(flag(FOLLOWS[2], None, "Likewise, if it is a directory")))
        .arg(flag("human-readable", 'h', "With -l and -s: sizes as 1.5K or 23M"))
        .arg(globs("hide", None, "No names that match, unless with -a or -A"))
        .arg(globs("ignore", Some('I'), "No names that match"))
        .arg(one_of(&MARKS)(word(
            "indicator-style",
            "WORD",
            &["none", "slash", "file-type", "classify"],
        )))
        .arg(flag("inode", 'i', "The inode number of each file"))
        .arg(flag("kibibytes", 'k', "Allocated sizes in KiB: so they are anyway"))
        .arg(one_of(&FOLLOWS)(flag("dereference", 'L', "What links lead to")))
        .arg(
            short_flag('l', "long", "Modes, links, owners, sizes, times")
                .overrides_with_all(&LAYOUTS[1..]),
        )
        .arg(layout('m', "commas", "Names with commas between"))
        .arg(one_of(&QUOTINGS)(flag("literal", 'N', "Names as they are: so they are anyway")))
        .arg(flag("numeric-uid-gid", 'n', "As -l, with numbers for owners"))
        .arg(short_flag('o', "no-group-long", "As -l, without groups"))
        .arg(one_of(&MARKS)(short_flag('p', "slash", "Append / to directories")))
        .arg(one_of(&QUOTINGS)(flag("quote-name", 'Q', "Names in double quotes, as C has them")))
        .arg(one_of(&QUOTINGS)(flag("hide-control-chars", 'q', "? for what can't be printed")))
        .arg(
            one_of(&QUOTINGS)(word("quoting-style", "WORD", &["literal", "c", "escape"]))
                .help("How names are written"),
        )
        .arg(flag("recursive", 'R', "Directories below, too"))
        .arg(flag("reverse", 'r', "The other way round"))
        .arg(sort('S', SORTS[0], "Largest first"))
        .arg(flag("size", 's', "The allocated size of each file, in KiB"))
        .arg(sort('t', SORTS[1], "Newest first"))
        .arg(number("tabsize", 'T', "Tabs stop at every Nth column; 0 for no tabs"))
        .arg(sort('X', SORTS[2], "By what follows the last dot"))
        .arg(layout('x', "across", "Names in columns, in order across"))
        .arg(sort('v', SORTS[3], "By the numbers within: a-2, a-10"))
        .arg(sort('U', SORTS[4], "As the directory has them; needs the least memory"))
        .arg(one_of(&SORTS)(word(
            "sort",
            "WORD",
            &["none", "size", "time", "version", "extension", "name", "width"],
        )))
        .arg(short_flag('u', "accessed", "Last access instead of modification"))
        .arg(word("time", "WORD", &["atime", "access", "use", "ctime", "status", "mtime"]))
        .arg(one_of(&LAYOUTS)(word(
            "format",
            "WORD",
            &["across", "horizontal", "commas", "long", "verbose", "single-column", "vertical"],
        )))
        .arg(number("width", 'w', "Lines of N columns; 0 for no end"))
        .arg(flag("context", 'Z', "The security context of each file"))
        .arg(flag("zero", None, "End each name with NUL, and write it as it is"))
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
        let number = |id: &str| matches.get_one::<u64>(id).map(|n| *n as usize);
        let all = |id: &str| -> Vec<Vec<u8>> {
            operands(matches, id).into_iter().map(<[u8]>::to_vec).collect()
        };
        let layout = layout(matches, io);
        let clock = match word("time") {
            Some("mtime") => Clock::Modified,
            Some("ctime" | "status") => Clock::Changed,
            Some(_) => Clock::Accessed,
            None if is("accessed") => Clock::Accessed,
            None if is("changed") => Clock::Changed,
            None => Clock::Modified,
        };
        let follow = match () {
            () if is("dereference") => Follow::Always,
            () if is(FOLLOWS[1]) => Follow::Operands,
            () if is(FOLLOWS[2]) => Follow::Directories,
            () => Follow::Never,
        };
        let mut ignored = all("ignore");
        ignored.extend(is("ignore-backups").then(|| b"*~".to_vec()));
        Ok(Options {
            shown: match () {
                () if is("all") || is("raw") => Shown::All,
                () if is("almost-all") => Shown::AlmostAll,
                () => Shown::Plain,
            },
            sort: sort(matches, clock, layout),
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
            directories_first: is("group-directories-first"),
            follow,
            marks: match word("indicator-style") {
                Some("none") => Marks::None,
                Some("slash") => Marks::Slash,
                Some("file-type") => Marks::FileType,
                Some(_) => Marks::Classify,
                None if is("classify") => Marks::Classify,
                None if is("file-type") => Marks::FileType,
                None if is("slash") => Marks::Slash,
                None => Marks::None,
            },
            quoting: match word("quoting-style") {
                Some("c") => Quoting::C,
                Some("escape") => Quoting::Escape,
                _ if is("escape") => Quoting::Escape,
                _ if is("quote-name") => Quoting::C,
                _ if is("hide-control-chars") => Quoting::Hidden,
                _ => Quoting::Literal,
            },
            human: is("human-readable"),
            owner: !is("no-owner"),
            group: !(is("no-group") || is("no-group-long")),
            context: is("context"),
            ignored,
            hidden: all("hide"),
            width: number("width"),
            tab: number("tabsize").unwrap_or(8),
            zero: is("zero"),
            inode: is("inode"),
            numeric: is("numeric-uid-gid"),
            recursive: is("recursive"),
            reverse: is("reverse"),
            blocks: is("size"),
            colour: match word("color") {
                _ if is("zero") => false,
                Some("always") => true,
                Some("never") => false,
                _ => io.colour,
            },
        })
    }

    /// Whether rows must carry what lstat tells. JSON asks for it one row at a time, when it prints.
    pub(super) fn needs_stat(&self) -> bool {
        let printed = self.layout == Layout::Long
            || self.blocks
            || self.colour
            || self.marks == Marks::Classify;
        printed && self.layout != Layout::Json
            || matches!(self.sort, Sort::Size | Sort::Time)
            || self.follow == Follow::Always
                && (self.recursive || self.marks != Marks::None || self.directories_first)
    }

    /// Whether rows must carry what a link leads to.
    pub(super) fn needs_link_mode(&self) -> bool {
        self.directories_first || self.layout == Layout::Long && self.marks >= Marks::FileType
    }

    /// Whether rows can be printed as they are read.
    pub(super) fn streams(&self) -> bool {
        self.sort == Sort::Directory && matches!(self.layout, Layout::Lines | Layout::Json)
    }

    /// What ends a name that stands on a line of its own.
    pub(super) fn end(&self) -> &'static [u8] {
        if self.zero { b"\0" } else { b"\n" }
    }
}

fn layout(matches: &ArgMatches, io: &Io) -> Layout {
    let is = |id: &str| matches.get_flag(id);
    let long = ["long", "numeric-uid-gid", "full-time", "no-owner", "no-group-long"];
    match matches.get_one::<String>("format").map(String::as_str) {
        _ if is("json") => Layout::Json,
        Some("across" | "horizontal") => Layout::Across,
        Some("commas") => Layout::Commas,
        Some("long" | "verbose") => Layout::Long,
        Some("vertical") => Layout::Columns,
        Some(_) => Layout::Lines,
        None if long.iter().any(|id| is(id)) => Layout::Long,
        None if is("across") => Layout::Across,
        None if is("commas") => Layout::Commas,
        None if is("zero") => Layout::Lines,
        None if is("columns") || io.width.is_some() && !is("lines") => Layout::Columns,
        None => Layout::Lines,
    }
}

fn sort(matches: &ArgMatches, clock: Clock, layout: Layout) -> Sort {
    let is = |id: &str| matches.get_flag(id);
    match matches.get_one::<String>("sort").map(String::as_str) {
        Some("size") => Sort::Size,
        Some("time") => Sort::Time,
        Some("version") => Sort::Version,
        Some("extension") => Sort::Extension,
        Some("width") => Sort::Width,
        Some("none") => Sort::Directory,
        Some(_) => Sort::Name,
        None if is("sort-size") => Sort::Size,
        None if is("sort-time") => Sort::Time,
        None if is("sort-extension") => Sort::Extension,
        None if is("sort-version") => Sort::Version,
        None if is("unsorted") || is("raw") => Sort::Directory,
        // As GNU has it: -c and -u alone sort by their time, with -l they only show it.
        None if clock != Clock::Modified && layout != Layout::Long => Sort::Time,
        None => Sort::Name,
    }
}
