//! `set`, `shopt`, `shift`, `umask`.

use super::{Call, text};
use crate::exit::Exit;
use crate::output::order;
use crate::output::visible;
use crate::shell::expand::quote;
use crate::shell::options::{SET, SHOPT};
use crate::shell::vars::{Bytes, Value};
use crate::shell::{Run, Shell};
use nix::sys::stat::{Mode, umask as umask_of};

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
    let quiet = flags.contains(&'q');
    let line = |name: &str, is_on: bool| match flags.contains(&'p') {
        true => format!("shopt -{} {name}\n", if is_on { 's' } else { 'u' }),
        false => format!("{name:<15}\t{}\n", if is_on { "on" } else { "off" }),
    };
    let mut exit = Exit::OK;
    let mut lines = String::new();
    for name in names {
        let name = text(name).into_owned();
        let place = SHOPT.iter().find(|(known, _)| *known == name).map(|(_, place)| place);
        let is_on = match place {
            Some(place) if on || off => {
                *place(&mut shell.options) = on;
                continue;
            }
            Some(place) => *place(&mut shell.options),
            // Always on, since the parser takes such patterns anyway.
            None if name == "extglob" && !off => true,
            None => {
                exit = shell.refuse(Exit::FAILURE, format!("shopt: {name} is not supported"))?;
                continue;
            }
        };
        if !is_on {
            exit = Exit::FAILURE;
        }
        if !on && !off && !quiet {
            lines.push_str(&line(&name, is_on));
        }
    }
    if names.is_empty() {
        let mut options = shell.options.clone();
        let mut all: Vec<(&str, bool)> =
            SHOPT.iter().map(|(name, place)| (*name, *place(&mut options))).collect();
        all.push(("extglob", true));
        order::sort(&mut all);
        all.retain(|(_, is_on)| (on == off) || *is_on == on);
        lines = all.iter().map(|(name, is_on)| line(name, *is_on)).collect();
    }
    shell.print(lines.as_bytes())?;
    Ok(exit)
}

/// `umask [-p] [-S] [MODE]`: the bits that new files of dbg and of programs it starts do without.
pub(super) fn umask(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, words) = match shell.flags(call, "pS")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    let Some(word) = words.first() else {
        // Only by setting it can it be asked for.
        let mask = umask_of(Mode::empty());
        umask_of(mask);
        let bits = mask.bits();
        let class = |shift: u32| -> String {
            let letters = [(4, 'r'), (2, 'w'), (1, 'x')];
            letters.iter().filter(|(bit, _)| bits >> shift & bit == 0).map(|(_, c)| c).collect()
        };
        let shown = match flags.contains(&'S') {
            true => format!("u={},g={},o={}", class(6), class(3), class(0)),
            false => format!("{bits:04o}"),
        };
        let prefix = match (flags.contains(&'p'), flags.contains(&'S')) {
            (true, true) => "umask -S ",
            (true, false) => "umask ",
            _ => "",
        };
        return shell.print(format!("{prefix}{shown}\n").as_bytes());
    };
    match u32::from_str_radix(&text(word), 8) {
        Ok(bits @ 0..=0o777) => {
            umask_of(Mode::from_bits_truncate(bits));
            Ok(Exit::OK)
        }
        Ok(_) => shell.refuse(Exit::FAILURE, format!("umask: {}: out of range", text(word))),
        Err(_) => {
            let why = format!("umask: {}: a mode by letters is not supported", visible(word));
            shell.refuse(Exit::FAILURE, why)
        }
    }
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
