//! Targets that are not as one expects: links that lead out, a chroot, no /proc, unreadable programs, a pause.

use crate::common::demo::{By, CONFIG, Demo};
use crate::common::docker::{Container, Mode, docker};
use crate::{Test, dbg, dbg_ok, test};
use std::fs;
use std::os::unix::fs::MetadataExt;

const SERVER_CONFIG: &str = "greeting = \"hello from oddities\"\nport = 8080\n";
const USER: &str = "--user=65532:65532";

pub(crate) fn trials() -> Vec<Test> {
    vec![
        test("absolute_links_lead_to_the_targets_files_and_not_to_ours", absolute_links),
        test("a_tmpfs_volume_is_part_of_the_files", tmpfs_volume),
        test("a_masked_proc_hides_no_process", masked_proc),
        test("a_target_without_proc_shows_its_processes", no_proc),
        test("a_target_in_a_chroot_shows_the_chroot", chroot),
        test("a_target_with_file_capabilities_is_shown", file_capabilities),
        test("a_target_whose_program_is_unreadable_is_shown", unreadable_program),
        test("a_paused_target_is_shown_and_stays_paused", paused),
        test("an_image_with_a_shell_gives_dbgs_tools_and_its_own", with_a_shell),
    ]
}

fn absolute_links() {
    let container = Container::start("oddities", Mode::Plain);
    let cat = |path: &str| dbg(&["cat", &container.name, path]);
    assert_eq!(cat("/links/absolute").stdout, SERVER_CONFIG);
    assert_eq!(cat("/links/upwards").stdout, SERVER_CONFIG);
    let release = cat("/links/os-release").stdout;
    assert!(release.contains("ID=dbg-test"), "{release}");
    for (path, reason) in
        [("/links/loop", "symbolic links"), ("/links/dangling", "no such file or directory")]
    {
        let ran = cat(path);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.to_lowercase().contains(reason), "{}", ran.stderr);
    }
    assert_eq!(container.diff(), "");
}

fn tmpfs_volume() {
    let container = Container::run("oddities", &["--tmpfs=/cache", "--read-only"], &[]);
    // No tool of the target could write it.
    fs::write(format!("/proc/{}/root/cache/note", container.pid), "in memory").unwrap();
    assert_eq!(dbg_ok(&["cat", &container.name, "/cache/note"]), "in memory");
    let mounts = dbg_ok(&["mounts", &container.name]);
    let line = mounts.lines().find(|line| line.contains("/cache")).unwrap_or_default();
    assert!(line.contains("tmpfs"), "{mounts}");
}

fn masked_proc() {
    let container = Container::start("oddities", Mode::Hardened);
    container.wait_until_it_serves();
    // Docker binds /dev/null there.
    assert_eq!(dbg_ok(&["cat", &container.name, "/proc/keys"]), "");
    check_processes(&container.name);
}

fn no_proc() {
    let demo = Demo::start(By::Caller, &[]).expect("the demo target starts");
    let target = format!("pid://{}", demo.pid);
    assert_eq!(dbg_ok(&["ls", &target, "/"]), "app\netc\n");
    assert_eq!(dbg_ok(&["cat", &target, "/etc/app/config.toml"]), CONFIG);
    check_processes(&target);
}

fn chroot() {
    let jail = ["/app/server", "jail", "/jail", "8080"];
    let container = Container::run("oddities", &[], &jail);
    assert_eq!(container.wait_until_it_serves(), "hello from the jail\n");
    let name = &container.name;
    assert_eq!(dbg_ok(&["ls", name, "/"]), "app\netc\n");
    let config = dbg_ok(&["cat", name, "/../../etc/app/config.toml"]);
    assert_eq!(config, "greeting = \"hello from the jail\"\n");
    check_processes(name);
    let get = ["exec", name, "--", "/app/server", "get", "127.0.0.1", "8080", "/"];
    assert_eq!(dbg_ok(&get), "hello from the jail\n");
    assert_eq!(container.diff(), "");
}

fn file_capabilities() {
    let container = Container::run("oddities", &[USER], &["/app/capable", "serve", "8080"]);
    container.wait_until_it_serves();
    let status = fs::read_to_string(format!("/proc/{}/status", container.pid)).unwrap();
    assert!(status.contains("CapEff:\t0000000000000400"), "CAP_NET_BIND_SERVICE: {status}");
    assert_eq!(dbg_ok(&["cat", &container.name, "/etc/app/config.toml"]), SERVER_CONFIG);
    let inspect = dbg_ok(&["inspect", &container.name]).to_lowercase();
    assert!(inspect.contains("net_bind_service"), "{inspect}");
}

fn unreadable_program() {
    let container = Container::run("oddities", &[USER], &["/app/unreadable", "serve", "8080"]);
    container.wait_until_it_serves();
    // The kernel makes such a process undumpable: its files in /proc belong to root.
    assert_eq!(fs::metadata(format!("/proc/{}/environ", container.pid)).unwrap().uid(), 0);
    assert_eq!(dbg_ok(&["cat", &container.name, "/etc/app/config.toml"]), SERVER_CONFIG);
    assert!(dbg_ok(&["env", &container.name]).contains("FIXTURE=oddities"));
    let processes = dbg_ok(&["ps", &container.name, "-e", "-o", "pid=,comm="]);
    assert_eq!(processes.split_whitespace().collect::<Vec<_>>(), ["1", "unreadable"]);
}

fn paused() {
    let container = Container::start("oddities", Mode::Hardened);
    docker(&["pause", &container.id]);
    assert_eq!(dbg_ok(&["cat", &container.name, "/etc/app/config.toml"]), SERVER_CONFIG);
    check_processes(&container.name);
    let inspect = dbg_ok(&["inspect", &container.name]);
    assert!(inspect.contains("paused"), "{inspect}");
    assert_eq!(container.inspect("{{.State.Status}}"), "paused");
}

fn with_a_shell() {
    let container = Container::start("shell", Mode::Plain);
    let name = &container.name;
    let theirs = docker(&["exec", name, "ls", "-1A", "/etc"]);
    assert_eq!(dbg_ok(&["ls", name, "-A", "/etc"]).trim_end(), theirs);
    let program = dbg_ok(&["attach", name, "--", "/bin/busybox", "echo", "its own"]);
    assert_eq!(program, "its own\n");
    assert_eq!(container.diff(), "");
}

/// The target's processes are its server alone, numbered as it numbers them.
fn check_processes(target: &str) {
    let text = dbg_ok(&["ps", target, "-e", "-o", "pid=,comm="]);
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["1", "server"]);
}
