//! The filters of `ss`, against iproute2.

use crate::common::tool::{run, view_of_process};
use dbg::exit::Exit;
use dbg::view::{Root, View};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::process::Command;

fn own_view() -> View {
    view_of_process(std::process::id())
}

/// The lines about one of `ports` without the processes, in order.
fn picked(text: &str, ports: &[u16]) -> Vec<String> {
    let has = |line: &str| {
        let mut words = line.split_whitespace();
        words.any(|word| ports.iter().any(|port| word.ends_with(&format!(":{port}"))))
    };
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| has(line))
        .map(|line| {
            let words = line.split_whitespace();
            let words = words.take_while(|word| *word != "-" && !word.starts_with("users:"));
            words.collect::<Vec<_>>().join(" ")
        })
        .collect();
    lines.sort();
    lines
}

fn iproute2(words: &[&str]) -> String {
    let output = Command::new("ss").args(words).output().expect("iproute2 is there");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn filters_pick_what_iproute2_picks() {
    let four = TcpListener::bind("127.0.0.2:0").unwrap();
    let both = TcpListener::bind("[::]:0").unwrap();
    let client = TcpStream::connect(four.local_addr().unwrap()).unwrap();
    let mapped = TcpStream::connect(("127.0.0.3", both.local_addr().unwrap().port())).unwrap();
    let six = TcpStream::connect(("::1", both.local_addr().unwrap().port())).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.connect("127.0.0.1:9").unwrap();
    let port = |address: std::io::Result<std::net::SocketAddr>| address.unwrap().port();
    let (l, b, c, u) = (
        port(four.local_addr()),
        port(both.local_addr()),
        port(client.local_addr()),
        port(udp.local_addr()),
    );
    let ports = [l, b, c, port(mapped.local_addr()), port(six.local_addr()), u];
    let filters = [
        "state listening".to_owned(),
        "state established".to_owned(),
        "state ESTABLISHED state listening".to_owned(),
        "exclude listening".to_owned(),
        "excl established exclude closed".to_owned(),
        "state connected".to_owned(),
        "state synchronized".to_owned(),
        "state big".to_owned(),
        "state bucket".to_owned(),
        "state all".to_owned(),
        "state closed".to_owned(),
        "state unconnected".to_owned(),
        format!("sport = :{l}"),
        format!("sport :{l}"),
        format!("sport {l}"),
        format!("state established sport = :{l} or dport = :{l}"),
        format!("dport eq :{l}"),
        format!("sport != :{l}"),
        format!("sport ne {l} and dport ne {l}"),
        format!("sport ge :{b} && sport le :{b}"),
        format!("sport < :{l}"),
        format!("sport lt {l}"),
        format!("not sport > :{l}"),
        format!("! ( sport gt {l} | dport <= {l} )"),
        "sport >= :0".to_owned(),
        "sport <= :65535".to_owned(),
        "src 127.0.0.2".to_owned(),
        "src = 127.0.0.0/8".to_owned(),
        "dst 127.0.0.0/30".to_owned(),
        "dst 127.0.0.3".to_owned(),
        "dst 0.0.0.0/0".to_owned(),
        format!("dst 127.0.0.2:{l}"),
        format!("dst 127.0.0.0/8:{l}"),
        format!("src *:{b}"),
        format!("dst :{b}"),
        "src [::1]".to_owned(),
        "dst [::1]:*".to_owned(),
        format!("dst [::1]:{b}"),
        "src [::/0]".to_owned(),
        // No precedence: from left to right.
        format!("sport = :{l} or sport = :{b} and dport = :{c}"),
        format!("sport = :{l} or ( sport = :{b} and dport = :{c} )"),
        format!("( sport = :{l} dport = :{c} )"),
    ];
    for filter in &filters {
        let words: Vec<&str> = filter.split(' ').collect();
        let ours = [&["ss", "-tuan"], words.as_slice()].concat();
        let theirs = [&["-tuan"], words.as_slice()].concat();
        // All in one word.
        let one = ["ss", "-tuan", filter];
        let (mut found, mut expected) = ([vec![], vec![]], vec![]);
        // Ports are used again, and what others left of theirs in TIME-WAIT may end between two looks.
        for _ in 0..20 {
            found = [&ours[..], &one].map(|words| picked(run(&own_view(), words).text(), &ports));
            expected = picked(&iproute2(&theirs), &ports);
            if found.iter().all(|found| *found == expected) {
                break;
            }
        }
        assert_eq!(found, [expected.clone(), expected], "{filter}");
    }
}

#[test]
fn the_words_may_stand_before_the_flags() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sport = format!(":{port}");
    let ran = run(&own_view(), &["ss", "sport", "=", &sport, "-tlH"]);
    assert_eq!(ran.text().lines().count(), 1, "{}", ran.text());
    let rows = run(&own_view(), &["ss", "-tl", "--json", "sport", "=", &sport]).json();
    assert_eq!(rows.as_array().unwrap().len(), 1);
}

#[test]
fn a_wrong_word_is_named_and_nothing_is_listed() {
    let deep = "( ".repeat(200);
    for (words, named) in [
        ("bogus", "bogus"),
        ("sport = foo", "foo"),
        ("sport = :70000", "70000"),
        ("sport = :-1", "-1"),
        ("dport", "dport"),
        ("sport >= *", "*"),
        ("dst", "dst"),
        ("dst 300.1.1.1", "300.1.1.1"),
        ("dst 10.0.0.0/33", "10.0.0.0/33"),
        ("src [::1", "[::1"),
        ("src < 10.0.0.1", "src"),
        ("state", "state"),
        ("state running", "running"),
        ("exclude x\u{1b}[2J", "x\\x1b[2J"),
        ("sport = 1 state all", "state"),
        ("( sport = 1", "("),
        ("sport = 1 )", ")"),
        ("sport = 1 or", "ends"),
        ("not", "ends"),
        ("dev lo", "dev"),
        (&deep, "nested"),
    ] {
        let ran = run(&own_view(), &["ss", "-tan", words]);
        assert_eq!((ran.exit, ran.text()), (Exit::USAGE, ""), "{words}");
        assert!(ran.stderr.contains(named), "{words}: {}", ran.stderr);
    }
}

#[test]
fn names_of_ports_are_those_of_the_target() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    let file =
        format!("# shop 1/tcp\n\u{1b} x\nshop\nshop 99999/tcp\nweb {port}/tcp shop www# n\n");
    std::fs::write(dir.path().join("etc/services"), file).unwrap();
    let mut view = own_view();
    assert_eq!(run(&view, &["ss", "-tl", "sport = :shop"]).exit, Exit::USAGE);
    view.root = Ok(Root::new(OwnedFd::from(std::fs::File::open(dir.path()).unwrap())));
    for name in [":shop", "web", ":www"] {
        let ran = run(&view, &["ss", "-tlH", "sport", "=", name]);
        assert_eq!(ran.text().lines().count(), 1, "{name}: {}{}", ran.text(), ran.stderr);
    }
    assert_eq!(run(&view, &["ss", "-tl", "sport = :n"]).exit, Exit::USAGE);
}

#[test]
fn conditions_on_addresses_and_ports_fit_no_unix_socket() {
    let _pair = std::os::unix::net::UnixStream::pair().unwrap();
    for filter in ["sport >= 0", "sport < 1", "sport > 65534", "dst *", "src 0.0.0.0/0"] {
        let ran = run(&own_view(), &["ss", "-xaH", filter]);
        assert_eq!((ran.exit, ran.text()), (Exit::OK, ""), "{filter}");
    }
    assert_ne!(run(&own_view(), &["ss", "-xH", "state established"]).text(), "");
}
