//! `stat`: all that the kernel tells of a file, or what a format asks for.

use super::args::{command, flag, json_flag};
use super::facts::{self, Facts};
use super::users::Users;
use super::{Tool, mode};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, Shape, json, quote, time};
use crate::view::{FileType, Needs, View};
use clap::{Arg, ArgMatches, Command};
use nix::fcntl::readlinkat;
use nix::sys::stat::FileStat;
use std::ffi::OsString;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "stat",
    aliases: &[],
    summary: "Show what the kernel tells of files",
    examples: &[
        ("stat /etc/app/config.toml", "When a file was changed, and who may read it"),
        ("stat -c '%u:%g %a %n' /app/*", "Owners and modes as numbers, to compare with runAsUser"),
    ],
    needs: Needs::Root,
    json: Some(Shape::of::<Vec<Facts>>()),
    command: options,
    rewrite: None,
    run,
};

const DEVICE_AND_LINKS: &str = "Device: %Hd,%Ld\tInode: %-10i  Links: ";
const HEAD: &str = "  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n";
const TAIL: &str = "Access: (%04a/%10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n\
                    Access: %x\nModify: %y\nChange: %z\n Birth: %w\n";
const TERSE: &str = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n";

fn options() -> Command {
    command("stat", TOOL.summary)
        .after_help(
            "FORMAT knows %a %A %b %B %d %D %f %F %g %G %h %i %n %N %o %r %R %s %t %T %u %U %w %W %x %X \
             %y %Y %z %Z and %%, %Hd %Ld %Hr %Lr for major and minor, and widths as in %-10s. Times are in UTC.",
        )
        .arg(flag("dereference", 'L', "Follow links"))
        .arg(
            Arg::new("format")
                .long("format")
                .short('c')
                .value_name("FORMAT")
                .value_parser(clap::value_parser!(OsString))
                .help("Print this for each file, and a newline"),
        )
        .arg(flag("terse", 't', "Print all in one line"))
        .arg(json_flag())
        .arg(
            Arg::new("FILE")
                .num_args(1..)
                .required(true)
                .value_parser(clap::value_parser!(PathBuf)),
        )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let users = Users::load(view);
    let format = matches.get_one::<OsString>("format").map(|format| {
        let mut format = format.as_bytes().to_vec();
        format.push(b'\n');
        format
    });
    let (is_terse, is_json) = (matches.get_flag("terse"), matches.get_flag("json"));
    let mut array = json::Array::default();
    for path in matches.get_many::<PathBuf>("FILE").into_iter().flatten() {
        let file = match File::new(view, path, matches.get_flag("dereference")) {
            Ok(file) => file,
            Err(error) => {
                io.complain(&error.context(quote(path)));
                continue;
            }
        };
        let file = Described { file, users: &users };
        if is_json {
            array.push(&mut io.stdout, &file.facts())?;
        } else if let Some(format) = &format {
            file.print(format, io)?;
        } else if is_terse {
            file.print(TERSE.as_bytes(), io)?;
        } else {
            file.print_all(io)?;
        }
    }
    if is_json {
        array.end(&mut io.stdout)?;
    }
    Ok(io.exit())
}

/// A file by its handle, and what the kernel tells of it.
struct File<'a> {
    path: &'a Path,
    handle: OwnedFd,
    stat: FileStat,
    birth: Option<(i64, i64)>,
}

impl File<'_> {
    fn new<'a>(view: &View, path: &'a Path, follow: bool) -> Result<File<'a>> {
        let root = view.root()?;
        let handle = root.handle(path, follow)?;
        let stat = root.stat_handle(&handle)?;
        // A kernel or a sandbox without statx still has the rest.
        let birth = crate::sys::statx::birth(&handle).ok().flatten();
        Ok(File { path, handle, stat, birth })
    }

    /// Where a link points. Read only when it is shown, since reading it is an access.
    fn target(&self) -> Option<Vec<u8>> {
        let is_link = FileType::of_mode(self.stat.st_mode) == FileType::Link;
        is_link.then(|| readlinkat(&self.handle, c"").ok())?.map(OsStringExt::into_vec)
    }
}

struct Described<'a> {
    file: File<'a>,
    users: &'a Users,
}

/// `%` and what follows: flags, width, and H or L for halves of a device number.
#[derive(Debug, Default)]
struct Directive {
    left: bool,
    zero: bool,
    width: usize,
    half: u8,
    letter: u8,
}

impl Described<'_> {
    fn facts(&self) -> Facts {
        let (file, path) = (&self.file, self.file.path.as_os_str().as_bytes());
        let mut facts = Facts::new(path, &file.stat, self.users, file.target().as_deref());
        facts.born =
            file.birth.and_then(|(seconds, nanoseconds)| time::rfc3339(seconds, nanoseconds));
        facts
    }

    /// The block of lines without a format, as GNU has it.
    fn print_all(&self, io: &mut Io) -> Result<()> {
        io.stdout.write_all(b"  File: ")?;
        io.stdout.write_name(self.file.path.as_os_str().as_bytes())?;
        if let Some(target) = self.file.target() {
            io.stdout.write_all(b" -> ")?;
            io.stdout.write_name(&target)?;
        }
        let kind = FileType::of_mode(self.file.stat.st_mode);
        let links = match kind {
            FileType::Block | FileType::Char => "%-5h Device type: %Hr,%Lr\n",
            _ => "%h\n",
        };
        self.print(["\n", HEAD, DEVICE_AND_LINKS, links, TAIL].concat().as_bytes(), io)
    }

    fn print(&self, format: &[u8], io: &mut Io) -> Result<()> {
        let mut rest = format;
        while let Some(percent) = rest.iter().position(|b| *b == b'%') {
            io.stdout.write_all(&rest[..percent])?;
            let (directive, used) = Directive::parse(&rest[percent + 1..]);
            rest = &rest[percent + 1 + used..];
            let value = self.value(&directive);
            let text = String::from_utf8_lossy(&value);
            let pad = directive.width.saturating_sub(text.chars().count());
            if !directive.left {
                let fill = if directive.zero { '0' } else { ' ' };
                write!(io.stdout, "{}", String::from(fill).repeat(pad))?;
            }
            io.stdout.write_name(&value)?;
            if directive.left {
                write!(io.stdout, "{:pad$}", "")?;
            }
        }
        Ok(io.stdout.write_all(rest)?)
    }

    fn value(&self, directive: &Directive) -> Vec<u8> {
        let (stat, path) = (&self.file.stat, self.file.path.as_os_str().as_bytes());
        let device = |number: u64| match directive.half {
            b'H' => u64::from(libc::major(number)),
            b'L' => u64::from(libc::minor(number)),
            _ => number,
        };
        let birth = self.file.birth;
        let full = time::full_iso;
        match directive.letter {
            b'n' => return path.to_vec(),
            b'N' => return self.quoted(),
            b'U' => return self.users.user(stat.st_uid).unwrap_or(b"UNKNOWN").to_vec(),
            b'G' => return self.users.group(stat.st_gid).unwrap_or(b"UNKNOWN").to_vec(),
            b'a' => format!("{:o}", stat.st_mode & 0o7777),
            b'A' => mode::string(stat.st_mode),
            b'b' => stat.st_blocks.to_string(),
            b'B' => "512".into(),
            b'd' => device(stat.st_dev).to_string(),
            b'D' => format!("{:x}", stat.st_dev),
            b'f' => format!("{:x}", stat.st_mode),
            b'F' => kind(stat).into(),
            b'g' => stat.st_gid.to_string(),
            b'h' => facts::links(stat).to_string(),
            b'i' => stat.st_ino.to_string(),
            b'o' => stat.st_blksize.to_string(),
            b'r' => device(stat.st_rdev).to_string(),
            b'R' => format!("{:x}", stat.st_rdev),
            b's' => stat.st_size.to_string(),
            b't' => format!("{:x}", libc::major(stat.st_rdev)),
            b'T' => format!("{:x}", libc::minor(stat.st_rdev)),
            b'u' => stat.st_uid.to_string(),
            b'w' => birth.map_or("-".into(), |(seconds, nanos)| full(seconds, nanos)),
            b'W' => birth.map_or(0, |(seconds, _)| seconds).to_string(),
            b'x' => full(stat.st_atime, stat.st_atime_nsec),
            b'X' => stat.st_atime.to_string(),
            b'y' => full(stat.st_mtime, stat.st_mtime_nsec),
            b'Y' => stat.st_mtime.to_string(),
            b'z' => full(stat.st_ctime, stat.st_ctime_nsec),
            b'Z' => stat.st_ctime.to_string(),
            b'%' => "%".into(),
            _ => "?".into(),
        }
        .into_bytes()
    }

    /// The name in quotes, and where a link points.
    fn quoted(&self) -> Vec<u8> {
        let quoted = |bytes: &[u8]| [b"'", bytes, b"'"].concat();
        let mut text = quoted(self.file.path.as_os_str().as_bytes());
        if let Some(target) = self.file.target() {
            text.extend_from_slice(b" -> ");
            text.extend_from_slice(&quoted(&target));
        }
        text
    }
}

impl Directive {
    /// Parses what follows a `%`; also gives its length.
    fn parse(text: &[u8]) -> (Directive, usize) {
        let mut directive = Directive::default();
        let mut at = 0;
        while let Some(flag @ (b'-' | b'0')) = text.get(at) {
            directive.left |= *flag == b'-';
            directive.zero |= *flag == b'0';
            at += 1;
        }
        while let Some(digit @ b'0'..=b'9') = text.get(at) {
            // Wider than any screen is a mistake, and memory is bounded.
            directive.width = (directive.width * 10 + usize::from(digit - b'0')).min(4096);
            at += 1;
        }
        if let [half @ (b'H' | b'L'), b'd' | b'r', ..] = &text[at..] {
            directive.half = *half;
            at += 1;
        }
        if let Some(letter) = text.get(at) {
            directive.letter = *letter;
            at += 1;
        }
        (directive, at)
    }
}

fn kind(stat: &FileStat) -> &'static str {
    match FileType::of_mode(stat.st_mode) {
        FileType::File if stat.st_size == 0 => "regular empty file",
        FileType::File => "regular file",
        FileType::Dir => "directory",
        FileType::Link => "symbolic link",
        FileType::Block => "block special file",
        FileType::Char => "character special file",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::Unknown => "weird file",
    }
}
