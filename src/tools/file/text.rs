//! Text: its encoding, its lines, and what it is written in. The rules are those of file(1).

use super::Found;
use serde::de::IgnoredAny;

/// How much is looked at for the encoding.
const LOOK: usize = 64 << 10;

/// Lines longer than this are very long.
const LONG: usize = 300;

/// What a byte may stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Text of every kind.
    Text,
    /// A letter of ISO 8859.
    Latin,
    /// A letter of other extensions of ASCII.
    Extended,
    /// No text.
    Binary,
}

fn class(byte: u8) -> Class {
    match byte {
        7..=13 | 27 | 32..=126 | 0x85 => Class::Text,
        0xa0..=0xff => Class::Latin,
        0x80..=0x9f => Class::Extended,
        _ => Class::Binary,
    }
}

/// An encoding, as file(1) words it, and its name in MIME.
struct Encoding {
    name: &'static str,
    charset: &'static str,
    is_text: bool,
    characters: Vec<u32>,
}

/// What kind of text `head` is; `None` when it is none.
pub(super) fn look(head: &[u8]) -> Option<Found> {
    let encoding = encoding(head.get(..LOOK).unwrap_or(head))?;
    let noun = if encoding.is_text { " text" } else { "" };
    let lines = lines(&encoding.characters, head.len() > LOOK);
    let mut found = match kind(head) {
        Some(Kind::Alone(text, mime)) => Found::new(text, mime),
        Some(Kind::Before(text, mime)) => {
            Found::new(format!("{text}, {}{noun}{lines}", encoding.name), mime)
        }
        Some(Kind::Script(text, mime)) => {
            let text = format!("{text}, {}{noun} executable{lines}", encoding.name);
            Found::new(text, mime)
        }
        Some(Kind::Node) => Found::new(
            format!("Node.js script executable, {}{noun}{lines}", encoding.name),
            "application/javascript",
        ),
        None => Found::new(format!("{}{noun}{lines}", encoding.name), "text/plain"),
    };
    found.charset = encoding.charset;
    Some(found)
}

/// The name of the encoding for MIME; `binary` when it is no text.
pub(super) fn charset(head: &[u8]) -> &'static str {
    encoding(head.get(..LOOK).unwrap_or(head)).map_or("binary", |encoding| encoding.charset)
}

fn encoding(head: &[u8]) -> Option<Encoding> {
    let found =
        |name, charset, characters| Some(Encoding { name, charset, is_text: true, characters });
    let bytes = || head.iter().map(|byte| u32::from(*byte)).collect();
    let all = |allowed: &[Class]| head.iter().all(|byte| allowed.contains(&class(*byte)));
    if head.iter().all(|byte| class(*byte) == Class::Text && *byte < 0x80) {
        return found("ASCII", "us-ascii", bytes());
    }
    if let Some(characters) = head.strip_prefix(b"\xef\xbb\xbf").and_then(utf8) {
        return found("Unicode text, UTF-8 (with BOM)", "utf-8", characters);
    }
    if let Some(characters) = utf8(head) {
        return found("Unicode text, UTF-8", "utf-8", characters);
    }
    if let Some(encoding) = wide(head) {
        return Some(encoding);
    }
    if all(&[Class::Text, Class::Latin]) {
        return found("ISO-8859", "iso-8859-1", bytes());
    }
    if all(&[Class::Text, Class::Latin, Class::Extended]) {
        return found("Non-ISO extended-ASCII", "unknown-8bit", bytes());
    }
    None
}

fn utf8(bytes: &[u8]) -> Option<Vec<u32>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The look may have ended within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_text = |c: char| u8::try_from(c).map_or(true, |b| b >= 0x80 || class(b) == Class::Text);
    text.chars().all(is_text).then(|| text.chars().map(u32::from).collect())
}

/// UTF-16 and UTF-32 with a byte order mark.
fn wide(head: &[u8]) -> Option<Encoding> {
    let (size, is_big, name, charset) = match head {
        [0xff, 0xfe, 0, 0, ..] => (4, false, "Unicode text, UTF-32, little-endian", "utf-32le"),
        [0, 0, 0xfe, 0xff, ..] => (4, true, "Unicode text, UTF-32, big-endian", "utf-32be"),
        [0xff, 0xfe, ..] => (2, false, "Unicode text, UTF-16, little-endian", "utf-16le"),
        [0xfe, 0xff, ..] => (2, true, "Unicode text, UTF-16, big-endian", "utf-16be"),
        _ => return None,
    };
    let units = head.get(size..)?.chunks_exact(size);
    let characters: Vec<u32> = units
        .filter_map(|unit| crate::tools::elf::number(unit, is_big))
        .map(|unit| unit as u32)
        .collect();
    let is_text =
        |c: &u32| u8::try_from(*c).map_or(*c != 0xfffe, |b| b >= 0x80 || class(b) == Class::Text);
    let is_text = characters.iter().all(is_text);
    is_text.then_some(Encoding { name, charset, is_text: size == 2, characters })
}

/// What there is to say about the lines.
fn lines(characters: &[u32], is_cut: bool) -> String {
    let (mut crlf, mut cr, mut lf, mut nel) = (false, false, false, false);
    let (mut escapes, mut backspaces, mut longest) = (false, false, 0);
    let (mut start, mut seen_cr) = (0, false);
    for (i, c) in characters.iter().enumerate() {
        if *c == 10 {
            if seen_cr {
                crlf = true
            } else {
                lf = true
            }
            start = i + 1;
        } else if seen_cr {
            cr = true;
            start = i;
        }
        seen_cr = *c == 13;
        if *c == 0x85 {
            nel = true;
            start = i + 1;
        }
        let length = (i + 1).saturating_sub(start);
        if length > LONG {
            longest = longest.max(length);
        }
        escapes |= *c == 27;
        backspaces |= *c == 8;
    }
    cr |= seen_cr && !is_cut;
    let mut text = String::new();
    if longest > 0 {
        text.push_str(&format!(", with very long lines ({longest})"));
    }
    let ends: Vec<&str> = [(crlf, "CRLF"), (cr, "CR"), (lf, "LF"), (nel, "NEL")]
        .into_iter()
        .filter_map(|(is, name)| is.then_some(name))
        .collect();
    match ends.as_slice() {
        ["LF"] => {}
        [] => text.push_str(", with no line terminators"),
        ends => text.push_str(&format!(", with {} line terminators", ends.join(", "))),
    }
    if escapes {
        text.push_str(", with escape sequences");
    }
    if backspaces {
        text.push_str(", with overstriking");
    }
    text
}

/// What a text is written in, and where its encoding is told.
enum Kind {
    Alone(&'static str, &'static str),
    Before(String, &'static str),
    Script(String, &'static str),
    Node,
}

fn kind(head: &[u8]) -> Option<Kind> {
    if let Some(line) = head.strip_prefix(b"#!") {
        return script(line);
    }
    let start = head.trim_ascii_start();
    let is = |at: &[u8], word: &[u8]| {
        at.get(..word.len()).is_some_and(|at| at.eq_ignore_ascii_case(word))
    };
    let has = |word: &[u8]| memchr::memmem::find(head.get(..4096).unwrap_or(head), word).is_some();
    if let Some(rest) = start.strip_prefix(b"<?xml version=") {
        if has(b"<svg") {
            return Some(Kind::Alone("SVG Scalable Vector Graphics image", "image/svg+xml"));
        }
        let quote = rest.first().filter(|quote| matches!(quote, b'"' | b'\''))?;
        let version = rest.get(1..)?.split(|b| b == quote).next()?;
        let is_sound =
            version.len() <= 3 && version.iter().all(|b| matches!(b, b'0'..=b'9' | b'.'));
        let version = is_sound.then(|| crate::output::visible(version))?;
        return Some(Kind::Before(format!("XML {version} document"), "text/xml"));
    }
    if is(start, b"<svg") {
        return Some(Kind::Alone("SVG Scalable Vector Graphics image", "image/svg+xml"));
    }
    let html: [&[u8]; 5] = [b"<!doctype html", b"<html", b"<head", b"<title", b"<body"];
    if html.iter().any(|word| is(start, word)) {
        return Some(Kind::Before("HTML document".into(), "text/html"));
    }
    json(start)
}

/// JSON whose outermost values are objects or arrays (RFC 8259); several of them are lines.
fn json(start: &[u8]) -> Option<Kind> {
    start.first().filter(|first| matches!(first, b'{' | b'['))?;
    let mut values = serde_json::Deserializer::from_slice(start).into_iter::<IgnoredAny>();
    let (mut count, mut from) = (0, 0);
    while let Some(value) = values.next() {
        value.ok()?;
        let rest = start.get(from..)?.trim_ascii_start();
        rest.first().filter(|first| matches!(first, b'{' | b'['))?;
        from = values.byte_offset();
        count += 1;
    }
    match count {
        1 => Some(Kind::Alone("JSON text data", "application/json")),
        _ => Some(Kind::Alone("New Line Delimited JSON text data", "application/x-ndjson")),
    }
}

fn script(line: &[u8]) -> Option<Kind> {
    let line = line.split(|b| matches!(b, b'\n' | b'\r')).next()?.trim_ascii();
    let line = line.get(..line.len().min(128))?;
    let mut words = line.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
    let base = |path: &'_ [u8]| path.rsplit(|b| *b == b'/').next().unwrap_or_default().to_vec();
    let first = words.next()?;
    let is_env = base(first) == b"env";
    let name = if is_env { base(words.next().unwrap_or_default()) } else { base(first) };
    let known = |text: &str, mime| Some(Kind::Script(format!("{text} script"), mime));
    match name.as_slice() {
        b"sh" if !is_env => return known("POSIX shell", "text/x-shellscript"),
        b"bash" => return known("Bourne-Again shell", "text/x-shellscript"),
        b"ksh" if !is_env => return known("Korn shell", "text/x-shellscript"),
        b"csh" if !is_env => return known("C shell", "text/x-shellscript"),
        b"tcsh" if !is_env => return known("Tenex C shell", "text/x-shellscript"),
        b"zsh" if !is_env => return known("Paul Falstad's zsh", "text/x-shellscript"),
        b"awk" if !is_env => return known("awk", "text/x-awk"),
        b"gawk" if !is_env => return known("GNU awk", "text/x-gawk"),
        b"perl" => return Some(Kind::Alone("Perl script text executable", "text/x-perl")),
        b"node" | b"nodejs" => return Some(Kind::Node),
        b"ruby" => return known("Ruby", "text/x-ruby"),
        b"php" => return known("PHP", "text/x-php"),
        b"lua" => return known("Lua", "text/x-lua"),
        name if name.starts_with(b"python") => return known("Python", "text/x-script.python"),
        _ => {}
    }
    let shown = match is_env {
        true => line.get(first.len()..).unwrap_or_default().trim_ascii(),
        false => line,
    };
    known(&format!("a {}", crate::output::visible(shown)), "text/plain")
}
