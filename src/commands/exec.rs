//! `dbg exec`: a program of the target, or one of the operator's, in the target's namespaces.

use super::attach::note;
use super::target;
use crate::cli::Exec;
use crate::enter::{self, Difference, Image, Options, Request};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::quote;
use crate::tools::users::Users;
use crate::view::{Access, Caps, View};
use nix::unistd::isatty;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub(super) fn run(mut args: Exec) -> Result<Exit> {
    // With --pid there is no target to type, and the first word is the program's.
    if args.target.pid.is_some() {
        args.command.splice(..0, args.target.target.take().map(OsString::from));
    }
    if args.command.is_empty() && args.inject.is_none() {
        return Err(Error::usage("no program given")
            .hint("dbg exec TARGET -- /path/in/target ARGUMENTS, or --inject FILE"));
    }
    let options = Options {
        inject: args.inject.as_deref().map(Image::inject).transpose()?,
        join_cgroup: args.join_cgroup,
        cap_add: capabilities(&args.cap_add)?,
        user: None,
    };
    let view = target::open(&args.target, Access { exec: true, ..Access::default() })?;
    let options = Options {
        user: args.user.as_deref().map(|user| user_of(&view, user)).transpose()?,
        ..options
    };
    let mut env = environment(&view);
    for setting in &args.env {
        set(&mut env, setting)?;
    }
    let cwd = match (&args.workdir, &view.who()?.cwd) {
        (Some(dir), _) => view.root()?.absolute(dir),
        (None, Some(cwd)) => PathBuf::from(OsString::from_vec(cwd.0.clone())),
        (None, None) => PathBuf::from("/"),
    };
    let (argv, path) = program(&view, &args, &env, &cwd)?;
    let request = Request { argv, path, cwd, env, has_input: true };
    enter::run_with(&view, &request, &options, &mut |difference| match difference {
        Difference::Told(text) => note(&text),
        Difference::Usual(text) if args.verbose => note(&text),
        Difference::Usual(_) => {}
    })
}

/// The arguments and the file: the target's, or the injected one under its own name.
fn program(
    view: &View,
    args: &Exec,
    env: &[(OsString, OsString)],
    cwd: &Path,
) -> Result<(Vec<OsString>, PathBuf)> {
    if let Some(file) = &args.inject {
        let name = file.file_name().unwrap_or_default().to_owned();
        let argv = std::iter::once(name).chain(args.command.iter().cloned()).collect();
        return Ok((argv, PathBuf::new()));
    }
    let name = args.command.first().ok_or_else(|| Error::usage("no program given"))?;
    let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
    let found = if name.as_bytes().contains(&b'/') {
        enter::find(view.root()?, cwd.join(name).as_os_str(), path)?
    } else {
        enter::find(view.root()?, name, path)?
    };
    Ok((args.command.clone(), found))
}

/// The target's own environment, and TERM when the program gets a terminal.
pub(super) fn environment(view: &View) -> Vec<(OsString, OsString)> {
    let environ = view.who.as_ref().ok().and_then(|who| who.environ.as_ref());
    let mut env: Vec<(OsString, OsString)> = environ
        .into_iter()
        .flatten()
        .filter_map(|variable| {
            let at = variable.0.iter().position(|b| *b == b'=')?;
            let (name, value) = variable.0.split_at(at);
            Some((OsStr::from_bytes(name).into(), OsStr::from_bytes(&value[1..]).into()))
        })
        .collect();
    let on_terminal =
        isatty(std::io::stdin()).unwrap_or(false) && isatty(std::io::stdout()).unwrap_or(false);
    if on_terminal && let Some(term) = std::env::var_os("TERM") {
        env.retain(|(name, _)| name != "TERM");
        env.push(("TERM".into(), term));
    }
    env
}

fn set(env: &mut Vec<(OsString, OsString)>, setting: &OsStr) -> Result<()> {
    let bytes = setting.as_bytes();
    let at = bytes.iter().position(|b| *b == b'=').filter(|at| *at > 0).ok_or_else(|| {
        Error::usage(format!("--env {}: a setting is NAME=VALUE", quote(setting)))
    })?;
    let name = OsStr::from_bytes(&bytes[..at]);
    env.retain(|(other, _)| other != name);
    env.push((name.into(), OsStr::from_bytes(&bytes[at + 1..]).into()));
    Ok(())
}

/// `CAP_NET_RAW`, `net_raw` or `ALL` as a mask.
fn capabilities(names: &[String]) -> Result<u64> {
    names.iter().try_fold(0, |mask, name| {
        let upper = name.to_ascii_uppercase();
        if upper == "ALL" {
            return Ok(Caps::mask(&caps::all()));
        }
        let full = if upper.starts_with("CAP_") { upper } else { format!("CAP_{upper}") };
        let cap: caps::Capability = full.parse().map_err(|_| {
            Error::usage(format!("--cap-add {name}: there is no such capability"))
                .hint("names are those of capabilities(7): net_raw, sys_ptrace, …")
        })?;
        Ok(mask | cap.bitmask())
    })
}

/// `65532`, `65532:0`, `app`, `app:staff`, by the target's own files.
fn user_of(view: &View, text: &str) -> Result<(u32, u32)> {
    let users = Users::load(view);
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    };
    let unknown = |kind: &str, name: &str| {
        Error::new(format!("--user {text}: the target knows no {kind} {}", quote(name)))
            .hint("give a number")
            .exit(Exit::CANNOT_RUN)
    };
    let uid = user.parse().ok().or_else(|| users.uid(user.as_bytes()));
    let uid = uid.ok_or_else(|| unknown("user", user))?;
    let gid = match group {
        Some(group) => group
            .parse()
            .ok()
            .or_else(|| users.gid(group.as_bytes()))
            .ok_or_else(|| unknown("group", group))?,
        // Docker's rule: a user with no entry gets group 0.
        None => users.primary_group(uid).unwrap_or(0),
    };
    if uid == u32::MAX || gid == u32::MAX {
        return Err(Error::usage(format!("--user {text}: no user has the number 4294967295")));
    }
    Ok((uid, gid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_taken_by_any_usual_spelling() {
        let raw = caps::Capability::CAP_NET_RAW.bitmask();
        for name in ["net_raw", "NET_RAW", "CAP_NET_RAW", "cap_net_raw"] {
            assert_eq!(capabilities(&[name.into()]).unwrap(), raw);
        }
        assert_eq!(capabilities(&["nope".into()]).unwrap_err().exit_code(), Exit::USAGE);
    }

    #[test]
    fn a_setting_replaces_the_targets_own() {
        let mut env = vec![("A".into(), "1".into())];
        set(&mut env, OsStr::new("A=2=3")).unwrap();
        assert_eq!(env, [(OsString::from("A"), OsString::from("2=3"))]);
        assert_eq!(set(&mut env, OsStr::new("=x")).unwrap_err().exit_code(), Exit::USAGE);
    }
}
