use crate::common::process::{Spawned, comm, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use serde_json::{Value, json};
use std::process::Command;

fn limits(pid: u32) -> Vec<Value> {
    run(&view_of_process(pid), &["limits", "--json"]).json().as_array().unwrap().clone()
}

/// A process with limits of its own.
fn limited() -> Spawned {
    let script = "ulimit -n 77; ulimit -Ss 4096; ulimit -c 0; exec sleep 1000";
    let child = Spawned::new(Command::new("bash").args(["-c", script]));
    until("it sleeps", || comm(child.pid()) == b"sleep\n");
    child
}

#[test]
fn limits_are_what_util_linux_says() {
    let child = limited();
    let theirs = Command::new("prlimit")
        .args([
            "--raw",
            "--noheadings",
            "-o",
            "RESOURCE,SOFT,HARD",
            "--pid",
            &child.pid().to_string(),
        ])
        .output()
        .expect("util-linux is there");
    let text = |n: &Value| n.as_u64().map_or_else(|| "unlimited".into(), |n| n.to_string());
    let mut ours: Vec<String> = limits(child.pid())
        .iter()
        .map(|l| {
            format!("{} {} {}", l["resource"].as_str().unwrap(), text(&l["soft"]), text(&l["hard"]))
        })
        .collect();
    ours.sort();
    let mut theirs: Vec<String> =
        String::from_utf8(theirs.stdout).unwrap().lines().map(str::to_owned).collect();
    theirs.sort();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 16);
}

#[test]
fn use_is_counted_and_told_as_a_share() {
    let child = limited();
    let rows = limits(child.pid());
    let row = |name: &str| rows.iter().find(|row| row["resource"] == name).unwrap();
    let files = row("NOFILE");
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.pid())).unwrap().count();
    let share = (1000.0 * open as f64 / 77.0).round() / 10.0;
    assert_eq!((&files["soft"], &files["used"]), (&json!(77), &json!(open)));
    assert_eq!(files["share_percent"], share);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.pid())).unwrap();
    let kib = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert_eq!(row("AS")["used"], kib("VmSize:") * 1024);
    assert_eq!(row("STACK")["used"], kib("VmStk:") * 1024);
    assert_eq!(row("MEMLOCK")["used"], kib("VmLck:") * 1024);
    // At least this test and that process.
    assert!(row("NPROC")["used"].as_u64().unwrap() >= 2);
    let table = run(&view_of_process(child.pid()), &["limits"]);
    let line = table.text().lines().find(|line| line.starts_with("NOFILE")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(
        words,
        [
            "NOFILE",
            "open",
            "files",
            "77",
            "77",
            "files",
            &open.to_string(),
            &format!("{share:.1}%")
        ]
    );
}

#[test]
fn a_process_that_is_not_there_is_said_so() {
    let ran = run(&view_of_process(std::process::id()), &["limits", "-p", "4194304"]);
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (Exit::FAILURE, "limits: process 4194304: no such process\n")
    );
}
