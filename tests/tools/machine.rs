//! `uptime`, `free`, `uname`, `whoami`: what the machine and the target's identity say.

use crate::common::cgroup::Group;
use crate::common::process::Spawned;
use crate::common::tool::{run, view_of, view_of_process};
use dbg::exit::Exit;
use dbg::output::Text;
use dbg::view::Identity;
use std::process::Command;

fn theirs(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output().expect("the original starts");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_kernel_is_the_machines_and_the_host_name_the_targets() {
    let mut view = view_of_process(std::process::id());
    view.who = Ok(Identity { hostname: Some(Text::from("inside")), ..Identity::default() });
    for flags in ["-s", "-r", "-v", "-m", "-srm", "-o", "-p", "-i", "-mpi"] {
        assert_eq!(run(&view, &["uname", flags]).text(), theirs(&["uname", flags]), "{flags}");
    }
    assert_eq!(run(&view, &["uname"]).text(), theirs(&["uname"]));
    assert_eq!(run(&view, &["uname", "-n"]).text(), "inside\n");
    let all = run(&view, &["uname", "-a"]);
    let words: Vec<&str> = all.text().split(' ').collect();
    assert_eq!((words[0], words[1]), ("Linux", "inside"));
    assert_eq!(run(&view, &["uname", "--json"]).json()[0]["nodename"], "inside");
}

#[test]
fn totals_are_those_of_procps_and_a_limit_is_a_line_of_its_own() {
    let child = Spawned::sleep();
    let first_two = |text: &str| -> Vec<Vec<String>> {
        let line = |line: &str| line.split_whitespace().take(2).map(str::to_owned).collect();
        text.lines().skip(1).take(2).map(line).collect()
    };
    for flag in ["-b", "-k", "-m"] {
        let ours = run(&view_of_process(child.pid()), &["free", flag]);
        assert_eq!(first_two(ours.text()), first_two(&theirs(&["free", flag])), "{flag}");
    }
    let Some(group) = Group::new("free", &["memory"]) else {
        return crate::common::skip::skip("no cgroup can be made here");
    };
    let mib = (32 << 20).to_string();
    group.set("memory", ("memory.limit_in_bytes", &mib), ("memory.max", &mib));
    group.add(child.pid());
    let ran = run(&view_of_process(child.pid()), &["free", "-h"]);
    let line = ran.text().lines().find(|line| line.starts_with("Cgroup:")).unwrap();
    assert_eq!(line.split_whitespace().nth(1), Some("32M"));
    let rows = run(&view_of_process(child.pid()), &["free", "--json"]).json();
    assert_eq!((&rows[2]["name"], &rows[2]["total_bytes"]), (&"cgroup".into(), &(32 << 20).into()));
}

#[test]
fn the_machine_runs_longer_than_the_target() {
    let child = Spawned::sleep();
    let row = run(&view_of_process(child.pid()), &["uptime", "--json"]).json()[0].clone();
    let seconds = |key: &str| row[key].as_u64().unwrap();
    let kernel: f64 = std::fs::read_to_string("/proc/uptime")
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(seconds("machine_seconds") <= kernel as u64 && seconds("machine_seconds") > 0);
    assert!(seconds("target_seconds") < seconds("machine_seconds"), "{row}");
    let text = run(&view_of_process(child.pid()), &["uptime"]);
    assert!(
        text.text().contains(" up ") && text.text().contains(",  target up 0 min,  load average: "),
        "{}",
        text.text()
    );
}

#[test]
fn a_user_is_named_by_the_targets_own_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    std::fs::write(dir.path().join("etc/passwd"), "app:x:4711:1::/:\n").unwrap();
    let mut view = view_of(dir.path());
    view.who = Ok(Identity { uids: [0, 4711, 0, 0], ..Identity::default() });
    assert_eq!(run(&view, &["whoami"]).text(), "app\n");
    view.who = Ok(Identity { uids: [0, 4712, 0, 0], ..Identity::default() });
    let ran = run(&view, &["whoami"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(
        ran.stderr.starts_with("whoami: user 4712 has no name in the target\n"),
        "{}",
        ran.stderr
    );
    let row = run(&view, &["whoami", "--json"]).json()[0].clone();
    assert_eq!((&row["uid"], &row["name"]), (&4712.into(), &serde_json::Value::Null));
}

#[test]
fn parts_of_the_host_name_come_from_the_targets_own_hosts_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    let hosts = "127.0.0.1 localhost\n192.0.2.7 web.example.org web\n2001:db8::7 web\n";
    std::fs::write(dir.path().join("etc/hosts"), hosts).unwrap();
    let mut view = view_of(dir.path());
    let named = |name: &str| Identity { hostname: Some(Text::from(name)), ..Identity::default() };
    view.who = Ok(named("web"));
    let told =
        |view: &dbg::view::View, flag: &str| run(view, &["hostname", flag]).text().to_owned();
    assert_eq!(
        ["-s", "-f", "-d", "-i"].map(|flag| told(&view, flag)),
        ["web\n", "web.example.org\n", "example.org\n", "192.0.2.7 2001:db8::7\n"]
    );
    view.who = Ok(named("localhost"));
    assert_eq!(["-f", "-d"].map(|flag| told(&view, flag)), ["localhost\n", ""]);
    view.who = Ok(named("a.b.c"));
    assert_eq!(told(&view, "-s"), "a\n");
}

#[test]
fn since_when_and_for_how_long_are_told_as_procps_tells_them() {
    let child = Spawned::sleep();
    let view = view_of_process(child.pid());
    for flag in ["-p", "-s"] {
        let original = || {
            let out = Command::new("uptime").arg(flag).env("TZ", "UTC").output().unwrap();
            String::from_utf8(out.stdout).unwrap()
        };
        // A minute, or a second of rounding, may pass between the two.
        let (before, ours, after) = (original(), run(&view, &["uptime", flag]), original());
        assert!(ours.text() == before || ours.text() == after, "{flag} {} {before}", ours.text());
    }
}
