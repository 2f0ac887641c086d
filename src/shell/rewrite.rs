//! What the parser does not know, written so that it does: `for x in` without words, `select`, keys with blanks.

use brush_parser::{SourceSpan, Token};

/// Words after which a command starts.
pub(super) const BEFORE_COMMANDS: [&str; 10] =
    ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"];

/// How a `select` goes through the parser: as a `for` whose variable starts with this.
pub(super) const SELECT: &str = "select ";

/// A word that is always no word at all.
const NOTHING: &str = "${?:+}";

/// Whether the token after `before` starts a command.
fn starts_command(before: Option<&Token>) -> bool {
    match before {
        None => true,
        Some(Token::Operator(text, _)) => !text.contains(['<', '>']),
        Some(Token::Word(text, _)) => BEFORE_COMMANDS.contains(&text.as_str()),
    }
}

/// The parser takes a `for x in` without words for a `for x`, the `esac` of `(case … esac)` for a pattern, and knows no
/// `select`.
pub(super) fn tokens(tokens: Vec<Token>, text: &str) -> Vec<Token> {
    let tokens = whole_keys(tokens, text);
    let is_loop = |token: &Token| matches!(token.to_str(), "for" | "select" | "esac");
    if !tokens.iter().any(is_loop) {
        return tokens;
    }
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let is_end = matches!(&token, Token::Operator(text, _) if text == ";" || text == "\n");
        if is_end && is_open_list(&out) {
            out.push(Token::Word(NOTHING.into(), token.location().clone()));
        }
        if token.to_str() == ")" && ends_case(&out) {
            out.push(Token::Operator(";".into(), token.location().clone()));
        }
        match (&token, rest.peek()) {
            (Token::Word(word, span), Some(Token::Word(name, _)))
                if word == "select"
                    && super::vars::is_name(name.as_bytes())
                    && starts_command(out.last()) =>
            {
                out.push(Token::Word("for".into(), span.clone()));
                out.push(Token::Word(format!("{SELECT}{name}"), span.clone()));
                rest.next();
            }
            _ => out.push(token),
        }
    }
    out
}

/// `m[a b]=c` is one word where a command may start; the tokenizer makes two of it.
fn whole_keys(tokens: Vec<Token>, text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let from = token.location().start.clone();
        if !matches!(&token, Token::Word(word, _) if opens_key(word) && starts_command(out.last()))
        {
            out.push(token);
            continue;
        }
        let mut taken = vec![token];
        while let Some(Token::Word(word, _)) = rest.peek() {
            let ends = word
                .split_once(']')
                .is_some_and(|(_, after)| after.starts_with('=') || after.starts_with("+="));
            taken.extend(rest.next());
            if !ends {
                continue;
            }
            let end = taken.last().map(|token| token.location().end.clone());
            if let Some(end) = end {
                let length = end.index.saturating_sub(from.index);
                let word: String = text.chars().skip(from.index).take(length).collect();
                taken = vec![Token::Word(word, SourceSpan { start: from, end })];
            }
            break;
        }
        out.append(&mut taken);
    }
    out
}

/// Whether `word` is `NAME[` and a key without its end.
fn opens_key(word: &str) -> bool {
    word.split_once('[').is_some_and(|(name, key)| {
        super::vars::is_name(name.as_bytes()) && !key.contains([']', '\'', '"', '`'])
    })
}

/// Whether `out` ends in the `esac` of a `case`, and not in a pattern.
fn ends_case(out: &[Token]) -> bool {
    match out {
        [.., Token::Operator(before, _), Token::Word(word, _)] => word == "esac" && before != "(",
        _ => false,
    }
}

/// Whether `out` ends in `for NAME in`, with or without newlines before the `in`.
fn is_open_list(out: &[Token]) -> bool {
    let Some((last, before)) = out.split_last() else { return false };
    let mut words = before.iter().rev().skip_while(|token| token.to_str() == "\n");
    last.to_str() == "in"
        && words.next().is_some()
        && words.next().is_some_and(|t| t.to_str() == "for")
}
