//! Processes that a test starts, ended when the test is over.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A child that is killed and reaped when dropped.
pub struct Spawned(pub Child);

impl Spawned {
    /// Starts `command` with no input and no output.
    pub fn new(command: &mut Command) -> Spawned {
        Spawned::with_stdin(command, Stdio::null())
    }

    /// Starts `command` with `stdin` as its descriptor 0 and no output.
    pub fn with_stdin(command: &mut Command, stdin: impl Into<Stdio>) -> Spawned {
        let command = command.stdin(stdin).stdout(Stdio::null()).stderr(Stdio::null());
        Spawned(command.spawn().expect("the program starts"))
    }

    /// `sleep` for longer than any test.
    pub fn sleep() -> Spawned {
        let mut command = Command::new("sleep");
        command.arg("1000");
        let child = Spawned::new(&mut command);
        until("sleep has been executed", || comm(child.pid()) == b"sleep\n");
        child
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process in PID, user and further namespaces of its own; it ends with its parent.
pub struct Namespaced {
    parent: Spawned,
    /// Its number here; inside it is 1.
    pub pid: u32,
}

impl Namespaced {
    /// Runs `words` below `unshare`, which is given `flags` as well.
    pub fn new(flags: &[&str], words: &[&str]) -> Namespaced {
        Namespaced::with_stdin(flags, words, Stdio::null())
    }

    /// Likewise, with `stdin` as its descriptor 0.
    pub fn with_stdin(flags: &[&str], words: &[&str], stdin: impl Into<Stdio>) -> Namespaced {
        let mut command = Command::new("unshare");
        command.args(["--user", "--pid", "--fork", "--kill-child"]).args(flags).args(words);
        let parent = Spawned::with_stdin(&mut command, stdin);
        let mut pid = 0;
        until("the namespaced program runs", || {
            pid = children(parent.pid()).first().copied().unwrap_or(0);
            pid != 0 && comm(pid) != b"unshare\n"
        });
        Namespaced { parent, pid }
    }

    /// The process outside that waits for it.
    pub fn parent(&self) -> u32 {
        self.parent.pid()
    }
}

/// The children of process `pid`.
pub fn children(pid: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    text.unwrap_or_default().split_whitespace().map(|n| n.parse().expect("a number")).collect()
}

/// The name of process `pid` and a newline, or nothing.
pub fn comm(pid: u32) -> Vec<u8> {
    std::fs::read(format!("/proc/{pid}/comm")).unwrap_or_default()
}

/// Waits until `fact` holds; fails the test when it does not come true.
pub fn until(what: &str, mut fact: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !fact() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
