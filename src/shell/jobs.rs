//! Jobs: what runs in the background or was stopped, process groups, and who has the terminal.

use super::joblist::{Job, State};
use super::{Flow, Run, Shell};
use crate::exit::Exit;
use crate::sys::{process, tty};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, getpgrp, setpgid, tcsetpgrp};
use std::os::fd::OwnedFd;

/// The terminal of an interactive shell.
#[derive(Debug)]
pub(super) struct Terminal {
    fd: OwnedFd,
    group: Pid,
    /// How the shell likes it: put back when a job left it otherwise.
    modes: Termios,
}

/// Which process group a child gets, where there is job control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// That of the shell.
    Shell,
    /// One of its own, which gets the terminal.
    NewForeground,
    /// That of the pipeline's first child.
    Join(Pid),
    /// One of its own.
    Background,
}

impl Terminal {
    /// Takes the terminal at `fd` for the shell, which gets a process group of its own.
    pub(super) fn take(fd: OwnedFd) -> nix::Result<Terminal> {
        let pid = nix::unistd::getpid();
        // A session leader has its own group already, and is refused another.
        if getpgrp() != pid {
            setpgid(pid, pid)?;
        }
        tcsetpgrp(&fd, pid)?;
        let modes = tcgetattr(&fd)?;
        // The line editor makes it raw while a line is typed.
        let _ = tty::restore_at_panic(&fd, &fd, &modes, b"");
        Ok(Terminal { fd, group: pid, modes })
    }

    fn take_back(&self) {
        // Both fail only when the terminal is gone, which the next read notices.
        let _ = tcsetpgrp(&self.fd, self.group);
        let _ = tcsetattr(&self.fd, SetArg::TCSADRAIN, &self.modes);
    }
}

impl Shell {
    pub(super) fn is_monitored(&self, group: Group) -> bool {
        self.terminal.is_some() && group != Group::Shell
    }

    /// Puts `child` where it belongs. Both the shell and the child do this, since either may be the first to run.
    pub(super) fn place(&self, child: Pid, group: Group) {
        let Some(terminal) = self.terminal.as_ref().filter(|_| group != Group::Shell) else {
            return;
        };
        let leader = if let Group::Join(leader) = group { leader } else { child };
        let _ = setpgid(child, leader);
        if group == Group::NewForeground {
            let _ = tcsetpgrp(&terminal.fd, leader);
        }
    }

    /// Waits for the children of a pipeline. Ctrl-C on one of them ends the command that was typed.
    pub(super) fn wait_foreground(
        &mut self,
        children: Vec<Pid>,
        text: &dyn Fn() -> String,
    ) -> Run<Vec<Exit>> {
        let mut exits = vec![Exit::DBG; children.len()];
        let mut interrupted = false;
        for (i, child) in children.iter().enumerate() {
            match self.wait_one(*child) {
                Ok(WaitStatus::Stopped(_, signal)) => {
                    exits[i] = Exit::signal(signal as i32);
                    self.add_stopped(&children[i..], children[0], text());
                    break;
                }
                Ok(status) => {
                    interrupted |= matches!(status, WaitStatus::Signaled(_, Signal::SIGINT, _));
                    self.tell_of_signal(status);
                    exits[i] = status.into();
                }
                Err(errno) => {
                    return self.fail(format!("wait: {}", crate::error::reason(errno)));
                }
            }
        }
        if let Some(terminal) = &self.terminal {
            terminal.take_back();
        }
        if interrupted && self.is_interactive {
            return Err(Flow::Interrupt);
        }
        Ok(exits)
    }

    fn wait_one(&self, child: Pid) -> nix::Result<WaitStatus> {
        let flags = self.terminal.as_ref().map(|_| WaitPidFlag::WUNTRACED);
        loop {
            match waitpid(child, flags) {
                Err(Errno::EINTR) => {}
                status => return status,
            }
        }
    }

    /// Waits for a child that is no job; 130 when Ctrl-C ended the wait.
    pub(super) fn wait_quietly(&self, child: Pid) -> Exit {
        loop {
            match waitpid(child, None) {
                Ok(status) => return status.into(),
                Err(Errno::EINTR) if process::is_caught(Signal::SIGINT) => {
                    return Exit::signal(libc::SIGINT);
                }
                Err(Errno::EINTR) => {}
                Err(_) => return Exit::DBG,
            }
        }
    }

    /// A person wants to know why a command ended, unless they ended it.
    fn tell_of_signal(&self, status: WaitStatus) {
        if let WaitStatus::Signaled(_, signal, _) = status
            && self.is_interactive
            && !matches!(signal, Signal::SIGINT | Signal::SIGPIPE)
        {
            self.complain(&crate::error::Error::new(format!("ended by {signal}")));
        }
    }

    pub(super) fn add_background(&mut self, child: Pid, text: String) {
        self.last_background = Some(child);
        let id = self.jobs.add(vec![child], child, text, State::Running);
        if self.is_interactive {
            let _ = super::write_all(super::stderr(), format!("[{id}] {child}\n").as_bytes());
        }
    }

    /// A process substitution: `$!` and `wait` know it, and nobody is told of it.
    pub(super) fn add_hidden(&mut self, child: Pid) {
        self.last_background = Some(child);
        self.jobs.add_hidden(child);
    }

    fn add_stopped(&mut self, pids: &[Pid], group: Pid, text: String) {
        self.jobs.add(pids.to_vec(), group, text, State::Stopped);
        let line = format!("\n{}", self.jobs.line(self.jobs.list.len() - 1, false));
        let _ = super::write_all(super::stderr(), line.as_bytes());
    }

    /// Tells of jobs that have ended, and forgets them; what a prompt does.
    pub(super) fn report_jobs(&mut self) {
        self.jobs.update();
        for job in self.jobs.forget_done().iter().filter(|job| job.id != 0) {
            let _ = super::write_all(super::stderr(), job.line(' ', false).as_bytes());
        }
    }

    /// Whether `exit` is to be asked for once more, which is said then.
    pub(super) fn is_held_by_jobs(&mut self) -> bool {
        self.jobs.update();
        if !self.is_interactive || self.jobs.warned || !self.jobs.has_stopped() {
            return false;
        }
        self.jobs.warned = true;
        self.complain(&crate::error::Error::new("there are stopped jobs"));
        true
    }

    /// Waits until the job ends (or stops), forgets one that ended, and gives its exit code.
    pub(super) fn wait_job(&mut self, index: usize) -> Run {
        let flags = self.terminal.as_ref().map(|_| WaitPidFlag::WUNTRACED);
        loop {
            let job = self.jobs.list.get_mut(index).filter(|job| !job.foreign);
            let Some(job) = job else { return Ok(Exit::NOT_FOUND) };
            let pid = match (job.state, job.pids.first()) {
                (State::Done(exit), None) => {
                    self.jobs.remove(index);
                    return Ok(exit);
                }
                (State::Stopped, _) => return Ok(Exit::signal(libc::SIGTSTP)),
                (_, Some(pid)) => *pid,
                (_, None) => job.last,
            };
            match waitpid(pid, flags) {
                Ok(status) => job.note(pid, status),
                Err(Errno::EINTR) => {
                    if let Some(exit) = self.wait_interrupted()? {
                        return Ok(exit);
                    }
                }
                Err(_) => {
                    self.jobs.remove(index);
                    return Ok(Exit::NOT_FOUND);
                }
            }
        }
    }

    /// The next job that `wait` has to wait for.
    pub(super) fn running_job(&self) -> Option<usize> {
        let is_running = |job: &Job| job.state == State::Running && !job.foreign;
        self.jobs.list.iter().position(is_running)
    }

    /// `wait -n`: the job that ends first, of those with the numbers `among` or of all. Its process comes with it.
    pub(super) fn wait_any(&mut self, among: &[Pid]) -> Run<(Exit, Option<Pid>)> {
        loop {
            self.jobs.update();
            let is_meant = |job: &Job| {
                job.id != 0 && !job.foreign && (among.is_empty() || among.contains(&job.last))
            };
            let done = |job: &Job| is_meant(job) && job.is_done();
            if let Some(index) = self.jobs.list.iter().position(done) {
                let pid = self.jobs.list[index].last;
                return Ok((self.wait_job(index)?, Some(pid)));
            }
            let runs = |job: &Job| is_meant(job) && job.state == State::Running;
            if !self.jobs.list.iter().any(runs) {
                return Ok((Exit::NOT_FOUND, None));
            }
            // Leaves the child to be collected by the next look.
            let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
            if let Err(Errno::EINTR) = waitid(Id::All, flags)
                && let Some(exit) = self.wait_interrupted()?
            {
                return Ok((exit, None));
            }
        }
    }

    /// Goes on with a stopped or background job, and waits for it if it is to have the terminal.
    pub(super) fn resume(&mut self, index: usize, foreground: bool) -> Run {
        let Some(job) = self.jobs.list.get_mut(index) else { return Ok(Exit::FAILURE) };
        let (group, text) = (job.group, job.text.clone());
        job.state = State::Running;
        let suffix = if foreground { "" } else { " &" };
        if let (true, Some(terminal)) = (foreground, &self.terminal) {
            let _ = tcsetpgrp(&terminal.fd, group);
        }
        let told = self.print(format!("{text}{suffix}\n").as_bytes());
        let _ = killpg(group, Signal::SIGCONT);
        if !foreground {
            return told;
        }
        let result = self.wait_job(index);
        if let Some(terminal) = &self.terminal {
            terminal.take_back();
        }
        if self.jobs.list.get(index).is_some_and(|job| job.state == State::Stopped) {
            let line = format!("\n{}", self.jobs.line(index, false));
            let _ = super::write_all(super::stderr(), line.as_bytes());
        }
        match result {
            Ok(exit) if exit == Exit::signal(libc::SIGINT) => Err(Flow::Interrupt),
            result => result,
        }
    }

    /// Sends `signal` to a job: to its group under job control, to its process otherwise.
    pub(super) fn signal_job(&mut self, index: usize, signal: Signal) -> nix::Result<()> {
        let Some(job) = self.jobs.list.get_mut(index) else { return Err(Errno::ESRCH) };
        if self.terminal.is_none() {
            return nix::sys::signal::kill(job.last, signal);
        }
        killpg(job.group, signal)?;
        // A stopped job would never see it.
        if job.state == State::Stopped && signal != Signal::SIGSTOP {
            killpg(job.group, Signal::SIGCONT)?;
            // Until it is heard that it was stopped again: `wait` is to wait for it.
            job.state = State::Running;
        }
        Ok(())
    }
}
