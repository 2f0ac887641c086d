use super::tls::{signed, target};
use crate::common::http::openssl;
use crate::common::tool::{run, run_on_terminal};
use dbg::exit::Exit;
use serde_json::{Value, json};
use std::path::Path;

/// A line of `openssl x509` after its `=`.
fn x509(dir: &Path, words: &str) -> String {
    let line = openssl(dir, &format!("x509 -noout {words}"));
    line.trim().split_once('=').map(|(_, value)| value.to_owned()).unwrap()
}

#[test]
fn certificates_are_described_as_openssl_describes_them() {
    let (dir, view) = signed("rsa:2048");
    let ran = run(&view, &["tls", "/web.pem", "--cacert", "/ca.pem", "--json"]);
    let report = ran.json()[0].clone();
    assert_eq!((ran.exit, &report["verified"]), (Exit::OK, &json!(true)), "{report}");
    let leaf = &report["chain"][0];
    let told = |words: &str| x509(dir.path(), &format!("-in web.pem {words}"));
    assert_eq!(leaf["sha256"], told("-fingerprint -sha256").replace(':', "").to_lowercase());
    assert_eq!(leaf["serial"], told("-serial").to_lowercase());
    assert_eq!(leaf["subject"], r#"C=GB, O="Example, Ltd", CN=web"#);
    assert_eq!(told("-subject"), r#"C = GB, O = "Example, Ltd", CN = web"#);
    assert_eq!(leaf["issuer"], "O=Test, CN=Test CA");
    assert_eq!(leaf["names"], json!(["DNS:localhost", "DNS:*.web.test", "IP:127.0.0.1"]));
    assert_eq!(leaf["signature_algorithm"], "sha256WithRSAEncryption");
    let seconds = |at: &Value| {
        let ran = std::process::Command::new("date")
            .args(["-u", "+%s", "-d", at.as_str().unwrap()])
            .output();
        String::from_utf8(ran.unwrap().stdout).unwrap()
    };
    let ends =
        std::process::Command::new("date").args(["-u", "+%s", "-d", &told("-enddate")]).output();
    assert_eq!(seconds(&leaf["not_after"]), String::from_utf8(ends.unwrap().stdout).unwrap());
    assert!([29, 30].contains(&leaf["days_left"].as_i64().unwrap()));
    assert_eq!((&leaf["is_ca"], &leaf["key_bits"]), (&json!(false), &json!(2048)));
}

#[test]
fn hostile_certificates_are_survived_and_shown_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let view = target(dir.path());
    openssl(
        dir.path(),
        "req -x509 -newkey rsa:2048 -nodes -keyout a.key -outform DER -out a.der -days 9 -subj /CN=evil -addext subjectAltName=DNS:a,IP:::1,email:x@y,URI:http://u",
    );
    let whole = std::fs::read(dir.path().join("a.der")).unwrap();
    let pem = |der: &[u8]| {
        let raw = dir.path().join("raw");
        std::fs::write(&raw, der).unwrap();
        let text = openssl(dir.path(), "base64 -in raw");
        format!("-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n")
    };
    let mut file = String::new();
    for cut in (1..whole.len()).step_by(37) {
        file.push_str(&pem(&whole[..cut]));
    }
    std::fs::write(dir.path().join("cut.pem"), &file).unwrap();
    assert!(!run(&view, &["tls", "/cut.pem", "--sni", "a"]).exit.is_ok());
    // Each byte changed, the signature left out of account.
    let mut changed = String::new();
    for at in (0..400).step_by(7) {
        let mut der = whole.clone();
        der[at] ^= 0x85;
        changed.push_str(&pem(&der));
    }
    std::fs::write(dir.path().join("changed.pem"), &changed).unwrap();
    run(&view, &["tls", "/changed.pem", "--sni", "a"]);
    run(&view, &["tls", "/changed.pem", "--sni", "a", "--cacert", "/changed.pem"]);
    let mut der = whole.clone();
    let at = der.windows(4).position(|w| w == b"evil").unwrap();
    der[at..at + 4].copy_from_slice(b"\x1b[2J");
    std::fs::write(dir.path().join("escape.pem"), pem(&der)).unwrap();
    let shown = run_on_terminal(&view, &["tls", "/escape.pem"], 80);
    assert!(shown.contains("CN=\\x1b[2J") && !shown.contains('\x1b'), "{shown:?}");
    let names =
        run(&view, &["tls", "/escape.pem", "--json"]).json()[0]["chain"][0]["names"].clone();
    assert_eq!(names, json!(["DNS:a", "IP:::1", "email:x@y", "URI:http://u"]));
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(dir.path().join("bad.pem"), text).unwrap();
        let ran = run(&view, &["tls", "/bad.pem"]);
        assert_eq!(ran.exit, Exit::FAILURE);
        assert!(ran.stderr.contains("/bad.pem: no certificate in it"), "{}", ran.stderr);
    }
}
