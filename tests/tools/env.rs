use crate::common::process::{Namespaced, Spawned, comm, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use dbg::output::Text;
use dbg::view::Identity;
use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

fn child() -> Spawned {
    let mut command = Command::new("sleep");
    command.arg("1000").env_clear().env("A", "1=2").env("EMPTY", "");
    let child = Spawned::new(command.env("RAW", OsStr::from_bytes(b"x\ny\x1b\xff")));
    until("it is executed", || comm(child.pid()) == b"sleep\n");
    child
}

#[test]
fn the_environment_is_printed_as_it_is() {
    let child = child();
    let ran = run(&view_of_process(child.pid()), &["env"]);
    assert_eq!(
        (ran.exit, ran.stdout.as_slice()),
        (Exit::OK, &b"A=1=2\nEMPTY=\nRAW=x\ny\x1b\xff\n"[..])
    );
    let ran = run(&view_of_process(child.pid()), &["env", "-0"]);
    assert_eq!(ran.stdout, std::fs::read(format!("/proc/{}/environ", child.pid())).unwrap());
}

#[test]
fn json_keeps_bytes_and_splits_at_the_first_equals_sign() {
    let child = child();
    assert_eq!(
        run(&view_of_process(child.pid()), &["env", "--json"]).json(),
        json!([
            {"name": "A", "value": "1=2"},
            {"name": "EMPTY", "value": ""},
            {"name": "RAW", "value": {"hex": "780a791bff"}},
        ])
    );
}

#[test]
fn what_the_view_has_read_of_the_main_process_is_used() {
    let mut view = view_of_process(std::process::id());
    view.who = Ok(Identity { environ: Some(vec![Text::from("X=y")]), ..Identity::default() });
    assert_eq!(run(&view, &["env"]).text(), "X=y\n");
}

#[test]
fn another_process_is_named_by_the_number_the_target_has_for_it() {
    let child = child();
    let pid = child.pid().to_string();
    let ran = run(&view_of_process(std::process::id()), &["env", "-p", &pid]);
    assert!(ran.stdout.starts_with(b"A=1=2\n"), "{ran:?}");
    let words = ["env", "-i", "IN=side", "sleep", "1000"];
    let target = Namespaced::new(&["--map-root-user"], &words);
    until("sleep runs", || comm(target.pid) == b"sleep\n");
    let ran = run(&view_of_process(target.pid), &["env", "--pid", "1"]);
    assert_eq!(ran.text(), "IN=side\n");
    let ran = run(&view_of_process(target.pid), &["env", "--pid", &pid]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.contains(&format!("process {pid}: no such process")), "{}", ran.stderr);
}

#[test]
fn a_refusal_says_what_right_is_missing() {
    if !nix::unistd::geteuid().is_root() {
        return; // without a right to lose, there is nothing to test
    }
    let child = child();
    let view = view_of_process(child.pid());
    // Capabilities are a thread's own, and each test has a thread.
    caps::clear(None, caps::CapSet::Effective).unwrap();
    let ran = run(&view, &["env"]);
    assert_eq!((ran.exit, ran.text()), (Exit::CANNOT_RUN, ""));
    let expected = format!("env: environment of process {}: permission denied\n", child.pid());
    assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
    assert!(ran.stderr.contains("SYS_PTRACE"), "{}", ran.stderr);
}

#[test]
fn variables_are_set_and_taken_away_and_a_tool_may_follow() {
    let view = view_of_process(std::process::id());
    assert_eq!(run(&view, &["env", "-i", "A=1", "B=x=y", "A=2"]).text(), "B=x=y\nA=2\n");
    assert_eq!(run(&view, &["env", "-i", "-u", "A", "echo", "run"]).text(), "run\n");
    assert!(
        !run(&view, &["env", "-u", "PATH"]).text().lines().any(|line| line.starts_with("PATH="))
    );
    assert_eq!(run(&view, &["env", "nosuch-tool"]).exit, Exit::NOT_FOUND);
}

#[test]
fn a_tool_that_env_runs_sees_the_variables_that_env_sets_and_the_next_one_does_not() {
    let mut view = view_of_process(std::process::id());
    view.who = Ok(Identity { environ: Some(vec![Text::from("X=y")]), ..Identity::default() });
    let ran = run(&view, &["env", "A=1", "env", "B=2", "env"]);
    assert_eq!(ran.text(), "X=y\nA=1\nB=2\n");
    assert_eq!(run(&view, &["env", "-u", "X", "A=1", "printenv", "X", "A"]).text(), "1\n");
    assert_eq!(
        run(&view, &["env", "TZ=XYZ-3", "date", "-d", "@0", "+%H:%M %Z"]).text(),
        "03:00 XYZ\n"
    );
    assert_eq!(run(&view, &["env"]).text(), "X=y\n");
    // A process that is named has its own.
    let child = child();
    let ran = run(&view, &["env", "A=9", "env", "-p", &child.pid().to_string()]);
    assert!(ran.stdout.starts_with(b"A=1=2\n"), "{ran:?}");
}
