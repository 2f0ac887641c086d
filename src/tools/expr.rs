//! `expr`: computes with integers and strings (POSIX, and GNU's functions).

use super::Tool;
use super::args::{command, operands};
use super::posix::{Syntax, Within, translate};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use regex::bytes::RegexBuilder;
use std::cmp::Ordering;
use std::ffi::OsString;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "expr",
    aliases: &[],
    summary: "Compute with numbers and strings",
    examples: &[
        ("expr 7 '*' 6", "A product, as scripts for sh write it"),
        ("expr /app/server.conf : '.*/\\(.*\\)'", "What a group of a pattern matches"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: Some(apart),
    run,
};

/// Parentheses within parentheses; what is deeper is a mistake or worse.
const DEEPEST: u32 = 100;

/// The most memory that a compiled pattern may take.
const LIMIT: usize = 16 << 20;

fn options() -> Command {
    command("expr", TOOL.summary)
        .after_help(
            "From loose to tight: | & (< <= = == != >= >) (+ -) (* / %) STRING : PATTERN, match STRING PATTERN, \
             substr STRING FROM LENGTH, index STRING CHARACTERS, length STRING, + TOKEN, ( ). Patterns are basic \
             regular expressions and begin at the start. Ends with 1 when the result is empty or 0, 2 when the \
             expression is wrong.",
        )
        .arg(
            Arg::new("WORD")
                .num_args(0..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

/// Every word is an operand, but for `--help` alone.
fn apart(mut words: Vec<OsString>) -> Vec<OsString> {
    let is_help = words.len() == 1 && words.first().is_some_and(|word| word == "--help");
    if !is_help && words.first().is_none_or(|word| word != "--") {
        words.insert(0, "--".into());
    }
    words
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words = operands(matches, "WORD");
    if words.is_empty() {
        return Err(Error::usage("missing operand"));
    }
    let mut parser = Parser { words: &words, at: 0, depth: 0 };
    let value = parser.or(true)?;
    if let Some(word) = parser.words.get(parser.at) {
        return Err(syntax(format!("unexpected argument '{}'", visible(word))));
    }
    io.stdout.write_name(&value)?;
    io.stdout.write_all(b"\n")?;
    Ok(if is_null(&value) { Exit::FAILURE } else { Exit::OK })
}

fn syntax(text: impl std::fmt::Display) -> Error {
    Error::usage(format!("syntax error: {text}"))
}

struct Parser<'a> {
    words: &'a [&'a [u8]],
    at: usize,
    depth: u32,
}

type Value = Vec<u8>;

/// What an operator makes of two values.
type Operate = fn(&[u8], &[u8], &[u8]) -> Result<Value>;

impl Parser<'_> {
    /// The next word, if it is one of `operators`, which is passed.
    fn accept<'o>(&mut self, operators: &[&'o [u8]]) -> Option<&'o [u8]> {
        let word = self.words.get(self.at)?;
        let found = operators.iter().copied().find(|operator| operator == word)?;
        self.at += 1;
        Some(found)
    }

    /// `counts` is false where the result is not wanted: mistakes of values are none there.
    fn or(&mut self, counts: bool) -> Result<Value> {
        let mut left = self.and(counts)?;
        while self.accept(&[b"|"]).is_some() {
            let right = self.and(counts && is_null(&left))?;
            if is_null(&left) {
                left = if is_null(&right) { b"0".to_vec() } else { right };
            }
        }
        Ok(left)
    }

    fn and(&mut self, counts: bool) -> Result<Value> {
        let mut left = self.compared(counts)?;
        while self.accept(&[b"&"]).is_some() {
            let right = self.compared(counts && !is_null(&left))?;
            if is_null(&left) || is_null(&right) {
                left = b"0".to_vec();
            }
        }
        Ok(left)
    }

    fn compared(&mut self, counts: bool) -> Result<Value> {
        let operators: [&[u8]; 7] = [b"<", b"<=", b"=", b"==", b"!=", b">=", b">"];
        self.chain(counts, &operators, Parser::sum, compare)
    }

    fn sum(&mut self, counts: bool) -> Result<Value> {
        self.chain(counts, &[b"+", b"-"], Parser::product, calculate)
    }

    fn product(&mut self, counts: bool) -> Result<Value> {
        self.chain(counts, &[b"*", b"/", b"%"], Parser::matched, calculate)
    }

    fn matched(&mut self, counts: bool) -> Result<Value> {
        self.chain(counts, &[b":"], Parser::term, |left, _, right| search(left, right))
    }

    /// Operators of one rank, from left to right.
    fn chain(
        &mut self,
        counts: bool,
        operators: &[&[u8]],
        operand: fn(&mut Self, bool) -> Result<Value>,
        operate: Operate,
    ) -> Result<Value> {
        let mut left = operand(self, counts)?;
        while let Some(operator) = self.accept(operators) {
            let right = operand(self, counts)?;
            if counts {
                left = operate(&left, operator, &right)?;
            }
        }
        Ok(left)
    }

    fn term(&mut self, counts: bool) -> Result<Value> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(syntax(format!("more than {DEEPEST} terms inside each other")));
        }
        let value = self.inner(counts);
        self.depth -= 1;
        value
    }

    fn inner(&mut self, counts: bool) -> Result<Value> {
        let word = self.next()?;
        Ok(match word {
            b"+" => self.next()?.to_vec(),
            b"(" => {
                let value = self.or(counts)?;
                if self.accept(&[b")"]).is_none() {
                    return Err(match self.words.get(self.at) {
                        Some(word) => {
                            syntax(format!("expecting ')' instead of '{}'", visible(word)))
                        }
                        None => syntax(format!("expecting ')' after '{}'", visible(self.last()))),
                    });
                }
                value
            }
            b")" => return Err(syntax("unexpected ')'")),
            b"match" => {
                let (text, pattern) = (self.term(counts)?, self.term(counts)?);
                if counts { search(&text, &pattern)? } else { Value::new() }
            }
            b"length" => characters(&self.term(counts)?).len().to_string().into_bytes(),
            b"index" => {
                let (text, wanted) = (self.term(counts)?, self.term(counts)?);
                let wanted = characters(&wanted);
                let at = characters(&text).iter().position(|c| wanted.contains(c));
                at.map_or(0, |at| at + 1).to_string().into_bytes()
            }
            b"substr" => {
                let (text, from, length) =
                    (self.term(counts)?, self.term(counts)?, self.term(counts)?);
                match (integer(&from), integer(&length)) {
                    (Some(from @ 1..), Some(length @ 1..)) => {
                        let skip = usize::try_from(from - 1).unwrap_or(usize::MAX);
                        let length = usize::try_from(length).unwrap_or(usize::MAX);
                        characters(&text)
                            .into_iter()
                            .skip(skip)
                            .take(length)
                            .collect::<Vec<_>>()
                            .concat()
                    }
                    _ => Value::new(),
                }
            }
            word => word.to_vec(),
        })
    }

    fn next(&mut self) -> Result<&[u8]> {
        let word = self.words.get(self.at).copied();
        let missing = || syntax(format!("missing argument after '{}'", visible(self.last())));
        let word = word.ok_or_else(missing)?;
        self.at += 1;
        Ok(word)
    }

    fn last(&self) -> &[u8] {
        self.at.checked_sub(1).and_then(|at| self.words.get(at)).copied().unwrap_or_default()
    }
}

/// Empty, or zero in any writing.
fn is_null(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    value.is_empty() || !digits.is_empty() && digits.iter().all(|byte| *byte == b'0')
}

fn is_integer(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn integer(value: &[u8]) -> Option<i128> {
    std::str::from_utf8(value).ok().filter(|_| is_integer(value))?.parse().ok()
}

fn compare(left: &[u8], operator: &[u8], right: &[u8]) -> Result<Value> {
    let order = match (integer(left), integer(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.cmp(right),
    };
    let holds = match operator {
        b"<" => order == Ordering::Less,
        b"<=" => order != Ordering::Greater,
        b"!=" => order != Ordering::Equal,
        b">=" => order != Ordering::Less,
        b">" => order == Ordering::Greater,
        _ => order == Ordering::Equal,
    };
    Ok(if holds { b"1".to_vec() } else { b"0".to_vec() })
}

fn calculate(left: &[u8], operator: &[u8], right: &[u8]) -> Result<Value> {
    if !is_integer(left) || !is_integer(right) {
        return Err(Error::new("non-integer argument").exit(Exit::USAGE));
    }
    let too_large = || Error::new("a number of more than 127 bits").exit(Exit::code(3));
    let left = integer(left).ok_or_else(too_large)?;
    let right = integer(right).ok_or_else(too_large)?;
    let result = match operator {
        b"+" => left.checked_add(right),
        b"-" => left.checked_sub(right),
        b"*" => left.checked_mul(right),
        _ if right == 0 => return Err(Error::new("division by zero").exit(Exit::USAGE)),
        b"/" => left.checked_div(right),
        _ => left.checked_rem(right),
    };
    Ok(result.ok_or_else(too_large)?.to_string().into_bytes())
}

/// What the first group of `pattern` matches at the start of `text`; without groups, how many characters match.
fn search(text: &[u8], pattern: &[u8]) -> Result<Value> {
    let translated = translate(pattern, Syntax::Basic, Within::Text)?;
    let regex = RegexBuilder::new(&format!("\\A(?:{translated})"))
        .dot_matches_new_line(true)
        .size_limit(LIMIT)
        .build()
        .map_err(|_| Error::usage(format!("{}: not a regular expression", visible(pattern))))?;
    let captures = regex.captures(text);
    if regex.captures_len() > 1 {
        let group = captures.as_ref().and_then(|captures| captures.get(1));
        return Ok(group.map_or_else(Value::new, |group| group.as_bytes().to_vec()));
    }
    let whole = captures.as_ref().and_then(|captures| captures.get(0));
    let length = whole.map_or(0, |whole| characters(whole.as_bytes()).len());
    Ok(length.to_string().into_bytes())
}

/// The characters of UTF-8; a byte that is none is one, too.
fn characters(text: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let head = rest.get(..rest.len().min(4)).unwrap_or(rest);
        let first = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        let (character, behind) = rest.split_at(first.map_or(1, char::len_utf8));
        found.push(character);
        rest = behind;
    }
    found
}
