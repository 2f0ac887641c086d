use crate::common::cgroup::Group;
use crate::common::process::Spawned;
use crate::common::skip::skip;
use crate::common::tool::{run, view_of_process};
use serde_json::Value;
use std::process::Command;

fn report(pid: u32) -> Value {
    run(&view_of_process(pid), &["cgroup", "--json"]).json()[0].clone()
}

#[test]
fn limits_and_use_are_those_of_the_group() {
    let Some(group) = Group::new("limits", &["memory", "cpu", "pids"]) else {
        return skip("no cgroup can be made here");
    };
    let mib = (64 << 20).to_string();
    group.set("memory", ("memory.limit_in_bytes", &mib), ("memory.max", &mib));
    group.set("cpu", ("cpu.cfs_quota_us", "50000"), ("cpu.max", "50000 100000"));
    group.set("pids", ("pids.max", "7"), ("pids.max", "7"));
    let child = Spawned::sleep();
    group.add(child.pid());
    let facts = report(child.pid());
    assert_eq!(facts["memory"]["limit_bytes"], 64 << 20);
    assert!(facts["memory"]["usage_bytes"].as_u64().unwrap() < 64 << 20);
    assert_eq!(facts["memory"]["oom_kills"], 0);
    assert_eq!(
        (&facts["cpu"]["limit_cores"], &facts["cpu"]["period_microseconds"]),
        (&0.5.into(), &100_000.into())
    );
    assert_eq!((&facts["pids"]["usage"], &facts["pids"]["limit"]), (&1.into(), &7.into()));
    let table = run(&view_of_process(child.pid()), &["cgroup"]);
    let words =
        |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = table.text().lines().map(words).collect();
    for line in ["cpu limit 0.50 cores", "pids limit 7 (14% used)", "memory OOM kills 0"] {
        assert!(lines.iter().any(|found| found == line), "{line}: {lines:?}");
    }
}

#[test]
fn a_throttled_group_says_so() {
    let Some(group) = Group::new("throttle", &["cpu"]) else {
        return skip("no cgroup can be made here");
    };
    group.set("cpu", ("cpu.cfs_quota_us", "2000"), ("cpu.max", "2000 100000"));
    let child = Spawned::new(Command::new("sh").args(["-c", "while :; do :; done"]));
    group.add(child.pid());
    crate::common::process::until("it is throttled", || {
        report(child.pid())["cpu"]["throttled_periods"].as_u64().unwrap() > 2
    });
    let cpu = report(child.pid())["cpu"].clone();
    assert!(cpu["throttled_seconds"].as_f64().unwrap() > 0.0, "{cpu}");
    assert!(cpu["periods"].as_u64() >= cpu["throttled_periods"].as_u64(), "{cpu}");
}

#[test]
fn what_the_oom_killer_took_is_counted() {
    let Some(group) = Group::new("oom", &["memory"]) else {
        return skip("no cgroup can be made here");
    };
    let mib = (16 << 20).to_string();
    group.set("memory", ("memory.limit_in_bytes", &mib), ("memory.max", &mib));
    let sleeper = Spawned::sleep();
    group.add(sleeper.pid());
    let mut greedy = Command::new("sh");
    // Waits until it is in the group.
    let mut greedy = greedy
        .args(["-c", "read x; head -c 900m /dev/zero | tail -c 900m >/dev/null"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    group.add(greedy.id());
    std::io::Write::write_all(&mut greedy.stdin.take().unwrap(), b"go\n").unwrap();
    let ended = greedy.wait().unwrap();
    assert_eq!(ended.code(), Some(137), "{ended:?}");
    let view = view_of_process(sleeper.pid());
    assert_eq!(report(sleeper.pid())["memory"]["oom_kills"], 1);
    assert!(report(sleeper.pid())["memory"]["limit_hits"].as_u64().unwrap() > 0);
    assert_eq!(run(&view, &["oom", "--json"]).json()[0]["oom_kills"], 1);
    assert!(run(&view, &["oom"]).text().ends_with("OOM kills in the cgroup so far: 1\n"));
}

#[test]
fn what_can_not_be_told_is_named_with_its_reason() {
    let child = Spawned::sleep();
    let facts = report(child.pid());
    for resource in ["memory", "cpu", "pids", "io"] {
        let why = facts["missing"].as_array().unwrap().iter().find(|m| m["resource"] == resource);
        assert_eq!(facts[resource].is_null(), why.is_some(), "{resource}: {facts}");
        assert!(why.is_none_or(|why| !why["why"].as_str().unwrap().is_empty()));
    }
}

#[test]
fn a_view_without_cgroups_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&crate::common::tool::view_of(dir.path()), &["cgroup"]);
    assert_eq!(ran.exit, dbg::exit::Exit::CANNOT_RUN);
    assert!(ran.stderr.contains("the target's cgroups can't be read"), "{}", ran.stderr);
}

/// A procfs with one process, 7, in group `/g` of a hierarchy whose mount is a folder, and the files of that group.
struct Made {
    dir: tempfile::TempDir,
}

impl Made {
    fn new(fs_type: &str, options: &str, controllers: &str, files: &[(&str, &str)]) -> Made {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let mount = dir.path().join("mount");
        let (mount, id) = (mount.display(), if controllers.is_empty() { 0 } else { 1 });
        let line = format!("30 24 0:26 / {mount} rw - {fs_type} {fs_type} {options}\n");
        write("proc/self/mountinfo", &line);
        write("proc/7/cgroup", &format!("{id}:{controllers}:/g\n"));
        write("proc/7/status", &std::fs::read_to_string("/proc/self/status").unwrap());
        files.iter().for_each(|(name, text)| write(&format!("mount/{name}"), text));
        Made { dir }
    }

    fn ran(&self, words: &[&str]) -> crate::common::tool::Ran {
        let mut view = view_of_process(std::process::id());
        let procfs = std::fs::File::open(self.dir.path().join("proc")).unwrap();
        view.proc = Ok(dbg::view::Proc::new(procfs.into(), 7).unwrap());
        run(&view, words)
    }
}

const V2: [(&str, &str); 21] = [
    ("memory.max", "1000000\n"),
    ("g/memory.current", "700000\n"),
    ("g/memory.max", "max\n"),
    ("g/memory.high", "900000\n"),
    ("g/memory.peak", "800000\n"),
    ("g/memory.swap.current", "5000\n"),
    ("g/memory.swap.max", "6000\n"),
    ("g/memory.events", "low 0\nhigh 1\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"),
    ("g/memory.stat", "anon 400000\nfile 200000\ninactive_file 100000\npgscan 9\npgsteal 8\n"),
    ("g/cpu.weight", "100\n"),
    ("g/cpu.max", "150000 100000\n"),
    ("cpu.max", "max 100000\n"),
    ("g/cpu.stat", "usage_usec 2500000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 1500000\n"),
    ("g/pids.current", "3\n"),
    ("g/pids.max", "7\n"),
    ("g/pids.peak", "5\n"),
    ("g/pids.events", "max 6\n"),
    ("g/io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n253:1 \n"),
    ("g/cpu.pressure", "some avg10=1.50 avg60=0.00 avg300=0.25 total=2500000\n"),
    (
        "g/memory.pressure",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=2.00 avg300=0.00 total=7\n",
    ),
    ("g/io.pressure", "some avg10=\nfull\n\u{1b}[2J avg10=1\n"),
];

#[test]
fn the_files_of_version_2_are_read_whatever_this_machine_has() {
    let made = Made::new("cgroup2", "rw", "", &V2);
    let facts = made.ran(&["cgroup", "--json"]).json()[0].clone();
    assert_eq!(
        facts["memory"],
        serde_json::json!({
            "path": "/g", "usage_bytes": 700_000, "working_set_bytes": 600_000,
            "limit_bytes": 1_000_000, "high_bytes": 900_000, "peak_bytes": 800_000,
            "swap_bytes": 5000, "swap_limit_bytes": 6000, "memory_and_swap_limit_bytes": null,
            "anon_bytes": 400_000, "file_bytes": 200_000, "limit_hits": 12, "oom_kills": 2,
            "reclaim_scanned_pages": 9, "reclaimed_pages": 8,
        })
    );
    assert_eq!(
        facts["cpu"],
        serde_json::json!({
            "path": "/g", "usage_seconds": 2.5, "limit_cores": 1.5, "period_microseconds": 100_000,
            "weight": 100, "periods": 10, "throttled_periods": 4, "throttled_seconds": 1.5,
        })
    );
    assert_eq!(
        facts["pids"],
        serde_json::json!({"path": "/g", "usage": 3, "limit": 7, "peak": 5, "limit_hits": 6})
    );
    let device = &facts["io"][0];
    assert_eq!((&device["device"], &device["writes"]), (&"8:0".into(), &4.into()));
    let stalls = facts["pressure"].as_array().unwrap();
    // Lines that are none of the kernel's are left out.
    assert_eq!(stalls.len(), 3, "{stalls:?}");
    assert_eq!(
        (&stalls[0]["total_seconds"], &stalls[2]["avg60_percent"]),
        (&2.5.into(), &2.0.into())
    );
    assert_eq!(facts["missing"], serde_json::json!([]));
}

#[test]
fn swap_of_version_1_is_what_is_not_memory() {
    let files = [
        ("g/memory.usage_in_bytes", "700000\n"),
        ("g/memory.memsw.usage_in_bytes", "750000\n"),
        ("g/memory.memsw.limit_in_bytes", "2097152\n"),
    ];
    let swap = |files: &[(&str, &str)]| {
        let made = Made::new("cgroup", "rw,memory", "memory", files);
        let memory = made.ran(&["cgroup", "--json"]).json()[0]["memory"].clone();
        assert_eq!(memory["memory_and_swap_limit_bytes"], 2_097_152);
        assert!(memory["swap_limit_bytes"].is_null(), "{memory}");
        let table = made.ran(&["cgroup"]);
        assert!(table.text().contains("memory+swap limit  2.0M"), "{}", table.text());
        memory["swap_bytes"].clone()
    };
    assert_eq!(swap(&files), 50_000);
    let stat = [files.as_slice(), &[("g/memory.stat", "swap 1\ntotal_swap 40000\n")]].concat();
    assert_eq!(swap(&stat), 40_000);
    // Counted a moment later, memory may have shrunk.
    let shrunk = [files[0], ("g/memory.memsw.usage_in_bytes", "600000\n"), files[2]];
    assert_eq!(swap(&shrunk), 0);
}

#[test]
fn the_group_of_another_process_is_shown_and_of_none_there_is_none() {
    let made = Made::new("cgroup2", "rw", "", &V2);
    assert_eq!(made.ran(&["cgroup", "-p", "7"]).stdout, made.ran(&["cgroup"]).stdout);
    let ran = made.ran(&["cgroup", "-p", "8"]);
    assert_eq!((ran.exit, ran.text()), (dbg::exit::Exit::FAILURE, ""));
    assert!(ran.stderr.contains("no such process"), "{}", ran.stderr);
}
