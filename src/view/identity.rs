//! Who a process is: what credentials(7), capabilities(7), namespaces(7) and seccomp(2) say of it.

use super::IdMap;
use crate::error::{Error, Result};
use crate::output::Text;
use nix::sys::stat::{FileStat, SFlag};
use procfs_core::FromBufRead;
use serde::{Deserialize, Serialize};

/// The five capability sets as masks, bit n for capability n (capabilities(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// Kept across exec of files with inheritable capabilities.
    pub inheritable: u64,
    /// What may be made effective.
    pub permitted: u64,
    /// What is checked.
    pub effective: u64,
    /// The most that exec can ever give.
    pub bounding: u64,
    /// Kept across exec of ordinary files.
    pub ambient: u64,
}

impl Caps {
    /// A set of capabilities as a mask.
    pub fn mask(set: &caps::CapsHashSet) -> u64 {
        set.iter().fold(0, |mask, cap| mask | cap.bitmask())
    }

    /// A mask as a set; bits that have no name are left out.
    pub fn set(mask: u64) -> caps::CapsHashSet {
        caps::all().into_iter().filter(|cap| mask & cap.bitmask() != 0).collect()
    }

    /// The names in a mask, in the kernel's order: `CAP_CHOWN` …; a bit that has no name here is `CAP_<n>`.
    pub fn names(mask: u64) -> Vec<String> {
        let known = caps::all();
        (0..64u8)
            .filter(|bit| mask & (1 << bit) != 0)
            .map(|bit| {
                known
                    .iter()
                    .find(|cap| cap.index() == bit)
                    .map_or_else(|| format!("CAP_{bit}"), ToString::to_string)
            })
            .collect()
    }
}

/// A namespace of a process, by the link in `/proc/PID/ns`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Namespace {
    /// `mnt`, `pid`, `net`, `ipc`, `uts`, `user`, `cgroup`, `time`.
    pub kind: &'static str,
    /// The inode number that names it.
    pub inode: u64,
    /// Whether dbg was started in the same one.
    pub is_host: bool,
}

/// Who the main process of a target is, read from the live process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Real, effective, saved and file-system user ids, as this machine numbers them.
    pub uids: [u32; 4],
    /// Real, effective, saved and file-system group ids, as this machine numbers them.
    pub gids: [u32; 4],
    /// Supplementary groups, as this machine numbers them.
    pub groups: Vec<u32>,
    /// How its user namespace numbers users.
    #[serde(skip)]
    pub uid_map: IdMap,
    /// How its user namespace numbers groups.
    #[serde(skip)]
    pub gid_map: IdMap,
    /// Capability sets.
    pub caps: Caps,
    /// File mode creation mask; `None` before Linux 4.7.
    pub umask: Option<u32>,
    /// Whether exec can't give more rights (PR_SET_NO_NEW_PRIVS).
    pub no_new_privs: bool,
    /// 0 none, 1 strict, 2 filter (seccomp(2)).
    pub seccomp: u32,
    /// PIDs from this machine's namespace inwards (NSpid).
    pub ns_pids: Vec<i32>,
    /// Number of threads.
    pub threads: u32,
    /// AppArmor or SELinux label; `None` where there is no such module or the process is unconfined.
    pub label: Option<Text>,
    /// The environment it was started with; `None` when we may not read it.
    pub environ: Option<Vec<Text>>,
    /// Its working directory inside the target; `None` when we may not read it.
    pub cwd: Option<Text>,
    /// The host name in its UTS namespace; `None` when we may not enter that.
    pub hostname: Option<Text>,
    /// Lines of `/proc/PID/cgroup`.
    pub cgroup: Vec<Text>,
    /// Its namespaces; empty when we may not read them.
    pub namespaces: Vec<Namespace>,
}

impl Identity {
    /// Whether the process may `bit` (4 read, 2 write, 1 execute or search) a file, as path_resolution(7) has it:
    /// by its owner, group and mode, and by capabilities. Owners in `stat` are as the target numbers them.
    ///
    /// Lists of access control, read-only mounts and security modules may still refuse.
    pub fn may(&self, stat: &FileStat, bit: u32) -> bool {
        let has = |capability: caps::Capability| self.caps.effective & capability.bitmask() != 0;
        let is_dir = SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR;
        let overrides = has(caps::Capability::CAP_DAC_OVERRIDE)
            || has(caps::Capability::CAP_DAC_READ_SEARCH) && (bit == 4 || is_dir && bit == 1);
        if overrides && (bit != 1 || is_dir || stat.st_mode & 0o111 != 0) {
            return true;
        }
        let groups = self.groups.iter().chain([&self.gids[3]]);
        let shift = if self.uid_map.inside(self.uids[3]) == stat.st_uid {
            6
        } else if groups.into_iter().any(|gid| self.gid_map.inside(*gid) == stat.st_gid) {
            3
        } else {
            0
        };
        (stat.st_mode >> shift) & bit != 0
    }

    /// The facts in a `/proc/PID/status` (proc_pid_status(5)); the rest stays at its default.
    pub fn parse_status(bytes: &[u8]) -> Result<Identity> {
        // The name is the only line that its owner chooses, and it may be any bytes. Nothing here needs it.
        let text = String::from_utf8_lossy(bytes);
        let status = procfs_core::process::Status::from_buf_read(text.as_bytes())
            .map_err(|e| Error::new(format!("unexpected /proc/PID/status: {e}")))?;
        Ok(Identity {
            uids: [status.ruid, status.euid, status.suid, status.fuid],
            gids: [status.rgid, status.egid, status.sgid, status.fgid],
            groups: status.groups,
            caps: Caps {
                inheritable: status.capinh,
                permitted: status.capprm,
                effective: status.capeff,
                bounding: status.capbnd.unwrap_or(0),
                ambient: status.capamb.unwrap_or(0),
            },
            umask: status.umask,
            no_new_privs: status.nonewprivs == Some(1),
            seccomp: status.seccomp.unwrap_or(0),
            ns_pids: status.nspid.unwrap_or_else(|| vec![status.pid]),
            threads: u32::try_from(status.threads).unwrap_or(0),
            ..Identity::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_what_is_told_by_the_first_class_that_fits_and_by_capabilities() {
        let stat = |mode: u32| {
            // A type of plain numbers from the kernel.
            let mut stat = nix::sys::stat::stat("/").unwrap();
            (stat.st_mode, stat.st_uid, stat.st_gid) = (mode, 7, 70);
            stat
        };
        let who = |uid: u32, gid: u32, effective: u64| Identity {
            uids: [uid; 4],
            gids: [gid; 4],
            caps: Caps { effective, ..Caps::default() },
            ..Identity::default()
        };
        let may = |who: &Identity, mode: u32| [4, 2, 1].map(|bit| who.may(&stat(mode), bit));
        assert_eq!(may(&who(7, 0, 0), 0o100_477), [true, false, false]);
        assert_eq!(may(&who(8, 70, 0), 0o100_717), [false, false, true]);
        assert_eq!(may(&who(8, 8, 0), 0o100_776), [true, true, false]);
        let all = 1 << 1;
        assert_eq!(may(&who(0, 0, all), 0o100_000), [true, true, false]);
        assert_eq!(may(&who(0, 0, all), 0o100_010), [true, true, true]);
        assert_eq!(may(&who(0, 0, all), 0o040_000), [true, true, true]);
        assert_eq!(may(&who(0, 0, 1 << 2), 0o040_000), [true, false, true]);
    }
}
