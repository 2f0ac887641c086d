//! What `--json` prints is what `dbg schema` says it prints.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod common;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use common::cli::{Running, dbg, is_root, output, stderr, stdout};
use common::demo::{By, Demo};
use dbg::tools::REGISTRY;
use serde_json::Value;
use std::any::Any;
use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::Command;

/// Every tool with `--json`, and arguments to run it with; `--json` is put behind them. For each tool at least one row
/// has to come of it on one of the targets: a hardened server in namespaces of its own, and this process, which
/// has a few sockets, pipes and a deleted file open; as root also a process with a network of its own. `{dns}` is the port
/// of a server of ours, `{dir}` a folder with an archive and a certificate.
const RUNS: &[(&str, &[&[&str]])] = &[
    ("arp", &[&[], &["-a"]]),
    ("caps", &[&[], &["-p", "1"]]),
    ("cgroup", &[&[]]),
    ("date", &[&[], &["-u"], &["-d", "@0"], &["+%F"]]),
    ("df", &[&[], &["-a"], &["-i", "/"], &["-hT"]]),
    (
        "dig",
        &[&["-p", "{dns}", "@127.0.0.1", "app.test", "MX"], &["+short", "@127.0.0.1", "nosuch"]],
    ),
    ("dns", &[&["localhost"], &["@127.0.0.1", "-p", "{dns}", "app.test"], &["127.0.0.1"]]),
    ("du", &[&["/etc"], &["-a", "/etc"], &["-s", "/app", "/nosuch"], &["-b", "/proc"]]),
    ("env", &[&[], &["-0"]]),
    (
        "file",
        &[
            &["/", "/app/server", "/bin/true", "/etc/app/config.toml"],
            &["-i", "/dev/null", "/nosuch"],
        ],
    ),
    ("find", &[&["/etc"], &["/", "-maxdepth", "1"], &["/proc", "-maxdepth", "2", "-type", "l"]]),
    ("free", &[&[], &["-h"]]),
    ("grep", &[&["-r", "e", "/etc/app"], &["-m", "2", "-v", "x", "/etc/passwd", "/app/server"]]),
    ("host", &[&["-p", "{dns}", "app.test", "127.0.0.1"]]),
    ("hostname", &[&[]]),
    (
        "http",
        &[
            &["http://127.0.0.1:8080/"],
            &["-I", "http://127.0.0.1:8080/"],
            &["https://127.0.0.1:8080/"],
        ],
    ),
    ("id", &[&[], &["-G"]]),
    (
        "ip",
        &[&["addr"], &["-s", "link"], &["route", "show", "table", "all"], &["rule"], &["neigh"]],
    ),
    ("ldd", &[&["/bin/true"], &["/bin/ls", "/app/server"]]),
    ("limits", &[&[], &["-p", "1"]]),
    ("ls", &[&["-la", "/"], &["-R", "/etc"], &["/dev"], &["/nosuch", "/app"]]),
    ("lsof", &[&[], &["-i"], &["-U"], &["-p", "1"], &["/app/server"]]),
    ("maps", &[&[], &["--sort", "rss"]]),
    ("mounts", &[&[]]),
    ("net", &[&[], &["-tan"], &["-lx"], &["-u", "-4"], &["-w"], &["-e"], &["-timo"], &["-s"]]),
    ("netstat", &[&["-tan"], &["-s"]]),
    ("nft", &[&["list", "ruleset"]]),
    ("ns", &[&[]]),
    ("nslookup", &[&["--port", "{dns}", "app.test", "127.0.0.1"]]),
    ("oom", &[&[]]),
    ("pgrep", &[&["."], &["-f", "server"], &["-v", "server"]]),
    ("ping", &[&["-c", "1", "127.0.0.1"], &["-c", "1", "-W", "1", "192.0.2.1"]]),
    ("printenv", &[&[], &["PATH", "HOME", "NOSUCH"]]),
    ("ps", &[&[], &["aux"], &["-eLf"], &["-p", "1"], &["--forest"], &["--sort=-rss"]]),
    ("pstree", &[&[], &["-p"]]),
    ("route", &[&[], &["-6"]]),
    ("sockstat", &[&[], &["-a"]]),
    ("stack", &[&[], &["-p", "1"]]),
    ("stat", &[&["/", "/app/server"], &["-L", "/proc", "/dev/null", "/nosuch"]]),
    ("tar", &[&["-tf", "{dir}/a.tar"]]),
    ("tls", &[&["127.0.0.1:8080"], &["--file", "{dir}/cert.pem"]]),
    ("top", &[&["-b", "-n", "1"], &["-n", "2", "-d", "0.1", "-c"]]),
    ("traceroute", &[&["-m", "2", "-q", "1", "127.0.0.1"]]),
    ("tree", &[&["/etc"], &["-L", "1", "/"]]),
    ("uname", &[&[], &["-a"]]),
    ("uptime", &[&[]]),
    ("wc", &[&["/etc/app/config.toml"], &["-lmL", "/etc/passwd", "/nosuch"]]),
    ("which", &[&["-a", "ls", "sh", "server"]]),
    ("whoami", &[&[]]),
];

/// A compiled schema. The meta-schema of 2020-12 has been held against it.
struct Shape {
    schemas: Schemas,
    index: SchemaIndex,
    text: Value,
}

impl Shape {
    fn new(name: &str, text: Value) -> Shape {
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        let url = format!("file:///{name}.json");
        compiler.add_resource(&url, text.clone()).expect("the schema is read");
        let index =
            compiler.compile(&url, &mut schemas).unwrap_or_else(|e| panic!("{name}: {e:#}"));
        Shape { schemas, index, text }
    }

    fn of_tool(name: &str) -> Shape {
        let tool = REGISTRY.iter().find(|tool| tool.name == name).expect("the tool is registered");
        let shape = tool.json.unwrap_or_else(|| panic!("{name} has no shape"));
        Shape::new(name, shape.describe().to_value())
    }

    /// Why `value` is refused, if it is.
    fn refusal(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.index).err().map(|error| format!("{error:#}"))
    }

    /// What a row must have; `None` where rows are of several kinds.
    fn required(&self) -> Option<Vec<&str>> {
        let row = match self.text.pointer("/items/$ref") {
            Some(name) => self.text.pointer(name.as_str()?.trim_start_matches('#'))?,
            None => &self.text,
        };
        Some(row.get("required")?.as_array()?.iter().filter_map(Value::as_str).collect())
    }
}

/// What has rows only in a network that root alone can make.
const OF_ROOT: [&str; 3] = ["arp", "nft", "route"];

/// What the tools print on the targets, by the tool's name: each run's words and its value.
fn printed(targets: &[String]) -> BTreeMap<&'static str, Vec<(String, Value)>> {
    let (dir, dns) = (furnished(), answering().to_string());
    let path = dir.path().to_str().expect("a plain path");
    let mut all = BTreeMap::new();
    for (tool, runs) in RUNS {
        let values: &mut Vec<(String, Value)> = all.entry(*tool).or_default();
        for (target, args) in targets.iter().flat_map(|t| runs.iter().map(move |args| (t, args))) {
            let args: Vec<String> =
                args.iter().map(|arg| arg.replace("{dns}", &dns).replace("{dir}", path)).collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let words = [&[*tool, target], &args[..], &["--json"]].concat();
            let out = output(&mut dbg(&words));
            let line = words.join(" ");
            assert!(!stderr(&out).contains("Usage:"), "{line}: {}", stderr(&out));
            if !out.stdout.is_empty() {
                let value = serde_json::from_slice(&out.stdout)
                    .unwrap_or_else(|e| panic!("{line}: {e}: {}", stdout(&out)));
                values.push((line, value));
            }
        }
        if OF_ROOT.contains(tool) && !is_root() {
            common::skip::skip(&format!("{tool} has no rows here: only root can make a network"));
            all.remove(tool);
            continue;
        }
        assert!(values.iter().any(|(_, value)| row_of(value).is_some()), "{tool} printed no row");
    }
    all
}

/// The first object of an array, or the one object that a tool prints.
fn row_of(value: &Value) -> Option<&Value> {
    if value.is_array() { value.get(0) } else { Some(value) }
}

/// A folder with an archive and a certificate.
fn furnished() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let out = output(Command::new(words[0]).args(&words[1..]).current_dir(dir.path()));
        assert!(out.status.success(), "{words:?}: {}", stderr(&out));
    };
    run(&["tar", "-cf", "a.tar", "/etc/hostname"]);
    let subject = ["-subj", "/CN=app.test", "-addext", "subjectAltName=DNS:app.test,IP:127.0.0.1"];
    let made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let files = ["-keyout", "key.pem", "-out", "cert.pem"];
    run(&[&["openssl"], &made[..], &subject, &files].concat());
    dir
}

/// The port of a DNS server that knows one address for whatever it is asked, for as long as the test runs.
fn answering() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let query = &buffer[..length];
            let name = query[12..].iter().position(|byte| *byte == 0).expect("a name ends");
            let question = &query[12..12 + name + 5];
            let answer = [
                &query[..2],
                &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0],
                question,
                &[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1],
            ]
            .concat();
            let _ = socket.send_to(&answer, from);
        }
    });
    port
}

/// A process in a network namespace of its own, with a device, routes, a neighbour and a packet filter.
fn networked() -> Running {
    let script = "ip link set lo up
        ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
        ip addr add 10.0.0.1/24 dev v0; ip route add default via 10.0.0.2
        ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0
        nft 'add table ip t; add chain ip t c { type filter hook input priority 0; }; add rule ip t c tcp dport 22 drop'
        echo; exec sleep 1000";
    Running::start(Command::new("unshare").args(["-n", "sh", "-c", script]))
}

/// Opens sockets of many kinds, both ends of a pipe and of Unix sockets, and a file that is deleted: this process is
/// the target.
fn open_much() -> Vec<Box<dyn Any>> {
    let mut held: Vec<Box<dyn Any>> = Vec::new();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        // A machine may be without IPv6.
        let Ok(listener) = TcpListener::bind(address) else { continue };
        held.push(Box::new(TcpStream::connect(listener.local_addr().unwrap()).unwrap()));
        held.push(Box::new(listener));
        held.push(Box::new(UdpSocket::bind(address).unwrap()));
    }
    let name = format!("dbg-test-{}", std::process::id());
    let name = unix::net::SocketAddr::from_abstract_name(name).unwrap();
    held.push(Box::new(UnixListener::bind_addr(&name).unwrap()));
    held.push(Box::new(UnixStream::connect_addr(&name).unwrap()));
    held.push(Box::new(UnixDatagram::pair().unwrap()));
    held.push(Box::new(std::io::pipe().unwrap()));
    held.push(Box::new(tempfile::tempfile().unwrap()));
    held
}

fn own_uri() -> String {
    format!("pid://{}", std::process::id())
}

#[test]
fn what_every_tool_prints_fits_its_schema_and_nothing_else_does() {
    let held = open_much();
    let mut targets = vec![own_uri()];
    let demo = Demo::start(By::Caller, &["proc", "tmp"]);
    match &demo {
        Ok(demo) => targets.push(format!("pid://{}", demo.pid)),
        Err(why) => common::skip::skip(why),
    }
    if let Ok(demo) = &demo {
        let passwd = demo.rootfs.path().join("etc/passwd");
        std::fs::write(passwd, "root:x:0:0::/:/sbin/nologin\n").expect("a file");
        let no_text = std::ffi::OsStr::from_bytes(b"etc/app/\xff\x1b[2J");
        std::fs::write(demo.rootfs.path().join(no_text), "even \u{7}\n").expect("a file");
    }
    let network = is_root().then(networked);
    targets.extend(network.as_ref().map(Running::uri));
    let printed = printed(&targets);
    drop(held);
    for (tool, values) in printed {
        let shape = Shape::of_tool(tool);
        for (line, value) in &values {
            if let Some(why) = shape.refusal(value) {
                panic!("{line}: {why}");
            }
        }
        let value = values.iter().map(|(_, value)| value).find(|value| row_of(value).is_some());
        broken_rows_are_refused(tool, &shape, value.expect("there is a row"));
    }
}

/// A row with a field more, with one less, or with another type is none.
fn broken_rows_are_refused(tool: &str, shape: &Shape, value: &Value) {
    let row = row_of(value).expect("there is a row");
    let of = |row: Value| if value.is_array() { Value::Array(vec![row]) } else { row };
    let refused = |row: &Value| shape.refusal(&of(row.clone())).is_some();
    assert!(!refused(row), "{tool}: {row}");
    let mut more = row.clone();
    more["surprise"] = 1.into();
    assert!(refused(&more), "{tool}: a field that is not described");
    let required = shape.required();
    let fields = row.as_object().expect("an object").keys();
    // Of several kinds of rows (`ip`), what one must have another need not.
    let fields: Vec<&String> = fields
        .filter(|field| required.as_ref().is_none_or(|all| all.contains(&field.as_str())))
        .collect();
    assert!(!fields.is_empty(), "{tool}");
    for field in fields {
        let mut less = row.clone();
        less.as_object_mut().expect("an object").remove(field).expect("the field is there");
        assert!(required.is_none() || refused(&less), "{tool}: without {field}");
        let mut other = row.clone();
        other[field] = serde_json::json!({"hex": 7});
        assert!(refused(&other), "{tool}: {field} of another type");
    }
    assert!(refused(&Value::Null), "{tool}");
    assert!(!value.is_array() || shape.refusal(row).is_some(), "{tool}: rows are in an array");
}

#[test]
fn every_tool_with_json_is_run_here() {
    let listed: Vec<&str> = RUNS.iter().map(|(tool, _)| *tool).collect();
    let with_json: Vec<&str> =
        REGISTRY.iter().filter(|tool| tool.json.is_some()).map(|tool| tool.name).collect();
    assert_eq!(listed, with_json, "RUNS of tests/schema.rs has each tool with --json, in order");
}

#[test]
fn a_value_out_of_its_range_is_refused() {
    let shape = Shape::of_tool("which");
    let row = |kind: &str| serde_json::json!([{"name": "ls", "kind": kind, "path": null}]);
    assert_eq!(shape.refusal(&row("tool")), None);
    assert!(shape.refusal(&row("dragon")).is_some());
    let row = |name: Value| serde_json::json!([{"name": name, "kind": "tool", "path": null}]);
    assert_eq!(shape.refusal(&row(serde_json::json!({"hex": "ff00"}))), None);
    assert!(shape.refusal(&row(serde_json::json!({"hex": "nothex"}))).is_some());
    assert!(shape.refusal(&row(serde_json::json!(7))).is_some());
}

#[test]
fn a_field_that_may_be_left_out_is_not_required() {
    let shape = Shape::of_tool("stat");
    let required = shape.required().expect("rows of one kind");
    assert!(required.contains(&"path"));
    assert!(!required.contains(&"born") && !required.contains(&"target"));
}

#[test]
fn inspect_prints_what_its_schema_says() {
    let out = output(&mut dbg(&["schema", "inspect"]));
    let text: Value = serde_json::from_slice(&out.stdout).expect("a schema");
    let shape = Shape::new("inspect", text);
    let out = output(&mut dbg(&["inspect", &own_uri(), "--json"]));
    let mut report: Value = serde_json::from_slice(&out.stdout).expect("a report");
    assert_eq!(shape.refusal(&report), None);
    report["identity"]["seccomp"] = "perhaps".into();
    assert!(shape.refusal(&report).is_some());
}

#[test]
fn the_verb_prints_a_schema_of_2020_12_under_each_name_that_it_lists() {
    let list = stdout(&output(&mut dbg(&["schema"])));
    assert_eq!(list.lines().count(), RUNS.len() + 1, "{list}");
    for name in list.lines() {
        let out = output(&mut dbg(&["schema", name]));
        assert_eq!(out.status.code(), Some(0), "{name}: {}", stderr(&out));
        let schema: Value = serde_json::from_slice(&out.stdout).expect("a schema");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], format!("dbg {name} --json"));
        assert!(!stdout(&out).contains("`None`"), "{name}: Rust's words");
        Shape::new(name, schema);
    }
    let by_alias = output(&mut dbg(&["schema", "ss"]));
    assert_eq!(by_alias.stdout, output(&mut dbg(&["schema", "net"])).stdout);
}

#[test]
fn a_name_without_a_schema_is_wrong_usage_and_the_hint_tells_the_list() {
    for (name, why) in [("nosuch", "no such tool"), ("cat", "it prints no JSON")] {
        let out = output(&mut dbg(&["schema", name]));
        assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(2), ""));
        assert!(stderr(&out).contains(&format!("{name}: {why}")), "{}", stderr(&out));
        assert!(stderr(&out).contains("`dbg schema`"), "{}", stderr(&out));
    }
}

/// The names of all fields in `schema`, at any depth.
fn fields<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                found.extend(properties.keys().map(String::as_str));
            }
            map.values().for_each(|value| fields(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
        _ => {}
    }
}

#[test]
fn every_field_is_explained_in_the_document() {
    let document = include_str!("../docs/json.md");
    let section = |name: &str| {
        let (_, rest) = document.split_once(&format!("\n## {name}\n"))?;
        Some(rest.split("\n## ").next().unwrap_or_default().to_owned())
    };
    let mut missing = Vec::new();
    for tool in REGISTRY.iter().filter(|tool| tool.json.is_some()) {
        // `find` is told under `ls`.
        let own = section(tool.name).or_else(|| section("ls")).expect("a section");
        // `As `ps`, but …`: what is told there counts here.
        let references =
            ["s `", "s in `"].map(|words| own.split(words).skip(1).collect::<Vec<_>>());
        let others =
            references.concat().into_iter().filter_map(|rest| section(rest.split('`').next()?));
        let text = others.fold(own.clone(), |text, other| text + &other);
        let (shape, mut names) = (Shape::of_tool(tool.name), Vec::new());
        fields(&shape.text, &mut names);
        // Of bytes that are no text, which the top of the document explains.
        names.retain(|name| *name != "hex" && !text.contains(&format!("`{name}`")));
        missing.extend(names.iter().map(|field| format!("{}: {field}", tool.name)));
    }
    assert!(missing.is_empty(), "docs/json.md has nothing of {missing:#?}");
}
