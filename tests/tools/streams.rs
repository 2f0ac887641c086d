//! What every tool that passes text on does when nobody takes it.

use crate::common::tool::{run_to, view_of};
use dbg::exit::Exit;
use std::fs;
use std::os::fd::OwnedFd;

/// Each prints more than a pipe holds, but for those that print a line.
const LINES: &[&[&str]] =
    &[&["basename", "a"], &["dirname", "a"], &["sort", "f"], &["uniq", "f"], &["cut", "-b1-", "f"]];

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let lines: String = (0..40_000).map(|i| format!("line {i}\n")).collect();
    fs::write(dir.path().join("f"), lines).unwrap();
    dir
}

#[test]
fn a_full_device_is_an_error_of_every_tool() {
    let dir = folder();
    for words in LINES {
        let full: OwnedFd = fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into();
        let (exit, stderr) = run_to(&view_of(dir.path()), words, full);
        let expected = format!("{}: no space left on device\n", words[0]);
        assert_eq!((exit, stderr), (Exit::FAILURE, expected), "{words:?}");
    }
}

#[test]
fn a_reader_that_left_ends_every_tool_quietly() {
    let dir = folder();
    for words in LINES {
        let (read, write) = nix::unistd::pipe().unwrap();
        drop(read);
        let ended = run_to(&view_of(dir.path()), words, write);
        assert_eq!(ended, (Exit::signal(libc::SIGPIPE), String::new()), "{words:?}");
    }
}
