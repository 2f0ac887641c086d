use crate::common::gnu::{fixture, gnu, texts};
use crate::common::tool::{run, run_on_terminal, run_to, run_with, view_of};
use dbg::exit::Exit;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::Path;

#[test]
fn every_flag_shows_every_text_as_gnu_does() {
    let dir = tempfile::tempdir().unwrap();
    let view = view_of(dir.path());
    for text in texts() {
        fs::write(dir.path().join("text"), &text).unwrap();
        for flags in
            ["-u", "-A", "-b", "-e", "-E", "-n", "-s", "-t", "-T", "-v", "-ns", "-bsE", "-nbT"]
        {
            let words = ["cat", flags, "text", "text"];
            let (ours, theirs) = (run(&view, &words).stdout, gnu(dir.path(), &words));
            assert!(
                ours == theirs,
                "{flags} {:?}",
                String::from_utf8_lossy(&text[..text.len().min(80)])
            );
        }
    }
}

#[test]
fn stdin_is_read_where_a_dash_stands_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "file\n").unwrap();
    let view = view_of(dir.path());
    let words = ["cat", "f", "-", "f"].map(Into::into).to_vec();
    assert_eq!(run_with(&view, words, b"in\n").text(), "file\nin\nfile\n");
    assert_eq!(run_with(&view, vec!["cat".into()], b"in").text(), "in");
}

#[test]
fn what_fails_is_named_and_the_rest_is_printed() {
    let dir = fixture();
    let ran = run(&view_of(dir.path()), &["cat", "nosuch", "sub", "fifo", "socket", "sub/inner"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, "inner"));
    let complaints: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(complaints.len(), 4);
    assert_eq!(complaints[0], "cat: nosuch: no such file or directory");
    assert_eq!(complaints[1], "cat: sub: is a directory");
    assert!(complaints[2].starts_with("cat: fifo: is a FIFO"));
    assert!(complaints[3].starts_with("cat: socket: is a socket"));
}

#[test]
fn absolute_links_and_dots_stay_inside_the_root() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("etc")).unwrap();
    fs::write(dir.path().join("etc/passwd"), "the target's").unwrap();
    symlink("/etc/passwd", dir.path().join("link")).unwrap();
    symlink("/proc/self/environ", dir.path().join("ours")).unwrap();
    let view = view_of(dir.path());
    for path in ["link", "/etc/passwd", "../../../etc/passwd", "/../etc/passwd"] {
        assert_eq!(run(&view, &["cat", path]).text(), "the target's", "{path}");
    }
    let ran = run(&view, &["cat", "ours"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
}

#[test]
fn no_link_of_a_procfs_is_followed_out_of_the_root() {
    let ran = run(&view_of(Path::new("/")), &["cat", "/proc/self/root/etc/passwd"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
}

#[test]
fn files_that_say_they_are_empty_and_are_not_are_printed() {
    let ran = run(&view_of(Path::new("/")), &["cat", "/proc/sys/kernel/ostype"]);
    assert_eq!((ran.exit, ran.text()), (Exit::OK, "Linux\n"));
}

#[test]
fn a_large_file_arrives_whole_through_a_pipe() {
    use std::io::Read;
    let dir = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
    fs::write(dir.path().join("f"), &content).unwrap();
    let (read, write) = nix::unistd::pipe().unwrap();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        fs::File::from(read).read_to_end(&mut bytes).map(|_| bytes)
    });
    let (exit, stderr) = run_to(&view_of(dir.path()), &["cat", "f"], write);
    assert_eq!((exit, stderr.as_str()), (Exit::OK, ""));
    assert!(reader.join().unwrap().unwrap() == content);
}

#[test]
fn a_reader_that_left_ends_it_quietly_as_sigpipe_does() {
    let dir = fixture();
    for words in [vec!["cat", "large"], vec!["cat", "-n", "large", "large"]] {
        let (read, write) = nix::unistd::pipe().unwrap();
        drop(read);
        let ended = run_to(&view_of(dir.path()), &words, write);
        assert_eq!(ended, (Exit::signal(libc::SIGPIPE), String::new()));
    }
}

#[test]
fn a_full_device_is_an_error() {
    let dir = fixture();
    for words in [["cat", "large"], ["cat", "a.txt"], ["cat", "-A"]] {
        let full: OwnedFd = fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into();
        let words = if words[1] == "-A" { vec!["cat", "-A", "a.txt"] } else { words.to_vec() };
        let (exit, stderr) = run_to(&view_of(dir.path()), &words, full);
        assert_eq!((exit, stderr.as_str()), (Exit::FAILURE, "cat: no space left on device\n"));
    }
}

#[test]
fn a_file_is_not_printed_into_itself() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "once\n").unwrap();
    let out = fs::OpenOptions::new().append(true).open(dir.path().join("f")).unwrap();
    let (exit, stderr) = run_to(&view_of(dir.path()), &["cat", "f"], out.into());
    assert_eq!((exit, stderr.as_str()), (Exit::FAILURE, "cat: f: is the output, too\n"));
    assert_eq!(fs::read_to_string(dir.path().join("f")).unwrap(), "once\n");
}

#[test]
fn a_terminal_is_not_driven_by_a_file_and_letters_stay_letters() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "s\u{f8}\t\u{6587}\x1b]52;c;aGk=\x07\n\u{202e}\u{9b}x\n")
        .unwrap();
    let view = view_of(dir.path());
    for words in [vec!["cat", "f"], vec!["cat", "-s", "f"]] {
        let shown = run_on_terminal(&view, &words, 80);
        assert!(shown.contains("s\u{f8}\t\u{6587}^[]52;c;aGk=^G"), "{shown:?}");
        assert!(!shown.contains(['\x1b', '\x07', '\u{202e}', '\u{9b}']), "{shown:?}");
    }
}

#[test]
fn a_character_cut_between_two_reads_is_shown_whole() {
    let dir = tempfile::tempdir().unwrap();
    let text = "\u{6587}".repeat(100_000);
    fs::write(dir.path().join("f"), &text).unwrap();
    let shown = run_on_terminal(&view_of(dir.path()), &["cat", "f"], 80);
    assert!(shown == text, "{} of {}", shown.len(), text.len());
}

#[test]
fn unknown_options_are_wrong_usage() {
    let dir = fixture();
    assert_eq!(run(&view_of(dir.path()), &["cat", "--nosuch"]).exit, Exit::USAGE);
    let help = run(&view_of(dir.path()), &["cat", "--help"]);
    assert_eq!(help.exit, Exit::OK);
    assert!(help.text().contains("On a terminal"));
}
