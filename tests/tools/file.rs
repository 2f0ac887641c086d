use crate::common::gnu::{fixture, gnu};
use crate::common::tool::{run, run_with, view_of};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// Our lines and those of file(1) over the files of a folder.
fn same(dir: &Path, flags: &[&str], names: &[String]) {
    let words: Vec<&str> =
        ["file"].iter().chain(flags).copied().chain(names.iter().map(String::as_str)).collect();
    let theirs = String::from_utf8(gnu(dir, &words)).unwrap();
    let ours = run(&view_of(dir), &words);
    let wrong: Vec<(&str, &str)> =
        ours.text().lines().zip(theirs.lines()).filter(|(a, b)| a != b).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(ours.text().lines().count(), theirs.lines().count());
}

fn write(dir: &Path, files: &[(&str, &[u8])]) {
    for (name, content) in files {
        fs::write(dir.join(name), content).unwrap();
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

fn sh(dir: &Path, script: &str) {
    let done = Command::new("sh").args(["-ec", script]).current_dir(dir).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn text_is_described_byte_for_byte_as_file_does() {
    let dir = tempfile::tempdir().unwrap();
    let long = [b"x".repeat(400), b"\n".to_vec()].concat();
    write(
        dir.path(),
        &[
            ("empty", b""),
            ("one", b"x"),
            ("plain", b"hello\n"),
            ("noend", b"hello"),
            ("crlf", b"a\r\nb\r\n"),
            ("mixed", b"a\r\nb\n"),
            ("cr", b"a\rb\r"),
            ("long", &long),
            ("utf8", "s\u{f8}ren\n".as_bytes()),
            ("bom", b"\xef\xbb\xbfabc\n"),
            ("utf16", b"\xff\xfea\0\n\0"),
            ("utf16be", b"\xfe\xff\0a\0\n"),
            ("utf32", b"\xff\xfe\0\0a\0\0\0\n\0\0\0"),
            ("latin", b"s\xf8ren\n"),
            ("extended", b"s\x90ren\n"),
            ("escapes", b"a\x1b[31mred\n"),
            ("overstrike", b"a\x08a\n"),
            ("zeros", &[0; 100]),
            ("sh", b"#!/bin/sh\necho\n"),
            ("bash", b"#!/usr/bin/env bash\n1\n"),
            ("python", b"#!/usr/bin/env python3\nprint()\n"),
            ("perl", b"#! /usr/bin/perl -w\n1\n"),
            ("node", b"#!/usr/bin/env node\n1\n"),
            ("other", b"#!/opt/foo -x\n1\n"),
            ("busybox", b"#!/bin/busybox sh\n"),
            ("envother", b"#!/usr/bin/env -S foo bar\n"),
            ("a.json", b"{\"a\": [1,2,{\"b\":null}]}\n"),
            ("b.json", b"[1,2]"),
            ("lines.json", b"{\"a\":1}\n{\"b\":2}\n"),
            ("not.json", b"{bad}"),
            ("a.xml", b"<?xml version=\"1.0\"?>\n<a/>\n"),
            ("a.svg", b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"></svg>\n"),
            ("a.html", b"<!DOCTYPE html>\n<html></html>\n"),
            ("b.html", b"  <HTML>\n<head>\n"),
            ("cert.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            ("key.pem", b"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n"),
            ("ssh.pub", b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@host\n"),
        ],
    );
    same(dir.path(), &[], &names(dir.path()));
    same(dir.path(), &["-i"], &names(dir.path()));
    same(dir.path(), &["-b"], &names(dir.path()));
}

#[test]
fn archives_and_binary_files_are_described_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let hex = |text: &str| -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    };
    let mut png = hex("89504e470d0a1a0a 0000000d 49484452 0000012c 00000005 08 06 000000");
    png.extend([0; 40]);
    let mut macho = hex("cffaedfe0c000001000000000200000010000000580500008500200000000000");
    macho.extend([0; 40]);
    write(
        dir.path(),
        &[
            ("a.png", &png),
            ("a.gif", b"GIF89a\x0a\0\x14\0\x80\0\0\0\0\0"),
            ("a.pdf", b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n"),
            ("a.webp", &[b"RIFF\x64\0\0\0WEBPVP8 ".to_vec(), vec![0; 100]].concat()),
            ("a.class", &[hex("cafebabe0000003d0010"), vec![0; 50]].concat()),
            ("old.class", &[hex("cafebabe000000340010"), vec![0; 50]].concat()),
            ("a.wasm", b"\0asm\x01\0\0\0"),
            ("macho", &macho),
            ("newc", &[b"070701".to_vec(), vec![b'0'; 104]].concat()),
            ("a.lz4", b"\x04\x22\x4d\x18\0\0\0\0\0\0"),
        ],
    );
    sh(
        dir.path(),
        "printf hi > t; gzip -nk t; gzip -9c t > nine.gz; gzip -1 < t > fast.gz; cp t named; gzip named
         printf hi | bzip2 > a.bz2; printf hi | xz > a.xz
         tar cf gnu.tar t; tar --format=pax -cf pax.tar t; tar --format=v7 -cf v7.tar t; ar rc a.a t",
    );
    same(dir.path(), &[], &names(dir.path()));
    same(dir.path(), &["-i"], &names(dir.path()));
}

#[test]
fn elf_files_are_described_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.c"), "int main(void) { return 0; }\n").unwrap();
    sh(
        dir.path(),
        "gcc -g -o debug a.c; gcc -static -o static a.c; gcc -static-pie -o staticpie a.c; gcc -c a.c
         gcc -shared -fPIC -o lib.so a.c; gcc -no-pie -o nopie a.c; strip -o stripped debug
         cp static suid; chmod 6755 suid; rm a.c
         mkdir lib64; cp -L /lib64/ld-linux-x86-64.so.2 lib64/ 2>/dev/null || cp -L /lib/ld-linux*.so.* lib64/",
    );
    let mut names = names(dir.path());
    names.retain(|name| name != "lib64");
    same(dir.path(), &[], &names);
    same(dir.path(), &["-i"], &names);
    let json = run(&view_of(dir.path()), &["file", "--json", "debug"]).json();
    assert_eq!(json[0]["elf"]["interpreter_is_present"], true, "{json}");
    assert_eq!(json[0]["elf"]["has_debug_info"], true);
}

#[test]
fn programs_of_this_machine_are_described_byte_for_byte() {
    let mut names: Vec<String> = fs::read_dir("/usr/bin")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let mut magic = [0; 4];
            let read = fs::File::open(path)
                .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut magic));
            read.is_ok() && magic == *b"\x7fELF" && !path.is_symlink()
        })
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names.truncate(150);
    same(Path::new("/"), &[], &names);
}

#[test]
fn a_loader_that_the_root_lacks_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.c"), "int main(void) { return 0; }\n").unwrap();
    sh(dir.path(), "gcc -o a a.c");
    let ran = run(&view_of(dir.path()), &["file", "a"]);
    assert!(ran.text().contains(".so.2 (missing in this root), "), "{}", ran.text());
    let json = run(&view_of(dir.path()), &["file", "--json", "a"]).json();
    assert_eq!(json[0]["elf"]["interpreter_is_present"], false, "{json}");
    assert_eq!(json[0]["elf"]["needed"], 1);
}

#[test]
fn what_is_no_regular_file_is_told_by_its_type() {
    let dir = fixture();
    let names: Vec<String> =
        ["sub", "void", "fifo", "socket", "link", "dangling", "nosuch", "b.log", "x.tar.gz"]
            .map(str::to_owned)
            .to_vec();
    same(dir.path(), &[], &names);
    same(dir.path(), &["-i"], &names[..4]);
    same(dir.path(), &["-L"], &names[4..5]);
    let json = run(&view_of(dir.path()), &["file", "--json", "dangling"]).json();
    assert_eq!((&json[0]["is_broken"], &json[0]["target"]), (&true.into(), &"nowhere".into()));
}

#[test]
fn stdin_is_a_file_too() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run_with(&view_of(dir.path()), vec!["file".into(), "-".into()], b"hello\n");
    assert_eq!(ran.text(), "/dev/stdin: ASCII text\n");
}

#[test]
fn file_capabilities_are_as_getcap_writes_them() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy("/bin/true", dir.path().join("a")).unwrap();
    let set = Command::new("setcap")
        .arg("cap_net_raw,cap_net_bind_service+ep")
        .arg(dir.path().join("a"))
        .output();
    if !set.is_ok_and(|done| done.status.success()) {
        return crate::common::skip::skip("setcap is not allowed here");
    }
    let theirs = String::from_utf8(gnu(dir.path(), &["/usr/sbin/getcap", "a"])).unwrap();
    let json = run(&view_of(dir.path()), &["file", "--json", "a"]).json();
    let theirs = theirs.trim().strip_prefix("a ").unwrap();
    assert_eq!(json[0]["capabilities"], theirs);
}

#[test]
fn hostile_elf_files_end_quickly_and_are_still_described() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read("/bin/true").unwrap();
    for length in [4, 5, 17, 40, 63, 64, 65, 100, 500, 2000, 9000] {
        fs::write(dir.path().join("a"), &whole[..length]).unwrap();
        assert!(run(&view_of(dir.path()), &["file", "a"]).exit.is_ok());
        run(&view_of(dir.path()), &["ldd", "a"]);
    }
    // All numbers of the header at their most, and each byte of it changed.
    let mut most = whole.clone();
    most[32..64].fill(0xff);
    fs::write(dir.path().join("a"), &most).unwrap();
    assert!(run(&view_of(dir.path()), &["file", "a"]).text().contains("ELF 64-bit"));
    for at in 0..1200 {
        let mut changed = whole.clone();
        changed[at] = changed[at].wrapping_add(0x7f);
        fs::write(dir.path().join("a"), &changed).unwrap();
        assert!(run(&view_of(dir.path()), &["file", "a"]).exit.is_ok(), "{at}");
        run(&view_of(dir.path()), &["ldd", "a"]);
    }
}

#[test]
fn heads_of_every_kind_may_be_cut_off_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let heads: [&[u8]; 14] = [
        b"\x1f\x8b\x08\xff\0\0\0\0\0\x03\xff\xff",
        b"PK\x03\x04\x14\0\0\0\x08\0",
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
        b"\xff\xd8\xff\xe0\xff\xffJFIF\0",
        b"SQLite format 3\0",
        b"MZ\0\0",
        b"hsqs",
        b"\x30\x82\xff\xff\x30\x82\xff\xff\xa0\x03\x02\x01\x02",
        b"\xa7\x0d\r\n",
        b"!<arch>\ndebian-binary   ",
        b"\x28\xb5\x2f\xfd\xff",
        b"<?xml version=",
        b"#!",
        b"{",
    ];
    for head in heads {
        for length in 1..=head.len() {
            for fill in [b"".as_slice(), &[0xff; 200], &[0; 2000]] {
                fs::write(dir.path().join("a"), [&head[..length], fill].concat()).unwrap();
                assert!(run(&view_of(dir.path()), &["file", "a"]).exit.is_ok(), "{head:?}");
            }
        }
    }
}

#[test]
fn names_in_files_do_not_drive_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("a.gz"),
        b"\x1f\x8b\x08\x08\0\0\0\0\0\x03x\x1b]0;y\x07\0\0\0\0\0\0\0\0\0",
    )
    .unwrap();
    symlink("\x1b[31m", dir.path().join("l")).unwrap();
    fs::set_permissions(dir.path().join("a.gz"), fs::Permissions::from_mode(0o644)).unwrap();
    let ran = run(&view_of(dir.path()), &["file", "a.gz", "l"]);
    assert!(!ran.stdout.contains(&0x1b), "{}", ran.text());
}

/// `dbg-helper file` on a folder, which may have so much memory for its data.
fn file_in_little_memory(root: &std::path::Path, name: &str) -> (String, String) {
    let path = root.join(name);
    let done = std::process::Command::new("prlimit")
        .args(["--data=33554432", "--as=268435456", "--"])
        .args([env!("CARGO_BIN_EXE_dbg"), "file", &format!("pid://{}", std::process::id())])
        .arg(path)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&done.stdout), text(&done.stderr))
}

#[test]
fn a_table_of_entries_of_a_size_of_their_own_takes_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    let header = |size: u16, count: u16| {
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header.resize(64, 0);
        header[16] = 3;
        header[18] = 62;
        header[20] = 1;
        header[40..48].copy_from_slice(&4096u64.to_le_bytes());
        header[58..60].copy_from_slice(&size.to_le_bytes());
        header[60..62].copy_from_slice(&count.to_le_bytes());
        header
    };
    for (name, size, count) in [("wide", 65535u16, 20000u16), ("many", 64, 65535)] {
        let path = dir.path().join(name);
        std::fs::write(&path, header(size, count)).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(4096 + u64::from(size) * u64::from(count)).unwrap();
        let (out, err) = file_in_little_memory(dir.path(), name);
        assert!(out.contains("ELF 64-bit LSB shared object"), "{out}{err}");
    }
}
