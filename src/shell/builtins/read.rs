//! `read`.

use super::{Call, text};
use crate::exit::Exit;
use crate::shell::expand::fields::Ifs;
use crate::shell::stdin::{Bytewise, await_input};
use crate::shell::vars::{Bytes, Value, is_name};
use crate::shell::{LIMIT, Run, Shell};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// What `read` was asked for.
struct Wanted {
    array: Option<String>,
    delimiter: u8,
    /// At most this many characters, and whether the delimiter is one of them.
    count: Option<(usize, bool)>,
    prompt: Bytes,
    is_raw: bool,
    is_silent: bool,
    timeout: Option<Duration>,
    fd: i32,
    names: Vec<String>,
}

/// How a read ended.
#[derive(PartialEq, Eq)]
enum End {
    Found,
    Input,
    Timeout,
}

pub(super) fn read(shell: &mut Shell, call: &Call<'_>) -> Run {
    let wanted = match options(call.args) {
        Ok(wanted) => wanted,
        Err(why) => return shell.refuse(Exit::USAGE, format!("read: {why}")),
    };
    let base =
        |name: &String| name.strip_suffix(']').and_then(|n| Some(n.split_once('[')?.0.len()));
    let is_good = |name: &&String| is_name(&name.as_bytes()[..base(name).unwrap_or(name.len())]);
    if let Some(bad) = wanted.names.iter().chain(&wanted.array).find(|name| !is_good(name)) {
        return shell.refuse(Exit::FAILURE, format!("read: '{bad}': not a valid identifier"));
    }
    let fd = match shell.copy_fd(wanted.fd) {
        Ok(fd) => fd,
        Err(error) => return shell.refuse(Exit::FAILURE, error.context("read")),
    };
    let is_terminal = nix::unistd::isatty(&fd).unwrap_or(false);
    if is_terminal && !wanted.prompt.is_empty() {
        let _ = crate::shell::write_all(crate::shell::stderr(), &wanted.prompt);
    }
    let modes = if is_terminal { quiet(&fd, &wanted) } else { None };
    let result = read_text(shell, &fd, &wanted);
    if let Some(modes) = modes {
        let _ = tcsetattr(&fd, SetArg::TCSADRAIN, &modes);
    }
    let (line, escaped, end) = result?;
    store(shell, &wanted, &line, &escaped)?;
    Ok(match end {
        End::Found => Exit::OK,
        End::Input => Exit::FAILURE,
        End::Timeout => Exit::signal(libc::SIGALRM),
    })
}

fn options(args: &[Bytes]) -> Result<Wanted, String> {
    let mut wanted = Wanted {
        array: None,
        delimiter: b'\n',
        count: None,
        prompt: Bytes::new(),
        is_raw: false,
        is_silent: false,
        timeout: None,
        fd: 0,
        names: Vec::new(),
    };
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let Some(mut letters) = word.strip_prefix(b"-").filter(|l| !l.is_empty()) else {
            wanted.names.push(text(word).into_owned());
            break;
        };
        if letters == b"-" {
            break;
        }
        while let Some((letter, rest)) = letters.split_first() {
            letters = rest;
            if b"rse".contains(letter) {
                wanted.is_raw |= *letter == b'r';
                wanted.is_silent |= *letter == b's';
                continue;
            }
            let letter = char::from(*letter);
            if !"adnNptu".contains(letter) {
                return Err(format!("-{letter}: invalid option"));
            }
            let value = match rest {
                [] => words.next().map(Vec::as_slice),
                rest => Some(rest),
            };
            let value = value.ok_or_else(|| format!("-{letter}: a value is expected"))?;
            wanted.set(letter, value)?;
            letters = b"";
        }
    }
    wanted.names.extend(words.map(|word| text(word).into_owned()));
    Ok(wanted)
}

impl Wanted {
    fn set(&mut self, letter: char, value: &[u8]) -> Result<(), String> {
        let bad = || format!("-{letter}: {}: not a number", text(value));
        match letter {
            'a' => self.array = Some(text(value).into_owned()),
            'd' => self.delimiter = value.first().copied().unwrap_or(0),
            'n' | 'N' => {
                self.count = Some((text(value).parse().map_err(|_| bad())?, letter == 'N'));
            }
            'p' => self.prompt = value.to_vec(),
            't' => {
                let seconds = text(value).parse().map_err(|_| bad())?;
                self.timeout = Some(Duration::try_from_secs_f64(seconds).map_err(|_| bad())?);
            }
            _ => self.fd = text(value).parse().map_err(|_| bad())?,
        }
        Ok(())
    }
}

/// The terminal's modes before they were changed for `-s` and `-n`.
fn quiet(fd: &OwnedFd, wanted: &Wanted) -> Option<Termios> {
    let old = tcgetattr(fd).ok()?;
    let mut new = old.clone();
    if wanted.is_silent {
        new.local_flags.remove(LocalFlags::ECHO);
    }
    if wanted.count.is_some() || wanted.delimiter != b'\n' {
        new.local_flags.remove(LocalFlags::ICANON);
    }
    tcsetattr(fd, SetArg::TCSADRAIN, &new).ok()?;
    Some(old)
}

/// Takes bytes one by one: what follows belongs to the next command. Returns the text, which of its bytes a backslash
/// protects from being split, and how it ended.
fn read_text(shell: &mut Shell, fd: &OwnedFd, wanted: &Wanted) -> Run<(Bytes, Vec<bool>, End)> {
    let (mut line, mut escaped) = (Bytes::new(), Vec::new());
    let until = wanted.timeout.map(|timeout| Instant::now() + timeout);
    let catches = shell.is_interactive || !shell.traps.signals.is_empty();
    let mut after_backslash = false;
    let mut characters = 0;
    let mut input = Bytewise::new(fd);
    loop {
        if wanted.count.is_some_and(|(count, _)| characters >= count) {
            return Ok((line, escaped, End::Found));
        }
        if let Some(until) = until
            && !input.has_some()
            && !is_ready(fd, until)
        {
            return Ok((line, escaped, End::Timeout));
        }
        let ready = if catches && !input.has_some() { await_input(fd) } else { Ok(()) };
        let byte = match ready.and_then(|()| input.next_byte()) {
            Ok(Some(byte)) => byte,
            Ok(None) => return Ok((line, escaped, End::Input)),
            Err(Errno::EINTR) => {
                shell.poll_signals()?;
                continue;
            }
            Err(errno) => {
                return shell.fail(format!("read: {}", crate::error::reason(errno)));
            }
        };
        let exact = wanted.count.is_some_and(|(_, exact)| exact);
        if std::mem::take(&mut after_backslash) {
            if byte == b'\n' {
                continue;
            }
            line.push(byte);
            escaped.push(true);
        } else if byte == b'\\' && !wanted.is_raw {
            after_backslash = true;
            continue;
        } else if byte == wanted.delimiter && !exact {
            return Ok((line, escaped, End::Found));
        } else if byte != 0 {
            line.push(byte);
            escaped.push(false);
        }
        // The bytes inside a UTF-8 character are not counted.
        characters += usize::from(byte & 0xc0 != 0x80);
        if line.len() as u64 > LIMIT {
            return shell.fail("read: a line of more than 16 MiB");
        }
    }
}

fn is_ready(fd: &OwnedFd, until: Instant) -> bool {
    let left = until.saturating_duration_since(Instant::now());
    let timeout = PollTimeout::try_from(left.as_millis()).unwrap_or(PollTimeout::MAX);
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    matches!(poll(&mut fds, timeout), Ok(1) | Err(Errno::EINTR))
}

fn store(shell: &mut Shell, wanted: &Wanted, line: &[u8], escaped: &[bool]) -> Run<()> {
    let ifs = shell.ifs();
    if let Some(array) = &wanted.array {
        let words = split(line, escaped, &ifs, usize::MAX);
        shell.may_assign(array)?;
        let items = words.into_iter().enumerate().map(|(i, word)| (i as i64, word)).collect();
        shell.vars.entry(array).value = Some(Value::Indexed(items));
        return Ok(());
    }
    if wanted.names.is_empty() {
        return shell.assign("REPLY", None, line.to_vec(), false);
    }
    let is_exact = wanted.count.is_some_and(|(_, exact)| exact);
    let words = match is_exact {
        true => vec![line.to_vec()],
        false => split(line, escaped, &ifs, wanted.names.len()),
    };
    let mut words = words.into_iter();
    for name in &wanted.names {
        shell.assign_written(name, words.next().unwrap_or_default())?;
    }
    Ok(())
}

/// At most `most` words; the last one is the rest of the line as it stands, without the blanks around it.
fn split(line: &[u8], escaped: &[bool], ifs: &Ifs, most: usize) -> Vec<Bytes> {
    let white = |i: usize| ifs.is_white(line[i]) && !escaped[i];
    let hard = |i: usize| ifs.is_hard(line[i]) && !escaped[i];
    let mut end = line.len();
    while end > 0 && white(end - 1) {
        end -= 1;
    }
    let mut words = Vec::new();
    let mut at = 0;
    let skip_white = |mut at: usize| {
        while at < end && white(at) {
            at += 1;
        }
        at
    };
    at = skip_white(at);
    while at < end {
        let start = at;
        while at < end && !white(at) && !hard(at) {
            at += 1;
        }
        if words.len() + 1 == most {
            // A single separator at the very end belongs to the word before it.
            let after = skip_white(at);
            let ends_here = after == end || (hard(after) && after + 1 == end);
            words.push(line[start..if ends_here { at } else { end }].to_vec());
            return words;
        }
        words.push(line[start..at].to_vec());
        at = skip_white(at);
        if at < end && hard(at) {
            at = skip_white(at + 1);
        }
    }
    words
}
