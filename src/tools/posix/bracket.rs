//! Bracket expressions: `[a-z]`, `[^]x]`, `[[:alpha:]_]`.

use super::{Within, first_character};
use crate::error::{Error, Result};

/// The bracket expression that `rest` begins with, as a class of the regex crate, and its length. Classes hold the
/// letters of all languages, but for `upper` and `lower`, whose tables are not worth their size.
pub(super) fn translate(rest: &[u8], within: Within) -> Result<(String, usize)> {
    let mut at = 1;
    let negated = rest.get(at) == Some(&b'^');
    at += usize::from(negated);
    let first = at;
    let mut items = String::new();
    loop {
        match rest.get(at) {
            None => return Err(Error::usage("unmatched [, [^, [:, [., or [=")),
            Some(b']') if at > first => break,
            Some(_) => at += item(&rest[at..], &mut items)?,
        }
    }
    let inside = &rest[first..at];
    if let [b':', .., b':'] = inside
        && inside.len() > 1
    {
        return Err(Error::usage("character class syntax is [[:space:]], not [:space:]"));
    }
    let class = match (within, negated) {
        (Within::Lines, true) => format!("[^{items}\\n]"),
        (Within::Lines, false) => format!("[[{items}]--\\n]"),
        (Within::Text, true) => format!("[^{items}]"),
        (Within::Text, false) => format!("[{items}]"),
    };
    Ok((class, at + 1))
}

/// Adds one member, range or named class to `items`; how long it is.
fn item(rest: &[u8], items: &mut String) -> Result<usize> {
    if let Some((name, length)) = delimited(rest, b':')? {
        items.push_str(named(name)?);
        return Ok(length);
    }
    let (low, used) = member(rest)?;
    let (high, length) = match &rest[used..] {
        [b'-', end, ..] if *end != b']' => {
            let (high, more) = member(&rest[used + 1..])?;
            (high, used + 1 + more)
        }
        _ => (low, used),
    };
    if low > high {
        return Err(Error::usage("invalid range end"));
    }
    items.push_str(&format!("\\x{{{:x}}}-\\x{{{:x}}}", u32::from(low), u32::from(high)));
    Ok(length)
}

/// One character: itself, `[.x.]` or `[=x=]`.
fn member(rest: &[u8]) -> Result<(char, usize)> {
    for mark in [b'.', b'='] {
        if let Some((name, length)) = delimited(rest, mark)? {
            return match first_character(name) {
                Some(c) if c.len_utf8() == name.len() => Ok((c, length)),
                _ => Err(Error::usage("invalid collation character")),
            };
        }
    }
    match first_character(rest) {
        Some(c) => Ok((c, c.len_utf8())),
        None => Err(Error::usage("a byte that is no UTF-8 can't stand in brackets")),
    }
}

/// What stands between `[:` and `:]`, for any mark, and the length with both.
fn delimited(rest: &[u8], mark: u8) -> Result<Option<(&[u8], usize)>> {
    let Some(body) = rest.strip_prefix(&[b'[', mark]) else { return Ok(None) };
    let end = body.windows(2).position(|two| two == [mark, b']']);
    let end = end.ok_or_else(|| Error::usage("unmatched [, [^, [:, [., or [="))?;
    Ok(Some((&body[..end], end + 4)))
}

fn named(name: &[u8]) -> Result<&'static str> {
    Ok(match name {
        b"alpha" => r"[\w--[\d_]]",
        b"digit" => "0-9",
        b"alnum" => r"[\w--_]",
        b"upper" => "A-Z",
        b"lower" => "a-z",
        b"space" => r"\s",
        b"blank" => r" \t",
        b"punct" => "[:punct:]",
        b"cntrl" => r"\x00-\x1f\x7f-\x{9f}",
        b"print" => r"[^\x00-\x1f\x7f-\x{9f}]",
        b"graph" => r"[^\x00-\x20\x7f-\x{a0}]",
        b"xdigit" => "0-9A-Fa-f",
        _ => return Err(Error::usage("invalid character class name")),
    })
}
