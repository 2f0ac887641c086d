//! A target to try dbg on: a small static web server, and a launcher that runs it as a hardened container would,
//! without a container engine.
//!
//! ```text
//! demo-target start ROOTFS           run ROOTFS/app/server in namespaces of its own; prints its PID, then waits
//!                                    until stdin closes or SIGTERM or SIGINT comes
//! demo-target serve PORT             the web server, on 127.0.0.1 (what ROOTFS/app/server is started as)
//! demo-target get ADDRESS PORT PATH  the body of one page, from a numeric address
//! demo-target jail DIR PORT          chroot to DIR, then DIR's /app/server on PORT
//! ```
//!
//! ROOTFS holds a copy of this program as /app/server and the file /etc/app/config.toml. Folders /proc and /tmp are
//! mounted on if they are there. Root is not needed: where user namespaces are allowed to all, anybody can run it.
#![allow(clippy::disallowed_methods)] // it sets up the target's side, which dbg never does

use dbg::error::{Error, Result, ResultExt};
use dbg::exit::Exit;
use dbg::sys;
use netlink_sys::{Socket, SocketAddr as NetlinkAddr, protocols::NETLINK_ROUTE};
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::{prctl, wait::waitpid};
use nix::unistd::{ForkResult, Pid, chdir, execve, getegid, geteuid, pivot_root, sethostname};
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The user and group inside: what distroless images call `nonroot`.
const NONROOT: u32 = 65532;
const CONFIG: &str = "/etc/app/config.toml";
const PEER_TIMEOUT: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["serve", port] => serve(port),
        ["start", rootfs] => start(Path::new(rootfs)),
        ["get", address, port, path] => get(address, port, path),
        ["jail", dir, port] => jail(dir, port),
        _ => Err(Error::usage(
            "usage: demo-target start ROOTFS | serve PORT | get ADDRESS PORT PATH | jail DIR PORT",
        )),
    };
    let exit = result.map_or_else(
        |error| {
            let _ = writeln!(io::stderr(), "demo-target: {error}");
            if let Some(hint) = error.hint_text() {
                let _ = writeln!(io::stderr(), "  {hint}");
            }
            error.exit_code()
        },
        |()| Exit::OK,
    );
    exit.into()
}

// --- the server ---

fn serve(port: &str) -> Result<()> {
    let config = fs::read_to_string(CONFIG).context(|| CONFIG)?;
    let greeting = value(&config, "greeting").unwrap_or("hello");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, number(port)?));
    let listener = TcpListener::bind(address).context(|| format!("listen on {address}"))?;
    for stream in listener.incoming() {
        // A caller that goes away or is too slow is its own loss.
        let _ = stream.and_then(|stream| answer(stream, greeting));
    }
    Ok(())
}

/// The text of a `key = "text"` line.
fn value<'a>(config: &'a str, key: &str) -> Option<&'a str> {
    config.lines().find_map(|line| {
        let (name, text) = line.split_once('=')?;
        (name.trim() == key).then(|| text.trim().trim_matches('"'))
    })
}

fn answer(mut stream: TcpStream, greeting: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PEER_TIMEOUT))?;
    stream.set_write_timeout(Some(PEER_TIMEOUT))?;
    let mut head = BufReader::new((&stream).take(8 << 10)).lines();
    let request = head.next().transpose()?.unwrap_or_default();
    // A reset, and not our answer, would reach a caller whose headers were left unread.
    while head.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let (status, body) = match request.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", "/"] => ("200 OK", format!("{greeting}\n")),
        ["GET", "/healthz"] => ("200 OK", "ok\n".into()),
        ["GET", _] => ("404 Not Found", "not found\n".into()),
        _ => ("405 Method Not Allowed", "only GET\n".into()),
    };
    let head = format!("Content-Length: {}\r\nConnection: close", body.len());
    let answer = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n{head}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes())
}

// --- the client ---

fn get(address: &str, port: &str, path: &str) -> Result<()> {
    let ip: IpAddr = address
        .parse()
        .map_err(|_| Error::usage(format!("{address}: not a numeric address such as 127.0.0.1")))?;
    let peer = SocketAddr::new(ip, number(port)?);
    let mut stream =
        TcpStream::connect_timeout(&peer, PEER_TIMEOUT).context(|| format!("connect to {peer}"))?;
    stream.set_read_timeout(Some(PEER_TIMEOUT))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {peer}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer).context(|| format!("read from {peer}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        return Err(Error::new(format!("http://{peer}{path}: {status}")));
    }
    io::stdout().write_all(body.as_bytes())?;
    Ok(())
}

fn number(port: &str) -> Result<u16> {
    port.parse().map_err(|_| Error::usage(format!("{port}: not a port")))
}

// --- the launcher ---

fn start(rootfs: &Path) -> Result<()> {
    // What the caller left open is nothing for a target to hold.
    sys::process::close_from(3)?;
    let mut watched = SigSet::empty();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD] {
        watched.add(signal);
    }
    watched.thread_block()?;
    let signals = SignalFd::with_flags(&watched, SfdFlags::SFD_CLOEXEC)?;
    enter_namespaces()?;
    // Both ends are close-on-exec: nothing to read but the end of file means that the server runs.
    let (mut trouble, mut tell) = io::pipe()?;
    let server = match sys::process::fork()? {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            drop(trouble);
            let Err(error) = become_server(rootfs, tell.as_fd());
            let _ = write!(tell, "{error}");
            return Err(error.exit(Exit::DBG));
        }
    };
    drop(tell);
    let mut text = String::new();
    trouble.read_to_string(&mut text)?;
    if !text.is_empty() {
        waitpid(server, None)?;
        return Err(Error::new("the server did not start (the reason is above)").exit(Exit::DBG));
    }
    wait_until_it_listens(server)?;
    writeln!(io::stdout(), "{server}")?;
    wait_for_the_end(&signals)?;
    // It is the first process of its PID namespace: whatever else is in there ends with it.
    let _ = kill(server, Signal::SIGKILL);
    waitpid(server, None)?;
    Ok(())
}

/// Returns when the server has its port open: whoever reads the PID may talk to it at once.
fn wait_until_it_listens(server: Pid) -> Result<()> {
    let sockets = format!("/proc/{server}/net/tcp");
    // 127.0.0.1:8080 in state LISTEN, as proc_net_tcp of the kernel's documentation has it.
    let listens = |table: String| table.contains("0100007F:1F90 00000000:0000 0A");
    for _ in 0..500 {
        if fs::read_to_string(&sockets).is_ok_and(listens) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(Error::new("the server does not listen after 5 s").exit(Exit::DBG))
}

/// Makes this process the owner of a user namespace in which the caller is [`NONROOT`], and its next child the
/// first of a PID namespace.
fn enter_namespaces() -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    if uid.is_root() {
        // They would show inside as groups of nobody; an ordinary user may not drop them.
        nix::unistd::setgroups(&[]).context(|| "drop the supplementary groups")?;
    }
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID).map_err(|errno| {
        Error::from(errno).context("make a user and a PID namespace").hint(
            "run it as root, or allow user namespaces: sysctl user.max_user_namespaces, \
             kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns",
        )
    })?;
    for (file, text) in [
        ("/proc/self/setgroups", "deny".into()),
        ("/proc/self/uid_map", format!("{NONROOT} {uid} 1")),
        ("/proc/self/gid_map", format!("{NONROOT} {gid} 1")),
    ] {
        fs::write(file, text).context(|| file)?;
    }
    Ok(())
}

/// Returns when stdin closes, SIGTERM or SIGINT comes, or the server has ended.
fn wait_for_the_end(signals: &SignalFd) -> Result<()> {
    let stdin = io::stdin();
    loop {
        let mut fds = [
            PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            result => result?,
        };
        let signalled = fds[1].any() == Some(true);
        let typed = fds[0].any() == Some(true);
        if signalled || (typed && stdin.lock().read(&mut [0; 4096])? == 0) {
            return Ok(());
        }
    }
}

/// What the child does from its birth to the exec of the server. Returns on failure only. The launcher holds the
/// other end of the pipe `parent`.
fn become_server(rootfs: &Path, parent: BorrowedFd<'_>) -> Result<std::convert::Infallible> {
    unshare(
        CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS,
    )
    .context(|| "make namespaces")?;
    nix::unistd::setsid().context(|| "setsid")?;
    sethostname("demo").context(|| "set the host name")?;
    loopback_up().context(|| "bring the loopback interface up")?;
    let null = File::options().read(true).write(true).open("/dev/null").context(|| "/dev/null")?;
    nix::unistd::dup2_stdin(&null)?;
    nix::unistd::dup2_stdout(&null)?;
    change_root(rootfs)?;
    drop_privileges()?;
    // Last, as a change of credentials resets it. If the launcher died before this, nothing would end the server.
    prctl::set_pdeathsig(Signal::SIGKILL).context(|| "parent-death signal")?;
    let mut pipe = [PollFd::new(parent, PollFlags::empty())];
    if poll(&mut pipe, PollTimeout::ZERO)? != 0 {
        return Err(Error::new("the launcher has ended"));
    }
    SigSet::all().thread_unblock()?;
    let text = |s: &str| CString::new(s).map_err(|_| Error::new("a NUL in an argument"));
    let args =
        ["/app/server", "serve", "8080"].map(text).into_iter().collect::<Result<Vec<_>>>()?;
    let env = ["PATH=/app", "HOME=/nonexistent", "APP_ENV=demo", "DB_PASSWORD=not-a-real-secret"]
        .map(text)
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    execve(&args[0], &args, &env).context(|| "/app/server")
}

/// Makes `rootfs` this process's root, read-only, with a fresh /tmp and /proc where it has the folders.
fn change_root(rootfs: &Path) -> Result<()> {
    const NONE: Option<&Path> = None;
    let limits = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let name = || rootfs.display().to_string();
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
        .context(|| "make the mounts private")?;
    mount(Some(rootfs), rootfs, NONE, MsFlags::MS_BIND, NONE).context(name)?;
    let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | limits;
    mount(NONE, rootfs, NONE, read_only, NONE).context(|| format!("{} read-only", name()))?;
    for (folder, kind, options) in
        [("tmp", "tmpfs", Some("mode=1777,size=1m")), ("proc", "proc", None)]
    {
        let folder = rootfs.join(folder);
        if folder.is_dir() {
            let flags = limits | MsFlags::MS_NOEXEC;
            let result = mount(Some(kind), &folder, Some(kind), flags, options);
            // Inside a container whose own /proc is masked, the kernel refuses a whole one.
            if kind != "proc" || result != Err(Errno::EPERM) {
                result.context(|| format!("mount a {kind} on {}", folder.display()))?;
            }
        }
    }
    chdir(rootfs).context(name)?;
    pivot_root(".", ".").context(|| format!("make {} the root", name()))?;
    umount2(".", MntFlags::MNT_DETACH).context(|| "leave the old root")?;
    chdir("/").context(|| "/")?;
    Ok(())
}

fn drop_privileges() -> Result<()> {
    use caps::CapSet::{Ambient, Bounding, Effective, Inheritable, Permitted};
    // Bounding first: dropping from it needs a capability.
    for set in [Bounding, Ambient, Inheritable, Effective, Permitted] {
        caps::clear(None, set).map_err(|e| Error::new(format!("drop capabilities: {e}")))?;
    }
    prctl::set_no_new_privs().context(|| "no_new_privs")?;
    Ok(())
}

/// Sets IFF_UP on interface 1, which the loopback of a new network namespace is (rtnetlink(7)).
fn loopback_up() -> Result<()> {
    const IFF_UP: u32 = 1;
    let mut message = Vec::with_capacity(32);
    // struct nlmsghdr: length, type, flags, sequence, port
    message.extend(32u32.to_ne_bytes());
    message.extend((libc::RTM_NEWLINK).to_ne_bytes());
    message.extend(((libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16).to_ne_bytes());
    message.extend([0; 8]);
    // struct ifinfomsg: family and type unspecified, index, flags, which of them to change
    message.extend([0; 4]);
    message.extend(1i32.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());

    let socket = Socket::new(NETLINK_ROUTE)?;
    socket.send_to(&message, &NetlinkAddr::new(0, 0), 0)?;
    let (reply, _) = socket.recv_from_full()?;
    // struct nlmsgerr follows the header; it starts with a negative error number, or 0.
    let number = reply.get(16..20).and_then(|b| b.try_into().ok()).map(i32::from_ne_bytes);
    match number {
        Some(0) => Ok(()),
        Some(number) => Err(Errno::from_raw(-number).into()),
        None => Err(Error::new("netlink: a short answer")),
    }
}

// --- a target with a root of its own ---

fn jail(dir: &str, port: &str) -> Result<()> {
    nix::unistd::chroot(dir).context(|| format!("chroot to {dir}"))?;
    chdir("/").context(|| "/")?;
    let args = ["/app/server", "serve", port].map(CString::new);
    let args: Vec<CString> = args.into_iter().flatten().collect();
    let env: [CString; 0] = [];
    execve(&args[0], &args, &env).context(|| "/app/server")?;
    Ok(())
}
