use crate::common::process::{Spawned, comm, until};
use crate::common::tool::{run, view_of_process};
use std::process::Command;

fn with_caps(set: &str) -> Spawned {
    let mut command = Command::new("setpriv");
    let bound = format!("--bounding-set={set}");
    let child = Spawned::new(command.args([&bound, "--no-new-privs", "--", "sleep", "1000"]));
    until("it sleeps", || comm(child.pid()) == b"sleep\n");
    child
}

#[test]
fn sets_are_named_as_libcap_names_them() {
    if !nix::unistd::geteuid().is_root() {
        return crate::common::skip::skip("only root has capabilities to give");
    }
    let child = with_caps("-all,+chown,+sys_admin,+net_raw");
    let rows = run(&view_of_process(child.pid()), &["caps", "--json"]).json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 5);
    for row in rows {
        let mask = row["mask"].as_str().unwrap();
        let output = Command::new("capsh").arg(format!("--decode={mask}")).output();
        let theirs = String::from_utf8(output.expect("libcap is there").stdout).unwrap();
        let theirs = theirs.trim().split_once('=').unwrap().1.to_uppercase();
        let names: Vec<&str> =
            row["capabilities"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
        assert_eq!(names.join(","), theirs, "{row}");
    }
    let bounding = rows.iter().find(|row| row["set"] == "bounding").unwrap();
    assert_eq!(bounding["mask"], "0000000000202001");
    assert_eq!(bounding["beyond"], serde_json::json!(["CAP_SYS_ADMIN"]));
    assert_eq!(bounding["missing"].as_array().unwrap().len(), 12);
}

#[test]
fn the_table_says_what_is_missing_against_dockers_default() {
    if !nix::unistd::geteuid().is_root() {
        return crate::common::skip::skip("only root has capabilities to give");
    }
    let child = with_caps("-all,+chown");
    let ran = run(&view_of_process(std::process::id()), &["caps", "-p", &child.pid().to_string()]);
    let line = |start: &str| ran.text().lines().find(|line| line.starts_with(start)).unwrap();
    assert!(line("bounding: missing").contains("CAP_NET_RAW"), "{}", ran.text());
    assert!(!line("bounding: missing").contains("CAP_CHOWN"), "{}", ran.text());
    assert_eq!(line("bounding: beyond"), "bounding: beyond it nothing");
    assert!(ran.text().contains("no_new_privs is set"), "{}", ran.text());
}
