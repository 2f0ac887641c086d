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
use common::cli::{dbg, output, stderr, stdout};
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

/// Every tool with `--json`, and arguments to run it with; `--json` is put behind them. For each tool at least one row
/// has to come of it on one of the targets: a hardened server in namespaces of its own, and this process, which
/// has a few sockets, pipes and a deleted file open.
const RUNS: &[(&str, &[&[&str]])] = &[
    ("caps", &[&[], &["-p", "1"]]),
    ("cgroup", &[&[]]),
    ("date", &[&[], &["-u"], &["-d", "@0"], &["+%F"]]),
    ("df", &[&[], &["-a"], &["-i", "/"], &["-hT"]]),
    ("du", &[&["/etc"], &["-a", "/etc"], &["-s", "/app", "/nosuch"], &["-b", "/proc"]]),
    ("env", &[&[], &["-0"]]),
    ("find", &[&["/etc"], &["/", "-maxdepth", "1"], &["/proc", "-maxdepth", "2", "-type", "l"]]),
    ("free", &[&[], &["-h"]]),
    ("grep", &[&["-r", "e", "/etc/app"], &["-m", "2", "-v", "x", "/etc/passwd", "/app/server"]]),
    ("hostname", &[&[]]),
    ("id", &[&[], &["-G"]]),
    ("limits", &[&[], &["-p", "1"]]),
    ("ls", &[&["-la", "/"], &["-R", "/etc"], &["/dev"], &["/nosuch", "/app"]]),
    ("lsof", &[&[], &["-i"], &["-U"], &["-p", "1"], &["/app/server"]]),
    ("maps", &[&[], &["--sort", "rss"]]),
    ("mounts", &[&[]]),
    ("net", &[&[], &["-tan"], &["-lx"], &["-u", "-4"], &["-w"], &["-e"]]),
    ("ns", &[&[]]),
    ("oom", &[&[]]),
    ("pgrep", &[&["."], &["-f", "server"], &["-v", "server"]]),
    ("printenv", &[&[], &["PATH", "HOME", "NOSUCH"]]),
    ("ps", &[&[], &["aux"], &["-eLf"], &["-p", "1"], &["--forest"], &["--sort=-rss"]]),
    ("pstree", &[&[], &["-p"]]),
    ("stack", &[&[], &["-p", "1"]]),
    ("stat", &[&["/", "/app/server"], &["-L", "/proc", "/dev/null", "/nosuch"]]),
    ("top", &[&["-b", "-n", "1"], &["-n", "2", "-d", "0.1", "-c"]]),
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

    /// What a row must have.
    fn required(&self) -> Vec<&str> {
        let row = self.text.pointer("/items/$ref").and_then(Value::as_str).expect("rows are named");
        let row = self.text.pointer(row.trim_start_matches('#')).expect("rows are described");
        row["required"]
            .as_array()
            .expect("rows have fields")
            .iter()
            .filter_map(Value::as_str)
            .collect()
    }
}

/// What the tools print on the targets, by the tool's name: each run's words and its value.
fn printed(targets: &[String]) -> BTreeMap<&'static str, Vec<(String, Value)>> {
    let mut all = BTreeMap::new();
    for (tool, runs) in RUNS {
        let values: &mut Vec<(String, Value)> = all.entry(*tool).or_default();
        for (target, args) in targets.iter().flat_map(|t| runs.iter().map(move |args| (t, args))) {
            let words = [&[*tool, target], *args, &["--json"]].concat();
            let out = output(&mut dbg(&words));
            let line = words.join(" ");
            assert!(!stderr(&out).contains("Usage:"), "{line}: {}", stderr(&out));
            if !out.stdout.is_empty() {
                let value = serde_json::from_slice(&out.stdout)
                    .unwrap_or_else(|e| panic!("{line}: {e}: {}", stdout(&out)));
                values.push((line, value));
            }
        }
        let rows = values.iter().filter_map(|(_, value)| value.as_array()).map(Vec::len);
        assert_ne!(rows.sum::<usize>(), 0, "{tool} printed no row");
    }
    all
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
    let printed = printed(&targets);
    drop(held);
    for (tool, values) in printed {
        let shape = Shape::of_tool(tool);
        for (line, value) in &values {
            if let Some(why) = shape.refusal(value) {
                panic!("{line}: {why}");
            }
        }
        let row = values.iter().find_map(|(_, value)| value.get(0)).expect("there is a row");
        broken_rows_are_refused(tool, &shape, row);
    }
}

/// A row with a field more, with one less, or with another type is none.
fn broken_rows_are_refused(tool: &str, shape: &Shape, row: &Value) {
    let refused = |row: &Value| shape.refusal(&Value::Array(vec![row.clone()])).is_some();
    assert!(!refused(row), "{tool}: {row}");
    let mut more = row.clone();
    more["surprise"] = 1.into();
    assert!(refused(&more), "{tool}: a field that is not described");
    let required = shape.required();
    assert!(!required.is_empty(), "{tool}");
    for field in required {
        let mut less = row.clone();
        less.as_object_mut().expect("an object").remove(field).expect("the field is there");
        assert!(refused(&less), "{tool}: without {field}");
        let mut other = row.clone();
        other[field] = serde_json::json!({"hex": 7});
        assert!(refused(&other), "{tool}: {field} of another type");
    }
    assert!(refused(&Value::Null) && shape.refusal(row).is_some(), "{tool}: rows are in an array");
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
    assert!(shape.required().contains(&"path"));
    assert!(!shape.required().contains(&"born") && !shape.required().contains(&"target"));
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
        let others = own.split(['A', 'a']).filter_map(|text| {
            section(
                text.strip_prefix("s `")
                    .or_else(|| text.strip_prefix("s in `"))?
                    .split('`')
                    .next()?,
            )
        });
        let text = others.fold(own.clone(), |text, other| text + &other);
        let (shape, mut names) = (Shape::of_tool(tool.name), Vec::new());
        fields(&shape.text, &mut names);
        // Of bytes that are no text, which the top of the document explains.
        names.retain(|name| *name != "hex" && !text.contains(&format!("`{name}`")));
        missing.extend(names.iter().map(|field| format!("{}: {field}", tool.name)));
    }
    assert!(missing.is_empty(), "docs/json.md has nothing of {missing:#?}");
}
