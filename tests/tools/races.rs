//! What the tools tell of processes that are born and die while they look.

use crate::common::process::{Namespaced, children, until};
use crate::common::tool::{Ran, run, view_of_process};
use dbg::exit::Exit;
use dbg::view::View;
use std::collections::HashSet;

/// How often each tool looks, at least, and how many processes are born meanwhile, at least: here 2,000 a second and
/// more, elsewhere what the machine can do.
const RUNS: usize = 200;
const BIRTHS: u64 = 20_000;

/// Process 1 of the namespace and two children of it, the workers, that do nothing but make short-lived children.
const SCRIPT: &str = "f() { while :; do : & : & : & : & wait; done; }; f & f & wait";

/// Processes made on this machine since it was started.
fn births() -> u64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap();
    let line = stat.lines().find_map(|line| line.strip_prefix("processes ")).expect("counted");
    line.trim().parse().unwrap()
}

#[test]
fn processes_that_are_born_and_die_by_the_thousand_confuse_no_tool() {
    let target = Namespaced::new(&["--map-root-user"], &["busybox", "sh", "-c", SCRIPT]);
    until("both workers run", || children(target.pid).len() == 2);
    let workers: Vec<i64> = children(target.pid).into_iter().map(number_inside).collect();
    let view = view_of_process(target.pid);
    let (first, mut runs) = (births(), 0);
    while runs < RUNS || births() - first < BIRTHS {
        check_parents(&sound(&view, &["ps", "-eo", "pid,ppid,args", "--json"]), &workers, "ps");
        check_parents(&sound(&view, &["pstree", "--json"]), &workers, "pstree");
        check_lines(&sound(&view, &["ps", "-eLf"]), &workers);
        check_tree(&sound(&view, &["pstree", "-A"]));
        check_top(&sound(&view, &["top", "-b", "-n", "1", "--json"]));
        let files = sound(&view, &["lsof", "--json"]).json();
        assert!(files.as_array().unwrap().iter().all(|row| row["pid"].as_i64() >= Some(1)));
        runs += 1;
    }
}

/// The number of a process in its own PID namespace (`NSpid`, proc_pid_status(5)).
fn number_inside(pid: u32) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("NSpid:")).expect("numbered");
    line.split_whitespace().last().expect("a number").parse().unwrap()
}

/// Runs a tool that must find nothing to complain of.
fn sound(view: &View, words: &[&str]) -> Ran {
    let ran = run(view, words);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""), "{words:?}");
    ran
}

/// Whoever is neither the first process nor a worker is a worker's child, or was one until the worker's `wait`.
fn check_parents(ran: &Ran, workers: &[i64], tool: &str) {
    let json = ran.json();
    let rows = json.as_array().unwrap();
    let mut seen = HashSet::new();
    for row in rows {
        let (pid, ppid) = (row["pid"].as_i64().unwrap(), row["ppid"].as_i64().unwrap());
        assert!(seen.insert(pid), "{tool}: {pid} twice");
        match pid {
            1 => assert_eq!(ppid, 0, "{tool}"),
            _ if workers.contains(&pid) => assert_eq!(ppid, 1, "{tool}"),
            _ => assert!(workers.contains(&ppid), "{tool}: {row}"),
        }
    }
    assert!(workers.iter().chain([&1]).all(|pid| seen.contains(pid)), "{tool}: {seen:?}");
}

/// A row that was put together from two processes would have too few words, or a parent that is none.
fn check_lines(ran: &Ran, workers: &[i64]) {
    for line in ran.text().lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(words.len() >= 9, "{line}");
        let [pid, ppid] = [words[1], words[2]].map(|word| word.parse::<i64>().unwrap());
        assert!(
            pid == 1 || ppid == 1 && workers.contains(&pid) || workers.contains(&ppid),
            "{line}"
        );
    }
}

fn check_tree(ran: &Ran) {
    let first = ran.text().lines().next().unwrap_or_default();
    assert!(first.starts_with("busybox-") || first.starts_with("sh-"), "{}", ran.text());
}

fn check_top(ran: &Ran) {
    let json = ran.json();
    let text = json.to_string();
    assert!(text.contains("\"pid\":1") && !text.contains("\"pid\":0"), "{text}");
}
