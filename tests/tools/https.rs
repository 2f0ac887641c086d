use super::http::{curl, empty, http};
use crate::common::http::{TlsServer, certificates, request};
use dbg::exit::Exit;
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};

#[test]
fn the_targets_own_cas_are_trusted() {
    let (dir, view) = empty();
    certificates(dir.path(), "web", "rsa:2048", "-days 30");
    let server = TlsServer::new(dir.path(), "web", "");
    let url = format!("https://127.0.0.1:{}/", server.port);
    let ran = http(&view, &["-sS", &url]);
    assert_eq!(ran.exit, Exit::code(60));
    assert!(
        ran.stderr.contains("the target has no CA certificates (looked at /etc/ssl/"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("its own programs can verify no server either"), "{}", ran.stderr);
    let cacert = dir.path().join("ca.pem");
    let theirs = curl(&[
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code} %{ssl_verify_result}",
        "--cacert",
        cacert.to_str().unwrap(),
        &url,
    ]);
    let words = ["-s", "-o", "/dev/null", "-w", "%{http_code} %{ssl_verify_result}"];
    assert_eq!(
        http(&view, &[&words[..], &["--cacert", "/ca.pem", &url]].concat()).text(),
        theirs.0
    );
    std::fs::create_dir_all(dir.path().join("etc/ssl/certs")).unwrap();
    std::fs::copy(cacert, dir.path().join("etc/ssl/certs/ca-certificates.crt")).unwrap();
    assert_eq!(http(&view, &[&words[..], &[&url]].concat()).text(), theirs.0);
    let ran = http(&view, &["-v", "-o", "/dev/null", &url]);
    assert!(ran.stderr.contains("* TLSv1.3, TLS_AES_256_GCM_SHA384, X25519\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("*   verified\n"), "{}", ran.stderr);
    let row = &http(&view, &["--json", &url]).json()[0]["tls"];
    assert_eq!((&row["verified"], &row["protocol"]), (&json!(true), &json!("TLSv1.3")));
}

#[test]
fn a_certificate_that_is_not_trusted_ends_it_unless_told_otherwise() {
    let (dir, view) = empty();
    certificates(dir.path(), "web", "rsa:2048", "-days 30");
    let server = TlsServer::new(dir.path(), "web", "");
    let url = format!("https://other:{}/", server.port);
    let pin = format!("other:{}:127.0.0.1", server.port);
    let words = ["-sS", "--resolve", &pin, "--cacert", "/ca.pem", &url];
    let ran = http(&view, &words);
    assert_eq!(ran.exit, Exit::code(60));
    assert!(ran.stderr.contains("not for other but for DNS:localhost"), "{}", ran.stderr);
    let ran = http(
        &view,
        &[&["-k", "-o", "/dev/null", "-w", "%{ssl_verify_result}"], &words[..]].concat(),
    );
    assert_eq!((ran.exit, ran.text()), (Exit::OK, "62"), "{}", ran.stderr);
    assert_eq!(
        http(&view, &["-s", "--cacert", "/nosuch", &url, "--resolve", &pin]).exit,
        Exit::code(77)
    );
}

#[test]
fn a_server_without_tls_is_told() {
    let (_dir, view) = empty();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        use std::io::Write;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        let _ = request(&mut stream);
    });
    let ran = http(&view, &["-sS", &format!("https://127.0.0.1:{port}/")]);
    thread.join().unwrap();
    assert_eq!(ran.exit, Exit::code(35));
    assert!(
        ran.stderr.contains("does not speak TLS: it sent 'HTTP/1.1 400 Bad Request"),
        "{}",
        ran.stderr
    );
}
