//! `cat`: prints files.

use super::Tool;
use super::args::{command, files, files_or, flag, short_flag};
use super::input::{CHUNK, Input};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, escape};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use nix::errno::Errno;
use nix::sys::sendfile::sendfile;
use nix::sys::stat::fstat;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "cat",
    aliases: &[],
    summary: "Print files",
    examples: &[
        ("cat /etc/resolv.conf", "Which name servers and search domains the app gets"),
        (
            "cat -A /etc/app/config.toml",
            "Find the tabs, carriage returns and stray bytes that break a configuration",
        ),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("cat", TOOL.summary)
        .after_help(
            "FILE - is stdin. On a terminal, bytes that could drive it are shown as with -v; UTF-8 \
             text stays as it is. In a pipe every byte is passed on.",
        )
        .arg(flag("show-all", 'A', "As -vET"))
        .arg(flag("number-nonblank", 'b', "Number the lines that are not empty"))
        .arg(short_flag('e', "show-ends-v", "As -vE"))
        .arg(flag("show-ends", 'E', "$ at the end of each line"))
        .arg(flag("number", 'n', "Number all lines"))
        .arg(flag("squeeze-blank", 's', "Several empty lines become one"))
        .arg(short_flag('t', "show-tabs-v", "As -vT"))
        .arg(flag("show-tabs", 'T', "Tabs as ^I"))
        .arg(short_flag('u', "unbuffered", "Ignored: output is never held back"))
        .arg(flag("show-nonprinting", 'v', "Control bytes as ^X, those above 127 as M-x"))
        .arg(files())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut format = Format::new(matches);
    for path in files_or(matches, "-") {
        let Some(mut input) = Input::open(view, &path, io) else { continue };
        if is_output(&input, io) {
            input.complain(Error::new("is the output, too"), io);
        } else if format.is_plain() {
            copy(&mut input, io)?;
        } else {
            format.print(&mut input, io)?;
        }
    }
    format.end(io)?;
    Ok(io.exit())
}

/// Whether what is read is also written, so that it would never end.
fn is_output(input: &Input, io: &Io) -> bool {
    let (Ok(from), Ok(to)) = (fstat(&input.file), fstat(&io.stdout)) else { return false };
    let is_file = from.st_mode & libc::S_IFMT == libc::S_IFREG;
    is_file && from.st_size > 0 && (from.st_dev, from.st_ino) == (to.st_dev, to.st_ino)
}

/// Prints a file as it is.
fn copy(input: &mut Input, io: &mut Io) -> Result<()> {
    if !io.stdout.is_terminal() {
        io.stdout.flush()?;
        // Whatever ends this, an error of either side too, the loop below meets and reports.
        while matches!(
            sendfile(&io.stdout, &input.file, None, 1 << 30),
            Ok(1..) | Err(Errno::EINTR)
        ) {}
    }
    let mut buffer = vec![0; CHUNK];
    loop {
        let n = input.read(&mut buffer, io);
        if n == 0 {
            return Ok(io.stdout.end_text()?);
        }
        io.stdout.write_text(&buffer[..n])?;
        io.stdout.flush()?;
    }
}

/// What the flags make of the bytes; goes on from file to file.
struct Format {
    number: bool,
    number_blank: bool,
    ends: bool,
    tabs: bool,
    nonprinting: bool,
    squeeze: bool,
    line: u64,
    at_start: bool,
    blank_lines: u64,
    /// With -E, a carriage return is shown only in front of a newline; it waits here for what follows.
    carriage_return: bool,
}

impl Format {
    fn new(matches: &ArgMatches) -> Format {
        let any = |ids: &[&str]| ids.iter().any(|id| matches.get_flag(id));
        let nonblank = any(&["number-nonblank"]);
        Format {
            number: nonblank || any(&["number"]),
            number_blank: !nonblank,
            ends: any(&["show-ends", "show-ends-v", "show-all"]),
            tabs: any(&["show-tabs", "show-tabs-v", "show-all"]),
            nonprinting: any(&["show-nonprinting", "show-ends-v", "show-tabs-v", "show-all"]),
            squeeze: any(&["squeeze-blank"]),
            line: 0,
            at_start: true,
            blank_lines: 0,
            carriage_return: false,
        }
    }

    fn is_plain(&self) -> bool {
        !(self.number || self.ends || self.tabs || self.nonprinting || self.squeeze)
    }

    fn print(&mut self, input: &mut Input, io: &mut Io) -> Result<()> {
        let (mut buffer, mut shown) = (vec![0; CHUNK], Vec::new());
        loop {
            let n = input.read(&mut buffer, io);
            if n == 0 {
                return Ok(());
            }
            shown.clear();
            for byte in &buffer[..n] {
                self.push(*byte, &mut shown);
            }
            io.stdout.write_text(&shown)?;
            io.stdout.flush()?;
        }
    }

    fn end(&mut self, io: &mut Io) -> Result<()> {
        if self.carriage_return {
            io.stdout.write_text(b"\r")?;
        }
        Ok(io.stdout.end_text()?)
    }

    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.carriage_return) {
            out.extend_from_slice(if byte == b'\n' { b"^M" } else { b"\r" });
        }
        if byte == b'\n' {
            return self.end_line(out);
        }
        if self.at_start {
            self.at_start = false;
            self.blank_lines = 0;
            self.count(self.number, out);
        }
        match byte {
            b'\t' if self.tabs => out.extend_from_slice(b"^I"),
            b'\t' => out.push(byte),
            _ if self.nonprinting => escape::caret(byte, out),
            b'\r' if self.ends => self.carriage_return = true,
            _ => out.push(byte),
        }
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        if self.at_start {
            self.blank_lines += 1;
            if self.squeeze && self.blank_lines > 1 {
                return;
            }
            self.count(self.number && self.number_blank, out);
        }
        if self.ends {
            out.push(b'$');
        }
        out.push(b'\n');
        self.at_start = true;
    }

    fn count(&mut self, is_numbered: bool, out: &mut Vec<u8>) {
        if is_numbered {
            self.line += 1;
            out.extend_from_slice(format!("{:>6}\t", self.line).as_bytes());
        }
    }
}
