//! The verbs: typed words → target → view → tool.

#[cfg(feature = "engine")]
mod attach;
#[cfg(feature = "engine")]
mod completions;
#[cfg(feature = "engine")]
mod exec;
pub mod helper;
#[cfg(feature = "engine")]
mod inspect;
#[cfg(feature = "engine")]
mod man;
#[cfg(all(feature = "engine", feature = "schema"))]
mod schema;
#[cfg(feature = "engine")]
mod target;
#[cfg(feature = "engine")]
mod tool;

use crate::error::Error;
use crate::exit::Exit;
use std::io::Write;

/// Runs `dbg` with the process's arguments, the program's name first.
#[cfg(feature = "engine")]
pub fn main(args: Vec<std::ffi::OsString>) -> Exit {
    use crate::cli::{Cli, Verb};
    use clap::{CommandFactory, FromArgMatches};
    use std::ffi::OsStr;

    if helper::is_interpreter(&args) {
        return Exit::CANNOT_RUN;
    }
    if let Some(error) = target_of_help(&args) {
        return report("dbg", &error);
    }
    let args = help_first(args);
    let name = args.first().map(OsStr::new).unwrap_or_default();
    if name == crate::enter::STAGE_NAME || helper::is_called_by(name) {
        return helper::main(args);
    }
    if let Some(tools) = helped(&args) {
        return tool::help(&tools).unwrap_or_else(|error| report("dbg", &error));
    }
    if let Some(name) = args.get(1).and_then(|arg| arg.to_str())
        && let Some(tool) = crate::tools::find(name)
    {
        return tool::run(tool, tool.called(name), args[2..].to_vec());
    }
    let command = Cli::command().subcommands(tool::listed());
    let parsed = command.try_get_matches_from(args).and_then(|m| Cli::from_arg_matches(&m));
    let result = match parsed {
        Ok(Cli { verb: Verb::Attach(args) }) => attach::run(args),
        Ok(Cli { verb: Verb::Exec(args) }) => exec::run(args),
        Ok(Cli { verb: Verb::Inspect(args) }) => inspect::run(args),
        #[cfg(feature = "schema")]
        Ok(Cli { verb: Verb::Schema(args) }) => schema::run(args),
        Ok(Cli { verb: Verb::Completions(args) }) => completions::run(args),
        Ok(Cli { verb: Verb::ManPages(args) }) => man::run(args),
        Err(error) => return usage(&error),
    };
    result.unwrap_or_else(|error| report("dbg", &error))
}

/// `dbg help VERB` is `dbg VERB --help`, as with other tools that have verbs; `dbg help` alone is `dbg --help`.
#[cfg(feature = "engine")]
fn help_first(mut args: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    if helped(&args).is_none() && args.get(1).is_some_and(is_help) {
        args.remove(1);
        if !args.get(1).is_some_and(|arg| arg.to_string_lossy().starts_with('-')) {
            args.truncate(2);
            args.push("--help".into());
        }
    }
    args
}

/// What is wrong with `dbg help TARGET TOOL`: where a tool runs, its target comes first, and help has none.
#[cfg(feature = "engine")]
fn target_of_help(args: &[std::ffi::OsString]) -> Option<Error> {
    use clap::CommandFactory;
    let [_, verb, word, tools @ ..] = args else { return None };
    let tool = |word: &std::ffi::OsString| crate::tools::find(word.to_str()?);
    let is_verb = || crate::cli::Cli::command().find_subcommand(word).is_some();
    let wanted = tool(tools.first().filter(|_| is_help(verb))?)?;
    if tool(word).is_some() || word.as_encoded_bytes().starts_with(b"-") || is_verb() {
        return None;
    }
    let why = format!("{} is no tool, and help takes no target", crate::output::quote(word));
    Some(Error::usage(why).hint(format!("dbg {} {}", verb.display(), wanted.name)))
}

/// The tools that `dbg help TOOL…` asks for, which takes no target.
#[cfg(feature = "engine")]
fn helped(args: &[std::ffi::OsString]) -> Option<Vec<&'static crate::tools::Tool>> {
    let names = args.get(2..).filter(|names| !names.is_empty() && is_help(&args[1]))?;
    names.iter().map(|name| crate::tools::find(name.to_str()?)).collect()
}

#[cfg(feature = "engine")]
fn is_help(word: &std::ffi::OsString) -> bool {
    word == "help" || word == "man"
}

/// Prints what clap has to say on the process's own streams.
#[cfg(feature = "engine")]
fn usage(error: &clap::Error) -> Exit {
    match crate::output::Io::of_process("dbg") {
        Ok(mut io) => crate::tools::print_usage(error, &mut io),
        Err(error) => report("dbg", &error),
    }
}

/// Prints a failure and its hint on stderr, and gives its exit code: the one place where errors of verbs end.
fn report(name: &str, error: &Error) -> Exit {
    if error.is_broken_pipe() {
        return Exit::signal(libc::SIGPIPE);
    }
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "{name}: {error}");
    if let Some(hint) = error.hint_text() {
        let _ = writeln!(stderr, "{name}: hint: {hint}");
    }
    error.exit_code()
}
