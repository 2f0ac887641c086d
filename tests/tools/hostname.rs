use crate::common::cli::{dbg, output, stderr, stdout};
use crate::common::process::{Namespaced, Spawned, until};
use crate::common::tool::{run, view_of, view_of_process};
use dbg::exit::Exit;
use serde_json::json;

/// What `dbg hostname` prints for process `pid`: by the binary, since opening a view joins namespaces.
fn hostname(pid: u32, args: &[&str]) -> String {
    let target = format!("pid://{pid}");
    let ran = output(&mut dbg(&[&["hostname", &target], args].concat()));
    assert!(ran.status.success(), "{}", stderr(&ran));
    stdout(&ran)
}

fn own_name() -> String {
    nix::unistd::gethostname().unwrap().into_string().unwrap()
}

#[test]
fn a_process_in_our_namespace_has_our_name() {
    let child = Spawned::sleep();
    assert_eq!(hostname(child.pid(), &[]), format!("{}\n", own_name()));
}

#[test]
fn the_name_in_a_namespace_is_told_and_ours_stays() {
    // The program `hostname` refuses such a name, the kernel does not.
    let script = "printf 'web\\033[2J' > /proc/sys/kernel/hostname && exec sleep 1000";
    let target = Namespaced::new(&["--map-root-user", "--uts"], &["sh", "-c", script]);
    until("it has a name", || crate::common::process::comm(target.pid) == b"sleep\n");
    let before = own_name();
    assert_eq!(hostname(target.pid, &[]), "web\\x1b[2J\n");
    let json: serde_json::Value = serde_json::from_str(&hostname(target.pid, &["--json"])).unwrap();
    assert_eq!(json, json!([{"hostname": "web\u{1b}[2J", "source": "kernel"}]));
    assert_eq!(own_name(), before);
}

#[test]
fn without_the_namespace_the_targets_file_is_read() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    std::fs::write(dir.path().join("etc/hostname"), "# made by hand\n\n  db-1 \nother\n").unwrap();
    assert_eq!(run(&view_of(dir.path()), &["hostname"]).text(), "db-1\n");
    let expected = json!([{"hostname": "db-1", "source": "file"}]);
    assert_eq!(run(&view_of(dir.path()), &["hostname", "--json"]).json(), expected);
}

#[test]
fn with_neither_it_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&view_of(dir.path()), &["hostname"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
    assert!(ran.stderr.contains("UTS namespace"), "{}", ran.stderr);
    assert!(ran.stderr.contains("/etc/hostname: no such file or directory"), "{}", ran.stderr);
    let ran = run(&view_of_process(std::process::id()), &["hostname"]);
    assert_eq!(ran.exit, Exit::CANNOT_RUN);
}
