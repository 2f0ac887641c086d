//! Numbers: read as strtol(3) and strtod(3) read them, written as printf(3) writes them.

use super::Layout;

/// What is wrong with an argument that should be a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is none, or not to its end.
    Invalid(&'static str),
    /// It is too large: the largest one is taken. A warning only.
    OutOfRange,
}

/// No double has more decimal places than this; those that are asked for beyond are zeros.
const PLACES: usize = 1074;

/// A number in the parts between which zeros and blanks may go.
#[derive(Debug, Default)]
pub(super) struct Number {
    /// Sign and base.
    pub(super) prefix: String,
    pub(super) zeros_before: usize,
    pub(super) digits: String,
    pub(super) zeros_after: usize,
    /// Exponent.
    pub(super) suffix: String,
    /// Whether a precision was given that forbids filling with zeros.
    pub(super) has_precision: bool,
}

/// A double that is 0 where there is no argument.
#[derive(Default)]
pub(super) struct Float(pub(super) f64);

impl Number {
    pub(super) fn signed(value: i64, layout: &Layout) -> Number {
        Number {
            prefix: sign(value < 0, layout).to_owned(),
            ..Number::integer(value.unsigned_abs().to_string(), layout)
        }
    }

    pub(super) fn unsigned(value: u64, conversion: u8, layout: &Layout) -> Number {
        let digits = match conversion {
            b'o' => format!("{value:o}"),
            b'x' => format!("{value:x}"),
            b'X' => format!("{value:X}"),
            _ => value.to_string(),
        };
        let mut number = Number::integer(digits, layout);
        match conversion {
            b'x' if layout.alternate && value != 0 => number.prefix = "0x".to_owned(),
            b'X' if layout.alternate && value != 0 => number.prefix = "0X".to_owned(),
            b'o' if layout.alternate && number.zeros_before == 0 && number.digits != "0" => {
                number.zeros_before = 1;
            }
            _ => {}
        }
        number
    }

    fn integer(digits: String, layout: &Layout) -> Number {
        // With a precision of 0, the number 0 has no digits.
        let digits =
            if layout.precision == Some(0) && digits == "0" { String::new() } else { digits };
        Number {
            zeros_before: layout.precision.unwrap_or(0).saturating_sub(digits.len()),
            digits,
            has_precision: layout.precision.is_some(),
            ..Number::default()
        }
    }

    pub(super) fn float(value: f64, conversion: u8, layout: &Layout) -> Number {
        let mut number = if value.is_finite() {
            let precision = layout.precision.unwrap_or(6);
            match conversion.to_ascii_lowercase() {
                b'f' => Number::fixed(value.abs(), precision, layout.alternate),
                b'e' => Number::scientific(value.abs(), precision, layout.alternate),
                _ => Number::general(value.abs(), precision.max(1), layout.alternate),
            }
        } else {
            let digits = if value.is_nan() { "nan" } else { "inf" };
            Number { digits: digits.to_owned(), ..Number::default() }
        };
        number.prefix = sign(value.is_sign_negative(), layout).to_owned();
        if conversion.is_ascii_uppercase() {
            number.digits.make_ascii_uppercase();
            number.suffix.make_ascii_uppercase();
        }
        number
    }

    fn fixed(value: f64, precision: usize, point: bool) -> Number {
        let mut digits = format!("{value:.*}", precision.min(PLACES));
        if point && precision == 0 {
            digits.push('.');
        }
        Number { digits, zeros_after: precision.saturating_sub(PLACES), ..Number::default() }
    }

    fn scientific(value: f64, precision: usize, point: bool) -> Number {
        let text = format!("{value:.*e}", precision.min(PLACES));
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let sign = if exponent < 0 { '-' } else { '+' };
        Number {
            digits: if point && precision == 0 { format!("{digits}.") } else { digits.to_owned() },
            zeros_after: precision.saturating_sub(PLACES),
            suffix: format!("e{sign}{:02}", exponent.unsigned_abs()),
            ..Number::default()
        }
    }

    /// The shorter of the two forms, with `precision` significant digits and, unless `all`, no zeros at the end.
    fn general(value: f64, precision: usize, all: bool) -> Number {
        let scientific = Number::scientific(value, precision - 1, all);
        let exponent: i64 = scientific.suffix[1..].parse().unwrap_or(0);
        let places = precision as i64 - 1 - exponent;
        let mut number = if exponent < -4 || places < 0 {
            scientific
        } else {
            Number::fixed(value, places as usize, all)
        };
        if !all && number.digits.contains('.') {
            number.zeros_after = 0;
            let kept = number.digits.trim_end_matches('0').trim_end_matches('.').len();
            number.digits.truncate(kept);
        }
        number
    }

    pub(super) fn len(&self) -> usize {
        let text = self.prefix.len() + self.digits.len() + self.suffix.len();
        text.saturating_add(self.zeros_before).saturating_add(self.zeros_after)
    }
}

fn sign(negative: bool, layout: &Layout) -> &'static str {
    match layout {
        _ if negative => "-",
        Layout { plus: true, .. } => "+",
        Layout { space: true, .. } => " ",
        _ => "",
    }
}

/// An argument as a signed number: decimal, `0x…`, `0…`, or the code of a character after a quote.
pub(super) fn signed(arg: &[u8]) -> (i64, Option<Wrong>) {
    if let Some(code) = character(arg) {
        return (i64::from(code), None);
    }
    let (negative, magnitude, wrong) = integer(arg);
    let limit = if negative { 1 << 63 } else { u128::from(i64::MAX as u64) };
    let wrong = wrong.or((magnitude > limit).then_some(Wrong::OutOfRange));
    let magnitude = magnitude.min(limit) as u64;
    (if negative { (magnitude as i64).wrapping_neg() } else { magnitude as i64 }, wrong)
}

/// An argument as an unsigned number; a negative one counts down from 2⁶⁴, as strtoul(3) has it.
pub(super) fn unsigned(arg: &[u8]) -> (u64, Option<Wrong>) {
    if let Some(code) = character(arg) {
        return (u64::from(code), None);
    }
    let (negative, magnitude, wrong) = integer(arg);
    match u64::try_from(magnitude) {
        Ok(value) => (if negative { value.wrapping_neg() } else { value }, wrong),
        Err(_) => (u64::MAX, wrong.or(Some(Wrong::OutOfRange))),
    }
}

/// The code of the character after a quote: `'A` is 65.
fn character(arg: &[u8]) -> Option<u32> {
    let rest = arg.strip_prefix(b"'").or_else(|| arg.strip_prefix(b"\""))?;
    let first = rest.utf8_chunks().next();
    let whole = first.and_then(|chunk| chunk.valid().chars().next()).map(u32::from);
    Some(whole.or_else(|| rest.first().map(|b| u32::from(*b))).unwrap_or(0))
}

/// Sign, magnitude (no more than it must be to be too large) and what is wrong.
fn integer(arg: &[u8]) -> (bool, u128, Option<Wrong>) {
    let (negative, digits) = signed_rest(arg);
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => {
            (16, rest)
        }
        [b'0', ..] => (8, digits),
        _ => (10, digits),
    };
    let (mut value, mut read) = (0u128, 0);
    for digit in digits.iter().map_while(|c| char::from(*c).to_digit(base)) {
        value = (value * u128::from(base) + u128::from(digit)).min(1 << 65);
        read += 1;
    }
    let whole = read == digits.len() && (read > 0 || arg.is_empty());
    (negative, value, (!whole).then(|| invalid(arg)))
}

fn invalid(arg: &[u8]) -> Wrong {
    Wrong::Invalid(match arg {
        [b'0', b'x', ..] => "invalid hex number",
        [b'0', digit, ..] if digit.is_ascii_digit() => "invalid octal number",
        _ => "invalid number",
    })
}

/// Whether there is a minus, and what follows blanks and sign.
fn signed_rest(arg: &[u8]) -> (bool, &[u8]) {
    let blanks = arg.iter().take_while(|c| c.is_ascii_whitespace() || **c == 11).count();
    match &arg[blanks..] {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    }
}

/// An argument as a double: decimal, hexadecimal, `inf`, `nan`, or the code of a character after a quote.
pub(super) fn float(arg: &[u8]) -> (Float, Option<Wrong>) {
    if let Some(code) = character(arg) {
        return (Float(f64::from(code)), None);
    }
    let (negative, rest) = signed_rest(arg);
    let (value, length) = match rest {
        [b'0', b'x' | b'X', digits @ ..] => match hexadecimal(digits) {
            (value, 0) => (value, 1),
            (value, length) => (value, 2 + length),
        },
        _ => decimal(rest),
    };
    let whole = length == rest.len() && (length > 0 || arg.is_empty());
    let ranged = value.is_infinite() && rest.first().is_some_and(u8::is_ascii_digit);
    let wrong = if whole { ranged.then_some(Wrong::OutOfRange) } else { Some(invalid(arg)) };
    (Float(if negative { -value } else { value }), wrong)
}

/// The decimal number that `text` begins with, and its length.
fn decimal(text: &[u8]) -> (f64, usize) {
    for word in ["infinity", "inf", "nan"] {
        if text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes())) {
            return (word.parse().unwrap_or(f64::NAN), word.len());
        }
    }
    let count = |from: usize| text[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = count(0);
    let mut end = whole;
    if text.get(end) == Some(&b'.') {
        let places = count(end + 1);
        end += if whole + places > 0 { 1 + places } else { 0 };
    }
    if end > 0 && text.get(end).is_some_and(|c| matches!(c, b'e' | b'E')) {
        let sign = usize::from(text.get(end + 1).is_some_and(|c| matches!(c, b'+' | b'-')));
        let digits = count((end + 1 + sign).min(text.len()));
        end += if digits > 0 { 1 + sign + digits } else { 0 };
    }
    let number = std::str::from_utf8(&text[..end]).ok().and_then(|text| text.parse().ok());
    (number.unwrap_or(0.0), end)
}

/// The hexadecimal number that `text` begins with, after its `0x`, and its length.
fn hexadecimal(text: &[u8]) -> (f64, usize) {
    let (mut value, mut scale, mut at, mut digits) = (0.0, 1.0, 0, 0);
    let mut point = false;
    while let Some(c) = text.get(at) {
        if let Some(digit) = char::from(*c).to_digit(16) {
            value = value * 16.0 + f64::from(digit);
            scale *= if point { 16.0 } else { 1.0 };
            digits += 1;
        } else if *c == b'.' && !point {
            point = true;
        } else {
            break;
        }
        at += 1;
    }
    if digits == 0 {
        return (0.0, 0);
    }
    if let Some(b'p' | b'P') = text.get(at) {
        let (negative, rest) = match text.get(at + 1) {
            Some(b'-') => (true, at + 2),
            Some(b'+') => (false, at + 2),
            _ => (false, at + 1),
        };
        let digits = text.iter().skip(rest).take_while(|c| c.is_ascii_digit());
        let (power, length) = digits.fold((0i32, 0), |(power, length), digit| {
            (power.saturating_mul(10).saturating_add(i32::from(digit - b'0')), length + 1)
        });
        if length > 0 {
            value *= 2f64.powi(if negative { -power } else { power });
            at = rest + length;
        }
    }
    (value / scale, at)
}
