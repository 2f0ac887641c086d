//! Children of this process: subshells, the commands of a pipeline, command substitution, background lists.

use super::jobs::Group;
use super::{LIMIT, Run, Shell};
use crate::error::Error;
use crate::exit::Exit;
use crate::sys::{process, tty};
use brush_parser::ast::{AndOrList, Command, IoFileRedirectKind, IoRedirect, Program};
use brush_parser::ast::{CommandPrefixOrSuffixItem as Item, CompoundListItem};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, pipe2};
use std::os::fd::OwnedFd;

impl Shell {
    /// Forks. Returns the child's number in the shell and `None` in the child, which ends by [`Shell::leave`], and at
    /// the latest with the shell: nothing of a session outlives it.
    pub(super) fn fork(&mut self, group: Group) -> Run<Option<Pid>> {
        // What a subshell leaves in the background, `(list &)`, is to outlive the subshell.
        let is_left = self.level > 0 && group == Group::Background;
        self.fork_by(group, if is_left { process::fork } else { process::fork_bound })
    }

    /// Likewise for what ends with its input and may still be at work when the shell has ended.
    pub(super) fn fork_unbound(&mut self, group: Group) -> Run<Option<Pid>> {
        self.fork_by(group, process::fork)
    }

    fn fork_by(
        &mut self,
        group: Group,
        fork: fn() -> std::io::Result<ForkResult>,
    ) -> Run<Option<Pid>> {
        match fork() {
            Ok(ForkResult::Parent { child }) => {
                self.place(child, group);
                Ok(Some(child))
            }
            Ok(ForkResult::Child) => {
                self.place(nix::unistd::getpid(), group);
                self.become_child(group);
                Ok(None)
            }
            Err(error) => self.fail(format!("fork: {}", crate::error::io_reason(&error))),
        }
    }

    /// Ends a forked child with the outcome of what it ran.
    pub(super) fn leave(&mut self, result: Run) -> ! {
        let exit = self.end(result);
        process::exit_now(exit.number())
    }

    fn become_child(&mut self, group: Group) {
        let is_monitored = self.is_monitored(group);
        tty::forget();
        self.forget_traps();
        self.level += 1;
        self.is_interactive = false;
        self.terminal = None;
        // What covers a descriptor for a while is the shell's business; in here it would hold pipes open.
        self.saved.clear();
        self.jobs.inherit();
        if group == Group::Background && !is_monitored {
            for signal in [Signal::SIGINT, Signal::SIGQUIT] {
                let _ = process::ignore(signal);
            }
        }
    }

    /// Runs `body` in a child and waits for it.
    pub(super) fn foreground(
        &mut self,
        text: &dyn Fn() -> String,
        body: impl FnOnce(&mut Shell) -> Run,
    ) -> Run {
        match self.fork(Group::NewForeground)? {
            Some(child) => {
                let exits = self.wait_foreground(vec![child], text)?;
                Ok(exits.last().copied().unwrap_or(Exit::DBG))
            }
            None => {
                let result = body(self);
                self.leave(result)
            }
        }
    }

    /// Runs commands side by side, each one's output being the next one's input.
    pub(super) fn pipe(&mut self, commands: &[Command]) -> Run {
        let mut children: Vec<Pid> = Vec::new();
        let mut input: Option<OwnedFd> = None;
        for (i, command) in commands.iter().enumerate() {
            let next = if i + 1 < commands.len() { Some(self.new_pipe()?) } else { None };
            let group = children.first().map_or(Group::NewForeground, |c| Group::Join(*c));
            match self.fork(group)? {
                Some(child) => children.push(child),
                None => {
                    let (reader, writer) = next.unzip();
                    drop(reader);
                    let wired = wire(input, writer);
                    let result = match wired {
                        Ok(()) => self.only(command),
                        Err(errno) => self.fail(format!("pipe: {}", crate::error::reason(errno))),
                    };
                    self.leave(result);
                }
            }
            input = next.map(|(reader, _)| reader);
        }
        let text = || commands.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
        let exits = self.wait_foreground(children, &text)?;
        let failed = exits.iter().rev().find(|exit| !exit.is_ok());
        let last = exits.last().copied().unwrap_or(Exit::OK);
        let exit = if self.options.pipefail { failed.copied().unwrap_or(last) } else { last };
        self.pipe_status = exits;
        Ok(exit)
    }

    /// Runs the one command that this process exists for: a tool needs no child of its own then.
    pub(super) fn only(&mut self, command: &Command) -> Run {
        match command {
            Command::Simple(simple) => self.simple(simple, super::simple::Host::Child),
            other => self.command(other),
        }
    }

    /// `list &`.
    pub(super) fn background(&mut self, list: &AndOrList) -> Run {
        match self.fork(Group::Background)? {
            Some(child) => {
                self.add_background(child, list.to_string());
                Ok(Exit::OK)
            }
            None => {
                let result = self.detach_input().and_then(|()| match list.first.seq.as_slice() {
                    [command] if list.additional.is_empty() && !list.first.bang => {
                        self.only(command)
                    }
                    _ => self.list(&brush_parser::ast::CompoundList(vec![CompoundListItem(
                        list.clone(),
                        brush_parser::ast::SeparatorOperator::Sequence,
                    )])),
                });
                self.leave(result)
            }
        }
    }

    /// Without job control a background list must not take the input of what comes after it.
    fn detach_input(&mut self) -> Run<()> {
        if nix::unistd::getpgrp() == nix::unistd::getpid() {
            return Ok(());
        }
        let (reader, _) = self.new_pipe()?;
        let _ = dup2_stdin(reader);
        Ok(())
    }

    /// What a script prints, without the newlines at its end.
    pub(super) fn substitute(&mut self, script: &str) -> Run<Vec<u8>> {
        let program = match self.cache.program(&self.aliased(script)) {
            Ok(program) => program,
            Err(why) => return self.fail(format!("command substitution: {why}")),
        };
        let (reader, writer) = self.new_pipe()?;
        let Some(child) = self.fork(Group::Shell)? else {
            drop(reader);
            self.options.errexit = false;
            let result = match wire(None, Some(writer)) {
                Ok(()) => self.captured(&program),
                Err(errno) => self.fail(format!("pipe: {}", crate::error::reason(errno))),
            };
            self.leave(result)
        };
        drop(writer);
        let output = read_to_end(reader);
        let exit = self.wait_quietly(child);
        self.substituted = Some(exit);
        self.status = exit;
        self.poll_signals()?;
        let mut output = match output {
            Ok(output) => output,
            Err(error) => return self.fail(error),
        };
        let end = output.iter().rposition(|b| *b != b'\n').map_or(0, |last| last + 1);
        output.truncate(end);
        output.retain(|b| *b != 0);
        Ok(output)
    }

    /// In the child: `$(< file)` copies the file, all else is a script.
    fn captured(&mut self, program: &Program) -> Run {
        if let Some(redirect) = lone_input(program) {
            if !self.redirect(std::slice::from_ref(redirect))? {
                return Ok(Exit::FAILURE);
            }
            let mut buffer = vec![0; 1 << 16];
            while let Ok(n @ 1..) = nix::unistd::read(std::io::stdin(), &mut buffer) {
                self.print(&buffer[..n])?;
            }
            return Ok(Exit::OK);
        }
        match only_command(program) {
            Some(command) => self.only(command),
            None => self.program(program),
        }
    }

    pub(super) fn new_pipe(&mut self) -> Run<(OwnedFd, OwnedFd)> {
        match pipe2(OFlag::O_CLOEXEC) {
            Ok(ends) => Ok(ends),
            Err(errno) => self.fail(format!("pipe: {}", crate::error::reason(errno))),
        }
    }
}

/// Makes `input` and `output` this process's own.
fn wire(input: Option<OwnedFd>, output: Option<OwnedFd>) -> Result<(), Errno> {
    if let Some(input) = input {
        dup2_stdin(input)?;
    }
    if let Some(output) = output {
        dup2_stdout(output)?;
    }
    Ok(())
}

fn read_to_end(reader: OwnedFd) -> Result<Vec<u8>, Error> {
    let mut output = Vec::new();
    let mut buffer = [0; 1 << 14];
    loop {
        match nix::unistd::read(&reader, &mut buffer) {
            Ok(0) => return Ok(output),
            Ok(n) => output.extend_from_slice(&buffer[..n]),
            Err(Errno::EINTR) if process::is_caught(Signal::SIGINT) => return Ok(output),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        if output.len() as u64 > LIMIT {
            return Err(Error::new("command substitution: more than 16 MiB of output"));
        }
    }
}

/// The command of a program that is nothing else.
pub(super) fn only_command(program: &Program) -> Option<&Command> {
    let [list] = program.complete_commands.as_slice() else { return None };
    let [CompoundListItem(and_or, brush_parser::ast::SeparatorOperator::Sequence)] =
        list.0.as_slice()
    else {
        return None;
    };
    let is_alone =
        and_or.additional.is_empty() && !and_or.first.bang && and_or.first.timed.is_none();
    match and_or.first.seq.as_slice() {
        [command] if is_alone => Some(command),
        _ => None,
    }
}

/// The redirection of `< file` alone.
fn lone_input(program: &Program) -> Option<&IoRedirect> {
    let Command::Simple(simple) = only_command(program)? else { return None };
    let (None, None, Some(prefix)) = (&simple.word_or_name, &simple.suffix, &simple.prefix) else {
        return None;
    };
    match prefix.0.as_slice() {
        [Item::IoRedirect(r @ IoRedirect::File(None | Some(0), IoFileRedirectKind::Read, _))] => {
            Some(r)
        }
        _ => None,
    }
}
