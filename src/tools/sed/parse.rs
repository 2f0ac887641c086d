//! Parses scripts of `sed`.

use super::script::{Action, Address, Command, End, Part, Replace};
use crate::error::{Error, Result};
use crate::output::visible;
use crate::tools::posix::{Syntax, Within, translate};
use regex::bytes::{Regex, RegexBuilder};

/// The most memory that a compiled pattern may take.
const LIMIT: usize = 16 << 20;

/// Parses a whole script.
pub(super) fn parse(script: &[u8], syntax: Syntax) -> Result<Vec<Command>> {
    let mut parser = Parser { rest: script, syntax, commands: Vec::new(), open: Vec::new() };
    let (mut labels, mut branches) = (Vec::new(), Vec::new());
    while parser.command(&mut labels, &mut branches)? {}
    if !parser.open.is_empty() {
        return Err(Error::usage("unmatched {"));
    }
    let end = parser.commands.len();
    for (from, label) in branches {
        let to = match labels.iter().find(|(name, _)| *name == label) {
            Some((_, to)) => *to,
            None if label.is_empty() => end,
            None => return Err(Error::usage(format!("there is no label '{}'", visible(&label)))),
        };
        match &mut parser.commands[from].action {
            Action::Branch(target) | Action::BranchIfReplaced(target) => *target = to,
            _ => {}
        }
    }
    Ok(parser.commands)
}

/// Labels and branches to them, with the numbers of their commands.
type Places = Vec<(Vec<u8>, usize)>;

struct Parser<'a> {
    rest: &'a [u8],
    syntax: Syntax,
    commands: Vec<Command>,
    /// The blocks that are open.
    open: Vec<usize>,
}

impl Parser<'_> {
    /// Parses one command; `false` at the end of the script.
    fn command(
        &mut self,
        labels: &mut Places,
        branches: &mut Vec<(usize, Vec<u8>)>,
    ) -> Result<bool> {
        self.skip(b" \t\n;");
        if self.rest.is_empty() {
            return Ok(false);
        }
        let from = self.address()?;
        let to = match self.rest.first() {
            Some(b',') if from.is_some() => Some(self.end()?),
            _ => None,
        };
        self.skip(b" \t");
        let mut negated = false;
        while self.take(b'!') {
            negated = true;
            self.skip(b" \t");
        }
        if let (Some(Address::Line(0)), to) = (&from, &to)
            && !matches!(to, Some(End::At(Address::Match(_))))
        {
            return Err(Error::usage("line 0 can only begin a range that an expression ends"));
        }
        let here = self.commands.len();
        let letter = self.next().ok_or_else(|| Error::usage("a command is missing"))?;
        let action = match letter {
            b'#' if from.is_none() => {
                self.line();
                return Ok(true);
            }
            b'{' => {
                self.open.push(here);
                Action::Block(0)
            }
            b'}' if from.is_none() => {
                let open = self.open.pop().ok_or_else(|| Error::usage("unexpected }"))?;
                self.commands[open].action = Action::Block(here);
                Action::Nothing
            }
            b':' if from.is_none() => {
                labels.push((self.word(), here));
                Action::Nothing
            }
            b'b' | b't' => {
                branches.push((here, self.word()));
                if letter == b'b' { Action::Branch(0) } else { Action::BranchIfReplaced(0) }
            }
            b'a' => Action::Append(self.text()?),
            b'i' => Action::Insert(self.text()?),
            b'c' => Action::Change(self.text()?),
            b's' => Action::Replace(Box::new(self.replace()?)),
            b'y' => Action::Map(self.map()?),
            b'q' | b'Q' => Action::Quit { code: self.exit_code()?, prints: letter == b'q' },
            letter => simple(letter)?,
        };
        if !matches!(
            action,
            Action::Block(_) | Action::Append(_) | Action::Insert(_) | Action::Change(_)
        ) {
            self.skip(b" \t");
            if !matches!(self.rest.first(), None | Some(b'\n' | b';' | b'}' | b'#')) {
                return Err(Error::usage(format!(
                    "extra characters after the command '{}'",
                    char::from(letter)
                )));
            }
        }
        self.commands.push(Command { from, to, negated, action });
        Ok(true)
    }

    fn address(&mut self) -> Result<Option<Address>> {
        Ok(Some(match self.rest.first() {
            Some(b'0'..=b'9') => {
                let line = self.number();
                match self.take(b'~') {
                    true => Address::Step(line, self.number()),
                    false => Address::Line(line),
                }
            }
            Some(b'$') => {
                self.next();
                Address::Last
            }
            Some(b'/') => {
                self.next();
                Address::Match(self.expression(b'/')?)
            }
            Some(b'\\') => {
                self.next();
                let mark = self.next().ok_or_else(|| Error::usage("an expression is missing"))?;
                Address::Match(self.expression(mark)?)
            }
            _ => return Ok(None),
        }))
    }

    /// What follows the comma of a range.
    fn end(&mut self) -> Result<End> {
        self.next();
        self.skip(b" \t");
        Ok(match self.rest.first() {
            Some(b'+') => {
                self.next();
                End::More(self.number())
            }
            Some(b'~') => {
                self.next();
                End::Multiple(self.number())
            }
            _ => End::At(self.address()?.ok_or_else(|| Error::usage("a range has no end"))?),
        })
    }

    /// An expression up to `mark`, with its flags.
    fn expression(&mut self, mark: u8) -> Result<Option<Regex>> {
        let pattern = self.delimited(mark, true)?;
        let (mut ignore_case, mut multi_line) = (false, false);
        loop {
            match self.rest.first() {
                Some(b'I') => ignore_case = true,
                Some(b'M') => multi_line = true,
                _ => return self.compile(&pattern, ignore_case, multi_line),
            }
            self.next();
        }
    }

    fn compile(&self, pattern: &[u8], ignore_case: bool, lines: bool) -> Result<Option<Regex>> {
        if pattern.is_empty() {
            return Ok(None);
        }
        RegexBuilder::new(&translate(pattern, self.syntax, Within::Text)?)
            .case_insensitive(ignore_case)
            .multi_line(lines)
            .dot_matches_new_line(true)
            .size_limit(LIMIT)
            .build()
            .map(Some)
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => Error::usage("regular expression too big"),
                other => Error::usage(visible(other.to_string().as_bytes())),
            })
    }

    /// The bytes up to `mark`, which is taken, too. `\n` is a newline and `\` before the mark goes.
    fn delimited(&mut self, mark: u8, is_pattern: bool) -> Result<Vec<u8>> {
        if matches!(mark, b'\n' | b'\\') {
            return Err(Error::usage(
                "a newline or a backslash can't divide the parts of a command",
            ));
        }
        let mut out = Vec::new();
        loop {
            match self.next() {
                Some(byte) if byte == mark => return Ok(out),
                Some(b'\\') => match self.next() {
                    Some(byte) if byte == mark => out.push(byte),
                    Some(b'n') => out.push(b'\n'),
                    Some(b't') => out.push(b'\t'),
                    // In what is put in, a newline behind a backslash is one.
                    Some(byte) => out.extend([b'\\', byte]),
                    None => break,
                },
                Some(b'\n') if is_pattern => break,
                Some(byte) => out.push(byte),
                None => break,
            }
        }
        Err(Error::usage(format!("'{}' is missing at the end of an expression", visible(&[mark]))))
    }

    fn replace(&mut self) -> Result<Replace> {
        let mark = self.next().ok_or_else(|| Error::usage("s has no expression"))?;
        let pattern = self.delimited(mark, true)?;
        let with = parts(&self.delimited(mark, false)?)?;
        let mut replace = Replace { pattern: None, with, nth: 1, global: false, prints: false };
        let (mut ignore_case, mut lines) = (false, false);
        loop {
            match self.rest.first() {
                Some(b'g') => replace.global = true,
                Some(b'p') => replace.prints = true,
                Some(b'i' | b'I') => ignore_case = true,
                Some(b'm' | b'M') => lines = true,
                Some(b'1'..=b'9') => {
                    replace.nth = self.number();
                    continue;
                }
                Some(b'0') => return Err(Error::usage("matches count from 1")),
                Some(b'e' | b'w') => {
                    return Err(Error::usage("s: the flags e and w are not supported")
                        .hint("sed here runs nothing and writes to stdout alone"));
                }
                _ => break,
            }
            self.next();
        }
        replace.pattern = self.compile(&pattern, ignore_case, lines)?;
        let groups = replace.pattern.as_ref().map_or(usize::MAX, |regex| regex.captures_len() - 1);
        for part in &replace.with {
            if let Part::Group(n) = part
                && *n > groups
            {
                return Err(Error::usage(format!("there is no group \\{n} in the expression")));
            }
        }
        Ok(replace)
    }

    fn map(&mut self) -> Result<Box<[u8; 256]>> {
        let mark = self.next().ok_or_else(|| Error::usage("y has no bytes"))?;
        let plain = |bytes: Vec<u8>| -> Vec<u8> {
            let (mut out, mut bytes) = (Vec::new(), bytes.into_iter());
            while let Some(byte) = bytes.next() {
                out.push(if byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte });
            }
            out
        };
        let from = plain(self.delimited(mark, false)?);
        let to = plain(self.delimited(mark, false)?);
        if from.len() != to.len() {
            return Err(Error::usage("y: both parts must have the same number of bytes"));
        }
        let mut map: Box<[u8; 256]> = Box::new(std::array::from_fn(|i| i as u8));
        for (from, to) in from.into_iter().zip(to) {
            map[usize::from(from)] = to;
        }
        Ok(map)
    }

    /// The text of `a`, `i` and `c`: what is left of the line, and further lines after a backslash.
    fn text(&mut self) -> Result<Vec<u8>> {
        self.skip(b" \t");
        if self.take(b'\\') {
            let blanks = self.rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            // Blanks behind the backslash belong to a text that begins on this line.
            if self.rest.get(blanks) == Some(&b'\n') {
                self.rest = &self.rest[blanks + 1..];
            }
        }
        let mut text = Vec::new();
        loop {
            match self.next() {
                None | Some(b'\n') => break,
                Some(b'\\') => text.extend(self.next()),
                Some(byte) => text.push(byte),
            }
        }
        if text.is_empty() {
            return Err(Error::usage("a, i and c need a text"));
        }
        text.push(b'\n');
        Ok(text)
    }

    fn exit_code(&mut self) -> Result<u8> {
        self.skip(b" \t");
        match self.rest.first() {
            Some(b'0'..=b'9') => {
                u8::try_from(self.number()).map_err(|_| Error::usage("an exit code is at most 255"))
            }
            _ => Ok(0),
        }
    }

    fn number(&mut self) -> u64 {
        let mut number = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.rest.first() {
            number = number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            self.next();
        }
        number
    }

    /// A label.
    fn word(&mut self) -> Vec<u8> {
        self.skip(b" \t");
        let ends = |b: &u8| matches!(b, b'\n' | b';' | b' ' | b'\t' | b'}');
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_vec()
    }

    fn line(&mut self) {
        let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    fn skip(&mut self, bytes: &[u8]) {
        while self.rest.first().is_some_and(|byte| bytes.contains(byte)) {
            self.next();
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.rest.first() == Some(&byte);
        if is_there {
            self.next();
        }
        is_there
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

fn simple(letter: u8) -> Result<Action> {
    Ok(match letter {
        b'd' => Action::Delete,
        b'D' => Action::DeleteFirst,
        b'g' => Action::Get,
        b'G' => Action::GetMore,
        b'h' => Action::Hold,
        b'H' => Action::HoldMore,
        b'x' => Action::Exchange,
        b'=' => Action::Number,
        b'n' => Action::Next,
        b'N' => Action::NextMore,
        b'p' => Action::Print,
        b'P' => Action::PrintFirst,
        other => {
            let letter = visible(&[other]).into_owned();
            return Err(Error::usage(format!("the command '{letter}' is not supported"))
                .hint("there are { } = a b c d D g G h H i n N p P q Q s t x y : and #"));
        }
    })
}

/// What stands between the second and the third mark of `s`.
fn parts(with: &[u8]) -> Result<Vec<Part>> {
    let (mut parts, mut text) = (Vec::new(), Vec::new());
    let mut bytes = with.iter();
    while let Some(byte) = bytes.next() {
        let group = match byte {
            b'&' => 0,
            b'\\' => match bytes.next() {
                Some(digit @ b'0'..=b'9') => usize::from(digit - b'0'),
                Some(letter @ (b'L' | b'U' | b'l' | b'u' | b'E')) => {
                    let text =
                        format!("\\{} in what s puts in is not supported", char::from(*letter));
                    return Err(Error::usage(text));
                }
                other => {
                    text.extend(other);
                    continue;
                }
            },
            byte => {
                text.push(*byte);
                continue;
            }
        };
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(Part::Group(group));
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}
