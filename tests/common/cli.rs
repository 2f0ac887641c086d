//! Targets that are plain processes, and the `dbg` binary run on them.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

/// The `dbg` binary with `args`, as an operator types them.
pub fn dbg(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbg"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs to the end.
pub fn output(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// Standard output as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Standard error as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `command` as the ordinary user nobody when the tests run as root, and as it is otherwise.
pub fn as_ordinary_user(command: &Command) -> Command {
    if !is_root() {
        let mut same = Command::new(command.get_program());
        same.args(command.get_args()).stdin(Stdio::null());
        return same;
    }
    let mut other = Command::new("setpriv");
    other.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"]);
    other.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    other
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A process that is ended, with all it started, when the test is.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// The PID that the target itself told, or the child's.
    pub pid: i32,
}

impl Running {
    /// Starts `command`. It must print one line when it is ready; a number on it is taken as the target's PID.
    pub fn start(command: &mut Command) -> Running {
        use std::os::unix::process::CommandExt;
        let mut child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the target starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        out.read_line(&mut line).expect("the target says that it is ready");
        assert!(!line.is_empty(), "the target ended before it was ready");
        let pid = line.trim().parse().unwrap_or(child.id() as i32);
        // Keeps the pipe from filling and from closing.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Running { child, pid }
    }

    /// A shell script as a target; `exec` the last command so that the PID stays.
    pub fn script(text: &str) -> Running {
        Running::start(Command::new("sh").args(["-c", text]))
    }

    /// `pid://N`.
    pub fn uri(&self) -> String {
        format!("pid://{}", self.pid)
    }

    /// A file below this process's `/proc/PID`, as text.
    pub fn proc(&self, name: &str) -> String {
        let mut text = String::new();
        let path = format!("/proc/{}/{name}", self.pid);
        std::fs::File::open(path).and_then(|mut f| f.read_to_string(&mut text)).expect("it lives");
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = nix::unistd::Pid::from_raw(self.child.id() as i32);
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// The capability masks in a `/proc/PID/status`: `CapEff` and the like, as numbers.
pub fn capability(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
    u64::from_str_radix(line.expect("the line is there"), 16).expect("a mask")
}
