//! Reading files of a procfs below an open directory.

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;

/// The most that is read of any one file below `/proc/PID`: argv and environ may be 2 MiB and more.
pub(super) const LIMIT: u64 = 16 << 20;

/// A whole file, up to [`LIMIT`].
pub(super) fn read_at(dir: &OwnedFd, name: &str) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    read_at_into(dir, name, LIMIT, &mut bytes)?;
    Ok(bytes)
}

/// A file of up to `limit` bytes into `buffer`, which is emptied first.
pub(super) fn read_at_into(
    dir: &OwnedFd,
    name: &str,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Result<(), Errno> {
    buffer.clear();
    // Most files of a procfs fit: one read, and one that finds the end.
    buffer.reserve(4096);
    let fd = openat(dir, name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let read = File::from(fd).take(limit).read_to_end(buffer);
    read.map_err(|e| Errno::from_raw(e.raw_os_error().unwrap_or(libc::EIO)))?;
    Ok(())
}

/// As [`read_at_into`], where a read that leaves room is known to be the last one.
pub(super) fn read_record_at(
    dir: &OwnedFd,
    name: &str,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Result<(), Errno> {
    let fd = openat(dir, name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    buffer.clear();
    loop {
        let end = buffer.len();
        // What is larger takes fewer and fewer calls.
        let room = end.max(4096).min(limit.saturating_sub(end));
        buffer.resize(end + room, 0);
        let read = loop {
            match nix::unistd::read(&fd, buffer.get_mut(end..).unwrap_or_default()) {
                Err(Errno::EINTR) => {}
                read => break read,
            }
        };
        buffer.truncate(end + *read.as_ref().unwrap_or(&0));
        if read? < room || room == 0 {
            return Ok(());
        }
    }
}
