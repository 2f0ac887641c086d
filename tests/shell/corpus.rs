//! Scripts that must print and end as they do in bash. A file of `corpus/` holds many; a line `#### what it is about`
//! starts each.

use super::Target;
use dbg::tools;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Tools that scripts use; a script is left out while there is no such tool.
const TOOLS: [&str; 2] = ["printf", "cat"];

fn output(command: &mut Command, input: &str) -> Output {
    let stdio = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = stdio.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A script may end before it has read all of its input.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn compare(corpus: &str) {
    let target = Target::new();
    let bash = || {
        let mut command = Command::new("bash");
        command.env_clear().envs(Target::environ(target.dir())).current_dir("/");
        command
    };
    let mut wrong = Vec::new();
    let mut ran = 0;
    for script in corpus.split("#### ").skip(1) {
        let (name, script) = script.split_once('\n').unwrap();
        if TOOLS.iter().any(|tool| script.contains(tool) && tools::find(tool).is_none()) {
            continue;
        }
        let by_word = ["-c", script, "dbg"];
        let pairs = [
            ("-c", output(bash().args(by_word), ""), output(target.shell().args(by_word), "")),
            ("stdin", output(&mut bash(), script), output(&mut target.shell(), script)),
        ];
        for (way, expected, got) in pairs {
            ran += 1;
            if (&expected.stdout, expected.status) != (&got.stdout, got.status) {
                wrong.push(format!(
                    "{name} ({way}):\n  bash: {} {:?}\n  dbg:  {} {:?}\n  said: {}",
                    expected.status,
                    String::from_utf8_lossy(&expected.stdout),
                    got.status,
                    String::from_utf8_lossy(&got.stdout),
                    String::from_utf8_lossy(&got.stderr),
                ));
            }
        }
    }
    assert!(ran > 0);
    assert!(wrong.is_empty(), "{} of {ran} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn words_are_quoted_split_and_matched_as_in_bash() {
    compare(include_str!("corpus/words.sh"));
}

#[test]
fn parameters_expand_as_in_bash() {
    compare(include_str!("corpus/parameters.sh"));
}

#[test]
fn arithmetic_is_that_of_bash() {
    compare(include_str!("corpus/arithmetic.sh"));
}

#[test]
fn arrays_are_those_of_bash() {
    compare(include_str!("corpus/arrays.sh"));
}

#[test]
fn lists_loops_and_functions_run_as_in_bash() {
    compare(include_str!("corpus/control.sh"));
}

#[test]
fn redirections_lead_where_they_do_in_bash() {
    compare(include_str!("corpus/redirections.sh"));
}

#[test]
fn conditions_hold_as_in_bash() {
    compare(include_str!("corpus/tests.sh"));
}

#[test]
fn builtins_do_what_they_do_in_bash() {
    compare(include_str!("corpus/builtins.sh"));
}

#[test]
fn scripts_that_mix_all_of_it_run_as_in_bash() {
    compare(include_str!("corpus/mixed.sh"));
}

#[test]
fn processes_jobs_aliases_and_traps_behave_as_in_bash() {
    compare(include_str!("corpus/jobs.sh"));
}

#[test]
fn options_and_declarations_are_those_of_bash() {
    compare(include_str!("corpus/features.sh"));
}

#[test]
fn variables_and_expansions_of_the_shell_are_those_of_bash() {
    compare(include_str!("corpus/variables.sh"));
}

#[test]
fn features_meet_each_other_as_in_bash() {
    compare(include_str!("corpus/combined.sh"));
}
