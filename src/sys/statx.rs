//! statx(2), Linux 4.11: what stat(2) does not tell of a file.

use nix::errno::Errno;
use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};

/// What is known of a file without asking whoever serves its file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Type and permissions, as in `st_mode`.
    pub mode: u32,
    /// Hard links; 0 for a deleted file.
    pub links: u32,
    /// Major and minor number of the file system's device.
    pub device: (u32, u32),
    /// Major and minor number that a device node stands for.
    pub node: (u32, u32),
    /// Inode number.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
}

/// What the kernel has in its memory of `path` (or, if that is empty, of `dir`), links followed (AT_STATX_DONT_SYNC): a
/// FUSE daemon of a target or a server that is gone is not waited for.
pub fn known(dir: impl AsFd, path: &CStr) -> io::Result<Known> {
    // An empty path is the file that `dir` is.
    let flags = libc::AT_STATX_DONT_SYNC | libc::AT_EMPTY_PATH;
    let facts = statx(dir, path, flags, libc::STATX_BASIC_STATS)?;
    Ok(Known {
        mode: facts.stx_mode.into(),
        links: facts.stx_nlink,
        device: (facts.stx_dev_major, facts.stx_dev_minor),
        node: (facts.stx_rdev_major, facts.stx_rdev_minor),
        inode: facts.stx_ino,
        size: facts.stx_size,
    })
}

/// When the file behind `file` (an O_PATH descriptor will do) was created, in seconds and nanoseconds since 1970;
/// `None` where the file system does not keep it.
pub fn birth(file: impl AsFd) -> io::Result<Option<(i64, i64)>> {
    let facts = statx(file, c"", libc::AT_EMPTY_PATH, libc::STATX_BTIME)?;
    let has_birth = facts.stx_mask & libc::STATX_BTIME != 0;
    Ok(has_birth.then(|| (facts.stx_btime.tv_sec, i64::from(facts.stx_btime.tv_nsec))))
}

fn statx(dir: impl AsFd, path: &CStr, flags: i32, mask: u32) -> io::Result<libc::statx> {
    let mut facts = MaybeUninit::<libc::statx>::zeroed();
    // SAFETY: `path` is a C string, empty only where the flags allow it; the kernel writes one statx into `facts`.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_statx,
            dir.as_fd().as_raw_fd(),
            path.as_ptr(),
            flags,
            mask,
            facts.as_mut_ptr(),
        )
    };
    Errno::result(rc)?;
    // SAFETY: zeroed before the call and all of it plain numbers, so it is a value whatever the kernel filled in.
    Ok(unsafe { facts.assume_init() })
}
