use crate::common::gnu::fixture;
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::process::Command;

#[test]
fn conditions_hold_as_those_of_coreutils() {
    let dir = fixture();
    for line in [
        "",
        "x",
        "-n",
        "!",
        "-n x",
        "-z x",
        "! x",
        "a = a",
        "a = b",
        "a != b",
        "1 -eq 01",
        "1 -lt 2",
        "2 -le 1",
        "5 -gt 4",
        "5 -ge 6",
        "5 -ne 5",
        "-e a.txt",
        "-e nosuch",
        "-f sub",
        "-d sub",
        "-d a.txt",
        "-h link",
        "-L dangling",
        "-e dangling",
        "-p fifo",
        "-S socket",
        "-s empty",
        "-s a.txt",
        "-u b.log",
        "-g x.tar.gz",
        "-k void",
        "-x run",
        "-x a.txt",
        "-r a.txt",
        "a.txt -nt b.log",
        "b.log -ot a.txt",
        "a.txt -ef hard",
        "a.txt -nt nosuch",
        "x -a y",
        "x -o -z x",
        "! -e nosuch",
        "! -e a.txt -a x",
        "( x )",
        "( -z x )",
        "( a = b ) -o ( c = c )",
        "-z x -o -n y -a -n z",
        "! ( a = b )",
        "( ! a = b )",
        "x -eq 1",
        "-Q x",
        "a b c",
        "( x",
        "-e",
        "a = ",
        "= = =",
        "-n -n",
        "! !",
        "( = (",
        "-t 0",
        "1 -eq 1 -a 2 -eq 3",
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ours = run(&view_of(dir.path()), &[&["test"], words.as_slice()].concat());
        let theirs = Command::new("/usr/bin/test")
            .args(&words)
            .current_dir(dir.path())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert_eq!(
            i32::from(ours.exit.number()),
            theirs.status.code().unwrap(),
            "{line}: {}",
            ours.stderr
        );
        assert_eq!(ours.stderr.is_empty(), theirs.stderr.is_empty(), "{line}: {}", ours.stderr);
        let bracket = run(&view_of(dir.path()), &[&["["], words.as_slice(), &["]"]].concat());
        assert_eq!(bracket.exit, ours.exit, "{line}");
    }
}

#[test]
fn mistakes_are_told_and_nothing_is_writable() {
    let dir = fixture();
    let view = view_of(dir.path());
    assert_eq!(run(&view, &["[", "x"]).exit, Exit::USAGE);
    assert_eq!(run(&view, &["test", "-w", "a.txt"]).exit, Exit::FAILURE);
    let deep: Vec<&str> = ["test"].into_iter().chain(std::iter::repeat_n("(", 50_000)).collect();
    assert_eq!(run(&view, &deep).exit, Exit::USAGE);
    let nots: Vec<&str> = ["test"].into_iter().chain(std::iter::repeat_n("!", 50_000)).collect();
    assert_eq!(run(&view, &nots).exit, Exit::USAGE);
}

#[test]
fn what_may_not_be_looked_at_is_an_error_and_no_answer() {
    let view = crate::common::tool::view_of_process(std::process::id());
    for words in [
        &["test", "-f", "/etc/passwd"][..],
        &["test", "!", "-e", "/etc/passwd"],
        &["[", "-n", "a", "-a", "-d", "/", "]"],
        &["test", "/a", "-nt", "/b"],
    ] {
        let ran = crate::common::tool::run(&view, words);
        assert_eq!(ran.exit, dbg::exit::Exit::CANNOT_RUN, "{words:?}");
        assert!(
            ran.stderr.contains("the target's files can't be read: the test gave none"),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(crate::common::tool::run(&view, &["test", "-n", "a"]).exit, dbg::exit::Exit::OK);
}
