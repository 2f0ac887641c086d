//! Process calls: fork(2), signal(7), close_range(2).

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, Pid};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// fork(2). Refused when a second thread is alive: the child would keep that thread's locks for ever.
pub fn fork() -> io::Result<ForkResult> {
    check_threads()?;
    // SAFETY: this process has one thread, so the child may do whatever the parent may. Nothing in dbg starts a
    // thread after its first fork.
    Ok(unsafe { nix::unistd::fork() }?)
}

/// fork(2), with a child that is killed when this process ends, however that comes (PR_SET_PDEATHSIG, prctl(2)).
pub fn fork_bound() -> io::Result<ForkResult> {
    let parent = nix::unistd::getpid();
    let forked = fork()?;
    if forked.is_child() {
        bind_to(parent);
    }
    Ok(forked)
}

/// In a forked child: it is killed when `parent` ends.
fn bind_to(parent: Pid) {
    let bound = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    // It may have ended before that.
    if bound.is_err() || nix::unistd::getppid() != parent {
        exit_now(128 + libc::SIGKILL as u8);
    }
}

/// Fails when a second thread is alive. Asks `/proc` once in a process's life.
pub fn check_threads() -> io::Result<()> {
    static SINGLE: AtomicBool = AtomicBool::new(false);
    if !SINGLE.load(Ordering::Relaxed) {
        if threads().is_some_and(|n| n != 1) {
            return Err(io::Error::other("fork with a second thread alive"));
        }
        SINGLE.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// How many threads this process has; `None` where no procfs tells.
pub fn threads() -> Option<usize> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut dir = nix::dir::Dir::open(c"/proc/self/task", flags, Mode::empty()).ok()?;
    // `.` and `..` are entries, too.
    Some(dir.iter().count().saturating_sub(2))
}

/// Keeps errors from capturing the stack they were made on, which `RUST_BACKTRACE` asks for: they are told in words, one
/// is made for every file that can't be read, and a release has no tables to find the callers by. For the start of
/// `main`, when there is one thread. A panic still tells what it can.
pub fn forgo_backtraces_of_errors() {
    // SAFETY: called before anything else of the process, so nobody reads the environment meanwhile.
    unsafe { std::env::set_var("RUST_LIB_BACKTRACE", "0") };
}

/// Closes every descriptor from `first` on (close_range(2), Linux 5.9).
pub fn close_from(first: RawFd) -> io::Result<()> {
    // SAFETY: integers by value. What is closed is the caller's decision, made right before exec.
    let rc = unsafe { libc::syscall(libc::SYS_close_range, first as u32, u32::MAX, 0) };
    Errno::result(rc)?;
    Ok(())
}

/// Makes descriptor `number` the same open file as `fd`, whatever it was before (dup2(2)): for the moments before exec
/// and for the streams 0, 1 and 2, which nobody owns.
pub fn put_at(fd: impl AsFd, number: RawFd) -> io::Result<()> {
    // SAFETY: integers by value; the result is checked.
    let rc = unsafe { libc::dup2(fd.as_fd().as_raw_fd(), number) };
    Errno::result(rc)?;
    Ok(())
}

/// Takes ownership of a descriptor known by number, such as one handed over through exec.
///
/// Fails when nothing is open under that number. Call it once a number.
pub fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    borrow(fd)?;
    // SAFETY: open, as just seen; the caller hands over its only use of the number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A descriptor known by number, for as long as the process lives.
///
/// Fails when nothing is open under that number. The caller sees to it that nobody closes it meanwhile.
pub fn borrow(fd: RawFd) -> io::Result<BorrowedFd<'static>> {
    if fd < 0 {
        return Err(io::Error::from(Errno::EBADF));
    }
    // SAFETY: not -1, and open, as the fcntl below checks; nothing is read or written through it here.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    nix::fcntl::fcntl(borrowed, nix::fcntl::FcntlArg::F_GETFD)?;
    Ok(borrowed)
}

/// Sets `signal` back to what it does by default.
pub fn default_action(signal: Signal) -> io::Result<()> {
    set(signal, SigHandler::SigDfl)
}

/// Ignores `signal`.
pub fn ignore(signal: Signal) -> io::Result<()> {
    set(signal, SigHandler::SigIgn)
}

/// Remembers each `signal` that arrives, for [`caught`]. Blocking system calls end with EINTR.
pub fn catch(signal: Signal) -> io::Result<()> {
    set_with(signal, SigHandler::Handler(mark), SaFlags::empty())
}

/// Takes one of the signals that arrived since [`catch`], the lowest number first.
pub fn caught() -> Option<Signal> {
    let pending = CAUGHT.load(Ordering::Relaxed);
    if pending == 0 {
        return None;
    }
    let number = pending.trailing_zeros();
    CAUGHT.fetch_and(!(1 << number), Ordering::Relaxed);
    Signal::try_from(number as i32).ok()
}

/// Whether `signal` has arrived since [`catch`] and was not taken yet.
pub fn is_caught(signal: Signal) -> bool {
    CAUGHT.load(Ordering::Relaxed) & (1 << signal as u64) != 0
}

/// Whether any signal has arrived since [`catch`] and was not taken yet.
pub fn is_any_caught() -> bool {
    CAUGHT.load(Ordering::Relaxed) != 0
}

/// One bit for each signal number.
static CAUGHT: AtomicU64 = AtomicU64::new(0);

extern "C" fn mark(signal: i32) {
    CAUGHT.fetch_or(1 << signal, Ordering::Relaxed);
}

/// Ends this process at once (_exit(2)): nothing is flushed, no destructor runs. For forked children.
pub fn exit_now(code: u8) -> ! {
    // SAFETY: never returns, so nothing is used after it.
    unsafe { libc::_exit(code.into()) }
}

fn set(signal: Signal, handler: SigHandler) -> io::Result<()> {
    set_with(signal, handler, SaFlags::SA_RESTART)
}

fn set_with(signal: Signal, handler: SigHandler, flags: SaFlags) -> io::Result<()> {
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the only handler ever given is `mark`, which is safe in a signal handler.
    unsafe { sigaction(signal, &action) }?;
    Ok(())
}

/// Every signal back to its default action and none blocked, as a new program expects them.
pub fn reset_signals() -> io::Result<()> {
    // The kernel's struct sigaction: handler (SIG_DFL is 0), flags, restorer where there is one, mask of 64 bits.
    let default = [0u64; 4];
    for signal in 1..=64 {
        // SAFETY: the new action is read from `default`, the old one is not asked for. By the system call, since the
        // C library keeps the two signals that it uses itself out of sigaction(3). SIGKILL and SIGSTOP are refused.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                std::ptr::null::<u64>(),
                8,
            );
        }
    }
    SigSet::empty().thread_set_mask()?;
    Ok(())
}
