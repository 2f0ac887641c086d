use crate::common::gnu::{same, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::fs;

/// Texts whose dumps are not megabytes, and some with lines that repeat.
fn dumped() -> Vec<Vec<u8>> {
    let short = texts().into_iter().filter(|text| text.len() < 2000);
    let repeated = [
        vec![0; 16],
        vec![0; 33],
        [vec![0; 64], b"end of it".to_vec(), vec![0; 48]].concat(),
        vec![b'x'; 100_000],
    ];
    short.chain(repeated).chain([(0..=255u8).rev().cycle().take(1000).collect()]).collect()
}

#[test]
fn od_shows_every_text_as_gnu_does() {
    let dir = tempfile::tempdir().unwrap();
    for text in dumped() {
        for flags in [
            &[][..],
            &["-c"],
            &["-x"],
            &["-b"],
            &["-d"],
            &["-o"],
            &["-s"],
            &["-i"],
            &["-l"],
            &["-a"],
            &["-v"],
            &["-An"],
            &["-Ad"],
            &["-Ax", "-tx1"],
            &["-tx1z"],
            &["-t", "x1", "-t", "c"],
            &["-tx2", "-c"],
            &["-c", "-tx4", "-td8"],
            &["-tu1", "-tx8z", "-to4"],
            &["-tdu"],
            &["-tacx"],
            &["-An", "-tx1z", "-w8"],
            &["-w32", "-tx2"],
            &["-w4", "-c"],
            &["-j1"],
            &["-N5"],
            &["-j", "3", "-N", "20", "-tx1"],
            &["-tx1zd4z"],
            &["-N0"],
            &["-Ax", "-j0x10"],
            &["-Ad", "-j1b"],
            &["-tdCxSoIuL"],
        ] {
            same(dir.path(), &[&["od"], flags].concat(), &text);
        }
    }
}

#[test]
fn hexdump_shows_every_text_as_the_original_does() {
    let dir = tempfile::tempdir().unwrap();
    for text in dumped() {
        for flags in [
            &["-C"][..],
            &[],
            &["-Cv"],
            &["-v"],
            &["-C", "-n", "20"],
            &["-C", "-s", "3"],
            &["-n5"],
            &["-C", "-s5", "-n0x11"],
            &["-s1"],
            &["-C", "-n0"],
        ] {
            // Beyond the end of a file the original prints an address that is in none.
            if text.len() >= 5 {
                same(dir.path(), &[&["hexdump"], flags].concat(), &text);
            }
        }
    }
}

#[test]
fn several_files_are_one_dump() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "0123456789"), ("b", "abcdefghijklm"), ("c", "")] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    for words in [
        &["od", "-c", "a", "b", "c", "a"][..],
        &["od", "-c", "-j12", "a", "b"],
        &["od", "-j", "99", "a"],
        &["od", "-c", "a", "nosuch", "b"],
        &["hexdump", "-C", "a", "b"],
    ] {
        same(dir.path(), words, b"in");
    }
}

#[test]
fn what_is_no_type_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &["-t", "q"][..],
        &["-t", "x3"],
        &["-t", ""],
        &["-A", "q"],
        &["-N", "x"],
        &["-j", "5q"],
        &["-w0"],
        &["-w3"],
    ] {
        assert_eq!(
            run(&view_of(dir.path()), &[&["od"], words].concat()).exit,
            Exit::USAGE,
            "{words:?}"
        );
    }
}

#[test]
fn fractions_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    let singles = [
        0f32,
        -0.0,
        1.0,
        0.1,
        1e6,
        1e7,
        123_456.7,
        1e-5,
        1e38,
        f32::MAX,
        f32::MIN_POSITIVE,
        1e-45,
        f32::NAN,
        -f32::NAN,
    ];
    let doubles =
        [0f64, -2.5, 0.1, 1e15, 1e16, 1e100, 1.0 / 3.0, f64::MAX, 5e-324, f64::INFINITY, -f64::NAN];
    let mut bytes: Vec<u8> = singles.iter().flat_map(|n| n.to_ne_bytes()).collect();
    bytes.extend(doubles.iter().flat_map(|n| n.to_ne_bytes()));
    let all: Vec<u8> = (0..=255).collect();
    for text in [&bytes[..], &all, b"abcdefg", b"abc"] {
        for flags in [
            &["-tf4"][..],
            &["-t", "f8"],
            &["-tf"],
            &["-f"],
            &["-F"],
            &["-tfFz", "-tx1"],
            &["-tfD", "-c", "-An"],
        ] {
            same(dir.path(), &[&["od"], flags].concat(), text);
        }
    }
    for wrong in ["f2", "fL", "f1", "f16"] {
        assert_eq!(run(&view_of(dir.path()), &["od", "-t", wrong]).exit, Exit::USAGE, "{wrong}");
    }
}
