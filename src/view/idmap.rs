//! User and group ids as a user namespace numbers them (user_namespaces(7)).

use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode};
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

/// What an id without a place in a map is shown as (`/proc/sys/kernel/overflowuid`).
const OVERFLOW: u32 = 65534;

/// A `/proc/PID/uid_map` or `gid_map`. Without ranges it changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdMap {
    /// First id inside, first id here, length.
    ranges: Vec<[u32; 3]>,
}

impl IdMap {
    /// The id that the namespace has for `id` of this machine; 65534 when it has none.
    pub fn inside(&self, id: u32) -> u32 {
        if self.ranges.is_empty() {
            return id;
        }
        self.ranges
            .iter()
            .find_map(|[inside, here, length]| {
                let offset = id.checked_sub(*here).filter(|offset| offset < length)?;
                inside.checked_add(offset)
            })
            .unwrap_or(OVERFLOW)
    }

    /// The id that this machine has for `id` of the namespace; 65534 when it has none.
    pub fn outside(&self, id: u32) -> u32 {
        if self.ranges.is_empty() {
            return id;
        }
        self.ranges
            .iter()
            .find_map(|[inside, here, length]| {
                let offset = id.checked_sub(*inside).filter(|offset| offset < length)?;
                here.checked_add(offset)
            })
            .unwrap_or(OVERFLOW)
    }

    /// The map `name` of process `pid`; changes nothing where it can't be read.
    pub(super) fn read(procfs: &OwnedFd, pid: i32, name: &str) -> IdMap {
        let (its, ours) =
            (text(procfs, &format!("{pid}/{name}")), text(procfs, &format!("self/{name}")));
        let link = |pid: &str| readlinkat(procfs, format!("{pid}/ns/user").as_str()).ok();
        let is_same = match (link(&pid.to_string()), link("self")) {
            (Some(its), Some(ours)) => its == ours,
            _ => its == ours,
        };
        // The map of one's own namespace is told in the numbers of its parent.
        if is_same { IdMap::default() } else { IdMap::parse(&its) }
    }

    fn parse(text: &str) -> IdMap {
        let ranges = text.lines().filter_map(|line| {
            let numbers: Vec<u32> =
                line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
            numbers.try_into().ok()
        });
        IdMap { ranges: ranges.collect() }
    }
}

/// How the target numbers the owners of its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Owners {
    /// Users.
    pub(super) uids: IdMap,
    /// Groups.
    pub(super) gids: IdMap,
}

impl Owners {
    /// `stat` as the target would get it.
    pub(super) fn as_seen_inside(&self, mut stat: FileStat) -> FileStat {
        stat.st_uid = self.uids.inside(stat.st_uid);
        stat.st_gid = self.gids.inside(stat.st_gid);
        stat
    }
}

fn text(procfs: &OwnedFd, path: &str) -> String {
    let mut text = String::new();
    if let Ok(fd) = openat(procfs, path, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()) {
        // 340 lines at most, the kernel's own limit.
        let _ = File::from(fd).take(64 << 10).read_to_string(&mut text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_this_machine_are_told_as_the_namespace_numbers_them() {
        let map =
            IdMap::parse("         0       1000          1\n         1     100000      65536\n");
        assert_eq!((map.inside(1000), map.inside(100_000), map.inside(165_535)), (0, 1, 65536));
        assert_eq!((map.inside(0), map.inside(165_536)), (OVERFLOW, OVERFLOW));
        assert_eq!(
            (map.outside(0), map.outside(1), map.outside(70_000)),
            (1000, 100_000, OVERFLOW)
        );
        assert_eq!((IdMap::default().inside(7), IdMap::default().outside(7)), (7, 7));
    }
}
