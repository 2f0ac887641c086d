//! `uniq`: leaves out lines that repeat the line above.

use super::Tool;
use super::args::{command, flag, number, os, short_flag};
use super::input::Input;
use super::records::{Records, trimmed};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, quote};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

pub(super) const TOOL: Tool = Tool {
    name: "uniq",
    aliases: &[],
    summary: "Leave out repeated lines, or count them",
    examples: &[
        (
            "grep -o 'status=[0-9]*' /var/log/app.log | sort | uniq -c",
            "How many answers of each status",
        ),
        ("sort /var/log/app.log | uniq -c | sort -rn | head", "Which lines are repeated most"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("uniq", TOOL.summary)
        .after_help("INPUT - is stdin. Only lines that follow each other are compared: sort first.")
        .arg(flag("count", 'c', "How often each line stands there"))
        .arg(flag("repeated", 'd', "Only lines that are repeated"))
        .arg(short_flag('D', "all-repeated-plain", "All lines that are repeated"))
        .arg(
            Arg::new("all-repeated")
                .long("all-repeated")
                .value_name("METHOD")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("none")
                .value_parser(["none", "prepend", "separate"])
                .help("As -D, with an empty line in front of groups or between them"),
        )
        .arg(
            Arg::new("group")
                .long("group")
                .value_name("METHOD")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("separate")
                .value_parser(["separate", "prepend", "append", "both"])
                .conflicts_with_all([
                    "count",
                    "repeated",
                    "unique",
                    "all-repeated",
                    "all-repeated-plain",
                ])
                .help("All lines, with empty lines around groups"),
        )
        .arg(flag("unique", 'u', "Only lines that are not"))
        .arg(flag("ignore-case", 'i', "Letters of ASCII are compared in either case"))
        .arg(number("skip-fields", 'f', "The first N fields do not count"))
        .arg(number("skip-chars", 's', "The first N bytes do not count"))
        .arg(number("check-chars", 'w', "At most N bytes count"))
        .arg(flag("zero-terminated", 'z', "Lines end with NUL"))
        .arg(
            Arg::new("FILE")
                .num_args(0..=2)
                .value_names(["INPUT", "OUTPUT"])
                .value_parser(clap::value_parser!(OsString))
                .help("Where to read, and with --write where to write"),
        )
}

/// What of a line is compared, and which lines are printed.
struct Uniq {
    fields: usize,
    skipped: usize,
    checked: usize,
    ignore_case: bool,
    delimiter: u8,
    count: bool,
    singles: bool,
    repeated: bool,
    /// Whether every line of a group is printed, and where empty lines stand.
    all: Option<Empty>,
}

/// Where empty lines stand: in front of every group, between them, behind every group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Empty {
    None,
    Before,
    Between,
    Behind,
    Around,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let at_most = |id, default| {
        matches.get_one::<u64>(id).map_or(default, |n| usize::try_from(*n).unwrap_or(usize::MAX))
    };
    let word = |id: &str| matches.get_one::<String>(id).map(String::as_str);
    let group = word("group");
    let plain = matches.get_flag("all-repeated-plain").then_some("none");
    let all = group.or(word("all-repeated")).or(plain).map(|method| match method {
        "prepend" => Empty::Before,
        "separate" => Empty::Between,
        "append" => Empty::Behind,
        "both" => Empty::Around,
        _ => Empty::None,
    });
    if all.is_some() && matches.get_flag("count") {
        return Err(Error::usage("-c counts groups: it does not go with all their lines"));
    }
    let uniq = Uniq {
        fields: at_most("skip-fields", 0),
        skipped: at_most("skip-chars", 0),
        checked: at_most("check-chars", usize::MAX),
        ignore_case: matches.get_flag("ignore-case"),
        delimiter: if matches.get_flag("zero-terminated") { 0 } else { b'\n' },
        count: matches.get_flag("count"),
        singles: !matches.get_flag("repeated") && all.is_none() || group.is_some(),
        repeated: !matches.get_flag("unique"),
        all,
    };
    let operands = super::args::operands(matches, "FILE");
    let input = Path::new(os(operands.first().copied().unwrap_or(b"-")));
    let Some(input) = Input::open(view, input, io) else { return Ok(Exit::FAILURE) };
    let records = Records::new(input, uniq.delimiter);
    match operands.get(1).filter(|path| **path != b"-") {
        None => {
            uniq.run(records, io, |io, bytes| Ok(io.stdout.write_text(bytes)?))?;
            io.stdout.end_text()?;
        }
        Some(path) => {
            let path = Path::new(os(path));
            view.may_write_file(path)?;
            let mut file = std::io::BufWriter::new(view.root()?.create(path, false)?);
            uniq.run(records, io, |_, bytes| file.write_all(bytes).context(|| quote(path)))?;
            file.flush().map_err(Error::from).context(|| quote(path))?;
        }
    }
    Ok(io.exit())
}

impl Uniq {
    fn run(
        &self,
        mut records: Records,
        io: &mut Io,
        mut write: impl FnMut(&mut Io, &[u8]) -> Result<()>,
    ) -> Result<()> {
        if let Some(empty) = self.all {
            return self.groups(empty, records, io, write);
        }
        let (mut held, mut count) = (Vec::new(), 0u64);
        loop {
            let record = records.next(io)?;
            let line = record.map(|record| trimmed(record, self.delimiter));
            if count > 0 && line.is_some_and(|line| self.same(&held, line)) {
                count += 1;
                continue;
            }
            let line = line.map(<[u8]>::to_vec);
            let is_wanted = if count > 1 { self.repeated } else { self.singles };
            if count > 0 && is_wanted {
                if self.count {
                    write(io, format!("{count:>7} ").as_bytes())?;
                }
                held.push(self.delimiter);
                write(io, &held)?;
            }
            let Some(line) = line else { return Ok(()) };
            (held, count) = (line, 1);
        }
    }

    /// Prints all lines of groups.
    fn groups(
        &self,
        empty: Empty,
        mut records: Records,
        io: &mut Io,
        mut write: impl FnMut(&mut Io, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let end = [self.delimiter];
        // The line above, and whether it and its group were printed.
        let (mut above, mut printed): (Option<Vec<u8>>, bool) = (None, false);
        let mut any = false;
        loop {
            let record = records.next(io)?;
            let line = record.map(|record| trimmed(record, self.delimiter).to_vec());
            let is_same = above.as_ref().zip(line.as_ref()).is_some_and(|(a, b)| self.same(a, b));
            let starts = !is_same && self.singles || is_same && !printed && self.repeated;
            if !is_same && printed && matches!(empty, Empty::Behind | Empty::Around) {
                // Around groups one line stands between two of them.
                write(io, &end)?;
            }
            let Some(line) = line else { return Ok(()) };
            if starts {
                let before = match empty {
                    Empty::Before => true,
                    Empty::Between => any,
                    Empty::Around => !any,
                    _ => false,
                };
                if before {
                    write(io, &end)?;
                }
                if let (true, Some(first)) = (is_same, &above) {
                    write(io, &[first.as_slice(), &end].concat())?;
                }
                any = true;
            }
            printed = starts || is_same && printed;
            if printed {
                write(io, &[line.as_slice(), &end].concat())?;
            }
            above = Some(line);
        }
    }

    fn same(&self, a: &[u8], b: &[u8]) -> bool {
        let (a, b) = (self.compared(a), self.compared(b));
        if self.ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
    }

    fn compared<'a>(&self, mut line: &'a [u8]) -> &'a [u8] {
        let is_blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\n');
        for _ in 0..self.fields {
            if line.is_empty() {
                break;
            }
            line = &line[line.iter().take_while(is_blank).count()..];
            line = &line[line.iter().take_while(|b| !is_blank(b)).count()..];
        }
        line = line.get(self.skipped..).unwrap_or_default();
        &line[..line.len().min(self.checked)]
    }
}
