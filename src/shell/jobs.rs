//! Jobs: what runs in the background or was stopped, process groups, and who has the terminal.

use super::{Flow, Run, Shell};
use crate::exit::Exit;
use crate::sys::process;
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Stopped,
    Done(Exit),
}

/// One job.
#[derive(Debug)]
pub(super) struct Job {
    pub id: usize,
    /// Its processes that have not ended; the exit code is the last one's.
    pids: Vec<Pid>,
    group: Pid,
    last: Pid,
    pub text: String,
    pub state: State,
}

#[derive(Debug, Default)]
pub(super) struct Jobs {
    pub list: Vec<Job>,
}

impl Job {
    fn note(&mut self, pid: Pid, status: WaitStatus) {
        match status {
            WaitStatus::Stopped(..) => self.state = State::Stopped,
            WaitStatus::Continued(_) => self.state = State::Running,
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {
                self.pids.retain(|p| *p != pid);
                if pid == self.last {
                    self.state = State::Done(status.into());
                }
            }
            _ => {}
        }
    }

    pub(super) fn line(&self) -> String {
        let state = match self.state {
            State::Running => "Running".to_owned(),
            State::Stopped => "Stopped".to_owned(),
            State::Done(Exit::OK) => "Done".to_owned(),
            State::Done(exit) => format!("Exit {}", exit.number()),
        };
        format!("[{}]  {state:<22}  {}\n", self.id, self.text)
    }

    pub(super) fn pid(&self) -> Pid {
        self.last
    }
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
        let id = self.add(vec![child], child, text, State::Running);
        if self.is_interactive {
            let _ = super::write_all(super::stderr(), format!("[{id}] {child}\n").as_bytes());
        }
    }

    fn add_stopped(&mut self, pids: &[Pid], group: Pid, text: String) {
        self.add(pids.to_vec(), group, text, State::Stopped);
        if let Some(job) = self.jobs.list.last() {
            let line = format!("\n{}", job.line());
            let _ = super::write_all(super::stderr(), line.as_bytes());
        }
    }

    fn add(&mut self, pids: Vec<Pid>, group: Pid, text: String, state: State) -> usize {
        let id = self.jobs.list.iter().map(|job| job.id).max().unwrap_or(0) + 1;
        let last = pids.last().copied().unwrap_or(group);
        self.jobs.list.push(Job { id, pids, group, last, text, state });
        id
    }

    /// Looks, without waiting, what became of the jobs.
    pub(super) fn update_jobs(&mut self) {
        let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED | WaitPidFlag::WCONTINUED;
        for job in &mut self.jobs.list {
            for pid in job.pids.clone() {
                if let Ok(status) = waitpid(pid, Some(flags)) {
                    job.note(pid, status);
                }
            }
        }
    }

    /// Tells of jobs that have ended, and forgets them; what a prompt does.
    pub(super) fn report_jobs(&mut self) {
        self.update_jobs();
        for job in self.jobs.list.extract_if(.., |job| matches!(job.state, State::Done(_))) {
            let _ = super::write_all(super::stderr(), job.line().as_bytes());
        }
    }

    /// The index of the job that `spec` means: `%1`, `%%`, `%-`, `%name`, or the number of its process.
    pub(super) fn find_job(&self, spec: &str) -> Option<usize> {
        let list = &self.jobs.list;
        let Some(name) = spec.strip_prefix('%') else {
            let pid = Pid::from_raw(spec.parse().ok()?);
            return list.iter().position(|job| job.last == pid);
        };
        match name {
            "" | "%" | "+" => list.len().checked_sub(1),
            "-" => list.len().checked_sub(2),
            _ => match name.parse::<usize>() {
                Ok(id) => list.iter().position(|job| job.id == id),
                Err(_) => list.iter().position(|job| job.text.starts_with(name)),
            },
        }
    }

    /// Waits until the job ends (or stops), forgets one that ended, and gives its exit code.
    pub(super) fn wait_job(&mut self, index: usize) -> Run {
        let flags = self.terminal.as_ref().map(|_| WaitPidFlag::WUNTRACED);
        loop {
            let Some(job) = self.jobs.list.get_mut(index) else { return Ok(Exit::NOT_FOUND) };
            let pid = match (job.state, job.pids.first()) {
                (State::Done(exit), None) => {
                    self.jobs.list.remove(index);
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
                    self.jobs.list.remove(index);
                    return Ok(Exit::NOT_FOUND);
                }
            }
        }
    }

    /// The next job that `wait` has to wait for.
    pub(super) fn running_job(&self) -> Option<usize> {
        self.jobs.list.iter().position(|job| job.state == State::Running)
    }

    /// `wait -n`: the job that ends first.
    pub(super) fn wait_any(&mut self) -> Run {
        loop {
            self.update_jobs();
            let done = |job: &Job| matches!(job.state, State::Done(_));
            if let Some(index) = self.jobs.list.iter().position(done) {
                return self.wait_job(index);
            }
            if self.running_job().is_none() {
                return Ok(Exit::NOT_FOUND);
            }
            // Leaves the child to be collected by the next look.
            let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
            if let Err(Errno::EINTR) = waitid(Id::All, flags)
                && let Some(exit) = self.wait_interrupted()?
            {
                return Ok(exit);
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
        if let Some(job) = self.jobs.list.get(index).filter(|job| job.state == State::Stopped) {
            let _ = super::write_all(super::stderr(), format!("\n{}", job.line()).as_bytes());
        }
        match result {
            Ok(exit) if exit == Exit::signal(libc::SIGINT) => Err(Flow::Interrupt),
            result => result,
        }
    }

    /// Sends `signal` to a job: to its group under job control, to its process otherwise.
    pub(super) fn signal_job(&self, index: usize, signal: Signal) -> nix::Result<()> {
        let Some(job) = self.jobs.list.get(index) else { return Err(Errno::ESRCH) };
        if self.terminal.is_none() {
            return nix::sys::signal::kill(job.last, signal);
        }
        killpg(job.group, signal)?;
        // A stopped job would never see it.
        if job.state == State::Stopped && signal != Signal::SIGSTOP {
            killpg(job.group, Signal::SIGCONT)?;
        }
        Ok(())
    }
}
