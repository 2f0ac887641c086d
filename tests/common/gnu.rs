//! The originals on this machine, and a folder to try both on.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Standard output of `words`, run in `dir` in UTC and the C.UTF-8 locale with `stdin` as a file.
pub fn gnu_with(dir: &Path, words: &[&str], stdin: &[u8]) -> Vec<u8> {
    original(dir, words, stdin, "C.UTF-8").stdout
}

/// Fails the test unless our `words` over `dir` print what the original prints in the C locale, and end as well or as
/// badly as it does.
pub fn same(dir: &Path, words: &[&str], stdin: &[u8]) {
    let ours = super::tool::run_with(
        &super::tool::view_of(dir),
        words.iter().map(Into::into).collect(),
        stdin,
    );
    let theirs = original(dir, words, stdin, "C");
    let start = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
    assert!(
        ours.stdout == theirs.stdout && ours.exit.is_ok() == theirs.status.success(),
        "{words:?} < {:?}\nours: {:?} {} {}\ntheirs: {:?} {} {}",
        start(stdin),
        start(&ours.stdout),
        ours.exit.number(),
        ours.stderr,
        start(&theirs.stdout),
        theirs.status,
        start(&theirs.stderr),
    );
}

fn original(dir: &Path, words: &[&str], stdin: &[u8], locale: &str) -> std::process::Output {
    use std::io::{Seek, Write};
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(stdin).unwrap();
    input.rewind().unwrap();
    Command::new(words[0])
        .args(&words[1..])
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs([("LC_ALL", locale), ("TZ", "UTC")])
        .stdin(input)
        .output()
        .expect("the original starts")
}

/// As [`gnu_with`], with nothing on stdin.
pub fn gnu(dir: &Path, words: &[&str]) -> Vec<u8> {
    gnu_with(dir, words, b"")
}

/// A folder with one of each kind of file that an ordinary user can make: old and new, odd names, set-id, links.
pub fn fixture() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for name in ["a.txt", "b.log", ".hidden", "two words", "søren", "x.tar.gz", "-dash"] {
        fs::write(at(name), name.repeat(name.len())).unwrap();
    }
    fs::write(at("empty"), "").unwrap();
    fs::write(at("large"), vec![b'x'; 1_500_000]).unwrap();
    fs::write(dir.path().join(OsStr::from_bytes(b"bad\xff\x1b[31m\nname")), "odd").unwrap();
    fs::write(at("run"), "#!/bin/true\n").unwrap();
    fs::hard_link(at("a.txt"), at("hard")).unwrap();
    for (name, mode) in [("run", 0o755), ("b.log", 0o4640), ("x.tar.gz", 0o2755), ("empty", 0o400)]
    {
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::create_dir_all(at("sub/deeper/deepest")).unwrap();
    fs::write(at("sub/inner"), "inner").unwrap();
    fs::write(at("sub/deeper/.dot"), "dot").unwrap();
    fs::create_dir(at("void")).unwrap();
    fs::set_permissions(at("void"), fs::Permissions::from_mode(0o1777)).unwrap();
    symlink("a.txt", at("link")).unwrap();
    symlink("/sub", at("absolute")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink("..", at("sub/up")).unwrap();
    nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::from_bits_truncate(0o644)).unwrap();
    std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let now = SystemTime::now();
    for (name, days) in [("a.txt", 1), ("b.log", 400), ("large", 100), ("run", 5_000), ("sub", 2)] {
        let file = fs::File::open(at(name)).unwrap();
        file.set_modified(now - Duration::from_secs(days * 86_400)).unwrap();
    }
    fs::File::open(at("empty")).unwrap().set_modified(now + Duration::from_secs(86_400)).unwrap();
    dir
}

/// A chain of `depth` directories called `d` in `dir`, with a file `bottom` in the last one. Takes it away when dropped.
pub struct Deep(std::path::PathBuf);

impl Deep {
    pub fn new(dir: &Path, depth: usize) -> Deep {
        use nix::fcntl::{OFlag, openat};
        use nix::sys::stat::{Mode, mkdirat};
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let mut fd = nix::fcntl::open(dir, flags, Mode::empty()).unwrap();
        for _ in 0..depth {
            mkdirat(&fd, "d", Mode::S_IRWXU).unwrap();
            fd = openat(&fd, "d", flags, Mode::empty()).unwrap();
        }
        openat(&fd, "bottom", OFlag::O_CREAT | OFlag::O_WRONLY, Mode::S_IRUSR).unwrap();
        Deep(dir.to_owned())
    }
}

impl Drop for Deep {
    fn drop(&mut self) {
        let removed = Command::new("rm").arg("-rf").arg(self.0.join("d")).status();
        assert!(removed.expect("rm starts").success());
    }
}

/// Texts that tools for lines have got wrong.
pub fn texts() -> Vec<Vec<u8>> {
    let many: String = (1..=50_000).map(|i| format!("line {i} of many\n")).collect();
    vec![
        b"".to_vec(),
        b"\n".to_vec(),
        b"one".to_vec(),
        b"one\n".to_vec(),
        b"one\ntwo".to_vec(),
        b"\n\n\na\n\n\n\nb\n\n".to_vec(),
        b"a\tb\r\nc\rd\r\n\r\n\r".to_vec(),
        "s\u{f8}ren \u{6587} e\u{301}\n\ttab x\n".as_bytes().to_vec(),
        (0..=255).collect(),
        b"word  two\x0b\x0cthree \n".to_vec(),
        vec![b'x'; 300_000],
        many.into_bytes(),
    ]
}
