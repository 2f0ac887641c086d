//! The columns of `ps`, as `-o` and `--sort` name them.

use super::row::{NAMESPACES, Row};
use crate::error::{Error, Result};
use crate::output::time::Civil;
use crate::output::{Align, Text, visible};

/// What a column shows of a row, and its place in an order: numbers first, then the text.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    rank: i64,
    pub text: String,
}

/// Which file below `/proc/PID` a column needs besides `stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Stat,
    Status,
    Cmdline,
    Wchan,
    Surroundings,
}

/// One column.
pub(super) struct Key {
    pub source: Source,
    names: &'static [&'static str],
    heading: &'static str,
    pub align: Align,
    pub cell: fn(&Row) -> Cell,
}

/// A column as it was asked for.
#[derive(Clone)]
pub(super) struct Choice {
    pub key: &'static Key,
    pub heading: String,
}

impl Key {
    const fn from(mut self, source: Source) -> Key {
        self.source = source;
        self
    }
}

/// The columns in `pid,comm=NAME,time=`.
pub(super) fn parse(text: &str) -> Result<Vec<Choice>> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let (name, heading) = word.split_once('=').map_or((word, None), |(n, h)| (n, Some(h)));
            // `args:50`: columns here are as wide as what is in them.
            let is_width = |width: &str| width.bytes().all(|b| b.is_ascii_digit());
            let name = name.split_once(':').filter(|(_, w)| is_width(w)).map_or(name, |(n, _)| n);
            let key = find(name)?;
            let own = HEADINGS.iter().find(|(alias, _)| *alias == name);
            let own = own.map_or(key.heading, |(_, heading)| heading);
            Ok(Choice { key, heading: heading.unwrap_or(own).to_owned() })
        })
        .collect()
}

/// The order in `-rss,+pid`: keys, and whether downwards.
pub(super) fn parse_order(text: &str) -> Result<Vec<(&'static Key, bool)>> {
    let words = text.split(',').filter(|word| !word.is_empty());
    words
        .map(|word| match word.strip_prefix('-') {
            Some(name) => Ok((find(name)?, true)),
            None => Ok((find(word.strip_prefix('+').unwrap_or(word))?, false)),
        })
        .collect()
}

/// The first name of every column, for help.
pub(super) fn names() -> String {
    KEYS.iter().map(|key| key.names[0]).collect::<Vec<_>>().join(" ")
}

fn find(name: &str) -> Result<&'static Key> {
    KEYS.iter().find(|key| key.names.contains(&name)).ok_or_else(|| {
        Error::usage(format!("{}: no such column", visible(name.as_bytes())))
            .hint(format!("columns are: {}", names()))
    })
}

const fn left(
    names: &'static [&'static str],
    heading: &'static str,
    cell: fn(&Row) -> Cell,
) -> Key {
    Key { source: Source::Stat, names, heading, align: Align::Left, cell }
}

const fn right(
    names: &'static [&'static str],
    heading: &'static str,
    cell: fn(&Row) -> Cell,
) -> Key {
    Key { source: Source::Stat, names, heading, align: Align::Right, cell }
}

/// The headings of names that procps heads otherwise than the first name of the column.
const HEADINGS: &[(&str, &str)] = &[
    ("tgid", "TGID"),
    ("pgrp", "PGRP"),
    ("sess", "SESS"),
    ("session", "SESS"),
    ("tid", "TID"),
    ("spid", "SPID"),
    ("thcount", "THCNT"),
    ("euser", "EUSER"),
    ("euid", "EUID"),
    ("egroup", "EGROUP"),
    ("egid", "EGID"),
    ("tname", "TTY"),
    ("bsdstart", "START"),
    ("start_time", "START"),
    ("policy", "POL"),
    ("vsize", "VSZ"),
    ("ucmd", "CMD"),
];

static KEYS: &[Key] = &[
    right(&["pid", "tgid"], "PID", |r| number(r.pid)),
    right(&["ppid"], "PPID", |r| number(r.ppid)),
    right(&["pgid", "pgrp"], "PGID", |r| number(r.pgid)),
    right(&["sid", "sess", "session"], "SID", |r| number(r.sid)),
    right(&["lwp", "tid", "spid"], "LWP", |r| number(r.lwp)),
    right(&["nlwp", "thcount"], "NLWP", |r| number(r.threads)),
    left(&["user", "uname", "euser"], "USER", |r| text(&r.user)),
    right(&["uid", "euid"], "UID", |r| number(r.uid)),
    left(&["ruser"], "RUSER", |r| text(&r.ruser)).from(Source::Status),
    right(&["ruid"], "RUID", |r| number(r.ruid)).from(Source::Status),
    left(&["group", "egroup"], "GROUP", |r| text(&r.group)),
    right(&["gid", "egid"], "GID", |r| number(r.gid)),
    right(&["rgid"], "RGID", |r| number(r.more.rgid)).from(Source::Status),
    left(&["stat"], "STAT", |r| plain(r.stat.clone())),
    left(&["s", "state"], "S", |r| plain(r.state.to_string())),
    left(&["tty", "tt", "tname"], "TT", |r| plain(r.tty.clone().unwrap_or_else(|| "?".into()))),
    right(&["time", "cputime"], "TIME", |r| ranked(r.cpu_seconds, cpu_time(r.cpu_seconds as i64))),
    right(&["times", "cputimes"], "TIME", |r| number(r.cpu_seconds as i64)),
    right(&["bsdtime"], "TIME", |r| ranked(r.cpu_seconds, bsd_time(r.cpu_seconds as i64))),
    right(&["etime"], "ELAPSED", |r| ranked(r.elapsed_seconds as f64, elapsed(r.elapsed_seconds))),
    right(&["etimes"], "ELAPSED", |r| number(r.elapsed_seconds)),
    left(&["start"], "STARTED", |r| ranked(r.started as f64, started(r))),
    left(&["stime", "start_time", "bsdstart"], "STIME", |r| ranked(r.started as f64, stime(r))),
    left(&["lstart"], "STARTED", |r| ranked(r.started as f64, lstart(r.started))),
    right(&["%cpu", "pcpu"], "%CPU", |r| ranked(r.cpu_percent, format!("{:.1}", r.cpu_percent))),
    right(&["c"], "C", |r| number(r.cpu_percent as i64)),
    right(&["%mem", "pmem"], "%MEM", |r| {
        ranked(r.memory_percent, format!("{:.1}", r.memory_percent))
    })
    .from(Source::Status),
    right(&["rss", "rssize"], "RSS", |r| number((r.rss_bytes / 1024) as i64)).from(Source::Status),
    right(&["vsz", "vsize"], "VSZ", |r| number((r.vsz_bytes / 1024) as i64)),
    right(&["nice", "ni"], "NI", |r| number(r.nice)),
    right(&["pri"], "PRI", |r| number(r.priority)),
    right(&["sz"], "SZ", |r| number((r.vsz_bytes / 4096) as i64)),
    right(&["size"], "SIZE", |r| number((r.vsz_bytes / 1024) as i64)),
    right(&["tpgid"], "TPGID", |r| number(r.more.tpgid)),
    right(&["f", "flag", "flags"], "F", |r| plain(format!("{:o}", (r.more.flags >> 6) & 7))),
    right(&["min_flt", "minflt"], "MINFL", |r| number(r.more.faults[0] as i64)),
    right(&["maj_flt", "majflt"], "MAJFL", |r| number(r.more.faults[1] as i64)),
    right(&["rtprio"], "RTPRIO", |r| match r.more.realtime {
        0 => plain("-".into()),
        priority => number(priority),
    }),
    right(&["psr"], "PSR", |r| number(r.processor)),
    left(&["cls", "class", "policy"], "CLS", |r| plain(r.class.into())),
    left(&["cgroup"], "CGROUP", |r| or_dash(&r.surroundings.cgroup)).from(Source::Surroundings),
    left(&["label", "context"], "LABEL", |r| or_dash(&r.surroundings.label))
        .from(Source::Surroundings),
    right(&["cgroupns"], "CGROUPNS", |r| namespace(r, "cgroup")).from(Source::Surroundings),
    right(&["ipcns"], "IPCNS", |r| namespace(r, "ipc")).from(Source::Surroundings),
    right(&["mntns"], "MNTNS", |r| namespace(r, "mnt")).from(Source::Surroundings),
    right(&["netns"], "NETNS", |r| namespace(r, "net")).from(Source::Surroundings),
    right(&["pidns"], "PIDNS", |r| namespace(r, "pid")).from(Source::Surroundings),
    right(&["timens"], "TIMENS", |r| namespace(r, "time")).from(Source::Surroundings),
    right(&["userns"], "USERNS", |r| namespace(r, "user")).from(Source::Surroundings),
    right(&["utsns"], "UTSNS", |r| namespace(r, "uts")).from(Source::Surroundings),
    left(&["wchan"], "WCHAN", |r| r.wchan.as_ref().map_or_else(|| plain("-".into()), text))
        .from(Source::Wchan),
    left(&["comm", "ucmd", "ucomm"], "COMMAND", |r| {
        plain(format!("{}{}", r.lines, r.comm.visible()))
    }),
    left(&["args", "command"], "COMMAND", |r| plain(args(r))).from(Source::Cmdline),
    left(&["cmd"], "CMD", |r| plain(args(r))).from(Source::Cmdline),
];

fn namespace(row: &Row, kind: &str) -> Cell {
    let inodes = NAMESPACES.iter().zip(row.surroundings.namespaces);
    let inode = inodes.into_iter().find_map(|(name, inode)| inode.filter(|_| *name == kind));
    inode.map_or_else(|| plain("-".into()), |inode| number(inode as i64))
}

fn or_dash(value: &Text) -> Cell {
    if value.0.is_empty() { plain("-".into()) } else { text(value) }
}

fn number(value: impl Into<i64>) -> Cell {
    let value = value.into();
    Cell { rank: value, text: value.to_string() }
}

fn ranked(value: f64, text: String) -> Cell {
    Cell { rank: (value * 1000.0) as i64, text }
}

fn plain(text: String) -> Cell {
    Cell { rank: 0, text }
}

fn text(text: &Text) -> Cell {
    plain(text.visible().into_owned())
}

/// The words of the command line, or the name in brackets when there are none.
fn args(row: &Row) -> String {
    let words = row.command_line();
    if words.is_empty() {
        return format!("{}[{}]{}", row.lines, row.comm.visible(), defunct(row));
    }
    let mark = if row.args_cut { "…" } else { "" };
    format!("{}{}{mark}", row.lines, visible(&words))
}

fn defunct(row: &Row) -> &'static str {
    if row.state == 'Z' { " <defunct>" } else { "" }
}

/// `[DD-]HH:MM:SS`.
fn cpu_time(seconds: i64) -> String {
    let (days, rest) = (seconds / 86400, seconds % 86400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days > 0 { format!("{days}-{clock}") } else { clock }
}

/// `M:SS`.
fn bsd_time(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// `[[DD-]HH:]MM:SS`.
fn elapsed(seconds: i64) -> String {
    if seconds < 3600 {
        return format!("{:02}:{:02}", seconds / 60, seconds % 60);
    }
    cpu_time(seconds)
}

/// `HH:MM` of today, `Jan31` of this year, else the year. In UTC, as all times of a target are.
fn stime(row: &Row) -> String {
    let (Some(start), Some(now)) = (Civil::of(row.started), Civil::of(row.now)) else {
        return row.started.to_string();
    };
    if start.year != now.year {
        start.year.to_string()
    } else if (start.month, start.day) != (now.month, now.day) {
        format!("{}{:02}", start.month_name(), start.day)
    } else {
        format!("{:02}:{:02}", start.hour, start.minute)
    }
}

/// `HH:MM:SS` of the last 24 hours, else `Jan 31`.
fn started(row: &Row) -> String {
    let Some(start) = Civil::of(row.started) else { return row.started.to_string() };
    if row.elapsed_seconds > 86400 {
        return format!("{} {:02}", start.month_name(), start.day);
    }
    format!("{:02}:{:02}:{:02}", start.hour, start.minute, start.second)
}

/// `Sat Jan 31 12:00:00 2026`.
fn lstart(seconds: i64) -> String {
    let Some(t) = Civil::of(seconds) else { return seconds.to_string() };
    let clock = format!("{:02}:{:02}:{:02}", t.hour, t.minute, t.second);
    format!("{} {} {:2} {clock} {}", t.day_name(), t.month_name(), t.day, t.year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_procps_tells_them() {
        assert_eq!(cpu_time(3_661), "01:01:01");
        assert_eq!(cpu_time(90_061), "1-01:01:01");
        assert_eq!(elapsed(61), "01:01");
        assert_eq!(elapsed(3_661), "01:01:01");
    }

    #[test]
    fn a_heading_is_renamed_or_taken_away() {
        let choices = parse("pid=ID,comm=,args").unwrap();
        let headings: Vec<&str> = choices.iter().map(|c| c.heading.as_str()).collect();
        assert_eq!(headings, ["ID", "", "COMMAND"]);
        assert!(parse("pid,nosuch").is_err());
    }
}
