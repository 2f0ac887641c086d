use crate::common::net::in_own_network;
use crate::common::process::until;
use crate::common::skip::skip;
use crate::common::tool::{Ran, run, run_with, view_of};
use dbg::exit::Exit;
use dbg::view::{Net, View};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn target() -> (TempDir, View) {
    let dir = tempfile::tempdir().unwrap();
    let mut view = view_of(dir.path());
    view.net = Ok(Net { is_host: true });
    (dir, view)
}

fn nc(view: &View, words: &str, stdin: &[u8]) -> Ran {
    run_with(view, words.split(' ').map(OsString::from).collect(), stdin)
}

/// Exit code, stdout and stderr of netcat-openbsd.
fn original(words: &str, stdin: &[u8]) -> (Option<i32>, Vec<u8>, String) {
    let mut words = words.split(' ');
    let mut command = Command::new(words.next().map(|_| "nc.openbsd").unwrap_or_default());
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("netcat-openbsd is there");
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), output.stdout, String::from_utf8(output.stderr).unwrap())
}

/// Serves `number` connections: answers with all that came, backwards, once the peer has said all.
fn mirror(number: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(number) {
            let (mut stream, mut said) = (stream.unwrap(), Vec::new());
            let _ = stream.read_to_end(&mut said);
            said.reverse();
            let _ = stream.write_all(&said);
        }
    });
    port
}

/// A port below those that are given out, so that nobody else has it in a network of one's own.
const PORT: u16 = 2000;

/// Runs `work` where nobody else takes ports.
fn alone(work: impl FnOnce() + Send) {
    if in_own_network(work).is_none() {
        skip("a network namespace takes root");
    }
}

#[test]
fn bytes_go_both_ways_as_they_are() {
    let (_dir, view) = target();
    let port = mirror(2);
    let bytes: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    let words = format!("nc -N 127.0.0.1 {port}");
    let ran = nc(&view, &words, &bytes);
    let (code, stdout, _) = original(&words, &bytes);
    assert_eq!(ran.exit, Exit::OK, "{}", ran.stderr);
    assert_eq!((Some(0), &stdout), (code, &ran.stdout));
    assert!(ran.stdout.iter().rev().eq(&bytes));
}

#[test]
fn a_scan_says_what_the_original_says() {
    alone(|| {
        let (_dir, view) = target();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap().port();
        let closed = PORT;
        for words in [
            format!("nc -nzv 127.0.0.1 {open}"),
            format!("nc -nzv 127.0.0.1 {closed}"),
            format!("nc -nz 127.0.0.1 {open}"),
            format!("nc -nzv -w 2 127.0.0.1 {open}-{open}"),
            format!("nc -nzvu 127.0.0.1 {closed}"),
        ] {
            let ran = nc(&view, &words, b"");
            let (code, _, stderr) = original(&words, b"");
            assert_eq!(Some(ran.exit.number().into()), code, "{words}: {}", ran.stderr);
            // The original tells nothing of UDP that is refused.
            if !words.contains("zvu") {
                assert_eq!(ran.stderr, stderr.replace("nc.openbsd:", "nc:"), "{words}");
            }
        }
        let (first, last) = (open.saturating_sub(2), open.saturating_add(2));
        let ran = nc(&view, &format!("nc -nzv 127.0.0.1 {first}-{last}"), b"");
        let line = format!("Connection to 127.0.0.1 {open} port [tcp/*] succeeded!");
        assert!(ran.stderr.contains(&line), "{}", ran.stderr);
        assert_eq!(ran.exit, Exit::OK);
    });
}

#[test]
fn a_server_takes_one_connection_or_many() {
    alone(|| {
        let (_dir, view) = target();
        let port = PORT;
        let client = std::thread::spawn(move || {
            let mut stream = None;
            until("nc listens", || {
                stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok();
                stream.is_some()
            });
            let mut stream = stream.unwrap();
            stream.write_all(b"question").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        let ran = nc(&view, &format!("nc -nvl -s 127.0.0.1 -p {port}"), b"answer");
        assert_eq!(ran.text(), "question", "{}", ran.stderr);
        assert!(
            ran.stderr.starts_with(&format!("Listening on 127.0.0.1 {port}\n")),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("Connection received on 127.0.0.1 "), "{}", ran.stderr);
        assert_eq!(client.join().unwrap(), "answer");
        let port = PORT + 1;
        std::thread::spawn(move || {
            for part in [b"one ", b"two "] {
                until("nc listens again", || {
                    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
                    stream.is_ok_and(|mut stream| stream.write_all(part).is_ok())
                });
            }
        });
        let ran = nc(&view, &format!("nc -lk -w 10 127.0.0.1 {port}"), b"");
        assert_eq!(ran.text(), "one two ");
    });
}

#[test]
fn datagrams_go_both_ways() {
    alone(|| {
        let (_dir, view) = target();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let mut buffer = [0; 64];
            let (size, peer) = socket.recv_from(&mut buffer).unwrap();
            buffer[..size].reverse();
            socket.send_to(&buffer[..size], peer).unwrap();
        });
        assert_eq!(nc(&view, &format!("nc -u -w 10 127.0.0.1 {port}"), b"abc").text(), "cba");
    });
}

#[test]
fn a_unix_socket_of_the_target_is_reached_at_any_depth() {
    let (dir, view) = target();
    let listener = UnixListener::bind(dir.path().join("s")).unwrap();
    let deep = ["long"; 40].join("/");
    std::fs::create_dir_all(dir.path().join(&deep)).unwrap();
    std::fs::rename(dir.path().join("s"), dir.path().join(&deep).join("s")).unwrap();
    std::os::unix::fs::symlink(format!("/{deep}/s"), dir.path().join("link")).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            stream.unwrap().write_all(b"hello").unwrap();
        }
    });
    assert_eq!(nc(&view, "nc -U /link", b"").text(), "hello");
    assert_eq!(nc(&view, &format!("nc -U {deep}/s"), b"").text(), "hello");
    std::fs::write(dir.path().join("file"), "").unwrap();
    let ran = nc(&view, "nc -U /file", b"");
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (Exit::FAILURE, "nc: connecting to /file: is no socket\n")
    );
    assert_eq!(nc(&view, "nc -lU /new", b"").exit, Exit::USAGE);
}

#[test]
fn what_never_ends_is_left_in_time() {
    alone(|| {
        let (_dir, view) = target();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ran = nc(&view, &format!("nc -w 1 127.0.0.1 {port}"), b"");
        assert_eq!(ran.exit, Exit::OK);
        assert_eq!(nc(&view, &format!("nc -q 0 127.0.0.1 {port}"), b"x").exit, Exit::OK);
        let ran = nc(&view, &format!("nc -l -w 1 127.0.0.1 {}", PORT), b"");
        assert_eq!(ran.exit, Exit::FAILURE);
    });
}

#[test]
fn names_are_those_of_the_target_and_wrong_words_are_told() {
    let (dir, view) = target();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    std::fs::write(dir.path().join("etc/hosts"), "127.0.0.1 web\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let services = format!("other 1/tcp\nmine\t{port}/tcp # x\n");
    std::fs::write(dir.path().join("etc/services"), services).unwrap();
    let ran = nc(&view, &format!("nc -zv web {port}"), b"");
    assert_eq!(ran.stderr, format!("Connection to web {port} port [tcp/mine] succeeded!\n"));
    for words in ["nc", "nc a", "nc 127.0.0.1 x", "nc 127.0.0.1 0", "nc -n web 1", "nc -l"] {
        assert_eq!(run(&view, &words.split(' ').collect::<Vec<_>>()).exit, Exit::USAGE, "{words}");
    }
}
