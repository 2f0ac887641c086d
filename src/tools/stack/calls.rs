//! System calls that threads wait in, with the names of their arguments (section 2 of the manual).

use super::Argument;
use crate::output::Text;
use crate::view::Process;

/// Names of the arguments: `+` before one is a count, `-` an `int`, `fd` at its end makes it a descriptor; of any
/// other the kernel's hexadecimal number is shown.
static CALLS: &[(&str, &str)] = &[
    ("accept", "fd addr addrlen"),
    ("accept4", "fd addr addrlen flags"),
    ("clock_nanosleep", "-clockid flags request remain"),
    ("close", "fd"),
    ("connect", "fd addr +addrlen"),
    ("copy_file_range", "in_fd in_offset out_fd out_offset +len flags"),
    ("epoll_pwait", "epoll_fd events -maxevents -timeout_ms sigmask +sigsetsize"),
    ("epoll_pwait2", "epoll_fd events -maxevents timeout sigmask +sigsetsize"),
    ("epoll_wait", "epoll_fd events -maxevents -timeout_ms"),
    ("execve", "path argv envp"),
    ("fallocate", "fd mode +offset +len"),
    ("fcntl", "fd -cmd arg"),
    ("fdatasync", "fd"),
    ("flock", "fd operation"),
    ("fsync", "fd"),
    ("ftruncate", "fd +length"),
    ("futex", "uaddr op val timeout uaddr2 val3"),
    ("getdents64", "fd dirent +count"),
    ("io_getevents", "ctx +min +nr events timeout"),
    ("io_uring_enter", "ring_fd +to_submit +min_complete flags sig +sigsz"),
    ("ioctl", "fd request arg"),
    ("msgrcv", "-msqid msg +size +type flags"),
    ("msgsnd", "-msqid msg +size flags"),
    ("nanosleep", "request remain"),
    ("newfstatat", "dir_fd path statbuf flags"),
    ("open", "path flags mode"),
    ("openat", "dir_fd path flags mode"),
    ("openat2", "dir_fd path how +size"),
    ("pause", ""),
    ("poll", "fds +nfds -timeout_ms"),
    ("ppoll", "fds +nfds timeout sigmask +sigsetsize"),
    ("pread64", "fd buf +count +offset"),
    ("preadv", "fd iov +iovcnt +offset"),
    ("pselect6", "-nfds readfds writefds exceptfds timeout sigmask"),
    ("pwrite64", "fd buf +count +offset"),
    ("pwritev", "fd iov +iovcnt +offset"),
    ("read", "fd buf +count"),
    ("readv", "fd iov +iovcnt"),
    ("recvfrom", "fd buf +len flags addr addrlen"),
    ("recvmmsg", "fd msgvec +vlen flags timeout"),
    ("recvmsg", "fd msg flags"),
    ("restart_syscall", ""),
    ("rt_sigsuspend", "sigmask +sigsetsize"),
    ("rt_sigtimedwait", "sigset info timeout +sigsetsize"),
    ("select", "-nfds readfds writefds exceptfds timeout"),
    ("semop", "-semid sops +nsops"),
    ("semtimedop", "-semid sops +nsops timeout"),
    ("sendfile", "out_fd in_fd offset +count"),
    ("sendmmsg", "fd msgvec +vlen flags"),
    ("sendmsg", "fd msg flags"),
    ("sendto", "fd buf +len flags addr +addrlen"),
    ("splice", "in_fd in_offset out_fd out_offset +len flags"),
    ("statx", "dir_fd path flags mask statxbuf"),
    ("sync", ""),
    ("unlinkat", "dir_fd path flags"),
    ("vfork", ""),
    ("wait4", "-pid status options rusage"),
    ("waitid", "-idtype -id info options rusage"),
    ("write", "fd buf +count"),
    ("writev", "fd iov +iovcnt"),
];

/// The operations of futex(2) by their numbers.
const FUTEX: [&str; 14] = [
    "WAIT",
    "WAKE",
    "FD",
    "REQUEUE",
    "CMP_REQUEUE",
    "WAKE_OP",
    "LOCK_PI",
    "UNLOCK_PI",
    "TRYLOCK_PI",
    "WAIT_BITSET",
    "WAKE_BITSET",
    "WAIT_REQUEUE_PI",
    "CMP_REQUEUE_PI",
    "LOCK_PI2",
];

/// The arguments of call `name` of thread `tid` in its six registers: all of them, without names, of a call that is
/// not in the table.
pub(super) fn arguments(
    process: &Process,
    tid: i32,
    name: Option<&str>,
    registers: &[&str],
) -> Vec<Argument> {
    let known = CALLS.iter().find(|(call, _)| Some(*call) == name);
    let plain =
        |register: &&str| Argument { name: None, value: (*register).to_owned(), file: None };
    let Some((_, names)) = known else { return registers.iter().map(plain).collect() };
    let mut out: Vec<Argument> =
        names.split_whitespace().zip(registers).map(|(name, text)| named(name, text)).collect();
    for argument in out.iter_mut().filter(|a| a.name.is_some_and(|name| name.ends_with("fd"))) {
        let path = format!("task/{tid}/fd/{}", argument.value);
        // Closed under way, or none that may be asked: the number says what there is.
        argument.file = process.readlink(&path).ok().map(Text);
    }
    out
}

fn named(name: &'static str, text: &str) -> Argument {
    let number = text.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok());
    let kept = text.to_owned();
    let (bare, value) = match number {
        None => (name.trim_start_matches(['+', '-']), kept),
        // An int has the lower half of its register.
        Some(n) if name.starts_with('-') => (&name[1..], (n as i32).to_string()),
        Some(n) if name.starts_with('+') => (&name[1..], n.to_string()),
        Some(n) if name.ends_with("fd") => (name, descriptor(n as i32)),
        Some(n) if name == "op" => (name, operation(n)),
        Some(0) => (name, "0".into()),
        Some(_) => (name, kept),
    };
    Argument { name: Some(bare), value, file: None }
}

fn descriptor(fd: i32) -> String {
    if fd == libc::AT_FDCWD { "AT_FDCWD".into() } else { fd.to_string() }
}

fn operation(op: u64) -> String {
    let private = if op & 0x80 == 0 { "" } else { "|PRIVATE" };
    let realtime = if op & 0x100 == 0 { "" } else { "|REALTIME" };
    match usize::try_from(op & !0x180).ok().and_then(|n| FUTEX.get(n)) {
        Some(name) => format!("{name}{private}{realtime}"),
        None => format!("{op:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_what_they_are() {
        let value = |name, text| named(name, text).value;
        assert_eq!(value("-timeout_ms", "0xffffffff"), "-1");
        assert_eq!(value("+count", "0x20000"), "131072");
        assert_eq!(value("dir_fd", "0xffffff9c"), "AT_FDCWD");
        assert_eq!(value("op", "0x189"), "WAIT_BITSET|PRIVATE|REALTIME");
        assert_eq!(value("op", "0x77"), "0x77");
        assert_eq!(value("buf", "0x7ffe"), "0x7ffe");
        assert_eq!(value("buf", "no number"), "no number");
    }

    #[test]
    fn no_call_has_more_arguments_than_registers() {
        for (call, names) in CALLS {
            assert!(names.split_whitespace().count() <= 6, "{call}");
        }
    }
}
