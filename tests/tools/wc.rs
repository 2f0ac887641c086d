use crate::common::gnu::{fixture, gnu, gnu_with, texts};
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use std::fs;

#[test]
fn every_count_of_every_text_is_that_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    let view = view_of(dir.path());
    // A byte that can't be printed starts no word for GNU: that text is left to the next test.
    for text in
        texts().into_iter().filter(|text| text.is_ascii() || std::str::from_utf8(text).is_ok())
    {
        fs::write(dir.path().join("text"), &text).unwrap();
        fs::write(dir.path().join("other"), "a b\n").unwrap();
        for flags in [&[][..], &["-l"], &["-w"], &["-c"], &["-m"], &["-L"], &["-lc"], &["-lwcmL"]] {
            for files in [&[][..], &["text"], &["-"], &["text", "other"], &["text", "-"]] {
                let words = [&["wc"], flags, files].concat();
                let ours = run_with(&view, words.iter().map(Into::into).collect(), b"stdin\n");
                let theirs = gnu_with(dir.path(), &words, b"stdin\n");
                assert_eq!(
                    ours.text(),
                    String::from_utf8_lossy(&theirs),
                    "{words:?} {:?}",
                    &text[..text.len().min(40)]
                );
            }
        }
    }
}

#[test]
fn bytes_that_are_no_utf8_are_no_characters() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), (0..=255).collect::<Vec<u8>>()).unwrap();
    for flags in ["-m", "-c", "-l"] {
        assert_eq!(
            run(&view_of(dir.path()), &["wc", flags, "f"]).stdout,
            gnu(dir.path(), &["wc", flags, "f"])
        );
    }
}

#[test]
fn what_is_missing_is_named_and_the_rest_is_counted() {
    let dir = fixture();
    let words = ["wc", "a.txt", "nosuch", "run"];
    let ran = run(&view_of(dir.path()), &words);
    assert_eq!(ran.stdout, gnu(dir.path(), &words));
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (Exit::FAILURE, "wc: nosuch: no such file or directory\n")
    );
}

#[test]
fn json_has_numbers() {
    let dir = fixture();
    let json = run(&view_of(dir.path()), &["wc", "--json", "-m", "run", "empty"]).json();
    assert_eq!(json[0]["lines"], 1);
    assert_eq!(json[0]["characters"], 12);
    assert_eq!((&json[1]["path"], &json[1]["bytes"]), (&"empty".into(), &0.into()));
}
