//! Moments as `date -d` takes them: the forms that logs and hands have, of those that GNU date knows.

use super::zone::Kind;
use crate::output::time::Civil;

const DAY: i64 = 86_400;

/// Farther from 1970 than this, in seconds, no moment is: about 30,000 years, which no sum overflows.
const FARTHEST: i64 = 1 << 40;

/// A moment in the making: a day and a time of a zone, and what is to be added.
#[derive(Default)]
struct Parts {
    /// Days since 1970.
    day: Option<i64>,
    /// Seconds of the day, and nanoseconds.
    clock: Option<(i64, u32)>,
    /// East of UTC.
    offset: Option<i64>,
    days: i64,
    months: i64,
    seconds: i64,
}

/// Seconds since 1970 and nanoseconds of `text`; words without a zone are in the one that `kind_at` tells.
pub(super) fn moment(
    text: &str,
    now: (i64, u32),
    kind_at: &dyn Fn(i64) -> Kind,
) -> Option<(i64, u32)> {
    if let Some(number) = text.trim().strip_prefix('@') {
        return since_1970(number);
    }
    let mut parts = Parts::default();
    let spread = spread(&text.to_ascii_lowercase());
    // `+ 1 day` is `1 day`.
    let words: Vec<&str> = spread.split_whitespace().filter(|word| *word != "+").collect();
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        let used = parts.take(rest)?;
        rest = rest.get(used..)?;
    }
    parts.sum(now, kind_at)
}

/// `1700000000.5`, rounded down.
fn since_1970(number: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    let seconds: i64 = whole.parse().ok()?;
    let nanoseconds = nanoseconds(fraction)?;
    match (whole.starts_with('-'), nanoseconds) {
        (true, 1..) => Some((seconds.checked_sub(1)?, 1_000_000_000 - nanoseconds)),
        _ => Some((seconds, nanoseconds)),
    }
}

/// The text with spaces where one word ends and the next begins: at the `T` and `Z` of RFC 3339, at the sign of an
/// offset behind a time, between a number and its unit.
fn spread(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut has_time = false;
    for letter in text.chars() {
        has_time |= letter == ':';
        let (was_digit, is_digit) = (before.is_ascii_digit(), letter.is_ascii_digit());
        match letter {
            't' if was_digit && text.contains(':') => {
                out.push(' ');
                before = ' ';
                continue;
            }
            '+' | '-' if was_digit && has_time => out.push(' '),
            letter if letter.is_ascii_alphabetic() && was_digit => out.push(' '),
            _ if is_digit && before.is_ascii_alphabetic() => out.push(' '),
            _ => {}
        }
        out.push(letter);
        before = letter;
    }
    out
}

fn nanoseconds(digits: &str) -> Option<u32> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
    nine.parse().ok()
}

impl Parts {
    /// Takes what the first words say; gives how many they are.
    fn take(&mut self, words: &[&str]) -> Option<usize> {
        let word = *words.first()?;
        match word {
            "now" | "today" => return Some(1),
            "yesterday" => return self.add(-1, "day").map(|()| 1),
            "tomorrow" => return self.add(1, "day").map(|()| 1),
            "z" | "utc" | "gmt" => {
                let is_first = self.offset.replace(0).is_none();
                return is_first.then_some(1);
            }
            _ => {}
        }
        if let Some(clock) = clock(word) {
            return self.clock.replace(clock).is_none().then_some(1);
        }
        if let Some(day) = day(word) {
            return self.day.replace(day).is_none().then_some(1);
        }
        if self.clock.is_some()
            && self.offset.is_none()
            && let Some(offset) = offset(word)
            && words.get(1).is_none_or(|next| unit(next).is_none())
        {
            self.offset = Some(offset);
            return Some(1);
        }
        let (number, used): (i64, usize) = match word {
            "next" => (1, 1),
            "last" => (-1, 1),
            word if unit(word).is_some() => (1, 0),
            word => (word.parse().ok()?, 1),
        };
        let name = *words.get(used)?;
        let is_ago = words.get(used + 1) == Some(&"ago");
        self.add(if is_ago { number.checked_neg()? } else { number }, name)?;
        Some(used + 1 + usize::from(is_ago))
    }

    fn add(&mut self, number: i64, name: &str) -> Option<()> {
        let (sum, factor) = match unit(name)? {
            "second" => (&mut self.seconds, 1),
            "minute" => (&mut self.seconds, 60),
            "hour" => (&mut self.seconds, 3600),
            "day" => (&mut self.days, 1),
            "week" => (&mut self.days, 7),
            "month" => (&mut self.months, 1),
            _ => (&mut self.months, 12),
        };
        *sum = sum.checked_add(number.checked_mul(factor)?)?;
        (sum.abs() < FARTHEST).then_some(())
    }

    fn sum(&self, now: (i64, u32), kind_at: &dyn Fn(i64) -> Kind) -> Option<(i64, u32)> {
        let here = now.0 + self.offset.unwrap_or_else(|| kind_at(now.0).offset);
        let day = self.day.unwrap_or_else(|| here.div_euclid(DAY));
        let (clock, nanoseconds) = match (self.clock, self.day) {
            (Some(clock), _) => clock,
            // A day alone begins at midnight.
            (None, Some(_)) => (0, 0),
            (None, None) => (here.rem_euclid(DAY), now.1),
        };
        let mut day = day;
        if self.months != 0 {
            let civil = Civil::of(day.checked_mul(DAY)?)?;
            let months = civil.year * 12 + i64::from(civil.month) - 1 + self.months;
            // A day that the month does not have is one of the next month, as in GNU.
            day = days(months.div_euclid(12), months.rem_euclid(12) + 1) + i64::from(civil.day) - 1;
        }
        let local = day.checked_add(self.days)?.checked_mul(DAY)?.checked_add(clock)?;
        let seconds = match self.offset {
            Some(offset) => local - offset,
            None => {
                // The offset at a moment near it, and then at that moment itself.
                let near = local - kind_at(local).offset;
                local - kind_at(near).offset
            }
        };
        let seconds = seconds.checked_add(self.seconds)?;
        (seconds.abs() < FARTHEST).then_some((seconds, nanoseconds))
    }
}

/// The unit that `name` is, in one or many.
fn unit(name: &str) -> Option<&'static str> {
    Some(match name.strip_suffix('s').unwrap_or(name) {
        "sec" | "second" => "second",
        "min" | "minute" => "minute",
        "hour" => "hour",
        "day" => "day",
        "week" => "week",
        "month" => "month",
        "year" => "year",
        _ => return None,
    })
}

/// `HH:MM[:SS[.N]]`.
fn clock(word: &str) -> Option<(i64, u32)> {
    let mut numbers = word.split(':');
    let next = |least: i64, text: Option<&str>| -> Option<i64> {
        let text = text?;
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|number| is_number && *number < least)
    };
    let (hour, minute) = (next(24, numbers.next())?, next(60, numbers.next())?);
    let (second, fraction) = match numbers.next() {
        None => (0, 0),
        Some(text) => {
            let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
            (next(60, Some(whole))?, nanoseconds(fraction)?)
        }
    };
    numbers.next().is_none().then_some((hour * 3600 + minute * 60 + second, fraction))
}

/// `YYYY-MM-DD`, `YYYY/MM/DD` or `YYYYMMDD`, as days since 1970.
fn day(word: &str) -> Option<i64> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = match word.len() {
        8 if is_number(word) => vec![&word[..4], &word[4..6], &word[6..]],
        _ => word.split(['-', '/']).collect(),
    };
    let [year, month, day] = parts.as_slice() else { return None };
    if year.len() != 4 || ![year, month, day].iter().all(|text| is_number(text)) {
        return None;
    }
    let (year, month, day): (i64, i64, i64) =
        (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let all = days(year, month) + day - 1;
    // A day that the month does not have is none.
    let civil = Civil::of(all.checked_mul(DAY)?)?;
    (i64::from(civil.month) == month && i64::from(civil.day) == day).then_some(all)
}

/// `+HH`, `+HHMM` or `+HH:MM`, in seconds.
fn offset(word: &str) -> Option<i64> {
    let sign = match word.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = word.get(1..)?.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = i64::from(hours) * 3600 + i64::from(minutes) * 60;
    (hours <= 24 && minutes < 60).then_some(sign * seconds)
}

/// Days from 1970 to the first of a month (1 to 12), in the Gregorian calendar.
fn days(year: i64, month: i64) -> i64 {
    // Years that begin in March: the day of a leap year is the last.
    let year = year - i64::from(month <= 2);
    let months = (month + 9).rem_euclid(12);
    let of_year = (153 * months + 2) / 5;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year
        - 719_468
}
