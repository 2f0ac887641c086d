//! `od` and `hexdump`: bytes as numbers and characters.

mod blocks;
mod format;
mod hexdump;

pub(super) use hexdump::TOOL as HEXDUMP;

use super::Tool;
use super::args::{bytes, command, files, files_or, flag, option, short_flag};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::output::order;
use crate::view::{Needs, View};
use blocks::{Blocks, Repeats};
use clap::{Arg, ArgAction, ArgMatches, Command};
use format::Format;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

pub(super) const OD: Tool = Tool {
    name: "od",
    aliases: &[],
    summary: "Show bytes as numbers and characters",
    examples: &[
        ("od -c /etc/app/config.toml | head", "Every byte of a file, with those that do not show"),
        ("od -A d -t x4 -N 64 /app/server", "The header of a binary as words of four bytes"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

/// Traditional flags and the types that they stand for.
const TRADITIONAL: [(char, &str, &str); 11] = [
    ('a', "named", "a"),
    ('b', "octal-bytes", "o1"),
    ('c', "characters", "c"),
    ('d', "unsigned", "u2"),
    ('f', "floats", "fF"),
    ('F', "doubles", "fD"),
    ('i', "integers", "dI"),
    ('l', "long-integers", "dL"),
    ('o', "octal", "o2"),
    ('s', "short-integers", "d2"),
    ('x', "hexadecimal", "x2"),
];

fn options() -> Command {
    let traditional = TRADITIONAL.map(|(letter, id, spec)| {
        let help: &'static str = match spec {
            "a" => "As -t a",
            "o1" => "As -t o1",
            "c" => "As -t c",
            "u2" => "As -t u2",
            "fF" => "As -t f4",
            "fD" => "As -t f8",
            "dI" => "As -t d4",
            "dL" => "As -t d8",
            "d2" => "As -t d2",
            "x2" => "As -t x2",
            _ => "As -t o2, which is what is shown if nothing is said",
        };
        short_flag(letter, id, help)
    });
    command("od", OD.summary)
        .after_help(
            "FILE - is stdin. A TYPE is a (names), c (characters), d, o, u, x with a size of 1, 2, 4 or 8, or f with \
             4 or 8; z behind it adds the text. N may have b (512), k, M or G behind it.",
        )
        .arg(option("address-radix", 'A', "RADIX", "Addresses in d, o, x, or n for none"))
        .arg(amount("skip-bytes", 'j', "Pass over N bytes"))
        .arg(amount("read-bytes", 'N', "Show N bytes at most"))
        .arg(option("format", 't', "TYPE", "What to show").action(ArgAction::Append))
        .arg(flag("output-duplicates", 'v', "All lines, and no * for equal ones"))
        .arg(amount("width", 'w', "N bytes a line"))
        .args(traditional)
        .arg(files())
}

/// An option with a number of bytes.
fn amount(long: &'static str, short: char, help: &'static str) -> Arg {
    Arg::new(long).long(long).short(short).value_name("N").value_parser(blocks::amount).help(help)
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let number = |id: &str| matches.get_one::<u64>(id).copied();
    let formats = formats(matches)?;
    let radix = match bytes(matches, "address-radix") {
        None | Some(b"o") => Some(b'o'),
        Some(b"d") => Some(b'd'),
        Some(b"x") => Some(b'x'),
        Some(b"n") => None,
        Some(_) => return Err(Error::usage("-A: the radix is one of d, o, x and n")),
    };
    let unit = formats.iter().map(|format| format.size).max().unwrap_or(1);
    let width = number("width").unwrap_or(16) as usize;
    if width == 0 || !width.is_multiple_of(unit) || width > 4096 {
        return Err(Error::usage(format!("-w: a multiple of {unit} up to 4096 is wanted")));
    }
    let skip = number("skip-bytes").unwrap_or(0);
    let mut blocks = Blocks::new(view, files_or(matches, "-"), number("read-bytes"));
    if blocks.skip(skip, io) < skip {
        return Err(Error::new("the input ends before what is to be skipped"));
    }
    let (mut at, mut block, mut repeats) = (skip, vec![0; width], Repeats::default());
    let columns = formats.iter().map(|format| format.columns(width)).max().unwrap_or(0);
    loop {
        block.fill(0);
        let n = blocks.next(&mut block, io);
        if n == 0 {
            break;
        }
        if n < width || matches.get_flag("output-duplicates") || repeats.is_new(&block, io)? {
            for (i, format) in formats.iter().enumerate() {
                let mut line = match (i, radix) {
                    (_, None) => String::new(),
                    (0, Some(radix)) => address(at, radix),
                    (_, Some(radix)) => " ".repeat(address(at, radix).len()),
                };
                format.push(&block, n, columns, &mut line);
                writeln!(io.stdout, "{line}")?;
            }
        }
        at += n as u64;
    }
    if let Some(radix) = radix {
        writeln!(io.stdout, "{}", address(at, radix))?;
    }
    Ok(io.exit())
}

fn address(at: u64, radix: u8) -> String {
    match radix {
        b'd' => format!("{at:07}"),
        b'x' => format!("{at:06x}"),
        _ => format!("{at:07o}"),
    }
}

/// The formats in the order in which they were typed.
fn formats(matches: &ArgMatches) -> Result<Vec<Format>> {
    let mut specs: Vec<(usize, &[u8])> = Vec::new();
    if let (Some(types), Some(indices)) =
        (matches.get_many::<OsString>("format"), matches.indices_of("format"))
    {
        specs.extend(indices.zip(types.map(|spec| spec.as_bytes())));
    }
    for (_, id, spec) in TRADITIONAL {
        if let (true, Some(index)) = (matches.get_flag(id), matches.index_of(id)) {
            specs.push((index, spec.as_bytes()));
        }
    }
    order::sort(&mut specs);
    if specs.is_empty() {
        specs.push((0, b"o2"));
    }
    let formats = specs.into_iter().map(|(_, spec)| Format::parse_all(spec));
    Ok(formats.collect::<Result<Vec<_>>>()?.concat())
}
