//! `wc`: counts lines, words, characters and bytes.

use super::Tool;
use super::args::{command, files, files_or, flag, json_flag};
use super::input::{self, CHUNK, Input};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, escape, json};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthChar;

pub(super) const TOOL: Tool = Tool {
    name: "wc",
    aliases: &[],
    summary: "Count lines, words and bytes",
    examples: &[
        ("ps -eLf | wc -l", "How many threads there are, and one line of headings"),
        ("wc -c /var/log/*.log", "How large the logs are, in bytes"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Counts>>()),
    command: options,
    rewrite: None,
    run,
};

/// The counts of one file.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Counts {
    /// Newlines.
    lines: u64,
    words: u64,
    /// Characters of UTF-8; bytes that are none do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    characters: Option<u64>,
    bytes: u64,
    /// Columns of the widest line.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_line_width: Option<u64>,
    path: Text,
}

/// Which counts are printed.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    lines: bool,
    words: bool,
    characters: bool,
    bytes: bool,
    width: bool,
}

fn options() -> Command {
    command("wc", TOOL.summary)
        .after_help("FILE - is stdin. Words are what white space of ASCII divides.")
        .arg(flag("bytes", 'c', "Bytes"))
        .arg(flag("lines", 'l', "Lines"))
        .arg(flag("max-line-length", 'L', "Columns of the widest line"))
        .arg(flag("chars", 'm', "Characters of UTF-8"))
        .arg(flag("words", 'w', "Words"))
        .arg(json_flag())
        .arg(files())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let wanted = Wanted::new(matches);
    let is_json = matches.get_flag("json");
    let paths: Vec<PathBuf> = files_or(matches, "-");
    let is_named = matches.get_many::<PathBuf>("FILE").is_some();
    let width = number_width(view, &paths, wanted, io);
    let (mut total, mut array) = (Counts::default(), json::Array::default());
    for path in &paths {
        let Some(mut input) = Input::open(view, path, io) else { continue };
        let mut counts = count(&mut input, wanted, io);
        counts.path = path.as_os_str().as_bytes().into();
        if is_json {
            array.push(&mut io.stdout, &counts)?;
        } else {
            wanted.print(&counts, width, is_named.then_some(path.as_path()), io)?;
        }
        total.add(&counts);
    }
    if is_json {
        array.end(&mut io.stdout)?;
    } else if paths.len() > 1 {
        wanted.print(&total, width, Some(Path::new("total")), io)?;
    }
    Ok(io.exit())
}

/// How wide numbers are printed, as GNU has it: one count of one file as it is; otherwise the digits of all sizes
/// together, and at least seven where a size is not known beforehand.
fn number_width(view: &View, paths: &[PathBuf], wanted: Wanted, io: &Io) -> usize {
    if paths.len() == 1 && wanted.number() == 1 {
        return 1;
    }
    let (mut sum, mut least) = (0u64, 1);
    for path in paths {
        let stat = match input::is_stdin(path) {
            true => nix::sys::stat::fstat(&io.stdin).ok(),
            false => view.root.as_ref().ok().and_then(|root| root.stat(path).ok()),
        };
        match stat {
            Some(stat) if stat.st_mode & libc::S_IFMT == libc::S_IFREG => {
                sum = sum.saturating_add(stat.st_size as u64);
            }
            Some(_) => least = 7,
            None => {}
        }
    }
    sum.to_string().len().max(least)
}

fn count(input: &mut Input, wanted: Wanted, io: &mut Io) -> Counts {
    let mut counts = Counts::default();
    if let (Some(size), true) = (input.size(), wanted.is_size_alone())
        && let Ok(at) = std::io::Seek::stream_position(&mut input.file)
    {
        counts.bytes = size.saturating_sub(at);
        return counts;
    }
    let mut decoder = (wanted.characters || wanted.width).then(Decoder::default);
    let (mut buffer, mut in_word) = (vec![0; CHUNK], false);
    loop {
        let n = input.read(&mut buffer, io);
        if n == 0 {
            break;
        }
        let chunk = &buffer[..n];
        counts.bytes += n as u64;
        counts.lines += chunk.iter().filter(|b| **b == b'\n').count() as u64;
        if wanted.words {
            for byte in chunk {
                let is_space = matches!(byte, b' ' | b'\t'..=b'\r');
                counts.words += u64::from(!is_space && !in_word);
                in_word = !is_space;
            }
        }
        if let Some(decoder) = &mut decoder {
            decoder.push(chunk);
        }
    }
    if let Some(decoder) = decoder {
        counts.characters = wanted.characters.then_some(decoder.characters);
        counts.max_line_width = wanted.width.then_some(decoder.widest.max(decoder.column));
    }
    counts
}

/// Counts characters and columns of UTF-8 that comes in chunks.
#[derive(Debug, Default)]
struct Decoder {
    held: Vec<u8>,
    characters: u64,
    column: u64,
    widest: u64,
}

impl Decoder {
    fn push(&mut self, chunk: &[u8]) {
        self.held.extend_from_slice(chunk);
        let whole = escape::whole_characters(&self.held);
        for chunk in self.held[..whole].utf8_chunks() {
            for c in chunk.valid().chars() {
                self.characters += 1;
                match c {
                    '\n' | '\r' | '\x0c' => {
                        self.widest = self.widest.max(self.column);
                        self.column = 0;
                    }
                    '\t' => self.column += 8 - self.column % 8,
                    c => self.column += c.width().unwrap_or(0) as u64,
                }
            }
        }
        self.held.drain(..whole);
    }
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        self.lines += other.lines;
        self.words += other.words;
        self.characters = Some(self.characters.unwrap_or(0) + other.characters.unwrap_or(0));
        self.bytes += other.bytes;
        self.max_line_width = self.max_line_width.max(other.max_line_width);
    }
}

impl Wanted {
    fn new(matches: &ArgMatches) -> Wanted {
        let is = |id: &str| matches.get_flag(id);
        let wanted = Wanted {
            lines: is("lines"),
            words: is("words"),
            characters: is("chars"),
            bytes: is("bytes"),
            width: is("max-line-length"),
        };
        match wanted.number() {
            0 => Wanted { lines: true, words: true, bytes: true, ..wanted },
            // Every object has the same three keys, whatever else it has.
            _ if is("json") => Wanted { lines: true, words: true, bytes: true, ..wanted },
            _ => wanted,
        }
    }

    fn number(&self) -> usize {
        let all = [self.lines, self.words, self.characters, self.bytes, self.width];
        all.iter().filter(|wanted| **wanted).count()
    }

    fn is_size_alone(&self) -> bool {
        self.bytes && self.number() == 1
    }

    fn print(&self, counts: &Counts, width: usize, path: Option<&Path>, io: &mut Io) -> Result<()> {
        let columns = [
            (self.lines, counts.lines),
            (self.words, counts.words),
            (self.characters, counts.characters.unwrap_or(0)),
            (self.bytes, counts.bytes),
            (self.width, counts.max_line_width.unwrap_or(0)),
        ];
        let numbers = columns.iter().filter(|(is_wanted, _)| *is_wanted);
        let numbers: Vec<String> = numbers.map(|(_, number)| format!("{number:>width$}")).collect();
        io.stdout.write_all(numbers.join(" ").as_bytes())?;
        if let Some(path) = path {
            io.stdout.write_all(b" ")?;
            io.stdout.write_name(path.as_os_str().as_bytes())?;
        }
        Ok(io.stdout.write_all(b"\n")?)
    }
}
