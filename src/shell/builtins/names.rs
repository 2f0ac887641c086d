//! `command`, `builtin`, `type`, `hash`, `alias`, `unalias`, `history`, `caller`.

use super::{Call, find, text};
use crate::exit::Exit;
use crate::output::visible;
use crate::shell::encoding;
use crate::shell::expand::quote;
use crate::shell::lookup::Found;
use crate::shell::vars::Bytes;
use crate::shell::{Run, Shell};
use std::os::unix::ffi::OsStrExt;

pub(super) fn command(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, words) = match shell.flags(call, "pvV")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    if words.is_empty() {
        return Ok(Exit::OK);
    }
    if flags.contains(&'V') || flags.contains(&'v') {
        return describe_all(shell, words, flags.contains(&'V'));
    }
    shell.run_argv(words.to_vec(), call.host)
}

/// `command -v` and, at more length, `command -V`: 1 only when none of the names means anything.
fn describe_all(shell: &mut Shell, names: &[Bytes], at_length: bool) -> Run {
    let mut exit = Exit::FAILURE;
    for name in names {
        let shown = visible(name).into_owned();
        let Some(meaning) = shell.meanings(name, true).into_iter().next() else {
            if at_length {
                shell.refuse(Exit::FAILURE, format!("command: {shown}: not found"))?;
            }
            continue;
        };
        exit = Exit::OK;
        let mut line = match &meaning {
            _ if at_length => shell.describe(&meaning, &shown),
            Meaning::Alias(value) => {
                [b"alias ", name.as_slice(), b"=", &quote::always(value.as_bytes())].concat()
            }
            Meaning::Found(Found::Program(path)) => path.as_os_str().as_bytes().to_vec(),
            _ => name.clone(),
        };
        line.push(b'\n');
        shell.print(&line)?;
    }
    Ok(exit)
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
    let mut exit = Exit::OK;
    for name in words {
        let mut meanings = shell.meanings(name, !flags.contains(&'f'));
        if !flags.contains(&'a') {
            meanings.truncate(1);
        }
        let shown = visible(name).into_owned();
        if meanings.is_empty() {
            exit = Exit::FAILURE;
            if !flags.iter().any(|flag| "tpP".contains(*flag)) {
                shell.refuse(exit, format!("type: {shown}: not found"))?;
            }
        }
        for meaning in meanings {
            let mut line = match &meaning {
                _ if flags.contains(&'t') => meaning.kind().into(),
                Meaning::Found(Found::Program(path)) if flags.iter().any(|f| "pP".contains(*f)) => {
                    path.as_os_str().as_bytes().to_vec()
                }
                _ if flags.iter().any(|flag| "pP".contains(*flag)) => continue,
                _ => shell.describe(&meaning, &shown),
            };
            line.push(b'\n');
            shell.print(&line)?;
        }
    }
    Ok(exit)
}

/// What a word means where a command starts.
enum Meaning {
    Alias(String),
    Keyword,
    Found(Found),
}

/// The reserved words of the grammar.
const KEYWORDS: [&str; 21] = [
    "!", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
    "function", "if", "in", "select", "then", "time", "until", "while", "{",
];

impl Meaning {
    fn kind(&self) -> &'static str {
        match self {
            Meaning::Alias(_) => "alias",
            Meaning::Keyword => "keyword",
            Meaning::Found(Found::Function(_)) => "function",
            Meaning::Found(Found::Builtin(_)) => "builtin",
            Meaning::Found(Found::Tool(_) | Found::Program(_)) => "file",
        }
    }
}

impl Shell {
    /// All that `name` means, what counts first.
    fn meanings(&self, name: &[u8], functions: bool) -> Vec<Meaning> {
        let word = text(name);
        let mut all = Vec::new();
        if self.is_interactive || self.options.expand_aliases {
            all.extend(self.aliases.get(&*word).cloned().map(Meaning::Alias));
        }
        if KEYWORDS.contains(&&*word) || word == "}" {
            all.push(Meaning::Keyword);
        }
        let function = self.functions.get(&*word).filter(|_| functions).cloned();
        all.extend(function.map(|function| Meaning::Found(Found::Function(function))));
        all.extend(find(&word).map(|builtin| Meaning::Found(Found::Builtin(builtin))));
        all.extend(crate::tools::find(&word).map(|tool| Meaning::Found(Found::Tool(tool))));
        let program = self.find_program(name).ok();
        all.extend(program.map(|path| Meaning::Found(Found::Program(path))));
        all
    }

    fn describe(&self, meaning: &Meaning, name: &str) -> Bytes {
        match meaning {
            Meaning::Alias(value) => format!("{name} is aliased to `{value}'").into_bytes(),
            Meaning::Keyword => format!("{name} is a shell keyword").into_bytes(),
            Meaning::Found(found @ Found::Function(function)) => {
                let mut out = found.describe(name);
                out.push(b'\n');
                out.extend(function.text(name).trim_end().bytes());
                out
            }
            Meaning::Found(found) => found.describe(name),
        }
    }
}

pub(super) fn alias(shell: &mut Shell, call: &Call<'_>) -> Run {
    let words = match shell.flags(call, "p")? {
        Ok((_, words)) => words,
        Err(exit) => return Ok(exit),
    };
    let line = |name: &str, value: &str| {
        let value = encoding::encode(value);
        [b"alias ", name.as_bytes(), b"=", &quote::always(&value), b"\n"].concat()
    };
    if words.is_empty() {
        let all = shell.aliases.iter().flat_map(|(name, value)| line(name, value));
        let all: Bytes = all.collect();
        return shell.print(&all);
    }
    let mut exit = Exit::OK;
    for word in words {
        let word = encoding::decode(word);
        match word.split_once('=') {
            Some((name, _)) if name.is_empty() || name.contains(BREAKS) => {
                let why = format!("alias: {}: invalid alias name", visible(name.as_bytes()));
                exit = shell.refuse(Exit::FAILURE, why)?;
            }
            Some((name, value)) => drop(shell.aliases.insert(name.to_owned(), value.to_owned())),
            None => match shell.aliases.get(&*word).map(|value| line(&word, value)) {
                Some(line) => drop(shell.print(&line)?),
                None => exit = shell.refuse(Exit::FAILURE, format!("alias: {word}: not found"))?,
            },
        }
    }
    Ok(exit)
}

/// What no alias's name holds.
const BREAKS: [char; 17] =
    [' ', '\t', '\n', '/', '$', '`', '\'', '"', '\\', '|', '&', ';', '(', ')', '<', '>', '\0'];

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

pub(super) fn history(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, words) = match shell.flags(call, "c")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    if flags.contains(&'c') {
        shell.history.clear();
        return Ok(Exit::OK);
    }
    let count = match words.first().map(|word| text(word).parse::<usize>()) {
        None => usize::MAX,
        Some(Ok(count)) => count,
        Some(Err(_)) => {
            return shell.refuse(Exit::FAILURE, "history: numeric argument required");
        }
    };
    let first = shell.history.len().saturating_sub(count);
    let lines = shell.history.iter().enumerate().skip(first);
    let lines: String = lines.map(|(i, line)| format!("{:5}  {line}\n", i + 1)).collect();
    shell.print(lines.as_bytes())
}

/// Programs are looked up anew each time, so there is nothing to forget.
pub(super) fn hash(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, words) = match shell.flags(call, "dlprt")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    let mut exit = Exit::OK;
    for name in words {
        if shell.find_command(name, true).is_err() {
            let why = format!("hash: {}: not found", visible(name));
            exit = shell.refuse(Exit::FAILURE, why)?;
        }
    }
    if flags.is_empty() && words.is_empty() {
        return shell.print(b"hash: hash table empty\n");
    }
    Ok(exit)
}

pub(super) fn caller(shell: &mut Shell, call: &Call<'_>) -> Run {
    let number = match call.args.first().map(|word| text(word).parse::<usize>()) {
        None => None,
        Some(Ok(number)) => Some(number),
        Some(Err(_)) => return shell.refuse(Exit::USAGE, "caller: numeric argument required"),
    };
    match shell.caller(number) {
        Some(line) => shell.print(line.as_bytes()),
        None => Ok(Exit::FAILURE),
    }
}
