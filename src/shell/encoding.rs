//! Scripts that are no UTF-8. The parser takes text alone, so each byte that is none stands as a private character while
//! the script is a tree, and is a byte again as soon as a word of it is expanded.

use std::borrow::Cow;

/// U+10FE00 to U+10FEFF stand for the bytes 0 to 255. In a script that holds such characters itself, these are taken
/// apart into bytes, too, so that nothing is changed.
const FIRST: u32 = 0x10_fe00;

/// What every private character starts with as UTF-8.
const LEAD: u8 = 0xf4;

/// A script as text.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !bytes.contains(&LEAD)
    {
        return text.into();
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match byte_of(c) {
                Some(_) => out.extend(c.encode_utf8(&mut [0; 4]).bytes().filter_map(stand_in)),
                None => out.push(c),
            }
        }
        out.extend(chunk.invalid().iter().copied().filter_map(stand_in));
    }
    out.into()
}

/// The bytes that a part of a decoded script stands for.
pub(super) fn encode(text: &str) -> Cow<'_, [u8]> {
    if !text.as_bytes().contains(&LEAD) {
        return text.as_bytes().into();
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte_of(c) {
            Some(byte) => out.push(byte),
            None => out.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.into()
}

fn stand_in(byte: u8) -> Option<char> {
    char::from_u32(FIRST + u32::from(byte))
}

fn byte_of(c: char) -> Option<u8> {
    u32::from(c).checked_sub(FIRST).and_then(|code| u8::try_from(code).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_comes_back_as_it_was() {
        for script in [
            &b"echo a"[..],
            b"echo \xff\xc3",
            "é \u{10fe41} \u{10ffff}".as_bytes(),
            b"\xf4\x8f\xb8 cut short",
        ] {
            assert_eq!(encode(&decode(script)), script);
        }
    }
}
