//! Joining a target's namespaces, for the one case that needs it: running what belongs to the target, or what the
//! operator injects.
//!
//! `plan.rs` says which steps in which order, as data; `stage.rs` carries them out in a fresh image of dbg;
//! `supervise.rs` is the operator's side. See the design, "Entering".

mod cgroup;
mod image;
mod plan;
mod program;
mod record;
mod seccomp;
mod stage;
mod supervise;
mod target;

pub use image::Image;
pub use program::{find, not_found};
pub use stage::{NAME as STAGE_NAME, main as stage};

use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::sys::process;
use crate::view::{self, View};
use nix::fcntl::{AtFlags, FcntlArg, FdFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{ForkResult, Pid, execveat, fchown, getpid};
use plan::{Plan, Program};
use std::ffi::{CString, OsString};
use std::io::{Seek, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use supervise::{Ends, Streams, Watched};

/// What to run in a target.
#[derive(Clone, Debug)]
pub struct Request {
    /// The program's arguments, its name first.
    pub argv: Vec<OsString>,
    /// The program: an absolute path in the target. Not looked at when a file is injected.
    pub path: PathBuf,
    /// Where it starts: an absolute path in the target.
    pub cwd: PathBuf,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Whether it gets our stdin; otherwise it finds an empty one.
    pub has_input: bool,
}

/// What makes a program differ from the target's own processes. All of it is off unless the operator asks.
#[derive(Debug, Default)]
pub struct Options {
    /// A file of the operator's to run instead of one of the target's.
    pub inject: Option<Image>,
    /// Whether to count against the target's cgroup limits.
    pub join_cgroup: bool,
    /// Another user and group than the main process's, in the target's numbers.
    pub user: Option<(u32, u32)>,
    /// Capabilities on top, as a mask.
    pub cap_add: u64,
}

/// In what a program differs from the target's own processes, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// As always: of interest to who asks.
    Usual(String),
    /// By an option that gives more than the target has, or for want of a right: everybody should know.
    Told(String),
}

/// Runs a program of the target as one of its processes, with this process's streams; its exit code.
pub fn run(view: &View, request: &Request) -> Result<Exit> {
    run_with(view, request, &Options::default(), &mut |_| {})
}

/// Like [`run`], with `options`. Each difference from the target's own processes is told to `note` before the program
/// starts.
pub fn run_with(
    view: &View,
    request: &Request,
    options: &Options,
    note: &mut dyn FnMut(Difference),
) -> Result<Exit> {
    let fatal = |error: Error| error.exit(Exit::DBG);
    view::raise().map_err(fatal)?;
    let stage = Image::own().map_err(fatal)?;
    let target = target::Handles::open(view, options, note).map_err(fatal)?;
    let plan = Plan {
        steps: target.steps(request),
        program: match &options.inject {
            Some(image) => Program::File(image.as_fd().as_raw_fd()),
            None => Program::Path(request.path.as_os_str().as_bytes().to_vec()),
        },
        argv: request.argv.iter().map(|arg| arg.clone().into_vec()).collect(),
        env: request
            .env
            .iter()
            .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat())
            .collect(),
        last_filter: target.last_filter(),
        terminal: supervise::is_terminal(),
        supervisor: getpid().as_raw(),
    };
    let mut inherited = target.descriptors();
    inherited.extend(options.inject.iter().map(|image| image.as_fd().as_raw_fd()));
    let watched = Watched::new().map_err(fatal)?;
    let (streams, ends) = Streams::new(request.has_input).map_err(fatal)?;
    for end in &ends {
        // So that the program may open /dev/stdout again. Refused when we are not root: then it is ours, or it can't.
        let (uid, gid) = target.owner();
        let _ = fchown(end, Some(uid.into()), Some(gid.into()));
    }
    let plan = Plan { terminal: streams.is_terminal(), ..plan };
    let child = spawn(&stage, &plan, &inherited, ends).map_err(fatal)?;
    drop((stage, target));
    view::keep_to_signal().map_err(fatal)?;
    streams.supervise(child, &watched.signals).map_err(fatal)
}

/// Starts the stage with the plan and the descriptors it names, and nothing else of ours.
fn spawn(stage: &Image, plan: &Plan, inherited: &[RawFd], ends: Ends) -> Result<Pid> {
    let text = serde_json::to_vec(plan).map_err(Error::new)?;
    let mut file = std::fs::File::from(memfd_create(c"plan", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(&text)?;
    file.rewind()?;
    let file = OwnedFd::from(file);
    let argv = [stage::NAME, &file.as_raw_fd().to_string()]
        .map(|arg| CString::new(arg).unwrap_or_default());
    match process::fork().context(|| "fork")? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let kept = inherited.iter().copied().chain([file.as_raw_fd()]);
            let error = match become_stage(stage, &argv, kept, &ends) {
                Ok(never) => match never {},
                Err(error) => error,
            };
            let _ = writeln!(std::io::stderr(), "dbg: starting {}: {error}", stage::NAME);
            process::exit_now(Exit::DBG.number())
        }
    }
}

fn become_stage(
    stage: &Image,
    argv: &[CString],
    kept: impl Iterator<Item = RawFd>,
    ends: &Ends,
) -> Result<std::convert::Infallible> {
    for fd in kept {
        fcntl(process::borrow(fd)?, FcntlArg::F_SETFD(FdFlag::empty()))?;
    }
    for (number, end) in ends.iter().enumerate() {
        process::put_at(end, number as RawFd)?;
    }
    view::keep_over_exec()?;
    let empty: [CString; 0] = [];
    Ok(execveat(stage, c"", argv, &empty, AtFlags::AT_EMPTY_PATH)?)
}
