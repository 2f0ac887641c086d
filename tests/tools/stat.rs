use crate::common::gnu::{fixture, gnu};
use crate::common::tool::{run, run_on_terminal, run_to, view_of};
use dbg::exit::Exit;
use std::fs;
use std::path::Path;

const FILES: [&str; 9] =
    ["a.txt", "empty", "link", "sub", "fifo", "socket", "void", "b.log", "two words"];

#[test]
fn all_that_is_told_of_every_kind_of_file_is_what_gnu_tells() {
    let dir = fixture();
    let view = view_of(dir.path());
    for flags in [&[][..], &["-t"], &["-L"]] {
        let words = [&["stat"], flags, &FILES].concat();
        // Reading a link for the first time is an access, which the next reader sees.
        gnu(dir.path(), &words);
        let (ours, theirs) = (run(&view, &words).stdout, gnu(dir.path(), &words));
        // The fixture has no /etc/passwd, so that the names of owners differ.
        let without_names = |text: &[u8]| -> Vec<String> {
            let text = String::from_utf8_lossy(text).into_owned();
            text.lines().filter(|line| !line.contains("Uid:")).map(str::to_owned).collect()
        };
        assert_eq!(without_names(&ours), without_names(&theirs));
    }
    let root = view_of(Path::new("/"));
    for path in ["/dev/null", "/", "/etc/passwd"] {
        assert_eq!(run(&root, &["stat", path]).stdout, gnu(Path::new("/"), &["stat", path]));
    }
}

#[test]
fn every_directive_of_a_format_gives_what_gnu_gives() {
    let dir = fixture();
    let view = view_of(dir.path());
    for letter in "nNsbBfFaAugihdDtTrRxXyYzZwWo%q".chars() {
        for width in ["", "12", "-12", "012"] {
            let format = format!("<%{width}{letter}>");
            // GNU fills with zeros only what is a number.
            if width == "012" && !"sbugihdXYZWo".contains(letter)
                || letter == '%' && !width.is_empty()
            {
                continue;
            }
            if "qN".contains(letter) && !width.is_empty() {
                continue;
            }
            let words = [&["stat", "-c", &format], &FILES[..]].concat();
            let (ours, theirs) = (run(&view, &words), gnu(dir.path(), &words));
            assert_eq!(ours.text(), String::from_utf8_lossy(&theirs), "{format}");
        }
    }
    let words = ["stat", "-c", "%U:%G %Hr %Lr", "/dev/null", "/etc/passwd"];
    assert_eq!(run(&view_of(Path::new("/")), &words).stdout, gnu(Path::new("/"), &words));
}

#[test]
fn absolute_links_stay_inside_the_root() {
    let dir = fixture();
    let inner = dir.path().join("sub");
    std::os::unix::fs::symlink("/inner", inner.join("to-inner")).unwrap();
    let ran = run(&view_of(&inner), &["stat", "-L", "-c", "%i", "to-inner", "/../../inner"]);
    let inode = std::os::unix::fs::MetadataExt::ino(&fs::metadata(inner.join("inner")).unwrap());
    assert_eq!(ran.text(), format!("{inode}\n{inode}\n"));
}

#[test]
fn what_is_missing_is_named_and_the_rest_is_shown() {
    let dir = fixture();
    let ran = run(&view_of(dir.path()), &["stat", "-c%n", "nosuch", "dangling", "a.txt"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, "dangling\na.txt\n"));
    assert_eq!(ran.stderr, "stat: nosuch: no such file or directory\n");
    let ran = run(&view_of(dir.path()), &["stat", "-L", "dangling"]);
    assert_eq!(ran.stderr, "stat: dangling: no such file or directory\n");
    assert_eq!(run(&view_of(dir.path()), &["stat"]).exit, Exit::USAGE);
}

#[test]
fn json_has_numbers_and_times() {
    let dir = fixture();
    let json = run(&view_of(dir.path()), &["stat", "--json", "a.txt", "link"]).json();
    assert_eq!((&json[0]["size"], &json[0]["links"]), (&25.into(), &2.into()));
    assert_eq!(json[1]["target"], "a.txt");
    let modified = gnu(dir.path(), &["date", "-u", "-r", "a.txt", "+%FT%T.%NZ"]);
    assert_eq!(json[0]["modified"], String::from_utf8_lossy(&modified).trim());
}

#[test]
fn odd_names_can_do_nothing_to_a_terminal_and_a_full_device_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a\x1b[31m\nb"), "").unwrap();
    let view = view_of(dir.path());
    let shown = run_on_terminal(&view, &["stat", "a\x1b[31m\nb"], 80);
    assert!(shown.contains("File: a\\x1b[31m\\nb"), "{shown:?}");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = run_to(&view, &["stat", "."], full.into());
    assert_eq!(ended, (Exit::FAILURE, "stat: no space left on device\n".into()));
}
