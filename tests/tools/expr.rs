use crate::common::gnu::gnu_with;
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::process::Command;

#[test]
fn results_and_codes_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &["1", "+", "2"][..],
        &["2", "+", "3", "*", "4"],
        &["(", "2", "+", "3", ")", "*", "4"],
        &["7", "-", "10"],
        &["-7", "/", "2"],
        &["-7", "%", "2"],
        &["9223372036854775807", "+", "1"],
        &["1", "/", "0"],
        &["a", "+", "1"],
        &["10", "<", "9"],
        &["b", ">", "a"],
        &["a", "=", "a"],
        &["1", "==", "01"],
        &["1", "!=", "2"],
        &["", "|", "b"],
        &["0", "|", "0"],
        &["a", "|", "1", "/", "0"],
        &["a", "&", "b"],
        &["0", "&", "1", "/", "0"],
        &["00"],
        &["-0"],
        &[""],
        &["abc"],
        &["abcdef", ":", "abc"],
        &["abcdef", ":", "bc"],
        &["abcdef", ":", "a\\(.*\\)f"],
        &["abc", ":", "x\\(.\\)"],
        &["/app/server.conf", ":", ".*/\\(.*\\)"],
        &["a*", ":", "a\\*"],
        &["match", "foobar", "foo"],
        &["substr", "hello", "2", "3"],
        &["substr", "hello", "0", "3"],
        &["substr", "hello", "2", "99999999999"],
        &["index", "hello", "ol"],
        &["index", "hello", "x"],
        &["length", "s\u{f8}ren"],
        &["s\u{f8}ren", ":", ".*"],
        &["+", "length"],
        &["length", "+", "match"],
        &["1", "+"],
        &["(", "1"],
        &["1", "2"],
        &[")"],
        &["1", "+", "2", ")"],
        &["--", "-1"],
        &["--", "5", "+", "5"],
    ] {
        let line: Vec<&str> = ["expr"].iter().chain(words).copied().collect();
        let ours = run(&view_of(dir.path()), &line);
        let theirs = gnu_with(dir.path(), &line, b"");
        assert_eq!(ours.stdout, theirs, "{words:?}: {}", ours.stderr);
        let code = Command::new("expr").args(words).output().unwrap().status.code().unwrap();
        assert_eq!(i32::from(ours.exit.number()), code, "{words:?}: {}", ours.stderr);
    }
}

#[test]
fn depth_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let words: Vec<&str> = ["expr"].into_iter().chain(std::iter::repeat_n("(", 50_000)).collect();
    assert_eq!(run(&view_of(dir.path()), &words).exit, Exit::USAGE);
    assert_eq!(run(&view_of(dir.path()), &["expr"]).exit, Exit::USAGE);
}
