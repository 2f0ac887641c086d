//! `seq` and `yes`: numbers in a row, and one line without end.

use super::args::{bytes, command, flag, operands, option};
use super::{Tool, printf};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;

pub(super) const SEQ: Tool = Tool {
    name: "seq",
    aliases: &[],
    summary: "Print numbers in a row",
    examples: &[
        ("for i in $(seq 3); do uptime; sleep 1; done", "Look three times, a second apart"),
        ("seq -w 1 10", "Numbers with leading zeros, as names of shards have them"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: seq_options,
    rewrite: Some(points),
    run: seq,
};

pub(super) const YES: Tool = Tool {
    name: "yes",
    aliases: &[],
    summary: "Print a line until killed",
    examples: &[
        ("yes | head -3", "A few lines to try a pipeline with"),
        (
            "yes status=500 | head -c 1000000 | wc -l",
            "Input of a known size, to see how fast a pipeline is",
        ),
    ],
    needs: Needs::Nothing,
    json: None,
    command: yes_options,
    rewrite: None,
    run: yes,
};

fn seq_options() -> Command {
    command("seq", SEQ.summary)
        .after_help(
            "FIRST and STEP are 1 if nothing is said. Numbers are decimal and are counted exactly.",
        )
        .arg(
            option(
                "format",
                'f',
                "FORMAT",
                "As printf prints a number: one of %e, %f and %g with flags, width and precision",
            )
            .conflicts_with("equal-width"),
        )
        .arg(option("separator", 's', "TEXT", "Between numbers, not a newline"))
        .arg(flag("equal-width", 'w', "Leading zeros make all numbers as wide"))
        .arg(
            Arg::new("NUMBER")
                .num_args(1..=3)
                .required(true)
                .value_names(["FIRST", "STEP", "LAST"])
                .allow_negative_numbers(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

fn yes_options() -> Command {
    command("yes", YES.summary)
        .arg(Arg::new("TEXT").num_args(0..).value_parser(clap::value_parser!(OsString)))
}

/// Rewrites `-.5` as `-0.5`: clap takes the first for options.
fn points(words: Vec<OsString>) -> Vec<OsString> {
    let rewrite = |word: OsString| match word.to_str().and_then(|word| word.strip_prefix("-.")) {
        Some(digits) => format!("-0.{digits}").into(),
        None => word,
    };
    words.into_iter().map(rewrite).collect()
}

/// A decimal number as it was typed.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    /// The number without its point.
    digits: i128,
    /// How many digits stand behind the point.
    precision: u32,
    /// How many characters it was written with.
    width: usize,
}

impl Decimal {
    const ONE: Decimal = Decimal { digits: 1, precision: 0, width: 1 };

    fn parse(word: &[u8]) -> Result<Decimal> {
        let wrong = || {
            Error::usage(format!("'{}' is no decimal number", visible(word)))
                .hint("numbers are written as 10, -3 or 0.25, with at most 30 digits")
        };
        let text = std::str::from_utf8(word).map_err(|_| wrong())?;
        let text = text.strip_prefix('+').unwrap_or(text);
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{part}");
        let is_decimal = all.bytes().all(|b| b.is_ascii_digit()) && (1..=30).contains(&all.len());
        let digits: i128 = all.parse().ok().filter(|_| is_decimal).ok_or_else(wrong)?;
        let digits = if unsigned.len() < text.len() { -digits } else { digits };
        // A number that begins with its point is printed with a zero in front.
        let width = text.len() + usize::from(whole.is_empty());
        let width = width - usize::from(part.is_empty() && unsigned.ends_with('.'));
        Ok(Decimal { digits, precision: part.len() as u32, width })
    }

    /// The number without its point, as if it had `precision` digits behind it.
    fn scaled(&self, precision: u32) -> Result<i128> {
        let factor = 10i128.checked_pow(precision.saturating_sub(self.precision));
        factor
            .and_then(|factor| self.digits.checked_mul(factor))
            .ok_or_else(|| Error::usage("the numbers have too many digits"))
    }
}

fn seq(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words = operands(matches, "NUMBER");
    let numbers = words.iter().map(|word| Decimal::parse(word)).collect::<Result<Vec<_>>>()?;
    let (first, step, last) = match numbers[..] {
        [last] => (Decimal::ONE, Decimal::ONE, last),
        [first, last] => (first, Decimal::ONE, last),
        [first, step, last] => (first, step, last),
        _ => return Err(Error::usage("one to three numbers are wanted")),
    };
    if step.digits == 0 {
        return Err(Error::usage("a STEP of 0 never ends"));
    }
    let shown = first.precision.max(step.precision);
    let exact = shown.max(last.precision);
    let (mut number, step_by, end) =
        (first.scaled(exact)?, step.scaled(exact)?, last.scaled(exact)?);
    let width = if matches.get_flag("equal-width") { width(&first, &last, shown) } else { 0 };
    let unit = 10i128.pow(exact - shown);
    let form = bytes(matches, "format").map(printf::Form::parse).transpose()?;
    let separator = bytes(matches, "separator").unwrap_or(b"\n");
    let mut is_first = true;
    while if step_by > 0 { number <= end } else { number >= end } {
        if !is_first {
            io.stdout.write_all(separator)?;
        }
        is_first = false;
        match &form {
            None => io.stdout.write_all(format(number / unit, shown, width).as_bytes())?,
            Some(form) => form.print(&format(number, exact, 0), io)?,
        }
        let Some(next) = number.checked_add(step_by) else { break };
        number = next;
    }
    if !is_first {
        io.stdout.write_all(b"\n")?;
    }
    Ok(Exit::OK)
}

/// The width that holds the first number and the last, both with `precision` digits behind the point.
fn width(first: &Decimal, last: &Decimal, precision: u32) -> usize {
    let of = |number: &Decimal| {
        let whole = match number.precision {
            0 => number.width,
            digits => number.width - digits as usize - 1,
        };
        whole + if precision == 0 { 0 } else { precision as usize + 1 }
    };
    of(first).max(of(last))
}

fn format(number: i128, precision: u32, width: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let precision = precision as usize;
    let digits = format!("{:0>least$}", number.unsigned_abs(), least = precision + 1);
    let (whole, part) = digits.split_at(digits.len() - precision);
    let point = if precision == 0 { "" } else { "." };
    let text = format!("{whole}{point}{part}");
    format!("{sign}{text:0>width$}", width = width.saturating_sub(sign.len()))
}

fn yes(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words = operands(matches, "TEXT");
    let mut line = if words.is_empty() { b"y".to_vec() } else { words.join(&b' ') };
    line.push(b'\n');
    let lines = line.repeat((8 << 10) / line.len() + 1);
    loop {
        io.stdout.write_text(&lines)?;
    }
}
