//! What `find` was asked for, as its words are understood.

use super::exec::Exec;
use super::perm::Perm;
use super::printf::Part;
use crate::view::FileType;
use nix::sys::stat::FileStat;
use regex::bytes::Regex;
use std::ffi::OsString;

/// What was asked for.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) paths: Vec<OsString>,
    pub(super) expr: Expr,
    pub(super) min_depth: usize,
    pub(super) max_depth: usize,
    pub(super) depth_first: bool,
    pub(super) one_device: bool,
    pub(super) follow: Follow,
    pub(super) prints_json: bool,
    /// How many -exec there are.
    pub(super) execs: usize,
}

/// Which links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follow {
    Never,
    Operands,
    Always,
}

#[derive(Debug)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Test(Test),
    Action(Action),
}

#[derive(Debug)]
pub(super) enum Test {
    Constant(bool),
    Name {
        pattern: Vec<u8>,
        ignore_case: bool,
    },
    Path {
        pattern: Vec<u8>,
        ignore_case: bool,
    },
    Regex(Regex),
    Kind(Vec<FileType>),
    Size {
        count: Count,
        unit: u64,
    },
    Age {
        clock: Clock,
        count: Count,
        is_days: bool,
    },
    /// A time of the file is later than this.
    Newer(Clock, (i64, i64)),
    /// Where a link points.
    Target {
        pattern: Vec<u8>,
        ignore_case: bool,
    },
    /// What a link leads to, or with -L the link itself.
    OtherKind(Vec<FileType>),
    /// The same file, by device and inode.
    Same(u64, u64),
    Empty,
    Perm(Perm),
    Links(Count),
    Inode(Count),
    Uid(Count),
    Gid(Count),
    /// The target's main process may: 4 read, 2 write, 1 execute.
    Allowed(u32),
    NoUser,
    NoGroup,
}

#[derive(Debug)]
pub(super) enum Action {
    Print,
    Print0,
    Printf(Vec<Part>),
    Ls,
    Json,
    Prune,
    Quit,
    Delete,
    Exec(Exec),
}

/// Which time of a file is meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    Modified,
    Accessed,
    Changed,
}

/// `N`, `+N` or `-N`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    Exactly(u64),
    More(u64),
    Less(u64),
}

impl Clock {
    /// Seconds and nanoseconds of that time.
    pub(super) fn of(self, stat: &FileStat) -> (i64, i64) {
        match self {
            Clock::Modified => (stat.st_mtime, stat.st_mtime_nsec),
            Clock::Accessed => (stat.st_atime, stat.st_atime_nsec),
            Clock::Changed => (stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}

impl Count {
    pub(super) fn fits(self, number: u64) -> bool {
        match self {
            Count::Exactly(n) => number == n,
            Count::More(n) => number > n,
            Count::Less(n) => number < n,
        }
    }

    pub(super) fn parse(word: &str) -> Option<Count> {
        match word.split_at_checked(1)? {
            ("+", n) => n.parse().ok().map(Count::More),
            ("-", n) => n.parse().ok().map(Count::Less),
            _ => word.parse().ok().map(Count::Exactly),
        }
    }
}
