use crate::common::process::{Namespaced, Spawned, comm, until};
use crate::common::tool::{Ran, run, view_of_process};
use dbg::exit::Exit;
use dbg::view::{Root, View};
use serde_json::json;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// A view of a process with the files in `root`.
fn view(pid: u32, root: &Path) -> View {
    let mut view = view_of_process(pid);
    view.root = Ok(Root::new(OwnedFd::from(std::fs::File::open(root).expect("opens"))));
    view
}

fn text(ran: &Ran) -> &str {
    assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
    ran.text()
}

#[test]
fn every_spelling_prints_what_coreutils_prints() {
    let view = view(std::process::id(), Path::new("/"));
    for flags in ["", "-u", "-g", "-G", "-un", "-gn", "-Gn", "-ur", "-gr"] {
        let words: Vec<&str> = ["id", flags].into_iter().filter(|word| !word.is_empty()).collect();
        let theirs = Command::new("id").args(&words[1..]).output().unwrap();
        let ours = run(&view, &words);
        assert_eq!(text(&ours), String::from_utf8(theirs.stdout).unwrap(), "id {flags}");
    }
}

#[test]
fn names_are_the_targets_own_and_cannot_forge_a_line() {
    if !nix::unistd::geteuid().is_root() {
        return; // only root may start a process as another user
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    std::fs::write(dir.path().join("etc/passwd"), b"nonroot:x:65532:65532::/:/sbin/nologin\n")
        .unwrap();
    std::fs::write(dir.path().join("etc/group"), b"non\x1broot:x:65531:\nbroken\n").unwrap();
    let mut command = Command::new("sleep");
    let child = Spawned::new(command.arg("1000").uid(65532).gid(65531));
    until("it is executed", || comm(child.pid()) == b"sleep\n");
    let view = view(child.pid(), dir.path());
    let ran = run(&view, &["id"]);
    assert_eq!(
        text(&ran),
        "uid=65532(nonroot) gid=65531(non\\x1broot) groups=65531(non\\x1broot)\n"
    );
    assert_eq!(
        run(&view, &["id", "--json"]).json()[0],
        json!({
            "uid": {"id": 65532, "name": "nonroot"},
            "euid": {"id": 65532, "name": "nonroot"},
            "gid": {"id": 65531, "name": "non\u{1b}root"},
            "egid": {"id": 65531, "name": "non\u{1b}root"},
            "groups": [{"id": 65531, "name": "non\u{1b}root"}],
        })
    );
    let parent = std::process::id().to_string();
    assert_eq!(text(&run(&view, &["id", "-u", "-p", &parent])), "0\n");
}

#[test]
fn in_a_user_namespace_ids_are_as_it_numbers_them() {
    let target = Namespaced::new(&["--map-root-user"], &["sleep", "1000"]);
    let ran = run(&view_of_process(target.pid), &["id"]);
    assert!(text(&ran).starts_with("uid=0 gid=0 groups=0"), "{}", ran.text());
}

#[test]
fn flags_that_exclude_each_other_are_refused() {
    assert_eq!(run(&view_of_process(std::process::id()), &["id", "-ug"]).exit, Exit::USAGE);
}
