use crate::common::gnu::gnu;
use crate::common::process::{Namespaced, until};
use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use dbg::view::{Root, View};
use std::path::Path;

fn view_with_root(pid: u32) -> View {
    let mut view = view_of_process(pid);
    let root = std::fs::File::open(format!("/proc/{pid}/root")).unwrap();
    view.root = Ok(Root::new(root.into()));
    view
}

/// What does not change from one moment to the next: source, type, size and place of each line.
fn lasting(text: &str) -> Vec<Vec<&str>> {
    let mut lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .map(|words| [&words[..3], &words[6..]].concat())
        .collect();
    lines.sort();
    lines
}

#[test]
fn file_systems_are_those_of_gnu() {
    let view = view_with_root(std::process::id());
    for words in [
        &["df", "-T"][..],
        &["df", "-T", "/"],
        &["df", "-T", "/proc/self/status", "/usr/bin/env", "/dev/null"],
        &["df", "-Ti", "/"],
        &["df", "-TH", "/", "/dev"],
        &["df", "-Tl", "/"],
        &["df", "-T", "--total", "/", "/dev"],
    ] {
        let theirs = String::from_utf8(gnu(Path::new("/"), words)).unwrap();
        let ran = run(&view, words);
        assert_eq!(ran.stderr, "");
        assert_eq!(lasting(ran.text()), lasting(&theirs), "{words:?}\n{}\n{theirs}", ran.text());
    }
}

#[test]
fn a_mount_of_the_target_is_listed_with_its_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let point = dir.path().join("a b");
    std::fs::create_dir(&point).unwrap();
    let path = point.to_str().unwrap();
    let script = "mount -t tmpfs -o size=64k,nr_inodes=50 volume \"$0\" && head -c 10000 /dev/zero > \"$0/f\" && exec sleep 1000";
    let target = Namespaced::new(&["--map-root-user", "--mount"], &["sh", "-c", script, path]);
    let view = view_with_root(target.pid);
    let find = |words: &[&str]| {
        let rows = run(&view, words).json();
        rows.as_array()
            .unwrap()
            .iter()
            .find(|row| row["target"] == path && row["used"] == 12_288)
            .cloned()
    };
    until("it is mounted and filled", || find(&["df", "--json"]).is_some());
    let row = find(&["df", "--json", &format!("{path}/f")]).unwrap();
    assert_eq!(
        (&row["source"], &row["fs_type"], &row["size"]),
        (&"volume".into(), &"tmpfs".into(), &65_536.into())
    );
    assert_eq!(
        (&row["inodes"], &row["inodes_used"], &row["available"]),
        (&50.into(), &2.into(), &53_248.into())
    );
    let line = |words: &[&str]| {
        run(&view, words)
            .text()
            .lines()
            .last()
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(line(&["df", path]), format!("volume 64 12 52 19% {path}"));
    assert_eq!(line(&["df", "-hT", path]), format!("volume tmpfs 64K 12K 52K 19% {path}"));
    assert_eq!(line(&["df", "-i", path]), format!("volume 50 2 48 4% {path}"));
    let ran = run(&view, &["df", "/nosuch"]);
    assert_eq!(
        (ran.exit, ran.stderr.as_str(), ran.text()),
        (Exit::FAILURE, "df: /nosuch: no such file or directory\n", "")
    );
}

#[test]
fn a_root_that_no_mount_is_told_of_is_said_to_be_so() {
    let procfs = tempfile::tempdir().unwrap();
    let of_seven = procfs.path().join("7");
    std::fs::create_dir(&of_seven).unwrap();
    let status = std::fs::read("/proc/self/status").unwrap();
    std::fs::write(of_seven.join("status"), status).unwrap();
    std::fs::write(of_seven.join("mountinfo"), "").unwrap();
    let mut view = view_with_root(std::process::id());
    let dir = std::fs::File::open(procfs.path()).unwrap();
    view.proc = Ok(dbg::view::Proc::new(dir.into(), 7).unwrap());
    let ran = run(&view, &["df"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
    assert!(ran.stderr.contains("is no mount point itself"), "{}", ran.stderr);
}
