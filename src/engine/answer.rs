//! What engines said, and which target that means.

use super::near::near;
use super::{process, shown};
use crate::error::{Error, Result};
use crate::output::order;
use crate::view::Target;

/// With at most this many running containers, a hint lists all of them.
const FEW: usize = 8;

/// One engine and its answer.
#[derive(Debug)]
pub(super) struct Asked {
    /// The engine's address, safe to show.
    pub(super) endpoint: String,
    pub(super) answer: Result<Answer>,
}

/// What an engine knows of a name.
#[derive(Debug)]
pub(super) enum Answer {
    Found(Box<Target>),
    /// Several ids begin with it.
    Several(Vec<Named>),
    /// Nothing has it; these are the containers that there are.
    None(Vec<Named>),
}

/// A container in a list.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) runs: bool,
}

/// The one target in all answers. `any`: whether the name might as well be meant for something that is no container.
pub(super) fn choose(name: &str, any: bool, asked: Vec<Asked>) -> Result<Target> {
    let mut found: Vec<Target> = Vec::new();
    let mut several: Vec<Named> = Vec::new();
    let mut listed: Vec<Named> = Vec::new();
    let mut missed: Vec<String> = Vec::new();
    let mut failed: Vec<Error> = Vec::new();
    for Asked { endpoint, answer } in asked {
        match answer {
            // Two sockets may lead to one engine.
            Ok(Answer::Found(target)) if found.iter().any(|f| f.uri == target.uri) => {}
            Ok(Answer::Found(target)) => found.push(*target),
            Ok(Answer::Several(named)) => several.extend(named),
            Ok(Answer::None(named)) => {
                missed.push(format!("docker at {endpoint}"));
                listed.extend(named);
            }
            Err(error) => failed.push(error),
        }
    }
    if found.len() + several.len() > 1 {
        return Err(ambiguous(name, &found, &several));
    }
    if let Some(found) = found.pop() {
        return Ok(found);
    }
    let error = nothing(name, &missed, failed);
    Err(match hint(name, any, &listed) {
        Some(hint) => error.hint(hint),
        None => error,
    })
}

fn nothing(name: &str, missed: &[String], mut failed: Vec<Error>) -> Error {
    if missed.is_empty() && failed.len() == 1 {
        return failed.remove(0);
    }
    let mut texts: Vec<String> = failed.iter().map(Error::to_string).collect();
    if !missed.is_empty() {
        texts.insert(0, format!("no container named '{name}' ({})", missed.join(", ")));
    }
    let error = Error::new(texts.join("; "));
    match failed.iter().find_map(Error::hint_text) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn ambiguous(name: &str, found: &[Target], several: &[Named]) -> Error {
    let mut lines: Vec<String> = several
        .iter()
        .map(|named| format!("docker://{}  {}", named.id, shown(&named.name)))
        .collect();
    lines.extend(found.iter().map(|target| {
        let endpoint = target.container.as_ref().map_or("", |container| &container.endpoint);
        format!("{}  {} (docker at {endpoint})", target.uri, target.label)
    }));
    Error::new(format!(
        "'{name}' is the name or the beginning of the id of {} containers",
        lines.len()
    ))
    .hint(format!("name one by its whole id:\n{}", lines.join("\n")))
}

/// What somebody who typed `name` may have meant.
fn hint(name: &str, any: bool, listed: &[Named]) -> Option<String> {
    if any
        && let Ok(pid) = name.parse()
        && pid > 0
        && process::exists(pid)
    {
        return Some(format!("there is a process of that number: pid://{pid}"));
    }
    let near = near(name, listed.iter().map(|named| named.name.as_str()));
    match near.into_iter().map(shown).collect::<Vec<_>>().as_slice() {
        [one] => return Some(format!("did you mean {one}?")),
        [rest @ .., last] => return Some(format!("did you mean {} or {last}?", rest.join(", "))),
        [] => {}
    }
    let mut running: Vec<String> =
        listed.iter().filter(|named| named.runs).map(|named| shown(&named.name)).collect();
    order::sort(&mut running);
    (1..=FEW).contains(&running.len()).then(|| format!("running: {}", running.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: char, name: &str) -> Named {
        Named { id: id.to_string().repeat(64), name: name.into(), runs: true }
    }

    fn target(id: char) -> Answer {
        let uri = format!("docker://{}", id.to_string().repeat(64));
        Answer::Found(Box::new(Target { label: "web".into(), uri, ..Target::default() }))
    }

    fn ask(name: &str, answers: Vec<Result<Answer>>) -> Result<Target> {
        let asked = answers.into_iter().enumerate().map(|(n, answer)| Asked {
            endpoint: format!("unix:///{n}"),
            answer: answer.map_err(|e| e.context(format!("docker at unix:///{n}"))),
        });
        choose(name, true, asked.collect())
    }

    fn told(name: &str, answers: Vec<Result<Answer>>) -> (String, String) {
        let error = ask(name, answers).unwrap_err();
        (error.to_string(), error.hint_text().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_name_on_two_engines_lists_both_by_what_means_one() {
        let (text, hint) = told("web", vec![Ok(target('a')), Ok(target('b'))]);
        assert!(text.contains("2 containers"), "{text}");
        for id in ['a', 'b'] {
            let uri = format!("docker://{}  web", id.to_string().repeat(64));
            assert!(hint.contains(&uri), "{hint}");
        }
    }

    #[test]
    fn one_engine_by_two_sockets_is_one() {
        let found = ask("web", vec![Ok(target('a')), Ok(target('a'))]).unwrap();
        assert_eq!(found.uri, format!("docker://{}", "a".repeat(64)));
    }

    #[test]
    fn an_engine_that_fails_hides_no_other_s_container() {
        let found = ask("web", vec![Err(Error::new("hangs")), Ok(target('a'))]).unwrap();
        assert_eq!(found.uri, format!("docker://{}", "a".repeat(64)));
    }

    #[test]
    fn an_engine_that_fails_is_told_beside_one_that_knows_nothing() {
        let (text, hint) = told(
            "weeb",
            vec![
                Err(Error::new("permission denied").hint("sudo")),
                Ok(Answer::None(vec![named('a', "db")])),
            ],
        );
        assert_eq!(
            text,
            "no container named 'weeb' (docker at unix:///1); docker at unix:///0: permission denied"
        );
        assert_eq!(hint, "running: db");
        let (text, hint) =
            told("weeb", vec![Err(Error::new("refused")), Err(Error::new("denied").hint("sudo"))]);
        assert_eq!(text, "docker at unix:///0: refused; docker at unix:///1: denied");
        assert_eq!(hint, "sudo");
    }

    #[test]
    fn the_hint_of_a_miss_is_near_names_else_what_runs_else_a_process() {
        let list = || Answer::None(vec![named('a', "web"), named('b', "d\u{1b}b")]);
        assert_eq!(told("weeb", vec![Ok(list())]).1, "did you mean web?");
        assert_eq!(told("cache", vec![Ok(list())]).1, "running: 'd\\x1bb', web");
        assert_eq!(told("1", vec![Ok(list())]).1, "there is a process of that number: pid://1");
        assert_eq!(told("0", vec![Ok(list())]).1, "running: 'd\\x1bb', web");
    }

    #[test]
    fn an_id_that_several_begin_with_lists_them() {
        let several = vec![named('a', "web"), named('b', "db")];
        let (text, hint) = told("a", vec![Ok(Answer::Several(several))]);
        assert!(text.contains("2 containers"), "{text}");
        assert!(hint.contains(&format!("docker://{}  db", "b".repeat(64))), "{hint}");
    }
}
