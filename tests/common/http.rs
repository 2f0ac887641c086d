//! Small servers on the loopback, and certificates to serve with.

use super::process::until;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// What a connection is to a server here.
pub trait Peer: Read + Write {}
impl<T: Read + Write> Peer for T {}

/// A server of HTTP, one connection after another, that ends with its value.
pub struct Server {
    pub port: u16,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Reads a request: its head, and as much body as that says.
pub fn request(peer: &mut dyn Peer) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && peer.read(&mut byte).unwrap_or(0) == 1 {
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
    peer.read_exact(&mut body).expect("the body comes");
    head + &String::from_utf8_lossy(&body)
}

impl Server {
    /// Gives each request to `answer`, which writes what it likes.
    pub fn new(answer: impl Fn(String, &mut dyn Peer) + Send + 'static) -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.expect("a connection");
                let request = request(&mut stream);
                answer(request, &mut stream);
            }
        });
        Server { port, over, thread: Some(thread) }
    }

    /// The same bytes to everybody.
    pub fn saying(answer: &'static [u8]) -> Server {
        Server::new(move |_, peer| {
            let _ = peer.write_all(answer);
        })
    }

    /// `http://127.0.0.1:PORT` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Answers one request on a unix socket.
pub fn on_unix_socket(path: &Path, answer: &'static [u8]) -> JoinHandle<String> {
    let listener = UnixListener::bind(path).expect("a socket");
    std::thread::spawn(move || {
        let (mut stream, _): (UnixStream, _) = listener.accept().expect("a connection");
        let request = request(&mut stream);
        stream.write_all(answer).expect("written");
        request
    })
}

/// Runs `openssl` with `words` in `dir`.
pub fn openssl(dir: &Path, words: &str) -> String {
    let ran = Command::new("openssl")
        .args(words.split_whitespace().map(|word| word.replace('~', " ")))
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .expect("openssl runs");
    assert!(ran.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// Makes a CA (`ca.pem`) and a server's certificate (`NAME.pem`, `NAME.key`) signed by it in `dir`.
pub fn certificates(dir: &Path, name: &str, key: &str, more: &str) {
    if !dir.join("ca.pem").exists() {
        openssl(
            dir,
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /O=Test/CN=Test~CA",
        );
    }
    let subject = format!("-subj /C=GB/O=Example,~Ltd/CN={name}");
    openssl(
        dir,
        &format!("req -new -newkey {key} -nodes -keyout {name}.key -out {name}.csr {subject}"),
    );
    std::fs::write(
        dir.join(format!("{name}.ext")),
        "subjectAltName=DNS:localhost,DNS:*.web.test,IP:127.0.0.1\n",
    )
    .expect("written");
    openssl(
        dir,
        &format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -extfile {name}.ext {more}"
        ),
    );
}

/// Likewise, valid from and until these moments, as `openssl ca` alone can make it.
pub fn certificates_between(dir: &Path, name: &str, starts: &str, ends: &str) {
    certificates(dir, name, "rsa:2048", "-days 30");
    let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=number\nnew_certs_dir=.\n\
                  default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n";
    for (file, text) in [("ca.cnf", config), ("index", ""), ("number", "1000")] {
        std::fs::write(dir.join(file), text).expect("written");
    }
    openssl(
        dir,
        &format!(
            "ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem -extfile {name}.ext -startdate {starts} -enddate {ends}"
        ),
    );
}

/// `openssl s_server` with a certificate of `dir`, which ends with its value.
pub struct TlsServer {
    pub port: u16,
    child: Child,
}

impl TlsServer {
    /// With `more` options: `-tls1_2`.
    pub fn new(dir: &Path, name: &str, more: &str) -> TlsServer {
        // openssl can be told to take any port, and says which.
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www"])
            .args(["-cert", &format!("{name}.pem"), "-key", &format!("{name}.key")])
            .args(more.split_whitespace())
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl runs");
        let mut stdout = child.stdout.take().expect("piped");
        let mut said = String::new();
        let mut byte = [0];
        // `ACCEPT 127.0.0.1:PORT`.
        while !(said.contains("ACCEPT") && said.ends_with('\n'))
            && stdout.read(&mut byte).expect("read") == 1
        {
            said.push(char::from(byte[0]));
        }
        let port = said.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("no port in {said:?}"));
        // Nobody reads on; what it says next must not stop it.
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        until("it accepts", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        TlsServer { port, child }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
