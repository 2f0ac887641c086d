//! `trap`.

use super::{Call, text};
use crate::exit::Exit;
use crate::shell::encoding;
use crate::shell::expand::quote;
use crate::shell::traps;
use crate::shell::vars::Bytes;
use crate::shell::{Run, Shell};
use nix::sys::signal::Signal;

pub(super) fn trap(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, words) = match shell.flags(call, "lp")? {
        Ok(parsed) => parsed,
        // `trap - INT` is no option.
        Err(exit) => return Ok(exit),
    };
    if flags.contains(&'l') {
        let names = nix::sys::signal::Signal::iterator();
        let lines: String = names.map(|s| format!("{:2}) {s}\n", s as i32)).collect();
        return shell.print(lines.as_bytes());
    }
    let (command, names) = match words {
        [] => return list(shell, &[]),
        names if flags.contains(&'p') => return list(shell, names),
        // A number first means that all are to be reset.
        [first, ..] if text(first).parse::<i32>().is_ok() => (None, words),
        [first, names @ ..] if first == b"-" => (None, names),
        [first, names @ ..] => (Some(encoding::decode(first).into_owned()), names),
    };
    let mut exit = Exit::OK;
    for name in names {
        let name = text(name).to_ascii_uppercase();
        match name.as_str() {
            "EXIT" | "0" => shell.traps.exit = command.clone().filter(|c| !c.is_empty()),
            "ERR" => shell.traps.err = command.clone().filter(|c| !c.is_empty()),
            "DEBUG" | "RETURN" => {
                exit = shell.refuse(Exit::FAILURE, format!("trap: {name} is not supported"))?;
            }
            _ => match traps::signal(&name) {
                Some(signal) => shell.set_trap(signal, command.clone()),
                None => {
                    let why = format!("trap: {name}: invalid signal specification");
                    exit = shell.refuse(Exit::FAILURE, why)?;
                }
            },
        }
    }
    Ok(exit)
}

/// Prints the traps as commands: those called `names`, or all.
fn list(shell: &mut Shell, names: &[Bytes]) -> Run {
    let wanted = |name: &str, signal: Option<Signal>| {
        let is_it = |word: &Bytes| {
            let word = text(word).to_ascii_uppercase();
            word == name || signal.is_some() && traps::signal(&word) == signal
        };
        names.is_empty() || names.iter().any(is_it)
    };
    let line = |command: &str, name: &str| {
        let command = quote::always(&encoding::encode(command));
        [b"trap -- ", command.as_slice(), b" ", name.as_bytes(), b"\n"].concat()
    };
    let traps = &shell.traps;
    let exit = traps.exit.iter().filter(|_| wanted("EXIT", None));
    let signals =
        traps.signals.iter().filter(|(signal, _)| wanted(signal.as_str(), Some(**signal)));
    let err = traps.err.iter().filter(|_| wanted("ERR", None));
    let lines: Vec<u8> = (exit.map(|command| line(command, "EXIT")))
        .chain(signals.map(|(signal, command)| line(command, signal.as_str())))
        .chain(err.map(|command| line(command, "ERR")))
        .flatten()
        .collect();
    shell.print(&lines)
}
