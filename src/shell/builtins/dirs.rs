//! `cd` and `pwd`: the working directory is the view's.

use super::Call;
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
    let (path, tells) = match operands {
        [] => (variable(shell, "HOME").unwrap_or_else(|| b"/".to_vec()), false),
        [dash] if dash == b"-" => match variable(shell, "OLDPWD") {
            Some(path) => (path, true),
            None => return shell.refuse(Exit::FAILURE, "cd: OLDPWD not set"),
        },
        [path] => (path.clone(), false),
        _ => return shell.refuse(Exit::FAILURE, "cd: too many arguments"),
    };
    let root = match &mut shell.view.root {
        Ok(root) => root,
        Err(missing) => {
            let error = missing.error("the target's files").context("cd");
            return shell.report(&error);
        }
    };
    let old = root.cwd().as_os_str().as_bytes().to_vec();
    if let Err(error) = root.set_cwd(Path::new(OsStr::from_bytes(&path))) {
        return shell.refuse(Exit::FAILURE, error.context("cd"));
    }
    let new = root.cwd().as_os_str().as_bytes().to_vec();
    shell.assign("OLDPWD", None, old, false)?;
    shell.assign("PWD", None, new, false)?;
    if tells { pwd(shell, &Call { args: &[], ..*call }) } else { Ok(Exit::OK) }
}

pub(super) fn pwd(shell: &mut Shell, call: &Call<'_>) -> Run {
    if let Err(exit) = shell.flags(call, "LP")? {
        return Ok(exit);
    }
    let mut path = match shell.view.root() {
        Ok(root) => root.cwd().as_os_str().as_bytes().to_vec(),
        Err(error) => return shell.report(&error.context("pwd")),
    };
    if nix::unistd::isatty(std::io::stdout()).unwrap_or(false) {
        path = visible(&path).into_owned().into_bytes();
    }
    path.push(b'\n');
    shell.print(&path)
}
