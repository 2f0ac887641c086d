//! `scripts/bench tools`: the tools beside their originals, on the same work in one run, in turn.
//!
//! The target is this machine's first process or one that the bench starts, by PID: no engine takes part. Absolute
//! times are those of this machine at this moment; the ratios are what counts.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::panic, clippy::print_stdout, clippy::print_stderr, clippy::exit, unreachable_pub)]

#[path = "common/mod.rs"]
mod common;
#[path = "fixtures/mod.rs"]
mod fixtures;

use common::{Case, Pair};
use fixtures::{Processes, Sockets, Tree};
use std::process::ExitCode;

const RUNS: usize = 7;

/// Peak memory of any listing, whatever the number of rows, in MiB.
const PEAK_BUDGET: f64 = 32.0;

/// What is compared.
#[derive(Default)]
struct Bench {
    cases: Vec<Case>,
    pairs: Vec<Pair>,
    only: Option<String>,
}

impl Bench {
    /// `work` by `ours` (a tool, its target comes by itself) and by `rival`, with the promised ratio, if any.
    fn add(&mut self, work: &str, budget: Option<f64>, pid: u32, ours: &[&str], rival: &[&str]) {
        if self.only.as_ref().is_some_and(|only| !work.contains(only.as_str())) {
            return;
        }
        let uri = format!("pid://{pid}");
        let words = [&[env!("CARGO_BIN_EXE_dbg"), ours[0], &uri], &ours[1..]].concat();
        let at = self.cases.len();
        self.cases.push(Case::new(format!("{work}: dbg"), &words));
        self.cases.push(Case::new(format!("{work}: {}", rival[0]), rival));
        let what = format!("{work}: dbg {} / {}", ours[0], rival[0]);
        self.pairs.push(Pair { what, ours: at, rival: at + 1, budget });
    }

    /// Measures and prints; says whether all budgets hold.
    fn run(mut self) -> bool {
        for case in &mut self.cases {
            case.run(); // once to warm up, and to see that it works
            case.reset();
        }
        for _ in 0..RUNS {
            self.cases.iter_mut().for_each(Case::run);
        }
        common::report(RUNS, &self.cases, &self.pairs)
    }

    /// The peak memory of dbg in each case, in MiB.
    fn peaks(&self) -> Vec<(String, f64)> {
        self.pairs.iter().map(|pair| (pair.what.clone(), self.cases[pair.ours].peak())).collect()
    }
}

fn main() -> ExitCode {
    // `cargo test --benches` and the like only want to know that it builds.
    if common::was_peak() || fixtures::was_helper() || !std::env::args().any(|a| a == "--bench") {
        return ExitCode::SUCCESS;
    }
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let mut bench = Bench { only, ..Bench::default() };
    let dir = tempfile::Builder::new().prefix("dbg-bench").tempdir().expect("a folder");
    let tree = Tree::make(dir.path());
    files(&mut bench, &tree);
    let processes = Processes::start(5000);
    let sockets = Sockets::start(20_000);
    live(&mut bench, &processes, &sockets);
    let peaks = bench.peaks();
    let mut holds = bench.run();
    println!("\npeak memory in MiB (budget {PEAK_BUDGET})");
    for (what, peak) in peaks {
        println!("{what:<60} {peak:>6.1}");
        holds &= peak <= PEAK_BUDGET;
    }
    ExitCode::from(u8::from(!holds))
}

/// What goes over files: 200,000 small ones and one of 1 GiB.
fn files(bench: &mut Bench, tree: &Tree) {
    let this = std::process::id();
    let (many, text, noise) = (tree.many.as_str(), tree.text.as_str(), tree.noise.as_str());
    let (lines, logs) = (tree.lines.as_str(), tree.logs.as_str());
    let mut same = |work: &str, budget, words: &[&str]| bench.add(work, budget, this, words, words);
    same("ls -lR of 200,000 files", Some(1.0), &["ls", "-lR", many]);
    same("find of 200,000 files", Some(1.0), &["find", many]);
    same("find -name -size", None, &["find", many, "-name", "*7", "-size", "+0"]);
    same("du -s of 200,000 files", Some(1.0), &["du", "-s", many]);
    same("grep -r of 1 GiB", Some(1.0), &["grep", "-r", "no such text", logs]);
    same("grep -c of one word in 256 MiB", Some(1.0), &["grep", "-c", "error", text]);
    same("grep -cE of two words in 256 MiB", None, &["grep", "-cE", "error|warning", text]);
    same("cat of 1 GiB to a pipe", Some(1.0), &["cat", noise]);
    same("wc of 256 MiB", None, &["wc", text]);
    same("wc -l of 1 GiB", None, &["wc", "-l", noise]);
    same("tail of 1 GiB", None, &["tail", "-n", "10", noise]);
    same("head -c 256 MiB", None, &["head", "-c", "268435456", noise]);
    same("sha256sum of 256 MiB", None, &["sha256sum", text]);
    same("md5sum of 256 MiB", None, &["md5sum", text]);
    same("base64 of 256 MiB", None, &["base64", text]);
    same("sort of 16 MiB", None, &["sort", lines]);
    same("sort -n of 16 MiB", None, &["sort", "-n", lines]);
    same("uniq -c of 16 MiB", None, &["uniq", "-c", lines]);
    same("cut -d of 256 MiB", None, &["cut", "-d", " ", "-f", "2", text]);
    same("sed s of 16 MiB", None, &["sed", "s/error/ERROR/", lines]);
    same("od of 16 MiB", None, &["od", "-A", "x", "-t", "x1", lines]);
    same("strings of 256 MiB", None, &["strings", &tree.noise_part]);
    same("tree of 200,000 files", None, &["tree", many]);
    same("diff of 16 MiB", None, &["diff", lines, lines]);
}

/// What goes over processes and sockets.
fn live(bench: &mut Bench, processes: &Processes, sockets: &Sockets) {
    let this = std::process::id();
    bench.add("ps of 5,000 processes", Some(0.5), this, &["ps", "aux"], &["ps", "aux"]);
    bench.add(
        "ps of 5,000 in a PID namespace",
        Some(0.5),
        processes.first,
        &["ps", "aux"],
        &["ps", "aux"],
    );
    bench.add("ps -eLf", None, this, &["ps", "-eLf"], &["ps", "-eLf"]);
    bench.add("top -b -n 1", None, this, &["top", "-b", "-n", "1"], &["top", "-b", "-n", "1"]);
    bench.add("pgrep", None, this, &["pgrep", "-f", "sleep"], &["pgrep", "-f", "sleep"]);
    bench.add("pstree", None, this, &["pstree", "-p"], &["pstree", "-p"]);
    bench.add("lsof", None, this, &["lsof"], &["lsof", "-n", "-P", "-w"]);
    let ss = ["ss", "-tanp"];
    bench.add("ss -tanp of 20,000 sockets", Some(0.5), sockets.of(), &ss, &ss);
    let ss = ["ss", "-tan"];
    bench.add("ss -tan of 20,000 sockets", None, sockets.of(), &ss, &ss);
}
