//! The view of a process of this machine, by the `dbg` binary: as root, as the owner of a user namespace, and as
//! nobody in particular.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

#[path = "../common/mod.rs"]
mod common;

use common::cli::{Running, as_ordinary_user, capability, dbg, is_root, output, stderr, stdout};
use std::process::Command;

const BUSYBOX: &str = "/bin/busybox";

/// A folder with a busybox in it and a few files that tell it from the machine.
fn rootfs() -> tempfile::TempDir {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    for folder in ["bin", "etc", "proc", "tmp"] {
        std::fs::create_dir(path(folder)).unwrap();
    }
    std::fs::copy(BUSYBOX, path("bin/busybox")).unwrap();
    std::fs::write(path("etc/marker"), "inside\n").unwrap();
    symlink("/etc/marker", path("etc/absolute")).unwrap();
    symlink("../../../../../../etc/hostname", path("etc/upward")).unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// A process chrooted into `root`, in a user namespace of its own so that it needs no root.
fn chrooted(root: &tempfile::TempDir) -> Running {
    let script =
        format!("echo $$; exec {BUSYBOX} chroot {} /bin/busybox sleep 1000", root.path().display());
    let chrooted = Running::start(Command::new("unshare").args(["-Ur", "sh", "-c", &script]));
    let exe = format!("/proc/{}/exe", chrooted.pid);
    // The line comes before the chroot.
    while std::fs::read_link(&exe).is_ok_and(|exe| !exe.starts_with(root.path())) {
        std::thread::yield_now();
    }
    chrooted
}

#[test]
fn a_chrooted_target_shows_its_chroot_and_not_the_machine() {
    let root = rootfs();
    let target = chrooted(&root);
    let listed = output(&mut dbg(&["ls", &target.uri(), "/"]));
    assert_eq!(stdout(&listed), "bin\netc\nproc\ntmp\n", "{}", stderr(&listed));
    let up = output(&mut dbg(&["ls", &target.uri(), "/../../.."]));
    assert_eq!(stdout(&up), stdout(&listed));
}

#[test]
fn links_resolve_in_the_target_and_never_on_the_machine() {
    let root = rootfs();
    let target = chrooted(&root);
    let absolute = output(&mut dbg(&["cat", &target.uri(), "/etc/absolute"]));
    assert_eq!(stdout(&absolute), "inside\n", "{}", stderr(&absolute));
    let upward = output(&mut dbg(&["cat", &target.uri(), "/etc/upward"]));
    assert_eq!((upward.status.code(), stdout(&upward)), (Some(1), String::new()));
    assert!(stderr(&upward).contains("/etc/upward: no such file or directory"));
}

#[test]
fn a_planted_proc_changes_nothing() {
    let plant = "mount -t tmpfs none /proc && mkdir /proc/1 /proc/77 \
        && echo 'Name: evil' > /proc/1/status && echo '77 (evil) R 0' > /proc/77/stat \
        && echo ready && exec busybox sleep 1234";
    let outer =
        Running::start(Command::new("unshare").args(["-Urmpf", "--kill-child", "sh", "-c", plant]));
    let children = outer.proc(&format!("task/{}/children", outer.pid));
    let inner: i32 = children.split_whitespace().next().unwrap().parse().unwrap();
    let listed = output(&mut dbg(&["ps", &format!("pid://{inner}")]));
    let text = stdout(&listed);
    assert!(text.contains("sleep 1234") && !text.contains("evil"), "{text}{}", stderr(&listed));
    let first = text.lines().nth(1).unwrap();
    assert_eq!(first.split_whitespace().next(), Some("1"), "its own PID: {text}");
    assert_eq!(text.lines().count(), 2, "the target's processes and no others: {text}");
}

/// A target that is root of nothing but its own namespaces, whose `/proc` shows the sysctls of the machine.
fn with_its_own_proc(script: &str) -> Running {
    let script = format!("{script}; exec sleep 1000");
    let mut start = Command::new("unshare");
    start.args(["-Urmpf", "--mount-proc", "--kill-child", "sh", "-c", &script]);
    let mut target = Running::start(&mut start);
    // The one that it reports is that of `unshare`'s child, in a namespace where it is 1.
    let children = target.proc(&format!("task/{}/children", target.pid));
    target.pid = children.split_whitespace().next().unwrap().parse().unwrap();
    target
}

#[test]
fn a_link_into_procfs_is_not_written_through() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("app.log");
    let sysctl = "/proc/sys/kernel/printk_ratelimit";
    std::os::unix::fs::symlink(sysctl, &link).unwrap();
    // What is written is what is there: a failure of this test changes nothing.
    let value = std::fs::read(sysctl).unwrap();
    let target = with_its_own_proc("echo ready");
    let (uri, link) = (target.uri(), link.to_str().unwrap().to_owned());
    let script = |text: &str| -> (Option<i32>, String) {
        use std::io::Write;
        let words: Vec<&str> = text.split(' ').collect();
        let mut command = dbg(&[words[0], "--write", &uri]);
        command.args(&words[1..]).stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(&value);
        let done = child.wait_with_output().unwrap();
        (done.status.code(), stderr(&done))
    };
    for text in [
        format!("tee {link}"),
        format!("tee -a {link}"),
        format!("tee {sysctl}"),
        format!("sort -o {link}"),
        format!("uniq - {link}"),
        format!("sed -i s/a/a/ {link}"),
        "tee /proc/new".to_owned(),
        "find /proc/sys/kernel/printk_ratelimit -delete".to_owned(),
        "find /proc/sys/kernel -name printk_ratelimit -delete".to_owned(),
    ] {
        let (code, err) = script(&text);
        // `sort` fails with 2, as GNU's does.
        let failed = Some(if text.starts_with("sort") { 2 } else { 1 });
        assert!(code == failed && err.contains("is in proc, where a write"), "{text}: {err}");
        assert!(err.contains("ratelimit") || err.contains("app.log") || err.contains("/proc/new"));
    }
}

#[test]
fn the_owner_of_a_user_namespace_needs_no_root() {
    let script = "echo $$; umask 077; exec sleep 1000";
    let mut start = Command::new("unshare");
    start.args(["-Urpmn", "sh", "-c", script]);
    let target = Running::start(&mut as_ordinary_user(&start));
    let uri = target.uri();
    let ran = output(&mut as_ordinary_user(&dbg(&["cat", &uri, "/etc/hostname"])));
    assert!(ran.status.success(), "{}", stderr(&ran));
    let ran = output(&mut as_ordinary_user(&dbg(&["ps", &uri])));
    assert!(stdout(&ran).contains("sleep 1000"), "{}{}", stdout(&ran), stderr(&ran));
    let ran = output(&mut as_ordinary_user(&dbg(&["net", &uri, "-tln"])));
    assert!(ran.status.success(), "{}", stderr(&ran));
    let ran = output(&mut as_ordinary_user(&dbg(&["exec", &uri, "--", "/usr/bin/id", "-u"])));
    assert_eq!((stdout(&ran).trim(), ran.status.code()), ("0", Some(0)), "{}", stderr(&ran));
}

#[test]
fn without_rights_the_failing_clause_is_named_and_the_rest_is_shown() {
    if !is_root() {
        return common::skip::skip("there is no process of another user to be refused");
    }
    let target = Running::script("echo ready; exec sleep 1000");
    let uri = target.uri();
    let refused = output(&mut as_ordinary_user(&dbg(&["ls", &uri, "/"])));
    let text = stderr(&refused);
    assert_eq!(refused.status.code(), Some(126), "{text}");
    assert!(text.contains("same uid (yours 65534, its 0)"), "{text}");
    assert!(text.contains("hint: run dbg with sudo"), "{text}");
    let shown = output(&mut as_ordinary_user(&dbg(&["ps", &uri, "-p", &target.pid.to_string()])));
    assert!(stdout(&shown).contains("sleep 1000"), "{}{}", stdout(&shown), stderr(&shown));
    let inspected = output(&mut as_ordinary_user(&dbg(&["inspect", &uri, "--json"])));
    let report: serde_json::Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!(report["handles"][0]["present"], false);
    assert_eq!(report["access"][0]["rule"], "same uid");
}

#[test]
fn once_open_a_view_holds_only_what_reading_takes() {
    if !is_root() {
        return common::skip::skip("an ordinary user has no capabilities to give up");
    }
    let root = rootfs();
    let target = chrooted(&root);
    let reader = Running::start(&mut dbg(&["tail", &target.uri(), "-f", "/etc/marker"]));
    let status = reader.proc("status");
    let wanted = 1 << 2 | 1 << 19; // CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE
    for set in ["CapEff", "CapPrm"] {
        assert_eq!(capability(&status, set), wanted, "{set}");
    }
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
}

#[test]
fn a_process_that_is_not_there_is_said_so() {
    let ran = output(&mut dbg(&["ls", "pid://4194303", "/"]));
    assert_eq!(ran.status.code(), Some(125));
    assert!(stderr(&ran).starts_with("dbg: "), "{}", stderr(&ran));
    assert!(stderr(&ran).contains("4194303"), "{}", stderr(&ran));
}

#[test]
fn a_tool_that_another_one_runs_has_the_rights_that_it_has_alone() {
    if !is_root() {
        return common::skip::skip("only root has a right to pass on");
    }
    // No group may open ICMP sockets in a network namespace that is new, so that ping needs CAP_NET_RAW.
    let script = "ip link set lo up && echo $$ && exec sleep 1000";
    let target = Running::start(Command::new("unshare").args(["--net", "sh", "-c", script]));
    for words in [
        &["timeout", "5", "ping", "-c1", "127.0.0.1"][..],
        &["time", "ping", "-c1", "127.0.0.1"],
        &["env", "A=1", "ping", "-c1", "127.0.0.1"],
        &["find", "/", "-maxdepth", "0", "-exec", "ping", "-c1", "127.0.0.1", ";"],
    ] {
        let uri = target.uri();
        let args = [&[words[0], &uri], &words[1..]].concat();
        let ran = output(&mut dbg(&args));
        let told = format!("{args:?}\n{}{}", stdout(&ran), stderr(&ran));
        assert!(stdout(&ran).contains("1 received") && ran.status.success(), "{told}");
    }
    let script = "timeout 5 ping -c1 127.0.0.1; echo 127.0.0.1 | xargs ping -c1";
    let mut helper = Command::new(env!("CARGO_BIN_EXE_dbg-helper"));
    helper.args(["sh", "-c", script]).env("DBG_TARGET", target.pid.to_string());
    let ran = output(&mut helper);
    assert_eq!(stdout(&ran).matches("1 received").count(), 2, "{}", stderr(&ran));
}

#[test]
fn a_network_namespace_that_is_shared_is_known_where_its_link_may_not_be_read() {
    if !is_root() {
        return common::skip::skip("a process of another user takes root");
    }
    use nix::sys::socket::{self, AddressFamily, Backlog, SockFlag, SockType, SockaddrIn};
    let listener = socket::socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None);
    let listener = listener.unwrap();
    let here = SockaddrIn::new(127, 0, 0, 1, 0);
    socket::bind(std::os::fd::AsRawFd::as_raw_fd(&listener), &here).unwrap();
    socket::listen(&listener, Backlog::new(7).unwrap()).unwrap();
    let address: SockaddrIn =
        socket::getsockname(std::os::fd::AsRawFd::as_raw_fd(&listener)).unwrap();
    let list = |target: &Running| {
        let args = ["ss", &target.uri(), "-ltn", "--json"];
        let ran = output(&mut as_ordinary_user(&dbg(&args)));
        let rows: serde_json::Value = serde_json::from_str(&stdout(&ran)).unwrap();
        let port = u64::from(address.port());
        let rows = rows.as_array().unwrap().clone();
        rows.into_iter().find(|row| row["local"]["port"] == port)
    };
    // The limit of an accept queue is told by netlink alone.
    let ours = Running::script("echo; exec sleep 1000");
    let row = list(&ours).expect("the listener is listed");
    assert_eq!(row["send_q"], 7, "{row}");
    let other = Running::start(Command::new("unshare").args([
        "--net",
        "sh",
        "-c",
        "echo; exec sleep 1000",
    ]));
    assert_eq!(list(&other), None);
}
