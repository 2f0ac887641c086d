//! `xargs`: runs a tool with what stdin lists as its arguments.

use super::Tool;
use super::args::{bytes, command, flag, number, operands, option, os};
use super::input::{CHUNK, Input};
use super::nested::{self, BATCH};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

pub(super) const TOOL: Tool = Tool {
    name: "xargs",
    aliases: &[],
    summary: "Run a tool with arguments from stdin",
    examples: &[
        (
            "find /etc -name '*.conf' | xargs grep -n listen",
            "Search the files that another tool found",
        ),
        ("pgrep server | xargs -n 1 limits -p", "One run for each process"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: Some(apart),
    run,
};

fn options() -> Command {
    command("xargs", TOOL.summary)
        .after_help(
            "Words are divided by blanks and newlines; quotes and backslashes protect them. TOOL is a tool of dbg \
             (echo if nothing is said) and runs in dbg's own process, with nothing on its stdin. Ends with 123 when \
             a run failed.",
        )
        .arg(flag("null", '0', "Words end with NUL, and nothing protects"))
        .arg(option("arg-file", 'a', "FILE", "Read FILE instead of stdin"))
        .arg(option("delimiter", 'd', "DELIM", "Words end with this byte, and nothing protects"))
        .arg(option("replace", 'I', "TEXT", "One run a line, which stands wherever TEXT does"))
        .arg(
            Arg::new("max-args")
                .long("max-args")
                .short('n')
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..))
                .help("At most N words a run"),
        )
        .arg(
            Arg::new("max-lines")
                .long("max-lines")
                .short('L')
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..))
                .help("At most N lines a run; one that ends in a blank goes on in the next"),
        )
        .arg(
            Arg::new("max-procs")
                .long("max-procs")
                .short('P')
                .value_name("N")
                .value_parser(clap::value_parser!(u64))
                .help("Taken, but one run follows the other: dbg's tools run in its own process"),
        )
        .arg(number("max-chars", 's', "At most N bytes a run"))
        .arg(flag("no-run-if-empty", 'r', "No run when there is no word"))
        .arg(flag("verbose", 't', "Print each command on stderr"))
        .arg(
            Arg::new("COMMAND")
                .value_names(["TOOL", "ARG"])
                .num_args(0..)
                .trailing_var_arg(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

/// Puts `--` in front of the tool's name, so that its options are not taken for ours.
fn apart(mut words: Vec<OsString>) -> Vec<OsString> {
    let mut is_value = false;
    for i in 0..words.len() {
        is_value = match words[i].as_bytes() {
            _ if is_value => false,
            b"--" => return words,
            [b'-', b'-', name @ ..] => {
                matches!(
                    name,
                    b"arg-file"
                        | b"delimiter"
                        | b"replace"
                        | b"max-args"
                        | b"max-lines"
                        | b"max-procs"
                        | b"max-chars"
                )
            }
            [b'-', letters @ ..] if !letters.is_empty() => {
                let valued = letters.iter().position(|letter| b"adInLPs".contains(letter));
                valued == Some(letters.len() - 1)
            }
            _ => {
                words.insert(i, "--".into());
                return words;
            }
        };
    }
    words
}

/// How words are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Division {
    Byte(u8),
    /// By newlines; blanks in front do not count, quotes do.
    Lines,
    Blanks,
}

/// What is run.
struct Runs<'a> {
    tool: &'static Tool,
    args: Vec<OsString>,
    replace: Option<&'a [u8]>,
    most: usize,
    verbose: bool,
    failed: bool,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let replace = bytes(matches, "replace").filter(|text| !text.is_empty());
    let division = match bytes(matches, "delimiter") {
        _ if matches.get_flag("null") => Division::Byte(0),
        Some(delimiter) => Division::Byte(delimiter_of(delimiter)?),
        None if replace.is_some() => Division::Lines,
        None => Division::Blanks,
    };
    let most = matches.get_one::<u64>("max-args").map_or(usize::MAX, |n| *n as usize);
    let mut words = operands(matches, "COMMAND").into_iter();
    let tool = nested::find(os(words.next().unwrap_or(b"echo")))?;
    let mut runs = Runs {
        tool,
        args: words.map(|word| os(word).to_owned()).collect(),
        replace,
        most,
        verbose: matches.get_flag("verbose"),
        failed: false,
    };
    let file = Path::new(os(bytes(matches, "arg-file").unwrap_or(b"-")));
    let Some(input) = Input::open(view, file, io) else { return Ok(Exit::FAILURE) };
    let mut words = Words { input, division, buffer: Vec::new(), at: 0, ends_line: false };
    let most_lines = matches.get_one::<u64>("max-lines").copied();
    let own = runs.tool.name.len() + runs.args.iter().map(|arg| arg.len() + 1).sum::<usize>() + 1;
    let room = matches.get_one::<u64>("max-chars").map_or(BATCH, |most| {
        // The NUL of the last word does not count against it here, but does for exec(2).
        usize::try_from(*most).unwrap_or(BATCH).min(BATCH).saturating_sub(own + 1)
    });
    let mut lines = 0;
    let (mut batch, mut size, mut any) = (Vec::new(), 0, false);
    while let Some(word) = words.next(io)? {
        any = true;
        if runs.replace.is_some() {
            runs.run_replaced(&word, view, io)?;
            continue;
        }
        if batch.len() == runs.most || size + word.len() > room {
            runs.run(std::mem::take(&mut batch), view, io)?;
            size = 0;
        }
        size += word.len() + 1;
        batch.push(OsString::from_vec(word));
        lines += u64::from(words.ends_line);
        if most_lines.is_some_and(|most| lines >= most) {
            runs.run(std::mem::take(&mut batch), view, io)?;
            (size, lines) = (0, 0);
        }
    }
    let runs_once = !any && !matches.get_flag("no-run-if-empty") && runs.replace.is_none();
    if !batch.is_empty() || runs_once {
        runs.run(batch, view, io)?;
    }
    Ok(if runs.failed { Exit::code(123) } else { io.exit() })
}

fn delimiter_of(text: &[u8]) -> Result<u8> {
    Ok(match text {
        [byte] => *byte,
        b"\\n" => b'\n',
        b"\\t" => b'\t',
        b"\\0" => 0,
        b"\\\\" => b'\\',
        _ => return Err(Error::usage("-d: the delimiter is one byte, or \\n, \\t, \\0 or \\\\")),
    })
}

impl Runs<'_> {
    fn run_replaced(&mut self, word: &[u8], view: &View, io: &mut Io) -> Result<()> {
        let pattern = self.replace.unwrap_or(b"{}");
        let args = self.args.iter().map(|arg| nested::replace(arg, pattern, word)).collect();
        self.invoke(args, view, io)
    }

    fn run(&mut self, words: Vec<OsString>, view: &View, io: &mut Io) -> Result<()> {
        let args = self.args.iter().cloned().chain(words).collect();
        self.invoke(args, view, io)
    }

    /// A run that fails leaves its mark; after one that could not run there is no other, as with GNU.
    fn invoke(&mut self, args: Vec<OsString>, view: &View, io: &mut Io) -> Result<()> {
        if self.verbose {
            let words = args.iter().map(|arg| visible(arg.as_bytes()));
            let words: Vec<_> = std::iter::once(self.tool.name.into()).chain(words).collect();
            writeln!(io.stderr, "{}", words.join(" "))?;
            io.stderr.flush()?;
        }
        // A pipe that nobody writes to: what is left of our stdin is not for the tool.
        let (empty, _) = nix::unistd::pipe()?;
        let exit = nested::invoke(self.tool, args, empty, view, io)?;
        match exit.number() {
            0 => {}
            1..=125 => self.failed = true,
            code => {
                let text = format!("{} ended with {code}", self.tool.name);
                let code = if code == 255 { 124 } else { code.min(127) };
                return Err(Error::new(text).exit(Exit::code(code)));
            }
        }
        Ok(())
    }
}

/// The words of the input, one at a time.
struct Words {
    input: Input,
    division: Division,
    buffer: Vec<u8>,
    at: usize,
    /// Whether the word given last was the last of its line.
    ends_line: bool,
}

impl Words {
    fn byte(&mut self, io: &mut Io) -> Option<u8> {
        if self.at == self.buffer.len() {
            self.buffer.resize(CHUNK, 0);
            let n = self.input.read(&mut self.buffer, io);
            self.buffer.truncate(n);
            self.at = 0;
        }
        let byte = self.buffer.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn next(&mut self, io: &mut Io) -> Result<Option<Vec<u8>>> {
        let (mut word, mut is_word, mut quote) = (Vec::new(), false, None);
        while let Some(byte) = self.byte(io) {
            if word.len() > BATCH {
                return Err(Error::new(format!("a word is longer than {} KiB", BATCH >> 10)));
            }
            match (self.division, quote) {
                (Division::Byte(delimiter), _) if byte == delimiter => {
                    self.ends_line = true;
                    return Ok(Some(word));
                }
                (Division::Byte(_), _) => {
                    is_word = true;
                    word.push(byte);
                }
                (_, Some(mark)) if byte == mark => quote = None,
                (_, Some(mark)) if byte == b'\n' => return Err(unmatched(mark)),
                (_, Some(_)) => word.push(byte),
                (_, None) if matches!(byte, b'\'' | b'"') => (quote, is_word) = (Some(byte), true),
                (_, None) if byte == b'\\' => {
                    is_word = true;
                    word.extend(self.byte(io));
                }
                // In front of a word more counts as space than behind it, as GNU has it.
                (_, None) if !is_word && matches!(byte, b' ' | b'\t'..=b'\r') => {}
                (_, None) if byte == b'\n' => {
                    self.ends_line = true;
                    return Ok(Some(word));
                }
                (Division::Blanks, None) if matches!(byte, b' ' | b'\t') => {
                    self.ends_line = false;
                    return Ok(Some(word));
                }
                (_, None) => {
                    is_word = true;
                    word.push(byte);
                }
            }
        }
        match quote {
            Some(mark) => Err(unmatched(mark)),
            None => Ok(is_word.then_some(word)),
        }
    }
}

fn unmatched(mark: u8) -> Error {
    let which = if mark == b'"' { "double" } else { "single" };
    Error::new(format!("unmatched {which} quote")).hint("with -0 or -d quotes are ordinary bytes")
}
