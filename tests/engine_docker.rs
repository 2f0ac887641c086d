//! Names → targets, against a private dockerd and against listeners that are no engine. Every name is resolved in a
//! process of its own, whose threads, descriptors and memory are looked at afterwards.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::panic, clippy::print_stdout)]

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// With this variable set, this program resolves what it names and prints what came out.
const RESOLVE: &str = "DBG_TEST_RESOLVE";

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(RESOLVE) {
        println!("{}", resolve_here(&name));
        return ExitCode::SUCCESS;
    }
    let mut tests = vec![
        Trial::test("an_engine_that_never_answers_is_given_up", silent),
        Trial::test("an_engine_that_answers_byte_by_byte_is_given_up", trickle),
        Trial::test("an_endless_answer_costs_bounded_memory", endless),
        Trial::test("garbage_is_told_without_its_escapes", garbage),
        Trial::test("a_redirect_is_not_followed", redirect),
        Trial::test("words_of_an_engine_are_escaped", escapes),
        Trial::test("wrong_types_are_an_error", wrong_types),
        Trial::test("a_pid_of_another_machine_is_no_target", another_machine),
        Trial::test("a_dead_socket_is_named", dead_socket),
        Trial::test("a_socket_that_is_not_open_to_us_is_named", denied_socket),
        Trial::test("no_engine_at_all_says_where_it_looked", no_engine),
        Trial::test("a_process_needs_no_engine", process),
    ];
    let root = nix::unistd::geteuid().is_root();
    let real = match (root, Path::new("/usr/sbin/dockerd").exists()) {
        (true, true) => Trial::test("a_real_engine_is_asked", real_engine),
        (false, _) => {
            Trial::test("a_real_engine_is_asked (needs root)", real_engine).with_ignored_flag(true)
        }
        (_, false) => Trial::test("a_real_engine_is_asked (needs dockerd)", real_engine)
            .with_ignored_flag(true),
    };
    tests.push(real);
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

fn resolve_here(name: &str) -> Value {
    let count = |path: &str| fs::read_dir(path).unwrap().count();
    let fds = count("/proc/self/fd");
    let result = name.parse().and_then(|spec| dbg::engine::resolve(&spec));
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    json!({
        "threads": count("/proc/self/task"),
        "new_fds": count("/proc/self/fd") - fds,
        "peak_kb": peak,
        "state": result.as_ref().ok().map(dbg::view::Target::state_text),
        "target": result.as_ref().ok(),
        "error": result.as_ref().err().map(ToString::to_string),
        "hint": result.as_ref().err().and_then(|e| e.hint_text()),
        "exit": result.as_ref().err().map(|e| e.exit_code().number()),
    })
}

/// What a process of its own made of `name`, with these environment variables and no others.
fn resolve(name: &str, variables: &[(&str, &str)]) -> Value {
    run(Command::new(std::env::current_exe().unwrap()), name, variables)
}

fn run(mut command: Command, name: &str, variables: &[(&str, &str)]) -> Value {
    let out = command
        .env_clear()
        .env(RESOLVE, name)
        .envs(variables.iter().copied())
        .stderr(Stdio::inherit())
        .output()
        .expect("this program runs");
    let value: Value = serde_json::from_slice(&out.stdout).expect("it prints JSON");
    assert_eq!(value["threads"], 1, "a thread is left: {value}");
    assert_eq!(value["new_fds"], 0, "a descriptor is left: {value}");
    value
}

/// The failure of `name`: text and hint. It must be one of dbg itself and carry no control character.
fn failure(value: &Value) -> (String, String) {
    let text = value["error"].as_str().unwrap_or_else(|| panic!("no failure: {value}")).to_owned();
    let hint = value["hint"].as_str().unwrap_or_default().to_owned();
    assert_eq!(value["exit"], 125, "{value}");
    assert!(!text.contains(char::is_control), "{text:?}");
    (text, hint)
}

/// A folder with a socket at which every connection is handed to `answer`.
struct Fake {
    dir: tempfile::TempDir,
    connections: Arc<AtomicUsize>,
}

impl Fake {
    fn new(answer: impl Fn(UnixStream) + Send + Sync + 'static) -> Fake {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("s")).unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = connections.clone();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                seen.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                std::thread::spawn(move || answer(stream));
            }
        });
        Fake { dir, connections }
    }

    /// Reads the request, then says `text`.
    fn says(text: impl Into<Vec<u8>>) -> Fake {
        let text = text.into();
        Fake::new(move |mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&text);
        })
    }

    /// Answers every request with `status` and a JSON `body`.
    fn answers(status: &str, body: &str) -> Fake {
        let length = body.len();
        Fake::says(format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}"))
    }

    fn host(&self) -> String {
        format!("unix://{}/s", self.dir.path().display())
    }

    fn ask(&self, name: &str) -> Value {
        let value = resolve(name, &[("DOCKER_HOST", &self.host())]);
        assert!(self.connections.load(Ordering::SeqCst) > 0, "it was never asked");
        value
    }

    fn failure(&self) -> (String, String) {
        let (text, hint) = failure(&self.ask("web"));
        assert!(text.starts_with(&format!("docker at {}: ", self.host())), "{text}");
        (text, hint)
    }
}

fn silent() -> Result<(), Failed> {
    let fake = Fake::new(|stream| {
        std::thread::sleep(Duration::from_secs(60));
        drop(stream);
    });
    let (text, hint) = fake.failure();
    assert!(text.contains("no answer in 2 s") && hint.contains("hangs"), "{text}; {hint}");
    Ok(())
}

fn trickle() -> Result<(), Failed> {
    let fake = Fake::new(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert!(fake.failure().0.contains("no answer in 2 s"));
    Ok(())
}

fn endless() -> Result<(), Failed> {
    let fake = Fake::new(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'['; 65536]).is_ok() {}
    });
    let value = fake.ask("web");
    let (text, _) = failure(&value);
    // On a machine under load the time may be up first. What counts is what it cost.
    assert!(text.contains("larger than 16 MiB") || text.contains("no answer"), "{text}");
    assert!(value["peak_kb"].as_u64().unwrap() < 100 << 10, "{value}");
    Ok(())
}

fn garbage() -> Result<(), Failed> {
    for text in
        [&b"\x1b]0;owned\x07SSH-2.0-x\r\n\r\n"[..], b"", b"HTTP/1.1 200 OK\r\n\r\n\x1b[2J{]"]
    {
        let (text, _) = Fake::says(text).failure();
        assert!(text.contains("not what an engine says"), "{text}");
    }
    Ok(())
}

fn redirect() -> Result<(), Failed> {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let to = other.local_addr().unwrap();
    let fake = Fake::says(format!(
        "HTTP/1.1 301 Moved\r\nLocation: http://{to}/\r\nContent-Length: 0\r\n\r\n"
    ));
    assert!(fake.failure().0.ends_with("answered 301"));
    assert!(other.accept().is_err(), "the redirect was followed");
    Ok(())
}

fn escapes() -> Result<(), Failed> {
    let fake = Fake::answers("500 No", r#"{"message":"\u001b]52;c;aGk=\u0007 broken\nline"}"#);
    let (text, _) = fake.failure();
    assert!(text.contains("answered 500 \\x1b]52;c;aGk=\\x07 broken\\nline"), "{text}");
    let fake = Fake::answers("500 No", &"\u{1b}x".repeat(100_000));
    assert!(fake.failure().0.len() < 2000);
    Ok(())
}

fn wrong_types() -> Result<(), Failed> {
    let id = "ab".repeat(32);
    for body in [
        r#"{"Id":5}"#.to_owned(),
        r#"["Id"]"#.to_owned(),
        r#"{"Id":"../../etc"}"#.to_owned(),
        format!(r#"{{"Id":"{id}","State":{{"Pid":"1"}}}}"#),
        format!(r#"{{"Id":"{id}","State":{{"Status":"\u001b[31m"}}}}"#),
        "[".repeat(100_000),
    ] {
        let (text, _) = Fake::answers("200 OK", &body).failure();
        assert!(
            text.contains("not what an engine says") || text.contains("no container id"),
            "{text}"
        );
    }
    Ok(())
}

fn another_machine() -> Result<(), Failed> {
    let (id, pid) = ("ab".repeat(32), std::process::id());
    let state = format!(
        r#"{{"Status":"running","Running":true,"Pid":{pid},"StartedAt":"2001-01-01T00:00:00Z"}}"#
    );
    let fake =
        Fake::answers("200 OK", &format!(r#"{{"Id":"{id}","Name":"/web","State":{state}}}"#));
    let host = fake.host();
    let output = Command::new(env!("CARGO_BIN_EXE_dbg"))
        .args(["ls", "web"])
        .env("DOCKER_HOST", &host)
        .output()
        .expect("dbg runs");
    let text = String::from_utf8_lossy(&output.stderr);
    let said =
        format!("dbg: container web runs as process {pid} of another machine (docker at {host})");
    assert_eq!((output.status.code(), text.lines().next()), (Some(125), Some(said.as_str())));
    assert!(text.contains("hint: run dbg on the machine of that engine"), "{text}");
    Ok(())
}

fn dead_socket() -> Result<(), Failed> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    drop(UnixListener::bind(&path).unwrap());
    let host = format!("unix://{}", path.display());
    let (text, hint) = failure(&resolve("web", &[("DOCKER_HOST", &host)]));
    assert_eq!(text, format!("docker at {host}: connection refused"));
    assert!(hint.contains("DOCKER_HOST"), "{hint}");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (text, _) = failure(&resolve("web", &[("DOCKER_HOST", &format!("tcp://{port}"))]));
    assert_eq!(text, format!("docker at tcp://{port}: connection refused"));
    Ok(())
}

fn denied_socket() -> Result<(), Failed> {
    let fake = Fake::says("");
    fs::set_permissions(fake.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(fake.dir.path().join("s"), fs::Permissions::from_mode(0o000)).unwrap();
    // By descriptor: the folder of this program need not be open to the user who runs it.
    let program = fs::File::open(std::env::current_exe().unwrap()).unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&program);
    let mut command = Command::new(format!("/proc/self/fd/{fd}"));
    if nix::unistd::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let (text, hint) = failure(&run(command, "web", &[("DOCKER_HOST", &fake.host())]));
    assert_eq!(text, format!("docker at {}: permission denied", fake.host()));
    assert!(hint.contains("the socket belongs to user") && hint.contains("sudo"), "{hint}");
    Ok(())
}

fn no_engine() -> Result<(), Failed> {
    if ["/run/docker.sock", "/var/run/docker.sock"].iter().any(|path| Path::new(path).exists()) {
        // This machine has one: ask for another by a name that it certainly does not have.
        let (text, _) = failure(&resolve("no-such-container-of-dbg", &[]));
        assert!(text.contains("/run/docker.sock"), "{text}");
        return Ok(());
    }
    let (text, hint) = failure(&resolve("web", &[("XDG_RUNTIME_DIR", "/nonexistent")]));
    assert!(text.contains("no container engine found"), "{text}");
    assert!(
        text.contains("/run/docker.sock") && text.contains("/nonexistent/docker.sock"),
        "{text}"
    );
    assert!(hint.contains("DOCKER_HOST") && hint.contains("pid://N"), "{hint}");
    Ok(())
}

fn process() -> Result<(), Failed> {
    let name = format!("pid://{}", std::process::id());
    let value = resolve(&name, &[("DOCKER_HOST", "unix:///nonexistent")]);
    assert_eq!(value["target"]["uri"], name, "{value}");
    assert_eq!(value["target"]["container"], Value::Null);
    let (text, _) = failure(&resolve("pid://2147483647", &[]));
    assert_eq!(text, "no process 2147483647");
    Ok(())
}

/// A dockerd with folders and a socket of its own. Ends with the test, its containers before it.
struct Engine {
    dir: tempfile::TempDir,
    daemon: Child,
}

impl Engine {
    fn start() -> Engine {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).into_os_string().into_string().unwrap();
        let log = fs::File::create(path("log")).unwrap();
        let daemon = Command::new("/usr/sbin/dockerd")
            .args(["--data-root", &path("data"), "--exec-root", &path("exec")])
            .args(["--pidfile", &path("pid"), "-H", &format!("unix://{}", path("s"))])
            .args(["--bridge=none", "--iptables=false", "--storage-driver=vfs"])
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let engine = Engine { dir, daemon };
        for _ in 0..600 {
            if UnixStream::connect(engine.path("s")).is_ok() && engine.try_docker(&["version"]).0 {
                engine.make_image();
                return engine;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("dockerd does not start: {}", fs::read_to_string(engine.path("log")).unwrap());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn host(&self) -> String {
        format!("unix://{}", self.path("s").display())
    }

    fn try_docker(&self, args: &[&str]) -> (bool, String) {
        let out = Command::new("docker").args(["-H", &self.host()]).args(args).output().unwrap();
        let text = if out.status.success() { out.stdout } else { out.stderr };
        (out.status.success(), String::from_utf8(text).unwrap().trim().to_owned())
    }

    fn docker(&self, args: &[&str]) -> String {
        let (ok, text) = self.try_docker(args);
        assert!(ok, "docker {args:?}: {text}");
        text
    }

    /// An image with nothing but a static busybox.
    fn make_image(&self) {
        let (tar, root) = (self.path("image.tar"), self.path("image"));
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::copy("/bin/busybox", root.join("bin/busybox")).expect("busybox-static is installed");
        let (tar, root) = (tar.to_str().unwrap(), root.to_str().unwrap());
        let made = Command::new("tar").args(["-C", root, "-cf", tar, "bin"]).status().unwrap();
        assert!(made.success());
        self.docker(&["import", tar, "box:1"]);
    }

    fn run(&self, args: &[&str], words: &[&str]) -> String {
        let common = ["run", "-d", "--network=none", "--entrypoint=/bin/busybox"];
        self.docker(&[&common[..], args, &["box:1"], words].concat())
    }

    fn inspect(&self, name: &str, format: &str) -> String {
        self.docker(&["inspect", "-f", format, name])
    }

    fn ask(&self, name: &str) -> Value {
        resolve(name, &[("DOCKER_HOST", &self.host())])
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let (ok, ids) = self.try_docker(&["ps", "-aq"]);
        if ok && !ids.is_empty() {
            let ids: Vec<&str> = ids.lines().collect();
            self.try_docker(&[&["rm", "-f"], &ids[..]].concat());
        }
        let pid = nix::unistd::Pid::from_raw(self.daemon.id() as i32);
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.daemon.wait();
    }
}

fn real_engine() -> Result<(), Failed> {
    let engine = Engine::start();
    let id = engine.run(&["--name=web", "--user=65532:65532"], &["sleep", "1000"]);
    running(&engine, &id);
    by_other_ways(&engine, &id);
    states(&engine);
    misses(&engine);
    ambiguous(&engine);
    default_socket(&engine, &id);
    Ok(())
}

fn running(engine: &Engine, id: &str) {
    let pid: i64 = engine.inspect("web", "{{.State.Pid}}").parse().unwrap();
    for name in ["web", "/web", "docker://web", id, &id[..12], &id[..5]] {
        let value = engine.ask(name);
        let target = &value["target"];
        assert_eq!(target["label"], "web", "{name}: {value}");
        assert_eq!(target["uri"], format!("docker://{id}"), "{name}");
        assert_eq!(target["pid"], pid, "{name}");
    }
    let container = &engine.ask("web")["target"]["container"];
    let expected = json!({
        "engine": "docker", "endpoint": container["endpoint"], "id": id, "name": "web", "image": "box:1", "state": "running",
        "exit_code": null, "oom_killed": false, "user": "65532:65532",
        "started": container["started"],
    });
    assert_eq!(*container, expected);
    let date = Command::new("date")
        .args(["+%s", "-d", &engine.inspect("web", "{{.State.StartedAt}}")])
        .output()
        .unwrap();
    let date: i64 = String::from_utf8(date.stdout).unwrap().trim().parse().unwrap();
    assert_eq!(container["started"], date);
}

fn by_other_ways(engine: &Engine, id: &str) {
    let config = tempfile::tempdir().unwrap();
    let meta = config.path().join("contexts/meta/x");
    fs::create_dir_all(&meta).unwrap();
    let text = json!({"Name": "mine", "Endpoints": {"docker": {"Host": engine.host()}}});
    fs::write(meta.join("meta.json"), text.to_string()).unwrap();
    fs::write(config.path().join("config.json"), r#"{"currentContext":"mine"}"#).unwrap();
    let config = config.path().to_str().unwrap();
    let uri = format!("docker://{id}");
    assert_eq!(resolve("web", &[("DOCKER_CONFIG", config)])["target"]["uri"], uri);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let socket = engine.path("s");
    std::thread::spawn(move || {
        for from in listener.incoming().flatten() {
            forward(from, UnixStream::connect(&socket).unwrap());
        }
    });
    assert_eq!(resolve("web", &[("DOCKER_HOST", &address)])["target"]["uri"], uri);
}

fn forward(from: TcpStream, to: UnixStream) {
    let (mut a, mut b) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    let (mut from, mut to) = (from, to);
    std::thread::spawn(move || std::io::copy(&mut a, &mut b));
    std::thread::spawn(move || std::io::copy(&mut to, &mut from));
}

fn states(engine: &Engine) {
    engine.docker(&["pause", "web"]);
    let paused = engine.ask("web");
    assert!(paused["target"]["pid"].as_i64().unwrap() > 0);
    assert_eq!(paused["state"], "web is paused");
    engine.docker(&["unpause", "web"]);

    engine.run(&["--name=gone"], &["sh", "-c", "exit 3"]);
    engine.docker(&["wait", "gone"]);
    let gone = engine.ask("gone");
    assert_eq!(gone["target"]["pid"], Value::Null);
    assert_eq!(gone["state"], "gone is exited (exit code 3)");

    engine.docker(&["create", "--network=none", "--name=fresh", "box:1", "/bin/busybox"]);
    let fresh = engine.ask("fresh");
    assert_eq!(fresh["state"], "fresh is created");
    assert_eq!(fresh["target"]["container"]["started"], Value::Null);
}

fn misses(engine: &Engine) {
    let (text, hint) = failure(&engine.ask("weeb"));
    assert_eq!(text, format!("no container named 'weeb' (docker at {})", engine.host()));
    assert_eq!(hint, "did you mean web?");
    assert_eq!(failure(&engine.ask("docker://quite-another")).1, "running: web");
    let pid = std::process::id().to_string();
    assert_eq!(
        failure(&engine.ask(&pid)).1,
        format!("there is a process of that number: pid://{pid}")
    );
}

/// Makes containers until two ids begin with the same digit; seventeen are certainly enough.
fn ambiguous(engine: &Engine) {
    let mut ids: Vec<String> = Vec::new();
    let shared = loop {
        let id = engine.docker(&["create", "--network=none", "box:1", "/bin/busybox"]);
        let first = id[..1].to_owned();
        let twin = ids.iter().any(|other| other.starts_with(&first));
        ids.push(id);
        if twin {
            break first;
        }
    };
    let (text, hint) = failure(&engine.ask(&shared));
    assert!(
        text.starts_with(&format!("'{shared}' is the name or the beginning of the id of ")),
        "{text}"
    );
    for id in ids.iter().filter(|id| id.starts_with(&shared)) {
        let name = engine.inspect(id, "{{.Name}}");
        let line = format!("docker://{id}  {}", name.trim_start_matches('/'));
        assert!(hint.lines().any(|l| l == line), "{line} is not in {hint}");
    }
}

/// By the socket of a rootless engine, where no other one stands.
fn default_socket(engine: &Engine, id: &str) {
    if Path::new("/run/docker.sock").exists() {
        return; // That one would be asked as well.
    }
    let runtime = tempfile::tempdir().unwrap();
    let socket = engine.path("s");
    let place = runtime.path().join("docker.sock");
    std::os::unix::fs::symlink(&socket, &place).unwrap();
    let found = resolve("web", &[("XDG_RUNTIME_DIR", runtime.path().to_str().unwrap())]);
    assert_eq!(found["target"]["uri"], format!("docker://{id}"));
}
