//! `declare`, `local`, `export`, `readonly`, `unset`.

use super::{Call, text};
use crate::exit::Exit;
use crate::output::order;
use crate::output::visible;
use crate::shell::vars::{Bytes, Case, Key, Value, Var, is_name};
use crate::shell::{Run, Shell};
use brush_parser::ast::Assignment;
use std::collections::BTreeMap;

/// What `declare` is told by its flags.
#[derive(Clone, Debug, Default)]
struct Wanted {
    /// Letters after `-` and after `+`.
    on: String,
    off: String,
}

pub(super) fn declare(shell: &mut Shell, call: &Call<'_>) -> Run {
    let is_local = shell.depth.functions > 0;
    declare_in(shell, call, is_local, "")
}

pub(super) fn local(shell: &mut Shell, call: &Call<'_>) -> Run {
    if shell.depth.functions == 0 {
        return shell.refuse(Exit::FAILURE, "local: only meaningful in a function");
    }
    declare_in(shell, call, true, "")
}

pub(super) fn export(shell: &mut Shell, call: &Call<'_>) -> Run {
    declare_in(shell, call, false, "x")
}

pub(super) fn readonly(shell: &mut Shell, call: &Call<'_>) -> Run {
    declare_in(shell, call, false, "r")
}

fn declare_in(shell: &mut Shell, call: &Call<'_>, is_local: bool, always: &str) -> Run {
    let mut wanted = Wanted { on: always.to_owned(), off: String::new() };
    let mut rest = call.args;
    while let Some((first, after)) = rest.split_first() {
        let letters = text(first.get(1..).unwrap_or_default()).into_owned();
        match first.first() {
            Some(b'-') if letters == "-" => {
                rest = after;
                break;
            }
            Some(b'-') if !letters.is_empty() => wanted.on.push_str(&letters),
            Some(b'+') if !letters.is_empty() => wanted.off.push_str(&letters),
            _ => break,
        }
        rest = after;
    }
    if let Some(bad) =
        wanted.on.chars().chain(wanted.off.chars()).find(|c| !"aAfFgilnprux".contains(*c))
    {
        return shell.refuse(Exit::USAGE, format!("{}: -{bad}: invalid option", call.name));
    }
    // `export -n` takes the mark away; elsewhere it means a name reference.
    if call.name == "export" && wanted.on.contains('n') {
        wanted = Wanted { on: String::new(), off: "x".into() };
    }
    if wanted.on.contains('n') {
        return shell
            .refuse(Exit::USAGE, format!("{} -n: name references are not supported", call.name));
    }
    if wanted.on.contains(['f', 'F']) {
        return functions(shell, rest, &wanted);
    }
    if rest.is_empty() || wanted.on.contains('p') {
        return list(shell, call, rest, &wanted);
    }
    let is_local = is_local && !wanted.on.contains('g');
    let mut exit = Exit::OK;
    for word in rest {
        if !declare_one(shell, call, word, is_local, &wanted)? {
            exit = Exit::FAILURE;
        }
    }
    Ok(exit)
}

fn declare_one(
    shell: &mut Shell,
    call: &Call<'_>,
    word: &[u8],
    is_local: bool,
    wanted: &Wanted,
) -> Run<bool> {
    let equals = word.iter().position(|b| *b == b'=');
    let (name, value) = match equals {
        Some(at) => (&word[..at], Some(word[at + 1..].to_vec())),
        None => (word, None),
    };
    let (name, append) = match name.strip_suffix(b"+").filter(|_| value.is_some()) {
        Some(name) => (name, true),
        None => (name, false),
    };
    let is_element = matches!(name.split(|b| *b == b'[').next(), Some(base) if base.len() < name.len()
        && name.ends_with(b"]") && is_name(base));
    if is_element {
        return declare_element(
            shell,
            call,
            &text(name),
            value.unwrap_or_default(),
            is_local,
            wanted,
        );
    }
    if !is_name(name) {
        let why = format!("{}: '{}': not a valid identifier", call.name, visible(word));
        return shell.refuse(Exit::FAILURE, why).map(|_| false);
    }
    let name = text(name).into_owned();
    let is_set = value.is_some() || array_of(call.declared, &name).is_some();
    if is_set && shell.vars.get(&name).is_some_and(|var| var.readonly) {
        let why = format!("{}: {name}: readonly variable", call.name);
        return shell.refuse(Exit::FAILURE, why).map(|_| false);
    }
    if is_local {
        shell.vars.shadow(&name);
    }
    wanted.apply(shell.vars.entry(&name));
    if let Some(assignment) = array_of(call.declared, &name) {
        shell.assignment(assignment)?;
    } else if let Some(value) = value {
        shell.assign(&name, None, value, append)?;
    }
    // Only now, or the value given with it could not be set.
    shell.vars.entry(&name).readonly |= wanted.on.contains('r');
    Ok(true)
}

/// `declare 'a[1]=x'`: the array is made when there is none.
fn declare_element(
    shell: &mut Shell,
    call: &Call<'_>,
    target: &str,
    value: Bytes,
    is_local: bool,
    wanted: &Wanted,
) -> Run<bool> {
    let base = target.split('[').next().unwrap_or_default();
    if shell.vars.get(base).is_some_and(|var| var.readonly) {
        let why = format!("{}: {base}: readonly variable", call.name);
        return shell.refuse(Exit::FAILURE, why).map(|_| false);
    }
    if is_local {
        shell.vars.shadow(base);
    }
    wanted.apply(shell.vars.entry(base));
    shell.assign_written(target, value)
}

fn array_of<'a>(declared: &[&'a Assignment], name: &str) -> Option<&'a Assignment> {
    declared.iter().find(|assignment| assignment.name.to_string() == name).copied()
}

impl Wanted {
    fn apply(&self, var: &mut Var) {
        let set = |flag: &mut bool, letter: char| {
            *flag = (*flag || self.on.contains(letter)) && !self.off.contains(letter);
        };
        set(&mut var.exported, 'x');
        set(&mut var.integer, 'i');
        for (letter, case) in [('l', Case::Lower), ('u', Case::Upper)] {
            if self.on.contains(letter) {
                var.case = Some(case);
            } else if self.off.contains(letter) && var.case == Some(case) {
                var.case = None;
            }
        }
        if self.on.contains('A') && !matches!(var.value, Some(Value::Assoc(_))) {
            var.value = Some(Value::Assoc(BTreeMap::new()));
        }
        if self.on.contains('a') && !matches!(var.value, Some(Value::Indexed(_))) {
            let old = var.value.as_ref().and_then(Value::scalar).cloned();
            var.value = Some(Value::Indexed(old.map(|old| (0, old)).into_iter().collect()));
        }
    }

    fn covers(&self, attributes: &str) -> bool {
        self.on.chars().filter(|c| *c != 'p').all(|letter| attributes.contains(letter))
    }
}

fn list(shell: &mut Shell, call: &Call<'_>, names: &[Bytes], wanted: &Wanted) -> Run {
    let mut out = Bytes::new();
    let mut exit = Exit::OK;
    for name in names {
        let name = text(name).into_owned();
        if shell.vars.get(&name).is_none() {
            exit = shell.refuse(Exit::FAILURE, format!("{}: {name}: not found", call.name))?;
            continue;
        }
        out.extend(shell.declaration(&name));
        out.push(b'\n');
    }
    if names.is_empty() {
        for name in shell.vars.names() {
            if wanted.covers(&shell.attributes(name)) {
                out.extend(shell.declaration(name));
                out.push(b'\n');
            }
        }
    }
    let printed = shell.print(&out)?;
    Ok(if exit.is_ok() { printed } else { exit })
}

fn functions(shell: &mut Shell, names: &[Bytes], wanted: &Wanted) -> Run {
    let mut all: Vec<String> = match names {
        [] => shell.functions.keys().cloned().collect(),
        names => names.iter().map(|name| text(name).into_owned()).collect(),
    };
    order::sort(&mut all);
    let mut out = String::new();
    for name in &all {
        match shell.functions.get(name) {
            None => return Ok(Exit::FAILURE),
            Some(_) if wanted.on.contains('F') && names.is_empty() => {
                out.push_str(&format!("declare -f {name}\n"));
            }
            Some(_) if wanted.on.contains('F') => out.push_str(&format!("{name}\n")),
            Some(function) => out.push_str(&function.text(name)),
        }
    }
    shell.print(out.as_bytes())
}

pub(super) fn unset(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, names) = match shell.flags(call, "fv")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    let mut exit = Exit::OK;
    for name in names {
        let name = text(name).into_owned();
        if flags.contains(&'f') {
            shell.functions.remove(&name);
            continue;
        }
        let (base, index) = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((base, index)) => (base, Some(index)),
            None => (name.as_str(), None),
        };
        if shell.vars.get(base).is_some_and(|var| var.readonly) {
            exit = shell.refuse(Exit::FAILURE, format!("unset: {base}: readonly variable"))?;
            continue;
        }
        let is_variable = shell.vars.get(base).is_some();
        match index {
            Some("@" | "*") | None if is_variable => shell.vars.unset(base),
            None if !flags.contains(&'v') => drop(shell.functions.remove(base)),
            None => {}
            Some(index) => {
                let key: Key = shell.key(base, index)?;
                if let Some(value) = shell.vars.get_mut(base).and_then(|var| var.value.as_mut()) {
                    value.remove(&key);
                }
            }
        }
    }
    Ok(exit)
}
