//! How a process becomes one of the target's, as data: which steps, in which order.
//!
//! The steps are carried out by a fresh image of dbg that holds nothing of the operator's (`stage.rs`). All of them
//! happen before the fork into the PID namespace, so that the first moment a process can be seen from inside, it is
//! and has no more than the target.

use crate::sys::seccomp::Instruction;
use crate::view::{Caps, Identity};
use nix::sched::CloneFlags;
use serde::{Deserialize, Serialize};
use std::os::fd::RawFd;

/// Namespace kinds in the order they are joined. `mnt` comes last of them, since it takes the machine's paths away;
/// `user` is apart: whether it must come first or last depends on where our rights come from, so `stage.rs` tries
/// the others, then it, then what was refused (as nsenter(1) does).
pub(super) const NAMESPACES: [(&str, CloneFlags); 8] = [
    ("cgroup", CloneFlags::CLONE_NEWCGROUP),
    ("ipc", CloneFlags::CLONE_NEWIPC),
    ("uts", CloneFlags::CLONE_NEWUTS),
    ("net", CloneFlags::CLONE_NEWNET),
    ("time", CloneFlags::from_bits_retain(0x80)), // CLONE_NEWTIME, Linux 5.6
    ("pid", CloneFlags::CLONE_NEWPID),
    ("mnt", CloneFlags::CLONE_NEWNS),
    ("user", CloneFlags::CLONE_NEWUSER),
];

/// A namespace to join: an open descriptor and its CLONE_NEW* flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Join {
    pub fd: RawFd,
    pub flag: i32,
}

/// Who the program runs as, in the numbers of the target's user namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ids {
    /// Real, effective and saved user id.
    pub uid: [u32; 3],
    /// Real, effective and saved group id.
    pub gid: [u32; 3],
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Whether the user namespace forbids setgroups(2).
    pub fixed_groups: bool,
}

/// A resource limit (getrlimit(2)): its line in `/proc/PID/limits` from 0, soft and hard value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Limit(pub u32, pub u64, pub u64);

/// One step on the way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    /// The process behind this pidfd must still live: its number may be another's by now.
    CheckAlive(RawFd),
    /// Move into the cgroups whose `cgroup.procs` these are.
    JoinCgroups(Vec<RawFd>),
    /// Take this LSM label at the next exec. Before the mount namespace, while `/proc` is the machine's.
    Label(Vec<u8>),
    /// Join namespaces.
    Namespaces(Vec<Join>),
    /// Make this directory the root: a mount namespace's root is not the root of a process that is chrooted in it.
    Root(RawFd),
    /// Resource limits, best effort.
    Limits(Vec<Limit>),
    /// How the OOM killer ranks us, best effort. Before the mount namespace.
    OomScore(i32),
    /// File mode creation mask.
    Umask(u32),
    /// Take these capabilities out of the bounding set.
    Bounding(u64),
    /// No more rights by exec.
    NoNewPrivs,
    /// The target's filter, where it is without no_new_privs: then it takes CAP_SYS_ADMIN, and must come before the ids
    /// and capabilities. The calls of the steps behind it are those that a runtime makes there, too.
    Seccomp(Vec<Instruction>),
    /// User, group, groups.
    Ids(Ids),
    /// The five capability sets.
    Capabilities(Caps),
    /// Where it starts, checked to be inside the root. After the ids, so that the target's rights decide.
    WorkingDirectory(Vec<u8>),
    /// Close every descriptor but 0, 1, 2 and the program's.
    CloseFiles,
}

/// What is executed at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Program {
    /// A file of the target, by its path inside.
    Path(Vec<u8>),
    /// A file of the operator, by a descriptor of a read-only clone or a sealed copy.
    File(RawFd),
}

/// The whole way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub program: Program,
    pub argv: Vec<Vec<u8>>,
    pub env: Vec<Vec<u8>>,
    /// The target's filter, where it has no_new_privs: installed last, right before the exec.
    pub last_filter: Option<Vec<Instruction>>,
    /// Whether descriptor 0 is a terminal to be made the controlling one.
    pub terminal: bool,
    /// The process that waits for us, in our PID namespace.
    pub supervisor: i32,
}

/// What the steps are made of: the target as it is, and descriptors that were opened for the way in.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub pidfd: Option<RawFd>,
    pub cgroups: Vec<RawFd>,
    pub namespaces: Vec<Join>,
    pub root: Option<RawFd>,
    pub limits: Vec<Limit>,
    pub oom_score: Option<i32>,
    pub seccomp: Option<Vec<Instruction>>,
    pub cwd: Vec<u8>,
}

/// The steps that make a process one like `who`, running as `ids` with `caps`.
pub(super) fn steps(who: &Identity, ids: Ids, caps: Caps, parts: Parts) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(parts.pidfd.map(Step::CheckAlive));
    if !parts.cgroups.is_empty() {
        steps.push(Step::JoinCgroups(parts.cgroups));
    }
    steps.extend(who.label.as_ref().map(|label| Step::Label(label.0.clone())));
    steps.extend(parts.oom_score.map(Step::OomScore));
    steps.push(Step::Namespaces(parts.namespaces));
    steps.extend(parts.root.map(Step::Root));
    steps.push(Step::Limits(parts.limits));
    steps.extend(who.umask.map(Step::Umask));
    steps.push(Step::Bounding(!caps.bounding));
    if who.no_new_privs {
        steps.push(Step::NoNewPrivs);
    }
    steps.push(Step::CloseFiles);
    if !who.no_new_privs {
        steps.extend(parts.seccomp.map(Step::Seccomp));
    }
    steps.push(Step::Ids(ids));
    steps.push(Step::Capabilities(caps));
    steps.push(Step::WorkingDirectory(parts.cwd));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(who: &Identity, seccomp: bool) -> Vec<String> {
        let parts = Parts {
            pidfd: Some(3),
            root: Some(4),
            oom_score: Some(0),
            cgroups: vec![5],
            seccomp: seccomp.then(Vec::new),
            ..Parts::default()
        };
        let ids = Ids { uid: [1; 3], gid: [1; 3], groups: vec![], fixed_groups: false };
        steps(who, ids, Caps::default(), parts)
            .iter()
            .map(|step| format!("{step:?}").split(['(', ' ']).next().unwrap_or_default().to_owned())
            .collect()
    }

    fn before(order: &[String], first: &str, second: &str) -> bool {
        let at = |name| order.iter().position(|step| step == name).unwrap();
        at(first) < at(second)
    }

    #[test]
    fn rights_go_before_descriptors_and_everything_before_the_program() {
        let who = Identity {
            no_new_privs: true,
            umask: Some(0o22),
            label: Some("profile".into()),
            ..Identity::default()
        };
        let order = order(&who, true);
        assert_eq!(order.first().unwrap(), "CheckAlive");
        for (first, second) in [
            ("JoinCgroups", "Namespaces"),
            ("Label", "Namespaces"),
            ("OomScore", "Namespaces"),
            ("Namespaces", "Root"),
            ("Bounding", "Ids"),
            ("Root", "CloseFiles"),
            ("CloseFiles", "Ids"),
            ("Ids", "Capabilities"),
            ("Ids", "WorkingDirectory"),
        ] {
            assert!(before(&order, first, second), "{first} before {second} in {order:?}");
        }
    }

    #[test]
    fn a_filter_comes_before_the_rights_go_unless_no_new_privs_lets_it_come_last() {
        let order_of =
            |no_new_privs| order(&Identity { no_new_privs, ..Identity::default() }, true);
        let without = order_of(false);
        assert!(before(&without, "CloseFiles", "Seccomp") && before(&without, "Seccomp", "Ids"));
        assert!(!order_of(true).iter().any(|step| step == "Seccomp"));
    }

    #[test]
    fn what_the_target_does_not_have_is_not_given() {
        let order = order(&Identity::default(), false);
        for absent in ["NoNewPrivs", "Seccomp", "Label", "Umask"] {
            assert!(!order.iter().any(|step| step == absent), "{absent} in {order:?}");
        }
    }
}
