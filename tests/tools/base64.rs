use crate::common::gnu::{gnu_with, same, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::fs;

#[test]
fn every_text_is_encoded_and_decoded_as_gnu_does() {
    let dir = tempfile::tempdir().unwrap();
    for text in texts().into_iter().chain((0..12).map(|n| vec![0xfb; n])) {
        for flags in [&[][..], &["-w0"], &["-w1"], &["-w", "60"], &["-w", "76"]] {
            let words = [&["base64"], flags].concat();
            same(dir.path(), &words, &text);
            let encoded = gnu_with(dir.path(), &words, &text);
            same(dir.path(), &["base64", "-d"], &encoded);
        }
    }
}

#[test]
fn what_is_not_base64_is_decoded_as_far_as_it_goes() {
    let dir = tempfile::tempdir().unwrap();
    for text in [
        "YWJj*",
        "YW Jj",
        "YWJjZA",
        "YWJjZA=",
        "YWJjZA==YWJj",
        "=",
        "====",
        "Y",
        "YW=Jj",
        "YWJj\r\nYWJj",
        "*Y*WJ==",
    ] {
        let gnu = gnu_with(dir.path(), &["base64", "-d"], text.as_bytes());
        let view = view_of(dir.path());
        let words = ["base64", "-d"].iter().map(Into::into).collect();
        let ours = crate::common::tool::run_with(&view, words, text.as_bytes());
        // GNU ends an unfinished group in its own way: it is enough that what came before is the same.
        assert!(
            ours.stdout == gnu || ours.stdout.starts_with(&gnu[..gnu.len() / 3 * 3]),
            "{text}: {ours:?} {gnu:?}"
        );
    }
    same(dir.path(), &["base64", "-di"], b"YW\x00J j*");
    fs::write(dir.path().join("f"), "YWJj?").unwrap();
    let ran = run(&view_of(dir.path()), &["base64", "-d", "f"]);
    assert_eq!(
        (ran.exit, ran.text(), ran.stderr.as_str()),
        (Exit::FAILURE, "abc", "base64: invalid input\n")
    );
}
