use crate::common::gnu::{fixture, gnu, same, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

const TOOLS: [&str; 4] = ["md5sum", "sha1sum", "sha256sum", "sha512sum"];

#[test]
fn sums_of_every_text_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    for text in texts() {
        for tool in TOOLS {
            same(dir.path(), &[tool], &text);
            same(dir.path(), &[tool, "-b", "-"], &text);
            same(dir.path(), &[tool, "--tag"], &text);
        }
    }
}

#[test]
fn names_of_every_kind_are_printed_and_checked_as_gnu_does() {
    let dir = fixture();
    for name in ["back\\slash", "carriage\rreturn", "new\nline"] {
        fs::write(dir.path().join(name), name).unwrap();
    }
    let names = [
        "a.txt",
        "two words",
        "s\u{f8}ren",
        "back\\slash",
        "carriage\rreturn",
        "new\nline",
        "empty",
        "large",
        "nosuch",
        "sub",
    ];
    for tool in TOOLS {
        same(dir.path(), &[&[tool], &names[..]].concat(), b"");
        for flags in [&["--tag"][..], &["--tag", "-z"]] {
            let words = [&[tool], flags, &names[..]].concat();
            same(dir.path(), &words, b"");
            fs::write(dir.path().join("tagged"), gnu(dir.path(), &words)).unwrap();
            if flags.contains(&"-z") {
                continue;
            }
            for more in [&[][..], &["--ignore-missing", "--quiet"]] {
                same(dir.path(), &[&[tool, "-c", "tagged"], more].concat(), b"");
            }
        }
        same(dir.path(), &[&[tool, "-z"], &names[..]].concat(), b"");
        let list = gnu(dir.path(), &[&[tool], &names[..8]].concat());
        fs::write(dir.path().join("list"), &list).unwrap();
        for flags in [&["-c"][..], &["-c", "--quiet"], &["-c", "--status"]] {
            same(dir.path(), &[&[tool], flags, &["list"]].concat(), b"");
        }
    }
    let view = view_of(dir.path());
    let bad = OsString::from_vec(b"bad\xff\x1b[31m\nname".to_vec());
    let ran = crate::common::tool::run_with(&view, vec!["md5sum".into(), bad], b"");
    assert!(ran.stdout.ends_with(b"  bad\xff\x1b[31m\\nname\n") && ran.stdout.starts_with(b"\\"));
}

#[test]
fn what_is_wrong_with_a_list_is_said_and_ends_as_with_gnu() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("a", "a"), ("b", "b")] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let a = "0cc175b9c0f1b6a831c399e269772661";
    let list = format!(
        "{a}  a\n{}  a\n{a}  b\n{a}  nosuch\n{a} *a\nrubbish\n# comment\n\n{a} a\n",
        a.to_uppercase()
    );
    same(dir.path(), &["md5sum", "-c"], list.as_bytes());
    same(dir.path(), &["md5sum", "-c"], b"rubbish\n");
    same(dir.path(), &["md5sum", "-c"], format!("{a}  a\nrubbish\n").as_bytes());
    fs::write(dir.path().join("list"), &list).unwrap();
    let ran = run(&view_of(dir.path()), &["md5sum", "-c", "list"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    for told in [
        "md5sum: nosuch: no such file or directory\n",
        "1 listed file could not be read\n",
        "1 computed checksum did NOT match\n",
        "2 lines are improperly formatted\n",
    ] {
        assert!(ran.stderr.contains(told), "{told} {}", ran.stderr);
    }
}

#[test]
fn lists_with_other_lines_and_missing_files_end_as_with_gnu() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "x\n").unwrap();
    let sum = String::from_utf8(gnu(dir.path(), &["sha1sum", "f"])).unwrap();
    let tagged = String::from_utf8(gnu(dir.path(), &["sha1sum", "--tag", "f"])).unwrap();
    let gone = sum.replace('f', "0");
    for list in [
        format!("{sum}not a line\n"),
        format!("{tagged}MD5 (f) = 12\nSHA1 (f) = 12\nSHA1 (f = \nSHA1 ()\n"),
        format!("{}{sum}", gone.replace("  0", "  nosuch")),
        gone.replace("  0", "  nosuch"),
        gone.replace("  0", "  f"),
        format!("  {sum}"),
        "\\\n".into(),
    ] {
        fs::write(dir.path().join("list"), &list).unwrap();
        for flags in [&[][..], &["--strict"], &["-w"], &["--ignore-missing"], &["--status"]] {
            same(dir.path(), &[&["sha1sum", "-c"], flags, &["list"]].concat(), b"");
        }
    }
    fs::write(dir.path().join("list"), format!("{sum}bad\n")).unwrap();
    let ran = run(&view_of(dir.path()), &["sha1sum", "-cw", "list"]);
    assert_eq!(ran.exit, Exit::OK);
    assert!(
        ran.stderr.contains("list: 2: improperly formatted SHA1 checksum line\n"),
        "{}",
        ran.stderr
    );
}
