//! The target of `scripts/demo` (examples/demo-target.rs) for tests that need no container engine.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What the server's configuration file says, to the byte.
pub const CONFIG: &str = "greeting = \"hello from the demo\"\n";

/// A running demo target. It ends when this is dropped.
pub struct Demo {
    /// The PID of its server on this machine.
    pub pid: i32,
    /// Its root as a folder of this machine.
    pub rootfs: TempDir,
    launcher: Child,
}

/// Who starts the target.
#[derive(Clone, Copy)]
pub enum By {
    /// Whoever runs the test.
    Caller,
    /// An ordinary user and group of this number; only root can start it so.
    User(u32),
}

impl Demo {
    /// Starts the target. `folders` are made in its root; `proc` and `tmp` are mounted on. The error is what the
    /// launcher said.
    pub fn start(by: By, folders: &[&str]) -> Result<Demo, String> {
        let rootfs = rootfs(folders);
        let mut command = Command::new(rootfs.path().join("app/server"));
        command.arg("start").arg(rootfs.path());
        if let By::User(id) = by {
            let chown = |path: &Path| std::os::unix::fs::chown(path, Some(id), Some(id));
            chown(rootfs.path()).expect("the root is given away");
            command.uid(id).gid(id);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut launcher = command.spawn().expect("the launcher starts");
        let mut line = String::new();
        let stdout = launcher.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the launcher's line");
        match line.trim().parse() {
            Ok(pid) => Ok(Demo { pid, rootfs, launcher }),
            Err(_) => {
                let output = launcher.wait_with_output().expect("the launcher ends");
                Err(String::from_utf8_lossy(&output.stderr).into_owned())
            }
        }
    }

    /// Ends the launcher as if it had crashed.
    pub fn kill_launcher(&mut self) {
        self.launcher.kill().expect("it runs");
        self.launcher.wait().expect("it ends");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.launcher.stdin.take());
        let _ = self.launcher.wait();
    }
}

fn rootfs(folders: &[&str]) -> TempDir {
    let root = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()
        .expect("a folder");
    for folder in ["app", "etc/app"].iter().chain(folders) {
        std::fs::create_dir_all(root.path().join(folder)).expect("a folder");
    }
    // By a process of its own: a file that this one has open for writing, a child forked just then by another
    // test would hold too, and it could not be executed ("text file busy").
    let copied = Command::new("cp").arg(server()).arg(root.path().join("app/server")).status();
    assert!(copied.is_ok_and(|status| status.success()), "the server is copied");
    std::fs::write(root.path().join("etc/app/config.toml"), CONFIG).expect("the configuration");
    root
}

/// The static example that is launcher, server and client. `cargo test` builds it.
pub fn server() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_dbg")).with_file_name("examples").join("demo-target");
    assert!(path.is_file(), "{}: run cargo build --example demo-target", path.display());
    path
}
