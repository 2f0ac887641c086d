//! `strings`: prints the text in files that are none.

use super::Tool;
use super::args::{bytes, command, files, files_or, flag, option};
use super::input::{CHUNK, Input, is_stdin};
use super::lines;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

pub(super) const TOOL: Tool = Tool {
    name: "strings",
    aliases: &[],
    summary: "Print the text in binary files",
    examples: &[
        (
            "strings -n 8 /app/server | grep -i version",
            "Which version a binary is that has no --version",
        ),
        ("strings /app/server | grep ^/etc/", "Which files of /etc a binary may look for"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: Some(lines::traditional),
    run,
};

fn options() -> Command {
    command("strings", TOOL.summary)
        .after_help("FILE - is stdin. Text is printable ASCII and tabs, with -e S other bytes from 128 on, too. -8 is -n 8.")
        .arg(flag("all", 'a', "Whole files: so it is anyway"))
        .arg(flag("print-file-name", 'f', "The file's name in front of each text"))
        .arg(
            Arg::new("bytes")
                .long("bytes")
                .short('n')
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..=4096))
                .default_value("4")
                .help("Texts of at least N characters"),
        )
        .arg(option("encoding", 'e', "ENCODING", "Characters: s of 7 bits, S of 8, b and l of 16, B and L of 32"))
        .arg(option("radix", 't', "RADIX", "The offset in front of each text, in d, o or x"))
        .arg(files())
}

/// How characters are looked for.
#[derive(Clone, Copy, Debug)]
struct Encoding {
    /// Bytes of one character.
    width: usize,
    /// Whether the first byte of one is the highest.
    is_big_endian: bool,
    /// Whether bytes from 128 on are characters.
    is_8_bit: bool,
}

impl Encoding {
    fn parse(letter: Option<&[u8]>) -> Result<Encoding> {
        let (width, is_big_endian, is_8_bit) = match letter {
            None | Some(b"s") => (1, false, false),
            Some(b"S") => (1, false, true),
            Some(b"b") => (2, true, false),
            Some(b"l") => (2, false, false),
            Some(b"B") => (4, true, false),
            Some(b"L") => (4, false, false),
            Some(_) => return Err(Error::usage("-e: the encoding is one of s, S, b, l, B and L")),
        };
        Ok(Encoding { width, is_big_endian, is_8_bit })
    }

    /// The text that these bytes, of one character, are.
    fn character(&self, bytes: &[u8]) -> Option<u8> {
        let (byte, zeros) = match self.is_big_endian {
            true => bytes.split_last()?,
            false => bytes.split_first()?,
        };
        let is_text = matches!(byte, b'\t' | b' '..=b'~') || self.is_8_bit && *byte >= 0x80;
        (is_text && zeros.iter().all(|zero| *zero == 0)).then_some(*byte)
    }
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let least = matches.get_one::<u64>("bytes").copied().unwrap_or(4) as usize;
    let radix = match bytes(matches, "radix") {
        None => None,
        Some([radix @ (b'd' | b'o' | b'x')]) => Some(*radix),
        Some(_) => return Err(Error::usage("-t: the radix is one of d, o and x")),
    };
    let encoding = Encoding::parse(bytes(matches, "encoding"))?;
    for path in files_or(matches, "-") {
        let Some(mut input) = Input::open(view, &path, io) else { continue };
        let name = match is_stdin(&path) {
            true => b"{standard input}",
            false => path.as_os_str().as_bytes(),
        };
        let name = matches.get_flag("print-file-name").then_some(name);
        let mut texts = Texts { name, radix, least, held: Vec::new(), is_printing: false };
        print(&mut input, encoding, &mut texts, io)?;
    }
    Ok(io.exit())
}

fn print(input: &mut Input, encoding: Encoding, texts: &mut Texts, io: &mut Io) -> Result<()> {
    let (mut buffer, mut filled, mut offset) = (vec![0; CHUNK], 0, 0u64);
    loop {
        let n = input.read(&mut buffer[filled..], io);
        filled += n;
        let mut at = 0;
        while let Some(bytes) = buffer[..filled].get(at..at + encoding.width) {
            let character = encoding.character(bytes);
            // Behind what is none, one may begin at any byte.
            at += if character.is_some() { encoding.width } else { 1 };
            texts.push(character, (offset + at as u64, encoding.width as u64), io)?;
        }
        if n == 0 {
            return texts.push(None, (0, 0), io);
        }
        offset += at as u64;
        buffer.copy_within(at..filled, 0);
        filled -= at;
    }
}

/// The texts of one file.
struct Texts<'a> {
    name: Option<&'a [u8]>,
    radix: Option<u8>,
    least: usize,
    /// A text that is too short yet; one that is long enough is printed as it comes.
    held: Vec<u8>,
    is_printing: bool,
}

impl Texts<'_> {
    /// A character, or something that is none; behind which byte it ends, and of how many bytes each one is.
    fn push(&mut self, character: Option<u8>, (end, width): (u64, u64), io: &mut Io) -> Result<()> {
        match character {
            Some(byte) if self.is_printing => io.stdout.write_all(&[byte])?,
            Some(byte) => {
                self.held.push(byte);
                if self.held.len() == self.least {
                    self.begin(end - self.least as u64 * width, io)?;
                }
            }
            None => {
                if std::mem::take(&mut self.is_printing) {
                    io.stdout.write_all(b"\n")?;
                }
                self.held.clear();
            }
        }
        Ok(())
    }

    fn begin(&mut self, start: u64, io: &mut Io) -> Result<()> {
        if let Some(name) = self.name {
            io.stdout.write_name(name)?;
            io.stdout.write_all(b": ")?;
        }
        match self.radix {
            Some(b'd') => write!(io.stdout, "{start:>7} ")?,
            Some(b'o') => write!(io.stdout, "{start:>7o} ")?,
            Some(_) => write!(io.stdout, "{start:>7x} ")?,
            None => {}
        }
        io.stdout.write_all(&self.held)?;
        self.held.clear();
        self.is_printing = true;
        Ok(())
    }
}
