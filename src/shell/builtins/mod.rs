//! The commands that are part of the shell, since they change it.

mod control;
mod declare;
mod dirs;
mod echo;
mod getopts;
mod job;
mod mapfile;
mod names;
mod read;
mod set;
mod trap;

pub(super) use getopts::Getopts;

use super::simple::Host;
use super::vars::Bytes;
use super::{Run, Shell};
use crate::error::Error;
use crate::exit::Exit;
use brush_parser::ast::Assignment;

/// A command of the shell itself.
pub(super) struct Builtin {
    pub name: &'static str,
    /// `None`: known, and not supported.
    run: Option<fn(&mut Shell, &Call<'_>) -> Run>,
}

/// What a built-in was called with.
pub(super) struct Call<'a> {
    /// Its arguments, without its name.
    pub args: &'a [Bytes],
    pub name: &'static str,
    /// Array assignments among its arguments: `declare -a x=(1 2)`.
    declared: &'a [&'a Assignment],
    host: Host,
}

/// The flags given and the operands after them; or the exit code of a mistake that has been told.
type Flags<'a> = Result<(Vec<char>, &'a [Bytes]), Exit>;

/// Every built-in, sorted by name.
static BUILTINS: &[Builtin] = &[
    Builtin { name: ".", run: Some(control::source) },
    Builtin { name: ":", run: Some(|_, _| Ok(Exit::OK)) },
    Builtin { name: "[", run: Some(control::test) },
    Builtin { name: "alias", run: Some(names::alias) },
    Builtin { name: "bg", run: Some(job::bg) },
    Builtin { name: "bind", run: None },
    Builtin { name: "break", run: Some(control::leave_loop) },
    Builtin { name: "builtin", run: Some(names::builtin) },
    Builtin { name: "caller", run: Some(names::caller) },
    Builtin { name: "cd", run: Some(dirs::cd) },
    Builtin { name: "command", run: Some(names::command) },
    Builtin { name: "compgen", run: None },
    Builtin { name: "complete", run: None },
    Builtin { name: "continue", run: Some(control::leave_loop) },
    Builtin { name: "declare", run: Some(declare::declare) },
    Builtin { name: "dirs", run: Some(dirs::dirs) },
    Builtin { name: "disown", run: Some(job::disown) },
    Builtin { name: "echo", run: Some(echo::echo) },
    Builtin { name: "enable", run: None },
    Builtin { name: "eval", run: Some(control::eval) },
    // Handled before it gets here, since its redirections stay.
    Builtin { name: "exec", run: None },
    Builtin { name: "exit", run: Some(control::exit) },
    Builtin { name: "export", run: Some(declare::export) },
    Builtin { name: "false", run: Some(|_, _| Ok(Exit::FAILURE)) },
    Builtin { name: "fc", run: None },
    Builtin { name: "fg", run: Some(job::fg) },
    Builtin { name: "getopts", run: Some(getopts::getopts) },
    Builtin { name: "hash", run: Some(names::hash) },
    Builtin { name: "history", run: Some(names::history) },
    Builtin { name: "jobs", run: Some(job::jobs) },
    Builtin { name: "kill", run: Some(job::kill) },
    Builtin { name: "let", run: Some(control::let_) },
    Builtin { name: "local", run: Some(declare::local) },
    Builtin { name: "logout", run: Some(control::exit) },
    Builtin { name: "mapfile", run: Some(mapfile::mapfile) },
    Builtin { name: "popd", run: Some(dirs::popd) },
    Builtin { name: "printf", run: Some(echo::printf) },
    Builtin { name: "pushd", run: Some(dirs::pushd) },
    Builtin { name: "pwd", run: Some(dirs::pwd) },
    Builtin { name: "read", run: Some(read::read) },
    Builtin { name: "readarray", run: Some(mapfile::mapfile) },
    Builtin { name: "readonly", run: Some(declare::readonly) },
    Builtin { name: "return", run: Some(control::return_) },
    Builtin { name: "select", run: None },
    Builtin { name: "set", run: Some(set::set) },
    Builtin { name: "shift", run: Some(set::shift) },
    Builtin { name: "shopt", run: Some(set::shopt) },
    Builtin { name: "source", run: Some(control::source) },
    Builtin { name: "suspend", run: None },
    Builtin { name: "test", run: Some(control::test) },
    Builtin { name: "times", run: Some(times) },
    Builtin { name: "trap", run: Some(trap::trap) },
    Builtin { name: "true", run: Some(|_, _| Ok(Exit::OK)) },
    Builtin { name: "type", run: Some(names::type_) },
    Builtin { name: "typeset", run: Some(declare::declare) },
    Builtin { name: "ulimit", run: None },
    Builtin { name: "umask", run: Some(set::umask) },
    Builtin { name: "unalias", run: Some(names::unalias) },
    Builtin { name: "unset", run: Some(declare::unset) },
    Builtin { name: "wait", run: Some(job::wait) },
];

/// The built-in called `name`.
pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.binary_search_by(|builtin| builtin.name.cmp(name)).ok().map(|i| &BUILTINS[i])
}

/// The names of all that work.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().filter(|builtin| builtin.run.is_some()).map(|builtin| builtin.name)
}

impl Shell {
    pub(super) fn builtin(
        &mut self,
        builtin: &'static Builtin,
        argv: &[Bytes],
        declared: &[&Assignment],
        host: Host,
    ) -> Run {
        let args = argv.get(1..).unwrap_or_default();
        builtin.run.unwrap_or(unsupported)(self, &Call { args, name: builtin.name, declared, host })
    }

    /// The single letters before the operands, each one of `known`; `--` ends them. Exit code 2 else.
    fn flags<'a>(&self, call: &Call<'a>, known: &str) -> Run<Flags<'a>> {
        let mut flags = Vec::new();
        let mut rest = call.args;
        while let Some((first, after)) = rest.split_first() {
            let Some(letters) = first.strip_prefix(b"-").filter(|letters| !letters.is_empty())
            else {
                break;
            };
            if letters == b"-" {
                rest = after;
                break;
            }
            for letter in String::from_utf8_lossy(letters).chars() {
                if !known.contains(letter) {
                    let text = format!("{}: -{letter}: invalid option", call.name);
                    return self.refuse(Exit::USAGE, text).map(Err);
                }
                flags.push(letter);
            }
            rest = after;
        }
        Ok(Ok((flags, rest)))
    }
}

fn unsupported(shell: &mut Shell, call: &Call<'_>) -> Run {
    let error = Error::new(format!("{} is not supported", call.name)).exit(Exit::USAGE);
    shell.report(&match call.name {
        "ulimit" => error.hint("the tool limits shows those of the target's processes"),
        _ => error,
    })
}

fn times(shell: &mut Shell, _: &Call<'_>) -> Run {
    shell.print(super::times::both().as_bytes())
}

/// An argument as text: what is no UTF-8 is no name, number or option either.
fn text(word: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_each_name_is_found() {
        assert!(BUILTINS.is_sorted_by_key(|builtin| builtin.name));
        assert!(names().all(|name| find(name).is_some()) && find("nosuch").is_none());
        assert!(names().all(|name| name != "ulimit"));
    }
}
