//! `stack`: where each thread of a process is in the kernel: its system call, what it waits in, its kernel stack.

mod calls;

use super::process::{chosen, failed};
use super::{Tool, args, command};
use crate::error::{Result, reason};
use crate::exit::Exit;
use crate::output::order;
use crate::output::{Align, Io, Shape, Text, print_lines, table::print_json};
use crate::view::{Needs, Process, Stat, View};
use caps::Capability;
use clap::{ArgMatches, Command};
use nix::errno::Errno;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use syscalls::Sysno;

pub(super) const TOOL: Tool = Tool {
    name: "stack",
    aliases: &[],
    summary: "Show where the threads of a process are in the kernel",
    examples: &[
        ("stack", "In which system call each thread waits: a hang at one look"),
        ("stack -p 42", "What another process waits for, and on which file or socket"),
    ],
    needs: Needs::ProcWith(&[Capability::CAP_SYS_ADMIN]),
    json: Some(Shape::of::<Vec<Thread>>()),
    command: options,
    rewrite: None,
    run,
};

fn options() -> Command {
    command("stack", TOOL.summary)
        .after_help("Numbers of system calls are taken as those of this machine's 64-bit kernel.")
        .arg(args::pid())
        .arg(args::json_flag())
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Thread {
    pid: i32,
    /// Of the thread, as the target numbers it.
    tid: i32,
    name: Text,
    /// One letter, as in `ps`.
    state: char,
    /// `None` where it runs, is in none, or may not be asked.
    syscall: Option<Call>,
    /// The kernel function that it waits in.
    wchan: Option<Text>,
    /// The kernel stack, innermost first; `None` where it may not be read.
    stack: Option<Vec<Text>>,
}

/// A system call (proc_pid_syscall(5)).
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Call {
    number: i64,
    name: Option<&'static str>,
    /// As many as the call takes; all six registers of a call whose arguments are not known by name.
    arguments: Vec<Argument>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Argument {
    name: Option<&'static str>,
    /// Counts and descriptors in decimal, `AT_FDCWD`, futex operations by name, anything else as `0x7f…`.
    value: String,
    /// What a descriptor is open on: a path, `socket:[INODE]` …; `None` where that may not be asked.
    file: Option<Text>,
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let process = chosen(view, matches)?;
    let tids = process.numbers("task").map_err(|e| failed(&process, "threads", e))?;
    let mut refusals = BTreeSet::new();
    let mut rows: Vec<Thread> =
        tids.into_iter().filter_map(|tid| thread(&process, tid, &mut refusals)).collect();
    order::sort_by_key(&mut rows, |row| row.tid);
    if matches.get_flag("json") {
        print_json(io, &rows)?;
    } else {
        print(io, &rows)?;
    }
    io.stdout.flush()?;
    let is_any_refused = !refusals.is_empty();
    for refusal in refusals {
        writeln!(io.stderr, "stack: {refusal}")?;
    }
    let is_silent =
        |row: &Thread| row.syscall.is_none() && row.wchan.is_none() && row.stack.is_none();
    let is_refused = is_any_refused && rows.iter().all(is_silent);
    Ok(if is_refused { Exit::CANNOT_RUN } else { Exit::OK })
}

/// The facts of a thread; `None` when it has ended meanwhile.
fn thread(process: &Process, tid: i32, refusals: &mut BTreeSet<String>) -> Option<Thread> {
    let stat = Stat::parse(&process.read(&format!("task/{tid}/stat")).ok()?)?;
    let mut read = |file: &str, needs: &str| match process.read(&format!("task/{tid}/{file}")) {
        Ok(bytes) => Some(bytes),
        Err(errno @ (Errno::EACCES | Errno::EPERM)) => {
            refusals.insert(format!("{file} can't be read ({}): it needs {needs}", reason(errno)));
            None
        }
        // Ended, or a kernel without it.
        Err(_) => None,
    };
    let ptrace = "ptrace access: same user and group, or SYS_PTRACE";
    let call = read("syscall", ptrace).and_then(|bytes| parse_call(process, tid, &bytes));
    let wchan = read("wchan", ptrace).filter(|name| !matches!(name.as_slice(), b"" | b"0"));
    let stack = read("stack", "CAP_SYS_ADMIN, which dbg gives up once the target is open");
    Some(Thread {
        pid: process.pid,
        tid: process.thread_number(tid).ok()?,
        name: Text(stat.comm),
        state: stat.state,
        syscall: call,
        wchan: wchan.map(Text),
        stack: stack.map(|bytes| frames(&bytes)),
    })
}

/// `NUMBER ARGUMENT×6 SP PC`; `running`, or `-1 SP PC` outside of calls, have none.
fn parse_call(process: &Process, tid: i32, line: &[u8]) -> Option<Call> {
    let (number, name, registers) = split_call(line)?;
    Some(Call { number, name, arguments: calls::arguments(process, tid, name, &registers) })
}

fn split_call(line: &[u8]) -> Option<(i64, Option<&'static str>, Vec<&str>)> {
    let mut words = std::str::from_utf8(line).ok()?.split_whitespace();
    let number: i64 = words.next()?.parse().ok()?;
    let name = Sysno::new(usize::try_from(number).ok()?).map(|call| call.name());
    Some((number, name, words.take(6).collect())).filter(|(number, ..)| *number >= 0)
}

/// Lines of `[<0>] pipe_read+0x1f/0x40`.
fn frames(bytes: &[u8]) -> Vec<Text> {
    let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| match line.iter().position(|b| *b == b']') {
            Some(end) => Text::from(line[end + 1..].trim_ascii()),
            None => Text::from(line),
        })
        .collect()
}

/// A line a thread, then the kernel stacks of those that have one.
fn print(io: &mut Io, rows: &[Thread]) -> Result<()> {
    use Align::{Left, Right};
    let mut lines = vec![["TID", "S", "COMMAND", "WCHAN", "SYSCALL"].map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|row| {
        let wchan = row.wchan.as_ref().map_or_else(|| "-".into(), |text| text.visible());
        vec![
            row.tid.to_string(),
            row.state.to_string(),
            row.name.visible().into_owned(),
            wchan.into_owned(),
            row.syscall.as_ref().map_or_else(|| "-".into(), Call::line),
        ]
    }));
    print_lines(io, &[Right, Left, Left, Left, Left], &lines, true)?;
    for row in rows {
        let Some(frames) = row.stack.as_ref().filter(|frames| !frames.is_empty()) else { continue };
        writeln!(io.stdout, "\nkernel stack of {} {}", row.tid, row.name.visible())?;
        for frame in frames {
            writeln!(io.stdout, "  {}", frame.visible())?;
        }
    }
    Ok(())
}

impl Call {
    /// `read(fd=0 (pipe:[15873]), buf=0x7f8a, count=4096)`.
    fn line(&self) -> String {
        let name = self.name.map_or_else(|| format!("syscall {}", self.number), str::to_owned);
        let argument = |a: &Argument| {
            let name = a.name.map(|name| format!("{name}=")).unwrap_or_default();
            let file = a.file.as_ref().map(|file| format!(" ({})", file.visible()));
            format!("{name}{}{}", a.value, file.unwrap_or_default())
        };
        let arguments: Vec<String> = self.arguments.iter().map(argument).collect();
        format!("{name}({})", arguments.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_names_and_what_is_none_has_not() {
        let line = b"0 0x3 0x7f 0x20 0x0 0xff 0x1 0x7ffe 0x7f29\n";
        let (number, name, registers) = split_call(line).unwrap();
        assert_eq!((number, registers.len()), (0, 6));
        assert_eq!(name, Sysno::new(0).map(|call| call.name()));
        assert!(split_call(b"running\n").is_none());
        assert!(split_call(b"-1 0x7ffe 0x7f29\n").is_none());
        assert_eq!(split_call(b"99999 0x0").unwrap().1, None);
    }

    #[test]
    fn frames_lose_the_address_that_the_kernel_hides_anyway() {
        assert_eq!(
            frames(b"[<0>] a+0x1/0x2\n[<0>] b [mod]\n"),
            [Text::from("a+0x1/0x2"), Text::from("b [mod]")]
        );
    }
}
