//! Which processes of the target hold which sockets, by the links in `/proc/PID/fd`.

use super::socket::{Owner, Socket};
use crate::error::Result;
use crate::output::Text;
use crate::view::{Proc, Process};
use nix::errno::Errno;
use std::collections::HashMap;

/// Fills in the processes of `sockets`. Returns why some may be unknown, if so.
pub(super) fn find(proc: &Proc, sockets: &mut [Socket]) -> Result<Option<String>> {
    let mut owners: HashMap<u64, Vec<Owner>> =
        sockets.iter().filter(|s| s.inode != 0).map(|s| (s.inode, Vec::new())).collect();
    if owners.is_empty() {
        sockets.iter_mut().for_each(|socket| socket.processes = Some(Vec::new()));
        return Ok(None);
    }
    let mut denied = 0;
    for process in proc.iter()? {
        match process.numbers("fd") {
            // The folder is its owner's to list; the links in it need the right of ptrace (proc(5)).
            Ok(fds) => denied += usize::from(!look(&process, &fds, &mut owners)),
            Err(Errno::EACCES | Errno::EPERM) => denied += 1,
            // It has just ended.
            Err(_) => {}
        }
    }
    for socket in sockets {
        let found = owners.remove(&socket.inode).unwrap_or_default();
        let is_known = !found.is_empty() || denied == 0 || socket.inode == 0;
        socket.processes = is_known.then_some(found);
    }
    Ok((denied > 0).then(|| {
        format!(
            "/proc/PID/fd of {denied} process{} may not be read, which needs the same user and group or SYS_PTRACE",
            if denied == 1 { "" } else { "es" }
        )
    }))
}

/// Notes what of `owners` the process holds; `false` when its links may not be read.
fn look(process: &Process, fds: &[i32], owners: &mut HashMap<u64, Vec<Owner>>) -> bool {
    let mut name = None;
    for fd in fds {
        let link = match process.readlink(&format!("fd/{fd}")) {
            Ok(link) => link,
            Err(Errno::EACCES | Errno::EPERM) => return false,
            // It has just been closed.
            Err(_) => continue,
        };
        let Some(owners) = inode(&link).and_then(|inode| owners.get_mut(&inode)) else { continue };
        let name = name.get_or_insert_with(|| {
            let comm = process.read("comm").unwrap_or_default();
            // The name may hold newlines itself; the kernel adds the last one.
            Text::from(comm.strip_suffix(b"\n").unwrap_or(&comm))
        });
        owners.push(Owner { pid: process.pid, name: name.clone(), fd: *fd });
    }
    true
}

/// The number in `socket:[15873]`.
fn inode(link: &[u8]) -> Option<u64> {
    let number = link.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(number).ok()?.parse().ok()
}
