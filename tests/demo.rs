//! The target that `scripts/demo` shows dbg on is what it claims to be, and leaves nothing behind.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod common;

use common::demo::{By, CONFIG, Demo, server};
use std::fs;
use std::process::Command;

/// Starts the target, or skips the test where user namespaces are not allowed.
fn start(by: By, folders: &[&str]) -> Option<Demo> {
    match Demo::start(by, folders) {
        Ok(demo) => Some(demo),
        Err(text) if text.contains("make a user and a PID namespace") => {
            common::skip::skip(&format!("no user namespace here: {}", text.trim()));
            None
        }
        Err(text) => panic!("{text}"),
    }
}

fn status(pid: i32, key: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("the server runs");
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.expect("a line of status").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_running(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}

fn check_hardened(demo: &Demo) {
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(status(demo.pid, set), "0000000000000000", "{set}");
    }
    assert_eq!(status(demo.pid, "NoNewPrivs"), "1");
    assert_eq!(
        status(demo.pid, "NSpid").split(' ').nth(1),
        Some("1"),
        "the first of its namespace"
    );
    for kind in ["user", "mnt", "pid", "net", "ipc", "uts"] {
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{kind}")).expect("a namespace");
        assert_ne!(of(&demo.pid.to_string()), of("self"), "{kind}");
    }
    let ids = fs::read_to_string(format!("/proc/{}/uid_map", demo.pid)).expect("a map");
    assert_eq!(ids.split_whitespace().next(), Some("65532"));
    let mounts = fs::read_to_string(format!("/proc/{}/mountinfo", demo.pid)).expect("mounts");
    let root = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/")).expect("a root");
    assert!(root.split(' ').nth(5).expect("options").starts_with("ro,nosuid,nodev"), "{root}");
    assert_eq!(
        fs::read_to_string(format!("/proc/{}/root/etc/app/config.toml", demo.pid)).unwrap(),
        CONFIG
    );
}

#[test]
fn it_is_hardened_and_serves_on_a_localhost_of_its_own() {
    let Some(demo) = start(By::Caller, &["proc", "tmp"]) else { return };
    check_hardened(&demo);
    // By its user namespace too, as only that lets an ordinary user in.
    let get = |path: &str| {
        let mut nsenter = Command::new("nsenter");
        nsenter.args([
            "--target",
            &demo.pid.to_string(),
            "--user",
            "--preserve-credentials",
            "--net",
        ]);
        nsenter.arg(server()).args(["get", "127.0.0.1", "8080", path]).output().unwrap()
    };
    assert_eq!(get("/healthz").stdout, b"ok\n");
    assert_eq!(get("/").stdout, b"hello from the demo\n");
    let missing = get("/nosuch");
    assert!(!missing.status.success() && missing.stdout.is_empty());
}

#[test]
fn an_ordinary_user_can_start_it() {
    if !nix::unistd::geteuid().is_root() {
        // The test above has just done it.
        return;
    }
    let Some(demo) = start(By::User(65534), &["proc", "tmp"]) else { return };
    check_hardened(&demo);
    assert_eq!(status(demo.pid, "Uid"), "65534 65534 65534 65534");
}

#[test]
fn it_ends_with_its_launcher_even_if_that_is_killed() {
    let Some(demo) = start(By::Caller, &[]) else { return };
    let pid = demo.pid;
    drop(demo);
    assert!(!is_running(pid), "the launcher was asked to end");

    let Some(mut demo) = start(By::Caller, &[]) else { return };
    let pid = demo.pid;
    demo.kill_launcher();
    while is_running(pid) {
        // The kernel's signal is on its way; if none is sent, the suite never ends.
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn what_is_wrong_with_the_root_is_told() {
    let output = Command::new(server()).args(["start", "/nosuch"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    if text.contains("make a user and a PID namespace") {
        return common::skip::skip("no user namespace here");
    }
    assert!(text.contains("/nosuch: no such file or directory"), "{text}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(125), 0));
}

/// The tour of `scripts/demo`, as an ordinary user whose target's ids are mapped to his own.
#[test]
fn an_ordinary_user_sees_and_enters_a_target_of_his_own() {
    let Some(demo) = start(By::User(65534), &["proc", "tmp"]) else { return };
    let target = format!("pid://{}", demo.pid);
    let dbg = |args: &[&str]| {
        let output =
            common::cli::output(&mut common::cli::as_ordinary_user(&common::cli::dbg(args)));
        assert!(output.status.success(), "{args:?}: {}", common::cli::stderr(&output));
        common::cli::stdout(&output)
    };
    assert_eq!(dbg(&["cat", &target, "/etc/app/config.toml"]), CONFIG);
    assert!(dbg(&["net", &target, "-tln"]).contains("127.0.0.1:8080"));
    let server = server();
    let server = server.to_str().unwrap();
    let get = ["get", "127.0.0.1", "8080", "/healthz"];
    assert_eq!(dbg(&[&["exec", "--inject", server, &target, "--"], &get[..]].concat()), "ok\n");
    assert_eq!(dbg(&[&["exec", &target, "--", "/app/server"], &get[..]].concat()), "ok\n");
}

#[test]
fn owners_are_shown_as_the_target_numbers_them() {
    let Some(demo) = start(By::Caller, &["proc", "tmp"]) else { return };
    let target = format!("pid://{}", demo.pid);
    let dbg = |args: &[&str]| {
        let output = common::cli::output(&mut common::cli::dbg(args));
        assert!(output.status.success(), "{args:?}: {}", common::cli::stderr(&output));
        common::cli::stdout(&output)
    };
    for args in [&["stat", "-c", "%u:%g"][..], &["find", "-maxdepth", "0", "-uid", "65532"]] {
        let (tool, rest) = args.split_first().unwrap();
        let words = match *tool {
            "find" => [&["find", &target, "/app/server"], rest].concat(),
            _ => [&["stat", &target], rest, &["/app/server"]].concat(),
        };
        let expected = if *tool == "find" { "/app/server\n" } else { "65532:65532\n" };
        assert_eq!(dbg(&words), expected, "{words:?}");
    }
    assert!(dbg(&["ls", &target, "-ln", "/app"]).contains(" 65532 65532 "));
    assert!(dbg(&["ps", &target, "-eo", "uid="]).contains("65532"));
    assert!(dbg(&["id", &target]).starts_with("uid=65532"));
}
