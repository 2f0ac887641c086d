//! `sort`: sorts lines, by bytes (the C locale) or as keys say.

mod compare;
mod key;

pub(super) use compare::version;

use super::args::{bytes, command, files, files_or, flag, option, short_flag};
use super::input::{CHUNK, Input};
use super::records::trimmed;
use super::{Tool, answered};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::view::{Needs, View};
use clap::{ArgAction, ArgMatches, Command};
use key::{Key, Order};
use std::cmp::Ordering;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

pub(super) const TOOL: Tool = Tool {
    name: "sort",
    aliases: &[],
    summary: "Sort lines",
    examples: &[
        ("du -a /var | sort -n | tail", "The largest files and folders stand last"),
        ("env | sort", "The environment in an order that can be compared"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

/// The most memory that is taken for lines: their bytes and [`PER_LINE`] for each.
const LIMIT: usize = 256 << 20;

/// What a line costs besides its bytes: its place, and as much again while sorting.
const PER_LINE: usize = 2 * size_of::<Line>();

/// The flags that say how keys are compared.
const ORDERS: [(&str, char, &str); 10] = [
    ("ignore-leading-blanks", 'b', "Blanks at the start of a key do not count"),
    ("dictionary-order", 'd', "Only blanks, letters and digits count"),
    ("ignore-case", 'f', "Lower case counts as upper case"),
    ("general-numeric-sort", 'g', "By numbers with exponents, as 1e3"),
    ("human-numeric-sort", 'h', "By sizes: 900, 2K, 1G"),
    ("ignore-nonprinting", 'i', "Only bytes that can be printed count"),
    ("month-sort", 'M', "By names of months"),
    ("numeric-sort", 'n', "By numbers"),
    ("reverse", 'r', "The other way round"),
    ("version-sort", 'V', "By the numbers within: a-2, a-10"),
];

fn options() -> Command {
    command("sort", TOOL.summary)
        .after_help(
            "FILE - is stdin. A key is F[.C][bdfghiMnrV][,F[.C][bdfghiMnrV]]: from byte C of field F to another. \
             Bytes are compared as in the C locale. All lines are held in memory, up to 256 MiB.",
        )
        .args(ORDERS.map(|(long, short, help)| flag(long, short, help)))
        .arg(flag("check", 'c', "Only say whether the lines are in order"))
        .arg(short_flag('C', "quiet-check", "As -c, by the exit code alone"))
        .arg(option("key", 'k', "KEYDEF", "Compare this part").action(ArgAction::Append))
        .arg(flag("merge", 'm', "The files are sorted: the result is the same"))
        .arg(option("output", 'o', "FILE", "Write to FILE, which takes --write"))
        .arg(flag("stable", 's', "Lines with equal keys keep their order"))
        .arg(option("field-separator", 't', "SEP", "One byte between fields, not blanks"))
        .arg(flag("unique", 'u', "One line of those with equal keys"))
        .arg(flag("zero-terminated", 'z', "Lines end with NUL"))
        .arg(files())
}

/// Where a line lies in the text.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: u32,
    end: u32,
    /// The first key within it.
    key: (u32, u32),
}

/// How lines are compared.
struct Sorting {
    keys: Vec<Key>,
    separator: Option<u8>,
    unique: bool,
    /// Whether lines with equal keys are compared as a whole; and whether backwards.
    last: Option<bool>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let result = sorted(view, matches, io);
    answered(result, io)
}

fn sorted(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let sorting = Sorting::new(matches)?;
    let delimiter = if matches.get_flag("zero-terminated") { 0 } else { b'\n' };
    let output = bytes(matches, "output").map(|path| Path::new(crate::tools::args::os(path)));
    if let Some(path) = output {
        view.may_write_file(path)?;
    }
    let paths = files_or(matches, "-");
    let mut text = Vec::new();
    for path in &paths {
        let Some(mut input) = Input::open(view, path, io) else { continue };
        read(&mut input, &mut text, delimiter, io)?;
    }
    let mut lines = sorting.lines(&text, delimiter)?;
    if matches.get_flag("check") || matches.get_flag("quiet-check") {
        return Ok(match sorting.first_disorder(&lines, &text) {
            None => exit(io),
            Some(at) => {
                if matches.get_flag("check") {
                    let path = crate::output::quote(&paths[0]);
                    let line = visible(lines[at].of(&text));
                    io.complain(&Error::new(format!("{path}:{}: disorder: {line}", at + 1)));
                }
                Exit::FAILURE
            }
        });
    }
    sorting.sort(&mut lines, &text);
    match output {
        None => {
            for line in &lines {
                io.stdout.write_text(line.of(&text))?;
                io.stdout.write_all(&[delimiter])?;
            }
            io.stdout.end_text()?;
        }
        Some(path) => {
            let mut file = std::io::BufWriter::new(view.root()?.create(path, false)?);
            let mut write = || {
                for line in &lines {
                    file.write_all(line.of(&text))?;
                    file.write_all(&[delimiter])?;
                }
                file.flush()
            };
            write().context(|| crate::output::quote(path))?;
        }
    }
    Ok(exit(io))
}

/// A file that could not be read is trouble: 1 says that lines are not in order.
fn exit(io: &Io) -> Exit {
    match io.exit() {
        Exit::FAILURE => Exit::USAGE,
        other => other,
    }
}

/// Adds all of `input` to `text`, the last line ended.
fn read(input: &mut Input, text: &mut Vec<u8>, delimiter: u8, io: &mut Io) -> Result<()> {
    loop {
        let filled = text.len();
        if filled > LIMIT {
            return Err(too_large());
        }
        // Doubled only as far as the limit goes.
        if text.capacity() - filled < CHUNK {
            text.reserve_exact(filled.min((LIMIT + CHUNK).saturating_sub(filled)).max(CHUNK));
        }
        text.resize(filled + CHUNK, 0);
        let n = input.read(&mut text[filled..], io);
        text.truncate(filled + n);
        if n == 0 {
            break;
        }
    }
    if text.last().is_some_and(|last| *last != delimiter) {
        text.push(delimiter);
    }
    Ok(())
}

fn too_large() -> Error {
    Error::new(format!("the input takes more than {} MiB", LIMIT >> 20))
        .hint("sort holds all lines in memory and writes no temporary files: filter or cut first")
}

impl Line {
    fn of<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.start as usize..self.end as usize]
    }

    fn key<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.key.0 as usize..self.key.1 as usize]
    }
}

impl Sorting {
    fn new(matches: &ArgMatches) -> Result<Sorting> {
        let mut order = Order::default();
        for (id, letter, _) in ORDERS {
            if matches.get_flag(id) {
                order.add(letter as u8)?;
            }
        }
        let mut keys: Vec<Key> = Vec::new();
        for text in matches.get_many::<OsString>("key").into_iter().flatten() {
            let mut key: Key = text.to_string_lossy().parse()?;
            if !key.has_order() {
                key.order = order;
            }
            keys.push(key);
        }
        if keys.is_empty() {
            keys.push(Key::whole(order));
        }
        let separator = match bytes(matches, "field-separator") {
            None => None,
            Some([byte]) => Some(*byte),
            Some(b"\\0") => Some(0),
            Some(_) => return Err(Error::usage("-t: the separator is one byte")),
        };
        let unique = matches.get_flag("unique");
        let is_stable = unique || matches.get_flag("stable");
        Ok(Sorting { keys, separator, unique, last: (!is_stable).then_some(order.reverse) })
    }

    fn lines(&self, text: &[u8], delimiter: u8) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(delimiter, text) {
            let line = trimmed(&text[start..end], delimiter);
            let key = self.keys[0].of(line, self.separator);
            let key_start = start + (key.as_ptr() as usize - line.as_ptr() as usize);
            let key = (key_start as u32, (key_start + key.len()) as u32);
            lines.push(Line { start: start as u32, end: end as u32, key });
            start = end + 1;
            if text.len() + lines.len() * PER_LINE > LIMIT {
                return Err(too_large());
            }
        }
        Ok(lines)
    }

    fn by_keys(&self, a: &Line, b: &Line, text: &[u8]) -> Ordering {
        let mut order = self.keys[0].order.compare(a.key(text), b.key(text));
        for key in &self.keys[1..] {
            if order.is_ne() {
                break;
            }
            let of = |line: &Line| key.of(line.of(text), self.separator);
            order = key.order.compare(of(a), of(b));
        }
        order
    }

    fn compare(&self, a: &Line, b: &Line, text: &[u8]) -> Ordering {
        let order = self.by_keys(a, b, text);
        match self.last {
            Some(reverse) if order.is_eq() => {
                let order = a.of(text).cmp(b.of(text));
                if reverse { order.reverse() } else { order }
            }
            _ => order,
        }
    }

    fn sort(&self, lines: &mut Vec<Line>, text: &[u8]) {
        match self.last {
            // Lines that compare as equal are the same.
            Some(_) => lines.sort_unstable_by(|a, b| self.compare(a, b, text)),
            None => lines.sort_by(|a, b| self.compare(a, b, text)),
        }
        if self.unique {
            lines.dedup_by(|b, a| self.by_keys(a, b, text).is_eq());
        }
    }

    /// The first line that should stand before the one above it.
    fn first_disorder(&self, lines: &[Line], text: &[u8]) -> Option<usize> {
        let least = if self.unique { Ordering::Less } else { Ordering::Equal };
        let is_wrong = |pair: &[Line]| self.compare(&pair[0], &pair[1], text) > least;
        lines.windows(2).position(is_wrong).map(|at| at + 1)
    }
}
