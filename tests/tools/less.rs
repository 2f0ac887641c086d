use crate::common::process::until;
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use dbg::output::Io;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::{Winsize, openpty};
use nix::sys::termios::tcgetattr;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::thread::JoinHandle;

/// `less` on a terminal of 6 rows and 40 columns.
struct Session {
    master: fs::File,
    slave: OwnedFd,
    worker: Option<JoinHandle<Exit>>,
    seen: Vec<u8>,
}

impl Session {
    fn new(dir: &Path, words: &[&str], stdin: Option<OwnedFd>) -> Session {
        let size = Winsize { ws_row: 6, ws_col: 40, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("a terminal");
        let dup = || pty.slave.as_fd().try_clone_to_owned().unwrap();
        let (input, out, err) = (stdin.unwrap_or_else(dup), dup(), dup());
        let words: Vec<std::ffi::OsString> = words.iter().map(Into::into).collect();
        let dir = dir.to_owned();
        let worker = std::thread::spawn(move || {
            let mut io = Io::new("less", input, out, err);
            dbg::tools::find("less").unwrap().invoke(&view_of(&dir), words, &mut io)
        });
        fcntl(&pty.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        let master = fs::File::from(pty.master);
        Session { master, slave: pty.slave, worker: Some(worker), seen: Vec::new() }
    }

    /// Waits until `text` is shown; gives what came up to its end.
    fn expect(&mut self, text: &str) -> String {
        let mut found = String::new();
        until(&format!("{text:?} is shown"), || {
            let mut buffer = [0; 4096];
            // Nothing yet is an error of a terminal that does not wait.
            let n = self.master.read(&mut buffer).unwrap_or(0);
            self.seen.extend_from_slice(&buffer[..n]);
            let at = self.seen.windows(text.len()).position(|w| w == text.as_bytes());
            if let Some(at) = at {
                let rest = self.seen.split_off(at + text.len());
                found = String::from_utf8_lossy(&std::mem::replace(&mut self.seen, rest)).into();
            }
            at.is_some()
        });
        found
    }

    /// The rows of the frame that ends in the prompt `end`.
    fn frame(&mut self, end: &str) -> Vec<String> {
        let text = self.expect(&format!("\x1b[7m{end}\x1b[27m"));
        let frame = text.rsplit("\x1b[H").next().unwrap().to_owned();
        let mut rows: Vec<String> =
            frame.split("\r\n").map(|row| row.replace("\x1b[K", "")).collect();
        rows.pop();
        rows
    }

    fn keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    fn end(&mut self) -> Exit {
        self.keys("q");
        self.worker.take().unwrap().join().unwrap()
    }
}

fn numbers(dir: &Path, count: u32) {
    let text: String = (1..=count).map(|i| format!("line {i}\n")).collect();
    fs::write(dir.join("n"), text).unwrap();
}

#[test]
fn without_a_terminal_it_is_cat() {
    let dir = tempfile::tempdir().unwrap();
    numbers(dir.path(), 100);
    let whole = fs::read(dir.path().join("n")).unwrap();
    assert_eq!(run(&view_of(dir.path()), &["less", "n"]).stdout, whole);
    assert_eq!(run_with(&view_of(dir.path()), vec!["more".into()], &whole).stdout, whole);
    assert_eq!(run(&view_of(dir.path()), &["less", "nosuch"]).exit, Exit::FAILURE);
}

#[test]
fn keys_move_the_page_and_the_terminal_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    numbers(dir.path(), 100);
    let mut session = Session::new(dir.path(), &["n"], None);
    assert_eq!(session.frame("n"), ["line 1", "line 2", "line 3", "line 4", "line 5"]);
    let raw = tcgetattr(&session.slave).unwrap().local_flags;
    for (keys, first) in [
        (" ", 6),
        ("j", 7),
        ("\x1b[B", 8),
        ("3k", 5),
        ("d", 7),
        ("\x1b[6~", 12),
        ("b", 7),
        ("50g", 50),
        ("50%", 51),
    ] {
        session.keys(keys);
        assert_eq!(session.frame(":")[0], format!("line {first}"), "{keys:?}");
    }
    session.keys("G");
    let rows = session.frame("n (END)");
    assert_eq!((rows[0].as_str(), rows[4].as_str()), ("line 96", "line 100"));
    session.keys("g");
    assert_eq!(session.frame("n")[0], "line 1");
    assert_eq!(session.end(), Exit::OK);
    assert_ne!(tcgetattr(&session.slave).unwrap().local_flags, raw);
}

#[test]
fn searches_go_on_and_back_and_matches_stand_out() {
    let dir = tempfile::tempdir().unwrap();
    numbers(dir.path(), 1000);
    let mut session = Session::new(dir.path(), &["n"], None);
    session.frame("n");
    session.keys("/e [57]0$\r");
    assert_eq!(session.frame(":")[0], "lin\x1b[7me 50\x1b[27m");
    session.keys("n");
    assert_eq!(session.frame(":")[0], "lin\x1b[7me 70\x1b[27m");
    session.keys("N");
    assert_eq!(session.frame(":")[0], "lin\x1b[7me 50\x1b[27m");
    session.keys("?LINE 9$\r");
    session.frame("pattern not found");
    session.keys("-i");
    session.expect("-i: either case");
    session.keys("/(\r");
    session.frame("(: unmatched ( or \\(");
    assert_eq!(session.end(), Exit::OK);
    let mut session = Session::new(dir.path(), &["-I", "+/LINE 77", "n"], None);
    session.frame(":");
    assert_eq!(session.end(), Exit::OK);
}

#[test]
fn a_pipe_is_read_as_far_as_it_is_looked_at_and_keys_come_from_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let (reader, writer) = nix::unistd::pipe().unwrap();
    let mut writer = fs::File::from(writer);
    writer.write_all(b"one\ntwo\n").unwrap();
    let mut session = Session::new(dir.path(), &["-N"], Some(reader));
    let rows = loop {
        let rows = session.frame("standard input");
        if rows[1].contains("two") {
            break rows;
        }
    };
    assert_eq!(rows, ["      1 one", "      2 two", "~", "~", "~"]);
    writer.write_all(b"three\n").unwrap();
    while session.frame("standard input")[2] != "      3 three" {}
    drop(writer);
    session.frame("standard input (END)");
    session.keys("=");
    session.expect("standard input lines 1-3 byte 14/14 10");
    assert_eq!(session.end(), Exit::OK);
}

#[test]
fn a_file_that_grows_is_followed_until_ctrl_c() {
    let dir = tempfile::tempdir().unwrap();
    numbers(dir.path(), 20);
    let mut session = Session::new(dir.path(), &["+F", "n"], None);
    session.expect("line 20");
    let mut file = fs::OpenOptions::new().append(true).open(dir.path().join("n")).unwrap();
    file.write_all(b"the new line\n").unwrap();
    session.expect("the new line");
    session.keys("\x03");
    session.frame("n (END)");
    assert_eq!(session.end(), Exit::OK);
}

#[test]
fn several_files_are_gone_through_and_help_goes_away_again() {
    let dir = tempfile::tempdir().unwrap();
    numbers(dir.path(), 100);
    fs::write(dir.path().join("b"), "other\n").unwrap();
    let mut session = Session::new(dir.path(), &["nosuch", "n", "b"], None);
    session.frame("n");
    session.keys(":n");
    assert_eq!(session.frame("b (END)")[0], "other");
    session.keys(":n");
    session.frame("no such file in the list");
    session.keys(":p");
    session.frame("n");
    session.keys("h");
    session.expect("Keys: space");
    session.keys("q");
    assert_eq!(session.frame("n")[0], "line 1");
    session.keys("q");
    assert_eq!(session.worker.take().unwrap().join().unwrap(), Exit::FAILURE);
}

#[test]
fn bytes_do_not_drive_the_terminal_and_long_lines_are_chopped_and_shifted() {
    let dir = tempfile::tempdir().unwrap();
    let wide = (0..30).map(|i| format!("{i:03}|")).collect::<String>();
    fs::write(
        dir.path().join("x"),
        [b"\x1b]0;t\x07\xff\n".as_slice(), wide.as_bytes(), b"\n"].concat(),
    )
    .unwrap();
    let mut session = Session::new(dir.path(), &["-S", "x"], None);
    let rows = session.frame("x (END)");
    assert_eq!(rows[0], "\x1b[7m^[\x1b[27m]0;t\x1b[7m^G<FF>\x1b[27m");
    assert_eq!(rows[1], wide[..40]);
    session.keys("\x1b[C");
    assert_eq!(session.frame("x (END)")[1], wide[20..60]);
    session.keys("-S");
    session.frame("-S: one row a line (off)");
    session.keys("r");
    assert_eq!(session.frame("x (END)")[3], wide[80..120]);
    assert_eq!(session.end(), Exit::OK);
}

#[test]
fn what_fits_one_screen_is_printed_and_that_is_all() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("x"), "one\ntwo\n").unwrap();
    let mut session = Session::new(dir.path(), &["-F", "x"], None);
    session.expect("one\r\ntwo\r\n");
    assert_eq!(session.worker.take().unwrap().join().unwrap(), Exit::OK);
}

#[test]
fn one_line_without_an_end_takes_little_memory_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let file = fs::File::create(dir.path().join("x")).unwrap();
    file.set_len(1 << 32).unwrap();
    let mut session = Session::new(dir.path(), &["x"], None);
    session.frame("x");
    session.keys("G");
    session.frame("x (END)");
    session.keys("b");
    session.frame(":");
    assert_eq!(session.end(), Exit::OK);
}

#[test]
fn a_search_in_a_pipe_that_stays_open_ends_at_ctrl_c() {
    let dir = tempfile::tempdir().unwrap();
    for words in [&[][..], &["-p", "nosuch"], &["+/nosuch"]] {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        let mut writer = fs::File::from(writer);
        writer.write_all(b"hello\n").unwrap();
        let mut session = Session::new(dir.path(), words, Some(reader));
        // From here on keys come one by one.
        session.expect("\x1b[?1049h");
        if words.is_empty() {
            session.expect("hello");
            session.keys("/nosuch\r");
        }
        session.keys("\x03");
        session.expect("interrupted");
        session.keys("/nosuch\r");
        assert_eq!(session.end(), Exit::OK);
        drop(writer);
    }
}

#[test]
fn a_hundred_thousand_rows_are_passed_without_drawing_each_screen() {
    let dir = tempfile::tempdir().unwrap();
    let line = "0123456789".repeat(6000) + "\n";
    fs::write(dir.path().join("n"), line.repeat(100)).unwrap();
    let mut session = Session::new(dir.path(), &["n"], None);
    session.frame("n");
    session.keys("100000j");
    session.frame(":100000");
    session.frame(":");
    session.keys("=");
    // A line has 1500 rows; the first one on the screen is in the 67th.
    session.expect("lines 67-");
    assert_eq!(session.end(), Exit::OK);
}
