//! `set`, `shopt`, `shift`.

use super::{Call, text};
use crate::exit::Exit;
use crate::shell::expand::quote;
use crate::shell::options::{SET, SHOPT};
use crate::shell::vars::{Bytes, Value};
use crate::shell::{Run, Shell};

/// What is always on here, so that it may be asked for.
const ALWAYS: [(char, &str); 2] = [('B', "braceexpand"), ('h', "hashall")];

pub(super) fn set(shell: &mut Shell, call: &Call<'_>) -> Run {
    if call.args.is_empty() {
        return print_variables(shell);
    }
    let mut words = call.args.iter();
    let mut positional = None;
    while let Some(word) = words.next() {
        let (on, letters) = match word.split_first() {
            Some((b'-', b"-")) => {
                positional = Some(words.cloned().collect());
                break;
            }
            Some((b'-', letters)) if !letters.is_empty() => (true, letters),
            Some((b'+', letters)) if !letters.is_empty() => (false, letters),
            _ => {
                positional = Some([word].into_iter().chain(words).cloned().collect());
                break;
            }
        };
        for letter in text(letters).chars() {
            let option = match letter {
                'o' => match words.next() {
                    Some(name) => {
                        let name = text(name).into_owned();
                        if set_named(shell, &name, on) {
                            continue;
                        }
                        return shell.refuse(Exit::USAGE, format!("set: {name} is not supported"));
                    }
                    None => return print_options(shell, on),
                },
                letter => shell.options.lettered(letter),
            };
            match option {
                Some(option) => *option = on,
                None if on && ALWAYS.iter().any(|(known, _)| *known == letter) => {}
                None => {
                    return shell.refuse(Exit::USAGE, format!("set: -{letter} is not supported"));
                }
            }
        }
    }
    if let Some(args) = positional {
        shell.args = args;
    }
    Ok(Exit::OK)
}

fn set_named(shell: &mut Shell, name: &str, on: bool) -> bool {
    match shell.options.named(name) {
        Some(option) => {
            *option = on;
            true
        }
        None => on && ALWAYS.iter().any(|(_, known)| *known == name),
    }
}

fn print_options(shell: &mut Shell, as_table: bool) -> Run {
    let mut options = shell.options.clone();
    let lines = SET.iter().map(|(_, name, place)| match (as_table, *place(&mut options)) {
        (true, on) => format!("{name:<15}\t{}\n", if on { "on" } else { "off" }),
        (false, on) => format!("set {}o {name}\n", if on { '-' } else { '+' }),
    });
    let lines: String = lines.collect();
    shell.print(lines.as_bytes())
}

fn print_variables(shell: &mut Shell) -> Run {
    let mut out = Bytes::new();
    for name in shell.vars.names() {
        match shell.vars.value(name) {
            Some(Value::Scalar(value)) => {
                out.extend([name.as_bytes(), b"=", &quote::shell_word(value), b"\n"].concat());
            }
            Some(_) => {
                let declaration = shell.declaration(name);
                let start = declaration.windows(2).position(|w| w == b"=(").unwrap_or(0);
                out.extend([name.as_bytes(), &declaration[start..], b"\n"].concat());
            }
            None => {}
        }
    }
    shell.print(&out)
}

pub(super) fn shopt(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, names) = match shell.flags(call, "sqpu")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    let (on, off) = (flags.contains(&'s'), flags.contains(&'u'));
    let mut exit = Exit::OK;
    for name in names {
        let name = text(name).into_owned();
        let place = SHOPT.iter().find(|(known, _)| *known == name).map(|(_, place)| place);
        match place {
            Some(place) if on || off => *place(&mut shell.options) = on,
            Some(place) if !*place(&mut shell.options) => exit = Exit::FAILURE,
            Some(_) => {}
            // Always on, since the parser takes such patterns anyway.
            None if name == "extglob" && !off => {}
            None => {
                exit = shell.refuse(Exit::FAILURE, format!("shopt: {name} is not supported"))?
            }
        }
    }
    if !names.is_empty() {
        return Ok(exit);
    }
    let mut options = shell.options.clone();
    let lines = SHOPT.iter().map(|(name, place)| {
        format!("{name:<15}\t{}\n", if *place(&mut options) { "on" } else { "off" })
    });
    let lines: String = lines.collect();
    shell.print(lines.as_bytes())
}

pub(super) fn shift(shell: &mut Shell, call: &Call<'_>) -> Run {
    let count = match call.args.first().map(|word| text(word).parse::<usize>()) {
        None => 1,
        Some(Ok(count)) => count,
        Some(Err(_)) => return shell.refuse(Exit::FAILURE, "shift: numeric argument required"),
    };
    if count > shell.args.len() {
        return Ok(Exit::FAILURE);
    }
    shell.args.drain(..count);
    Ok(Exit::OK)
}
