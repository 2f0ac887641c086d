//! The one line of `/proc/PID/stat`.

/// The facts of `/proc/PID/stat` (proc_pid_stat(5)), numbers as the procfs that was read has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// Command name, up to 15 bytes of any value.
    pub comm: Vec<u8>,
    /// State letter: R, S, D, Z, T, t, X, I.
    pub state: char,
    /// Parent.
    pub ppid: i32,
    /// Process group.
    pub pgrp: i32,
    /// Session.
    pub session: i32,
    /// Controlling terminal's device number; 0 for none.
    pub tty: i32,
    /// Foreground process group of the terminal.
    pub tpgid: i32,
    /// Flags of the kernel (PF_… in `include/linux/sched.h`).
    pub flags: u32,
    /// Page faults that needed no reading, and those that did.
    pub faults: [u64; 2],
    /// User time in clock ticks.
    pub utime: u64,
    /// System time in clock ticks.
    pub stime: u64,
    /// Priority.
    pub priority: i64,
    /// Nice value.
    pub nice: i64,
    /// Number of threads.
    pub threads: i64,
    /// Start time in clock ticks after boot.
    pub start: u64,
    /// Virtual memory in bytes.
    pub vsize: u64,
    /// Resident memory in pages.
    pub rss: i64,
    /// The processor that it ran on last.
    pub processor: i32,
    /// Real-time priority, 0 for none.
    pub realtime: u32,
    /// Scheduling policy (sched(7)).
    pub policy: u32,
}

impl Stat {
    /// Parses the one line of the file. The name may hold anything, `)` too, so fields count from the last `)`.
    pub fn parse(bytes: &[u8]) -> Option<Stat> {
        let open = bytes.iter().position(|b| *b == b'(')?;
        let close = bytes.iter().rposition(|b| *b == b')')?;
        let comm = bytes.get(open + 1..close)?.to_vec();
        let rest = std::str::from_utf8(bytes.get(close + 2..)?).ok()?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // Field numbers of the man page start at 1 with pid; `state`, the first here, is 3.
        let field = |n: usize| fields.get(n - 3).copied();
        fn number<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
            text?.parse().ok()
        }
        Some(Stat {
            comm,
            state: field(3)?.chars().next()?,
            ppid: number(field(4))?,
            pgrp: number(field(5))?,
            session: number(field(6))?,
            tty: number(field(7))?,
            tpgid: number(field(8))?,
            flags: number(field(9))?,
            faults: [number(field(10))?, number(field(12))?],
            utime: number(field(14))?,
            stime: number(field(15))?,
            priority: number(field(18))?,
            nice: number(field(19))?,
            threads: number(field(20))?,
            start: number(field(22))?,
            vsize: number(field(23))?,
            rss: number(field(24))?,
            processor: number(field(39)).unwrap_or(0),
            realtime: number(field(40)).unwrap_or(0),
            policy: number(field(41)).unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_the_fields_after_it() {
        let line = b"7 (x) R 1 1) S 3 7 7 0 -1 4194560 0 0 0 0 11 12 0 0 20 0 5 0 99 4096 6 0 0";
        let stat = Stat::parse(line).unwrap();
        assert_eq!(stat.comm, b"x) R 1 1");
        assert_eq!((stat.state, stat.ppid, stat.utime, stat.start), ('S', 3, 11, 99));
        assert_eq!((stat.threads, stat.rss), (5, 6));
    }

    #[test]
    fn a_cut_line_is_no_stat() {
        assert_eq!(Stat::parse(b"7 (x) S 1"), None);
        assert_eq!(Stat::parse(b""), None);
        assert_eq!(Stat::parse(b"7 )x( S"), None);
    }
}
