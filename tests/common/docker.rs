//! Containers of the test images, in the daemon that `scripts/test` starts (`DOCKER_HOST`).

use super::net::{get, in_network_of};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// Why no container can be started here; `None` when it can.
pub fn unavailable() -> Option<&'static str> {
    if std::env::var_os("DBG_TEST_DOCKER").is_none() {
        Some("no Docker daemon for the tests (scripts/test starts one)")
    } else if !nix::unistd::geteuid().is_root() {
        Some("not root")
    } else {
        None
    }
}

/// How a container is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As `docker run` does by default: root with the default capabilities, writable.
    Plain,
    /// As one should: uid 65532, read-only, no capabilities, no_new_privs.
    Hardened,
}

impl Mode {
    /// The arguments of `docker run`.
    pub fn args(self) -> &'static [&'static str] {
        match self {
            Mode::Plain => &[],
            Mode::Hardened => &[
                "--user=65532:65532",
                "--read-only",
                "--cap-drop=ALL",
                "--security-opt=no-new-privileges",
            ],
        }
    }

    /// Its word in the names of tests.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Plain => "plain",
            Mode::Hardened => "hardened",
        }
    }
}

/// A running container. It is removed when this is dropped, also by a test that fails.
pub struct Container {
    /// The name it was given.
    pub name: String,
    /// Its full ID.
    pub id: String,
    /// The PID of its first process on this machine.
    pub pid: i32,
}

impl Container {
    /// Starts a container of test image `image` with its own command.
    pub fn start(image: &str, mode: Mode) -> Container {
        Container::run(image, mode.args(), &[])
    }

    /// Starts a container of test image `image`: `docker run ARGS IMAGE COMMAND`. It has a loopback interface and
    /// no other.
    pub fn run(image: &str, args: &[&str], command: &[&str]) -> Container {
        static COUNT: Mutex<u32> = Mutex::new(0);
        let reference = build(image);
        let number = {
            let mut count = COUNT.lock().expect("no test panics while it counts");
            *count += 1;
            *count
        };
        let run = std::process::id();
        let name = format!("dbg-test-{run}-{image}-{number}");
        let label = format!("--label=dbg-test={run}");
        let mut words = vec!["create", "--network=none", "--name", &name, &label];
        words.extend(args);
        words.push(&reference);
        words.extend(command);
        let id = docker(&words);
        let mut container = Container { name, id, pid: 0 };
        docker(&["start", &container.id]);
        container.pid = container.inspect("{{.State.Pid}}").parse().expect("a PID");
        container
    }

    /// Waits until its server answers on port 8080 of its localhost, and gives the body of `/`.
    pub fn wait_until_it_serves(&self) -> String {
        // Longer than any machine takes; only a server that never answers gets there.
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            match in_network_of(self.pid, || get(8080, "/")) {
                Ok(body) => return body,
                Err(error) if Instant::now() > deadline => {
                    let logs = Command::new("docker").args(["logs", &self.id]).output();
                    panic!("{} does not serve: {error}\n{logs:?}", self.name);
                }
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// What `docker inspect --format FORMAT` says.
    pub fn inspect(&self, format: &str) -> String {
        docker(&["inspect", "--format", format, &self.id])
    }

    /// The lines of `docker diff`: what differs from the image.
    pub fn diff(&self) -> String {
        docker(&["diff", &self.id])
    }

    /// The PIDs on this machine of the processes in its PID namespace.
    pub fn processes(&self) -> BTreeSet<i32> {
        let namespace = |pid: i32| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let own = namespace(self.pid).expect("the container runs");
        let pids = std::fs::read_dir("/proc").expect("/proc").flatten();
        pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| namespace(*pid).as_ref() == Some(&own))
            .collect()
    }

    /// The paths of the image's and the container's files, without the leading `/`.
    pub fn files(&self) -> Vec<String> {
        let mut export = Command::new("docker")
            .args(["export", &self.id])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("docker runs");
        let archive = export.stdout.take().expect("a pipe");
        let listing = Command::new("tar").arg("-t").stdin(archive).output().expect("tar runs");
        assert!(export.wait().expect("it ends").success() && listing.status.success());
        String::from_utf8_lossy(&listing.stdout).lines().map(str::to_owned).collect()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It would not be removed while it is paused by old daemons; unpausing a running one fails, which is fine.
        let _ = Command::new("docker").args(["unpause", &self.id]).output();
        let _ = Command::new("docker").args(["rm", "--force", "--volumes", &self.id]).output();
    }
}

/// Runs `docker` and gives its trimmed output; fails the test with what it said when it fails.
pub fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("docker runs");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(
        output.status.success(),
        "docker {}: {}{text}",
        args.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// The reference of test image `name` (tests/common/images/build), built if the daemon does not hold it.
pub fn build(name: &str) -> String {
    type Built = HashMap<String, &'static OnceLock<String>>;
    static BUILT: LazyLock<Mutex<Built>> = LazyLock::new(Mutex::default);
    let reference = *BUILT
        .lock()
        .expect("nothing panics here")
        .entry(name.to_owned())
        .or_insert_with(|| Box::leak(Box::default()));
    // Two tests may want two images at once, and one image only once.
    reference.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/images/build");
        let output = Command::new(script)
            .arg(name)
            .arg(super::demo::server())
            .output()
            .expect("the build script runs");
        assert!(
            output.status.success(),
            "image {name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    });
    reference.get().expect("just set").clone()
}
