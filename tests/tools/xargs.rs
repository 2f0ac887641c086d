use crate::common::gnu::{fixture, same, texts};
use crate::common::tool::{Ran, run_with, view_of};
use dbg::exit::Exit;
use std::path::Path;

fn xargs(dir: &Path, words: &[&str], stdin: &[u8]) -> Ran {
    let words = [&["xargs"], words].concat();
    run_with(&view_of(dir), words.iter().map(Into::into).collect(), stdin)
}

#[test]
fn words_are_divided_and_run_as_gnu_does() {
    let dir = fixture();
    let quoted = b" a 'b c' \"d'e\" f\\ g\\\\ h''i ''\n\n  j \\\nk\n".to_vec();
    let lines = b"one two\n  three \n\n'q q' x\nlast".to_vec();
    let short = texts().into_iter().filter(|text| text.len() < 200 && !text.contains(&0));
    for text in short.chain([quoted, lines]) {
        for flags in [
            &[][..],
            &["-n1"],
            &["-n2", "echo", "-"],
            &["-r"],
            &["-I{}", "echo", "<{}> {} {}{}"],
            &["-I", "X", "echo", "aXb"],
            &["-0"],
            &["-d", "\\n"],
            &["-d", " ", "-n1"],
            &["-d:", "echo", "x"],
            &["-0n1", "basename"],
        ] {
            same(dir.path(), &[&["xargs"], flags].concat(), &text);
        }
    }
}

#[test]
fn nul_divides_names_of_any_bytes() {
    let dir = fixture();
    let names = b"two words\0bad\xff\x1b[31m\nname\0-dash\0";
    same(dir.path(), &["xargs", "-0", "cat", "--"], names);
    same(dir.path(), &["xargs", "-0", "-n1", "basename", "--"], names);
}

#[test]
fn many_words_are_several_runs_and_none_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let words: String = (0..60_000).map(|i| format!("word{i} ")).collect();
    let ran = xargs(dir.path(), &[], words.as_bytes());
    assert!(ran.text().lines().count() > 1);
    assert!(ran.text().split_whitespace().eq(words.split_whitespace()));
}

#[test]
fn a_run_that_failed_does_not_stop_the_next_and_is_told_in_the_end() {
    let dir = fixture();
    let ran = xargs(dir.path(), &["-n1", "cat"], b"nosuch a.txt");
    assert_eq!((ran.exit, ran.text()), (Exit::code(123), "a.txta.txta.txta.txta.txt"));
    assert_eq!(ran.stderr, "cat: nosuch: no such file or directory\n");
    same(dir.path(), &["xargs", "-n1", "cat"], b"nosuch a.txt");
}

#[test]
fn what_is_no_tool_is_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let ran = xargs(dir.path(), &["sh", "-c", "echo out"], b"x");
    assert_eq!((ran.exit, ran.text()), (Exit::NOT_FOUND, ""));
    assert!(ran.stderr.starts_with("xargs: sh is no tool of dbg\n"), "{}", ran.stderr);
}

#[test]
fn commands_are_shown_and_quotes_must_match() {
    let dir = tempfile::tempdir().unwrap();
    let ran = xargs(dir.path(), &["-t", "-n1", "echo", "x"], b"a b\x1b");
    assert_eq!(ran.stderr, "echo x a\necho x b\\x1b\n");
    for (text, kind) in [("a 'b\n", "single"), ("\"", "double")] {
        let ran = xargs(dir.path(), &[], text.as_bytes());
        assert_eq!(ran.exit, Exit::FAILURE);
        assert!(
            ran.stderr.starts_with(&format!("xargs: unmatched {kind} quote\n")),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn the_tool_does_not_read_what_xargs_reads() {
    let dir = tempfile::tempdir().unwrap();
    let ran = xargs(dir.path(), &["-n1", "cat"], b"- - -");
    assert_eq!((ran.exit, ran.text(), ran.stderr.as_str()), (Exit::OK, "", ""));
}

#[test]
fn runs_are_limited_by_lines_and_by_bytes_as_with_gnu() {
    let dir = fixture();
    let text = b"a b\nc d\ne f \ng\n\n\nh\nlonger words here\n";
    for words in [
        &["xargs", "-L1", "echo"][..],
        &["xargs", "-L", "2", "echo"],
        &["xargs", "-L", "2"],
        &["xargs", "-P1", "-n2", "echo"],
        &["xargs", "-s", "20", "echo"],
        &["xargs", "-s", "20", "-n", "1", "echo", "x"],
    ] {
        same(dir.path(), words, text);
    }
}
