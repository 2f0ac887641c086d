//! `dbg exec` beside `docker exec`: the same program in the same container, line by line.

use crate::common::cli::capability;
use crate::common::docker::{Container, Mode};
use crate::{RUN, Ran, Test, dbg, dbg_ok, test};
use std::io::Read;
use std::process::{Command, Stdio};

/// Lines of `/proc/self/status` that are this run's own and say nothing of rights: numbers, memory, counters.
const OF_THE_RUN: [&str; 14] = [
    "Tgid",
    "Pid",
    "NStgid",
    "NSpid",
    "NSpgid",
    "NSsid",
    "SigQ",
    "VmHWM",
    "VmRSS",
    "RssAnon",
    "RssFile",
    "VmPTE",
    "voluntary_ctxt_switches",
    "nonvoluntary_ctxt_switches",
];

pub(crate) fn trials() -> Vec<Test> {
    let mut trials = Vec::new();
    for mode in [Mode::Plain, Mode::Hardened] {
        let named = |what: &str| format!("parity_{what}_{}", mode.name());
        trials.push(test(named("status"), move || status(mode)));
        trials.push(test(named("files_below_proc"), move || below_proc(mode)));
        trials.push(test(named("identity_and_environment"), move || identity(mode)));
        trials.push(test(named("descriptors"), move || descriptors(mode)));
    }
    trials.extend([
        test("parity_exit_codes", exit_codes),
        test("parity_another_user", another_user),
        test("parity_seccomp", seccomp),
        test("a_chosen_difference_is_told_when_asked", chosen),
        test("a_joined_cgroup_is_the_targets", joined_cgroup),
        test("a_signal_to_dbg_reaches_the_program", signalled),
        test("an_injected_program_is_yours_and_cannot_be_written", injected),
        test("a_program_shows_nothing_of_the_machine", nothing_of_ours),
        test("a_clone_cannot_be_made_writable_again", remounted),
        test("while_a_program_runs_dbg_may_signal_and_no_more", supervising),
        test("a_slow_reader_gets_all_of_the_output", slow_reader),
        test("programs_leave_the_rest_of_a_script_alone", scripts),
        test("an_added_capability_works_for_any_user", added_capability),
        test("a_denylist_profile_holds_for_other_architectures", denylist),
    ]);
    trials
}

fn busybox(mode: Mode) -> Container {
    Container::run("shell", mode.args(), &["/bin/busybox", "sleep", "1000"])
}

/// Standard output of `docker exec` with `options`.
fn docker_exec(container: &Container, options: &[&str], words: &[&str]) -> Ran {
    let output = Command::new("docker")
        .arg("exec")
        .args(options)
        .arg(&container.name)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("docker runs");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Both outputs of one program: Docker's, then ours.
fn both(container: &Container, words: &[&str]) -> (String, String) {
    let theirs = docker_exec(container, &[], words);
    assert_eq!(theirs.code, Some(0), "docker exec {words:?}: {}", theirs.stderr);
    (theirs.stdout, dbg_ok(&[&["exec", &container.name, "--"], words].concat()))
}

fn status(mode: Mode) {
    let container = busybox(mode);
    let (theirs, ours) = both(&container, &["/bin/busybox", "cat", "/proc/self/status"]);
    let facts = |text: &str| -> Vec<String> {
        let counts = |line: &&str| !OF_THE_RUN.contains(&line.split(':').next().unwrap_or(""));
        text.lines().filter(counts).map(str::to_owned).collect()
    };
    assert!(theirs.contains("CapBnd") && theirs.contains("Seccomp:\t2"), "{theirs}");
    assert_eq!(facts(&theirs), facts(&ours));
}

fn below_proc(mode: Mode) {
    let container = busybox(mode);
    for name in ["limits", "mountinfo", "oom_score_adj", "uid_map", "attr/current", "loginuid"] {
        let path = format!("/proc/self/{name}");
        let probe = docker_exec(&container, &[], &["/bin/busybox", "cat", &path]);
        if probe.code != Some(0) {
            continue; // this kernel has no such file
        }
        let (theirs, ours) = both(&container, &["/bin/busybox", "cat", &path]);
        assert_eq!(theirs, ours, "{path}");
    }
    let script = "for n in mnt pid net ipc uts user cgroup time; do readlink /proc/self/ns/$n; done; pwd; umask";
    let (theirs, ours) = both(&container, &["/bin/busybox", "sh", "-c", script]);
    assert!(theirs.contains("mnt:["), "{theirs}");
    assert_eq!(theirs, ours);
}

fn identity(mode: Mode) {
    let container = Container::run(
        "shell",
        &[mode.args(), &["--env", "FOO=a b", "--workdir", "/tmp", "--group-add", "7"]].concat(),
        &["/bin/busybox", "sleep", "1000"],
    );
    for words in [&["/bin/busybox", "id"][..], &["/bin/busybox", "env"], &["/bin/busybox", "pwd"]] {
        let (theirs, ours) = both(&container, words);
        assert_eq!(theirs, ours, "{words:?}");
    }
}

fn descriptors(mode: Mode) {
    let container = busybox(mode);
    // The fourth is the listing's own.
    let (theirs, ours) = both(&container, &["/bin/busybox", "ls", "/proc/self/fd"]);
    assert_eq!(theirs, "0\n1\n2\n3\n");
    assert_eq!(theirs, ours);
    let script = "for n in 0 1 2; do readlink /proc/self/fd/$n; done; echo again > /dev/stdout";
    let ours = dbg_ok(&["exec", &container.name, "--", "/bin/busybox", "sh", "-c", script]);
    let lines: Vec<&str> = ours.lines().collect();
    assert!(lines[..3].iter().all(|link| link.starts_with("pipe:[")), "pipes of ours: {ours}");
    assert_eq!(lines[3], "again", "the program may open its output again");
}

fn exit_codes() {
    let container = busybox(Mode::Plain);
    for (script, code) in
        [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137), ("kill -15 $$", 143)]
    {
        let words = ["/bin/busybox", "sh", "-c", script];
        let ours = dbg(&[&["exec", &container.name, "--"], &words[..]].concat());
        assert_eq!(ours.code, Some(code), "{script}: {}", ours.stderr);
        assert_eq!(docker_exec(&container, &[], &words).code, Some(code), "{script}");
    }
    for (program, code, why) in [
        ("/nope", 127, "/nope: no such file or directory"),
        ("nope", 127, "nope: command not found"),
        ("/etc", 126, "/etc: is a directory"),
        ("/etc/passwd", 126, "/etc/passwd: permission denied: the file is not executable"),
    ] {
        let ran = dbg(&["exec", &container.name, "--", program]);
        assert_eq!(ran.code, Some(code), "{program}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("dbg: {why}")), "{}", ran.stderr);
    }
}

fn another_user() {
    let container = busybox(Mode::Plain);
    let script = "id; grep -E 'Cap|Groups' /proc/self/status";
    for user in ["1000:5", "65532", "0:7"] {
        let words = ["/bin/busybox", "sh", "-c", script];
        let theirs = docker_exec(&container, &["--user", user], &words);
        let ours = dbg_ok(&[&["exec", "--user", user, &container.name, "--"], &words[..]].concat());
        assert_eq!(theirs.stdout, ours, "{user}");
    }
}

/// What Docker's profile refuses is refused, with the same error, and what it allows works.
fn seccomp() {
    let container = busybox(Mode::Plain);
    for words in [
        &["/bin/busybox", "unshare", "-m", "/bin/busybox", "true"][..],
        &["/bin/busybox", "chroot", "/", "/bin/busybox", "true"],
        &["/bin/busybox", "mount", "-t", "tmpfs", "none", "/tmp"],
    ] {
        let theirs = docker_exec(&container, &[], words);
        let ours = dbg(&[&["exec", &container.name, "--"], words].concat());
        assert_eq!((theirs.code, theirs.stderr), (ours.code, ours.stderr), "{words:?}");
    }
}

fn chosen() {
    let container = busybox(Mode::Plain);
    let words = ["exec", "-v", &container.name, "--", "/bin/busybox", "true"];
    let ran = dbg(&words);
    assert!(ran.stderr.contains("note: cgroup: dbg's own"), "{}", ran.stderr);
    let quiet = dbg(&["exec", &container.name, "--", "/bin/busybox", "true"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
    let words =
        ["exec", "-v", "--cap-add", "net_admin", &container.name, "--", "/bin/busybox", "true"];
    assert!(dbg(&words).stderr.contains("note: capabilities: CAP_NET_ADMIN on top"));
}

fn joined_cgroup() {
    let container = busybox(Mode::Plain);
    let words = ["/bin/busybox", "cat", "/proc/self/cgroup"];
    let theirs = docker_exec(&container, &[], &words).stdout;
    let ours = dbg_ok(&[&["exec", "--join-cgroup", &container.name, "--"], &words[..]].concat());
    // The hierarchy of version 2 has no line of its own in Docker's run when it is mounted beside version 1.
    let of_container = |text: &str| text.lines().filter(|l| l.contains(&container.id)).count();
    assert!(of_container(&theirs) > 0, "{theirs}");
    assert_eq!(of_container(&theirs), of_container(&ours), "{theirs}{ours}");
    let apart = dbg_ok(&[&["exec", &container.name, "--"], &words[..]].concat());
    assert_eq!(of_container(&apart), 0, "{apart}");
}

fn signalled() {
    let container = busybox(Mode::Plain);
    let script = "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    let mut child = Command::new(env!("CARGO_BIN_EXE_dbg"))
        .args(["exec", &container.name, "--", "/bin/busybox", "sh", "-c", script])
        .env(RUN, std::process::id().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("dbg starts");
    let mut out = child.stdout.take().expect("piped");
    let mut ready = [0; 6];
    out.read_exact(&mut ready).expect("the program says that it is ready");
    let pid = nix::unistd::Pid::from_raw(child.id() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("dbg runs");
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "caught\n");
    assert_eq!(child.wait().expect("it ends").code(), Some(9));
}

fn injected() {
    let container = Container::start("scratch", Mode::Hardened);
    let inject = ["exec", "--inject", "/bin/busybox", &container.name, "--"];
    let listed = dbg_ok(&[&inject[..], &["ls", "/app"]].concat());
    assert_eq!(listed, "server\n", "in the target, which has no such program");
    let seen = dbg_ok(&[&inject[..], &["readlink", "/proc/self/exe"]].concat());
    assert!(!seen.contains("busybox"), "no path of this machine: {seen}");
    let write = dbg(&[&inject[..], &["sh", "-c", "echo x >> /proc/self/exe"]].concat());
    assert_ne!(write.code, Some(0), "{}{}", write.stdout, write.stderr);
    assert_eq!(container.diff(), "");
    let dynamic = dbg(&["exec", "--inject", "/bin/ls", &container.name]);
    assert_eq!(dynamic.code, Some(126));
    assert!(dynamic.stderr.contains("/bin/ls: is dynamically linked"), "{}", dynamic.stderr);
}

/// Environment, command line, descriptors and executable of what can be seen from inside.
fn nothing_of_ours() {
    let container = busybox(Mode::Plain);
    let script = "for p in /proc/[0-9]*; do cat $p/environ $p/cmdline; readlink $p/exe; \
        readlink $p/cwd; readlink $p/root; done; set";
    let output = Command::new(env!("CARGO_BIN_EXE_dbg"))
        .args(["exec", &container.name, "--", "/bin/busybox", "sh", "-c", script])
        .env(RUN, std::process::id().to_string())
        .env("OPERATORS_SECRET", "swordfish")
        .stdin(Stdio::null())
        .output()
        .expect("dbg runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("/bin/busybox"), "{text}");
    for ours in ["swordfish", env!("CARGO_MANIFEST_DIR"), "dbg-enter", RUN] {
        assert!(!text.contains(ours), "{ours} in {text}");
    }
}

/// A target that may mount, and so may change mounts of its own namespace, reaches for the injected program's.
fn remounted() {
    let container = Container::run(
        "shell",
        &["--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined"],
        &["/bin/busybox", "sleep", "1000"],
    );
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("busybox");
    std::fs::copy("/bin/busybox", &program).expect("busybox is there");
    let before = std::fs::read(&program).expect("it reads");
    // By hand, `mount -o remount,bind,rw /proc/self/exe` and a write are what the attack does.
    let script = "mount -o remount,bind,rw /proc/self/exe; echo x >> /proc/self/exe; \
        mount -o remount,rw /proc/$$/exe; cat /bin/busybox > /proc/self/exe";
    let inject = program.to_str().expect("text");
    let words = ["exec", "--inject", inject, &container.name, "--", "sh", "-c", script];
    let ran = dbg(&words);
    assert_ne!(ran.code, Some(125), "it ran: {}", ran.stderr);
    assert!(ran.stderr.contains("/proc/"), "each of the four was refused: {}", ran.stderr);
    assert_eq!(std::fs::read(&program).expect("it reads"), before, "the operator's file changed");
}

fn slow_reader() {
    let container = busybox(Mode::Plain);
    let script = format!(
        "{} exec {} -- /bin/busybox seq 1 20000 | {{ sleep 0.5; wc -c; }}",
        env!("CARGO_BIN_EXE_dbg"),
        container.name
    );
    let mut sh = Command::new("sh");
    sh.args(["-c", &script]).env(RUN, std::process::id().to_string());
    let output = sh.output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "108894");
}

fn scripts() {
    let container = busybox(Mode::Plain);
    let script = "/bin/busybox true\nfor i in 1 2; do /bin/busybox true; done\necho second\n";
    for way in [
        "printf '%b' \"$0\" | \"$1\" attach \"$2\"",
        "printf '%b' \"$0\" > s; \"$1\" attach \"$2\" < s",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut sh = Command::new("sh");
        sh.args(["-c", way, script, env!("CARGO_BIN_EXE_dbg"), &container.name]);
        let output =
            sh.current_dir(folder.path()).env(RUN, std::process::id().to_string()).output();
        let output = output.expect("sh runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "second\n", "{way}");
    }
    let lines = "while read line; do /bin/busybox true; echo \"$line\"; done < /etc/passwd";
    let read = dbg_ok(&["attach", &container.name, "-c", lines]);
    assert_eq!(read, dbg_ok(&["cat", &container.name, "/etc/passwd"]));
    assert!(read.lines().count() > 0);
}

fn added_capability() {
    let container = busybox(Mode::Plain);
    let words = ["/bin/busybox", "grep", "CapEff", "/proc/self/status"];
    let options = ["exec", "--user", "1000:1000", "--cap-add", "net_admin", &container.name, "--"];
    let text = dbg_ok(&[&options[..], &words[..]].concat());
    assert_eq!(text.trim(), "CapEff:\t0000000000001000");
}

fn denylist() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("profile.json");
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
        {"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}"#;
    std::fs::write(&profile, text).expect("written");
    let option = format!("--security-opt=seccomp={}", profile.display());
    let container = Container::run("shell", &[&option], &["/bin/busybox", "sleep", "1000"]);
    let words = ["/bin/busybox", "mkdir", "/tmp/made"];
    let theirs = docker_exec(&container, &[], &words);
    let ours = dbg(&[&["exec", &container.name, "--"], &words[..]].concat());
    assert_ne!(theirs.code, Some(0));
    assert_eq!((theirs.code, theirs.stderr), (ours.code, ours.stderr));
}

fn supervising() {
    let container = busybox(Mode::Plain);
    let mut child = Command::new(env!("CARGO_BIN_EXE_dbg"))
        .args(["exec", &container.name, "--", "/bin/busybox", "sh", "-c", "echo ready; read line"])
        .env(RUN, std::process::id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("dbg starts");
    let mut ready = [0; 6];
    child.stdout.as_mut().expect("piped").read_exact(&mut ready).expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it lives");
    for set in ["CapPrm", "CapEff"] {
        assert_eq!(capability(&status, set), 1 << 5, "CAP_KILL alone in {set}");
    }
    drop(child.stdin.take());
    assert!(child.wait().is_ok(), "it ends with its input");
}
