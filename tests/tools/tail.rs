use crate::common::gnu::{fixture, gnu, gnu_with, texts};
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use dbg::output::Io;
use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

const FLAGS: [&[&str]; 16] = [
    &["-n", "0"],
    &["-n", "1"],
    &["-n", "3"],
    &["-3"],
    &["-n", "-3"],
    &["-n", "+1"],
    &["-n", "+3"],
    &["-n", "+0"],
    &["-c", "0"],
    &["-c", "5"],
    &["-c", "1K"],
    &["-c", "+5"],
    &["-c", "+0"],
    &["-n", "49999"],
    &["-c", "200000"],
    &[],
];

#[test]
fn the_last_part_of_every_text_is_that_of_gnu_from_files_and_stdin() {
    let dir = tempfile::tempdir().unwrap();
    let view = view_of(dir.path());
    for text in texts() {
        fs::write(dir.path().join("text"), &text).unwrap();
        for flags in FLAGS {
            let start = String::from_utf8_lossy(&text[..text.len().min(80)]);
            let words = [&["tail"], flags, &["text"]].concat();
            assert!(run(&view, &words).stdout == gnu(dir.path(), &words), "{flags:?} {start:?}");
            let words = [&["tail"], flags].concat();
            let ours = run_with(&view, words.iter().map(Into::into).collect(), &text);
            assert!(ours.stdout == gnu_with(dir.path(), &words, &text), "{flags:?} < {start:?}");
        }
    }
}

#[test]
fn a_stream_that_cannot_be_read_from_its_end_gives_its_last_lines() {
    for flags in FLAGS.iter().filter(|flags| flags.first() != Some(&"-3")) {
        for text in texts() {
            let (read, write) = nix::unistd::pipe().unwrap();
            let expected = gnu_with(Path::new("/"), &[&["tail"], *flags].concat(), &text);
            let writer = std::thread::spawn(move || fs::File::from(write).write_all(&text));
            let mut out = tempfile::tempfile().unwrap();
            let err = tempfile::tempfile().unwrap();
            let mut io = Io::new("tail", read, out.try_clone().unwrap().into(), err.into());
            let args = flags.iter().map(Into::into).collect();
            let exit =
                dbg::tools::find("tail").unwrap().invoke(&view_of(Path::new("/")), args, &mut io);
            writer.join().unwrap().unwrap();
            let mut ours = Vec::new();
            out.rewind().unwrap();
            out.read_to_end(&mut ours).unwrap();
            assert_eq!(exit, Exit::OK);
            assert!(ours == expected, "{flags:?}");
        }
    }
}

#[test]
fn several_files_have_headings_as_gnu_has_them() {
    let dir = fixture();
    let view = view_of(dir.path());
    for flags in [&["-n1"][..], &["-qn1"], &["-vn1"]] {
        let words = [&["tail"], flags, &["a.txt", "nosuch", "run", "empty"]].concat();
        let ran = run(&view, &words);
        assert_eq!(ran.stdout, gnu(dir.path(), &words));
        assert_eq!(ran.stderr, "tail: nosuch: no such file or directory\n");
    }
    assert_eq!(run(&view, &["tail", "+2", "run"]).text(), "");
    assert_eq!(run(&view, &["tail", "+1", "run"]).text(), "#!/bin/true\n");
}

#[test]
fn files_that_say_they_are_empty_and_are_not_have_a_last_line() {
    let ran = run(&view_of(Path::new("/")), &["tail", "-n1", "/proc/sys/kernel/ostype"]);
    assert_eq!(ran.text(), "Linux\n");
}

/// A `tail` that runs in a thread of its own, whose output is read line by line.
struct Following {
    out: BufReader<fs::File>,
    err: fs::File,
    thread: JoinHandle<Exit>,
}

impl Following {
    fn start(root: &Path, words: &[&str]) -> Following {
        let (read, write) = nix::unistd::pipe().unwrap();
        let err = tempfile::tempfile().unwrap();
        let stderr = err.try_clone().unwrap();
        let args = words.iter().map(Into::into).collect();
        let root: PathBuf = root.into();
        let thread = std::thread::spawn(move || {
            let stdin = tempfile::tempfile().unwrap();
            let mut io = Io::new("tail", stdin.into(), write, stderr.into());
            dbg::tools::find("tail").unwrap().invoke(&view_of(&root), args, &mut io)
        });
        Following { out: BufReader::new(fs::File::from(read)), err, thread }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    /// Takes the reader away, which must end it; gives what it said on stderr.
    fn end(mut self) -> String {
        drop(self.out);
        assert_eq!(self.thread.join().unwrap(), Exit::signal(libc::SIGPIPE));
        let mut said = String::new();
        self.err.rewind().unwrap();
        self.err.read_to_string(&mut said).unwrap();
        said
    }
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn what_is_added_is_printed_until_the_reader_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    append(&log, "one\ntwo\n");
    let mut tail = Following::start(dir.path(), &["-f", "-n1", "-s0.01", "log"]);
    assert_eq!(tail.line(), "two\n");
    append(&log, "three\n");
    assert_eq!(tail.line(), "three\n");
    assert_eq!(tail.end(), "");
}

#[test]
fn a_file_that_was_truncated_is_read_from_its_start() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    append(&log, "a long first line\n");
    let mut tail = Following::start(dir.path(), &["-f", "-s0.01", "log"]);
    assert_eq!(tail.line(), "a long first line\n");
    fs::write(&log, "new\n").unwrap();
    assert_eq!(tail.line(), "new\n");
    assert_eq!(tail.end(), "tail: log: file truncated\n");
}

#[test]
fn a_name_is_followed_through_rotation_and_the_other_file_through_its_handle() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    append(&log, "one\n");
    let mut by_name = Following::start(dir.path(), &["-F", "-s0.01", "log"]);
    let mut by_handle = Following::start(dir.path(), &["-f", "-s0.01", "log"]);
    assert_eq!((by_name.line(), by_handle.line()), ("one\n".into(), "one\n".into()));
    fs::rename(&log, dir.path().join("log.1")).unwrap();
    let new = dir.path().join("new");
    append(&new, "two\n");
    fs::rename(&new, &log).unwrap();
    assert_eq!(by_name.line(), "two\n");
    append(&dir.path().join("log.1"), "late\n");
    assert_eq!(by_handle.line(), "late\n");
    let said = by_name.end();
    assert!(
        said.ends_with("log has been replaced;  following new file\n")
            || said.ends_with("log has appeared;  following new file\n"),
        "{said}"
    );
    assert_eq!(by_handle.end(), "");
}

#[test]
fn a_file_that_is_not_there_yet_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    append(&dir.path().join("a"), "a\n");
    let mut tail = Following::start(dir.path(), &["-F", "-s0.01", "a", "b"]);
    assert_eq!((tail.line(), tail.line()), ("==> a <==\n".into(), "a\n".into()));
    append(&dir.path().join("b"), "b\n");
    assert_eq!(tail.line(), "\n");
    assert_eq!((tail.line(), tail.line()), ("==> b <==\n".into(), "b\n".into()));
    let said = tail.end();
    assert_eq!(
        said,
        "tail: b: no such file or directory\ntail: b has appeared;  following new file\n"
    );
}

#[test]
fn a_name_that_becomes_a_fifo_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let (log, fifo) = (dir.path().join("log"), dir.path().join("fifo"));
    append(&log, "one\n");
    append(&dir.path().join("other"), "");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut tail = Following::start(dir.path(), &["-q", "-F", "-s0.01", "log", "other"]);
    assert_eq!(tail.line(), "one\n");
    fs::rename(&fifo, &log).unwrap();
    append(&dir.path().join("other"), "still there\n");
    assert_eq!(tail.line(), "still there\n");
    append(&dir.path().join("other"), "again\n");
    assert_eq!(tail.line(), "again\n");
    assert!(tail.end().contains("log has become inaccessible: log: is a FIFO"));
}

#[test]
fn lines_may_end_with_nul() {
    let dir = tempfile::tempdir().unwrap();
    let text = b"a\nb\0c\0\0d\0e";
    fs::write(dir.path().join("f"), text).unwrap();
    for count in ["0", "1", "2", "-2", "+3", "9"] {
        for words in [&["tail", "-z", "-n", count][..], &["tail", "-z", "-n", count, "f"]] {
            // For head +3 is 3.
            let theirs = gnu_with(dir.path(), words, text);
            let ours = run_with(&view_of(dir.path()), words.iter().map(Into::into).collect(), text);
            assert_eq!(ours.stdout, theirs, "{words:?}");
        }
    }
}
