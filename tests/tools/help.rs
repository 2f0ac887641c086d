use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use dbg::tools::REGISTRY;

#[test]
fn help_lists_every_tool_once_with_what_it_does() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&view_of(dir.path()), &["help"]);
    assert_eq!(ran.text().lines().count(), REGISTRY.len());
    for (tool, line) in REGISTRY.iter().zip(ran.text().lines()) {
        assert!(line.starts_with(tool.name) && line.ends_with(tool.summary), "{line}");
    }
}

#[test]
fn help_of_a_tool_has_all_that_the_tool_says_of_its_options() {
    let dir = tempfile::tempdir().unwrap();
    for tool in REGISTRY {
        let own = run(&view_of(dir.path()), &[tool.name, "--help"]);
        assert_eq!((own.exit, own.stderr.as_str()), (Exit::OK, ""), "{}", tool.name);
        assert!(own.text().starts_with(tool.summary), "{}", own.text());
        let page = run(&view_of(dir.path()), &["help", tool.name]);
        assert_eq!((page.exit, page.stderr.as_str()), (Exit::OK, ""), "{}", tool.name);
        assert!(page.text().contains(&format!("\nUsage: {}", tool.name)), "{}", page.text());
        for line in own.text().lines().skip(1) {
            assert!(
                page.text().contains(line.trim_start_matches("Usage: ")),
                "{line}: {}",
                page.text()
            );
        }
        assert_eq!(run(&view_of(dir.path()), &["man", tool.name]).text(), page.text());
    }
}

#[test]
fn help_of_a_tool_tells_what_it_needs_of_the_target() {
    let dir = tempfile::tempdir().unwrap();
    let page = |name: &str| run(&view_of(dir.path()), &["help", name]).text().to_owned();
    assert!(page("ls").contains("The target's files"), "{}", page("ls"));
    assert!(page("stack").contains("With CAP_SYS_ADMIN it does more"), "{}", page("stack"));
    assert!(page("ls").contains("`dbg schema ls`") && page("cat").contains("JSON:\n  No"));
}

#[test]
fn help_of_nothing_known_fails_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&view_of(dir.path()), &["help", "nosuch", "echo"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.starts_with("help: nosuch: no such tool\n"), "{}", ran.stderr);
    assert!(ran.text().starts_with("echo - Print the arguments"), "{}", ran.text());
}

#[test]
fn tools_are_sorted_by_name_and_no_name_is_taken_twice() {
    let mut names: Vec<&str> = REGISTRY.iter().map(|tool| tool.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    names.extend(REGISTRY.iter().flat_map(|tool| tool.aliases));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn true_and_false_are_an_exit_code_whatever_they_are_given() {
    let dir = tempfile::tempdir().unwrap();
    let exit = |words: &[&str]| run(&view_of(dir.path()), words).exit;
    assert_eq!(exit(&["true", "-x", "a"]), Exit::OK);
    assert_eq!(exit(&["false", "--no", "a"]), Exit::FAILURE);
}
