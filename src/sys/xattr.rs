//! Extended attributes (fgetxattr(2)).

use nix::errno::Errno;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// The attribute `name` of an open file, of at most `limit` bytes; `None` when it has none.
pub fn get(file: impl AsFd, name: &CStr, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut value = vec![0u8; limit];
    // SAFETY: the kernel writes at most `limit` bytes, which `value` has; `name` is a C string.
    let n = unsafe {
        libc::fgetxattr(
            file.as_fd().as_raw_fd(),
            name.as_ptr(),
            value.as_mut_ptr().cast(),
            value.len(),
        )
    };
    match Errno::result(n) {
        Ok(n) => {
            value.truncate(usize::try_from(n).unwrap_or(0));
            Ok(Some(value))
        }
        Err(Errno::ENODATA | Errno::EOPNOTSUPP) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}
