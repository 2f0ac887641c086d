//! `kill`: sends a signal to processes of the target, each held by a pidfd so that it can't be another one.

pub(super) mod signals;

use super::{Tool, args, command};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::sys::pidfd;
use crate::view::{Needs, Proc, View};
use clap::{Arg, ArgMatches, Command};
use nix::errno::Errno;
use std::ffi::OsString;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

pub(super) const TOOL: Tool = Tool {
    name: "kill",
    aliases: &[],
    summary: "Send a signal to processes",
    examples: &[
        ("kill -0 1", "Whether a process is still there; nothing is sent"),
        ("kill -HUP 1", "Have the app read its configuration anew; takes --write"),
        ("kill -l", "Names and numbers of the signals"),
    ],
    // The list of signals needs none.
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: Some(rewrite),
    run,
};

fn options() -> Command {
    command("kill", TOOL.summary)
        .override_usage("kill [-s SIGNAL | -SIGNAL] PID...\n       kill -l [SIGNAL]...")
        .arg(
            Arg::new("signal")
                .short('s')
                .long("signal")
                .value_name("SIGNAL")
                .default_value("TERM")
                .help("Name or number; 0 sends nothing and only checks"),
        )
        .arg(args::flag("list", 'l', "List signals, or turn names into numbers and back"))
        .arg(args::flag("table", 'L', "List signals in columns"))
        .arg(Arg::new("PID").num_args(0..).allow_negative_numbers(true))
}

/// Turns `-9` and `-TERM` into `-s 9` and `-s TERM`. Only the first word may be such a signal.
fn rewrite(mut words: Vec<OsString>) -> Vec<OsString> {
    let signal = words
        .first()
        .and_then(|word| word.to_str()?.strip_prefix('-'))
        .filter(|word| signals::number(word).is_some())
        .map(OsString::from);
    if let Some(signal) = signal {
        words.splice(..1, [OsString::from("-s"), signal]);
    }
    words
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let words: Vec<&String> = matches.get_many("PID").into_iter().flatten().collect();
    if matches.get_flag("table") {
        return table(io);
    }
    if matches.get_flag("list") {
        return list(&words, io);
    }
    let word = matches.get_one::<String>("signal").map_or("TERM", String::as_str);
    let signal = signals::number(word).ok_or_else(|| no_signal(word))?;
    if words.is_empty() {
        return Err(Error::usage("no process was named"));
    }
    let pids = words.iter().map(|word| pid(word)).collect::<Result<Vec<i32>>>()?;
    for pid in pids {
        if signal != 0 {
            view.may_write(&format!("sending {} to process {pid}", full_name(signal)))?;
        }
        if let Err(error) = send(view.proc()?, pid, signal) {
            io.complain(&error);
        }
    }
    Ok(io.exit())
}

/// Sends `signal` to the process that the target numbers `pid`.
fn send(proc: &Proc, pid: i32, signal: i32) -> Result<()> {
    let process = proc.process(pid)?;
    let what = || format!("process {pid}");
    let before = process.stat().context(what)?;
    let pidfd = pidfd::open(process.host_pid).context(what)?;
    // The procfs may number processes otherwise than the PID namespace that we are in.
    if number_of(proc, &pidfd) != Some(process.host_pid) {
        return Err(Error::new("the /proc in use is of another PID namespace").context(what()));
    }
    // The directory is of one process for ever: if it still answers, the pidfd is of that process as well.
    if process.stat().context(what)?.start != before.start {
        return Err(Error::from(Errno::ESRCH).context(what()));
    }
    pidfd::send_signal(&pidfd, signal).map_err(|error| {
        let is_denied = error.raw_os_error() == Some(libc::EPERM);
        let error = Error::from(error).context(what());
        if is_denied {
            error.exit(Exit::CANNOT_RUN).hint("it needs the user of the process, or CAP_KILL")
        } else {
            error
        }
    })
}

/// The number that the procfs has for the process of a pidfd (pidfd_open(2)).
fn number_of(proc: &Proc, pidfd: &OwnedFd) -> Option<i32> {
    let info = proc.read(&format!("self/fdinfo/{}", pidfd.as_raw_fd())).ok()?;
    let text = String::from_utf8(info).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Pid:"))?.trim().parse().ok()
}

/// Five signals on a line, as procps and bash have it.
fn table(io: &mut Io) -> Result<Exit> {
    let all: Vec<i32> = signals::all().collect();
    for line in all.chunks(5) {
        let cells: Vec<String> =
            line.iter().map(|signal| format!("{signal:2}) {}", full_name(*signal))).collect();
        writeln!(io.stdout, "{}", cells.join("\t"))?;
    }
    Ok(Exit::OK)
}

fn list(words: &[&String], io: &mut Io) -> Result<Exit> {
    if words.is_empty() {
        for signal in signals::all() {
            writeln!(io.stdout, "{signal:2} {}", signals::name(signal))?;
        }
    }
    for word in words {
        // A number above 128 is the exit code of what a signal ended.
        let number = word.parse::<i32>().map(|n| if n > 128 { n - 128 } else { n });
        match number {
            Ok(number) if signals::number(&number.to_string()).is_some() => {
                writeln!(io.stdout, "{}", signals::name(number))?;
            }
            _ => match signals::number(word).filter(|_| number.is_err()) {
                Some(number) => writeln!(io.stdout, "{number}")?,
                None => return Err(no_signal(word)),
            },
        }
    }
    Ok(Exit::OK)
}

fn pid(word: &str) -> Result<i32> {
    match word.parse() {
        Ok(pid) if pid > 0 => Ok(pid),
        Ok(_) => {
            Err(Error::usage(format!("{word}: signals go to single processes, not to groups")))
        }
        Err(_) => Err(Error::usage(format!(
            "{}: a process is named by its number",
            visible(word.as_bytes())
        ))),
    }
}

fn no_signal(word: &str) -> Error {
    Error::usage(format!("{}: no such signal", visible(word.as_bytes())))
        .hint("kill -l lists the signals")
}

fn full_name(signal: i32) -> String {
    match signals::name(signal) {
        number if number.starts_with(|c: char| c.is_ascii_digit()) => format!("signal {number}"),
        name => format!("SIG{name}"),
    }
}
