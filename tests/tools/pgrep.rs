use crate::common::process::{Namespaced, Spawned, children, comm, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use std::process::Command;

/// A shell with two children that sleep for `seconds`. Its PID namespace ends them all.
fn family(seconds: &str) -> Namespaced {
    let script = format!("sleep {seconds} & sleep {seconds} & wait");
    let shell = Namespaced::new(&["--map-root-user"], &["sh", "-c", &script]);
    until("both sleep", || {
        children(shell.pid).iter().filter(|pid| comm(**pid) == b"sleep\n").count() == 2
    });
    shell
}

#[test]
fn what_is_found_is_what_procps_finds() {
    let shell = family("7771");
    let parent = shell.pid.to_string();
    let lines: [&[&str]; 13] = [
        &["-P", &parent],
        &["-P", &parent, "sleep"],
        &["-l", "-P", &parent],
        &["-a", "-P", &parent],
        &["-f", "[s]leep 7771$"],
        &["-lf", "sleep 7771"],
        &["-af", "sleep 7771"],
        &["-xf", "sleep 7771"],
        &["-x", "slee", "-P", &parent],
        &["-c", "-P", &parent],
        &["-n", "-P", &parent],
        &["-o", "-P", &parent],
        &["-i", "-P", &parent, "SLEEP"],
    ];
    for words in lines {
        let theirs = Command::new("pgrep").args(words).output().expect("procps is there");
        let ours = run(&view_of_process(std::process::id()), &[&["pgrep"], words].concat());
        assert_eq!(ours.text(), String::from_utf8_lossy(&theirs.stdout), "{words:?}");
        assert_eq!(i32::from(ours.exit.number()), theirs.status.code().unwrap(), "{words:?}");
    }
}

#[test]
fn users_are_those_of_the_target_and_inverse_means_all_others() {
    let target =
        Namespaced::new(&["--map-root-user"], &["sh", "-c", "sleep 7772 & exec sleep 7773"]);
    let view = view_of_process(target.pid);
    until("both sleep", || run(&view, &["pgrep", "-c", "sleep"]).text() == "2\n");
    assert_eq!(run(&view, &["pgrep", "sleep"]).text(), "1\n2\n");
    assert_eq!(run(&view, &["pgrep", "-u", "0", "-P", "1"]).text(), "2\n");
    assert_eq!(run(&view, &["pgrep", "-v", "-P", "1"]).text(), "1\n");
    assert_eq!(run(&view, &["pgrep", "-u", "5"]).exit, Exit::FAILURE);
    let rows = run(&view, &["pgrep", "-f", "7772", "--json"]).json();
    assert_eq!(
        (&rows[0]["pid"], &rows[0]["args"]),
        (&2.into(), &serde_json::json!(["sleep", "7772"]))
    );
}

#[test]
fn a_name_with_a_newline_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("x\n1 init");
    std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
    let child = Spawned::new(Command::new(&program).arg("1000"));
    until("it is executed", || comm(child.pid()).starts_with(b"x"));
    let ran = run(&view_of_process(child.pid()), &["pgrep", "-l", "-x", "x\n1 init"]);
    assert_eq!(ran.text(), format!("{} x\\n1 init\n", child.pid()));
}

#[test]
fn wrong_words_and_patterns_that_can_match_no_name_are_said_so() {
    let view = view_of_process(std::process::id());
    for words in
        [&["pgrep"][..], &["pgrep", "("], &["pgrep", "-u", "nosuchuser"], &["pgrep", "-P", "x"]]
    {
        let ran = run(&view, words);
        assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""), "{words:?}");
    }
    let ran = run(&view, &["pgrep", "a-name-of-more-than-fifteen"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.contains("-f matches the whole"), "{}", ran.stderr);
}

#[test]
fn patterns_are_those_of_posix_and_more_may_be_asked_for() {
    let shell = family("7772");
    let parent = shell.pid.to_string();
    let lines: [&[&str]; 7] = [
        &["-P", &parent, "^(sle|xx)ep$"],
        &["-P", &parent, "[[:alpha:]]{5}"],
        &["-P", &parent, "sl\\w*"],
        &["-d", ",", "-P", &parent],
        &["-r", "S", "-P", &parent],
        &["-r", "Z", "-P", &parent],
        &["-U", "0", "-G", "0", "-P", &parent],
    ];
    for words in lines {
        let theirs = Command::new("pgrep").args(words).output().expect("procps is there");
        let ours = run(&view_of_process(std::process::id()), &[&["pgrep"], words].concat());
        assert_eq!(ours.text(), String::from_utf8_lossy(&theirs.stdout), "{words:?}");
    }
    let view = view_of_process(std::process::id());
    assert_eq!(run(&view, &["pgrep", "("]).exit, Exit::USAGE);
}
