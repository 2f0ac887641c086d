//! What the shell does because there is a view under it.

use super::Target;
use dbg::view::Root;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

#[test]
fn a_read_only_view_refuses_to_write_and_says_how_to_allow_it() {
    let target = Target::new();
    let file = target.dir().join("new");
    for redirect in [">", ">>", "&>", "<>", ">|"] {
        let (out, err, code) = target.run(&format!("echo x {redirect} $D/new"));
        assert_eq!((out.as_str(), code), ("", Some(1)), "{redirect}");
        assert!(err.contains("read-only") && err.contains("--write"), "{redirect}: {err}");
    }
    assert!(!file.exists());
    let (.., code) = target.run("echo x > $D/lines; read l < $D/lines; [ $l = one ]");
    assert_eq!(code, Some(0));
}

#[test]
fn a_view_that_may_be_changed_is_written_to() {
    let target = Target::new();
    let script = "cd $D; echo one > new; echo two >> new; cat new; { echo a; nosuch; } &> new; \
                  read x < new; echo $x; > new; cat new; echo b > sub/c; cat sub/c; echo c > sub";
    let mut shell = target.shell_with(&["--write", "sh"]);
    let out = shell.args(["-c", script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "one\ntwo\na\nb\n");
    let err = String::from_utf8_lossy(&out.stderr);
    assert!(err.contains("sub: is a directory") && out.status.code() == Some(1), "{err}");
}

#[test]
fn the_null_device_is_not_looked_for_in_the_target() {
    let target = Target::new();
    let (out, err, code) = target.run("echo a >/dev/null; nosuch 2>/dev/null; echo $?");
    assert_eq!((out.as_str(), err.as_str(), code), ("127\n", "", Some(0)));
}

#[test]
fn what_is_not_supported_says_so_by_name() {
    let target = Target::new();
    for (script, name) in [
        ("/usr/bin/env <(echo a)", "process substitution for a program"),
        ("coproc echo a", "coproc"),
        ("exec echo a", "exec of a command"),
        ("exec {fd}< /etc/passwd", "exec {NAME}<"),
        ("umask u=rwx", "umask: u=rwx"),
        ("ulimit -n", "ulimit"),
        ("suspend", "suspend"),
        ("set -o noclobber", "noclobber"),
        ("set -C", "-C"),
        ("declare -n x=y", "name references"),
        ("trap : DEBUG", "DEBUG"),
        ("trap : RETURN", "RETURN"),
        ("shopt -s lastpipe", "lastpipe"),
        ("echo ${x@P}", "@P"),
        ("read x < /dev/tcp/127.0.0.1/1", "/dev/tcp"),
    ] {
        let (out, err, code) = target.run(script);
        let is_said = err.contains(name) && err.contains("not supported");
        assert!(out.is_empty() && is_said && code != Some(0), "{script}: {out}{err}");
    }
}

#[test]
fn a_name_that_is_nearly_a_command_is_hinted_at() {
    let (_, err, code) = Target::new().run("ehco a");
    assert_eq!(code, Some(127));
    assert!(err.contains("ehco: command not found") && err.contains("did you mean echo?"), "{err}");
}

#[test]
fn bytes_that_are_no_text_pass_through() {
    use std::os::unix::ffi::OsStrExt;
    let target = Target::new();
    let name = std::ffi::OsStr::from_bytes(b"z\xff\xfe");
    std::fs::write(target.dir().join(name), "").unwrap();
    let script = "cd $D; for f in z*; do echo \"$f\" ${#f}; x=${f#z}; echo \"$x\"; done";
    let out = target.shell().args(["-c", script]).output().unwrap();
    assert_eq!(out.stdout, b"z\xff\xfe 3\n\xff\xfe\n");
}

#[test]
fn a_script_may_hold_bytes_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let target = Target::new();
    let script =
        b"x=\xff; echo \"$x\xfe\" '\xc3'; case $x in \xff) echo same;; esac; eval 'echo \xfd'; \
                   cat <<E\n\xfc $x\nE\necho \xf4\x8f\xb8\x81 \xc3\xa9";
    let expected = b"\xff\xfe \xc3\nsame\n\xfd\n\xfc \xff\n\xf4\x8f\xb8\x81 \xc3\xa9\n";
    let by_word =
        target.shell().arg("-c").arg(std::ffi::OsStr::from_bytes(script)).output().unwrap();
    assert_eq!((by_word.stdout.as_slice(), by_word.status.code()), (&expected[..], Some(0)));
    let file = target.dir().join("script");
    std::fs::write(&file, script).unwrap();
    let by_file = target.shell().stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
    assert_eq!(by_file.stdout, expected);
}

#[test]
fn a_tool_opens_what_the_shell_lends_and_no_other_descriptor() {
    let target = Target::new();
    let (out, _, code) =
        target.run("cat <(echo a); echo b | cat /dev/fd/0; exec 5< $D/lines; head -1 /dev/fd/5");
    assert_eq!((out.as_str(), code), ("a\nb\none\n", Some(0)));
    let script = "for n in 4 6 7 8 9 10 11 12 62 63; do cat /dev/fd/$n && echo open $n; \
                  read x < /dev/fd/$n && echo read $n; done";
    let (out, ..) = target.run(script);
    assert_eq!(out, "");
    let (out, err, code) = target.run("x=$(echo <(:)); cat $x");
    assert_eq!((out.as_str(), code), ("", Some(1)), "{err}");
}

#[test]
fn a_pipe_of_the_shell_may_be_written_to_in_a_read_only_view() {
    let target = Target::new();
    let (out, err, code) =
        target.run("echo a | tee >(cat >&2); wait; echo b > >(cat); wait; echo c | tee $D/new");
    assert_eq!(out, "a\nb\nc\n");
    assert!(err.contains("a\n") && err.contains("--write") && code == Some(1), "{err}");
    let (out, _, code) = target.run("echo d | tee /dev/stderr 2>&1");
    assert_eq!((out.as_str(), code), ("d\nd\n", Some(0)));
}

#[test]
fn the_reader_that_leaves_ends_a_process_substitution() {
    let (out, _, code) = Target::new().run("head -1 <(while :; do echo y; done); wait; echo end");
    assert_eq!((out.as_str(), code), ("y\nend\n", Some(0)));
}

#[test]
fn what_nests_too_deep_is_refused_and_no_overflow() {
    let target = Target::new();
    let nest = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(3000), close.repeat(3000))
    };
    for script in [
        nest("( ", "echo a", " )"),
        nest("if :; then ", "echo a", "; fi"),
        format!("echo $(({}))", nest("(", "1", ")")),
        format!("echo {}", nest("${a:-", "1", "}")),
        format!("[[ {} ]]", nest("( ", "a", " )")),
        format!("[[ a == {} ]]", nest("@(", "a", ")")),
        format!("x='{}'; echo $((x))", nest("(", "1", ")")),
    ] {
        let (out, err, code) = target.run(&script);
        assert!(out.is_empty() && matches!(code, Some(1 | 2)), "{code:?} {err}");
        assert!(err.contains("inside each other"), "{err}");
    }
    let (_, err, code) = target.run("x='eval \"$x\"'; eval \"$x\"; f() { cat <(f); }; f");
    assert!(err.contains("texts inside each other") && code == Some(0), "{err}");
    let script = "p=$(printf '@(%.0s' {1..3000})a$(printf ')%.0s' {1..3000}); [[ a == $p ]]";
    let (.., code) = target.run(script);
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
}

#[test]
fn many_children_are_collected_while_a_script_runs() {
    let script =
        "for ((i=0;i<2000;i++)); do (exit 3) & done; wait $!; echo $?; wait; echo $? ; jobs";
    let (out, err, code) = Target::new().run(script);
    assert_eq!((out.as_str(), err.as_str(), code), ("3\n0\n", "", Some(0)));
}

#[test]
fn an_expansion_without_an_end_in_sight_is_refused() {
    for script in ["echo {1..100000000}", "echo {1..1000}{1..1000}{1..1000}"] {
        let (out, err, code) = Target::new().run(script);
        assert_eq!((out.as_str(), code), ("", Some(1)));
        assert!(err.contains("too many words"), "{err}");
    }
}

#[test]
fn a_syntax_error_runs_nothing_and_ends_in_2() {
    let (out, _, code) = Target::new().run("echo a; if");
    assert_eq!((out.as_str(), code), ("", Some(2)));
}

#[test]
fn recursion_without_an_end_is_refused() {
    let (out, err, code) = Target::new().run("f() { f; }; f; echo never");
    assert_eq!((out.as_str(), code), ("", Some(1)));
    assert!(err.contains("function calls"), "{err}");
}

#[test]
fn expressions_that_name_each_other_are_refused() {
    let (.., code) = Target::new().run("a=b b=a; echo $((a))");
    assert_eq!(code, Some(1));
}

#[test]
fn the_environment_is_the_targets_and_not_ours() {
    let target = Target::new();
    let out =
        target.shell().args(["-c", "echo \"$D|$OURS|$SHELL\""]).env("OURS", "secret").output();
    let expected = format!("{}||\n", target.dir().display());
    assert_eq!(String::from_utf8_lossy(&out.unwrap().stdout), expected);
}

#[test]
fn endless_output_of_a_substitution_is_cut_off() {
    let (out, err, code) = Target::new().run("x=$(while :; do echo {1..2000}; done); echo never");
    assert_eq!((out.as_str(), code), ("", Some(1)));
    assert!(err.contains("16 MiB"), "{err}");
}

#[test]
fn a_script_whose_reader_left_ends() {
    let target = Target::new();
    let script = "while :; do echo x; done";
    let mut child = target.shell().args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(141));
}

#[test]
fn a_script_dies_of_an_interrupt() {
    let target = Target::new();
    let mut child = target
        .shell()
        .args(["-c", "echo on; while :; do :; done"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 3];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
    let pid = nix::unistd::Pid::from_raw(child.id() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGINT));
}

#[test]
fn a_later_command_reads_what_follows_the_script_in_a_pipe_and_in_a_file() {
    let target = Target::new();
    let script = "read x\nsome data\necho \"got $x\"\n";
    let file = target.dir().join("script");
    std::fs::write(&file, script).unwrap();
    let out = target.shell().stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
    assert_eq!(out.stdout, b"got some data\n");
    let mut shell = target.shell();
    let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"got some data\n");
}

#[test]
fn files_are_made_inside_the_root_only_and_nothing_but_files() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let root = Root::new(OwnedFd::from(std::fs::File::open(dir.path()).unwrap()));
    let write = |path: &str, append: bool, text: &str| {
        root.create(Path::new(path), append).map(|mut file| file.write_all(text.as_bytes()))
    };
    write("/new", false, "one").unwrap().unwrap();
    write("/new", true, "two").unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(dir.path().join("new")).unwrap(), "onetwo");
    write("/new", false, "three").unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(dir.path().join("new")).unwrap(), "three");

    std::os::unix::fs::symlink(outside.path().join("x"), dir.path().join("link")).unwrap();
    assert!(write("/link", false, "out").is_err());
    assert!(write("/../../up", false, "up").is_ok());
    assert!(dir.path().join("up").exists() && !outside.path().join("x").exists());

    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    nix::unistd::mkfifo(&dir.path().join("fifo"), mode).unwrap();
    let refused = write("/fifo", false, "").unwrap_err();
    assert!(refused.to_string().contains("not a regular file"), "{refused}");
    assert!(write("/", false, "").is_err());

    for name in ["/new/", "/new2/.", "/new3/.."] {
        assert!(write(name, false, "").is_err());
    }
    assert!(!dir.path().join("new2").exists());
}

#[test]
fn nothing_is_written_where_a_write_is_a_request_to_the_kernel() {
    let root = Root::new(OwnedFd::from(std::fs::File::open("/").unwrap()));
    for path in ["/proc/self/comm", "/proc/self/new", "/proc/new"] {
        let refused = root.create(Path::new(path), false).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{path}: is in proc")), "{refused}");
    }
    let dir = root.open_dir(Path::new("/proc/self")).unwrap();
    assert!(dir.remove(c"comm", false).unwrap_err().to_string().contains("is in proc"));
}

#[test]
fn a_pipe_of_the_shell_is_the_output_of_any_tool() {
    let target = Target::new();
    let (out, err, code) =
        target.run("echo a | sort -o >(cat); wait; echo b | uniq - >(cat); wait");
    assert_eq!((out.as_str(), err.as_str(), code), ("a\nb\n", "", Some(0)));
    let (out, err, code) =
        target.run("echo a | tee /dev/null; cat /proc/self/fd/0 < $D/lines | head -1");
    assert_eq!((out.as_str(), err.as_str(), code), ("a\none\n", "", Some(0)));
}

#[test]
fn env_shows_what_the_shell_exports_over_what_the_target_was_started_with() {
    let target = Target::new();
    let (out, err, _) = target.run("export A=1; B=2; env | grep -E '^(A|B|HOME|LANG)='");
    assert_eq!(out, "HOME=/root\nLANG=C.UTF-8\nA=1\n", "{err}");
    for (script, expected) in [
        (
            "export HOME=/x; printenv HOME; printenv -p 1 HOME >/dev/null; env | grep -c HOME",
            "/x\n1\n",
        ),
        ("unset LANG; printenv LANG || echo gone", "gone\n"),
        ("X=7 printenv X; printenv X || echo gone", "7\ngone\n"),
        ("export X=1; env X=2 Y=3 printenv X Y; printenv X", "2\n3\n1\n"),
        ("TZ=XYZ-3 date -d @0 +%H%Z; env TZ=XYZ-4 date -d @0 +%H", "03XYZ\n04\n"),
        (
            "f() { local L=5; export L; printenv L; }; f; (export S=1; printenv S); printenv S || echo no",
            "5\n1\nno\n",
        ),
    ] {
        let (out, err, _) = target.run(script);
        assert_eq!(out, expected, "{script}: {err}");
    }
    // What is asked of a process by its number is that process's.
    let pid = target.child.id();
    let (out, err, _) = target.run(&format!("export HOME=/x; printenv -p {pid} HOME"));
    assert_eq!(out, "/root\n", "{err}");
}

#[test]
fn an_array_of_short_lines_is_bounded_by_what_it_takes() {
    let target = Target::new();
    let script = "yes | head -n 300000 | { mapfile x; }; echo end";
    let (_, err, _) = target.run(script);
    assert!(err.contains("mapfile: more than 16 MiB"), "{err}");
    let (out, err, _) = target.run("yes | head -n 100000 | { mapfile x; echo ${#x[@]}; }");
    assert_eq!((out.as_str(), err.as_str()), ("100000\n", ""));
}

#[test]
fn a_line_of_a_file_is_read_ahead_and_the_rest_is_given_back() {
    let target = Target::new();
    std::fs::write(target.dir().join("long"), "x".repeat(10_000) + "\nsecond\nthird\n").unwrap();
    let counted = Path::new("/proc/self/io").exists();
    let script = "{ read -r a; read -r -N 3 b; cat; } < $D/long; echo ${#a} $b";
    let (out, err, _) = target.run(script);
    assert_eq!((out.as_str(), err.as_str()), ("ond\nthird\n10000 sec\n", ""));
    // The shell's own calls: a file is not read byte by byte.
    if counted {
        let script = "read -r a < $D/long; while read -r k v; do [ $k = syscr: ] && \
                      echo $((v < 5000)); done < /proc/$$/io";
        assert_eq!(target.run(script).0, "1\n");
    }
}
