//! File names that a pattern matches, in the target.

use super::fields::Field;
use super::pattern::{self, Pattern};
use crate::output::order;
use crate::output::visible;
use crate::shell::vars::Bytes;
use crate::shell::{Run, Shell};
use crate::view::FileType;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// `**` gives no more names than this: a tree may hold millions.
const MOST: usize = 1 << 20;

impl Shell {
    /// Appends the names that `field` matches, sorted; the field itself when there are none.
    pub(super) fn file_names(&mut self, field: Field, out: &mut Vec<Bytes>) -> Run<()> {
        let mut found = self.matching(&field.pattern());
        if found.is_empty() {
            if self.options.failglob {
                return self.fail(format!("no match: {}", visible(&field.text)));
            }
            if !self.options.nullglob {
                out.push(field.text);
            }
            return Ok(());
        }
        order::sort(&mut found);
        out.append(&mut found);
        self.poll_signals()
    }

    fn matching(&self, pattern: &[u8]) -> Vec<Bytes> {
        let parts: Vec<&[u8]> = pattern.split(|b| *b == b'/').collect();
        let mut paths: Vec<Bytes> = vec![Vec::new()];
        for (i, part) in parts.iter().enumerate() {
            let is_last = i + 1 == parts.len();
            let mut next = Vec::new();
            if *part == b"**" && self.options.globstar {
                for path in &paths {
                    self.descend(path, is_last, &mut next);
                }
                paths = next;
                continue;
            }
            for path in &paths {
                self.step(path, part, &mut next);
            }
            if !is_last {
                for path in &mut next {
                    path.push(b'/');
                }
            }
            paths = next;
        }
        // Parts without a pattern were taken at their word.
        paths.retain(|path| !path.is_empty());
        paths.retain(|path| self.view.root().is_ok_and(|r| r.lstat(&path_of(path)).is_ok()));
        paths
    }

    /// Appends to `next` what `part` gives below `path`, which is empty or ends in a slash.
    fn step(&self, path: &[u8], part: &[u8], next: &mut Vec<Bytes>) {
        if !pattern::is_special(part) {
            next.push([path, &plain(part)].concat());
            return;
        }
        let fold = self.options.nocaseglob;
        let pattern =
            if fold { Pattern::new(&part.to_ascii_lowercase()) } else { Pattern::new(part) };
        let hidden = self.options.dotglob || pattern.starts_with_dot();
        let dir = if path.is_empty() { b"." } else { path };
        let entries = self.view.root().and_then(|root| root.open_dir(&path_of(dir))?.entries());
        // A directory that can't be read matches nothing, as in other shells.
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.name.to_bytes();
            let is_match = match fold {
                true => pattern.matches(&name.to_ascii_lowercase()),
                false => pattern.matches(name),
            };
            if (hidden || !name.starts_with(b".")) && is_match {
                next.push([path, name].concat());
            }
        }
    }
}

impl Shell {
    /// `**`: `path` and every directory below it, with a slash at the end; with `files`, what they hold, too. Links are
    /// not followed, so that there is an end.
    fn descend(&self, path: &[u8], files: bool, next: &mut Vec<Bytes>) {
        let mut waiting = vec![path.to_vec()];
        let mut first = true;
        while let Some(dir) = waiting.pop() {
            if !std::mem::take(&mut first) || !files || !dir.is_empty() {
                next.push(dir.clone());
            }
            let open: &[u8] = if dir.is_empty() { b"." } else { &dir };
            let entries =
                self.view.root().and_then(|root| root.open_dir(&path_of(open))?.entries());
            for entry in entries.into_iter().flatten().flatten() {
                let name = entry.name.to_bytes();
                if !self.options.dotglob && name.starts_with(b".") {
                    continue;
                }
                let mut found = [dir.as_slice(), name].concat();
                if entry.kind == FileType::Dir {
                    found.push(b'/');
                    waiting.push(found);
                } else if files {
                    next.push(found);
                }
            }
            if next.len() > MOST {
                return;
            }
        }
        if files {
            for path in next.iter_mut().filter(|found| found.len() > path.len()) {
                path.pop_if(|byte| *byte == b'/');
            }
        }
    }
}

fn path_of(path: &[u8]) -> std::borrow::Cow<'_, Path> {
    Path::new(OsStr::from_bytes(path)).into()
}

/// A part of a pattern that holds no wildcard, without its backslashes.
fn plain(part: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(part.len());
    let mut bytes = part.iter();
    while let Some(byte) = bytes.next() {
        out.push(if *byte == b'\\' { *bytes.next().unwrap_or(byte) } else { *byte });
    }
    out
}
