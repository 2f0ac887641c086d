//! What the binaries are: static, and free of calls that could load the target's libraries.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use std::process::Command;

/// Entry points of the name service switch (nss(5)). In a static glibc each of these loads libraries that
/// `/etc/nsswitch.conf` names, from whatever root the process has.
const NSS: &[&str] = &[
    "getaddrinfo",
    "getnameinfo",
    "gethostbyname",
    "gethostbyaddr",
    "getpwnam",
    "getpwuid",
    "getpwnam_r",
    "getpwuid_r",
    "getgrnam",
    "getgrgid",
    "getgrnam_r",
    "getgrgid_r",
    "getgrouplist",
    "initgroups",
    "getservbyname",
    "getservbyport",
    "getprotobyname",
    "iconv_open",
];

fn read(binary: &str) -> Vec<u8> {
    std::fs::read(binary).unwrap()
}

fn number(bytes: &[u8], at: usize, n: usize) -> usize {
    bytes[at..at + n].iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte))
}

/// The types of the program headers (elf(5)).
fn segments(elf: &[u8]) -> Vec<usize> {
    assert_eq!(&elf[..4], b"\x7fELF");
    let (offset, size, count) = (number(elf, 32, 8), number(elf, 54, 2), number(elf, 56, 2));
    (0..count).map(|i| number(elf, offset + i * size, 4)).collect()
}

/// Functions that the program itself defines, by nm(1).
fn functions(binary: &str) -> Vec<String> {
    let out = Command::new("nm").args(["--defined-only", binary]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains(" main"), "the test binary has its symbols");
    text.lines().filter_map(|line| Some(line.split_whitespace().nth(2)?.to_owned())).collect()
}

#[test]
fn both_binaries_ask_for_no_loader() {
    const PT_LOAD: usize = 1;
    const PT_INTERP: usize = 3;
    for binary in [env!("CARGO_BIN_EXE_dbg"), env!("CARGO_BIN_EXE_dbg-helper")] {
        let segments = segments(&read(binary));
        assert!(segments.contains(&PT_LOAD), "{binary}");
        assert!(!segments.contains(&PT_INTERP), "{binary} is dynamically linked");
    }
}

#[test]
fn no_name_service_can_be_reached_from_a_target() {
    for binary in [env!("CARGO_BIN_EXE_dbg"), env!("CARGO_BIN_EXE_dbg-helper")] {
        let found = functions(binary).into_iter().filter(|name| NSS.contains(&name.as_str()));
        assert_eq!(found.collect::<Vec<_>>(), Vec::<String>::new(), "{binary}");
    }
}
