use crate::common::process::{Spawned, comm, until};
use crate::common::tool::{run, view_of_process};
use std::process::{Command, Stdio};

#[test]
fn a_reader_of_a_pipe_is_found_in_read_with_its_descriptor() {
    let child = Spawned::with_stdin(&mut Command::new("cat"), Stdio::piped());
    let file =
        |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", child.pid())).unwrap();
    until("it reads", || comm(child.pid()) == b"cat\n" && file("syscall").starts_with("0 0x0 "));
    let ran = run(&view_of_process(child.pid()), &["stack", "--json"]);
    let row = &ran.json()[0];
    assert_eq!(
        (&row["tid"], &row["name"], &row["state"]),
        (&child.pid().into(), &"cat".into(), &"S".into())
    );
    assert_eq!(
        (&row["syscall"]["name"], &row["syscall"]["arguments"][0]),
        (&"read".into(), &"0x0".into())
    );
    assert_eq!(row["syscall"]["arguments"].as_array().unwrap().len(), 6);
    assert_eq!(row["wchan"].as_str().unwrap_or("0"), file("wchan"));
    if nix::unistd::geteuid().is_root() {
        let frames = row["stack"].as_array().unwrap();
        let first = file("stack").lines().next().unwrap().to_owned();
        assert_eq!(first, format!("[<0>] {}", frames[0].as_str().unwrap()));
        let text = run(&view_of_process(child.pid()), &["stack"]);
        assert!(text.text().contains(&format!("  stack    {}\n", frames[0].as_str().unwrap())));
        assert!(text.text().contains("  syscall  read(0x0, "), "{}", text.text());
    }
}

#[test]
fn without_the_right_the_rest_is_shown_and_the_refusal_is_said_once() {
    if !nix::unistd::geteuid().is_root() {
        return; // without a right to lose, there is nothing to test
    }
    let child = Spawned::sleep();
    let view = view_of_process(child.pid());
    // Capabilities are a thread's own, and each test has a thread.
    caps::clear(None, caps::CapSet::Effective).unwrap();
    let ran = run(&view, &["stack"]);
    assert!(
        ran.text().starts_with(&format!("thread {} sleep (S)\n", child.pid())),
        "{}",
        ran.text()
    );
    assert!(
        ran.stderr.contains("stack can't be read (permission denied): it needs CAP_SYS_ADMIN"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.matches("CAP_SYS_ADMIN").count(), 1);
}
