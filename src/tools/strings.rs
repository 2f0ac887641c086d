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
        .after_help("FILE - is stdin. Text is printable ASCII and tabs. -8 is -n 8.")
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
        .arg(option("radix", 't', "RADIX", "The offset in front of each text, in d, o or x"))
        .arg(files())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let least = matches.get_one::<u64>("bytes").copied().unwrap_or(4) as usize;
    let radix = match bytes(matches, "radix") {
        None => None,
        Some([radix @ (b'd' | b'o' | b'x')]) => Some(*radix),
        Some(_) => return Err(Error::usage("-t: the radix is one of d, o and x")),
    };
    for path in files_or(matches, "-") {
        let Some(mut input) = Input::open(view, &path, io) else { continue };
        let name = match is_stdin(&path) {
            true => b"{standard input}",
            false => path.as_os_str().as_bytes(),
        };
        let name = matches.get_flag("print-file-name").then_some(name);
        print(&mut input, name, radix, least, io)?;
    }
    Ok(io.exit())
}

fn print(
    input: &mut Input,
    name: Option<&[u8]>,
    radix: Option<u8>,
    least: usize,
    io: &mut Io,
) -> Result<()> {
    // What is held is too short yet; a text that is long enough is printed as it comes.
    let (mut buffer, mut held, mut is_printing, mut offset) =
        (vec![0; CHUNK], Vec::new(), false, 0u64);
    loop {
        let n = input.read(&mut buffer, io);
        for byte in &buffer[..n] {
            let is_text = matches!(byte, b'\t' | b' '..=b'~');
            match (is_text, is_printing) {
                (true, true) => io.stdout.write_all(&[*byte])?,
                (true, false) => {
                    held.push(*byte);
                    if held.len() == least {
                        if let Some(name) = name {
                            io.stdout.write_name(name)?;
                            io.stdout.write_all(b": ")?;
                        }
                        let start = offset + 1 - least as u64;
                        match radix {
                            Some(b'd') => write!(io.stdout, "{start:>7} ")?,
                            Some(b'o') => write!(io.stdout, "{start:>7o} ")?,
                            Some(_) => write!(io.stdout, "{start:>7x} ")?,
                            None => {}
                        }
                        io.stdout.write_all(&held)?;
                        held.clear();
                        is_printing = true;
                    }
                }
                (false, true) => {
                    io.stdout.write_all(b"\n")?;
                    is_printing = false;
                }
                (false, false) => held.clear(),
            }
            offset += 1;
        }
        if n == 0 {
            break;
        }
    }
    if is_printing {
        io.stdout.write_all(b"\n")?;
    }
    Ok(())
}
