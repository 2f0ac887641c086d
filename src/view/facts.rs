//! The lines of `/proc/PID/status` that tools ask for most, without the cost of reading all of them.

/// What `/proc/PID/status` (proc_pid_status(5)) says and `stat` does not, or not exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Real, effective, saved and file-system user ids, as this machine numbers them.
    pub uids: [u32; 4],
    /// Real, effective, saved and file-system group ids, as this machine numbers them.
    pub gids: [u32; 4],
    /// Process group as the target numbers it; 0 when its leader is outside.
    pub pgid: i32,
    /// Session as the target numbers it; 0 when its leader is outside.
    pub sid: i32,
    /// Resident memory in KiB; `stat` has only an estimate.
    pub resident: u64,
}

impl Facts {
    /// The facts in a `/proc/PID/status`; `level` is the index of the target's namespace in the NS lines.
    pub(super) fn parse(status: &[u8], level: usize) -> Option<Facts> {
        let at_level = |name: &[u8]| line::<i32>(status, name)?.get(level).copied();
        Some(Facts {
            uids: line(status, b"Uid:")?.try_into().ok()?,
            gids: line(status, b"Gid:")?.try_into().ok()?,
            pgid: at_level(b"NSpgid:").unwrap_or(0),
            sid: at_level(b"NSsid:").unwrap_or(0),
            // Kernel threads and zombies have no memory, hence no such line.
            resident: line(status, b"VmRSS:").and_then(|n| n.first().copied()).unwrap_or(0),
        })
    }
}

/// The NSpid line of a `/proc/PID/status`.
pub(super) fn ns_pids(status: &[u8]) -> Vec<i32> {
    line(status, b"NSpid:").unwrap_or_default()
}

/// How many threads a `/proc/PID/status` has, if its real user is `uid`.
pub(super) fn threads_of(status: &[u8], uid: u32) -> Option<u64> {
    let is_its = line(status, b"Uid:")?.first() == Some(&uid);
    is_its.then(|| line(status, b"Threads:")?.first().copied()).flatten()
}

/// The numbers in a line of a `/proc/PID/status`.
fn line<T: std::str::FromStr>(status: &[u8], name: &[u8]) -> Option<Vec<T>> {
    let line = status.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(name))?;
    let text = std::str::from_utf8(line).ok()?;
    Some(text.split_whitespace().filter_map(|word| word.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_newlines_does_not_reach_the_facts() {
        // The kernel escapes newlines in the name; what follows it can't start a line.
        let status = b"Name:\tx\\nUid:\t0\nUid:\t7\t8\t9\t10\nGid:\t1\t2\t3\t4\n\
            NSpid:\t40\t3\nNSpgid:\t40\t0\nNSsid:\t40\t0\nVmRSS:\t  12 kB\n";
        let facts = Facts::parse(status, 1).unwrap();
        assert_eq!((facts.uids, facts.gids), ([7, 8, 9, 10], [1, 2, 3, 4]));
        assert_eq!((facts.pgid, facts.sid, facts.resident), (0, 0, 12));
        assert_eq!(ns_pids(status), [40, 3]);
        assert_eq!(Facts::parse(b"Name:\tx\n", 0), None);
    }
}
