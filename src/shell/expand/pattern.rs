//! Patterns over bytes: `*`, `?`, `[a-z]`, `[[:digit:]]`, and `@( )`, `?( )`, `*( )`, `+( )`, `!( )`.
//!
//! A pattern is run over all positions at once, so none takes more than polynomial time.

use crate::output::order;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(in crate::shell) struct Pattern(Vec<Token>);

#[derive(Clone, Debug)]
enum Token {
    Byte(u8),
    Any,
    Star,
    Set { negated: bool, items: Vec<Item> },
    Group { kind: u8, choices: Vec<Vec<Token>> },
}

#[derive(Clone, Debug)]
enum Item {
    Range(char, char),
    Class(Vec<u8>),
}

/// Whether `text` holds what makes it more than plain text. A bracket that is not closed is plain, such as the name of
/// the command `[`.
pub(in crate::shell) fn is_special(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(i, byte)| match byte {
        b'*' | b'?' => true,
        b'[' => text[i + 1..].contains(&b']'),
        b'@' | b'!' | b'+' => text.get(i + 1) == Some(&b'('),
        _ => false,
    })
}

/// Appends `text` to `out` so that it matches itself.
pub(in crate::shell) fn escape(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if b"*?[]\\@!+()|-^".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
}

impl Pattern {
    /// Compiles `text`, where a backslash makes the next byte plain.
    pub(in crate::shell) fn new(text: &[u8]) -> Pattern {
        Pattern(compile(text, 0))
    }

    pub(in crate::shell) fn matches(&self, text: &[u8]) -> bool {
        ends(&self.0, text, vec![0]).last() == Some(&text.len())
    }

    /// Where a match that starts at `start` can end, the shortest first.
    pub(in crate::shell) fn ends(&self, text: &[u8], start: usize) -> Vec<usize> {
        ends(&self.0, text, vec![start])
    }

    /// Whether only a leading dot that is written out may match one (`.*` may, `*` and `[.]` may not).
    pub(in crate::shell) fn starts_with_dot(&self) -> bool {
        matches!(self.0.first(), Some(Token::Byte(b'.')))
    }
}

/// Groups in groups; a `(` that lies deeper is a plain character, since a pattern may come from the target.
const DEEPEST: u32 = 100;

fn compile(text: &[u8], depth: u32) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut i = 0;
    while let Some(&byte) = text.get(i) {
        i += 1;
        if b"@?*+!".contains(&byte)
            && depth < DEEPEST
            && text.get(i) == Some(&b'(')
            && let Some((choices, after)) = group(text, i + 1, depth + 1)
        {
            tokens.push(Token::Group { kind: byte, choices });
            i = after;
            continue;
        }
        match byte {
            b'*' => tokens.push(Token::Star),
            b'?' => tokens.push(Token::Any),
            b'[' => match set(text, i) {
                Some((set, after)) => {
                    tokens.push(set);
                    i = after;
                }
                None => tokens.push(Token::Byte(b'[')),
            },
            b'\\' if i < text.len() => {
                tokens.push(Token::Byte(text[i]));
                i += 1;
            }
            byte => tokens.push(Token::Byte(byte)),
        }
    }
    tokens
}

/// The choices of a group whose `(` ends at `start`, and where it ends.
fn group(text: &[u8], start: usize, of: u32) -> Option<(Vec<Vec<Token>>, usize)> {
    let mut choices = Vec::new();
    let (mut depth, mut from, mut i) = (0, start, start);
    loop {
        match text.get(i)? {
            b'\\' => i += 1,
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b'|' if depth == 0 => {
                choices.push(compile(&text[from..i], of));
                from = i + 1;
            }
            b')' => {
                choices.push(compile(&text[from..i], of));
                return Some((choices, i + 1));
            }
            _ => {}
        }
        i += 1;
    }
}

/// The bracket expression whose `[` ends at `start`, and where it ends; `None` when it has no end.
fn set(text: &[u8], start: usize) -> Option<(Token, usize)> {
    let mut i = start;
    let negated = matches!(text.get(i), Some(b'!' | b'^'));
    i += usize::from(negated);
    let mut items = Vec::new();
    let first = i;
    loop {
        if text.get(i)? == &b']' && i > first {
            return Some((Token::Set { negated, items }, i + 1));
        }
        if text[i..].starts_with(b"[:")
            && let Some(end) = text[i..].windows(2).position(|w| w == b":]")
        {
            items.push(Item::Class(text[i + 2..i + end].to_vec()));
            i += end + 2;
            continue;
        }
        let low = member(text, &mut i)?;
        let is_range = text.get(i) == Some(&b'-') && text.get(i + 1).is_some_and(|b| *b != b']');
        if is_range {
            i += 1;
            items.push(Item::Range(low, member(text, &mut i)?));
        } else {
            items.push(Item::Range(low, low));
        }
    }
}

fn member(text: &[u8], i: &mut usize) -> Option<char> {
    if text.get(*i) == Some(&b'\\') {
        *i += 1;
    }
    let (c, width) = char_at(text, *i)?;
    *i += width;
    Some(c)
}

/// The character at `i` and its width. A byte that is no UTF-8 counts as one, and as no character that is.
pub(in crate::shell) fn char_at(text: &[u8], i: usize) -> Option<(char, usize)> {
    let byte = *text.get(i)?;
    let width = match byte {
        0..=0x7f => return Some((byte.into(), 1)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    let decoded = text.get(i..i + width).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let stray = char::from_u32(0xf_0000 + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some(decoded.and_then(|s| s.chars().next()).map_or((stray, 1), |c| (c, width)))
}

/// Every position that `tokens` can lead to from `starts`, which are sorted; sorted.
fn ends(tokens: &[Token], text: &[u8], starts: Vec<usize>) -> Vec<usize> {
    let mut at = starts;
    for token in tokens {
        if at.is_empty() {
            break;
        }
        at = match token {
            Token::Byte(byte) => {
                at.into_iter().filter(|i| text.get(*i) == Some(byte)).map(|i| i + 1).collect()
            }
            Token::Any => at.into_iter().filter_map(|i| Some(i + char_at(text, i)?.1)).collect(),
            Token::Star => from_on(text, at[0]),
            Token::Set { negated, items } => at
                .into_iter()
                .filter_map(|i| {
                    let (c, width) = char_at(text, i)?;
                    (items.iter().any(|item| item.holds(c)) != *negated).then_some(i + width)
                })
                .collect(),
            Token::Group { kind, choices } => group_ends(*kind, choices, text, at),
        };
    }
    at
}

/// `start` and every character boundary after it.
fn from_on(text: &[u8], start: usize) -> Vec<usize> {
    let mut all = vec![start];
    let mut i = start;
    while let Some((_, width)) = char_at(text, i) {
        i += width;
        all.push(i);
    }
    all
}

fn group_ends(kind: u8, choices: &[Vec<Token>], text: &[u8], at: Vec<usize>) -> Vec<usize> {
    let once = |from: &[usize]| merge(choices.iter().map(|c| ends(c, text, from.to_vec())));
    match kind {
        b'@' => once(&at),
        b'?' => merge([once(&at), at].into_iter()),
        b'!' => merge(at.into_iter().map(|start| {
            let taken = once(&[start]);
            from_on(text, start).into_iter().filter(|end| !taken.contains(end)).collect()
        })),
        _ => {
            let mut all = if kind == b'*' { at.clone() } else { Vec::new() };
            let mut frontier = at;
            loop {
                frontier = once(&frontier).into_iter().filter(|end| !all.contains(end)).collect();
                if frontier.is_empty() {
                    return all;
                }
                all = merge([all, frontier.clone()].into_iter());
            }
        }
    }
}

fn merge(sets: impl Iterator<Item = Vec<usize>>) -> Vec<usize> {
    let mut all: Vec<usize> = sets.flatten().collect();
    order::sort(&mut all);
    all.dedup();
    all
}

impl Item {
    fn holds(&self, c: char) -> bool {
        match self {
            Item::Range(low, high) => (*low..=*high).contains(&c),
            Item::Class(name) => match name.as_slice() {
                b"alnum" => c.is_alphanumeric(),
                b"alpha" => c.is_alphabetic(),
                b"blank" => c == ' ' || c == '\t',
                b"cntrl" => c.is_control(),
                b"digit" => c.is_ascii_digit(),
                b"graph" => !c.is_control() && !c.is_whitespace(),
                b"lower" => c.is_lowercase(),
                b"print" => !c.is_control(),
                b"punct" => c.is_ascii_punctuation(),
                b"space" => c.is_whitespace(),
                b"upper" => c.is_uppercase(),
                b"xdigit" => c.is_ascii_hexdigit(),
                _ => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern.as_bytes()).matches(text.as_bytes())
    }

    #[test]
    fn stars_questions_and_sets_match_as_in_a_shell() {
        assert!(matches("a*c", "abbc") && matches("*", "") && !matches("a*c", "abb"));
        assert!(matches("?", "é") && !matches("?", "ab"));
        assert!(matches("[a-c]x", "bx") && matches("[!a-c]", "d") && matches("[]a]", "]"));
        assert!(matches("[[:digit:]_]*", "7up") && !matches("[[:digit:]]", "x"));
        assert!(matches("[", "[") && matches("\\*", "*") && !matches("\\*", "x"));
    }

    #[test]
    fn groups_repeat_and_exclude() {
        assert!(matches("@(a|b)c", "bc") && matches("*(ab)", "ababab") && matches("+(a)", "aa"));
        assert!(!matches("+(a)", "") && matches("?(a)b", "b"));
        assert!(matches("!(*.log)", "a.txt") && !matches("!(*.log)", "a.log"));
    }

    #[test]
    fn a_byte_that_is_no_text_is_one_character() {
        assert!(Pattern::new(b"?").matches(b"\xff") && !Pattern::new(b"[a-z]").matches(b"\xff"));
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        assert!(!matches(&"*a".repeat(40), &"a".repeat(39)));
    }
}
