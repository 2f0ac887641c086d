//! What is the same in all tools that reach a host by its name.

use crate::common::net::in_own_network;
use crate::common::skip::skip;
use crate::common::tool::run;
use crate::dns::target;
use dbg::exit::Exit;
use std::net::{TcpListener, UdpSocket};

#[test]
fn a_limit_of_time_holds_for_the_name_as_well() {
    let done = in_own_network(|| {
        // Without a limit it would be asked for an hour and more.
        let _silent = UdpSocket::bind("127.0.0.1:53").unwrap();
        let domains: Vec<String> = (0..32).map(|n| format!("d{n}.example")).collect();
        let config = format!(
            "nameserver 127.0.0.1\nnameserver 127.0.0.1\nsearch {}\noptions timeout:30 attempts:5\n",
            domains.join(" ")
        );
        let (_dir, view) = target(&[("resolv.conf", &config)]);
        for (words, code) in [
            (&["http", "--max-time", "1", "http://db/"][..], 28),
            (&["http", "--connect-timeout", "1", "http://db/"], 28),
            (&["tls", "-m", "1", "db"], 1),
            (&["nc", "-w", "1", "db", "80"], 1),
            (&["ping", "-w", "1", "db"], 2),
        ] {
            let ran = run(&view, words);
            let is_told = ran.stderr.contains("before the time was over")
                || ran.text().contains("before the time was over");
            assert!(is_told, "{words:?} {} {}", ran.stderr, ran.text());
            assert_eq!(ran.exit, Exit::code(code), "{words:?}");
        }
    });
    if done.is_none() {
        skip("a network namespace takes root");
    }
}

#[test]
fn localhost_is_the_loopback_where_no_file_says_so_and_no_server_is_asked() {
    let done = in_own_network(|| {
        let (_dir, view) = target(&[("nsswitch.conf", "hosts: dns\n")]);
        let listener = TcpListener::bind("127.0.0.1:80").unwrap();
        for words in [
            &["nc", "-z", "localhost", "80"][..],
            &["nc", "-z", "LOCALHOST.", "80"],
            &["nc", "-z", "-4", "db.localhost", "80"],
            &["ping", "-c", "1", "localhost"],
            &["ping", "-c", "1", "-6", "localhost"],
        ] {
            let ran = run(&view, words);
            assert_eq!(ran.exit, Exit::OK, "{words:?} {}", ran.stderr);
        }
        drop(listener);
        let ran = run(&view, &["http", "http://localhost/"]);
        assert_eq!(ran.exit, Exit::code(7), "{}", ran.stderr);
        let (_dir, view) = target(&[("hosts", "127.0.0.1 localhost\n")]);
        for (words, code) in [
            (&["http", "-6", "http://localhost/"][..], 6),
            (&["nc", "-6", "localhost", "80"], 1),
            (&["ping", "-6", "localhost"], 2),
            (&["tls", "-6", "localhost"], 1),
        ] {
            let ran = run(&view, words);
            let why = "localhost: has no address of IPv6, only 127.0.0.1";
            assert!(ran.stderr.contains(why), "{words:?} {}", ran.stderr);
            assert_eq!(ran.exit, Exit::code(code), "{words:?}");
        }
    });
    if done.is_none() {
        skip("a network namespace takes root");
    }
}

#[test]
fn dns_says_which_attempt_it_was_and_what_was_not_asked_any_more() {
    let done = in_own_network(|| {
        let (_dir, view) = target(&[("resolv.conf", "nameserver 127.0.0.1\nsearch a.example\n")]);
        let ran = run(&view, &["dns", "db"]);
        for part in [
            "  db.a.example. A 127.0.0.1: connection refused, attempt 1 of 2\n",
            "  db.a.example. A 127.0.0.1: connection refused, attempt 2 of 2\n",
            "  not asked any more: db.a.example. AAAA, db. A, db. AAAA (without an answer glibc goes no further)\n",
        ] {
            assert!(ran.text().contains(part), "{part}{}", ran.text());
        }
        let json = run(&view, &["dns", "--json", "db"]).json();
        assert_eq!(json["not_asked"][0], "db.a.example. AAAA");
    });
    if done.is_none() {
        skip("a network namespace takes root");
    }
}

#[test]
fn a_tool_speaks_by_the_name_that_was_typed_and_in_plain_words() {
    let (_dir, view) = target(&[]);
    for (words, said) in [
        (&["curl", "--nonsense"][..], "Usage: curl "),
        (&["http", "--nonsense"], "Usage: http "),
        (&["iptables", "--nonsense"], "Usage: iptables "),
        (&["ss", "--nonsense"], "Usage: ss "),
        (&["curl", "http://[/"], "curl: "),
        (
            &["http", "--max-time", "x", "http://a/"],
            "'x' for '--max-time <SECONDS>': a number is wanted\n",
        ),
        (&["ping", "-c", "x", "a"], "'x' for '-c <N>': a whole number is wanted\n"),
        (&["nc", "-w", "99999999999999999999", "a", "1"], "the number is too large\n"),
    ] {
        let ran = run(&view, words);
        assert!(ran.stderr.contains(said), "{words:?} {}", ran.stderr);
    }
}
