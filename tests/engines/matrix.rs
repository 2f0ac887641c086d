//! Every fixture, plain and hardened × the shell, the first tools, exec and inspect. One table at the end.

use crate::common::docker::{Container, Mode};
use crate::common::fixtures::{FIXTURES, Fixture};
use crate::{Test, dbg_ok, images, test};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// One check: it panics when it fails.
type Cell = fn(&Fixture, &Container, Mode);

const CELLS: [(&str, Cell); 8] = [
    ("shell", shell),
    ("ls", ls),
    ("ps", ps),
    ("cat", cat),
    ("net", net),
    ("env", env),
    ("exec", exec),
    ("inspect", inspect),
];

/// Fixture, mode, and whether each cell passed.
type Row = (usize, Mode, Vec<bool>);

static TABLE: Mutex<Vec<Row>> = Mutex::new(Vec::new());

pub(crate) fn trials() -> Vec<Test> {
    images::modes()
        .map(|(index, mode)| {
            let name = format!("matrix_{}_{}", FIXTURES[index].name, mode.name());
            test(name, move || row(index, mode))
        })
        .collect()
}

fn row(index: usize, mode: Mode) {
    let fixture = &FIXTURES[index];
    let container = Container::start(fixture.name, mode);
    container.wait_until_it_serves();
    assert_eq!(container.diff(), "", "before");
    let processes = container.processes();
    let results: Vec<Result<(), String>> =
        CELLS.iter().map(|(_, cell)| check(*cell, fixture, &container, mode)).collect();
    let passed = results.iter().map(Result::is_ok).collect();
    TABLE.lock().expect("nothing panics with it").push((index, mode, passed));
    let failed: Vec<String> = CELLS
        .iter()
        .zip(results)
        .filter_map(|((name, _), result)| Some(format!("{name}: {}", result.err()?)))
        .collect();
    assert!(failed.is_empty(), "failed cells\n{}", failed.join("\n"));
    assert_eq!(container.diff(), "", "dbg changed the container");
    assert_eq!(container.processes(), processes, "dbg left a process in the container");
    assert!(container.wait_until_it_serves().contains(fixture.answer), "the target still serves");
}

/// The text of the panic, if there was one: the other cells are run nevertheless.
fn check(cell: Cell, fixture: &Fixture, container: &Container, mode: Mode) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| cell(fixture, container, mode))).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    })
}

/// Prints the rows that ran, in the order of the fixtures.
pub(crate) fn print() {
    let mut table = TABLE.lock().expect("nothing panics with it");
    if table.is_empty() {
        return;
    }
    table.sort_by_key(|(index, mode, _)| (*index, *mode == Mode::Hardened));
    let names: Vec<String> = CELLS.iter().map(|(name, _)| format!("{name:<8}")).collect();
    println!("{:<9} {:<9} {}", "image", "run", names.join(" ").trim_end());
    for (index, mode, passed) in table.iter() {
        let cells: Vec<String> =
            passed.iter().map(|ok| format!("{:<8}", if *ok { "ok" } else { "FAILED" })).collect();
        println!("{:<9} {:<9} {}", FIXTURES[*index].name, mode.name(), cells.join(" ").trim_end());
    }
    println!();
}

fn shell(_: &Fixture, container: &Container, _: Mode) {
    let script = "echo hi; cd /etc/app && pwd";
    assert_eq!(dbg_ok(&["attach", &container.name, "-c", script]), "hi\n/etc/app\n");
}

fn ls(_: &Fixture, container: &Container, _: Mode) {
    assert_eq!(dbg_ok(&["ls", &container.name, "/etc/app"]), "config.toml\n");
}

fn ps(fixture: &Fixture, container: &Container, _: Mode) {
    let text = dbg_ok(&["ps", &container.name, "-e", "-o", "pid=,comm="]);
    // Its processes and no other, numbered as it numbers them.
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["1", fixture.process]);
}

fn cat(fixture: &Fixture, container: &Container, _: Mode) {
    assert_eq!(dbg_ok(&["cat", &container.name, "/etc/app/config.toml"]), fixture.config());
}

fn net(fixture: &Fixture, container: &Container, _: Mode) {
    let text = dbg_ok(&["net", &container.name, "-tlnp"]);
    let of_server = |line: &str| line.contains("127.0.0.1:8080") && line.contains(fixture.process);
    assert_eq!(text.lines().filter(|line| of_server(line)).count(), 1, "{text}");
}

fn env(fixture: &Fixture, container: &Container, _: Mode) {
    let text = dbg_ok(&["env", &container.name]);
    let setting = format!("FIXTURE={}", fixture.name);
    assert!(text.lines().any(|line| line == setting), "{text}");
    assert!(!text.contains("DBG_TEST_DOCKER"), "it is the target's environment and not ours");
}

fn exec(fixture: &Fixture, container: &Container, _: Mode) {
    let (command, expected) = fixture.own;
    let text = dbg_ok(&[&["exec", &container.name, "--"], command].concat());
    assert!(text.contains(expected), "{text}");
}

fn inspect(_: &Fixture, container: &Container, mode: Mode) {
    let text = dbg_ok(&["inspect", &container.name, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["pid"], container.pid);
    assert_eq!(report["container"]["state"], "running");
    let hardened = mode == Mode::Hardened;
    let identity = &report["identity"];
    assert_eq!(identity["uids"][0], if hardened { 65532 } else { 0 });
    assert_eq!(identity["no_new_privs"], hardened);
    let capabilities = identity["capabilities"]["effective"].as_array().expect("a list");
    assert_eq!(capabilities.is_empty(), hardened, "{capabilities:?}");
    let handles = report["handles"].as_array().expect("a list");
    assert!(handles.iter().all(|handle| handle["present"] == true), "{handles:?}");
}
