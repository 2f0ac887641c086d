//! Extended attributes, which nix does not have.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd};

/// The longest value that is taken: contexts have a few dozen bytes.
const LIMIT: usize = 4096;

/// The extended attribute `name` of an open file; `None` when it has none, or one that is too long.
pub fn attribute(fd: impl AsFd, name: &CStr) -> Option<Vec<u8>> {
    let mut value = vec![0; LIMIT];
    // SAFETY: the descriptor is open, the name ends in NUL, and the buffer is as long as is said.
    let length = unsafe {
        libc::fgetxattr(
            fd.as_fd().as_raw_fd(),
            name.as_ptr(),
            value.as_mut_ptr().cast(),
            value.len(),
        )
    };
    value.truncate(usize::try_from(length).ok()?);
    Some(value)
}
