use crate::common::process::{Namespaced, until};
use crate::common::tool::{run, view_of_process};
use serde_json::Value;
use std::process::Command;

#[test]
fn namespaces_are_those_that_lsns_lists() {
    let target = Namespaced::new(&["--map-root-user", "--uts", "--ipc"], &["sleep", "1000"]);
    let pid = target.pid.to_string();
    let mut theirs = String::new();
    // It gives up when a process ends under its eyes, which those of other tests do.
    until("lsns gets through all processes", || {
        let words = ["-p", &pid, "--raw", "-n", "-o", "TYPE,NS"];
        let out = Command::new("lsns").args(words).output().expect("util-linux is there");
        theirs = String::from_utf8(out.stdout).unwrap();
        out.status.success() && !theirs.is_empty()
    });
    let mut theirs: Vec<&str> = theirs.lines().collect();
    let rows = run(&view_of_process(target.pid), &["ns", "--json"]).json();
    let rows: Vec<Value> = rows.as_array().unwrap().clone();
    let mut ours: Vec<String> =
        rows.iter().map(|r| format!("{} {}", r["type"].as_str().unwrap(), r["inode"])).collect();
    theirs.sort_unstable();
    ours.sort();
    assert_eq!(ours, theirs);
    let is_ours = |kind: &str| rows.iter().find(|row| row["type"] == kind).unwrap()["ours"].clone();
    for (kind, expected) in [
        ("uts", false),
        ("ipc", false),
        ("pid", false),
        ("user", false),
        ("net", true),
        ("mnt", true),
    ] {
        assert_eq!(is_ours(kind), expected, "{kind}");
    }
}

#[test]
fn another_process_is_compared_with_the_main_one() {
    let target = Namespaced::new(&["--map-root-user", "--uts"], &["sleep", "1000"]);
    let view = view_of_process(std::process::id());
    let ran = run(&view, &["ns", "-p", &target.pid.to_string()]);
    let line = |kind: &str| {
        let line = ran.text().lines().find(|line| line.starts_with(kind)).unwrap();
        line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((line("uts").as_str(), line("net").as_str()), ("no no", "yes yes"));
}
