use crate::common::tool::{run, view_of};
use dbg::exit::Exit;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn sh(dir: &Path, script: &str) {
    let done = Command::new("sh").args(["-ec", script]).current_dir(dir).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The lines of ldd without addresses and without the vDSO, which is no file.
fn lines(text: &str) -> BTreeSet<String> {
    text.lines()
        .map(|line| line.split(" (0x").next().unwrap().trim().to_owned())
        .filter(|line| !line.starts_with("linux-vdso") && !line.starts_with("linux-gate"))
        .collect()
}

fn theirs(path: &str) -> BTreeSet<String> {
    let done = Command::new("ldd").arg(path).env("LC_ALL", "C").output().unwrap();
    lines(&String::from_utf8_lossy(&done.stdout))
}

/// Libraries and a program that needs them, by RPATH or RUNPATH from where it is.
fn built(flags: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    sh(
        dir.path(),
        &format!(
            "mkdir bin lib; echo 'int two(void){{return 2;}}' > two.c; echo 'int two(void); int one(void){{return two();}}' > one.c
             echo 'int one(void); int main(void){{return one();}}' > main.c
             gcc -shared -fPIC -o lib/libtwo.so two.c; gcc -shared -fPIC -o lib/libone.so one.c -Llib -ltwo
             gcc -o bin/app main.c -Llib -lone -Wl,-rpath-link,lib {flags}"
        ),
    );
    dir
}

#[test]
fn programs_of_this_machine_load_what_ldd_says() {
    let view = view_of(Path::new("/"));
    for path in [
        "/bin/ls",
        "/usr/bin/ssh",
        "/usr/bin/git",
        "/usr/bin/python3",
        "/usr/bin/gdb",
        "/usr/bin/curl",
    ] {
        if Path::new(path).exists() {
            assert_eq!(lines(run(&view, &["ldd", path]).text()), theirs(path), "{path}");
        }
    }
}

#[test]
fn origin_is_the_folder_of_the_file_that_says_it() {
    for flags in [
        "-Wl,--disable-new-dtags,-rpath,'$ORIGIN/../lib'",
        "-Wl,--enable-new-dtags,-rpath,'$ORIGIN/../lib'",
        "-Wl,--disable-new-dtags,-rpath,'/nosuch:${ORIGIN}/../lib'",
    ] {
        let dir = built(flags);
        let app = dir.path().join("bin/app");
        let app = app.to_str().unwrap();
        let ran = run(&view_of(Path::new("/")), &["ldd", app]);
        assert_eq!(lines(ran.text()), theirs(app), "{flags}");
        // A RUNPATH is not for the libraries of libraries.
        assert_eq!(ran.exit.is_ok(), flags.contains("disable"), "{}", ran.text());
    }
}

#[test]
fn what_a_root_lacks_is_named_and_fails() {
    let dir = built("-Wl,--disable-new-dtags,-rpath,/lib");
    fs::remove_file(dir.path().join("lib/libtwo.so")).unwrap();
    let ran = run(&view_of(dir.path()), &["ldd", "/bin/app"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.text().contains("\tlibone.so => /lib/libone.so\n"), "{}", ran.text());
    assert!(ran.text().contains("\tlibtwo.so => not found\n"), "{}", ran.text());
    assert!(ran.text().contains("\tlibc.so.6 => not found\n"), "{}", ran.text());
    assert!(ran.text().contains("ld-linux"), "{}", ran.text());
    let json = run(&view_of(dir.path()), &["ldd", "--json", "/bin/app"]).json();
    let two = json.as_array().unwrap().iter().find(|row| row["name"] == "libtwo.so").unwrap();
    assert_eq!(
        (&two["path"], &two["needed_by"]),
        (&serde_json::Value::Null, &"/lib/libone.so".into())
    );
}

#[test]
fn a_library_for_another_machine_is_passed_over() {
    let dir = built("-Wl,--disable-new-dtags,-rpath,/wrong:/lib");
    fs::create_dir(dir.path().join("wrong")).unwrap();
    let mut other = fs::read(dir.path().join("lib/libone.so")).unwrap();
    other[18] = 183;
    fs::write(dir.path().join("wrong/libone.so"), other).unwrap();
    let ran = run(&view_of(dir.path()), &["ldd", "/bin/app"]);
    assert!(ran.text().contains("\tlibone.so => /lib/libone.so\n"), "{}", ran.text());
}

#[test]
fn the_cache_of_ldconfig_is_read_and_musl_has_a_file_of_its_own() {
    let dir = built("");
    let root = dir.path();
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::create_dir_all(root.join("opt")).unwrap();
    fs::rename(root.join("lib/libone.so"), root.join("opt/libone.so")).unwrap();
    let find = |root: &Path| run(&view_of(root), &["ldd", "/bin/app"]).text().to_owned();
    assert!(find(root).contains("libone.so => not found"));
    fs::write(root.join("etc/ld.so.conf"), "/opt\n").unwrap();
    let done = Command::new("/sbin/ldconfig").arg("-r").arg(root).output().unwrap();
    assert!(done.status.success());
    assert!(find(root).contains("\tlibone.so => /opt/libone.so\n"), "{}", find(root));

    // The same program with musl's loader.
    let mut app = fs::read(root.join("bin/app")).unwrap();
    let at =
        app.windows(20).position(|w| w.starts_with(b"/lib64/ld-linux-x86-")).expect("the loader");
    app[at..at + 28].copy_from_slice(b"/lib/ld-musl-x86_64.so.1\0\0\0\0");
    fs::write(root.join("bin/app"), app).unwrap();
    assert!(find(root).contains("libone.so => not found"), "{}", find(root));
    fs::write(root.join("etc/ld-musl-x86_64.path"), "/lib\n/opt\n").unwrap();
    assert!(find(root).contains("\tlibone.so => /opt/libone.so\n"), "{}", find(root));
}

#[test]
fn what_needs_nothing_says_so() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.c"), "int main(void) { return 0; }\n").unwrap();
    sh(dir.path(), "gcc -static -o static a.c; gcc -static-pie -o pie a.c");
    for name in ["static", "pie"] {
        let ran = run(&view_of(dir.path()), &["ldd", name]);
        assert_eq!((ran.text(), ran.exit), ("\tstatically linked\n", Exit::OK));
    }
    let ran = run(&view_of(dir.path()), &["ldd", "a.c"]);
    assert_eq!(ran.exit, Exit::FAILURE);
    assert!(ran.stderr.contains("a.c: not a dynamic executable"), "{}", ran.stderr);
}

#[test]
fn libraries_that_need_each_other_end() {
    let dir = tempfile::tempdir().unwrap();
    sh(
        dir.path(),
        "mkdir lib; echo 'int x;' > x.c; gcc -shared -fPIC -nostdlib -o lib/libb.so x.c
         gcc -shared -fPIC -nostdlib -o lib/liba.so x.c -Wl,--no-as-needed -Llib -lb
         gcc -shared -fPIC -nostdlib -o lib/libb.so x.c -Wl,--no-as-needed -Llib -la",
    );
    let ran = run(&view_of(dir.path()), &["ldd", "/lib/liba.so"]);
    assert_eq!(ran.text(), "\tlibb.so => /lib/libb.so\n\tliba.so => /lib/liba.so\n");
}

/// A library of 64 bits that needs `needed`, each name by as many entries as told, and looks in `rpath`.
fn library(needed: &[(&str, usize)], rpath: &str) -> Vec<u8> {
    let (mut names, mut dynamic) = (b"/lib64/ld-linux-x86-64.so.2\0".to_vec(), Vec::new());
    let mut entry = |tag: u64, value: u64| {
        dynamic.extend(tag.to_le_bytes());
        dynamic.extend(value.to_le_bytes());
    };
    let mut string = |text: &str| {
        let at = names.len() as u64;
        names.extend(text.as_bytes());
        names.push(0);
        at
    };
    for (name, count) in needed {
        let at = string(name);
        (0..*count).for_each(|_| entry(1, at));
    }
    entry(15, string(rpath));
    entry(5, 0x11000);
    entry(0, 0);
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    let header: [(u64, usize); 13] = [
        (3, 2),
        (62, 2),
        (1, 4),
        (0, 8),
        (64, 8),
        (0, 8),
        (0, 4),
        (64, 2),
        (56, 2),
        (3, 2),
        (64, 2),
        (0, 2),
        (0, 2),
    ];
    let put = |file: &mut Vec<u8>, n: u64, size: usize| file.extend(&n.to_le_bytes()[..size]);
    header.iter().for_each(|(n, size)| put(&mut file, *n, *size));
    let (at, size) = (0x1000, dynamic.len() as u64);
    for (kind, at, size) in [(1, 0, 0x20000), (2, at, size), (3, 0x11000, 28)] {
        put(&mut file, kind, 4);
        put(&mut file, 5, 4);
        for n in [at, at, at, size, size, 8] {
            put(&mut file, n, 8);
        }
    }
    file.resize(0x1000, 0);
    file.extend(dynamic);
    file.resize(0x11000, 0);
    file.extend(names);
    file.resize(0x20000, 0);
    file
}

/// `dbg ldd` of a file of this machine with little memory for its data.
fn in_little_memory(path: &Path) -> (String, String) {
    let done = Command::new("prlimit")
        .args(["--data=67108864", "--", env!("CARGO_BIN_EXE_dbg"), "ldd"])
        .arg(format!("pid://{}", std::process::id()))
        .arg(path)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&done.stdout), text(&done.stderr))
}

#[test]
fn a_library_that_needs_thousands_is_read_in_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("libmany.so");
    let long = "n".repeat(4000);
    fs::write(&path, library(&[(&long, 4000)], "/nosuch")).unwrap();
    let (out, err) = in_little_memory(&path);
    assert!(
        out.contains("nnn => not found") && err.contains("needs more than can be read"),
        "{err}"
    );
    let few: Vec<String> = (0..50).map(|i| format!("libfew{i}.so")).collect();
    let few: Vec<(&str, usize)> = few.iter().map(|name| (name.as_str(), 20)).collect();
    fs::write(&path, library(&few, "/nosuch")).unwrap();
    let (out, err) = in_little_memory(&path);
    assert_eq!((out.matches("not found").count(), err.as_str()), (50, ""), "{out}");
}

#[test]
fn a_cache_whose_entries_share_one_string_takes_no_memory_for_each() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("etc")).unwrap();
    fs::write(dir.path().join("app"), library(&[("libx.so", 1)], "/nosuch")).unwrap();
    let count = ((8usize << 20) - 48 - 5000) / 24;
    let strings = (48 + count * 24) as u32;
    let mut cache = b"glibc-ld.so.cache1.1".to_vec();
    cache.extend((count as u32).to_le_bytes());
    cache.resize(48, 0);
    let mut entry = [0; 24];
    entry[4..8].copy_from_slice(&strings.to_le_bytes());
    entry[8..12].copy_from_slice(&(strings + 8).to_le_bytes());
    cache.extend(entry.repeat(count));
    cache.extend(b"libx.so\0");
    cache.extend([b'A'; 4090]);
    cache.push(0);
    fs::write(dir.path().join("etc/ld.so.cache"), cache).unwrap();
    // In this process, and so that its peak can be told from what other tests need: by what is opened.
    let ran = run(&view_of(dir.path()), &["ldd", "/app"]);
    assert!(ran.stderr.contains("looked for in 32768 places"), "{}{}", ran.text(), ran.stderr);
    assert_eq!(ran.text(), "\t/lib64/ld-linux-x86-64.so.2 => not found\n");
    assert_eq!(ran.exit, Exit::FAILURE);
}

#[test]
fn directories_of_a_chain_of_libraries_do_not_multiply_without_an_end() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("lib")).unwrap();
    let rpath = "/a:".repeat(256);
    for i in 0..40 {
        let next = format!("lib{}.so", i + 1);
        let missing: Vec<String> = (0..20).map(|n| format!("libmissing{i}x{n}.so")).collect();
        let mut needed: Vec<(&str, usize)> =
            missing.iter().map(|name| (name.as_str(), 1)).collect();
        needed.insert(0, (&next, 1));
        fs::write(dir.path().join(format!("lib/lib{i}.so")), library(&needed, &rpath)).unwrap();
    }
    let ran = run(&view_of(dir.path()), &["ldd", "--json", "/lib/lib0.so"]);
    assert!(
        ran.stderr.contains("/lib/lib0.so: libraries were looked for in 32768 places"),
        "{}",
        ran.stderr
    );
    assert!(ran.json().as_array().unwrap().len() > 10);
}
