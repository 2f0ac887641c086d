use crate::common::gnu::{same, texts};
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use std::fs;
use std::path::Path;

const NUMBERS: &[u8] =
    b"10\n9\n-1\n-1.5\n1.5\n  3\n0\n-0\n1e3\n\n.5\n-.5\n007\n12345678901234567890123\n\
    12345678901234567890124\nabc\n+4\n1.50\n1.05\n1,000\n-\n--1\n3.\n3.x\n";
const SIZES: &[u8] =
    b"1K\n2M\n900\n1.5G\n0K\n-1K\n-2M\n 3k\n1023K\n1M\n0\nK\n1.K\n5Z\n2Y\n1T\n1P\n1E\n7X\n";
const VERSIONS: &[u8] = b"a-10.tar.gz\na-2.tar.gz\na-1.10\na-1.9\na~\na\na.b\n.x\n..\n.\n\na01\na1\na001\na.~1~\na.txt\n\
    a.txt~\na2.x7\n1.0~rc1\n1.0\n1.0-1\n1.0.1\n_a\nA\na b\n.a.c\n.a\nab.c1.2\nab.1c\n..a\n.1\n";
const FIELDS: &[u8] =
    b"b:3:x y\na:10:Zz\n  a:2:q\nB:3:\nc::k\n\nb:3:x  y\nab 7 c\n a  7 b\nz\tA 1\n\x01z:1:b\n";
const MONTHS: &[u8] = b"feb x\nJan\n mar\ndecember\nxx\n\nMay\nMA\napr1\n";

#[test]
fn every_order_of_every_text_is_that_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    let orders = ["-s", "-n", "-h", "-V", "-M", "-f", "-d", "-i", "-b", "-df", "-fi"];
    let texts = [NUMBERS, SIZES, VERSIONS, FIELDS, MONTHS];
    for text in texts.iter().map(|text| text.to_vec()).chain(texts_but_long()) {
        for order in orders {
            for more in ["-s", "-r", "-u", "-ru", "-rs", "-c", "-z"] {
                same(dir.path(), &["sort", order, more], &text);
            }
        }
        same(dir.path(), &["sort"], &text);
    }
}

fn texts_but_long() -> impl Iterator<Item = Vec<u8>> {
    texts().into_iter().filter(|text| text.len() < 1000)
}

#[test]
fn keys_are_cut_out_of_lines_as_gnu_does() {
    let dir = tempfile::tempdir().unwrap();
    let keys = [
        "1",
        "2",
        "2n",
        "2,2",
        "2,2n",
        "1,1r",
        "2nr",
        "1.2",
        "1.2,1.3",
        "1.2b,1.3b",
        "2.1,2",
        "1,1.1",
        "3,3f",
        "9",
        "1,2.0",
        "2b,3",
        "1d,1",
        "2.9,3",
        "99999999999999999999",
    ];
    for key in keys {
        for separator in [&[][..], &["-t:"], &["-t", " "], &["-b"]] {
            for more in [&[][..], &["-s"], &["-u"], &["-r"], &["-k1,1"], &["-n"], &["-c"]] {
                let words = [&["sort", "-k", key], separator, more].concat();
                same(dir.path(), &words, FIELDS);
            }
        }
    }
}

#[test]
fn files_and_stdin_are_sorted_as_one() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "b\nd"), ("b", "c\na\n"), ("c\nd", "x")] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    same(dir.path(), &["sort", "a", "b", "-", "c\nd"], b"bb");
    let many: String = (0..30_000u64).map(|i| format!("{}\n", i * 7919 % 30_011)).collect();
    same(dir.path(), &["sort", "-n"], many.as_bytes());
    same(dir.path(), &["sort"], many.as_bytes());
    let ran = run(&view_of(dir.path()), &["sort", "a", "nosuch", "b"]);
    assert_eq!((ran.exit, ran.text()), (Exit::USAGE, "a\nb\nc\nd\n"));
    assert_eq!(ran.stderr, "sort: nosuch: no such file or directory\n");
}

#[test]
fn disorder_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "a\nc\n\x1b[31mb\n").unwrap();
    let ran = run(&view_of(dir.path()), &["sort", "-c", "f"]);
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (Exit::FAILURE, "sort: f:3: disorder: \\x1b[31mb\n")
    );
    let ran = run(&view_of(dir.path()), &["sort", "-C", "f"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::FAILURE, ""));
}

#[test]
fn nothing_is_written_unless_it_was_allowed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "b\na\n").unwrap();
    let mut view = view_of(dir.path());
    let words = ["sort", "f", "-o", "f"];
    let ran = run(&view, &words);
    assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""));
    assert!(ran.stderr.starts_with("sort: writing f: the view is read-only\n"), "{}", ran.stderr);
    assert_eq!(fs::read(dir.path().join("f")).unwrap(), b"b\na\n");
    view.writable = true;
    assert_eq!(run(&view, &words).exit, Exit::OK);
    assert_eq!(fs::read(dir.path().join("f")).unwrap(), b"a\nb\n");
}

#[test]
fn what_has_no_end_is_refused_before_memory_is_full() {
    for input in ["/dev/zero", "/dev/urandom"] {
        let ran = run(&view_of(Path::new("/")), &["sort", input]);
        assert_eq!((ran.exit, ran.stdout.len()), (Exit::USAGE, 0));
        assert!(
            ran.stderr.starts_with("sort: the input takes more than 256 MiB"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn keys_that_are_none_are_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &["-k", "0"][..],
        &["-k", "x"],
        &["-k", "1,0"],
        &["-k", "1.0"],
        &["-k", "1q"],
        &["-nh"],
        &["-t", "ab"],
    ] {
        let words = [&["sort"], words].concat();
        let ran = run_with(&view_of(dir.path()), words.iter().map(Into::into).collect(), b"x\n");
        assert_eq!(ran.exit, Exit::USAGE, "{words:?}");
    }
}

#[test]
fn general_numbers_and_merged_files_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    let numbers = b"1e3\n10\n-5\nnan\nx\n 2.5\n1e-2\n.5\ninf\n-inf\n+3\n1e\n-\n.\n1.e2\n\n-0\n0\n";
    for flags in ["-g", "-gr", "-k1g", "-gs", "-gu"] {
        same(dir.path(), &["sort", flags], numbers);
    }
    fs::write(dir.path().join("one"), "a\nc\n").unwrap();
    fs::write(dir.path().join("two"), "b\nd\n").unwrap();
    same(dir.path(), &["sort", "-m", "one", "two"], b"");
}
