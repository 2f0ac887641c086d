//! `jobs`, `fg`, `bg`, `wait`, and `kill` where it means a job.

use super::{Call, text};
use crate::exit::Exit;
use crate::output::visible;
use crate::shell::joblist::State;
use crate::shell::jobs::Group;
use crate::shell::simple::Host;
use crate::shell::traps;
use crate::shell::vars::Bytes;
use crate::shell::{Run, Shell};
use crate::tools;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

pub(super) fn jobs(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, specs) = match shell.flags(call, "lprs")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    shell.jobs.update();
    let all = 0..shell.jobs.list.len();
    let mut exit = Exit::OK;
    let mut wanted: Vec<usize> = if specs.is_empty() { all.collect() } else { Vec::new() };
    for spec in specs {
        match shell.jobs.find(&text(spec)) {
            Some(index) => wanted.push(index),
            None => exit = no_such_job(shell, call, spec)?,
        }
    }
    wanted.retain(|index| {
        let Some(job) = shell.jobs.list.get(*index).filter(|job| job.id != 0) else { return false };
        (!flags.contains(&'r') || job.state == State::Running)
            && (!flags.contains(&'s') || job.state == State::Stopped)
    });
    let line = |index: usize| match flags.contains(&'p') {
        true => format!("{}\n", shell.jobs.list[index].last),
        false => shell.jobs.line(index, flags.contains(&'l')),
    };
    let lines: String = wanted.into_iter().map(line).collect();
    shell.jobs.forget_done();
    shell.print(lines.as_bytes())?;
    Ok(exit)
}

fn no_such_job(shell: &Shell, call: &Call<'_>, spec: &[u8]) -> Run {
    shell.refuse(Exit::FAILURE, format!("{}: {}: no such job", call.name, visible(spec)))
}

pub(super) fn disown(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (flags, specs) = match shell.flags(call, "ahr")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    // Nothing of dbg's sends its jobs a SIGHUP that `-h` could keep from them.
    if flags.contains(&'h') {
        return Ok(Exit::OK);
    }
    if flags.contains(&'a') || flags.contains(&'r') {
        for index in (0..shell.jobs.list.len()).rev() {
            if flags.contains(&'a') || shell.jobs.list[index].state == State::Running {
                shell.jobs.disown(index);
            }
        }
        return Ok(Exit::OK);
    }
    let current = [b"%%".to_vec()];
    let mut exit = Exit::OK;
    for spec in if specs.is_empty() { &current } else { specs } {
        match shell.jobs.find(&text(spec)) {
            Some(index) => shell.jobs.disown(index),
            None => exit = no_such_job(shell, call, spec)?,
        }
    }
    Ok(exit)
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
    shell.jobs.update();
    let spec = call.args.first().map_or_else(|| "%%".into(), |word| text(word));
    match shell.jobs.find(&spec) {
        Some(index) => shell.resume(index, foreground),
        None => shell.refuse(Exit::FAILURE, format!("{}: {spec}: no such job", call.name)),
    }
}

pub(super) fn wait(shell: &mut Shell, call: &Call<'_>) -> Run {
    let (call, variable) = match call.args {
        [p, name, rest @ ..] if p == b"-p" => {
            (&Call { args: rest, ..*call }, Some(text(name).into_owned()))
        }
        [n, p, name, ..] if n == b"-n" && p == b"-p" => {
            (&Call { args: &call.args[..1], ..*call }, Some(text(name).into_owned()))
        }
        _ => (call, None),
    };
    if let Some(name) = &variable {
        shell.vars.unset(name);
    }
    let (flags, specs) = match shell.flags(call, "fn")? {
        Ok(parsed) => parsed,
        Err(exit) => return Ok(exit),
    };
    let (exit, pid) = if flags.contains(&'n') {
        let among: Vec<Pid> = specs.iter().filter_map(|spec| pid_of(shell, spec)).collect();
        if among.is_empty() && !specs.is_empty() {
            return Ok(Exit::NOT_FOUND);
        }
        shell.wait_any(&among)?
    } else {
        wait_for(shell, specs)?
    };
    if let (Some(name), Some(pid)) = (variable, pid) {
        shell.assign(&name, None, pid.to_string().into_bytes(), false)?;
    }
    Ok(exit)
}

fn pid_of(shell: &Shell, spec: &[u8]) -> Option<Pid> {
    Some(shell.jobs.list.get(shell.jobs.find(&text(spec))?)?.last)
}

/// Waits for each of the jobs, or for all; gives the last one's exit code and process.
fn wait_for(shell: &mut Shell, specs: &[Bytes]) -> Run<(Exit, Option<Pid>)> {
    if specs.is_empty() {
        while let Some(index) = shell.running_job() {
            shell.wait_job(index)?;
        }
        shell.jobs.forget_done();
        return Ok((Exit::OK, None));
    }
    let (mut exit, mut pid) = (Exit::OK, None);
    for spec in specs {
        pid = pid_of(shell, spec);
        let spec = text(spec);
        exit = match (shell.jobs.find(&spec), shell.jobs.ended(&spec)) {
            (Some(index), _) => shell.wait_job(index)?,
            (None, Some(exit)) => {
                pid = spec.parse().ok().map(Pid::from_raw);
                exit
            }
            (None, None) if spec.starts_with('%') => {
                shell.refuse(Exit::NOT_FOUND, format!("wait: {spec}: no such job"))?
            }
            (None, None) => shell.refuse(
                Exit::NOT_FOUND,
                format!("wait: {}: not a child of this shell", visible(spec.as_bytes())),
            )?,
        };
    }
    Ok((exit, pid))
}

/// `kill %1`, `kill $!` and `kill $$` mean the shell and its children. All else goes to the tool, which knows the
/// target's processes.
///
/// A number that is a job's and a process of the target's, too, means the job: to signal a process of a target by
/// mistake is worse than to miss one.
pub(super) fn kill(shell: &mut Shell, call: &Call<'_>) -> Run {
    let specs: Vec<&Bytes> = call.args.iter().filter(|word| !word.starts_with(b"-")).collect();
    let own = [shell.pid, nix::unistd::getpid()];
    let own_pid = |shell: &Shell, word: &str| {
        let pid = Pid::from_raw(word.parse().ok()?);
        (own.contains(&pid) || shell.jobs.is_disowned(pid)).then_some(pid)
    };
    let is_job = |word: &&Bytes| {
        let word = text(word);
        word.starts_with('%') || shell.jobs.find(&word).is_some() || own_pid(shell, &word).is_some()
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
                let sent = match (own_pid(shell, &word), shell.jobs.find(&word), signal) {
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
