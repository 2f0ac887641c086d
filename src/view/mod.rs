//! The view: open handles on a target, and nothing else. Tools see a target through this and never by a path of the
//! machine they happen to run on.
//!
//! Each handle is there or is [`Missing`] with the reason. A stopped container has a root alone; a process that denies
//! us its files may still give its process list and its sockets.

mod cgroup;
mod dir;
mod facts;
mod host;
mod hostname;
mod identity;
mod idmap;
mod inside;
mod mountinfo;
mod net;
mod preflight;
mod proc;
mod read;
mod rights;
mod root;
mod stat;
mod target;

pub use cgroup::{Cgroup, Cgroups};
pub use dir::{Dir, Entry, FileType};
pub use facts::Facts;
pub use host::open as open_host;
pub use identity::{Caps, Identity, Namespace};
pub use idmap::IdMap;
pub use inside::open as open_inside;
pub use mountinfo::Mount;
pub use net::Net;
pub use preflight::{Clause, Preflight};

pub use proc::{Proc, Process};
pub use rights::{Access, keep_only, keep_over_exec, keep_to_signal, raise};
pub use root::Root;
pub use stat::Stat;
pub use target::{Container, Target};

use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::Text;
use caps::Capability;
use std::cell::RefCell;
use std::os::fd::OwnedFd;

/// A handle, or why there is none.
pub type Handle<T> = std::result::Result<T, Missing>;

/// Why a handle is missing, and what would give it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Missing {
    /// The rule that refused, as a clause: `reading /proc/7/root needs …`.
    pub why: String,
    /// What a person can change, if anything.
    pub hint: Option<String>,
}

/// Which handles a tool needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// None: it computes from its arguments and stdin.
    Nothing,
    /// The target's files.
    Root,
    /// The target's processes.
    Proc,
    /// The target's network namespace.
    Net,
    /// The target's processes; with these capabilities, where this process has them, more can be told.
    ProcWith(&'static [Capability]),
    /// The target's network namespace; with these capabilities, where this process has them, more can be done.
    NetWith(&'static [Capability]),
}

impl Needs {
    /// Capabilities on top of what reading takes.
    #[must_use]
    pub fn rights(self) -> &'static [Capability] {
        match self {
            Needs::ProcWith(rights) | Needs::NetWith(rights) => rights,
            Needs::Nothing | Needs::Root | Needs::Proc | Needs::Net => &[],
        }
    }
}

/// What dbg holds of a target.
#[derive(Debug)]
pub struct View {
    /// Which target this is and where it was found.
    pub target: Target,
    /// The target's `/`.
    pub root: Handle<Root>,
    /// The processes of the target's PID namespace, by a procfs that the target can't tamper with.
    pub proc: Handle<Proc>,
    /// The target's network namespace; this process is in it.
    pub net: Handle<Net>,
    /// Who the target's main process is.
    pub who: Handle<Identity>,
    /// Why the kernel lets us read the main process, or does not; `None` where nothing was asked.
    pub preflight: Option<Preflight>,
    /// The main process, held so that its number can't come to mean another one.
    pub pidfd: Option<OwnedFd>,
    /// Whether the operator allowed changes (`--write`).
    pub writable: bool,
    /// What tools take for the environment in place of the one that the main process was started with, when a shell
    /// or `env` gives them another one.
    pub environ: RefCell<Option<Vec<Text>>>,
}

impl View {
    /// Whether the target's main process has ended since the view was opened.
    pub fn has_ended(&self) -> bool {
        self.pidfd.as_ref().is_some_and(|pidfd| !crate::sys::pidfd::is_alive(pidfd))
    }

    /// The target's files, or an error that says why there are none.
    pub fn root(&self) -> Result<&Root> {
        self.root.as_ref().map_err(|m| m.error("the target's files"))
    }

    /// The target's processes, or an error that says why there are none.
    pub fn proc(&self) -> Result<&Proc> {
        self.proc.as_ref().map_err(|m| m.error("the target's processes"))
    }

    /// The target's network, or an error that says why there is none.
    pub fn net(&self) -> Result<&Net> {
        self.net.as_ref().map_err(|m| m.error("the target's network"))
    }

    /// The target's cgroups, or an error that says why there are none.
    ///
    /// Opened when asked for: most tools have no use for a dozen directories.
    pub fn cgroup(&self) -> Result<Cgroups> {
        let what = "the target's cgroups";
        let proc = self.proc.as_ref().map_err(|missing| missing.error(what))?;
        proc.cgroups().context(|| what)
    }

    /// The target's identity, or an error that says why it is not known.
    pub fn who(&self) -> Result<&Identity> {
        self.who.as_ref().map_err(|m| m.error("the target's identity"))
    }

    /// The environment as tools see it: the one they were given, else the one that the main process was started with;
    /// `None` when that may not be read.
    pub fn environ(&self) -> Option<Vec<Text>> {
        let given = self.environ.borrow().clone();
        given.or_else(|| self.who.as_ref().ok()?.environ.clone())
    }

    /// The value of a variable in [`View::environ`].
    pub fn variable(&self, name: &str) -> Option<Vec<u8>> {
        let value = |entry: &Text| {
            entry.0.strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(<[u8]>::to_vec)
        };
        self.environ()?.iter().find_map(value)
    }

    /// [`View::may_write`] for a file. One that the shell lends is its own pipe and no part of the target.
    pub fn may_write_file(&self, path: &std::path::Path) -> Result<()> {
        if self.root.as_ref().is_ok_and(|root| root.is_lent(path)) {
            return Ok(());
        }
        self.may_write(&format!("writing {}", crate::output::quote(path)))
    }

    /// Fails unless the operator allowed changes; `what` is the change: `writing /etc/x`.
    pub fn may_write(&self, what: &str) -> Result<()> {
        if self.writable {
            return Ok(());
        }
        Err(Error::new(format!("{what}: the view is read-only"))
            .hint("dbg changes nothing in a target unless it is started with --write"))
    }
}

impl Missing {
    /// A missing handle.
    pub fn new(why: impl Into<String>) -> Missing {
        Missing { why: why.into(), hint: None }
    }

    /// As an error of something that needed `what`.
    pub fn error(&self, what: &str) -> Error {
        let error =
            Error::new(format!("{what} can't be read: {}", self.why)).exit(Exit::CANNOT_RUN);
        match &self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
