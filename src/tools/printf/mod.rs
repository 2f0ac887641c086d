//! `printf`: prints arguments by a format, as bash does, fractions with the precision of a double.

mod escape;
mod number;

pub(super) use escape::echoed;

use super::{Tool, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use number::{Float, Number, Wrong};
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

pub(super) const TOOL: Tool = Tool {
    name: "printf",
    aliases: &[],
    summary: "Print arguments by a format",
    examples: &[
        ("printf '%04X\\n' 8080", "A port as /proc/net/tcp writes it"),
        ("printf '%d\\n' 0x1F90", "And back"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("printf", TOOL.summary)
        .override_usage("printf FORMAT [ARG]...")
        .arg(
            Arg::new("WORD")
                .num_args(0..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(clap::value_parser!(OsString))
                .hide(true),
        )
        .after_help(
            "Conversions: %s %c %b (with escapes) %q (quoted for a shell) %d %i %u %o %x %X %e %f %g %%\n\
             The format is used again until no argument is left.",
        )
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words = matches.get_many::<OsString>("WORD").into_iter().flatten();
    let words: Vec<&[u8]> = words.map(|word| word.as_bytes()).collect();
    let Some((format, mut args)) = words.split_first().map(|(first, rest)| (*first, rest)) else {
        return Err(Error::usage("no format given").hint("printf FORMAT [ARG]..."));
    };
    loop {
        let before = args.len();
        let goes_on = Pass { io, args: &mut args }.print(format)?;
        if !goes_on || args.is_empty() || args.len() == before {
            return Ok(io.exit());
        }
    }
}

/// `value` as `%.*g` prints it.
pub(super) fn general(value: f64, precision: usize) -> String {
    let layout = Layout { precision: Some(precision), ..Layout::default() };
    let Number { prefix, digits, suffix, .. } = Number::float(value, b'g', &layout);
    format!("{prefix}{digits}{suffix}")
}

/// A format with one conversion of a number with a fraction, as `seq -f` takes.
#[derive(Debug)]
pub(super) struct Form<'a>(&'a [u8]);

impl<'a> Form<'a> {
    pub(super) fn parse(format: &'a [u8]) -> Result<Form<'a>> {
        let wrong = || {
            let text = visible(format).into_owned();
            Error::usage(format!("'{text}': a format has one of %e, %f and %g"))
                .hint("seq -f %03g 9")
        };
        let (mut rest, mut conversions) = (format, 0);
        while let Some(at) = memchr::memchr(b'%', rest) {
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix(b"%") {
                rest = behind;
                continue;
            }
            let length = rest.iter().take_while(|byte| b"-+ #0'.123456789".contains(byte)).count();
            let letter = rest.get(length).filter(|letter| b"eEfFgG".contains(letter));
            rest = letter.map(|_| &rest[length..]).ok_or_else(wrong)?;
            conversions += 1;
        }
        if conversions == 1 { Ok(Form(format)) } else { Err(wrong()) }
    }

    /// Prints `text`, a number, by the format. Escapes in it are none here.
    pub(super) fn print(&self, text: &str, io: &mut Io) -> Result<()> {
        let mut rest = self.0;
        let mut args: &[&[u8]] = &[text.as_bytes()];
        let mut pass = Pass { io, args: &mut args };
        while let Some(at) = memchr::memchr(b'%', rest) {
            pass.io.stdout.write_all(&rest[..at])?;
            rest = &rest[at..];
            let Some(length) = pass.convert(rest)? else { return Ok(()) };
            rest = &rest[length..];
        }
        Ok(io.stdout.write_all(rest)?)
    }
}

/// How one conversion is laid out.
#[derive(Clone, Copy, Debug, Default)]
struct Layout {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// One run through the format.
struct Pass<'a, 'b> {
    io: &'a mut Io,
    args: &'a mut &'b [&'b [u8]],
}

impl Pass<'_, '_> {
    /// Prints the format once. `false` when nothing may follow: after `\c` or a conversion that there is not.
    fn print(&mut self, format: &[u8]) -> Result<bool> {
        let mut rest = format;
        while let Some(special) = memchr::memchr2(b'\\', b'%', rest) {
            self.io.stdout.write_all(&rest[..special])?;
            rest = &rest[special..];
            if rest[0] == b'\\' {
                let mut bytes = Vec::new();
                let (length, told) = escape::one(&rest[1..], false, &mut bytes);
                self.told(told)?;
                self.io.stdout.write_all(&bytes)?;
                rest = &rest[1 + length..];
            } else {
                match self.convert(rest)? {
                    Some(length) => rest = &rest[length..],
                    None => return Ok(false),
                }
            }
        }
        self.io.stdout.write_all(rest)?;
        Ok(true)
    }

    /// Prints the conversion that `format` begins with and returns its length, unless the output ends with it.
    fn convert(&mut self, format: &[u8]) -> Result<Option<usize>> {
        if format.get(1) == Some(&b'%') {
            self.io.stdout.write_all(b"%")?;
            return Ok(Some(2));
        }
        let (mut layout, length) = self.layout(format)?;
        let Some(conversion) = format.get(length) else {
            let text = visible(format).into_owned();
            self.io.complain(&Error::new(format!("`{text}': missing format character")));
            return Ok(None);
        };
        match conversion {
            b's' => self.string(&layout, self.args.first().copied().unwrap_or_default())?,
            b'c' => {
                let first = self.args.first().and_then(|arg| arg.first()).copied();
                layout.precision = None;
                self.string(&layout, &[first.unwrap_or(0)])?;
            }
            b'b' => {
                let (bytes, told, ends) =
                    escape::all(self.args.first().copied().unwrap_or_default());
                self.told(told)?;
                self.string(&layout, &bytes)?;
                if ends {
                    return Ok(None);
                }
            }
            b'q' => {
                let arg = self.args.first().copied().unwrap_or_default();
                self.string(&layout, &escape::shell_quote(arg))?;
            }
            b'd' | b'i' => {
                let value = self.number(number::signed)?;
                self.field(&layout, Number::signed(value, &layout))?;
            }
            b'o' | b'u' | b'x' | b'X' => {
                let value = self.number(number::unsigned)?;
                self.field(&layout, Number::unsigned(value, *conversion, &layout))?;
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let Float(value) = self.number(number::float)?;
                if !value.is_finite() {
                    layout.zero = false;
                }
                self.field(&layout, Number::float(value, *conversion, &layout))?;
            }
            other => {
                let text = visible(&[*other]).into_owned();
                self.io.complain(&Error::new(format!("`{text}': invalid format character")));
                return Ok(None);
            }
        }
        *self.args = self.args.get(1..).unwrap_or_default();
        Ok(Some(length + 1))
    }

    /// Flags, width and precision of the conversion that `format` begins with, and where its letter is.
    fn layout(&mut self, format: &[u8]) -> Result<(Layout, usize)> {
        let mut layout = Layout::default();
        let mut at = 1;
        while let Some(flag) = format.get(at) {
            match flag {
                b'-' => layout.left = true,
                b'+' => layout.plus = true,
                b' ' => layout.space = true,
                b'#' => layout.alternate = true,
                b'0' => layout.zero = true,
                b'\'' => {} // Groups of digits: none in the C locale.
                _ => break,
            }
            at += 1;
        }
        let width = self.size(format, &mut at)?;
        layout.left |= width < 0;
        layout.width = width.unsigned_abs() as usize;
        if format.get(at) == Some(&b'.') {
            at += 1;
            // A negative precision counts as none given.
            let negative = format.get(at) == Some(&b'-');
            at += usize::from(negative);
            let precision = self.size(format, &mut at)?;
            layout.precision = usize::try_from(precision).ok().filter(|_| !negative);
        }
        while format.get(at).is_some_and(|c| b"hjlLtz".contains(c)) {
            at += 1;
        }
        Ok((layout, at))
    }

    /// A number in the format, or for `*` the next argument.
    fn size(&mut self, format: &[u8], at: &mut usize) -> Result<i32> {
        if format.get(*at) == Some(&b'*') {
            *at += 1;
            let size = self.number(number::signed)?;
            *self.args = self.args.get(1..).unwrap_or_default();
            return Ok(size.clamp(-i64::from(i32::MAX), i64::from(i32::MAX)) as i32);
        }
        let mut size = 0i32;
        while let Some(digit) = format.get(*at).filter(|c| c.is_ascii_digit()) {
            size = size.saturating_mul(10).saturating_add(i32::from(digit - b'0'));
            *at += 1;
        }
        Ok(size)
    }

    /// The next argument as a number: 0 when there is none, what could be read of it when it is none.
    fn number<T: Default>(&mut self, parse: fn(&[u8]) -> (T, Option<Wrong>)) -> Result<T> {
        let Some(arg) = self.args.first() else { return Ok(T::default()) };
        let (value, wrong) = parse(arg);
        let arg = visible(arg);
        match wrong {
            None => {}
            Some(Wrong::Invalid(text)) => self.io.complain(&Error::new(format!("{arg}: {text}"))),
            Some(Wrong::OutOfRange) => {
                self.warn(&format!("{arg}: numerical result out of range"))?
            }
        }
        Ok(value)
    }

    fn told(&mut self, wrong: Option<&'static str>) -> Result<()> {
        wrong.map_or(Ok(()), |text| self.warn(text))
    }

    /// Says what does not cost the exit code.
    fn warn(&mut self, text: &str) -> Result<()> {
        self.io.stdout.flush()?;
        writeln!(self.io.stderr, "printf: {text}")?;
        Ok(self.io.stderr.flush()?)
    }

    fn string(&mut self, layout: &Layout, bytes: &[u8]) -> Result<()> {
        let length = layout.precision.unwrap_or(usize::MAX).min(bytes.len());
        let pad = layout.width.saturating_sub(length);
        self.fill(b' ', if layout.left { 0 } else { pad })?;
        self.io.stdout.write_all(&bytes[..length])?;
        Ok(self.fill(b' ', if layout.left { pad } else { 0 })?)
    }

    fn field(&mut self, layout: &Layout, number: Number) -> Result<()> {
        let pad = layout.width.saturating_sub(number.len());
        let (before, zeros, after) = match layout {
            Layout { left: true, .. } => (0, 0, pad),
            Layout { zero: true, .. } if !number.has_precision => (0, pad, 0),
            _ => (pad, 0, 0),
        };
        self.fill(b' ', before)?;
        self.io.stdout.write_all(number.prefix.as_bytes())?;
        self.fill(b'0', zeros.saturating_add(number.zeros_before))?;
        self.io.stdout.write_all(number.digits.as_bytes())?;
        self.fill(b'0', number.zeros_after)?;
        self.io.stdout.write_all(number.suffix.as_bytes())?;
        Ok(self.fill(b' ', after)?)
    }

    /// Writes `byte` as often as told, without holding them all.
    fn fill(&mut self, byte: u8, mut count: usize) -> io::Result<()> {
        let chunk = [byte; 256];
        while count > 0 {
            let now = count.min(chunk.len());
            self.io.stdout.write_all(&chunk[..now])?;
            count -= now;
        }
        Ok(())
    }
}
