//! `id`: users and groups of a process of the target, as the target numbers and names them.

use super::{Tool, args, command, users::Users};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json};
use crate::view::{Identity, Needs, View};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "id",
    aliases: &[],
    summary: "Print user and groups of the main process",
    examples: &[
        ("id", "As whom the main process runs"),
        ("id -G", "Its groups, to compare with the owner of a volume"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("id", TOOL.summary)
        .arg(
            args::flag("user", 'u', "The effective user id only")
                .conflicts_with_all(["group", "groups"]),
        )
        .arg(args::flag("group", 'g', "The effective group id only").conflicts_with("groups"))
        .arg(args::flag("groups", 'G', "All group ids only"))
        .arg(args::flag("name", 'n', "With -u, -g, -G: names, not numbers"))
        .arg(args::flag("real", 'r', "With -u, -g: the real id"))
        .arg(args::pid())
        .arg(args::json_flag())
}

/// A number and what the target calls it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Named {
    id: u32,
    /// By the target's passwd or group file; `None` where that has none.
    name: Option<Text>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    /// Real user; `euid` is the effective one.
    uid: Named,
    euid: Named,
    gid: Named,
    egid: Named,
    groups: Vec<Named>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let row = row(view, matches)?;
    let flag = |name| matches.get_flag(name);
    if flag("json") {
        print_json(io, &[row])?;
        return Ok(Exit::OK);
    }
    let short = |named: &Named| match &named.name {
        Some(name) if flag("name") => name.visible().into_owned(),
        _ => named.id.to_string(),
    };
    let line = match () {
        () if flag("user") => short(if flag("real") { &row.uid } else { &row.euid }),
        () if flag("group") => short(if flag("real") { &row.gid } else { &row.egid }),
        () if flag("groups") => row.groups.iter().map(short).collect::<Vec<_>>().join(" "),
        () => row.line(),
    };
    writeln!(io.stdout, "{line}")?;
    Ok(Exit::OK)
}

fn row(view: &View, matches: &ArgMatches) -> Result<Row> {
    let read: Identity;
    let who = match (matches.get_one::<i32>("pid"), &view.who) {
        (Some(pid), _) => {
            read = view.proc()?.process(*pid)?.status()?;
            &read
        }
        (None, Ok(who)) => who,
        (None, Err(_)) => {
            read = view.proc()?.main()?.status()?;
            &read
        }
    };
    let users = Users::load(view);
    let (uids, gids) = match &view.proc {
        Ok(proc) => (proc.uid_map(), proc.gid_map()),
        Err(_) => Default::default(),
    };
    let user = |id: u32| {
        let id = uids.inside(id);
        Named { id, name: users.user(id).map(Text::from) }
    };
    let group = |id: u32| {
        let id = gids.inside(id);
        Named { id, name: users.group(id).map(Text::from) }
    };
    let [gid, egid, ..] = who.gids;
    // Own group first and none twice, as id of coreutils has them.
    let mut groups = vec![gid];
    for id in std::iter::once(&egid).chain(&who.groups) {
        if !groups.contains(id) {
            groups.push(*id);
        }
    }
    Ok(Row {
        uid: user(who.uids[0]),
        euid: user(who.uids[1]),
        gid: group(gid),
        egid: group(egid),
        groups: groups.into_iter().map(group).collect(),
    })
}

impl Row {
    fn line(&self) -> String {
        let mut line = format!("uid={} gid={}", self.uid.long(), self.gid.long());
        if self.euid.id != self.uid.id {
            line += &format!(" euid={}", self.euid.long());
        }
        if self.egid.id != self.gid.id {
            line += &format!(" egid={}", self.egid.long());
        }
        let groups: Vec<String> = self.groups.iter().map(Named::long).collect();
        line + " groups=" + &groups.join(",")
    }
}

impl Named {
    fn long(&self) -> String {
        match &self.name {
            Some(name) => format!("{}({})", self.id, name.visible()),
            None => self.id.to_string(),
        }
    }
}
