use crate::common::net::{in_own_network, ip};
use crate::common::process::{Spawned, until};
use crate::common::skip::skip;
use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use dbg::view::{Net, View};
use std::process::Command;
use tempfile::TempDir;

fn target() -> (TempDir, View) {
    let dir = tempfile::tempdir().unwrap();
    let mut view = view_of(dir.path());
    view.net = Ok(Net { is_host: true });
    (dir, view)
}

/// A process in a network of its own.
fn node() -> Spawned {
    let mut command = Command::new("unshare");
    let node = Spawned::new(command.args(["--net", "sleep", "1000"]));
    let network = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
    let pid = node.pid().to_string();
    until("it has a network of its own", || {
        network(&pid).is_some_and(|own| Some(own) != network("thread-self"))
            && crate::common::process::comm(node.pid()) == b"sleep\n"
    });
    node
}

/// Runs `words` in the network of `node`.
fn inside(node: &Spawned, words: &str) {
    let mut command = Command::new("nsenter");
    command.args([&format!("--net=/proc/{}/ns/net", node.pid()), "sh", "-c", words]);
    assert!(command.status().unwrap().success(), "{words}");
}

/// Hops without their times.
fn hops(text: &str) -> Vec<String> {
    let without = |line: &str| -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let times = words
            .iter()
            .enumerate()
            .filter(|(at, word)| **word != "ms" && words.get(at + 1) != Some(&"ms"));
        times.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(without).collect()
}

#[test]
fn the_way_through_a_router_is_the_one_that_traceroute_finds() {
    let done = in_own_network(|| {
        let (_dir, view) = target();
        let (router, end) = (node(), node());
        ip("link add w0 type veth peer name w1");
        ip(&format!("link set w1 netns {}", router.pid()));
        ip("addr add 10.0.1.1/24 dev w0");
        ip("addr add fd00:1::1/64 dev w0 nodad");
        ip("link set w0 up");
        ip("route add default via 10.0.1.2");
        ip("-6 route add default via fd00:1::2");
        inside(
            &router,
            "ip link set lo up; ip addr add 10.0.1.2/24 dev w1; ip addr add fd00:1::2/64 dev w1 nodad",
        );
        inside(&router, "ip link set w1 up; ip link add e0 type veth peer name e1");
        inside(&router, &format!("ip link set e1 netns {}", end.pid()));
        inside(
            &router,
            "ip addr add 10.0.2.1/24 dev e0; ip addr add fd00:2::1/64 dev e0 nodad; ip link set e0 up",
        );
        inside(
            &router,
            "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding",
        );
        inside(
            &end,
            "ip link set lo up; ip addr add 10.0.2.2/24 dev e1; ip addr add fd00:2::2/64 dev e1 nodad",
        );
        inside(
            &end,
            "ip link set e1 up; ip route add default via 10.0.2.1; ip -6 route add default via fd00:2::1",
        );
        // The original's probes would use up what ours are to be answered from.
        for node in [&router, &end] {
            inside(node, "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit");
            inside(node, "echo 0 >/proc/sys/net/ipv6/icmp/ratelimit");
        }
        // Neighbours are found now, and not while it counts.
        for address in ["10.0.2.2", "fd00:2::2"] {
            until("the way is there", || {
                run(&view, &["ping", "-c", "1", "-W", "0.2", address]).exit == Exit::OK
            });
        }
        for words in [
            "traceroute -n -q 1 10.0.2.2",
            "traceroute -n -q 1 fd00:2::2",
            "traceroute -n -I -q 1 10.0.2.2",
            "traceroute -n -q 1 -m 1 10.0.2.2",
            "traceroute -n -q 1 -f 2 -w 2 10.0.2.2",
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            until("both find the same", || {
                let output = Command::new("traceroute").args(&words[1..]).output();
                let text = String::from_utf8(output.expect("traceroute").stdout).unwrap();
                let ran = run(&view, &words);
                assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
                hops(ran.text()) == hops(&text) && !ran.text().contains('*')
            });
        }
        let json = run(&view, &["traceroute", "-n", "-q", "2", "--json", "10.0.2.2"]).json();
        assert_eq!(json[0]["probes"][0]["address"], "10.0.1.2");
        assert_eq!(json[1]["probes"][0]["is_destination"], true);
        inside(&router, "ip route add unreachable 10.9.9.9/32");
        let ran = run(&view, &["traceroute", "-n", "-q", "1", "10.9.9.9"]);
        assert!(ran.text().contains("!H"), "{}", ran.text());
    });
    if done.is_none() {
        skip("a network namespace takes root");
    }
}

#[test]
fn loopback_is_one_step_away() {
    let (_dir, view) = target();
    let ran = run(&view, &["traceroute", "-n", "127.0.0.1"]);
    let head = "traceroute to 127.0.0.1 (127.0.0.1), 30 hops max, 60 byte packets\n 1  127.0.0.1  ";
    assert!(ran.text().starts_with(head), "{} {}", ran.text(), ran.stderr);
    assert_eq!(ran.text().lines().count(), 2);
    for words in
        [&["traceroute"][..], &["traceroute", "-m", "0", "x"], &["traceroute", "-q", "11", "x"]]
    {
        assert_eq!(run(&view, words).exit, Exit::USAGE, "{words:?}");
    }
}
