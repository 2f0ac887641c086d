use crate::common::cgroup::Group;
use crate::common::process::Spawned;
use crate::common::skip::skip;
use crate::common::tool::{run, view_of_process};
use serde_json::Value;
use std::process::Command;

fn report(pid: u32) -> Value {
    run(&view_of_process(pid), &["cgroup", "--json"]).json()[0].clone()
}

#[test]
fn limits_and_use_are_those_of_the_group() {
    let Some(group) = Group::new("limits", &["memory", "cpu", "pids"]) else {
        return skip("no cgroup can be made here");
    };
    let mib = (64 << 20).to_string();
    group.set("memory", ("memory.limit_in_bytes", &mib), ("memory.max", &mib));
    group.set("cpu", ("cpu.cfs_quota_us", "50000"), ("cpu.max", "50000 100000"));
    group.set("pids", ("pids.max", "7"), ("pids.max", "7"));
    let child = Spawned::sleep();
    group.add(child.pid());
    let facts = report(child.pid());
    assert_eq!(facts["memory"]["limit_bytes"], 64 << 20);
    assert!(facts["memory"]["usage_bytes"].as_u64().unwrap() < 64 << 20);
    assert_eq!(facts["memory"]["oom_kills"], 0);
    assert_eq!(
        (&facts["cpu"]["limit_cores"], &facts["cpu"]["period_microseconds"]),
        (&0.5.into(), &100_000.into())
    );
    assert_eq!((&facts["pids"]["usage"], &facts["pids"]["limit"]), (&1.into(), &7.into()));
    let table = run(&view_of_process(child.pid()), &["cgroup"]);
    let words =
        |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = table.text().lines().map(words).collect();
    for line in ["cpu limit 0.50 cores", "pids limit 7 (14% used)", "memory OOM kills 0"] {
        assert!(lines.iter().any(|found| found == line), "{line}: {lines:?}");
    }
}

#[test]
fn a_throttled_group_says_so() {
    let Some(group) = Group::new("throttle", &["cpu"]) else {
        return skip("no cgroup can be made here");
    };
    group.set("cpu", ("cpu.cfs_quota_us", "2000"), ("cpu.max", "2000 100000"));
    let child = Spawned::new(Command::new("sh").args(["-c", "while :; do :; done"]));
    group.add(child.pid());
    crate::common::process::until("it is throttled", || {
        report(child.pid())["cpu"]["throttled_periods"].as_u64().unwrap() > 2
    });
    let cpu = report(child.pid())["cpu"].clone();
    assert!(cpu["throttled_seconds"].as_f64().unwrap() > 0.0, "{cpu}");
    assert!(cpu["periods"].as_u64() >= cpu["throttled_periods"].as_u64(), "{cpu}");
}

#[test]
fn what_the_oom_killer_took_is_counted() {
    let Some(group) = Group::new("oom", &["memory"]) else {
        return skip("no cgroup can be made here");
    };
    let mib = (16 << 20).to_string();
    group.set("memory", ("memory.limit_in_bytes", &mib), ("memory.max", &mib));
    let sleeper = Spawned::sleep();
    group.add(sleeper.pid());
    let mut greedy = Command::new("sh");
    // Waits until it is in the group.
    let mut greedy = greedy
        .args(["-c", "read x; head -c 900m /dev/zero | tail -c 900m >/dev/null"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    group.add(greedy.id());
    std::io::Write::write_all(&mut greedy.stdin.take().unwrap(), b"go\n").unwrap();
    let ended = greedy.wait().unwrap();
    assert_eq!(ended.code(), Some(137), "{ended:?}");
    let view = view_of_process(sleeper.pid());
    assert_eq!(report(sleeper.pid())["memory"]["oom_kills"], 1);
    assert!(report(sleeper.pid())["memory"]["limit_hits"].as_u64().unwrap() > 0);
    assert_eq!(run(&view, &["oom", "--json"]).json()[0]["oom_kills"], 1);
    assert!(run(&view, &["oom"]).text().ends_with("OOM kills in the cgroup so far: 1\n"));
}

#[test]
fn what_can_not_be_told_is_named_with_its_reason() {
    let child = Spawned::sleep();
    let facts = report(child.pid());
    for resource in ["memory", "cpu", "pids", "io"] {
        let why = facts["missing"].as_array().unwrap().iter().find(|m| m["resource"] == resource);
        assert_eq!(facts[resource].is_null(), why.is_some(), "{resource}: {facts}");
        assert!(why.is_none_or(|why| !why["why"].as_str().unwrap().is_empty()));
    }
}

#[test]
fn a_view_without_cgroups_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&crate::common::tool::view_of(dir.path()), &["cgroup"]);
    assert_eq!(ran.exit, dbg::exit::Exit::CANNOT_RUN);
    assert!(ran.stderr.contains("the target's cgroups can't be read"), "{}", ran.stderr);
}
