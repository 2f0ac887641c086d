//! The list of jobs: what is known of each, which one a `%…` means, and how they are shown.

use crate::exit::Exit;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Stopped,
    Done(Exit),
}

/// One job.
#[derive(Debug)]
pub(super) struct Job {
    /// Its number; 0 for a process substitution, which is never shown.
    pub id: usize,
    /// Its processes that have not ended; the exit code is the last one's.
    pub pids: Vec<Pid>,
    pub group: Pid,
    pub last: Pid,
    pub text: String,
    pub state: State,
    /// The last process's exit code, once it has ended.
    exit: Option<Exit>,
    /// A child of the shell that this subshell came from: it can be shown and signalled, and not waited for.
    pub foreign: bool,
}

#[derive(Debug, Default)]
pub(super) struct Jobs {
    pub list: Vec<Job>,
    /// What ended and left the list: `wait PID` may still ask for it.
    ended: VecDeque<(Pid, Exit)>,
    /// Children that `disown` took from the list.
    disowned: Vec<Pid>,
    /// `exit` said that there are stopped jobs, and the next one is to be obeyed.
    pub warned: bool,
}

/// How many ended jobs are remembered.
const REMEMBERED: usize = 1024;

/// How many jobs there may be before those of a script that never waits are looked after.
const CROWD: usize = 32;

impl Job {
    pub(super) fn note(&mut self, pid: Pid, status: WaitStatus) {
        match status {
            WaitStatus::Stopped(..) => self.state = State::Stopped,
            WaitStatus::Continued(_) => self.state = State::Running,
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {
                self.pids.retain(|p| *p != pid);
                if pid == self.last {
                    self.exit = Some(status.into());
                }
                // The last one may well be the first to end.
                if self.pids.is_empty() {
                    self.state = State::Done(self.exit.unwrap_or(status.into()));
                }
            }
            _ => {}
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }
}

impl Jobs {
    pub(super) fn add(&mut self, pids: Vec<Pid>, group: Pid, text: String, state: State) -> usize {
        let id = self.list.iter().map(|job| job.id).max().unwrap_or(0) + 1;
        self.push(id, pids, group, text, state);
        id
    }

    pub(super) fn add_hidden(&mut self, pid: Pid) {
        self.push(0, vec![pid], pid, String::new(), State::Running);
    }

    fn push(&mut self, id: usize, pids: Vec<Pid>, group: Pid, text: String, state: State) {
        if self.list.len() >= CROWD {
            self.update();
            self.forget_done();
        }
        let last = pids.last().copied().unwrap_or(group);
        self.list.push(Job { id, pids, group, last, text, state, exit: None, foreign: false });
    }

    /// Looks, without waiting, what became of the jobs.
    pub(super) fn update(&mut self) {
        let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED | WaitPidFlag::WCONTINUED;
        for job in self.list.iter_mut().filter(|job| !job.foreign) {
            for pid in job.pids.clone() {
                if let Ok(status) = waitpid(pid, Some(flags)) {
                    job.note(pid, status);
                }
            }
        }
        let is_there = |pid: &Pid| {
            matches!(waitpid(*pid, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive))
        };
        self.disowned.retain(is_there);
    }

    /// Takes jobs that ended off the list.
    pub(super) fn forget_done(&mut self) -> Vec<Job> {
        let done: Vec<Job> = self.list.extract_if(.., |job| job.is_done()).collect();
        for job in &done {
            self.remember(job);
        }
        done
    }

    pub(super) fn remove(&mut self, index: usize) {
        if index < self.list.len() {
            let job = self.list.remove(index);
            self.remember(&job);
        }
    }

    fn remember(&mut self, job: &Job) {
        if let State::Done(exit) = job.state {
            self.ended.push_back((job.last, exit));
        }
        if self.ended.len() > REMEMBERED {
            self.ended.pop_front();
        }
    }

    /// The exit code of a job that has left the list.
    pub(super) fn ended(&self, pid: &str) -> Option<Exit> {
        let pid = Pid::from_raw(pid.parse().ok()?);
        self.ended.iter().rev().find(|(ended, _)| *ended == pid).map(|(_, exit)| *exit)
    }

    /// Takes the job from the list; it runs on.
    pub(super) fn disown(&mut self, index: usize) {
        if index < self.list.len() {
            let job = self.list.remove(index);
            self.disowned.extend(job.pids.iter().filter(|_| !job.foreign));
        }
    }

    /// Whether `pid` is a child that `disown` took from the list.
    pub(super) fn is_disowned(&self, pid: Pid) -> bool {
        self.disowned.contains(&pid)
    }

    /// In a subshell: the jobs are somebody else's children.
    pub(super) fn inherit(&mut self) {
        self.list.retain(|job| job.id != 0 && !job.is_done());
        for job in &mut self.list {
            job.foreign = true;
        }
        self.ended.clear();
        self.disowned.clear();
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.list.iter().any(|job| job.state == State::Stopped)
    }

    /// The job that `spec` means: `%1`, `%%`, `%-`, `%name`, `%?part`, or the number of its process.
    pub(super) fn find(&self, spec: &str) -> Option<usize> {
        let list = &self.list;
        let Some(name) = spec.strip_prefix('%') else {
            let pid = Pid::from_raw(spec.parse().ok()?);
            return list.iter().position(|job| job.last == pid);
        };
        match name {
            "" | "%" | "+" => self.current(0),
            "-" => self.current(1).or_else(|| self.current(0)),
            _ => match (name.parse::<usize>(), name.strip_prefix('?')) {
                (Ok(id), _) => list.iter().position(|job| job.id == id && id != 0),
                (_, Some(part)) => list.iter().position(|job| job.text.contains(part)),
                _ => list.iter().position(|job| job.id != 0 && job.text.starts_with(name)),
            },
        }
    }

    /// The job that `fg` takes (0), or the one before it (1): the latest that is stopped, or else the latest.
    fn current(&self, back: usize) -> Option<usize> {
        let shown = |stopped: bool| {
            let jobs = self.list.iter().enumerate().rev();
            jobs.filter(move |(_, job)| job.id != 0 && (job.state == State::Stopped) == stopped)
        };
        shown(true).chain(shown(false)).nth(back).map(|(index, _)| index)
    }

    /// A job as `jobs` shows it.
    pub(super) fn line(&self, index: usize, with_pid: bool) -> String {
        let Some(job) = self.list.get(index) else { return String::new() };
        let mark = match (self.current(0), self.current(1)) {
            (Some(current), _) if current == index => '+',
            (_, Some(previous)) if previous == index => '-',
            _ => ' ',
        };
        job.line(mark, with_pid)
    }
}

impl Job {
    pub(super) fn line(&self, mark: char, with_pid: bool) -> String {
        let state = match self.state {
            State::Running => "Running".to_owned(),
            State::Stopped => "Stopped".to_owned(),
            State::Done(Exit::OK) => "Done".to_owned(),
            State::Done(exit) => format!("Exit {}", exit.number()),
        };
        let pid = if with_pid { format!("{} ", self.last) } else { " ".to_owned() };
        let end = if self.state == State::Running { " &" } else { "" };
        format!("[{}]{mark} {pid}{state:<23} {}{end}\n", self.id, self.text)
    }
}
