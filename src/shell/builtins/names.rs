//! `command`, `builtin`, `type`, `alias`, `unalias`, `history`.

use super::{Call, find, text};
use crate::exit::Exit;
use crate::shell::expand::quote;
use crate::shell::lookup::Found;
use crate::shell::parse;
use crate::shell::vars::Bytes;
use crate::shell::{Run, Shell};
use std::os::unix::ffi::OsStrExt;

pub(super) fn command(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, words) = match shell.flags(call, "pvV")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    let Some(name) = words.first() else { return Ok(Exit::OK) };
    if flags.contains(&'V') {
        return describe(shell, words, |found, name| found.describe(name));
    }
    if flags.contains(&'v') {
        if let Some(alias) = shell.aliases.get(&*text(name)) {
            let value = quote::always(alias.as_bytes());
            let line = [b"alias ", name.as_slice(), b"=", &value, b"\n"].concat();
            return shell.print(&line);
        }
        let Ok(found) = shell.find_command(name, true) else { return Ok(Exit::FAILURE) };
        let mut line = match found {
            Found::Program(path) => path.as_os_str().as_bytes().to_vec(),
            _ => name.clone(),
        };
        line.push(b'\n');
        return shell.print(&line);
    }
    shell.run_argv(words.to_vec(), call.host)
}

pub(super) fn builtin(shell: &mut Shell, call: &Call<'_>) -> Run {
    let Some(name) = call.args.first() else { return Ok(Exit::OK) };
    match find(&text(name)) {
        Some(builtin) => shell.builtin(builtin, call.args, call.declared, call.host),
        None => {
            shell.refuse(Exit::FAILURE, format!("builtin: {}: not a shell builtin", text(name)))
        }
    }
}

pub(super) fn type_(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, words) = match shell.flags(call, "afpPt")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    if flags.contains(&'t') {
        return describe(shell, words, |found, _| {
            match found {
                Found::Function(_) => "function",
                Found::Builtin(_) => "builtin",
                Found::Tool(_) | Found::Program(_) => "file",
            }
            .into()
        });
    }
    describe(shell, words, |found, name| found.describe(name))
}

fn describe(shell: &mut Shell, names: &[Bytes], say: fn(&Found, &str) -> Bytes) -> Run {
    let mut exit = Exit::OK;
    for name in names {
        let shown = crate::output::visible(name).into_owned();
        match shell.find_command(name, true) {
            Ok(found) => {
                let mut line = say(&found, &shown);
                line.push(b'\n');
                shell.print(&line)?;
            }
            Err(_) => exit = shell.refuse(Exit::FAILURE, format!("{shown}: not found"))?,
        }
    }
    Ok(exit)
}

pub(super) fn alias(shell: &mut Shell, call: &Call<'_>) -> Run {
    let line = |name: &str, value: &str| {
        [b"alias ", name.as_bytes(), b"=", &quote::always(value.as_bytes()), b"\n"].concat()
    };
    if call.args.is_empty() {
        let all = shell.aliases.iter().flat_map(|(name, value)| line(name, value));
        let all: Bytes = all.collect();
        return shell.print(&all);
    }
    let mut exit = Exit::OK;
    for word in call.args {
        let word = text(word);
        match word.split_once('=') {
            Some((name, value)) if parse::simple_words(value).is_some() => {
                shell.aliases.insert(name.to_owned(), value.to_owned());
            }
            Some((name, _)) => {
                let why = format!("alias: {name}: only a simple command is supported");
                exit = shell.refuse(Exit::FAILURE, why)?;
            }
            None => match shell.aliases.get(&*word).map(|value| line(&word, value)) {
                Some(line) => drop(shell.print(&line)?),
                None => exit = shell.refuse(Exit::FAILURE, format!("alias: {word}: not found"))?,
            },
        }
    }
    Ok(exit)
}

pub(super) fn unalias(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, names) = match shell.flags(call, "a")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    if flags.contains(&'a') {
        shell.aliases.clear();
    }
    let mut exit = Exit::OK;
    for name in names {
        if shell.aliases.remove(&*text(name)).is_none() {
            exit = shell.refuse(Exit::FAILURE, format!("unalias: {}: not found", text(name)))?;
        }
    }
    Ok(exit)
}

pub(super) fn history(shell: &mut Shell, _: &Call<'_>) -> Run {
    let lines = shell.history.iter().enumerate();
    let lines: String = lines.map(|(i, line)| format!("{:5}  {line}\n", i + 1)).collect();
    shell.print(lines.as_bytes())
}
