//! Backslash escapes, and quoting for a shell.

/// Reads the escape that follows a backslash into `out`: how many bytes it takes, and what is wrong with it.
///
/// Of what is no escape, the backslash is printed and nothing is taken. `argument`: by the rules of `%b`, where `\0`
/// may have three digits more and quotes are ordinary characters.
pub(super) fn one(rest: &[u8], argument: bool, out: &mut Vec<u8>) -> (usize, Option<&'static str>) {
    let Some(letter) = rest.first() else {
        out.push(b'\\');
        return (0, None);
    };
    let simple = match letter {
        b'a' => 7,
        b'b' => 8,
        b'e' | b'E' => 27,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'\'' | b'"' | b'?' if !argument => *letter,
        b'0'..=b'7' => {
            let most = if argument && *letter == b'0' { 4 } else { 3 };
            let (value, length) = digits(rest, 8, most);
            out.push(value as u8);
            return (length, None);
        }
        b'x' => {
            let (value, length) = digits(&rest[1..], 16, 2);
            if length > 0 {
                out.push(value as u8);
                return (1 + length, None);
            }
            out.push(b'\\');
            return (0, Some("missing hex digit for \\x"));
        }
        b'u' | b'U' => {
            let (value, length) = digits(&rest[1..], 16, if *letter == b'u' { 4 } else { 8 });
            if length > 0 {
                utf8(value, out);
                return (1 + length, None);
            }
            out.push(b'\\');
            let told = ["missing unicode digit for \\u", "missing unicode digit for \\U"];
            return (0, Some(told[usize::from(*letter == b'U')]));
        }
        _ => {
            out.push(b'\\');
            return (0, None);
        }
    };
    out.push(simple);
    (1, None)
}

/// All escapes of an argument of `%b`; what is wrong with them; whether `\c` ends the output.
pub(super) fn all(arg: &[u8]) -> (Vec<u8>, Option<&'static str>, bool) {
    let mut out = Vec::with_capacity(arg.len());
    let mut wrong = None;
    let mut rest = arg;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if rest.first() == Some(&b'c') {
            return (out, wrong, true);
        }
        let (length, told) = one(rest, true, &mut out);
        wrong = wrong.or(told);
        rest = &rest[length..];
    }
    out.extend_from_slice(rest);
    (out, wrong, false)
}

/// All escapes of the text of `echo -e`; whether `\c` ends the output. Digits need a zero in front there.
pub(in crate::tools) fn echoed(text: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.first() {
            Some(b'c') => return (out, true),
            Some(b'1'..=b'7') => out.push(b'\\'),
            _ => rest = &rest[one(rest, true, &mut out).0..],
        }
    }
    out.extend_from_slice(rest);
    (out, false)
}

fn digits(text: &[u8], base: u32, most: usize) -> (u32, usize) {
    let digits = text.iter().take(most).map_while(|c| char::from(*c).to_digit(base));
    digits.fold((0, 0), |(value, length), digit| (value.wrapping_mul(base) + digit, length + 1))
}

/// A character by its number. Numbers that are none are written by the same rule, as libc does.
fn utf8(value: u32, out: &mut Vec<u8>) {
    let continuation = |shift: u32| 0x80 | (value >> shift & 0x3f) as u8;
    let (lead, more) = match value {
        0..0x80 => (value as u8, 0),
        0x80..0x800 => (0xc0 | (value >> 6) as u8, 1),
        0x800..0x1_0000 => (0xe0 | (value >> 12) as u8, 2),
        0x1_0000..0x20_0000 => (0xf0 | (value >> 18) as u8, 3),
        0x20_0000..0x400_0000 => (0xf8 | (value >> 24) as u8, 4),
        0x400_0000..0x8000_0000 => (0xfc | (value >> 30) as u8, 5),
        _ => return,
    };
    out.push(lead);
    out.extend((0..more).rev().map(|n| continuation(n * 6)));
}

/// `arg` as a shell reads it back: with backslashes, or as `$'…'` when something in it can't be seen.
pub(super) fn shell_quote(arg: &[u8]) -> Vec<u8> {
    if arg.is_empty() {
        return b"''".to_vec();
    }
    let seen = std::str::from_utf8(arg).is_ok_and(|text| !text.chars().any(char::is_control));
    if seen { with_backslashes(arg) } else { with_escapes(arg) }
}

fn with_backslashes(arg: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(arg.len() + 8);
    for (at, byte) in arg.iter().enumerate() {
        let begins = at == 0 || matches!(arg[at - 1], b':' | b'=');
        let special = match byte {
            b'#' => at == 0,
            b'~' => begins,
            byte => b" !\"$&'()*,;<>?[\\]^`{|}".contains(byte),
        };
        if special {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

fn with_escapes(arg: &[u8]) -> Vec<u8> {
    let mut out = b"$'".to_vec();
    for chunk in arg.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\u{7}' => out.extend(b"\\a"),
                '\u{8}' => out.extend(b"\\b"),
                '\u{b}' => out.extend(b"\\v"),
                '\u{c}' => out.extend(b"\\f"),
                '\n' => out.extend(b"\\n"),
                '\r' => out.extend(b"\\r"),
                '\t' => out.extend(b"\\t"),
                '\u{1b}' => out.extend(b"\\E"),
                '\\' => out.extend(b"\\\\"),
                '\'' => out.extend(b"\\'"),
                c if c.is_control() => octal(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut out),
                c => out.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        octal(chunk.invalid(), &mut out);
    }
    out.push(b'\'');
    out
}

fn octal(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.extend(format!("\\{byte:03o}").as_bytes());
    }
}
