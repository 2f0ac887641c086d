//! `caps`: the capability sets of a process by name, and how they differ from what Docker gives (capabilities(7)).

use super::process::{chosen, failed};
use super::{Tool, args, command};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Align, Io, Shape, print_lines, table::print_json};
use crate::view::{Caps, Identity, Needs, View};
use caps::Capability;
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "caps",
    aliases: &[],
    summary: "Show capability sets, and what they lack of Docker's default",
    examples: &[
        (
            "caps",
            "Why a bind to port 80 or a chown is refused: what is missing of Docker's default",
        ),
        ("caps -p 1 --json", "The sets of one process as lists of names, for a script"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Set>>()),
    command: options,
    rewrite: None,
    run,
};

/// What Docker, containerd and CRI-O's ancestors leave to a container's root when nothing is said.
const DOCKER: [Capability; 14] = [
    Capability::CAP_CHOWN,
    Capability::CAP_DAC_OVERRIDE,
    Capability::CAP_FSETID,
    Capability::CAP_FOWNER,
    Capability::CAP_MKNOD,
    Capability::CAP_NET_RAW,
    Capability::CAP_SETGID,
    Capability::CAP_SETUID,
    Capability::CAP_SETFCAP,
    Capability::CAP_SETPCAP,
    Capability::CAP_NET_BIND_SERVICE,
    Capability::CAP_SYS_CHROOT,
    Capability::CAP_KILL,
    Capability::CAP_AUDIT_WRITE,
];

fn options() -> Command {
    command("caps", TOOL.summary).arg(args::pid()).arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Set {
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["effective", "permitted", "inheritable", "bounding", "ambient"])))]
    set: &'static str,
    /// In hexadecimal, as `/proc/PID/status` has it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{16}$")))]
    mask: String,
    capabilities: Vec<String>,
    /// What Docker gives by default and is not in the set.
    missing: Vec<String>,
    /// What is in the set and Docker does not give by default.
    beyond: Vec<String>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let read: Identity;
    let who = match (&view.who, matches.contains_id("pid")) {
        (Ok(who), false) => who,
        _ => {
            let process = chosen(view, matches)?;
            let status = process.read("status").map_err(|e| failed(&process, "status", e))?;
            read = Identity::parse_status(&status)?;
            &read
        }
    };
    let caps = who.caps;
    let rows = [
        ("effective", caps.effective),
        ("permitted", caps.permitted),
        ("inheritable", caps.inheritable),
        ("bounding", caps.bounding),
        ("ambient", caps.ambient),
    ]
    .map(|(set, mask)| Set::new(set, mask));
    if matches.get_flag("json") {
        print_json(io, &rows)?;
        return Ok(Exit::OK);
    }
    let mut lines = vec![["SET", "MASK", "CAPABILITIES"].map(str::to_owned).to_vec()];
    lines.extend(
        rows.iter().map(|row| vec![row.set.to_owned(), row.mask.clone(), list(&row.capabilities)]),
    );
    print_lines(io, &[Align::Left; 3], &lines, true)?;
    writeln!(io.stdout, "\nAgainst Docker's default:")?;
    for row in rows.iter().filter(|row| matches!(row.set, "effective" | "bounding")) {
        writeln!(io.stdout, "{}: missing {}", row.set, list(&row.missing))?;
        writeln!(io.stdout, "{}: beyond it {}", row.set, list(&row.beyond))?;
    }
    if who.no_new_privs {
        writeln!(io.stdout, "no_new_privs is set: no program it runs can get more")?;
    }
    Ok(Exit::OK)
}

impl Set {
    fn new(set: &'static str, mask: u64) -> Set {
        let docker = DOCKER.iter().fold(0, |mask, cap| mask | cap.bitmask());
        Set {
            set,
            mask: format!("{mask:016x}"),
            capabilities: Caps::names(mask),
            missing: Caps::names(docker & !mask),
            beyond: Caps::names(mask & !docker),
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(" ") }
}
