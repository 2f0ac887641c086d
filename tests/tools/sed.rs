use crate::common::gnu::same;
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use std::fs;

const TEXT: &[u8] = b"one 1\ntwo 2 foo\n\nthree foo foo foo\nFour\tFOO\n  five /a/b\nlast one";

#[test]
fn scripts_edit_every_text_as_gnu_does() {
    let dir = tempfile::tempdir().unwrap();
    for text in [
        TEXT,
        b"aaa
baaac

",
        b"one",
        b"one
two",
        b"
",
        b"",
    ] {
        for script in [
            "",
            "p",
            "d",
            "=",
            "s/o/0/",
            "s/o/0/g",
            "s/o/0/2",
            "s/foo/[&]/2g",
            "s/a*/-/g",
            "s/x*$/!/",
            "s/^/> /",
            "s/FOO/x/i",
            "s/\\([a-z]*\\) \\([a-z0-9]*\\)/\\2-\\1/",
            "s/[aeiou]//g;s/ /_/",
            "s|/a|\\|&|",
            "s,a\\,b,x,",
            "s/o/\\n/",
            "s/o/a\\\nb/",
            "1d",
            "$d",
            "2,3d",
            "2,$d",
            "/foo/d",
            "/foo/!d",
            "/two/,/Four/d",
            "/foo/,/foo/s/^/#/",
            "0~2d",
            "1~3d",
            "2,+1d",
            "2,~4d",
            "0,/foo/d",
            "0,/one/d",
            "1,/one/d",
            "5,2d",
            "2!d",
            "$!d",
            "2q",
            "2q5",
            "3Q",
            "/foo/q",
            "$=",
            "n;d",
            "N;s/\\n/+/",
            "N;P;D",
            "$!N;P;D",
            "y/abc/xyz/",
            "y/\\/o/|0/",
            "1!G;h;$!d",
            "x;p;x",
            "G",
            ":a;N;$!ba;s/\\n/,/g",
            ":a;s/^\\(x*\\)o/\\1x/;ta",
            "/foo/{s//bar/;p}",
            "2{d}",
            "/foo/{/two/d;s/foo/X/}",
            "1i\\\nabove",
            "1i above",
            "$a below",
            "2c\\\nchanged",
            "2,4c changed",
            "$!{$!d}",
            "2,4!c x",
            "a\\  x",
            "s/\\t/TAB/",
            "s/[^ ]*$//",
            "s/\\([^0-9.]\\|^\\)\\([0-9]*\\)/\\1<\\2>/g",
            "/^$/d",
            "s/ *$//;/^ /s/^ */\\t/",
            "s/.*/\"&\"/",
            "H;$!d;x",
            "/one/b;d",
            "bx;d;:x",
            "\\,foo,d",
            "/FOO/Id",
            "s/a/b/p",
            "$s/$/ end/",
            "s/\\bfoo\\b/<&>/",
            "s/\\w\\+/[&]/g",
            "2{\nd\n}",
            "# comment\np",
            "s/a\\|o/_/g",
            "n;n;s/./x/",
            "$!n;d",
            "s/b/\\&/",
        ] {
            for flags in [&[][..], &["-n"]] {
                same(dir.path(), &[&["sed"], flags, &[script]].concat(), text);
            }
        }
    }
}

#[test]
fn extended_expressions_and_several_scripts_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "1\n2\n3"), ("b", "4\n5\n"), ("script", "s/[0-9]/<&>/\np\n")] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    for words in [
        &["-E", "s/(o+)|(f)/[\\1\\2]/g"][..],
        &["-r", "s/(.)(.)/\\2\\1/"],
        &["-nE", "/^(one|two)/p"],
        &["-E", "s/a{2}/X/"],
        &["-e", "s/o/0/", "-e", "2d"],
        &["-n", "-e", "/one/{", "-e", "p", "-e", "}"],
        &["-e", "a\\", "-e", "text"],
        &["-f", "script"],
        &["-f", "script", "-e", "1d"],
        &["$d", "a", "b"],
        &["-s", "$d", "a", "b"],
        &["-n", "$=", "a", "b"],
        &["-sn", "$=", "a", "b"],
        &["1d", "a", "nosuch", "b"],
        &["--expression=p", "--quiet"],
        &["p", "a", "-", "b"],
        &["N", "a"],
        &["$!N;s/\\n/-/", "a"],
        &["-n", "2p", "a"],
    ] {
        same(dir.path(), &[&["sed"], words].concat(), TEXT);
    }
}

#[test]
fn letters_of_any_language_are_characters() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run_with(
        &view_of(dir.path()),
        ["sed", "s/./<&>/"].map(Into::into).to_vec(),
        "\u{f8}re\n\u{6587}\n".as_bytes(),
    );
    assert_eq!(ran.text(), "<\u{f8}>re\n<\u{6587}>\n");
    let ran = run_with(
        &view_of(dir.path()),
        ["sed", "s/x/y/"].map(Into::into).to_vec(),
        b"\xffx\xfe\x00x\n",
    );
    assert_eq!(ran.stdout, b"\xffy\xfe\x00x\n");
}

#[test]
fn files_are_written_anew_only_when_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    for name in ["a", "b"] {
        fs::write(dir.path().join(name), "1\n2\n3\n").unwrap();
    }
    let mut view = view_of(dir.path());
    let ran = run(&view, &["sed", "-i", "1d", "a", "b"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
    assert!(ran.stderr.starts_with("sed: writing a: the view is read-only\n"), "{}", ran.stderr);
    assert_eq!(file("a"), "1\n2\n3\n");
    view.writable = true;
    assert_eq!(run(&view, &["sed", "-i", "1d;$s/$/!/", "a", "b"]).text(), "");
    assert_eq!((file("a"), file("b")), ("2\n3!\n".into(), "2\n3!\n".into()));
    // What was not read is kept.
    run(&view, &["sed", "-i", "1q", "a"]);
    assert_eq!(file("a"), "2\n3!\n");
    assert_eq!(run(&view, &["sed", "-i", "1d", "nosuch"]).exit, Exit::USAGE);
    assert!(!dir.path().join("nosuch").exists());
}

#[test]
fn spaces_do_not_grow_without_end() {
    let dir = tempfile::tempdir().unwrap();
    let script = format!("s/^/{}/", "y".repeat(5 << 20));
    let words = ["sed", &script].map(Into::into).to_vec();
    let ran = run_with(&view_of(dir.path()), words, &vec![b'x'; 60 << 20]);
    assert_eq!(ran.stderr, "sed: the pattern space takes more than 64 MiB\n");
    let words = ["sed", ":a;G;h;ba"].map(Into::into).to_vec();
    let ran = run_with(&view_of(dir.path()), words, b"x\n");
    assert_eq!(ran.stderr, "sed: the pattern space takes more than 64 MiB\n");
}

#[test]
fn scripts_that_are_wrong_are_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for script in [
        "s/a",
        "s/a/b",
        "s/a/b/q",
        "s/a/\\1/",
        "k",
        "1,d",
        "{p",
        "p}",
        "0d",
        "0,3d",
        "y/ab/c/",
        "bnowhere",
        "s/\\(a/b/",
        "pp",
        "s/a/b/0",
        "s/a/b/w out",
        "a",
        "1",
        "dx",
        "//d",
        "s/\\(a\\)\\1/x/",
        "q999",
    ] {
        let words = ["sed", script].map(Into::into).to_vec();
        let ran = run_with(&view_of(dir.path()), words, b"x\n");
        assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""), "{script}");
    }
    assert_eq!(run(&view_of(dir.path()), &["sed"]).exit, Exit::USAGE);
}

#[test]
fn what_cannot_be_seen_is_listed_as_gnu_lists_it() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    let long = "x\\".repeat(100);
    for text in
        [&bytes[..], long.as_bytes(), b"", b"a", b"\n\n", "s\u{f8}ren\n".repeat(30).as_bytes()]
    {
        for words in [
            &["sed", "-n", "l"][..],
            &["sed", "-n", "l 20;l 0"],
            &["sed", "-l", "8", "l;l 1"],
            &["sed", "-l5", "-n", "N;l"],
            &["sed", "-u", "l2;z"],
        ] {
            same(dir.path(), words, text);
        }
    }
}

#[test]
fn lines_that_end_with_nul_are_edited_as_gnu_edits_them() {
    let dir = tempfile::tempdir().unwrap();
    let texts: [&[u8]; 5] = [b"a\nb\0c\0d", b"a\0b\0c\0", b"", b"\0\0x\n", b"one\ntwo\n"];
    fs::write(dir.path().join("f"), b"f\0g").unwrap();
    for text in texts {
        for script in [
            "s/a/x/",
            "=",
            "N;P;D",
            "G",
            "1h;2G",
            "$!N;s/\\n/-/",
            "l",
            "a x",
            "1!G;h;$!d",
            "s/^b/x/",
        ] {
            same(dir.path(), &["sed", "-z", script], text);
            same(dir.path(), &["sed", "-zn", script, "-", "f"], text);
            same(dir.path(), &["sed", "-sz", script, "f", "-"], text);
        }
    }
}
