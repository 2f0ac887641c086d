//! `scripts/bench attach`: the same listing by dbg and by what people use today, in one run, in turn.
//!
//! Needs a Docker daemon at `DOCKER_HOST` and static busybox; `scripts/bench` sees to both. Absolute times are those
//! of this machine at this moment; the ratios are what counts.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::panic, clippy::print_stdout, clippy::exit)]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 50;
const IMAGE: &str = "dbg-bench:busybox";

/// A budget may be passed by a quarter before it counts as broken: machines differ from run to run.
const TOLERANCE: f64 = 1.25;

struct Case {
    name: &'static str,
    command: Vec<String>,
    times: Vec<Duration>,
}

struct Pair {
    what: &'static str,
    ours: usize,
    rival: usize,
    budget: f64,
}

fn main() {
    // `cargo test --benches` and the like only want to know that it builds.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let container = Container::start();
    let pid = container.pid();
    let mut cases = cases(&container.name, &pid);
    for case in &mut cases {
        run(case); // once to warm up, and to see that it works
        case.times.clear();
    }
    for _ in 0..RUNS {
        cases.iter_mut().for_each(run);
    }
    let pairs = [
        Pair { what: "by name: dbg / docker exec", ours: 0, rival: 1, budget: 0.12 },
        Pair { what: "by PID: dbg / nsenter", ours: 2, rival: 3, budget: 1.0 },
    ];
    report(&cases, &pairs);
    drop(container);
    let broken = |p: &Pair| ratio(&cases, p) > p.budget * TOLERANCE;
    if pairs.iter().any(broken) {
        println!("a budget is broken by more than a quarter");
        std::process::exit(1);
    }
}

fn cases(name: &str, pid: &str) -> Vec<Case> {
    let dbg = env!("CARGO_BIN_EXE_dbg");
    let case = |name, words: &[&str]| Case {
        name,
        command: words.iter().map(|w| (*w).to_owned()).collect(),
        times: Vec::new(),
    };
    vec![
        case("dbg ls NAME /", &[dbg, "ls", name, "/"]),
        case("docker exec NAME busybox ls /", &["docker", "exec", name, "/bin/busybox", "ls", "/"]),
        case("dbg ls pid://PID /", &[dbg, "ls", &format!("pid://{pid}"), "/"]),
        case(
            "nsenter -t PID -m -p -n -u -i busybox ls /",
            &["nsenter", "-t", pid, "-m", "-p", "-n", "-u", "-i", "/bin/busybox", "ls", "/"],
        ),
        case(
            "dbg exec pid://PID busybox ls /",
            &[dbg, "exec", &format!("pid://{pid}"), "--", "/bin/busybox", "ls", "/"],
        ),
    ]
}

fn run(case: &mut Case) {
    // What an engine still tidies up after one run is not charged to the next.
    std::thread::sleep(Duration::from_millis(60));
    let start = Instant::now();
    let done = Command::new(&case.command[0])
        .args(&case.command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .output()
        .expect("the program starts");
    case.times.push(start.elapsed());
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(text.contains("bin"), "{}: {}", case.name, String::from_utf8_lossy(&done.stderr));
}

fn percentile(case: &Case, percent: usize) -> f64 {
    let mut times = case.times.clone();
    times.sort();
    times[times.len() * percent / 100].as_secs_f64() * 1000.0
}

fn ratio(cases: &[Case], pair: &Pair) -> f64 {
    percentile(&cases[pair.ours], 50) / percentile(&cases[pair.rival], 50)
}

fn report(cases: &[Case], pairs: &[Pair]) {
    println!("{RUNS} runs each, in turn; milliseconds");
    println!("{:<46} {:>8} {:>8} {:>8}", "command", "median", "p10", "p90");
    for case in cases {
        let [median, low, high] = [50, 10, 90].map(|percent| percentile(case, percent));
        println!("{:<46} {median:>8.2} {low:>8.2} {high:>8.2}", case.name);
    }
    println!();
    println!("{:<32} {:>6} {:>7}", "ratio of medians", "", "budget");
    for pair in pairs {
        println!("{:<32} {:>6.3} {:>7.2}", pair.what, ratio(cases, pair), pair.budget);
    }
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
