use crate::common::net::in_own_network;
use crate::common::process::{Spawned, until};
use crate::common::skip::skip;
use crate::common::tool::{Ran, run, view_of};
use dbg::exit::Exit;
use dbg::view::{Net, View};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const ZONE: [&str; 13] = [
    "--host-record=a.example,192.0.2.1,2001:db8::1",
    "--host-record=api.svc.example,192.0.2.7",
    "--cname=www.example,a.example",
    "--mx-host=example,mail.example,10",
    "--mx-host=example,mail2.example,20",
    "--srv-host=_http._tcp.example,a.example,80,1,2",
    "--txt-record=t.example,he said \"hi\" \\ ;,second",
    "--ptr-record=1.2.0.192.in-addr.arpa,a.example",
    "--caa-record=example,0,issue,ca.example",
    "--dns-rr=odd.example,65280,01:02:ff",
    "--naptr-record=n.example,1,2,s,SIP,,x.example",
    "--host-record=a-name-that-is-longer-than-a-column.example,192.0.2.2",
    "--local=/example/",
];

/// A folder with these files in `etc`, as a target in this network.
pub(crate) fn target(files: &[(&str, &str)]) -> (TempDir, View) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join("etc").join(name), text).unwrap();
    }
    let mut view = view_of(dir.path());
    view.net = Ok(Net { is_host: true });
    (dir, view)
}

/// dnsmasq on port 53 of this thread's network.
fn server() -> Spawned {
    let mut command = Command::new("dnsmasq");
    command.args(["--no-daemon", "--conf-file=/dev/null", "--pid-file=", "--no-resolv"]);
    command.args([
        "--no-hosts",
        "--no-round-robin",
        "--user=root",
        "--listen-address=127.0.0.1",
        "--bind-interfaces",
    ]);
    let server = Spawned::new(command.args(ZONE));
    until("dnsmasq listens", || TcpStream::connect("127.0.0.1:53").is_ok());
    server
}

fn original(words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(words[0]).args(&words[1..]).env("HOME", "/nonexistent").output();
    let output = output.expect("bind9-dnsutils is there");
    (output.status.code(), String::from_utf8(output.stdout).expect("text"))
}

/// Without what differs from one call to the next, and from one program to the other.
fn lasting(text: &str) -> Vec<String> {
    let is_lasting = |line: &&str| {
        !["; <<>>", "; (", ";; WHEN", ";; Query time"].iter().any(|head| line.starts_with(head))
    };
    let without_id = |line: &str| match line.split_once(", id: ") {
        Some((head, _)) => head.to_owned(),
        None => line.to_owned(),
    };
    text.lines().filter(is_lasting).map(without_id).collect()
}

#[test]
fn dig_prints_what_dig_prints() {
    let done = in_own_network(|| {
        let (_dir, view) = target(&[("resolv.conf", "nameserver 127.0.0.1\nsearch svc.example\n")]);
        let _server = server();
        for words in [
            "a.example",
            "a.example AAAA",
            "aaaa a.example",
            "www.example",
            "-t MX example",
            "_http._tcp.example srv",
            "t.example txt",
            "example caa",
            "odd.example TYPE65280",
            "-x 192.0.2.1",
            "nosuch.example",
            "a-name-that-is-longer-than-a-column.example",
            "a.example +tcp",
            "a.example +noall +answer",
            "www.example +short",
            "t.example txt +short",
            "nosuch.example +short",
            "+nostats a.example mx www.example",
            "a.example +noedns +norecurse",
            "-q a.example -c ch -t txt",
            r"\000\@x\.y.example",
            ". ns +nocomments",
        ] {
            let ours: Vec<&str> =
                ["dig", "@127.0.0.1"].into_iter().chain(words.split(' ')).collect();
            let theirs: Vec<&str> = reordered(&ours);
            let (code, text) = original(&theirs);
            let ran = run(&view, &ours);
            assert_eq!(lasting(ran.text()), lasting(&text), "{words}: {}", ran.stderr);
            assert_eq!(Some(ran.exit.number().into()), code, "{words}");
        }
        let ran = run(&view, &["dig", "+short", "+search", "api"]);
        assert_eq!(ran.text(), "192.0.2.7\n");
    });
    if done.is_none() {
        skip("a network namespace takes root");
    }
}

fn reordered<'a>(ours: &[&'a str]) -> Vec<&'a str> {
    ours[..1].iter().copied().chain(["+nocookie"]).chain(ours[1..].iter().copied()).collect()
}

#[test]
fn host_and_nslookup_say_what_the_originals_say() {
    let done = in_own_network(|| {
        let (_dir, view) = target(&[("resolv.conf", "nameserver 127.0.0.1\n")]);
        let _server = server();
        for words in [
            "host a.example 127.0.0.1",
            "host www.example 127.0.0.1",
            "host nosuch.example 127.0.0.1",
            "host 192.0.2.1 127.0.0.1",
            "host 192.0.2.9 127.0.0.1",
            "host -t txt t.example 127.0.0.1",
            "host -t mx a.example 127.0.0.1",
            "host -t caa example 127.0.0.1",
            "host -T example 127.0.0.1",
            "nslookup a.example 127.0.0.1",
            "nslookup www.example 127.0.0.1",
            "nslookup -type=mx example 127.0.0.1",
            "nslookup -type=srv _http._tcp.example 127.0.0.1",
            "nslookup -query=txt t.example 127.0.0.1",
            "nslookup nosuch.example 127.0.0.1",
            "nslookup 192.0.2.1 127.0.0.1",
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            let (code, text) = original(&words);
            let ran = run(&view, &words);
            assert_eq!(ran.text(), text, "{words:?}: {}", ran.stderr);
            assert_eq!(Some(ran.exit.number().into()), code, "{words:?}");
        }
    });
    if done.is_none() {
        skip("a network namespace takes root");
    }
}

fn explained() -> (TempDir, View) {
    target(&[
        ("resolv.conf", "nameserver 127.0.0.1\nsearch no.example svc.example\noptions ndots:2\n"),
        ("hosts", "127.0.0.1 localhost\n10.0.0.5 db.internal db # x\n"),
        ("nsswitch.conf", "hosts: files mymachines dns\n"),
    ])
}

#[test]
fn dns_explains_each_step_to_the_addresses() {
    let done = in_own_network(|| {
        let _server = server();
        let (_dir, view) = explained();
        let ran = run(&view, &["dns", "api"]);
        assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
        let text = ran.text();
        for part in [
            "order: files, mymachines, dns (/etc/nsswitch.conf",
            "files: /etc/hosts has no line for api",
            "mymachines: not followed",
            "dns: servers 127.0.0.1; search no.example svc.example; ndots 2, timeout 5 s, attempts 2",
            "  api.no.example. A 127.0.0.1: NXDOMAIN, 0 records",
            "  api.svc.example. A 127.0.0.1: NOERROR, 1 records",
            "answer: 192.0.2.7 (dns, as api.svc.example.)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let json = run(&view, &["dns", "www.example.", "--json"]).json();
        assert_eq!(json["addresses"], json!(["192.0.2.1", "2001:db8::1"]));
        assert_eq!(json["questions"][0]["answer"][0]["type"], "CNAME");
        assert_eq!(json["source"], "dns");
        let ran = run(&view, &["dns", "+short", "example.", "MX"]);
        assert_eq!(ran.text().lines().count(), 2);
        let ran = run(&view, &["dns", "nosuch"]);
        assert_eq!(ran.exit, Exit::FAILURE);
        assert!(ran.text().ends_with("answer: none (nothing was found)\n"), "{}", ran.text());
        assert_eq!(run(&view, &["dns", "-x", "192.0.2.1", "+short"]).text(), "a.example.\n");
    });
    if done.is_none() {
        skip("a network namespace takes root");
    }
    let (_dir, view) = explained();
    let text = run(&view, &["dns", "DB"]);
    assert!(text.text().contains("files: /etc/hosts: 10.0.0.5 db.internal db\n"));
    assert!(text.text().ends_with("answer: 10.0.0.5 (files)\n"), "{}", text.text());
    assert_eq!(run(&view, &["dns", "+short", "::1"]).text(), "::1\n");
}

/// Answers the next questions by UDP with what `reply` makes of each.
fn stranger(reply: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = format!("@127.0.0.1#{}", socket.local_addr().unwrap().port());
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok((size, peer)) = socket.recv_from(&mut buffer) {
            for packet in reply(&buffer[..size]) {
                let _ = socket.send_to(&packet, peer);
            }
        }
    });
    server
}

fn answer_of(question: &[u8]) -> Vec<u8> {
    let mut answer = question.to_vec();
    answer[2] |= 0x80;
    // No additional record: ours is cut off.
    answer[11] = 0;
    answer.truncate(question.len() - 11);
    answer
}

fn ask(view: &View, server: &str, words: &[&str]) -> Ran {
    ask_within("+time=20", view, server, words)
}

/// Where the answer never comes, a short time is enough.
fn ask_within(time: &str, view: &View, server: &str, words: &[&str]) -> Ran {
    let all: Vec<&str> =
        ["dig", server, "+tries=1", time].into_iter().chain(words.iter().copied()).collect();
    run(view, &all)
}

#[test]
fn packets_that_answer_another_question_are_passed_over() {
    let (_dir, view) = target(&[]);
    let server = stranger(|question| {
        let right = {
            let mut answer = answer_of(question);
            answer[7] = 1;
            answer.extend_from_slice(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01");
            answer
        };
        let mut wrong_id = right.clone();
        wrong_id[0] ^= 0xff;
        let mut wrong_name = right.clone();
        wrong_name[13] ^= 1;
        let question = question.to_vec();
        vec![wrong_id, wrong_name, question, b"x".to_vec(), Vec::new(), right]
    });
    assert_eq!(ask(&view, &server, &["a.example", "+short"]).text(), "192.0.2.1\n");
}

#[test]
fn hostile_answers_end_in_words_and_within_the_deadline() {
    let (_dir, view) = target(&[]);
    let silent = stranger(|_| Vec::new());
    let ran = ask_within("+time=1", &view, &silent, &["a.example"]);
    assert!(ran.text().contains("timed out"), "{}", ran.text());
    assert_eq!(ran.exit, Exit::code(9));
    let forger = stranger(|_| vec![vec![0; 12]; 20]);
    let ran = ask_within("+time=2", &view, &forger, &["a.example"]);
    assert!(ran.text().contains("packets were no answer"), "{}", ran.text());
    let ring = stranger(|question| {
        let mut answer = answer_of(question);
        answer[7] = 0xff;
        let at = answer.len() as u8;
        answer.extend_from_slice(&[0xc0, at]);
        vec![answer]
    });
    let ran = ask(&view, &ring, &["a.example"]);
    assert!(ran.text().contains("can't be read"), "{}", ran.text());
    let escape = stranger(|question| {
        let mut answer = answer_of(question);
        answer[7] = 1;
        answer.extend_from_slice(b"\x04\x1b[2J\0\0\x10\0\x01\0\0\0\x3c\0\x03\x02\x1b\x9b");
        vec![answer]
    });
    let ran = ask(&view, &escape, &["a.example", "ANY"]);
    assert!(ran.text().contains(r#"\027[2J."#), "{}", ran.text());
    assert!(!ran.stdout.contains(&0x1b) && !ran.stdout.contains(&0x9b));
}

#[test]
fn a_server_that_dribbles_by_tcp_is_left_at_the_deadline() {
    let (_dir, view) = target(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("@127.0.0.1#{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            let _ = stream.read(&mut [0; 512]);
            let _ = stream.write_all(b"\xff\xff");
            while stream.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
    let ran = ask_within("+time=1", &view, &server, &["a.example", "+tcp"]);
    assert!(ran.text().contains("timed out"), "{}", ran.text());
}

#[test]
fn an_answer_that_was_cut_is_asked_for_again_by_tcp() {
    let (_dir, view) = target(&[]);
    // Another test may have the port of UDP.
    let (listener, socket) = std::iter::repeat_with(|| {
        let listener = TcpListener::bind("127.0.0.1:0").ok()?;
        let socket = UdpSocket::bind(listener.local_addr().ok()?).ok()?;
        Some((listener, socket))
    })
    .take(100)
    .find_map(|both| both)
    .expect("a port of both");
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        let (size, peer) = socket.recv_from(&mut buffer).unwrap();
        let mut cut = answer_of(&buffer[..size]);
        cut[2] |= 2;
        socket.send_to(&cut, peer).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let size = stream.read(&mut buffer).unwrap();
        let mut answer = answer_of(&buffer[2..size]);
        answer[7] = 1;
        answer.extend_from_slice(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01");
        stream.write_all(&(answer.len() as u16).to_be_bytes()).unwrap();
        stream.write_all(&answer).unwrap();
    });
    let ran = ask(&view, &format!("@127.0.0.1#{port}"), &["a.example", "+nocookie"]);
    assert!(ran.text().contains("retrying in TCP mode"), "{}", ran.text());
    assert!(ran.text().contains("192.0.2.1"), "{}", ran.text());
}

#[test]
fn wrong_words_are_told() {
    let (_dir, view) = target(&[]);
    for words in [
        &["dig", "+nonsense", "a"][..],
        &["dig"],
        &["dig", "@127.0.0.1#x", "a"],
        &["host", "-t", "nonsense", "a"],
        &["dns", "a.example", "b.example"],
    ] {
        let ran = run(&view, words);
        assert_eq!(ran.exit, Exit::USAGE, "{words:?}: {}", ran.stderr);
    }
    let ran = run(&view, &["dig", "a..b"]);
    assert!(ran.stderr.contains("a label is empty"), "{}", ran.stderr);
}
