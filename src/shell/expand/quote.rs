//! Quoting: the escapes of `$'…'` and `echo -e`, and text written so that the shell reads it back.

use crate::shell::vars::Bytes;

/// Whose escapes are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::shell) enum Escapes {
    /// `$'…'` and `${x@E}`.
    Quote,
    /// `echo -e`.
    Echo,
}

/// `text` with its escapes replaced, and whether `\c` asked `echo` to end there.
pub(in crate::shell) fn unescape(text: &[u8], style: Escapes) -> (Bytes, bool) {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let Some((&kind, after)) = rest.split_first().filter(|_| byte == b'\\') else {
            out.push(byte);
            continue;
        };
        rest = after;
        match kind {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'e' | b'E' => out.push(27),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' => out.push(b'\\'),
            b'\'' | b'"' | b'?' if style == Escapes::Quote => out.push(kind),
            b'c' if style == Escapes::Echo => return (out, true),
            b'c' => {
                if let Some((&letter, after)) = rest.split_first() {
                    out.push(letter.to_ascii_uppercase() ^ 0x40);
                    rest = after;
                }
            }
            b'x' => match number(&mut rest, 16, 2) {
                Some(code) => out.push(code as u8),
                None => out.extend(b"\\x"),
            },
            b'u' | b'U' => match number(&mut rest, 16, if kind == b'u' { 4 } else { 8 }) {
                Some(code) => {
                    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                None => out.extend([b'\\', kind]),
            },
            b'0' if style == Escapes::Echo => {
                out.push(number(&mut rest, 8, 3).unwrap_or(0) as u8);
            }
            b'0'..=b'7' if style == Escapes::Quote => {
                let mut digits = &text[text.len() - rest.len() - 1..];
                out.push(number(&mut digits, 8, 3).unwrap_or(0) as u8);
                rest = digits;
            }
            _ => out.extend([b'\\', kind]),
        }
    }
    (out, false)
}

/// Takes at most `most` digits from the front of `text`.
fn number(text: &mut &[u8], radix: u32, most: usize) -> Option<u32> {
    let digits = text.iter().take(most).take_while(|b| char::from(**b).is_digit(radix)).count();
    let value = std::str::from_utf8(&text[..digits]).ok();
    *text = &text[digits..];
    u32::from_str_radix(value?, radix).ok()
}

/// `text` so that the shell reads it back as one word: as it is where that is safe.
pub(in crate::shell) fn shell_word(text: &[u8]) -> Bytes {
    let safe = |b: &u8| b.is_ascii_alphanumeric() || b"_-./:,=+@%^".contains(b) || *b >= 0x80;
    let is_text = std::str::from_utf8(text).is_ok();
    if !text.is_empty() && is_text && text.iter().all(safe) { text.to_vec() } else { always(text) }
}

/// `text` in single quotes, or in `$'…'` when it holds what can't be shown.
pub(in crate::shell) fn always(text: &[u8]) -> Bytes {
    use crate::output::visible;
    let plain = text.iter().all(|b| *b != b'\\') && visible(text).as_bytes() == text;
    if plain || visible(text).replace("\\\\", "\\").as_bytes() == text {
        let mut out = vec![b'\''];
        for byte in text {
            match byte {
                b'\'' => out.extend(b"'\\''"),
                byte => out.push(*byte),
            }
        }
        out.push(b'\'');
        return out;
    }
    let mut out = b"$'".to_vec();
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.extend(b"\\n"),
                '\t' => out.extend(b"\\t"),
                '\r' => out.extend(b"\\r"),
                '\x1b' => out.extend(b"\\E"),
                '\'' => out.extend(b"\\'"),
                '\\' => out.extend(b"\\\\"),
                c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                    out.extend(format!("\\{:03o}", c as u32).bytes());
                }
                c => {
                    let mut buffer = [0; 4];
                    let encoded = c.encode_utf8(&mut buffer);
                    if visible(encoded.as_bytes()) == *encoded {
                        out.extend(encoded.bytes());
                    } else {
                        out.extend(format!("\\u{:04x}", c as u32).bytes());
                    }
                }
            }
        }
        out.extend(chunk.invalid().iter().flat_map(|b| format!("\\{b:03o}").into_bytes()));
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_bytes() {
        let all = unescape(br"a\n\x41\101\u00e9\'\e", Escapes::Quote).0;
        assert_eq!(all, b"a\nAA\xc3\xa9'\x1b");
        assert_eq!(unescape(br"\0101\z", Escapes::Echo).0, b"A\\z");
        assert_eq!(unescape(br"a\cb", Escapes::Echo), (b"a".to_vec(), true));
    }

    #[test]
    fn what_is_quoted_reads_back_as_it_was() {
        for text in [
            &b"it's"[..],
            b"",
            b"a b",
            b"a\\b",
            b"a\nb",
            b"\xff'",
            b"\x1b]52;",
            "\u{202e}".as_bytes(),
        ] {
            let quoted = always(text);
            let inner = match quoted.strip_prefix(b"$'") {
                Some(rest) => unescape(&rest[..rest.len() - 1], Escapes::Quote).0,
                None => String::from_utf8_lossy(&quoted)
                    .replace("'\\''", "\u{1}")
                    .replace('\'', "")
                    .replace('\u{1}', "'")
                    .into_bytes(),
            };
            assert_eq!(inner, text, "{}", String::from_utf8_lossy(&quoted));
        }
    }
}
