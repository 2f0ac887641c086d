//! `timeout`: runs a tool and ends it when it takes too long.

use super::args::{bytes, command, flag, operands, option, os};
use super::child::Child;
use super::kill::signals;
use super::{Tool, nested, sleep};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::sys::process;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use nix::sys::signal::Signal;
use std::ffi::OsString;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

pub(super) const TOOL: Tool = Tool {
    name: "timeout",
    aliases: &[],
    summary: "Run a tool for at most so long",
    examples: &[
        ("timeout 10 tail -f /var/log/app.log", "What a log gets in ten seconds"),
        ("timeout -k 1 5 find / -name core", "A search that must not go on for ever"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

/// Signals that are for the tool as much as for us.
const PASSED: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

fn options() -> Command {
    command("timeout", TOOL.summary)
        .after_help(
            "DURATION is a number, fractions too, with s, m, h or d after it; 0 is no limit. TOOL is a tool of dbg. \
             Ends with 124 when the time was up, 137 when it took SIGKILL, else as TOOL does.",
        )
        .arg(option("signal", 's', "SIGNAL", "Send this, by name or number (TERM)"))
        .arg(option("kill-after", 'k', "DURATION", "Send KILL when it still runs so long after that"))
        .arg(flag("preserve-status", 'p', "End as TOOL does, also when the time was up"))
        .arg(flag("foreground", 'f', "Ignored: TOOL is always in the foreground"))
        .arg(flag("verbose", 'v', "Say on stderr what is sent"))
        .arg(
            Arg::new("COMMAND")
                .value_names(["DURATION", "TOOL", "ARG"])
                .num_args(2..)
                .required(true)
                .trailing_var_arg(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let mut words = operands(matches, "COMMAND").into_iter();
    let limit = duration(words.next().unwrap_or_default())?;
    let tool = nested::find(os(words.next().unwrap_or_default()))?;
    let args = words.map(|word| os(word).to_owned()).collect();
    let patience = bytes(matches, "kill-after").map(duration).transpose()?.flatten();
    let signal = match bytes(matches, "signal") {
        None => libc::SIGTERM,
        Some(word) => {
            let number = std::str::from_utf8(word).ok().and_then(signals::number);
            number.ok_or_else(|| Error::usage(format!("{}: is no signal", visible(word))))?
        }
    };
    io.stdout.flush()?;
    let dup = |fd: &dyn AsFd| -> Result<OwnedFd> { Ok(fd.as_fd().try_clone_to_owned()?) };
    let streams = [dup(&io.stdin)?, dup(&io.stdout)?, dup(&io.stderr)?];
    for signal in PASSED {
        process::catch(signal)?;
    }
    let result = Child::start(tool, args, streams, None, view).and_then(|mut child| {
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        if let Some(exit) = child.wait(until, pass)? {
            return Ok(exit);
        }
        let mut send = |child: &Child, signal: i32| -> Result<()> {
            if matches.get_flag("verbose") {
                let (name, tool) = (signals::name(signal), tool.name);
                writeln!(io.stderr, "timeout: sending signal {name} to {tool}")?;
                io.stderr.flush()?;
            }
            child.signal(signal);
            // What is stopped could not end.
            child.signal(libc::SIGCONT);
            Ok(())
        };
        send(&child, signal)?;
        let until = patience.and_then(|patience| Instant::now().checked_add(patience));
        let ended = child.wait(until, pass)?;
        let exit = match ended {
            Some(exit) => exit,
            None => {
                send(&child, libc::SIGKILL)?;
                child.wait(None, pass)?.unwrap_or(Exit::DBG)
            }
        };
        let is_killed = exit == Exit::signal(libc::SIGKILL);
        Ok(if matches.get_flag("preserve-status") || is_killed { exit } else { Exit::code(124) })
    });
    for signal in PASSED {
        process::default_action(signal)?;
    }
    result
}

/// Gives the child the signals that this process got.
fn pass(child: &Child) -> bool {
    while let Some(signal) = process::caught() {
        child.signal(signal as i32);
    }
    false
}

/// A time; `None` is none at all.
fn duration(word: &[u8]) -> Result<Option<Duration>> {
    let seconds = std::str::from_utf8(word).ok().and_then(sleep::seconds);
    let seconds = seconds
        .ok_or_else(|| Error::usage(format!("invalid time interval '{}'", visible(word))))?;
    let limit = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    Ok(Some(limit).filter(|limit| !limit.is_zero()))
}
