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
        (&row["syscall"]["name"], &row["syscall"]["arguments"].as_array().unwrap().len()),
        (&"read".into(), &3)
    );
    let pipe = std::fs::read_link(format!("/proc/{}/fd/0", child.pid())).unwrap();
    let pipe = pipe.to_str().unwrap();
    assert_eq!(
        row["syscall"]["arguments"][0],
        serde_json::json!({"name": "fd", "value": "0", "file": pipe})
    );
    let text = run(&view_of_process(child.pid()), &["stack"]);
    let call = format!("  read(fd=0 ({pipe}), buf=0x");
    assert!(text.text().contains(&call), "{}", text.text());
    assert!(text.text().lines().nth(1).unwrap().contains(", count="), "{}", text.text());
    assert_eq!(row["wchan"].as_str().unwrap_or("0"), file("wchan"));
    if nix::unistd::geteuid().is_root() {
        let frames = row["stack"].as_array().unwrap();
        let first = file("stack").lines().next().unwrap().to_owned();
        assert_eq!(first, format!("[<0>] {}", frames[0].as_str().unwrap()));
        let text = run(&view_of_process(child.pid()), &["stack"]);
        let head =
            format!("\nkernel stack of {} cat\n  {}\n", child.pid(), frames[0].as_str().unwrap());
        assert!(text.text().contains(&head), "{}", text.text());
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
    let line = ran.text().lines().nth(1).unwrap().split_whitespace().take(3).collect::<Vec<_>>();
    assert_eq!(line, [child.pid().to_string().as_str(), "S", "sleep"]);
    // The call and the function need the right of ptrace, which is gone too.
    assert_eq!(ran.exit, dbg::exit::Exit::CANNOT_RUN, "{ran:?}");
    assert!(ran.stderr.contains("syscall can't be read"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("stack can't be read (permission denied): it needs CAP_SYS_ADMIN"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.matches("CAP_SYS_ADMIN").count(), 1);
}
