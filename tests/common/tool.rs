//! Runs one tool in this process over a view that the test made, with its streams in files.

use dbg::exit::Exit;
use dbg::output::Io;
use dbg::tools;
use dbg::view::{Handle, Missing, Net, Proc, Root, Target, View};
use std::ffi::OsString;
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

/// What a tool did.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub exit: Exit,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ran {
    /// Standard output as text; fails the test when it is none.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout is UTF-8")
    }

    /// Standard output as JSON; fails the test when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).expect("stdout is JSON")
    }
}

/// A view of a folder as a target's root, with nothing else.
pub fn view_of(root: &Path) -> View {
    let dir = std::fs::File::open(root).expect("the fixture's folder opens");
    view(Ok(Root::new(OwnedFd::from(dir))), Err(Missing::new("the test gave none")))
}

/// A view of a process of this machine: its processes and this network namespace, no files.
pub fn view_of_process(pid: u32) -> View {
    let procfs = std::fs::File::open("/proc").expect("/proc opens");
    let proc = Proc::new(OwnedFd::from(procfs), pid as i32).expect("the process is there");
    let mut view = view(Err(Missing::new("the test gave none")), Ok(proc));
    view.net = Ok(Net { is_host: true });
    view
}

fn view(root: Handle<Root>, proc: Handle<Proc>) -> View {
    View {
        target: Target { label: "test".into(), ..Target::default() },
        root,
        proc,
        net: Err(Missing::new("the test gave none")),
        who: Err(Missing::new("the test gave none")),
        preflight: None,
        pidfd: None,
        writable: false,
        environ: std::cell::RefCell::default(),
    }
}

/// Runs `words` (a tool and its arguments) with nothing on stdin.
pub fn run(view: &View, words: &[&str]) -> Ran {
    run_with(view, words.iter().map(OsString::from).collect(), b"")
}

/// Runs `words` with `stdin` as its input.
pub fn run_with(view: &View, mut words: Vec<OsString>, stdin: &[u8]) -> Ran {
    let args = words.split_off(1);
    let name = words[0].to_str().expect("a tool's name is text");
    let tool = tools::find(name).expect("the tool is registered");
    let (input, mut out, mut err) = (file_of(stdin), file_of(b""), file_of(b""));
    let exit = {
        let dup = |f: &std::fs::File| OwnedFd::from(f.try_clone().expect("duplicated"));
        let mut io = Io::new(tool.called(name), dup(&input), dup(&out), dup(&err));
        tool.invoke(view, args, &mut io)
    };
    let read = |f: &mut std::fs::File| {
        let mut bytes = Vec::new();
        f.rewind().expect("rewound");
        f.read_to_end(&mut bytes).expect("read");
        bytes
    };
    let stderr = String::from_utf8_lossy(&read(&mut err)).into_owned();
    Ran { exit, stdout: read(&mut out), stderr }
}

fn file_of(content: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(content).expect("written");
    file.rewind().expect("rewound");
    file
}

/// Runs `words` with nothing on stdin and `stdout` as its output; gives its exit code and what it complained of.
pub fn run_to(view: &View, words: &[&str], stdout: OwnedFd) -> (Exit, String) {
    run_to_with(view, words, b"", stdout)
}

/// Likewise, with `stdin` as its input.
pub fn run_to_with(view: &View, words: &[&str], stdin: &[u8], stdout: OwnedFd) -> (Exit, String) {
    let tool = tools::find(words[0]).expect("the tool is registered");
    let mut err = tempfile::tempfile().expect("a temporary file");
    let input = file_of(stdin);
    let exit = {
        let err = err.try_clone().expect("duplicated");
        let mut io = Io::new(tool.name, input.into(), stdout, err.into());
        tool.invoke(view, words[1..].iter().map(OsString::from).collect(), &mut io)
    };
    let mut stderr = String::new();
    err.rewind().expect("rewound");
    err.read_to_string(&mut stderr).expect("stderr is UTF-8");
    (exit, stderr)
}

/// What `words` show on a terminal of `width` columns.
pub fn run_on_terminal(view: &View, words: &[&str], width: u16) -> String {
    let size = nix::pty::Winsize { ws_row: 24, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = nix::pty::openpty(Some(&size), None).expect("a terminal");
    let reader = std::thread::spawn(move || {
        let (mut master, mut bytes) = (std::fs::File::from(pty.master), Vec::new());
        // EIO is how the last end of a terminal ends.
        let _ = master.read_to_end(&mut bytes);
        bytes
    });
    run_to(view, words, pty.slave);
    String::from_utf8_lossy(&reader.join().expect("read")).into_owned()
}
