//! POSIX regular expressions, basic and extended with GNU's additions (regex(7)), in the syntax of the regex crate.

mod bracket;

use crate::error::{Error, Result};

/// How patterns are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Basic,
    Extended,
    Fixed,
}

/// What patterns are searched in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// A buffer of many lines that nobody splits: nothing matches a newline, and no group is captured.
    Lines,
    /// One text, in which a newline is a character like any other. Groups are captured.
    Text,
}

/// The most that an interval may say, as GNU has it.
const MOST: u32 = 32_767;

/// `pattern` for the regex crate.
pub(super) fn translate(pattern: &[u8], syntax: Syntax, within: Within) -> Result<String> {
    if syntax == Syntax::Fixed {
        let mut out = String::with_capacity(pattern.len() + 8);
        literals(pattern, &mut out);
        return Ok(out);
    }
    let extended = syntax == Syntax::Extended;
    let mut lexer = Lexer { rest: pattern, extended, within, last: None, in_group: false };
    let group = if within == Within::Lines { "(?:" } else { "(" };
    let mut out =
        Out { group, text: String::new(), groups: Vec::new(), atom: None, repeated: false };
    while let Some(token) = lexer.next()? {
        out.push(&token)?;
        lexer.last = Some(token);
        lexer.in_group = !out.groups.is_empty();
    }
    match out.groups.is_empty() {
        true => Ok(out.text),
        false => Err(Error::usage("unmatched ( or \\(")),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Or,
    /// A repetition, as the regex crate writes it.
    Repeat(String),
    /// What matches a character or a place.
    Atom(String),
    /// `^` as an anchor.
    Begin,
}

struct Lexer<'a> {
    rest: &'a [u8],
    extended: bool,
    within: Within,
    last: Option<Token>,
    in_group: bool,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<Token>> {
        let Some((first, rest)) = self.rest.split_first() else { return Ok(None) };
        let (token, length) = match first {
            b'\\' => return self.escaped().map(Some),
            b'[' => {
                let (class, length) = bracket::translate(self.rest, self.within)?;
                (Token::Atom(class), length)
            }
            b'.' => (Token::Atom(".".into()), 1),
            b'*' if self.extended || !self.at_start(true) => (Token::Repeat("*".into()), 1),
            b'^' if self.extended || self.at_start(false) => (Token::Begin, 1),
            b'$' if self.extended || at_end(rest) => (Token::Atom("$".into()), 1),
            b'(' if self.extended => (Token::Open, 1),
            b')' if self.extended && self.in_group => (Token::Close, 1),
            b'|' if self.extended => (Token::Or, 1),
            b'+' | b'?' if self.extended => (Token::Repeat(char::from(*first).into()), 1),
            b'{' if self.extended => match interval(rest, b"}")? {
                Some((repeat, length)) => (Token::Repeat(repeat), 1 + length),
                None => literal(self.rest),
            },
            _ => literal(self.rest),
        };
        self.rest = &self.rest[length..];
        Ok(Some(token))
    }

    /// Whether an expression begins here; also behind `^` where that is asked for.
    fn at_start(&self, behind_anchor: bool) -> bool {
        match self.last {
            None | Some(Token::Open | Token::Or) => true,
            Some(Token::Begin) => behind_anchor,
            _ => false,
        }
    }

    fn escaped(&mut self) -> Result<Token> {
        let rest = &self.rest[1..];
        let Some(letter) = rest.first() else { return Err(Error::usage("trailing backslash")) };
        let atom = |text: &str| (Token::Atom(text.to_owned()), 1);
        let differs = |lines, text| atom(if self.within == Within::Lines { lines } else { text });
        let (token, length) = match letter {
            b'(' if !self.extended => (Token::Open, 1),
            b')' if !self.extended => (Token::Close, 1),
            b'|' if !self.extended => (Token::Or, 1),
            b'+' | b'?' | b'{' if !self.extended && self.at_start(true) => literal(rest),
            b'+' | b'?' if !self.extended => (Token::Repeat(char::from(*letter).into()), 1),
            b'{' if !self.extended => {
                let wrong = || Error::usage("invalid content of \\{\\}");
                let (repeat, length) = interval(&rest[1..], b"\\}")?.ok_or_else(wrong)?;
                (Token::Repeat(repeat), 1 + length)
            }
            b'1'..=b'9' => {
                let text = format!("back-reference \\{}: not supported", char::from(*letter));
                return Err(Error::usage(text).hint(
                    "dbg searches in time in proportion to the text, which back-references rule out",
                ));
            }
            b'w' => atom(r"\w"),
            b'W' => differs(r"[^\w\n]", r"\W"),
            b's' => differs(r"[\s--\n]", r"\s"),
            b'S' => atom(r"\S"),
            b'b' => atom(r"\b"),
            b'B' => atom(r"\B"),
            b'<' => atom(r"\b{start}"),
            b'>' => atom(r"\b{end}"),
            b'`' => differs("^", r"\A"),
            b'\'' => differs("$", r"\z"),
            _ => literal(rest),
        };
        self.rest = &rest[length..];
        Ok(token)
    }
}

/// Whether a basic expression ends here, so that `$` in front is an anchor.
fn at_end(rest: &[u8]) -> bool {
    rest.is_empty() || rest.starts_with(b"\\)") || rest.starts_with(b"\\|")
}

/// The inside of an interval with its end, and its length. `None` when it is no interval.
fn interval(rest: &[u8], end: &[u8]) -> Result<Option<(String, usize)>> {
    let Some(length) = rest.windows(end.len()).position(|window| window == end) else {
        return Ok(None);
    };
    let inside = &rest[..length];
    let (low, high) = match inside.iter().position(|b| *b == b',') {
        Some(comma) => (digits(&inside[..comma]), digits(&inside[comma + 1..])),
        None if inside.is_empty() => return Ok(None),
        None => (digits(inside), digits(inside)),
    };
    let (Some(low), Some(high)) = (low, high) else { return Ok(None) };
    let bound = |text: &str, default| match text {
        "" => Some(default),
        text => text.parse().ok().filter(|n| *n <= MOST),
    };
    let too_big = || Error::usage("regular expression too big");
    let least = bound(low, 0).ok_or_else(too_big)?;
    let most = bound(high, MOST).ok_or_else(too_big)?;
    if least > most {
        return Err(Error::usage("invalid content of \\{\\}"));
    }
    let most = if high.is_empty() { String::new() } else { most.to_string() };
    Ok(Some((format!("{{{least},{most}}}"), length + end.len())))
}

/// `text` if it is digits only, or empty.
fn digits(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
}

/// The character that `rest` begins with, as itself.
fn literal(rest: &[u8]) -> (Token, usize) {
    let mut out = String::new();
    let length = first_character(rest).map_or(1, char::len_utf8);
    literals(&rest[..length], &mut out);
    (Token::Atom(out), length)
}

/// Every character of `bytes` as itself.
fn literals(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(&regex::escape(chunk.valid()));
        for byte in chunk.invalid() {
            out.push_str(&format!("(?-u:\\x{byte:02x})"));
        }
    }
}

/// The character of UTF-8 that `bytes` begins with; `None` when it is none.
pub(super) fn first_character(bytes: &[u8]) -> Option<char> {
    bytes[..bytes.len().min(4)].utf8_chunks().next()?.valid().chars().next()
}

struct Out {
    /// What a group begins with.
    group: &'static str,
    text: String,
    /// Where the open groups begin in the text.
    groups: Vec<usize>,
    /// Where what a repetition would repeat begins.
    atom: Option<usize>,
    repeated: bool,
}

impl Out {
    fn push(&mut self, token: &Token) -> Result<()> {
        let here = self.text.len();
        match token {
            Token::Open => {
                self.groups.push(here);
                self.text.push_str(self.group);
                self.atom = None;
            }
            Token::Close => {
                let start = self.groups.pop();
                self.atom = Some(start.ok_or_else(|| Error::usage("unmatched ) or \\)"))?);
                self.text.push(')');
            }
            Token::Or => {
                self.text.push('|');
                self.atom = None;
            }
            Token::Repeat(repeat) => return self.repeat(repeat),
            Token::Atom(atom) => {
                self.text.push_str(atom);
                self.atom = Some(here);
            }
            Token::Begin => {
                self.text.push('^');
                self.atom = Some(here);
            }
        }
        self.repeated = false;
        Ok(())
    }

    fn repeat(&mut self, repeat: &str) -> Result<()> {
        // Where there is nothing to repeat, GNU repeats nothing.
        let Some(start) = self.atom else { return Ok(()) };
        // `a*?` is `(a*)?` here, and not the lazy repetition of the regex crate.
        if self.repeated {
            self.text.insert_str(start, "(?:");
            self.text.push(')');
        }
        self.text.push_str(repeat);
        self.repeated = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(pattern: &str) -> String {
        translate(pattern.as_bytes(), Syntax::Basic, Within::Lines).unwrap()
    }

    fn extended(pattern: &str) -> String {
        translate(pattern.as_bytes(), Syntax::Extended, Within::Lines).unwrap()
    }

    #[test]
    fn the_two_syntaxes_differ_in_who_needs_a_backslash() {
        assert_eq!(basic(r"\(a\|b\)\+c\?d\{2,3\}"), "(?:a|b)+c?d{2,3}");
        assert_eq!(extended("(a|b)+c?d{2,3}"), "(?:a|b)+c?d{2,3}");
        assert_eq!(basic("(a|b)+c?d{2}"), r"\(a\|b\)\+c\?d\{2\}");
        assert_eq!(extended(r"\(a\|b\)\+"), r"\(a\|b\)\+");
    }

    #[test]
    fn stars_and_anchors_are_ordinary_where_they_make_no_sense_in_basic_syntax() {
        assert_eq!(basic("*a"), r"\*a");
        assert_eq!(basic("^*a"), r"^\*a");
        assert_eq!(basic(r"\(*a\)"), r"(?:\*a)");
        assert_eq!(basic("a^b$c"), r"a\^b\$c");
        assert_eq!(basic(r"\(^a$\)"), "(?:^a$)");
        assert_eq!(extended("*a|+b"), "a|b");
    }

    #[test]
    fn a_second_repetition_is_not_a_lazy_first() {
        assert_eq!(extended("a*?"), "(?:a*)?");
        assert_eq!(extended("(ab)+?x"), "(?:(?:ab)+)?x");
        assert_eq!(extended("a+{2}"), "(?:a+){2,2}");
    }

    #[test]
    fn braces_that_are_no_interval_are_ordinary_in_extended_syntax() {
        assert_eq!(extended("a{x}{,2}"), r"a\{x\}{0,2}");
        assert_eq!(extended("a{1"), r"a\{1");
        assert_eq!(extended("{1}b"), "b");
    }

    #[test]
    fn a_newline_matches_and_a_group_is_captured_in_one_text_only() {
        let both = |pattern: &str| {
            let of = |within| translate(pattern.as_bytes(), Syntax::Extended, within).unwrap();
            (of(Within::Lines), of(Within::Text))
        };
        assert_eq!(both("(a)"), ("(?:a)".into(), "(a)".into()));
        assert_eq!(both(r"\`\W\s\'"), (r"^[^\w\n][\s--\n]$".into(), r"\A\W\s\z".into()));
        let brackets =
            (r"[[\x{61}-\x{61}]--\n][^\x{61}-\x{61}\n]", r"[\x{61}-\x{61}][^\x{61}-\x{61}]");
        assert_eq!(both("[a][^a]"), (brackets.0.into(), brackets.1.into()));
    }

    #[test]
    fn what_is_wrong_is_said_by_name() {
        let told = |pattern: &str, syntax| {
            let error = translate(pattern.as_bytes(), syntax, Within::Text).unwrap_err();
            assert_eq!(error.exit_code(), crate::exit::Exit::USAGE);
            error.to_string()
        };
        assert_eq!(told(r"\(a\)\1", Syntax::Basic), r"back-reference \1: not supported");
        assert_eq!(told("(a", Syntax::Extended), r"unmatched ( or \(");
        assert_eq!(told(r"a\)", Syntax::Basic), r"unmatched ) or \)");
        assert_eq!(told("a\\", Syntax::Extended), "trailing backslash");
        assert_eq!(told("a{3,2}", Syntax::Extended), r"invalid content of \{\}");
        assert_eq!(told("a{99999}", Syntax::Extended), "regular expression too big");
    }
}
