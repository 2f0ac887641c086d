use super::namespace::{in_own_network, own_view, shell};
use crate::common::process::Namespaced;
use crate::common::skip::skip;
use crate::common::tool::{run, run_on_terminal, view_of_process};
use caps::{CapSet, Capability};
use dbg::exit::Exit;
use std::io::Write;
use std::process::{Command, Stdio};

/// Takes this test's thread into a network of its own with `rules`; whether the kernel has what they need.
fn with_rules(rules: &str) -> bool {
    if !in_own_network() {
        return false;
    }
    let mut nft = Command::new("nft")
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("nftables is there");
    nft.stdin.take().expect("a pipe").write_all(rules.as_bytes()).expect("written");
    let output = nft.wait_with_output().expect("it ends");
    if !output.status.success() {
        let has_none =
            !Command::new("nft").args(["list", "ruleset"]).status().expect("nft").success();
        assert!(has_none, "{}", String::from_utf8_lossy(&output.stderr));
        skip("optional: this kernel has no nf_tables");
        return false;
    }
    true
}

fn theirs(words: &str) -> String {
    // Numbers where dbg shows numbers: ports, and not the names of services.
    let output = Command::new("nft").args(words.split(' ')).output().expect("nftables is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn ours(words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let ran = run(&own_view(), &words);
    assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
    ran.text().to_owned()
}

/// Elements that nft breaks over lines, in one line.
fn joined(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = match out.ends_with(',') {
            true => format!(" {}", line.trim_start()),
            false if out.is_empty() => line.to_owned(),
            false => format!("\n{line}"),
        };
        out.push_str(&line);
    }
    out.push('\n');
    out
}

const RULES: &str = r#"
table ip filter {
    set ports { type inet_service; flags interval; elements = { 22, 80-90, 443 } }
    set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.1.1, 172.16.0.0-172.16.5.9 } }
    set pairs { type ipv4_addr . inet_service; elements = { 10.0.0.1 . 80, 10.0.0.2 . 443 } }
    set names { type ifname; elements = { "eth0", "lo" } }
    map verdicts { type inet_service : verdict; elements = { 22 : accept, 23 : drop, 24 : jump other } }
    map to { type inet_service : ipv4_addr; elements = { 80 : 10.0.0.7 } }
    set six { type ipv6_addr; }
    chain other { return; }
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        ct state invalid counter drop
        ct state != new accept
        iifname "lo" accept
        iif "lo" accept
        iifname "eth*" counter packets 5 bytes 300 accept
        oifname != "eth1" drop
        meta mark 0x5 accept
        meta mark & 0xff == 0x5 accept
        meta l4proto tcp accept
        ip saddr 10.0.0.0/8 accept
        ip saddr 10.16.0.0/12 drop
        ip daddr != 192.168.1.1 drop
        ip saddr 10.0.0.1-10.0.0.9 accept
        ip protocol icmp accept
        ip ttl < 5 drop
        tcp dport 22 accept
        tcp dport 1000-2000 accept
        tcp dport != 1000-2000 drop
        tcp sport { 22, 80 } accept
        ip saddr 1.2.3.4 ip daddr 5.6.7.8 tcp sport 1 tcp dport 2 accept
        @th,0,8 1 accept
        udp dport { 53, 1000-2000 } accept
        tcp flags syn accept
        tcp flags & (fin | syn | rst | ack) == syn accept
        icmp type echo-request limit rate 10/second accept
        limit rate over 5/minute burst 7 packets drop
        limit rate 10 mbytes/second accept
        log prefix "dropped: " level info
        log group 5
        log
        tcp dport @ports accept
        ip saddr @nets drop
        ip saddr != @nets accept
        ip saddr . tcp dport @pairs accept
        iifname @names accept
        tcp dport vmap @verdicts
        tcp dport vmap { 25 : accept, 26 : goto other }
        fib daddr type local accept
        fib saddr . iif oif missing drop
        meta pkttype broadcast drop
        meta skuid 1000 accept
        ct mark 0x10 accept
        ct direction original accept
        ct mark set meta mark
        meta mark set 0x7
        jump other
        goto other
        reject
        reject with icmp host-unreachable
        tcp dport 113 reject with tcp reset
        accept comment "why not"
    }
    chain output { type filter hook output priority filter + 5; }
    chain raw { type filter hook prerouting priority raw; policy accept; notrack; }
    chain late { type filter hook forward priority 555; }
}
table ip nat {
    chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        tcp dport 8080 dnat to 10.0.0.1:80
        tcp dport 8081 redirect to :81
        udp dport 53 dnat to 10.0.0.2-10.0.0.5
    }
    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        oifname "eth0" masquerade
        ip saddr 10.0.0.0/24 snat to 192.168.0.1
        meta l4proto tcp masquerade to :1024-2048 random
    }
}
table inet both {
    chain input {
        type filter hook input priority -10;
        ip saddr 10.0.0.1 accept
        ip6 saddr fd00::/8 accept
        ip6 daddr fe80::1 tcp dport 22 drop
        meta nfproto ipv6 accept
        icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept
        th dport 53 accept
        reject
        reject with icmpx admin-prohibited
    }
    chain nat { type nat hook prerouting priority 0; tcp dport 1 dnat ip to 10.0.0.1:2; tcp dport 2 dnat ip6 to [fd00::1]:3; }
}
table ip6 six {
    chain c {
        ip6 saddr fd00::/64 accept
        ip6 nexthdr tcp accept
        reject with icmpv6 admin-prohibited
    }
}
table arp a { chain c { type filter hook input priority filter; }; }
table bridge b { chain c { type filter hook forward priority filter; ether saddr 02:00:00:00:00:01 accept; ether type arp drop; }; }
table netdev n { chain c { type filter hook ingress device "lo" priority -500; }; }
table ip sleeping { flags dormant; }
"#;

#[test]
fn the_ruleset_is_what_nft_lists() {
    if !with_rules(RULES) {
        return;
    }
    for words in [
        "list ruleset",
        "list ruleset ip",
        "list ruleset inet",
        "list tables",
        "list tables ip6",
        "list table ip nat",
        "list table nat",
        "list table netdev n",
    ] {
        let (expected, found) = (joined(&theirs(words)), ours(&format!("nft {words}")));
        let differing: Vec<_> =
            expected.lines().zip(found.lines()).filter(|(a, b)| a != b).collect();
        assert!(differing.is_empty(), "{words}: nft's and ours: {differing:#?}");
        assert_eq!(expected, found, "{words}");
    }
}

#[test]
fn what_iptables_nft_puts_there_is_shown_with_its_counters() {
    if !with_rules("add table ip filter") {
        return;
    }
    let add = "iptables-nft -P FORWARD DROP
        iptables-nft -A INPUT -i lo -j ACCEPT
        iptables-nft -A INPUT -p tcp --dport 22 -m comment --comment 'ssh' -j ACCEPT
        iptables-nft -A FORWARD -s 10.0.0.0/8 -m conntrack --ctstate ESTABLISHED -j DROP";
    if !Command::new("sh").args(["-ec", add]).status().expect("a shell").success() {
        return skip("optional: this machine has no iptables-nft");
    }
    let text = ours("iptables -L -n -v");
    assert!(
        text.contains(
            "chain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;"
        ),
        "{text}"
    );
    assert!(text.contains("iifname \"lo\" counter packets 0 bytes 0 accept"), "{text}");
    assert!(text.contains("xt match \"conntrack\""), "{text}");
    assert!(text.contains("ip saddr 10.0.0.0/8"), "{text}");
    assert_eq!(ours("iptables -S"), text);
    assert_eq!(ours("iptables -t filter -L INPUT").matches("chain ").count(), 1);
    let none = run(&own_view(), &["iptables", "-t", "nosuch", "-L"]);
    assert_eq!(none.exit, Exit::FAILURE);
    assert!(none.stderr.contains("no table is called nosuch"), "{}", none.stderr);
}

#[test]
fn a_register_that_an_unknown_expression_filled_is_not_taken_for_what_it_held() {
    if !with_rules("table ip t { chain c { tcp dport 22 tcp option maxseg size 5 accept; }; }") {
        return;
    }
    let text = ours("nft list ruleset");
    assert!(text.contains("\t\ttcp dport 22 [exthdr] [cmp] accept\n"), "{text}");
}

#[test]
fn json_has_each_rule_with_its_counter() {
    if !with_rules(
        "table ip t { set s { type inet_service; elements = { 22 } }
         chain c { type filter hook input priority 0; policy drop; tcp dport 22 counter packets 3 bytes 180 accept comment \"ssh\"; }; }",
    ) {
        return;
    }
    let table = &run(&own_view(), &["nft", "--json", "list", "ruleset"]).json()[0];
    assert_eq!((&table["family"], &table["name"]), (&"ip".into(), &"t".into()));
    assert_eq!(table["sets"][0]["elements"][0], "22");
    let chain = &table["chains"][0];
    assert_eq!((&chain["hook"], &chain["policy"]), (&"input".into(), &"drop".into()));
    let rule = &chain["rules"][0];
    assert_eq!(rule["text"], "tcp dport 22 counter packets 3 bytes 180 accept");
    assert_eq!((&rule["packets"], &rule["bytes"]), (&3.into(), &180.into()));
    assert_eq!(rule["comment"], "ssh");
}

#[test]
fn a_hostile_comment_drives_no_terminal() {
    if !with_rules("table ip t { chain c { accept comment \"x\u{1b}[2J\"; }; }") {
        return;
    }
    for text in
        [ours("nft list ruleset"), run_on_terminal(&own_view(), &["nft", "list", "ruleset"], 80)]
    {
        assert!(text.contains("accept comment \"x\\x1b[2J\""), "{text}");
    }
}

#[test]
fn without_the_capability_it_says_which_is_needed() {
    if !in_own_network() {
        return;
    }
    // Capabilities are a thread's own, and each test has a thread.
    caps::drop(None, CapSet::Effective, Capability::CAP_NET_ADMIN).expect("dropped");
    let ran = run(&own_view(), &["nft", "list", "ruleset"]);
    assert_eq!((ran.exit, ran.text()), (Exit::FAILURE, ""));
    if !ran.stderr.contains("no nf_tables") {
        assert!(ran.stderr.contains("CAP_NET_ADMIN over the user namespace"), "{}", ran.stderr);
    }
}

#[test]
fn tables_of_legacy_iptables_are_told() {
    let target = Namespaced::new(
        &["--map-root-user", "--net"],
        &["sh", "-c", "iptables-legacy -L -n >/dev/null 2>&1; exec sleep 1000"],
    );
    crate::common::process::until("it sleeps", || {
        crate::common::process::comm(target.pid) == b"sleep\n"
    });
    let names = std::fs::read_to_string(format!("/proc/{}/net/ip_tables_names", target.pid));
    if !names.unwrap_or_default().contains("filter") {
        return skip("optional: this machine has no legacy iptables");
    }
    if !in_own_network() {
        return;
    }
    let ran = run(&view_of_process(target.pid), &["nft", "list", "ruleset"]);
    assert!(
        ran.stderr.contains("legacy iptables") && ran.stderr.contains("filter"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_can_not_be_listed_is_said() {
    shell("true");
    for (words, said) in [
        ("nft add table x", "dbg only lists"),
        ("nft flush ruleset", "dbg only lists"),
        ("nft list table", "a name is missing"),
        ("nft list meters", "not one of those here"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = run(&own_view(), &words);
        assert_eq!(ran.exit, Exit::USAGE, "{words:?}");
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn a_person_is_told_that_there_are_no_tables_and_a_script_reads_nothing() {
    if !with_rules("flush ruleset") {
        return;
    }
    for (words, said) in [
        ("nft", "nft: no tables: nothing is filtered\n"),
        ("nft list ruleset", "nft: no tables: nothing is filtered\n"),
        ("iptables -L", "iptables: no tables of IPv4: nothing of it is filtered\n"),
        ("iptables -t filter -L", "iptables: no table filter of IPv4: it has no rules\n"),
        ("iptables -t nat -S", "iptables: no table nat of IPv4: it has no rules\n"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = run(&own_view(), &words);
        assert_eq!((ran.exit, ran.text(), ran.stderr.as_str()), (Exit::OK, "", said), "{words:?}");
    }
    assert_eq!(run(&own_view(), &["nft", "-j", "list", "ruleset"]).json(), serde_json::json!([]));
    let ran = run(&own_view(), &["nft", "list", "table", "ip", "nosuch"]);
    assert_eq!(ran.exit, Exit::FAILURE, "{}", ran.stderr);
}
