use crate::common::tool::{Ran, run, run_with, view_of};
use dbg::exit::Exit;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

fn ours(words: &[&[u8]]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let mut all = vec![OsString::from("printf")];
    all.extend(words.iter().map(|word| OsStr::from_bytes(word).to_owned()));
    run_with(&view_of(dir.path()), all, b"")
}

/// What bash prints, its exit code, and its messages from `printf: ` on.
fn bash(words: &[&[u8]]) -> (Vec<u8>, i32, Vec<String>) {
    let out = Command::new("bash")
        .args(["-c", "printf \"$@\"", "bash"])
        .args(words.iter().map(|word| OsStr::from_bytes(word)))
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&out.stderr);
    let told = told.lines().map(|line| line.split_once("printf: ").unwrap().1.to_owned()).collect();
    (out.stdout, out.status.code().unwrap(), told)
}

fn same(words: &[&[u8]]) {
    let ran = ours(words);
    let shown: Vec<_> = words.iter().map(|w| String::from_utf8_lossy(w)).collect();
    let (stdout, code, told) = bash(words);
    assert_eq!(
        ran.stdout.escape_ascii().to_string(),
        stdout.escape_ascii().to_string(),
        "{shown:?}"
    );
    assert_eq!(i32::from(ran.exit.number()), code, "{shown:?}: {}", ran.stderr);
    let ours: Vec<String> =
        ran.stderr.lines().map(|l| l.strip_prefix("printf: ").unwrap().to_owned()).collect();
    // bash calls a number out of range a warning, and says it in libc's words.
    let range = |line: &String| line.to_lowercase().contains("out of range");
    assert_eq!(ours.iter().filter(|l| range(l)).count(), told.iter().filter(|l| range(l)).count());
    let rest = |lines: &[String]| lines.iter().filter(|l| !range(l)).cloned().collect::<Vec<_>>();
    assert_eq!(rest(&ours), rest(&told), "{shown:?}");
}

fn all_same(cases: &[&[&str]]) {
    for case in cases {
        same(&case.iter().map(|word| word.as_bytes()).collect::<Vec<_>>());
    }
}

#[test]
fn strings_are_laid_out_as_by_bash() {
    all_same(&[
        &["plain\\n"],
        &["%s", "a"],
        &["%s|%s|\\n", "a"],
        &["%5s|%-5s|%.2s|%5.1s|%-*s|%*s|", "abc", "abc", "abc", "abc", "6", "x", "-4", "y"],
        &["%05s|%.0s|%.s|%.*s|", "abc", "abc", "abc", "-1", "abc"],
        &["%c%c%5c|%-3c|", "abc", "d", "e", "f"],
        &["%c|"],
        &["%c|", ""],
        &["%s", "é", "文"],
        &["%.1s|%c|", "é", "é"],
        &["100%%\\n", "unused"],
        &["%s %s\\n", "a", "b", "c"],
        &["x\\n", "a", "b"],
        &["%ls %hs %lls", "a", "b", "c"],
        &["%s", "--"],
        &["%s", "-n"],
        &["%5%|"],
    ]);
}

#[test]
fn whole_numbers_are_laid_out_as_by_bash() {
    let layouts = [
        "", "5", "-5", "05", "+", " ", "+5", "-+6", ".3", "8.3", "08.3", "-8.3", "#", "#8", "#08",
        ".0", "#.0", "#.3", "'", "+ ", "0-6",
    ];
    for layout in layouts {
        for conversion in ["d", "i", "u", "o", "x", "X"] {
            let format = format!("[%{layout}{conversion}]");
            same(&[format.as_bytes(), b"0", b"42", b"-42", b"0x1F", b"010"]);
        }
    }
}

#[test]
fn arguments_that_are_no_numbers_are_told_and_cost_the_exit_code() {
    let values = [
        "abc",
        "12abc",
        "",
        " 7",
        "7 ",
        "0x",
        "0xg",
        "08",
        "0779",
        "+5",
        "-",
        "+",
        "--5",
        "'a",
        "\"é",
        "'",
        "'\u{20ac}x",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999999999999999",
        "1e3",
        "1.5",
        "0b1",
    ];
    for value in values {
        for format in ["%d|", "%u|", "%x|"] {
            same(&[format.as_bytes(), value.as_bytes()]);
        }
    }
    all_same(&[&["%d"], &["%d|%s|"], &["%*d|", "x", "5"], &["%d %d\\n", "1", "x", "3"]]);
}

#[test]
fn fractions_are_laid_out_as_by_bash() {
    let layouts = ["", ".0", "#.0", ".3", "10.2", "-10.2", "010.2", "+", " ", "#", ".9", "+012.4"];
    let values = [
        "0",
        "1",
        "-1",
        "0.5",
        "1.5",
        "2.5",
        "3.14159265",
        "-0.0001234",
        "0.00001234",
        "123456789",
        "999999.4",
        "1e10",
        "1e-10",
        "100000",
        "1000000",
        "9.9999999",
        "1e15",
        "inf",
        "-inf",
        "infinity",
        "nan",
        "0x10",
        "0x1.8p1",
        "1e",
        "1.",
        ".5",
        ".",
        "",
        "abc",
        "1x",
        "'a",
        "1e+5",
    ];
    for layout in layouts {
        for conversion in ["e", "E", "f", "F", "g", "G"] {
            let format = format!("[%{layout}{conversion}]");
            let mut words = vec![format.as_bytes()];
            words.extend(values.iter().map(|value| value.as_bytes()));
            same(&words);
        }
    }
}

#[test]
fn escapes_are_those_of_bash() {
    all_same(&[
        &["\\a\\b\\e\\E\\f\\n\\r\\t\\v\\\\\\'\\\"\\?"],
        &["\\1\\12\\123\\1234\\0\\0101\\400|"],
        &["\\x41\\x4\\x414\\xg|"],
        &["\\u00e9\\u41\\u20ac\\U1f600\\ug|\\U|"],
        &["\\q\\c\\z\\"],
        &["a\\c"],
        &["%b", "\\a\\101\\0101\\00101\\x41\\u00e9\\'\\\"\\?\\q\\"],
        &["%b|%s", "x\\cy", "z"],
        &["%5b|%-5b|%.1b|", "\\t", "a\\n", "xyz"],
        &["%b", "\\xg"],
        &["%b|"],
        &["\\U110000\\Uffffffff|"],
    ]);
}

#[test]
fn what_is_quoted_is_quoted_as_by_bash() {
    for byte in 1..=255u8 {
        same(&[b"%q", &[byte]]);
        same(&[b"%q", &[b'a', byte, b'b']]);
    }
    for word in [
        "",
        "a b",
        "it's",
        "é",
        "文\u{1b}",
        "a=~b",
        "x:~",
        "~",
        "a~",
        "#a",
        "a#",
        "a\nb",
        "é\u{85}",
        "'\t\\",
    ] {
        same(&[b"%q|%10q|%.2q", word.as_bytes(), word.as_bytes(), word.as_bytes()]);
    }
}

#[test]
fn a_format_that_is_none_ends_the_output() {
    all_same(&[&["a%y%s", "b"], &["a%"], &["a%5"], &["a%-"], &["x%d%"], &["%.*"], &["%s%z", "a"]]);
}

#[test]
fn a_field_of_any_width_is_written_in_pieces() {
    let ran = ours(&[b"%300000s|%.300000d|%.3000f", b"x", b"7", b"1"]);
    let text = ran.text();
    assert_eq!(text.len(), 300_000 + 1 + 300_000 + 1 + 3002);
    assert!(text.starts_with(' ') && text.ends_with('0'));
}

#[test]
fn no_format_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&view_of(dir.path()), &["printf"]);
    assert_eq!((ran.exit, ran.stdout.len()), (Exit::USAGE, 0));
    let ran = run(&view_of(dir.path()), &["printf", "--help"]);
    assert!(ran.text().contains("printf FORMAT [ARG]..."), "{ran:?}");
}
