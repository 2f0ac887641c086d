use crate::common::gnu::{fixture, gnu};
use crate::common::tool::{run, run_with, view_of};
use dbg::exit::Exit;
use std::fs;
use std::path::Path;
use std::process::Command;

fn sh(dir: &Path, script: &str) {
    let done = Command::new("sh").args(["-ec", script]).current_dir(dir).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn same(dir: &Path, words: &[&str]) {
    let ours = run(&view_of(dir), words);
    let theirs = gnu(dir, words);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&ours.stdout), text(&theirs), "{words:?}: {}", ours.stderr);
}

/// Archives of one folder in every format.
fn archives() -> tempfile::TempDir {
    let dir = fixture();
    let long = "n".repeat(120);
    fs::write(dir.path().join(&long), "long").unwrap();
    std::os::unix::fs::symlink("t".repeat(150), dir.path().join("longlink")).unwrap();
    fs::create_dir_all(dir.path().join(format!("{}/{}", "p".repeat(90), "q".repeat(60)))).unwrap();
    sh(
        dir.path(),
        "rm socket; truncate -s 5M sparse; printf abc >> sparse; mkdir ../$$; for f in gnu pax oldgnu; do
           tar --format=$f --sort=name -S -cf ../$$/$f.tar .; done
         tar --format=ustar --sort=name --exclude 'n*' --exclude longlink --exclude sparse -cf ../$$/ustar.tar .
         tar --format=v7 --sort=name --exclude 'n*' --exclude longlink --exclude fifo --exclude 'p*' --exclude sparse -cf ../$$/v7.tar .
         tar --format=pax --sparse-version=0.0 -S -cf ../$$/sparse0.tar sparse
         tar --format=pax --sparse-version=0.1 -S -cf ../$$/sparse1.tar sparse
         tar -V label -cf ../$$/label.tar sub; tar --owner=nobody:12345 --group=averyveryverylonggroup:7 -cf ../$$/owner.tar sub
         gzip -k ../$$/gnu.tar; mv ../$$/* .; rmdir ../$$",
    );
    dir
}

#[test]
fn listings_are_byte_for_byte_those_of_gnu() {
    let dir = archives();
    for name in [
        "gnu",
        "pax",
        "oldgnu",
        "ustar",
        "v7",
        "sparse0",
        "sparse1",
        "label",
        "owner",
        "gnu.tar.gz",
    ] {
        let file = if name.ends_with(".gz") { name.to_owned() } else { format!("{name}.tar") };
        same(dir.path(), &["tar", "-tf", &file]);
        same(dir.path(), &["tar", "-tvf", &file]);
        same(dir.path(), &["tar", "tvf", &file, "--numeric-owner"]);
    }
    same(dir.path(), &["tar", "--full-time", "-tvf", "gnu.tar"]);
    same(dir.path(), &["tar", "-tvzf", "gnu.tar.gz", "./sub"]);
}

#[test]
fn members_are_printed_by_name_folder_and_pattern() {
    let dir = archives();
    same(dir.path(), &["tar", "xOf", "gnu.tar", "./a.txt"]);
    same(dir.path(), &["tar", "-xOf", "pax.tar", "./large", "./b.log"]);
    same(dir.path(), &["tar", "-x", "-O", "-z", "-f", "gnu.tar.gz", "./sub"]);
    same(dir.path(), &["tar", "xOf", "gnu.tar", "--wildcards", "./*.txt"]);
    same(dir.path(), &["tar", "tf", "gnu.tar", "--wildcards", "./s*"]);
    for name in ["gnu", "pax", "oldgnu"] {
        same(dir.path(), &["tar", "xOf", &format!("{name}.tar"), "./sparse"]);
    }
    for name in ["sparse0.tar", "sparse1.tar"] {
        same(dir.path(), &["tar", "xOf", name]);
    }
    let ran = run(&view_of(dir.path()), &["tar", "tf", "gnu.tar", "nosuch"]);
    assert_eq!(ran.exit, Exit::code(2));
    assert!(ran.stderr.contains("nosuch: not found in the archive"), "{}", ran.stderr);
}

#[test]
fn stdin_is_an_archive_packed_or_not() {
    let dir = archives();
    let list = gnu(dir.path(), &["tar", "tf", "gnu.tar"]);
    for name in ["gnu.tar", "gnu.tar.gz"] {
        let bytes = fs::read(dir.path().join(name)).unwrap();
        let view = view_of(dir.path());
        assert_eq!(run_with(&view, vec!["tar".into(), "t".into()], &bytes).stdout, list);
        let words = vec!["tar".into(), "tf".into(), "-".into()];
        assert_eq!(run_with(&view, words, &bytes).stdout, list);
    }
}

#[test]
fn nothing_is_written_into_a_target() {
    let dir = archives();
    let ran = run(&view_of(dir.path()), &["tar", "xf", "gnu.tar"]);
    assert_eq!(ran.exit, Exit::USAGE);
    assert!(ran.stderr.contains("hint: tar -x -O prints a member"), "{}", ran.stderr);
    assert_eq!(run(&view_of(dir.path()), &["tar", "cf", "x.tar", "sub"]).exit, Exit::USAGE);
    assert_eq!(run(&view_of(dir.path()), &["tar", "f", "gnu.tar"]).exit, Exit::USAGE);
}

#[test]
fn json_has_a_row_for_each_member() {
    let dir = archives();
    let json = run(&view_of(dir.path()), &["tar", "--json", "-tf", "owner.tar"]).json();
    let inner = json.as_array().unwrap().iter().find(|row| row["path"] == "sub/inner").unwrap();
    assert_eq!(
        (&inner["kind"], &inner["size"], &inner["gid"]),
        (&"file".into(), &5.into(), &7.into())
    );
    assert_eq!(
        (&inner["user"], &inner["group"]),
        (&"nobody".into(), &"averyveryverylonggroup".into())
    );
}

/// A header with a right checksum.
fn header(name: &[u8], kind: u8, size: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..107].copy_from_slice(b"0000644");
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar  \0");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

#[test]
fn hostile_archives_end_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let view = view_of(dir.path());
    let negative = header(b"a", b'0', &[0xff; 12]);
    let huge = header(b"a", b'0', b"77777777777");
    let most = header(b"a", b'0', b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff");
    let pax = header(b"a", b'x', b"77777777777");
    let name = header(b"a", b'L', b"77777777777");
    let endless: Vec<u8> = header(b"a", b'x', b"0").repeat(1000);
    let record = [
        header(b"a", b'x', b"00000001000"),
        b"99999999999999999999 path=x\n".to_vec(),
        vec![0; 512],
    ]
    .concat();
    let map = {
        let mut text = b"22 GNU.sparse.major=1\n".to_vec();
        text.resize(512, 0);
        [
            header(b"a", b'x', b"00000000026"),
            text,
            header(b"a", b'0', b"00000001000"),
            [b"9999999\n".to_vec(), vec![b'0'; 504]].concat(),
        ]
        .concat()
    };
    // As many numbers as fit, and never the last one: each is read once.
    let unending = {
        let mut text = b"22 GNU.sparse.major=1\n".to_vec();
        text.resize(512, 0);
        let mut map = [b"65536\n".to_vec(), b"00000000\n".repeat(116_000)].concat();
        map.resize((1 << 20) - 512, b'0');
        let size = format!("{:011o}", map.len());
        [header(b"a", b'x', b"00000000026"), text, header(b"a", b'0', size.as_bytes()), map]
            .concat()
    };
    for (bytes, why) in [
        (unending, "the map of a sparse file has no end"),
        (negative, "a negative size"),
        (huge, "unexpected end"),
        (most, "unexpected end"),
        (pax, "more than 1048576 bytes"),
        (name, "more than 1048576 bytes"),
        (endless, "headers describe one member"),
        (record, "malformed extended header"),
        (map, "more than 65536 parts"),
        (vec![b'x'; 512], "does not look like a tar archive"),
        (vec![b'x'; 100], "unexpected end"),
        (Vec::new(), "does not look like a tar archive"),
        (b"BZh91AY&SY".to_vec(), "compressed with bzip2"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(), "unexpected end"),
    ] {
        fs::write(dir.path().join("a.tar"), &bytes).unwrap();
        for words in
            [vec!["tar".into(), "tvf".into(), "a.tar".into()], vec!["tar".into(), "xO".into()]]
        {
            let ran = run_with(&view, words, &bytes);
            assert_eq!(ran.exit, Exit::code(2), "{why}");
            assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
        }
    }
}

#[test]
fn an_archive_may_be_cut_off_or_changed_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), "content").unwrap();
    sh(dir.path(), "tar --format=pax --pax-option=comment=x -cf x.tar f");
    let whole = fs::read(dir.path().join("x.tar")).unwrap();
    let view = view_of(dir.path());
    for length in (0..whole.len().min(3000)).step_by(37) {
        run_with(&view, vec!["tar".into(), "tv".into()], &whole[..length]);
    }
    for at in 0..2048.min(whole.len()) {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        run_with(&view, vec!["tar".into(), "xO".into()], &changed);
    }
}

#[test]
fn a_time_out_of_range_is_its_number_and_null() {
    let dir = tempfile::tempdir().unwrap();
    let record = b"29 mtime=9223372036854775807\n";
    let size = format!("{:011o}", record.len());
    let mut text = record.to_vec();
    text.resize(512, 0);
    let archive = [header(b"a", b'x', size.as_bytes()), text, header(b"a", b'0', b"0")].concat();
    fs::write(dir.path().join("a.tar"), archive).unwrap();
    let ran = run(&view_of(dir.path()), &["tar", "tvf", "a.tar"]);
    assert!(ran.text().contains(" 9223372036854775807 a\n"), "{}{}", ran.text(), ran.stderr);
    let ran = run(&view_of(dir.path()), &["tar", "tf", "a.tar", "--json"]);
    assert_eq!(ran.json()[0]["modified"], serde_json::Value::Null);
    let ran = run(&view_of(dir.path()), &["date", "-d", "@9223372036854775807"]);
    assert!(ran.stderr.contains("@9223372036854775807: a time whose year"), "{}", ran.stderr);
}
