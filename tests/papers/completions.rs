//! The completions of bash, zsh and fish.

use crate::common::cli::{dbg, output, stderr, stdout};
use crate::common::skip::skip;
use std::io::Write;
use std::process::Command;

fn script(shell: &str) -> tempfile::NamedTempFile {
    let out = output(&mut dbg(&["completions", shell]));
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&out.stdout).unwrap();
    file
}

/// What bash offers for the last of `words`.
fn offers(words: &[&str]) -> Vec<String> {
    let file = script("bash");
    let drive = "source \"$1\"; shift; complete -p dbg >&2; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                 COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}; \
                 _dbg dbg \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; \
                 printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", drive, "bash"]).arg(file.path()).arg("dbg").args(words);
    let out = output(&mut bash);
    assert!(stderr(&out).starts_with("complete -"), "{}", stderr(&out));
    stdout(&out).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_tools_verbs_and_their_options() {
    assert_eq!(offers(&["ls", "--al"]), ["--all", "--almost-all"]);
    assert_eq!(offers(&["ls", "web", "--num"]), ["--numeric-uid-gid"]);
    assert_eq!(offers(&["ss", "--list"]), ["--listening"]);
    assert_eq!(offers(&["insp"]), ["inspect"]);
    assert_eq!(offers(&["attach", "--inj"]), ["--inject"]);
    assert_eq!(offers(&["uni"]), ["uniq"]);
    assert!(offers(&["ls", "--pi"]).contains(&"--pid".to_owned()));
}

#[test]
fn bash_completes_names_of_tools_where_they_are_arguments() {
    assert_eq!(offers(&["help", "pst"]), ["pstree"]);
    assert_eq!(offers(&["schema", "insp"]), ["inspect"]);
    assert_eq!(offers(&["completions", "f"]), ["fish"]);
}

#[test]
fn bash_offers_no_option_of_another_tool() {
    assert!(offers(&["ps", "--all"]).is_empty());
    assert!(offers(&["cat", "ls", "--almost"]).is_empty(), "a target may be called as a tool is");
}

fn syntax(shell: &str, check: &str) {
    let file = script(shell);
    match Command::new(shell).arg(check).arg(file.path()).output() {
        Ok(out) => assert!(out.status.success() && out.stderr.is_empty(), "{}", stderr(&out)),
        Err(_) => skip(&format!("optional: {shell} is not installed")),
    }
}

#[test]
fn bash_finds_no_fault_in_its_script() {
    syntax("bash", "-n");
}

#[test]
fn zsh_finds_no_fault_in_its_script() {
    syntax("zsh", "-n");
}

#[test]
fn fish_finds_no_fault_in_its_script() {
    syntax("fish", "--no-execute");
}

#[test]
fn fish_completes_the_options_of_a_tool() {
    let file = script("fish");
    let drive = "source $argv[1]; complete -C 'dbg ls --almo'";
    let mut fish = Command::new("fish");
    fish.args(["--no-config", "-c", drive]).arg(file.path());
    match fish.output() {
        Ok(out) => assert!(stdout(&out).starts_with("--almost-all"), "{out:?}"),
        Err(_) => skip("optional: fish is not installed"),
    }
}

#[test]
fn another_shell_is_wrong_usage() {
    let out = output(&mut dbg(&["completions", "csh"]));
    assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(2), ""));
}
