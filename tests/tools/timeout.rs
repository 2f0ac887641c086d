//! `timeout`, `time`, `watch` and `pwd`. The first and third fork, which a process with threads may not: they are run
//! by the helper.

use crate::common::process::{Spawned, until};
use crate::common::tool::{run, view_of, view_of_process};
use dbg::exit::Exit;
use nix::pty::{Winsize, openpty};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, Output, Stdio};

/// The helper with `words`, on a process of this machine.
fn helper(target: &Spawned, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbg-helper"));
    command.args(words).env_clear().env("DBG_TARGET", target.pid().to_string());
    command.stdin(Stdio::null());
    command
}

fn output(target: &Spawned, words: &[&str]) -> Output {
    helper(target, words).output().unwrap()
}

fn code(words: &[&str]) -> i32 {
    Command::new(words[0]).args(&words[1..]).output().unwrap().status.code().unwrap_or(137)
}

#[test]
fn a_tool_that_takes_too_long_is_ended_with_the_code_of_gnu() {
    let target = Spawned::sleep();
    for words in [
        &["timeout", "0.1", "sleep", "100"][..],
        &["timeout", "100", "true"],
        &["timeout", "100", "false"],
        &["timeout", "0", "true"],
        &["timeout", "-s", "INT", "0.1", "sleep", "100"],
        &["timeout", "-s", "KILL", "0.1", "sleep", "100"],
        &["timeout", "-k", "10", "0.1", "sleep", "100"],
        &["timeout", "--preserve-status", "0.1", "sleep", "100"],
        &["timeout", "-s", "0", "-k", "0.1", "0.1", "sleep", "100"],
        &["timeout", "1m", "ls", "-d", "/"],
    ] {
        assert_eq!(output(&target, words).status.code().unwrap(), code(words), "{words:?}");
    }
    let ran = output(&target, &["timeout", "-v", "0.1", "sleep", "100"]);
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "timeout: sending signal TERM to sleep\n");
    let ran = output(&target, &["timeout", "10", "printf", "x"]);
    assert_eq!(ran.stdout, b"x");
    for (words, exit) in [
        (&["timeout", "x", "true"][..], 2),
        (&["timeout", "-s", "NOSUCH", "1", "true"], 2),
        (&["timeout", "1"], 2),
        (&["timeout", "1", "nosuch"], 127),
    ] {
        assert_eq!(output(&target, words).status.code(), Some(exit), "{words:?}");
    }
}

#[test]
fn a_signal_to_timeout_is_passed_on() {
    let target = Spawned::sleep();
    let mut child = helper(&target, &["timeout", "100", "sleep", "100"]).spawn().unwrap();
    let children = || crate::common::process::children(child.id());
    until("the tool runs", || !children().is_empty());
    let pid = nix::unistd::Pid::from_raw(child.id() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(128 + libc::SIGTERM));
}

#[test]
fn time_tells_three_times_and_passes_the_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&view_of(dir.path()), &["time", "printf", "x"]);
    assert_eq!((ran.text(), ran.exit), ("x", Exit::OK));
    let names: Vec<&str> = ran.stderr.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names, ["", "real", "user", "sys"]);
    let ran = run(&view_of(dir.path()), &["time", "-p", "false"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    let names: Vec<&str> = ran.stderr.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["real", "user", "sys"]);
}

#[test]
fn pwd_is_where_the_main_process_is() {
    let dir = tempfile::tempdir().unwrap();
    let target = Spawned::new(Command::new("sleep").arg("1000").current_dir(dir.path()));
    until("sleep has been executed", || crate::common::process::comm(target.pid()) == b"sleep\n");
    let ran = output(&target, &["pwd"]);
    let path = std::fs::canonicalize(dir.path()).unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout).trim_end(), path.to_str().unwrap());
    // Who is not known has no directory that is.
    assert!(!run(&view_of_process(target.pid()), &["pwd"]).exit.is_ok());
}

#[test]
fn without_a_terminal_watch_prints_one_output_behind_the_other() {
    let target = Spawned::sleep();
    let ran = output(&target, &["watch", "-n", "0.1", "-t", "--count", "3", "echo", "x"]);
    assert_eq!((ran.stdout.as_slice(), ran.status.code()), (b"x\nx\nx\n".as_slice(), Some(0)));
    let ran = output(&target, &["watch", "-n", "0.1", "--count", "1", "echo", "a b"]);
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        text.starts_with("Every 0.1s: echo a b  20") && text.ends_with("\n\na b\n"),
        "{text:?}"
    );
    let ran = output(&target, &["watch", "-n", "0.1", "-t", "-e", "false"]);
    assert_eq!(ran.status.code(), Some(1));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("f");
    std::fs::write(&file, "one").unwrap();
    let mut child =
        helper(&target, &["watch", "-n", "0.1", "-t", "-g", "cat", file.to_str().unwrap()]);
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 3];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    std::fs::write(&file, "two").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn on_a_terminal_watch_fills_the_screen_and_gives_it_back() {
    let target = Spawned::sleep();
    let size = Winsize { ws_row: 5, ws_col: 50, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(Some(&size), None).unwrap();
    let dup = || pty.slave.as_fd().try_clone_to_owned().unwrap();
    let before = nix::sys::termios::tcgetattr(&pty.slave).unwrap().local_flags;
    let mut command = helper(&target, &["watch", "-n", "1000", "printf", "a\\tb\\033[2J\\n"]);
    let mut child = command.stdin(dup()).stdout(dup()).stderr(dup()).spawn().unwrap();
    let mut master = std::fs::File::from(pty.master.try_clone().unwrap());
    nix::fcntl::fcntl(&master, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))
        .unwrap();
    let mut seen = Vec::new();
    until("a frame is shown", || {
        let mut buffer = [0; 4096];
        let n = master.read(&mut buffer).unwrap_or(0);
        seen.extend_from_slice(&buffer[..n]);
        seen.ends_with(b"\x1b[H") && seen.len() > 40
    });
    let text = String::from_utf8_lossy(&seen).into_owned();
    assert!(text.contains("Every 1000.0s: printf a"), "{text:?}");
    assert!(text.contains("\x1b[Ka       b\\x1b[2J"), "{text:?}");
    master.write_all(b"\x03").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(nix::sys::termios::tcgetattr(&pty.slave).unwrap().local_flags, before);
}

#[test]
fn what_runs_below_watch_and_timeout_ends_with_them_however_they_end() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let target = Spawned::sleep();
    let name = format!("pid://{}", target.pid());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("f");
    std::fs::write(&file, "x").unwrap();
    let file = file.to_str().unwrap();
    for (words, signal) in [
        (&["watch", &name, "tail", "-f", file][..], Signal::SIGTERM),
        (&["watch", &name, "sleep", "1000"], Signal::SIGKILL),
        (&["timeout", &name, "1000", "tail", "-f", file], Signal::SIGKILL),
        (&["attach", &name, "-c", &format!("tail -f {file}; true")], Signal::SIGTERM),
        (&["attach", &name, "-c", &format!("tail -f {file} & wait; true")], Signal::SIGKILL),
        (&["attach", &name, "-c", "while sleep 1000; do :; done | cat"], Signal::SIGKILL),
    ] {
        let mut command = crate::common::cli::dbg(words);
        let mut parent = Spawned(command.stdout(Stdio::piped()).spawn().unwrap());
        let children = || crate::common::process::children(parent.pid());
        until("the tool runs", || !children().is_empty());
        let handles: Vec<_> = children()
            .into_iter()
            .map(|pid| dbg::sys::pidfd::open(pid as i32).expect("a child"))
            .collect();
        kill(Pid::from_raw(parent.pid() as i32), signal).unwrap();
        parent.0.wait().unwrap();
        until(&format!("nothing of {words:?} is left"), || {
            handles.iter().all(|handle| !dbg::sys::pidfd::is_alive(handle))
        });
    }
}
