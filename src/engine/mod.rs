//! Engines: a name → a [`Target`]. Every client and the runtime it needs live here and are gone when a name is
//! resolved, because what comes next needs a process with one thread.

mod answer;
mod docker;
mod endpoint;
mod near;
mod process;
mod time;

use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::view::Target;
use answer::Asked;
use endpoint::Environment;
use std::str::FromStr;

/// What the operator typed to name a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// A name, an id or the beginning of an id, of whatever engine has it.
    Any(String),
    /// The same, of Docker: `docker://web`.
    Docker(String),
    /// A process of this machine: `pid://4711`.
    Pid(i32),
}

impl FromStr for Spec {
    type Err = Error;

    /// Fails as wrong usage on an unknown scheme, and on what can be no name or no PID.
    fn from_str(text: &str) -> Result<Spec> {
        match text.split_once("://") {
            None => Ok(Spec::Any(container_name(text, text)?)),
            Some(("docker", name)) => Ok(Spec::Docker(container_name(text, name)?)),
            Some(("pid", number)) => match number.parse() {
                Ok(pid) if pid > 0 => Ok(Spec::Pid(pid)),
                _ => Err(Error::usage(format!("{}: not a process id", shown(text)))
                    .hint("a process is pid://N, where N is a whole number from 1")),
            },
            Some((scheme, _)) => {
                Err(Error::usage(format!("{}: unknown scheme {}", shown(text), shown(scheme)))
                    .hint("a target is NAME, an ID or its beginning, docker://NAME or pid://N"))
            }
        }
    }
}

/// A name as Docker allows them. Anything else is refused here: it would become part of a request's path.
fn container_name(typed: &str, name: &str) -> Result<String> {
    // `docker inspect` shows names with a slash in front.
    let name = name.strip_prefix('/').unwrap_or(name);
    if name.is_empty() {
        return Err(Error::usage(format!("{}: no name given", shown(typed))));
    }
    let first = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if first && rest {
        return Ok(name.to_owned());
    }
    Err(Error::usage(format!("{}: not a container's name or id", shown(typed)))
        .hint("names consist of letters, digits, `_`, `.` and `-`"))
}

/// Finds the target that `spec` names: in one request to each engine, each answered within 2 s or given up.
///
/// A container that does not run is a target without a PID. Fails, with exit code 125, when nothing or several things have
/// the name, or no engine answers. No thread and no
/// descriptor of a client is left behind.
pub fn resolve(spec: &Spec) -> Result<Target> {
    let environment: &Environment = &|name| std::env::var_os(name);
    match spec {
        Spec::Pid(pid) => process::target(*pid),
        Spec::Docker(name) => find(environment, name, false),
        Spec::Any(name) => find(environment, name, true),
    }
    .map_err(error_of_dbg)
}

fn find(environment: &Environment, name: &str, any: bool) -> Result<Target> {
    let endpoints = endpoint::find(environment)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context(|| "starting the engine client")?;
    let asked: Vec<Asked> = runtime.block_on(futures_util::future::join_all(
        endpoints.into_iter().map(|endpoint| docker::ask(endpoint, name)),
    ));
    drop(runtime);
    answer::choose(name, any, asked)
}

/// dbg itself failed, unless the words typed were wrong.
fn error_of_dbg(error: Error) -> Error {
    if error.exit_code() == Exit::USAGE { error } else { error.exit(Exit::DBG) }
}

/// Words of the operator or of an engine, safe inside a sentence.
fn shown(text: &str) -> String {
    crate::output::quote(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = text.parse::<Spec>().unwrap_err();
        assert_eq!(error.exit_code(), Exit::USAGE);
        format!("{error}; {}", error.hint_text().unwrap_or_default())
    }

    #[test]
    fn a_name_an_id_and_a_scheme_are_told_apart() {
        assert_eq!("web".parse::<Spec>().unwrap(), Spec::Any("web".into()));
        assert_eq!("/web".parse::<Spec>().unwrap(), Spec::Any("web".into()));
        assert_eq!(
            "docker:///web_1.x-y".parse::<Spec>().unwrap(),
            Spec::Docker("web_1.x-y".into())
        );
        assert_eq!("pid://4711".parse::<Spec>().unwrap(), Spec::Pid(4711));
    }

    #[test]
    fn an_unknown_scheme_lists_those_there_are() {
        let text = refused("podman://web");
        assert!(text.contains("unknown scheme podman"), "{text}");
        assert!(text.contains("docker://NAME") && text.contains("pid://N"), "{text}");
    }

    #[test]
    fn what_can_be_no_pid_is_refused() {
        for text in ["pid://", "pid://0", "pid://-1", "pid://x", "pid://99999999999", "pid://1/.."]
        {
            assert!(refused(text).contains("not a process id"), "{text}");
        }
    }

    #[test]
    fn a_name_never_becomes_a_path_or_an_escape() {
        for text in ["a/b", "../x", "..", "a?b", "a#b", "a%2fb", "web\u{1b}[31m", "docker://a b"] {
            let told = refused(text);
            assert!(told.contains("not a container's name"), "{told}");
            assert!(!told.contains('\u{1b}'), "{told:?}");
        }
        for text in ["", "/", "docker://", "docker:///"] {
            assert!(refused(text).contains("no name given"), "{text:?}");
        }
    }
}
