use crate::common::process::{Namespaced, Spawned, comm, until};
use crate::common::tool::{run, view_of, view_of_process};
use dbg::exit::Exit;
use dbg::view::View;
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

/// What the original says of process `pid`: descriptor with its access, type, inode and name of each file.
fn theirs(pid: u32) -> Vec<[String; 4]> {
    let args = ["-n", "-P", "-w", "-p", &pid.to_string(), "-F", "fatin"];
    let output = Command::new("lsof").args(args).output().unwrap();
    let mut rows: Vec<[String; 4]> = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (field, text) = line.split_at(1);
        match (field, rows.last_mut()) {
            ("f", _) => rows.push([text.to_owned(), String::new(), String::new(), String::new()]),
            ("a", Some(row)) => row[0] += text.trim(),
            ("t", Some(row)) => text.clone_into(&mut row[1]),
            ("i", Some(row)) => text.clone_into(&mut row[2]),
            ("n", Some(row)) => text.clone_into(&mut row[3]),
            _ => {}
        }
    }
    rows
}

fn json(view: &View, words: &[&str]) -> Vec<Value> {
    let ran = run(view, &[&["lsof", "--json"], words].concat());
    ran.json().as_array().expect("an array").clone()
}

fn ours(pid: u32) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let row = |row: &Value| {
        let access = row["access"].as_str().unwrap_or_default();
        let mark = if row["deleted"] == true { " (deleted)" } else { "" };
        let name = format!("{}{mark}", text(&row["name"]));
        [format!("{}{access}", text(&row["fd"])), text(&row["type"]), text(&row["inode"]), name]
    };
    json(&view_of_process(pid), &["-p", &pid.to_string()]).iter().map(row).collect()
}

#[test]
fn files_of_a_process_are_what_the_original_says() {
    if Command::new("lsof").arg("-v").output().is_err() {
        return crate::common::skip::skip("optional: there is no lsof to compare with");
    }
    let dir = tempfile::tempdir().unwrap();
    let script = "exec 3<kept 4>>gone 5<>both 6</ 7>/dev/full; rm gone; exec sleep 1000";
    for name in ["kept", "gone", "both"] {
        std::fs::write(dir.path().join(name), "text").unwrap();
    }
    let mut shell = Command::new("sh");
    let child = Spawned::with_stdin(shell.args(["-c", script]).current_dir(&dir), Stdio::piped());
    until("it sleeps", || comm(child.pid()) == b"sleep\n");
    let (mut ours, mut theirs) = (ours(child.pid()), theirs(child.pid()));
    // The order of mappings is the original's own.
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
    assert!(
        ours.iter().any(|row| row[0] == "4w" && row[3].ends_with("/gone (deleted)")),
        "{ours:?}"
    );
    assert!(ours.iter().any(|row| row[0] == "5u" && row[1] == "REG"), "{ours:?}");
}

#[test]
fn a_pipe_names_the_process_at_its_other_end() {
    let target = Namespaced::new(&["--map-root-user"], &["sh", "-c", "sleep 1000 | exec cat"]);
    let view = view_of_process(target.pid);
    let peer = |command: &str, fd: &str| {
        let rows = json(&view, &[]);
        let row = rows.iter().find(|row| row["command"] == command && row["fd"] == fd).cloned();
        row.map(|row| row["peers"].clone())
    };
    let of_sleep = json!([{"pid": 3, "command": "cat", "fd": 0, "access": "r"}]);
    until("both run", || peer("sleep", "1") == Some(of_sleep.clone()));
    assert_eq!(
        peer("cat", "0"),
        Some(json!([{"pid": 2, "command": "sleep", "fd": 1, "access": "w"}]))
    );
    let table = run(&view, &["lsof", "-p", "3"]);
    assert!(table.text().lines().any(|l| l.ends_with("pipe -> 2,sleep,1w")), "{}", table.text());
}

#[test]
fn both_ends_of_a_connection_are_told_and_selected_by_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let client = TcpStream::connect(server).unwrap();
    let port = client.local_addr().unwrap().port();
    let accepted = OwnedFd::from(listener.accept().unwrap().0);
    let mut command = Command::new("sleep");
    let child = Spawned::with_stdin(command.arg("1000"), accepted);
    drop(command);
    until("it sleeps", || comm(child.pid()) == b"sleep\n");
    let view = view_of_process(std::process::id());
    let rows = json(&view, &[&format!("-iTCP@127.0.0.1:{port}")]);
    let find = |pid: u32| {
        let of = |row: &&Value| row["pid"] == pid && row["name"].as_str().unwrap().contains("->");
        rows.iter().find(of).unwrap_or_else(|| panic!("{pid}: {rows:?}"))
    };
    let (ours, theirs) = (find(std::process::id()), find(child.pid()));
    assert_eq!(theirs["name"], format!("{server}->127.0.0.1:{port}"));
    assert_eq!(
        (&theirs["type"], &theirs["protocol"], &theirs["state"]),
        (&json!("IPv4"), &json!("tcp"), &json!("ESTAB"))
    );
    let pids = |row: &Value| -> Vec<Value> {
        row["peers"].as_array().unwrap().iter().map(|end| end["pid"].clone()).collect()
    };
    assert!(pids(ours).contains(&child.pid().into()), "{ours}");
    assert!(pids(theirs).contains(&std::process::id().into()), "{theirs}");
    let both = run(
        &view,
        &["lsof", "-t", "-a", "-p", &child.pid().to_string(), "-i", &format!(":{port}")],
    );
    assert_eq!(both.text(), format!("{}\n", child.pid()));
    let table = run(&view, &["lsof", "-i", &format!(":{}", server.port())]);
    let listens = format!("{server} (LISTEN)");
    assert!(table.text().lines().any(|line| line.ends_with(&listens)), "{}", table.text());
}

#[test]
fn a_file_is_found_by_any_of_its_names() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("one"), "").unwrap();
    std::fs::hard_link(dir.path().join("one"), dir.path().join("two")).unwrap();
    let file = std::fs::File::open(dir.path().join("one")).unwrap();
    let mut command = Command::new("sleep");
    let child = Spawned::with_stdin(command.arg("1000"), file);
    drop(command);
    until("it sleeps", || comm(child.pid()) == b"sleep\n");
    let mut view = view_of_process(child.pid());
    view.root = view_of(dir.path()).root;
    let ran = run(&view, &["lsof", "-t", "/two"]);
    assert_eq!(ran.text(), format!("{}\n", child.pid()));
    let ran = run(&view, &["lsof", "/none"]);
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (Exit::FAILURE, "lsof: /none: no such file or directory\n")
    );
}

#[test]
fn what_nobody_has_open_is_a_failure_and_wrong_words_are_refused() {
    let view = view_of_process(std::process::id());
    let ran = run(&view, &["lsof", "-p", "4194304"]);
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (Exit::FAILURE, "lsof: process 4194304: no such process\n")
    );
    for words in [["-s", "TCP"], ["-s", "TCP:NOSUCH"], ["-u", "nosuch-user"]] {
        assert_eq!(
            run(&view, &[&["lsof"], words.as_slice()].concat()).exit,
            Exit::USAGE,
            "{words:?}"
        );
    }
    assert_eq!(run(&view, &["lsof", "-i", ":http"]).exit, Exit::USAGE);
    assert_eq!(run(&view, &["lsof", "-p", "x"]).exit, Exit::USAGE);
}

#[test]
fn processes_whose_links_may_not_be_read_are_counted() {
    if !nix::unistd::geteuid().is_root() {
        return; // without a right to lose, there is nothing to test
    }
    let child = Spawned::sleep();
    let view = view_of_process(child.pid());
    // Capabilities are a thread's own, and each test has a thread. The folder of links stays its owner's to list.
    caps::clear(None, caps::CapSet::Effective).unwrap();
    for words in [&["lsof", "-i"][..], &["lsof", "-U"], &["lsof"]] {
        let ran = run(&view, words);
        assert_eq!(ran.stderr.lines().count(), 1, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("may not be read, "), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn files_are_selected_by_state_user_command_descriptor_and_deletion_as_the_original_does() {
    if Command::new("lsof").arg("-v").output().is_err() {
        return crate::common::skip::skip("optional: there is no lsof to compare with");
    }
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let both = [OwnedFd::from(listener), OwnedFd::from(client)];
    let [listener, client] = both;
    let script = "exec 4>gone 5>kept; rm gone; exec sleep 1000";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(&dir).stdin(listener).stdout(client);
    let child = Spawned::new(&mut shell);
    until("it sleeps", || comm(child.pid()) == b"sleep\n");
    let pid = child.pid().to_string();
    let view = view_of_process(child.pid());
    let uid = nix::unistd::geteuid().to_string();
    for words in [
        &["-iTCP", "-sTCP:LISTEN"][..],
        &["-i", "TCP", "-sTCP:ESTABLISHED"],
        &["-i", "-sTCP:LISTEN,ESTABLISHED"],
        &["-u", &uid],
        &["-c", "sle"],
        &["-c", "nosuch"],
        &["-d", "4,5"],
        &["-d", "4-5"],
        &["-d", "cwd,txt"],
        &["+L1"],
    ] {
        let words = [&["-nP", "-w", "-a", "-p", &pid], words].concat();
        let theirs = Command::new("lsof").args(&words).args(["-F", "f"]).output().unwrap().stdout;
        let theirs = String::from_utf8(theirs).unwrap();
        let mut theirs: Vec<&str> =
            theirs.lines().filter_map(|line| line.strip_prefix('f')).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| *word != "-w").collect();
        let rows = json(&view, &words);
        let mut ours: Vec<&str> = rows.iter().map(|row| row["fd"].as_str().unwrap()).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{words:?}");
    }
}
