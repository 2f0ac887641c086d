use crate::common::process::{Namespaced, Spawned, children, comm, until};
use crate::common::tool::{run, run_on_terminal, view_of_process};
use dbg::exit::Exit;
use std::process::Command;

/// A shell with children, grandchildren and like trees below it. Its PID namespace ends them all.
fn family() -> Namespaced {
    let script = "(sleep 1000; :) & (sleep 1000; :) & tail -f /dev/null & tail -f /dev/null & sleep 1000 & \
                  sh -c 'sh -c \"tail -f /dev/null & sleep 1000; :\" & sleep 1001; :' & wait";
    let shell = Namespaced::new(&["--map-root-user"], &["sh", "-c", script]);
    let called = |name: &[u8]| below(shell.pid).iter().filter(|p| comm(**p) == name).count();
    until("all run", || (called(b"sleep\n"), called(b"tail\n")) == (5, 3));
    shell
}

fn below(pid: u32) -> Vec<u32> {
    let direct = children(pid);
    direct.iter().copied().chain(direct.iter().flat_map(|pid| below(*pid))).collect()
}

#[test]
fn trees_are_drawn_as_psmisc_draws_them() {
    let shell = family();
    let pid = shell.pid.to_string();
    for flags in ["-lA", "-lAp", "-lAa", "-lAap", "-lAc", "-lAn", "-lAnp", "-lU", "-lUa", "-lATp"] {
        let theirs = Command::new("pstree").env("LC_ALL", "C.UTF-8").args([flags, &pid]).output();
        let theirs = String::from_utf8(theirs.expect("psmisc is there").stdout).unwrap();
        let ours = run(&view_of_process(std::process::id()), &["pstree", flags, &pid]);
        assert_eq!(ours.text(), theirs, "{flags}");
    }
}

#[test]
fn threads_are_drawn_as_psmisc_draws_them() {
    let script = "import threading,time\nfor i in range(3): threading.Thread(target=time.sleep,args=(1000,),daemon=True).start()\ntime.sleep(1000)";
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, script.as_bytes()).unwrap();
    let Ok(child) = Command::new("python3").arg(file.path()).spawn() else {
        return crate::common::skip::skip("there is no python3 to make threads");
    };
    let child = Spawned(child);
    let pid = child.pid().to_string();
    let tasks = format!("/proc/{pid}/task");
    until("all threads run", || std::fs::read_dir(&tasks).unwrap().count() == 4);
    for flags in ["-lA", "-lAp", "-lAa", "-lAT"] {
        let theirs = Command::new("pstree").args([flags, &pid]).output().expect("psmisc is there");
        let ours = run(&view_of_process(child.pid()), &["pstree", flags, &pid]);
        assert_eq!(ours.text(), String::from_utf8_lossy(&theirs.stdout), "{flags}");
    }
}

#[test]
fn whoever_has_its_parent_outside_is_a_root() {
    let target =
        Namespaced::new(&["--map-root-user"], &["sh", "-c", "sleep 1000 & exec sleep 1001"]);
    let view = view_of_process(target.pid);
    until("both sleep", || run(&view, &["pstree"]).text() == "sleep---sleep\n");
    assert_eq!(run(&view, &["pstree", "-p"]).text(), "sleep(1)---sleep(2)\n");
    let rows = run(&view, &["pstree", "--json"]).json();
    assert_eq!((&rows[0]["ppid"], &rows[1]["ppid"]), (&0.into(), &1.into()));
    let ran = run(&view, &["pstree", "77"]);
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (Exit::FAILURE, "pstree: process 77: no such process\n")
    );
}

#[test]
fn a_terminal_gets_lines_that_fit_and_a_mark_where_they_are_cut() {
    let target =
        Namespaced::new(&["--map-root-user"], &["sh", "-c", "sleep 1000 & exec sleep 1001"]);
    let view = view_of_process(target.pid);
    until("both sleep", || run(&view, &["pstree"]).text() == "sleep---sleep\n");
    assert_eq!(run_on_terminal(&view, &["pstree"], 10), "sleep───s…\r\n");
}
