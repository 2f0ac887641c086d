//! Cgroups that a test makes, taken away when it is over. Needs root.

use std::fs;
use std::path::{Path, PathBuf};

/// One new group that the controllers of a test are on for, of whichever version this machine has them in.
pub struct Group {
    dirs: Vec<(&'static str, PathBuf, bool)>,
}

impl Group {
    /// A group with `controllers`; `None` where this machine can't make one.
    pub fn new(name: &str, controllers: &[&'static str]) -> Option<Group> {
        let name = format!("dbg-test-{name}-{}", std::process::id());
        let mut group = Group { dirs: Vec::new() };
        for controller in controllers {
            let (parent, is_v1) = hierarchy(controller)?;
            let dir = parent.join(&name);
            if !dir.exists() {
                fs::create_dir(&dir).ok()?;
            }
            group.dirs.push((*controller, dir, is_v1));
        }
        Some(group)
    }

    /// Puts process `pid` into it.
    pub fn add(&self, pid: u32) {
        for (_, dir, _) in &self.dirs {
            fs::write(dir.join("cgroup.procs"), pid.to_string()).expect("the process joins");
        }
    }

    /// Sets a file of `controller`, by its name in version 1 or in version 2.
    pub fn set(&self, controller: &str, v1: (&str, &str), v2: (&str, &str)) {
        let (_, dir, is_v1) = self.dirs.iter().find(|(name, ..)| *name == controller).unwrap();
        let (file, value) = if *is_v1 { v1 } else { v2 };
        fs::write(dir.join(file), value).expect("the limit is set");
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for (_, dir, _) in &self.dirs {
            // Who is still in it goes back.
            let members = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
            let parent = dir.parent().unwrap_or(Path::new("/"));
            for member in members.lines() {
                let _ = fs::write(parent.join("cgroup.procs"), member);
            }
            let _ = fs::remove_dir(dir);
        }
    }
}

fn hierarchy(controller: &str) -> Option<(PathBuf, bool)> {
    let legacy = Path::new("/sys/fs/cgroup").join(controller);
    if legacy.join("cgroup.procs").exists() && !legacy.join("cgroup.controllers").exists() {
        return Some((legacy, true));
    }
    let unified = PathBuf::from("/sys/fs/cgroup");
    let on = fs::read_to_string(unified.join("cgroup.subtree_control")).ok()?;
    on.split_whitespace().any(|name| name == controller).then_some((unified, false))
}
