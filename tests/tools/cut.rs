use crate::common::gnu::{same, texts};
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;

const LISTS: [&str; 9] = ["1", "2-", "-2", "3,1", "1-2,2-4", "1-2,3-4", "5-,2", "2,4-4,99", "-"];

#[test]
fn parts_of_every_text_are_those_of_gnu() {
    let dir = tempfile::tempdir().unwrap();
    let fields = b"a:b:c:d\n:\n::x\nnone\n\nq:r".to_vec();
    let short: Vec<Vec<u8>> = texts().into_iter().filter(|text| text.len() < 1000).collect();
    for text in texts().into_iter().filter(|text| text.len() > 100_000) {
        same(dir.path(), &["cut", "-d ", "-f2,3"], &text);
        same(dir.path(), &["cut", "-b3-7,200000-"], &text);
    }
    for text in [short.join(&b'\n'), b"no end".to_vec(), fields] {
        for list in LISTS {
            for more in [&[][..], &["--complement"], &["--output-delimiter=<>"], &["-z"]] {
                same(dir.path(), &[&["cut", "-b", list], more].concat(), &text);
                same(dir.path(), &[&["cut", "-c", list], more].concat(), &text);
                for delimiter in [&[][..], &["-d:"], &["-d", " ", "-s"]] {
                    same(dir.path(), &[&["cut", "-f", list], more, delimiter].concat(), &text);
                }
            }
        }
    }
}

#[test]
fn what_is_no_list_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        &["-b", "0"][..],
        &["-b", "2-1"],
        &["-b", "x"],
        &["-b", ""],
        &["-b", "-"],
        &["-b", "1,,2"],
        &[],
        &["-b1", "-f1"],
        &["-b1", "-d:"],
        &["-b1", "-s"],
        &["-f1", "-d", "::"],
        &["-b", "+1"],
    ] {
        let words = [&["cut"], words].concat();
        assert_eq!(run(&view_of(dir.path()), &words).exit, Exit::USAGE, "{words:?}");
    }
}
