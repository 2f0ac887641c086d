//! `dbg attach`: a shell on the target, or a script, or one command.

use super::{helper, target};
use crate::cli::Attach;
use crate::enter::{self, Difference, Image, Options, Request};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::shell::Shell;
use crate::view::{Access, View};
use nix::unistd::isatty;
use std::ffi::OsString;
use std::io::{Write, stdin};
use std::os::unix::ffi::OsStrExt;

pub(super) fn run(args: Attach) -> Result<Exit> {
    let view = target::open(&args.target, Access { write: args.write, exec: true, rights: 0 })?;
    if args.inject {
        return inside(&view, &args);
    }
    warn_of_missing(&view);
    let mut shell = Shell::new(view);
    Ok(if let Some(script) = args.script {
        shell.run_script("dbg", script.as_bytes(), Vec::new())
    } else if !args.command.is_empty() {
        shell.run_words(args.command)
    } else if isatty(stdin()).unwrap_or(false) {
        shell.interactive()
    } else {
        shell.run_stdin()
    })
}

/// The shell itself as a process of the target.
fn inside(view: &View, args: &Attach) -> Result<Exit> {
    let label = view.target.label.clone();
    let mut argv: Vec<OsString> = vec![helper::NAME.into(), helper::INSIDE.into(), label.into()];
    if args.write {
        argv.push(helper::WRITE.into());
    }
    argv.push("sh".into());
    if let Some(script) = &args.script {
        argv.extend(["-c".into(), script.into()]);
    } else if !args.command.is_empty() {
        argv.push("--".into());
        argv.extend(args.command.iter().cloned());
    }
    let options = Options { inject: Some(Image::own()?), ..Options::default() };
    let request = Request {
        argv,
        path: "/".into(),
        cwd: "/".into(),
        env: super::exec::environment(view),
        has_input: true,
    };
    enter::run_with(view, &request, &options, &mut |difference| {
        if let Difference::Told(text) = difference {
            note(&text);
        }
    })
}

/// A sentence for the operator before the session starts.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "dbg: note: {text}");
}

/// Says at the start of a session what it can't show, so that nobody searches for it.
fn warn_of_missing(view: &View) {
    let handles = [("files", view.root.as_ref().err()), ("network", view.net.as_ref().err())];
    let mut hint = None;
    for (what, missing) in handles.into_iter().filter_map(|(w, m)| Some((w, m?))) {
        let error: Error = missing.error(&format!("the target's {what}"));
        let _ = writeln!(std::io::stderr(), "dbg: {error}");
        hint = missing.hint.clone().or(hint);
    }
    if let Some(hint) = hint {
        let _ = writeln!(std::io::stderr(), "dbg: hint: {hint}");
    }
}
