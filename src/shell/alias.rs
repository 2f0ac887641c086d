//! Aliases: the words that start commands, replaced in the text before it is parsed.

use super::parse::{self, Fault};
use super::rewrite::BEFORE_COMMANDS;
use super::{Run, Shell};
use crate::exit::Exit;
use brush_parser::{ParserOptions, Token, uncached_tokenize_str};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// Replacements in one text; what needs more is growing without an end.
const MOST: usize = 1000;

/// Text that an alias was replaced by, in characters.
struct Region {
    name: String,
    place: Range<usize>,
}

impl Shell {
    /// Runs `text` line by line, since a line may change what the next one means.
    pub(super) fn by_lines(&mut self, text: &str, name: &str) -> Run {
        let base = self.frames.base;
        let mut waiting = String::new();
        let mut lines = 0;
        let mut rest = text.split_inclusive('\n').peekable();
        while let Some(line) = rest.next() {
            waiting.push_str(line);
            lines += 1;
            let program = match parse::program(&self.aliased(&waiting)) {
                Err(Fault::Incomplete(_)) if rest.peek().is_some() => continue,
                Err(Fault::Incomplete(why) | Fault::Syntax(why)) => {
                    return self.refuse(Exit::USAGE, format!("{name}: {why}"));
                }
                Ok(program) => program,
            };
            waiting.clear();
            let result = self.program(&program);
            self.frames.base = base + lines;
            if result.is_err() {
                self.frames.base = base;
                return result;
            }
        }
        self.frames.base = base;
        Ok(self.status)
    }

    /// `text` with its aliases replaced, where that is on.
    pub(super) fn aliased<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.aliases.is_empty() || !(self.is_interactive || self.options.expand_aliases) {
            return text.into();
        }
        replaced(text, &self.aliases)
    }
}

/// Whether a script turns aliases on, so that its lines have to be parsed one after the other.
pub(super) fn may_define(text: &str) -> bool {
    text.contains("expand_aliases")
}

fn replaced<'a>(text: &'a str, aliases: &BTreeMap<String, String>) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    let mut regions: Vec<Region> = Vec::new();
    for _ in 0..MOST {
        // What can't be taken apart yet is no whole command: the parser says so.
        let options = ParserOptions::default().tokenizer_options();
        let Ok(tokens) = uncached_tokenize_str(&text, &options) else { return text };
        let Some((place, name)) = next_alias(&tokens, aliases, &regions) else { return text };
        let value = &aliases[&name];
        let mut changed = String::with_capacity(text.len() + value.len());
        changed.extend(text.chars().take(place.start));
        changed.push_str(value);
        changed.extend(text.chars().skip(place.end));
        let length = value.chars().count();
        for region in &mut regions {
            let shift = |at: usize| if at >= place.end { at - place.len() + length } else { at };
            region.place = shift(region.place.start)..shift(region.place.end);
        }
        regions.push(Region { name, place: place.start..place.start + length });
        text = Cow::Owned(changed);
    }
    text
}

/// The next word to replace. A word that came from an alias is not replaced by the same alias again.
fn next_alias(
    tokens: &[Token],
    aliases: &BTreeMap<String, String>,
    regions: &[Region],
) -> Option<(Range<usize>, String)> {
    let mut starts = true;
    let mut after_redirection = false;
    let mut case = Case::None;
    for token in tokens {
        let span = token.location();
        let place = span.start.index..span.end.index;
        let word = match token {
            Token::Operator(text, _) => {
                after_redirection = text.contains(['<', '>']) && !text.contains('(');
                case = case.after_operator(text);
                starts = (starts || !after_redirection) && case != Case::Pattern;
                continue;
            }
            Token::Word(word, _) => word,
        };
        if std::mem::take(&mut after_redirection) {
            continue;
        }
        let inside =
            |region: &Region| region.place.start <= place.start && place.end <= region.place.end;
        let is_guarded = regions.iter().any(|region| region.name == *word && inside(region));
        // An alias that ends in a blank has the word after it looked at, too.
        let follows = regions.iter().any(|region| {
            aliases.get(&region.name).is_some_and(|value| value.ends_with([' ', '\t']))
                && follows(tokens, &region.place, &place)
        });
        if (starts || follows) && !is_guarded && aliases.contains_key(word) {
            return Some((place, word.clone()));
        }
        case = case.after_word(word, starts);
        let is_assignment =
            word.split_once('=').is_some_and(|(name, _)| super::vars::is_name(name.as_bytes()));
        starts = starts && (is_assignment || BEFORE_COMMANDS.contains(&word.as_str()));
    }
    None
}

/// Where in a `case` a word stands: a pattern is no command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    None,
    Subject,
    In,
    Pattern,
}

impl Case {
    fn after_word(self, word: &str, starts: bool) -> Case {
        match (self, word) {
            (Case::None, "case") if starts => Case::Subject,
            (Case::Subject, _) => Case::In,
            (Case::In, "in") => Case::Pattern,
            (Case::Pattern, "esac") => Case::None,
            (case, _) => case,
        }
    }

    fn after_operator(self, text: &str) -> Case {
        match (self, text) {
            (Case::Pattern, ")") => Case::None,
            (Case::None, ";;" | ";&" | ";;&") => Case::Pattern,
            (case, _) => case,
        }
    }
}

/// Whether no word stands between the end of `region` and `place`.
fn follows(tokens: &[Token], region: &Range<usize>, place: &Range<usize>) -> bool {
    let between = |token: &Token| {
        let at = token.location().start.index;
        at >= region.end && at < place.start
    };
    place.start >= region.end && !tokens.iter().any(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> String {
        let aliases = [("ll", "ls -l"), ("ls", "ls -F"), ("go", "sudo "), ("a", "b"), ("b", "a x")];
        let aliases = aliases.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        replaced(text, &aliases).into_owned()
    }

    #[test]
    fn only_words_that_start_a_command_are_replaced_and_none_by_itself() {
        assert_eq!(expand("ll /; echo ll"), "ls -F -l /; echo ll");
        assert_eq!(expand("x=1 ls | if ls; then \\ls; fi"), "x=1 ls -F | if ls -F; then \\ls; fi");
        assert_eq!(expand("a"), "a x");
    }

    #[test]
    fn a_blank_at_the_end_goes_on_with_the_next_word() {
        assert_eq!(expand("go ll go ll"), "sudo  ls -F -l go ll");
    }
}
