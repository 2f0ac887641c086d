use crate::common::http::{Server, on_unix_socket};
use crate::common::tool::{Ran, run, run_on_terminal, run_with, view_of};
use dbg::exit::Exit;
use dbg::view::{Net, View};
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A target with these files and this machine's network.
fn target(dir: &Path) -> View {
    let mut view = view_of(dir);
    view.net = Ok(Net { is_host: true });
    view
}

pub(crate) fn empty() -> (TempDir, View) {
    let dir = tempfile::tempdir().unwrap();
    let view = target(dir.path());
    (dir, view)
}

/// What curl prints, and its exit code.
pub(crate) fn curl(words: &[&str]) -> (String, Option<i32>) {
    let ran = Command::new("curl").arg("-q").args(words).env_clear().output().unwrap();
    (String::from_utf8_lossy(&ran.stdout).into_owned(), ran.status.code())
}

pub(crate) fn http(view: &View, words: &[&str]) -> Ran {
    run(view, &[&["curl"], words].concat())
}

/// Fails the test unless we print what curl prints, and end as it does.
fn same(view: &View, words: &[&str]) -> Ran {
    let ours = http(view, words);
    let theirs = curl(words);
    let mine = (ours.text().to_owned(), Some(i32::from(ours.exit.number())));
    assert_eq!(mine, theirs, "{words:?}: {}", ours.stderr);
    ours
}

/// Tells what was asked, one line each; who asks is left out, since that differs.
fn echo() -> Server {
    Server::new(|request, peer| {
        let kept = request.lines().filter(|line| {
            !line.starts_with("User-Agent: dbg/")
                && !line.starts_with("User-Agent: curl/")
                && *line != "Connection: close"
        });
        let mut lines: Vec<&str> = kept.collect();
        // The order of headers has no meaning.
        if let Some(rest) = lines.get_mut(1..) {
            rest.sort_unstable();
        }
        let body = lines.join("\n");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = peer.write_all((head + &body).as_bytes());
    })
}

#[test]
fn the_server_is_asked_as_curl_asks() {
    let (dir, view) = empty();
    std::fs::write(dir.path().join("data"), "a=1\r\n&b=2\n").unwrap();
    let server = echo();
    let url = server.url("/a/../b?c=d#e");
    for words in [
        &[][..],
        &["-X", "DELETE"],
        &["-d", "x=1", "--data-raw", "@y", "-d", "z"],
        &["-G", "-d", "x=1", "-d", "y=2"],
        &["-H", "X-A: 1", "-H", "Accept:", "-H", "X-Empty;"],
        &["-H", "Host: other", "-H", "Content-Type: text/plain", "--data-binary", "hi\n"],
        &["-A", "me", "-e", "http://from/", "-u", "user:pass"],
    ] {
        same(&view, &[&["-s"], words, &[url.as_str()]].concat());
    }
    same(&view, &["-s", &format!("http://us%65r:p%40ss@127.0.0.1:{}/", server.port)]);
    let sent = http(&view, &["-d", "@data", &url]);
    assert!(sent.text().ends_with("a=1&b=2"), "{}", sent.text());
    let sent = http(&view, &["--data-binary", "@/data", &url]);
    assert!(sent.text().contains("Content-Length: 10"), "{}", sent.text());
    let words = ["curl", "-d", "@-", &url].map(Into::into).to_vec();
    assert!(run_with(&view, words, b"from\nstdin\n").text().ends_with("fromstdin"));
}

#[test]
fn answers_are_read_as_curl_reads_them() {
    let (_dir, view) = empty();
    let answers: &[&[u8]] = &[
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: x\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Type: text/x\r\nContent-Length: 3\r\n\r\nno\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ];
    let format = "[%{http_code} %{size_download} %{content_type} %{http_version} %{num_redirects} %{method}]\\n";
    for answer in answers {
        let server = Server::saying(answer);
        let url = server.url("/");
        for words in [&[][..], &["-i"], &["-I"], &["-f"]] {
            // After a failure curl may have printed less or more of what came.
            let is_whole = http(&view, &["-s", &url]).exit.is_ok();
            if is_whole {
                same(&view, &[&["-s", "-w", format], words, &[url.as_str()]].concat());
            } else {
                let ours = http(&view, &[&["-s"], words, &[url.as_str()]].concat());
                let theirs = curl(&[&["-s"], words, &[url.as_str()]].concat());
                assert_eq!(Some(i32::from(ours.exit.number())), theirs.1, "{words:?} {answer:?}");
            }
        }
    }
}

#[test]
fn redirects_are_followed_as_curl_follows_them() {
    let (_dir, view) = empty();
    let server = Server::new(|request, peer| {
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let status = path.trim_start_matches('/').parse::<u16>().unwrap_or(0);
        let answer = match status {
            300.. => format!(
                "HTTP/1.1 {status} Go\r\nLocation: end?of={status}\r\nContent-Length: 4\r\n\r\nbody"
            ),
            1 => "HTTP/1.1 302 Go\r\nLocation: /1\r\nContent-Length: 0\r\n\r\n".to_owned(),
            2 => "HTTP/1.1 302 Go\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"
                .to_owned(),
            _ => {
                let length = request.lines().find(|line| line.starts_with("Content-Length"));
                let body = format!("{method} {path} {length:?}\n");
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            }
        };
        let _ = peer.write_all(answer.as_bytes());
    });
    let format = "%{url_effective} %{redirect_url} %{num_redirects} %{http_code}\\n";
    for status in ["/301", "/302", "/303", "/307", "/308"] {
        let url = server.url(status);
        for words in
            [&[][..], &["-L"], &["-L", "-d", "x=1"], &["-L", "-X", "PUT", "-d", "x"], &["-L", "-I"]]
        {
            same(&view, &[&["-s", "-w", format], words, &[url.as_str()]].concat());
        }
    }
    assert_eq!(same(&view, &["-sL", "--max-redirs", "3", &server.url("/1")]).exit, Exit::code(47));
    assert_eq!(same(&view, &["-sL", &server.url("/2")]).exit, Exit::code(1));
}

#[test]
fn what_lets_one_in_is_not_told_to_another_host() {
    let (_dir, view) = empty();
    let other = echo();
    let port = other.port;
    let server = Server::new(move |_, peer| {
        let to = format!(
            "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
        );
        let _ = peer.write_all(to.as_bytes());
    });
    let words = [
        "-sL",
        "-u",
        "user:secret",
        "-H",
        "Cookie: c=secret",
        "-H",
        "Authorization: secret",
        "-H",
        "X-Y: z",
    ];
    let asked = http(&view, &[&words[..], &[&server.url("/")]].concat());
    assert!(asked.text().contains("X-Y: z"), "{}", asked.text());
    assert!(
        !asked.text().contains("secret") && !asked.text().contains("Authorization"),
        "{}",
        asked.text()
    );
}

#[test]
fn endless_answers_are_given_up() {
    let (_dir, view) = empty();
    let endless = |start: &'static [u8], part: &'static [u8]| {
        Server::new(move |_, peer| {
            let mut sent = peer.write_all(start);
            while sent.is_ok() {
                sent = peer.write_all(part);
            }
        })
    };
    for (start, part) in [
        (&b"HTTP/1.1 200 OK\r\n"[..], &b"X: y\r\n"[..]),
        (b"HTTP/1.1 200 OK\r\nX: ", b"aaaaaaaaaaaaaaaa"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"000000000000"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"000000000000"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"T: x\r\n"),
    ] {
        let server = endless(start, part);
        let ran = http(&view, &["-sS", &server.url("/")]);
        assert!(
            [8, 56].contains(&ran.exit.number()),
            "{start:?} {}: {}",
            ran.exit.number(),
            ran.stderr
        );
    }
    // A body may be endless; the time is not.
    let server = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(
        http(&view, &["-s", "-o", "/dev/null", "-m", "0.2", &server.url("/")]).exit,
        Exit::code(28)
    );
}

#[test]
fn silence_ends_with_the_time_given() {
    let (_dir, view) = empty();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = listener.local_addr().unwrap();
    for url in [format!("http://{at}/"), format!("https://{at}/")] {
        assert_eq!(same(&view, &["-s", "-m", "0.3", &url]).exit, Exit::code(28));
    }
    let ran = http(&view, &["--connect-timeout", "0.3", &format!("https://{at}/")]);
    assert_eq!(ran.exit, Exit::code(28));
    assert!(ran.stderr.contains("timed out"), "{}", ran.stderr);
}

#[test]
fn what_can_not_be_reached_ends_as_with_curl() {
    let (dir, view) = empty();
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let closed = format!("http://127.0.0.1:{port}/");
    let ran = same(&view, &["-s", "-w", "%{http_code} %{exitcode} %{remote_ip}\n", &closed]);
    assert_eq!(ran.exit, Exit::code(7));
    let ran = http(&view, &[&closed]);
    assert_eq!(ran.stderr, format!("curl: connecting to 127.0.0.1:{port}: connection refused\n"));
    assert_eq!(same(&view, &["-s", "http://127.0.0.1:99999/"]).exit, Exit::code(3));
    assert_eq!(same(&view, &["-s", "gopherx://h/"]).exit, Exit::code(1));
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    std::fs::write(dir.path().join("etc/nsswitch.conf"), "hosts: files\n").unwrap();
    std::fs::write(dir.path().join("etc/hosts"), "127.0.0.1 web.inside\n").unwrap();
    assert_eq!(http(&view, &["-s", "http://nosuch.inside/"]).exit, Exit::code(6));
    let server = echo();
    let inside = format!("http://web.inside:{}/", server.port);
    assert!(
        http(&view, &["-s", &inside]).text().contains(&format!("Host: web.inside:{}", server.port))
    );
    let pinned = format!("other.inside:{}:127.0.0.1", server.port);
    let url = format!("http://other.inside:{}/", server.port);
    same(&view, &["-s", "--resolve", &pinned, &url]);
}

#[test]
fn a_socket_of_the_target_is_connected_to() {
    let (dir, view) = empty();
    let path = dir.path().join("app.sock");
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n";
    let server = on_unix_socket(&path, answer);
    let ran = http(&view, &["-s", "--unix-socket", "/app.sock", "http://localhost/x"]);
    assert_eq!((ran.exit, ran.text()), (Exit::OK, "hi\n"), "{}", ran.stderr);
    assert!(server.join().unwrap().starts_with("GET /x HTTP/1.1\r\nHost: localhost\r\n"));
    assert_eq!(
        http(&view, &["-s", "--unix-socket", "/nosuch", "http://localhost/"]).exit,
        Exit::code(7)
    );
}

#[test]
fn files_are_written_only_when_that_was_allowed() {
    let (dir, mut view) = empty();
    let server = Server::saying(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n");
    let ran = http(&view, &["-o", "/out", &server.url("/")]);
    assert_eq!(ran.exit, Exit::code(23));
    assert!(ran.stderr.contains("read-only") && ran.stderr.contains("> FILE"), "{}", ran.stderr);
    assert_eq!(
        http(&view, &["-o", "/dev/null", "-w", "%{http_code}", &server.url("/")]).text(),
        "200"
    );
    assert_eq!(http(&view, &["-o", "-", &server.url("/")]).text(), "hi\n");
    assert_eq!(http(&view, &["-o", "-", "--json", &server.url("/")]).exit, Exit::USAGE);
    view.writable = true;
    assert_eq!(http(&view, &["-o", "/out", &server.url("/")]).exit, Exit::OK);
    assert_eq!(std::fs::read(dir.path().join("out")).unwrap(), b"hi\n");
}

#[test]
fn the_servers_words_do_not_drive_the_terminal() {
    let (_dir, view) = empty();
    let server = Server::saying(
        b"HTTP/1.1 200 \xffOK\r\nX: \x1b]0;t\x07\r\nContent-Length: 4\r\n\r\n\x1b[1m",
    );
    let url = server.url("/");
    let shown = run_on_terminal(&view, &["curl", "-s", "-i", "-w", "%{content_type}", &url], 80);
    assert!(!shown.contains('\x1b'), "{shown:?}");
    assert_eq!(http(&view, &["-s", &url]).stdout, b"\x1b[1m");
}

#[test]
fn json_has_each_hop_with_its_timings() {
    let (_dir, view) = empty();
    let server = Server::new(|request, peer| {
        let answer: &[u8] = match request.starts_with("GET /a ") {
            true => b"HTTP/1.1 301 Moved\r\nLocation: /b\r\n\r\n",
            false => b"HTTP/1.1 200 OK\r\nX: \xff\r\nContent-Length: 2\r\n\r\nok",
        };
        let _ = peer.write_all(answer);
    });
    let ran = http(&view, &["--json", "-L", "--timings", &server.url("/a")]);
    let rows = ran.json();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(
        (&rows[0]["status"], &rows[0]["redirect_url"]),
        (&json!(301), &json!(server.url("/b")))
    );
    assert_eq!((&rows[1]["status"], &rows[1]["body_bytes"]), (&json!(200), &json!(2)));
    assert_eq!(rows[1]["headers"][0], json!({"name": "X", "value": {"hex": "ff"}}));
    assert_eq!((&rows[1]["tls"], &rows[1]["error"]), (&json!(null), &json!(null)));
    assert!(rows[1]["timings"]["first_byte_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(ran.stderr.lines().filter(|line| line.contains("first byte")).count(), 2);
}

#[test]
fn an_answer_that_is_cut_anywhere_is_told() {
    let (_dir, view) = empty();
    let whole: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: x\r\n\r\n";
    for cut in 0..whole.len() {
        let server = Server::saying(&whole[..cut]);
        let ran = http(&view, &["-sS", &server.url("/")]);
        let expected: &[u8] = match cut {
            0 => &[52],
            1..47 => &[56],
            _ => &[18],
        };
        assert!(
            expected.contains(&ran.exit.number()),
            "{cut} {}: {}",
            ran.exit.number(),
            ran.stderr
        );
    }
    // Each byte changed: whatever comes of it, it ends.
    for at in 0..whole.len() {
        let server = Server::new(move |_, peer| {
            let mut answer = whole.to_vec();
            answer[at] ^= 0xa5;
            let _ = peer.write_all(&answer);
        });
        http(&view, &["-sS", "-i", "-v", &server.url("/")]);
    }
}
