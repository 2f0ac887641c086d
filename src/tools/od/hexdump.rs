//! `hexdump`: bytes in hexadecimal, with -C and their characters.

use super::amount;
use super::blocks::{Blocks, Repeats};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::tools::Tool;
use crate::tools::args::{command, files, files_or, flag};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::fmt::Write as _;
use std::io::Write;

pub(in crate::tools) const TOOL: Tool = Tool {
    name: "hexdump",
    aliases: &[],
    summary: "Show bytes in hexadecimal",
    examples: &[
        (
            "head -c 64 /app/server | hexdump -C",
            "The header of a binary: its format and architecture",
        ),
        (
            "hexdump -C /etc/app/config.toml | head -5",
            "A byte order mark or carriage returns at the top of a file",
        ),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

/// Bytes a line.
const WIDTH: usize = 16;

fn options() -> Command {
    command("hexdump", TOOL.summary)
        .after_help(
            "FILE - is stdin. N may be 0x hexadecimal and have b (512), k, M or G behind it.",
        )
        .arg(flag("canonical", 'C', "Single bytes and characters, not numbers of two bytes"))
        .arg(amount("length", 'n', "Show N bytes at most"))
        .arg(amount("skip", 's', "Pass over N bytes"))
        .arg(flag("no-squeezing", 'v', "All lines, and no * for equal ones"))
        .arg(files())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let number = |id: &str| matches.get_one::<u64>(id).copied();
    let is_canonical = matches.get_flag("canonical");
    let mut blocks = Blocks::new(view, files_or(matches, "-"), number("length"));
    let mut at = blocks.skip(number("skip").unwrap_or(0), io);
    let (mut block, mut repeats, mut any) = ([0; WIDTH], Repeats::default(), false);
    loop {
        block.fill(0);
        let n = blocks.next(&mut block, io);
        if n == 0 {
            break;
        }
        if n < WIDTH || matches.get_flag("no-squeezing") || repeats.is_new(&block, io)? {
            let line = if is_canonical { canonical(at, &block[..n]) } else { pairs(at, &block, n) };
            writeln!(io.stdout, "{line}")?;
        }
        any = true;
        at += n as u64;
    }
    match is_canonical {
        _ if !any => {}
        true => writeln!(io.stdout, "{at:08x}")?,
        false => writeln!(io.stdout, "{at:07x}")?,
    }
    Ok(io.exit())
}

fn canonical(at: u64, bytes: &[u8]) -> String {
    let mut line = format!("{at:08x}");
    for i in 0..WIDTH {
        line.push_str(if i % 8 == 0 { "  " } else { " " });
        match bytes.get(i) {
            Some(byte) => {
                let _ = write!(line, "{byte:02x}");
            }
            None => line.push_str("  "),
        }
    }
    let characters = bytes.iter().map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    });
    let _ = write!(line, "  |{}|", characters.collect::<String>());
    line
}

/// Numbers of two bytes in this machine's order.
fn pairs(at: u64, block: &[u8; WIDTH], count: usize) -> String {
    let mut line = format!("{at:07x}");
    for (i, pair) in block.chunks_exact(2).enumerate() {
        match 2 * i < count {
            true => {
                let _ = write!(line, " {:04x}", u16::from_ne_bytes([pair[0], pair[1]]));
            }
            false => line.push_str("     "),
        }
    }
    line
}
