//! Which processes `ps` lists: all of the target, or those that one of the options names.

use super::row::Row;
use crate::error::{Error, Result};
use crate::output::visible;
use crate::tools::args;
use crate::tools::users::Users;
use clap::{Arg, ArgAction, ArgMatches};
use std::collections::HashSet;

/// What may be named. A process that one of them names is listed.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pids: HashSet<i32>,
    parents: HashSet<i32>,
    sessions: HashSet<i32>,
    users: HashSet<u32>,
    real_users: HashSet<u32>,
    groups: HashSet<u32>,
    names: Vec<Vec<u8>>,
    terminals: Vec<String>,
    inverse: bool,
    is_any: bool,
}

/// The options that name processes.
pub(super) fn options() -> Vec<Arg> {
    let list = |long: &'static str, short: Option<char>, value: &'static str, help| {
        args::option(long, short, value, help)
            .value_parser(clap::value_parser!(String))
            .action(ArgAction::Append)
    };
    vec![
        list("pid", Some('p'), "PIDS", "Only these processes").visible_short_alias('q'),
        list("ppid", None, "PIDS", "Only children of these processes"),
        list("sid", Some('s'), "SIDS", "Only processes of these sessions"),
        list("user", Some('u'), "USERS", "Only processes of these effective users"),
        list("User", Some('U'), "USERS", "Only processes of these real users"),
        list("Group", Some('G'), "GROUPS", "Only processes of these groups").visible_alias("group"),
        list("command-name", Some('C'), "NAMES", "Only processes with these names"),
        list("tty", Some('t'), "TTYS", "Only processes on these terminals"),
        args::flag("deselect", 'N', "All but the processes named"),
    ]
}

impl Selection {
    pub(super) fn new(matches: &ArgMatches, users: &Users) -> Result<Selection> {
        let words = |id: &str| -> Vec<&str> {
            let lists = matches.get_many::<String>(id).into_iter().flatten();
            lists.flat_map(|list| list.split([',', ' ', '\t'])).filter(|w| !w.is_empty()).collect()
        };
        let numbers = |id: &str| -> Result<HashSet<i32>> {
            let parse = |word: &&str| {
                let shown = visible(word.as_bytes());
                let wrong = format!("{shown}: a process is named by its number");
                word.parse().map_err(|_| Error::usage(wrong))
            };
            words(id).iter().map(parse).collect()
        };
        let owners = |id: &str, find: fn(&Users, &[u8]) -> Option<u32>, what: &str| {
            let parse = |word: &&str| {
                find(users, word.as_bytes()).or_else(|| word.parse().ok()).ok_or_else(|| {
                    let shown = visible(word.as_bytes());
                    Error::usage(format!("{shown}: no such {what} in the target"))
                })
            };
            words(id).iter().map(parse).collect::<Result<HashSet<u32>>>()
        };
        let all = ["pid", "ppid", "sid", "user", "User", "Group", "command-name", "tty"];
        Ok(Selection {
            pids: numbers("pid")?,
            parents: numbers("ppid")?,
            sessions: numbers("sid")?,
            users: owners("user", Users::uid, "user")?,
            real_users: owners("User", Users::uid, "user")?,
            groups: owners("Group", Users::gid, "group")?,
            names: words("command-name").iter().map(|name| name.as_bytes().to_vec()).collect(),
            terminals: words("tty").iter().map(|tty| terminal(tty)).collect(),
            inverse: matches.get_flag("deselect"),
            is_any: all.iter().any(|id| matches.contains_id(id)),
        })
    }

    /// Whether it asks for what only `status` tells.
    pub(super) fn needs_status(&self) -> bool {
        !self.real_users.is_empty() || !self.sessions.is_empty()
    }

    /// Whether `row` is listed.
    pub(super) fn lets_through(&self, row: &Row) -> bool {
        if !self.is_any {
            return true;
        }
        let is_named = self.pids.contains(&row.pid)
            || self.parents.contains(&row.ppid)
            || self.sessions.contains(&row.sid)
            || self.users.contains(&row.uid)
            || self.real_users.contains(&row.ruid)
            || self.groups.contains(&row.gid)
            || self.names.iter().any(|name| has_name(row, name))
            || self.terminals.iter().any(|tty| row.tty.as_deref().unwrap_or("?") == tty);
        is_named != self.inverse
    }
}

/// Names longer than the kernel keeps are compared by the part that it keeps.
fn has_name(row: &Row, name: &[u8]) -> bool {
    const KEPT: usize = 15;
    row.comm.0 == name[..name.len().min(KEPT)]
}

/// A terminal as rows name it: `pts/0` for `/dev/pts/0`, `?` for `-`.
fn terminal(word: &str) -> String {
    let name = word.strip_prefix("/dev/").unwrap_or(word);
    match name {
        "-" => "?".into(),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => format!("pts/{digits}"),
        name => name.to_owned(),
    }
}
