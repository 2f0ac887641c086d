//! What is told of a process.

use crate::output::{Text, time};
use serde::{Serialize, Serializer};
use std::rc::Rc;

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
    /// Only for columns, as all that follows.
    #[serde(skip)]
    pub more: More,
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

/// What `stat` and `status` say besides.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::tools) struct More {
    /// Real group, in the target's numbers.
    pub rgid: u32,
    /// Foreground process group of the terminal, as the procfs numbers it.
    pub tpgid: i32,
    pub flags: u32,
    /// Page faults that needed no reading, and those that did.
    pub faults: [u64; 2],
    /// Real-time priority, 0 for none.
    pub realtime: u32,
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

fn rfc3339<S: Serializer>(seconds: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time::shown(*seconds))
}

fn words<S: Serializer>(args: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let args = args.strip_suffix(b"\0").unwrap_or(args);
    let words = args.split(|b| *b == 0).map(Text::from);
    serializer.collect_seq(words.filter(|_| !args.is_empty()))
}
