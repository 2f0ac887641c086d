//! `tar`: lists archives and prints what is in them. It unpacks nothing into a target.

mod archive;
mod header;
mod wanted;

use super::args::{command, files, flag, json_flag, option};
use super::input::{CHUNK, is_stdin};
use super::{Tool, mode};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::time::{Civil, rfc3339};
use crate::output::{Io, Shape, Text, json::Array, quote};
use crate::view::{Needs, View};
use archive::{Archive, Member};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use wanted::{Wanted, trimmed};

pub(super) use header::is_header;

pub(super) const TOOL: Tool = Tool {
    name: "tar",
    aliases: &[],
    summary: "List archives and print files in them",
    examples: &[
        ("tar tvf /app/bundle.tar.gz", "What an archive holds, with owners, sizes and times"),
        ("tar xOf /app/bundle.tar etc/app.conf", "One file of it, printed"),
        ("cat /tmp/x.tgz | tar tz", "The same of a stream"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: Some(dashed),
    run,
};

/// A sparse file that says it is larger is not printed: its holes cost its maker nothing.
const LARGEST_HOLES: u64 = 1 << 40;

/// One member.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    path: Text,
    /// `file`, `hard link`, `link`, `character device`, `block device`, `directory`, `fifo` or `other`.
    kind: &'static str,
    /// Permission bits in octal as a string: `0755`.
    mode: String,
    uid: i64,
    gid: i64,
    /// The names that the archive gives; null where it has none.
    user: Option<Text>,
    group: Option<Text>,
    /// Bytes.
    size: u64,
    /// RFC 3339 in UTC; null where the year does not fit 32 bits.
    modified: Option<String>,
    /// Where a link leads.
    target: Option<Text>,
    /// `major:minor` that a device node stands for.
    device: Option<String>,
}

fn options() -> Command {
    command("tar", TOOL.summary)
        .after_help(
            "MEMBER is a name, a directory with all that is below it, or a pattern. -t and -x -O are all there is: \
             nothing is written into a target. gzip is seen without -z; other compressions are not unpacked. \
             Times are in UTC.",
        )
        .arg(flag("list", 't', "List the members"))
        .arg(flag("extract", 'x', "Print members; only with -O").visible_alias("get"))
        .arg(flag("to-stdout", 'O', "Print the content of members"))
        .arg(flag("verbose", 'v', "With modes, owners, sizes and times").action(clap::ArgAction::Count))
        .arg(option("file", 'f', "ARCHIVE", "The archive; - is stdin, as without -f"))
        .arg(flag("gzip", 'z', "The archive is packed: so it is seen anyway"))
        .arg(flag("numeric-owner", None, "Owners as numbers"))
        .arg(flag("full-time", None, "Times with seconds"))
        .arg(flag("wildcards", None, "Members are patterns, too: so it is anyway"))
        .arg(json_flag())
        .arg(files().value_name("MEMBER"))
}

/// `tar tvf X` as `tar -t -v -f X`: each letter that takes a value has the next word.
fn dashed(mut words: Vec<OsString>) -> Vec<OsString> {
    let Some(first) = words.first().filter(|first| !first.as_bytes().starts_with(b"-")) else {
        return words;
    };
    let letters = first.as_bytes().to_vec();
    let mut rest = words.split_off(1).into_iter();
    let mut out = Vec::new();
    for letter in letters {
        out.push(super::args::os(&[b'-', letter]).to_owned());
        if letter == b'f' {
            out.extend(rest.next());
        }
    }
    out.extend(rest);
    out
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let (lists, prints) = (matches.get_flag("list"), matches.get_flag("extract"));
    if lists == prints {
        let error = Error::usage("one of -t and -x is needed");
        return Err(error.hint("-t lists, and -x -O prints"));
    }
    if prints && !matches.get_flag("to-stdout") {
        let error =
            Error::usage("-x without -O would write files, and dbg writes none into a target");
        return Err(
            error.hint("tar -x -O prints a member; `dbg tar … -xOf X MEMBER > file` keeps it here")
        );
    }
    let path = Path::new(super::args::os(super::args::bytes(matches, "file").unwrap_or(b"-")));
    let named = || if is_stdin(path) { "stdin".to_owned() } else { quote(path) };
    let failed = |error: Error| match error.exit_code() {
        // GNU's code of what ends it.
        Exit::FAILURE => error.exit(Exit::code(2)),
        _ => error,
    };
    let file = match is_stdin(path) {
        true => io.stdin.try_clone().map_err(Error::from).context(|| "stdin"),
        false => view.root().and_then(|root| root.open(path)),
    };
    let opened = file.and_then(|file| Archive::open(file, matches.get_flag("gzip")).context(named));
    let mut archive = opened.map_err(failed)?;
    let names: Vec<&[u8]> = matches
        .get_many::<std::path::PathBuf>("FILE")
        .into_iter()
        .flatten()
        .map(|name| trimmed(name.as_os_str().as_bytes()))
        .collect();
    let mut wanted = Wanted { found: vec![false; names.len()], names };
    let mut printer = Printer::new(matches);
    loop {
        match archive.next().context(named) {
            Ok(Some(member)) if wanted.has(&member.name) => {
                if prints {
                    content(&mut archive, &member, io).context(named).map_err(failed)?;
                } else {
                    printer.print(&member, io)?;
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                printer.end(io)?;
                return Err(failed(error));
            }
        }
    }
    printer.end(io)?;
    for (name, found) in wanted.names.iter().zip(&wanted.found) {
        if !found {
            io.complain(&Error::new(format!(
                "{}: not found in the archive",
                quote(super::args::os(name))
            )));
        }
    }
    Ok(if io.exit().is_ok() { Exit::OK } else { Exit::code(2) })
}

/// Prints the data of a member; holes are zeros.
fn content(archive: &mut Archive, member: &Member, io: &mut Io) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    let Some(sparse) = &member.sparse else {
        if !matches!(member.kind, b'0' | b'7') {
            return Ok(());
        }
        loop {
            let n = archive.read(&mut buffer)?;
            if n == 0 {
                return Ok(io.stdout.end_text()?);
            }
            io.stdout.write_text(buffer.get(..n).unwrap_or_default())?;
        }
    };
    if member.size > LARGEST_HOLES {
        let name = quote(super::args::os(&member.name));
        return Err(Error::new(format!(
            "{name}: a sparse file that says it has {} bytes",
            member.size
        )));
    }
    let zeros = vec![0; CHUNK];
    let mut at = 0u64;
    for (offset, length) in sparse.0.iter().chain([&(member.size, 0)]) {
        if *offset < at || *offset > member.size {
            return Err(Error::new("the parts of a sparse file are out of order"));
        }
        while at < *offset {
            let n = zeros.len().min(usize::try_from(*offset - at).unwrap_or(usize::MAX));
            io.stdout.write_text(zeros.get(..n).unwrap_or_default())?;
            at += n as u64;
        }
        let end = at.checked_add(*length).filter(|end| *end <= member.size);
        let end = end.ok_or_else(|| Error::new("a part of a sparse file is behind its end"))?;
        while at < end {
            let most = buffer.len().min(usize::try_from(end - at).unwrap_or(usize::MAX));
            let n = archive.read(buffer.get_mut(..most).unwrap_or_default())?;
            if n == 0 {
                return Err(Error::new("the data of a sparse file are cut off"));
            }
            io.stdout.write_text(buffer.get(..n).unwrap_or_default())?;
            at += n as u64;
        }
    }
    Ok(io.stdout.end_text()?)
}

/// The listing.
struct Printer {
    is_long: bool,
    numeric: bool,
    full_time: bool,
    array: Option<Array>,
    /// Columns of owner and size together; it grows with what is met, as GNU's does.
    width: usize,
}

impl Printer {
    fn new(matches: &ArgMatches) -> Printer {
        Printer {
            is_long: matches.get_count("verbose") > 0 || matches.get_flag("full-time"),
            numeric: matches.get_flag("numeric-owner"),
            full_time: matches.get_flag("full-time"),
            array: matches.get_flag("json").then(Array::default),
            width: 19,
        }
    }

    fn print(&mut self, member: &Member, io: &mut Io) -> Result<()> {
        if let Some(array) = &mut self.array {
            return Ok(array.push(&mut io.stdout, &row(member))?);
        }
        let mut line = Vec::new();
        if self.is_long {
            line.extend_from_slice(self.facts(member).as_bytes());
        }
        quoted(&member.name, &mut line);
        match member.kind {
            _ if !self.is_long => {}
            b'1' => {
                line.extend_from_slice(b" link to ");
                quoted(&member.link, &mut line);
            }
            b'2' => {
                line.extend_from_slice(b" -> ");
                quoted(&member.link, &mut line);
            }
            b'V' => line.extend_from_slice(b"--Volume Header--"),
            b'0' | b'3'..=b'7' | b'S' | b'D' | b'M' => {}
            kind => {
                line.extend_from_slice(b" unknown file type ");
                quoted(&[b'\'', kind, b'\''], &mut line);
            }
        }
        line.push(b'\n');
        Ok(io.stdout.write_all(&line)?)
    }

    fn facts(&mut self, member: &Member) -> String {
        let owner = |name: &[u8], id: i64| match name.is_empty() || self.numeric {
            true => id.to_string(),
            false => {
                let mut shown = Vec::new();
                quoted(name, &mut shown);
                String::from_utf8_lossy(&shown).into_owned()
            }
        };
        let owners =
            format!("{}/{}", owner(&member.user, member.uid), owner(&member.group, member.gid));
        let size = match member.kind {
            b'3' | b'4' => format!("{},{}", member.device.0, member.device.1),
            _ => member.size.to_string(),
        };
        self.width = self.width.max(owners.len() + 1 + size.len());
        let pad = self.width - owners.len() - 1;
        let letter = match member.kind {
            b'0' | b'S' => '-',
            b'1' => 'h',
            b'2' => 'l',
            b'3' => 'c',
            b'4' => 'b',
            b'5' | b'D' => 'd',
            b'6' => 'p',
            b'7' => 'C',
            b'M' => 'M',
            b'V' => 'V',
            _ => '?',
        };
        let mode = mode::string(member.mode);
        let mode = mode.get(1..).unwrap_or_default();
        let time = match Civil::of(member.mtime) {
            // As GNU tar has it.
            None => member.mtime.to_string(),
            Some(c) => {
                let seconds =
                    if self.full_time { format!(":{:02}", c.second) } else { String::new() };
                let date = format!("{:04}-{:02}-{:02}", c.year, c.month, c.day);
                format!("{date} {:02}:{:02}{seconds}", c.hour, c.minute)
            }
        };
        format!("{letter}{mode} {owners} {size:>pad$} {time} ")
    }

    fn end(&mut self, io: &mut Io) -> Result<()> {
        match self.array.take() {
            Some(array) => Ok(array.end(&mut io.stdout)?),
            None => Ok(()),
        }
    }
}

fn row(member: &Member) -> Row {
    let text = |bytes: &Vec<u8>| (!bytes.is_empty()).then(|| Text(bytes.clone()));
    Row {
        path: Text(member.name.clone()),
        kind: match member.kind {
            b'0' | b'7' | b'S' => "file",
            b'1' => "hard link",
            b'2' => "link",
            b'3' => "character device",
            b'4' => "block device",
            b'5' | b'D' => "directory",
            b'6' => "fifo",
            _ => "other",
        },
        mode: format!("{:04o}", member.mode),
        uid: member.uid,
        gid: member.gid,
        user: text(&member.user),
        group: text(&member.group),
        size: member.size,
        modified: rfc3339(member.mtime, 0),
        target: text(&member.link),
        device: matches!(member.kind, b'3' | b'4')
            .then(|| format!("{}:{}", member.device.0, member.device.1)),
    }
}

/// A name as GNU tar prints it, wherever it goes: escapes of C for what can't be printed, and for the backslash.
fn quoted(name: &[u8], out: &mut Vec<u8>) {
    let octal = |bytes: &[u8], out: &mut Vec<u8>| {
        for byte in bytes {
            out.extend_from_slice(format!("\\{byte:03o}").as_bytes());
        }
    };
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let bytes = c.encode_utf8(&mut buffer).as_bytes();
            let letter = match c {
                '\\' => b'\\',
                '\x07' => b'a',
                '\x08' => b'b',
                '\t' => b't',
                '\n' => b'n',
                '\x0b' => b'v',
                '\x0c' => b'f',
                '\r' => b'r',
                _ if crate::output::visible(bytes).as_bytes() == bytes => {
                    out.extend_from_slice(bytes);
                    continue;
                }
                _ => {
                    octal(bytes, out);
                    continue;
                }
            };
            out.extend_from_slice(&[b'\\', letter]);
        }
        octal(chunk.invalid(), out);
    }
}
