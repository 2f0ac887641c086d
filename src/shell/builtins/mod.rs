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
    run: fn(&mut Shell, &Call<'_>) -> Run,
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
    Builtin { name: ".", run: control::source },
    Builtin { name: ":", run: |_, _| Ok(Exit::OK) },
    Builtin { name: "[", run: control::test },
    Builtin { name: "alias", run: names::alias },
    Builtin { name: "bg", run: job::bg },
    Builtin { name: "bind", run: unsupported },
    Builtin { name: "break", run: control::leave_loop },
    Builtin { name: "builtin", run: names::builtin },
    Builtin { name: "caller", run: names::caller },
    Builtin { name: "cd", run: dirs::cd },
    Builtin { name: "command", run: names::command },
    Builtin { name: "compgen", run: unsupported },
    Builtin { name: "complete", run: unsupported },
    Builtin { name: "continue", run: control::leave_loop },
    Builtin { name: "declare", run: declare::declare },
    Builtin { name: "dirs", run: dirs::dirs },
    Builtin { name: "disown", run: job::disown },
    Builtin { name: "echo", run: echo::echo },
    Builtin { name: "enable", run: unsupported },
    Builtin { name: "eval", run: control::eval },
    // Handled before it gets here, since its redirections stay.
    Builtin { name: "exec", run: unsupported },
    Builtin { name: "exit", run: control::exit },
    Builtin { name: "export", run: declare::export },
    Builtin { name: "false", run: |_, _| Ok(Exit::FAILURE) },
    Builtin { name: "fc", run: unsupported },
    Builtin { name: "fg", run: job::fg },
    Builtin { name: "getopts", run: getopts::getopts },
    Builtin { name: "hash", run: names::hash },
    Builtin { name: "history", run: names::history },
    Builtin { name: "jobs", run: job::jobs },
    Builtin { name: "kill", run: job::kill },
    Builtin { name: "let", run: control::let_ },
    Builtin { name: "local", run: declare::local },
    Builtin { name: "logout", run: control::exit },
    Builtin { name: "mapfile", run: mapfile::mapfile },
    Builtin { name: "popd", run: dirs::popd },
    Builtin { name: "printf", run: echo::printf },
    Builtin { name: "pushd", run: dirs::pushd },
    Builtin { name: "pwd", run: dirs::pwd },
    Builtin { name: "read", run: read::read },
    Builtin { name: "readarray", run: mapfile::mapfile },
    Builtin { name: "readonly", run: declare::readonly },
    Builtin { name: "return", run: control::return_ },
    Builtin { name: "select", run: unsupported },
    Builtin { name: "set", run: set::set },
    Builtin { name: "shift", run: set::shift },
    Builtin { name: "shopt", run: set::shopt },
    Builtin { name: "source", run: control::source },
    Builtin { name: "suspend", run: unsupported },
    Builtin { name: "test", run: control::test },
    Builtin { name: "times", run: times },
    Builtin { name: "trap", run: trap::trap },
    Builtin { name: "true", run: |_, _| Ok(Exit::OK) },
    Builtin { name: "type", run: names::type_ },
    Builtin { name: "typeset", run: declare::declare },
    Builtin { name: "ulimit", run: unsupported },
    Builtin { name: "umask", run: set::umask },
    Builtin { name: "unalias", run: names::unalias },
    Builtin { name: "unset", run: declare::unset },
    Builtin { name: "wait", run: job::wait },
];

/// The built-in called `name`.
pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.binary_search_by(|builtin| builtin.name.cmp(name)).ok().map(|i| &BUILTINS[i])
}

/// The names of all that work.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let works = |builtin: &&Builtin| {
        !std::ptr::fn_addr_eq(builtin.run, unsupported as fn(&mut Shell, &Call<'_>) -> Run)
    };
    BUILTINS.iter().filter(works).map(|builtin| builtin.name)
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
        (builtin.run)(self, &Call { args, name: builtin.name, declared, host })
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
