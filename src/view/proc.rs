//! The processes of a target, by a procfs that the target has no hand in.
//!
//! The procfs is the machine's (or, in a sidecar, our own container's), held open. From it the processes of the
//! target's PID namespace are picked, and their numbers are shown as the target sees them (NSpid, pid_namespaces(7)).
//! The target's own `/proc` is never asked.

use super::facts::ns_pids;
use super::read::{LIMIT, read_at, read_at_into, read_record_at};
use super::{Cgroups, Facts, FileType, IdMap, Identity, Stat};
use crate::error::{Error, Result, ResultExt};
use crate::output::order;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::Mode;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;

/// The processes of one PID namespace.
#[derive(Debug)]
pub struct Proc {
    dir: OwnedFd,
    /// How many PID namespaces lie between our procfs and the target: the index into NSpid.
    level: usize,
    /// The target's PID namespace by inode; `None` when the link may not be read.
    namespace: Option<u64>,
    /// That namespace, held: the kernel may give its inode number to another one otherwise.
    _held: Option<OwnedFd>,
    /// The target's main process, held by its directory.
    main: OwnedFd,
    main_pid: i32,
}

/// One process of a target, held by its directory: reads fail once it is gone and never turn to a successor.
#[derive(Debug)]
pub struct Process {
    /// Its number in the target's PID namespace.
    pub pid: i32,
    /// Its number in the procfs that is read.
    pub host_pid: i32,
    dir: OwnedFd,
    level: usize,
    /// `/proc/PID/status`, once it was read.
    status: OnceCell<Vec<u8>>,
}

impl Proc {
    /// The PID namespace of process `main` of the procfs open at `dir`.
    pub fn new(dir: OwnedFd, main_pid: i32) -> Result<Proc> {
        let main = main_pid;
        let status =
            read_at(&dir, &format!("{main}/status")).context(|| format!("/proc/{main}/status"))?;
        let level = Identity::parse_status(&status)?.ns_pids.len().saturating_sub(1);
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let held = openat(&dir, format!("{main}/ns/pid").as_str(), flags, Mode::empty()).ok();
        let namespace = ns_inode(&dir, main);
        let main =
            openat(&dir, main.to_string().as_str(), flags | OFlag::O_DIRECTORY, Mode::empty())
                .context(|| format!("process {main_pid}"))?;
        Ok(Proc { dir, level, namespace, _held: held, main, main_pid })
    }

    /// The target's main process.
    pub fn main(&self) -> Result<Process> {
        let gone = || format!("process {}", self.main_pid);
        let process = self.held(self.main.try_clone().context(gone)?, self.main_pid);
        process.context(gone)
    }

    /// Every process of the target, ordered by number. One that ends meanwhile is left out.
    ///
    /// Holds a descriptor for each: [`Proc::iter`] is for loops over all of them.
    pub fn processes(&self) -> Result<Vec<Process>> {
        let mut found: Vec<Process> = self.iter()?.collect();
        order::sort_by_key(&mut found, |process| process.pid);
        Ok(found)
    }

    /// Every process of the target in the order of the procfs, opened one at a time. One that ends meanwhile is
    /// left out.
    pub fn iter(&self) -> Result<impl Iterator<Item = Process> + '_> {
        let pids = self.host_pids()?;
        let relatives = OnceCell::new();
        let is_inside = move |pid: i32, all: &[i32]| {
            // The procfs shows this very namespace and what is nested in it.
            if self.level == 0 {
                return true;
            }
            match (ns_inode(&self.dir, pid), self.namespace) {
                (Some(its), Some(ours)) => its == ours || self.is_nested(pid),
                _ => relatives.get_or_init(|| self.relatives(all)).contains(&pid),
            }
        };
        Ok((0..pids.len()).filter_map(move |i| {
            is_inside(pids[i], &pids).then(|| self.by_host_pid(pids[i]).ok()).flatten()
        }))
    }

    /// The process that the target numbers `pid`.
    pub fn process(&self, pid: i32) -> Result<Process> {
        if self.level == 0 {
            return self.by_host_pid(pid);
        }
        self.iter()?
            .find(|process| process.pid == pid)
            .ok_or_else(|| Error::from(Errno::ESRCH).context(format!("process {pid}")))
    }

    /// The target's numbers by the numbers of the procfs, of all its processes now.
    pub fn numbers(&self) -> Result<HashMap<i32, i32>> {
        Ok(self.iter()?.map(|process| (process.host_pid, process.pid)).collect())
    }

    /// Whether a process, by its number in the procfs, lives in the target's PID namespace itself; yes when unknown.
    pub fn contains(&self, host_pid: i32) -> bool {
        self.namespace.is_none() || ns_inode(&self.dir, host_pid) == self.namespace
    }

    /// The cgroups of the main process.
    pub fn cgroups(&self) -> Result<Cgroups> {
        Cgroups::open(&self.dir, self.main_pid)
    }

    /// The cgroups of `process`.
    pub fn cgroups_of(&self, process: &Process) -> Result<Cgroups> {
        Cgroups::open(&self.dir, process.host_pid)
    }

    /// A file of the procfs that belongs to no process: `stat`, `uptime`, `meminfo`.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        read_at(&self.dir, name).context(|| format!("/proc/{name}"))
    }

    /// The inode of the namespace that this process is in now; `None` where the kernel has no such `kind`.
    pub fn own_namespace(&self, kind: &str) -> Option<u64> {
        super::host::namespace(&self.dir, "self", kind)
    }

    /// How many threads real user `uid` has here, in the target or not: RLIMIT_NPROC counts them all.
    pub fn threads_of(&self, uid: u32) -> Result<u64> {
        let count = |pid: i32| {
            let status = read_at(&self.dir, &format!("{pid}/status")).ok()?;
            super::facts::threads_of(&status, uid)
        };
        Ok(self.host_pids()?.into_iter().filter_map(count).sum())
    }

    /// How the main process's user namespace numbers this machine's user ids.
    pub fn uid_map(&self) -> IdMap {
        IdMap::read(&self.dir, self.main_pid, "uid_map")
    }

    /// How the main process's user namespace numbers this machine's group ids.
    pub fn gid_map(&self) -> IdMap {
        IdMap::read(&self.dir, self.main_pid, "gid_map")
    }

    fn host_pids(&self) -> Result<Vec<i32>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let dir = openat(&self.dir, c".", flags, Mode::empty()).context(|| "/proc")?;
        Ok(nix::dir::Dir::from_fd(dir)?
            .into_iter()
            .filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok())
            .collect())
    }

    fn by_host_pid(&self, host_pid: i32) -> Result<Process> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let gone = || format!("process {host_pid}");
        let dir = openat(&self.dir, host_pid.to_string().as_str(), flags, Mode::empty())
            .map_err(|errno| if errno == Errno::ENOENT { Errno::ESRCH } else { errno })
            .context(gone)?;
        self.held(dir, host_pid).context(gone)
    }

    /// The process that the directory `dir` holds.
    fn held(&self, dir: OwnedFd, host_pid: i32) -> Result<Process, Errno> {
        let (level, status) = (self.level, OnceCell::new());
        let mut process = Process { pid: host_pid, host_pid, dir, level, status };
        if self.level > 0 {
            let pids = ns_pids(process.status_text()?);
            process.pid = *pids.get(self.level).ok_or(Errno::ESRCH)?;
        }
        Ok(process)
    }

    /// Whether a process lives in a PID namespace made inside the target's, and so is seen by the target too.
    fn is_nested(&self, pid: i32) -> bool {
        let Ok(status) = read_at(&self.dir, &format!("{pid}/status")) else { return false };
        ns_pids(&status).len() > self.level + 1 && self.has_ancestor_inside(pid)
    }

    fn has_ancestor_inside(&self, mut pid: i32) -> bool {
        // A chain longer than this is no chain of a live process table.
        for _ in 0..4096 {
            let Ok(bytes) = read_at(&self.dir, &format!("{pid}/stat")) else { return false };
            match Stat::parse(&bytes) {
                Some(stat) if stat.ppid > 0 => pid = stat.ppid,
                _ => return false,
            }
            if ns_inode(&self.dir, pid) == self.namespace {
                return true;
            }
        }
        false
    }

    /// Of processes whose namespace links may not be read, those of the target: the ones that descend from its
    /// first process or share the main process's cgroup, as a process started by the engine does.
    fn relatives(&self, pids: &[i32]) -> HashSet<i32> {
        let cgroup = read_at(&self.dir, &format!("{}/cgroup", self.main_pid)).unwrap_or_default();
        let in_container = cgroup
            .split(|b| *b == b'\n')
            .any(|line| line.splitn(3, |b| *b == b':').nth(2).is_some_and(|path| path.len() > 1));
        let is_candidate = |pid: i32| {
            read_at(&self.dir, &format!("{pid}/status"))
                .is_ok_and(|status| ns_pids(&status).len() > self.level)
        };
        let parent =
            |pid: i32| Some(Stat::parse(&read_at(&self.dir, &format!("{pid}/stat")).ok()?)?.ppid);
        let parents: HashMap<i32, i32> = pids
            .iter()
            .filter(|pid| is_candidate(**pid))
            .filter_map(|pid| Some((*pid, parent(*pid)?)))
            .collect();
        let mut first = self.main_pid;
        while let Some(parent) = parents.get(&first).filter(|parent| parents.contains_key(parent)) {
            first = *parent;
        }
        let mut inside = HashSet::from([first]);
        loop {
            let before = inside.len();
            let children = parents.iter().filter(|(_, up)| inside.contains(up));
            let children: Vec<i32> = children.map(|(pid, _)| *pid).collect();
            inside.extend(children);
            if inside.len() == before {
                break;
            }
        }
        let same_cgroup = |pid: &&i32| {
            in_container
                && read_at(&self.dir, &format!("{pid}/cgroup")).is_ok_and(|other| other == cgroup)
        };
        inside.extend(parents.keys().filter(same_cgroup));
        inside
    }
}

impl AsFd for Proc {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

impl Process {
    /// A whole file below `/proc/PID`, up to 16 MiB.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Errno> {
        read_at(&self.dir, name)
    }

    /// Reads a file below `/proc/PID` into `buffer`, which is emptied first: for loops over many processes.
    pub fn read_into(&self, name: &str, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        read_at_into(&self.dir, name, LIMIT, buffer)
    }

    /// As [`Process::read_into`], at most `limit` bytes.
    pub fn read_some(&self, name: &str, limit: u64, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        read_at_into(&self.dir, name, limit, buffer)
    }

    /// As [`Process::read_some`], for a file that the kernel makes as one piece (`stat`, `status`, `cmdline`): a read
    /// that leaves room was the last one, which saves a call for each process.
    pub fn read_record(&self, name: &str, limit: u64, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        read_record_at(&self.dir, name, limit, buffer)
    }

    /// A file below `/proc/PID`, to be read as it comes: for those that may be larger than what [`Process::read`]
    /// takes.
    pub fn open(&self, name: &str) -> Result<File, Errno> {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        openat(&self.dir, name, flags, Mode::empty()).map(File::from)
    }

    /// `/proc/PID/stat`.
    pub fn stat(&self) -> Result<Stat, Errno> {
        Stat::parse(&self.read("stat")?).ok_or(Errno::ESRCH)
    }

    /// Credentials, capability sets, namespaced PIDs from `/proc/PID/status`.
    pub fn status(&self) -> Result<Identity> {
        Identity::parse_status(&self.read("status")?)
    }

    /// The facts of `/proc/PID/status`, which is read at most once.
    pub fn facts(&self) -> Result<Facts, Errno> {
        Facts::parse(self.status_text()?, self.level).ok_or(Errno::ESRCH)
    }

    /// Whether [`Process::facts`] costs no more reading: `status` was read to learn the target's number.
    pub fn has_facts(&self) -> bool {
        self.status.get().is_some()
    }

    /// Effective user and group id, as this machine numbers them.
    ///
    /// The kernel gives the directory to them even where the files in it are root's, as those of a process that is
    /// not dumpable (proc(5)); to ask costs far less than `status`.
    pub fn owner(&self) -> Result<(u32, u32), Errno> {
        let stat = nix::sys::stat::fstat(&self.dir)?;
        Ok((stat.st_uid, stat.st_gid))
    }

    /// The number that the target has for thread `tid` (a name in `task`) of this process.
    pub fn thread_number(&self, tid: i32) -> Result<i32, Errno> {
        if self.level == 0 {
            return Ok(tid);
        }
        let status = self.read(&format!("task/{tid}/status"))?;
        ns_pids(&status).get(self.level).copied().ok_or(Errno::ESRCH)
    }

    fn status_text(&self) -> Result<&[u8], Errno> {
        if let Some(status) = self.status.get() {
            return Ok(status);
        }
        let mut status = Vec::new();
        read_record_at(&self.dir, "status", LIMIT, &mut status)?;
        Ok(self.status.get_or_init(|| status))
    }

    /// A link below `/proc/PID`: `exe`, `cwd`, `fd/3`, `ns/net`.
    pub fn readlink(&self, name: &str) -> Result<Vec<u8>, Errno> {
        Ok(readlinkat(&self.dir, name)?.into_vec())
    }

    /// The numbers in a directory below `/proc/PID`: `fd`, `task`.
    pub fn numbers(&self, name: &str) -> Result<Vec<i32>, Errno> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let dir = openat(&self.dir, name, flags, Mode::empty())?;
        Ok(nix::dir::Dir::from_fd(dir)?
            .into_iter()
            .filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok())
            .collect())
    }

    /// What `mode` bits of an open descriptor's link say; see fd(5).
    pub fn kind(&self, name: &str) -> Result<FileType, Errno> {
        let stat = nix::sys::stat::fstatat(&self.dir, name, nix::fcntl::AtFlags::empty())?;
        Ok(FileType::of_mode(stat.st_mode))
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

/// The inode of process `pid`'s PID namespace, where the link may be read.
fn ns_inode(dir: &OwnedFd, pid: i32) -> Option<u64> {
    let link = readlinkat(dir, format!("{pid}/ns/pid").as_str()).ok()?;
    link.to_str()?.strip_prefix("pid:[")?.strip_suffix(']')?.parse().ok()
}
