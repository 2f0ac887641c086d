//! The facts of each process, from `stat`, `status` and `cmdline` below `/proc/PID`.

use crate::error::Result;
use crate::output::{Text, time};
use crate::tools::ns;
use crate::tools::users::Users;
use crate::view::{Facts, IdMap, Process, Stat, View};
use nix::errno::Errno;
use nix::unistd::{SysconfVar, sysconf};
use serde::{Serialize, Serializer};
use std::collections::HashMap;
use std::rc::Rc;

/// What costs a read more and is left out when nobody looks at it.
#[derive(Clone, Copy, Debug)]
pub(in crate::tools) struct Want {
    pub threads: bool,
    pub args: bool,
    pub wchan: bool,
    pub status: bool,
    /// Control group, label and namespaces.
    pub surroundings: bool,
}

impl Want {
    /// What costs no read more.
    pub(in crate::tools) const LEAST: Want =
        Want { threads: false, args: false, wchan: false, status: false, surroundings: false };
}

/// One process, or with `-L` one thread.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Row {
    /// As the target numbers it, like all numbers here but `host_pid`.
    pub pid: i32,
    /// The parent; 0 for one outside the target.
    pub ppid: i32,
    /// Process group.
    pub pgid: i32,
    /// Session.
    pub sid: i32,
    /// Thread; `pid` but for a line of a thread.
    pub lwp: i32,
    /// As this machine numbers it.
    pub host_pid: i32,
    /// Effective user, in the target's numbers.
    pub uid: u32,
    /// By the target's passwd; the number where that has no name, as for the next.
    pub user: Text,
    /// Effective group, likewise.
    pub gid: u32,
    pub group: Text,
    /// Real user, likewise.
    pub ruid: u32,
    pub ruser: Text,
    /// R runs, S sleeps, D waits in the kernel, Z is a zombie, T is stopped … (proc_pid_stat(5)).
    pub state: char,
    /// The state with the marks of `ps`: `Ss`, `Rl+`.
    pub stat: String,
    /// Controlling terminal.
    pub tty: Option<String>,
    pub nice: i64,
    pub priority: i64,
    /// How many it has.
    pub threads: i64,
    #[serde(serialize_with = "rfc3339")]
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date-time")))]
    pub started: i64,
    /// Since it started.
    pub elapsed_seconds: i64,
    pub cpu_seconds: f64,
    /// Of one processor, since it started.
    pub cpu_percent: f64,
    /// Of the machine's memory.
    pub memory_percent: f64,
    pub vsz_bytes: u64,
    pub rss_bytes: u64,
    /// The kernel function that it waits in.
    pub wchan: Option<Text>,
    /// Its name, which it may choose itself.
    pub comm: Text,
    #[serde(serialize_with = "words")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Text>"))]
    pub args: Rc<[u8]>,
    /// Whether `args` is longer than what was read.
    pub args_cut: bool,
    /// The processor that it ran on last.
    pub processor: i32,
    /// The scheduling policy as ps(1) writes it: `TS`, `FF`, `RR`, `B`, `IDL`, `DLN`.
    pub class: &'static str,
    #[serde(skip)]
    pub surroundings: Surroundings,
    /// When it started, in clock ticks after boot: finer than `started`.
    #[serde(skip)]
    pub start_ticks: u64,
    /// The time of the listing, in seconds since 1970.
    #[serde(skip)]
    pub now: i64,
    /// The lines of the forest before the command.
    #[serde(skip)]
    pub lines: String,
}

/// What a process lies in. Each costs a read of its own.
#[derive(Clone, Debug, Default)]
pub(in crate::tools) struct Surroundings {
    pub cgroup: Text,
    pub label: Text,
    /// Inodes of the namespaces, in the order of [`NAMESPACES`]; `None` where they may not be read.
    pub namespaces: [Option<u64>; NAMESPACES.len()],
}

/// The namespaces that columns are named after.
pub(in crate::tools) const NAMESPACES: [&str; 8] =
    ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

impl Row {
    /// The words of the command line with a space between them, as it was read.
    pub(in crate::tools) fn command_line(&self) -> Vec<u8> {
        let end = self.args.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        self.args[..end].iter().map(|b| if *b == 0 { b' ' } else { *b }).collect()
    }
}

/// Reads all processes of the target. One that ends meanwhile is left out.
pub(in crate::tools) fn rows(view: &View, want: Want) -> Result<Vec<Row>> {
    let mut reader = Reader::new(view, want)?;
    let mut rows = Vec::new();
    let mut numbers = HashMap::new();
    for process in view.proc()?.iter()? {
        numbers.insert(process.host_pid, process.pid);
        let _ = reader.read(&process, &mut rows);
    }
    for row in &mut rows {
        // A parent outside the namespace is 0, as the target sees it.
        row.ppid = numbers.get(&row.ppid).copied().unwrap_or(0);
    }
    Ok(rows)
}

/// Arguments of one process in full, in bytes.
const LONGEST: u64 = 128 << 10;
/// Once this many bytes of arguments are kept, processes give only [`SHORT`] bytes each.
const PLENTY: usize = 8 << 20;
const SHORT: u64 = 512;

struct Reader {
    want: Want,
    users: Users,
    uids: IdMap,
    gids: IdMap,
    /// Clock ticks a second, bytes of memory.
    hertz: u64,
    memory: u64,
    /// Seconds: since 1970 at boot, since boot now.
    boot: i64,
    uptime: f64,
    buffer: Vec<u8>,
    kept: usize,
}

impl Reader {
    fn new(view: &View, want: Want) -> Result<Reader> {
        let proc = view.proc()?;
        let number = |file: &str, name: &str| -> f64 {
            let bytes = proc.read(file).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let value = text.lines().find_map(|line| line.strip_prefix(name));
            value.and_then(|v| v.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
        };
        Ok(Reader {
            want,
            users: Users::load(view),
            uids: proc.uid_map(),
            gids: proc.gid_map(),
            hertz: sysconf(SysconfVar::CLK_TCK).ok().flatten().map_or(100, |n| n as u64),
            memory: (number("meminfo", "MemTotal:") * 1024.0) as u64,
            boot: number("stat", "btime ") as i64,
            uptime: number("uptime", ""),
            buffer: Vec::with_capacity(8192),
            kept: 0,
        })
    }

    fn read(&mut self, process: &Process, rows: &mut Vec<Row>) -> Result<(), Errno> {
        process.read_into("stat", &mut self.buffer)?;
        let stat = Stat::parse(&self.buffer).ok_or(Errno::ESRCH)?;
        let mut row = self.row(process, &stat)?;
        if self.want.args {
            self.read_args(process, &mut row);
        }
        if self.want.surroundings {
            self.read_surroundings(process, &mut row);
        }
        if !self.want.threads || stat.threads == 1 {
            self.read_wchan(process, "wchan", &mut row);
            rows.push(row);
            return Ok(());
        }
        for tid in process.numbers("task")? {
            let Ok(lwp) = process.thread_number(tid) else { continue };
            if process.read_into(&format!("task/{tid}/stat"), &mut self.buffer).is_err() {
                continue;
            }
            let Some(stat) = Stat::parse(&self.buffer) else { continue };
            let mut thread = Row { lwp, ..row.clone() };
            self.set_times(&mut thread, &stat);
            (thread.state, thread.comm) = (stat.state, Text(stat.comm.clone()));
            (thread.processor, thread.class) = (stat.processor, class(stat.policy));
            thread.stat.replace_range(..1, stat.state.encode_utf8(&mut [0; 4]));
            self.read_wchan(process, &format!("task/{tid}/wchan"), &mut thread);
            rows.push(thread);
        }
        Ok(())
    }

    fn row(&self, process: &Process, stat: &Stat) -> Result<Row, Errno> {
        let facts = self.facts(process, stat)?;
        let [ruid, uid, ..] = facts.uids.map(|id| self.uids.inside(id));
        let gid = self.gids.inside(facts.gids[1]);
        let name = |name: Option<&[u8]>, id: u32| {
            Text(name.map_or_else(|| id.to_string().into_bytes(), <[u8]>::to_vec))
        };
        let rss_bytes = facts.resident.saturating_mul(1024);
        let mut row = Row {
            pid: process.pid,
            ppid: stat.ppid,
            pgid: facts.pgid,
            sid: facts.sid,
            lwp: process.pid,
            host_pid: process.host_pid,
            uid,
            user: name(self.users.user(uid), uid),
            gid,
            group: name(self.users.group(gid), gid),
            ruid,
            ruser: name(self.users.user(ruid), ruid),
            state: stat.state,
            stat: flags(stat, process.host_pid),
            tty: terminal(stat.tty),
            nice: stat.nice,
            priority: 39 - stat.priority,
            threads: stat.threads,
            started: 0,
            elapsed_seconds: 0,
            cpu_seconds: 0.0,
            cpu_percent: 0.0,
            memory_percent: tenths(100.0 * rss_bytes as f64 / self.memory.max(1) as f64),
            vsz_bytes: stat.vsize,
            rss_bytes,
            wchan: None,
            comm: Text(stat.comm.clone()),
            args: Rc::default(),
            args_cut: false,
            processor: stat.processor,
            class: class(stat.policy),
            surroundings: Surroundings::default(),
            start_ticks: stat.start,
            now: self.boot + self.uptime as i64,
            lines: String::new(),
        };
        self.set_times(&mut row, stat);
        Ok(row)
    }

    /// What `status` says, or the part of it that is known without when nobody looks at the rest.
    fn facts(&self, process: &Process, stat: &Stat) -> Result<Facts, Errno> {
        if self.want.status || process.has_facts() {
            return process.facts();
        }
        let (uid, gid) = process.owner()?;
        Ok(Facts {
            uids: [uid; 4],
            gids: [gid; 4],
            pgid: stat.pgrp,
            sid: stat.session,
            resident: 0,
        })
    }

    fn set_times(&self, row: &mut Row, stat: &Stat) {
        let start = stat.start as f64 / self.hertz as f64;
        let elapsed = (self.uptime - start).max(0.0);
        row.started = self.boot + start as i64;
        row.elapsed_seconds = elapsed as i64;
        row.cpu_seconds = stat.utime.saturating_add(stat.stime) as f64 / self.hertz as f64;
        let percent = if elapsed < 1.0 { 0.0 } else { 100.0 * row.cpu_seconds / elapsed };
        row.cpu_percent = tenths(percent);
    }

    fn read_args(&mut self, process: &Process, row: &mut Row) {
        let limit = if self.kept < PLENTY { LONGEST } else { SHORT };
        // Denied is as good as none: the name in brackets is shown.
        let _ = process.read_some("cmdline", limit, &mut self.buffer);
        row.args_cut = self.buffer.len() as u64 == limit;
        row.args = Rc::from(self.buffer.as_slice());
        self.kept += self.buffer.len();
    }

    /// What is denied is left out.
    fn read_surroundings(&mut self, process: &Process, row: &mut Row) {
        let mut read = |name: &str| -> Vec<u8> {
            match process.read_some(name, LONGEST, &mut self.buffer) {
                Ok(_) => self.buffer.clone(),
                Err(_) => Vec::new(),
            }
        };
        let groups = read("cgroup");
        let label = read("attr/current");
        let label = label.trim_ascii_end();
        row.surroundings = Surroundings {
            cgroup: Text(
                groups
                    .trim_ascii_end()
                    .iter()
                    .map(|b| if *b == b'\n' { b',' } else { *b })
                    .collect(),
            ),
            label: Text(label.strip_suffix(b"\0").unwrap_or(label).to_vec()),
            namespaces: NAMESPACES.map(|kind| ns::inode(process, kind).ok()),
        };
    }

    fn read_wchan(&mut self, process: &Process, name: &str, row: &mut Row) {
        if self.want.wchan && process.read_into(name, &mut self.buffer).is_ok() {
            let is_running = matches!(self.buffer.as_slice(), b"" | b"0");
            row.wchan = (!is_running).then(|| Text(self.buffer.clone()));
        }
    }
}

/// The policies of sched(7) by their numbers in the kernel.
fn class(policy: u32) -> &'static str {
    match policy {
        0 => "TS",
        1 => "FF",
        2 => "RR",
        3 => "B",
        4 => "ISO",
        5 => "IDL",
        6 => "DLN",
        _ => "?",
    }
}

/// The letters of `STAT`, as ps(1) explains them, without `L` for locked memory: it alone would need `status`.
fn flags(stat: &Stat, host_pid: i32) -> String {
    let mut text = String::from(stat.state);
    let mut add = |is_set: bool, letter| text.extend(is_set.then_some(letter));
    add(stat.nice < 0, '<');
    add(stat.nice > 0, 'N');
    add(stat.session == host_pid, 's');
    add(stat.threads > 1, 'l');
    add(stat.tpgid == stat.pgrp && stat.tpgid > 0, '+');
    text
}

/// The terminal's name by its device number (proc_pid_stat(5), devices.txt of the kernel).
fn terminal(device: i32) -> Option<String> {
    let device = u64::from(device as u32);
    let minor = (device & 0xff) | ((device >> 12) & 0xfff00);
    match (device >> 8) & 0xfff {
        0 => None,
        4 if minor < 64 => Some(format!("tty{minor}")),
        4 => Some(format!("ttyS{}", minor - 64)),
        5 if minor == 1 => Some("console".into()),
        major @ 136..=143 => Some(format!("pts/{}", ((major - 136) << 8) + minor)),
        major => Some(format!("{major}:{minor}")),
    }
}

fn tenths(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}

fn rfc3339<S: Serializer>(seconds: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time::shown(*seconds))
}

fn words<S: Serializer>(args: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let args = args.strip_suffix(b"\0").unwrap_or(args);
    let words = args.split(|b| *b == 0).map(Text::from);
    serializer.collect_seq(words.filter(|_| !args.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_named_by_their_device_numbers() {
        let name =
            |major: i32, minor: i32| terminal(major << 8 | minor & 0xff | (minor >> 8) << 20);
        assert_eq!(name(136, 3).as_deref(), Some("pts/3"));
        assert_eq!(name(137, 1).as_deref(), Some("pts/257"));
        assert_eq!(name(4, 65).as_deref(), Some("ttyS1"));
        assert_eq!(name(0, 0), None);
    }
}
