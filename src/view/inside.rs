//! The way in by injection: this process is one of the target's already, with the target's own rights. Its `/` is the
//! target's, and so is its `/proc`: what that says is the target's word.

use super::{Missing, Net, Proc, Root, Target, View, host};
use crate::error::{Result, ResultExt};
use nix::fcntl::{OFlag, open as open_path};
use nix::sys::stat::Mode;
use std::cell::RefCell;

/// The view of the target that this process lives in.
pub fn open(label: &str, writable: bool) -> Result<View> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let root = open_path("/", flags, Mode::empty()).context(|| "/")?;
    let missing = |error: crate::error::Error| Missing::new(error.to_string());
    let procfs = host::procfs().map_err(missing);
    let who = procfs
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|procfs| host::identity(procfs, 1).map_err(missing));
    let proc = procfs.and_then(|procfs| Proc::new(procfs, 1).map_err(missing));
    Ok(View {
        target: Target { label: label.to_owned(), ..Target::default() },
        root: Ok(Root::new(root)),
        proc,
        net: Ok(Net { is_host: false }),
        who,
        preflight: None,
        pidfd: None,
        writable,
        environ: RefCell::default(),
    })
}
