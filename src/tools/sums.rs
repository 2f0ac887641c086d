//! `md5sum` and `sha256sum`: checksums of files, and files against a list of checksums.

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
    run: run::<Md5>,
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
    run: run::<Sha256>,
};

fn options(name: &'static str, summary: &'static str) -> Command {
    command(name, summary)
        .after_help("FILE - is stdin. With -c, each FILE is what this tool printed before.")
        .arg(flag("binary", 'b', "A * in front of each name"))
        .arg(flag("check", 'c', "Check the files that are listed in FILE"))
        .arg(flag("quiet", None, "With -c: nothing of files that are right"))
        .arg(flag("status", None, "With -c: nothing but the exit code"))
        .arg(flag("text", 't', "A space in front of each name: so it is anyway"))
        .arg(flag("zero", 'z', "End each line with NUL, and escape no names"))
        .arg(files())
}

fn run<D: Digest>(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let (mark, zero) = (matches.get_flag("binary"), matches.get_flag("zero"));
    let mut exit = Exit::OK;
    for path in files_or(matches, "-") {
        let Some(mut input) = Input::open(view, &path, io) else { continue };
        if matches.get_flag("check") {
            let list = Records::new(input, b'\n');
            if !check::<D>(view, &path, list, matches, io)? {
                exit = Exit::FAILURE;
            }
            continue;
        }
        let Some(sum) = sum::<D>(&mut input, io) else { continue };
        let name = path.as_os_str().as_bytes();
        let escaped = escape(name);
        let (slash, name) = match zero || escaped == name {
            true => ("", name),
            false => ("\\", escaped.as_slice()),
        };
        write!(io.stdout, "{slash}{sum} {}", if mark { '*' } else { ' ' })?;
        io.stdout.write_name(name)?;
        io.stdout.write_all(if zero { b"\0" } else { b"\n" })?;
    }
    Ok(if io.exit().is_ok() { exit } else { Exit::FAILURE })
}

/// The sum of all that `input` holds, in hexadecimal; `None` when that can't be read, which is complained about.
fn sum<D: Digest>(input: &mut Input, io: &mut Io) -> Option<String> {
    let (mut digest, mut buffer) = (D::new(), vec![0; CHUNK]);
    loop {
        match input.try_read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => digest.update(&buffer[..n]),
            Err(error) => {
                input.complain(error, io);
                return None;
            }
        }
    }
    Some(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Checks the files that `list` names; whether all are right.
fn check<D: Digest>(
    view: &View,
    path: &Path,
    mut list: Records,
    matches: &ArgMatches,
    io: &mut Io,
) -> Result<bool> {
    let is_status = matches.get_flag("status");
    let is_quiet = is_status || matches.get_flag("quiet");
    let (mut seen, mut bad_lines, mut unread, mut wrong) = (0, 0, 0, 0);
    while let Some(line) = list.next(io)? {
        let line = trimmed(line, b'\n');
        let Some((expected, name)) = listed(line, 2 * <D as Digest>::output_size()) else {
            bad_lines += u64::from(!line.is_empty() && line[0] != b'#');
            continue;
        };
        seen += 1;
        let file = Path::new(OsStr::from_bytes(&name));
        let sum = Input::open(view, file, io).and_then(|mut input| sum::<D>(&mut input, io));
        let verdict = match sum {
            Some(sum) if sum.as_bytes().eq_ignore_ascii_case(&expected) => "OK",
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
    Ok(wrong + unread == 0)
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
    io.stdout.flush()?;
    writeln!(io.stderr, "WARNING: {count} {what}")?;
    Ok(io.stderr.flush()?)
}

/// The sum and the name in a line `SUM  NAME` or `SUM *NAME`; the name escaped if the line begins with a backslash.
fn listed(line: &[u8], digits: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let (is_escaped, line) = match line.strip_prefix(b"\\") {
        Some(line) => (true, line),
        None => (false, line),
    };
    let (sum, rest) = line.split_at_checked(digits)?;
    let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
    let is_sum = sum.iter().all(u8::is_ascii_hexdigit);
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
