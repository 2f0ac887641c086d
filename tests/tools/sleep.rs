use crate::common::tool::{run, view_of};
use dbg::exit::Exit;

#[test]
fn sleep_waits_for_the_sum_of_its_times_and_says_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&view_of(dir.path()), &["sleep", "0.02", "0.01s", "0.001m", "0"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""));
}

#[test]
fn times_that_are_none_are_all_told_and_nothing_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&view_of(dir.path()), &["sleep", "infinity", "x", "5y"]);
    let told = "sleep: invalid time interval 'x'\nsleep: invalid time interval '5y'\n";
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::FAILURE, told));
    let ran = run(&view_of(dir.path()), &["sleep"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::FAILURE, "sleep: missing operand\n"));
}
