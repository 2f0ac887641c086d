use crate::common::gnu::{same, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;

#[test]
fn bytes_of_every_text_become_what_gnu_makes_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let short: Vec<Vec<u8>> = texts().into_iter().filter(|text| text.len() < 1000).collect();
    let long = texts().into_iter().filter(|text| text.len() > 300_000);
    for text in long.chain([short.concat(), Vec::new()]) {
        for words in [
            &["a-z", "A-Z"][..],
            &["[:lower:]", "[:upper:]"],
            &["a-y", "b-z"],
            &["-d", "aeiou"],
            &["-s", "\\n"],
            &["-s", " ", "\\n"],
            &["-cd", "[:print:]\\n"],
            &["-cs", "A-Za-z", "\\n"],
            &["-ds", "e", "o\\n"],
            &["-t", "abc", "x"],
            &["abc", "x"],
            &["abc", "[x*]"],
            &["abcd", "1[x*2]4"],
            &["a-e", "[x*]z"],
            &["\\012", "|"],
            &["\\0-\\037", "?"],
            &["-d", "[=e=]n-"],
            &["a\\-z", "123"],
            &["-c", "a-z", "."],
            &["-C", "a", "\\377"],
            &["[a", "<x"],
            &["-d", "\\\\"],
            &["-s", "[:space:]"],
            &["ae", "\\t\\1234"],
            &["-d", "[:punct:][:digit:]"],
            &["-cds", "a-z\\n", "l"],
            &["a", "-z"],
            &["--", "-", "+"],
            &["[:alpha:]", "x"],
            &["-s", "a-z", "A-Z"],
            &["-d", "--complement", "a"],
            &["ab", "[c*04]d"],
        ] {
            same(dir.path(), &[&["tr"], words].concat(), &text);
        }
    }
}

#[test]
fn sets_that_make_no_sense_are_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &["a"][..],
        &[],
        &["-d", "a", "b"],
        &["-ds", "a"],
        &["z-a", "x"],
        &["a", ""],
        &["[:nosuch:]", "x"],
        &["[a*2]", "x"],
        &["a", "b", "c"],
        &["[=ab=]", "x"],
        &["a", "[b*][c*]"],
    ] {
        let words = [&["tr"], words].concat();
        assert_eq!(run(&view_of(dir.path()), &words).exit, Exit::USAGE, "{words:?}");
    }
}
