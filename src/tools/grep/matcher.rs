//! What is searched for: all patterns as one regular expression.

use crate::error::{Error, Result};
use crate::tools::posix::{Syntax, Within, translate};
use regex::bytes::{Regex, RegexBuilder};
use regex_automata::{Anchored, Input, MatchKind, meta, util::syntax};

/// The most memory that a compiled pattern may take.
const LIMIT: usize = 16 << 20;

/// How patterns are to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) syntax: Syntax,
    pub(super) ignore_case: bool,
    pub(super) whole_words: bool,
    pub(super) whole_lines: bool,
}

/// Finds lines, and the parts of lines that match.
#[derive(Debug)]
pub(super) struct Matcher {
    regex: Regex,
    /// The same pattern; where it is anchored, it takes the longest alternative. Built when parts are asked for.
    longest: Option<meta::Regex>,
}

impl Matcher {
    /// Compiles `patterns`, none of which holds a newline. `parts`: whether [`Matcher::part`] will be asked.
    pub(super) fn new(patterns: &[Vec<u8>], reading: Reading, parts: bool) -> Result<Matcher> {
        let pattern = join(patterns, reading)?;
        let regex = RegexBuilder::new(&pattern)
            .multi_line(true)
            .case_insensitive(reading.ignore_case)
            .size_limit(LIMIT)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => Error::usage("regular expression too big"),
                other => Error::usage(crate::output::visible(other.to_string().as_bytes())),
            })?;
        // A pattern that fits the one and not the other is searched by its first alternative.
        let longest = if parts { longest(&pattern, reading.ignore_case) } else { None };
        Ok(Matcher { regex, longest })
    }

    /// Where in the lines `data`, from the beginning of a line at `from` on, the next line that matches is: a place
    /// within it or at its end.
    pub(super) fn next_line(&self, data: &[u8], from: usize) -> Option<usize> {
        // A place behind the last newline is in no line.
        self.regex.shortest_match_at(data, from).filter(|at| *at < data.len())
    }

    /// The next part of `line`, from `from` on, that matches and is not empty: of those that begin first, the longest.
    pub(super) fn part(&self, line: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut from = from;
        while from <= line.len() {
            let found = self.regex.find_at(line, from)?;
            let end = self.longest_end(line, found.start()).unwrap_or(found.end());
            if end > found.start() {
                return Some((found.start(), end));
            }
            from = end + 1;
        }
        None
    }

    /// The regex crate takes the first alternative that matches, POSIX the longest.
    fn longest_end(&self, line: &[u8], start: usize) -> Option<usize> {
        let input = Input::new(line).span(start..line.len()).anchored(Anchored::Yes);
        self.longest.as_ref()?.find(input).map(|found| found.end())
    }
}

fn longest(pattern: &str, ignore_case: bool) -> Option<meta::Regex> {
    let config = meta::Config::new()
        .match_kind(MatchKind::All)
        .utf8_empty(false)
        .nfa_size_limit(Some(LIMIT));
    let syntax = syntax::Config::new().multi_line(true).utf8(false);
    meta::Builder::new()
        .configure(config)
        .syntax(syntax.case_insensitive(ignore_case))
        .build(pattern)
        .ok()
}

fn join(patterns: &[Vec<u8>], reading: Reading) -> Result<String> {
    let mut all = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        all.push(translate(pattern, reading.syntax, Within::Lines)?);
    }
    let any = match all.as_slice() {
        [] => r"[a&&b]".to_owned(), // matches nothing
        all => all.join("|"),
    };
    Ok(match reading {
        Reading { whole_lines: true, .. } => format!("^(?:{any})$"),
        Reading { whole_words: true, .. } => format!(r"\b{{start-half}}(?:{any})\b{{end-half}}"),
        _ => any,
    })
}
