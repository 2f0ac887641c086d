//! The shell: a corpus compared with bash, sessions on a pseudo-terminal, and what a view asks of it.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]
#![allow(unsafe_code)] // a session's child makes a terminal its own before exec

mod corpus;
mod session;
mod typing;
mod view;

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that sleeps until the test is over: the target.
struct Target {
    child: Child,
    dir: tempfile::TempDir,
}

impl Target {
    /// Its root is this machine's; `$D` is a folder of fixtures.
    fn new() -> Target {
        let dir = tempfile::tempdir().unwrap();
        fixtures(dir.path());
        let child = Command::new("sleep")
            .arg("1000")
            .env_clear()
            .envs(Target::environ(dir.path()))
            .current_dir("/")
            .stdin(Stdio::null())
            .spawn()
            .expect("sleep runs");
        Target { child, dir }
    }

    fn environ(dir: &Path) -> [(&'static str, String); 4] {
        let dir = dir.to_str().unwrap().to_owned();
        let home = "/root".to_owned();
        [("PATH", "/usr/bin:/bin".into()), ("HOME", home), ("D", dir), ("LANG", "C.UTF-8".into())]
    }

    fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// dbg's shell on it.
    fn shell(&self) -> Command {
        self.shell_with(&["sh"])
    }

    fn shell_with(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dbg-helper"));
        command.args(words).env_clear().env("DBG_TARGET", self.child.id().to_string());
        command.current_dir("/").stdin(Stdio::null());
        command
    }

    /// Runs `script` by `-c`; what it printed on stdout and stderr, and its exit code.
    fn run(&self, script: &str) -> (String, String, Option<i32>) {
        let out = self.shell().args(["-c", script]).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&out.stdout), text(&out.stderr), out.status.code())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fixtures(dir: &Path) {
    std::fs::create_dir(dir.join("sub")).unwrap();
    for (name, text) in [
        ("a.txt", "x\n"),
        ("b.txt", ""),
        ("empty", ""),
        (".hid", ""),
        ("lines", "one\ntwo\nthree\n"),
        ("sub/a b", ""),
        ("sub/c", ""),
        ("lib.sh", "v=\"lib $1 $#\"\n"),
        ("ret.sh", "return 4\n"),
    ] {
        std::fs::write(dir.join(name), text).unwrap();
    }
    std::os::unix::fs::symlink("a.txt", dir.join("link")).unwrap();
    let old = std::fs::File::create(dir.join("old")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
}
