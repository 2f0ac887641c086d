//! `cd`, `pwd`, `pushd`, `popd`, `dirs`: the working directory is the view's.

use super::{Call, text};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::visible;
use crate::shell::vars::{Bytes, Value};
use crate::shell::{Run, Shell};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(super) fn cd(shell: &mut Shell, call: &Call<'_>) -> Run {
    // By name and by file are the same here: the view's root resolves both inside the target.
    let operands = match shell.flags(call, "LP")? {
        Ok((_, operands)) => operands,
        Err(exit) => return Ok(exit),
    };
    let variable = |shell: &Shell, name: &str| -> Option<Bytes> {
        shell.vars.value(name).and_then(Value::scalar).cloned()
    };
    let (path, mut tells) = match operands {
        [] => (variable(shell, "HOME").unwrap_or_else(|| b"/".to_vec()), false),
        [dash] if dash == b"-" => match variable(shell, "OLDPWD") {
            Some(path) => (path, true),
            None => return shell.refuse(Exit::FAILURE, "cd: OLDPWD not set"),
        },
        [path] => (path.clone(), false),
        _ => return shell.refuse(Exit::FAILURE, "cd: too many arguments"),
    };
    let mut moved = None;
    let is_searched = !matches!(path.split(|b| *b == b'/').next(), Some(b"" | b"." | b".."));
    for dir in search(variable(shell, "CDPATH").filter(|_| is_searched)) {
        let candidate = [dir.as_slice(), b"/", &path].concat();
        if shell.change_dir(&candidate)?.is_ok() {
            moved = Some(Ok(()));
            tells = true;
            break;
        }
    }
    let moved = match moved {
        Some(moved) => moved,
        None => shell.change_dir(&path)?,
    };
    match moved {
        Err(error) => shell.refuse(Exit::FAILURE, error.context("cd")),
        Ok(()) if tells => pwd(shell, &Call { args: &[], ..*call }),
        Ok(()) => Ok(Exit::OK),
    }
}

/// The directories of CDPATH up to an empty one, which is the working directory.
fn search(variable: Option<Bytes>) -> Vec<Bytes> {
    let Some(variable) = variable.filter(|value| !value.is_empty()) else { return Vec::new() };
    let dirs = variable.split(|b| *b == b':').take_while(|dir| !dir.is_empty());
    dirs.map(<[u8]>::to_vec).collect()
}

pub(super) fn pwd(shell: &mut Shell, call: &Call<'_>) -> Run {
    if let Err(exit) = shell.flags(call, "LP")? {
        return Ok(exit);
    }
    let mut path = match shell.cwd() {
        Ok(path) => path,
        Err(error) => return shell.report(&error.context("pwd")),
    };
    if nix::unistd::isatty(std::io::stdout()).unwrap_or(false) {
        path = visible(&path).into_owned().into_bytes();
    }
    path.push(b'\n');
    shell.print(&path)
}

/// Where in a list of `count` directories `+N` (from the left) or `-N` (from the right) points.
fn place(word: &[u8], count: usize) -> Option<Result<usize, Error>> {
    let (sign, digits) = word.split_first().filter(|(sign, _)| b"+-".contains(sign))?;
    let bad = || Error::new(format!("{}: no such directory on the stack", visible(word)));
    let index = match text(digits).parse::<usize>() {
        Ok(n) if *sign == b'+' => Some(n),
        Ok(n) => count.checked_sub(n + 1),
        Err(_) => return None,
    };
    Some(index.filter(|index| *index < count).ok_or_else(bad))
}

pub(super) fn pushd(shell: &mut Shell, call: &Call<'_>) -> Run {
    let mut list = match shell.directories() {
        Ok(list) => list,
        Err(error) => return shell.report(&error.context("pushd")),
    };
    let wanted = match call.args {
        [] if list.len() < 2 => return shell.refuse(Exit::FAILURE, "pushd: no other directory"),
        [] => {
            list.swap(0, 1);
            list
        }
        [word] => match place(word, list.len()) {
            Some(Ok(index)) => {
                list.rotate_left(index);
                list
            }
            Some(Err(error)) => return shell.refuse(Exit::FAILURE, error.context("pushd")),
            None if word.starts_with(b"-") && word.len() > 1 => {
                let why = format!("pushd: {}: invalid option", visible(word));
                return shell.refuse(Exit::USAGE, why);
            }
            None => {
                list.insert(0, word.clone());
                list
            }
        },
        _ => return shell.refuse(Exit::FAILURE, "pushd: too many arguments"),
    };
    move_to(shell, call, &wanted)
}

pub(super) fn popd(shell: &mut Shell, call: &Call<'_>) -> Run {
    let mut list = match shell.directories() {
        Ok(list) => list,
        Err(error) => return shell.report(&error.context("popd")),
    };
    if list.len() < 2 {
        return shell.refuse(Exit::FAILURE, "popd: the directory stack is empty");
    }
    let index = match call.args {
        [] => 0,
        [word] => match place(word, list.len()) {
            Some(Ok(index)) => index,
            Some(Err(error)) => return shell.refuse(Exit::FAILURE, error.context("popd")),
            None => {
                let why = format!("popd: {}: invalid argument", visible(word));
                return shell.refuse(Exit::USAGE, why);
            }
        },
        _ => return shell.refuse(Exit::FAILURE, "popd: too many arguments"),
    };
    list.remove(index);
    move_to(shell, call, &list)
}

/// Goes to the first of `list` and keeps the others.
fn move_to(shell: &mut Shell, call: &Call<'_>, list: &[Bytes]) -> Run {
    let Some((first, others)) = list.split_first() else { return Ok(Exit::FAILURE) };
    let is_elsewhere = shell.cwd().is_ok_and(|cwd| cwd != *first);
    if is_elsewhere && let Err(error) = shell.change_dir(first)? {
        return shell.refuse(Exit::FAILURE, error.context(call.name));
    }
    shell.dirs = others.to_vec();
    dirs(shell, &Call { args: &[], ..*call })
}

pub(super) fn dirs(shell: &mut Shell, call: &Call<'_>) -> Run {
    let mut list = match shell.directories() {
        Ok(list) => list,
        Err(error) => return shell.report(&error.context(call.name)),
    };
    let (mut long, mut lines, mut numbered) = (false, false, false);
    for word in call.args {
        if let Some(index) = place(word, list.len()) {
            match index {
                Ok(index) => list = vec![list.swap_remove(index)],
                Err(error) => return shell.refuse(Exit::FAILURE, error.context("dirs")),
            }
            continue;
        }
        match word.as_slice() {
            b"-c" => {
                shell.dirs.clear();
                return Ok(Exit::OK);
            }
            b"-l" => long = true,
            b"-p" => lines = true,
            b"-v" => numbered = true,
            _ => {
                let why = format!("dirs: {}: invalid option", visible(word));
                return shell.refuse(Exit::USAGE, why);
            }
        }
    }
    let home = shell.vars.value("HOME").and_then(Value::scalar).cloned().unwrap_or_default();
    let short = |path: &Bytes| match path.strip_prefix(home.as_slice()) {
        Some(rest) if !long && home.len() > 1 && matches!(rest.first(), None | Some(b'/')) => {
            [b"~", rest].concat()
        }
        _ => path.clone(),
    };
    let mut out = Bytes::new();
    for (i, path) in list.iter().enumerate() {
        if numbered {
            out.extend(format!("{i:2}  ").bytes());
        }
        out.extend(short(path));
        let is_last = i + 1 == list.len();
        out.push(if is_last || lines || numbered { b'\n' } else { b' ' });
    }
    shell.print(&out)
}

impl Shell {
    fn cwd(&self) -> Result<Bytes, Error> {
        Ok(self.view.root()?.cwd().as_os_str().as_bytes().to_vec())
    }

    /// The working directory, and what `pushd` put behind it.
    pub(in crate::shell) fn directories(&self) -> Result<Vec<Bytes>, Error> {
        Ok([self.cwd()?].into_iter().chain(self.dirs.iter().cloned()).collect())
    }

    fn change_dir(&mut self, path: &[u8]) -> Run<Result<(), Error>> {
        let root = match &mut self.view.root {
            Ok(root) => root,
            Err(missing) => return Ok(Err(missing.error("the target's files"))),
        };
        let old = root.cwd().as_os_str().as_bytes().to_vec();
        if let Err(error) = root.set_cwd(Path::new(OsStr::from_bytes(path))) {
            return Ok(Err(error));
        }
        let new = root.cwd().as_os_str().as_bytes().to_vec();
        self.assign("OLDPWD", None, old, false)?;
        self.assign("PWD", None, new, false)?;
        Ok(Ok(()))
    }
}
