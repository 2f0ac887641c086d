use crate::common::gnu::{fixture, gnu, gnu_with, texts};
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use std::fs;
use std::path::Path;

const FLAGS: [&[&str]; 14] = [
    &["-n", "0"],
    &["-n", "1"],
    &["-n", "3"],
    &["-3"],
    &["-n", "-1"],
    &["-n", "-3"],
    &["-n-0"],
    &["-c", "0"],
    &["-c", "5"],
    &["-c", "1K"],
    &["-c", "-5"],
    &["-c", "-0"],
    &["-n", "49999"],
    &[],
];

#[test]
fn the_first_part_of_every_text_is_that_of_gnu_from_files_and_stdin() {
    let dir = tempfile::tempdir().unwrap();
    let view = view_of(dir.path());
    for text in texts() {
        fs::write(dir.path().join("text"), &text).unwrap();
        for flags in FLAGS {
            let start = String::from_utf8_lossy(&text[..text.len().min(80)]);
            let words = [&["head"], flags, &["text"]].concat();
            assert!(run(&view, &words).stdout == gnu(dir.path(), &words), "{flags:?} {start:?}");
            let words = [&["head"], flags].concat();
            let ours = run_with(&view, words.iter().map(Into::into).collect(), &text);
            assert!(ours.stdout == gnu_with(dir.path(), &words, &text), "{flags:?} < {start:?}");
        }
    }
}

#[test]
fn several_files_have_headings_as_gnu_has_them() {
    let dir = fixture();
    let view = view_of(dir.path());
    for flags in [&["-n1"][..], &["-qn1"], &["-vn1"]] {
        let words = [&["head"], flags, &["a.txt", "nosuch", "run", "empty"]].concat();
        let ran = run(&view, &words);
        assert_eq!(ran.stdout, gnu(dir.path(), &words));
        assert_eq!(ran.stderr, "head: nosuch: no such file or directory\n");
        assert_eq!(ran.exit, Exit::FAILURE);
    }
}

#[test]
fn a_stream_is_read_no_further_than_needed_to_drop_its_end() {
    // 1 KiB of /dev/zero is there at once; all but its last is never, and says so.
    let view = view_of(Path::new("/"));
    assert_eq!(run(&view, &["head", "-c", "1K", "/dev/zero"]).stdout, [0; 1024]);
    let ran = run(&view, &["head", "-n", "-1", "/dev/zero"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.starts_with("head: the last lines or bytes are more than 64 MiB"));
}

#[test]
fn what_was_not_printed_stays_in_stdin_for_the_next() {
    use std::io::{Read, Seek, Write};
    let dir = tempfile::tempdir().unwrap();
    let mut stdin = tempfile::tempfile().unwrap();
    stdin.write_all(b"one\ntwo\n").unwrap();
    stdin.rewind().unwrap();
    let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let copy = stdin.try_clone().unwrap();
    let mut io = dbg::output::Io::new("head", copy.into(), out.into(), err.into());
    dbg::tools::find("head").unwrap().invoke(&view_of(dir.path()), vec!["-1".into()], &mut io);
    let mut left = String::new();
    stdin.read_to_string(&mut left).unwrap();
    assert_eq!(left, "two\n");
}

#[test]
fn counts_that_are_none_are_wrong_usage() {
    let dir = fixture();
    for words in [["head", "-n", "x"], ["head", "-c", ""], ["head", "-n", "5q"]] {
        assert_eq!(run(&view_of(dir.path()), &words).exit, Exit::USAGE, "{words:?}");
    }
}

#[test]
fn lines_may_end_with_nul() {
    let dir = tempfile::tempdir().unwrap();
    let text = b"a\nb\0c\0\0d\0e";
    fs::write(dir.path().join("f"), text).unwrap();
    for count in ["0", "1", "2", "-2", "+3", "9"] {
        for words in [&["head", "-z", "-n", count][..], &["head", "-z", "-n", count, "f"]] {
            // For head +3 is 3.
            let theirs = gnu_with(dir.path(), words, text);
            let ours = run_with(&view_of(dir.path()), words.iter().map(Into::into).collect(), text);
            assert_eq!(ours.stdout, theirs, "{words:?}");
        }
    }
}
