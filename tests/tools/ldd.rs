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
    // All of packages that `scripts/test` wants, or that no Debian is without.
    for path in ["/bin/ls", "/usr/bin/python3", "/usr/bin/curl", "/usr/bin/openssl", "/bin/bash"] {
        if !Path::new(path).exists() {
            return crate::common::skip::skip(&format!("there is no {path}"));
        }
        assert_eq!(lines(run(&view, &["ldd", path]).text()), theirs(path), "{path}");
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
