use crate::common::gnu::{Deep, fixture, gnu};
use crate::common::tool::{run, run_on_terminal, view_of};
use dbg::exit::Exit;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

fn small() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("b/c/d")).unwrap();
    for name in ["a", "b/.dot", "b/c/e", "b/f", "z"] {
        fs::write(dir.path().join(name), name).unwrap();
    }
    symlink("/b", dir.path().join("link")).unwrap();
    dir
}

#[test]
fn branches_and_counts_are_those_of_the_original() {
    let dir = small();
    let view = view_of(dir.path());
    let tree =
        |words: &[&str]| run(&view, &[&["tree"], words].concat()).text().replace('\u{a0}', " ");
    assert_eq!(
        tree(&[]),
        ".\n├── a\n├── b\n│   ├── c\n│   │   ├── d\n│   │   └── e\n│   └── f\n├── link -> /b\n└── z\n\n3 directories, 5 files\n"
    );
    assert_eq!(tree(&["-d"]), ".\n└── b\n    └── c\n        └── d\n\n3 directories\n");
    assert_eq!(tree(&["-L", "1", "--noreport", "b"]), "b\n├── c\n└── f\n");
    assert_eq!(
        tree(&["-af", "/b/"]),
        "/b/\n├── /b/.dot\n├── /b/c\n│   ├── /b/c/d\n│   └── /b/c/e\n└── /b/f\n\n2 directories, 3 files\n"
    );
    assert_eq!(
        tree(&["-ps", "-L1", "b/c"]).lines().nth(2),
        Some("└── [-rw-r--r--           5]  e")
    );
}

#[test]
fn json_has_an_object_for_each_file() {
    let dir = small();
    let json = run(&view_of(dir.path()), &["tree", "--json"]).json();
    let paths: Vec<&str> =
        json.as_array().unwrap().iter().map(|row| row["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["./a", "./b", "./b/c", "./b/c/d", "./b/c/e", "./b/f", "./link", "./z"]);
    assert_eq!((&json[6]["kind"], &json[6]["target"]), (&"link".into(), &"/b".into()));
}

#[test]
fn odd_names_do_not_drive_a_terminal_and_what_is_missing_is_named() {
    let dir = fixture();
    let shown = run_on_terminal(&view_of(dir.path()), &["tree"], 80);
    assert!(shown.contains("bad\\xff\\x1b[31m\\nname") && !shown.contains('\x1b'), "{shown}");
    let ran = run(&view_of(dir.path()), &["tree", "nosuch", "void"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, "void\n\n0 directories, 0 files\n"));
    assert_eq!(ran.stderr, "tree: nosuch: no such file or directory\n");
}

#[test]
fn a_tree_four_thousand_deep_is_shown_to_its_bottom() {
    let dir = tempfile::tempdir().unwrap();
    let _deep = Deep::new(dir.path(), 4000);
    let ran = run(&view_of(dir.path()), &["tree"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""));
    assert!(ran.text().ends_with("└── bottom\n\n4000 directories, 1 file\n"));
}

#[test]
fn facts_and_choices_are_those_of_the_original() {
    let dir = fixture();
    fs::create_dir(dir.path().join("etc")).unwrap();
    fs::copy("/etc/passwd", dir.path().join("etc/passwd")).unwrap();
    fs::copy("/etc/group", dir.path().join("etc/group")).unwrap();
    // How it escapes what can't be shown is the original's own.
    fs::remove_file(dir.path().join(OsStr::from_bytes(b"bad\xff\x1b[31m\nname"))).unwrap();
    // To the original, a link to a directory is one, too.
    fs::remove_file(dir.path().join("sub/up")).unwrap();
    for flags in [
        &["-hugpD"][..],
        &["-ps"],
        &["-D"],
        &["-aP", "*e*|.*"],
        &["-I", "s*|void"],
        &["-I", "s*", "-I", "void", "-f"],
        &["-u"],
        &["-P", "[a-l]*", "-L", "1"],
        &["-d", "-I", "deep?r"],
    ] {
        let words = [&["tree", "--noreport"], flags].concat();
        let theirs = String::from_utf8(gnu(dir.path(), &words)).unwrap();
        let ran = run(&view_of(dir.path()), &words);
        // In front of the first one, too, the original has facts.
        let below = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(below(ran.text()), below(&theirs), "{words:?}");
    }
}
