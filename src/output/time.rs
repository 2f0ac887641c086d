//! Times as text, in UTC: a target has no time zone that could be trusted, and two containers should agree.

use crate::sys::time;
use std::time::{SystemTime, UNIX_EPOCH};

/// Half a mean Gregorian year in seconds: what `ls` calls recent.
const HALF_YEAR: i64 = 31_556_952 / 2;

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment of the Gregorian calendar in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year; 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 (Sunday) to 6.
    pub weekday: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59: POSIX time has no leap seconds.
    pub second: u8,
}

impl Civil {
    /// The moment `seconds` after 1970-01-01; `None` for a year that does not fit 32 bits, which files can have.
    pub fn of(seconds: i64) -> Option<Civil> {
        let t = time::utc(seconds)?;
        Some(Civil {
            year: i64::from(t.tm_year) + 1900,
            month: t.tm_mon as u8 + 1,
            day: t.tm_mday as u8,
            weekday: t.tm_wday as u8,
            hour: t.tm_hour as u8,
            minute: t.tm_min as u8,
            second: t.tm_sec as u8,
        })
    }

    /// The month's three letters.
    pub fn month_name(&self) -> &'static str {
        MONTHS[usize::from(self.month.clamp(1, 12)) - 1]
    }

    /// The weekday's three letters.
    pub fn day_name(&self) -> &'static str {
        DAYS[usize::from(self.weekday % 7)]
    }
}

/// Seconds since 1970 now.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

/// RFC 3339 with as many digits as the time has: `2026-11-21T05:13:00Z`, `2026-11-21T05:13:00.250000000Z`. `None` for a
/// time out of range: in JSON, null.
pub fn rfc3339(seconds: i64, nanoseconds: i64) -> Option<String> {
    let (date, time) = date_and_time(seconds)?;
    Some(match nanoseconds {
        0 => format!("{date}T{time}Z"),
        n => format!("{date}T{time}.{n:09}Z"),
    })
}

/// [`rfc3339`] for a person, in whole seconds; a time out of range is told as its number.
pub fn shown(seconds: i64) -> String {
    rfc3339(seconds, 0).unwrap_or_else(|| seconds.to_string())
}

/// As `ls --full-time` and `stat` have it: `2026-11-21 05:13:00.250000000 +0000`; a time out of range is its number.
pub fn full_iso(seconds: i64, nanoseconds: i64) -> String {
    match date_and_time(seconds) {
        Some((date, time)) => format!("{date} {time}.{nanoseconds:09} +0000"),
        None => format!("{seconds}.{nanoseconds:09}"),
    }
}

/// As `ls -l` has it: `Nov 21 05:13` within half a year before `now`, else `Nov 21  2024`; a time out of range is its
/// number.
pub fn listing(seconds: i64, now: i64) -> String {
    let Some(c) = Civil::of(seconds) else { return seconds.to_string() };
    let (month, day) = (c.month_name(), c.day);
    if is_recent(seconds, now) {
        format!("{month} {day:>2} {:02}:{:02}", c.hour, c.minute)
    } else {
        format!("{month} {day:>2}  {:04}", c.year)
    }
}

/// Whether `seconds` lies within half a year before `now`.
pub fn is_recent(seconds: i64, now: i64) -> bool {
    seconds <= now && now.saturating_sub(seconds) < HALF_YEAR
}

fn date_and_time(seconds: i64) -> Option<(String, String)> {
    let c = Civil::of(seconds)?;
    Some((
        format!("{:04}-{:02}-{:02}", c.year, c.month, c.day),
        format!("{:02}:{:02}:{:02}", c.hour, c.minute, c.second),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_have_their_dates() {
        // Each by `date -u -d @N`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_732_165_980, "2024-11-21T05:13:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds, 0).as_deref(), Some(text));
        }
    }

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let first = -73_000;
        let mut last = Civil::of(first * 86_400).expect("in range");
        for day in 1..=292_194 {
            let c = Civil::of((first + day) * 86_400).expect("in range");
            let next_day = (c.year, c.month, c.day) == (last.year, last.month, last.day + 1);
            let next_month = (c.year, c.month, c.day) == (last.year, last.month + 1, 1);
            let next_year = (c.year, c.month, c.day) == (last.year + 1, 1, 1) && last.month == 12;
            assert!(next_day || next_month && last.day >= 28 || next_year && last.day == 31);
            last = c;
        }
    }

    #[test]
    fn a_listing_shows_the_year_of_what_is_old_or_not_yet() {
        let now = 1_732_165_980;
        assert_eq!(listing(now - 60, now), "Nov 21 05:12");
        assert_eq!(listing(now + 60, now), "Nov 21  2024");
        assert_eq!(listing(0, now), "Jan  1  1970");
    }

    #[test]
    fn a_time_out_of_range_is_its_number_and_no_other_time() {
        for seconds in [i64::MIN, i64::MAX] {
            let number = seconds.to_string();
            assert_eq!(rfc3339(seconds, 0), None);
            assert_eq!((shown(seconds), listing(seconds, 0)), (number.clone(), number.clone()));
            assert_eq!(full_iso(seconds, 5), format!("{number}.000000005"));
        }
        assert!(rfc3339(67_767_976_233_532_799, 0).is_some());
    }
}
