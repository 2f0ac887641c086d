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
        ("read x < <(echo a)", "process substitution"),
        ("echo <(echo a)", "process substitution"),
        ("coproc echo a", "coproc"),
        ("select x in a; do :; done", "select"),
        ("exec echo a", "exec of a command"),
        ("umask 077", "umask"),
        ("set -o noclobber", "noclobber"),
        ("set -C", "-C"),
        ("declare -n x=y", "name references"),
        ("trap : DEBUG", "DEBUG"),
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
fn a_script_of_bytes_that_are_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let target = Target::new();
    let script = std::ffi::OsStr::from_bytes(b"echo \xff");
    let out = target.shell().arg("-c").arg(script).output().unwrap();
    assert_eq!((out.stdout.as_slice(), out.status.code()), (&b""[..], Some(2)));
    assert!(String::from_utf8_lossy(&out.stderr).contains("UTF-8"));
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
}
