use crate::common::net::{in_own_network, ip};
use crate::common::process::Spawned;
use crate::common::skip::skip;
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use dbg::view::{Net, View};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn target() -> (TempDir, View) {
    let dir = tempfile::tempdir().unwrap();
    let mut view = view_of(dir.path());
    view.net = Ok(Net { is_host: true });
    (dir, view)
}

/// The text with every time as `T`.
fn lasting(text: &str) -> Vec<String> {
    let line = |line: &str| -> String {
        if line.starts_with("rtt ") {
            return "rtt".to_owned();
        }
        let words = line.split(' ').map(|word| match word.split_once("time=") {
            Some(("", _)) => "T",
            _ if word.ends_with("ms") && word.len() > 2 => "T",
            _ => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect()
}

#[test]
fn answers_are_printed_as_iputils_prints_them() {
    let done = in_own_network(|| {
        let (_dir, view) = target();
        ip("addr add 192.0.2.1/32 dev lo");
        // Where nobody is: what goes there comes back, and is for nobody.
        ip("route add 192.0.2.0/24 dev lo");
        // First by raw sockets, then by those that need no right.
        for group in ["1\t0", "0\t2147483647"] {
            std::fs::write("/proc/sys/net/ipv4/ping_group_range", group).unwrap();
            for words in [
                "ping -c 2 -i 0.2 127.0.0.1",
                "ping -c 1 ::1",
                "ping -q -c 1 127.0.0.1",
                "ping -n -t 5 -s 1000 -c 1 192.0.2.1",
                "ping -c 1 -W 1 192.0.2.9",
                "ping -c 5 -i 0.2 -w 1 192.0.2.9",
                "ping -c 1 198.51.100.1",
            ] {
                let words: Vec<&str> = words.split(' ').collect();
                let output = Command::new("ping").args(&words[1..]).output().expect("iputils");
                let ran = run(&view, &words);
                let text = String::from_utf8(output.stdout).unwrap();
                assert_eq!(lasting(ran.text()), lasting(&text), "{words:?} {}", ran.stderr);
                let code = output.status.code();
                assert_eq!(Some(ran.exit.number().into()), code, "{words:?} {}", ran.stderr);
            }
        }
        let json = run(&view, &["ping", "-c", "2", "-i", "0.01", "--json", "127.0.0.1"]).json();
        assert_eq!((&json["transmitted"], &json["received"]), (&2.into(), &2.into()));
        assert_eq!(json["replies"][1]["sequence"], 2);
        assert_eq!(json["replies"][0]["ttl"], 64);
    });
    if done.is_none() {
        skip("a network namespace takes root");
    }
}

#[test]
fn an_interrupt_ends_it_with_the_summary() {
    if !nix::unistd::geteuid().is_root() {
        return skip("opening an ICMP socket may take root");
    }
    let target = Spawned::sleep();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dbg"))
        .args(["ping", "--pid", &target.pid().to_string(), "127.0.0.1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("icmp_seq=1") {
        assert!(out.read_line(&mut text).unwrap() > 0, "{text}");
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    out.read_to_string(&mut text).unwrap();
    assert!(text.contains("0% packet loss"), "{text}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn names_that_do_not_resolve_and_wrong_words_are_told() {
    let (dir, view) = target();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    std::fs::write(dir.path().join("etc/nsswitch.conf"), "hosts: files\n").unwrap();
    let ran = run(&view, &["ping", "-c", "1", "nosuch"]);
    assert_eq!(ran.exit, Exit::code(2));
    assert!(ran.stderr.starts_with("ping: nosuch: no address found\n"), "{}", ran.stderr);
    for words in [&["ping"][..], &["ping", "-c", "0", "x"], &["ping", "-i", "-1", "x"]] {
        assert_eq!(run(&view, words).exit, Exit::USAGE, "{words:?}");
    }
}
