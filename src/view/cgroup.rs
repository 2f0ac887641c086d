//! The target's cgroups (cgroups(7)): their directories in this machine's cgroup file systems, held open.
//!
//! Which group a process is in is told by `/proc/PID/cgroup`, where its hierarchy is mounted by our own
//! `/proc/self/mountinfo`. What the target has mounted is never asked.

use super::{Handle, Missing, Mount};
use crate::error::{Result, ResultExt, reason};
use crate::output::{Text, quote};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The most that is read of a file: `memory.stat` and `io.stat` of a large machine have a few KiB.
const LIMIT: u64 = 256 << 10;

/// The cgroups of one process, one a hierarchy.
#[derive(Debug)]
pub struct Cgroups {
    groups: Vec<Cgroup>,
    unmounted: Vec<String>,
}

/// One cgroup.
#[derive(Debug)]
pub struct Cgroup {
    /// Controllers of a version 1 hierarchy (`memory`, `cpu`, `name=systemd`); none for version 2.
    pub controllers: Vec<String>,
    /// Its path, as this process's cgroup namespace has it.
    pub path: Text,
    /// How many groups are above it up to the one that is mounted.
    depth: usize,
    dir: Handle<OwnedFd>,
}

impl Cgroups {
    /// The cgroups of process `pid` of the procfs open at `procfs`.
    pub fn open(procfs: impl AsFd, pid: i32) -> Result<Cgroups> {
        let read = |path: &str| read_at(&procfs, path).context(|| format!("/proc/{path}"));
        let mounts = Mount::parse_all(&read("self/mountinfo")?);
        let memberships = read(&format!("{pid}/cgroup"))?;
        let mut cgroups = Cgroups { groups: Vec::new(), unmounted: Vec::new() };
        for (controllers, path) in memberships.split(|b| *b == b'\n').filter_map(membership) {
            match place(&mounts, &controllers, &path) {
                Some((dir, depth)) => {
                    let dir = dir.and_then(|dir| directory(&dir));
                    cgroups.groups.push(Cgroup { controllers, path: Text(path), depth, dir });
                }
                None if controllers.is_empty() => cgroups.unmounted.push("version 2".into()),
                None => cgroups.unmounted.push(controllers.join(",")),
            }
        }
        Ok(cgroups)
    }

    /// The groups whose hierarchies are mounted on this machine.
    pub fn groups(&self) -> &[Cgroup] {
        &self.groups
    }

    /// The hierarchies that are not: their controllers, or `version 2`.
    pub fn unmounted(&self) -> &[String] {
        &self.unmounted
    }

    /// The version 2 group.
    pub fn unified(&self) -> Option<&Cgroup> {
        self.groups.iter().find(|group| group.controllers.is_empty())
    }

    /// The version 1 group of `controller`.
    pub fn legacy(&self, controller: &str) -> Option<&Cgroup> {
        self.groups.iter().find(|group| group.controllers.iter().any(|name| name == controller))
    }
}

impl Cgroup {
    /// Its directory, or why it can't be reached.
    pub fn dir(&self) -> Result<BorrowedFd<'_>, &Missing> {
        self.dir.as_ref().map(AsFd::as_fd)
    }

    /// A file of it; `None` when there is none of that name, as for a controller that is not on.
    pub fn read(&self, file: &str) -> Option<Vec<u8>> {
        read_at(self.dir.as_ref().ok()?, file).ok()
    }

    /// The file in it and in every group above it up to the one that is mounted.
    pub fn read_upwards(&self, file: &str) -> Vec<Vec<u8>> {
        let Ok(dir) = &self.dir else { return Vec::new() };
        let paths = (0..=self.depth).map(|level| format!("{}{file}", "../".repeat(level)));
        paths.filter_map(|path| read_at(dir, &path).ok()).collect()
    }
}

/// `ID:CONTROLLERS:PATH`.
fn membership(line: &[u8]) -> Option<(Vec<String>, Vec<u8>)> {
    let mut fields = line.splitn(3, |b| *b == b':').skip(1);
    let controllers = std::str::from_utf8(fields.next()?).ok()?;
    let controllers = controllers.split(',').filter(|name| !name.is_empty());
    Some((controllers.map(str::to_owned).collect(), fields.next()?.to_vec()))
}

/// Where the group `path` of the hierarchy with `controllers` (none for version 2) is in this machine's files, and how
/// deep below the mount; `None` when the hierarchy is not mounted.
fn place(
    mounts: &[Mount],
    controllers: &[String],
    path: &[u8],
) -> Option<(Handle<PathBuf>, usize)> {
    let path = Path::new(OsStr::from_bytes(path));
    let is_hierarchy = |mount: &&Mount| match controllers {
        [] => mount.fs_type.0 == b"cgroup2",
        names => {
            let has = |name: &String| {
                mount.fs_options.0.split(|b| *b == b',').any(|option| option == name.as_bytes())
            };
            mount.fs_type.0 == b"cgroup" && names.iter().all(has)
        }
    };
    let below = |mount: &Mount| {
        let rest = path.strip_prefix(OsStr::from_bytes(&mount.root.0)).ok()?;
        // A group outside our cgroup namespace is told with `..`.
        let is_plain = rest.components().all(|part| matches!(part, Component::Normal(_)));
        let point = Path::new(OsStr::from_bytes(&mount.target.0));
        is_plain.then(|| (Ok(point.join(rest)), rest.components().count()))
    };
    let mut mounted = mounts.iter().filter(is_hierarchy).peekable();
    mounted.peek()?;
    let out_of_reach = || {
        let why = format!("the cgroup {} is not below what is mounted here", quote(path));
        (Err(Missing::new(why)), 0)
    };
    Some(mounted.find_map(below).unwrap_or_else(out_of_reach))
}

fn directory(path: &Path) -> Handle<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    open(path, flags, Mode::empty())
        .map_err(|errno| Missing::new(format!("{}: {}", quote(path), reason(errno))))
}

fn read_at(dir: impl AsFd, path: &str) -> Result<Vec<u8>, Errno> {
    let fd = openat(&dir, path, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let mut bytes = Vec::new();
    let read = File::from(fd).take(LIMIT).read_to_end(&mut bytes);
    read.map_err(|e| Errno::from_raw(e.raw_os_error().unwrap_or(libc::EIO)))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &[u8] = b"30 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
        31 24 0:27 / /sys/fs/cgroup/systemd rw shared:5 - cgroup cgroup rw,name=systemd\n\
        32 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
        33 24 0:29 /docker/x /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";

    fn at(line: &str) -> Option<(String, usize)> {
        let (controllers, path) = membership(line.as_bytes()).unwrap();
        let (dir, depth) = place(&Mount::parse_all(MOUNTS), &controllers, &path)?;
        Some((dir.map_or_else(|missing| missing.why, |dir| dir.display().to_string()), depth))
    }

    #[test]
    fn each_hierarchy_is_found_by_its_controllers() {
        assert_eq!(at("0::/a/b").unwrap(), ("/sys/fs/cgroup/unified/a/b".into(), 2));
        assert_eq!(at("1:name=systemd:/").unwrap(), ("/sys/fs/cgroup/systemd/".into(), 0));
        assert_eq!(at("2:cpu,cpuacct:/x").unwrap(), ("/sys/fs/cgroup/cpu,cpuacct/x".into(), 1));
        assert_eq!(at("3:memory:/x"), None);
    }

    #[test]
    fn a_group_that_is_not_below_the_mount_is_said_so() {
        assert_eq!(at("4:pids:/docker/x/y:z").unwrap(), ("/sys/fs/cgroup/pids/y:z".into(), 1));
        for outside in ["4:pids:/docker/other", "0::/../other"] {
            let (why, _) = at(outside).unwrap();
            assert!(why.contains("is not below what is mounted here"), "{why}");
        }
    }
}
