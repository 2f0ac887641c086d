//! What the benches share: commands timed in turn, medians, ratios and their budgets.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A budget may be passed by a quarter before it counts as broken: machines differ from run to run.
const TOLERANCE: f64 = 1.25;

/// One command line and how long each of its runs took.
pub struct Case {
    pub name: String,
    command: Vec<String>,
    times: Vec<Duration>,
    /// Bytes that the last run printed.
    pub printed: u64,
}

impl Case {
    pub fn new(name: impl Into<String>, words: &[&str]) -> Case {
        let command = words.iter().map(|w| (*w).to_owned()).collect();
        Case { name: name.into(), command, times: Vec::new(), printed: 0 }
    }

    /// Runs once and counts what is printed; a failure ends the bench.
    pub fn run(&mut self) {
        let start = Instant::now();
        let mut child = Command::new(&self.command[0])
            .args(&self.command[1..])
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.command[0]));
        // Read and thrown away: some programs do less work when they see /dev/null.
        let mut stdout = child.stdout.take().expect("a pipe");
        let mut buffer = vec![0; 1 << 16];
        self.printed = 0;
        loop {
            match stdout.read(&mut buffer).expect("a pipe can be read") {
                0 => break,
                n => self.printed += n as u64,
            }
        }
        let status = child.wait().expect("it was started");
        self.times.push(start.elapsed());
        assert!(is_well(status), "{}: {status}", self.name);
    }

    /// Forgets the runs so far.
    pub fn reset(&mut self) {
        self.times.clear();
    }

    /// Of the runs so far, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort();
        times[times.len() * percent / 100].as_secs_f64() * 1000.0
    }

    /// Peak resident memory of one more run, in MiB (getrusage(2), `ru_maxrss`).
    pub fn peak(&self) -> f64 {
        let words = [&[PEAK.to_owned()][..], &self.command].concat();
        let this = std::env::current_exe().expect("the bench itself");
        let out = Command::new(this).args(words).env("LC_ALL", "C").output().expect("it starts");
        let text = String::from_utf8_lossy(&out.stderr);
        let kib: Option<f64> = text.lines().last().and_then(|line| line.parse().ok());
        kib.unwrap_or_else(|| panic!("{}: {text}", self.name)) / 1024.0
    }
}

/// First word of a run of the bench itself that measures the memory of the command that follows.
const PEAK: &str = "--peak";

/// Whether this is a run of [`Case::peak`]; it is done then.
pub fn was_peak() -> bool {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() != Some(PEAK) {
        return false;
    }
    let words: Vec<String> = args.collect();
    let status = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).status();
    assert!(is_well(status.expect("it starts")));
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN);
    eprintln!("{}", usage.expect("ours").max_rss());
    true
}

/// 1 is no failure: `grep` found nothing, `diff` did find something.
fn is_well(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 1))
}

/// The same work by dbg and by a rival: their places among the cases, and the ratio that was promised, if any.
pub struct Pair {
    pub what: String,
    pub ours: usize,
    pub rival: usize,
    pub budget: Option<f64>,
}

impl Pair {
    fn ratio(&self, cases: &[Case]) -> f64 {
        cases[self.ours].percentile(50) / cases[self.rival].percentile(50)
    }

    fn is_broken(&self, cases: &[Case]) -> bool {
        self.budget.is_some_and(|budget| self.ratio(cases) > budget * TOLERANCE)
    }
}

/// Prints every case and every ratio; says whether all budgets hold.
pub fn report(runs: usize, cases: &[Case], pairs: &[Pair]) -> bool {
    println!("{runs} runs each, in turn; milliseconds");
    let width = cases.iter().map(|case| case.name.len()).max().unwrap_or(0);
    println!("{:<width$} {:>9} {:>9} {:>9}", "command", "median", "p10", "p90");
    for case in cases {
        let [median, low, high] = [50, 10, 90].map(|percent| case.percentile(percent));
        println!("{:<width$} {median:>9.2} {low:>9.2} {high:>9.2}", case.name);
    }
    let width = pairs.iter().map(|pair| pair.what.len()).max().unwrap_or(0).max(16);
    println!("\n{:<width$} {:>6} {:>7}", "ratio of medians", "", "budget");
    for pair in pairs {
        let budget = pair.budget.map_or("-".to_owned(), |budget| format!("{budget:.2}"));
        let mark = if pair.is_broken(cases) { "  BROKEN" } else { "" };
        println!("{:<width$} {:>6.3} {budget:>7}{mark}", pair.what, pair.ratio(cases));
    }
    let broken = pairs.iter().any(|pair| pair.is_broken(cases));
    if broken {
        println!("a budget is broken by more than a quarter");
    }
    !broken
}
