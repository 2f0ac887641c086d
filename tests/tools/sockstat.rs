//! `sockstat` and `netstat -s`, against `nstat` of iproute2.

use crate::common::process::{Namespaced, comm, until};
use crate::common::tool::{run, view_of, view_of_process};
use dbg::exit::Exit;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// A network of its own in which some packets have been sent, so that nothing else counts there.
fn quiet() -> Namespaced {
    let script = "ip link set lo up && ss -tan >/dev/null; exec sleep 1000";
    let target = Namespaced::new(&["--map-root-user", "--net"], &["sh", "-c", script]);
    until("it is set up", || comm(target.pid) == b"sleep\n");
    target
}

/// What nstat has, by its names: protocol and counter in one.
fn nstat(pid: u32) -> BTreeMap<String, i128> {
    let read = |name: &str| format!("/proc/{pid}/net/{name}");
    let mut command = Command::new("nstat");
    command.args(["-az", "--json"]).env("NSTAT_HISTORY", "/dev/null");
    for (variable, file) in
        [("PROC_NET_NETSTAT", "netstat"), ("PROC_NET_SNMP", "snmp"), ("PROC_NET_SNMP6", "snmp6")]
    {
        command.env(variable, read(file));
    }
    let output = command.output().expect("iproute2 is there");
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let counters = json["kernel"].as_object().expect("an object");
    counters.iter().map(|(name, value)| (name.clone(), value.as_i64().unwrap().into())).collect()
}

fn ours(pid: u32, words: &[&str]) -> Vec<Value> {
    let ran = run(&view_of_process(pid), words);
    assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
    ran.json().as_array().expect("an array").clone()
}

fn by_name(rows: &[Value]) -> BTreeMap<String, i128> {
    let name = |row: &Value| format!("{}{}", row["protocol"], row["name"]).replace('"', "");
    rows.iter().map(|row| (name(row), row["value"].as_i64().unwrap().into())).collect()
}

#[test]
fn the_counters_are_those_of_iproute2() {
    let target = quiet();
    let (mut all, mut theirs) = (BTreeMap::new(), BTreeMap::new());
    // The kernel itself asks for its neighbours at first.
    until("both count the same", || {
        all = by_name(&ours(target.pid, &["sockstat", "--json"]));
        theirs = nstat(target.pid);
        theirs.iter().all(|(name, value)| all.get(name) == Some(value))
    });
    assert!(theirs.len() > 150, "{theirs:?}");
    assert!(theirs.contains_key("TcpExtListenOverflows") && theirs.contains_key("Udp6InErrors"));
    assert_eq!(by_name(&ours(target.pid, &["netstat", "-s", "--json"])).len(), all.len());
}

#[test]
fn gauges_are_those_of_the_targets_network_and_not_of_this_one() {
    let target = quiet();
    let here = [(); 3].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let rows = ours(target.pid, &["sockstat", "--json", "tcp"]);
    let inuse = rows.iter().find(|row| row["protocol"] == "TCP" && row["name"] == "inuse").unwrap();
    assert_eq!((&inuse["value"], &inuse["kind"]), (&0.into(), &"gauge".into()));
    let rows = ours(std::process::id(), &["sockstat", "--json", "tcp"]);
    let inuse = rows.iter().find(|row| row["protocol"] == "TCP" && row["name"] == "inuse").unwrap();
    assert!(inuse["value"].as_u64() >= Some(here.len() as u64));
    assert!(inuse["meaning"].is_string());
}

#[test]
fn zeros_are_hidden_unless_asked_for() {
    let target = quiet();
    let view = view_of_process(target.pid);
    let (some, all) = (run(&view, &["sockstat"]), run(&view, &["sockstat", "-a"]));
    assert!(!some.text().contains("ListenOverflows"), "{}", some.text());
    let line = all.text().lines().find(|line| line.contains(" ListenOverflows "));
    assert!(line.is_some_and(|line| line.contains(" 0 ") && line.starts_with("  ")), "{line:?}");
    assert!(all.text().lines().any(|line| line == "TcpExt"), "{}", all.text());
    let udp = run(&view, &["sockstat", "-a", "udp"]);
    let sections = udp.text().lines().filter(|line| !line.starts_with([' ', '!']));
    assert!(sections.clone().count() > 2 && sections.clone().all(|name| name.starts_with("U")));
    assert_eq!(run(&view, &["sockstat", "--abnormal"]).text(), "");
    let wrong = run(&view, &["sockstat", "udp", "x\u{1b}"]);
    assert_eq!((wrong.exit, wrong.text()), (Exit::USAGE, ""));
    assert!(wrong.stderr.contains("x\\x1b"), "{}", wrong.stderr);
}

#[test]
fn without_processes_it_says_why() {
    let dir = tempfile::tempdir().unwrap();
    for words in [&["sockstat"][..], &["netstat", "-s"], &["ss", "-s"]] {
        let ran = run(&view_of(dir.path()), words);
        assert_eq!(ran.exit, Exit::CANNOT_RUN, "{words:?}");
        assert!(ran.stderr.contains("the target's processes can't be read"), "{}", ran.stderr);
    }
}

#[test]
fn what_netstat_does_not_do_is_refused_with_the_tool_that_does() {
    let view = view_of_process(std::process::id());
    for (flag, tool) in [("-r", "ip route"), ("-i", "ip -s link"), ("-g", "ip maddress")] {
        let ran = run(&view, &["netstat", flag]);
        assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""));
        assert!(ran.stderr.contains(tool), "{}", ran.stderr);
    }
}
