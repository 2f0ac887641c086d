//! Carries out a [`Plan`]: a fresh image of dbg, with no environment and no memory of the operator, becomes one of
//! the target's processes and executes the program.
//!
//! Two processes come of it. This one stays outside the PID namespace, where nothing of the target can see it, waits
//! for the program and hands signals on. Its child is born inside, with every right and descriptor already gone, and
//! does nothing but execute.

mod child;
mod credentials;

use self::child::Prepared;
use self::credentials::{become_user, bound, set_capabilities};
use crate::enter::plan::{Join, Limit, Plan, Program, Step};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::sys::{pidfd, process, seccomp};
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, chdir, chroot, fchdir, setsid};
use std::io::{Read, Write};
use std::os::fd::{BorrowedFd, RawFd};

/// The name under which dbg executes itself for this.
pub const NAME: &str = "dbg-enter";

/// Where the program's descriptor goes when all others are closed.
const PROGRAM_FD: RawFd = 3;

/// Reads the plan from descriptor `fd` and carries it out. The exit code is the program's.
pub fn main(fd: Option<&str>) -> Exit {
    run(fd).unwrap_or_else(|error| report(&error))
}

fn report(error: &Error) -> Exit {
    let _ = writeln!(std::io::stderr(), "dbg: {error}");
    if let Some(hint) = error.hint_text() {
        let _ = writeln!(std::io::stderr(), "dbg: hint: {hint}");
    }
    error.exit_code()
}

fn run(fd: Option<&str>) -> Result<Exit> {
    let fatal = |error: Error| error.exit(Exit::DBG);
    let plan = read_plan(fd).map_err(fatal)?;
    prepare(&plan).map_err(fatal)?;
    let program = Prepared::new(&plan).map_err(fatal)?;
    for step in &plan.steps {
        apply(step, &plan).map_err(refused)?;
    }
    // The change of ids disarmed it.
    die_with_parent(plan.supervisor).map_err(fatal)?;
    let forwarded = forwarded();
    forwarded.thread_set_mask().map_err(|e| fatal(e.into()))?;
    match process::fork().map_err(|e| fatal(Error::from(e).context("fork into the target")))? {
        ForkResult::Parent { child } => wait(child, &forwarded),
        ForkResult::Child => {
            let error = program.execute(plan.terminal);
            let exit = report(&error);
            process::exit_now(exit.number())
        }
    }
}

/// A step that the kernel refused is a right that is missing; any other failure is dbg's.
fn refused(error: Error) -> Error {
    match error.errno() {
        Some(Errno::EPERM) => error
            .hint("entering another process's namespaces takes CAP_SYS_ADMIN there: run dbg with sudo")
            .exit(Exit::CANNOT_RUN),
        _ => error.exit(Exit::DBG),
    }
}

fn read_plan(fd: Option<&str>) -> Result<Plan> {
    let fd = fd.and_then(|fd| fd.parse().ok()).ok_or_else(|| {
        Error::usage(format!("{NAME} is how dbg starts itself and can't be used by hand"))
    })?;
    let mut text = Vec::new();
    std::fs::File::from(process::adopt(fd)?).read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(|e| Error::new(format!("{NAME}: unexpected plan: {e}")))
}

fn prepare(plan: &Plan) -> Result<()> {
    prctl::set_dumpable(false)?;
    process::reset_signals()?;
    die_with_parent(plan.supervisor)?;
    // Now, while `/proc` is the machine's: the fork to come must not ask the target's.
    process::check_threads()?;
    // Out of the operator's terminal session: its signals are for the supervisor.
    setsid().context(|| "making a session")?;
    Ok(())
}

fn die_with_parent(supervisor: i32) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    if nix::unistd::getppid().as_raw() != supervisor {
        return Err(Error::new("the supervising process has ended"));
    }
    Ok(())
}

fn apply(step: &Step, plan: &Plan) -> Result<()> {
    match step {
        Step::CheckAlive(fd) => {
            if pidfd::is_alive(open(*fd)?) {
                Ok(())
            } else {
                Err(Error::new("the target has just ended"))
            }
        }
        Step::JoinCgroups(files) => files
            .iter()
            .try_for_each(|fd| nix::unistd::write(open(*fd)?, b"0").map(drop).map_err(Error::from))
            .context(|| "joining the target's cgroups"),
        Step::Label(label) => label_on_exec(label),
        Step::OomScore(score) => {
            // Lowering it takes CAP_SYS_RESOURCE; a session that is killed sooner than the target harms nobody.
            let _ = std::fs::write("/proc/self/oom_score_adj", score.to_string());
            Ok(())
        }
        Step::Namespaces(joins) => join(joins),
        Step::Root(fd) => fchdir(open(*fd)?)
            .and_then(|()| chroot(c"."))
            .context(|| "changing to the target's root"),
        Step::Limits(limits) => {
            limits.iter().for_each(limit);
            Ok(())
        }
        Step::Umask(mask) => {
            umask(Mode::from_bits_truncate(*mask));
            Ok(())
        }
        Step::Bounding(without) => bound(*without),
        Step::NoNewPrivs => prctl::set_no_new_privs().context(|| "setting no_new_privs"),
        Step::Seccomp(program) => {
            seccomp::install(program).context(|| "installing the target's seccomp filter")
        }
        Step::Ids(ids) => become_user(ids),
        Step::Capabilities(caps) => set_capabilities(caps),
        Step::WorkingDirectory(path) => work_in(path),
        Step::CloseFiles => close_files(plan),
    }
}

fn label_on_exec(label: &[u8]) -> Result<()> {
    let command = [b"exec ", label].concat();
    // AppArmor has files of its own since Linux 5.8; SELinux and older kernels use the common one.
    std::fs::write("/proc/self/attr/apparmor/exec", &command)
        .or_else(|_| std::fs::write("/proc/self/attr/exec", label))
        .context(|| format!("taking the target's security label {}", crate::output::visible(label)))
}

fn join(joins: &[Join]) -> Result<()> {
    let (user, others): (Vec<&Join>, Vec<&Join>) =
        joins.iter().partition(|join| join.flag == CloneFlags::CLONE_NEWUSER.bits());
    let mut refused = Vec::new();
    for join in others {
        match enter(join) {
            Err(Errno::EPERM) if !user.is_empty() => refused.push(join),
            result => result.context(|| naming(join))?,
        }
    }
    for join in user.into_iter().chain(refused) {
        enter(join).context(|| naming(join))?;
    }
    Ok(())
}

fn enter(join: &Join) -> Result<(), Errno> {
    let fd = process::borrow(join.fd).map_err(|_| Errno::EBADF)?;
    setns(fd, CloneFlags::from_bits_retain(join.flag))
}

fn naming(join: &Join) -> String {
    let name = crate::enter::plan::NAMESPACES
        .iter()
        .find(|(_, flag)| flag.bits() == join.flag)
        .map_or("unknown", |(name, _)| name);
    format!("joining the target's {name} namespace")
}

fn limit(Limit(number, soft, hard): &Limit) {
    let resource = resource(*number);
    // Raising a hard limit takes CAP_SYS_RESOURCE; without it the limit stays tighter than the target's.
    if setrlimit(resource, *soft, *hard).is_err()
        && let Ok((_, ours)) = nix::sys::resource::getrlimit(resource)
    {
        let _ = setrlimit(resource, (*soft).min(ours), ours);
    }
}

/// The resource on line `number`, from 0, of `/proc/PID/limits`.
pub(super) fn resource(number: u32) -> Resource {
    const ALL: [Resource; 16] = [
        Resource::RLIMIT_CPU,
        Resource::RLIMIT_FSIZE,
        Resource::RLIMIT_DATA,
        Resource::RLIMIT_STACK,
        Resource::RLIMIT_CORE,
        Resource::RLIMIT_RSS,
        Resource::RLIMIT_NPROC,
        Resource::RLIMIT_NOFILE,
        Resource::RLIMIT_MEMLOCK,
        Resource::RLIMIT_AS,
        Resource::RLIMIT_LOCKS,
        Resource::RLIMIT_SIGPENDING,
        Resource::RLIMIT_MSGQUEUE,
        Resource::RLIMIT_NICE,
        Resource::RLIMIT_RTPRIO,
        Resource::RLIMIT_RTTIME,
    ];
    ALL[number as usize % ALL.len()]
}

/// Goes to `path`, and makes sure that it is inside: a directory reached through a leaked descriptor would not be
/// (CVE-2024-21626), and getcwd(3) tells.
fn work_in(path: &[u8]) -> Result<()> {
    let name = || format!("working directory {}", crate::output::visible(path));
    chdir(path).context(name)?;
    let cwd = nix::unistd::getcwd().context(name)?;
    if !cwd.is_absolute() || cwd.as_os_str().as_encoded_bytes().starts_with(b"(unreachable)") {
        return Err(Error::new(format!("{} is outside the target's root", name())));
    }
    Ok(())
}

fn close_files(plan: &Plan) -> Result<()> {
    let first = match plan.program {
        Program::Path(_) => PROGRAM_FD,
        Program::File(fd) => {
            if fd != PROGRAM_FD {
                process::put_at(open(fd)?, PROGRAM_FD)?;
            }
            PROGRAM_FD + 1
        }
    };
    process::close_from(first).context(|| "closing descriptors")
}

/// A descriptor that the plan names.
fn open(fd: RawFd) -> Result<BorrowedFd<'static>> {
    process::borrow(fd).map_err(Error::from)
}

/// What is handed on to the program, and the end of it.
fn forwarded() -> SigSet {
    let mut set = SigSet::empty();
    for signal in crate::enter::supervise::FORWARDED {
        set.add(signal);
    }
    set.add(Signal::SIGCHLD);
    set
}

/// Waits for the program and hands signals on. A program that somebody in the target stops is set going again: nobody
/// in this session could.
fn wait(child: Pid, signals: &SigSet) -> Result<Exit> {
    loop {
        match signals.wait() {
            Ok(Signal::SIGCHLD) => {}
            Ok(signal) => {
                let _ = kill(child, signal);
                continue;
            }
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(Error::from(errno).exit(Exit::DBG)),
        }
        match waitpid(child, Some(WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Stopped(..)) => {
                let _ = kill(child, Signal::SIGCONT);
            }
            Ok(status @ (WaitStatus::Exited(..) | WaitStatus::Signaled(..))) => {
                return Ok(Exit::from(status));
            }
            _ => {}
        }
    }
}
