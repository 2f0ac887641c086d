//! A network namespace of a test's own, with something in it.

use crate::common::skip::skip;
use crate::common::tool::view_of_process;
use dbg::view::View;
use nix::sched::{CloneFlags, unshare};
use std::process::Command;

/// Takes this test's thread into a network namespace of its own, with links, addresses, routes, rules and neighbours.
/// Whether it could: that takes root.
pub fn in_own_network() -> bool {
    if unshare(CloneFlags::CLONE_NEWNET).is_err() {
        skip("a network namespace of one's own needs root");
        return false;
    }
    shell(
        "ip link set lo up
         ip link add v0 type veth peer name v1
         ip link add br0 type bridge
         ip link set v1 master br0
         ip link property add dev v0 altname uplink0
         ip link set v0 alias 'hello there'
         ip link set v0 address 02:00:00:00:aa:01
         ip link add v2 type veth peer name v3
         ip link set v1 up; ip link set v0 up; ip link set br0 up
         ip addr add 10.0.0.1/24 brd + dev v0
         ip addr add 10.0.0.2/24 dev v0 label v0:1
         ip addr add 192.168.5.1 peer 192.168.5.2/32 dev v0
         ip addr add 172.16.0.1/16 metric 77 dev v0
         ip addr add fd00::1/64 dev v0 nodad
         ip addr add fd00::1:1/64 dev v0 nodad noprefixroute
         ip addr add 10.9.0.1/24 dev br0 scope link",
    );
    true
}

pub fn shell(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().expect("a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub fn own_view() -> View {
    view_of_process(std::process::id())
}

pub fn add_routes() {
    shell(
        "ip route add default via 10.0.0.254 metric 100 proto dhcp src 10.0.0.1
         ip route add blackhole 10.8.0.0/16
         ip route add unreachable 10.7.0.0/16 metric 5
         ip route add prohibit 10.6.0.0/16
         ip route add 10.5.0.0/16 nexthop via 10.0.0.3 weight 2 nexthop via 10.0.0.4 dev v0
         ip route add 10.4.0.0/16 via 10.99.0.1 dev v0 onlink realm 5 tos 0x10 mtu lock 1400 advmss 1300 rtt 100ms \
            rto_min 2s initcwnd 10 quickack 1
         ip route add 10.1.0.0/16 via inet6 fd00::9 dev v0
         ip route add 10.2.0.0/16 dev v0 table 100 proto static
         ip route add throw 10.3.0.0/16 table 100
         ip route add fd01::/64 via fd00::2 metric 7 pref high
         ip -6 route add fd03::/64 via fd00::9 expires 1000 mtu 1300
         ip -6 route add blackhole fd02::/32
         ip -6 route add unreachable fd04::/32 proto bird
         ip -6 route add fd05::/64 from fd00::/64 via fd00::3
         ip -6 route add default nexthop via fd00::3 nexthop via fd00::4 dev v0 weight 3",
    );
}
