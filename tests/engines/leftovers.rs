//! Nothing of ours is left on the machine: no process, no mount, no container, no image.

use crate::RUN;
use crate::common::docker::docker;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What was there before the trials.
pub(crate) struct Before {
    mounts: BTreeSet<String>,
    containers: BTreeSet<String>,
    images: BTreeSet<String>,
}

impl Before {
    pub(crate) fn now() -> Before {
        Before { mounts: mounts(), containers: containers(), images: images() }
    }

    /// A line for each thing that is there now and was not before, and for each process of dbg.
    pub(crate) fn left(&self) -> Vec<String> {
        let new = |kind: &str, now: BTreeSet<String>, before: &BTreeSet<String>| {
            now.difference(before).map(|item| format!("{kind} {item}")).collect::<Vec<_>>()
        };
        [
            new("mount", mounts(), &self.mounts),
            new("container", containers(), &self.containers),
            new("image", images(), &self.images),
            processes(),
        ]
        .concat()
    }
}

/// Mount points, but for those that an engine makes for its containers.
fn mounts() -> BTreeSet<String> {
    let text = fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    text.lines()
        .filter_map(|line| {
            let (mount, kind) = line.split_once(" - ")?;
            let point = mount.split(' ').nth(4)?;
            let of_engine = kind.starts_with("overlay ")
                || kind.starts_with("nsfs ")
                || point.ends_with("/shm");
            (!of_engine).then(|| point.to_owned())
        })
        .collect()
}

fn containers() -> BTreeSet<String> {
    docker(&["ps", "--all", "--quiet", "--no-trunc"]).lines().map(str::to_owned).collect()
}

/// Images, but for those of the tests.
fn images() -> BTreeSet<String> {
    let text = docker(&["images", "--no-trunc", "--format", "{{.Repository}} {{.ID}}"]);
    text.lines().filter(|line| !line.starts_with("dbg-test/")).map(str::to_owned).collect()
}

/// Processes that are the dbg under test, or that one of its runs started and did not give a new environment.
fn processes() -> Vec<String> {
    let dbg = Path::new(env!("CARGO_BIN_EXE_dbg"));
    let mark = format!("{RUN}={}", std::process::id());
    fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let is_dbg = fs::read_link(folder.join("exe")).is_ok_and(|exe| exe == dbg);
            let marked = fs::read(folder.join("environ"))
                .is_ok_and(|vars| vars.split(|b| *b == 0).any(|var| var == mark.as_bytes()));
            (is_dbg || marked).then(|| {
                let line = fs::read(folder.join("cmdline")).unwrap_or_default();
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                format!("process {} {line}", folder.display())
            })
        })
        .collect()
}
