//! What `ss -i`, `-m`, `-o` and `-s` tell, against iproute2.

use crate::common::net::in_network_of;
use crate::common::process::{Namespaced, comm, until};
use crate::common::skip::skip;
use crate::common::tool::{run, run_on_terminal, view_of_process};
use dbg::exit::Exit;
use dbg::view::{Missing, View};
use nix::sys::socket::{Backlog, listen, setsockopt, sockopt};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

fn own_view() -> View {
    view_of_process(std::process::id())
}

fn iproute2(flags: &str) -> String {
    let output = Command::new("ss").arg(flags).output().expect("iproute2 is there");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

/// The words of the one line that holds `mark`, but for those of which time makes others.
fn facts(text: &str, mark: &str) -> Vec<String> {
    let line = text.lines().find(|line| line.split_whitespace().any(|word| word == mark));
    let changes = ["lastsnd:", "lastrcv:", "lastack:", "users:"];
    let words = line.unwrap_or_default().split_whitespace();
    let words = words.filter(|word| !changes.iter().any(|start| word.starts_with(start)));
    // iproute2 has no process there, and we have none with `-`.
    words.filter(|word| *word != "-").map(str::to_owned).collect()
}

#[test]
fn internals_memory_and_timers_are_what_iproute2_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    setsockopt(&server, sockopt::KeepAlive, &true).unwrap();
    client.write_all(&[1; 100_000]).unwrap();
    server.read_exact(&mut [0; 70_000]).unwrap();
    server.write_all(b"answer").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let ends =
        [listener.local_addr().unwrap(), client.local_addr().unwrap(), udp.local_addr().unwrap()];
    for flags in ["-tuanOi", "-tuanOm", "-tuanOimo", "-tuanOio"] {
        for end in ends {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            until("both say the same", || {
                ours = facts(run(&own_view(), &["ss", flags]).text(), &end.to_string());
                theirs = facts(&iproute2(flags), &end.to_string());
                // The timers for acknowledgements come and go.
                ours == theirs && !ours.iter().any(|word| word.contains("(delack"))
            });
            assert!(ours.len() > 5, "{flags} {end}: {ours:?}");
        }
    }
    let text = run(&own_view(), &["ss", "-tao"]);
    assert!(text.text().contains(" timer:(keepalive,119min,0)"), "{}", text.text());
}

#[test]
fn internals_stand_in_a_line_of_their_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ran = run(
        &own_view(),
        &["ss", "-tlmi", &format!("sport = {}", listener.local_addr().unwrap().port())],
    );
    let lines: Vec<&str> = ran.text().lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[2].starts_with("\t skmem:(r0,rb"), "{lines:?}");
    assert!(lines[2].contains(" cwnd:"), "{lines:?}");
}

#[test]
fn unix_sockets_have_memory_and_their_owner() {
    let (mut one, other) = UnixStream::pair().unwrap();
    one.write_all(&[0; 3000]).unwrap();
    let inode = nix::sys::stat::fstat(&other).unwrap().st_ino;
    let rows = run(&own_view(), &["ss", "-xm", "--json"]).json();
    let row = rows.as_array().unwrap().iter().find(|row| row["inode"] == inode).expect("listed");
    assert!(row["memory"]["receive_limit_bytes"].as_u64().unwrap() > 3000, "{row}");
    assert_eq!(row["recv_q"], 3000);
    assert_eq!(row["uid"], nix::unistd::geteuid().as_raw());
    let text = iproute2("-xmO");
    let theirs = text.lines().find(|line| line.contains(&format!(" * {inode} "))).expect("listed");
    let skmem = theirs.split_whitespace().find(|word| word.starts_with("skmem")).unwrap();
    let ours = run(&own_view(), &["ss", "-xmO"]);
    let ours =
        ours.text().lines().find(|line| line.contains(&format!("* {inode} "))).expect("listed");
    assert!(ours.contains(skmem), "{ours}: {skmem}");
}

#[test]
fn json_has_internals_only_when_they_are_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    setsockopt(&client, sockopt::KeepAlive, &true).unwrap();
    let filter = format!("sport = {}", client.local_addr().unwrap().port());
    let row = |flags: &str| run(&own_view(), &["ss", flags, "--json", &filter]).json()[0].clone();
    let plain = row("-ta");
    for name in ["tcp", "memory", "timer", "listener"] {
        assert!(plain.get(name).is_none(), "{plain}");
    }
    let full = row("-taimo");
    let tcp = &full["tcp"];
    assert!(tcp["congestion"].is_string() && tcp["rtt_microseconds"].is_u64(), "{tcp}");
    assert!(tcp["snd_cwnd"].as_u64() > Some(0) && tcp["bytes_sent"].is_u64(), "{tcp}");
    assert_eq!(full["timer"]["kind"], "keepalive");
    assert!(full["memory"]["receive_limit_bytes"].as_u64() > Some(0), "{full}");
    assert!(full["cookie"].is_u64());
}

#[test]
fn what_only_netlink_tells_is_said_to_be_missing() {
    let mut view = own_view();
    view.net = Err(Missing::new("the test gave none"));
    let ran = run(&view, &["ss", "-tai"]);
    assert_eq!(ran.exit, Exit::OK);
    assert!(ran.stderr.contains("-i, -m and -o"), "{}", ran.stderr);
    assert!(!run(&view, &["ss", "-ta"]).stderr.contains("-i, -m and -o"));
}

/// A quiet network of its own, with loopback.
fn network() -> Option<Namespaced> {
    if !nix::unistd::geteuid().is_root() {
        skip("to join a network of another user namespace needs root");
        return None;
    }
    let words = ["sh", "-c", "ip link set lo up && exec sleep 1000"];
    let target = Namespaced::new(&["--map-root-user", "--net"], &words);
    until("loopback is up", || comm(target.pid) == b"sleep\n");
    Some(target)
}

fn inside(target: &Namespaced, words: &[&str]) -> String {
    let pid = target.pid.to_string();
    let mut command = Command::new("nsenter");
    let output = command.args(["-t", &pid, "-n", "--"]).args(words).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_summary_is_that_of_iproute2() {
    let Some(target) = network() else { return };
    let _held = in_network_of(target.pid as i32, || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let clients = [(); 3].map(|()| TcpStream::connect(address).unwrap());
        // One in TIME-WAIT: the end that closes first.
        let [first, rest @ ..] = clients;
        drop(first);
        drop(listener.accept().unwrap());
        let six = (TcpListener::bind("[::1]:0").unwrap(), UdpSocket::bind("[::1]:0").unwrap());
        (listener, rest, six, UdpSocket::bind("127.0.0.1:0").unwrap())
    });
    let view = view_of_process(target.pid);
    let mut theirs = String::new();
    until("both say the same", || {
        theirs = inside(&target, &["ss", "-s"]);
        run(&view, &["ss", "-s"]).text() == theirs
    });
    assert!(theirs.contains("timewait 1)"), "{theirs}");
    let facts = run(&view, &["ss", "-s", "--json"]).json();
    let summary = &facts[0];
    assert_eq!(facts.as_array().unwrap().len(), 1);
    assert_eq!(summary["tcp"]["established"], 4, "{summary}");
    assert_eq!(summary["transports"][1]["name"], "UDP");
    assert_eq!(
        (&summary["transports"][1]["ipv4"], &summary["transports"][1]["ipv6"]),
        (&Value::from(1), &Value::from(1))
    );
    let both = run(&view, &["ss", "-st"]);
    assert!(both.text().starts_with(&theirs) && both.text().contains("Recv-Q"), "{}", both.text());
}

#[test]
fn a_full_accept_queue_and_what_it_dropped_are_told() {
    let Some(target) = network() else { return };
    let pid = target.pid;
    in_network_of(pid as i32, || {
        let view = view_of_process(pid);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listen(&listener, Backlog::new(1).unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let plain = run(&view, &["ss", "-tl", "--explain"]);
        assert!(plain.text().contains("no accept queue is full"), "{}", plain.text());
        let _waiting = [(); 2].map(|()| TcpStream::connect(address).unwrap());
        let row = || run(&view, &["ss", "-tl", "--json"]).json()[0].clone();
        until("both wait", || row()["recv_q"] == 2);
        let dropped = TcpStream::connect_timeout(&address, Duration::from_millis(50));
        assert!(dropped.is_err(), "the queue is full");
        let listener = row()["listener"].clone();
        assert_eq!((&listener["waiting"], &listener["limit"]), (&2.into(), &1.into()));
        assert_eq!(listener["state"], "full");
        for count in ["drops", "namespace_overflows", "namespace_drops"] {
            assert!(listener[count].as_u64() > Some(0), "{count}: {listener}");
        }
        let explained = run(&view, &["ss", "-tl", "--explain"]);
        let text = explained.text();
        assert!(text.contains(&format!("{address} ")), "{text}");
        assert!(text.contains("the accept queue is full, 2 waiting of 1; "), "{text}");
        assert!(text.contains("ListenOverflows"), "{text}");
        // A person is told, a pipe is not.
        let screen = run_on_terminal(&view, &["ss", "-tl"], 200);
        assert!(screen.contains("the accept queue is full"), "{screen}");
        let piped = run(&view, &["ss", "-tl"]);
        assert_eq!(piped.text().lines().count(), 2, "{}", piped.text());
        let counters = run(&view, &["sockstat", "--abnormal"]);
        let line = counters.text().lines().find(|line| line.contains("ListenOverflows"));
        assert!(line.is_some_and(|line| line.starts_with("! ")), "{}", counters.text());
        assert!(run(&view, &["netstat", "-s"]).text().contains("ListenOverflows"));
    });
}
