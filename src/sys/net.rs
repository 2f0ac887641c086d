//! Network interfaces (if_indextoname(3)).

use std::ffi::CStr;

/// The name of interface `index` in this process's network namespace; `None` when there is none of that number.
pub fn interface_name(index: u32) -> Option<Vec<u8>> {
    let mut name = [0u8; libc::IF_NAMESIZE];
    // SAFETY: the call writes at most IF_NAMESIZE bytes, which `name` has.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
    if found.is_null() {
        return None;
    }
    CStr::from_bytes_until_nul(&name).ok().map(|name| name.to_bytes().to_vec())
}
