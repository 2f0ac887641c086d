use crate::common::tool::{run, view_of};
use dbg::exit::Exit;

#[test]
fn echo_prints_its_words_with_one_space_between() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&view_of(dir.path()), &["echo", "a", "-b  c"]);
    assert_eq!((ran.exit, ran.text()), (Exit::OK, "a -b  c\n"));
}
