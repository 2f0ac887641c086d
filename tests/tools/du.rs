use crate::common::gnu::{Deep, fixture, gnu};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::fs;

/// Lines in an order of their own: that of the directories' entries is the kernel's.
fn sorted(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    lines.sort();
    lines
}

#[test]
fn sizes_of_every_tree_are_those_of_gnu() {
    let dir = fixture();
    fs::hard_link(dir.path().join("large"), dir.path().join("sub/deeper/again")).unwrap();
    fs::write(dir.path().join("sub/globs"), "*.log\n\n.dot\n").unwrap();
    let view = view_of(dir.path());
    for flags in [
        &[][..],
        &["-a"],
        &["-s"],
        &["-h"],
        &["-ah"],
        &["-b"],
        &["-ab"],
        &["-sh"],
        &["-d", "1"],
        &["-ad", "1"],
        &["-d0"],
        &["-c"],
        &["-ac"],
        &["-ax"],
        &["-k"],
        &["-am"],
        &["-a", "--apparent-size"],
        &["-sb"],
        &["-shc"],
        &["-aX", "sub/globs"],
    ] {
        for paths in [
            &[][..],
            &["."],
            &["sub"],
            &["sub", "a.txt", "hard", "void"],
            &["sub/deeper", "sub"],
            &["link", "absolute"],
            &["sub/"],
        ] {
            let words = [&["du"], flags, paths].concat();
            let (ours, theirs) = (run(&view, &words), gnu(dir.path(), &words));
            let text = String::from_utf8_lossy(&ours.stdout).into_owned();
            assert!(
                sorted(&ours.stdout) == sorted(&theirs),
                "{words:?}\n{text}\n{}",
                String::from_utf8_lossy(&theirs)
            );
        }
    }
}

#[test]
fn json_has_bytes() {
    let dir = fixture();
    let json = run(&view_of(dir.path()), &["du", "--json", "-a", "large", "sub"]).json();
    assert_eq!(
        (&json[0]["path"], &json[0]["size"], &json[0]["kind"]),
        (&"large".into(), &1_500_000.into(), &"file".into())
    );
    assert!(json[0]["allocated"].as_u64() >= Some(1_500_000));
    assert_eq!(json.as_array().unwrap().last().unwrap()["path"], "sub");
}

#[test]
fn what_is_missing_is_named_and_the_rest_is_counted() {
    let dir = fixture();
    let ran = run(&view_of(dir.path()), &["du", "-s", "nosuch", "sub"]);
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (Exit::FAILURE, "du: nosuch: no such file or directory\n")
    );
    assert_eq!(ran.stdout, gnu(dir.path(), &["du", "-s", "nosuch", "sub"]));
    assert_eq!(run(&view_of(dir.path()), &["du", "-as"]).exit, Exit::USAGE);
}

#[test]
fn a_tree_four_thousand_deep_is_counted_to_its_bottom() {
    let dir = tempfile::tempdir().unwrap();
    let _deep = Deep::new(dir.path(), 4000);
    let ran = run(&view_of(dir.path()), &["du", "-s"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""));
    assert_eq!(ran.stdout, gnu(dir.path(), &["du", "-s"]));
}

#[test]
fn what_is_left_out_and_how_lines_end_is_as_with_gnu() {
    let dir = fixture();
    fs::hard_link(dir.path().join("large"), dir.path().join("sub/again")).unwrap();
    for words in [
        &["du", "-0", "sub"][..],
        &["du", "-S", "."],
        &["du", "-l", "."],
        &["du", "-a", "--exclude=*.txt", "."],
        &["du", "-ab", "--exclude=deeper", "--exclude", "la*", "."],
        &["du", "-a", "--exclude=./sub/d*", "."],
    ] {
        let ours = run(&view_of(dir.path()), words);
        assert_eq!((ours.exit, ours.stderr.as_str()), (Exit::OK, ""), "{words:?}");
        assert_eq!(sorted(&ours.stdout), sorted(&gnu(dir.path(), words)), "{words:?}");
    }
}

#[test]
fn links_are_followed_when_that_is_asked_for() {
    let dir = fixture();
    std::fs::remove_file(dir.path().join("sub/up")).unwrap();
    std::fs::remove_file(dir.path().join("absolute")).unwrap();
    std::os::unix::fs::symlink("../large", dir.path().join("sub/big")).unwrap();
    std::os::unix::fs::symlink("sub", dir.path().join("to-sub")).unwrap();
    let view = view_of(dir.path());
    for words in [
        &["du", "-s", "to-sub"][..],
        &["du", "-sD", "to-sub"],
        &["du", "-aD", "to-sub", "link"],
        &["du", "-sL", "to-sub"],
        &["du", "-aL", "sub", "link"],
        &["du", "-sL", "void", "to-sub/deeper"],
    ] {
        let (ours, theirs) = (run(&view, words), gnu(dir.path(), words));
        assert_eq!(sorted(&ours.stdout), sorted(&theirs), "{words:?} {}", ours.stderr);
    }
    let ran = run(&view, &["du", "-sL", "."]);
    assert!(ran.stderr.contains("dangling"), "{}", ran.stderr);
}
