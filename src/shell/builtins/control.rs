//! `break`, `continue`, `return`, `exit`, `eval`, `source`, `test`, `let`.

use super::{Call, text};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{quote, visible};
use crate::shell::parse::{self, Fault};
use crate::shell::vars::{Bytes, Value};
use crate::shell::{Flow, LIMIT, Run, Shell};
use crate::shell::{alias, encoding};
use crate::view::FileType;
use nix::sys::stat::FileStat;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(super) fn leave_loop(shell: &mut Shell, call: &Call<'_>) -> Run {
    let count = match call.args.first().map(|word| text(word).parse::<u32>()) {
        None => 1,
        Some(Ok(count @ 1..)) => count,
        Some(_) => {
            shell.refuse(Exit::FAILURE, format!("{}: loop count out of range", call.name))?;
            return Err(Flow::Break(shell.depth.loops.max(1)));
        }
    };
    if shell.depth.loops == 0 {
        return shell.refuse(Exit::OK, format!("{}: only meaningful in a loop", call.name));
    }
    let count = count.min(shell.depth.loops);
    Err(if call.name == "break" { Flow::Break(count) } else { Flow::Continue(count) })
}

/// The exit code that `exit` and `return` were given; `$?` without one.
fn code(shell: &Shell, call: &Call<'_>) -> Run<Result<Exit, Exit>> {
    match call.args.first().map(|word| text(word).parse::<i64>()) {
        None => Ok(Ok(shell.status)),
        Some(Ok(code)) => Ok(Ok(Exit::code(code as u8))),
        Some(Err(_)) => {
            let why =
                format!("{}: {}: numeric argument required", call.name, visible(&call.args[0]));
            shell.refuse(Exit::USAGE, why).map(Err)
        }
    }
}

pub(super) fn exit(shell: &mut Shell, call: &Call<'_>) -> Run {
    if shell.is_held_by_jobs() {
        return Ok(Exit::FAILURE);
    }
    let (Ok(code) | Err(code)) = code(shell, call)?;
    Err(Flow::Exit(code))
}

pub(super) fn return_(shell: &mut Shell, call: &Call<'_>) -> Run {
    if shell.depth.functions == 0 && shell.depth.sourced == 0 {
        let why = "return: only meaningful in a function or a sourced script";
        return shell.refuse(Exit::USAGE, why);
    }
    let (Ok(code) | Err(code)) = code(shell, call)?;
    Err(Flow::Return(code))
}

pub(super) fn eval(shell: &mut Shell, call: &Call<'_>) -> Run {
    let base = std::mem::replace(&mut shell.frames.base, shell.frames.line.saturating_sub(1));
    let result = shell.eval(&call.args.join(&b' '), "eval");
    shell.frames.base = base;
    result
}

pub(super) fn source(shell: &mut Shell, call: &Call<'_>) -> Run {
    let Some((path, args)) = call.args.split_first() else {
        return shell.refuse(Exit::USAGE, format!("{}: a file is expected", call.name));
    };
    let path = Path::new(OsStr::from_bytes(path));
    let script = match shell.sourced_file(path) {
        Ok(script) => script,
        Err(error) => return shell.refuse(Exit::FAILURE, error.context(call.name)),
    };
    let old = (!args.is_empty()).then(|| std::mem::replace(&mut shell.args, args.to_vec()));
    shell.depth.sourced += 1;
    shell.enter_frame("source".into(), path.to_string_lossy().into_owned(), 0);
    let result = shell.eval(&script, &quote(path));
    shell.leave_frame();
    shell.depth.sourced -= 1;
    if let Some(old) = old {
        shell.args = old;
    }
    match result {
        Err(Flow::Return(exit)) => Ok(exit),
        other => other,
    }
}

pub(super) fn test(shell: &mut Shell, call: &Call<'_>) -> Run {
    let words: &[Bytes] = match (call.name, call.args) {
        ("[", [words @ .., end]) if end == b"]" => words,
        ("[", _) => return shell.refuse(Exit::USAGE, "[: missing ]"),
        (_, words) => words,
    };
    Ok(match shell.test(words)? {
        Ok(true) => Exit::OK,
        Ok(false) => Exit::FAILURE,
        Err(why) => return shell.refuse(Exit::USAGE, format!("{}: {why}", call.name)),
    })
}

pub(super) fn let_(shell: &mut Shell, call: &Call<'_>) -> Run {
    let mut value = 0;
    for word in call.args {
        value = match shell.arithmetic(&text(word)) {
            Err(Flow::Fail(exit)) => return Ok(exit),
            value => value?,
        };
    }
    Ok(if value != 0 { Exit::OK } else { Exit::FAILURE })
}

/// Texts inside of texts; what lies beyond is recursion without an end.
const DEEPEST: u32 = 200;

impl Shell {
    /// The file that `source` means: a bare name is looked for in PATH, then in the working directory.
    fn sourced_file(&self, path: &Path) -> Result<Vec<u8>, Error> {
        let root = self.view.root()?;
        if !path.as_os_str().as_bytes().contains(&b'/') {
            let dirs = self.vars.value("PATH").and_then(Value::scalar).cloned().unwrap_or_default();
            for dir in dirs.split(|b| *b == b':').filter(|dir| !dir.is_empty()) {
                let candidate = Path::new(OsStr::from_bytes(dir)).join(path);
                let is_file = |stat: FileStat| FileType::of_mode(stat.st_mode) == FileType::File;
                if root.stat(&candidate).is_ok_and(is_file) {
                    return root.read(&candidate, LIMIT);
                }
            }
        }
        root.read(path, LIMIT)
    }

    /// Runs `script` here and now. What goes wrong in a word ends it and not what called it.
    pub(in crate::shell) fn eval(&mut self, script: &[u8], name: &str) -> Run {
        if self.depth.texts >= DEEPEST {
            return self.fail(format!("{name}: more than {DEEPEST} texts inside each other"));
        }
        self.depth.texts += 1;
        let result = self.eval_here(script, name);
        self.depth.texts -= 1;
        match result {
            Err(Flow::Fail(exit)) => Ok(exit),
            other => other,
        }
    }

    fn eval_here(&mut self, script: &[u8], name: &str) -> Run {
        let text = encoding::decode(script);
        if alias::may_define(&text) {
            return self.by_lines(&text, name);
        }
        let program = match parse::program(&self.aliased(&text)) {
            Ok(program) => program,
            Err(Fault::Incomplete(why) | Fault::Syntax(why)) => {
                return self.refuse(Exit::USAGE, format!("{name}: {why}"));
            }
        };
        if program.complete_commands.is_empty() {
            return Ok(Exit::OK);
        }
        self.program(&program)
    }
}
