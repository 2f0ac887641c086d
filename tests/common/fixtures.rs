//! What is known of each test image, so that tests can check facts.

/// A test image with a server on port 8080 of localhost.
pub struct Fixture {
    /// Its name, which is also the value of `FIXTURE` in its environment.
    pub name: &'static str,
    /// The command name of its server (`comm`).
    pub process: &'static str,
    /// Part of what the server answers at `/`, which shows that it is the right one.
    pub answer: &'static str,
    /// A command of its own, and part of what that prints.
    pub own: (&'static [&'static str], &'static str),
    /// The end of the path of a file that only this kind of image has.
    pub file: &'static str,
}

const CLIENT: (&[&str], &str) = (&["/app/server", "get", "127.0.0.1", "8080", "/healthz"], "ok");

/// The images with the contents of the distroless family: no shell, no tools.
pub const FIXTURES: [Fixture; 7] = [
    Fixture {
        name: "scratch",
        process: "server",
        answer: "hello from scratch",
        own: CLIENT,
        file: "app/server",
    },
    Fixture {
        name: "static",
        process: "server",
        answer: "hello from static",
        own: CLIENT,
        file: "etc/ssl/certs/ca-certificates.crt",
    },
    Fixture {
        name: "base",
        process: "server",
        answer: "OpenSSL 3.",
        own: (&["/app/server", "--version"], "OpenSSL 3."),
        file: "/libssl.so.3",
    },
    Fixture {
        name: "cc",
        process: "server",
        answer: "dbg::fixture()",
        own: (&["/app/server", "--version"], "dbg::fixture()"),
        file: "/libstdc++.so.6",
    },
    Fixture {
        name: "java17",
        process: "java",
        answer: "java 17",
        own: (&["/usr/bin/java", "--version"], "openjdk 17"),
        file: "app/Server.class",
    },
    Fixture {
        name: "python3",
        process: "python3",
        answer: "hello from python3",
        own: (&["/usr/bin/python3", "--version"], "Python 3.11"),
        file: "usr/lib/python3.11/http/server.py",
    },
    Fixture {
        name: "nodejs",
        process: "node",
        answer: "node v",
        own: (&["/usr/bin/node", "--version"], "v"),
        file: "app/server.js",
    },
];

impl Fixture {
    /// The text of its /etc/app/config.toml.
    pub fn config(&self) -> String {
        format!("greeting = \"hello from {}\"\nport = 8080\n", self.name)
    }
}
