//! The examples of every tool run as they stand.

use crate::common::cli::dbg;
use crate::common::demo::{By, CONFIG, Demo};
use crate::common::process::until;
use crate::common::skip::skip;
use dbg::tools::REGISTRY;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What runs until somebody ends it.
const ENDLESS: [&str; 6] = [
    "top",
    "tail -f /var/log/app.log",
    "tail -F /var/log/app.log",
    "watch -d ss -tn",
    "watch -n 0.5 cat /sys/fs/cgroup/memory.current",
    "watch -g ls /run/app",
];

/// Tools that mean something else than wrong usage by 2, as their originals do.
const OWN_TWO: [&str; 6] = ["diff", "grep", "ip", "ping", "tar", "traceroute"];

#[test]
fn every_example_of_every_tool_runs() {
    let demo = match Demo::start(By::Caller, &["proc", "tmp", "data", "etc/ssl/certs", "var/log"]) {
        Ok(demo) => demo,
        Err(why) => return skip(&why),
    };
    furnish(demo.rootfs.path());
    let target = format!("pid://{}", demo.pid);
    let lines: Vec<&str> =
        REGISTRY.iter().flat_map(|tool| tool.examples).map(|(line, _)| *line).collect();
    // Some of them sleep, so several run at a time.
    std::thread::scope(|scope| {
        for lines in lines.chunks(lines.len() / 6) {
            let target = target.as_str();
            scope.spawn(move || lines.iter().for_each(|line| try_out(line, target)));
        }
    });
}

fn try_out(line: &str, target: &str) {
    let (mut out, mut err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let mut running = Group::start(
        dbg(&["attach", target, "-c", line])
            .stdout(out.try_clone().unwrap())
            .stderr(err.try_clone().unwrap()),
    );
    if ENDLESS.contains(&line) {
        return until(&format!("{line} prints"), || {
            !text(&mut out).is_empty() || !text(&mut err).is_empty()
        });
    }
    let mut code = None;
    until(&format!("{line} ends (or is listed under ENDLESS)"), || {
        code = running.0.try_wait().unwrap().map(|status| status.code());
        code.is_some()
    });
    let (code, stderr) = (code.flatten(), text(&mut err));
    let has_own_two = line.split([' ', '|']).any(|word| OWN_TWO.contains(&word));
    let is_misused = matches!(code, None | Some(125 | 127)) || code == Some(2) && !has_own_two;
    assert!(!is_misused && !misuse(&stderr), "{line}: {code:?}: {stderr}");
}

/// What any part of a pipeline says that was called wrongly.
fn misuse(stderr: &str) -> bool {
    ["Usage:", "unexpected argument", "no such tool", "command not found", "syntax error"]
        .iter()
        .any(|text| stderr.contains(text))
}

/// What was written to `file` so far.
fn text(file: &mut std::fs::File) -> String {
    let (mut bytes, mut at) = (vec![0; 1 << 16], 0);
    // At an offset of its own: the writer's is the file's.
    while let Ok(n @ 1..) = file.read_at(&mut bytes[at..], at as u64) {
        at += n;
        bytes.resize(at + (1 << 16), 0);
    }
    String::from_utf8_lossy(&bytes[..at]).into_owned()
}

/// A child with the tools that it forks, which are ended with it.
struct Group(Child);

impl Group {
    fn start(command: &mut Command) -> Group {
        Group(command.process_group(0).spawn().expect("it starts"))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Once it has been waited for, its number may be another's.
        if let Ok(None) = self.0.try_wait() {
            let _ = killpg(Pid::from_raw(self.0.id() as i32), Signal::SIGKILL);
            let _ = self.0.wait();
        }
    }
}

/// The files that the examples name.
fn furnish(root: &Path) {
    let write = |name: &str, text: &str| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let log: Vec<String> = (0..40)
        .map(|n| format!("INFO status=200 request {n} ready\nERROR status=500 exception {n}\n"))
        .collect();
    for (name, text) in [
        ("etc/passwd", "root:x:0:0::/:/sbin/nologin\nnonroot:x:65532:65532::/:/sbin/nologin\n"),
        ("etc/group", "root:x:0:\nnonroot:x:65532:\n"),
        ("etc/resolv.conf", "nameserver 10.96.0.10\nsearch default.svc.cluster.local\n"),
        ("etc/hosts", "127.0.0.1 localhost\n"),
        ("etc/app/config.toml.default", "greeting = \"hello\"\r\ntimeout = 3\r\n"),
        ("etc/app/listen.conf", "listen 8080\n"),
        ("etc/ssl/certs/ca.crt", "-----BEGIN CERTIFICATE-----\n"),
        ("var/log/app.log", &log.concat()),
        ("app/server.old", "old\n"),
        ("app/1.0/server", "new\n"),
        ("app/SHA256SUMS", &format!("{}  /etc/app/config.toml\n", sha256(CONFIG))),
    ] {
        write(name, text);
    }
    // The server that runs is tens of megabytes of debugging information, and some examples read all of it.
    std::fs::remove_file(root.join("app/server")).expect("the name goes");
    std::fs::copy("/bin/true", root.join("app/server")).expect("a small binary");
    std::os::unix::fs::symlink("1.0", root.join("app/current")).expect("a link");
    std::os::unix::fs::symlink("/usr/share/zoneinfo/UTC", root.join("etc/localtime"))
        .expect("a link");
}

fn sha256(text: &str) -> String {
    let mut child = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sha256sum runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, text.as_bytes()).expect("it reads");
    drop(stdin);
    let out = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&out.stdout).split(' ').next().unwrap_or_default().to_owned()
}
