//! dbg on real containers. Needs the Docker daemon that `scripts/test` starts; without it every trial is ignored,
//! with the reason.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "../common/mod.rs"]
mod common;

mod images;
mod leftovers;
mod matrix;
mod oddities;
mod parity;
mod readme;

use common::docker;
use libtest_mimic::{Arguments, Completion, Trial};
use std::process::{Command, ExitCode};

/// The variable that marks what this run of the suite started.
const RUN: &str = "DBG_TEST_RUN";

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let unavailable = docker::unavailable();
    let trials = images::trials().into_iter().chain(matrix::trials()).chain(oddities::trials());
    let trials = trials.chain(parity::trials()).chain(readme::trials());
    let trials: Vec<Trial> = trials.map(|test| trial(test, unavailable)).collect();
    if args.list || unavailable.is_some() {
        return libtest_mimic::run(&args, trials).exit_code();
    }
    let before = leftovers::Before::now();
    let conclusion = libtest_mimic::run(&args, trials);
    matrix::print();
    let left = before.left();
    if left.is_empty() {
        println!("left behind: no process, mount, container or image\n");
        return conclusion.exit_code();
    }
    println!("left behind:\n  {}\n", left.join("\n  "));
    ExitCode::FAILURE
}

fn trial((name, test): Test, unavailable: Option<&'static str>) -> Trial {
    Trial::ignorable_test(name, move || match unavailable {
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => {
            test();
            Ok(Completion::Completed)
        }
    })
}

/// A trial: its name, and a function that panics when it fails.
type Test = (String, Box<dyn FnOnce() + Send>);

fn test(name: impl Into<String>, run: impl FnOnce() + Send + 'static) -> Test {
    (name.into(), Box::new(run))
}

/// What a run of dbg did.
#[derive(Debug)]
struct Ran {
    /// The exit code; 124 when it did not end by itself.
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the real `dbg` with nothing on stdin.
fn dbg(args: &[&str]) -> Ran {
    // Longer than anything here takes: a dbg that hangs fails one trial and not the whole run.
    let output = Command::new("timeout")
        .args(["--kill-after=5", "60", env!("CARGO_BIN_EXE_dbg")])
        .args(args)
        .env(RUN, std::process::id().to_string())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("timeout runs");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs dbg, which must succeed, and gives its output.
fn dbg_ok(args: &[&str]) -> String {
    let ran = dbg(args);
    assert_eq!(ran.code, Some(0), "dbg {}: {}{}", args.join(" "), ran.stdout, ran.stderr);
    ran.stdout
}
