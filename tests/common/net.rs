//! What a process sees of the network in which a target lives.

use nix::sched::{CloneFlags, setns};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// Runs `work` on a thread in the network namespace of process `pid`. Needs root.
pub fn in_network_of<T: Send>(pid: i32, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let network =
                std::fs::File::open(format!("/proc/{pid}/ns/net")).expect("the process runs");
            setns(network, CloneFlags::CLONE_NEWNET).expect("its network is joined");
            work()
        });
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The body of `http://127.0.0.1:PORT/PATH`.
pub fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    body.ok_or_else(|| io::Error::other(format!("no HTTP: {answer:?}")))
}

/// Runs `work` on a thread in a network namespace of its own, whose loopback is up; `None` where that takes root.
pub fn in_own_network<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    if !nix::unistd::geteuid().is_root() {
        return None;
    }
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            nix::sched::unshare(CloneFlags::CLONE_NEWNET).expect("a network of its own");
            ip("link set lo up");
            work()
        });
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Runs `ip` with these words in the network of this thread.
pub fn ip(words: &str) {
    let status = std::process::Command::new("ip").args(words.split(' ')).status();
    assert!(status.expect("iproute2 is there").success(), "ip {words}");
}
