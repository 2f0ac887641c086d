//! The test images are what they claim, seen with docker alone: otherwise the matrix would prove nothing.

use crate::common::docker::{Container, Mode};
use crate::common::fixtures::FIXTURES;
use crate::{Test, test};
use std::process::Command;

/// Names of programs that a shell-less image has none of: shells, and what libc, coreutils and their like bring.
const TOOLS: &str = "sh ash bash dash busybox toybox zsh ksh env ls cat cp mv rm ln stat head tail wc grep find sed awk \
    mawk gawk xargs tar gzip perl ps top kill ss netstat ip mount umount nsenter id whoami hostname sleep test true \
    echo printf dd df du touch chmod chown mkdir od getent ldd locale iconv getconf ldconfig localedef zdump openssl";

pub(crate) fn trials() -> Vec<Test> {
    let bare = FIXTURES.iter().map(|fixture| {
        test(format!("image_{}_has_no_shell_and_no_tools", fixture.name), || {
            let container = Container::start(fixture.name, Mode::Plain);
            let files = container.files();
            let found: Vec<&String> = files.iter().filter(|path| is_tool(path)).collect();
            assert!(found.is_empty(), "{found:?}");
            assert!(files.iter().any(|path| path.ends_with(fixture.file)), "{}", fixture.file);
            for shell in ["sh", "/bin/sh", "/bin/bash", "/busybox/sh"] {
                let exec =
                    Command::new("docker").args(["exec", &container.id, shell]).output().unwrap();
                let text =
                    String::from_utf8_lossy(&[exec.stdout, exec.stderr].concat()).into_owned();
                assert!(
                    text.contains("no such file") || text.contains("not found"),
                    "{shell}: {text}"
                );
            }
        })
    });
    let serving = modes().map(|(index, mode)| {
        let fixture = &FIXTURES[index];
        test(format!("image_{}_serves_{}", fixture.name, mode.name()), move || {
            let container = Container::start(fixture.name, mode);
            let answer = container.wait_until_it_serves();
            assert!(answer.contains(fixture.answer), "{answer}");
            assert_eq!(container.diff(), "");
            let comm = std::fs::read_to_string(format!("/proc/{}/comm", container.pid)).unwrap();
            assert_eq!(comm.trim_end(), fixture.process);
            let config = format!("/proc/{}/root/etc/app/config.toml", container.pid);
            assert_eq!(std::fs::read_to_string(config).unwrap(), fixture.config());
            if mode == Mode::Hardened {
                check_hardened(container.pid);
            }
        })
    });
    bare.chain(serving).collect()
}

/// Each fixture, by its index, in each mode.
pub(crate) fn modes() -> impl Iterator<Item = (usize, Mode)> {
    (0..FIXTURES.len()).flat_map(|index| [(index, Mode::Plain), (index, Mode::Hardened)])
}

fn is_tool(path: &str) -> bool {
    // Libraries of Python and Node have modules of these names; programs are in folders of programs.
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let programs = folder.rsplit('/').next().is_some_and(|last| ["bin", "sbin"].contains(&last));
    programs && TOOLS.split_whitespace().any(|tool| tool == name)
}

fn check_hardened(pid: i32) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let has = |line: &str| status.lines().any(|l| l == line);
    assert!(has("Uid:\t65532\t65532\t65532\t65532"), "{status}");
    assert!(has("CapEff:\t0000000000000000") && has("CapBnd:\t0000000000000000"), "{status}");
    assert!(has("NoNewPrivs:\t1") && has("Seccomp:\t2"), "{status}");
    let mounts = std::fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap();
    let root = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/")).unwrap();
    assert!(root.split(' ').nth(5).unwrap().starts_with("ro,"), "{root}");
}
