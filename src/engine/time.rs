//! Times as engines write them.

/// Seconds since 1970 of an RFC 3339 time, fractions cut off: `2024-05-06T07:08:09.25+02:00`.
///
/// `None` for what is no such time, and for the year 1, which is Docker's word for never.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let (clock, offset) = (rest.get(..zone)?, rest.get(zone..)?);
    let clock = clock.split_once('.').map_or(clock, |(seconds, _)| seconds);
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let ok = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if !ok || year == 1 {
        return None;
    }
    let east = match offset.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        (sign, by) => {
            let [hours, minutes] = numbers(by, ':')?;
            (hours * 60 + minutes) * if sign == "-" { -60 } else { 60 }
        }
    };
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - east)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before_year = year * 365 + year / 4 - year / 100 + year / 400;
    let before_month = (month * 153 + 2) / 5;
    before_year + before_month + day - 1 - 719_468
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let number = |part: &str| match part.bytes().all(|b| b.is_ascii_digit()) {
        true if part.len() <= 4 => part.parse().ok(),
        _ => None,
    };
    let parts: Vec<i64> = text.split(separator).map(number).collect::<Option<_>>()?;
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn times_are_those_of_date() {
        // Each by `date -d TIME +%s`.
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2024-02-29T23:59:59.999999999Z"), Some(1_709_251_199));
        assert_eq!(parse("2024-05-06T07:08:09.123456789+02:00"), Some(1_714_972_089));
        assert_eq!(parse("2000-03-01T00:00:00-05:30"), Some(951_888_600));
        assert_eq!(parse("1969-12-31T23:59:58Z"), Some(-2));
        assert_eq!(parse("2100-12-31T12:00:00Z"), Some(4_133_937_600));
    }

    #[test]
    fn never_and_nonsense_are_no_time() {
        let texts = [
            "0001-01-01T00:00:00Z",
            "",
            "yesterday",
            "2024-13-01T00:00:00Z",
            "2024-05-06T07:08:09",
            "2024-05-06T24:00:00Z",
            "2024-05-06T07:08:09+2",
            "2024-05-06T07:08:09Zx",
            "99999999999999999999-05-06T07:08:09Z",
            "2024-05--6T07:08:09Z",
            "2024-05-06Té",
        ];
        for text in texts {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
