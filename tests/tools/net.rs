use crate::common::process::{Namespaced, Spawned, comm, until};
use crate::common::tool::{Ran, run, view_of_process};
use dbg::exit::Exit;
use dbg::view::{Missing, View};
use nix::sys::stat::fstat;
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process::{Command, Stdio};

fn own_view() -> View {
    view_of_process(std::process::id())
}

/// A view that has no network handle, so that the procfs is asked.
fn procfs_view(pid: u32) -> View {
    let mut view = view_of_process(pid);
    view.net = Err(Missing::new("the test gave none"));
    view
}

fn json_of(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
    ran.json().as_array().expect("an array").clone()
}

/// Lines with single spaces.
fn squeezed<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn with_port(text: &str, port: u16) -> Vec<String> {
    let port = format!(":{port} ");
    let mut lines = squeezed(text.lines().filter(|line| line.contains(&port)));
    lines.sort();
    lines
}

fn iproute2(flags: &str) -> String {
    let output = Command::new("ss").arg(flags).output().expect("iproute2 is there");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn sockets_and_their_processes_are_what_iproute2_says() {
    let four = TcpListener::bind("127.0.0.1:0").unwrap();
    let six = TcpListener::bind("[::1]:0").unwrap();
    let any = TcpListener::bind("[::]:0").unwrap();
    let udp = UdpSocket::bind("0.0.0.0:0").unwrap();
    let client = TcpStream::connect(four.local_addr().unwrap()).unwrap();
    let ports = [
        four.local_addr().unwrap().port(),
        six.local_addr().unwrap().port(),
        any.local_addr().unwrap().port(),
        udp.local_addr().unwrap().port(),
        client.local_addr().unwrap().port(),
    ];
    let pick = |text: &str| -> Vec<String> {
        ports.iter().flat_map(|port| with_port(text, *port)).collect()
    };
    for flags in ["-tlnp", "-tanp", "-tuanp", "-ulnp", "-tan4p", "-tln6p", "-Htlnp"] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // A child of another test holds our sockets, too, from its fork to its exec.
        for _ in 0..20 {
            ours = pick(run(&own_view(), &["ss", flags]).text());
            theirs = pick(&iproute2(flags));
            theirs
                .iter_mut()
                .filter(|line| !line.contains("users:"))
                .for_each(|l| l.push_str(" -"));
            if ours == theirs {
                break;
            }
        }
        assert_eq!(ours, theirs, "{flags}");
        assert!(!ours.is_empty(), "{flags}");
    }
    let lines = with_port(run(&own_view(), &["netstat", "-tlnp"]).text(), ports[0]);
    assert_eq!(lines.len(), 1);
    let owner = format!("pid={},fd=", std::process::id());
    assert!(lines[0].contains(&owner), "{lines:?}");
}

#[test]
fn without_options_tcp_and_udp_are_listed_both_listening_and_connected() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let text = run(&own_view(), &["net"]);
    let states = |port| -> Vec<String> {
        let lines = with_port(text.text(), port);
        lines.iter().map(|l| l.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(
        states(listener.local_addr().unwrap().port()),
        ["tcp ESTAB", "tcp ESTAB", "tcp LISTEN"]
    );
    assert_eq!(states(client.local_addr().unwrap().port()), ["tcp ESTAB", "tcp ESTAB"]);
    assert_eq!(states(udp.local_addr().unwrap().port()), ["udp UNCONN"]);
}

#[test]
fn json_has_the_facts_of_each_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, port) =
        (listener.local_addr().unwrap().port(), client.local_addr().unwrap().port());
    for view in [own_view(), procfs_view(std::process::id())] {
        let rows = json_of(&run(&view, &["net", "-t", "--json"]));
        let row = rows.iter().find(|row| row["local"]["port"] == port).expect("the client");
        assert_eq!(row["state"], "ESTAB");
        assert_eq!(row["local"], json!({"address": "127.0.0.1", "port": port}));
        assert_eq!(row["peer"], json!({"address": "127.0.0.1", "port": server}));
        assert_eq!(row["uid"], nix::unistd::geteuid().as_raw());
        assert_eq!(row["processes"][0]["pid"], std::process::id());
    }
}

#[test]
fn the_procfs_says_the_same_as_netlink() {
    let (four, six) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("[::1]:0").unwrap());
    let (udp, unix) = (UdpSocket::bind("[::1]:0").unwrap(), UnixStream::pair().unwrap());
    let inodes = [fstat(&four), fstat(&six), fstat(&udp), fstat(&unix.0), fstat(&unix.1)];
    let inodes = inodes.map(|stat| stat.unwrap().st_ino);
    let facts = |view: &View| {
        let rows = json_of(&run(view, &["net", "-tulx", "-a", "--json"]));
        inodes.map(|inode| {
            let row = rows.iter().find(|row| row["inode"] == inode).expect("listed");
            // The size of a backlog, and the queues and the peer of a Unix socket are in netlink alone.
            let queue = if row["family"] == "unix" { "netid" } else { "recv_q" };
            ["netid", "family", "state", queue, "local", "peer", "path"].map(|key| row[key].clone())
        })
    };
    let netlink = facts(&own_view());
    assert_eq!(netlink[3][2], "ESTAB");
    let view = procfs_view(std::process::id());
    assert_eq!(facts(&view), netlink);
    let rows = json_of(&run(&view, &["net", "-tlx", "-a", "--json"]));
    let of = |inode: u64| rows.iter().find(|row| row["inode"] == inode).expect("listed");
    for unknown in [&of(inodes[0])["send_q"], &of(inodes[3])["send_q"], &of(inodes[3])["recv_q"]] {
        assert!(unknown.is_null(), "what no file has is not made up: {unknown}");
    }
}

#[test]
fn a_unix_socket_with_a_newline_in_its_name_forges_no_row() {
    let dir = tempfile::tempdir().unwrap();
    let forged = "a\n0000000000000000: 00000002 00000000 00010000 0001 01 99999 /forged";
    let path = dir.path().join(forged.replace('/', "_"));
    let _listener = UnixListener::bind(&path).unwrap();
    let ran = run(&own_view(), &["ss", "-xl"]);
    assert!(!ran.text().lines().any(|line| line.starts_with("00000000")), "{}", ran.text());
    let rows = json_of(&run(&own_view(), &["ss", "-xl", "--json"]));
    assert!(rows.iter().all(|row| row["inode"] != 99999));
    let row = rows.iter().find(|row| row["path"] == path.to_str().unwrap()).expect("listed whole");
    assert_eq!((row["netid"].as_str(), row["state"].as_str()), (Some("u_str"), Some("LISTEN")));
    assert_eq!(row["processes"][0]["pid"], std::process::id());
}

#[test]
fn both_ends_of_a_unix_connection_name_each_other() {
    let name = format!("dbg-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let listener = UnixListener::bind_addr(&address).unwrap();
    let client = UnixStream::connect_addr(&address).unwrap();
    let server = listener.accept().unwrap().0;
    let rows = json_of(&run(&own_view(), &["ss", "-x", "--json"]));
    let inode = |stream: &UnixStream| fstat(stream).unwrap().st_ino;
    let peer = |of: u64| {
        let row = rows.iter().find(|row| row["inode"] == of).expect("listed");
        assert_eq!(row["state"], "ESTAB");
        row["peer_inode"].as_u64().expect("a peer")
    };
    assert_eq!(peer(inode(&client)), inode(&server));
    assert_eq!(peer(inode(&server)), inode(&client));
    assert!(rows.iter().any(|r| r["path"] == format!("@{name}") && r["state"] == "LISTEN"));
}

#[test]
fn a_process_in_a_pid_namespace_is_named_by_its_number_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let stdin = Stdio::from(OwnedFd::from(listener));
    let target = Namespaced::with_stdin(&["--map-root-user"], &["sleep", "1000"], stdin);
    let lines = with_port(run(&view_of_process(target.pid), &["ss", "-tln"]).text(), port);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].ends_with("users:((\"sleep\",pid=1,fd=0))"), "{lines:?}");
}

#[test]
fn without_the_network_the_procfs_of_the_target_is_read() {
    let _here = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Namespaced::new(&["--map-root-user", "--net"], &["sleep", "1000"]);
    let ran = run(&procfs_view(target.pid), &["ss", "-tuaH"]);
    assert_eq!((ran.exit, ran.text()), (Exit::OK, ""));
}

#[test]
fn what_may_not_be_known_is_said_once_and_is_null_in_json() {
    if !nix::unistd::geteuid().is_root() {
        return; // without a right to lose, there is nothing to test
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut command = Command::new("sleep");
    let child = Spawned::with_stdin(command.arg("1000"), OwnedFd::from(listener));
    // The command holds the socket, too.
    drop(command);
    until("it is executed", || comm(child.pid()) == b"sleep\n");
    let view = view_of_process(child.pid());
    // Capabilities are a thread's own, and each test has a thread.
    caps::clear(None, caps::CapSet::Effective).unwrap();
    let (table, json) = (run(&view, &["ss", "-tln"]), run(&view, &["ss", "-tln", "--json"]));
    assert_eq!(table.exit, Exit::OK);
    assert!(with_port(table.text(), port)[0].ends_with(" -"), "{}", table.text());
    assert_eq!(table.stderr.lines().count(), 1, "{}", table.stderr);
    assert!(table.stderr.contains("/proc/PID/fd"), "{}", table.stderr);
    let rows = json_of(&json);
    let row = rows.iter().find(|row| row["local"]["port"] == port).expect("listed");
    assert_eq!(row["processes"], Value::Null);
}

#[test]
fn a_quote_in_a_name_does_not_forge_a_process() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let program = dir.path().join("x\",pid=1");
    std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
    let mut command = Command::new(&program);
    let child = Spawned::with_stdin(command.arg("1000"), OwnedFd::from(listener));
    until("it is executed", || comm(child.pid()).starts_with(b"x\""));
    let lines = with_port(run(&own_view(), &["ss", "-tln"]).text(), port);
    let expected = format!("users:((\"x\\\",pid=1\",pid={},fd=0))", child.pid());
    assert!(lines[0].contains(&expected[7..expected.len() - 1]), "{lines:?}");
}

#[test]
fn with_neither_handle_it_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&crate::common::tool::view_of(dir.path()), &["ss"]);
    assert_eq!(ran.exit, Exit::CANNOT_RUN);
    assert!(ran.stderr.contains("the target's network can't be read"), "{}", ran.stderr);
}
