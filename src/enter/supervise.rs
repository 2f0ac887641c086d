//! The operator's side of a program that runs in the target: its streams, its terminal, its signals, its end.
//!
//! No descriptor of the operator's goes in. What the program has as 0, 1 and 2 are pipes made for it, or one
//! pseudo-terminal allocated on this machine; everything is copied from and to them here.

use crate::error::{Result, ResultExt};
use crate::exit::Exit;
use crate::sys::{pipe, tty};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, unlockpt};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, Whence, isatty, lseek, pipe2, read, write};
use std::io::{stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Signals that an operator or a runbook sends to dbg and means for the program.
pub(super) const FORWARDED: [Signal; 6] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

/// The program's ends of its streams: descriptors 0, 1 and 2.
pub(super) type Ends = [OwnedFd; 3];

/// Our ends of the program's streams.
#[derive(Debug)]
pub(super) struct Streams {
    channels: Vec<Channel>,
    terminal: Option<(OwnedFd, RawMode)>,
    /// The program's end of its input, where that is a pipe: it tells what the program left in there.
    input: Option<OwnedFd>,
}

/// Bytes on their way from one descriptor to another.
#[derive(Debug)]
struct Channel {
    from: Option<OwnedFd>,
    to: Option<OwnedFd>,
    buffer: Vec<u8>,
    /// Whether the session may end while this one is still open, as the operator's input may.
    is_input: bool,
}

/// The most that poll(2) promises to take without blocking (PIPE_BUF).
const CHUNK: usize = 4096;

impl Streams {
    /// Makes the streams of one program: a terminal when stdin and stdout are one, pipes otherwise. Without
    /// `has_input` its stdin is empty.
    pub(super) fn new(has_input: bool) -> Result<(Streams, Ends)> {
        if is_terminal() { Streams::terminal() } else { Streams::pipes(has_input) }
    }

    /// Whether the program gets a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    fn pipes(has_input: bool) -> Result<(Streams, Ends)> {
        let pipe = || pipe2(OFlag::O_CLOEXEC).context(|| "making a pipe");
        let ((in_read, in_write), (out_read, out_write), (err_read, err_write)) =
            (pipe()?, pipe()?, pipe()?);
        let mut channels = vec![
            Channel::new(out_read, dup(stdout())?, false),
            Channel::new(err_read, dup(std::io::stderr())?, false),
        ];
        let input = dup(&in_read)?;
        if has_input && !is_background() {
            channels.push(Channel::new(dup(stdin())?, in_write, true));
        }
        let streams = Streams { channels, terminal: None, input: Some(input) };
        Ok((streams, [in_read, out_write, err_write]))
    }

    fn terminal() -> Result<(Streams, Ends)> {
        let making = || "making a pseudo-terminal";
        let master =
            posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).context(making)?;
        grantpt(&master).context(making)?;
        unlockpt(&master).context(making)?;
        // By the master and never by its name: a name is whatever stands at that path.
        let slave = tty::peer(&master).context(making)?;
        if let Ok(size) = tty::size(stdin()) {
            tty::set_size(&master, &size).context(making)?;
        }
        let master = dup(&master)?;
        let mut channels = vec![
            Channel::new(dup(stdin())?, dup(&master)?, true),
            Channel::new(dup(&master)?, dup(stdout())?, false),
        ];
        let mut ends = [dup(&slave)?, dup(&slave)?, slave];
        if !isatty(std::io::stderr()).unwrap_or(false) {
            let (read, write) = pipe2(OFlag::O_CLOEXEC).context(|| "making a pipe")?;
            channels.push(Channel::new(read, dup(std::io::stderr())?, false));
            ends[2] = write;
        }
        let terminal = Some((master, RawMode::of(stdin())?));
        Ok((Streams { channels, terminal, input: None }, ends))
    }

    /// Copies until `child` has ended and all its output is out; then its exit code.
    pub(super) fn supervise(mut self, child: Pid, signals: &SignalFd) -> Result<Exit> {
        let mut end = None;
        loop {
            if end.is_some() && self.channels.iter().all(|c| c.is_input || c.is_done()) {
                break;
            }
            // Once the program has ended, only what is already in the pipes still matters: a process that it left
            // behind may hold them open for ever. A reader that is slow is waited for.
            let pending = self.channels.iter().any(|c| !c.is_input && !c.buffer.is_empty());
            let ending = end.is_some() && !pending;
            let timeout = if ending { PollTimeout::from(20u8) } else { PollTimeout::NONE };
            let (quiet, signalled) = self.copy_ready(signals, timeout)?;
            if ending && quiet {
                break;
            }
            if signalled {
                self.take_signals(end.is_none().then_some(child), signals)?;
            }
            if end.is_none() {
                end = match waitpid(child, Some(WaitPidFlag::WNOHANG)) {
                    Ok(WaitStatus::StillAlive) => None,
                    Ok(status) => Some(Exit::from(status)),
                    Err(errno) => return Err(errno.into()),
                };
            }
        }
        self.give_back_input();
        Ok(end.unwrap_or(Exit::DBG))
    }

    /// Puts the position of a file that is our input back to what the program has read of it: a script or a loop that
    /// reads the same file goes on there.
    fn give_back_input(&self) {
        let Some(pipe) = &self.input else { return };
        let buffered: usize =
            self.channels.iter().filter(|c| c.is_input).map(|c| c.buffer.len()).sum();
        let unread = buffered + pipe::unread(pipe).unwrap_or(0);
        // Fails for what has no position, such as a pipe or a terminal: what was taken from those is gone.
        let _ = lseek(stdin(), -(unread as i64), Whence::SeekCur);
    }

    /// Waits for something to do and does it. Whether there was nothing, and whether a signal is there.
    fn copy_ready(&mut self, signals: &SignalFd, timeout: PollTimeout) -> Result<(bool, bool)> {
        let mut fds = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        let mut owners = Vec::new();
        for (i, channel) in self.channels.iter().enumerate() {
            if let Some((fd, events)) = channel.waits_for() {
                fds.push(PollFd::new(fd, events));
                owners.push(i);
            }
        }
        let n = match poll(&mut fds, timeout) {
            Ok(n) => n,
            Err(Errno::EINTR) => return Ok((false, false)),
            Err(errno) => return Err(errno.into()),
        };
        let signalled = fds[0].any().unwrap_or(false);
        let ready: Vec<usize> = fds[1..]
            .iter()
            .zip(owners)
            .filter(|(fd, _)| fd.any().unwrap_or(false))
            .map(|(_, i)| i)
            .collect();
        for i in ready {
            self.channels[i].step()?;
        }
        Ok((n == 0, signalled))
    }

    /// Hands signals on to `child`, while there is one.
    fn take_signals(&self, child: Option<Pid>, signals: &SignalFd) -> Result<()> {
        while let Some(info) = signals.read_signal()? {
            match Signal::try_from(info.ssi_signo as i32) {
                Ok(Signal::SIGWINCH) => {
                    if let (Some((master, _)), Ok(size)) = (&self.terminal, tty::size(stdin())) {
                        let _ = tty::set_size(master, &size);
                    }
                }
                Ok(Signal::SIGCHLD) | Err(_) => {}
                Ok(signal) => {
                    if let Some(child) = child {
                        let _ = kill(child, signal);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Channel {
    fn new(from: OwnedFd, to: OwnedFd, is_input: bool) -> Channel {
        Channel { from: Some(from), to: Some(to), buffer: Vec::new(), is_input }
    }

    fn is_done(&self) -> bool {
        self.to.is_none() || self.from.is_none() && self.buffer.is_empty()
    }

    fn waits_for(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        match (&self.from, &self.to) {
            (_, Some(to)) if !self.buffer.is_empty() => Some((to.as_fd(), PollFlags::POLLOUT)),
            (Some(from), Some(_)) => Some((from.as_fd(), PollFlags::POLLIN)),
            _ => None,
        }
    }

    /// One read or one write, whichever is due.
    fn step(&mut self) -> Result<()> {
        if !self.buffer.is_empty() {
            return self.put();
        }
        let Some(from) = &self.from else { return Ok(()) };
        let mut chunk = [0; CHUNK];
        match read(from, &mut chunk) {
            // A pseudo-terminal whose other side is closed says EIO, where a pipe says end of file.
            Ok(0) | Err(Errno::EIO) => {
                self.from = None;
                self.end_input();
                Ok(())
            }
            Ok(n) => {
                self.buffer.extend_from_slice(&chunk[..n]);
                Ok(())
            }
            Err(Errno::EINTR | Errno::EAGAIN) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Lets the program see the end of its input, once all of it is written.
    fn end_input(&mut self) {
        if self.is_input && self.from.is_none() && self.buffer.is_empty() {
            self.to = None;
        }
    }

    fn put(&mut self) -> Result<()> {
        let Some(to) = &self.to else { return Ok(()) };
        match write(to, &self.buffer) {
            Ok(n) => {
                self.buffer.drain(..n);
                self.end_input();
                Ok(())
            }
            Err(Errno::EINTR | Errno::EAGAIN) => Ok(()),
            // The reader left: the program gets SIGPIPE at its next write, as it would without us between.
            Err(Errno::EPIPE | Errno::EIO) => {
                self.buffer.clear();
                self.to = None;
                self.from = None;
                Ok(())
            }
            Err(errno) => Err(errno).context(|| "writing the program's output"),
        }
    }
}

/// The operator's terminal in raw mode; as it was before when this is dropped.
#[derive(Debug)]
struct RawMode {
    terminal: OwnedFd,
    before: Termios,
}

impl RawMode {
    fn of(terminal: impl AsFd) -> Result<RawMode> {
        let terminal = dup(terminal)?;
        let before = tcgetattr(&terminal)?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(&terminal, SetArg::TCSANOW, &raw)?;
        Ok(RawMode { terminal, before })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, SetArg::TCSADRAIN, &self.before);
    }
}

/// The signals that a supervisor reads instead of obeying; blocked until [`Watched`] is dropped.
#[derive(Debug)]
pub(super) struct Watched {
    /// Where they are read.
    pub(super) signals: SignalFd,
    before: SigSet,
}

impl Watched {
    /// Blocks and watches them. To be made before the program is, so that none is missed.
    pub(super) fn new() -> Result<Watched> {
        let mut set = SigSet::empty();
        for signal in FORWARDED.into_iter().chain([Signal::SIGCHLD, Signal::SIGWINCH]) {
            set.add(signal);
        }
        let before = set.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)?;
        let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Watched { signals, before })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}

/// Whether reading the terminal would stop this process: it is a background job.
fn is_background() -> bool {
    let ours = nix::unistd::getpgrp();
    isatty(stdin()).unwrap_or(false)
        && nix::unistd::tcgetpgrp(stdin()).is_ok_and(|group| group != ours)
}

/// Whether the operator sits at a terminal for both input and output.
pub(super) fn is_terminal() -> bool {
    let both = isatty(stdin()).unwrap_or(false) && isatty(stdout()).unwrap_or(false);
    // A background job may not take the terminal's settings; pipes serve it as well.
    both && nix::unistd::tcgetpgrp(stdin()).is_ok_and(|group| group == nix::unistd::getpgrp())
}

fn dup(fd: impl AsFd) -> Result<OwnedFd> {
    let raw =
        fcntl(fd.as_fd(), FcntlArg::F_DUPFD_CLOEXEC(3)).context(|| "duplicating a descriptor")?;
    Ok(crate::sys::process::adopt(raw)?)
}
