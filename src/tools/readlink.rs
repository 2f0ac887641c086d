//! `readlink` and `realpath`: where links of the target lead.

use super::Tool;
use super::args::{bytes, command, files, flag, option, os};
use super::resolve::{Missing, resolve};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

pub(super) const READLINK: Tool = Tool {
    name: "readlink",
    aliases: &[],
    summary: "Print where links point",
    examples: &[
        ("readlink -f /app/current", "Which release a link leads to in the end"),
        ("readlink /etc/localtime", "Which zone the image is set to"),
    ],
    needs: Needs::Root,
    json: None,
    command: readlink_options,
    rewrite: None,
    run: readlink,
};

pub(super) const REALPATH: Tool = Tool {
    name: "realpath",
    aliases: &[],
    summary: "Print paths without links and dots",
    examples: &[
        ("realpath -e /app/current/server", "Whether the whole path is there, through all links"),
        ("realpath -m /app/../etc/app", "A path without its dots"),
    ],
    needs: Needs::Root,
    json: None,
    command: realpath_options,
    rewrite: None,
    run: realpath,
};

fn readlink_options() -> Command {
    let modes = ["canonicalize", "canonicalize-existing", "canonicalize-missing"];
    let mode = |long, short, help| flag(long, short, help).overrides_with_all(modes);
    command("readlink", READLINK.summary)
        .after_help("Paths are those of the target: an absolute link leads to its root.")
        .arg(mode(modes[0], 'f', "The real path; its last part may be missing"))
        .arg(mode(modes[1], 'e', "The real path; all of it must be there"))
        .arg(mode(modes[2], 'm', "The real path; any part may be missing"))
        .arg(flag("no-newline", 'n', "No newline behind one path"))
        .arg(flag("verbose", 'v', "Say why there is no answer"))
        .arg(flag("zero", 'z', "End each path with NUL"))
        .arg(files().num_args(1..).required(true))
}

fn realpath_options() -> Command {
    command("realpath", REALPATH.summary)
        .after_help("Paths are those of the target: an absolute link leads to its root.")
        .arg(flag("canonicalize-existing", 'e', "All of the path must be there"))
        .arg(flag("canonicalize-missing", 'm', "Any part of the path may be missing"))
        .arg(flag("quiet", 'q', "Do not say what fails"))
        .arg(option("relative-to", None, "DIR", "Print paths as seen from DIR"))
        .arg(option(
            "relative-base",
            None,
            "DIR",
            "Print paths below DIR as seen from there, others whole",
        ))
        .arg(flag("strip", 's', "Follow no links").visible_alias("no-symlinks"))
        .arg(flag("zero", 'z', "End each path with NUL"))
        .arg(files().num_args(1..).required(true))
}

fn readlink(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let root = view.root()?;
    let missing = missing(matches).or(matches.get_flag("canonicalize").then_some(Missing::Last));
    each(matches, io, matches.get_flag("verbose"), |path| match missing {
        Some(missing) => resolve(root, path, missing),
        None => root.readlink(path).map(PathBuf::from),
    })
}

fn realpath(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let root = view.root()?;
    let missing = missing(matches).unwrap_or(Missing::Last);
    let real = |path: &Path| {
        if !matches.get_flag("strip") {
            return resolve(root, path, missing);
        }
        let path = root.absolute(path);
        // What is missing is told by the same rule.
        resolve(root, &path, missing).map(|_| path)
    };
    let folder = |id: &str| bytes(matches, id).map(|path| real(Path::new(os(path)))).transpose();
    let base = folder("relative-base")?;
    // With a base alone, paths are as seen from there.
    let from = folder("relative-to")?.or_else(|| base.clone());
    let from = from.filter(|from| base.as_ref().is_none_or(|base| from.starts_with(base)));
    each(matches, io, !matches.get_flag("quiet"), |path| {
        let path = real(path)?;
        Ok(match &from {
            Some(from) if base.as_ref().is_none_or(|base| path.starts_with(base)) => {
                relative(&path, from)
            }
            _ => path,
        })
    })
}

/// `path` as seen from `from`, both without dots.
fn relative(path: &Path, from: &Path) -> PathBuf {
    let shared = path.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(Component::ParentDir, from.components().count() - shared);
    let relative: PathBuf = up.chain(path.components().skip(shared)).collect();
    if relative.as_os_str().is_empty() { PathBuf::from(".") } else { relative }
}

fn missing(matches: &ArgMatches) -> Option<Missing> {
    match (matches.get_flag("canonicalize-existing"), matches.get_flag("canonicalize-missing")) {
        (true, _) => Some(Missing::Nothing),
        (_, true) => Some(Missing::Anything),
        _ => None,
    }
}

/// Prints what `answer` says of each operand.
fn each(
    matches: &ArgMatches,
    io: &mut Io,
    complains: bool,
    answer: impl Fn(&Path) -> Result<PathBuf>,
) -> Result<Exit> {
    let is_set = |id: &str| matches.try_get_one::<bool>(id).ok().flatten() == Some(&true);
    let paths: Vec<&PathBuf> = matches.get_many("FILE").into_iter().flatten().collect();
    let end: &[u8] = match () {
        _ if is_set("no-newline") && paths.len() == 1 => b"",
        _ if is_set("zero") => b"\0",
        _ => b"\n",
    };
    let mut exit = Exit::OK;
    for path in paths {
        match answer(path) {
            Ok(path) => {
                io.stdout.write_name(path.as_os_str().as_bytes())?;
                io.stdout.write_all(end)?;
            }
            Err(error) => {
                exit = Exit::FAILURE;
                if complains {
                    io.complain(&error);
                }
            }
        }
    }
    Ok(exit)
}
