//! `echo`: prints its arguments, as bash does.

use super::{Tool, command, printf};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

pub(super) const TOOL: Tool = Tool {
    name: "echo",
    aliases: &[],
    summary: "Print the arguments",
    examples: &[
        ("echo /app/*", "What a glob finds among the target's files"),
        ("echo \"$PATH\"", "A variable as the main process was given it"),
        ("echo -ne '\\x00\\x01' | od -c", "Bytes that can't be typed, and no newline behind them"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: Some(words),
    run,
};

fn options() -> Command {
    command("echo", TOOL.summary)
        .after_help(
            "-n in front prints no newline at the end, -e reads \\a \\b \\c \\e \\f \\n \\r \\t \\v \\\\ \\0NNN \\xHH \\uHHHH and \
             \\UHHHHHHHH, and -E reads none, which is so if nothing is said.",
        )
        .arg(
            Arg::new("TEXT")
                .num_args(0..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

/// All words are text, `--` as well; only a lone `--help` is not.
fn words(mut words: Vec<OsString>) -> Vec<OsString> {
    if !matches!(&words[..], [word] if word == "--help") {
        words.insert(0, "--".into());
    }
    words
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words = matches.get_many::<OsString>("TEXT").into_iter().flatten();
    let mut words: Vec<&[u8]> = words.map(|word| word.as_bytes()).collect();
    let (mut newline, mut escapes) = (true, false);
    let is_option = |word: &&&[u8]| {
        word.strip_prefix(b"-").is_some_and(|letters| {
            !letters.is_empty() && letters.iter().all(|letter| b"neE".contains(letter))
        })
    };
    let options = words.iter().take_while(is_option).count();
    for letter in words.drain(..options).flatten() {
        match letter {
            b'n' => newline = false,
            b'e' => escapes = true,
            b'E' => escapes = false,
            _ => {}
        }
    }
    let mut text = words.join(&b' ');
    if escapes {
        let ends;
        (text, ends) = printf::echoed(&text);
        newline &= !ends;
    }
    io.stdout.write_all(&text)?;
    if newline {
        io.stdout.write_all(b"\n")?;
    }
    Ok(Exit::OK)
}
