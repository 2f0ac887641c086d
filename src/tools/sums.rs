//! `md5sum`, `sha1sum`, `sha256sum` and `sha512sum`: checksums of files, and files against a list of checksums.

use super::Tool;
use super::args::{command, files, files_or, flag};
use super::input::{CHUNK, Input};
use super::records::{Records, trimmed};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, quote};
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use md5::Md5;
use nix::errno::Errno;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA512};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(super) const MD5SUM: Tool = Tool {
    name: "md5sum",
    aliases: &[],
    summary: "Print or check MD5 checksums",
    examples: &[
        ("md5sum /app/server", "Whether it is the binary that you have here"),
        ("md5sum /etc/app/*", "One line a file, to compare with another replica's"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: || options("md5sum", MD5SUM.summary),
    rewrite: None,
    run: |view, matches, io| run(Kind::Md5, view, matches, io),
};

pub(super) const SHA1SUM: Tool = Tool {
    name: "sha1sum",
    aliases: &[],
    summary: "Print or check SHA-1 checksums",
    examples: &[
        ("sha1sum /app/server", "Compare with a list from before SHA-256"),
        ("sha1sum --tag /app/*", "One line a file, in the form of BSD and OpenSSL"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: || options("sha1sum", SHA1SUM.summary),
    rewrite: None,
    run: |view, matches, io| run(Kind::Sha1, view, matches, io),
};

pub(super) const SHA256SUM: Tool = Tool {
    name: "sha256sum",
    aliases: &[],
    summary: "Print or check SHA-256 checksums",
    examples: &[
        ("sha256sum /app/server", "Compare the binary with what the build published"),
        ("sha256sum -c /app/SHA256SUMS", "Whether a file is another than when the image was made"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: || options("sha256sum", SHA256SUM.summary),
    rewrite: None,
    run: |view, matches, io| run(Kind::Sha256, view, matches, io),
};

pub(super) const SHA512SUM: Tool = Tool {
    name: "sha512sum",
    aliases: &[],
    summary: "Print or check SHA-512 checksums",
    examples: &[
        ("sha512sum /app/server.jar", "Compare with what Apache and Maven publish"),
        (
            "sha512sum -c --ignore-missing /app/SHA512SUMS",
            "The same of those files of a list that are here",
        ),
    ],
    needs: Needs::Nothing,
    json: None,
    command: || options("sha512sum", SHA512SUM.summary),
    rewrite: None,
    run: |view, matches, io| run(Kind::Sha512, view, matches, io),
};

/// Which sum.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// A sum while it is made.
enum Sum {
    Md5(Md5),
    Sha256(Sha256),
    Ring(Context),
}

impl Kind {
    /// As `--tag` has it.
    fn name(self) -> &'static str {
        match self {
            Kind::Md5 => "MD5",
            Kind::Sha1 => "SHA1",
            Kind::Sha256 => "SHA256",
            Kind::Sha512 => "SHA512",
        }
    }

    fn digits(self) -> usize {
        match self {
            Kind::Md5 => 32,
            Kind::Sha1 => 40,
            Kind::Sha256 => 64,
            Kind::Sha512 => 128,
        }
    }

    fn start(self) -> Sum {
        match self {
            Kind::Md5 => Sum::Md5(Md5::new()),
            Kind::Sha256 => Sum::Sha256(Sha256::new()),
            Kind::Sha1 => Sum::Ring(Context::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            Kind::Sha512 => Sum::Ring(Context::new(&SHA512)),
        }
    }
}

impl Sum {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Sum::Md5(sum) => sum.update(bytes),
            Sum::Sha256(sum) => sum.update(bytes),
            Sum::Ring(sum) => sum.update(bytes),
        }
    }

    fn hexadecimal(self) -> String {
        let bytes = match self {
            Sum::Md5(sum) => sum.finalize().to_vec(),
            Sum::Sha256(sum) => sum.finalize().to_vec(),
            Sum::Ring(sum) => sum.finish().as_ref().to_vec(),
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn options(name: &'static str, summary: &'static str) -> Command {
    command(name, summary)
        .after_help("FILE - is stdin. With -c, each FILE is what this tool printed before.")
        .arg(flag("binary", 'b', "A * in front of each name"))
        .arg(flag("check", 'c', "Check the files that are listed in FILE"))
        .arg(flag("ignore-missing", None, "With -c: nothing of files that are not there"))
        .arg(flag("quiet", None, "With -c: nothing of files that are right"))
        .arg(flag("status", None, "With -c: nothing but the exit code"))
        .arg(flag("strict", None, "With -c: lines that are none are a failure"))
        .arg(flag("tag", None, "Lines as BSD has them").conflicts_with_all(["check", "text"]))
        .arg(flag("text", 't', "A space in front of each name: so it is anyway"))
        .arg(flag("warn", 'w', "With -c: say which lines are none"))
        .arg(flag("zero", 'z', "End each line with NUL, and escape no names"))
        .arg(files())
}

fn run(kind: Kind, view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let is = |id: &str| matches.get_flag(id);
    let mut exit = Exit::OK;
    for path in files_or(matches, "-") {
        let Some(mut input) = Input::open(view, &path, io) else { continue };
        if is("check") {
            let list = Records::new(input, b'\n');
            if !check(kind, view, &path, list, matches, io)? {
                exit = Exit::FAILURE;
            }
            continue;
        }
        let Some(sum) = sum(kind, &mut input, io) else { continue };
        let name = path.as_os_str().as_bytes();
        let escaped = escape(name);
        let (slash, name) = match is("zero") || escaped == name {
            true => ("", name),
            false => ("\\", escaped.as_slice()),
        };
        if is("tag") {
            write!(io.stdout, "{slash}{} (", kind.name())?;
            io.stdout.write_name(name)?;
            write!(io.stdout, ") = {sum}")?;
        } else {
            write!(io.stdout, "{slash}{sum} {}", if is("binary") { '*' } else { ' ' })?;
            io.stdout.write_name(name)?;
        }
        io.stdout.write_all(if is("zero") { b"\0" } else { b"\n" })?;
    }
    Ok(if io.exit().is_ok() { exit } else { Exit::FAILURE })
}

/// The sum of all that `input` holds, in hexadecimal; `None` when that can't be read, which is complained about.
fn sum(kind: Kind, input: &mut Input, io: &mut Io) -> Option<String> {
    let (mut sum, mut buffer) = (kind.start(), vec![0; CHUNK]);
    loop {
        match input.try_read(&mut buffer) {
            Ok(0) => return Some(sum.hexadecimal()),
            Ok(n) => sum.update(&buffer[..n]),
            Err(error) => {
                input.complain(error, io);
                return None;
            }
        }
    }
}

/// Whether the file is not there, which may be ignored.
fn is_missing(view: &View, file: &Path) -> bool {
    let stat = view.root().and_then(|root| root.stat(file));
    stat.is_err_and(|error| error.errno() == Some(Errno::ENOENT))
}

/// Checks the files that `list` names; whether all are right.
fn check(
    kind: Kind,
    view: &View,
    path: &Path,
    mut list: Records,
    matches: &ArgMatches,
    io: &mut Io,
) -> Result<bool> {
    let is_status = matches.get_flag("status");
    let is_quiet = is_status || matches.get_flag("quiet");
    let (mut number, mut seen, mut right) = (0u64, 0u64, 0u64);
    let (mut bad_lines, mut unread, mut wrong) = (0u64, 0, 0);
    while let Some(line) = list.next(io)? {
        let line = trimmed(line, b'\n');
        number += 1;
        let Some((expected, name)) = listed(line, kind) else {
            if !line.is_empty() && line[0] != b'#' {
                bad_lines += 1;
                if matches.get_flag("warn") {
                    let (path, kind) = (quote(path), kind.name());
                    let text =
                        format!("{path}: {number}: improperly formatted {kind} checksum line");
                    note(&text, io)?;
                }
            }
            continue;
        };
        seen += 1;
        let file = Path::new(OsStr::from_bytes(&name));
        if matches.get_flag("ignore-missing") && is_missing(view, file) {
            continue;
        }
        let sum = Input::open(view, file, io).and_then(|mut input| sum(kind, &mut input, io));
        let verdict = match sum {
            Some(sum) if sum.as_bytes().eq_ignore_ascii_case(&expected) => {
                right += 1;
                "OK"
            }
            Some(_) => {
                wrong += 1;
                "FAILED"
            }
            None => {
                unread += 1;
                "FAILED open or read"
            }
        };
        if verdict == "OK" && is_quiet || is_status {
            continue;
        }
        if name.contains(&b'\n') {
            io.stdout.write_all(b"\\")?;
            io.stdout.write_name(&escape(&name))?;
        } else {
            io.stdout.write_name(&name)?;
        }
        writeln!(io.stdout, ": {verdict}")?;
    }
    if seen == 0 {
        io.complain(&Error::new(format!("{}: no checksum lines found", quote(path))));
        return Ok(false);
    }
    if !is_status {
        for (count, what) in [
            (bad_lines, "line is improperly formatted"),
            (unread, "listed file could not be read"),
            (wrong, "computed checksum did NOT match"),
        ] {
            warn(count, what, io)?;
        }
    }
    if matches.get_flag("ignore-missing") && right == 0 {
        if !is_status {
            note(&format!("{}: no file was verified", quote(path)), io)?;
        }
        return Ok(false);
    }
    Ok(wrong + unread == 0 && !(matches.get_flag("strict") && bad_lines > 0))
}

/// Says on stderr what the exit code of a list tells.
fn note(text: &str, io: &mut Io) -> Result<()> {
    io.stdout.flush()?;
    writeln!(io.stderr, "{text}")?;
    Ok(io.stderr.flush()?)
}

/// What GNU says on stderr at the end of a list.
fn warn(count: u64, what: &str, io: &mut Io) -> Result<()> {
    let what = match count {
        0 => return Ok(()),
        1 => what.to_owned(),
        _ => what
            .replace("line is", "lines are")
            .replace("file could", "files could")
            .replace("checksum did", "checksums did"),
    };
    note(&format!("WARNING: {count} {what}"), io)
}

/// The sum and the name in a line `SUM  NAME`, `SUM *NAME` or `KIND (NAME) = SUM`; the name escaped if the line begins
/// with a backslash.
fn listed(line: &[u8], kind: Kind) -> Option<(Vec<u8>, Vec<u8>)> {
    let line = line.trim_ascii_start();
    let (is_escaped, line) = match line.strip_prefix(b"\\") {
        Some(line) => (true, line),
        None => (false, line),
    };
    let tag = [kind.name().as_bytes(), b" ("].concat();
    let (sum, name) = match line.strip_prefix(tag.as_slice()) {
        Some(rest) => {
            let at = memchr::memmem::rfind(rest, b") = ")?;
            (&rest[at + 4..], &rest[..at])
        }
        None => {
            let (sum, rest) = line.split_at_checked(kind.digits())?;
            (sum, rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?)
        }
    };
    let is_sum = sum.len() == kind.digits() && sum.iter().all(u8::is_ascii_hexdigit);
    let name = if is_escaped { unescape(name)? } else { name.to_vec() };
    (is_sum && !name.is_empty()).then(|| (sum.to_vec(), name))
}

fn escape(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            other => out.push(*other),
        }
    }
    out
}

fn unescape(name: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut bytes) = (Vec::with_capacity(name.len()), name.iter());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            other => *other,
        });
    }
    Some(out)
}
