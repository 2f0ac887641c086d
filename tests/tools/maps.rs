use crate::common::process::{Spawned, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use serde_json::Value;
use std::os::unix::process::CommandExt;
use std::process::Command;

fn rows(pid: u32, words: &[&str]) -> Vec<Value> {
    let ran = run(&view_of_process(pid), &[&["maps", "--json"], words].concat());
    ran.json().as_array().expect("an array").clone()
}

/// `sleep`, once it has read its libraries and sleeps.
fn asleep() -> Spawned {
    let child = Spawned::sleep();
    let call = format!("{} ", libc::SYS_clock_nanosleep);
    until("it sleeps", || {
        let file = std::fs::read_to_string(format!("/proc/{}/syscall", child.pid()));
        file.is_ok_and(|text| text.starts_with(&call))
    });
    child
}

#[test]
fn mappings_are_what_procps_says() {
    let child = asleep();
    let pmap = || {
        let out = Command::new("pmap").args(["-x", &child.pid().to_string()]).output();
        String::from_utf8(out.expect("procps is there").stdout).unwrap()
    };
    // The kernel may take pages from it meanwhile.
    let (mut theirs, mut found) = (String::new(), Vec::new());
    until("its memory stays as it is for a moment", || {
        theirs = pmap();
        found = rows(child.pid(), &[]);
        theirs == pmap()
    });
    let theirs: Vec<(u64, u64, u64)> = theirs
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let address = u64::from_str_radix(words.first()?, 16).ok()?;
            Some((address, words.get(1)?.parse().ok()?, words.get(2)?.parse().ok()?))
        })
        .collect();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap() / 1024;
    let ours: Vec<(u64, u64, u64)> = found
        .iter()
        .map(|row| {
            let start = u64::from_str_radix(row["start"].as_str().unwrap(), 16).unwrap();
            (start, number(row, "size_bytes"), number(row, "rss_bytes"))
        })
        .collect();
    // pmap leaves out a page that belongs to the kernel and is in no file.
    let shared = |rows: &[(u64, u64, u64)]| -> Vec<(u64, u64, u64)> {
        rows.iter().filter(|row| row.0 < 1 << 47).copied().collect()
    };
    assert_eq!(shared(&ours), shared(&theirs));
    assert!(ours.len() > 10);
}

#[test]
fn the_total_is_what_the_kernel_adds_up() {
    let child = asleep();
    let read = || std::fs::read_to_string(format!("/proc/{}/smaps_rollup", child.pid())).unwrap();
    // It may still be starting, and the kernel may take pages from it: what counts is a moment at which neither was so.
    let (mut rollup, mut table) = (String::new(), None);
    until("its memory stays as it is for a moment", || {
        rollup = read();
        table = Some(run(&view_of_process(child.pid()), &["maps"]));
        rollup == read()
    });
    let table = table.unwrap();
    let kernel = |name: &str| -> u64 {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    let total: Vec<u64> = table
        .text()
        .lines()
        .last()
        .unwrap()
        .split_whitespace()
        .skip(1)
        .map(|n| n.parse().unwrap())
        .collect();
    assert_eq!((total[1], total[3]), (kernel("Rss:"), kernel("Private_Dirty:")));
    // The kernel rounds once, the mappings are rounded one by one.
    let mappings = table.text().lines().count() as u64;
    assert!(
        kernel("Pss:") >= total[2] && kernel("Pss:") <= total[2] + mappings,
        "{total:?} {rollup}"
    );
}

#[test]
fn sizes_sort_downwards_and_names_keep_their_spaces() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("a  b");
    std::fs::copy("/bin/sleep", &program).unwrap();
    let child = Spawned::new(Command::new(&program).arg("1000"));
    until("it is executed", || crate::common::process::comm(child.pid()) == b"a  b\n");
    let sizes: Vec<u64> = rows(child.pid(), &["--sort", "rss"])
        .iter()
        .map(|row| row["rss_bytes"].as_u64().unwrap())
        .collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b) && sizes[0] > 0, "{sizes:?}");
    let name = program.to_str().unwrap();
    assert!(rows(child.pid(), &[]).iter().any(|row| row["name"] == name));
}

#[test]
fn a_process_that_may_not_be_read_is_explained() {
    if !nix::unistd::geteuid().is_root() {
        return; // without a right to lose, there is nothing to test
    }
    let child = Spawned::new(Command::new("sleep").arg("1000").uid(65532));
    let view = view_of_process(child.pid());
    // Capabilities are a thread's own, and each test has a thread.
    caps::clear(None, caps::CapSet::Effective).unwrap();
    let ran = run(&view, &["maps"]);
    // Who may not signal the process could not end it.
    caps::set(None, caps::CapSet::Effective, &caps::read(None, caps::CapSet::Permitted).unwrap())
        .unwrap();
    assert_eq!(ran.exit, Exit::CANNOT_RUN);
    let expected = format!("maps: memory map of process {}: permission denied\n", child.pid());
    assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
    assert!(ran.stderr.contains("SYS_PTRACE"), "{}", ran.stderr);
}
