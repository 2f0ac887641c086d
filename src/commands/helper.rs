//! `dbg-helper`: the tools and the shell without the engine clients, called by name as busybox is.

use crate::enter;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, quote};
use crate::shell::Shell;
use crate::tools;
use crate::view::{self, Access, Target, View};
use nix::unistd::isatty;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The name it is called by.
pub const NAME: &str = "dbg-helper";
/// First word of an injected helper, which is inside the target already. The target's name follows.
pub const INSIDE: &str = "--inside";
/// Second word of an injected helper whose operator allowed changes.
pub const WRITE: &str = "--write";

const USAGE: &str =
    "usage: dbg-helper TOOL [ARGUMENT]...\n       dbg-helper sh [-c SCRIPT | -- COMMAND...]";

/// Whether a program called `name` is the helper.
pub fn is_called_by(name: &OsStr) -> bool {
    Path::new(name).file_name().is_some_and(|name| name == NAME)
}

/// Whether a script names this very program as its interpreter by `#!/proc/self/exe`: only a target that saw dbg in
/// its own process table would, to have it do something there.
pub fn is_interpreter(args: &[OsString]) -> bool {
    args.first().is_some_and(|name| name.as_bytes().starts_with(b"/proc/"))
}

/// Runs the tool that the program's name, or the first word, names. `DBG_TARGET` is the PID of the target (default 1).
pub fn main(args: Vec<OsString>) -> Exit {
    if is_interpreter(&args) {
        return Exit::CANNOT_RUN;
    }
    if args.first().is_some_and(|name| name == enter::STAGE_NAME) {
        return enter::stage(args.get(1).and_then(|fd| fd.to_str()));
    }
    run(args).unwrap_or_else(|error| super::report(NAME, &error))
}

fn run(mut args: Vec<OsString>) -> Result<Exit> {
    if args.first().is_none_or(|name| is_called_by(name)) {
        args = args.split_off(args.len().min(1));
    }
    let inside = take(&mut args, INSIDE).then(|| take_first(&mut args)).flatten();
    let write = take(&mut args, WRITE);
    if args.first().is_some_and(|word| word == "--help") {
        args[0] = "help".into();
    }
    let Some(first) = args.first() else {
        return Err(Error::usage("no tool given").hint(USAGE));
    };
    let name = Path::new(first).file_name().unwrap_or(first).to_owned();
    let args = args.split_off(1);
    let is_shell = name == "sh" || name == "shell";
    let tool = name.to_str().and_then(tools::find);
    if tool.is_none() && !is_shell {
        return Err(Error::new(format!("{}: no such tool", quote(&name)))
            .hint("`dbg-helper help` lists them")
            .exit(Exit::NOT_FOUND));
    }
    let rights = tool.map_or(0, |tool| tool.rights(&args));
    let mut view = match inside {
        Some(label) => view::open_inside(&label.to_string_lossy(), write)?,
        None => view::open_host(target()?, Access { write, exec: is_shell, rights })?,
    };
    match tool {
        Some(tool) => {
            let mut io = Io::of_process(tool.called(name.to_str().unwrap_or_default()))?;
            if let Ok(root) = &mut view.root {
                root.lend_streams(io.descriptors())?;
            }
            Ok(tool.invoke(&view, args, &mut io))
        }
        None => shell(view, args),
    }
}

/// Takes `word` off the front.
fn take(args: &mut Vec<OsString>, word: &str) -> bool {
    let found = args.first().is_some_and(|arg| arg == word);
    if found {
        args.remove(0);
    }
    found
}

fn take_first(args: &mut Vec<OsString>) -> Option<OsString> {
    (!args.is_empty()).then(|| args.remove(0))
}

fn target() -> Result<Target> {
    let Some(text) = std::env::var_os("DBG_TARGET") else {
        return Ok(of_pid(1));
    };
    match text.to_str().and_then(|text| text.parse().ok()).filter(|pid| *pid > 0) {
        Some(pid) => Ok(of_pid(pid)),
        None => Err(Error::usage(format!("DBG_TARGET={}: not a PID", quote(text)))),
    }
}

fn of_pid(pid: i32) -> Target {
    Target {
        label: format!("pid {pid}"),
        uri: format!("pid://{pid}"),
        pid: Some(pid),
        container: None,
    }
}

/// `sh -c SCRIPT [NAME [ARGUMENT…]]`, `sh -- COMMAND…`, a script on stdin, or a session on a terminal.
fn shell(view: View, mut args: Vec<OsString>) -> Result<Exit> {
    let mut shell = Shell::new(view);
    if take(&mut args, "-c") {
        let mut words = args.into_iter();
        let Some(script) = words.next() else {
            return Err(Error::usage("sh -c: no script given").hint(USAGE));
        };
        let name = words.next().map_or("dbg".into(), |name| name.to_string_lossy().into_owned());
        return Ok(shell.run_script(&name, script.as_bytes(), words.collect()));
    }
    if take(&mut args, "--") {
        return Ok(shell.run_words(args));
    }
    if let Some(word) = args.first() {
        return Err(Error::usage(format!("sh: {}: unexpected", quote(word))).hint(USAGE));
    }
    Ok(if isatty(std::io::stdin()).unwrap_or(false) {
        shell.interactive()
    } else {
        shell.run_stdin()
    })
}
