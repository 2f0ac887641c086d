//! What `time` and `times` tell.

use super::Shell;
use super::vars::Value;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::time::Instant;

/// The lines of bash, and those that POSIX has.
const USUAL: &str = "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS";
const POSIX: &str = "real %2R\nuser %2U\nsys %2S";

/// Milliseconds of processor time: in programs, and in the kernel for them.
fn used(who: UsageWho) -> (i64, i64) {
    getrusage(who).map_or((0, 0), |usage| {
        (usage.user_time().num_milliseconds(), usage.system_time().num_milliseconds())
    })
}

impl Shell {
    /// What `time` says at the end of a pipeline, as TIMEFORMAT has it; nothing when that is empty.
    pub(super) fn print_times(&self, started: Instant, is_posix: bool) {
        let real = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (own, children) = (used(UsageWho::RUSAGE_SELF), used(UsageWho::RUSAGE_CHILDREN));
        let (user, system) = (own.0 + children.0, own.1 + children.1);
        let format = self.vars.value("TIMEFORMAT").and_then(Value::scalar);
        let format = match format {
            _ if is_posix => POSIX.into(),
            Some(format) => String::from_utf8_lossy(format),
            None => USUAL.into(),
        };
        if format.is_empty() {
            return;
        }
        let text = write(&format, real, user, system) + "\n";
        let _ = super::write_all(super::stderr(), text.as_bytes());
    }
}

/// `%[digits][l]R`, `U`, `S` in `format` are the times in milliseconds; `%P` is how much of one processor was used.
fn write(format: &str, real: i64, user: i64, system: i64) -> String {
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let digits = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10)).unwrap_or(3);
        let long = chars.next_if_eq(&'l').is_some();
        match chars.next() {
            Some('R') => out.push_str(&seconds(real, digits, long)),
            Some('U') => out.push_str(&seconds(user, digits, long)),
            Some('S') => out.push_str(&seconds(system, digits, long)),
            Some('P') => {
                let share = (user + system).saturating_mul(10_000) / real.max(1);
                out.push_str(&format!("{}.{:02}", share / 100, share % 100));
            }
            Some(other) => out.push(other),
            None => out.push('%'),
        }
    }
    out
}

fn seconds(ms: i64, digits: u32, long: bool) -> String {
    let digits = digits.min(3);
    let fraction = ms % 1000 / 10_i64.pow(3 - digits);
    let point =
        if digits > 0 { format!(".{fraction:0w$}", w = digits as usize) } else { String::new() };
    match long {
        true => format!("{}m{}{point}s", ms / 60_000, ms / 1000 % 60),
        false => format!("{}{point}", ms / 1000),
    }
}

/// What `times` prints: the time of the shell and that of its children.
pub(super) fn both() -> String {
    let line =
        |(user, system)| format!("{} {}\n", seconds(user, 3, true), seconds(system, 3, true));
    line(used(UsageWho::RUSAGE_SELF)) + &line(used(UsageWho::RUSAGE_CHILDREN))
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn a_format_says_what_is_shown_and_how() {
        assert_eq!(write("%R %1U %0S %lR %P%%", 61_250, 1_290, 999), "61.250 1.2 0 1m1.250s 3.73%");
    }
}
