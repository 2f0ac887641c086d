//! `tail`: prints the last part of files, and what is added to them.

mod follow;

use super::Tool;
use super::args::{command, files, files_or, flag, short_flag};
use super::input::{self, CHUNK, Input};
use super::lines::{self, Amount, Held, Unit};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use follow::Follow;
use std::ffi::OsString;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

pub(super) const TOOL: Tool = Tool {
    name: "tail",
    aliases: &[],
    summary: "Print the last part of files, and what is added to them",
    examples: &[
        ("tail -n 100 /var/log/app.log", "The last words before it stuck"),
        ("tail -f /var/log/app.log", "Watch a log while it is written"),
        ("tail -F /var/log/app.log", "Likewise, over a rotation"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: Some(rewrite),
    run,
};

fn options() -> Command {
    command("tail", TOOL.summary)
        .after_help(
            "-20 is -n 20. With +N, all from the Nth on. FILE - is stdin, which is not followed.",
        )
        .args(lines::amount_args())
        .arg(short_flag('f', "f", "Print what is added, until interrupted"))
        .arg(short_flag('F', "F", "As --follow=name --retry"))
        .arg(
            Arg::new("follow")
                .long("follow")
                .value_name("WHAT")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("descriptor")
                .value_parser(["name", "descriptor"])
                .help("As -f; by name: whatever has the name, when it is replaced, too"),
        )
        .arg(flag("retry", None, "Wait for files that are not there"))
        .arg(
            Arg::new("sleep-interval")
                .long("sleep-interval")
                .short('s')
                .value_name("SECONDS")
                .default_value("0.2")
                .value_parser(seconds)
                .help("How often to look for more"),
        )
        .arg(flag("quiet", 'q', "No headings").alias("silent"))
        .arg(flag("verbose", 'v', "A heading above one file, too"))
        .arg(flag("zero-terminated", 'z', "Lines end with NUL"))
        .arg(files())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().map_err(|_| "a number of seconds is wanted".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

/// As for `head`; and a first word `+20` is `-n +20`.
fn rewrite(mut args: Vec<OsString>) -> Vec<OsString> {
    let from = args.first().and_then(|arg| arg.to_str()).and_then(|arg| arg.strip_prefix('+'));
    if from.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())) {
        args.insert(0, "-n".into());
    }
    lines::traditional(args)
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let amount = lines::amount(matches);
    let paths = files_or(matches, "-");
    let is = |id: &str| matches.get_flag(id);
    let follow = matches.get_one::<String>("follow").map(String::as_str);
    let by_name = is("F") || follow == Some("name");
    let is_followed = is("f") || by_name || follow.is_some();
    let mut heads =
        Heads { wanted: !is("quiet") && (paths.len() > 1 || is("verbose")), last: None };
    let mut follows = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        let mut input = Input::open(view, path, io);
        if let Some(input) = &mut input {
            heads.print(i, path, io)?;
            last(input, amount, io)?;
        }
        if !input::is_stdin(path) && (input.is_some() || is("F") || is("retry")) {
            follows.push(Follow::new(i, path, input, by_name));
        }
    }
    if is_followed && !follows.is_empty() {
        io.stdout.line_buffered();
        io.stdout.flush()?;
        let pause = matches.get_one::<Duration>("sleep-interval").copied().unwrap_or_default();
        follow::follow(view, follows, pause, &mut heads, io)?;
    }
    Ok(io.exit())
}

/// The lines that say which file the following text is from.
#[derive(Debug)]
struct Heads {
    wanted: bool,
    /// The file printed from last, by its place among the operands.
    last: Option<usize>,
}

impl Heads {
    fn print(&mut self, file: usize, path: &Path, io: &mut Io) -> Result<()> {
        if self.wanted && self.last != Some(file) {
            io.stdout.write_all(if self.last.is_none() { b"==> " } else { b"\n==> " })?;
            io.stdout.write_name(input::heading(path))?;
            io.stdout.write_all(b" <==\n")?;
        }
        self.last = Some(file);
        Ok(())
    }
}

/// Prints the last part of a file and leaves it at its end.
fn last(input: &mut Input, amount: Amount, io: &mut Io) -> Result<()> {
    if amount.sign == Some('+') {
        skip(input, amount, io)?;
        return lines::copy(input, None, io);
    }
    if let (Some(size), Ok(at)) = (input.size(), input.file.stream_position()) {
        let start = match amount.unit {
            Unit::Bytes => Ok(size.saturating_sub(amount.count).max(at)),
            Unit::Lines => lines::last_lines(&input.file, at.min(size), size, amount),
        };
        return match start.and_then(|start| input.file.seek(SeekFrom::Start(start))) {
            Ok(_) => lines::copy(input, None, io),
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
            break;
        }
        if amount.count > 0 {
            held.push(&buffer[..n], |_| Ok(()))?;
        }
    }
    held.parts().try_for_each(|part| io.stdout.write_text(part))?;
    Ok(io.stdout.end_text()?)
}

/// Goes to the line or byte that `amount` numbers, counted from 1. Prints what it read behind it.
fn skip(input: &mut Input, amount: Amount, io: &mut Io) -> Result<()> {
    let mut left = amount.count.saturating_sub(1);
    if amount.unit == Unit::Bytes
        && let (Some(_), Ok(step)) = (input.size(), i64::try_from(left))
        && input.file.seek(SeekFrom::Current(step)).is_ok()
    {
        return Ok(());
    }
    let mut buffer = vec![0; CHUNK];
    while left > 0 {
        let n = input.read(&mut buffer, io);
        if n == 0 {
            break;
        }
        let mut start = 0;
        for byte in &buffer[..n] {
            if left == 0 {
                break;
            }
            start += 1;
            left -= u64::from(amount.unit == Unit::Bytes || *byte == amount.delimiter);
        }
        io.stdout.write_text(&buffer[start..n])?;
    }
    Ok(())
}
