//! `case` inside of `$(…)`: the parser takes the `)` after a pattern for the end of the substitution.

use super::rewrite::BEFORE_COMMANDS;
use std::borrow::Cow;

/// `text` with a `(` before each pattern of a `case` inside `$(…)`: the parser looks for the end of a substitution by
/// counting parentheses.
pub(super) fn with_open_patterns(text: &str) -> Cow<'_, str> {
    if !text.contains("case") || !text.contains('(') {
        return text.into();
    }
    let mut scan = Scan { text: text.as_bytes(), ..Scan::default() };
    scan.commands(false);
    if scan.found.is_empty() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + scan.found.len());
    let mut from = 0;
    for at in scan.found {
        let Some(part) = text.get(from..at) else { return text.into() };
        out.push_str(part);
        out.push('(');
        from = at;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.into()
}

/// Where in a `case` the scan is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Subject,
    In,
    /// Before a pattern, or the `esac`.
    Next,
    Pattern,
    Body,
}

/// Goes over a script, as far as it takes to tell its `case` patterns from the ends of its substitutions.
#[derive(Default)]
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// Where a `(` is wanting.
    found: Vec<usize>,
    /// The ends of the here-documents that start at the next line, and whether tabs are taken away.
    documents: Vec<(Vec<u8>, bool)>,
    depth: u32,
}

/// Substitutions in substitutions; what lies deeper is left to the parser as it is.
const DEEPEST: u32 = 100;

impl<'a> Scan<'a> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn is_next(&self, text: &[u8]) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    fn skip_to(&mut self, end: u8) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|b| *b == end).unwrap_or(rest.len());
    }

    /// A list of commands, up to the `)` that ends it.
    fn commands(&mut self, inside: bool) {
        let mut cases: Vec<Case> = Vec::new();
        let (mut open, mut starts) = (0, true);
        while let Some(byte) = self.peek(0) {
            let case = cases.last_mut();
            match (byte, case) {
                (b' ' | b'\t', _) => self.at += 1,
                (b'\n', _) => {
                    self.at += 1;
                    self.skip_documents();
                    starts = true;
                }
                (b'#', _) => self.skip_to(b'\n'),
                (b'(', Some(case @ Case::Next)) => {
                    self.at += 1;
                    *case = Case::Pattern;
                }
                (b')', Some(case @ Case::Pattern)) => {
                    self.at += 1;
                    *case = Case::Body;
                    starts = true;
                }
                (b';', Some(case @ Case::Body)) if matches!(self.peek(1), Some(b';' | b'&')) => {
                    self.at += if self.is_next(b";;&") { 3 } else { 2 };
                    *case = Case::Next;
                }
                (b'(', _) if starts && self.is_next(b"((") => self.arithmetic(2),
                (b'(', _) => {
                    self.at += 1;
                    open += 1;
                    starts = true;
                }
                (b')', _) if open == 0 => return,
                (b')', _) => {
                    self.at += 1;
                    open -= 1;
                }
                (b';' | b'&' | b'|', _) => {
                    self.at += 1;
                    starts = true;
                }
                (b'<' | b'>', _) => self.redirection(),
                (_, case) => {
                    let from = self.at;
                    self.word();
                    let word = &self.text[from..self.at];
                    match case {
                        Some(Case::Next) if word == b"esac" => {
                            cases.pop();
                            starts = false;
                        }
                        Some(case @ Case::Next) => {
                            *case = Case::Pattern;
                            self.found.extend(inside.then_some(from));
                        }
                        Some(Case::Pattern) => {}
                        Some(case @ Case::Subject) => *case = Case::In,
                        Some(case @ Case::In) => *case = Case::Next,
                        _ if starts && word == b"case" => cases.push(Case::Subject),
                        Some(Case::Body) if starts && word == b"esac" => {
                            cases.pop();
                            starts = false;
                        }
                        _ => starts = starts && goes_on(word),
                    }
                }
            }
        }
    }

    fn redirection(&mut self) {
        if self.peek(1) == Some(b'(') {
            self.at += 1;
            return self.substitution();
        }
        if self.is_next(b"<<<") {
            self.at += 3;
            return;
        }
        if !self.is_next(b"<<") {
            self.at += 1;
            return;
        }
        self.at += 2;
        let tabs = self.peek(0) == Some(b'-');
        self.at += usize::from(tabs);
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let from = self.at;
        self.word();
        let end = self.text[from..self.at].iter().filter(|b| !b"'\"\\".contains(b)).copied();
        let end = end.collect();
        self.documents.push((end, tabs));
    }

    fn skip_documents(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.documents) {
            while self.at < self.text.len() {
                let from = self.at;
                self.skip_to(b'\n');
                let line = &self.text[from..self.at];
                let start = if tabs { line.iter().take_while(|b| **b == b'\t').count() } else { 0 };
                self.at += 1;
                if line[start..] == end {
                    break;
                }
            }
        }
        self.at = self.at.min(self.text.len());
    }

    /// One word with its quotes and substitutions. It takes a byte at least.
    fn word(&mut self) {
        let from = self.at;
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b')' => break,
                // A list, or a pattern such as `@(a|b)`.
                b'(' if self.at > from && b"=?*+@!".contains(&self.text[self.at - 1]) => {
                    self.substitution();
                }
                b'(' => break,
                _ => self.piece(false),
            }
        }
        self.at = self.at.max(from + 1).min(self.text.len());
    }

    /// One character, quoted text, or substitution.
    fn piece(&mut self, in_quotes: bool) {
        match (self.peek(0), self.peek(1)) {
            (Some(b'\\'), _) => self.at += 2,
            (Some(b'\''), _) if !in_quotes => {
                self.at += 1;
                self.skip_to(b'\'');
                self.at += 1;
            }
            (Some(b'"'), _) if !in_quotes => self.until(b'"', true),
            (Some(b'`'), _) => self.until(b'`', true),
            (Some(b'$'), Some(b'\'')) if !in_quotes => {
                self.at += 2;
                while self.peek(0).is_some_and(|b| b != b'\'') {
                    self.at += if self.peek(0) == Some(b'\\') { 2 } else { 1 };
                }
                self.at += 1;
            }
            (Some(b'$'), Some(b'(')) if self.is_next(b"$((") => self.arithmetic(3),
            (Some(b'$'), Some(b'(')) => {
                self.at += 1;
                self.substitution();
            }
            (Some(b'$'), Some(b'{')) => {
                self.at += 1;
                self.until(b'}', in_quotes);
            }
            _ => self.at += 1,
        }
        self.at = self.at.min(self.text.len());
    }

    /// From an opening quote or brace to the `end` of it.
    fn until(&mut self, end: u8, in_quotes: bool) {
        self.at += 1;
        self.depth += 1;
        while self.depth < DEEPEST && self.peek(0).is_some_and(|b| b != end) {
            self.piece(in_quotes);
        }
        self.depth -= 1;
        self.at += 1;
    }

    /// The commands in parentheses, of which the first is next.
    fn substitution(&mut self) {
        self.at += 1;
        self.depth += 1;
        if self.depth < DEEPEST {
            let documents = std::mem::take(&mut self.documents);
            self.commands(true);
            self.documents = documents;
        }
        self.depth -= 1;
        self.at = (self.at + 1).min(self.text.len());
    }

    /// An expression whose start has `length` bytes; its shifts are no here-documents.
    fn arithmetic(&mut self, length: usize) {
        self.at += length;
        let mut open = 2;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
    }
}

/// Whether a command may still start after `word`, which stood where one may.
fn goes_on(word: &[u8]) -> bool {
    BEFORE_COMMANDS.iter().any(|known| known.as_bytes() == word)
        || word
            .split(|b| *b == b'=')
            .next()
            .is_some_and(|name| name.len() < word.len() && super::vars::is_name(name))
}

#[cfg(test)]
mod tests {
    use super::with_open_patterns;

    #[test]
    fn patterns_inside_of_a_substitution_get_their_parenthesis() {
        assert_eq!(
            with_open_patterns("x=$(case a in a|b) c;; (d) e;; esac)"),
            "x=$(case a in (a|b) c;; (d) e;; esac)"
        );
        assert_eq!(
            with_open_patterns("\"$(case a in\n a) b\n esac)\""),
            "\"$(case a in\n (a) b\n esac)\""
        );
    }

    #[test]
    fn what_only_looks_like_a_pattern_stays_as_it_is() {
        for script in [
            "case a in a) echo $(b);; esac",
            "x=$(echo case a in a esac)",
            "echo '$(case a in a) esac)'",
            "x=$(cat <<E\ncase a in a) esac\nE\n)",
            "case a in a) echo $((1<<2));; esac; (b)",
            "$(((((((((((((case esac",
        ] {
            assert_eq!(with_open_patterns(script), script);
        }
    }
}
