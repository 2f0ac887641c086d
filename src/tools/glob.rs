//! Patterns with `*`, `?` and `[…]` (glob(7)) over bytes.
//!
//! Characters are those of UTF-8 where the bytes are UTF-8; any other byte is a character of its own.

/// How a pattern is compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Letters match in either case.
    pub(crate) ignore_case: bool,
}

/// Whether the whole of `name` matches `pattern`. `*` also matches `/` and a leading dot: who splits paths or hides
/// dot files does so before asking.
///
/// Takes at most time in proportion to the product of both lengths.
pub(crate) fn matches(pattern: &[u8], name: &[u8], options: Options) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on when a character does not match: behind the last `*`, with one more character given to it.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() || p < pattern.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            retry = Some((p, n));
            continue;
        }
        if n < name.len() && p < pattern.len() {
            let (c, length) = character(&name[n..]);
            if let Some(used) = one(&pattern[p..], c, options) {
                p += used;
                n += length;
                continue;
            }
        }
        match retry {
            Some((behind, from)) if from < name.len() => {
                let from = from + character(&name[from..]).1;
                retry = Some((behind, from));
                (p, n) = (behind, from);
            }
            _ => return false,
        }
    }
    true
}

/// How many bytes of `pattern` match the one character `c`; `None` when it does not match.
fn one(pattern: &[u8], c: u32, options: Options) -> Option<usize> {
    match pattern[0] {
        b'?' => Some(character_length(pattern)),
        b'[' => match class(pattern, c, options) {
            Some((true, used)) => Some(used),
            Some((false, _)) => None,
            None => same(u32::from(b'['), c, options).then_some(1),
        },
        b'\\' if pattern.len() > 1 => {
            let (wanted, length) = character(&pattern[1..]);
            same(wanted, c, options).then_some(1 + length)
        }
        _ => {
            let (wanted, length) = character(pattern);
            same(wanted, c, options).then_some(length)
        }
    }
}

fn character_length(pattern: &[u8]) -> usize {
    character(pattern).1
}

/// Whether `c` is in the class that `pattern` begins with, and how long the class is; `None` when no `]` ends it.
fn class(pattern: &[u8], c: u32, options: Options) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        let rest = pattern.get(at..).filter(|rest| !rest.is_empty())?;
        if rest[0] == b']' && at > first {
            return Some((found != negated, at + 1));
        }
        if let Some((is_in, used)) = named(rest, c, options) {
            found |= is_in;
            at += used;
            continue;
        }
        let (low, used) = class_member(rest)?;
        at += used;
        let high = match pattern.get(at..) {
            Some([b'-', end, ..]) if *end != b']' => {
                let (high, used) = class_member(&pattern[at + 1..])?;
                at += 1 + used;
                high
            }
            _ => low,
        };
        found |= cases(c, options).any(|c| (low..=high).contains(&c));
    }
}

/// One end of a range; a backslash takes the next character as it is.
fn class_member(rest: &[u8]) -> Option<(u32, usize)> {
    match rest {
        [] => None,
        [b'\\', escaped @ ..] if !escaped.is_empty() => {
            let (c, length) = character(escaped);
            Some((c, 1 + length))
        }
        _ => Some(character(rest)),
    }
}

/// A named class, `[:alpha:]`, at the start of `rest`.
fn named(rest: &[u8], c: u32, options: Options) -> Option<(bool, usize)> {
    let body = rest.strip_prefix(b"[:")?;
    let end = body.windows(2).position(|two| two == b":]")?;
    let c = char::from_u32(c);
    let is = |test: fn(char) -> bool| c.is_some_and(test);
    let is_in = match &body[..end] {
        b"alpha" => is(char::is_alphabetic),
        b"digit" => is(|c| c.is_ascii_digit()),
        b"alnum" => is(|c| c.is_alphanumeric()),
        b"upper" => is(|c| c.is_uppercase()) || options.ignore_case && is(char::is_lowercase),
        b"lower" => is(|c| c.is_lowercase()) || options.ignore_case && is(char::is_uppercase),
        b"space" => is(char::is_whitespace),
        b"blank" => is(|c| c == ' ' || c == '\t'),
        b"punct" => is(|c| c.is_ascii_punctuation()),
        b"cntrl" => is(char::is_control),
        b"graph" => is(|c| !c.is_control() && !c.is_whitespace()),
        b"print" => is(|c| !c.is_control()),
        b"xdigit" => is(|c| c.is_ascii_hexdigit()),
        _ => return None,
    };
    Some((is_in, end + 4))
}

fn same(a: u32, b: u32, options: Options) -> bool {
    a == b || options.ignore_case && cases(a, options).any(|a| cases(b, options).any(|b| a == b))
}

/// `c`, and its lower and upper case when case does not count.
fn cases(c: u32, options: Options) -> impl Iterator<Item = u32> {
    let folded = char::from_u32(c).filter(|_| options.ignore_case);
    let lower = folded.into_iter().flat_map(char::to_lowercase);
    let upper = folded.into_iter().flat_map(char::to_uppercase);
    std::iter::once(c).chain(lower.chain(upper).map(u32::from))
}

/// The first character of `bytes` (never empty) and its length. A byte that is no UTF-8 stands above all of Unicode.
fn character(bytes: &[u8]) -> (u32, usize) {
    if bytes[0] < 0x80 {
        return (u32::from(bytes[0]), 1);
    }
    let start = &bytes[..bytes.len().min(4)];
    match start.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) {
        Some(c) => (u32::from(c), c.len_utf8()),
        None => (0x11_0000 + u32::from(bytes[0]), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, name: &str) -> bool {
        matches(pattern.as_bytes(), name.as_bytes(), Options::default())
    }

    #[test]
    fn stars_and_question_marks_match_characters() {
        for (pattern, name, expected) in [
            ("", "", true),
            ("*", "", true),
            ("*", ".a/b", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("?", "文", true),
            ("??", "文", false),
            ("?", "", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("*.log", "x.log.gz", false),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
        assert!(matches(b"?\xfe", b"\xff\xfe", Options::default()));
    }

    #[test]
    fn classes_have_ranges_names_and_negation() {
        for (pattern, name, expected) in [
            ("[a-c]", "b", true),
            ("[!a-c]", "b", false),
            ("[^a-c]", "d", true),
            ("[]]", "]", true),
            ("[a-]", "-", true),
            ("[[:digit:]x]", "7", true),
            ("[[:digit:]x]", "y", false),
            ("[\\]]", "]", true),
            ("[æ-å]", "ø", false),
            ("[à-ü]", "ö", true),
            ("[", "[", true),
            ("[a", "[a", true),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn case_counts_unless_told_otherwise() {
        let ignore = Options { ignore_case: true };
        assert!(!glob("readme*", "README.md"));
        assert!(matches(b"readme*", b"README.md", ignore));
        assert!(matches("Ø[A-C]".as_bytes(), "øb".as_bytes(), ignore));
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        let (pattern, name) = ("*a".repeat(200) + "b", "a".repeat(20_000));
        assert!(!glob(&pattern, &name));
    }
}
