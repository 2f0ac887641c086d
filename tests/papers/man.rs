//! The man pages.

use crate::common::cli::{dbg, output, stderr, stdout};
use crate::common::skip::skip;
use dbg::tools::REGISTRY;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The pages, made in a folder that is not there yet.
fn pages() -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man/man1");
    let out = output(&mut dbg(&["man-pages", dir.to_str().unwrap()]));
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    let pages: Vec<PathBuf> = stdout(&out).lines().map(PathBuf::from).collect();
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), pages.len());
    (folder, pages)
}

/// `page` as man shows it, on wide paper.
fn shown(page: &Path) -> Option<String> {
    let mut groff = Command::new("groff");
    groff.args(["-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=300n"]).arg(page);
    let out = groff.output().ok()?;
    assert!(out.status.success() && out.stderr.is_empty(), "{}: {}", page.display(), stderr(&out));
    Some(stdout(&out))
}

#[test]
fn there_is_a_page_of_dbg_of_each_verb_and_of_each_tool() {
    let (folder, pages) = pages();
    let dir = folder.path().join("man/man1");
    let tools = REGISTRY.iter().map(|tool| format!("dbg-{}.1", tool.name));
    let verbs = ["dbg.1", "dbg-attach.1", "dbg-exec.1", "dbg-inspect.1", "dbg-schema.1"];
    for name in verbs.into_iter().map(str::to_owned).chain(tools) {
        assert!(pages.contains(&dir.join(&name)), "{name}");
        assert!(
            std::fs::read_to_string(dir.join(&name)).unwrap().contains(".SH EXAMPLES"),
            "{name}"
        );
    }
    assert!(!pages.contains(&dir.join("dbg-man-pages.1")), "a hidden verb");
}

#[test]
fn groff_and_mandoc_find_no_fault_in_any_page() {
    let (_folder, pages) = pages();
    for page in &pages {
        let Some(text) = shown(page) else { return skip("groff is not installed") };
        assert!(text.contains("NAME") && text.contains("SYNOPSIS"), "{text}");
    }
    let mut mandoc = Command::new("mandoc");
    mandoc.args(["-Tlint", "-Werror"]).args(&pages);
    match mandoc.output() {
        Ok(out) => assert!(out.status.success(), "{}", stdout(&out)),
        Err(_) => skip("optional: mandoc is not installed"),
    }
}

#[test]
fn examples_and_options_of_a_page_read_as_they_are_typed() {
    let (folder, _) = pages();
    for tool in REGISTRY {
        let page = folder.path().join(format!("man/man1/dbg-{}.1", tool.name));
        let Some(text) = shown(&page) else { return skip("groff is not installed") };
        for (line, purpose) in tool.examples {
            assert!(text.contains(line), "{}: {line}: {text}", tool.name);
            assert!(text.contains(purpose), "{}: {purpose}: {text}", tool.name);
        }
        assert!(text.contains("--help"), "{}", tool.name);
        assert!(text.contains(&format!("dbg-{}", tool.name)), "{}", tool.name);
    }
}
