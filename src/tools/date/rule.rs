//! The rule at the end of a zone's file and in TZ: `CET-1CEST,M3.5.0,M10.5.0/3` (tzset(3), RFC 8536 section 3.3.1).

use super::zone::Kind;
use crate::output::time::Civil;

const DAY: i64 = 86_400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    standard: Kind,
    /// Summer time, when it begins (in standard time) and when it ends (in summer time).
    summer: Option<(Kind, Moment, Moment)>,
}

/// A moment of every year: a day, and seconds after its midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moment {
    day: Day,
    seconds: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Day {
    /// `Jn`: 1 to 365, February 29 is never counted.
    Julian(i64),
    /// `n`: 0 to 365.
    Plain(i64),
    /// `Mm.w.d`: weekday d (0 is Sunday) for the w-th time in month m, 5 is the last.
    Month { month: i64, week: i64, weekday: i64 },
}

impl Rule {
    pub(super) fn parse(text: &str) -> Option<Rule> {
        let (name, rest) = name(text)?;
        let (west, rest) = time(rest)?;
        let standard = Kind { offset: -west, name };
        if rest.is_empty() {
            return Some(Rule { standard, summer: None });
        }
        let (name, rest) = self::name(rest)?;
        let (offset, rest) = match rest.split_once(',') {
            Some(("", rest)) => (standard.offset + 3600, rest),
            Some((offset, rest)) => (-time(offset).filter(|(_, rest)| rest.is_empty())?.0, rest),
            None => return None,
        };
        let (start, end) = rest.split_once(',')?;
        let summer = Some((Kind { offset, name }, Moment::parse(start)?, Moment::parse(end)?));
        Some(Rule { standard, summer })
    }

    /// What holds `seconds` after 1970.
    pub(super) fn at(&self, seconds: i64) -> Kind {
        let Some((summer, start, end)) = &self.summer else { return self.standard.clone() };
        let year = Civil::of(seconds.saturating_add(self.standard.offset)).map_or(0, |c| c.year);
        let begins = start.of_year(year) - self.standard.offset;
        let ends = end.of_year(year) - summer.offset;
        let is_summer = if begins < ends {
            (begins..ends).contains(&seconds)
        } else {
            // South of the equator.
            !(ends..begins).contains(&seconds)
        };
        if is_summer { summer.clone() } else { self.standard.clone() }
    }
}

impl Moment {
    fn parse(text: &str) -> Option<Moment> {
        let (day, clock) = text.split_once('/').unwrap_or((text, "2"));
        let (seconds, rest) = time(clock)?;
        rest.is_empty().then_some(Moment { day: Day::parse(day)?, seconds })
    }

    /// Seconds after 1970, by the clock that holds then.
    fn of_year(&self, year: i64) -> i64 {
        let first = days_to(year, 1);
        let day = match self.day {
            Day::Julian(n) => first + n - 1 + i64::from(is_leap(year) && n >= 60),
            Day::Plain(n) => first + n,
            Day::Month { month, week, weekday } => {
                let start = days_to(year, month);
                let end = if month == 12 { days_to(year + 1, 1) } else { days_to(year, month + 1) };
                // Day 0, the first of 1970, was a Thursday.
                let ahead = (weekday - (start + 4)).rem_euclid(7);
                let day = start + ahead + 7 * (week - 1);
                if day >= end { day - 7 } else { day }
            }
        };
        day * DAY + self.seconds
    }
}

impl Day {
    fn parse(text: &str) -> Option<Day> {
        let number = |text: &str, first: i64, last: i64| {
            text.parse().ok().filter(|n| (first..=last).contains(n))
        };
        if let Some(text) = text.strip_prefix('J') {
            return Some(Day::Julian(number(text, 1, 365)?));
        }
        let Some(text) = text.strip_prefix('M') else {
            return Some(Day::Plain(number(text, 0, 365)?));
        };
        let mut parts = text.split('.');
        let mut next = |first, last| number(parts.next()?, first, last);
        Some(Day::Month { month: next(1, 12)?, week: next(1, 5)?, weekday: next(0, 6)? })
    }
}

/// Days from 1970 to the first of a month.
fn days_to(year: i64, month: i64) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let past = year - 1;
    let leaps = past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400) - 477;
    let in_year = BEFORE[(month - 1) as usize] + i64::from(month > 2 && is_leap(year));
    (year - 1970) * 365 + leaps + in_year
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Letters, or anything in `<>`.
fn name(text: &str) -> Option<(String, &str)> {
    if let Some(text) = text.strip_prefix('<') {
        let (name, rest) = text.split_once('>')?;
        return Some((name.to_owned(), rest));
    }
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    (end >= 3).then(|| (text[..end].to_owned(), &text[end..]))
}

/// `[+-]HH[:MM[:SS]]` in seconds, and what follows.
fn time(text: &str) -> Option<(i64, &str)> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = text.find(|c: char| c != ':' && !c.is_ascii_digit()).unwrap_or(text.len());
    let mut parts = text[..end].split(':').map(|part| part.parse::<i64>().ok());
    // A zone's rule may begin up to a week away.
    let hours = parts.next()??.min(167);
    let minutes = parts.next().unwrap_or(Some(0))?.min(59);
    let seconds = parts.next().unwrap_or(Some(0))?.min(59);
    Some((sign * (hours * 3600 + minutes * 60 + seconds), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_begins_and_ends_to_the_second() {
        // By `TZ=Europe/Berlin date -d @N`.
        let rule = Rule::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (seconds, name, offset) in [
            (1_774_745_999, "CET", 3600),
            (1_774_746_000, "CEST", 7200),
            (1_792_889_999, "CEST", 7200),
            (1_792_890_000, "CET", 3600),
        ] {
            assert_eq!(rule.at(seconds), Kind { offset, name: name.into() }, "{seconds}");
        }
    }

    #[test]
    fn the_days_before_a_month_are_counted() {
        assert_eq!((days_to(1970, 1), days_to(2000, 3), days_to(2100, 3)), (0, 11_017, 47_541));
    }

    #[test]
    fn what_is_no_rule_is_none() {
        for text in ["", "CET", "C-1", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "Europe/Berlin"] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
        assert!(Rule::parse("<+0330>-3:30").is_some());
    }
}
