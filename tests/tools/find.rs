use crate::common::gnu::{Deep, fixture, gnu};
use crate::common::tool::{Ran, run, run_on_terminal, run_to, view_of};
use dbg::exit::Exit;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// What NUL-ended names are in `bytes`, sorted.
fn names(bytes: &[u8]) -> Vec<String> {
    let mut names: Vec<String> = bytes
        .split(|b| *b == 0)
        .filter(|name| !name.is_empty())
        .map(|name| name.escape_ascii().to_string())
        .collect();
    names.sort();
    names
}

/// Runs `words` with -print0 at the end both ways over the fixture and compares what is found.
fn same_as_gnu(words: &[&str]) {
    let dir = fixture();
    let words = [&["find"], words, &["-print0"]].concat();
    let ran = run(&view_of(dir.path()), &words);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""), "{words:?}");
    let theirs = gnu(dir.path(), &words);
    assert_eq!(names(&ran.stdout), names(&theirs), "{words:?}");
}

#[test]
fn the_whole_tree_is_what_gnu_finds_whatever_the_path_looks_like() {
    for paths in
        [&[][..], &["."], &["./"], &["sub", "a.txt", "void"], &["sub//"], &["link"], &["absolute"]]
    {
        same_as_gnu(paths);
    }
    same_as_gnu(&["-H", "link", "dangling"]);
}

#[test]
fn names_and_paths_are_matched_as_gnu_matches_them() {
    for pattern in [
        "*",
        "*.txt",
        ".*",
        "[a-c]*",
        "?ub",
        "*e*",
        "A*",
        "bad*",
        "s?ren",
        "two words",
        "sub/",
        "[!a]*",
    ] {
        same_as_gnu(&[".", "-name", pattern]);
        same_as_gnu(&[".", "-iname", pattern]);
        same_as_gnu(&[".", "-path", pattern]);
    }
    same_as_gnu(&["-path", "./sub/*"]);
    same_as_gnu(&["-ipath", "*DEEP*"]);
    same_as_gnu(&["sub/", "-name", "sub"]);
    same_as_gnu(&["-regex", "./su.*p"]);
}

#[test]
fn regex_takes_the_syntax_of_grep_e() {
    let dir = fixture();
    let view = view_of(dir.path());
    let ran = run(&view, &["find", "-regex", r"\./(([[:alpha:]]\.)t[x]t|sub)"]);
    let found = ran.text();
    let mut lines: Vec<_> = found.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["./a.txt", "./sub"]);
    let refused = run(&view, &["find", "-regex", r"(a)\1"]);
    assert_eq!(
        refused.stderr.lines().next(),
        Some(r"find: -regex: back-reference \1: not supported")
    );
}

#[test]
fn facts_are_compared_as_gnu_compares_them() {
    for test in [
        &["-type", "f"][..],
        &["-type", "d,l"],
        &["-type", "p"],
        &["-type", "s"],
        &["-empty"],
        &["-size", "+1k"],
        &["-size", "-1k"],
        &["-size", "1"],
        &["-size", "25c"],
        &["-size", "-2M"],
        &["-size", "+2000"],
        &["-mtime", "+99"],
        &["-mtime", "-3"],
        &["-mtime", "1"],
        &["-mtime", "0"],
        &["-mmin", "-5"],
        &["-mmin", "+5"],
        &["-mmin", "1441"],
        &["-newer", "b.log"],
        &["-newer", "a.txt"],
        &["-perm", "644"],
        &["-perm", "-4000"],
        &["-perm", "/6000"],
        &["-perm", "/u+s,g+s"],
        &["-perm", "-u+x"],
        &["-perm", "u=rwx,go=rx"],
        &["-perm", "-1000"],
        &["-perm", "/000"],
        &["-links", "2"],
        &["-links", "+1"],
        &["-inum", "1"],
        &["-uid", "0"],
        &["-gid", "-1"],
        &["-user", "0"],
        &["-true"],
        &["-false"],
        &["-cmin", "-5"],
    ] {
        same_as_gnu(test);
    }
}

#[test]
fn operators_bind_as_those_of_gnu() {
    for words in [
        "-type f -name *.txt -o -type d",
        "( -type f -o -type d ) -name s*",
        "! -type f",
        "-not ( -name a* -o -name b* ) -a -type f",
        "-type d -name sub -prune -o",
        "-name deeper -prune -o -name sub -o",
        "-false -o -true",
        "! ! -type l",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        same_as_gnu(&words);
    }
}

#[test]
fn depths_are_those_of_gnu() {
    for words in [
        &["-maxdepth", "0"][..],
        &["-maxdepth", "1"],
        &["-mindepth", "1"],
        &["-mindepth", "2", "-maxdepth", "2"],
        &["-depth"],
        &["-depth", "-maxdepth", "1"],
        &["-xdev"],
        &[".", "sub", "-mindepth", "1", "-maxdepth", "2"],
    ] {
        same_as_gnu(words);
    }
}

#[test]
fn without_an_action_names_are_printed_and_links_are_not_followed() {
    let dir = fixture();
    let view = view_of(dir.path());
    assert_eq!(
        run(&view, &["find", "sub", "-depth", "-name", "*deep*"]).text(),
        "sub/deeper/deepest\nsub/deeper\n"
    );
    assert_eq!(run(&view, &["find", "absolute"]).text(), "absolute\n");
    assert_eq!(
        run(&view, &["find", "/sub", "-maxdepth", "1", "-type", "f"]).text(),
        "/sub/inner\n"
    );
    assert_eq!(run(&view, &["find", "-quit"]).text(), "");
    assert_eq!(run(&view, &["find", "sub", "void", "-print", "-quit"]).text(), "sub\n");
}

#[test]
fn a_list_has_the_columns_of_gnu() {
    let view = view_of(Path::new("/"));
    for words in [
        ["find", "/etc/passwd", "-ls"],
        ["find", "/dev/null", "-ls"],
        ["find", "/dev/stdin", "-ls"],
    ] {
        let theirs = gnu(Path::new("/"), &words);
        assert_eq!(run(&view, &words).text(), String::from_utf8_lossy(&theirs));
    }
}

#[test]
fn a_link_out_of_the_root_leads_nowhere() {
    let above = tempfile::tempdir().unwrap();
    let root = above.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(above.path().join("secret"), "").unwrap();
    symlink("..", root.join("up")).unwrap();
    let view = view_of(&root);
    assert_eq!(
        run(&view, &["find", "-H", "up", "/../.."]).text(),
        "up\nup/up\n/../..\n/../../up\n"
    );
}

#[test]
fn a_tree_four_thousand_deep_is_walked_to_its_bottom_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let _deep = Deep::new(dir.path(), 4_000);
    fs::write(dir.path().join("d/d/d/late"), "").unwrap();
    fs::write(dir.path().join("z"), "").unwrap();
    let view = view_of(dir.path());
    let found = run(&view, &["find", ".", "-name", "bottom"]);
    assert_eq!((found.stderr.as_str(), found.text().len()), ("", 2 + 2 * 4_000 + "bottom\n".len()));
    let all = run(&view, &["find", ".", "-depth", "-type", "d,f"]);
    assert_eq!((all.exit, all.text().lines().count()), (Exit::OK, 4_000 + 1 + 3));
    assert!(all.text().contains("\n./d/d/d/late\n") || all.text().starts_with("./d/d/d/late\n"));
    assert!(all.text().contains("./z\n"));
}

#[test]
fn a_directory_that_may_not_be_read_is_named_and_the_rest_is_found() {
    use std::os::unix::fs::PermissionsExt;
    let dir = fixture();
    fs::set_permissions(dir.path().join("void"), fs::Permissions::from_mode(0o000)).unwrap();
    let ran = run(&view_of(dir.path()), &["find", ".", "-name", "inner", "-o", "-name", "void"]);
    let lines = ran.text().lines().count();
    assert_eq!(lines, 2);
    if nix::unistd::geteuid().is_root() {
        assert_eq!(ran.stderr, "");
    } else {
        assert_eq!(
            (ran.exit, ran.stderr.as_str()),
            (Exit::FAILURE, "find: ./void: permission denied\n")
        );
    }
    let missing = run(&view_of(dir.path()), &["find", "nosuch", "sub/inner"]);
    assert_eq!((missing.exit, missing.text()), (Exit::FAILURE, "sub/inner\n"));
    assert_eq!(missing.stderr, "find: nosuch: no such file or directory\n");
    // So that an ordinary user can take the folder away.
    fs::set_permissions(dir.path().join("void"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn tools_run_on_each_file_or_on_many() {
    let dir = fixture();
    let view = view_of(dir.path());
    let each = run(&view, &["find", "sub", "-type", "f", "-exec", "echo", "<{}>", "{}", ";"]);
    let mut lines: Vec<&str> = each.text().lines().collect();
    lines.sort();
    assert_eq!(lines, ["<sub/deeper/.dot> sub/deeper/.dot", "<sub/inner> sub/inner"]);
    let many = run(&view, &["find", "sub", "-type", "f", "-exec", "echo", "-", "{}", "+"]);
    let mut words: Vec<&str> = many.text().trim_end().split(' ').collect();
    words.sort();
    assert_eq!(words, ["-", "sub/deeper/.dot", "sub/inner"]);
    assert_eq!(run(&view, &["find", "sub/inner", "-exec", "cat", "{}", ";"]).text(), "inner");
}

#[test]
fn the_outcome_of_a_tool_is_a_test_and_for_many_the_outcome_of_find() {
    let dir = fixture();
    let view = view_of(dir.path());
    let ran = run(&view, &["find", "fifo", "run", "-exec", "cat", "{}", ";", "-print"]);
    assert_eq!((ran.exit, ran.text()), (Exit::OK, "#!/bin/true\nrun\n"));
    assert!(ran.stderr.starts_with("cat: fifo: is a FIFO"), "{}", ran.stderr);
    assert_eq!(run(&view, &["find", "fifo", "-exec", "cat", "{}", "+"]).exit, Exit::FAILURE);
}

#[test]
fn a_program_that_is_no_tool_is_refused_before_anything_is_done() {
    let dir = fixture();
    let ran = run(&view_of(dir.path()), &["find", "-print", "-exec", "/bin/sh", "{}", ";"]);
    assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""));
    assert!(ran.stderr.starts_with("find: -exec: /bin/sh is no tool of dbg\n"), "{}", ran.stderr);
}

#[test]
fn nothing_is_deleted_unless_the_view_may_be_written() {
    let dir = fixture();
    let mut view = view_of(dir.path());
    let ran = run(&view, &["find", "sub", "-delete"]);
    assert_eq!((ran.exit, ran.stderr.contains("--write")), (Exit::FAILURE, true));
    assert!(dir.path().join("sub/inner").exists());
    view.writable = true;
    let ran = run(&view, &["find", "sub", "absolute", ".", "-name", "inner", "-delete"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""));
    assert!(!dir.path().join("sub/inner").exists());
    let ran = run(&view, &["find", "sub", "link", "-delete"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""));
    assert!(!dir.path().join("sub").exists() && dir.path().join("a.txt").exists());
    assert!(fs::symlink_metadata(dir.path().join("link")).is_err());
    let ran = run(&view, &["find", ".", "-delete"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn wrong_expressions_are_wrong_usage_and_say_what_is_wrong() {
    let dir = fixture();
    let view = view_of(dir.path());
    let usage = |words: &[&str]| -> Ran {
        let ran = run(&view, &[&["find"], words].concat());
        assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""), "{words:?}");
        ran
    };
    assert_eq!(
        usage(&["-nosuch"]).stderr,
        "find: -nosuch is no test or action\nfind: hint: find --help lists them\n"
    );
    assert_eq!(usage(&["-name"]).stderr, "find: -name wants a word behind it\n");
    assert_eq!(usage(&["(", "-true"]).stderr, "find: a ( has no )\n");
    assert_eq!(usage(&["-true", ")"]).stderr, "find: ) has no ( before it\n");
    for words in [
        &["-size", "x"][..],
        &["-type", "q"],
        &["-perm", "u"],
        &["-mtime", ""],
        &["-user", "nobody-there"],
        &["-true", "-o"],
        &["-exec", "echo"],
        &["-regex", "("],
    ] {
        usage(words);
    }
    usage(&["!"; 10_000]);
    assert!(run(&view, &["find", "--help"]).text().contains("-maxdepth"));
}

#[test]
fn json_has_a_typed_object_for_each_file() {
    let dir = fixture();
    let view = view_of(dir.path());
    let json = run(&view, &["find", "sub/inner", "link", "--json"]).json();
    assert_eq!((&json[0]["path"], &json[0]["size"]), (&"sub/inner".into(), &5.into()));
    assert_eq!((&json[1]["kind"], &json[1]["target"]), (&"link".into(), &"a.txt".into()));
    assert_eq!(run(&view, &["find", "-false", "--json"]).text(), "[]\n");
}

#[test]
fn a_terminal_a_full_device_and_a_closed_pipe_are_met_as_by_every_tool() {
    let dir = fixture();
    let view = view_of(dir.path());
    let shown = run_on_terminal(&view, &["find"], 80);
    assert!(shown.contains("./bad\\xff\\x1b[31m\\nname"), "{shown:?}");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(
        run_to(&view, &["find"], full.into()),
        (Exit::FAILURE, "find: no space left on device\n".into())
    );
    for words in [&["find"][..], &["find", "-type", "f", "-exec", "cat", "{}", ";"]] {
        let (read, write) = nix::unistd::pipe().unwrap();
        drop(read);
        assert_eq!(run_to(&view, words, write), (Exit::signal(libc::SIGPIPE), String::new()));
    }
}

#[test]
fn times_and_targets_of_links_are_compared_as_gnu_compares_them() {
    for words in [
        &["-newer", "a.txt"][..],
        &["-anewer", "a.txt"],
        &["-cnewer", "a.txt"],
        &["-newermc", "large"],
        &["-neweram", "b.log"],
        &["-newermt", "@1500000000"],
        &["-lname", "*a.txt"],
        &["-ilname", "NO*"],
        &["-samefile", "a.txt"],
        &["-samefile", "link"],
        &["-regextype", "posix-basic", "-regex", r".*\(txt\|log\)"],
        &["-iwholename", "*SUB*"],
    ] {
        same_as_gnu(&[&["."], words].concat());
    }
}

#[test]
fn with_dash_l_links_are_what_they_lead_to_and_circles_end() {
    let dir = fixture();
    fs::remove_file(dir.path().join("absolute")).unwrap();
    fs::remove_file(dir.path().join("sub/up")).unwrap();
    symlink("sub", dir.path().join("directory")).unwrap();
    let view = view_of(dir.path());
    for words in [
        &["find", "-L", ".", "-print0"][..],
        &["find", "-L", ".", "-type", "l", "-print0"],
        &["find", "-L", ".", "-type", "d", "-print0"],
        &["find", "-L", ".", "-depth", "-print0"],
        &["find", "-L", ".", "-xtype", "l", "-print0"],
        &["find", "-L", "directory", "-print0"],
        &["find", ".", "-xtype", "l", "-print0"],
        &["find", ".", "-xtype", "f,l", "-print0"],
        &["find", ".", "-follow", "-name", "inner", "-print0"],
    ] {
        let ran = run(&view, words);
        assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::OK, ""), "{words:?}");
        assert_eq!(names(&ran.stdout), names(&gnu(dir.path(), words)), "{words:?}");
    }
    symlink("..", dir.path().join("sub/up")).unwrap();
    let ran = run(&view, &["find", "-L", "."]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.contains("leads back to a directory"), "{}", ran.stderr);
}

#[test]
fn printf_is_that_of_gnu_byte_for_byte() {
    let dir = fixture();
    let view = view_of(dir.path());
    let formats = [
        r"%p|%f|%h|%P|%H|%d\n",
        r"%s|%k|%b|%m|%M|%U|%G|%n|%i|%D\n",
        r"[%-12f][%12f][%05m][%.2f]\n",
        r"%l|%y|%Y\n",
        r"%t|%T@|%T+|%TY-%Tm-%Td %TH:%TM:%TS|%TT|%c|%C@\n",
        r"%%\t\\\101\n",
        r"%f\n\cnever",
        r"%u %g\n",
    ];
    for format in formats {
        for name in ["a.txt", "b.log", "link", "dangling", "fifo", "inner", "deeper", "large", "up"]
        {
            let words = ["find", ".", "sub/", "-name", name, "-printf", format];
            let (ours, theirs) = (run(&view, &words), gnu(dir.path(), &words));
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            // The owners' names are those of the fixture, which has none.
            if format.starts_with("%u") {
                assert_eq!(
                    ours.stdout,
                    gnu(dir.path(), &["find", ".", "sub/", "-name", name, "-printf", r"%U %G\n"])
                );
            } else {
                assert_eq!(text(&ours.stdout), text(&theirs), "{words:?}");
            }
        }
    }
    for wrong in ["%", "%q", "%T", "%99999999999999999999f", "%T!"] {
        assert_eq!(run(&view, &["find", ".", "-printf", wrong]).exit, Exit::USAGE, "{wrong}");
    }
}

#[test]
fn json_may_be_asked_for_anywhere_and_replaces_what_would_be_printed() {
    let dir = fixture();
    let view = view_of(dir.path());
    let expected = run(&view, &["find", "sub", "-type", "f", "--json"]).stdout;
    assert_eq!(run(&view, &["find", "--json", "sub", "-type", "f"]).stdout, expected);
    assert_eq!(run(&view, &["find", "sub", "--json", "-type", "f"]).stdout, expected);
    assert_eq!(run(&view, &["find", "sub", "-type", "f", "-print", "--json"]).stdout, expected);
    let pruned =
        ["find", "--json", ".", "-name", "deeper", "-prune", "-o", "-name", "i*", "-print"];
    assert_eq!(run(&view, &pruned).json().as_array().unwrap().len(), 1);
}

#[test]
fn actions_that_write_or_run_programs_are_refused_by_name() {
    let dir = fixture();
    for action in ["-fprint", "-fprintf", "-fls", "-execdir", "-ok"] {
        let ran = run(&view_of(dir.path()), &["find", ".", action, "x"]);
        assert_eq!(ran.exit, Exit::USAGE);
        assert!(ran.stderr.contains(action), "{}", ran.stderr);
    }
}

#[test]
fn who_may_read_is_judged_by_the_main_process() {
    let dir = fixture();
    let mut view = view_of(dir.path());
    assert_eq!(run(&view, &["find", ".", "-readable"]).exit, Exit::CANNOT_RUN);
    let status = std::fs::read("/proc/thread-self/status").unwrap();
    view.who = Ok(dbg::view::Identity::parse_status(&status).unwrap());
    for test in ["-readable", "-writable", "-executable"] {
        for words in [
            vec!["find", ".", "!", "-type", "l", test],
            vec!["find", ".", "!", "-type", "l", "!", test],
        ] {
            let sorted = |bytes: &[u8]| {
                let mut lines: Vec<Vec<u8>> =
                    bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
                lines.sort();
                lines
            };
            let theirs = gnu(dir.path(), &words);
            let ours = run(&view, &words);
            assert_eq!(sorted(&ours.stdout), sorted(&theirs), "{words:?} {}", ours.stderr);
        }
    }
}
