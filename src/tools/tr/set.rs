//! The sets of `tr`.

use crate::error::{Error, Result};
use crate::output::visible;

/// The bytes of `set` in its order. In a second set, which shall be `wanted` long, bytes may be repeated: `[c*]`.
pub(super) fn parse(set: &[u8], wanted: Option<usize>) -> Result<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), set);
    // Where `[c*]` stands, which is as long as what is left.
    let mut fill: Option<(usize, u8)> = None;
    while !rest.is_empty() {
        if let Some((bytes, used)) = class(rest)? {
            out.extend_from_slice(&bytes);
            rest = &rest[used..];
        } else if let Some((byte, count, used)) = repeat(rest)? {
            let Some(wanted) = wanted else {
                return Err(Error::usage("[c*] can only stand in SET2"));
            };
            match count {
                0 if fill.is_some() => {
                    return Err(Error::usage("[c*] can stand only once in SET2"));
                }
                0 => fill = Some((out.len(), byte)),
                // More than SET1 has is never looked at.
                count => out.extend(std::iter::repeat_n(byte, count.min(wanted.max(1)))),
            }
            rest = &rest[used..];
        } else {
            let (low, used) = byte(rest);
            rest = &rest[used..];
            let mut high = low;
            if let [b'-', end @ ..] = rest
                && !end.is_empty()
            {
                let (last, used) = byte(end);
                (high, rest) = (last, &end[used..]);
            }
            if low > high {
                let shown = [visible(&[low]).into_owned(), visible(&[high]).into_owned()];
                return Err(Error::usage(format!(
                    "the range '{}' goes backwards",
                    shown.join("-")
                )));
            }
            out.extend(low..=high);
        }
    }
    if let (Some((at, byte)), Some(wanted)) = (fill, wanted) {
        let missing = wanted.saturating_sub(out.len());
        out.splice(at..at, std::iter::repeat_n(byte, missing));
    }
    Ok(out)
}

/// One byte, perhaps written as an escape, and its length.
fn byte(rest: &[u8]) -> (u8, usize) {
    let [b'\\', escaped, ..] = rest else { return (rest[0], 1) };
    let byte = match escaped {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'0'..=b'7' => {
            let (mut value, mut used) = (0u16, 1);
            while let Some(digit @ b'0'..=b'7') = rest.get(used).filter(|_| used < 4) {
                let next = value * 8 + u16::from(digit - b'0');
                if next > 255 {
                    break;
                }
                (value, used) = (next, used + 1);
            }
            return (value as u8, used);
        }
        other => *other,
    };
    (byte, 2)
}

/// `[:name:]` or `[=c=]` at the start of `rest`.
fn class(rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>> {
    let [b'[', mark @ (b':' | b'='), body @ ..] = rest else { return Ok(None) };
    let Some(end) = body.windows(2).skip(1).position(|two| two == [*mark, b']']) else {
        return Ok(None);
    };
    let name = &body[..end + 1];
    if *mark == b'=' {
        let (byte, used) = byte(name);
        if used != name.len() {
            return Err(Error::usage("[=c=] holds one byte"));
        }
        return Ok(Some((vec![byte], name.len() + 4)));
    }
    let is_in = |byte: &u8| match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => matches!(byte, b' '..=b'~'),
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    };
    let bytes: Vec<u8> = (0..=255).filter(is_in).collect();
    if bytes.is_empty() {
        return Err(Error::usage(format!("[:{}:] is no class", visible(name))));
    }
    Ok(Some((bytes, name.len() + 4)))
}

/// `[c*N]` at the start of `rest`: the byte, how often (0 for `[c*]`), and the length.
fn repeat(rest: &[u8]) -> Result<Option<(u8, usize, usize)>> {
    let [b'[', body @ ..] = rest else { return Ok(None) };
    if body.is_empty() {
        return Ok(None);
    }
    let (byte, used) = byte(body);
    let Some(count) = body[used..].strip_prefix(b"*") else { return Ok(None) };
    let Some(end) = count.iter().position(|b| *b == b']') else { return Ok(None) };
    let digits = std::str::from_utf8(&count[..end]).unwrap_or("?");
    let radix = if digits.starts_with('0') { 8 } else { 10 };
    let count = match digits {
        "" => 0,
        digits => usize::from_str_radix(digits, radix)
            .map_err(|_| Error::usage(format!("'{digits}' is no number of repeats")))?,
    };
    Ok(Some((byte, count, used + end + 3)))
}
