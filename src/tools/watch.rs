//! `watch`: runs a tool again and again, and shows what it prints: full-screen on a terminal, else one output behind
//! the other.

use super::args::{command, flag, number, operands, option, os};
use super::child::Child;
use super::less::keys::{Key, Keyboard};
use super::top::screen::Screen;
use super::{Tool, nested, sleep};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::time::{self, now};
use crate::output::{Io, table, visible};
use crate::sys::tty;
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

pub(super) const TOOL: Tool = Tool {
    name: "watch",
    aliases: &[],
    summary: "Run a tool again and again",
    examples: &[
        ("watch -d ss -tn", "Connections as they come and go"),
        ("watch -n 0.5 cat /sys/fs/cgroup/memory.current", "A number that changes"),
        ("watch -g ls /run/app", "Wait until a folder changes"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: None,
    run,
};

/// The most that is kept of what one run prints.
const LIMIT: u64 = 1 << 20;

fn options() -> Command {
    command("watch", TOOL.summary)
        .after_help(
            "TOOL is a tool of dbg, and not a line for a shell. q and Ctrl-C end it, space runs TOOL at once. Without \
             a terminal the outputs are printed one behind the other.",
        )
        .arg(option("interval", 'n', "SECONDS", "Time between two runs (2)"))
        .arg(flag("differences", 'd', "Mark what changed since the last run"))
        .arg(flag("no-title", 't', "No line with the command and the time"))
        .arg(flag("chgexit", 'g', "End when the output changes"))
        .arg(flag("errexit", 'e', "End when TOOL fails, with its code"))
        .arg(number("count", None, "End after so many runs"))
        .arg(
            Arg::new("COMMAND")
                .value_names(["TOOL", "ARG"])
                .num_args(1..)
                .required(true)
                .trailing_var_arg(true)
                .value_parser(clap::value_parser!(OsString)),
        )
}

struct Watch<'a> {
    view: &'a View,
    tool: &'static Tool,
    args: Vec<OsString>,
    title: Option<String>,
    marks: bool,
    until_change: bool,
    until_failure: bool,
    left: Option<u64>,
    before: Option<Vec<u8>>,
}

/// What one run printed, and how it ended; `None` for a run that a key or signal cut off.
type Ran = (Vec<u8>, Option<Exit>);

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let interval = match super::args::bytes(matches, "interval") {
        None => 2.0,
        Some(word) => {
            let seconds = std::str::from_utf8(word).ok().and_then(sleep::seconds);
            let wrong = || Error::usage(format!("{}: is no number of seconds", visible(word)));
            seconds.filter(|seconds| seconds.is_finite() && *seconds <= 1e6).ok_or_else(wrong)?
        }
    };
    // As with procps, there is a least interval.
    let interval = Duration::from_secs_f64(interval.max(0.1));
    let words = operands(matches, "COMMAND");
    let tool = nested::find(os(words.first().copied().unwrap_or_default()))?;
    let shown: Vec<_> = words.iter().map(|word| visible(word)).collect();
    let title = format!("Every {:.1}s: {}", interval.as_secs_f64(), shown.join(" "));
    let mut watch = Watch {
        view,
        tool,
        args: words.iter().skip(1).map(|word| os(word).to_owned()).collect(),
        title: (!matches.get_flag("no-title")).then_some(title),
        marks: matches.get_flag("differences"),
        until_change: matches.get_flag("chgexit"),
        until_failure: matches.get_flag("errexit"),
        left: matches.get_one::<u64>("count").copied(),
        before: None,
    };
    if !io.stdout.is_terminal() {
        return watch.plain(interval, io);
    }
    let mut keyboard = Keyboard::new(io.stdin.try_clone()?);
    let screen = Screen::enter(io)?;
    let exit = watch.full_screen(interval, &mut keyboard, io);
    screen.leave(io)?;
    exit
}

impl Watch<'_> {
    fn plain(&mut self, interval: Duration, io: &mut Io) -> Result<Exit> {
        loop {
            let next = Instant::now() + interval;
            let (output, exit) = self.once(None)?;
            if let Some(title) = &self.title {
                writeln!(io.stdout, "{title}  {}\n", time::shown(now()))?;
            }
            io.stdout.write_all(&output)?;
            io.stdout.flush()?;
            if let Some(exit) = self.ends(&output, exit) {
                return Ok(exit);
            }
            self.before = Some(output);
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }

    fn full_screen(
        &mut self,
        interval: Duration,
        keyboard: &mut Keyboard,
        io: &mut Io,
    ) -> Result<Exit> {
        loop {
            let next = Instant::now() + interval;
            let (output, exit) = self.once(Some(keyboard))?;
            if exit.is_some() {
                self.draw(&output, io)?;
                if let Some(exit) = self.ends(&output, exit) {
                    return Ok(exit);
                }
                self.before = Some(output.clone());
            }
            loop {
                let left = next.saturating_duration_since(Instant::now()).as_millis();
                if left == 0 {
                    break;
                }
                let left = u16::try_from(left).unwrap_or(u16::MAX).min(1000);
                match keyboard.wait(None, Some(left)) {
                    Key::Byte(b'q' | 3 | 4) | Key::Gone => return Ok(Exit::OK),
                    Key::Signal(signal) => return Ok(Exit::signal(signal as i32)),
                    Key::Byte(b' ') => break,
                    Key::Resized => self.draw(&output, io)?,
                    _ => {}
                }
            }
        }
    }

    /// Whether that run was the last one.
    fn ends(&mut self, output: &[u8], exit: Option<Exit>) -> Option<Exit> {
        if let Some(exit) = exit.filter(|exit| self.until_failure && !exit.is_ok()) {
            return Some(exit);
        }
        let changed = self.before.as_ref().is_some_and(|before| before != output);
        self.left = self.left.map(|left| left.saturating_sub(1));
        (self.until_change && changed || self.left == Some(0)).then_some(Exit::OK)
    }

    /// One run. A key ends it early and stays to be read.
    fn once(&self, keyboard: Option<&Keyboard>) -> Result<Ran> {
        let (reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
        let (nothing, _) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
        let streams: [OwnedFd; 3] = [nothing, writer.try_clone()?, writer];
        let reader = Some(File::from(reader));
        let mut child = Child::start(self.tool, self.args.clone(), streams, reader, self.view)?;
        let mut output = Vec::new();
        while let Some(reader) = &mut child.output {
            let mut fds = vec![PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
            fds.extend(keyboard.map(|keys| PollFd::new(keys.file.as_fd(), PollFlags::POLLIN)));
            let ready = poll(&mut fds, PollTimeout::from(1000u16));
            let has = |i: usize| {
                fds.get(i).and_then(PollFd::revents).is_some_and(|events| !events.is_empty())
            };
            // A key, or a signal, is for the loop around this.
            if ready.is_ok() && has(1) || crate::sys::process::is_any_caught() {
                return Ok((output, None));
            }
            if ready.is_err() || !has(0) {
                continue;
            }
            let mut buffer = vec![0; 16 << 10];
            match reader.read(&mut buffer) {
                Ok(0) => break,
                // What is too much is read and forgotten, so that the tool can end.
                Ok(_) if output.len() as u64 >= LIMIT => {}
                Ok(n) => output.extend_from_slice(buffer.get(..n).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        let exit = child.wait(None, |_| false)?;
        Ok((output, exit))
    }

    fn draw(&self, output: &[u8], io: &mut Io) -> Result<()> {
        let (rows, columns): (usize, usize) = match tty::size(&io.stdout) {
            Ok(size) if size.ws_row > 0 && size.ws_col > 0 => {
                (size.ws_row.into(), size.ws_col.into())
            }
            _ => (24, 80),
        };
        let mut lines = Vec::new();
        if let Some(title) = &self.title {
            let time = time::shown(now());
            let room = columns.saturating_sub(time.len() + 1);
            lines.push(format!("{:room$} {time}", table::cut(title, room)));
            lines.push(String::new());
        }
        let before = self.before.as_ref().filter(|_| self.marks);
        let mut old = before.map(|before| before.split(|byte| *byte == b'\n'));
        for line in output.split(|byte| *byte == b'\n').take(rows) {
            let shown = shown(line, columns);
            let was = old.as_mut().map(|old| self::shown(old.next().unwrap_or_default(), columns));
            lines.push(match was {
                Some(was) => marked(&shown, &was),
                None => shown,
            });
        }
        let mut frame = String::from("\x1b[H");
        for i in 0..rows {
            frame.push_str(if i == 0 { "\x1b[K" } else { "\n\x1b[K" });
            frame.push_str(lines.get(i).map_or("", String::as_str));
        }
        frame.push_str("\x1b[H");
        io.stdout.write_all(frame.as_bytes())?;
        Ok(io.stdout.flush()?)
    }
}

/// A line in at most `columns`, tabs as blanks, all else that is not text visible.
fn shown(line: &[u8], columns: usize) -> String {
    let (mut text, mut parts) = (String::new(), line.split(|byte| *byte == b'\t').peekable());
    while let Some(part) = parts.next() {
        text.push_str(&visible(part));
        if parts.peek().is_some() {
            let width = unicode_width::UnicodeWidthStr::width(text.as_str());
            text.push_str(&" ".repeat(8 - width % 8));
        }
    }
    table::cut(&text, columns)
}

/// `line` with the characters in reverse that are not those of `was` at the same place.
fn marked(line: &str, was: &str) -> String {
    let (mut out, mut is_marked, mut was) = (String::new(), false, was.chars());
    for c in line.chars() {
        let changed = was.next() != Some(c);
        if changed != is_marked {
            out.push_str(if changed { "\x1b[7m" } else { "\x1b[27m" });
            is_marked = changed;
        }
        out.push(c);
    }
    if is_marked {
        out.push_str("\x1b[27m");
    }
    out
}
