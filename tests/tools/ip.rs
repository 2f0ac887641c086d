use super::namespace::{add_routes, in_own_network, own_view, shell};
use crate::common::process::{Spawned, until};
use crate::common::skip::skip;
use crate::common::tool::{run, run_on_terminal};
use dbg::exit::Exit;
use std::process::{Command, Output};

fn theirs(words: &[&str]) -> Output {
    Command::new("ip").args(words).output().expect("iproute2 is there")
}

/// What `words` print where it is not to the byte what iproute2 prints for them. Both are asked anew while something
/// is going on: duplicate address detection, neighbours that answer, counters.
fn difference(words: &str) -> Option<String> {
    let words: Vec<&str> = words.split(' ').collect();
    let ours = [&["ip"], words.as_slice()].concat();
    let mut pair = (String::new(), String::new());
    for _ in 0..50 {
        let expected = theirs(&words);
        let ran = run(&own_view(), &ours);
        assert_eq!(ran.exit, Exit::OK, "{words:?}: {}", ran.stderr);
        pair = (ran.text().to_owned(), String::from_utf8(expected.stdout).expect("text"));
        if pair.0 == pair.1 {
            assert!(!pair.0.is_empty(), "{words:?} shows something");
            return None;
        }
    }
    Some(format!("{words:?}:\n{}\nand iproute2:\n{}", pair.0, pair.1))
}

fn assert_as_iproute2(lines: &[&str]) {
    let differences: Vec<String> = lines.iter().filter_map(|words| difference(words)).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn links_and_addresses_are_shown_as_iproute2_shows_them() {
    if !in_own_network() {
        return;
    }
    assert_as_iproute2(&[
        "addr",
        "a",
        "address show",
        "addr list",
        "addr show dev v0",
        "addr show v0",
        "addr show uplink0",
        "addr show up",
        "addr show dev v0 scope global",
        "addr show scope link",
        "addr show to 10.0.0.0/24",
        "addr show type veth",
        "addr show master br0",
        "addr show permanent",
        "addr show secondary",
        "addr show primary",
        "-4 addr",
        "-6 addr",
        "-f inet6 addr",
        "-family inet addr",
        "-o addr",
        "-o -4 addr",
        "-oneline addr show v0",
        "-br addr",
        "-br -4 addr",
        "-brief -6 addr",
        "-color=never addr",
        "-d addr show lo",
        "-d addr show v0",
        "-s addr show lo",
        "link",
        "l",
        "link show up",
        "link show dev v0",
        "link show type bridge",
        "link show master br0",
        "-o link",
        "-br link",
        "-d link show lo",
        "-d link show v0",
        "-s link",
        "-s -s link",
        "-stats link show lo",
        "-o -s link show lo",
        "-4 link",
    ]);
}

#[test]
fn lifetimes_are_shown() {
    if !in_own_network() {
        return;
    }
    shell(
        "ip addr add 10.20.0.1/24 dev v0 valid_lft 100000 preferred_lft 50000
         ip addr add fd09::1/64 dev v0 nodad valid_lft 100000 preferred_lft 0",
    );
    assert_as_iproute2(&["addr show v0"]);
    assert_as_iproute2(&["addr show dynamic"]);
    assert_as_iproute2(&["addr show deprecated"]);
}

#[test]
fn routes_are_shown_as_iproute2_shows_them() {
    if !in_own_network() {
        return;
    }
    add_routes();
    assert_as_iproute2(&[
        "route",
        "r",
        "ro show",
        "route list",
        "-4 route",
        "-6 route",
        "-o route",
        "-d route",
        "-d -6 route",
        "route show table all",
        "route show table main",
        "route show table local",
        "route show table 100",
        "-6 route show table all",
        "-6 route show table local",
        "-d route show table all",
        "route show dev v0",
        "-6 route show dev v0",
        "route show proto kernel",
        "route show proto static table all",
        "route show scope link",
        "route show type blackhole",
        "route show type unicast",
        "route show default",
        "route show 10.5.0.0/16",
        "route show to 10.5/16",
        "route show to root 10.0.0.0/8",
        "route show to match 10.5.1.1",
        "route show to exact 10.0.0.0/24",
        "route show via 10.0.0.254",
        "route show src 10.0.0.1",
        "-6 route show root fd00::/8",
        "route get 10.0.0.9",
        "route get 10.0.0.1",
        "route get 10.5.0.9",
        "route get to 10.4.0.1 from 10.0.0.2",
        "route get 10.0.0.9 dev v0",
        "route get 10.0.0.255",
        "route get 224.0.0.1",
        "-o route get 10.2.3.4",
        "route get fd01::5",
        "-6 route get fd00::1",
    ]);
}

#[test]
fn a_route_by_a_next_hop_object_has_its_number() {
    if !in_own_network() {
        return;
    }
    shell("ip nexthop add id 5 via 10.0.0.7 dev v0; ip route add 10.10.0.0/16 nhid 5");
    assert_as_iproute2(&["route", "route show 10.10.0.0/16"]);
}

#[test]
fn a_route_that_is_not_there_is_a_failure_with_the_kernels_reason() {
    if !in_own_network() {
        return;
    }
    add_routes();
    for (address, why) in [
        ("10.7.0.1", "no route to host"),
        ("10.6.0.1", "permission denied"),
        ("10.8.0.1", "invalid"),
    ] {
        let ran = run(&own_view(), &["ip", "route", "get", address]);
        assert_eq!(ran.exit, Exit::USAGE, "as iproute2");
        assert!(ran.stderr.contains(address) && ran.stderr.contains(why), "{}", ran.stderr);
        assert_eq!(theirs(&["route", "get", address]).status.code(), Some(2));
    }
}

#[test]
fn rules_are_shown_as_iproute2_shows_them() {
    if !in_own_network() {
        return;
    }
    shell(
        "ip rule add from 10.0.0.0/24 to 10.1.0.0/16 iif v0 oif br0 fwmark 0x5/0xff table 100 pref 50
         ip rule add blackhole pref 60 tos 0x10
         ip rule add prohibit pref 61 from 10.1.1.1 fwmark 7
         ip rule add not from 1.2.3.4 goto 100 pref 70
         ip rule add from 1.2.3.4 goto 150 pref 71
         ip rule add ipproto tcp sport 5-6 dport 80 uidrange 1-5 table 99 pref 80
         ip rule add suppress_prefixlength 0 table main pref 90
         ip rule add nop pref 100
         ip rule add iif nosuch0 table 1000 pref 102 protocol static
         ip -6 rule add from fd00::/64 table 100 pref 5",
    );
    assert_as_iproute2(&[
        "rule",
        "ru",
        "rule show",
        "rule list",
        "-d rule",
        "-4 rule",
        "-6 rule",
        "rule show table 100",
        "rule show pref 70",
        "rule show iif v0",
    ]);
}

#[test]
fn neighbours_are_shown_as_iproute2_shows_them() {
    if !in_own_network() {
        return;
    }
    shell(
        "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:01 dev v0
         ip neigh add 10.0.0.10 lladdr 02:00:00:00:00:02 dev v0 nud stale
         ip neigh add 10.9.0.10 lladdr 02:00:00:00:00:05 dev br0 nud noarp
         ip neigh add fd00::9 lladdr 02:00:00:00:00:03 dev v0 router nud permanent
         ip neigh add fd00::a lladdr 02:00:00:00:00:04 dev v0 nud permanent extern_learn
         ip neigh add proxy 10.0.0.11 dev v0",
    );
    assert_as_iproute2(&[
        "neigh",
        "n",
        "neighbour show",
        "neighbor list",
        "-4 neigh",
        "-6 neigh",
        "neigh show dev v0",
        "neigh show nud permanent",
        "neigh show nud stale",
        "neigh show nud all",
        "neigh show to 10.0.0.9",
        "neigh show 10.0.0.0/24",
        "neigh show proxy",
        "-br neigh",
        "-s neigh",
        "-o neigh",
    ]);
}

#[test]
fn a_vlan_is_shown_where_the_kernel_has_them() {
    if !in_own_network() {
        return;
    }
    let add = "link add link v0 name v0.5 type vlan id 5".split(' ');
    if !Command::new("ip").args(add).output().expect("iproute2").status.success() {
        return skip("optional: this kernel has no VLANs");
    }
    assert_as_iproute2(&["link show v0.5"]);
    assert_as_iproute2(&["-d link show v0.5"]);
}

#[test]
fn the_other_end_in_another_namespace_is_a_number() {
    if !in_own_network() {
        return;
    }
    let other =
        crate::common::process::Namespaced::new(&["--map-root-user", "--net"], &["sleep", "1000"]);
    shell(&format!("ip link set v3 netns {}", other.pid));
    assert_as_iproute2(&["addr show v2"]);
    assert_as_iproute2(&["link show v2"]);
}

#[test]
fn json_has_the_facts_in_types() {
    if !in_own_network() {
        return;
    }
    add_routes();
    let json = |words: &[&str]| run(&own_view(), words).json();
    let links = json(&["ip", "-j", "addr", "show", "v0"]);
    let link = &links[0];
    assert_eq!(link["name"], "v0");
    assert_eq!((&link["link"], &link["kind"]), (&"v1".into(), &"veth".into()));
    assert_eq!(
        (&link["alias"], &link["alternative_names"][0]),
        (&"hello there".into(), &"uplink0".into())
    );
    assert_eq!(link["address"], "02:00:00:00:aa:01");
    let address = &link["addresses"][0];
    assert_eq!((&address["local"], &address["prefix_length"]), (&"10.0.0.1".into(), &24.into()));
    assert!(address["valid_seconds"].is_null());
    let routes = json(&["ip", "route", "--json"]);
    let routes = routes.as_array().expect("an array");
    assert!(routes[0]["destination"].is_null());
    assert_eq!((&routes[0]["gateway"], &routes[0]["metric"]), (&"10.0.0.254".into(), &100.into()));
    let several = routes.iter().find(|route| route["destination"] == "10.5.0.0").expect("there");
    assert_eq!(several["next_hops"][0]["weight"], 2);
    assert_eq!(json(&["ip", "-j", "-6", "rule"])[0]["table"], "local");
    let neighbours = json(&["ip", "-j", "neigh", "show", "nud", "permanent"]);
    assert_eq!(neighbours.as_array().map(Vec::len), Some(0));
    assert!(json(&["ip", "-s", "-j", "link"])[0]["statistics"]["received"]["bytes"].is_u64());
}

#[test]
fn a_hostile_alias_forges_no_row_and_drives_no_terminal() {
    if !in_own_network() {
        return;
    }
    shell("ip link set v0 alias \"$(printf 'x\\n9: eth9: <UP>\\033[2J')\"");
    for text in [
        run(&own_view(), &["ip", "link"]).text().to_owned(),
        run_on_terminal(&own_view(), &["ip", "link"], 80),
    ] {
        assert!(text.contains("alias x\\n9: eth9: <UP>\\x1b[2J"), "{text}");
    }
}

#[test]
fn what_would_change_the_network_is_refused() {
    for words in [
        "addr add 10.0.0.1/8 dev lo",
        "a del 10.0.0.1/8 dev lo",
        "link set lo down",
        "route replace default dev lo",
        "r flush table main",
        "rule add table 5",
        "neigh change 10.0.0.1 dev lo",
        "neigh get 10.0.0.1",
    ] {
        let words: Vec<&str> = ["ip"].into_iter().chain(words.split(' ')).collect();
        let ran = run(&own_view(), &words);
        assert_eq!(ran.exit, Exit::USAGE, "{words:?}");
        assert!(ran.stderr.contains("dbg only reads"), "{}", ran.stderr);
    }
}

#[test]
fn what_is_not_there_is_said() {
    for (words, said) in [
        ("link show nosuch0", "no interface is called 'nosuch0'"),
        ("route show dev nosuch0", "no interface is called 'nosuch0'"),
        ("netns", "netns is no object of ip here"),
        ("route show table nosuch", "table: nosuch is none"),
        ("route get", "an address is missing"),
        ("rule show foo", "foo is no filter of rules"),
    ] {
        let words: Vec<&str> = ["ip"].into_iter().chain(words.split(' ')).collect();
        let ran = run(&own_view(), &words);
        assert_ne!(ran.exit, Exit::OK, "{words:?}");
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn a_hundred_thousand_routes_and_elements_take_little_memory() {
    if !nix::unistd::geteuid().is_root() {
        return crate::common::skip::skip("a network namespace takes root");
    }
    let node = Spawned::new(Command::new("unshare").args(["--net", "sleep", "1000"]));
    let network = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
    let pid = node.pid().to_string();
    until("it has a network of its own", || {
        network(&pid).is_some_and(|own| Some(own) != network("thread-self"))
            && crate::common::process::comm(node.pid()) == b"sleep\n"
    });
    let dir = tempfile::tempdir().unwrap();
    let routes: Vec<String> = (0..100_000u32)
        .map(|n| format!("route add 10.{}.{}.{}/32 dev lo\n", n >> 16, n >> 8 & 255, n & 255))
        .collect();
    let elements: Vec<String> =
        (0..100_000u32).map(|n| format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255)).collect();
    let rules = format!(
        "table ip t {{\nset s {{\ntype ipv4_addr\nelements = {{ {} }}\n}}\n}}\n",
        elements.join(",")
    );
    std::fs::write(dir.path().join("routes"), routes.concat()).unwrap();
    std::fs::write(dir.path().join("rules"), rules).unwrap();
    let script = "ip link set lo up && ip -batch routes && nft -f rules 2>&1 | head -c 200";
    let mut command = Command::new("nsenter");
    command.args([&format!("--net=/proc/{pid}/ns/net"), "sh", "-c", script]);
    assert!(command.current_dir(dir.path()).status().unwrap().success());
    let bounded = |words: &[&str]| {
        let mut command = Command::new("prlimit");
        command.args(["--data=33554432", env!("CARGO_BIN_EXE_dbg"), words[0], "--pid", &pid]);
        let ran = command.args(&words[1..]).output().expect("prlimit is there");
        let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{words:?}: {stderr}");
        (String::from_utf8(ran.stdout).unwrap(), stderr)
    };
    for words in
        [&["ip", "route"][..], &["ip", "-j", "route"], &["route", "-n"], &["route", "--json"]]
    {
        let (text, _) = bounded(words);
        assert!(text.lines().count() >= 100_000, "{words:?}: {}", text.lines().count());
    }
    let (text, stderr) = bounded(&["nft", "list", "ruleset"]);
    assert_eq!(text.matches(", ").count(), 65_535);
    assert_eq!(stderr, "nft: s: 34464 more elements are there and not shown\n");
}
