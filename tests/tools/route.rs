use super::namespace::{add_routes, in_own_network, own_view};
use crate::common::tool::run;
use dbg::exit::Exit;
use std::process::Command;

fn theirs(words: &[&str]) -> String {
    let output = Command::new("route").args(words).output().expect("net-tools is there");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_table_is_that_of_net_tools() {
    if !in_own_network() {
        return;
    }
    add_routes();
    for words in [&["-n"][..], &["-n", "-4"], &["-n", "-A", "inet"]] {
        let ran = run(&own_view(), &[&["route"], words].concat());
        assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
        assert_eq!(ran.text(), theirs(words), "{words:?}");
    }
    // Without -n net-tools looks up names, for which it waits here.
    let named = theirs(&["-n"]).replace("\n0.0.0.0 ", "\ndefault ");
    assert_eq!(run(&own_view(), &["route"]).text(), named);
}

/// Without what netlink does not tell: references, uses, and the entry that is no route.
fn known(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.contains(" -1 "));
    let mut lines: Vec<String> = lines
        .enumerate()
        .map(|(row, line)| match (row, line.split_whitespace().collect::<Vec<_>>().as_slice()) {
            (2.., [to, via, flags, metric, _, _, device]) => {
                // Of the flags those of the kernel's own bookkeeping are not told.
                let flags = flags.replace('e', "");
                format!("{} {to} {via} {flags} {metric} {device}", line.find(via).expect("there"))
            }
            _ => line.to_owned(),
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn the_table_of_ipv6_has_the_facts_of_net_tools() {
    if !in_own_network() {
        return;
    }
    add_routes();
    let ours = run(&own_view(), &["route", "-6", "-n"]);
    assert_eq!(known(ours.text()), known(&theirs(&["-6", "-n"])));
    assert!(ours.text().contains("fd01::/64 "), "{}", ours.text());
}

#[test]
fn json_is_that_of_ip_route() {
    if !in_own_network() {
        return;
    }
    add_routes();
    let route = run(&own_view(), &["route", "--json"]).json();
    assert_eq!(route, run(&own_view(), &["ip", "-j", "route"]).json());
}

#[test]
fn changes_are_refused() {
    let ran = run(&own_view(), &["route", "add", "default", "gw", "10.0.0.1"]);
    assert_eq!(ran.exit, Exit::USAGE);
    assert!(ran.stderr.contains("dbg only reads"), "{}", ran.stderr);
}
