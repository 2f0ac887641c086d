//! Symbolic links without an allocation (readlinkat(2)).

use nix::errno::Errno;
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd};

/// What the link `name` in `dir` says, in `room`; cut where that is full.
pub fn read<'a>(dir: impl AsFd, name: &CStr, room: &'a mut [u8]) -> Result<&'a [u8], Errno> {
    let dir = dir.as_fd().as_raw_fd();
    // SAFETY: `name` ends in a zero, and the call writes at most `room.len()` bytes to `room`.
    let written =
        unsafe { libc::readlinkat(dir, name.as_ptr(), room.as_mut_ptr().cast(), room.len()) };
    let written = Errno::result(written)?;
    Ok(room.get(..written as usize).unwrap_or_default())
}
