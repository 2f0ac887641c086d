use crate::common::process::{Namespaced, Spawned, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use dbg::output::Io;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::{Winsize, openpty};
use nix::sys::termios::tcgetattr;
use serde_json::Value;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Command;

/// A busy and an idle process in a PID namespace of their own.
fn target() -> Namespaced {
    let script = "sleep 1000 & while :; do :; done";
    let target = Namespaced::new(&["--map-root-user"], &["sh", "-c", script]);
    let view = view_of_process(target.pid);
    until("both run", || run(&view, &["pgrep", "sleep"]).text() == "2\n");
    target
}

#[test]
fn facts_that_do_not_change_are_what_procps_says() {
    let child = Spawned::sleep();
    until("it sleeps", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/wchan", child.pid()));
        stat.is_ok_and(|wchan| wchan.contains("nanosleep"))
    });
    let pid = child.pid().to_string();
    let line = |text: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.trim_start().starts_with(&format!("{pid} ")));
        line.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    let ours = run(&view_of_process(child.pid()), &["top", "-b", "-n", "1", "-p", &pid]);
    let theirs = Command::new("top")
        .args(["-b", "-n", "1", "-p", &pid])
        .env("HOME", "/nonexistent")
        .output();
    let theirs = line(&String::from_utf8(theirs.expect("procps is there").stdout).unwrap());
    let mut ours = line(ours.text());
    // SHR, which costs a read more; nTH, which procps does not show.
    assert_eq!(ours.remove(10), "1");
    let mut without_shared = theirs.clone();
    without_shared.remove(6);
    // The names of users are in the target's files, and this one has none.
    without_shared[1] = nix::unistd::geteuid().to_string();
    assert_eq!(ours, without_shared);
}

#[test]
fn what_was_used_between_two_samples_is_told_and_ordered_by() {
    let target = target();
    let view = view_of_process(target.pid);
    let ran = run(&view, &["top", "-b", "-n", "2", "-d", "0.3", "--json"]);
    let samples = ran.json();
    let samples: &Vec<Value> = samples.as_array().unwrap();
    assert_eq!(samples.len(), 2);
    let processes = samples[1]["processes"].as_array().unwrap();
    assert_eq!((&processes[0]["pid"], &processes[1]["pid"]), (&1.into(), &2.into()));
    assert!(processes[0]["cpu_percent"].as_f64().unwrap() > 0.0, "{processes:?}");
    assert_eq!(processes[1]["cpu_percent"], 0.0);
    assert_eq!(processes[0]["state"], "R");
}

#[test]
fn the_order_is_the_one_asked_for() {
    let target = target();
    let view = view_of_process(target.pid);
    let firsts = |key: &str| -> Vec<String> {
        let ran = run(&view, &["top", "-b", "-n", "1", "-o", key]);
        let rows = ran.text().lines().skip(5);
        rows.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    assert_eq!(firsts("PID"), ["1", "2"]);
    assert_eq!(firsts("TIME+"), ["1", "2"]);
    let ran = run(&view, &["top", "-b", "-n", "1", "-o", "RES", "--json"]);
    let sizes: Vec<u64> = ran.json()[0]["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["resident_bytes"].as_u64().unwrap())
        .collect();
    assert!(sizes[0] >= sizes[1], "{sizes:?}");
    let ran = run(&view, &["top", "-b", "-n", "1", "-p", "99999"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
    assert_eq!(ran.stderr, "top: process 99999: no such process\n");
    for words in [&["-o", "nosuch"][..], &["-d", "x"], &["-n", "0"]] {
        assert_eq!(run(&view, &[&["top", "-b"], words].concat()).exit, Exit::USAGE, "{words:?}");
    }
}

#[test]
fn a_terminal_is_filled_to_its_size_and_given_back_as_it_was() {
    let size = Winsize { ws_row: 6, ws_col: 40, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(Some(&size), None).expect("a terminal");
    let before = tcgetattr(&pty.slave).unwrap();
    let (slave, keep) = (pty.slave, pty.master.try_clone().unwrap());
    let watcher = slave.try_clone().unwrap();
    let worker = std::thread::spawn(move || {
        let target = target();
        let dup = || slave.as_fd().try_clone_to_owned().unwrap();
        let mut io = Io::new("top", dup(), dup(), dup());
        let words = ["-d", "1000"].map(std::ffi::OsString::from).to_vec();
        dbg::tools::find("top").unwrap().invoke(&view_of_process(target.pid), words, &mut io)
    });
    fcntl(&keep, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let mut master = std::fs::File::from(keep);
    let mut shown = Vec::new();
    let mut read_until = |end: &str, master: &mut std::fs::File| {
        let mut buffer = [0; 4096];
        until("the frame is whole", || {
            // Nothing yet is an error of a terminal that does not wait.
            let n = master.read(&mut buffer).unwrap_or(0);
            shown.extend_from_slice(&buffer[..n]);
            shown.ends_with(end.as_bytes()) && shown.len() > end.len()
        });
        String::from_utf8(std::mem::take(&mut shown)).unwrap()
    };
    let frame = read_until("\x1b[H", &mut master);
    assert!(frame.starts_with("\x1b[?1049h\x1b[?25l\x1b[H"), "{frame:?}");
    assert_ne!(tcgetattr(&watcher).unwrap().local_flags, before.local_flags);
    let lines: Vec<&str> = frame.split("\r\n").collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    let plain = |line: &str| line.replace("\x1b[K", "").replace("\x1b[H", "");
    assert_eq!(plain(lines[4]).chars().count(), 40, "{lines:?}");
    assert!(lines[4].ends_with('…'), "{lines:?}");
    master.write_all(b"N").unwrap();
    let ordered = read_until("\x1b[H", &mut master);
    assert!(
        plain(ordered.split("\r\n").nth(5).unwrap()).trim_start().starts_with("1 "),
        "{ordered:?}"
    );
    master.write_all(b"q").unwrap();
    let end = read_until("\x1b[?1049l", &mut master);
    assert!(end.contains("\x1b[?25h"), "{end:?}");
    assert_eq!(worker.join().unwrap(), Exit::OK);
    assert_eq!(tcgetattr(&watcher).unwrap().local_flags, before.local_flags);
}
