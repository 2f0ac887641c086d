//! Typed words → target.

use crate::cli::TargetArgs;
use crate::engine::{self, Spec};
use crate::error::{Error, Result};
use crate::view::{self, Access, Target, View};

/// The target that was typed.
pub(super) fn resolve(args: &TargetArgs) -> Result<Target> {
    let spec = match (&args.pid, &args.target) {
        (Some(pid), None) => Spec::Pid(*pid),
        (None, Some(target)) => target.parse()?,
        (Some(_), Some(target)) => {
            return Err(Error::usage(format!("--pid and {target}: one target at a time")));
        }
        (None, None) => return Err(Error::usage("no target given")),
    };
    engine::resolve(&spec)
}

/// The view of the target that was typed.
pub(super) fn open(args: &TargetArgs, access: Access) -> Result<View> {
    view::open_host(resolve(args)?, access)
}
