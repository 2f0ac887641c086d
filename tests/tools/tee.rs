use crate::common::tool::{run_with, view_of};
use dbg::exit::Exit;
use std::fs;

#[test]
fn stdin_comes_out_and_no_file_is_made_unless_it_was_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let mut view = view_of(dir.path());
    let tee = |words: &[&str]| [&["tee"], words].concat().iter().map(Into::into).collect();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let ran = run_with(&view, tee(&["copy"]), &bytes);
    assert!(ran.stdout == bytes);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.starts_with("tee: writing copy: the view is read-only\n"), "{}", ran.stderr);
    assert!(!dir.path().join("copy").exists());
    view.writable = true;
    let ran = run_with(&view, tee(&["copy", "nosuch/copy", "other"]), &bytes);
    assert!(ran.stdout == bytes);
    assert_eq!(ran.stderr, "tee: nosuch/copy: no such file or directory\n");
    assert!(fs::read(dir.path().join("copy")).unwrap() == bytes);
    assert!(fs::read(dir.path().join("other")).unwrap() == bytes);
    run_with(&view, tee(&["-a", "other"]), b"more");
    run_with(&view, tee(&["copy"]), b"less");
    assert_eq!(fs::read(dir.path().join("other")).unwrap().len(), bytes.len() + 4);
    assert_eq!(fs::read(dir.path().join("copy")).unwrap(), b"less");
}
