//! `cut`: prints parts of lines.

use super::Tool;
use super::args::{bytes, command, files, files_or, flag, option};
use super::input::Input;
use super::records::{Records, trimmed};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::order;
use crate::output::{Io, visible};
use crate::view::{Needs, View};
use clap::{ArgGroup, ArgMatches, Command};
use std::io::Write;
use std::ops::RangeInclusive;

pub(super) const TOOL: Tool = Tool {
    name: "cut",
    aliases: &[],
    summary: "Print parts of lines",
    examples: &[
        ("cut -d : -f 1,3 /etc/passwd", "Users and their ids"),
        ("env | cut -d = -f 1", "Names of variables without their secrets, to paste into a ticket"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("cut", TOOL.summary)
        .after_help(
            "FILE - is stdin. A LIST is numbers and ranges from 1 on with commas between: 1,3-5,7-. \
             Whatever its order, parts are printed in that of the line.",
        )
        .arg(option("bytes", 'b', "LIST", "These bytes"))
        .arg(option("characters", 'c', "LIST", "As -b, as GNU has it"))
        .arg(option("fields", 'f', "LIST", "These fields; lines without a delimiter are printed whole"))
        .group(ArgGroup::new("LIST").args(["bytes", "characters", "fields"]).required(true))
        .arg(option("delimiter", 'd', "DELIM", "One byte between fields, not a tab"))
        .arg(flag("only-delimited", 's', "No lines without a delimiter"))
        .arg(flag("complement", None, "All but the parts named"))
        .arg(option("output-delimiter", None, "TEXT", "Print this between parts"))
        .arg(flag("zero-terminated", 'z', "Lines end with NUL"))
        .arg(files())
}

/// What is printed of a line.
struct Cut {
    /// In order, none overlapping another; bytes or fields from 1 on.
    ranges: Vec<RangeInclusive<usize>>,
    /// Of fields; `None` for bytes.
    delimiter: Option<u8>,
    between: Vec<u8>,
    only_delimited: bool,
    end: u8,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let cut = Cut::new(matches)?;
    let mut out = Vec::new();
    for path in files_or(matches, "-") {
        let Some(input) = Input::open(view, &path, io) else { continue };
        let mut records = Records::new(input, cut.end);
        while let Some(record) = records.next(io)? {
            out.clear();
            let line = trimmed(record, cut.end);
            let is_shown = match cut.delimiter {
                None => cut.bytes(line, &mut out),
                Some(delimiter) => cut.fields(line, delimiter, &mut out),
            };
            if is_shown {
                io.stdout.write_text(&out)?;
                io.stdout.write_all(&[cut.end])?;
            }
        }
    }
    io.stdout.end_text()?;
    Ok(io.exit())
}

impl Cut {
    fn new(matches: &ArgMatches) -> Result<Cut> {
        let fields = bytes(matches, "fields");
        let list = fields.or(bytes(matches, "bytes")).or(bytes(matches, "characters"));
        let mut ranges = parse(list.unwrap_or_default())?;
        if matches.get_flag("complement") {
            ranges = complement(&ranges);
        }
        let delimiter = match (fields, bytes(matches, "delimiter")) {
            (None, Some(_)) => return Err(Error::usage("-d is for fields only")),
            (None, None) => None,
            (Some(_), None) => Some(b'\t'),
            (Some(_), Some([byte])) => Some(*byte),
            (Some(_), Some([])) => Some(0),
            (Some(_), Some(_)) => return Err(Error::usage("-d: the delimiter is one byte")),
        };
        let only_delimited = matches.get_flag("only-delimited");
        if fields.is_none() && only_delimited {
            return Err(Error::usage("-s is for fields only"));
        }
        let between = match bytes(matches, "output-delimiter") {
            Some(text) => text.to_vec(),
            None => delimiter.into_iter().collect(),
        };
        let end = if matches.get_flag("zero-terminated") { 0 } else { b'\n' };
        Ok(Cut { ranges, delimiter, between, only_delimited, end })
    }

    fn bytes(&self, line: &[u8], out: &mut Vec<u8>) -> bool {
        for range in self.ranges.iter().take_while(|range| *range.start() <= line.len()) {
            if !out.is_empty() {
                out.extend_from_slice(&self.between);
            }
            out.extend_from_slice(&line[range.start() - 1..line.len().min(*range.end())]);
        }
        true
    }

    fn fields(&self, line: &[u8], delimiter: u8, out: &mut Vec<u8>) -> bool {
        if memchr::memchr(delimiter, line).is_none() {
            out.extend_from_slice(line);
            return !self.only_delimited;
        }
        let (mut ranges, mut is_first) = (self.ranges.iter().peekable(), true);
        for (i, field) in line.split(|b| *b == delimiter).enumerate() {
            while ranges.next_if(|range| *range.end() <= i).is_some() {}
            let Some(range) = ranges.peek() else { break };
            if range.contains(&(i + 1)) {
                if !is_first {
                    out.extend_from_slice(&self.between);
                }
                is_first = false;
                out.extend_from_slice(field);
            }
        }
        true
    }
}

/// The ranges of a list in order, overlapping ones as one.
fn parse(list: &[u8]) -> Result<Vec<RangeInclusive<usize>>> {
    let mut ranges = Vec::new();
    for item in list.split(|b| matches!(b, b',' | b' ' | b'\t')) {
        ranges.push(range(item).ok_or_else(|| {
            Error::usage(format!("'{}' is no range", visible(item)))
                .hint("parts count from 1: 2, 2-4, 2-, -4")
        })?);
    }
    order::sort_by_key(&mut ranges, |range| *range.start());
    let mut merged: Vec<RangeInclusive<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start() <= last.end() => {
                *last = *last.start()..=*last.end().max(range.end());
            }
            _ => merged.push(range),
        }
    }
    Ok(merged)
}

fn range(item: &[u8]) -> Option<RangeInclusive<usize>> {
    let number = |digits: &[u8]| match std::str::from_utf8(digits).ok()?.parse::<usize>() {
        Ok(number) if number > 0 && digits[0] != b'+' => Some(number),
        _ => None,
    };
    let Some(dash) = item.iter().position(|b| *b == b'-') else {
        return number(item).map(|n| n..=n);
    };
    let (low, high) = (&item[..dash], &item[dash + 1..]);
    if low.is_empty() && high.is_empty() {
        return None;
    }
    let low = if low.is_empty() { 1 } else { number(low)? };
    let high = if high.is_empty() { usize::MAX } else { number(high)? };
    (low <= high).then_some(low..=high)
}

fn complement(ranges: &[RangeInclusive<usize>]) -> Vec<RangeInclusive<usize>> {
    let mut rest = Vec::new();
    let mut next = Some(1);
    for range in ranges {
        let start = next.unwrap_or(usize::MAX);
        if start < *range.start() {
            rest.push(start..=range.start() - 1);
        }
        next = range.end().checked_add(1);
    }
    rest.extend(next.map(|next| next..=usize::MAX));
    rest
}
