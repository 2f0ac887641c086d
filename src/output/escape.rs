//! Text from a target, made safe for a terminal.
//!
//! A file or process may carry any bytes in its name: sequences that retitle a terminal, write its clipboard, move
//! the cursor to forge a row, or swap the reading direction. Every such byte is shown as an escape of its own, and
//! so is the backslash, so that two different names never look the same.

use std::borrow::Cow;
use std::fmt::Write;

/// `bytes` as text that can be shown in one line of a terminal, unambiguously.
///
/// Control characters (C0, DEL, C1), bytes that are not UTF-8, bidirectional controls, line and paragraph
/// separators, zero-width characters and the backslash are escaped: `\n`, `\t`, `\x1b`, `\u{202e}`, `\\`.
pub fn visible(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.chars().any(needs_escape)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

/// Like [`visible`], for a path inside a sentence: in quotes when it is empty or holds a space, a quote or an escape.
pub fn quote(path: impl AsRef<std::ffi::OsStr>) -> String {
    use std::os::unix::ffi::OsStrExt;
    let bytes = path.as_ref().as_bytes();
    let text = visible(bytes);
    if text.is_empty() || text.len() != bytes.len() || text.contains([' ', '\'', '"', ':']) {
        format!("'{text}'")
    } else {
        text.into_owned()
    }
}

/// Adds the content of a file to `out` so that it can't drive a terminal: newlines, tabs, backslashes and printable
/// characters as they are, every byte of anything else as [`caret`] has it.
pub fn harmless(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let encoded = c.encode_utf8(&mut buffer).as_bytes();
            if needs_escape(c) && !matches!(c, '\\' | '\n' | '\t') {
                encoded.iter().for_each(|byte| caret(*byte, out));
            } else {
                out.extend_from_slice(encoded);
            }
        }
        chunk.invalid().iter().for_each(|byte| caret(*byte, out));
    }
}

/// Adds one byte to `out` in the notation of `cat -v`: `^[` for ESC, `M-` in front of what has the eighth bit.
pub fn caret(byte: u8, out: &mut Vec<u8>) {
    if byte >= 0x80 {
        out.extend_from_slice(b"M-");
    }
    match byte & 0x7f {
        0x7f => out.extend_from_slice(b"^?"),
        low @ 0..0x20 => out.extend_from_slice(&[b'^', low + 0x40]),
        low => out.push(low),
    }
}

/// How many of `bytes` come before a character of UTF-8 that the end cuts in two.
pub fn whole_characters(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let at = bytes.len() - back;
        let length = match bytes[at] {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        return if length > back { at } else { bytes.len() };
    }
    bytes.len()
}

fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\\' => out.push_str("\\\\"),
        c if needs_escape(c) && (c as u32) < 0x100 => {
            let _ = write!(out, "\\x{:02x}", c as u32);
        }
        c if needs_escape(c) => {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        }
        c => out.push(c),
    }
}

fn needs_escape(c: char) -> bool {
    matches!(c,
        '\\'
        | '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(visible("søren/文".as_bytes()), Cow::Borrowed(_)));
    }

    #[test]
    fn a_clipboard_sequence_is_shown_and_not_obeyed() {
        assert_eq!(visible(b"\x1b]52;c;aGk=\x07"), "\\x1b]52;c;aGk=\\x07");
    }

    #[test]
    fn a_newline_cannot_forge_a_row() {
        assert_eq!(visible(b"a\n1 root init"), "a\\n1 root init");
    }

    #[test]
    fn reading_direction_and_hidden_characters_are_shown() {
        assert_eq!(visible("a\u{202e}b\u{200b}".as_bytes()), "a\\u{202e}b\\u{200b}");
    }

    #[test]
    fn bytes_that_are_not_utf8_and_c1_are_told_apart() {
        assert_eq!(visible(b"\xff"), "\\xff");
        assert_eq!(visible("\u{9b}".as_bytes()), "\\x9b");
    }

    #[test]
    fn the_escape_character_is_escaped() {
        assert_ne!(visible(b"\\n"), visible(b"\n"));
    }

    #[test]
    fn content_keeps_its_lines_and_letters_and_loses_its_power() {
        let mut out = Vec::new();
        harmless("a\tø\\\n\u{1b}[2J\u{9b}\r".as_bytes(), &mut out);
        assert_eq!(out, "a\tø\\\n^[[2JM-BM-^[^M".as_bytes());
        out.clear();
        harmless(b"\xff\x7f", &mut out);
        assert_eq!(out, b"M-^?^?");
    }

    #[test]
    fn a_character_cut_by_the_end_is_noticed() {
        let text = "a文".as_bytes();
        assert_eq!(whole_characters(text), 4);
        assert_eq!(whole_characters(&text[..3]), 1);
        assert_eq!(whole_characters(&text[..2]), 1);
        assert_eq!(whole_characters(&text[..1]), 1);
        assert_eq!(whole_characters(b"\xff"), 1);
        assert_eq!(whole_characters(b"\x80\x80\x80\x80"), 4);
    }

    #[test]
    fn paths_in_sentences_are_quoted_when_they_must_be() {
        assert_eq!(quote("/etc/passwd"), "/etc/passwd");
        assert_eq!(quote("/a b"), "'/a b'");
        assert_eq!(quote(""), "''");
    }
}
