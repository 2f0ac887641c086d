//! The walk over `/proc/PID`: `cwd`, `root`, `exe`, `maps` and the links in `fd`.

use super::ends::Ends;
use super::row::{End, File};
use super::select::{Selection, device};
use crate::error::Result;
use crate::output::Text;
use crate::output::order;
use crate::sys::statx::{self, Known};
use crate::tools::net::{self, socket};
use crate::tools::users::Users;
use crate::view::{IdMap, Process, View};
use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::sys::stat::fstatat;
use std::collections::HashSet;
use std::ffi::CString;
use std::rc::Rc;

/// What was found.
pub(super) struct Scan {
    pub rows: Vec<File>,
    /// The processes whose files may not be read.
    pub denied: Vec<i32>,
    ends: Ends,
    users: Users,
    uids: IdMap,
    buffer: Vec<u8>,
}

/// The process whose files are being read.
struct Owner {
    pid: i32,
    command: Rc<Text>,
    uid: u32,
    user: Rc<Text>,
}

impl Scan {
    /// Reads the files of every process that may have some of `selection`, and of the others the links in `fd` alone:
    /// they may hold other ends.
    ///
    /// System calls: 10 for a process, 2 for a descriptor, 3 where it is a file.
    pub(super) fn run(view: &View, selection: &Selection) -> Result<Scan> {
        let proc = view.proc()?;
        let mut scan = Scan {
            rows: Vec::new(),
            denied: Vec::new(),
            ends: Ends::new(net::all(view)),
            users: Users::load(view),
            uids: proc.uid_map(),
            buffer: Vec::new(),
        };
        for process in proc.iter()? {
            // Any other failure is that of a process that has ended meanwhile.
            if let Err(Errno::EACCES | Errno::EPERM) = scan.process(&process, selection)
                && selection.may_have(process.pid)
            {
                scan.denied.push(process.pid);
            }
        }
        let Scan { rows, ends, .. } = &mut scan;
        for row in rows.iter_mut().filter(|row| row.access.is_some()) {
            let Some(inode) = row.inode else { continue };
            (row.peers, row.more_peers) = match row.kind {
                "FIFO" => ends.of_pipe(inode, row.pid, &row.fd, row.access),
                "IPv4" | "IPv6" | "unix" => ends.of_socket(inode),
                _ => continue,
            };
        }
        // Stable: descriptors stay in their order.
        order::sort_by_key(rows, |row| row.pid);
        Ok(scan)
    }

    fn process(&mut self, process: &Process, selection: &Selection) -> Result<(), Errno> {
        let owner = self.owner(process)?;
        let is_wanted = selection.may_have(process.pid);
        if is_wanted && selection.wants_files() {
            self.places(process, &owner, selection)?;
        }
        let mut fds = process.numbers("fd")?;
        order::sort(&mut fds);
        for fd in fds {
            let link = match process.readlink(&format!("fd/{fd}")) {
                Ok(link) => link,
                // The folder is its owner's to list; the links in it need the right of ptrace (proc(5)).
                Err(errno @ (Errno::EACCES | Errno::EPERM)) => return Err(errno),
                // Closed meanwhile: no file of it.
                Err(_) => continue,
            };
            // Likewise; or its file system refuses us, as FUSE does, which says nothing of the others.
            let _ = self.descriptor(process, &owner, fd, link, selection, is_wanted);
        }
        Ok(())
    }

    fn owner(&mut self, process: &Process) -> Result<Owner, Errno> {
        process.read_into("comm", &mut self.buffer)?;
        let comm = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        let command = Rc::new(Text::from(comm));
        let uid = self.uids.inside(process.owner()?.0);
        let user =
            self.users.user(uid).map_or_else(|| uid.to_string().into_bytes(), <[u8]>::to_vec);
        Ok(Owner { pid: process.pid, command, uid, user: Rc::new(Text(user)) })
    }

    /// Working directory, root, program and mapped files.
    fn places(
        &mut self,
        process: &Process,
        owner: &Owner,
        selection: &Selection,
    ) -> Result<(), Errno> {
        let mut exe = None;
        for (link, fd) in [("cwd", "cwd"), ("root", "rtd"), ("exe", "txt")] {
            let name = match process.readlink(link) {
                Ok(name) => name,
                // A kernel thread has no program, a zombie has none of the three.
                Err(Errno::ENOENT) => continue,
                Err(errno) => return Err(errno),
            };
            let mut file = owner.file(fd, name);
            if let Ok(known) = known(process, link) {
                file.know(known);
            }
            if fd == "txt" {
                exe = Some((file.name.clone(), file.inode));
            }
            self.push(file, selection);
        }
        process.read_into("maps", &mut self.buffer)?;
        let buffer = std::mem::take(&mut self.buffer);
        let mut seen = HashSet::new();
        for mapped in buffer.split(|b| *b == b'\n').filter_map(mapped) {
            if !seen.insert((mapped.device, mapped.inode, mapped.path)) {
                continue;
            }
            let mut file = owner.file("mem", mapped.path.to_vec());
            file.take_mark();
            if exe
                .as_ref()
                .is_some_and(|(name, inode)| *name == file.name && *inode == Some(mapped.inode))
            {
                continue;
            }
            (file.kind, file.device, file.inode) =
                ("REG", Some(device(mapped.device)), Some(mapped.inode));
            self.push(file, selection);
        }
        self.buffer = buffer;
        Ok(())
    }

    fn descriptor(
        &mut self,
        process: &Process,
        owner: &Owner,
        fd: i32,
        link: Vec<u8>,
        selection: &Selection,
        is_wanted: bool,
    ) -> Result<(), Errno> {
        let path = format!("fd/{fd}");
        let (pipe, socket) = (inode(&link, b"pipe:["), inode(&link, b"socket:["));
        if !is_wanted && pipe.is_none() && socket.is_none() {
            return Ok(());
        }
        // How it is open: the permissions of the link itself (proc_pid_fd(5)).
        let mode = fstatat(process, path.as_str(), AtFlags::AT_SYMLINK_NOFOLLOW)?.st_mode;
        let access = match (mode & 0o400 != 0, mode & 0o200 != 0) {
            (true, true) => Some("u"),
            (true, false) => Some("r"),
            (false, true) => Some("w"),
            // O_PATH
            (false, false) => None,
        };
        let mut file = File { access, ..owner.file(&fd.to_string(), link) };
        let end = End { pid: owner.pid, command: Rc::clone(&owner.command), fd, access };
        match (pipe, socket) {
            (Some(inode), _) => {
                (file.kind, file.inode, file.name) = ("FIFO", Some(inode), Text::from("pipe"));
                self.ends.hold(inode, end);
            }
            (_, Some(inode)) => {
                self.describe_socket(&mut file, inode);
                self.ends.hold(inode, end);
            }
            _ if file.name.0.starts_with(b"anon_inode:") => {
                file.kind = "a_inode";
                file.name.0.drain(..b"anon_inode:".len());
            }
            _ => {
                let known = known(process, &path)?;
                file.know(known);
                if let ("FIFO", Some(inode)) = (file.kind, file.inode) {
                    self.ends.hold(inode, end);
                }
            }
        }
        if is_wanted {
            self.push(file, selection);
        }
        Ok(())
    }

    fn describe_socket(&self, file: &mut File, inode: u64) {
        file.inode = Some(inode);
        let Some(socket) = self.ends.socket(inode) else {
            // Of another network namespace, or of a family that nobody was asked about.
            file.kind = "sock";
            return;
        };
        file.protocol = Some(socket.netid);
        file.state =
            (socket.netid == "tcp" || socket.state != 7).then(|| socket::name(socket.state));
        match (&socket.local, &socket.peer) {
            (Some(local), Some(peer)) => {
                file.kind = if socket.family == socket::Family::Ipv6 { "IPv6" } else { "IPv4" };
                let (local, peer_text) = (socket.address(local), socket.address(peer));
                let is_connected = peer.port != 0;
                file.name =
                    Text::from(if is_connected { format!("{local}->{peer_text}") } else { local });
            }
            _ => {
                file.kind = "unix";
                file.name = socket.path.clone().unwrap_or_else(|| Text::from("socket"));
            }
        }
    }

    fn push(&mut self, file: File, selection: &Selection) {
        let is_socket = matches!(file.kind, "IPv4" | "IPv6" | "unix");
        let socket = file.inode.filter(|_| is_socket).and_then(|inode| self.ends.socket(inode));
        if selection.fits(&file, socket) {
            self.rows.push(file);
        }
    }
}

impl Owner {
    fn file(&self, fd: &str, name: Vec<u8>) -> File {
        File {
            command: Rc::clone(&self.command),
            pid: self.pid,
            uid: self.uid,
            user: Rc::clone(&self.user),
            fd: fd.to_owned(),
            access: None,
            kind: "unknown",
            device: None,
            size: None,
            inode: None,
            name: Text(name),
            deleted: false,
            protocol: None,
            state: None,
            peers: Vec::new(),
            more_peers: 0,
        }
    }
}

impl File {
    fn know(&mut self, known: Known) {
        let is_node = matches!(known.mode & libc::S_IFMT, libc::S_IFCHR | libc::S_IFBLK);
        self.kind = match known.mode & libc::S_IFMT {
            libc::S_IFREG => "REG",
            libc::S_IFDIR => "DIR",
            libc::S_IFCHR => "CHR",
            libc::S_IFBLK => "BLK",
            libc::S_IFIFO => "FIFO",
            libc::S_IFLNK => "LINK",
            libc::S_IFSOCK => "unix",
            _ => "unknown",
        };
        self.device = Some(device(if is_node { known.node } else { known.device }));
        self.inode = Some(known.inode);
        self.size = matches!(self.kind, "REG" | "DIR" | "LINK").then_some(known.size);
        // Another name of the file may be left.
        if known.links == 0 {
            self.take_mark();
            self.deleted = true;
        }
    }

    /// Takes the kernel's mark of a deleted name off it.
    fn take_mark(&mut self) {
        if let Some(name) = self.name.0.strip_suffix(b" (deleted)") {
            (self.name, self.deleted) = (Text::from(name), true);
        }
    }
}

fn known(process: &Process, path: &str) -> Result<Known, Errno> {
    let path = CString::new(path).map_err(|_| Errno::EINVAL)?;
    statx::known(process, &path).map_err(|e| Errno::from_raw(e.raw_os_error().unwrap_or(libc::EIO)))
}

/// The number in `pipe:[15873]`.
fn inode(link: &[u8], prefix: &[u8]) -> Option<u64> {
    let number = link.strip_prefix(prefix)?.strip_suffix(b"]")?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// A mapping of a file.
struct Mapped<'a> {
    device: (u32, u32),
    inode: u64,
    path: &'a [u8],
}

/// A line of `maps` (proc_pid_maps(5)); `None` for memory without a file.
fn mapped(line: &[u8]) -> Option<Mapped<'_>> {
    let mut fields = line.splitn(6, |b| *b == b' ');
    let mut text = || std::str::from_utf8(fields.next()?).ok();
    let (_range, _rights, _offset) = (text()?, text()?, text()?);
    let (major, minor) = text()?.split_once(':')?;
    let hex = |n: &str| u32::from_str_radix(n, 16).ok();
    let device = (hex(major)?, hex(minor)?);
    let inode = text()?.parse().ok().filter(|inode| *inode != 0)?;
    Some(Mapped { device, inode, path: fields.next()?.trim_ascii_start() })
}
