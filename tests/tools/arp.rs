use super::namespace::{in_own_network, own_view, shell};
use crate::common::tool::run;
use dbg::exit::Exit;
use std::process::Command;

fn add_neighbours() {
    shell(
        "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:01 dev v0 nud permanent
         ip neigh add 10.0.0.10 lladdr 02:00:00:00:00:02 dev v0 nud stale
         ip neigh add 10.0.0.14 lladdr 02:00:00:00:00:02 dev v0 nud noarp
         ip neigh add 10.0.0.12 dev v0 nud failed
         ip neigh add 10.9.0.15 lladdr 02:00:00:00:00:03 dev br0
         ip neigh add proxy 10.0.0.11 dev v0",
    );
}

#[test]
fn neighbours_are_shown_as_net_tools_shows_them() {
    if !in_own_network() {
        return;
    }
    add_neighbours();
    for words in [
        &["-n"][..],
        &["-an"],
        &["-en"],
        &["-aen"],
        &["-n", "-i", "v0"],
        &["-an", "-i", "br0"],
        &["-n", "10.0.0.9"],
        &["-an", "10.0.0.10"],
    ] {
        let expected = Command::new("arp").args(words).output().expect("net-tools is there");
        let ran = run(&own_view(), &[&["arp"], words].concat());
        assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
        assert_eq!(ran.text(), String::from_utf8(expected.stdout).expect("text"), "{words:?}");
    }
}

#[test]
fn an_address_that_is_not_there_is_said() {
    if !in_own_network() {
        return;
    }
    let ran = run(&own_view(), &["arp", "-n", "10.0.0.77"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
    assert!(ran.stderr.contains("10.0.0.77: no entry"), "{}", ran.stderr);
    let ran = run(&own_view(), &["arp", "nosuch"]);
    assert_eq!(ran.exit, Exit::USAGE);
}

#[test]
fn json_has_each_neighbour() {
    if !in_own_network() {
        return;
    }
    add_neighbours();
    let rows = run(&own_view(), &["arp", "--json"]).json();
    let rows = rows.as_array().expect("an array");
    let row = rows.iter().find(|row| row["address"] == "10.0.0.9").expect("there");
    assert_eq!(row["hardware_address"], "02:00:00:00:00:01");
    assert_eq!(row["states"][0], "PERMANENT");
}
