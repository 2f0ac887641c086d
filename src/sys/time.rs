//! Calendar time (gmtime(3)).

use libc::tm;

/// Seconds since 1970 as a date and time in UTC; `None` for a year out of range.
pub fn utc(seconds: i64) -> Option<tm> {
    // SAFETY: `tm` is plain integers and a pointer that may be null.
    let mut out: tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to locals that live through the call.
    let done = unsafe { libc::gmtime_r(&raw const seconds, &raw mut out) };
    (!done.is_null()).then_some(out)
}
