//! `file`: what kind of file each is, by what is in it.

mod elf;
mod magic;
mod media;
mod program;
mod text;

use super::args::{command, files, flag, json_flag, short_flag};
use super::{Tool, input, mode};
use crate::error::{Result, io_reason, reason};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, table::print_json, visible};
use crate::view::{Caps, FileType, Needs, View};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthStr;

pub(super) const TOOL: Tool = Tool {
    name: "file",
    aliases: &[],
    summary: "Tell what kind of file each is",
    examples: &[
        ("file /app/server", "Which machine a program is for, and whether its loader is there"),
        ("file -i /etc/app/*", "Types and encodings, as HTTP names them"),
        ("find /app -type f | xargs file", "What an image is made of"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

/// How much of a file is looked at.
const HEAD: usize = 1 << 20;

/// One file.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    path: Text,
    /// `file`, `directory`, `link` and so on; null when it can't be looked at.
    kind: Option<&'static str>,
    /// The words of file(1).
    description: String,
    /// The type as MIME has it: `text/plain`.
    mime: Option<&'static str>,
    /// The encoding as MIME has it: `utf-8`; `binary` for what is no text.
    charset: Option<&'static str>,
    /// Where a symbolic link points.
    target: Option<Text>,
    /// Whether a symbolic link leads nowhere.
    is_broken: bool,
    /// File capabilities, as getcap(8) writes them; null where there are none.
    capabilities: Option<String>,
    elf: Option<elf::Facts>,
}

/// What was recognised.
#[derive(Debug)]
struct Found {
    text: String,
    mime: &'static str,
    charset: &'static str,
}

impl Found {
    fn new(text: impl Into<String>, mime: &'static str) -> Found {
        Found { text: text.into(), mime, charset: "binary" }
    }
}

fn options() -> Command {
    command("file", TOOL.summary)
        .after_help("FILE - is stdin. Links are not followed; see -L.")
        .arg(flag("brief", 'b', "No names in front"))
        .arg(flag("mime", 'i', "Type and encoding as MIME has them: text/plain; charset=utf-8"))
        .arg(flag("mime-type", None, "The type as MIME has it"))
        .arg(flag("mime-encoding", None, "The encoding as MIME has it"))
        .arg(flag("dereference", 'L', "Follow links").overrides_with("no-dereference"))
        .arg(flag("no-dereference", 'h', "Do not follow links: so it is anyway"))
        .arg(flag("no-pad", 'N', "Do not line the descriptions up"))
        .arg(short_flag('0', "print0", "NUL behind each name"))
        .arg(json_flag())
        .arg(files().num_args(1..).required(true))
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let paths: Vec<&PathBuf> = matches.get_many("FILE").into_iter().flatten().collect();
    let follow = matches.get_flag("dereference");
    if matches.get_flag("json") {
        let rows: Vec<Row> = paths.iter().map(|path| row(view, path, follow, io)).collect();
        print_json(io, &rows)?;
        return Ok(Exit::OK);
    }
    let shown = |path: &Path| {
        match input::is_stdin(path) {
            true => b"/dev/stdin",
            false => path.as_os_str().as_bytes(),
        }
        .to_vec()
    };
    let width = |name: &[u8]| visible(name).width();
    let widest = paths.iter().map(|path| width(&shown(path))).max().unwrap_or(0);
    for path in paths {
        let row = row(view, path, follow, io);
        if !matches.get_flag("brief") {
            let name = shown(path);
            io.stdout.write_name(&name)?;
            let pad = if matches.get_flag("no-pad") { 0 } else { widest - width(&name) };
            let mark = if matches.get_flag("print0") { "\0" } else { ":" };
            write!(io.stdout, "{mark} {:pad$}", "")?;
        }
        writeln!(io.stdout, "{}", said(&row, matches))?;
        io.stdout.flush()?;
    }
    Ok(Exit::OK)
}

fn said(row: &Row, matches: &ArgMatches) -> String {
    match (row.mime, row.charset.unwrap_or("binary")) {
        (Some(mime), charset) if matches.get_flag("mime") => match row.charset {
            Some(_) => format!("{mime}; charset={charset}"),
            None => mime.to_owned(),
        },
        (Some(mime), _) if matches.get_flag("mime-type") => mime.to_owned(),
        (Some(_), charset) if matches.get_flag("mime-encoding") => charset.to_owned(),
        _ => row.description.clone(),
    }
}

fn row(view: &View, path: &Path, follow: bool, io: &Io) -> Row {
    let mut row = Row {
        path: path.as_os_str().as_bytes().into(),
        kind: None,
        description: String::new(),
        mime: None,
        charset: None,
        target: None,
        is_broken: false,
        capabilities: None,
        elf: None,
    };
    if let Err(error) = look(view, path, follow, io, &mut row) {
        let why = match error.errno() {
            Some(errno) => errno.desc().to_owned(),
            None => error.to_string(),
        };
        row.description = format!("cannot open `{}' ({why})", visible(path.as_os_str().as_bytes()));
    }
    row
}

fn look(view: &View, path: &Path, follow: bool, io: &Io, row: &mut Row) -> Result<()> {
    if input::is_stdin(path) {
        row.kind = Some("file");
        let mut head = Vec::new();
        (&io.stdin).take(HEAD as u64).read_to_end(&mut head)?;
        // What is read by place is, if stdin is a file, there as well.
        content(view, &io.stdin, &head, row);
        return Ok(());
    }
    let root = view.root()?;
    let stat = if follow { root.stat(path)? } else { root.lstat(path)? };
    let kind = FileType::of_mode(stat.st_mode);
    row.kind = Some(mode::kind_name(kind));
    row.charset = Some("binary");
    let mut text = String::new();
    for (bit, word) in
        [(libc::S_ISUID, "setuid"), (libc::S_ISGID, "setgid"), (libc::S_ISVTX, "sticky")]
    {
        if stat.st_mode & bit != 0 && kind != FileType::Link {
            text.push_str(if text.is_empty() { "" } else { ", " });
            text.push_str(word);
        }
    }
    let device = format!("({}/{})", libc::major(stat.st_rdev), libc::minor(stat.st_rdev));
    let (words, mime) = match kind {
        FileType::Dir if text.is_empty() => ("directory".to_owned(), "inode/directory"),
        FileType::Dir => {
            text.push_str(", ");
            ("directory".to_owned(), "inode/directory")
        }
        FileType::Link => {
            row.charset = None;
            (link(view, path, row)?, "inode/symlink")
        }
        FileType::Block => (format!("block special {device}"), "inode/blockdevice"),
        FileType::Char => (format!("character special {device}"), "inode/chardevice"),
        FileType::Fifo => ("fifo (named pipe)".to_owned(), "inode/fifo"),
        FileType::Socket => ("socket".to_owned(), "inode/socket"),
        FileType::File | FileType::Unknown => {
            let space = if text.is_empty() { "" } else { " " };
            return regular(view, path, text + space, row);
        }
    };
    row.mime = Some(mime);
    if !text.is_empty() && kind != FileType::Dir {
        text.push(' ');
    }
    row.description = text + &words;
    Ok(())
}

fn link(view: &View, path: &Path, row: &mut Row) -> Result<String> {
    let target = view.root()?.readlink(path)?;
    row.is_broken = view.root()?.stat(path).is_err();
    let broken = if row.is_broken { "broken " } else { "" };
    let text = format!("{broken}symbolic link to {}", visible(target.as_bytes()));
    row.target = Some(target.as_bytes().into());
    Ok(text)
}

fn regular(view: &View, path: &Path, set: String, row: &mut Row) -> Result<()> {
    let file = match view.root()?.open(path) {
        Err(error) if error.errno() == Some(nix::errno::Errno::EACCES) => {
            row.description = format!("{set}regular file, no read permission");
            row.mime = Some("application/octet-stream");
            return Ok(());
        }
        file => file?,
    };
    let mut head = vec![0; HEAD];
    // By read(2) alone: files of procfs have no other way to their end.
    let mut n = 0;
    while let Some(rest) = head.get_mut(n..).filter(|rest| !rest.is_empty()) {
        match (&file).read(rest) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                row.description = format!("{set}cannot read ({})", io_reason(&error));
                return Ok(());
            }
        }
    }
    head.truncate(n);
    content(view, &file, &head, row);
    // file(1) has the bits in front, and a comma behind them where text is meant.
    let is_text = row.charset.is_some_and(|charset| charset != "binary");
    let comma = if !set.is_empty() && is_text { ", " } else { "" };
    row.description = format!("{set}{comma}{}", row.description);
    match crate::sys::xattr::get(&file, c"security.capability", 64) {
        Ok(Some(value)) => {
            let text = capabilities(&value);
            row.description.push_str(&format!(", capabilities {text}"));
            row.capabilities = Some(text);
        }
        Ok(None) => {}
        Err(error) => {
            let why = error.raw_os_error().map_or_else(
                || io_reason(&error),
                |number| reason(nix::errno::Errno::from_raw(number)),
            );
            row.description.push_str(&format!(", capabilities not known ({why})"));
        }
    }
    Ok(())
}

/// Describes an open file by its start.
fn content(view: &View, file: &File, head: &[u8], row: &mut Row) {
    let size = file.metadata().map_or(0, |meta| meta.len());
    let found = match head {
        [] => Found::new("empty", "inode/x-empty"),
        [_] => Found::new("very short file (no magic)", "application/octet-stream"),
        _ => match elf::look(file, size, view.root.as_ref().ok()) {
            Some((found, facts)) => {
                row.elf = Some(facts);
                found
            }
            None => recognised(head, file, size),
        },
    };
    row.description = found.text;
    row.mime = Some(found.mime);
    row.charset = Some(found.charset);
}

fn recognised(head: &[u8], file: &File, size: u64) -> Found {
    if let Some(mut found) = magic::look(head, file, size) {
        found.charset = text::charset(head);
        return found;
    }
    text::look(head).unwrap_or_else(|| Found::new("data", "application/octet-stream"))
}

/// The attribute `security.capability` (capabilities(7)) in the notation of cap_to_text(3): `cap_net_raw=ep`.
fn capabilities(value: &[u8]) -> String {
    let word =
        |i: usize| value.get(i * 4..i * 4 + 4).and_then(|word| super::elf::number(word, false));
    let (Some(magic), Some(permitted), Some(inheritable)) = (word(0), word(1), word(2)) else {
        return "of an unknown form".into();
    };
    let permitted = permitted | word(3).unwrap_or(0) << 32;
    let inheritable = inheritable | word(4).unwrap_or(0) << 32;
    let effective = if magic & 1 != 0 { "e" } else { "" };
    let mut parts = Vec::new();
    for (mask, letters) in [
        (permitted & inheritable, format!("{effective}ip")),
        (permitted & !inheritable, format!("{effective}p")),
        (inheritable & !permitted, format!("{effective}i")),
    ] {
        if mask != 0 {
            let names = Caps::names(mask).join(",").to_lowercase();
            parts.push(format!("{names}={letters}"));
        }
    }
    let mut text = if parts.is_empty() { "=".to_owned() } else { parts.join(" ") };
    // Version 3 is for one user namespace, known by its root.
    if let (3, Some(id)) = (magic >> 24, word(5)) {
        text.push_str(&format!(" [rootid={id}]"));
    }
    text
}
