//! From text to trees, by brush-parser; and a memory of what was parsed, since a loop meets the same words again.

use brush_parser::ast::{ArithmeticExpr, Program};
use brush_parser::word::{self, BraceExpressionOrText, WordPiece, WordPieceWithSource};
use brush_parser::{ParseError, ParserOptions, Token, parse_tokens, uncached_tokenize_str};
use std::collections::HashMap;
use std::rc::Rc;

use super::expand::brace;
use super::{cases, encoding, rewrite};

/// Why a text is no program.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// More lines may complete it.
    Incomplete(String),
    /// Nothing can.
    Syntax(String),
}

/// Parses a whole program.
pub(super) fn program(text: &str) -> Result<Program, Fault> {
    let text = &*cases::with_open_patterns(text);
    if is_too_deep(text, false) {
        return Err(Fault::Syntax(TOO_DEEP.into()));
    }
    let options = ParserOptions::default();
    let tokens = match uncached_tokenize_str(text, &options.tokenizer_options()) {
        Ok(tokens) => rewrite::tokens(split_semicolons(with_blanks(tokens, text)), text),
        Err(error) if error.is_incomplete() => {
            return Err(Fault::Incomplete(format!("syntax error: {error}")));
        }
        Err(error) => return Err(Fault::Syntax(format!("syntax error: {error}"))),
    };
    if nests_too_deep(&tokens) {
        return Err(Fault::Syntax(TOO_DEEP.into()));
    }
    match parse_tokens(&tokens, &options) {
        // An unfinished line: the parser itself takes the backslash for the end of the last word.
        Ok(_) if ends_in_continuation(text) => {
            Err(Fault::Incomplete("syntax error: unexpected end of file".into()))
        }
        Ok(program) => Ok(program),
        Err(ParseError::ParsingNear(at)) => {
            let why = format!("line {}: syntax error near column {}", at.line, at.column);
            Err(Fault::Syntax(why))
        }
        Err(_) => Err(Fault::Incomplete("syntax error: unexpected end of file".into())),
    }
}

/// The tokenizer makes one blank of several inside `${x:-a  b}`; the source still has them.
fn with_blanks(mut tokens: Vec<Token>, text: &str) -> Vec<Token> {
    let bare = |text: &str| text.split_ascii_whitespace().collect::<String>();
    for token in &mut tokens {
        let Token::Word(word, span) = token else { continue };
        if !word.contains("${") || !word.contains(' ') {
            continue;
        }
        let length = span.end.index.saturating_sub(span.start.index);
        let source: String = text.chars().skip(span.start.index).take(length).collect();
        // Unless a here-document inside was moved, or a line was continued.
        if bare(&source) == bare(word) {
            *word = source;
        }
    }
    tokens
}

/// In `for ((;;))` the two semicolons are two, which the tokenizer takes for the end of a case.
fn split_semicolons(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut in_head = false;
    for token in tokens {
        in_head = match token.to_str() {
            "(" => {
                in_head
                    || matches!(out.as_slice(), [.., f, p] if f.to_str() == "for" && p.to_str() == "(")
            }
            ")" => in_head && out.last().is_none_or(|last| last.to_str() != ")"),
            _ => in_head,
        };
        match token {
            Token::Operator(text, span) if in_head && text == ";;" => {
                out.extend([
                    Token::Operator(";".into(), span.clone()),
                    Token::Operator(";".into(), span),
                ]);
            }
            token => out.push(token),
        }
    }
    out
}

/// How deep brackets and compound commands may stand inside of each other: the parser goes down as deep on the stack.
const DEEPEST: i32 = 250;

const TOO_DEEP: &str = "syntax error: more than 250 brackets or commands inside each other";

/// Whether brackets stand too deep inside of each other, wherever they are. Square ones are none outside of arithmetic.
fn is_too_deep(text: &str, square: bool) -> bool {
    let mut depth = 0;
    text.bytes().any(|byte| {
        depth += match byte {
            b'(' | b'{' => 1,
            b'[' if square => 1,
            b')' | b'}' => -i32::from(depth > 0),
            b']' if square => -i32::from(depth > 0),
            _ => 0,
        };
        depth > DEEPEST
    })
}

fn nests_too_deep(tokens: &[Token]) -> bool {
    let mut depth = 0;
    tokens.iter().any(|token| {
        depth += match token.to_str() {
            "if" | "for" | "while" | "until" | "case" => 1,
            "fi" | "done" | "esac" => -i32::from(depth > 0),
            _ => 0,
        };
        depth > DEEPEST
    })
}

fn ends_in_continuation(text: &str) -> bool {
    let Some(line) = text.strip_suffix('\n') else { return false };
    let last = line.rsplit('\n').next().unwrap_or_default();
    last.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
        && !last.trim_start().starts_with('#')
}

/// What a word, parsed, is made of.
#[derive(Debug)]
pub(super) enum Word {
    /// Plain text: nothing to expand, to split or to match.
    Plain(Vec<u8>),
    /// One word, or several by brace expansion.
    Pieces(Vec<Vec<WordPieceWithSource>>),
}

/// Where a word stands decides how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A command's words, where braces expand.
    Command,
    /// A value, a pattern: no braces.
    Value,
    /// After `NAME=`, where a tilde may follow a colon.
    Assignment,
    /// A here-document, or text inside double quotes: quotes are plain characters.
    Quoted,
}

/// Parses an expression.
pub(super) fn arithmetic(text: &str) -> Result<ArithmeticExpr, String> {
    if is_too_deep(text, true) {
        return Err(TOO_DEEP.into());
    }
    let error = |_| format!("{}: arithmetic syntax error", text.trim());
    brush_parser::arithmetic::parse(text).map_err(error)
}

/// How many parsed texts of a kind are remembered. A program that makes new ones for ever starts afresh.
const REMEMBERED: usize = 4096;

/// Trees of texts seen before.
#[derive(Debug, Default)]
pub(super) struct Cache {
    words: [HashMap<String, Rc<Word>>; 4],
    programs: HashMap<String, Rc<Program>>,
    arithmetic: HashMap<String, Rc<ArithmeticExpr>>,
}

impl Cache {
    pub(super) fn word(&mut self, text: &str, place: Place) -> Result<Rc<Word>, String> {
        remember(&mut self.words[place as usize], text, |text| match is_too_deep(text, false) {
            true => Err(TOO_DEEP.into()),
            false => parse_word(text, place),
        })
    }

    pub(super) fn program(&mut self, text: &str) -> Result<Rc<Program>, String> {
        remember(&mut self.programs, text, |text| {
            program(text).map_err(|(Fault::Incomplete(why) | Fault::Syntax(why))| why)
        })
    }

    pub(super) fn arithmetic(&mut self, text: &str) -> Result<Rc<ArithmeticExpr>, String> {
        remember(&mut self.arithmetic, text, arithmetic)
    }
}

fn remember<T>(
    map: &mut HashMap<String, Rc<T>>,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Rc<T>, String> {
    if let Some(found) = map.get(text) {
        return Ok(found.clone());
    }
    let parsed = Rc::new(parse(text)?);
    if map.len() >= REMEMBERED {
        map.clear();
    }
    map.insert(text.to_owned(), parsed.clone());
    Ok(parsed)
}

fn parse_word(text: &str, place: Place) -> Result<Word, String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:,=+@%^".contains(&b) || b >= 0x80;
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Ok(Word::Plain(encoding::encode(text).into_owned()));
    }
    let options = ParserOptions {
        tilde_expansion_after_colon: place == Place::Assignment,
        ..ParserOptions::default()
    };
    let pieces = |text: &str| {
        let parsed = match place {
            Place::Quoted => word::parse_heredoc(text, &options),
            _ => word::parse(text, &options),
        };
        let pieces = parsed.map_err(|_| format!("{text}: bad substitution"))?;
        match bad_substitution(text, &pieces) {
            Some(bad) => Err(format!("{bad}: bad substitution")),
            None => Ok(pieces),
        }
    };
    if place == Place::Command && text.contains('{') && (text.contains(',') || text.contains(".."))
    {
        let written = brace::written_out(text);
        let text = written.as_deref().unwrap_or(text);
        let braces = word::parse_brace_expansions(text, &options).ok().flatten();
        if let Some(parts) = braces.filter(|p| p.iter().any(is_brace)) {
            let words = brace::words(&parts).ok_or("brace expansion: too many words")?;
            return Ok(Word::Pieces(words.iter().map(|w| pieces(w)).collect::<Result<_, _>>()?));
        }
    }
    Ok(Word::Pieces(vec![pieces(text)?]))
}

fn is_brace(part: &BraceExpressionOrText) -> bool {
    matches!(part, BraceExpressionOrText::Expr(_))
}

/// The parser takes a `${` that it does not understand for plain text; a shell must not.
fn bad_substitution<'a>(text: &'a str, pieces: &[WordPieceWithSource]) -> Option<&'a str> {
    pieces.iter().find_map(|piece| match &piece.piece {
        WordPiece::Text(dollar) if dollar == "$" => {
            let rest = &text[piece.start_index..];
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            rest.starts_with("${").then(|| &rest[..end])
        }
        WordPiece::DoubleQuotedSequence(inner) => bad_substitution(text, inner),
        _ => None,
    })
}
