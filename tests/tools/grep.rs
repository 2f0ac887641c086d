use crate::common::gnu;
use crate::common::tool::{Ran, run, run_on_terminal, run_with, view_of};
use dbg::exit::Exit;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

fn ours(dir: &Path, words: &[&str], stdin: &[u8]) -> Ran {
    let words = [&["grep"], words].concat();
    run_with(&view_of(dir), words.iter().map(OsString::from).collect(), stdin)
}

/// What GNU grep prints, its exit code and its messages.
fn original(dir: &Path, words: &[impl AsRef<OsStr>], stdin: &[u8]) -> (Vec<u8>, i32, String) {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(stdin).unwrap();
    input.rewind().unwrap();
    let out = Command::new("grep")
        .args(words)
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .stdin(input)
        .output()
        .unwrap();
    (out.stdout, out.status.code().unwrap(), String::from_utf8_lossy(&out.stderr).into_owned())
}

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\n", "\n")
}

fn same(dir: &Path, words: &[&str], stdin: &[u8]) {
    let ran = ours(dir, words, stdin);
    let (stdout, code, told) = original(dir, words, stdin);
    let text = shown(&stdin[..stdin.len().min(300)]);
    assert_eq!(shown(&ran.stdout), shown(&stdout), "{words:?} of\n{text}");
    assert_eq!(i32::from(ran.exit.number()), code, "{words:?}: {} {told} of\n{text}", ran.stderr);
    // Who fails, tells; in whose words is ours to choose.
    let told = told.lines().filter(|line| !line.starts_with("grep: warning: "));
    assert_eq!(ran.stderr.is_empty(), told.count() == 0, "{words:?}: {}", ran.stderr);
}

const TEXT: &str = "alpha beta\nfoo\nFoo bar\nfoobar\n\nbar foo baz foo\n  indented\ttab\na.b*c[d]\n\
    caf\u{e9} \u{6587}\u{5b57} na\u{ef}ve\n12 345 6789\nfoo-bar_foo\nxx\naaa\nab\n^start end$\nlast";

#[test]
fn every_flag_prints_what_gnu_prints() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), TEXT).unwrap();
    fs::write(dir.path().join("b"), "foo\nnothing\n").unwrap();
    fs::write(dir.path().join("empty"), "").unwrap();
    fs::write(dir.path().join("pats"), "foo\nbar\n").unwrap();
    fs::write(dir.path().join("nopats"), "").unwrap();
    let cases: &[&[&str]] = &[
        &["foo", "a"],
        &["foo", "a", "b"],
        &["-i", "foo", "a"],
        &["-v", "foo", "a"],
        &["-w", "foo", "a"],
        &["-x", "foo", "a"],
        &["-n", "foo", "a", "b"],
        &["-c", "foo", "a", "b", "empty"],
        &["-vc", "foo", "a", "b", "empty"],
        &["-l", "foo", "a", "b", "empty"],
        &["-L", "foo", "a", "b", "empty"],
        &["-L", "o", "a", "b"],
        &["-cl", "foo", "a", "b"],
        &["-q", "foo", "a"],
        &["-q", "nosuch", "a"],
        &["-q", "foo", "a", "nosuch"],
        &["-o", "foo", "a"],
        &["-on", "o*", "a"],
        &["-oE", "a|ab|aaa|fo|foobar", "a"],
        &["-ow", "foo", "a"],
        &["-ov", "foo", "a"],
        &["-oi", "FOO", "a"],
        &["-h", "foo", "a", "b"],
        &["-H", "foo", "a"],
        &["-Hc", "foo", "a"],
        &["-A1", "Foo", "a", "b"],
        &["-B1", "foo", "a"],
        &["-C1", "foo", "a"],
        &["-1", "foo", "a"],
        &["-n", "-C2", "12", "a"],
        &["-nA0", "foo", "a"],
        &["-nB0", "foo", "a", "b"],
        &["-vnC1", "foo", "a"],
        &["-oC1", "foo", "a"],
        &["-onC1", "12", "a"],
        &["-ovnC1", "foo", "a"],
        &["-cC1", "foo", "a"],
        &["-B100", "last", "a"],
        &["-A100", "alpha", "a"],
        &["-A1", "-B3", "-C2", "12", "a"],
        &["-e", "foo", "-e", "bar", "a"],
        &["-e", "foo\nbar", "a"],
        &["-f", "pats", "a"],
        &["-f", "nopats", "a"],
        &["-vf", "nopats", "b"],
        &["-f", "pats", "-e", "last", "a"],
        &["-m1", "foo", "a", "b"],
        &["-m2", "-A1", "foo", "a"],
        &["-m2", "-nA3", "foo", "a"],
        &["-m2", "-vn", "foo", "a"],
        &["-m2", "-c", "foo", "a"],
        &["-m0", "foo", "a"],
        &["-m-1", "foo", "a"],
        &["-m1", "-o", "o", "a"],
        &["-F", "a.b*c[d]", "a"],
        &["-Fx", "foo", "a"],
        &["-Fw", "foo", "a"],
        &["-Fi", "CAF\u{c9}", "a"],
        &["-i", "na\u{cf}ve", "a"],
        &["-o", ".", "b"],
        &["-o", "caf.", "a"],
        &["", "a"],
        &["-v", "", "a"],
        &["-w", "", "a"],
        &["-x", "", "a"],
        &["-c", "^$", "a"],
        &["-n", "$", "a"],
        &["-E", "", "empty"],
        &["-s", "foo", "nosuch", "b"],
        &["foo", "nosuch", "b"],
        &["foo", "."],
        &["-e", "-x", "a"],
        &["--", "-x", "a"],
        &["foo", "a", "-n"],
        &["foo", "-", "b"],
        &["-c", "foo", "-", "b"],
        &["-l", "foo", "-", "b"],
        &["-H", "foo"],
        &["foo"],
        &["--color=always", "foo", "a"],
        &["--color=always", "-nC1", "foo", "a", "b"],
        &["--color=always", "-vn", "foo", "a"],
        &["--color=always", "-vnC1", "foo", "a"],
        &["--color=always", "-on", "foo", "a", "b"],
        &["--color=always", "-c", "foo", "a", "b"],
        &["--color=always", "-l", "foo", "a", "b"],
        &["--color=always", "o*", "a"],
        &["--color=auto", "foo", "b"],
        &["--color", "foo", "b"],
    ];
    for words in cases {
        same(dir.path(), words, b"foo of stdin\nbar\n");
    }
}

#[test]
fn patterns_mean_what_they_mean_to_gnu() {
    let dir = tempfile::tempdir().unwrap();
    let basic: &[&str] = &[
        "fo*",
        "^foo",
        "bar$",
        "^$",
        "a\\.b",
        "[abc]x*",
        "[^a-z]",
        "\\(foo\\|bar\\)",
        "fo\\{2\\}",
        "fo\\{1,\\}",
        "o\\{3\\}",
        "fo\\+",
        "foob\\?",
        "*c",
        "^*",
        "\\(*\\)",
        "a\\|*c",
        "\\<foo",
        "foo\\>",
        "\\bbar",
        "\\Bbar",
        "\\w\\+",
        "\\W",
        "\\s",
        "\\S\\s\\S",
        "[[:digit:]]\\+",
        "[[:alpha:]]",
        "[[:space:]]",
        "[[:upper:]]",
        "[[:punct:]]",
        "[]d]",
        "[^]]",
        "[a-]",
        "[.]",
        "[\\.]",
        "\\[d\\]",
        "[[.a.]]",
        "[[=a=]]b",
        "(foo)",
        "a{1}",
        "foo|bar",
        "a+",
        "\\^start",
        "end\\$",
        "^^",
        "$$",
        "x$y",
        "a^b",
        "\\`foo",
        "last\\'",
        "é",
        "[é文]",
        "caf.",
        "[[:alpha:]]\\{4\\}",
        "\\-",
        "\\/",
        "\\%",
        "a\\{,2\\}b",
    ];
    let extended: &[&str] = &[
        "foo|bar",
        "(foo|bar)+",
        "(foo)?-",
        "^(foo|)$",
        "a{3}",
        "a{2,}",
        "a{,2}b",
        "a{1",
        "a{x}",
        "*a",
        "+a",
        "?a",
        "a|*b",
        "(*a)",
        "(+b)",
        "a**",
        "a+*",
        "a*?",
        "a+?$",
        "(a*)+",
        "()",
        "(|a)b",
        "a||b",
        "|",
        "foo$|^bar",
        "(^foo)",
        "\\(",
        "\\{",
        "a\\|b",
        "a\\+",
        "\\<(foo|bar)\\>",
        "[(]",
        "[|]",
        "x{0}",
        "(ab){0,1}",
        "\\w+-\\w+",
        "[0-9]+ [0-9]+",
        "(12|345) ",
        "a.b",
        "\\.",
        "[[:blank:]]",
        "[[:alnum:]_]+",
        "^",
        "$",
        "^$",
        "^|x",
        "foo\\b",
        "o{2}b",
        "(fo)(ob)",
        "((f)(o))+",
        "a{1,2}{2}",
        "(a",
        "a)",
        ")",
        "[a",
        "a{2,1}",
        "[z-a]",
        "[[:foo:]]",
        "[:alpha:]",
        "a\\",
        "a{99999}",
        "[[.foo.]]",
    ];
    for (flag, patterns) in [("-G", basic), ("-E", extended)] {
        for pattern in patterns {
            for more in ["-n", "-on", "-w", "-x", "-ic"] {
                same(dir.path(), &[flag, more, "-e", pattern], TEXT.as_bytes());
            }
        }
    }
}

/// Patterns of a few pieces each, always the same ones.
#[test]
fn made_up_patterns_mean_what_they_mean_to_gnu() {
    let dir = tempfile::tempdir().unwrap();
    let mut seed = 20_261_121u64;
    let mut pick = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let basic = [
        "a", "b", "ab", "x", ".", "*", "^", "$", "\\(", "\\)", "\\|", "\\{2\\}", "\\?", "\\+",
        "[ab]", "[^a]", "\\w", "\\b", "\\<", " ",
    ];
    let extended = [
        "a", "b", "ab", "x", ".", "*", "^", "$", "(", ")", "|", "{2}", "?", "+", "[ab]", "[^a]",
        "\\w", "\\b", "\\>", " ",
    ];
    let text = "a\nb\nab\nba\naab\nabab\n\nx\nxx a\na b\n ab \n^a$\n(a)\n*\na+b\na{2}\na|b\naaaa bbbb\nxabx\n\u{e9}a\n";
    for round in 0..400 {
        let (flag, pieces): (_, &[&str]) =
            if round % 2 == 0 { ("-G", &basic) } else { ("-E", &extended) };
        let pattern: String = (0..1 + pick(6)).map(|_| pieces[pick(pieces.len())]).collect();
        // GNU's -w prefers a word to nothing at the same place; here they are alike.
        let may_be_empty = pattern.contains(['*', '?', '^', '$', '|']);
        let more = ["-on", "-x", "-vc", "-w"][pick(if may_be_empty { 3 } else { 4 })];
        // About a repetition of nothing, GNU's two engines do not agree with each other.
        if !repeats_nothing(&pattern) {
            same(dir.path(), &[flag, "-n", "-e", &pattern], text.as_bytes());
            // GNU puts its own parentheses around for -x and -w, and a stray one closes them.
            let more = if is_balanced(&pattern) { more } else { "-on" };
            same(dir.path(), &[flag, more, "-e", &pattern], text.as_bytes());
        }
    }
}

fn is_balanced(pattern: &str) -> bool {
    let mut depth = 0;
    pattern.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    })
}

/// Whether a repetition follows the beginning of an expression or an anchor.
fn repeats_nothing(pattern: &str) -> bool {
    let starts = ["", "(", "|", "^", "$", "\\(", "\\|", "\\b", "\\<", "\\>"];
    let repeats = ["*", "+", "?", "{", "\\{", "\\+", "\\?"];
    (0..pattern.len()).any(|at| {
        let before = &pattern[..at];
        repeats.iter().any(|r| pattern[at..].starts_with(r))
            && starts.iter().any(|s| if s.is_empty() { at == 0 } else { before.ends_with(s) })
    })
}

#[test]
fn binary_files_are_told_and_not_printed() {
    let dir = tempfile::tempdir().unwrap();
    let files: &[(&str, &[u8])] = &[
        ("nul", b"foo\n\0bar\nfoo\0foo\n"),
        ("latin", b"foo\nbar\xe9\n"),
        ("latin-in-line", b"foo\xe9\n"),
        ("text", b"foo\n"),
        ("cut", b"foo caf\xc3"),
        ("none", b"\0\0\0"),
    ];
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    for (name, _) in files {
        for flags in
            ["-n", "-c", "-vc", "-l", "-L", "-q", "-o", "-a", "-an", "-I", "-Ic", "-s", "-m1", "-v"]
        {
            for pattern in ["foo", "bar", "nosuch", "^$"] {
                same(dir.path(), &[flags, pattern, name], b"");
            }
        }
        let (stdout, _, told) = original(dir.path(), &["foo", name], b"");
        let ran = ours(dir.path(), &["foo", name], b"");
        assert_eq!((ran.stdout, ran.stderr), (stdout, told), "{name}");
    }
}

#[test]
fn of_a_file_that_turns_out_to_be_binary_the_text_before_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let text = "text foo\n".repeat(40_000);
    fs::write(dir.path().join("late"), text.clone() + "bin\0foo\nfoo\n").unwrap();
    let ran = ours(dir.path(), &["foo", "late"], b"");
    assert!(text.starts_with(ran.text()) && !ran.stdout.is_empty());
    assert_eq!(ran.stderr, "grep: late: binary file matches\n");
    let ran = ours(dir.path(), &["-c", "foo", "late"], b"");
    assert_eq!((ran.text(), ran.stderr.as_str()), ("40002\n", ""));
}

fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path);
    fs::create_dir_all(at("sub/deep/deeper")).unwrap();
    fs::create_dir_all(at("skip")).unwrap();
    for path in [
        "one.txt",
        "two.log",
        "sub/one.txt",
        "sub/deep/two.log",
        "sub/deep/deeper/x",
        "skip/one.txt",
        ".hidden",
    ] {
        fs::write(at(path), format!("in {path}\nnothing\n")).unwrap();
    }
    symlink("one.txt", at("link.txt")).unwrap();
    symlink("sub/deep", at("link-dir")).unwrap();
    symlink("..", at("sub/up")).unwrap();
    symlink("nowhere", at("sub/dangling")).unwrap();
    dir
}

/// As [`same`], whatever the order of lines: a directory has none.
fn same_lines(dir: &Path, words: &[&str]) {
    let sorted = |text: &[u8]| {
        let mut lines: Vec<String> = shown(text).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let ran = ours(dir, words, b"");
    let (stdout, code, told) = original(dir, words, b"");
    assert_eq!(sorted(&ran.stdout), sorted(&stdout), "{words:?}");
    assert_eq!(i32::from(ran.exit.number()), code, "{words:?}: {} {told}", ran.stderr);
    let count = |text: &str| text.lines().filter(|l| !l.contains("hint:")).count();
    assert_eq!(count(&ran.stderr), count(&told), "{words:?}: {} {told}", ran.stderr);
}

#[test]
fn trees_are_searched_as_gnu_searches_them() {
    let dir = tree();
    let cases: &[&[&str]] = &[
        &["-r", "in"],
        &["-r", "in", "."],
        &["-r", "in", "sub", "one.txt"],
        &["-r", "in", "sub/"],
        &["-r", "in", "one.txt"],
        &["-rh", "in", "sub"],
        &["-rH", "in", "one.txt"],
        &["-rc", "in"],
        &["-rl", "nothing", "sub"],
        &["-rL", "deep", "."],
        &["-rn", "-A1", "in", "skip"],
        &["-r", "in", "link-dir"],
        &["-R", "in"],
        &["-R", "in", "sub"],
        &["-Rs", "in", "sub"],
        &["-r", "--include=*.txt", "in"],
        &["-r", "--include=*.txt", "--include=*.log", "in"],
        &["-r", "--exclude=*.txt", "in"],
        &["-r", "--include=*.txt", "--exclude=one*", "in"],
        &["-r", "--exclude=one*", "--include=*.txt", "in"],
        &["-r", "--exclude-dir=deep", "in"],
        &["-r", "--exclude-dir=s*", "in", "."],
        &["-r", "--exclude-dir=sub/", "in"],
        &["-r", "--exclude-dir=sub", "in", "sub"],
        &["-r", "--exclude-dir=deep", "in", "sub/deep"],
        &["--include=*.log", "in", "one.txt", "two.log"],
        &["--exclude=*.log", "in", "one.txt", "two.log", "sub/deep/two.log"],
        &["--exclude=deep/two.log", "in", "sub/deep/two.log"],
        &["-r", "in", "nosuch", "skip"],
        &["-r", "nosuch"],
    ];
    for words in cases {
        same_lines(dir.path(), words);
    }
}

/// GNU waits for ever here with -R.
#[test]
fn a_fifo_in_a_tree_is_left_alone() {
    let dir = tree();
    let mode = nix::sys::stat::Mode::S_IRWXU;
    nix::unistd::mkfifo(&dir.path().join("sub/fifo"), mode).unwrap();
    symlink("fifo", dir.path().join("sub/to-fifo")).unwrap();
    for flag in ["-rl", "-Rl"] {
        let ran = ours(dir.path(), &[flag, "x", "sub"], b"");
        assert!(ran.text().lines().any(|line| line == "sub/deep/deeper/x"), "{ran:?}");
    }
    let ran = ours(dir.path(), &["x", "sub/fifo"], b"");
    assert!(ran.stderr.contains("is a FIFO"), "{}", ran.stderr);
}

#[test]
fn a_link_out_of_the_target_leads_back_into_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("etc")).unwrap();
    fs::write(dir.path().join("etc/passwd"), "of the target\n").unwrap();
    symlink("/etc/passwd", dir.path().join("link")).unwrap();
    let ran = ours(dir.path(), &["-R", "", "."], b"");
    let mut lines: Vec<&str> = ran.text().lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["./etc/passwd:of the target", "./link:of the target"]);
}

#[test]
fn a_tree_of_four_thousand_levels_is_searched_to_its_bottom() {
    let dir = tempfile::tempdir().unwrap();
    let _deep = gnu::Deep::new(dir.path(), 4000);
    let ran = ours(dir.path(), &["-rL", "x"], b"");
    assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::FAILURE, ""));
    assert_eq!(ran.stdout.len(), "d/".len() * 4000 + "bottom\n".len());
}

#[test]
fn lines_that_lie_across_reads_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    // Line ends around every multiple of the read size, and lines longer than it.
    let mut text = Vec::new();
    for i in 0..3000 {
        text.extend(format!("{i} {}\n", "y".repeat(i % 173)).as_bytes());
    }
    text.extend("z".repeat(500_000).as_bytes());
    text.extend(b" end\n7 last");
    for words in [
        &["-n", "7"][..],
        &["-vc", "7"],
        &["-nC3", "99 "],
        &["-nB40", "2999"],
        &["-c", "z end"],
        &["-o", "[0-9]* y*$"],
        &["-vnA2", "y"],
        &["-m5", "-nA2000", "7"],
    ] {
        same(dir.path(), words, &text);
    }
}

#[test]
fn a_line_without_end_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = fs::File::create(dir.path().join("endless")).unwrap();
    file.set_len(65 << 20).unwrap();
    let ran = ours(dir.path(), &["-a", "x", "endless"], b"");
    assert_eq!(ran.exit, Exit::USAGE);
    assert_eq!(ran.stderr, "grep: endless: a line is longer than 64 MiB\n");
    // With NULs for line ends, the same file is a binary one without a match.
    assert_eq!(ours(dir.path(), &["x", "endless"], b"").exit, Exit::FAILURE);
}

#[test]
fn what_is_not_supported_says_so_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let ran = ours(dir.path(), &[r"\(a\)\1"], b"aa\n");
    assert_eq!(ran.exit, Exit::USAGE);
    assert!(ran.stderr.starts_with(r"grep: back-reference \1: not supported"), "{}", ran.stderr);
    assert_eq!(ours(dir.path(), &[], b"").exit, Exit::USAGE);
    assert_eq!(ours(dir.path(), &["-E", "((a{1000}){1000}){100}"], b"").exit, Exit::USAGE);
}

#[test]
fn bytes_that_are_no_text_are_found_and_passed_on() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), b"a\xffb\n\xfe\n").unwrap();
    let words =
        [OsStr::new("grep"), OsStr::new("-ao"), OsStr::from_bytes(b"\xffb"), OsStr::new("f")];
    let words = words.map(OsStr::to_owned).to_vec();
    assert_eq!(run_with(&view_of(dir.path()), words, b"").stdout, b"\xffb\n");
}

#[test]
fn a_terminal_gets_colours_and_nothing_that_drives_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f\u{1b}c"), "x\u{1b}]0;title\u{7}\ty\\z\n").unwrap();
    let seen = run_on_terminal(&view_of(dir.path()), &["grep", "-rH", "--color=never", "z"], 80);
    assert_eq!(seen, "f\\x1bc:x^[]0;title^G\ty\\z\r\n");
    let seen = run_on_terminal(&view_of(dir.path()), &["grep", "-rh", "--color=always", "z"], 80);
    assert!(seen.ends_with("y\\\u{1b}[01;31m\u{1b}[Kz\u{1b}[m\u{1b}[K\r\n"), "{seen:?}");
}

#[test]
fn a_file_that_is_also_the_output_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out");
    fs::write(&path, "x\n").unwrap();
    let out = fs::OpenOptions::new().append(true).open(&path).unwrap();
    let (exit, told) =
        crate::common::tool::run_to(&view_of(dir.path()), &["grep", "-r", "x"], out.into());
    assert_eq!((exit, told.as_str()), (Exit::USAGE, "grep: out: input file is also the output\n"));
    assert_eq!(fs::read(&path).unwrap(), b"x\n");
}

#[test]
fn json_has_the_place_and_the_bytes_of_each_line() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), b"one\ntwo\nt\xff\n").unwrap();
    let view = view_of(dir.path());
    let expected = serde_json::json!([
        {"path": "f", "line_number": 2, "line": "two"},
        {"path": "f", "line_number": 3, "line": {"hex": "74ff"}},
    ]);
    assert_eq!(run(&view, &["grep", "--json", "t", "f"]).json(), expected);
    let none = run(&view, &["grep", "--json", "nothing", "f"]);
    assert_eq!((none.exit, none.json()), (Exit::FAILURE, serde_json::json!([])));
    assert_eq!(run(&view, &["grep", "--json", "-c", "t", "f"]).exit, Exit::USAGE);
}

#[test]
fn names_may_end_with_nul_and_perls_patterns_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "one\ntwo\n").unwrap();
    fs::write(dir.path().join("g"), "two\n").unwrap();
    for flags in ["-lZ", "-LZ", "-cZ", "-HZ", "-nHZ", "-oHZ"] {
        gnu::same(dir.path(), &["grep", flags, "one", "f", "g"], b"");
    }
    let ran = run(&view_of(dir.path()), &["grep", "-P", "a", "f"]);
    assert_eq!(ran.exit, Exit::USAGE);
    assert!(ran.stderr.starts_with("grep: -P: "), "{}", ran.stderr);
}

#[test]
fn offsets_and_tabs_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "one\ntwo two\n\n\tthree two\nend").unwrap();
    let many: String = (0..60_000).map(|i| format!("line {i} two\n")).collect();
    fs::write(dir.path().join("many"), many).unwrap();
    fs::write(dir.path().join("binary"), b"a\0two\nb two\n").unwrap();
    for flags in [
        "-b", "-bo", "-nb", "-T", "-nT", "-bT", "-HbnT", "-HT", "-HTZ", "-cT", "-cbn", "-lT",
        "-bA1", "-nbTC1", "-obT", "-vb", "-vbnT", "-am1b", "-aob",
    ] {
        for pattern in ["two", "", "one", "9 two", "line 59999 two"] {
            for colour in ["--color=never", "--color=always"] {
                let words = ["grep", flags, colour, pattern, "f", "many", "binary"];
                gnu::same(dir.path(), &words, b"");
                gnu::same(
                    dir.path(),
                    &["grep", flags, colour, "--line-buffered", pattern],
                    b"two\n",
                );
            }
        }
    }
    for flags in ["-xw", "-wx", "-xwo"] {
        gnu::same(dir.path(), &["grep", flags, "-e", "end", "-e", "two", "f"], b"");
    }
}
