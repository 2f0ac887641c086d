use crate::common::gnu::same;
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;

const PATHS: [&str; 16] = [
    "", "/", "//", "///", "a", "a/", "/a", "//a", "a/b", "a//b", "a/b//", "/a/b/", "..",
    "a\nb/c d", "a/.b", "/a/",
];

#[test]
fn parts_of_paths_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    for path in PATHS {
        for words in [
            &["basename", path][..],
            &["basename", path, "b"],
            &["basename", "-s", "b", path, "x/ab"],
            &["basename", "-az", path, "y"],
            &["basename", path, path],
            &["dirname", path],
            &["dirname", "-z", path, "x/y"],
            &["basename", path, ""],
        ] {
            same(dir.path(), words, b"");
        }
    }
}

#[test]
fn operands_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    for words in [&["basename"][..], &["basename", "a", "b", "c"], &["dirname"]] {
        assert_eq!(run(&view_of(dir.path()), words).exit, Exit::USAGE, "{words:?}");
    }
}
