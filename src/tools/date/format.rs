//! `+FORMAT` of date(1).

use super::zone::Kind;
use crate::error::{Error, Result};
use crate::output::time::Civil;
use std::fmt::Write;

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment to be shown.
pub(in crate::tools) struct Moment {
    pub seconds: i64,
    pub nanoseconds: u32,
    pub(super) kind: Kind,
}

impl Moment {
    /// A moment in UTC.
    pub(in crate::tools) fn utc(seconds: i64, nanoseconds: u32) -> Moment {
        Moment { seconds, nanoseconds, kind: Kind::utc() }
    }

    pub(super) fn civil(&self) -> Option<Civil> {
        Civil::of(self.seconds.saturating_add(self.kind.offset))
    }

    /// `+01:00`, or `+0100` without the colon.
    pub(super) fn offset(&self, colon: &str) -> String {
        let (sign, offset) =
            if self.kind.offset < 0 { ('-', -self.kind.offset) } else { ('+', self.kind.offset) };
        format!("{sign}{:02}{colon}{:02}", offset / 3600, offset / 60 % 60)
    }

    /// Fills in `format`; fails on a letter that is not known.
    pub(in crate::tools) fn show(&self, format: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            // `-` takes padding away.
            let (bare, after) = match rest.strip_prefix('-') {
                Some(after) => (true, after),
                None => (false, rest),
            };
            if let Some(after) = after.strip_prefix(":z") {
                out.push_str(&self.offset(":"));
                rest = after;
                continue;
            }
            let Some(letter) = after.chars().next() else {
                out.push('%');
                break;
            };
            rest = &after[letter.len_utf8()..];
            let text = self.letter(letter).ok_or_else(|| {
                Error::usage(format!("%{}: dbg knows no such letter", letter.escape_default()))
            })?;
            let trimmed = text.trim_start_matches(['0', ' ']);
            out.push_str(match bare && letter.is_ascii_alphabetic() && letter != 'N' {
                true if trimmed.is_empty() => "0",
                true => trimmed,
                false => &text,
            });
        }
        out.push_str(rest);
        Ok(out)
    }

    /// What one letter stands for; `None` when it is not known.
    pub(in crate::tools) fn letter(&self, letter: char) -> Option<String> {
        let Some(c) = self.civil() else { return Some(self.seconds.to_string()) };
        let hour12 = match c.hour % 12 {
            0 => 12,
            hour => hour,
        };
        let (year, day) = (c.year, format!("{:02}", c.day));
        let weekday = usize::from(c.weekday % 7);
        let month = usize::from(c.month.clamp(1, 12)) - 1;
        let all = |format: &str| self.show(format).ok();
        let mut out = String::new();
        let _ = match letter {
            'Y' => write!(out, "{year:04}"),
            'C' => write!(out, "{:02}", year.div_euclid(100)),
            'y' => write!(out, "{:02}", year.rem_euclid(100)),
            'm' => write!(out, "{:02}", c.month),
            'd' => write!(out, "{day}"),
            'e' => write!(out, "{:2}", c.day),
            'H' => write!(out, "{:02}", c.hour),
            'k' => write!(out, "{:2}", c.hour),
            'I' => write!(out, "{hour12:02}"),
            'l' => write!(out, "{hour12:2}"),
            'M' => write!(out, "{:02}", c.minute),
            'S' => write!(out, "{:02}", c.second),
            'N' => write!(out, "{:09}", self.nanoseconds),
            's' => write!(out, "{}", self.seconds),
            'p' => write!(out, "{}", if c.hour < 12 { "AM" } else { "PM" }),
            'P' => write!(out, "{}", if c.hour < 12 { "am" } else { "pm" }),
            'a' => write!(out, "{}", &DAYS[weekday][..3]),
            'A' => write!(out, "{}", DAYS[weekday]),
            'b' | 'h' => write!(out, "{}", &MONTHS[month][..3]),
            'B' => write!(out, "{}", MONTHS[month]),
            'j' => write!(out, "{:03}", day_of_year(&c)),
            'u' => write!(out, "{}", if c.weekday == 0 { 7 } else { c.weekday }),
            'w' => write!(out, "{}", c.weekday),
            'z' => write!(out, "{}", self.offset("")),
            'Z' => write!(out, "{}", self.kind.name),
            'n' => writeln!(out),
            't' => write!(out, "\t"),
            '%' => write!(out, "%"),
            'F' => return all("%Y-%m-%d"),
            'T' | 'X' => return all("%H:%M:%S"),
            'R' => return all("%H:%M"),
            'D' | 'x' => return all("%m/%d/%y"),
            'r' => return all("%I:%M:%S %p"),
            'c' => return all("%a %b %e %H:%M:%S %Y"),
            _ => return None,
        };
        Some(out)
    }
}

fn day_of_year(c: &Civil) -> u16 {
    const BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let is_leap = c.year % 4 == 0 && (c.year % 100 != 0 || c.year % 400 == 0);
    BEFORE[usize::from(c.month.clamp(1, 12)) - 1]
        + u16::from(c.day)
        + u16::from(is_leap && c.month > 2)
}
