use crate::common::gnu::{same, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::fs;

const REPEATS: &[u8] =
    b"a 1\na 1\nA 1\nb  1\n b  1\n\n\nxa\nya\n\xff\n\xff\n\xfe\nx y z\nq y z\nlast\nlast";

#[test]
fn every_flag_gives_what_gnu_gives() {
    let dir = tempfile::tempdir().unwrap();
    for text in texts().into_iter().chain([REPEATS.to_vec()]) {
        for flags in [
            "-c", "-d", "-u", "-i", "-cd", "-ci", "-f1", "-s1", "-w1", "-w0", "-f1s1", "-f1w2",
            "-z", "-du", "-cf9", "-s99", "-iu",
        ] {
            same(dir.path(), &["uniq", flags], &text);
        }
        same(dir.path(), &["uniq"], &text);
    }
}

#[test]
fn a_file_is_read_and_another_written_only_when_allowed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "a\na\n").unwrap();
    same(dir.path(), &["uniq", "f"], b"");
    same(dir.path(), &["uniq", "nosuch"], b"");
    let mut view = view_of(dir.path());
    let ran = run(&view, &["uniq", "f", "out"]);
    assert!(ran.stderr.starts_with("uniq: writing out: the view is read-only\n"), "{}", ran.stderr);
    assert!(!dir.path().join("out").exists());
    view.writable = true;
    assert_eq!(run(&view, &["uniq", "-c", "f", "out"]).exit, Exit::OK);
    assert_eq!(fs::read(dir.path().join("out")).unwrap(), b"      2 a\n");
}

#[test]
fn a_line_without_end_is_refused() {
    let ran = run(&view_of(std::path::Path::new("/")), &["uniq", "/dev/zero"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.starts_with("uniq: a line is longer than 64 MiB"), "{}", ran.stderr);
}

#[test]
fn whole_groups_are_printed_as_gnu_prints_them() {
    let dir = tempfile::tempdir().unwrap();
    for flags in [
        "-D",
        "-iD",
        "--all-repeated=prepend",
        "--all-repeated=separate",
        "--group",
        "--group=prepend",
        "--group=append",
        "--group=both",
    ] {
        for text in texts() {
            same(dir.path(), &["uniq", flags], &text);
        }
        same(dir.path(), &["uniq", flags], b"a\na\nb\nc\nc\nA\nd\nd\nd");
        same(dir.path(), &["uniq", "-z", flags], b"a\0a\0b\0c\0c");
    }
}
