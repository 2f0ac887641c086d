//! `dbg help TOOL` without a target.

use crate::common::cli::{dbg, output, stderr, stdout};
use dbg::tools::REGISTRY;

fn page(words: &[&str]) -> String {
    let out = output(&mut dbg(words));
    assert_eq!(out.status.code(), Some(0), "{words:?}: {}", stderr(&out));
    stdout(&out)
}

#[test]
fn the_page_of_a_tool_takes_no_target_and_names_where_the_target_goes() {
    for word in ["help", "man"] {
        let page = page(&[word, "ls"]);
        assert!(
            page.starts_with("ls - List directories\n\nUsage: dbg ls TARGET [OPTIONS]"),
            "{page}"
        );
    }
}

#[test]
fn the_page_has_what_one_needs_to_use_the_tool() {
    for tool in REGISTRY {
        let page = page(&["help", tool.name]);
        for heading in
            ["Usage: dbg ", "\nNeeds:\n", "\nExamples:\n", "\nJSON:\n", "\nExit codes:\n"]
        {
            assert!(page.contains(heading), "{}: {heading}: {page}", tool.name);
        }
        for (line, purpose) in tool.examples {
            assert!(page.contains(&format!("  {line}\n          {purpose}\n")), "{page}");
        }
        let names = [&[tool.name], tool.aliases].concat().join(", ");
        assert!(page.starts_with(&format!("{names} - {}\n", tool.summary)), "{page}");
    }
}

#[test]
fn an_alias_has_the_page_of_its_tool_and_several_follow_each_other() {
    assert_eq!(page(&["help", "ss"]), page(&["help", "net"]));
    let both = page(&["help", "ls", "ps"]);
    assert_eq!(both, format!("{}\n{}", page(&["help", "ls"]), page(&["help", "ps"])));
}

#[test]
fn help_of_a_verb_is_its_help_and_help_alone_lists_all() {
    assert_eq!(page(&["help", "attach"]), page(&["attach", "--help"]));
    let all = page(&["--help"]);
    assert_eq!(page(&["help"]), all);
    assert_eq!(page(&["help", "--help"]), all);
    for tool in REGISTRY {
        assert!(all.contains(&format!("\n  {} ", tool.name)), "{}", tool.name);
    }
}

#[test]
fn examples_say_how_they_are_typed_at_the_command_line() {
    let page = page(&["help", "ls"]);
    assert!(page.contains("\nExamples:\n  As typed at the prompt of dbg attach TARGET."), "{page}");
    assert!(page.contains("\n  dbg ls TARGET "), "{page}");
}

#[test]
fn help_says_that_it_takes_no_target() {
    for word in ["help", "man"] {
        let out = output(&mut dbg(&[word, "web", "ls"]));
        assert_eq!(out.status.code(), Some(2));
        let told = "dbg: web is no tool, and help takes no target\ndbg: hint: dbg";
        assert_eq!(stderr(&out), format!("{told} {word} ls\n"));
    }
}

#[test]
fn help_of_nothing_known_is_wrong_usage() {
    let out = output(&mut dbg(&["help", "nosuch"]));
    assert_eq!(out.status.code(), Some(2));
    assert!(stderr(&out).contains("nosuch"), "{}", stderr(&out));
}
