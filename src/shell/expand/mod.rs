//! Expansion: from words as they are written to the words that a command gets.

mod arith;
pub(super) mod brace;
pub(super) mod fields;
mod glob;
mod parameter;
pub(super) mod pattern;
pub(super) mod quote;
mod transform;

use super::encoding::encode;
use super::parse::{Place, Word};
use super::vars::{Bytes, Value};
use super::{Run, Shell};
use brush_parser::ast;
use brush_parser::word::{TildeExpr, WordPiece, WordPieceWithSource};
use fields::{Field, Fields, Ifs};
use quote::Escapes;
use std::path::Path;

/// How text outside of quotes is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The script's own words: not split.
    Literal,
    /// Inside `${x:-…}`: split as the value that it stands for.
    Value,
    /// Inside double quotes.
    Double,
}

impl Shell {
    /// Expands the words of a command: braces, parameters, commands, arithmetic, splitting, file names.
    pub(super) fn words<'a>(
        &mut self,
        words: impl IntoIterator<Item = &'a ast::Word>,
    ) -> Run<Vec<Bytes>> {
        let mut out = Vec::new();
        for word in words {
            self.word_into(&word.value, &mut out)?;
        }
        Ok(out)
    }

    fn word_into(&mut self, text: &str, out: &mut Vec<Bytes>) -> Run<()> {
        let word = self.parsed(text, Place::Command)?;
        let alternatives = match &*word {
            Word::Plain(text) => {
                out.push(text.clone());
                return Ok(());
            }
            Word::Pieces(alternatives) => alternatives,
        };
        for pieces in alternatives {
            let mut fields = Fields::new(Some(self.ifs()));
            self.pieces(pieces, Mode::Literal, &mut fields)?;
            for field in fields.finish() {
                if field.is_pattern() && !self.options.noglob {
                    self.file_names(field, out)?;
                } else {
                    out.push(field.text);
                }
            }
        }
        Ok(())
    }

    /// Expands a word that is neither split nor matched with file names, and keeps what was quoted apart.
    pub(super) fn field(&mut self, text: &str, place: Place) -> Run<Field> {
        let word = self.parsed(text, place)?;
        let mut fields = Fields::new(None);
        match &*word {
            Word::Plain(text) => fields.literal(text),
            Word::Pieces(alternatives) => {
                let mode = if place == Place::Quoted { Mode::Double } else { Mode::Literal };
                for pieces in alternatives {
                    self.pieces(pieces, mode, &mut fields)?;
                }
            }
        }
        Ok(fields.finish_one())
    }

    /// Expands a word to one value.
    pub(super) fn value(&mut self, text: &str, place: Place) -> Run<Bytes> {
        Ok(self.field(text, place)?.text)
    }

    /// Expands a word to the text of a pattern.
    pub(super) fn pattern(&mut self, text: &str) -> Run<Bytes> {
        Ok(self.field(text, Place::Value)?.pattern())
    }

    fn parsed(&mut self, text: &str, place: Place) -> Run<std::rc::Rc<Word>> {
        match self.cache.word(text, place) {
            Ok(word) => Ok(word),
            Err(why) => self.fail(why),
        }
    }

    pub(super) fn ifs(&self) -> Ifs {
        Ifs::new(self.vars.value("IFS").and_then(Value::scalar))
    }

    fn pieces(
        &mut self,
        pieces: &[WordPieceWithSource],
        mode: Mode,
        fields: &mut Fields,
    ) -> Run<()> {
        for piece in pieces {
            self.piece(&piece.piece, mode, fields)?;
        }
        Ok(())
    }

    fn piece(&mut self, piece: &WordPiece, mode: Mode, fields: &mut Fields) -> Run<()> {
        match piece {
            WordPiece::Text(text) => match mode {
                Mode::Literal => fields.literal(&encode(text)),
                Mode::Value => fields.value(&encode(text)),
                Mode::Double if text.contains("\\\n") => {
                    fields.quoted(&encode(&text.replace("\\\n", "")));
                }
                Mode::Double => fields.quoted(&encode(text)),
            },
            WordPiece::SingleQuotedText(text) => fields.quoted(&encode(text)),
            WordPiece::AnsiCQuotedText(text) => {
                fields.quoted(&quote::unescape(&encode(text), Escapes::Quote).0);
            }
            WordPiece::DoubleQuotedSequence(inner)
            | WordPiece::GettextDoubleQuotedSequence(inner) => {
                if inner.is_empty() {
                    fields.quoted(b"");
                }
                self.pieces(inner, Mode::Double, fields)?;
            }
            WordPiece::EscapeSequence(text) => match &encode(text)[1..] {
                b"\n" => {}
                escaped => fields.quoted(escaped),
            },
            WordPiece::TildeExpansion(tilde) => {
                let home = self.home(tilde);
                fields.quoted(&home);
            }
            WordPiece::ParameterExpansion(parameter) => {
                self.parameter(parameter, mode == Mode::Double, fields)?;
            }
            WordPiece::CommandSubstitution(script) => {
                let output = self.substitute(script)?;
                put(fields, mode, &output);
            }
            WordPiece::BackquotedCommandSubstitution(script) => {
                let output = self.substitute(&unescape_backquoted(script, mode))?;
                put(fields, mode, &output);
            }
            WordPiece::ArithmeticExpression(expression) => {
                let number = self.arithmetic(&expression.value)?;
                put(fields, mode, number.to_string().as_bytes());
            }
        }
        Ok(())
    }

    /// The word after `:-`, `:+` and their like, as a part of the word that it stands in.
    fn nested(&mut self, text: &str, quoted: bool, fields: &mut Fields) -> Run<()> {
        if !quoted {
            let word = self.parsed(text, Place::Value)?;
            return self.nested_word(&word, Mode::Value, fields);
        }
        // A double quote in here ends the quotes around it, and yet all of it counts as quoted.
        let text = text.replace("\\}", "}");
        let word = match self.cache.word(&format!("\"{text}\""), Place::Value) {
            Ok(word) => word,
            Err(_) => self.parsed(&text, Place::Quoted)?,
        };
        self.nested_word(&word, Mode::Double, fields)
    }

    fn nested_word(&mut self, word: &Word, mode: Mode, fields: &mut Fields) -> Run<()> {
        match word {
            Word::Plain(text) => put(fields, mode, text),
            Word::Pieces(alternatives) => {
                for pieces in alternatives {
                    self.pieces(pieces, mode, fields)?;
                }
            }
        }
        Ok(())
    }

    fn home(&mut self, tilde: &TildeExpr) -> Bytes {
        let variable = |name: &str, otherwise: &str| {
            let value = self.vars.value(name).and_then(Value::scalar);
            value.cloned().unwrap_or_else(|| otherwise.into())
        };
        match tilde {
            TildeExpr::Home => variable("HOME", "/"),
            TildeExpr::WorkingDir => variable("PWD", "~+"),
            TildeExpr::OldWorkingDir => variable("OLDPWD", "~-"),
            TildeExpr::UserHome(user) => {
                self.home_of(user).unwrap_or_else(|| format!("~{user}").into_bytes())
            }
            TildeExpr::NthDirFromTopOfDirStack { n, .. } => format!("~{n}").into_bytes(),
            TildeExpr::NthDirFromBottomOfDirStack { n } => format!("~-{n}").into_bytes(),
        }
    }

    /// The home directory in the target's passwd(5).
    fn home_of(&self, user: &str) -> Option<Bytes> {
        let passwd = self.view.root().ok()?.read(Path::new("/etc/passwd"), 1 << 20).ok()?;
        let mut lines = passwd.split(|b| *b == b'\n').map(|line| line.split(|b| *b == b':'));
        let home = |mut line: std::slice::Split<'_, u8, _>| line.nth(4).map(<[u8]>::to_vec);
        lines.find_map(|mut line| (line.next()? == user.as_bytes()).then(|| home(line))?)
    }
}

fn put(fields: &mut Fields, mode: Mode, text: &[u8]) {
    if mode == Mode::Double { fields.quoted(text) } else { fields.value(text) }
}

/// Inside backquotes a backslash stands for itself, except before `$`, a backquote, a backslash.
fn unescape_backquoted(script: &str, mode: Mode) -> String {
    let mut out = String::with_capacity(script.len());
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let escapes =
            matches!(next, Some('$' | '`' | '\\')) || (mode == Mode::Double && next == Some('"'));
        match (c, next) {
            ('\\', Some(next)) if escapes => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}
