//! `top`: the target's processes by what they use, again and again: in batches, or full-screen on a terminal.

mod sample;
pub(super) mod screen;

use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, json::Array, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use sample::{Order, Sampler};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

pub(super) const TOOL: Tool = Tool {
    name: "top",
    aliases: &[],
    summary: "Watch the processes by CPU, memory or time",
    examples: &[
        ("top", "Who uses the processors just now; q ends it"),
        ("top -b -n 2 -d 1", "Two lists on paper: the second shows the second between"),
        ("top -b -n 1 -o %MEM", "Once, the largest first"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<sample::Sample>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("top", TOOL.summary)
        .after_help(
            "Keys: P by CPU, M by memory, T by time, N by number, space at once, q to end. Of 100 %CPU one processor \
             is full. In the first sample %CPU is that of the process's whole life.",
        )
        .arg(args::flag("batch", 'b', "Print one list after the other; always so without a terminal"))
        .arg(
            Arg::new("iterations")
                .long("iterations")
                .short('n')
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..))
                .help("End after so many lists"),
        )
        .arg(
            Arg::new("delay")
                .long("delay")
                .short('d')
                .value_name("SECONDS")
                .default_value("3")
                .help("Time between two lists"),
        )
        .arg(
            Arg::new("sort")
                .long("sort-override")
                .short('o')
                .value_name("KEY")
                .default_value("%CPU")
                .help("Order: %CPU, %MEM, RES, TIME+, nTH or PID"),
        )
        .arg(args::pids("Only these processes"))
        .arg(args::flag("command-line", 'c', "Command lines, not names"))
        .arg(args::json_flag())
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let delay = matches.get_one::<String>("delay").map_or(Ok(3.0), |text| seconds(text))?;
    let delay = Duration::from_secs_f64(delay);
    let order = matches.get_one::<String>("sort").map_or("%CPU", String::as_str);
    let order = Order::parse(order)?;
    let limit = matches.get_one::<u64>("iterations").copied();
    let mut pids = matches.get_many::<i32>("pid").into_iter().flatten();
    pids.try_for_each(|pid| view.proc()?.process(*pid).map(drop))?;
    let mut sampler = Sampler::new(view, matches);
    if io.stdout.is_terminal() && !matches.get_flag("batch") && !matches.get_flag("json") {
        return full_screen(&mut sampler, order, delay, limit, io);
    }
    batch(&mut sampler, order, delay, limit, matches.get_flag("json"), io)
}

fn batch(
    sampler: &mut Sampler,
    order: Order,
    delay: Duration,
    limit: Option<u64>,
    json: bool,
    io: &mut Io,
) -> Result<Exit> {
    let mut array = Array::default();
    for n in 1.. {
        let sample = sampler.take(order)?;
        if json {
            array.push(&mut io.stdout, &sample)?;
        } else {
            if n > 1 {
                writeln!(io.stdout)?;
            }
            for line in sample.lines() {
                writeln!(io.stdout, "{line}")?;
            }
        }
        io.stdout.flush()?;
        if limit.is_some_and(|limit| n >= limit) {
            break;
        }
        std::thread::sleep(delay);
    }
    if json {
        array.end(&mut io.stdout)?;
    }
    Ok(Exit::OK)
}

fn full_screen(
    sampler: &mut Sampler,
    mut order: Order,
    delay: Duration,
    limit: Option<u64>,
    io: &mut Io,
) -> Result<Exit> {
    let screen = screen::Screen::enter(io)?;
    let mut exit = Exit::OK;
    let mut shown = 0;
    let mut sample = sampler.take(order)?;
    let mut next = Instant::now() + delay;
    loop {
        sample.sort(order);
        screen::draw(io, &sample.lines())?;
        match wait(io, next)? {
            Event::Key(b'q' | 3 | 4) | Event::End => break,
            Event::Key(key) => {
                order = Order::of_key(key).unwrap_or(order);
                if key != b' ' {
                    continue;
                }
            }
            Event::Resized => continue,
            Event::Signal(signal) => {
                exit = Exit::signal(signal as i32);
                break;
            }
            Event::Time => {}
        }
        shown += 1;
        if limit.is_some_and(|limit| shown >= limit) {
            break;
        }
        sample = sampler.take(order)?;
        next = Instant::now() + delay;
    }
    screen.leave(io)?;
    Ok(exit)
}

enum Event {
    Key(u8),
    Resized,
    Signal(Signal),
    /// The keyboard is gone.
    End,
    Time,
}

fn wait(io: &mut Io, until: Instant) -> Result<Event> {
    loop {
        match crate::sys::process::caught() {
            Some(Signal::SIGWINCH) => return Ok(Event::Resized),
            Some(signal) => return Ok(Event::Signal(signal)),
            None => {}
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Event::Time);
        }
        // Not longer than a second: a signal may come between the look above and the wait.
        let left = left.min(Duration::from_secs(1)) + Duration::from_millis(1);
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::from(1000u16));
        let mut fds = [PollFd::new(io.stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(0) | Err(Errno::EINTR) => continue,
            Ok(_) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut key = [0];
        match io.stdin.read(&mut key) {
            Ok(1) => return Ok(Event::Key(key[0])),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // The terminal hung up.
            Ok(_) | Err(_) => return Ok(Event::End),
        }
    }
}

fn seconds(text: &str) -> Result<f64> {
    let is_sound = |seconds: &f64| (0.0..=1e6).contains(seconds);
    text.parse().ok().filter(is_sound).ok_or_else(|| {
        Error::usage(format!("{}: is no number of seconds", visible(text.as_bytes())))
    })
}
