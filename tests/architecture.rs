//! Holds the table of rooms in `src/lib.rs`: who may use whom, where unsafe and tokio may stand.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may use. Everybody may use `error` and `exit`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("cli", &[]),
    ("commands", &["cli", "engine", "view", "enter", "shell", "tools", "output"]),
    ("engine", &["view", "output"]),
    ("view", &["sys", "output"]),
    ("enter", &["view", "sys", "output"]),
    ("shell", &["tools", "enter", "view", "output", "sys"]),
    ("tools", &["view", "output", "sys"]),
    ("output", &["sys"]),
    ("sys", &[]),
];

/// Crates that only `engine` may name: they stay out of the helper.
const ENGINE_ONLY: &[&str] = &["tokio", "bollard", "futures_util"];

fn sources() -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&src).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 20, "the sources were found");
    found
}

/// The room a file belongs to, as its first folder or its own name says.
fn room(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The code without comments, so that prose may name any room.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The rooms that a file names as `crate::room`.
fn used(path: &Path, text: &str) -> BTreeSet<String> {
    let code = code(text);
    assert!(!code.contains("crate::{"), "{}: one `use crate::room…` a line", path.display());
    code.match_indices("crate::")
        .map(|(at, found)| {
            let rest = code[at + found.len()..].chars();
            rest.take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        })
        .collect()
}

#[test]
fn rooms_use_only_the_rooms_they_may() {
    let rooms: BTreeSet<&str> = MAY_USE.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = room(&path);
        let Some((_, allowed)) = MAY_USE.iter().find(|(room, _)| *room == own) else { continue };
        for other in used(&path, &text) {
            if rooms.contains(other.as_str()) && other != own && !allowed.contains(&other.as_str())
            {
                wrong.push(format!("{} uses {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "against the table in src/lib.rs: {wrong:#?}");
}

#[test]
fn the_engine_takes_only_what_describes_a_target_from_the_view() {
    for (path, text) in sources().into_iter().filter(|(path, _)| room(path) == "engine") {
        let code = code(&text);
        for (at, found) in code.match_indices("view::") {
            let name: String = code[at + found.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '{' | ',' | ' ' | '}'))
                .collect();
            let names = name.split(['{', ',', ' ', '}']).filter(|name| !name.is_empty());
            for name in names {
                assert!(
                    ["Target", "Container"].contains(&name),
                    "{}: view::{name}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn clients_are_named_in_the_engine_alone() {
    for (path, text) in sources() {
        if room(&path) == "engine" {
            continue;
        }
        for name in ENGINE_ONLY {
            assert!(!code(&text).contains(&format!("{name}::")), "{}: {name}", path.display());
        }
    }
}

#[test]
fn unsafe_code_is_in_sys_alone_and_each_block_says_why_it_is_sound() {
    for (path, text) in sources() {
        let is_sys = room(&path) == "sys";
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let line = line.split("//").next().unwrap_or("");
            if !line.contains("unsafe {")
                && !line.contains("unsafe fn")
                && !line.contains("unsafe impl")
            {
                continue;
            }
            let place = format!("{}:{}", path.display(), number + 1);
            assert!(is_sys, "unsafe outside src/sys: {place}");
            let said =
                lines[number.saturating_sub(6)..=number].iter().any(|l| l.contains("SAFETY:"));
            assert!(said, "no SAFETY comment: {place}");
        }
    }
}

#[test]
fn entry_points_stay_small() {
    for (path, limit) in [("main.rs", 60), ("bin/dbg-helper.rs", 40)] {
        let (_, text) = sources().into_iter().find(|(p, _)| p == Path::new(path)).unwrap();
        let lines = text.lines().count();
        assert!(lines <= limit, "{path}: {lines} lines, at most {limit}");
    }
}
