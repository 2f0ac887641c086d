//! Sessions: a person at a terminal, which is a pseudo-terminal here.

use super::Target;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How long a test waits before it says that something never came.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Session {
    master: OwnedFd,
    child: Child,
    /// What was printed and not yet expected.
    seen: Vec<u8>,
    target: Target,
}

impl Session {
    pub(super) fn new() -> Session {
        Session::with(80, &[("TERM", "xterm")])
    }

    fn with(columns: u16, environ: &[(&str, &str)]) -> Session {
        let target = Target::new();
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        let copy = || pty.slave.try_clone().unwrap();
        let mut command = target.shell();
        command.envs(environ.iter().copied()).stdin(copy()).stdout(copy()).stderr(copy());
        let own_terminal = || {
            nix::unistd::setsid()?;
            dbg::sys::tty::make_controlling(std::io::stdin())
        };
        // SAFETY: two system calls, nothing that another thread's lock could hold up.
        unsafe { command.pre_exec(own_terminal) };
        let child = command.spawn().unwrap();
        drop(command);
        let mut session = Session { master: pty.master, child, seen: Vec::new(), target };
        session.expect("$ ");
        session
    }

    pub(super) fn send(&self, keys: &str) {
        nix::unistd::write(&self.master, keys.as_bytes()).unwrap();
    }

    /// Types a line and waits until `text` and a prompt came.
    pub(super) fn line(&mut self, line: &str, text: &str) -> String {
        self.send(&format!("{line}\r"));
        // The echo of what is typed is no answer.
        self.expect("\n");
        let mut answer = if text.is_empty() { String::new() } else { self.expect(text) };
        answer.push_str(&self.expect("$ "));
        answer
    }

    /// Waits until `text` is printed; gives all that came up to its end.
    pub(super) fn expect(&mut self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen.windows(text.len()).position(|w| w == text.as_bytes()) {
                let rest = self.seen.split_off(at + text.len());
                let found = std::mem::replace(&mut self.seen, rest);
                return String::from_utf8_lossy(&found).into_owned();
            }
            let seen = String::from_utf8_lossy(&self.seen);
            assert!(Instant::now() < until, "{text:?} never came, but {seen:?}");
            let mut fds = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
            if poll(&mut fds, PollTimeout::from(100u16)).unwrap() > 0 {
                let mut buffer = [0; 4096];
                match nix::unistd::read(&self.master, &mut buffer) {
                    Ok(n @ 1..) => self.seen.extend_from_slice(&buffer[..n]),
                    _ => panic!("{text:?} never came before the end, but {seen:?}"),
                }
            }
        }
    }

    pub(super) fn end(mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "the session never ended");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_prompt_names_the_target_the_mode_and_the_directory() {
    let mut session = Session::with(80, &[("TERM", "xterm"), ("NO_COLOR", "1")]);
    let pid = session.target.child.id();
    let answer = session.line("cd /etc", "read-only:");
    assert!(answer.contains(&format!("pid {pid} read-only:/etc$ ")), "{answer:?}");
}

#[test]
fn the_mode_is_in_colour_unless_that_is_not_wanted() {
    let mut session = Session::new();
    let answer = session.line("echo a", "a");
    assert!(answer.contains("\x1b[32mread-only\x1b[0m"), "{answer:?}");
    let mut session = Session::with(80, &[("TERM", "xterm"), ("NO_COLOR", "1")]);
    let answer = session.line("echo a", "a");
    assert!(!answer.contains("\x1b[32m"), "{answer:?}");
}

#[test]
fn a_narrow_terminal_has_room_to_type() {
    let mut session = Session::with(20, &[("TERM", "xterm"), ("NO_COLOR", "1")]);
    let answer = session.line("cd /etc", "read-only");
    assert!(answer.contains("\n$ "), "{answer:?}");
    session.line("echo $((40+2))", "42");
}

#[test]
fn ctrl_c_ends_a_loop_and_not_the_session() {
    let mut session = Session::new();
    session.send("echo go; while true; do :; done; echo no''tthis\r");
    session.expect("\ngo");
    session.send("\x03");
    let answer = session.expect("$ ");
    assert!(!answer.contains("notthis"), "{answer:?}");
    session.line("echo code=$?", "code=130");
}

#[test]
fn ctrl_c_ends_a_pipeline_and_the_list_it_stands_in() {
    let mut session = Session::new();
    let endless = "while true; do echo y; done | { read x; echo g$x; while read l; do :; done; }";
    session.send(&format!("for i in 1 2; do {endless}; done; echo no''tthis\r"));
    session.expect("gy");
    session.send("\x03");
    let answer = session.expect("$ ");
    assert!(!answer.contains("notthis") && !answer.contains("gy"), "{answer:?}");
    session.line("echo code=$?", "code=130");
}

#[test]
fn ctrl_c_ends_a_substitution_and_a_read() {
    let mut session = Session::new();
    session.send("x=$(echo go >&2; while :; do :; done); echo no''tthis\r");
    session.expect("\ngo");
    session.send("\x03");
    assert!(!session.expect("$ ").contains("notthis"));
    session.send("echo go; read x; echo no''tthis\r");
    session.expect("\ngo");
    session.send("\x03");
    assert!(!session.expect("$ ").contains("notthis"));
    session.line("echo code=$?", "code=130");
}

#[test]
fn ctrl_c_forgets_what_was_typed() {
    let mut session = Session::new();
    session.send("echo no''tthis");
    session.send("\x03");
    session.expect("$ ");
    let answer = session.line("echo fine", "fine");
    assert!(!answer.contains("notthis"), "{answer:?}");
}

#[test]
fn ctrl_d_ends_the_session_with_the_last_exit_code() {
    let mut session = Session::new();
    session.line("(exit 7)", "");
    session.send("\x04");
    assert_eq!(session.end().code(), Some(7));
}

#[test]
fn exit_ends_the_session() {
    let session = Session::new();
    session.send("exit 5\r");
    assert_eq!(session.end().code(), Some(5));
}

#[test]
fn a_command_goes_on_over_lines() {
    let mut session = Session::new();
    session.send("for i in 1 2; do\r");
    session.expect("> ");
    session.send("echo \"i=$i\r");
    session.expect("> ");
    session.send("end\"; done\r");
    session.expect("i=1\r\nend\r\ni=2\r\nend");
}

#[test]
fn a_path_is_completed_and_a_hostile_name_is_quoted() {
    let mut session = Session::new();
    let hostile = "q \x1b]52;c\x07";
    std::fs::write(session.target.dir().join(hostile), "").unwrap();
    session.line("cd $D", "");
    session.send("echo line\t");
    session.expect("lines");
    session.line("", "lines");
    // Quoted on the line, which shows it; the shell reads back what the name is.
    session.send("[ -e q\t");
    let shown = session.expect(r"$'q \E]52;c\007'");
    assert!(!shown.contains('\x07') && !shown.contains("\x1b]52"), "{shown:?}");
    session.line("]; echo code=$?", "code=0");
}

#[test]
fn commands_and_variables_are_completed() {
    let mut session = Session::new();
    session.send("myfunction() { echo \"called $1\"; }\r");
    session.expect("\n");
    session.expect("$ ");
    session.send("myfu\t$HOM\t\r");
    session.expect("called /root");
}

#[test]
fn history_is_recalled_and_not_written() {
    let mut session = Session::new();
    let home = tempfile::tempdir().unwrap();
    session.line(&format!("HOME={}", home.path().display()), "");
    session.line("echo $((20+22))", "42");
    session.send("\x1b[A");
    session.expect("echo $((20+22))");
    session.line("", "42");
    session.line("history", "echo $((20+22))");
    session.send("exit\r");
    session.end();
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn ctrl_z_stops_a_job_that_goes_on_in_the_foreground() {
    let mut session = Session::new();
    session.send("( echo go; while :; do :; done )\r");
    session.expect("\ngo");
    session.send("\x1a");
    session.expect("Stopped");
    session.expect("$ ");
    session.line("echo code=$?; jobs", "Stopped");
    session.send("fg\r");
    session.expect("while");
    session.send("\x03");
    session.expect("$ ");
    session.line("echo code=$?; jobs; echo end", "code=130\r\nend");
}

#[test]
fn a_job_is_ended_by_its_number() {
    let mut session = Session::new();
    session.line("( while :; do :; done ) &", "[1] ");
    session.line("jobs", "Running");
    session.line("kill %1; wait %1; echo code=$?", "code=143");
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let mut session = Session::with(80, &[("TERM", "dumb")]);
    let answer = session.line("echo a$((1+1))", "a2");
    assert!(!answer.contains('\x1b'), "{answer:?}");
    session.send("echo go; while :; do :; done\r");
    session.expect("\ngo");
    session.send("\x03");
    session.expect("$ ");
    session.send("\x03");
    session.expect("$ ");
    session.line("echo code=$?", "code=130");
    session.send("\x04");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn an_alias_stands_for_the_start_of_a_command() {
    let mut session = Session::new();
    session.line("alias say='echo said'", "");
    session.line("say a \"b  c\"", "said a b  c");
}

#[test]
fn a_mistake_ends_the_command_and_not_the_session() {
    let mut session = Session::new();
    session.line("echo ${x:?gone}; echo no''tthis", "x: gone");
    session.line("echo )", "syntax error");
    session.line("echo code=$?", "code=2");
    session.line("return 3; break; echo on", "on");
}

#[test]
fn an_alarming_name_is_shown_and_not_obeyed() {
    let mut session = Session::new();
    std::fs::write(session.target.dir().join("w\x1b]0;x\x07"), "").unwrap();
    session.line("cd $D", "");
    let answer = session.line("echo w*", r"w\x1b]0;x\x07");
    assert!(!answer.contains("\x1b]0"), "{answer:?}");
}
