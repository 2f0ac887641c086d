use crate::common::tool::{run_with, view_of};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;

#[test]
fn words_and_escapes_are_printed_as_bash_prints_them() {
    let dir = tempfile::tempdir().unwrap();
    let view = view_of(dir.path());
    let escapes = br"a\a\\b\c\e\E[m\f\n\r\t\v|\0|\0101|\01018|\101|\8|\x41|\x4|\xg|\x|\u00e9|\ue9z|\U1f600|\u|\U|\q|\'|\?|\";
    // What stands behind \c is not printed: without it as well.
    let without: Vec<u8> = escapes.split(|b| *b == b'c').collect::<Vec<_>>().concat();
    for options in [
        &[][..],
        &["-n"],
        &["-e"],
        &["-E"],
        &["-ne"],
        &["-nE", "-e"],
        &["-eE"],
        &["-en", "-"],
        &["-", "-n"],
        &["--"],
        &["--", "-n"],
        &["-x"],
        &["-nx", "-e"],
        &["-e", "--help"],
        &["-b  c", ""],
    ] {
        for text in [b"".as_slice(), b"a b", b"\xff\n", escapes, &without, b"a\\c", b"\\"] {
            let mut words: Vec<OsString> = vec!["echo".into()];
            words.extend(options.iter().map(OsString::from));
            words.push(OsString::from_vec(text.to_vec()));
            let bash = Command::new("bash")
                .args(["-c", "\"$@\"", "bash"])
                .args(&words)
                .env("LC_ALL", "C.UTF-8")
                .output()
                .unwrap();
            let ran = run_with(&view, words, b"");
            let shown = String::from_utf8_lossy(text);
            assert_eq!(
                (&ran.stdout, ran.stderr.as_str()),
                (&bash.stdout, ""),
                "{options:?} {shown:?}"
            );
        }
    }
}

#[test]
fn nothing_is_a_newline_and_help_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let view = view_of(dir.path());
    assert_eq!(run_with(&view, vec!["echo".into()], b"").stdout, b"\n");
    assert!(run_with(&view, vec!["echo".into(), "--help".into()], b"").text().contains("-n"));
}
