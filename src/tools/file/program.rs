//! Programs that are no ELF files, keys, and file systems.

use super::Found;
use super::magic::{big, date, little};
use crate::output::visible;
use crate::tools::elf::{number, read_at};
use std::fs::File;

/// Code for virtual machines.
pub(super) fn module(head: &[u8]) -> Option<Found> {
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
pub(super) fn object(head: &[u8], file: &File) -> Option<Found> {
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
pub(super) fn der(head: &[u8]) -> Option<Found> {
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
pub(super) fn disk(head: &[u8]) -> Option<Found> {
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
