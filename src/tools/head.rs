//! `head`: prints the first part of files.

use super::Tool;
use super::args::{command, files, files_or, flag};
use super::input::{self, CHUNK, Input};
use super::lines::{self, Amount, Held, Unit};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::io::{Seek, SeekFrom, Write};

pub(super) const TOOL: Tool = Tool {
    name: "head",
    aliases: &[],
    summary: "Print the first part of files",
    examples: &[
        ("head -20 /var/log/app.log", "How the app started"),
        ("head -c 4 /app/server | od -c", "Whether a file is an ELF binary at all"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: Some(lines::traditional),
    run,
};

fn options() -> Command {
    command("head", TOOL.summary)
        .after_help("-20 is -n 20. With -N, all but the last N. FILE - is stdin.")
        .args(lines::amount_args())
        .arg(flag("quiet", 'q', "No headings").alias("silent"))
        .arg(flag("verbose", 'v', "A heading above one file, too"))
        .arg(flag("zero-terminated", 'z', "Lines end with NUL"))
        .arg(files())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let amount = lines::amount(matches);
    let paths = files_or(matches, "-");
    let with_heads = !matches.get_flag("quiet") && (paths.len() > 1 || matches.get_flag("verbose"));
    let mut is_first = true;
    for path in &paths {
        let Some(mut input) = Input::open(view, path, io) else { continue };
        if with_heads {
            io.stdout.write_all(if is_first { b"==> " } else { b"\n==> " })?;
            io.stdout.write_name(input::heading(path))?;
            io.stdout.write_all(b" <==\n")?;
        }
        is_first = false;
        match (amount.sign, amount.unit) {
            (Some('-'), _) => all_but_last(&mut input, amount, io)?,
            (_, Unit::Bytes) => lines::copy(&mut input, Some(amount.count), io)?,
            (_, Unit::Lines) => first_lines(&mut input, amount, io)?,
        }
    }
    Ok(io.exit())
}

fn first_lines(input: &mut Input, amount: Amount, io: &mut Io) -> Result<()> {
    let (mut left, end_of_line) = (amount.count, amount.delimiter);
    let mut buffer = vec![0; CHUNK];
    while left > 0 {
        let n = input.read(&mut buffer, io);
        if n == 0 {
            break;
        }
        let mut end = 0;
        for line in buffer[..n]
            .split_inclusive(|b| *b == end_of_line)
            .take(usize::try_from(left).unwrap_or(usize::MAX))
        {
            end += line.len();
            left -= u64::from(line.ends_with(&[end_of_line]));
        }
        io.stdout.write_text(&buffer[..end])?;
        // What was read too far is left to who reads the same stdin next; a pipe can't go back.
        if end < n {
            let _ = input.file.seek(SeekFrom::Current(end as i64 - n as i64));
        }
    }
    Ok(io.stdout.end_text()?)
}

fn all_but_last(input: &mut Input, amount: Amount, io: &mut Io) -> Result<()> {
    if amount.count == 0 {
        return lines::copy(input, None, io);
    }
    if let (Some(size), Ok(at)) = (input.size(), input.file.stream_position()) {
        let end = match amount.unit {
            Unit::Bytes => Ok(size.saturating_sub(amount.count)),
            Unit::Lines => lines::last_lines(&input.file, at.min(size), size, amount),
        };
        return match end {
            Ok(end) => lines::copy(input, Some(end.saturating_sub(at)), io),
            Err(error) => {
                input.complain(error, io);
                Ok(())
            }
        };
    }
    let (mut held, mut buffer) = (Held::new(amount), vec![0; CHUNK]);
    loop {
        let n = input.read(&mut buffer, io);
        if n == 0 {
            return Ok(io.stdout.end_text()?);
        }
        held.push(&buffer[..n], |older| io.stdout.write_text(older))?;
    }
}
