//! `sleep`: waits.

use super::{Tool, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, quote};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::time::Duration;

pub(super) const TOOL: Tool = Tool {
    name: "sleep",
    aliases: &[],
    summary: "Wait for the sum of the times given",
    examples: &[
        ("cgroup; sleep 2; cgroup", "Two samples, to see what grows"),
        (
            "for i in 1 2 3; do net -tan | wc -l; sleep 1; done",
            "Whether the number of connections climbs",
        ),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("sleep", TOOL.summary).arg(
        Arg::new("TIME")
            .num_args(0..)
            .value_parser(clap::value_parser!(OsString))
            .help("A number, fractions too, with s (seconds), m, h or d after it; or `infinity`"),
    )
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut total = Some(Duration::ZERO);
    for time in matches.get_many::<OsString>("TIME").into_iter().flatten() {
        match time.to_str().and_then(seconds) {
            Some(seconds) => {
                let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
                total = total.map(|total| total.saturating_add(time));
            }
            None => {
                total = None;
                io.complain(&Error::new(format!("invalid time interval {}", quoted(time))));
            }
        }
    }
    match total {
        _ if !matches.contains_id("TIME") => Err(Error::new("missing operand")),
        Some(total) => {
            std::thread::sleep(total);
            Ok(Exit::OK)
        }
        None => Ok(io.exit()),
    }
}

/// The seconds in a word such as `1.5h`.
pub(super) fn seconds(word: &str) -> Option<f64> {
    let (number, unit) = match word.bytes().last()? {
        b's' => (&word[..word.len() - 1], 1.0),
        b'm' => (&word[..word.len() - 1], 60.0),
        b'h' => (&word[..word.len() - 1], 3600.0),
        b'd' => (&word[..word.len() - 1], 86_400.0),
        _ => (word, 1.0),
    };
    let number: f64 = number.parse().ok()?;
    (number >= 0.0).then_some(number * unit)
}

fn quoted(word: &OsString) -> String {
    let text = quote(word);
    if text.starts_with('\'') { text } else { format!("'{text}'") }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_numbers_with_a_unit() {
        assert_eq!(seconds("1.5"), Some(1.5));
        assert_eq!(seconds(".5m"), Some(30.0));
        assert_eq!(seconds("2h"), Some(7200.0));
        assert_eq!(seconds("1d"), Some(86_400.0));
        assert_eq!(seconds("1e1s"), Some(10.0));
        assert_eq!(seconds("infinity"), Some(f64::INFINITY));
        assert_eq!(seconds("inf"), Some(f64::INFINITY));
        for word in ["", "s", "-1", "nan", "1x", "1ss", "1 s", "é"] {
            assert_eq!(seconds(word), None, "{word}");
        }
    }
}
