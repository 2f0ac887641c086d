//! What every tool does when nobody takes what it prints, when there is nothing to read, and when a handle is missing.

use crate::common::http::{Server, openssl};
use crate::common::net::{in_own_network, ip};
use crate::common::process::until;
use crate::common::tool::{Ran, run, run_to_with, run_with, view_of, view_of_process};
use dbg::exit::Exit;
use dbg::output::Text;
use dbg::tools::{REGISTRY, find};
use dbg::view::{Identity, Missing, Needs, Net, View};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A call of each tool that prints something, over [`folder`], this process and a network of its own. PORT is one that
/// a server of HTTP listens on.
const CALLS: &[&[&str]] = &[
    &["arp", "-n"],
    &["base64", "/f"],
    &["basename", "a"],
    &["caps"],
    &["cat", "/f"],
    &["cgroup"],
    &["cut", "-b1-", "/f"],
    &["date"],
    &["df", "-a"],
    &["diff", "/f", "/other"],
    &["dig", "+time=1", "+tries=1", "a.example"],
    &["dirname", "a"],
    &["dns", "a.example"],
    &["du", "-a", "/"],
    &["echo", "a"],
    &["env"],
    &["expr", "1", "+", "2"],
    &["file", "/f"],
    &["find", "/"],
    &["free"],
    &["grep", "line", "/f"],
    &["head", "/f"],
    &["help"],
    &["hexdump", "-C", "/f"],
    &["host", "-W", "1", "-R", "1", "a.example"],
    &["hostname"],
    &["http", "http://127.0.0.1:PORT/"],
    &["id"],
    &["ip", "addr"],
    &["kill", "-l"],
    &["ldd", "/program"],
    &["less", "/f"],
    &["limits"],
    &["ls", "-la", "/"],
    &["lsof"],
    &["maps"],
    &["md5sum", "/f"],
    &["mounts"],
    &["nc", "-N", "127.0.0.1", "PORT"],
    &["net", "-a"],
    &["netstat", "-a"],
    &["nft", "list", "ruleset"],
    &["ns"],
    &["nslookup", "-timeout=1", "-retry=1", "a.example"],
    &["od", "/f"],
    &["oom"],
    &["pgrep", "."],
    &["ping", "-c", "1", "127.0.0.1"],
    &["printenv"],
    &["printf", "a\n"],
    &["ps"],
    &["pstree"],
    &["pwd"],
    &["readlink", "/link"],
    &["realpath", "/f"],
    &["route", "-n"],
    &["sed", "s/l/L/", "/f"],
    &["seq", "9"],
    &["sha1sum", "/f"],
    &["sha256sum", "/f"],
    &["sha512sum", "/f"],
    &["sockstat", "-a"],
    &["sort", "/f"],
    &["stack"],
    &["stat", "/f"],
    &["strings", "/f"],
    &["tail", "/f"],
    &["tar", "tf", "/f.tar"],
    &["tee"],
    &["tls", "/certificate.pem"],
    &["top", "-b", "-n", "1"],
    &["tr", "a", "b"],
    &["traceroute", "-n", "127.0.0.1"],
    &["tree", "/"],
    &["uname"],
    &["uniq", "/f"],
    &["uptime"],
    &["wc", "/f"],
    &["which", "ls"],
    &["whoami"],
    &["yes"],
    &["zcat", "/f.gz"],
];

/// Those that run another tool, and what ends as that does. Some fork, which a process with threads may not.
/// With the exit code of what can't print.
const RUNNERS: &[(&[&str], i32)] = &[
    (&["time", "cat"], 1),
    (&["timeout", "100", "cat"], 1),
    (&["watch", "-t", "-n", "1", "cat"], 1),
    (&["xargs", "cat"], 123),
];

/// What takes root, or what only root can make.
const PRIVILEGED: &[&str] = &["arp", "nft", "ping", "traceroute"];

/// Those that print nothing.
const SILENT: &[&str] = &["[", "false", "sleep", "test", "true"];

/// What ends with this when it can't print, as the original does.
const TROUBLE: &[&str] = &["diff", "grep", "sort"];

const STDIN: &[u8] = b"some words\n";

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let lines: String = (0..40_000).map(|i| format!("line {i}\n")).collect();
    fs::write(at("f"), lines).unwrap();
    fs::write(at("other"), "another\n").unwrap();
    fs::write(at("empty"), "").unwrap();
    fs::copy(std::env::current_exe().unwrap(), at("program")).unwrap();
    std::os::unix::fs::symlink("f", at("link")).unwrap();
    fs::create_dir(at("etc")).unwrap();
    fs::write(at("etc/passwd"), "somebody:x:0:0::/:/bin/sh\n").unwrap();
    // Nobody answers there.
    fs::write(at("etc/resolv.conf"), "nameserver 127.83.1.1\noptions timeout:1 attempts:1\n")
        .unwrap();
    for words in [&["tar", "-cf", "f.tar", "f"][..], &["gzip", "-k", "f"]] {
        let ran = Command::new(words[0]).args(&words[1..]).current_dir(dir.path()).status();
        assert!(ran.unwrap().success(), "{words:?}");
    }
    let words = "req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate.pem -subj /CN=a";
    openssl(dir.path(), words);
    dir
}

/// Runs `work` with the folder and every call, in a network with a server and a rule where that can be had.
fn with_calls(work: impl Fn(&Path, &[&str]) + Sync) {
    let all = |left_out: &[&str]| {
        let dir = folder();
        let server = Server::saying(b"HTTP/1.0 200 OK\r\n\r\nbody\n");
        let port = server.port.to_string();
        for words in CALLS.iter().filter(|words| !left_out.contains(&words[0])) {
            let words: Vec<String> = words.iter().map(|word| word.replace("PORT", &port)).collect();
            work(dir.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
        }
    };
    let done = in_own_network(|| {
        // A neighbour, for arp.
        ip("link add v0 type veth peer name v1");
        ip("link set v0 up");
        ip("neigh add 192.0.2.9 lladdr 02:00:00:00:00:01 dev v0");
        let nft = Command::new("nft").args(["add", "table", "ip", "t"]).status();
        all(if nft.unwrap().success() { &[] } else { &["nft"] });
    });
    if done.is_none() {
        all(PRIVILEGED);
    }
}

/// All handles, and who.
fn whole_view(root: &Path) -> View {
    let mut view = view_of_process(std::process::id());
    view.root = view_of(root).root;
    let environ = Some(vec![Text::from("A=b")]);
    let (hostname, cwd) = (Some(Text::from("inside")), Some(Text::from("/")));
    view.who = Ok(Identity { environ, hostname, cwd, ..Identity::default() });
    view
}

#[test]
fn every_tool_is_tried_here() {
    let runners = RUNNERS.iter().map(|(words, _)| words);
    let calls = CALLS.iter().chain(runners).map(|words| words[0]);
    let tried: Vec<&str> = calls.chain(SILENT.iter().copied()).collect();
    let registered: Vec<&str> = REGISTRY.iter().map(|tool| tool.name).collect();
    let missing: Vec<_> = registered.iter().filter(|name| !tried.contains(name)).collect();
    assert!(missing.is_empty(), "a call that prints has to be listed for: {missing:?}");
}

#[test]
fn each_call_prints_something() {
    with_calls(|dir, words| {
        if words[0] != "yes" {
            let ran = run_on_stdin(&whole_view(dir), words);
            assert!(!ran.stdout.is_empty(), "{words:?}: {ran:?}");
        }
    });
}

fn run_on_stdin(view: &View, words: &[&str]) -> Ran {
    run_with(view, words.iter().map(Into::into).collect(), STDIN)
}

fn full_device() -> OwnedFd {
    fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// The end of a pipe that nobody reads.
fn closed_pipe() -> OwnedFd {
    let (_, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
    // What another test has just forked may still hold the other end.
    until("nobody reads", || {
        let mut fds = [PollFd::new(write.as_fd(), PollFlags::empty())];
        poll(&mut fds, PollTimeout::ZERO).unwrap() == 1
    });
    write
}

#[test]
fn a_full_device_is_an_error_of_every_tool() {
    with_calls(|dir, words| {
        let (exit, stderr) = run_to_with(&whole_view(dir), words, STDIN, full_device());
        let trouble = if TROUBLE.contains(&words[0]) { Exit::USAGE } else { Exit::FAILURE };
        let expected = format!("{}: no space left on device", words[0]);
        let last = stderr.lines().last().unwrap_or_default();
        assert_eq!((exit, last), (trouble, expected.as_str()), "{words:?}: {stderr}");
    });
}

#[test]
fn a_reader_that_left_ends_every_tool_quietly() {
    with_calls(|dir, words| {
        let (exit, stderr) = run_to_with(&whole_view(dir), words, STDIN, closed_pipe());
        assert_eq!(exit, Exit::signal(libc::SIGPIPE), "{words:?}: {stderr}");
        assert!(!stderr.contains("pipe"), "{words:?}: {stderr}");
    });
}

#[test]
fn what_runs_a_tool_ends_as_that_does() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "a\n".repeat(40_000)).unwrap();
    for (words, failed) in RUNNERS {
        let helper = |stdout: OwnedFd| {
            Command::new(env!("CARGO_BIN_EXE_dbg-helper"))
                .args(*words)
                .arg(file.path())
                .stdin(Stdio::null())
                .env("DBG_TARGET", std::process::id().to_string())
                .stdout(stdout)
                .output()
                .unwrap()
        };
        let ran = helper(full_device());
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(*failed), "{words:?}: {stderr}");
        assert!(stderr.contains(": no space left on device\n"), "{words:?}: {stderr}");
        let ran = helper(closed_pipe());
        let stderr = String::from_utf8_lossy(&ran.stderr);
        let code = ran.status.code().or(ran.status.signal().map(|signal| 128 + signal));
        assert_eq!(code, Some(128 + libc::SIGPIPE), "{words:?}: {stderr}");
        assert!(!stderr.contains("pipe"), "{words:?}: {stderr}");
    }
}

#[test]
fn a_missing_handle_is_named_by_every_tool_that_needs_one() {
    with_calls(|dir, words| {
        let mut view = whole_view(dir);
        match find(words[0]).unwrap().needs {
            Needs::Nothing => return,
            Needs::Root => view.root = Err(Missing::new("REASON")),
            Needs::Proc | Needs::ProcWith(_) => view.proc = Err(Missing::new("REASON")),
            Needs::Net | Needs::NetWith(_) => view.net = Err::<Net, _>(Missing::new("REASON")),
        }
        let ran = run(&view, words);
        assert_eq!(ran.exit, Exit::CANNOT_RUN, "{words:?}");
        assert!(ran.stderr.contains("REASON") && ran.stdout.is_empty(), "{words:?}: {ran:?}");
    });
}

/// Tools that read text, and what they print when there is none.
const READERS: &[(&[&str], &str)] = &[
    (&["base64"], ""),
    (&["cat"], ""),
    (&["cut", "-b1-"], ""),
    (&["diff", "/empty"], ""),
    (&["grep", "x"], ""),
    (&["head"], ""),
    (&["hexdump", "-C"], ""),
    (&["md5sum"], "d41d8cd98f00b204e9800998ecf8427e  /empty\n"),
    (&["od"], "0000000\n"),
    (&["sed", "p"], ""),
    (&["sha256sum"], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  /empty\n"),
    (&["sort"], ""),
    (&["strings"], ""),
    (&["tail"], ""),
    (&["uniq"], ""),
    (&["wc"], "0 0 0 /empty\n"),
];

#[test]
fn an_empty_file_is_no_trouble() {
    let dir = folder();
    let view = whole_view(dir.path());
    for (words, expected) in READERS {
        let ran = run(&view, &[words, &["/empty"][..]].concat());
        assert_eq!((ran.text(), ran.stderr.as_str()), (*expected, ""), "{words:?}");
    }
}

/// A tool of `dbg` on this machine, with `input` in a file on stdin.
fn on_this_machine(words: &[&str], input: &str) -> (String, String, Option<i32>) {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    file.rewind().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dbg"));
    command.arg(words[0]).arg(format!("pid://{}", std::process::id())).args(&words[1..]);
    let done = command.stdin(file).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&done.stdout), text(&done.stderr), done.status.code())
}

#[test]
fn the_streams_of_a_verb_have_their_usual_paths() {
    for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        for words in [&["cat", path][..], &["sort", path], &["grep", "", path], &["head", path]] {
            let (out, err, code) = on_this_machine(words, "a\nb\n");
            assert_eq!((out.as_str(), err.as_str(), code), ("a\nb\n", "", Some(0)), "{words:?}");
        }
    }
    // What is written there is no file of the target.
    for words in [
        &["sort", "-o", "/dev/stdout"][..],
        &["uniq", "-", "/dev/stdout"],
        &["sort", "-o", "/dev/fd/1"],
    ] {
        let (out, err, code) = on_this_machine(words, "a\n");
        assert_eq!((out.as_str(), err.as_str(), code), ("a\n", "", Some(0)), "{words:?}");
    }
    let (out, err, code) = on_this_machine(&["tee", "/dev/null", "/dev/stderr"], "a\n");
    assert_eq!((out.as_str(), err.as_str(), code), ("a\n", "a\n", Some(0)));
    let (_, err, code) = on_this_machine(&["sort", "-o", "/nosuch"], "a\n");
    assert!(err.contains("the view is read-only") && code == Some(2), "{err}");
    let (out, ..) = on_this_machine(&["cat", "/dev/fd/3"], "a\n");
    assert_eq!(out, "");
}

#[test]
fn links_that_only_the_kernel_can_follow_are_told_from_too_many() {
    let dir = tempfile::tempdir().unwrap();
    let own = format!("/proc/{}", std::process::id());
    std::os::unix::fs::symlink(format!("{own}/root"), dir.path().join("link")).unwrap();
    std::os::unix::fs::symlink("loop", dir.path().join("loop")).unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for words in [
        ["cat", &format!("{own}/exe")],
        ["ls", &format!("{own}/root/etc")],
        ["stat", &format!("{own}/cwd/.")],
        ["cat", &format!("{}/etc/passwd", path("link"))],
    ] {
        let (out, err, code) = on_this_machine(&words, "");
        assert!(out.is_empty() && code != Some(0), "{words:?}: {out}");
        let is_said = err.contains("a link of procfs that the kernel resolves")
            && err.contains("hint: `readlink`");
        assert!(is_said && !err.contains("too many"), "{words:?}: {err}");
    }
    let (_, err, _) = on_this_machine(&["cat", &path("loop")], "");
    assert!(err.contains("too many") && !err.contains("procfs"), "{err}");
}
