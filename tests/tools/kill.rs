use crate::common::process::{Namespaced, Spawned};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use dbg::view::View;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;

/// A view in which changes are allowed.
fn writable(pid: u32) -> View {
    let mut view = view_of_process(pid);
    view.writable = true;
    view
}

#[test]
fn the_signal_named_in_any_spelling_is_the_one_that_arrives() {
    let spellings: [(&[&str], i32); 7] = [
        (&[], libc::SIGTERM),
        (&["-9"], libc::SIGKILL),
        (&["-HUP"], libc::SIGHUP),
        (&["-s", "usr1"], libc::SIGUSR1),
        (&["-SIGINT"], libc::SIGINT),
        (&["--signal", "14"], libc::SIGALRM),
        (&["-RTMIN+3"], libc::SIGRTMIN() + 3),
    ];
    for (words, signal) in spellings {
        let mut child = Spawned::sleep();
        let pid = child.pid().to_string();
        let ran = run(&writable(child.pid()), &[&["kill"], words, &[&pid]].concat());
        assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""), "{words:?}");
        assert_eq!(child.0.wait().unwrap().signal(), Some(signal), "{words:?}");
    }
}

#[test]
fn a_read_only_view_sends_nothing_but_may_check() {
    let mut child = Spawned::sleep();
    let pid = child.pid().to_string();
    let view = view_of_process(child.pid());
    let ran = run(&view, &["kill", "-9", &pid]);
    assert_eq!(ran.exit, Exit::FAILURE);
    let expected = format!("kill: sending SIGKILL to process {pid}: the view is read-only\n");
    assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
    assert!(ran.stderr.contains("--write"), "{}", ran.stderr);
    assert_eq!(child.0.try_wait().unwrap(), None);
    assert_eq!(run(&view, &["kill", "-0", &pid]).exit, Exit::OK);
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    let ran = run(&view, &["kill", "-0", &pid]);
    assert_eq!(
        (ran.exit, ran.stderr),
        (Exit::FAILURE, format!("kill: process {pid}: no such process\n"))
    );
}

#[test]
fn numbers_are_those_of_the_target() {
    // PID 1 of a namespace takes from outside what it can't ignore.
    let target = Namespaced::new(&["--map-root-user"], &["sleep", "1000"]);
    let ran = run(&writable(target.pid), &["kill", "-KILL", "1"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""));
    crate::common::process::until("it has ended", || {
        crate::common::process::children(target.parent()).is_empty()
    });
}

#[test]
fn a_process_of_this_machine_that_is_not_the_targets_is_out_of_reach() {
    let target = Namespaced::new(&["--map-root-user"], &["sleep", "1000"]);
    let mut other = Spawned::sleep();
    let pid = other.pid().to_string();
    let ran = run(&writable(target.pid), &["kill", "-9", &pid]);
    assert_eq!(
        (ran.exit, ran.stderr),
        (Exit::FAILURE, format!("kill: process {pid}: no such process\n"))
    );
    assert_eq!(other.0.try_wait().unwrap(), None);
}

#[test]
fn one_failure_does_not_keep_the_signal_from_the_others() {
    let mut child = Spawned::sleep();
    let pid = child.pid().to_string();
    let ran = run(&writable(child.pid()), &["kill", "4194304", &pid]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.contains("process 4194304: no such process"), "{}", ran.stderr);
    assert_eq!(child.0.wait().unwrap().signal(), Some(libc::SIGTERM));
}

#[test]
fn a_signal_that_may_not_be_sent_says_what_is_needed() {
    if !nix::unistd::geteuid().is_root() {
        return; // only root may start a process as another user
    }
    let mut command = Command::new("sleep");
    let child = Spawned::new(command.arg("1000").uid(65532));
    let view = writable(child.pid());
    // Capabilities are a thread's own, and each test has a thread.
    caps::clear(None, caps::CapSet::Effective).unwrap();
    let ran = run(&view, &["kill", &child.pid().to_string()]);
    caps::set(None, caps::CapSet::Effective, &caps::read(None, caps::CapSet::Permitted).unwrap())
        .unwrap();
    assert_eq!(ran.exit, Exit::CANNOT_RUN);
    assert!(ran.stderr.contains("operation not permitted"), "{}", ran.stderr);
    assert!(ran.stderr.contains("CAP_KILL"), "{}", ran.stderr);
}

#[test]
fn signals_are_listed_and_turned_into_numbers_and_back() {
    let view = view_of_process(std::process::id());
    let ran = run(&view, &["kill", "-l"]);
    assert!(ran.text().starts_with(" 1 HUP\n 2 INT\n"), "{}", ran.text());
    assert!(ran.text().lines().any(|line| line == "64 RTMAX"), "{}", ran.text());
    for (word, answer) in [("9", "KILL\n"), ("137", "KILL\n"), ("SIGTERM", "15\n"), ("hup", "1\n")]
    {
        assert_eq!(run(&view, &["kill", "-l", word]).text(), answer, "{word}");
        let theirs = Command::new("bash").args(["-c", "kill -l \"$0\"", word]).output().unwrap();
        assert_eq!(String::from_utf8(theirs.stdout).unwrap(), answer, "{word}");
    }
}

#[test]
fn wrong_words_send_nothing_and_are_refused_with_exit_code_2() {
    let mut child = Spawned::sleep();
    let pid = child.pid().to_string();
    let view = writable(child.pid());
    let wrong: [&[&str]; 6] = [
        &["-s", "NOSUCH", &pid],
        &["-s", "99", &pid],
        &[&pid, "init"],
        &["-s", "TERM", "--", &format!("-{pid}")],
        &[],
        &["-l", "NOSUCH"],
    ];
    for words in wrong {
        let ran = run(&view, &[&["kill"], words].concat());
        assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""), "{words:?}");
    }
    assert_eq!(child.0.try_wait().unwrap(), None);
}

#[test]
fn the_table_of_signals_is_that_of_bash() {
    let view = crate::common::tool::view_of_process(std::process::id());
    let theirs = std::process::Command::new("bash").args(["-c", "kill -L"]).output().unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let ran = crate::common::tool::run(&view, &["kill", "-L"]);
    assert_eq!(words(ran.text())[..62], words(&String::from_utf8_lossy(&theirs.stdout))[..62]);
}
