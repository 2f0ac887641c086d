use crate::common::gnu::{fixture, gnu, same};
use crate::common::tool::{run, run_on_terminal, view_of};
use dbg::exit::Exit;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Links of every kind, each of which says the same on this machine as in the folder as a root.
fn links() -> tempfile::TempDir {
    let dir = fixture();
    for (to, name) in [
        ("loop", "loop"),
        ("b", "a"),
        ("a", "b"),
        ("sub/deeper", "short"),
        ("short/..", "above"),
        ("nowhere/else", "gone"),
        ("a.txt/", "slash"),
        (".", "here"),
        ("here/here/link", "far"),
    ] {
        symlink(to, dir.path().join(name)).unwrap();
    }
    dir
}

#[test]
fn relative_links_lead_where_gnu_says() {
    let dir = links();
    let view = view_of(dir.path());
    // To the original, the root of ours is a folder.
    let folder = dir.path().canonicalize().unwrap().into_os_string().into_string().unwrap();
    for path in [
        "a.txt",
        "link",
        "dangling",
        "loop",
        "a",
        "a/x",
        "short",
        "short/../inner",
        "above/inner",
        "gone",
        "gone/x",
        "slash",
        "a.txt/",
        "a.txt/x",
        "nosuch",
        "nosuch/",
        "nosuch/x",
        "here",
        "far",
        "here/nosuch",
        "sub/up/sub/",
        ".",
        "",
        "sub//deeper/./..",
        "two words",
        "fifo",
        "./nosuch/..",
        "link/..",
        "nosuch/../a.txt",
        "dangling/..",
    ] {
        for words in [
            &["readlink", "-f"][..],
            &["readlink", "-e"],
            &["readlink", "-m"],
            &["realpath"],
            &["realpath", "-e"],
            &["realpath", "-m"],
        ] {
            let words = [words, &[path]].concat();
            let theirs = String::from_utf8(gnu(dir.path(), &words)).unwrap();
            let theirs = match theirs.strip_prefix(&folder) {
                Some("\n") => "/\n",
                Some(inside) => inside,
                None => &theirs,
            };
            let ours = run(&view, &words);
            assert_eq!(ours.text(), theirs, "{words:?} {}", ours.stderr);
            assert_eq!(ours.exit.is_ok(), !theirs.is_empty());
        }
    }
}

#[test]
fn absolute_links_lead_to_the_targets_root_and_not_out_of_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("etc/ssl")).unwrap();
    fs::write(dir.path().join("etc/passwd"), "").unwrap();
    for (to, name) in [
        ("/etc/passwd", "link"),
        ("/../../etc", "up"),
        ("../../../etc/ssl", "etc/over"),
        ("/link", "etc/again"),
        ("/loop/x", "loop"),
        ("/proc/self/root", "p"),
    ] {
        symlink(to, dir.path().join(name)).unwrap();
    }
    let view = view_of(dir.path());
    for (path, real) in [
        ("link", "/etc/passwd"),
        ("up/passwd", "/etc/passwd"),
        ("/../up/over", "/etc/ssl"),
        ("etc/again", "/etc/passwd"),
        ("up/again", "/etc/passwd"),
        ("/", "/"),
        ("../..", "/"),
    ] {
        assert_eq!(run(&view, &["realpath", "-e", path]).text(), format!("{real}\n"), "{path}");
        assert_eq!(run(&view, &["readlink", "-f", path]).text(), format!("{real}\n"), "{path}");
    }
    assert_eq!(run(&view, &["readlink", "link"]).text(), "/etc/passwd\n");
    assert_eq!(run(&view, &["realpath", "-m", "p"]).text(), "/proc/self/root\n");
    assert_eq!(run(&view, &["realpath", "-s", "etc/../link"]).text(), "/link\n");
    for (path, told) in [
        ("loop", "loop: too many symbolic links encountered"),
        ("link/x", "link/x: not a directory"),
        ("nosuch/x", "nosuch/x: no such file or directory"),
    ] {
        let ran = run(&view, &["realpath", path]);
        assert_eq!(
            (ran.exit, ran.stderr.as_str()),
            (Exit::FAILURE, format!("realpath: {told}\n").as_str())
        );
        assert_eq!(run(&view, &["realpath", "-q", path]).stderr, "");
    }
    for path in ["etc", "link/x", "nosuch"] {
        let ran = run(&view, &["readlink", path]);
        assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::FAILURE, ""), "{path}");
    }
}

#[test]
fn links_themselves_are_printed_as_gnu_does() {
    let dir = links();
    for words in [
        &["readlink", "link"][..],
        &["readlink", "-n", "link"],
        &["readlink", "-n", "link", "loop"],
        &["readlink", "-z", "link"],
        &["readlink", "a.txt"],
        &["readlink", "nosuch", "gone"],
        &["readlink", "sub/up"],
        &["readlink", "dangling"],
    ] {
        same(dir.path(), words, b"");
    }
}

#[test]
fn relative_paths_start_at_the_working_directory() {
    let dir = links();
    let mut view = view_of(dir.path());
    view.root.as_mut().unwrap().set_cwd(Path::new("/sub")).unwrap();
    assert_eq!(
        run(&view, &["realpath", "inner", "up/a.txt", "../link"]).text(),
        "/sub/inner\n/a.txt\n/a.txt\n"
    );
}

#[test]
fn where_a_link_points_can_not_drive_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    symlink("\x1b[31mred\n", dir.path().join("l")).unwrap();
    let shown = run_on_terminal(&view_of(dir.path()), &["readlink", "l"], 80);
    assert_eq!(shown, "\\x1b[31mred\\n\r\n");
}

#[test]
fn what_is_no_link_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let ran = crate::common::tool::run(
        &crate::common::tool::view_of(dir.path()),
        &["readlink", "-v", "file", "nosuch"],
    );
    assert_eq!(
        ran.stderr,
        "readlink: file: invalid argument\nreadlink: nosuch: no such file or directory\n"
    );
}
