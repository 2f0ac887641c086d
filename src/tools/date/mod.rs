//! `date`: the time, in the zone that the target's programs take it to be.

mod format;
mod rule;
mod zone;

use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, table::print_json, time, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
pub(super) use format::Moment;
use serde::Serialize;
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
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("date", TOOL.summary)
        .after_help(
            "The zone is TZ of the main process, else the target's /etc/localtime, else UTC.",
        )
        .arg(args::flag("utc", 'u', "In UTC"))
        .arg(args::flag("iso-8601", 'I', "The day as YYYY-MM-DD"))
        .arg(args::flag("rfc-email", 'R', "As in mail: Sat, 21 Nov 2026 06:27:08 +0000"))
        .arg(
            Arg::new("date")
                .long("date")
                .short('d')
                .value_name("@SECONDS")
                .help("That moment, in seconds since 1970, not now"),
        )
        .arg(Arg::new("FORMAT").value_name("+FORMAT").help("As in date(1): +%F %T"))
        .arg(args::json_flag())
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
    let (seconds, nanoseconds) = match matches.get_one::<String>("date") {
        Some(text) => (moment(text)?, 0),
        None => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            (now.as_secs() as i64, now.subsec_nanos())
        }
    };
    let (kind, zone_source) = match zone(view) {
        _ if matches.get_flag("utc") => (Kind::utc(), "-u"),
        Some((zone, source)) => (zone.at(seconds), source),
        None => (Kind::utc(), "none"),
    };
    let moment = Moment { seconds, nanoseconds, kind };
    let format = match matches.get_one::<String>("FORMAT") {
        Some(text) => text.strip_prefix('+').ok_or_else(|| {
            Error::usage(format!("{}: a format begins with +", visible(text.as_bytes())))
                .hint("dbg does not set clocks")
        })?,
        None if matches.get_flag("iso-8601") => "%F",
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

fn moment(text: &str) -> Result<i64> {
    text.strip_prefix('@').and_then(|number| number.parse().ok()).ok_or_else(|| {
        Error::usage(format!("-d {}: is no @SECONDS", visible(text.as_bytes())))
            .hint("dbg reads moments as seconds since 1970 only")
    })
}

/// The zone that the target's programs use, and what says so.
fn zone(view: &View) -> Option<(Zone, &'static str)> {
    let root = view.root.as_ref().ok();
    let read = |path: &Path| Zone::parse(&root?.read(path, LIMIT).ok()?);
    let environ = view.who.as_ref().ok().and_then(|who| who.environ.as_ref());
    let variable = environ.into_iter().flatten().find_map(|var| var.0.strip_prefix(b"TZ="));
    if let Some(name) = variable.and_then(|name| std::str::from_utf8(name).ok()) {
        let name = name.strip_prefix(':').unwrap_or(name);
        let by_name = || read(&Path::new("/usr/share/zoneinfo").join(name));
        // As tzset(3): what is neither a file nor a rule is UTC.
        let zone = by_name().or_else(|| Zone::of_rule(name)).or_else(|| Zone::of_rule("UTC0"))?;
        return Some((zone, "TZ"));
    }
    Some((read(Path::new("/etc/localtime"))?, "/etc/localtime"))
}
