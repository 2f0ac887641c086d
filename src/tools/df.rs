//! `df`: how full the file systems of the target are.

use super::Tool;
use super::args::{command, files, flag, json_flag, operands, option};
use super::resolve::{Missing, resolve};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::Shape;
use crate::output::table::print_json;
use crate::output::{Align, Io, Text, print_lines, quote, units};
use crate::view::{Mount, Needs, Root, View};
use clap::{ArgAction, ArgMatches, Command};
use nix::sys::statvfs::fstatvfs;
use serde::Serialize;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "df",
    aliases: &[],
    summary: "Show how full file systems are",
    examples: &[
        ("df -h", "Which volume is full"),
        ("df -i", "No space left although bytes are free: the inodes are used up"),
    ],
    needs: Needs::Root,
    json: Some(Shape::of::<Vec<Usage>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("df", TOOL.summary)
        .after_help(
            "Lists the mounts of the target's main process, or those that hold each FILE. An overlay has no space of \
             its own: its numbers are those of the machine's file system that keeps the container's changes, which \
             others fill, too. A volume is listed where it is mounted, with the numbers of what it lies on. Of \
             several mounts of one file system the one with the shortest path is listed.",
        )
        .arg(flag("all", 'a', "Every mount, also of file systems without space"))
        .arg(flag("human-readable", 'h', "Sizes as 1.5K or 23M, not in KiB"))
        .arg(flag("si", 'H', "Likewise, by powers of 1000"))
        .arg(flag("local", 'l', "None that lies on another machine"))
        .arg(flag("total", None, "The sum of all at the end; JSON has none"))
        .arg(flag("inodes", 'i', "Inodes, not space"))
        .arg(flag("kilobytes", 'k', "Sizes in KiB: so it is anyway"))
        .arg(flag("portability", 'P', "Headings as POSIX has them"))
        .arg(option("type", 't', "TYPE", "Only file systems of this kind").action(ArgAction::Append))
        .arg(option("exclude-type", 'x', "TYPE", "None of this kind").action(ArgAction::Append))
        .arg(flag("print-type", 'T', "Kinds of file systems"))
        .arg(json_flag())
        .arg(files())
}

/// One file system where it is mounted.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Usage {
    /// The device, or whatever else was mounted.
    source: Text,
    fs_type: Text,
    /// Bytes.
    size: u64,
    used: u64,
    /// Bytes that a process without privileges may still write.
    available: u64,
    /// How many there can be; 0 where the file system does not count.
    inodes: u64,
    inodes_used: u64,
    inodes_free: u64,
    /// Where it is mounted.
    target: Text,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let root = view.root()?;
    let main = view.proc()?.main()?;
    let bytes = main.read("mountinfo").context(|| format!("/proc/{}/mountinfo", main.host_pid))?;
    let mounts = visible_mounts(Mount::parse_all(&bytes));
    let mut rows = Vec::new();
    match matches.get_many::<PathBuf>("FILE") {
        Some(paths) => {
            for path in paths {
                let mount = resolve(root, path, Missing::Nothing)
                    .and_then(|real| holding(&mounts, &real).context(|| quote(path)));
                match mount.and_then(|mount| usage(root, mount)) {
                    Ok(row) => rows.push(row),
                    Err(error) => io.complain(&error),
                }
            }
        }
        None => {
            let all = matches.get_flag("all");
            for mount in if all { mounts.iter().collect() } else { one_a_device(&mounts) } {
                match usage(root, mount) {
                    Ok(row) if all || row.size > 0 => rows.push(row),
                    Ok(_) => {}
                    // A mount below a directory that we may not search is no concern of ours.
                    Err(error) if error.errno().is_some() && !all => {}
                    Err(error) => io.complain(&error),
                }
            }
        }
    }
    if rows.is_empty() && io.exit() == Exit::OK {
        let why = "none of the mounts of the main process is below its root, which is no mount point itself";
        io.complain(
            &Error::new(why).hint("the mount that the root lies on is the machine's to list"),
        );
    }
    let (only, without) = (operands(matches, "type"), operands(matches, "exclude-type"));
    rows.retain(|row: &Usage| {
        let kind = row.fs_type.0.as_slice();
        let is_left_out = matches.get_flag("local") && is_remote(row);
        !is_left_out && (only.is_empty() || only.contains(&kind)) && !without.contains(&kind)
    });
    if matches.get_flag("json") {
        print_json(io, &rows)?;
    } else if !rows.is_empty() || io.exit() == Exit::OK {
        print(&rows, matches, io)?;
    }
    Ok(io.exit())
}

/// The mounts that can be reached: none that lies out of the root, and of several at one place the last.
fn visible_mounts(mounts: Vec<Mount>) -> Vec<Mount> {
    let last: HashMap<Vec<u8>, u32> =
        mounts.iter().map(|mount| (mount.target.0.clone(), mount.id)).collect();
    let is_seen = |m: &Mount| m.target.0.starts_with(b"/") && last.get(&m.target.0) == Some(&m.id);
    mounts.into_iter().filter(is_seen).collect()
}

/// Of the mounts of one file system the one with the shortest path.
fn one_a_device(mounts: &[Mount]) -> Vec<&Mount> {
    let mut shortest: HashMap<&str, &Mount> = HashMap::new();
    for mount in mounts {
        let known = shortest.entry(mount.device.as_str()).or_insert(mount);
        if mount.target.0.len() < known.target.0.len() {
            *known = mount;
        }
    }
    mounts
        .iter()
        .filter(|m| shortest.get(m.device.as_str()).is_some_and(|s| s.id == m.id))
        .collect()
}

/// The mount that the real path `path` lies on.
fn holding<'a>(mounts: &'a [Mount], path: &Path) -> Result<&'a Mount> {
    let holds = |mount: &&Mount| path.starts_with(mount_point(mount));
    let found = mounts.iter().filter(holds).max_by_key(|mount| mount.target.0.len());
    found.ok_or_else(|| Error::new("lies on no mount of the main process"))
}

fn mount_point(mount: &Mount) -> &Path {
    Path::new(OsStr::from_bytes(&mount.target.0))
}

fn usage(root: &Root, mount: &Mount) -> Result<Usage> {
    let path = mount_point(mount);
    let stat = root.handle(path, true).and_then(|fd| Ok(fstatvfs(fd)?)).context(|| quote(path))?;
    let unit = stat.fragment_size();
    let inodes = (stat.files(), stat.files_free());
    Ok(Usage {
        source: mount.source.clone(),
        fs_type: mount.fs_type.clone(),
        size: stat.blocks().saturating_mul(unit),
        used: stat.blocks().saturating_sub(stat.blocks_free()).saturating_mul(unit),
        available: stat.blocks_available().saturating_mul(unit),
        inodes: inodes.0,
        inodes_used: inodes.0.saturating_sub(inodes.1),
        inodes_free: inodes.1,
        target: mount.target.clone(),
    })
}

fn print(rows: &[Usage], matches: &ArgMatches, io: &mut Io) -> Result<()> {
    let is = |id: &str| matches.get_flag(id);
    let with_type = is("print-type");
    let heads = match (is("inodes"), is("human-readable") || is("si")) {
        (true, _) => ["Inodes", "IUsed", "IFree", "IUse%"],
        (false, true) => ["Size", "Used", "Avail", "Use%"],
        (false, false) if is("portability") => ["1024-blocks", "Used", "Available", "Capacity"],
        (false, false) => ["1K-blocks", "Used", "Available", "Use%"],
    };
    let number = |value: u64| match (is("human-readable"), is("inodes")) {
        _ if is("si") => units::human_si(value),
        (true, _) => units::human(value),
        (false, true) => value.to_string(),
        (false, false) => value.div_ceil(1024).to_string(),
    };
    let line = |source: String, kind: String, numbers: [String; 4], target: String| {
        let mut cells = vec![source];
        cells.extend(with_type.then_some(kind));
        cells.extend(numbers);
        cells.push(target);
        cells
    };
    let shown = |text: &Text| text.visible().into_owned();
    let mut lines = vec![line(
        "Filesystem".into(),
        "Type".into(),
        heads.map(str::to_owned),
        "Mounted on".into(),
    )];
    let sum = is("total").then(|| sum(rows));
    for row in rows.iter().chain(&sum) {
        let (total, used, free) = match is("inodes") {
            true => (row.inodes, row.inodes_used, row.inodes_free),
            false => (row.size, row.used, row.available),
        };
        let share = share(used, free);
        let numbers = [number(total), number(used), number(free), share];
        lines.push(line(shown(&row.source), shown(&row.fs_type), numbers, shown(&row.target)));
    }
    let mut aligns = vec![Align::Left; 1 + usize::from(with_type)];
    aligns.extend([Align::Right; 4]);
    aligns.push(Align::Left);
    print_lines(io, &aligns, &lines, false)
}

/// Whether it lies on another machine, by what df of coreutils takes for a sign of that.
fn is_remote(row: &Usage) -> bool {
    let (source, kind) = (row.source.0.as_slice(), row.fs_type.0.as_slice());
    source.contains(&b':')
        || source.starts_with(b"//") && matches!(kind, b"smbfs" | b"smb3" | b"cifs")
        || matches!(
            kind,
            b"acfs"
                | b"afs"
                | b"coda"
                | b"auristorfs"
                | b"fhgfs"
                | b"gpfs"
                | b"ibrix"
                | b"ocfs2"
                | b"vxfs"
        )
        || source == b"-hosts"
}

/// The line for all.
fn sum(rows: &[Usage]) -> Usage {
    let add = |number: fn(&Usage) -> u64| rows.iter().map(number).fold(0, u64::saturating_add);
    Usage {
        source: Text::from("total"),
        fs_type: Text::from("-"),
        size: add(|row| row.size),
        used: add(|row| row.used),
        available: add(|row| row.available),
        inodes: add(|row| row.inodes),
        inodes_used: add(|row| row.inodes_used),
        inodes_free: add(|row| row.inodes_free),
        target: Text::from("-"),
    }
}

/// What is used of what can be used, rounded up.
fn share(used: u64, free: u64) -> String {
    let (used, all) = (u128::from(used), u128::from(used) + u128::from(free));
    if all == 0 { "-".into() } else { format!("{}%", (used * 100).div_ceil(all)) }
}
