use crate::common::gnu::same;
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;

#[test]
fn rows_of_numbers_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &["5"][..],
        &["0"],
        &["-3", "3"],
        &["3", "-1", "-3"],
        &["1", "0.5", "3.25"],
        &["0.1", "0.1", "1"],
        &["-w", "8", "12"],
        &["-w", "-5", "5", "10"],
        &["-w", "1", "0.25", "10"],
        &["-w", "1", "10.5"],
        &["-w", "0.5", "10"],
        &["-s,", "3"],
        &["-s", "", "3"],
        &["10", "1"],
        &["1", "10", "95"],
        &["-w", "099", "101"],
        &["+1", "3"],
        &[".5", "2"],
        &["-w", "-.5", "2"],
        &["1.10", "1.3"],
        &["-w", "1", "-3"],
        &["5", "-2", "-5"],
        &["-w", "5", "-2", "-5"],
        &["1", "1.00", "3"],
        &["100000"],
        &["99999999999999999", "100000000000000001"],
        &["-0.5", "0.25", "0.5"],
        &["2", "1.9"],
    ] {
        same(dir.path(), &[&["seq"], words].concat(), b"");
    }
}

#[test]
fn what_is_no_number_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &[][..],
        &["x"],
        &["1", "0", "2"],
        &["1", "2", "3", "4"],
        &["1e400"],
        &[""],
        &["."],
        &["--5"],
        &["9999999999999999999999999999999"],
    ] {
        assert_eq!(
            run(&view_of(dir.path()), &[&["seq"], words].concat()).exit,
            Exit::USAGE,
            "{words:?}"
        );
    }
}

#[test]
fn a_line_is_repeated_until_nobody_reads_it() {
    use std::io::Read;
    for (words, line) in
        [(&["yes"][..], "y\n"), (&["yes", "no", "more"], "no more\n"), (&["yes", ""], "\n")]
    {
        let (read, write) = nix::unistd::pipe().unwrap();
        let reader = std::thread::spawn(move || {
            let mut bytes = vec![0; 100_000];
            std::fs::File::from(read).read_exact(&mut bytes).map(|()| bytes)
        });
        let dir = tempfile::tempdir().unwrap();
        let (exit, stderr) = crate::common::tool::run_to(&view_of(dir.path()), words, write);
        assert_eq!((exit, stderr.as_str()), (Exit::signal(libc::SIGPIPE), ""));
        assert!(reader.join().unwrap().unwrap() == line.repeat(100_000).as_bytes()[..100_000]);
    }
}

#[test]
fn a_format_prints_numbers_as_gnu_prints_them() {
    let dir = tempfile::tempdir().unwrap();
    for format in
        ["%g", "%03g", "x%5.2fy", "%e", "%-6.1f|", "100%% %G", "%+.3E", "%#g", "%'g", "a\\n%f"]
    {
        for numbers in [&["3"][..], &["0.5", "0.25", "1.5"], &["-1", "1"], &["10", "-5", "-10"]] {
            same(dir.path(), &[&["seq", "-f", format], numbers].concat(), b"");
            same(dir.path(), &[&["seq", "-s", ",", "-f", format], numbers].concat(), b"");
        }
    }
    for format in ["", "x", "%", "%d", "%s", "%g%g", "%5", "%%", "%*g", "% "] {
        let ran = run(&view_of(dir.path()), &["seq", "-f", format, "3"]);
        assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""), "{format}");
    }
    assert_eq!(run(&view_of(dir.path()), &["seq", "-w", "-f", "%g", "3"]).exit, Exit::USAGE);
}
