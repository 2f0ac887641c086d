//! `scripts/bench attach`: the same listing by dbg and by what people use today, in one run, in turn.
//!
//! Needs a Docker daemon at `DOCKER_HOST` and static busybox; `scripts/bench` sees to both. Absolute times are those
//! of this machine at this moment; the ratios are what counts.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::panic, clippy::print_stdout, clippy::print_stderr, clippy::exit, unreachable_pub)]

#[path = "common/mod.rs"]
mod common;

use common::{Case, Pair};
use std::io::Write;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

const RUNS: usize = 50;
const IMAGE: &str = "dbg-bench:busybox";

fn main() -> ExitCode {
    // `cargo test --benches` and the like only want to know that it builds.
    if common::was_peak() || !std::env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let container = Container::start();
    let pid = container.pid();
    let mut cases = cases(&container.name, &pid);
    for case in &mut cases {
        run(case); // once to warm up, and to see that it works
        case.reset();
    }
    for _ in 0..RUNS {
        cases.iter_mut().for_each(run);
    }
    let pair =
        |what: &str, ours, rival, budget| Pair { what: what.to_owned(), ours, rival, budget };
    let pairs = [
        pair("by name: dbg / docker exec", 0, 1, Some(0.12)),
        pair("by PID: dbg / nsenter", 2, 3, Some(1.0)),
    ];
    let holds = common::report(RUNS, &cases, &pairs);
    println!(
        "peak memory of dbg by name: {:.1} MiB, by PID: {:.1} MiB",
        cases[0].peak(),
        cases[2].peak()
    );
    drop(container);
    ExitCode::from(u8::from(!holds))
}

fn cases(name: &str, pid: &str) -> Vec<Case> {
    let dbg = env!("CARGO_BIN_EXE_dbg");
    let uri = format!("pid://{pid}");
    let enter = ["nsenter", "-t", pid, "-m", "-p", "-n", "-u", "-i", "/bin/busybox", "ls", "/"];
    vec![
        Case::new("dbg ls NAME /", &[dbg, "ls", name, "/"]),
        Case::new(
            "docker exec NAME busybox ls /",
            &["docker", "exec", name, "/bin/busybox", "ls", "/"],
        ),
        Case::new("dbg ls pid://PID /", &[dbg, "ls", &uri, "/"]),
        Case::new("nsenter -t PID -m -p -n -u -i busybox ls /", &enter),
        Case::new(
            "dbg exec pid://PID busybox ls /",
            &[dbg, "exec", &uri, "--", "/bin/busybox", "ls", "/"],
        ),
    ]
}

fn run(case: &mut Case) {
    // What an engine still tidies up after one run is not charged to the next.
    std::thread::sleep(Duration::from_millis(60));
    case.run();
    assert!(case.printed > 0, "{}: nothing was listed", case.name);
}

/// A running container with static busybox; removed, with its image, when this is dropped.
struct Container {
    name: String,
}

impl Container {
    fn start() -> Container {
        let mut import = docker(&["import", "-", IMAGE]).stdin(Stdio::piped()).spawn().unwrap();
        let tar = Command::new("tar")
            .args(["-c", "-h", "-C", "/", "bin/busybox"])
            .output()
            .expect("tar and busybox are there");
        import.stdin.take().unwrap().write_all(&tar.stdout).unwrap();
        assert!(import.wait().unwrap().success());
        let name = format!("dbg-bench-{}", std::process::id());
        let container = Container { name };
        let run = ["run", "-d", "--network", "none", "--name", &container.name, IMAGE];
        let mut run = docker(&run);
        assert!(run.args(["/bin/busybox", "sleep", "1000"]).status().unwrap().success());
        container
    }

    fn pid(&self) -> String {
        let out = Command::new("docker")
            .args(["inspect", "-f", "{{.State.Pid}}", &self.name])
            .output()
            .unwrap();
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = docker(&["rm", "-f", &self.name]).status();
        let _ = docker(&["rmi", IMAGE]).status();
    }
}

fn docker(args: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(args).stdout(Stdio::null());
    command
}
