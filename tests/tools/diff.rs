use crate::common::gnu::{gnu, same, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::fs;

const FLAGS: [&[&str]; 6] = [&[], &["-u"], &["-U0"], &["-U", "1"], &["-q"], &["-s"]];

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
fn exit_codes_tell_differences_from_trouble() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "1\n"), ("b", "2\n"), ("c", "1\n"), ("nul", "\0")] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let view = view_of(dir.path());
    for (words, code) in [
        (["a", "c"], 0),
        (["a", "b"], 1),
        (["a", "nul"], 2),
        (["a", "nosuch"], 2),
        (["nosuch", "a"], 2),
        (["a", "."], 2),
    ] {
        assert_eq!(run(&view, &["diff", words[0], words[1]]).exit, Exit::code(code), "{words:?}");
    }
    assert_eq!(
        run(&view, &["diff", "a", "nosuch"]).stderr,
        "diff: nosuch: no such file or directory\n"
    );
    assert_eq!(run(&view, &["diff", "a"]).exit, Exit::USAGE);
    let ran = run(&view_of(std::path::Path::new("/")), &["diff", "/dev/null", "/dev/zero"]);
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
