//! What the first bytes of a file say, in the words of file(1) (magic(5)).

use super::Found;
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
    let readers: [fn(&[u8], &File, u64) -> Option<Found>; 3] = [gzip, archive, object];
    let heads: [fn(&[u8]) -> Option<Found>; 6] = [packed, image, document, module, der, disk];
    readers
        .iter()
        .find_map(|read| read(head, file, size))
        .or_else(|| heads.iter().find_map(|read| read(head)))
}

fn little(head: &[u8], at: usize, size: usize) -> Option<u64> {
    number(head.get(at..at.checked_add(size)?)?, false)
}

fn big(head: &[u8], at: usize, size: usize) -> Option<u64> {
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

fn archive(head: &[u8], _: &File, _: u64) -> Option<Found> {
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

fn image(head: &[u8]) -> Option<Found> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") && head.get(12..16)? == b"IHDR" {
        let depth = head.get(24)?;
        let colour = match head.get(25)? {
            0 => " grayscale",
            2 => "/color RGB",
            3 => " colormap",
            4 => " gray+alpha",
            6 => "/color RGBA",
            _ => "",
        };
        let interlaced = if *head.get(28)? == 0 { "non-interlaced" } else { "interlaced" };
        let (width, height) = (big(head, 16, 4)?, big(head, 20, 4)?);
        let text = format!("PNG image data, {width} x {height}, {depth}-bit{colour}, {interlaced}");
        return Some(Found::new(text, "image/png"));
    }
    if head.starts_with(b"GIF8") {
        let (width, height) = (little(head, 6, 2)?, little(head, 8, 2)?);
        let version = visible(head.get(3..6)?);
        let text = format!("GIF image data, version {version}, {width} x {height}");
        return Some(Found::new(text, "image/gif"));
    }
    if head.starts_with(b"\xff\xd8\xff") {
        return Some(Found::new(jpeg(head), "image/jpeg"));
    }
    if head.starts_with(b"RIFF") && head.get(8..12)? == b"WEBP" {
        return Some(Found::new("RIFF (little-endian) data, Web/P image", "image/webp"));
    }
    head.starts_with(b"\0\0\x01\0\x01\0")
        .then(|| Found::new("MS Windows icon resource - 1 icon", "image/vnd.microsoft.icon"))
}

/// The segments of a JPEG file up to the frame, which has its size.
fn jpeg(head: &[u8]) -> String {
    let (mut text, mut at) = (String::from("JPEG image data"), 2);
    while let (Some(0xff), Some(&marker), Some(length)) =
        (head.get(at), head.get(at + 1), big(head, at + 2, 2))
    {
        let body = head.get(at + 4..).unwrap_or_default();
        match (marker, body) {
            (0xe0, [b'J', b'F', b'I', b'F', 0, major, minor, unit, x1, x2, y1, y2, ..]) => {
                let unit = ["aspect ratio", "resolution (DPI)", "resolution (DPCM)"]
                    .get(usize::from(*unit))
                    .unwrap_or(&"aspect ratio");
                let (x, y) = (u16::from_be_bytes([*x1, *x2]), u16::from_be_bytes([*y1, *y2]));
                text.push_str(&format!(
                    ", JFIF standard {major}.{minor:02}, {unit}, density {x}x{y}, segment length {length}"
                ));
            }
            (0xc0..=0xc2, [precision, h1, h2, w1, w2, components, ..]) => {
                let kind = ["baseline", "extended sequential", "progressive"]
                    .get(usize::from(marker - 0xc0))
                    .unwrap_or(&"baseline");
                let (w, h) = (u16::from_be_bytes([*w1, *w2]), u16::from_be_bytes([*h1, *h2]));
                text.push_str(&format!(
                    ", {kind}, precision {precision}, {w}x{h}, components {components}"
                ));
                break;
            }
            _ => {}
        }
        at += 2 + (length as usize).max(2);
    }
    text
}

fn document(head: &[u8]) -> Option<Found> {
    if let Some(rest) = head.strip_prefix(b"%PDF-") {
        let version = rest.get(..3)?;
        return Some(Found::new(
            format!("PDF document, version {}", visible(version)),
            "application/pdf",
        ));
    }
    let rest = head.strip_prefix(b"SQLite format 3\0")?;
    let at = |at: usize| big(rest, at - 16, 4);
    let mut text = String::from("SQLite 3.x database");
    match (at(68)?, at(60)?) {
        (0, 0) => {}
        (0, user) => text.push_str(&format!(", user version {user}")),
        (id, user) => {
            text.push_str(&format!(", application id {id}"));
            if user != 0 {
                text.push_str(&format!(", user version {user}"));
            }
        }
    }
    text.push_str(&format!(", last written using SQLite version {}", at(96)?));
    if rest.get(2) == Some(&2) || rest.get(3) == Some(&2) {
        let (write, read) = (rest.get(2)?, rest.get(3)?);
        text.push_str(&format!(", writer version {write}, read version {read}"));
    }
    let encoding = match at(56)? {
        1 => ", UTF-8",
        2 => ", UTF-16 little endian",
        3 => ", UTF-16 big endian",
        _ => "",
    };
    text.push_str(&format!(", file counter {}, database pages {}", at(24)?, at(28)?));
    text.push_str(&format!(", cookie 0x{:x}, schema {}{encoding}", at(40)?, at(44)?));
    text.push_str(&format!(", version-valid-for {}", at(92)?));
    Some(Found::new(text, "application/vnd.sqlite3"))
}

/// Code for virtual machines.
fn module(head: &[u8]) -> Option<Found> {
    if head.starts_with(b"\xca\xfe\xba\xbe") {
        let (minor, major) = (big(head, 4, 2)?, big(head, 6, 2)?);
        // Of a Mach-O file for several processors, the next number is how many.
        if major < 45 {
            return (minor == 0).then(|| {
                let noun = if major == 1 { "architecture" } else { "architectures" };
                let text = format!("Mach-O universal binary with {major} {noun}");
                Found::new(text, "application/x-mach-binary")
            });
        }
        let edition = match major {
            45 => " (Java 1.1)".to_owned(),
            46..=52 => format!(" (Java 1.{})", major - 44),
            53.. => format!(" (Java SE {})", major - 44),
            _ => String::new(),
        };
        let text = format!("compiled Java class data, version {major}.{minor}{edition}");
        return Some(Found::new(text, "application/x-java-applet"));
    }
    if head.get(2..4)? == b"\r\n" {
        return python(head);
    }
    None
}

/// PEP 552; the magic numbers are those of CPython's releases.
fn python(head: &[u8]) -> Option<Found> {
    let version = match little(head, 0, 2)? {
        62211 => {
            return Some(Found::new("python 2.7 byte-compiled", "application/x-bytecode.python"));
        }
        3320..=3351 => 5,
        3360..=3379 => 6,
        3390..=3399 => 7,
        3400..=3419 => 8,
        3420..=3429 => 9,
        3430..=3449 => 10,
        3450..=3499 => 11,
        3500..=3549 => 12,
        3550..=3599 => 13,
        3600..=3649 => 14,
        _ => return None,
    };
    let mut text = format!("Byte-compiled Python module for CPython 3.{version}");
    match little(head, 4, 4)? {
        _ if version < 7 => {}
        0 => text.push_str(&format!(
            ", timestamp-based, .py timestamp: {} UTC, .py size: {} bytes",
            date(little(head, 8, 4)?),
            little(head, 12, 4)?
        )),
        flags => {
            let is_checked = if flags & 2 != 0 { "set" } else { "unset" };
            let hash = big(head, 8, 8)?;
            text.push_str(&format!(
                ", hash-based, check-source flag {is_checked}, hash: {hash:#x}"
            ));
        }
    }
    Some(Found::new(text, "application/x-bytecode.python"))
}

/// Programs of other systems.
fn object(head: &[u8], file: &File, _: u64) -> Option<Found> {
    if head.starts_with(b"MZ") {
        return Some(windows(head, file));
    }
    let (bits, is_big) = match head.first_chunk::<4>()? {
        b"\xcf\xfa\xed\xfe" => (64, false),
        b"\xce\xfa\xed\xfe" => (32, false),
        b"\xfe\xed\xfa\xcf" => (64, true),
        b"\xfe\xed\xfa\xce" => (32, true),
        _ => return None,
    };
    let word = |at: usize| number(head.get(at..at + 4)?, is_big);
    let machine = match word(4)? {
        7 => "i386",
        0x0100_0007 => "x86_64",
        12 => "arm",
        0x0100_000c => "arm64",
        18 => "ppc",
        0x0100_0012 => "ppc64",
        _ => "unknown processor",
    };
    let kind = match word(12)? {
        1 => "object",
        2 => "executable",
        4 => "core",
        6 => "dynamically linked shared library",
        7 => "dynamic linker",
        8 => "bundle",
        10 => "dSYM companion file",
        _ => "file",
    };
    const FLAGS: [&str; 8] = [
        "NOUNDEFS",
        "INCRLINK",
        "DYLDLINK",
        "BINDATLOAD",
        "PREBOUND",
        "SPLIT_SEGS",
        "LAZY_INIT",
        "TWOLEVEL",
    ];
    let flags = word(24)?;
    let mut names: Vec<&str> = Vec::new();
    names.extend(FLAGS.iter().enumerate().filter(|(bit, _)| flags & 1 << bit != 0).map(|(_, n)| n));
    names.extend((flags & 0x20_0000 != 0).then_some("PIE"));
    let sixty_four = if bits == 64 { " 64-bit" } else { "" };
    let text = format!("Mach-O{sixty_four} {machine} {kind}, flags:<{}>", names.join("|"));
    Some(Found::new(text, "application/x-mach-binary"))
}

fn windows(head: &[u8], file: &File) -> Found {
    let told = || -> Option<String> {
        let at = little(head, 0x3c, 4)?;
        let mut header = [0; 96];
        let n = read_at(file, &mut header, at);
        let header = header.get(..n)?.strip_prefix(b"PE\0\0")?;
        let format = match little(header, 20, 2)? {
            0x20b => "PE32+",
            _ => "PE32",
        };
        let flags = little(header, 18, 2)?;
        let kind = if flags & 0x2000 != 0 { "executable (DLL)" } else { "executable" };
        let system = match little(header, 88, 2)? {
            1 => " (native)",
            2 => " (GUI)",
            3 => " (console)",
            _ => "",
        };
        let machine = match little(header, 0, 2)? {
            0x14c => "Intel 80386",
            0x8664 => "x86-64",
            0xaa64 => "Aarch64",
            _ => "unknown processor",
        };
        let stripped = if flags & 0x200 != 0 { " (stripped to external PDB)" } else { "" };
        let sections = little(header, 2, 2)?;
        Some(format!(
            "{format} {kind}{system} {machine}{stripped}, for MS Windows, {sections} sections"
        ))
    };
    match told() {
        Some(text) => Found::new(text, "application/vnd.microsoft.portable-executable"),
        None => Found::new("MS-DOS executable", "application/x-dosexec"),
    }
}

/// Certificates and keys in DER (X.690): by the few elements that they begin with.
fn der(head: &[u8]) -> Option<Found> {
    let (&[0x30, 0x82], _) = head.split_first_chunk::<2>()? else { return None };
    let body = head.get(4..)?;
    let text = match body {
        // A sequence in it that begins with a version marked [0].
        [0x30, 0x82, _, _, 0xa0, 3, 2, 1, version, ..] => {
            format!("Certificate, Version={}", u16::from(*version) + 1)
        }
        // PKCS #1: version 0 and a modulus with a byte of 0 in front. PKCS #8: version 0 and an algorithm.
        [2, 1, 0, 2, 0x82, a, b, 0, ..] => {
            let bytes = usize::from(u16::from_be_bytes([*a, *b])).saturating_sub(1);
            format!("DER Encoded Key Pair, {} bits", bytes * 8)
        }
        [2, 1, 0, 0x30, 0x0d, 6, 9, ..] => "DER Encoded PKCS#8 private key".into(),
        [0x30, 0x0d, 6, 9, ..] => "DER Encoded public key".into(),
        _ => return None,
    };
    Some(Found::new(text, "application/octet-stream"))
}

/// File systems.
fn disk(head: &[u8]) -> Option<Found> {
    if head.starts_with(b"hsqs") {
        let compression = match little(head, 20, 2)? {
            1 => "zlib",
            2 => "lzma",
            3 => "lzo",
            4 => "xz",
            5 => "lz4",
            6 => "zstd",
            _ => "unknown",
        };
        let text = format!(
            "Squashfs filesystem, little endian, version {}.{}, {compression} compressed, {} bytes, {} inodes, \
             blocksize: {} bytes, created: {}",
            little(head, 28, 2)?,
            little(head, 30, 2)?,
            little(head, 40, 8)?,
            little(head, 4, 4)?,
            little(head, 12, 4)?,
            date(little(head, 8, 4)?),
        );
        return Some(Found::new(text, "application/octet-stream"));
    }
    let super_block = head.get(1024..1024 + 136)?;
    if super_block.get(56..58)? != b"\x53\xef" {
        return None;
    }
    let features =
        [little(super_block, 92, 4)?, little(super_block, 96, 4)?, little(super_block, 100, 4)?];
    let version = match features {
        [_, incompatible, _] if incompatible & 0x3c0 != 0 => 4,
        [_, _, read_only] if read_only & 0x78 != 0 => 4,
        [compatible, ..] if compatible & 4 != 0 => 3,
        _ => 2,
    };
    let hex: String = super_block.get(104..120)?.iter().map(|b| format!("{b:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let mut text = format!(
        "Linux rev {}.{} ext{version} filesystem data, UUID={}-{}-{}-{}-{}",
        little(super_block, 76, 4)?,
        little(super_block, 62, 2)?,
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    );
    let label = super_block.get(120..136)?.split(|b| *b == 0).next().unwrap_or_default();
    if !label.is_empty() {
        text.push_str(&format!(", volume name \"{}\"", visible(label)));
    }
    for (set, bit, said) in [
        (1, 4, " (needs journal recovery)"),
        (1, 0x40, " (extents)"),
        (1, 0x80, " (64bit)"),
        (2, 2, " (large files)"),
        (2, 8, " (huge files)"),
    ] {
        if features.get(set).is_some_and(|features| features & bit != 0) {
            text.push_str(said);
        }
    }
    Some(Found::new(text, "application/octet-stream"))
}

/// As ctime(3) has it, in UTC.
fn date(seconds: u64) -> String {
    let c = Civil::of(seconds as i64);
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
