use crate::common::gnu::same;
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use std::fs;
use std::path::Path;
use std::process::Command;

fn packed(dir: &Path) {
    let script = "seq 100000 > n; gzip -k n; printf 'one\\n' | gzip > one.gz; printf 'two\\n' | gzip -9 > two.gz
        cat one.gz two.gz n.gz > all.gz; head -c 1000 n.gz > cut.gz; head -c 5 n.gz > head.gz
        printf '' | gzip > none.gz; (cat one.gz; printf garbage) > garbage.gz; (cat one.gz; head -c 512 /dev/zero) > padded.gz
        (head -c 3000 n.gz; printf xxxxxxxxxx; tail -c +3011 n.gz) > damaged.gz; printf plain > plain";
    let done = Command::new("sh").args(["-ec", script]).current_dir(dir).status().unwrap();
    assert!(done.success());
}

#[test]
fn members_are_printed_as_gzip_prints_them() {
    let dir = tempfile::tempdir().unwrap();
    packed(dir.path());
    for words in [
        &["zcat", "n.gz"][..],
        &["zcat", "n"],
        &["zcat", "all.gz"],
        &["zcat", "one.gz", "two.gz"],
        &["zcat", "none.gz"],
        &["zcat", "padded.gz"],
        &["zcat", "-f", "plain", "one.gz"],
    ] {
        same(dir.path(), words, b"");
    }
    let one = fs::read(dir.path().join("all.gz")).unwrap();
    same(dir.path(), &["zcat"], &one);
    same(dir.path(), &["zcat", "-f", "-"], b"x");
}

#[test]
fn what_is_wrong_with_a_file_is_told_and_the_next_one_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    packed(dir.path());
    let view = view_of(dir.path());
    for (name, why) in [
        ("cut.gz", "cut.gz: unexpected end of file"),
        ("head.gz", "head.gz: unexpected end of file"),
        ("plain", "plain: not in gzip format"),
        ("damaged.gz", "damaged.gz: invalid compressed data"),
        ("nosuch", "nosuch: no such file or directory"),
    ] {
        let ran = run(&view, &["zcat", name, "two.gz"]);
        assert_eq!(ran.exit, Exit::FAILURE, "{name}");
        assert!(ran.stderr.contains(why), "{name}: {}", ran.stderr);
        assert!(ran.stdout.ends_with(b"two\n"), "{name}");
    }
    let ran = run(&view, &["zcat", "garbage.gz"]);
    assert_eq!((ran.exit, ran.text()), (Exit::code(2), "one\n"));
    assert!(run_with(&view, vec!["zcat".into()], b"").stderr.contains("unexpected end"));
}
