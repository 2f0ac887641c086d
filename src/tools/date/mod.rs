//! `date`: the time, in the zone that the target's programs take it to be.

mod format;
mod parse;
mod rule;
mod zone;

use super::{Tool, args, command};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, Shape, quote, table::print_json, time, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
pub(super) use format::Moment;
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use zone::{Kind, Zone};

/// Files of zones have a few KiB.
const LIMIT: u64 = 256 << 10;

pub(super) const TOOL: Tool = Tool {
    name: "date",
    aliases: &[],
    summary: "Print the time in the target's zone",
    examples: &[
        ("date", "The target's clock and zone, to line its log up with yours"),
        ("date -u -d @1700000000", "What a number of seconds in a log means"),
        ("date -r /app/config.yaml --rfc-3339=seconds", "When a file was changed last"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: Some(rewrite),
    run,
};

/// `-Iseconds`: clap takes such a value behind `=` alone.
fn rewrite(words: Vec<OsString>) -> Vec<OsString> {
    let long = |word: OsString| match word.to_str().and_then(|word| word.strip_prefix("-I")) {
        Some(unit) if !unit.is_empty() && unit.bytes().all(|b| b.is_ascii_lowercase()) => {
            format!("--iso-8601={unit}").into()
        }
        _ => word,
    };
    words.into_iter().map(long).collect()
}

fn options() -> Command {
    command("date", TOOL.summary)
        .after_help(
            "The zone is TZ of the main process, else the target's /etc/localtime, else UTC.",
        )
        .arg(args::flag("utc", 'u', "In UTC"))
        .arg(precision("iso-8601", "The day as YYYY-MM-DD, or with a time").short('I').default_missing_value("date").num_args(0..=1))
        .arg(precision("rfc-3339", "As 2026-11-21 06:27:08+00:00"))
        .arg(args::flag("rfc-email", 'R', "As in mail: Sat, 21 Nov 2026 06:27:08 +0000"))
        .arg(
            Arg::new("date")
                .long("date")
                .short('d')
                .value_name("WHEN")
                .allow_hyphen_values(true)
                .help("That moment, not now: @SECONDS, `2026-11-21 06:27 UTC`, `yesterday`, `2 hours ago`"),
        )
        .arg(args::option("reference", 'r', "FILE", "When FILE was changed last").conflicts_with("date"))
        .arg(Arg::new("FORMAT").value_name("+FORMAT").help("As in date(1): +%F %T"))
        .arg(args::json_flag())
}

/// How much of the time is shown.
fn precision(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("UNIT")
        .require_equals(true)
        .value_parser(["date", "hours", "minutes", "seconds", "ns"])
        .help(help)
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    /// Since 1970.
    seconds: i64,
    /// RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    utc: String,
    /// RFC 3339, with the zone's offset.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    local: String,
    /// Its abbreviation.
    zone: String,
    /// East of UTC.
    offset_seconds: i64,
    /// What the zone was taken from: `TZ`, `/etc/localtime`, `-u`, or `none`: nothing says another than UTC.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["TZ", "/etc/localtime", "-u", "none"])))]
    zone_source: &'static str,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let (zone, zone_source) = match zone(view) {
        _ if matches.get_flag("utc") => (None, "-u"),
        Some((zone, source)) => (Some(zone), source),
        None => (None, "none"),
    };
    let kind_at = |seconds: i64| zone.as_ref().map_or_else(Kind::utc, |zone| zone.at(seconds));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = (now.as_secs() as i64, now.subsec_nanos());
    let file = matches.get_one::<OsString>("reference");
    let (seconds, nanoseconds) = match (matches.get_one::<String>("date"), file) {
        (Some(text), _) => parse::moment(text, now, &kind_at).ok_or_else(|| {
            Error::usage(format!("-d {}: is no moment that dbg knows", visible(text.as_bytes())))
                .hint(
                    "@SECONDS, YYYY-MM-DD [HH:MM[:SS]] [UTC|+HH:MM], now, yesterday, N UNIT [ago]",
                )
        })?,
        (None, Some(file)) => {
            let stat = view.root()?.stat(Path::new(file)).context(|| quote(file))?;
            (stat.st_mtime, stat.st_mtime_nsec as u32)
        }
        (None, None) => now,
    };
    let kind = kind_at(seconds);
    let moment = Moment { seconds, nanoseconds, kind };
    let word = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let format = match matches.get_one::<String>("FORMAT") {
        Some(text) => text.strip_prefix('+').ok_or_else(|| {
            Error::usage(format!("{}: a format begins with +", visible(text.as_bytes())))
                .hint("dbg does not set clocks")
        })?,
        None if matches.contains_id("iso-8601") => match word("iso-8601") {
            "hours" => "%FT%H%:z",
            "minutes" => "%FT%H:%M%:z",
            "seconds" => "%FT%T%:z",
            "ns" => "%FT%T,%N%:z",
            _ => "%F",
        },
        None if matches.contains_id("rfc-3339") => match word("rfc-3339") {
            "date" => "%F",
            "ns" => "%F %T.%N%:z",
            "seconds" => "%F %T%:z",
            unit => return Err(Error::usage(format!("--rfc-3339={unit}: is date, seconds or ns"))),
        },
        None if matches.get_flag("rfc-email") => "%a, %d %b %Y %T %z",
        None => "%a %b %e %H:%M:%S %Z %Y",
    };
    if moment.civil().is_none() {
        return Err(Error::new(format!("@{seconds}: a time whose year does not fit 32 bits")));
    }
    let line = moment.show(format)?;
    if matches.get_flag("json") {
        let row = Row {
            seconds,
            utc: time::shown(seconds),
            local: moment.show("%FT%T%:z")?,
            zone: moment.kind.name.clone(),
            offset_seconds: moment.kind.offset,
            zone_source,
        };
        print_json(io, &[row])?;
        return Ok(Exit::OK);
    }
    io.stdout.write_name(line.as_bytes())?;
    writeln!(io.stdout)?;
    Ok(Exit::OK)
}

/// The zone that the target's programs use, and what says so.
fn zone(view: &View) -> Option<(Zone, &'static str)> {
    let root = view.root.as_ref().ok();
    let read = |path: &Path| Zone::parse(&root?.read(path, LIMIT).ok()?);
    if let Some(name) = view.variable("TZ").and_then(|name| String::from_utf8(name).ok()) {
        let name = name.strip_prefix(':').unwrap_or(&name);
        let by_name = || read(&Path::new("/usr/share/zoneinfo").join(name));
        // As tzset(3): what is neither a file nor a rule is UTC.
        let zone = by_name().or_else(|| Zone::of_rule(name)).or_else(|| Zone::of_rule("UTC0"))?;
        return Some((zone, "TZ"));
    }
    Some((read(Path::new("/etc/localtime"))?, "/etc/localtime"))
}
