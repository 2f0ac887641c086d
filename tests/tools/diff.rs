use crate::common::gnu::{gnu, same as same_in_c, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::fs;
use std::path::Path;

/// As in the C locale but for the times of -c, which have the form of every other locale.
fn same(dir: &Path, words: &[&str], stdin: &[u8]) {
    let has_times =
        |word: &&str| word.starts_with("-c") || word.starts_with("-C") || word.starts_with("-rc");
    if !words.iter().any(has_times) {
        return same_in_c(dir, words, stdin);
    }
    let ours = run(&view_of(dir), words);
    let theirs = String::from_utf8(gnu(dir, words)).unwrap();
    assert_eq!(ours.text(), theirs, "{words:?} {}", ours.stderr);
}

const FLAGS: [&[&str]; 11] = [
    &[],
    &["-u"],
    &["-U0"],
    &["-U", "1"],
    &["-q"],
    &["-s"],
    &["-c"],
    &["-C0"],
    &["-C", "1", "--color=always"],
    &["--color=always"],
    &["-u", "--color=always"],
];

#[test]
fn edits_are_shown_as_gnu_shows_them() {
    let dir = tempfile::tempdir().unwrap();
    let base: Vec<String> =
        (1..=40).map(|i| format!("line {}\n", if i % 7 == 0 { 0 } else { i })).collect();
    let edit = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = base.clone();
        change(&mut lines);
        lines.concat()
    };
    let others = [
        base.concat(),
        String::new(),
        edit(&|l| drop(l.remove(0))),
        edit(&|l| drop(l.pop())),
        edit(&|l| l.insert(0, "new\n".into())),
        edit(&|l| l.push("new".into())),
        edit(&|l| l[10] = "changed\n".into()),
        edit(&|l| drop(l.drain(5..9))),
        edit(&|l| l[39] = "line 40".into()),
        edit(&|l| {
            l[2] = "a\n".into();
            l.insert(10, "b\n".into());
            l.insert(10, "c\n".into());
            l.remove(30);
        }),
        edit(&|l| {
            let copy = l[3..6].to_vec();
            l.splice(6..6, copy);
        }),
        edit(&|l| l.insert(14, "line 0\n".into())),
        edit(&|l| l.swap(3, 4)),
        edit(&|l| {
            l[5] = "x\n".into();
            l[12] = "y\n".into();
            l[20] = "z\n".into();
        }),
    ];
    for a in &others {
        for b in &others {
            fs::write(dir.path().join("a"), a).unwrap();
            fs::write(dir.path().join("b"), b).unwrap();
            for flags in FLAGS {
                same(dir.path(), &[&["diff"], flags, &["a", "b"]].concat(), b"");
            }
        }
    }
}

#[test]
fn every_text_differs_from_every_other_as_gnu_says() {
    let dir = tempfile::tempdir().unwrap();
    let texts: Vec<Vec<u8>> = texts().into_iter().filter(|text| text.len() < 1000).collect();
    for a in &texts {
        for b in &texts {
            fs::write(dir.path().join("a"), a).unwrap();
            fs::write(dir.path().join("two words"), b).unwrap();
            same(dir.path(), &["diff", "a", "two words"], b"");
            same(dir.path(), &["diff", "a", "-"], b);
        }
    }
}

#[test]
fn what_is_ignored_makes_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let texts = [
        "a b\nc\n\nd e\n",
        "a  b\nC\nd e\n",
        "a\tb \n c\n\n\nd e",
        " a b\nc\n \t\nde\n\n",
        "ab\nc\nx\n\nd e\n\ny\n",
        "\n\na b\n\n\nc\r\nd e\x0b\n",
        "",
        "\n \n",
    ];
    for a in texts {
        for b in texts {
            fs::write(dir.path().join("a"), a).unwrap();
            fs::write(dir.path().join("b"), b).unwrap();
            for ignored in ["-b", "-w", "-Z", "-i", "-B", "-bB", "-wB", "-BZ", "-iw", "-Bi"] {
                for style in ["-s", "-sq", "-u", "-c", "-U1", "-C0"] {
                    same(dir.path(), &["diff", ignored, style, "a", "b"], b"");
                }
            }
        }
    }
}

#[test]
fn trees_are_compared_as_gnu_compares_them() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for folder in ["a/sub/deep", "b/sub/deep", "a/only/deep", "b/kind", "a/.dot", "b/.dot"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    for (name, text) in [
        ("a/f", "1\n2\n3"),
        ("b/f", "1\nx\n3\n"),
        ("a/same", "same\n"),
        ("b/same", "same\n"),
        ("a/sub/s", "1\n"),
        ("b/sub/s", "2\n"),
        ("a/sub/deep/two words", "1\n"),
        ("b/sub/deep/two words", "2\n"),
        ("a/s\u{f8}ren \"\\\n", "1\n"),
        ("b/s\u{f8}ren \"\\\n", "2\n"),
        ("a/only/deep/x", "x\n"),
        ("b/new", "new\n"),
        ("a/kind", ""),
        ("a/bin", "\0"),
        ("b/bin", "\0\0"),
        ("a/.dot/x", "A b\n"),
        ("b/.dot/x", "a  b\n"),
    ] {
        fs::write(at(name), text).unwrap();
    }
    for folder in ["a", "b"] {
        let mode = nix::sys::stat::Mode::from_bits_truncate(0o644);
        nix::unistd::mkfifo(&at(folder).join("fifo"), mode).unwrap();
    }
    std::os::unix::fs::symlink(".", at("a/loop")).unwrap();
    std::os::unix::fs::symlink(".", at("b/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", at("a/dangling")).unwrap();
    std::os::unix::fs::symlink("same", at("b/dangling")).unwrap();
    for flags in [
        &[][..],
        &["-r"],
        &["-rq"],
        &["-rs"],
        &["-r", "-U", "1"],
        &["-ruN"],
        &["-N"],
        &["-rcN", "--color=always"],
        &["-rwi"],
        &["-raN", "-u"],
        &["-r", "-C1", "--ignore-case"],
    ] {
        for (a, b) in [("a", "b"), ("a/", "b/"), ("b", "a"), ("a/f", "b"), ("a", "b/f"), ("a", "a")]
        {
            same(dir.path(), &[&["diff"], flags, &[a, b]].concat(), b"");
        }
    }
    for words in [["-rN", "a", "nosuch"], ["-N", "nosuch", "a/f"], ["-uN", "a/f", "nosuch"]] {
        same(dir.path(), &[&["diff"], &words[..]].concat(), b"");
    }
    let ran = run(&view_of(dir.path()), &["diff", "-r", "a", "b"]);
    assert_eq!(ran.exit, Exit::USAGE);
    assert!(ran.stderr.contains("a/loop: recursive directory loop\n"), "{}", ran.stderr);
    assert_eq!(run(&view_of(dir.path()), &["diff", "-u", "-c", "a/f", "b/f"]).exit, Exit::USAGE);
}

#[test]
fn exit_codes_tell_differences_from_trouble() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "1\n"), ("b", "2\n"), ("c", "1\n"), ("nul", "\0")] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let view = view_of(dir.path());
    for (words, code) in [
        (["a", "c"], 0),
        (["a", "b"], 1),
        (["a", "nul"], 1),
        (["a", "nosuch"], 2),
        (["nosuch", "a"], 2),
        (["a", "."], 0),
        ([".", "b"], 0),
        (["-", "."], 2),
    ] {
        assert_eq!(run(&view, &["diff", words[0], words[1]]).exit, Exit::code(code), "{words:?}");
    }
    assert_eq!(
        run(&view, &["diff", "a", "nosuch"]).stderr,
        "diff: nosuch: no such file or directory\n"
    );
    assert_eq!(run(&view, &["diff", "a"]).exit, Exit::USAGE);
    let ran = run(&view_of(Path::new("/")), &["diff", "/dev/null", "/dev/zero"]);
    assert_eq!(ran.exit, Exit::code(2));
    assert!(ran.stderr.starts_with("diff: /dev/zero: is larger than 64 MiB\n"), "{}", ran.stderr);
}

#[test]
fn large_files_with_few_changes_are_compared_quickly_and_rightly() {
    let dir = tempfile::tempdir().unwrap();
    let lines = |changed: &[usize]| -> String {
        let line = |i| {
            if changed.contains(&i) {
                format!("changed {i}\n")
            } else {
                format!("line {}\n", i % 5000)
            }
        };
        (0..50_000).map(line).collect()
    };
    fs::write(dir.path().join("a"), lines(&[7, 900])).unwrap();
    fs::write(dir.path().join("b"), lines(&[900, 30_000, 49_999])).unwrap();
    assert_eq!(
        run(&view_of(dir.path()), &["diff", "-u", "a", "b"]).stdout,
        gnu(dir.path(), &["diff", "-u", "a", "b"])
    );
}
