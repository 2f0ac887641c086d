use crate::common::gnu::{same, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::fs;

#[test]
fn texts_in_any_bytes_are_those_that_binutils_finds() {
    let dir = tempfile::tempdir().unwrap();
    let wide: Vec<u8> = "a wide text, abcd".bytes().flat_map(|b| [0, 0, 0, b]).collect();
    let short: Vec<u8> = "\u{1}wide text\nxy".bytes().flat_map(|b| [b, 0]).chain(*b"x").collect();
    let mixed = b"\x00abc\x00abcd\x01longer text\twith tab\xffno\x00\x00last one".to_vec();
    for text in texts().into_iter().chain([mixed, wide, short]) {
        fs::write(dir.path().join("f"), &text).unwrap();
        for flags in [
            &[][..],
            &["-a"],
            &["-n", "3"],
            &["-n1"],
            &["-8"],
            &["-td"],
            &["-t", "x"],
            &["-to", "-n2"],
            &["-f"],
            &["-es"],
            &["-eS"],
            &["-e", "l", "-td"],
            &["-eb", "-tx", "-n2"],
            &["-eL"],
            &["-eB", "-n", "2", "-to"],
        ] {
            same(dir.path(), &[&["strings"], flags, &["f"]].concat(), b"");
        }
        same(dir.path(), &["strings", "-f"], &text);
    }
}

#[test]
fn texts_of_a_program_are_those_that_binutils_finds() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy("/usr/bin/env", dir.path().join("program")).unwrap();
    same(dir.path(), &["strings", "-tx", "program"], b"");
}

#[test]
fn a_text_without_end_takes_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "x".repeat(5_000_000)).unwrap();
    assert_eq!(run(&view_of(dir.path()), &["strings", "f"]).stdout.len(), 5_000_001);
    assert_eq!(run(&view_of(dir.path()), &["strings", "-n0", "f"]).exit, Exit::USAGE);
}
