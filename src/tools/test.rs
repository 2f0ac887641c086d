//! `test` and `[`: conditions on texts, numbers and files of the target (POSIX, and bash's additions).

use super::Tool;
use super::args::{command, operands, os};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::view::{FileType, Needs, View};
use clap::{Arg, ArgMatches, Command};
use nix::sys::stat::FileStat;
use std::ffi::OsString;
use std::path::Path;

pub(super) const TEST: Tool = Tool {
    name: "test",
    aliases: &[],
    summary: "Tell by the exit code whether a condition holds",
    examples: &[
        ("test -e /etc/app.conf && echo there", "Whether a file is there"),
        ("test /app/a -nt /app/b", "Whether one file is newer than another"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: test_options,
    rewrite: Some(apart),
    run: test,
};

pub(super) const BRACKET: Tool = Tool {
    name: "[",
    aliases: &[],
    summary: "As test, with ] at the end",
    examples: &[
        ("[ -x /bin/sh ] || echo no shell", "Whether a program is there"),
        ("[ -s /var/log/app.log ]", "Whether a log has anything in it"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: bracket_options,
    rewrite: Some(apart),
    run: bracket,
};

/// Expressions within expressions; what is deeper is a mistake or worse.
const DEEPEST: u32 = 100;

const HELP: &str = "\
Files: -e, -f, -d, -h and -L, -b, -c, -p, -S, -s (not empty), -u, -g, -k, -r, -w, -x, -O, -G, -N; A -nt B, A -ot B, \
A -ef B. Texts: -n, -z, =, ==, !=, <, >. Numbers: -eq, -ne, -lt, -le, -gt, -ge. -t FD; !, -a, -o, ( ). -w holds only \
with --write: a view is read-only. Ends with 0, 1, or 2 for a mistake.";

fn test_options() -> Command {
    options("test", TEST.summary)
}

fn bracket_options() -> Command {
    options("[", BRACKET.summary)
}

fn options(name: &'static str, summary: &'static str) -> Command {
    command(name, summary).after_help(HELP).arg(
        Arg::new("WORD")
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .value_parser(clap::value_parser!(OsString)),
    )
}

/// Every word is an operand, but for `--help` alone.
fn apart(mut words: Vec<OsString>) -> Vec<OsString> {
    if !(words.len() == 1 && words.first().is_some_and(|word| word == "--help")) {
        words.insert(0, "--".into());
    }
    words
}

fn test(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    evaluate(view, &operands(matches, "WORD"), io)
}

fn bracket(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    match operands(matches, "WORD").as_slice() {
        [words @ .., b"]"] => evaluate(view, words, io),
        _ => Err(Error::usage("missing ]")),
    }
}

fn evaluate(view: &View, words: &[&[u8]], io: &Io) -> Result<Exit> {
    let mut test = Test { view, io, rest: words, depth: 0 };
    Ok(if test.whole()? { Exit::OK } else { Exit::FAILURE })
}

struct Test<'a> {
    view: &'a View,
    io: &'a Io,
    rest: &'a [&'a [u8]],
    depth: u32,
}

impl Test<'_> {
    /// The rules of POSIX, which go by the number of words; beyond four, by rank.
    fn whole(&mut self) -> Result<bool> {
        match self.rest {
            [] => Ok(false),
            [word] => Ok(!word.is_empty()),
            [b"!", rest @ ..] if rest.len() <= 3 => {
                self.rest = rest;
                Ok(!self.whole()?)
            }
            [operator, operand] => self.unary(operator, operand)?.ok_or_else(|| {
                Error::usage(format!("{}: unary operator expected", visible(operator)))
            }),
            [left, operator, right]
                if is_binary(operator) || matches!(*operator, b"-a" | b"-o") =>
            {
                match *operator {
                    b"-a" => Ok(!left.is_empty() && !right.is_empty()),
                    b"-o" => Ok(!left.is_empty() || !right.is_empty()),
                    _ => self.binary(left, operator, right),
                }
            }
            [b"(", rest @ .., b")"] if rest.len() <= 2 => {
                self.rest = rest;
                self.whole()
            }
            words => {
                let count = words.len();
                let holds = self.or()?;
                match self.rest {
                    [] => Ok(holds),
                    [word, ..] if self.rest.len() + 2 == count => {
                        Err(Error::usage(format!("{}: binary operator expected", visible(word))))
                    }
                    _ => Err(Error::usage("too many arguments")),
                }
            }
        }
    }

    fn or(&mut self) -> Result<bool> {
        let mut holds = self.and()?;
        while let [b"-o", rest @ ..] = self.rest {
            self.rest = rest;
            holds |= self.and()?;
        }
        Ok(holds)
    }

    fn and(&mut self) -> Result<bool> {
        let mut holds = self.term()?;
        while let [b"-a", rest @ ..] = self.rest {
            self.rest = rest;
            holds &= self.term()?;
        }
        Ok(holds)
    }

    fn term(&mut self) -> Result<bool> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::usage(format!("more than {DEEPEST} expressions inside each other")));
        }
        let holds = self.inner();
        self.depth -= 1;
        holds
    }

    fn inner(&mut self) -> Result<bool> {
        match self.rest {
            [] => Err(Error::usage("argument expected")),
            [b"!", rest @ ..] => {
                self.rest = rest;
                Ok(!self.term()?)
            }
            [left, operator, right, rest @ ..] if is_binary(operator) => {
                self.rest = rest;
                self.binary(left, operator, right)
            }
            [b"(", rest @ ..] => {
                self.rest = rest;
                let holds = self.or()?;
                let [b")", rest @ ..] = self.rest else { return Err(Error::usage("')' expected")) };
                self.rest = rest;
                Ok(holds)
            }
            [word, rest @ ..] => {
                if let [operand, behind @ ..] = rest
                    && let Some(holds) = self.unary(word, operand)?
                {
                    self.rest = behind;
                    return Ok(holds);
                }
                self.rest = rest;
                Ok(!word.is_empty())
            }
        }
    }

    /// `None` when there is no such operator.
    fn unary(&self, operator: &[u8], operand: &[u8]) -> Result<Option<bool>> {
        let [b'-', letter] = operator else { return Ok(None) };
        let path = Path::new(os(operand));
        let stat = |follow: bool| -> Result<Option<FileStat>> {
            if operand.is_empty() {
                return Ok(None);
            }
            self.view.root()?.find(path, follow).map_err(|error| error.exit(Exit::USAGE))
        };
        let is = |kind| -> Result<bool> {
            Ok(stat(true)?.is_some_and(|s| FileType::of_mode(s.st_mode) == kind))
        };
        let has =
            |bits: u32| -> Result<bool> { Ok(stat(true)?.is_some_and(|s| s.st_mode & bits != 0)) };
        let who = self.view.who.as_ref().ok();
        let root = || self.view.root();
        Ok(Some(match letter {
            b'n' => !operand.is_empty(),
            b'z' => operand.is_empty(),
            b'a' | b'e' => stat(true)?.is_some(),
            b'f' => is(FileType::File)?,
            b'd' => is(FileType::Dir)?,
            b'b' => is(FileType::Block)?,
            b'c' => is(FileType::Char)?,
            b'p' => is(FileType::Fifo)?,
            b'S' => is(FileType::Socket)?,
            b'h' | b'L' => {
                stat(false)?.is_some_and(|s| FileType::of_mode(s.st_mode) == FileType::Link)
            }
            b's' => stat(true)?.is_some_and(|s| s.st_size > 0),
            b'u' => has(libc::S_ISUID)?,
            b'g' => has(libc::S_ISGID)?,
            b'k' => has(libc::S_ISVTX)?,
            b'r' if is(FileType::Dir)? => root()?.open_dir(path).is_ok(),
            b'r' => stat(true)?.is_some() && root()?.open(path).is_ok(),
            // Nothing in a view is writable unless the operator said so.
            b'w' => self.view.writable && has(0o222)?,
            b'x' => has(0o111)?,
            b'O' => stat(true)?.zip(who).is_some_and(|(s, who)| s.st_uid == who.uids[1]),
            b'G' => stat(true)?.zip(who).is_some_and(|(s, who)| s.st_gid == who.gids[1]),
            b'N' => stat(true)?
                .is_some_and(|s| (s.st_mtime, s.st_mtime_nsec) > (s.st_atime, s.st_atime_nsec)),
            b't' => match number(operand)? {
                0 => nix::unistd::isatty(&self.io.stdin).unwrap_or(false),
                1 => self.io.stdout.is_terminal(),
                2 => self.io.stderr.is_terminal(),
                _ => false,
            },
            _ => return Ok(None),
        }))
    }

    fn binary(&self, left: &[u8], operator: &[u8], right: &[u8]) -> Result<bool> {
        let stat = |path: &[u8]| -> Result<Option<FileStat>> {
            let root = self.view.root()?;
            root.find(Path::new(os(path)), true).map_err(|error| error.exit(Exit::USAGE))
        };
        let time = |stat: &FileStat| (stat.st_mtime, stat.st_mtime_nsec);
        Ok(match operator {
            b"=" | b"==" => left == right,
            b"!=" => left != right,
            b"<" => left < right,
            b">" => left > right,
            b"-eq" => number(left)? == number(right)?,
            b"-ne" => number(left)? != number(right)?,
            b"-lt" => number(left)? < number(right)?,
            b"-le" => number(left)? <= number(right)?,
            b"-gt" => number(left)? > number(right)?,
            b"-ge" => number(left)? >= number(right)?,
            b"-ef" => stat(left)?
                .zip(stat(right)?)
                .is_some_and(|(a, b)| (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)),
            b"-nt" => match (stat(left)?, stat(right)?) {
                (Some(a), Some(b)) => time(&a) > time(&b),
                (a, _) => a.is_some(),
            },
            _ => match (stat(left)?, stat(right)?) {
                (Some(a), Some(b)) => time(&a) < time(&b),
                (_, b) => b.is_some(),
            },
        })
    }
}

fn is_binary(word: &[u8]) -> bool {
    const OPERATORS: [&[u8]; 14] = [
        b"=", b"==", b"!=", b"<", b">", b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge", b"-ef",
        b"-nt", b"-ot",
    ];
    OPERATORS.contains(&word)
}

fn number(text: &[u8]) -> Result<i64> {
    let parsed = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
    parsed.ok_or_else(|| Error::usage(format!("{}: integer expected", visible(text))))
}
