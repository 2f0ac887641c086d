//! `uniq`: leaves out lines that repeat the line above.

use super::Tool;
use super::args::{command, flag, number, os};
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
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let at_most = |id, default| {
        matches.get_one::<u64>(id).map_or(default, |n| usize::try_from(*n).unwrap_or(usize::MAX))
    };
    let uniq = Uniq {
        fields: at_most("skip-fields", 0),
        skipped: at_most("skip-chars", 0),
        checked: at_most("check-chars", usize::MAX),
        ignore_case: matches.get_flag("ignore-case"),
        delimiter: if matches.get_flag("zero-terminated") { 0 } else { b'\n' },
        count: matches.get_flag("count"),
        singles: !matches.get_flag("repeated"),
        repeated: !matches.get_flag("unique"),
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
            view.may_write(&format!("writing {}", quote(path)))?;
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
