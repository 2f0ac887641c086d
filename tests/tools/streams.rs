//! What every tool does when nobody takes what it prints, when there is nothing to read, and when a handle is missing.

use crate::common::tool::{Ran, run, run_to_with, run_with, view_of, view_of_process};
use dbg::exit::Exit;
use dbg::output::Text;
use dbg::tools::{REGISTRY, find};
use dbg::view::{Identity, Missing, Needs, Net, View};
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

/// A call of each tool that prints something, over [`folder`], this process and this network namespace.
const CALLS: &[&[&str]] = &[
    &["base64", "/f"],
    &["basename", "a"],
    &["caps"],
    &["cat", "/f"],
    &["cgroup"],
    &["cut", "-b1-", "/f"],
    &["date"],
    &["df", "-a"],
    &["diff", "/f", "/other"],
    &["dirname", "a"],
    &["du", "-a", "/"],
    &["echo", "a"],
    &["env"],
    &["find", "/"],
    &["free"],
    &["grep", "line", "/f"],
    &["head", "/f"],
    &["help"],
    &["hexdump", "-C", "/f"],
    &["hostname"],
    &["id"],
    &["kill", "-l"],
    &["limits"],
    &["ls", "-la", "/"],
    &["lsof"],
    &["maps"],
    &["md5sum", "/f"],
    &["mounts"],
    &["net", "-a"],
    &["ns"],
    &["od", "/f"],
    &["oom"],
    &["pgrep", "."],
    &["printenv"],
    &["printf", "a\n"],
    &["ps"],
    &["pstree"],
    &["readlink", "/link"],
    &["realpath", "/f"],
    &["sed", "s/l/L/", "/f"],
    &["seq", "9"],
    &["sha256sum", "/f"],
    &["sort", "/f"],
    &["stack"],
    &["stat", "/f"],
    &["strings", "/f"],
    &["tail", "/f"],
    &["tee"],
    &["top", "-b", "-n", "1"],
    &["tr", "a", "b"],
    &["tree", "/"],
    &["uname"],
    &["uniq", "/f"],
    &["uptime"],
    &["wc", "/f"],
    &["which", "ls"],
    &["whoami"],
    &["xargs", "echo"],
    &["yes"],
];

/// Those that print nothing.
const SILENT: &[&str] = &["false", "sleep", "true"];

/// What ends with this when it can't print, as the original does.
const TROUBLE: &[&str] = &["diff", "grep", "sort"];

const STDIN: &[u8] = b"some words\n";

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let lines: String = (0..40_000).map(|i| format!("line {i}\n")).collect();
    fs::write(dir.path().join("f"), lines).unwrap();
    fs::write(dir.path().join("other"), "another\n").unwrap();
    fs::write(dir.path().join("empty"), "").unwrap();
    std::os::unix::fs::symlink("f", dir.path().join("link")).unwrap();
    dir
}

/// All handles, and who.
fn whole_view(root: &Path) -> View {
    let mut view = view_of_process(std::process::id());
    view.root = view_of(root).root;
    let environ = Some(vec![Text::from("A=b")]);
    let hostname = Some(Text::from("inside"));
    view.who = Ok(Identity { environ, hostname, ..Identity::default() });
    view
}

#[test]
fn every_tool_is_tried_here() {
    let tried: Vec<&str> = CALLS.iter().map(|words| words[0]).chain(SILENT.to_vec()).collect();
    let registered: Vec<&str> = REGISTRY.iter().map(|tool| tool.name).collect();
    let missing: Vec<_> = registered.iter().filter(|name| !tried.contains(name)).collect();
    assert!(missing.is_empty(), "a call that prints has to be listed for: {missing:?}");
}

#[test]
fn each_call_prints_something() {
    let dir = folder();
    let view = whole_view(dir.path());
    for words in CALLS.iter().filter(|words| words[0] != "yes") {
        let ran = run_on_stdin(&view, words);
        assert!(!ran.stdout.is_empty(), "{words:?}: {ran:?}");
    }
}

fn run_on_stdin(view: &View, words: &[&str]) -> Ran {
    run_with(view, words.iter().map(Into::into).collect(), STDIN)
}

#[test]
fn a_full_device_is_an_error_of_every_tool() {
    let dir = folder();
    let view = whole_view(dir.path());
    for words in CALLS {
        let full: OwnedFd = fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into();
        let (exit, stderr) = run_to_with(&view, words, STDIN, full);
        let trouble = if TROUBLE.contains(&words[0]) { Exit::USAGE } else { Exit::FAILURE };
        let expected = format!("{}: no space left on device", words[0]);
        let last = stderr.lines().last().unwrap_or_default();
        assert_eq!((exit, last), (trouble, expected.as_str()), "{words:?}: {stderr}");
    }
}

#[test]
fn a_reader_that_left_ends_every_tool_quietly() {
    let dir = folder();
    let view = whole_view(dir.path());
    for words in CALLS {
        let (read, write) = nix::unistd::pipe().unwrap();
        drop(read);
        let (exit, stderr) = run_to_with(&view, words, STDIN, write);
        assert_eq!(exit, Exit::signal(libc::SIGPIPE), "{words:?}: {stderr}");
        assert!(!stderr.contains("pipe"), "{words:?}: {stderr}");
    }
}

#[test]
fn a_missing_handle_is_named_by_every_tool_that_needs_one() {
    let dir = folder();
    for words in CALLS {
        let mut view = whole_view(dir.path());
        match find(words[0]).unwrap().needs {
            Needs::Nothing => continue,
            Needs::Root => view.root = Err(Missing::new("REASON")),
            Needs::Proc | Needs::ProcWith(_) => view.proc = Err(Missing::new("REASON")),
            Needs::Net | Needs::NetWith(_) => view.net = Err::<Net, _>(Missing::new("REASON")),
        }
        let ran = run(&view, words);
        assert_eq!(ran.exit, Exit::CANNOT_RUN, "{words:?}");
        assert!(ran.stderr.contains("REASON") && ran.stdout.is_empty(), "{words:?}: {ran:?}");
    }
}

/// Tools that read text, and what they print when there is none.
const READERS: &[(&[&str], &str)] = &[
    (&["base64"], ""),
    (&["cat"], ""),
    (&["cut", "-b1-"], ""),
    (&["diff", "/empty"], ""),
    (&["grep", "x"], ""),
    (&["head"], ""),
    (&["hexdump", "-C"], ""),
    (&["md5sum"], "d41d8cd98f00b204e9800998ecf8427e  /empty\n"),
    (&["od"], "0000000\n"),
    (&["sed", "p"], ""),
    (&["sha256sum"], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  /empty\n"),
    (&["sort"], ""),
    (&["strings"], ""),
    (&["tail"], ""),
    (&["uniq"], ""),
    (&["wc"], "0 0 0 /empty\n"),
];

#[test]
fn an_empty_file_is_no_trouble() {
    let dir = folder();
    let view = whole_view(dir.path());
    for (words, expected) in READERS {
        let ran = run(&view, &[words, &["/empty"][..]].concat());
        assert_eq!((ran.text(), ran.stderr.as_str()), (*expected, ""), "{words:?}");
    }
}

/// A tool of `dbg` on this machine, with `input` in a file on stdin.
fn on_this_machine(words: &[&str], input: &str) -> (String, String, Option<i32>) {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    file.rewind().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dbg"));
    command.arg(words[0]).arg(format!("pid://{}", std::process::id())).args(&words[1..]);
    let done = command.stdin(file).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&done.stdout), text(&done.stderr), done.status.code())
}

#[test]
fn the_streams_of_a_verb_have_their_usual_paths() {
    for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        for words in [&["cat", path][..], &["sort", path], &["grep", "", path], &["head", path]] {
            let (out, err, code) = on_this_machine(words, "a\nb\n");
            assert_eq!((out.as_str(), err.as_str(), code), ("a\nb\n", "", Some(0)), "{words:?}");
        }
    }
    // What is written there is no file of the target.
    for words in [
        &["sort", "-o", "/dev/stdout"][..],
        &["uniq", "-", "/dev/stdout"],
        &["sort", "-o", "/dev/fd/1"],
    ] {
        let (out, err, code) = on_this_machine(words, "a\n");
        assert_eq!((out.as_str(), err.as_str(), code), ("a\n", "", Some(0)), "{words:?}");
    }
    let (out, err, code) = on_this_machine(&["tee", "/dev/null", "/dev/stderr"], "a\n");
    assert_eq!((out.as_str(), err.as_str(), code), ("a\n", "a\n", Some(0)));
    let (_, err, code) = on_this_machine(&["sort", "-o", "/nosuch"], "a\n");
    assert!(err.contains("the view is read-only") && code == Some(1), "{err}");
    let (out, ..) = on_this_machine(&["cat", "/dev/fd/3"], "a\n");
    assert_eq!(out, "");
}

#[test]
fn links_that_only_the_kernel_can_follow_are_told_from_too_many() {
    let dir = tempfile::tempdir().unwrap();
    let own = format!("/proc/{}", std::process::id());
    std::os::unix::fs::symlink(format!("{own}/root"), dir.path().join("link")).unwrap();
    std::os::unix::fs::symlink("loop", dir.path().join("loop")).unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for words in [
        ["cat", &format!("{own}/exe")],
        ["ls", &format!("{own}/root/etc")],
        ["stat", &format!("{own}/cwd/.")],
        ["cat", &format!("{}/etc/passwd", path("link"))],
    ] {
        let (out, err, code) = on_this_machine(&words, "");
        assert!(out.is_empty() && code != Some(0), "{words:?}: {out}");
        let is_said = err.contains("a link of procfs that the kernel resolves")
            && err.contains("hint: `readlink`");
        assert!(is_said && !err.contains("too many"), "{words:?}: {err}");
    }
    let (_, err, _) = on_this_machine(&["cat", &path("loop")], "");
    assert!(err.contains("too many") && !err.contains("procfs"), "{err}");
}
