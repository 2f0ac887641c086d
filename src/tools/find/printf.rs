//! `-printf`: what is known of a file, as a format says.

use super::eval::{Found, Run};
use super::query::Clock;
use crate::error::{Error, Result};
use crate::output::{Io, visible};
use crate::tools::date::Moment;
use crate::tools::{facts, mode};
use crate::view::FileType;
use nix::sys::stat::FileStat;
use std::io::Write;

/// The widest field: a format may come out of a script.
const WIDEST: usize = 4096;

/// A part of a format.
#[derive(Debug)]
pub(super) enum Part {
    Text(Vec<u8>),
    /// A directive, with what stands between `%` and its letter.
    Field {
        left: bool,
        zeros: bool,
        width: usize,
        most: usize,
        what: What,
    },
    /// `\c`: nothing more of this format.
    Stop,
}

/// What a directive stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Letter(u8),
    Time(Clock, char),
}

/// Parses a format.
pub(super) fn parse(format: &[u8]) -> Result<Vec<Part>> {
    let (mut parts, mut text, mut rest) = (Vec::new(), Vec::new(), format);
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'\\' => match escape(rest) {
                Some((None, length)) => {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                    parts.push(Part::Stop);
                    rest = &rest[length..];
                }
                Some((Some(byte), length)) => {
                    text.push(byte);
                    rest = &rest[length..];
                }
                None => text.push(b'\\'),
            },
            b'%' if rest.first() == Some(&b'%') => {
                text.push(b'%');
                rest = &rest[1..];
            }
            b'%' => {
                parts.push(Part::Text(std::mem::take(&mut text)));
                let (part, length) = field(rest)?;
                parts.push(part);
                rest = &rest[length..];
            }
            byte => text.push(*byte),
        }
    }
    parts.push(Part::Text(text));
    Ok(parts)
}

/// The byte behind a backslash, none for `\c`, and how long it is written.
fn escape(rest: &[u8]) -> Option<(Option<u8>, usize)> {
    let digits = rest.iter().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
    if digits > 0 {
        let value = rest[..digits].iter().fold(0u32, |n, b| n * 8 + u32::from(b - b'0'));
        return Some((Some(value as u8), digits));
    }
    let byte = match rest.first()? {
        b'a' => 7,
        b'b' => 8,
        b'c' => return Some((None, 1)),
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        _ => return None,
    };
    Some((Some(byte), 1))
}

fn field(rest: &[u8]) -> Result<(Part, usize)> {
    let wrong = |length: usize| {
        let shown = visible(&rest[..length.min(rest.len())]).into_owned();
        Error::usage(format!("-printf: %{shown} is no directive that dbg knows"))
            .hint("they are %p %f %h %P %H %s %k %b %m %M %u %U %g %G %n %i %D %d %l %y %Y %t %a %c %Tk %Ak %Ck")
    };
    let flags = rest.iter().take_while(|b| matches!(b, b'-' | b'0' | b' ' | b'+' | b'#')).count();
    let number = |from: usize| {
        let digits = rest[from..].iter().take_while(|b| b.is_ascii_digit());
        digits.fold((0usize, from), |(n, at), b| {
            (n.saturating_mul(10).saturating_add(usize::from(b - b'0')), at + 1)
        })
    };
    let (width, mut at) = number(flags);
    let mut most = usize::MAX;
    if rest.get(at) == Some(&b'.') {
        (most, at) = number(at + 1);
    }
    let letter = *rest.get(at).ok_or_else(|| wrong(at))?;
    at += 1;
    let what = match letter {
        b'A' | b'C' | b'T' => {
            let clock = match letter {
                b'A' => Clock::Accessed,
                b'C' => Clock::Changed,
                _ => Clock::Modified,
            };
            let letter = char::from(*rest.get(at).ok_or_else(|| wrong(at))?);
            at += 1;
            if !matches!(letter, '@' | '+') && Moment::utc(0, 0).letter(letter).is_none() {
                return Err(wrong(at));
            }
            What::Time(clock, letter)
        }
        letter if b"pfhPHskbmMuUgGnidlyYtacD".contains(&letter) => What::Letter(letter),
        _ => return Err(wrong(at)),
    };
    if width > WIDEST {
        return Err(Error::usage(format!("-printf: no field is wider than {WIDEST}")));
    }
    let flags = &rest[..flags];
    let (left, zeros) = (flags.contains(&b'-'), flags.contains(&b'0'));
    Ok((Part::Field { left, zeros, width, most, what }, at))
}

impl Run<'_> {
    /// Prints `file` as `format` says.
    pub(super) fn printf(&self, format: &[Part], file: &Found<'_>, io: &mut Io) -> Result<()> {
        for part in format {
            match part {
                Part::Text(text) => io.stdout.write_all(text)?,
                Part::Stop => return Ok(io.stdout.flush()?),
                Part::Field { left, zeros, width, most, what } => {
                    let Some(mut text) = self.field(*what, file, io) else { continue };
                    text.truncate(*most);
                    let pad = vec![
                        if *zeros && !left { b'0' } else { b' ' };
                        width.saturating_sub(text.len())
                    ];
                    if !left {
                        io.stdout.write_all(&pad)?;
                    }
                    io.stdout.write_name(&text)?;
                    if *left {
                        io.stdout.write_all(&pad)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&self, what: What, file: &Found<'_>, io: &mut Io) -> Option<Vec<u8>> {
        let letter = match what {
            What::Time(clock, letter) => return Some(time(file.stat(io)?, clock, letter)),
            What::Letter(letter) => letter,
        };
        match letter {
            b'p' => return Some(file.path().to_vec()),
            b'f' => return Some(file.name().to_vec()),
            b'h' => return Some(above(file.path()).to_vec()),
            b'P' => return Some(file.below_operand().to_vec()),
            b'H' => return Some(file.operand_path().to_vec()),
            b'd' => return Some(file.depth().to_string().into()),
            b'l' => return Some(file.target().unwrap_or_default()),
            b'y' => return Some(vec![kind(file.kind(io))]),
            b'Y' => {
                return Some(match file.leads_to(self.view) {
                    Ok(found) => vec![kind(found)],
                    Err(error) if error.errno() == Some(nix::errno::Errno::ELOOP) => vec![b'L'],
                    Err(_) => vec![b'N'],
                });
            }
            _ => {}
        }
        let stat = file.stat(io)?;
        let owner = |name: Option<&[u8]>, id: u32| {
            name.map_or_else(|| id.to_string().into_bytes(), <[u8]>::to_vec)
        };
        let number = |n: u64| n.to_string().into_bytes();
        Some(match letter {
            b's' => number(stat.st_size as u64),
            b'k' => number((stat.st_blocks as u64).div_ceil(2)),
            b'b' => number(stat.st_blocks as u64),
            b'm' => format!("{:o}", stat.st_mode & 0o7777).into(),
            b'M' => mode::string(stat.st_mode).into(),
            b'u' => owner(self.users.user(stat.st_uid), stat.st_uid),
            b'g' => owner(self.users.group(stat.st_gid), stat.st_gid),
            b'U' => number(stat.st_uid.into()),
            b'G' => number(stat.st_gid.into()),
            b'n' => number(facts::links(stat)),
            b'i' => number(stat.st_ino),
            b'D' => number(stat.st_dev),
            b't' => time(stat, Clock::Modified, ' '),
            b'a' => time(stat, Clock::Accessed, ' '),
            _ => time(stat, Clock::Changed, ' '),
        })
    }
}

/// A time of a file; fractions have a tenth digit, as the original has it.
fn time(stat: &FileStat, clock: Clock, letter: char) -> Vec<u8> {
    let (seconds, nanoseconds) = clock.of(stat);
    let moment = Moment::utc(seconds, nanoseconds as u32);
    let show = |format: &str| moment.show(format).unwrap_or_default();
    let text = match letter {
        ' ' => show("%a %b %e %H:%M:%S.%N0 %Y"),
        '@' => show("%s.%N0"),
        '+' => show("%F+%T.%N0"),
        'S' => show("%S.%N0"),
        'T' | 'X' => show("%T.%N0"),
        other => moment.letter(other).unwrap_or_default(),
    };
    text.into()
}

/// The directories of a path; `.` for one that has none.
fn above(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |last| last + 1);
    match path[..end].iter().rposition(|b| *b == b'/') {
        Some(slash) => &path[..slash],
        None if end == 0 => b"",
        None => b".",
    }
}

fn kind(kind: FileType) -> u8 {
    match kind {
        FileType::File => b'f',
        FileType::Unknown => b'U',
        other => mode::letter(other) as u8,
    }
}
