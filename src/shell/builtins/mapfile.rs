//! `mapfile`, also called `readarray`: lines into an array.

use super::{Call, text};
use crate::exit::Exit;
use crate::output::visible;
use crate::shell::expand::quote;
use crate::shell::stdin::read_line;
use crate::shell::vars::{Bytes, Value, is_name};
use crate::shell::{LIMIT, Run, Shell};
use nix::errno::Errno;
use std::collections::BTreeMap;

/// What keeping a line takes besides its bytes.
const ITEM: u64 = 64;

/// What `mapfile` was asked for.
struct Wanted {
    delimiter: u8,
    /// At most this many lines; 0: all.
    count: usize,
    /// Lines to leave out at the start.
    skip: usize,
    /// The index of the first line; `None`: the array starts afresh.
    origin: Option<i64>,
    cuts: bool,
    fd: i32,
    /// A command that is run after each so many lines.
    callback: Option<Bytes>,
    quantum: usize,
    name: String,
}

fn options(args: &[Bytes]) -> Result<Wanted, String> {
    let mut wanted = Wanted {
        delimiter: b'\n',
        count: 0,
        skip: 0,
        origin: None,
        cuts: false,
        fd: 0,
        callback: None,
        quantum: 5000,
        name: "MAPFILE".to_owned(),
    };
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let Some(mut letters) = word.strip_prefix(b"-").filter(|l| !l.is_empty()) else {
            wanted.name = text(word).into_owned();
            break;
        };
        while let Some((letter, rest)) = letters.split_first() {
            letters = rest;
            if *letter == b't' {
                wanted.cuts = true;
                continue;
            }
            let letter = char::from(*letter);
            if !"dnOsuCc".contains(letter) {
                return Err(format!("-{letter}: invalid option"));
            }
            let value = match rest {
                [] => words.next().map(Vec::as_slice),
                rest => Some(rest),
            };
            wanted.set(letter, value.ok_or_else(|| format!("-{letter}: a value is expected"))?)?;
            letters = b"";
        }
    }
    Ok(wanted)
}

impl Wanted {
    fn set(&mut self, letter: char, value: &[u8]) -> Result<(), String> {
        let bad = || format!("-{letter}: {}: invalid number", visible(value));
        let number = || text(value).parse::<u32>().map_err(|_| bad());
        match letter {
            'd' => self.delimiter = value.first().copied().unwrap_or(0),
            'n' => self.count = number()? as usize,
            's' => self.skip = number()? as usize,
            'O' => self.origin = Some(number()?.into()),
            'u' => self.fd = text(value).parse().map_err(|_| bad())?,
            'C' => self.callback = Some(value.to_vec()),
            _ => self.quantum = number()?.max(1) as usize,
        }
        Ok(())
    }
}

pub(super) fn mapfile(shell: &mut Shell, call: &Call<'_>) -> Run {
    let wanted = match options(call.args) {
        Ok(wanted) => wanted,
        Err(why) => return shell.refuse(Exit::USAGE, format!("{}: {why}", call.name)),
    };
    let name = &wanted.name;
    if !is_name(name.as_bytes()) {
        let why = format!("{}: '{name}': not a valid identifier", call.name);
        return shell.refuse(Exit::FAILURE, why);
    }
    shell.may_assign(name)?;
    let input = match shell.copy_fd(wanted.fd) {
        Ok(input) => input,
        Err(error) => return shell.refuse(Exit::FAILURE, error.context(call.name)),
    };
    let array = shell.vars.entry(name);
    if wanted.origin.is_none() || !matches!(array.value, Some(Value::Indexed(_))) {
        array.value = Some(Value::Indexed(BTreeMap::new()));
    }
    let (mut size, mut line, mut read) = (0, Bytes::new(), 0);
    loop {
        let stored = usize::saturating_sub(read, wanted.skip);
        if wanted.count > 0 && stored >= wanted.count {
            return Ok(Exit::OK);
        }
        let more = match read_line(&input, wanted.delimiter, &mut line) {
            Ok(more) => more,
            Err(Errno::EINTR) => {
                shell.poll_signals()?;
                continue;
            }
            Err(errno) => {
                return shell.fail(format!("{}: {}", call.name, crate::error::reason(errno)));
            }
        };
        size += line.len() as u64 + ITEM;
        if size > LIMIT {
            return shell.fail(format!(
                "{}: more than 16 MiB, {ITEM} bytes for each line among them",
                call.name
            ));
        }
        if more || !line.is_empty() {
            read += 1;
            let line = std::mem::take(&mut line);
            if read > wanted.skip {
                shell.store_line(&wanted, stored, line)?;
            }
        }
        if !more {
            return Ok(Exit::OK);
        }
    }
}

impl Shell {
    /// Puts the line into the array, after the command that was asked for has run.
    fn store_line(&mut self, wanted: &Wanted, stored: usize, mut line: Bytes) -> Run<()> {
        if wanted.cuts && line.last() == Some(&wanted.delimiter) {
            line.pop();
        }
        line.retain(|byte| *byte != 0);
        let index = wanted.origin.unwrap_or(0) + stored as i64;
        if let Some(command) =
            wanted.callback.as_ref().filter(|_| (stored + 1).is_multiple_of(wanted.quantum))
        {
            let index = index.to_string();
            let words = [command, index.as_bytes(), &quote::shell_word(&line)];
            self.eval(&words.join(&b' '), "mapfile")?;
        }
        if let Some(Value::Indexed(items)) = &mut self.vars.entry(&wanted.name).value {
            items.insert(index, line);
        }
        Ok(())
    }
}
