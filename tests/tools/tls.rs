use crate::common::http::{TlsServer, certificates, certificates_between, openssl};
use crate::common::tool::{Ran, run, view_of};
use dbg::exit::Exit;
use dbg::output::Text;
use dbg::view::{Identity, Net, View};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use tempfile::TempDir;

pub(crate) fn target(dir: &Path) -> View {
    let mut view = view_of(dir);
    view.net = Ok(Net { is_host: true });
    view
}

/// A target with a CA at `/ca.pem`, and `web.pem` that it signed, the key made as `key` says.
pub(crate) fn signed(key: &str) -> (TempDir, View) {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path(), "web", key, "-days 30");
    let view = target(dir.path());
    (dir, view)
}

/// What `tls` finds of a server on the loopback, by the CA of the test.
fn probe(view: &View, port: u16, more: &[&str]) -> Value {
    let server = format!("127.0.0.1:{port}");
    run(view, &[&["tls", "--json", "--cacert", "/ca.pem", &server], more].concat()).json()[0]
        .clone()
}

fn codes(report: &Value) -> Vec<&str> {
    let faults = report["faults"].as_array().unwrap();
    faults.iter().map(|fault| fault["code"].as_str().unwrap()).collect()
}

#[test]
fn every_kind_of_key_and_every_version_is_verified() {
    for (key, kind, bits, versions) in [
        ("rsa:2048", "RSA", 2048, &["", "-tls1_2"][..]),
        ("ec~-pkeyopt~ec_paramgen_curve:P-256", "EC P-256", 256, &["", "-tls1_2"]),
        ("ec~-pkeyopt~ec_paramgen_curve:P-384", "EC P-384", 384, &["", "-tls1_2"]),
        ("ed25519", "ED25519", 256, &[""]),
    ] {
        let (dir, view) = signed(&key.replace('~', " "));
        for version in versions {
            let server = TlsServer::new(dir.path(), "web", version);
            let report = probe(&view, server.port, &[]);
            assert_eq!(report["verified"], true, "{key} {version}: {report}");
            let protocol = if version.is_empty() { "TLSv1.3" } else { "TLSv1.2" };
            assert_eq!(report["protocol"], protocol);
            let leaf = &report["chain"][0];
            assert_eq!((&leaf["key_type"], &leaf["key_bits"]), (&json!(kind), &json!(bits)));
        }
    }
}

#[test]
fn every_group_and_cipher_that_is_offered_works() {
    let (dir, view) = signed("rsa:2048");
    for (more, group, cipher) in [
        ("-groups P-256", "secp256r1", "TLS_AES_256_GCM_SHA384"),
        ("-groups P-384", "secp384r1", "TLS_AES_256_GCM_SHA384"),
        ("-groups X25519 -ciphersuites TLS_AES_128_GCM_SHA256", "X25519", "TLS_AES_128_GCM_SHA256"),
        (
            "-tls1_2 -groups P-256 -cipher ECDHE-RSA-AES128-GCM-SHA256",
            "secp256r1",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ),
    ] {
        let server = TlsServer::new(dir.path(), "web", more);
        let report = probe(&view, server.port, &[]);
        assert_eq!(
            (&report["group"], &report["cipher"]),
            (&json!(group), &json!(cipher)),
            "{report}"
        );
    }
}

#[test]
fn each_fault_is_told_apart() {
    let (dir, view) = signed("rsa:2048");
    let at = dir.path();
    certificates_between(at, "old", "20200101000000Z", "20200103000000Z");
    certificates_between(at, "early", "20900101000000Z", "20910101000000Z");
    std::fs::create_dir(at.join("twin")).unwrap();
    certificates(&at.join("twin"), "web", "rsa:2048", "-days 30");
    std::fs::create_dir(at.join("other")).unwrap();
    openssl(
        at,
        "req -x509 -newkey rsa:2048 -nodes -keyout other/ca.key -out other/ca.pem -days 9 -subj /CN=Other",
    );
    certificates(&at.join("other"), "web", "rsa:2048", "-days 30");
    openssl(
        at,
        "req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem -days 9 -subj /CN=self -addext basicConstraints=CA:FALSE -addext subjectAltName=IP:127.0.0.1",
    );
    let verdict = |name: &str, more: &[&str]| {
        let (folder, name) =
            name.rsplit_once('/').map_or((at.to_owned(), name), |(f, n)| (at.join(f), n));
        let server = TlsServer::new(&folder, name, "");
        let report = probe(&view, server.port, more);
        assert_eq!(report["verified"], codes(&report).is_empty(), "{report}");
        let ran = run(
            &view,
            &[&["tls", "--cacert", "/ca.pem", &format!("127.0.0.1:{}", server.port)], more]
                .concat(),
        );
        assert_eq!(ran.exit.is_ok(), codes(&report).is_empty());
        report
    };
    assert_eq!(codes(&verdict("web", &["--sni", "localhost"])), Vec::<&str>::new());
    assert_eq!(codes(&verdict("web", &["--sni", "a.web.test"])), Vec::<&str>::new());
    let report = verdict("web", &["--sni", "example.org"]);
    assert_eq!(codes(&report), ["name_mismatch"]);
    let text = "the certificate is not for example.org but for DNS:localhost, DNS:*.web.test, IP:127.0.0.1";
    assert_eq!(report["faults"][0]["text"], text);
    let report = verdict("old", &["--sni", "example.org"]);
    assert_eq!(codes(&report), ["expired", "name_mismatch"], "{report}");
    assert!(
        report["faults"][0]["text"]
            .as_str()
            .unwrap()
            .contains("CN=old expired at 2020-01-03T00:00:00Z, "),
        "{report}"
    );
    assert!(report["chain"][0]["days_left"].as_i64().unwrap() < 0);
    assert_eq!(codes(&verdict("early", &[])), ["not_yet_valid"]);
    let report = verdict("other/web", &[]);
    assert_eq!(codes(&report), ["unknown_issuer"]);
    let text = report["faults"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("the issuer CN=Other is not among the target's 1 CAs"), "{text}");
    assert_eq!(codes(&verdict("twin/web", &[])), ["bad_signature"]);
    assert_eq!(codes(&verdict("self", &[])), ["self_signed"]);
    // As `openssl req -x509` makes it, which is a CA's as well.
    openssl(
        at,
        "req -x509 -newkey rsa:2048 -nodes -keyout dev.key -out dev.pem -days 9 -subj /CN=dev -addext subjectAltName=IP:127.0.0.1",
    );
    assert_eq!(codes(&verdict("dev", &[])), ["self_signed"]);
    assert_eq!(codes(&verdict("dev", &["--cacert", "/dev.pem"])), Vec::<&str>::new());
    // A certificate that is in the list itself needs no issuer: so it is with OpenSSL.
    assert_eq!(codes(&verdict("self", &["--cacert", "/self.pem"])), Vec::<&str>::new());
    assert_eq!(codes(&verdict("other/web", &["--cacert", "/other/ca.pem"])), Vec::<&str>::new());
}

#[test]
fn cas_are_found_where_the_targets_programs_find_them() {
    let (dir, mut view) = signed("rsa:2048");
    let at = dir.path();
    let server = TlsServer::new(at, "web", "");
    let word = format!("127.0.0.1:{}", server.port);
    let report = |view: &View| run(view, &["tls", "--json", &word]).json()[0].clone();
    let before = report(&view);
    assert_eq!(codes(&before), ["no_ca_files"]);
    let text = before["faults"][0]["text"].as_str().unwrap();
    for path in [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ] {
        assert!(text.contains(path), "{text}");
    }
    let is_trusted = |view: &View, from: &str| {
        let report = report(view);
        assert_eq!((&report["verified"], &report["trust_from"]), (&json!(true), &json!([from])));
    };
    std::fs::create_dir_all(at.join("etc/ssl/certs")).unwrap();
    std::fs::copy(at.join("ca.pem"), at.join("etc/ssl/certs/1234abcd.0")).unwrap();
    std::os::unix::fs::symlink("1234abcd.0", at.join("etc/ssl/certs/again.pem")).unwrap();
    std::fs::write(at.join("etc/ssl/certs/README"), "no certificate").unwrap();
    is_trusted(&view, "/etc/ssl/certs");
    std::fs::copy(at.join("ca.pem"), at.join("etc/ssl/cert.pem")).unwrap();
    is_trusted(&view, "/etc/ssl/cert.pem");
    let environ = |list: &[&str]| {
        let environ = list.iter().map(|entry| Text::from(*entry)).collect();
        Ok(Identity { environ: Some(environ), ..Identity::default() })
    };
    view.who = environ(&["SSL_CERT_FILE=/ca.pem"]);
    is_trusted(&view, "/ca.pem");
    std::fs::create_dir(at.join("none")).unwrap();
    view.who = environ(&["SSL_CERT_FILE=/nosuch", "SSL_CERT_DIR=/none"]);
    assert_eq!(codes(&report(&view)), ["no_ca_files"]);
    assert!(
        report(&view)["faults"][0]["text"].as_str().unwrap().contains("(looked at /nosuch, /none)")
    );
}

/// One connection whose peer sends `answer` when it was greeted, and reads until we leave.
fn answering(answer: Vec<u8>) -> (u16, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 5];
        let _ = stream.read_exact(&mut hello);
        let _ = stream.write_all(&answer);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    (port, thread)
}

#[test]
fn old_servers_and_strange_ones_are_told_in_words() {
    let (_dir, view) = signed("rsa:2048");
    for (answer, expected) in [
        // Alert protocol_version, as a server of TLS 1.0 sends it.
        (&b"\x15\x03\x01\x00\x02\x02\x46"[..], "only TLS 1.1 or older"),
        // A ServerHello of TLS 1.0.
        (
            &[&b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01"[..], &[7; 32], b"\x00\x00\x2f\x00"]
                .concat(),
            "only TLS 1.1 or older",
        ),
        (b"\x15\x03\x03\x00\x02\x02\x28", "no cipher suite or key exchange"),
        (b"\x15\x03\x03\x00\x02\x02\x70", "no site called"),
        (b"SSH-2.0-Open\x1b[2JSSH\r\n", "does not speak TLS: it sent 'SSH-2.0-Open\\x1b[2JSSH'"),
        (b"", "closed the connection"),
        (b"\x16\x03\x03\xff\xff\x02\x00\x00\x00", "TLS handshake"),
        (b"\x16\x03\x03\x00\x04\x02\xff\xff\xff", "TLS handshake"),
    ] {
        let (port, thread) = answering(answer.to_vec());
        let report = probe(&view, port, &["--sni", "localhost", "-m", "20"]);
        thread.join().unwrap();
        let error = report["error"].as_str().unwrap();
        assert!(error.contains(expected), "{answer:?}: {error}");
        assert_eq!(report["verified"], false);
    }
}

#[test]
fn a_server_that_is_silent_is_left() {
    let (_dir, view) = signed("rsa:2048");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let report = probe(&view, listener.local_addr().unwrap().port(), &["-m", "0.2"]);
    assert_eq!(report["error"], "TLS handshake: timed out");
}

#[test]
fn tls_begins_after_a_word_in_plain_text() {
    let (dir, view) = signed("rsa:2048");
    let inner = TlsServer::new(dir.path(), "web", "");
    let inside = inner.port;
    // Says the words, then passes everything on to the server of TLS.
    let front = move |talk: fn(&mut std::net::TcpStream)| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            talk(&mut client);
            let mut server = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, inside)).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            let _ = std::io::copy(&mut server, &mut client);
        });
        port
    };
    let postgres = front(|client| {
        let mut asked = [0; 8];
        client.read_exact(&mut asked).unwrap();
        assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47]);
        client.write_all(b"S").unwrap();
    });
    let report = probe(&view, postgres, &["--starttls", "postgres"]);
    assert_eq!(report["verified"], true, "{report}");
    let smtp = front(|client| {
        let mut line = |say: &str, expected: &str| {
            client.write_all(say.as_bytes()).unwrap();
            let mut heard = vec![0; expected.len()];
            client.read_exact(&mut heard).unwrap();
            assert_eq!(String::from_utf8(heard).unwrap(), expected);
        };
        line("220-one\r\n220 two\r\n", "EHLO localhost\r\n");
        line("250-me\r\n250 STARTTLS\r\n", "STARTTLS\r\n");
        client.write_all(b"220 go\r\n").unwrap();
    });
    assert_eq!(probe(&view, smtp, &["--starttls", "smtp"])["verified"], true);
    let (port, thread) = answering(b"N".to_vec());
    let ran = run(&view, &["tls", "--starttls", "postgres", &format!("127.0.0.1:{port}")]);
    thread.join().unwrap();
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.contains("TLS turned off"), "{}", ran.stderr);
}

#[test]
fn alpn_and_the_table_are_shown() {
    let (dir, view) = signed("rsa:2048");
    let server = TlsServer::new(dir.path(), "web", "-alpn h2");
    let report = probe(&view, server.port, &["--alpn", "h2,http/1.1"]);
    assert_eq!(report["alpn"], "h2");
    let refused = probe(&view, server.port, &["--alpn", "http/1.1"]);
    assert!(refused["error"].as_str().unwrap().contains("none of the protocols"), "{refused}");
    let server = TlsServer::new(dir.path(), "web", "-Verify 1 -tls1_2");
    let refused = probe(&view, server.port, &[]);
    assert!(refused["error"].as_str().unwrap().contains("want one of the client"), "{refused}");
    assert_eq!(refused["chain"][0]["key_type"], "RSA");
    let server = TlsServer::new(dir.path(), "web", "");
    let word = format!("127.0.0.1:{}", server.port);
    let Ran { stdout, .. } = run(&view, &["tls", "--cacert", "/ca.pem", &word]);
    let table = String::from_utf8(stdout).unwrap();
    for line in [
        "Protocol       TLSv1.3",
        "Key exchange   X25519",
        "  Key          RSA 2048",
        "Trust          1 CAs of /ca.pem",
        "Verified       yes",
    ] {
        assert!(table.lines().any(|l| l == line), "{line}:\n{table}");
    }
}

#[test]
fn wrong_words_are_told() {
    let (_dir, view) = signed("rsa:2048");
    assert_eq!(run(&view, &["tls"]).exit, Exit::USAGE);
    for word in ["host:x", "[::1", ":443", "host:99999"] {
        let ran = run(&view, &["tls", word]);
        assert!(ran.stderr.contains("not HOST or HOST:PORT"), "{word}: {}", ran.stderr);
    }
}

#[test]
fn a_date_that_can_not_be_read_is_a_fault_also_of_what_is_trusted_itself() {
    let (dir, view) = signed("rsa:2048");
    let at = dir.path();
    openssl(
        at,
        "req -x509 -newkey rsa:2048 -nodes -keyout bad.key -out good.pem -days 9 -subj /CN=bad -addext subjectAltName=IP:127.0.0.1",
    );
    openssl(at, "x509 -in good.pem -outform DER -out good.der");
    let mut der = std::fs::read(at.join("good.der")).unwrap();
    // The second UTCTime is the end: YYMMDDhhmmssZ.
    let dates = der.windows(2).enumerate().filter(|(_, head)| *head == [0x17, 13]);
    let ends = dates.map(|(at, _)| at + 2).nth(1).expect("a date");
    der[ends + 2..ends + 4].copy_from_slice(b"99");
    std::fs::write(at.join("bad.der"), &der).unwrap();
    openssl(at, "x509 -inform DER -in bad.der -out bad.pem");
    let ran = run(&view, &["tls", "--json", "--cacert", "/bad.pem", "/bad.pem"]);
    let report = ran.json()[0].clone();
    assert_eq!(codes(&report), ["malformed"], "{report}");
    let server = TlsServer::new(at, "bad", "");
    let report = probe(&view, server.port, &["--cacert", "/bad.pem"]);
    assert_eq!(codes(&report), ["malformed"], "{report}");
}
