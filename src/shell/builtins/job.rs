//! `jobs`, `fg`, `bg`, `wait`, and `kill` where it means a job.

use super::{Call, text};
use crate::exit::Exit;
use crate::output::visible;
use crate::shell::jobs::{Group, State};
use crate::shell::simple::Host;
use crate::shell::traps;
use crate::shell::vars::Bytes;
use crate::shell::{Run, Shell};
use crate::tools;
use nix::sys::signal::Signal;

pub(super) fn jobs(shell: &mut Shell, call: &Call<'_>) -> Run {
    let flags = match shell.flags(call, "lp")? {
        Ok((flags, _)) => flags,
        Err(exit) => return Ok(exit),
    };
    shell.update_jobs();
    let line = |job: &crate::shell::jobs::Job| {
        if flags.contains(&'p') { format!("{}\n", job.pid()) } else { job.line() }
    };
    let lines: String = shell.jobs.list.iter().map(line).collect();
    shell.jobs.list.retain(|job| !matches!(job.state, State::Done(_)));
    shell.print(lines.as_bytes())
}

pub(super) fn fg(shell: &mut Shell, call: &Call<'_>) -> Run {
    resume(shell, call, true)
}

pub(super) fn bg(shell: &mut Shell, call: &Call<'_>) -> Run {
    resume(shell, call, false)
}

fn resume(shell: &mut Shell, call: &Call<'_>, foreground: bool) -> Run {
    if shell.terminal.is_none() {
        return shell.refuse(Exit::FAILURE, format!("{}: no job control here", call.name));
    }
    shell.update_jobs();
    let spec = call.args.first().map_or_else(|| "%%".into(), |word| text(word));
    match shell.find_job(&spec) {
        Some(index) => shell.resume(index, foreground),
        None => shell.refuse(Exit::FAILURE, format!("{}: {spec}: no such job", call.name)),
    }
}

pub(super) fn wait(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, specs) = match shell.flags(call, "n")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    if flags.contains(&'n') {
        return shell.wait_any();
    }
    if specs.is_empty() {
        while let Some(index) = shell.running_job() {
            shell.wait_job(index)?;
        }
        shell.jobs.list.retain(|job| !matches!(job.state, State::Done(_)));
        return Ok(Exit::OK);
    }
    let mut exit = Exit::OK;
    for spec in specs {
        let spec = text(spec);
        exit = match shell.find_job(&spec) {
            Some(index) => shell.wait_job(index)?,
            None if spec.starts_with('%') => {
                shell.refuse(Exit::NOT_FOUND, format!("wait: {spec}: no such job"))?
            }
            None => shell.refuse(
                Exit::NOT_FOUND,
                format!("wait: {}: not a child of this shell", visible(spec.as_bytes())),
            )?,
        };
    }
    Ok(exit)
}

/// `kill %1`, `kill $!` and `kill $$` mean the shell and its children. All else goes to the tool, which knows the
/// target's processes.
///
/// A number that is a job's and a process of the target's, too, means the job: to signal a process of a target by
/// mistake is worse than to miss one.
pub(super) fn kill(shell: &mut Shell, call: &Call<'_>) -> Run {
    let specs: Vec<&Bytes> = call.args.iter().filter(|word| !word.starts_with(b"-")).collect();
    let own = [shell.pid, nix::unistd::getpid()];
    let own_pid = |word: &str| own.into_iter().find(|pid| word == pid.to_string());
    let is_job = |word: &&Bytes| {
        let word = text(word);
        word.starts_with('%') || shell.find_job(&word).is_some() || own_pid(&word).is_some()
    };
    if !specs.iter().any(is_job) {
        return kill_tool(shell, call);
    }
    let (mut signal, mut exit) = (Some(Signal::SIGTERM), Exit::OK);
    let mut words = call.args.iter();
    while let Some(word) = words.next() {
        let word = text(word);
        match word.strip_prefix('-') {
            Some("s" | "n") => {
                signal = words.next().and_then(|name| traps::signal(&text(name)));
            }
            Some("-") => {}
            Some("0") => signal = None,
            Some(name) => match traps::signal(name) {
                Some(found) => signal = Some(found),
                None => {
                    return shell.refuse(Exit::FAILURE, format!("kill: {name}: no such signal"));
                }
            },
            None => {
                let sent = match (own_pid(&word), shell.find_job(&word), signal) {
                    (Some(pid), _, signal) => nix::sys::signal::kill(pid, signal),
                    (None, Some(index), Some(signal)) => shell.signal_job(index, signal),
                    (None, Some(_), None) => Ok(()),
                    (None, None, _) => Err(nix::Error::ESRCH),
                };
                if let Err(errno) = sent {
                    let reason = crate::error::reason(errno);
                    exit = shell.refuse(Exit::FAILURE, format!("kill: {word}: {reason}"))?;
                }
            }
        }
    }
    Ok(exit)
}

fn kill_tool(shell: &mut Shell, call: &Call<'_>) -> Run {
    let Some(tool) = tools::find("kill") else {
        return shell.refuse(Exit::NOT_FOUND, "kill: command not found");
    };
    let mut argv = vec![b"kill".to_vec()];
    argv.extend_from_slice(call.args);
    if call.host == Host::Child {
        return shell.tool(tool, argv);
    }
    match shell.fork(Group::NewForeground)? {
        Some(child) => {
            let exits = shell.wait_foreground(vec![child], &|| "kill".into())?;
            Ok(exits.last().copied().unwrap_or(Exit::DBG))
        }
        None => {
            let result = shell.tool(tool, argv);
            shell.leave(result)
        }
    }
}
