//! `getopts`: options of a script or function, one a call.

use super::{Call, text};
use crate::exit::Exit;
use crate::shell::vars::{Bytes, Value, is_name};
use crate::shell::{Run, Shell};

/// Where in a word of several letters the next one is.
#[derive(Debug, Default)]
pub(in crate::shell) struct Getopts {
    word: usize,
    letter: usize,
}

pub(super) fn getopts(shell: &mut Shell, call: &Call<'_>) -> Run {
    let [options, name, rest @ ..] = call.args else {
        return shell.refuse(Exit::USAGE, "getopts: usage: getopts OPTIONS NAME [WORD …]");
    };
    let name = text(name).into_owned();
    if !is_name(name.as_bytes()) {
        return shell.refuse(Exit::FAILURE, format!("getopts: '{name}': not a valid identifier"));
    }
    let words: Vec<Bytes> = if rest.is_empty() { shell.args.clone() } else { rest.to_vec() };
    let (is_silent, options) = match options.strip_prefix(b":") {
        Some(options) => (true, options),
        None => (false, options.as_slice()),
    };
    let index = shell.vars.value("OPTIND").and_then(Value::scalar);
    let mut index = index.and_then(|i| text(i).parse::<usize>().ok()).unwrap_or(1).max(1);
    if shell.getopts.word != index {
        shell.getopts = Getopts { word: index, letter: 1 };
    }
    let word = words.get(index - 1).filter(|word| word.len() > 1 && word.starts_with(b"-"));
    let word = match word {
        Some(word) if word != b"--" => word,
        end => {
            index += usize::from(end.is_some());
            shell.assign("OPTIND", None, index.to_string().into_bytes(), false)?;
            shell.assign(&name, None, b"?".to_vec(), false)?;
            return Ok(Exit::FAILURE);
        }
    };
    let letter = word[shell.getopts.letter];
    shell.getopts.letter += 1;
    let mut argument = word.get(shell.getopts.letter..).filter(|rest| !rest.is_empty());
    let at = options.iter().position(|o| *o == letter && letter != b':');
    let wants = at.is_some_and(|at| options.get(at + 1) == Some(&b':'));
    if wants || argument.is_none() {
        index += 1;
        if wants && argument.is_none() {
            argument = words.get(index - 1).map(Vec::as_slice);
            index += usize::from(argument.is_some());
        }
        shell.getopts = Getopts { word: index, letter: 1 };
    }
    let shown = char::from(letter);
    let (found, value): (u8, Option<Bytes>) = match (at, wants, argument) {
        (Some(_), true, Some(argument)) => (letter, Some(argument.to_vec())),
        (Some(_), false, _) => (letter, None),
        (Some(_), true, None) if is_silent => (b':', Some(vec![letter])),
        (None, ..) if is_silent => (b'?', Some(vec![letter])),
        (known, ..) => {
            let why =
                if known.is_some() { "option requires an argument" } else { "illegal option" };
            shell.refuse(Exit::FAILURE, format!("{why} -- {shown}"))?;
            (b'?', None)
        }
    };
    shell.assign("OPTIND", None, index.to_string().into_bytes(), false)?;
    shell.assign(&name, None, vec![found], false)?;
    match value {
        Some(value) => shell.assign("OPTARG", None, value, false)?,
        None => shell.vars.unset("OPTARG"),
    }
    Ok(Exit::OK)
}
