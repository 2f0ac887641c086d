//! `base64`: bytes as text (RFC 4648, section 4) and back.

use super::Tool;
use super::args::{command, files_or, flag, number};
use super::input::{CHUNK, Input};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::io::Write;
use std::path::PathBuf;

pub(super) const TOOL: Tool = Tool {
    name: "base64",
    aliases: &[],
    summary: "Encode bytes as text, and decode",
    examples: &[
        (
            "base64 -w 0 /etc/app/config.toml",
            "Carry a small file out through the terminal, for `base64 -d` on your side",
        ),
        ("echo cG9ydCA9IDgwODA= | base64 -d", "Read a value as a Kubernetes secret holds it"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn options() -> Command {
    command("base64", TOOL.summary)
        .after_help("FILE - is stdin.")
        .arg(flag("decode", 'd', "Decode"))
        .arg(flag("ignore-garbage", 'i', "With -d: pass over what is no letter of base64"))
        .arg(number("wrap", 'w', "Lines of N letters; 0 for one line").default_value("76"))
        .arg(Arg::new("FILE").value_parser(clap::value_parser!(PathBuf)))
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let path = &files_or(matches, "-")[0];
    let Some(mut input) = Input::open(view, path, io) else { return Ok(Exit::FAILURE) };
    if matches.get_flag("decode") {
        return decode(&mut input, matches.get_flag("ignore-garbage"), io);
    }
    let wrap = matches.get_one::<u64>("wrap").copied().unwrap_or(76);
    encode(&mut input, usize::try_from(wrap).unwrap_or(usize::MAX), io)
}

fn encode(input: &mut Input, wrap: usize, io: &mut Io) -> Result<Exit> {
    let (mut buffer, mut filled, mut column) = (vec![0; CHUNK], 0, 0);
    loop {
        let n = input.read(&mut buffer[filled..], io);
        filled += n;
        // What is no whole group waits for more, unless there is no more.
        let whole = if n == 0 { filled } else { filled - filled % 3 };
        let mut text = Vec::with_capacity(whole / 3 * 4 + 4);
        encode_into(&buffer[..whole], &mut text);
        column = wrapped(&text, wrap, column, io)?;
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
        if n == 0 {
            if column > 0 && wrap > 0 {
                io.stdout.write_all(b"\n")?;
            }
            return Ok(io.exit());
        }
    }
}

/// The whole of `bytes` in one line.
pub(super) fn encoded(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    encode_into(bytes, &mut text);
    text
}

/// Adds four letters for every three bytes, the last group filled up.
fn encode_into(bytes: &[u8], text: &mut Vec<u8>) {
    let (groups, rest) = bytes.as_chunks::<3>();
    for [a, b, c] in groups {
        text.extend_from_slice(&letters([0, *a, *b, *c]));
    }
    if let [first, second @ ..] = rest {
        let last = letters([0, *first, second.first().copied().unwrap_or(0), 0]);
        text.extend_from_slice(&last[..=rest.len()]);
        text.resize(text.len() + 3 - rest.len(), b'=');
    }
}

fn letters(bytes: [u8; 4]) -> [u8; 4] {
    let bits = u32::from_be_bytes(bytes);
    [18, 12, 6, 0].map(|shift| LETTERS[(bits >> shift & 63) as usize])
}

/// Prints `text` in lines, the first of which has `column` letters already; how many the last has then.
fn wrapped(mut text: &[u8], wrap: usize, mut column: usize, io: &mut Io) -> Result<usize> {
    if wrap == 0 {
        io.stdout.write_all(text)?;
        return Ok(column + text.len());
    }
    while !text.is_empty() {
        let (line, rest) = text.split_at(text.len().min(wrap - column));
        io.stdout.write_all(line)?;
        (text, column) = (rest, column + line.len());
        if column == wrap {
            io.stdout.write_all(b"\n")?;
            column = 0;
        }
    }
    Ok(column)
}

fn decode(input: &mut Input, ignore_garbage: bool, io: &mut Io) -> Result<Exit> {
    let mut buffer = vec![0; CHUNK];
    let mut decoder = Decoder::default();
    loop {
        let n = input.read(&mut buffer, io);
        if n == 0 {
            break;
        }
        let mut out = Vec::with_capacity(n);
        let letters = buffer[..n].iter().filter(|b| **b != b'\n');
        let is_valid = letters.copied().all(|b| decoder.push(b, ignore_garbage, &mut out));
        io.stdout.write_text(&out)?;
        if !is_valid {
            io.stdout.end_text()?;
            return Err(Error::new("invalid input"));
        }
    }
    let mut out = Vec::new();
    let is_whole = decoder.end(&mut out);
    io.stdout.write_text(&out)?;
    io.stdout.end_text()?;
    if is_whole { Ok(io.exit()) } else { Err(Error::new("invalid input")) }
}

/// Four letters at a time.
#[derive(Default)]
struct Decoder {
    bits: u32,
    letters: u32,
    padding: u32,
}

impl Decoder {
    /// Takes a letter; `false` when it can't stand there.
    fn push(&mut self, letter: u8, ignore_garbage: bool, out: &mut Vec<u8>) -> bool {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if self.letters >= 2 && self.letters + self.padding < 4 => {
                self.padding += 1;
                if self.letters + self.padding == 4 {
                    self.flush(out);
                }
                return true;
            }
            _ => return ignore_garbage,
        };
        if self.padding > 0 {
            return false;
        }
        self.bits = self.bits << 6 | u32::from(value);
        self.letters += 1;
        if self.letters == 4 {
            self.flush(out);
        }
        true
    }

    /// Gives the bytes of the letters so far and starts anew.
    fn flush(&mut self, out: &mut Vec<u8>) {
        let bits = self.bits << (6 * (4 - self.letters));
        let bytes = (self.letters * 6 / 8) as usize;
        out.extend_from_slice(&bits.to_be_bytes()[1..][..bytes]);
        *self = Decoder::default();
    }

    /// Ends the input; whether the last group was whole.
    fn end(&mut self, out: &mut Vec<u8>) -> bool {
        let is_whole = self.letters == 0;
        self.flush(out);
        is_whole
    }
}
