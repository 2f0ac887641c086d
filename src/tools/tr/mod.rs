//! `tr`: replaces, deletes or squeezes bytes of stdin.

mod set;

use super::Tool;
use super::args::{command, flag, operands};
use super::input::{CHUNK, Input};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::path::Path;

pub(super) const TOOL: Tool = Tool {
    name: "tr",
    aliases: &[],
    summary: "Replace, delete or squeeze bytes of stdin",
    examples: &[
        ("echo $PATH | tr : '\\n'", "A list of folders, one a line"),
        ("tr -d '\\r' < /etc/app/config.toml", "A file without its carriage returns"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("tr", TOOL.summary)
        .after_help(
            "A SET is bytes, ranges a-z, classes [:digit:], [=c=], repeats [c*N] in SET2, and escapes \\n \\t \\\\ \
             \\012. SET2 is made as long as SET1 by its last byte.",
        )
        .arg(flag("complement", 'c', "All bytes that are not in SET1").short_alias('C'))
        .arg(flag("delete", 'd', "Delete the bytes of SET1"))
        .arg(flag("squeeze-repeats", 's', "Several of one byte of the last SET become one"))
        .arg(flag("truncate-set1", 't', "Cut SET1 to the length of SET2"))
        .arg(
            Arg::new("SET")
                .num_args(1..=2)
                .required(true)
                .value_names(["SET1", "SET2"])
                .allow_hyphen_values(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

/// What becomes of each byte.
struct Map {
    to: [u8; 256],
    deleted: [bool; 256],
    squeezed: [bool; 256],
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let map = Map::new(matches)?;
    let Some(mut input) = Input::open(view, Path::new("-"), io) else { return Ok(Exit::FAILURE) };
    let (mut buffer, mut out, mut last) = (vec![0; CHUNK], Vec::with_capacity(CHUNK), None);
    loop {
        let n = input.read(&mut buffer, io);
        if n == 0 {
            io.stdout.end_text()?;
            return Ok(io.exit());
        }
        out.clear();
        for byte in buffer[..n].iter().filter(|byte| !map.deleted[usize::from(**byte)]) {
            let byte = map.to[usize::from(*byte)];
            if last != Some(byte) || !map.squeezed[usize::from(byte)] {
                out.push(byte);
            }
            last = Some(byte);
        }
        io.stdout.write_text(&out)?;
    }
}

impl Map {
    fn new(matches: &ArgMatches) -> Result<Map> {
        let is = |id: &str| matches.get_flag(id);
        let (delete, squeeze) = (is("delete"), is("squeeze-repeats"));
        let sets = operands(matches, "SET");
        match (sets.len(), delete, squeeze) {
            (1, false, false) => return Err(Error::usage("to replace bytes, two sets are wanted")),
            (1, true, true) => {
                return Err(Error::usage("to delete and squeeze, two sets are wanted"));
            }
            (2, true, false) => return Err(Error::usage("to delete bytes, one set is wanted")),
            _ => {}
        }
        let mut first = set::parse(sets[0], None)?;
        if is("complement") {
            first = (0..=255).filter(|byte| !first.contains(byte)).collect();
        }
        let second = sets.get(1).map(|set| set::parse(set, Some(first.len()))).transpose()?;
        let mut map = Map {
            to: std::array::from_fn(|i| i as u8),
            deleted: [false; 256],
            squeezed: [false; 256],
        };
        if delete {
            first.iter().for_each(|byte| map.deleted[usize::from(*byte)] = true);
        } else if let Some(second) = &second {
            map.replace(&first, second, is("truncate-set1"))?;
        }
        if squeeze {
            let set = second.as_ref().unwrap_or(&first);
            set.iter().for_each(|byte| map.squeezed[usize::from(*byte)] = true);
        }
        Ok(map)
    }

    fn replace(&mut self, first: &[u8], second: &[u8], truncate: bool) -> Result<()> {
        let fill = match second.last() {
            Some(last) => Some(*last).filter(|_| !truncate),
            None if truncate => None,
            None => return Err(Error::usage("SET2 is empty").hint("to delete bytes: tr -d SET1")),
        };
        for (i, byte) in first.iter().enumerate() {
            if let Some(to) = second.get(i).copied().or(fill) {
                self.to[usize::from(*byte)] = to;
            }
        }
        Ok(())
    }
}
