//! Runs a script of `sed` over lines.

use super::script::{Action, Address, Command, End, Part, Replace, listed};
use super::source::Source;
use crate::error::{Error, Result};
use crate::output::Io;
use regex::bytes::Regex;

/// The most that the pattern space or the hold space may take.
const LARGEST: usize = 64 << 20;

/// How a run over the commands ended.
enum Ended {
    /// At their end, or by `b` or `n` without a next line: the pattern space is printed.
    Printing,
    /// By `d`.
    Silent,
    /// By `D`: again with what is left.
    Again,
    Quit(u8),
}

/// A range of lines, while it runs.
#[derive(Clone, Copy, Debug, Default)]
enum Range {
    #[default]
    Closed,
    UpTo(u64),
    /// Until the address of its end is met.
    Open,
}

/// What a script has between two lines.
pub(super) struct Machine<'a> {
    commands: &'a [Command],
    quiet: bool,
    /// What lines end with.
    delimiter: u8,
    /// Where `l` breaks lines.
    width: u64,
    ranges: Vec<Range>,
    pattern: Vec<u8>,
    hold: Vec<u8>,
    /// What `a` printed behind this line.
    appended: Vec<u8>,
    line: u64,
    replaced: bool,
    last_regex: Option<Regex>,
    /// Whether the line in the pattern space had a newline.
    is_ended: bool,
    /// The same of the hold space: it goes with the text from one to the other.
    hold_is_ended: bool,
    lacks_newline: bool,
}

impl<'a> Machine<'a> {
    pub(super) fn new(
        commands: &'a [Command],
        quiet: bool,
        delimiter: u8,
        width: u64,
    ) -> Machine<'a> {
        Machine {
            commands,
            quiet,
            delimiter,
            width,
            ranges: commands
                .iter()
                .map(|command| match command.from {
                    // `0,/x/`: as if it had begun already.
                    Some(Address::Line(0)) => Range::Open,
                    _ => Range::Closed,
                })
                .collect(),
            pattern: Vec::new(),
            hold: Vec::new(),
            appended: Vec::new(),
            line: 0,
            replaced: false,
            last_regex: None,
            is_ended: true,
            hold_is_ended: true,
            lacks_newline: false,
        }
    }

    /// Runs over all lines of `source`; the exit code if a `q` ended it.
    pub(super) fn run(&mut self, source: &mut Source, io: &mut Io) -> Result<Option<u8>> {
        let mut keeps = false;
        loop {
            if !keeps && !self.read(source, io)? {
                return Ok(None);
            }
            let ended = self.cycle(source, io)?;
            if matches!(ended, Ended::Printing) && !self.quiet {
                self.print_pattern(source, io)?;
            }
            self.print_appended(source, io)?;
            keeps = matches!(ended, Ended::Again);
            if let Ended::Quit(code) = ended {
                return Ok(Some(code));
            }
        }
    }

    /// Forgets the lines read, for a file of its own; with `in_place` also what was printed last.
    pub(super) fn restart(&mut self, in_place: bool) {
        self.line = 0;
        self.lacks_newline &= !in_place;
    }

    fn read(&mut self, source: &mut Source, io: &mut Io) -> Result<bool> {
        let Some((line, is_ended)) = source.next(io)? else { return Ok(false) };
        (self.pattern, self.is_ended) = (line, is_ended);
        self.line += 1;
        self.replaced = false;
        Ok(true)
    }

    /// Runs the commands once.
    fn cycle(&mut self, source: &mut Source, io: &mut Io) -> Result<Ended> {
        let commands = self.commands;
        let mut at = 0;
        while let Some(command) = commands.get(at) {
            let is_selected = self.selects(at, command, source, io)? != command.negated;
            at += 1;
            match &command.action {
                Action::Block(end) if !is_selected => at = end + 1,
                _ if !is_selected => {}
                Action::Block(_) | Action::Nothing => {}
                Action::Append(text) => self.appended.extend_from_slice(text),
                Action::Insert(text) => self.print(text, source, io)?,
                Action::Change(text) => {
                    // Of a range, the last line is replaced and the others go.
                    if command.to.is_none()
                        || command.negated
                        || matches!(self.ranges[at - 1], Range::Closed)
                    {
                        self.print(text, source, io)?;
                    }
                    return Ok(Ended::Silent);
                }
                Action::Branch(to) => at = *to,
                Action::BranchIfReplaced(to) => {
                    if std::mem::take(&mut self.replaced) {
                        at = *to;
                    }
                }
                Action::Delete => return Ok(Ended::Silent),
                Action::DeleteFirst => match memchr::memchr(self.delimiter, &self.pattern) {
                    None => return Ok(Ended::Silent),
                    Some(end) => {
                        self.pattern.drain(..=end);
                        return Ok(Ended::Again);
                    }
                },
                Action::Get => {
                    self.pattern.clone_from(&self.hold);
                    self.is_ended = self.hold_is_ended;
                }
                Action::GetMore => {
                    add(&mut self.pattern, &self.hold, self.delimiter)?;
                    self.is_ended = self.hold_is_ended;
                }
                Action::Hold => {
                    self.hold.clone_from(&self.pattern);
                    self.hold_is_ended = self.is_ended;
                }
                Action::HoldMore => {
                    add(&mut self.hold, &self.pattern, self.delimiter)?;
                    self.hold_is_ended = self.is_ended;
                }
                Action::Exchange => {
                    std::mem::swap(&mut self.pattern, &mut self.hold);
                    std::mem::swap(&mut self.is_ended, &mut self.hold_is_ended);
                }
                Action::Number => {
                    let mut number = self.line.to_string().into_bytes();
                    number.push(self.delimiter);
                    self.print(&number, source, io)?;
                }
                Action::List(width) => {
                    let listed = listed(&self.pattern, width.unwrap_or(self.width), self.delimiter);
                    self.print(&listed, source, io)?;
                }
                Action::Empty => self.pattern.clear(),
                Action::Next => {
                    if source.is_last(io)? {
                        return Ok(Ended::Printing);
                    }
                    if !self.quiet {
                        self.print_pattern(source, io)?;
                    }
                    self.next_line(source, io)?;
                }
                Action::NextMore => {
                    if source.is_last(io)? {
                        return Ok(Ended::Printing);
                    }
                    let above = std::mem::take(&mut self.pattern);
                    self.next_line(source, io)?;
                    let line = std::mem::replace(&mut self.pattern, above);
                    add(&mut self.pattern, &line, self.delimiter)?;
                }
                Action::Print => self.print_pattern(source, io)?,
                Action::PrintFirst => match memchr::memchr(self.delimiter, &self.pattern) {
                    None => self.print_pattern(source, io)?,
                    Some(end) => {
                        let first = self.pattern[..=end].to_vec();
                        self.print(&first, source, io)?;
                    }
                },
                Action::Quit { code, prints } => {
                    if *prints && !self.quiet {
                        self.print_pattern(source, io)?;
                        // As GNU has it, `q` gives the last line the newline that it lacks.
                        self.print(b"", source, io)?;
                    }
                    return Ok(Ended::Quit(*code));
                }
                Action::Replace(replace) => {
                    if self.replace(replace)? {
                        self.replaced = true;
                        if replace.prints {
                            self.print_pattern(source, io)?;
                        }
                    }
                }
                Action::Map(map) => {
                    self.pattern.iter_mut().for_each(|byte| *byte = map[usize::from(*byte)]);
                }
            }
        }
        Ok(Ended::Printing)
    }

    /// The next line in place of the pattern space, in the midst of the commands.
    fn next_line(&mut self, source: &mut Source, io: &mut Io) -> Result<()> {
        self.print_appended(source, io)?;
        let replaced = self.replaced;
        self.read(source, io)?;
        self.replaced = replaced;
        Ok(())
    }

    fn selects(
        &mut self,
        number: usize,
        command: &Command,
        source: &mut Source,
        io: &mut Io,
    ) -> Result<bool> {
        let Some(from) = &command.from else { return Ok(true) };
        let Some(to) = &command.to else { return self.is_at(from, source, io) };
        let line = self.line;
        let (range, is_selected) = match self.ranges[number] {
            Range::UpTo(last) => {
                (if line >= last { Range::Closed } else { Range::UpTo(last) }, line <= last)
            }
            Range::Open => match to {
                End::At(to) if self.is_at(to, source, io)? => (Range::Closed, true),
                _ => (Range::Open, true),
            },
            Range::Closed => {
                if !self.is_at(from, source, io)? {
                    return Ok(false);
                }
                let last = match to {
                    End::At(Address::Line(last)) => Some(*last),
                    End::More(more) => Some(line.saturating_add(*more)),
                    End::Multiple(0) => Some(line),
                    End::Multiple(n) => Some(line.next_multiple_of(*n)),
                    End::At(_) => None,
                };
                let range = match last {
                    Some(last) if last > line => Range::UpTo(last),
                    Some(_) => Range::Closed,
                    None => Range::Open,
                };
                (range, true)
            }
        };
        self.ranges[number] = range;
        Ok(is_selected)
    }

    fn is_at(&mut self, address: &Address, source: &mut Source, io: &mut Io) -> Result<bool> {
        Ok(match address {
            Address::Line(line) => self.line == *line,
            Address::Step(first, 0) => self.line == *first,
            Address::Step(first, step) => {
                self.line >= *first && (self.line - first).is_multiple_of(*step)
            }
            Address::Last => source.is_last(io)?,
            Address::Match(regex) => {
                let regex = self.regex(regex.as_ref())?;
                regex.is_match(&self.pattern)
            }
        })
    }

    /// The expression, or the one that was used last.
    fn regex(&mut self, regex: Option<&Regex>) -> Result<Regex> {
        if let Some(regex) = regex {
            self.last_regex = Some(regex.clone());
        }
        self.last_regex.clone().ok_or_else(|| Error::usage("there is no previous expression"))
    }

    /// Runs `s`; whether anything was replaced.
    fn replace(&mut self, replace: &Replace) -> Result<bool> {
        let regex = self.regex(replace.pattern.as_ref())?;
        let (mut out, mut copied, mut count) = (Vec::new(), 0, 0);
        for groups in regex.captures_iter(&self.pattern) {
            count += 1;
            let Some(all) = groups.get(0).filter(|_| count >= replace.nth) else { continue };
            out.extend_from_slice(&self.pattern[copied..all.start()]);
            for part in &replace.with {
                match part {
                    Part::Text(text) => out.extend_from_slice(text),
                    Part::Group(n) => out.extend(groups.get(*n).iter().flat_map(|m| m.as_bytes())),
                }
            }
            copied = all.end();
            if out.len() + self.pattern.len() - copied > LARGEST {
                return Err(too_large());
            }
            if !replace.global {
                break;
            }
        }
        if count < replace.nth {
            return Ok(false);
        }
        out.extend_from_slice(&self.pattern[copied..]);
        self.pattern = out;
        Ok(true)
    }

    fn print_pattern(&mut self, source: &mut Source, io: &mut Io) -> Result<()> {
        let mut line = std::mem::take(&mut self.pattern);
        let length = line.len();
        if self.is_ended {
            line.push(self.delimiter);
        }
        self.print(&line, source, io)?;
        self.lacks_newline = !self.is_ended;
        line.truncate(length);
        self.pattern = line;
        Ok(())
    }

    fn print_appended(&mut self, source: &mut Source, io: &mut Io) -> Result<()> {
        if self.appended.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.appended);
        self.print(&text, source, io)
    }

    /// Prints `text`, with the newline in front that the last line of the input lacked.
    fn print(&mut self, text: &[u8], source: &mut Source, io: &mut Io) -> Result<()> {
        if std::mem::take(&mut self.lacks_newline) {
            source.print(&[self.delimiter], io)?;
        }
        source.print(text, io)
    }
}

fn add(space: &mut Vec<u8>, more: &[u8], delimiter: u8) -> Result<()> {
    if space.len() + more.len() > LARGEST {
        return Err(too_large());
    }
    space.push(delimiter);
    space.extend_from_slice(more);
    Ok(())
}

fn too_large() -> Error {
    Error::new(format!("the pattern space takes more than {} MiB", LARGEST >> 20))
}
