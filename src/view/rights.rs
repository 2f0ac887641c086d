//! What this process itself may do, and giving most of it up.

use super::Caps;
use crate::error::{Error, Result, ResultExt};
use caps::{CapSet, Capability, CapsHashSet};
use std::collections::HashSet;

/// What an operator asked of a view beyond reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Files may be changed and signals sent (`--write`).
    pub write: bool,
    /// Programs of the target may be run in its namespaces, which takes rights that reading does not.
    pub exec: bool,
    /// What the tools that are run need on top: bit n for capability n (capabilities(7)).
    pub rights: u64,
}

/// Capabilities that reading a target takes: files of any owner, and the links and memory maps of any process.
const READ: [Capability; 2] = [Capability::CAP_DAC_READ_SEARCH, Capability::CAP_SYS_PTRACE];

/// What changing files and sending signals takes on top.
const WRITE: [Capability; 4] = [
    Capability::CAP_DAC_OVERRIDE,
    Capability::CAP_FOWNER,
    Capability::CAP_CHOWN,
    Capability::CAP_KILL,
];

/// This process's effective capabilities.
pub(super) fn effective() -> u64 {
    caps::read(None, CapSet::Effective).map_or(0, |set| Caps::mask(&set))
}

/// Whether `capability` is effective in this process.
pub(super) fn has(capability: Capability) -> bool {
    effective() & capability.bitmask() != 0
}

/// Gives up what a view with `access` does not need, once its handles are open.
///
/// The effective set becomes the least that reading (and, if allowed, writing) takes. The permitted set becomes the
/// same, unless programs of the target may be run: then [`raise`] takes the rest back in the process that enters.
/// The process becomes non-dumpable, so that no process of the same user can look into it.
pub(super) fn drop_to(access: Access) -> Result<()> {
    let giving_up = || "giving up capabilities";
    nix::sys::prctl::set_dumpable(false).context(giving_up)?;
    let permitted = caps::read(None, CapSet::Permitted).map_err(failed).context(giving_up)?;
    let wanted: HashSet<Capability> = READ
        .iter()
        .chain(WRITE.iter().filter(|_| access.write))
        .copied()
        .chain(Caps::set(access.rights))
        .collect();
    let kept: CapsHashSet = permitted.intersection(&wanted).copied().collect();
    let set =
        |which, caps: &CapsHashSet| caps::set(None, which, caps).map_err(failed).context(giving_up);
    set(CapSet::Effective, &kept)?;
    set(CapSet::Inheritable, &HashSet::new())?;
    if !access.exec {
        set(CapSet::Permitted, &kept)?;
        nix::sys::prctl::set_no_new_privs().context(giving_up)?;
    }
    Ok(())
}

/// Makes every permitted capability effective: in the process that is about to enter a target.
pub fn raise() -> Result<()> {
    let permitted = caps::read(None, CapSet::Permitted).map_err(failed)?;
    caps::set(None, CapSet::Effective, &permitted)
        .map_err(failed)
        .context(|| "raising capabilities")
}

/// Makes the permitted set what is effective now and `rights`: in a process that runs a tool which needs those, and
/// that will never enter a target.
pub fn keep_only(rights: u64) -> Result<()> {
    let giving_up = || "giving up capabilities";
    let mut kept = caps::read(None, CapSet::Effective).map_err(failed).context(giving_up)?;
    let permitted = caps::read(None, CapSet::Permitted).map_err(failed).context(giving_up)?;
    kept.extend(Caps::set(rights).iter().filter(|right| permitted.contains(right)));
    for set in [CapSet::Effective, CapSet::Permitted] {
        caps::set(None, set, &kept).map_err(failed).context(giving_up)?;
    }
    Ok(())
}

/// Keeps the right to hand signals on and no other: for the time that a program runs in the target.
pub fn keep_to_signal() -> Result<()> {
    let permitted = caps::read(None, CapSet::Permitted).map_err(failed)?;
    let kill = HashSet::from([Capability::CAP_KILL]);
    let kept: CapsHashSet = permitted.intersection(&kill).copied().collect();
    for set in [CapSet::Effective, CapSet::Permitted] {
        caps::set(None, set, &kept).map_err(failed).context(|| "giving up capabilities")?;
    }
    Ok(())
}

/// Lets the permitted capabilities survive the exec that follows. Root's do by themselves; those of an ordinary user
/// in a user namespace of his own would be gone (capabilities(7), "ambient").
pub fn keep_over_exec() -> Result<()> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let permitted = caps::read(None, CapSet::Permitted).map_err(failed)?;
    caps::set(None, CapSet::Inheritable, &permitted).map_err(failed)?;
    caps::set(None, CapSet::Ambient, &permitted).map_err(failed).context(|| "keeping capabilities")
}

fn failed(error: caps::errors::CapsError) -> Error {
    Error::new(error)
}
