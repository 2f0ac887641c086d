//! Parses scripts of `sed`.

use super::script::{Action, Address, Command, End};
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

pub(super) struct Parser<'a> {
    pub(super) rest: &'a [u8],
    pub(super) syntax: Syntax,
    pub(super) commands: Vec<Command>,
    /// The blocks that are open.
    pub(super) open: Vec<usize>,
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
            b'l' => Action::List(self.width()),
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

    pub(super) fn compile(
        &self,
        pattern: &[u8],
        ignore_case: bool,
        lines: bool,
    ) -> Result<Option<Regex>> {
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
        b'z' => Action::Empty,
        b'=' => Action::Number,
        b'n' => Action::Next,
        b'N' => Action::NextMore,
        b'p' => Action::Print,
        b'P' => Action::PrintFirst,
        other => {
            let letter = visible(&[other]).into_owned();
            return Err(Error::usage(format!("the command '{letter}' is not supported"))
                .hint("there are { } = a b c d D g G h H i l n N p P q Q s t x y z : and #"));
        }
    })
}
