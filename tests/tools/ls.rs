use crate::common::gnu::{Deep, fixture, gnu};
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Runs `words` both ways over the fixture and compares every byte.
fn same_as_gnu(words: &[&str]) {
    let dir = fixture();
    let ran = run(&view_of(dir.path()), words);
    assert_eq!(ran.stderr, "", "{words:?}");
    let (ours, theirs) = (ran.stdout, gnu(dir.path(), words));
    assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs), "{words:?}");
    assert_eq!(ours, theirs);
}

#[test]
fn plain_listings_are_those_of_gnu_byte_for_byte() {
    for flags in
        ["-1", "-1A", "-1r", "-1S", "-1Sr", "-1t", "-1tr", "-1X", "-1F", "-1i", "-1s", "-1sh", "-d"]
    {
        same_as_gnu(&["ls", flags]);
    }
    same_as_gnu(&["ls"]);
    same_as_gnu(&["ls", "-1U"]);
    same_as_gnu(&["ls", "-1", "--color=never", "-A"]);
}

#[test]
fn long_listings_are_those_of_gnu_byte_for_byte() {
    same_as_gnu(&["ls", "-lnA", "--time-style=full-iso"]);
    same_as_gnu(&["ls", "-lnA", "--full-time"]);
    same_as_gnu(&["ls", "-lnA", "--time-style=long-iso"]);
    same_as_gnu(&["ls", "-lnA", "--time-style=iso"]);
    for flags in ["-lnA", "-lnAh", "-lnAis", "-lnASr", "-lnAtr", "-lncA", "-lnAu", "-ln"] {
        same_as_gnu(&["ls", flags]);
    }
    same_as_gnu(&["ls", "-ln", "sub", "link", "absolute", "fifo"]);
    same_as_gnu(&["ls", "-lnd", "sub", "."]);
}

#[test]
fn several_operands_and_trees_are_listed_as_gnu_does() {
    same_as_gnu(&["ls", "sub", "a.txt", "void"]);
    same_as_gnu(&["ls", "-R"]);
    same_as_gnu(&["ls", "-RA", "sub", "void"]);
    same_as_gnu(&["ls", "-RlnA"]);
    same_as_gnu(&["ls", "-1RU"]);
    same_as_gnu(&["ls", "-R", "./"]);
}

#[test]
fn devices_and_names_of_owners_are_those_of_gnu() {
    let view = view_of(Path::new("/"));
    for words in [["ls", "-l", "/dev/null", "/dev/zero"], ["ls", "-lah", "/etc", "/usr"]] {
        let (ours, theirs) = (run(&view, &words), gnu(Path::new("/"), &words));
        assert_eq!(String::from_utf8_lossy(&ours.stdout), String::from_utf8_lossy(&theirs));
    }
}

#[test]
fn owners_have_the_names_that_the_target_gives_them() {
    let dir = tempfile::tempdir().unwrap();
    let (uid, gid) = (nix::unistd::getuid(), nix::unistd::getgid());
    fs::create_dir(dir.path().join("etc")).unwrap();
    fs::write(dir.path().join("etc/passwd"), format!("someone:x:{uid}:{gid}::/:\n")).unwrap();
    fs::write(dir.path().join("etc/group"), format!("somegroup:x:{gid}:\n")).unwrap();
    fs::write(dir.path().join("f"), "").unwrap();
    let view = view_of(dir.path());
    assert!(run(&view, &["ls", "-l", "f"]).text().contains(" 1 someone somegroup 0 "));
    assert!(run(&view, &["ls", "-n", "f"]).text().contains(&format!(" 1 {uid} {gid} 0 ")));
}

#[test]
fn columns_run_down_and_fit_eighty_characters_where_there_is_no_terminal() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..60 {
        fs::write(dir.path().join(format!("file-{i:02}")), "").unwrap();
    }
    let ran = run(&view_of(dir.path()), &["ls", "-C"]);
    let lines: Vec<&str> = ran.text().lines().collect();
    assert!(lines.iter().all(|line| line.len() <= 80));
    assert!(lines[0].starts_with("file-00  file-07  file-14"), "{}", lines[0]);
    assert_eq!(lines.len(), 7);
}

#[test]
fn the_parent_of_the_root_is_the_root_and_shows_nothing_above_it() {
    let above = tempfile::tempdir().unwrap();
    fs::create_dir(above.path().join("root")).unwrap();
    let ran = run(&view_of(&above.path().join("root")), &["ls", "-1ai"]);
    let inodes: Vec<&str> =
        ran.text().lines().map(|line| line.trim().split(' ').next().unwrap()).collect();
    assert_eq!(inodes.len(), 2);
    assert_eq!(inodes[0], inodes[1]);
}

#[test]
fn absolute_links_stay_inside_the_root() {
    let dir = fixture();
    let view = view_of(dir.path());
    assert_eq!(run(&view, &["ls", "absolute"]).text(), "deeper\ninner\nup\n");
    symlink("/../../etc", dir.path().join("out")).unwrap();
    let ran = run(&view, &["ls", "out/"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
    assert_eq!(ran.stderr, "ls: out/: no such file or directory\n");
}

#[test]
fn what_is_missing_is_named_and_the_rest_is_listed() {
    let dir = fixture();
    let ran = run(&view_of(dir.path()), &["ls", "nosuch", "a.txt"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, "a.txt\n"));
    assert_eq!(ran.stderr, "ls: nosuch: no such file or directory\n");
}

#[test]
fn a_tree_four_thousand_deep_is_listed_to_its_bottom_with_few_descriptors() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let dir = tempfile::tempdir().unwrap();
    let _deep = Deep::new(dir.path(), 4_000);
    fs::write(dir.path().join("z"), "").unwrap();
    fs::create_dir(dir.path().join("e")).unwrap();
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, soft.min(256), hard).unwrap();
    let ran = run(&view_of(dir.path()), &["ls", "-R"]);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
    assert_eq!(ran.stderr, "");
    assert!(ran.text().contains(&format!("\n.{}:\nbottom\n", "/d".repeat(4_000))));
    assert!(ran.text().ends_with("\n./e:\n"));
}

#[test]
fn a_hundred_thousand_names_are_all_there() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..100_000 {
        symlink("x", dir.path().join(i.to_string())).unwrap();
    }
    let view = view_of(dir.path());
    for flags in ["-1U", "-1"] {
        assert_eq!(run(&view, &["ls", flags]).stdout, gnu(dir.path(), &["ls", flags]));
    }
}

#[test]
fn json_has_a_typed_object_for_each_name() {
    let dir = fixture();
    let view = view_of(dir.path());
    let json = run(&view, &["ls", "--json", "-A"]).json();
    let rows = json.as_array().unwrap();
    let names = gnu(dir.path(), &["ls", "-AN", "--zero"]);
    assert_eq!(rows.len(), names.iter().filter(|b| **b == 0).count());
    let row = |name: &str| rows.iter().find(|r| r["path"] == format!("./{name}")).unwrap();
    assert_eq!(row("large")["size"], 1_500_000);
    assert_eq!(row("b.log")["mode"], "4640");
    assert_eq!(row("link")["target"], "a.txt");
    assert_eq!(row("fifo")["kind"], "fifo");
    assert_eq!(row("sub")["permissions"].as_str().unwrap().len(), 10);
    assert!(rows.iter().any(|r| r["path"]["hex"].is_string()));
    assert_eq!(run(&view, &["ls", "--json", "-U", "void"]).text(), "[]\n");
}

#[test]
fn a_full_device_is_an_error() {
    let dir = fixture();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (exit, stderr) = crate::common::tool::run_to(&view_of(dir.path()), &["ls"], full.into());
    assert_eq!(exit, Exit::FAILURE);
    assert_eq!(stderr, "ls: no space left on device\n");
}

#[test]
fn a_terminal_gets_columns_that_fit_and_names_that_can_do_nothing() {
    let dir = fixture();
    let shown = crate::common::tool::run_on_terminal(&view_of(dir.path()), &["ls"], 40);
    assert!(!shown.contains("\x1b[31m"), "{shown:?}");
    assert!(shown.contains("bad\\xff\\x1b[31m\\nname"), "{shown:?}");
    assert!(shown.contains("\x1b[01;34msub\x1b[0m"), "{shown:?}");
    let ran = run_with(&view_of(dir.path()), vec!["ls".into(), "--color=always".into()], b"");
    assert!(ran.stdout.windows(12).any(|w| w == b"\x1b[01;34msub\x1b"));
}

#[test]
fn layouts_and_quotings_are_those_of_gnu_byte_for_byte() {
    for flags in [
        "-C",
        "-x",
        "-m",
        "-Cw40",
        "-xw40",
        "-mw30",
        "-Cw0",
        "-mw0",
        "-xsw33",
        "-Ciw60",
        "-ms",
        "-CT0",
        "-CT4",
        "-Q",
        "-q",
        "-N",
        "-b",
        "-bC",
        "-RQ",
        "-p",
        "-m1",
        "-k",
        "-B",
        "-v",
        "-XA",
        "--zero",
        "-Z",
        "-lnAZ",
        "--sort=size",
        "--sort=width",
        "--format=commas",
        "--file-type",
        "--indicator-style=slash",
        "--quoting-style=c",
    ] {
        same_as_gnu(&["ls", flags]);
    }
    same_as_gnu(&["ls", "-I", "*.txt", "--hide=*.log"]);
    same_as_gnu(&["ls", "-A", "-I", "*.txt", "--hide=*.log"]);
}

#[test]
fn long_listings_without_owners_or_with_marks_are_those_of_gnu() {
    for flags in ["-gn", "-on", "-lnG", "-lnp", "-ln1", "-lnQ", "-lnk"] {
        same_as_gnu(&["ls", flags]);
    }
    same_as_gnu(&["ls", "-ln", "--time=ctime", "--sort=time"]);
}

#[test]
fn links_are_followed_when_that_is_asked_for() {
    let dir = fixture();
    fs::remove_file(dir.path().join("dangling")).unwrap();
    fs::remove_file(dir.path().join("absolute")).unwrap();
    symlink("sub", dir.path().join("directory")).unwrap();
    for words in [
        &["ls", "-lnL"][..],
        &["ls", "-lnF"],
        &["ls", "--group-directories-first"],
        &["ls", "-r", "--group-directories-first"],
        &["ls", "-ln", "--file-type"],
        &["ls", "-L"],
        &["ls", "-LF"],
        &["ls", "-lnH", "directory", "link"],
        &["ls", "-H", "directory", "link"],
        &["ls", "-lndH", "directory"],
        &["ls", "-ln", "--dereference-command-line-symlink-to-dir", "directory", "link"],
    ] {
        let ran = run(&view_of(dir.path()), words);
        let (ours, theirs) = (ran.stdout, gnu(dir.path(), words));
        assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs), "{words:?}");
    }
    // A circle ends where it closes.
    let ran = run(&view_of(dir.path()), &["ls", "-RL"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.contains("leads back to a directory"), "{}", ran.stderr);
}
