//! The way in by the machine: the target is a process here, and its handles come from this machine's procfs.

use super::idmap::Owners;
use super::rights::{self, Access};
use super::{
    Handle, IdMap, Identity, Missing, Namespace, Net, Preflight, Proc, Root, Target, View,
};
use crate::error::{Error, Result, ResultExt, reason};
use crate::exit::Exit;
use crate::output::{Text, quote};
use crate::sys::pidfd;
use caps::Capability;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open as open_path, openat, readlinkat};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::{Mode, fstatat};
use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The kinds of namespaces as `/proc/PID/ns` names them.
const NAMESPACES: [&str; 8] = ["mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time"];

/// How far a container's start by its engine and its main process's start by the kernel may lie apart, in seconds.
const START_TOLERANCE: i64 = 5;

/// Opens every handle on the process of `target` that this process may have, then gives up the rights that `access`
/// does not need.
///
/// What it may not have is missing in the view, with the reason. It is an error only when there is no such process,
/// or when it is not the target's any more.
pub fn open(target: Target, access: Access) -> Result<View> {
    let Some(pid) = target.pid else {
        return Err(Error::new(target.state_text())
            .hint("dbg attaches to a container that runs or is paused")
            .exit(Exit::DBG));
    };
    let fatal = |error: Error| error.exit(Exit::DBG);
    let procfs = procfs().map_err(fatal)?;
    // Held first: from here on the number can't come to mean another process unnoticed.
    let pidfd = pidfd::open(pid).context(|| format!("process {pid}")).map_err(fatal)?;
    let mut who = identity(&procfs, pid).context(|| format!("process {pid}")).map_err(fatal)?;
    check_is_target(&procfs, pid, &target, &who).map_err(fatal)?;
    let mut preflight = Preflight::of(&procfs, pid, &who);
    let root = directory(&procfs, &format!("{pid}/root"));
    if root.is_ok() {
        preflight.was_allowed();
    }
    let denied = |what: &str, errno: Errno| match errno {
        Errno::EACCES | Errno::EPERM => preflight.denial(what, &who),
        errno => Missing::new(format!("{what}: {}", reason(errno))),
    };
    let root = root.map(Root::new).map_err(|errno| denied(&format!("/proc/{pid}/root"), errno));
    let root = match join_user(&procfs, pid) {
        // From here on the kernel numbers owners for us as it does for the target.
        true => root,
        false => root.map(|root| {
            root.with_owners(Owners { uids: who.uid_map.clone(), gids: who.gid_map.clone() })
        }),
    };
    let net = join_net(&procfs, pid, &denied);
    who.hostname = super::hostname::of(&procfs, pid).map(Text);
    let proc = Proc::new(procfs, pid).map_err(|error| Missing::new(error.to_string()));
    // Last of all: until now every number meant the process that the pidfd holds.
    if !pidfd::is_alive(&pidfd) {
        return Err(Error::new(format!("process {pid} has just ended")).exit(Exit::DBG));
    }
    rights::drop_to(access)?;
    Ok(View {
        target,
        root,
        proc,
        net,
        who: Ok(who),
        preflight: Some(preflight),
        pidfd: Some(pidfd),
        writable: access.write,
        environ: RefCell::default(),
    })
}

/// This machine's procfs, and certainly a procfs.
pub(super) fn procfs() -> Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let dir = open_path("/proc", flags, Mode::empty()).context(|| "/proc")?;
    let kind = nix::sys::statfs::fstatfs(&dir).context(|| "/proc")?.filesystem_type();
    if kind != nix::sys::statfs::PROC_SUPER_MAGIC {
        return Err(Error::new("/proc is not a procfs"));
    }
    Ok(dir)
}

fn directory(procfs: &OwnedFd, path: &str) -> Result<OwnedFd, Errno> {
    openat(procfs, path, OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
}

fn read(procfs: &OwnedFd, path: &str) -> Result<Vec<u8>, Errno> {
    let fd = openat(procfs, path, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let mut bytes = Vec::new();
    let done = File::from(fd).take(4 << 20).read_to_end(&mut bytes);
    done.map_err(|e| Errno::from_raw(e.raw_os_error().unwrap_or(libc::EIO)))?;
    Ok(bytes)
}

/// Everything that `/proc/PID` tells of who the process is, as far as we may read it.
pub(super) fn identity(procfs: &OwnedFd, pid: i32) -> Result<Identity> {
    let mut who = Identity::parse_status(&read(procfs, &format!("{pid}/status"))?)?;
    who.uid_map = IdMap::read(procfs, pid, "uid_map");
    who.gid_map = IdMap::read(procfs, pid, "gid_map");
    who.environ = read(procfs, &format!("{pid}/environ")).ok().map(|bytes| {
        bytes.split(|b| *b == 0).filter(|var| !var.is_empty()).map(Text::from).collect()
    });
    who.cwd = working_directory(procfs, pid).map(Text);
    who.cgroup = read(procfs, &format!("{pid}/cgroup"))
        .unwrap_or_default()
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(Text::from)
        .collect();
    who.label = read(procfs, &format!("{pid}/attr/current")).ok().and_then(|label| {
        let label = confinement(&label);
        (!label.is_empty() && label != b"unconfined").then(|| Text::from(label))
    });
    who.namespaces = NAMESPACES
        .iter()
        .filter_map(|kind| {
            let inode = namespace(procfs, &pid.to_string(), kind)?;
            let is_host = namespace(procfs, "self", kind) == Some(inode);
            Some(Namespace { kind, inode, is_host })
        })
        .collect();
    Ok(who)
}

/// The label in an `attr/current`: without SELinux's NUL, and without the mode that AppArmor puts behind a profile.
fn confinement(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_end();
    let text = text.strip_suffix(b"\0").unwrap_or(text);
    match text.strip_suffix(b")").and_then(|text| text.windows(2).rposition(|pair| pair == b" (")) {
        Some(mode) => &text[..mode],
        None => text,
    }
}

/// Where a process works, below its own root. The kernel tells both from the root of the mount namespace, which is not
/// the root of a process in a chroot.
fn working_directory(procfs: &OwnedFd, pid: i32) -> Option<Vec<u8>> {
    let link = |name: &str| readlinkat(procfs, format!("{pid}/{name}").as_str()).ok();
    let (root, cwd) = (PathBuf::from(link("root")?), PathBuf::from(link("cwd")?));
    let below = cwd.strip_prefix(&root).ok()?;
    Some(Path::new("/").join(below).into_os_string().into_vec())
}

/// The inode of a namespace of `pid` (a number or `self`), where the link may be read.
pub(super) fn namespace(procfs: &OwnedFd, pid: &str, kind: &str) -> Option<u64> {
    let link = readlinkat(procfs, format!("{pid}/ns/{kind}").as_str()).ok()?;
    link.to_str()?.split_once('[')?.1.strip_suffix(']')?.parse().ok()
}

/// That the process is the one the engine meant: the engine may run on another machine, or the process may have ended
/// and its number gone to another.
fn check_is_target(procfs: &OwnedFd, pid: i32, target: &Target, who: &Identity) -> Result<()> {
    let Some(container) = &target.container else { return Ok(()) };
    let id = container.id.as_bytes();
    let in_cgroup = |line: &Text| !id.is_empty() && line.0.windows(id.len()).any(|w| w == id);
    if who.cgroup.iter().any(in_cgroup) {
        return Ok(());
    }
    let started = start_time(procfs, pid);
    match (started, container.started) {
        (Some(ours), Some(theirs)) if (ours - theirs).abs() <= START_TOLERANCE => Ok(()),
        _ => Err(Error::new(format!(
            "container {} runs as process {pid} of another machine ({} at {})",
            quote(&target.label),
            container.engine,
            container.endpoint
        ))
        .hint(
            "run dbg on the machine of that engine; if dbg itself is in a container, give that the \
             host's PID namespace (--pid=host)",
        )),
    }
}

/// When a process started, in seconds since 1970.
fn start_time(procfs: &OwnedFd, pid: i32) -> Option<i64> {
    let stat = super::Stat::parse(&read(procfs, &format!("{pid}/stat")).ok()?)?;
    let boot = read(procfs, "stat").ok()?;
    let boot = String::from_utf8_lossy(&boot);
    let boot: i64 = boot.lines().find_map(|l| l.strip_prefix("btime "))?.trim().parse().ok()?;
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok()??;
    Some(boot + i64::try_from(stat.start).ok()? / ticks)
}

/// Joins the target's user namespace when that is where our rights come from: an ordinary user who owns it has every
/// capability in it once inside, and none of them outside. Reading files of its other ids takes that. Whether it did.
fn join_user(procfs: &OwnedFd, pid: i32) -> bool {
    if rights::has(Capability::CAP_SYS_ADMIN) {
        return false;
    }
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    // Refused for a namespace that is not ours, and for the one we are in: both leave us as we were.
    openat(procfs, format!("{pid}/ns/user").as_str(), flags, Mode::empty())
        .is_ok_and(|fd| setns(fd, CloneFlags::CLONE_NEWUSER).is_ok())
}

/// Whether process `pid` is in the network namespace of this process.
///
/// The link that names it takes the right to trace the process (ptrace(2)); the tables below `net` do not, and each
/// namespace has some of its own, by inode number.
fn shares_net(procfs: &OwnedFd, pid: i32) -> bool {
    let inode = |whose: &str| {
        let path = format!("{whose}/net/dev");
        fstatat(procfs, path.as_str(), AtFlags::empty()).ok().map(|stat| stat.st_ino)
    };
    let pid = pid.to_string();
    let (theirs, ours) = match namespace(procfs, &pid, "net") {
        Some(theirs) => (Some(theirs), namespace(procfs, "self", "net")),
        None => (inode(&pid), inode("self")),
    };
    theirs.is_some() && theirs == ours
}

fn join_net(procfs: &OwnedFd, pid: i32, denied: &dyn Fn(&str, Errno) -> Missing) -> Handle<Net> {
    let path = format!("{pid}/ns/net");
    if shares_net(procfs, pid) {
        return Ok(Net { is_host: true });
    }
    let fd = openat(procfs, path.as_str(), OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())
        .map_err(|errno| denied(&format!("/proc/{path}"), errno))?;
    setns(fd, CloneFlags::CLONE_NEWNET).map_err(|errno| match errno {
        Errno::EPERM => Missing {
            why: "joining the target's network namespace needs CAP_SYS_ADMIN".into(),
            hint: Some("run dbg with sudo".into()),
        },
        errno => Missing::new(format!("/proc/{path}: {}", reason(errno))),
    })?;
    Ok(Net { is_host: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Container;

    fn checked(id: &str, started: Option<i64>) -> Result<()> {
        let procfs = procfs().unwrap();
        let pid = std::process::id() as i32;
        let who = Identity {
            cgroup: vec![Text::from("0::/docker/feedbeef0123")],
            ..identity(&procfs, pid).unwrap()
        };
        let container = Container {
            id: id.into(),
            started,
            engine: "docker".into(),
            endpoint: "tcp://192.0.2.1:2375".into(),
            ..Container::default()
        };
        let target =
            Target { label: "web".into(), container: Some(container), ..Target::default() };
        check_is_target(&procfs, pid, &target, &who)
    }

    #[test]
    fn a_process_in_the_containers_cgroup_or_of_its_age_is_the_containers() {
        let started = start_time(&procfs().unwrap(), std::process::id() as i32);
        checked("feedbeef0123", None).unwrap();
        checked("0123456789ab", started).unwrap();
    }

    #[test]
    fn a_label_is_told_without_its_mode() {
        assert_eq!(confinement(b"docker-default (enforce)\n"), b"docker-default");
        assert_eq!(confinement(b"/usr/bin/my (odd) name (complain)\n"), b"/usr/bin/my (odd) name");
        let selinux = b"system_u:system_r:container_t:s0:c1,c2";
        assert_eq!(confinement(&[selinux, &b"\0"[..]].concat()), selinux);
        assert_eq!(confinement(b"unconfined\n"), b"unconfined");
    }

    #[test]
    fn another_process_of_that_number_is_not_the_containers() {
        let error = checked("0123456789ab", Some(0)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("of another machine (docker at tcp://192.0.2.1:2375)"), "{text}");
        assert!(checked("", None).is_err());
    }
}
