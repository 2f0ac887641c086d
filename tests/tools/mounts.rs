use crate::common::process::{Namespaced, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use std::process::Command;

#[test]
fn the_list_is_what_findmnt_says() {
    // In a namespace of its own, where nobody mounts anything meanwhile.
    let target = Namespaced::new(&["--map-root-user", "--mount"], &["sleep", "1000"]);
    let ran = run(&view_of_process(target.pid), &["mounts"]);
    let pid = target.pid.to_string();
    let theirs = Command::new("findmnt")
        .args(["--task", &pid, "--raw", "--nofsroot", "-o", "TARGET,SOURCE,FSTYPE,OPTIONS"])
        .output()
        .expect("util-linux is there");
    assert_eq!((ran.exit, theirs.status.success()), (Exit::OK, true));
    let words = |text: &str| -> Vec<Vec<String>> {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        let mut lines: Vec<Vec<String>> = text.lines().map(words).collect();
        lines.sort();
        lines
    };
    assert_eq!(words(ran.text()), words(std::str::from_utf8(&theirs.stdout).unwrap()));
}

#[test]
fn mounts_of_the_targets_namespace_are_listed_by_either_name() {
    let dir = tempfile::tempdir().unwrap();
    let point = dir.path().join("a b\nc");
    std::fs::create_dir(&point).unwrap();
    let path = point.to_str().unwrap();
    let script = "mount -t tmpfs -o ro,size=4k 'my source' \"$0\" && exec sleep 1000";
    let target = Namespaced::new(&["--map-root-user", "--mount"], &["sh", "-c", script, path]);
    let view = view_of_process(target.pid);
    let find = || {
        let rows = run(&view, &["mounts", "--json"]).json();
        rows.as_array().unwrap().iter().find(|row| row["target"] == path).cloned()
    };
    until("it is mounted", || find().is_some());
    let row = find().unwrap();
    assert_eq!((&row["source"], &row["fs_type"]), (&"my source".into(), &"tmpfs".into()));
    assert!(row["options"].as_str().unwrap().starts_with("ro,"), "{row}");
    assert!(row["fs_options"].as_str().unwrap().contains("size=4k"), "{row}");
    assert!(row["id"].as_u64() > row["parent"].as_u64(), "{row}");
    let table = run(&view, &["mount"]);
    let shown = path.replace('\n', "\\n");
    let lines: Vec<&str> = table.text().lines().filter(|line| line.starts_with(&shown)).collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("my source") && lines[0].contains("tmpfs"), "{lines:?}");
    // It is not in our namespace, so the answer came from the target's.
    assert!(!std::fs::read_to_string("/proc/self/mountinfo").unwrap().contains("my\\040source"));
}

#[test]
fn to_mount_something_is_refused() {
    let ran = run(&view_of_process(std::process::id()), &["mount", "/dev/sda", "/mnt"]);
    assert_eq!(ran.exit, Exit::USAGE);
}
