//! Becoming one of the target's: users, groups and capabilities (credentials(7), capabilities(7)).

use crate::enter::plan::Ids;
use crate::error::{Error, Result, ResultExt};
use crate::view::Caps;
use caps::{CapSet, Capability};
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, getgroups, getresgid, getresuid, setgroups, setresgid, setresuid};

pub(super) fn bound(without: u64) -> Result<()> {
    let bounding = caps::read(None, CapSet::Bounding).map_err(Error::new)?;
    for cap in Caps::set(without).intersection(&bounding) {
        caps::drop(None, CapSet::Bounding, *cap)
            .map_err(Error::new)
            .context(|| format!("taking {cap} out of the bounding set"))?;
    }
    Ok(())
}

pub(super) fn become_user(ids: &Ids) -> Result<()> {
    let taking = || format!("becoming user {} and group {}", ids.uid[1], ids.gid[1]);
    if is_already(ids)? {
        return Ok(());
    }
    prctl::set_keepcaps(true)?;
    if !ids.fixed_groups {
        let groups: Vec<Gid> = ids.groups.iter().copied().map(Gid::from_raw).collect();
        setgroups(&groups).context(taking)?;
    }
    let [real, effective, saved] = ids.gid.map(Gid::from_raw);
    setresgid(real, effective, saved).context(taking)?;
    let [real, effective, saved] = ids.uid.map(Uid::from_raw);
    setresuid(real, effective, saved).context(taking)?;
    prctl::set_keepcaps(false)?;
    // Changing ids may have made us dumpable again.
    prctl::set_dumpable(false)?;
    Ok(())
}

/// Whether this process is who it is to become: then no right is needed.
fn is_already(ids: &Ids) -> Result<bool> {
    let (uid, gid) = (getresuid()?, getresgid()?);
    let uids = [uid.real, uid.effective, uid.saved].map(Uid::as_raw);
    let gids = [gid.real, gid.effective, gid.saved].map(Gid::as_raw);
    let sorted = |mut ids: Vec<u32>| {
        ids.sort_unstable();
        ids
    };
    let groups = getgroups()?.into_iter().map(Gid::as_raw).collect();
    let same_groups = sorted(groups) == sorted(ids.groups.clone());
    Ok(uids == ids.uid && gids == ids.gid && (same_groups || ids.fixed_groups))
}

pub(super) fn set_capabilities(wanted: &Caps) -> Result<()> {
    let set = |which, mask| {
        let ours = caps::read(None, CapSet::Permitted).map_err(Error::new)?;
        let set: caps::CapsHashSet = Caps::set(mask).intersection(&ours).copied().collect();
        caps::set(None, which, &set).map_err(Error::new).context(|| "setting capabilities")
    };
    let clear = |which| caps::clear(None, which).map_err(Error::new);
    if caps::has_cap(None, CapSet::Permitted, Capability::CAP_SETPCAP).unwrap_or(false) {
        clear(CapSet::Ambient)?;
    }
    set(CapSet::Effective, wanted.effective & wanted.permitted)?;
    set(CapSet::Permitted, wanted.permitted)?;
    // What the operator added on top must survive the exec of a program that is not root's.
    set(CapSet::Inheritable, wanted.inheritable)?;
    match wanted.ambient {
        0 => Ok(()),
        _ => set(CapSet::Ambient, wanted.ambient),
    }
}
