//! What the first bytes of a file say, in the words of file(1) (magic(5)).

use super::{Found, media, program};
use crate::output::time::Civil;
use crate::output::visible;
use crate::tools::elf::{number, read_at};
use std::fs::File;

/// Heads that need no look behind them.
const PLAIN: &[(usize, &[u8], &str, &str)] = &[
    (0, b"LZIP", "lzip compressed data", "application/x-lzip"),
    (0, b"\x04\x22\x4d\x18", "LZ4 compressed data (v1.4+)", "application/x-lz4"),
    (0, b"\x1f\x9d", "compress'd data", "application/x-compress"),
    (0, b"PK\x05\x06", "Zip archive data (empty)", "application/zip"),
    (0, b"070701", "ASCII cpio archive (SVR4 with no CRC)", "application/x-cpio"),
    (0, b"070702", "ASCII cpio archive (SVR4 with CRC)", "application/x-cpio"),
    (0, b"070707", "ASCII cpio archive (pre-SVR4 or odc)", "application/x-cpio"),
    (0, b"\xc7\x71", "cpio archive", "application/x-cpio"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-zip archive data", "application/x-7z-compressed"),
    (0, b"LUKS\xba\xbe", "LUKS encrypted file", "application/x-luks"),
    (
        0,
        b"\0asm\x01\0\0\0",
        "WebAssembly (wasm) binary module version 0x1 (MVP)",
        "application/wasm",
    ),
    (0, b"-----BEGIN CERTIFICATE-----", "PEM certificate", "text/plain"),
    (0, b"-----BEGIN CERTIFICATE REQ", "PEM certificate request", "text/plain"),
    (0, b"-----BEGIN RSA PRIVATE", "PEM RSA private key", "text/plain"),
    (0, b"-----BEGIN DSA PRIVATE", "PEM DSA private key", "text/plain"),
    (0, b"-----BEGIN EC PRIVATE", "PEM EC private key", "text/plain"),
    (0, b"-----BEGIN OPENSSH PRIVATE", "OpenSSH private key", "text/plain"),
    // file(1) calls these text; which key it is matters to whoever looks.
    (0, b"-----BEGIN PRIVATE KEY-----", "PEM private key", "text/plain"),
    (0, b"-----BEGIN ENCRYPTED PRIVATE KEY", "PEM encrypted private key", "text/plain"),
    (0, b"-----BEGIN PUBLIC KEY-----", "PEM public key", "text/plain"),
    (0, b"-----BEGIN PGP PUBLIC KEY BLOCK-", "PGP public key block", "application/pgp-keys"),
    (0, b"ssh-rsa ", "OpenSSH RSA public key", "text/plain"),
    (0, b"ssh-dss ", "OpenSSH DSA public key", "text/plain"),
    (0, b"ssh-ed25519 ", "OpenSSH ED25519 public key", "text/plain"),
    (0, b"ecdsa-sha2-nistp", "OpenSSH ECDSA public key", "text/plain"),
];

/// What the start `head` of `file`, which has `size` bytes, says; `None` when it says nothing.
pub(super) fn look(head: &[u8], file: &File, size: u64) -> Option<Found> {
    if let Some((_, _, text, mime)) = PLAIN
        .iter()
        .find(|(at, magic, ..)| head.get(*at..).is_some_and(|head| head.starts_with(magic)))
    {
        return Some(Found::new(*text, mime));
    }
    let of_file = || gzip(head, file, size).or_else(|| program::object(head, file));
    let heads = [packed, archive, media::image, media::document];
    let others = [program::module, program::der, program::disk];
    of_file().or_else(|| heads.iter().chain(&others).find_map(|read| read(head)))
}

pub(super) fn little(head: &[u8], at: usize, size: usize) -> Option<u64> {
    number(head.get(at..at.checked_add(size)?)?, false)
}

pub(super) fn big(head: &[u8], at: usize, size: usize) -> Option<u64> {
    number(head.get(at..at.checked_add(size)?)?, true)
}

/// RFC 1952.
fn gzip(head: &[u8], file: &File, size: u64) -> Option<Found> {
    let (&[0x1f, 0x8b, 8, flags], rest) = head.split_first_chunk::<4>()? else { return None };
    let mut text = String::from("gzip compressed data");
    let (time, extra, system) = (little(rest, 0, 4)?, *rest.get(4)?, *rest.get(5)?);
    let mut at = 6;
    for (bit, said) in [(1, ", ASCII"), (2, ", has CRC"), (4, ", extra field")] {
        if flags & bit != 0 {
            text.push_str(said);
        }
    }
    if flags & 4 != 0 {
        at += 2 + little(rest, at, 2)? as usize;
    }
    if flags & 8 != 0 {
        let name = rest.get(at..)?.split(|b| *b == 0).next()?;
        text.push_str(&format!(", was \"{}\"", visible(name.get(..name.len().min(255))?)));
    }
    if flags & 16 != 0 {
        text.push_str(", has comment");
    }
    if time != 0 {
        text.push_str(&format!(", last modified: {}", date(time)));
    }
    text.push_str(match extra {
        2 => ", max compression",
        4 => ", max speed",
        _ => "",
    });
    const SYSTEMS: [&str; 14] = [
        "FAT filesystem (MS-DOS, OS/2, NT)",
        "Amiga",
        "VMS",
        "Unix",
        "VM/CMS",
        "Atari TOS",
        "HPFS filesystem (OS/2, NT)",
        "MacOS",
        "Z-System",
        "CP/M",
        "TOPS/20",
        "NTFS filesystem (NT)",
        "QDOS",
        "Acorn RISCOS",
    ];
    if let Some(name) = SYSTEMS.get(usize::from(system)) {
        text.push_str(&format!(", from {name}"));
    }
    let mut length = [0; 4];
    if size >= 18 && read_at(file, &mut length, size - 4) == 4 {
        text.push_str(&format!(", original size modulo 2^32 {}", u32::from_le_bytes(length)));
    }
    Some(Found::new(text, "application/gzip"))
}

fn packed(head: &[u8]) -> Option<Found> {
    if head.starts_with(b"BZh") {
        let level = head.get(3).filter(|level| level.is_ascii_digit())?;
        let text = format!("bzip2 compressed data, block size = {}00k", char::from(*level));
        return Some(Found::new(text, "application/x-bzip2"));
    }
    if head.starts_with(b"\xfd7zXZ\0") {
        let check = match head.get(7)? & 15 {
            0 => ", checksum NONE",
            1 => ", checksum CRC32",
            4 => ", checksum CRC64",
            10 => ", checksum SHA-256",
            _ => "",
        };
        return Some(Found::new(format!("XZ compressed data{check}"), "application/x-xz"));
    }
    if head.starts_with(b"\x28\xb5\x2f\xfd") {
        // RFC 8878, section 3.1.1.1.1: the dictionary's number stands behind the window's size, if there is one.
        let flags = *head.get(4)?;
        let at = if flags & 0x20 == 0 { 6 } else { 5 };
        let dictionary = match flags & 3 {
            0 => "None".to_owned(),
            bits => little(head, at, 1 << (bits - 1))?.to_string(),
        };
        let text = format!("Zstandard compressed data (v0.8+), Dictionary ID: {dictionary}");
        return Some(Found::new(text, "application/zstd"));
    }
    None
}

fn archive(head: &[u8]) -> Option<Found> {
    if head.starts_with(b"!<arch>\n") {
        if head.get(8..21) == Some(b"debian-binary") {
            return Some(Found::new(debian(head), "application/vnd.debian.binary-package"));
        }
        return Some(Found::new("current ar archive", "application/x-archive"));
    }
    if head.starts_with(b"PK\x03\x04") {
        if head.get(30..)?.starts_with(b"META-INF/") {
            return Some(Found::new("Java archive data (JAR)", "application/java-archive"));
        }
        let version = little(head, 4, 1)?;
        let method = match little(head, 8, 2)? {
            0 => "store".to_owned(),
            8 => "deflate".to_owned(),
            9 => "deflate64".to_owned(),
            12 => "bzip2".to_owned(),
            14 => "lzma".to_owned(),
            93 => "zstd".to_owned(),
            n => format!("[{n:#x}]"),
        };
        let text = format!(
            "Zip archive data, at least v{}.{} to extract, compression method={method}",
            version / 10,
            version % 10,
        );
        return Some(Found::new(text, "application/zip"));
    }
    let block = head.first_chunk::<512>()?;
    if block.first() == Some(&0) || !crate::tools::tar::is_header(block) {
        return None;
    }
    let text = match &block[257..265] {
        b"ustar  \0" => "POSIX tar archive (GNU)",
        [b'u', b's', b't', b'a', b'r', 0, ..] => "POSIX tar archive",
        _ => "tar archive",
    };
    Some(Found::new(text, "application/x-tar"))
}

fn debian(head: &[u8]) -> String {
    let mut text = String::from("Debian binary package");
    if let Some(version) = head.get(68..72) {
        text.push_str(&format!(" (format {})", visible(version.trim_ascii_end())));
    }
    // The members behind: control.tar.EXT and data.tar.EXT, each behind a header of 60 bytes.
    let size = |at: usize| -> Option<usize> {
        std::str::from_utf8(head.get(at + 48..at + 58)?).ok()?.trim_end().parse().ok()
    };
    let name = |at: usize| {
        let name = head.get(at..at + 16)?.trim_ascii_end();
        Some(visible(name.strip_suffix(b"/").unwrap_or(name)).into_owned())
    };
    if let Some(control) = name(72) {
        text.push_str(&format!(", with {control}"));
        let next = size(72).and_then(|size| size.checked_next_multiple_of(2)?.checked_add(132));
        if let Some(data) = next.filter(|next| *next < head.len()).and_then(name) {
            let method = data.rsplit('.').next().unwrap_or_default();
            let method = if method == "zst" {
                "zstd"
            } else if method == "gz" {
                "gz"
            } else {
                method
            };
            text.push_str(&format!(" , data compression {method}"));
        }
    }
    text
}

/// As ctime(3) has it, in UTC.
pub(super) fn date(seconds: u64) -> String {
    let Some(c) = Civil::of(seconds as i64) else { return seconds.to_string() };
    format!(
        "{} {} {:>2} {:02}:{:02}:{:02} {}",
        c.day_name(),
        c.month_name(),
        c.day,
        c.hour,
        c.minute,
        c.second,
        c.year
    )
}
