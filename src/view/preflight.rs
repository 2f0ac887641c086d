//! Why the kernel lets us read a process, or does not.
//!
//! `/proc/PID/root`, `fd`, `environ`, `maps` and the namespace links are guarded by the ptrace access check with
//! PTRACE_MODE_READ_FSCREDS (ptrace(2)). What it looks at can be read by anybody, so the outcome is predicted clause
//! by clause, and a denial names the clause.

use super::{Caps, Identity, Missing, rights};
use caps::Capability;
use nix::fcntl::AtFlags;
use nix::sys::stat::fstatat;
use nix::unistd::{getegid, geteuid};
use serde::Serialize;
use std::os::fd::OwnedFd;

/// One condition of the access check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Clause {
    /// What must hold: `same uid`.
    pub rule: &'static str,
    /// Our side.
    pub ours: String,
    /// The target's side.
    pub theirs: String,
    /// Whether it holds.
    pub holds: bool,
}

/// The access check, evaluated: reading is allowed when all of `identity` hold, or when `privilege` does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preflight {
    /// Same user, same group, dumpable, no more capabilities than ours.
    pub identity: Vec<Clause>,
    /// CAP_SYS_PTRACE in the target's user namespace.
    pub privilege: Clause,
}

impl Preflight {
    /// Evaluates the check for this process on process `pid` of `procfs`, whose status gave `who`.
    pub(super) fn of(procfs: &OwnedFd, pid: i32, who: &Identity) -> Preflight {
        let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
        let same = |ours: u32, theirs: &[u32; 4]| theirs[..3].iter().all(|id| *id == ours);
        let ids = |ids: &[u32; 4]| {
            let (first, rest) = (ids[0], &ids[1..3]);
            if rest.iter().all(|id| *id == first) {
                first.to_string()
            } else {
                format!("real {}, effective {}, saved {}", ids[0], ids[1], ids[2])
            }
        };
        // The owner of `mem` is the process's user when it is dumpable, and root when it is not.
        let mem_owner = fstatat(procfs, format!("{pid}/mem").as_str(), AtFlags::empty())
            .map_or(who.uids[1], |stat| stat.st_uid);
        let dumpable = mem_owner == who.uids[1];
        let ours = rights::effective();
        let excess = few(&Caps::names(who.caps.permitted & !ours));
        Preflight {
            identity: vec![
                Clause {
                    rule: "same uid",
                    ours: uid.to_string(),
                    theirs: ids(&who.uids),
                    holds: same(uid, &who.uids),
                },
                Clause {
                    rule: "same gid",
                    ours: gid.to_string(),
                    theirs: ids(&who.gids),
                    holds: same(gid, &who.gids),
                },
                Clause {
                    rule: "target dumpable",
                    ours: String::new(),
                    theirs: if dumpable {
                        "yes".into()
                    } else {
                        "no (its program has file capabilities, set-id or mode 0711)".into()
                    },
                    holds: dumpable,
                },
                Clause {
                    rule: "target's capabilities within ours",
                    ours: format!("{ours:#x}"),
                    theirs: if excess.is_empty() {
                        "within".into()
                    } else {
                        format!("more: {excess}")
                    },
                    holds: excess.is_empty(),
                },
            ],
            privilege: Clause {
                rule: "CAP_SYS_PTRACE in the target's user namespace",
                ours: if rights::has(Capability::CAP_SYS_PTRACE) { "yes" } else { "no" }.into(),
                theirs: String::new(),
                holds: rights::has(Capability::CAP_SYS_PTRACE),
            },
        }
    }

    /// Whether the kernel should let us read the process.
    pub fn allows(&self) -> bool {
        self.privilege.holds || self.identity.iter().all(|clause| clause.holds)
    }

    /// What the kernel really said: it let us in, so a clause that can't be seen from here holds.
    pub(super) fn was_allowed(&mut self) {
        if !self.allows() {
            self.privilege.holds = true;
            self.privilege.ours = "yes, as the owner of that namespace".into();
        }
    }

    /// The denial in words: what was to be read, which clauses failed with both sides' values, and the remedy.
    pub(super) fn denial(&self, what: &str, who: &Identity) -> Missing {
        if self.allows() {
            return Missing {
                why: format!(
                    "reading {what} was refused, although what can be seen of ptrace(2)'s rules allows it"
                ),
                hint: Some(
                    "its program may belong to an outer user namespace, or a security module (AppArmor, SELinux) forbids it"
                        .into(),
                ),
            };
        }
        let failed: Vec<String> = self
            .identity
            .iter()
            .filter(|clause| !clause.holds)
            .map(|clause| match clause.ours.as_str() {
                "" => format!("{} is {}", clause.rule, clause.theirs),
                ours => format!("{} (yours {ours}, its {})", clause.rule, clause.theirs),
            })
            .collect();
        let others_hold = self.identity[2..].iter().all(|clause| clause.holds);
        let hint = if others_hold && who.uids[1] != 0 {
            format!(
                "run dbg with sudo, or as the target's own user {}:{}",
                who.uids[1], who.gids[1]
            )
        } else {
            "run dbg with sudo".to_owned()
        };
        Missing {
            why: format!("reading {what} needs {}; or CAP_SYS_PTRACE", failed.join(", ")),
            hint: Some(hint),
        }
    }
}

/// The first of many names, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names.len() {
        n if n > SHOWN + 1 => format!("{} and {} others", names[..SHOWN].join(", "), n - SHOWN),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(rule: &'static str, holds: bool) -> Clause {
        Clause { rule, ours: "1".into(), theirs: "2".into(), holds }
    }

    fn preflight(holds: [bool; 4], privilege: bool) -> Preflight {
        let rules =
            ["same uid", "same gid", "target dumpable", "target's capabilities within ours"];
        Preflight {
            identity: rules.iter().zip(holds).map(|(rule, holds)| clause(rule, holds)).collect(),
            privilege: clause("CAP_SYS_PTRACE", privilege),
        }
    }

    #[test]
    fn all_of_identity_or_the_privilege_allows() {
        assert!(preflight([true; 4], false).allows());
        assert!(preflight([false; 4], true).allows());
        assert!(!preflight([true, false, true, true], false).allows());
    }

    #[test]
    fn a_denial_names_the_failing_clause_with_both_sides_and_the_least_remedy() {
        let who = Identity { uids: [7; 4], gids: [8; 4], ..Identity::default() };
        let missing = preflight([true, false, true, true], false).denial("/proc/9/root", &who);
        assert_eq!(
            missing.why,
            "reading /proc/9/root needs same gid (yours 1, its 2); or CAP_SYS_PTRACE"
        );
        assert_eq!(missing.hint.unwrap(), "run dbg with sudo, or as the target's own user 7:8");
        let missing = preflight([true, true, false, true], false).denial("/proc/9/root", &who);
        assert_eq!(missing.hint.unwrap(), "run dbg with sudo");
    }
}
