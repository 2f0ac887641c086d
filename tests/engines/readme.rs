//! README.md is true: each of its dbg commands is run, on a container that is called `web` there.

use crate::common::cli::as_ordinary_user;
use crate::common::docker::{Container, Mode};
use crate::{RUN, Test, test};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const README: &str = include_str!("../../README.md");

pub(crate) fn trials() -> Vec<Test> {
    vec![
        test("readme_commands_do_what_they_say", commands),
        test("readme_shell_sessions_run", sessions),
        test("readme_denials_read_as_quoted", denials),
    ]
}

/// Every `dbg …` after a prompt or in a table, once.
fn typed() -> Vec<String> {
    let after_prompt =
        README.lines().filter_map(|line| line.strip_prefix("$ dbg ")).map(|c| format!("dbg {c}"));
    let quoted = README.lines().filter(|line| line.starts_with('|')).flat_map(|line| {
        line.split('`').filter(|part| part.starts_with("dbg ")).map(str::to_owned)
    });
    let mut commands: Vec<String> = after_prompt.chain(quoted).collect();
    commands.sort();
    commands.dedup();
    assert!(commands.len() > 12, "{commands:?}");
    commands
}

/// `line` by a shell, with `dbg` being ours and `web` being `container`, in a folder that has a static busybox.
fn run(line: &str, container: &Container, folder: &Path) -> Output {
    let words: Vec<&str> = line
        .split(' ')
        .map(|word| if word == "web" { container.name.as_str() } else { word })
        .collect();
    let dbg = Path::new(env!("CARGO_BIN_EXE_dbg"));
    let path = std::env::var("PATH").expect("there is a PATH");
    Command::new("sh")
        .args(["-c", &words.join(" ")])
        .env("PATH", format!("{}:{path}", dbg.parent().expect("a folder").display()))
        .env(RUN, std::process::id().to_string())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("sh runs")
}

fn commands() {
    let container = Container::start("base", Mode::Hardened);
    container.wait_until_it_serves();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy("/bin/busybox", folder.path().join("busybox")).expect("busybox is there");
    for command in typed().iter().filter(|command| !command.contains("pid://1 ")) {
        let output = run(command, &container, folder.path());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{command}: {stderr}");
        let is_session = ["dbg attach web", "dbg attach --inject web"].contains(&command.as_str());
        assert_ne!(output.stdout.is_empty(), !is_session, "{command}: {stderr}");
    }
    assert_eq!(container.diff(), "");
}

fn sessions() {
    let container = Container::start("base", Mode::Hardened);
    let typed = README.lines().filter_map(|line| line.strip_prefix("web read-only:/$ "));
    let mut count = 0;
    for line in typed {
        let output = run(&format!("dbg attach web -c '{line}'"), &container, Path::new("/"));
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
        assert!(!output.stdout.is_empty(), "{line}");
        count += 1;
    }
    assert!(count >= 3);
}

fn denials() {
    let quoted: Vec<&str> = README.lines().filter(|line| line.starts_with("ls: ")).collect();
    let mut dbg = Command::new(env!("CARGO_BIN_EXE_dbg"));
    dbg.args(["ls", "pid://1", "/"]);
    let output = as_ordinary_user(&dbg).output().expect("setpriv runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stderr.lines().count(), quoted.len(), "{stderr}");
    for (ours, quoted) in stderr.lines().zip(quoted) {
        // The reader's uid is another one than ours, and the end of a long line is left out.
        let quoted = quoted.replace("yours 1000", "yours 65534");
        assert!(ours.starts_with(quoted.trim_end_matches('…')), "{ours}\n{quoted}");
    }
}
