use crate::common::process::{Namespaced, Spawned, children, comm, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use serde_json::Value;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Words of each line, to compare tables of different column widths.
fn words(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn procps(args: &[&str]) -> Vec<Vec<String>> {
    let output = Command::new("ps").args(args).output().expect("procps is there");
    assert!(output.status.success(), "ps {args:?}");
    words(std::str::from_utf8(&output.stdout).expect("text"))
}

fn ps(pid: u32, args: &[&str]) -> Vec<Vec<String>> {
    let ran = run(&view_of_process(pid), &[&["ps"], args].concat());
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""), "ps {args:?}");
    words(ran.text())
}

fn json(pid: u32, args: &[&str]) -> Vec<Value> {
    let ran = run(&view_of_process(pid), &[&["ps", "--json"], args].concat());
    ran.json().as_array().expect("an array").clone()
}

#[test]
fn columns_that_do_not_change_are_what_procps_says() {
    let child = Spawned::sleep();
    until("it sleeps", || procps(&["-o", "s=", "-p", &child.pid().to_string()]) == [["S"]]);
    let pid = child.pid().to_string();
    for keys in [
        "pid,ppid,pgid,sid,stat,args",
        "uid,gid,ruid,s,tty,ni,pri,nlwp,lwp,comm",
        "start,stime,lstart,time,rss,vsz",
        "pid=ID,comm=NAME,cmd",
        "pid=,args=",
    ] {
        let args = ["-o", keys, "-p", pid.as_str()];
        assert_eq!(ps(child.pid(), &args), procps(&args), "{keys}");
    }
}

#[test]
fn the_usual_spellings_all_list_the_process() {
    let child = Spawned::sleep();
    let pid = child.pid().to_string();
    let spellings: [(&[&str], &str); 9] = [
        (&[], "PID"),
        (&["aux"], "USER"),
        (&["-aux"], "USER"),
        (&["axf"], "PID"),
        (&["-ef"], "UID"),
        (&["-eLf"], "UID"),
        (&["-A", "-l"], "S"),
        (&["-e", "-L"], "PID"),
        (&["auxww", "--sort", "-rss"], "USER"),
    ];
    for (args, first) in spellings {
        let lines = ps(child.pid(), args);
        assert_eq!(lines[0][0], first, "{args:?}");
        let of_child = lines.iter().filter(|l| l.contains(&pid) && l.ends_with(&["1000".into()]));
        assert_eq!(of_child.count(), 1, "{args:?}");
    }
    assert_eq!(ps(child.pid(), &[&pid, "o", "pid="]), [[pid.as_str()]]);
}

#[test]
fn a_forest_is_drawn_as_procps_draws_it() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "sleep 1000 & sleep 1001 & (sleep 1002; :) & wait"]);
    let shell = Spawned::new(shell.process_group(0));
    until("all sleep", || {
        let below: Vec<u32> = children(shell.pid()).into_iter().flat_map(children).collect();
        children(shell.pid()).iter().filter(|p| comm(**p) == b"sleep\n").count() == 2
            && below.iter().any(|p| comm(*p) == b"sleep\n")
    });
    let mut pids = vec![shell.pid()];
    pids.extend(children(shell.pid()));
    pids.extend(children(*pids.last().unwrap()));
    let list = pids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let args = ["f", "-o", "args=", "-p", &list];
    let ours = run(&view_of_process(shell.pid()), &[&["ps"], args.as_slice()].concat());
    let theirs = Command::new("ps").args(args).output().unwrap();
    let group = nix::unistd::Pid::from_raw(shell.pid() as i32);
    nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).unwrap();
    assert_eq!(pids.len(), 5);
    assert_eq!(ours.text(), String::from_utf8(theirs.stdout).unwrap());
}

#[test]
fn a_hostile_name_or_argument_forges_no_row_and_no_column() {
    let dir = tempfile::tempdir().unwrap();
    let sleep = dir.path().join("x) R 1 1\n7 r\x1b[2J");
    let real = Command::new("sh").args(["-c", "command -v sleep"]).output().unwrap().stdout;
    let real = std::ffi::OsString::from_vec(real.trim_ascii_end().to_vec());
    std::fs::copy(std::fs::canonicalize(real).unwrap(), &sleep).unwrap();
    let mut command = Command::new(&sleep);
    command.arg0(std::ffi::OsStr::from_bytes(b"a\n1 root \x1b]0;x\x07 \xff")).arg("1000");
    let child = Spawned::new(&mut command);
    until("it is executed", || comm(child.pid()).starts_with(b"x) R"));
    let pid = child.pid().to_string();
    let ran =
        run(&view_of_process(child.pid()), &["ps", "-o", "pid=,comm=,s=,ppid=,args=", "-p", &pid]);
    let parent = std::process::id();
    let expected = format!(
        "{pid}  x) R 1 1\\n7 r\\x1b[2  S  {parent}  a\\n1 root \\x1b]0;x\\x07 \\xff 1000\n"
    );
    assert_eq!(ran.text().replace("  R  ", "  S  "), expected);
    let row = &json(child.pid(), &["-p", &pid])[0];
    assert_eq!(row["comm"], "x) R 1 1\n7 r\u{1b}[2");
    assert_eq!(row["args"][0]["hex"], "610a3120726f6f74201b5d303b780720ff");
    assert_eq!(row["args"][1], "1000");
}

#[test]
fn a_zombie_is_listed_as_one() {
    let mut child = Spawned::new(Command::new("true").process_group(0));
    let pid = child.pid().to_string();
    until("it has ended", || procps(&["-o", "s=", "-p", &pid]) == [["Z"]]);
    let args = ["-o", "pid=,stat=,args=,rss=,comm=", "-p", &pid];
    assert_eq!(ps(std::process::id(), &args), procps(&args));
    assert_eq!(json(std::process::id(), &["-p", &pid])[0]["args"], serde_json::json!([]));
    child.0.wait().unwrap();
    let ran = run(&view_of_process(std::process::id()), &["ps", "-p", &pid]);
    assert_eq!(ran.exit, Exit::FAILURE);
}

#[test]
fn processes_that_end_during_the_run_are_left_out_silently() {
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                Command::new("true").status().unwrap();
            }
        });
        for _ in 0..20 {
            let ran = run(&view_of_process(std::process::id()), &["ps", "-eL"]);
            assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""));
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_pid_namespace_is_listed_with_its_own_numbers_and_ids() {
    let target =
        Namespaced::new(&["--map-root-user"], &["sh", "-c", "sleep 1000 & sleep 1000 & wait; :"]);
    until("all run", || {
        let inside = children(target.pid);
        inside.len() == 2 && inside.iter().all(|pid| comm(*pid) == b"sleep\n")
    });
    let mut lines = ps(target.pid, &["-o", "pid,ppid,pgid,sid,uid,comm"]);
    assert_eq!(lines.remove(0), ["PID", "PPID", "PGID", "SID", "UID", "COMMAND"]);
    // The group and session of its parent are outside.
    assert_eq!(
        lines,
        [
            ["1", "0", "0", "0", "0", "sh"],
            ["2", "1", "0", "0", "0", "sleep"],
            ["3", "1", "0", "0", "0", "sleep"]
        ]
    );
    let rows = json(target.pid, &["-p", "1"]);
    assert_eq!((rows.len(), &rows[0]["host_pid"]), (1, &Value::from(target.pid)));
    assert_eq!(rows[0]["lwp"], 1);
    assert_eq!(ps(target.pid, &["-L", "-o", "pid=,lwp="]), [["1", "1"], ["2", "2"], ["3", "3"]]);
}

#[test]
fn users_are_told_as_the_user_namespace_numbers_them() {
    if !nix::unistd::geteuid().is_root() {
        return; // only root may map ids of its choice
    }
    let target = Namespaced::new(&["--map-user=65532", "--map-group=65531"], &["sleep", "1000"]);
    assert_eq!(
        ps(target.pid, &["-o", "user=,uid=,gid=,ruser="]),
        [["65532", "65532", "65531", "65532"]]
    );
    // Seen from outside its namespace it is the user who started it.
    let pid = target.pid.to_string();
    assert_eq!(ps(std::process::id(), &["-o", "uid=", "-p", &pid]), [["0"]]);
}

#[test]
fn a_process_that_is_not_dumpable_is_its_users_and_not_roots() {
    if !nix::unistd::geteuid().is_root() {
        return; // only root may start a process as another user
    }
    let dir = tempfile::tempdir().unwrap();
    let sleep = dir.path().join("hidden");
    std::fs::copy("/bin/sleep", &sleep).unwrap();
    for (path, mode) in [(dir.path(), 0o755), (&sleep, 0o711)] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(path, mode).unwrap();
    }
    let mut command = Command::new(&sleep);
    let child = Spawned::new(command.arg("1000").uid(65532).gid(65531));
    until("it is executed", || comm(child.pid()) == b"hidden\n");
    // Its files are root's: it may not be read, so it may not be dumped.
    let status = std::fs::metadata(format!("/proc/{}/status", child.pid())).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&status), 0);
    let pid = child.pid().to_string();
    for keys in ["uid=,gid=", "uid=,gid=,ruid="] {
        let row = &ps(child.pid(), &["-p", &pid, "-o", keys])[0];
        assert_eq!(row[..2], ["65532", "65531"], "{keys}");
    }
}

#[test]
fn rows_are_ordered_by_the_keys_asked_for() {
    let small = Spawned::sleep();
    let large = Spawned::sleep();
    let list = format!("{},{}", small.pid(), large.pid());
    let (first, second) = (small.pid().to_string(), large.pid().to_string());
    let (upwards, downwards) =
        ([[first.as_str()], [second.as_str()]], [[second.as_str()], [first.as_str()]]);
    let args = ["-p", &list, "-o", "pid=", "--sort"];
    assert_eq!(ps(small.pid(), &[&args[..], &["pid"]].concat()), upwards);
    assert_eq!(ps(small.pid(), &[&args[..], &["-pid"]].concat()), downwards);
    assert_eq!(ps(small.pid(), &[&args[..], &["comm,-pid"]].concat()), downwards);
}

#[test]
fn wrong_words_are_refused_with_exit_code_2() {
    let view = view_of_process(std::process::id());
    for args in [["-o", "nosuch"], ["-p", "init"], ["--sort", "nosuch"], ["nosuch", "-e"]] {
        let ran = run(&view, &[&["ps"], args.as_slice()].concat());
        assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""), "{args:?}");
        assert!(ran.stderr.contains(args[usize::from(args[0].starts_with('-'))]), "{}", ran.stderr);
    }
}

#[test]
fn processes_are_selected_as_procps_selects_them() {
    let shell =
        Namespaced::new(&["--map-root-user"], &["sh", "-c", "sleep 7773 & sleep 7773 & wait"]);
    until("both sleep", || {
        children(shell.pid).iter().filter(|pid| comm(**pid) == b"sleep\n").count() == 2
    });
    let parent = shell.pid.to_string();
    let child = children(shell.pid)[0].to_string();
    let view = view_of_process(std::process::id());
    for selection in [
        &["--ppid", &parent][..],
        &["-p", &child, "--ppid", &parent],
        &["-q", &child],
        &["-s", &parent],
    ] {
        let words = [&["ps"], selection, &["-o", "pid=,psr=,cls=,ni=,netns="]].concat();
        let ours = run(&view, &words);
        let columns = |text: &str| -> Vec<Vec<String>> {
            // The processor changes under way.
            let of = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            text.lines()
                .map(of)
                .map(|mut c| {
                    c.remove(1);
                    c
                })
                .collect()
        };
        let theirs = Command::new("ps").args(&words[1..]).output().expect("procps is there");
        assert_eq!(
            columns(ours.text()),
            columns(&String::from_utf8_lossy(&theirs.stdout)),
            "{words:?}"
        );
    }
    let named = run(&view, &["ps", "-C", "sleep", "-o", "pid="]);
    assert!(named.text().lines().any(|pid| pid.trim() == child));
    assert!(
        !run(&view, &["ps", "-N", "-p", &child, "-o", "pid="])
            .text()
            .lines()
            .any(|pid| pid.trim() == child)
    );
    assert_eq!(run(&view, &["ps", "-u", "nosuch-user"]).exit, Exit::USAGE);
}

/// The words of each line, as procps and as ours print them before and after: what changes under way is the same as one
/// of the two.
fn like_procps(view: &dbg::view::View, words: &[&str]) {
    let columns = |text: &str| -> Vec<Vec<String>> {
        text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    let original = || {
        let output =
            Command::new("ps").args(words).env("TZ", "UTC").output().expect("procps is there");
        (columns(&String::from_utf8_lossy(&output.stdout)), output.status.code())
    };
    let before = original();
    let ran = run(view, &[&["ps"], words].concat());
    let ours = (columns(ran.text()), Some(i32::from(ran.exit.number())));
    assert!(
        ours == before || ours == original(),
        "{words:?}\n{ours:?}\n{before:?}\n{}",
        ran.stderr
    );
}

#[test]
fn every_column_has_the_heading_and_the_value_of_procps() {
    let child = Spawned::sleep();
    let pid = child.pid().to_string();
    let mut view = view_of_process(std::process::id());
    let root = std::fs::File::open("/").unwrap();
    view.root = Ok(dbg::view::Root::new(root.into()));
    for key in [
        "pid",
        "tgid",
        "ppid",
        "pgid",
        "pgrp",
        "sess",
        "sid",
        "session",
        "tty",
        "tt",
        "tname",
        "stat",
        "s",
        "state",
        "time",
        "cputime",
        "times",
        "cputimes",
        "etime",
        "etimes",
        "pcpu",
        "%cpu",
        "c",
        "pmem",
        "%mem",
        "rss",
        "rssize",
        "vsz",
        "vsize",
        "sz",
        "nlwp",
        "thcount",
        "lwp",
        "tid",
        "spid",
        "wchan",
        "user",
        "uname",
        "euser",
        "ruser",
        "group",
        "egroup",
        "uid",
        "euid",
        "ruid",
        "gid",
        "egid",
        "rgid",
        "comm",
        "ucmd",
        "ucomm",
        "args",
        "command",
        "cmd",
        "ni",
        "nice",
        "pri",
        "cls",
        "class",
        "policy",
        "rtprio",
        "f",
        "flag",
        "flags",
        "tpgid",
        "bsdtime",
        "start",
        "stime",
        "start_time",
        "bsdstart",
        "lstart",
        "cgroup",
        "label",
        "maj_flt",
        "min_flt",
        "netns",
        "pidns",
        "pid:20",
        "args:5",
        "user=WHO",
        "comm=",
    ] {
        like_procps(&view, &["-p", &pid, "-o", key]);
    }
    for words in [
        &["-o", "pid=,comm="][..],
        &["-o", "pid=", "-o", "ppid="],
        &["-o", "pid,comm", "--no-headers"],
    ] {
        like_procps(&view, &[&["-p", &pid], words].concat());
    }
}

#[test]
fn every_way_to_choose_and_to_order_chooses_what_procps_chooses() {
    let shell =
        Namespaced::new(&["--map-root-user"], &["sh", "-c", "sleep 7774 & sleep 7774 & wait"]);
    until("both sleep", || {
        children(shell.pid).iter().filter(|pid| comm(**pid) == b"sleep\n").count() == 2
    });
    let (parent, child) = (shell.pid.to_string(), children(shell.pid)[0].to_string());
    let both = format!("{parent},{child}");
    let mut view = view_of_process(std::process::id());
    let root = std::fs::File::open("/").unwrap();
    view.root = Ok(dbg::view::Root::new(root.into()));
    let group = nix::unistd::getpgid(None).unwrap().to_string();
    let group = group.as_str();
    let only = ["-o", "pid,args"];
    for words in [
        &["-p", &both][..],
        &["--ppid", &parent, "--sort=-pid"],
        &["-q", &child],
        &["p", &child],
        &["-p", &both, "--sort=comm,-pid"],
        &["-p", &both, "k", "-pid"],
        &["-p", &both, "--sort", "+ppid,pid"],
        &["-p", "999999999"],
        &["--ppid", "999999999"],
    ] {
        like_procps(&view, &[words, &only].concat());
    }
    // Others come and go meanwhile: ours are in both lists or in none.
    for words in [
        &["-C", "sleep"][..],
        &["-C", "sh,sleep"],
        &["-U", "0"],
        &["-u", "0"],
        &["U", "root"],
        &["-G", "0"],
        &["-N", "-G", "0"],
        &["-N", "-C", "sleep"],
        &["-s", group],
        &["-t", "-"],
        &["t", "?"],
        &["-e"],
        &["-A"],
        &["ax"],
        &["-d"],
        &["-a"],
        &["r"],
        &["-e", "-r"],
    ] {
        let words = [words, &["-o", "pid="]].concat();
        let output = Command::new("ps").args(&words).output().expect("procps is there");
        let theirs = String::from_utf8_lossy(&output.stdout).into_owned();
        let ran = run(&view, &[&["ps"], &words[..]].concat());
        let has = |text: &str, pid: &str| text.lines().any(|line| line.trim() == pid);
        for pid in [&parent, &child, &"1".to_owned()] {
            assert_eq!(has(ran.text(), pid), has(&theirs, pid), "{words:?} {pid} {}", ran.stderr);
        }
    }
}
