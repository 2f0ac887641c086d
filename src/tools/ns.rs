//! `ns`: the namespaces of a process (namespaces(7)).

use super::process::{chosen, failed};
use super::{Tool, args, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Column, Io, Row, Shape, print_rows};
use crate::view::{Needs, Process, View};
use clap::{ArgMatches, Command};
use nix::errno::Errno;
use serde::Serialize;

pub(super) const TOOL: Tool = Tool {
    name: "ns",
    aliases: &[],
    summary: "List the namespaces, and which of them are dbg's own",
    examples: &[
        ("ns", "Which namespaces are the host's: hostNetwork, hostPID"),
        ("ns --json", "Inode numbers, to compare with another container's"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Namespace>>()),
    command: options,
    rewrite: None,
    run,
};

const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

const COLUMNS: [Column; 4] =
    [Column::left("TYPE"), Column::right("NS"), Column::left("OURS"), Column::left("MAIN")];

fn options() -> Command {
    command("ns", TOOL.summary)
        .after_help("OURS: whether dbg was started in it. MAIN: whether the target's main process is in it.")
        .arg(args::pid())
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Namespace {
    #[serde(rename = "type")]
    #[cfg_attr(feature = "schema", schemars(extend("enum" = KINDS)))]
    kind: &'static str,
    /// What names it on this machine.
    inode: u64,
    /// `None` where dbg, which may have left its own since, can't know any more.
    ours: Option<bool>,
    /// Whether the main process is in it.
    main: bool,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let process = chosen(view, matches)?;
    let main = view.proc()?.main()?;
    let mut rows = Vec::new();
    for kind in KINDS {
        let inode = match inode(&process, kind) {
            Ok(inode) => inode,
            // A kernel older than this kind of namespace.
            Err(Errno::ENOENT) => continue,
            Err(errno) => return Err(failed(&process, "namespaces", errno)),
        };
        let of_main = inode_of_main(view, &main, kind);
        rows.push(Namespace {
            kind,
            inode,
            ours: ours(view, kind, inode),
            main: of_main == Some(inode),
        });
    }
    print_rows(io, matches.get_flag("json"), &COLUMNS, &rows)?;
    Ok(Exit::OK)
}

pub(super) fn inode(process: &Process, kind: &str) -> Result<u64, Errno> {
    let link = process.readlink(&format!("ns/{kind}"))?;
    let number = link.strip_suffix(b"]").and_then(|link| link.rsplit(|b| *b == b'[').next());
    std::str::from_utf8(number.unwrap_or_default())
        .ok()
        .and_then(|n| n.parse().ok())
        .ok_or(Errno::EIO)
}

fn inode_of_main(view: &View, main: &Process, kind: &str) -> Option<u64> {
    let known = view.who.as_ref().ok().and_then(|who| {
        who.namespaces.iter().find(|namespace| namespace.kind == kind).map(|found| found.inode)
    });
    known.or_else(|| inode(main, kind).ok())
}

/// Whether dbg was started in it. What was seen of the main process before dbg joined its network, host name and,
/// perhaps, users counts; dbg never leaves the other kinds.
fn ours(view: &View, kind: &str, inode: u64) -> Option<bool> {
    let of_main =
        view.who.as_ref().ok().and_then(|who| {
            who.namespaces.iter().find(|namespace| namespace.kind == kind).cloned()
        });
    match of_main {
        Some(main) if main.inode == inode => Some(main.is_host),
        Some(main) if main.is_host => Some(false),
        Some(_) if matches!(kind, "net" | "uts" | "user") => None,
        _ => {
            let ours = view.proc().ok()?.own_namespace(kind)?;
            Some(ours == inode)
        }
    }
}

impl Row for Namespace {
    fn cells(&self) -> Vec<String> {
        let word = |is: bool| if is { "yes" } else { "no" }.to_owned();
        vec![
            self.kind.to_owned(),
            self.inode.to_string(),
            self.ours.map_or_else(|| "?".into(), word),
            word(self.main),
        ]
    }
}
