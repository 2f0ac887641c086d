//! The members that the operands mean.

use crate::tools::glob::{self, Options};

/// Which members are meant.
pub(super) struct Wanted<'a> {
    pub(super) names: Vec<&'a [u8]>,
    pub(super) found: Vec<bool>,
}

/// A name without the slashes at its end.
pub(super) fn trimmed(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|byte| *byte != b'/').map_or(name.len().min(1), |at| at + 1);
    name.get(..end).unwrap_or(name)
}

impl Wanted<'_> {
    /// Whether `member` is one of them.
    pub(super) fn has(&mut self, member: &[u8]) -> bool {
        if self.names.is_empty() {
            return true;
        }
        let member = trimmed(member);
        let mut is_wanted = false;
        for (name, found) in self.names.iter().zip(&mut self.found) {
            let below = member.strip_prefix(*name);
            let is_below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
            // A pattern that matches a directory means what is below it, too.
            let matches = || {
                let slashes = memchr::memchr_iter(b'/', member).chain([member.len()]).take(256);
                slashes.into_iter().any(|end| {
                    member
                        .get(..end)
                        .is_some_and(|part| glob::matches(name, part, Options::default()))
                })
            };
            let is_pattern = name.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
            if is_below || is_pattern && matches() {
                (*found, is_wanted) = (true, true);
            }
        }
        is_wanted
    }
}
