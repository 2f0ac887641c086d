//! What is opened of a target before it is entered, and who the program will be.

use super::plan::{self, Ids, Join, Limit, NAMESPACES, Parts, Step};
use super::{Difference, Options, Request, record};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::sys::seccomp::Instruction;
use crate::view::{Caps, Identity, Process, View};
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use procfs_core::FromBufRead;
use procfs_core::process::{LimitValue, Limits};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;

/// Descriptors and facts, taken while the target is held by its pidfd.
#[derive(Debug)]
pub(super) struct Handles {
    namespaces: Vec<(OwnedFd, i32)>,
    cgroups: Vec<OwnedFd>,
    /// The target's root; `None` when it is ours.
    root: Option<RawFd>,
    pidfd: Option<RawFd>,
    limits: Vec<Limit>,
    oom_score: Option<i32>,
    seccomp: Option<Vec<Instruction>>,
    ids: Ids,
    who: Identity,
    /// Before translation into the target's user namespace.
    outer: (u32, u32),
    caps: Caps,
}

impl Handles {
    pub(super) fn open(
        view: &View,
        options: &Options,
        note: &mut dyn FnMut(Difference),
    ) -> Result<Handles> {
        let proc = view.proc()?;
        let main = proc.main()?;
        // As it is now: a program that gave rights up since the view was opened is not entered with them.
        let label = view.who()?.label.clone();
        let who = Identity { label, ..main.status()? };
        let seccomp = seccomp(view, &main, &who, note)?;
        let cgroups = if options.join_cgroup {
            super::cgroup::procs_files(&view.cgroup()?)?
        } else {
            Vec::new()
        };
        let (uids, gids) = (proc.uid_map(), proc.gid_map());
        let outer = match options.user {
            Some((uid, gid)) => (uids.outside(uid), gids.outside(gid)),
            None => (who.uids[1], who.gids[1]),
        };
        let ids = match options.user {
            Some((uid, gid)) => {
                Ids { uid: [uid; 3], gid: [gid; 3], groups: vec![gid], fixed_groups: false }
            }
            None => Ids {
                uid: [0, 1, 2].map(|i| uids.inside(who.uids[i])),
                gid: [0, 1, 2].map(|i| gids.inside(who.gids[i])),
                groups: who.groups.iter().map(|gid| gids.inside(*gid)).collect(),
                fixed_groups: false,
            },
        };
        choices(options).into_iter().for_each(&mut *note);
        let limits = limits(&main)?;
        if let Some(text) = tighter(&limits) {
            note(Difference::Told(text));
        }
        let fixed_groups = main.read("setgroups").is_ok_and(|text| text.starts_with(b"deny"));
        Ok(Handles {
            namespaces: namespaces(&main)?,
            cgroups,
            root: other_root(view, &main)?,
            pidfd: view.pidfd.as_ref().map(|fd| fd.as_raw_fd()),
            limits,
            oom_score: main
                .read("oom_score_adj")
                .ok()
                .and_then(|text| std::str::from_utf8(&text).ok()?.trim().parse().ok()),
            seccomp,
            caps: capabilities(&who, options, ids.uid[1]),
            who,
            ids: Ids { fixed_groups, ..ids },
            outer,
        })
    }

    /// The way in.
    pub(super) fn steps(&self, request: &Request) -> Vec<Step> {
        let parts = Parts {
            pidfd: self.pidfd,
            cgroups: self.cgroups.iter().map(AsRawFd::as_raw_fd).collect(),
            namespaces: self
                .namespaces
                .iter()
                .map(|(fd, flag)| Join { fd: fd.as_raw_fd(), flag: *flag })
                .collect(),
            root: self.root,
            limits: self.limits.clone(),
            oom_score: self.oom_score,
            seccomp: self.seccomp.clone(),
            cwd: request.cwd.as_os_str().as_bytes().to_vec(),
        };
        plan::steps(&self.who, self.ids.clone(), self.caps, parts)
    }

    /// The filter that can come last of all.
    pub(super) fn last_filter(&self) -> Option<Vec<Instruction>> {
        self.seccomp.clone().filter(|_| self.who.no_new_privs)
    }

    /// The descriptors that the plan names.
    pub(super) fn descriptors(&self) -> Vec<RawFd> {
        let namespaces = self.namespaces.iter().map(|(fd, _)| fd.as_raw_fd());
        let cgroups = self.cgroups.iter().map(AsRawFd::as_raw_fd);
        namespaces.chain(cgroups).chain(self.root).chain(self.pidfd).collect()
    }

    /// The user and group of the program as this machine numbers them.
    pub(super) fn owner(&self) -> (u32, u32) {
        self.outer
    }
}

fn seccomp(
    view: &View,
    main: &Process,
    who: &Identity,
    note: &mut dyn FnMut(Difference),
) -> Result<Option<Vec<Instruction>>> {
    if who.seccomp == 0 || is_filtered_as_well(main) {
        return Ok(None);
    }
    let filter = record::seccomp_filter(view.proc()?, main)?;
    if filter.is_none() {
        note(Difference::Told(
            "seccomp: the target has a filter that its runtime left no record of; the program runs without one"
                .into(),
        ));
    }
    Ok(filter)
}

/// What was asked for, and what dbg does by default, that makes the program differ.
fn choices(options: &Options) -> Vec<Difference> {
    let mut chosen = Vec::new();
    if !options.join_cgroup {
        chosen.push(Difference::Usual(
            "cgroup: dbg's own, so that the program can't use up the target's limits (--join-cgroup)".into(),
        ));
    }
    if super::supervise::is_terminal() {
        chosen.push(Difference::Usual(
            "terminal: one of this machine, which has no name in the target".into(),
        ));
    }
    if options.inject.is_some() {
        chosen.push(Difference::Usual(
            "program: yours, from a read-only clone that is attached nowhere (--inject)".into(),
        ));
    }
    if let Some((uid, gid)) = options.user {
        chosen.push(Difference::Told(format!("user: {uid}:{gid} (--user)")));
    }
    if options.cap_add != 0 {
        let names = Caps::names(options.cap_add).join(" ");
        chosen.push(Difference::Told(format!("capabilities: {names} on top (--cap-add)")));
    }
    chosen
}

/// Which limits of the target can't be reached by this process, whose own are tighter.
fn tighter(limits: &[Limit]) -> Option<String> {
    const CAP_SYS_RESOURCE: u64 = 1 << 24;
    let permitted = caps::read(None, caps::CapSet::Permitted).map_or(0, |set| Caps::mask(&set));
    if permitted & CAP_SYS_RESOURCE != 0 {
        return None;
    }
    let names: Vec<String> = limits
        .iter()
        .filter_map(|limit| {
            let resource = super::stage::resource(limit.0);
            let (_, ours) = nix::sys::resource::getrlimit(resource).ok()?;
            (limit.2 > ours).then(|| format!("{resource:?}"))
        })
        .collect();
    (!names.is_empty())
        .then(|| format!("dbg may not raise its own limits to the target's: {}", names.join(", ")))
}

/// Whether this process is one of the target's already, and so under its filter: an injected shell is.
fn is_filtered_as_well(main: &Process) -> bool {
    let own = std::fs::read("/proc/self/status").unwrap_or_default();
    let is_filtered = Identity::parse_status(&own).is_ok_and(|who| who.seccomp != 0);
    is_filtered && namespaces(main).is_ok_and(|others| others.is_empty())
}

/// The target's root, unless it is this process's own: then there is nothing to change, and no right to it is needed.
fn other_root(view: &View, main: &Process) -> Result<Option<RawFd>> {
    let root = view.root()?;
    let place = |stat: nix::sys::stat::FileStat| (stat.st_dev, stat.st_ino);
    let theirs = place(nix::sys::stat::fstat(root)?);
    let mounts = std::fs::read_link("/proc/self/ns/mnt").ok();
    let is_own = place(nix::sys::stat::stat("/")?) == theirs
        && mounts.is_some_and(|ours| {
            main.readlink("ns/mnt").as_deref() == Ok(ours.as_os_str().as_bytes())
        });
    Ok((!is_own).then(|| root.as_fd().as_raw_fd()))
}

fn capabilities(who: &Identity, options: &Options, uid: u32) -> Caps {
    let mut caps = who.caps;
    if options.user.is_some() {
        // As execve(2) would have it: root has what the bounding set allows, others have nothing.
        caps.permitted = if uid == 0 { caps.bounding } else { 0 };
        caps.effective = caps.permitted;
    }
    caps.bounding |= options.cap_add;
    caps.permitted |= options.cap_add;
    caps.effective |= options.cap_add;
    let kept = if uid == 0 { 0 } else { options.cap_add };
    Caps { inheritable: kept, ambient: kept, ..caps }
}

/// The namespaces of `main` that this process is not in already.
fn namespaces(main: &Process) -> Result<Vec<(OwnedFd, i32)>> {
    let mut found = Vec::new();
    for (kind, flag) in NAMESPACES {
        let name = format!("ns/{kind}");
        let open = openat(main, name.as_str(), OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty());
        let fd = match open {
            // A kind that this kernel was built without.
            Err(nix::errno::Errno::ENOENT) => continue,
            result => result.context(|| format!("/proc/{}/{name}", main.host_pid))?,
        };
        let ours = std::fs::read_link(format!("/proc/self/{name}")).ok();
        let theirs = main.readlink(&name)?;
        if ours.is_some_and(|ours| ours.as_os_str().as_bytes() == theirs) {
            continue;
        }
        found.push((fd, flag.bits()));
    }
    Ok(found)
}

fn limits(main: &Process) -> Result<Vec<Limit>> {
    let text = main.read("limits")?;
    let limits = Limits::from_buf_read(text.as_slice())
        .map_err(|e| Error::new(format!("/proc/{}/limits: {e}", main.host_pid)).exit(Exit::DBG))?;
    let value = |value: LimitValue| match value {
        LimitValue::Unlimited => libc::RLIM_INFINITY,
        LimitValue::Value(n) => n,
    };
    Ok([
        limits.max_cpu_time,
        limits.max_file_size,
        limits.max_data_size,
        limits.max_stack_size,
        limits.max_core_file_size,
        limits.max_resident_set,
        limits.max_processes,
        limits.max_open_files,
        limits.max_locked_memory,
        limits.max_address_space,
        limits.max_file_locks,
        limits.max_pending_signals,
        limits.max_msgqueue_size,
        limits.max_nice_priority,
        limits.max_realtime_priority,
        limits.max_realtime_timeout,
    ]
    .into_iter()
    .zip(0..)
    .map(|(limit, number)| Limit(number, value(limit.soft_limit), value(limit.hard_limit)))
    .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_user_gets_what_exec_would_give() {
        let who = Identity {
            caps: Caps { bounding: 6, permitted: 2, effective: 2, ambient: 2, inheritable: 2 },
            ..Identity::default()
        };
        let other = Options { user: Some((1000, 1000)), ..Options::default() };
        let expected = Caps { bounding: 6, ..Caps::default() };
        assert_eq!(capabilities(&who, &other, 1000), expected);
        let root = Options { user: Some((0, 0)), ..Options::default() };
        assert_eq!(capabilities(&who, &root, 0).effective, 6);
        let same = capabilities(&who, &Options::default(), 0);
        assert_eq!((same.permitted, same.inheritable, same.ambient), (2, 0, 0));
    }
}
