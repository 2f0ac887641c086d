//! Processes of this machine that are named by number.

use crate::error::{Error, Result};
use crate::view::Target;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::fs;

/// The process `pid` as a target.
pub(super) fn target(pid: i32) -> Result<Target> {
    let status = match fs::read(format!("/proc/{pid}/status")) {
        Ok(status) => String::from_utf8_lossy(&status).into_owned(),
        Err(_) if exists(pid) => {
            return Err(Error::new(format!("process {pid} is hidden: /proc/{pid} is not there"))
                .hint("/proc is mounted with hidepid, which shows other users' processes to root only"));
        }
        Err(_) => return Err(Error::new(format!("no process {pid}"))),
    };
    let field = |name: &str| {
        let mut fields = status.lines().filter_map(|line| line.split_once(":\t"));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    if field("State").is_some_and(|state| state.starts_with(['Z', 'X'])) {
        return Err(Error::new(format!("process {pid} has ended and is kept by its parent only")));
    }
    match field("Tgid").and_then(|tgid| tgid.parse::<i32>().ok()) {
        Some(process) if process != pid => {
            Err(Error::new(format!("{pid} is a thread of process {process}"))
                .hint(format!("name the process: pid://{process}")))
        }
        _ => Ok(Target {
            label: format!("pid {pid}"),
            uri: format!("pid://{pid}"),
            pid: Some(pid),
            container: None,
        }),
    }
}

/// Whether a process has this number, ours to see or not.
pub(super) fn exists(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_process_has_is_no_target() {
        let error = target(i32::MAX).unwrap_err();
        assert_eq!(error.to_string(), format!("no process {}", i32::MAX));
    }

    #[test]
    fn a_process_is_a_target_and_one_that_has_ended_is_none() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id() as i32;
        // Ended and not waited for: a zombie, however long it takes to become one.
        while !fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(") Z ") {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let ended = target(pid);
        child.wait().unwrap();
        assert!(ended.unwrap_err().to_string().contains("has ended"));
        let own = target(std::process::id() as i32).unwrap();
        assert_eq!(
            (own.uri, own.pid),
            (format!("pid://{}", std::process::id()), Some(std::process::id() as i32))
        );
    }

    #[test]
    fn a_thread_is_told_from_its_process() {
        let own = std::process::id() as i32;
        let thread = std::thread::spawn(move || {
            let tid = nix::unistd::gettid().as_raw();
            (tid, target(tid))
        });
        let (tid, result) = thread.join().unwrap();
        assert_eq!(result.unwrap_err().to_string(), format!("{tid} is a thread of process {own}"));
    }
}
