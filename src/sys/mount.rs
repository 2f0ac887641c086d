//! Detached mounts (open_tree(2), mount_setattr(2); Linux 5.2 and 5.12): a file or tree that is reachable by its
//! descriptor only.

use nix::errno::Errno;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// A read-only, no-set-id, no-device clone of the file or directory that `file` is, attached nowhere.
///
/// Needs CAP_SYS_ADMIN in the user namespace that owns this mount namespace.
pub fn read_only_clone(file: impl AsFd) -> io::Result<OwnedFd> {
    let raw = file.as_fd().as_raw_fd();
    let flags =
        libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | libc::AT_EMPTY_PATH as libc::c_uint;
    // SAFETY: the path is an empty C string, which AT_EMPTY_PATH allows; the result is checked.
    let fd = unsafe { libc::syscall(libc::SYS_open_tree, raw, c"".as_ptr(), flags) };
    let fd = Errno::result(fd)?;
    // SAFETY: the kernel just made this descriptor and nobody else owns it.
    let tree = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    let flags = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
    set_attributes(&tree, flags, 0)?;
    Ok(tree)
}

/// Takes read-only off the mount that `file` is in: what a hostile target would try on an injected program.
#[cfg(test)]
pub(crate) fn make_writable(file: impl AsFd) -> io::Result<()> {
    set_attributes(file, 0, libc::MOUNT_ATTR_RDONLY)
}

fn set_attributes(file: impl AsFd, set: u64, clear: u64) -> io::Result<()> {
    let attr = libc::mount_attr { attr_set: set, attr_clr: clear, propagation: 0, userns_fd: 0 };
    // SAFETY: `attr` lives through the call and its size is given.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            file.as_fd().as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    Errno::result(rc)?;
    Ok(())
}
