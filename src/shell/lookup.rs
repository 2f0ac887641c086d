//! What a command's name means: a function, a built-in, a tool, or a program of the target.

use super::Shell;
use super::builtins::{self, Builtin};
use super::frames::Function;
use super::vars::{Bytes, Value};
use crate::enter;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::order;
use crate::output::quote;
use crate::tools::{self, Tool};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;

/// What runs.
pub(super) enum Found {
    Function(Rc<Function>),
    Builtin(&'static Builtin),
    Tool(&'static Tool),
    /// A file of the target, absolute in it.
    Program(PathBuf),
}

impl Shell {
    /// What `name` means; the error carries its exit code (126, 127).
    pub(super) fn find_command(&self, name: &[u8], functions: bool) -> Result<Found, Error> {
        let text = std::str::from_utf8(name).unwrap_or_default();
        if let Some(body) = self.functions.get(text).filter(|_| functions) {
            return Ok(Found::Function(body.clone()));
        }
        if let Some(builtin) = builtins::find(text) {
            return Ok(Found::Builtin(builtin));
        }
        if let Some(tool) = tools::find(text) {
            return Ok(Found::Tool(tool));
        }
        self.find_program(name).map(Found::Program)
    }

    /// The file of the target that `name` calls.
    pub(super) fn find_program(&self, name: &[u8]) -> Result<PathBuf, Error> {
        let word = OsStr::from_bytes(name);
        let path = self.vars.value("PATH").and_then(Value::scalar);
        let path = path.map(|path| OsStr::from_bytes(path));
        let error = match (&self.view.root, name.contains(&b'/')) {
            (Ok(root), is_path) => match enter::find(root, word, path) {
                Err(error) if !is_path && error.exit_code() == Exit::NOT_FOUND => error,
                result => return result,
            },
            (Err(missing), true) => return Err(missing.error("the target's files")),
            // Without the files there is no telling what else it may be.
            (Err(_), false) => enter::not_found(word),
        };
        Err(match self.near(name).as_slice() {
            [] => error,
            near => error.hint(format!("did you mean {}?", near.join(" or "))),
        })
    }

    /// Names that differ from `name` by one slip of the fingers.
    fn near<'a>(&'a self, name: &[u8]) -> Vec<&'a str> {
        let mut near: Vec<&str> = self.functions.keys().map(String::as_str).collect();
        near.extend(tools::REGISTRY.iter().flat_map(|tool| tool.aliases).copied());
        near.extend(tools::REGISTRY.iter().map(|tool| tool.name));
        near.extend(builtins::names().map(|name| -> &'a str { name }));
        near.retain(|other| is_slip(name, other.as_bytes()));
        order::sort(&mut near);
        near.dedup();
        near.truncate(3);
        near
    }
}

/// Whether one letter more, less, changed or swapped with its neighbour makes `a` into `b`.
fn is_slip(a: &[u8], b: &[u8]) -> bool {
    if a.len() < 2 || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Less => a == &b[1..],
        std::cmp::Ordering::Greater => &a[1..] == b,
        std::cmp::Ordering::Equal => {
            let swapped =
                matches!((a, b), ([p, q, x @ ..], [r, s, y @ ..]) if (p, q, x) == (s, r, y));
            a.is_empty() || a[1..] == b[1..] || swapped
        }
    }
}

/// What a shell word means, for `type` and `command -V`.
impl Found {
    pub(super) fn describe(&self, name: &str) -> Bytes {
        match self {
            Found::Function(_) => format!("{name} is a function"),
            Found::Builtin(_) => format!("{name} is a shell builtin"),
            Found::Tool(_) => format!("{name} is a tool of dbg"),
            Found::Program(path) => format!("{name} is {} of the target", quote(path)),
        }
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        for near in ["grpe", "gre", "grepp", "gzep"] {
            assert!(is_slip(near.as_bytes(), b"grep"), "{near}");
        }
        for far in ["gr", "perg", "g"] {
            assert!(!is_slip(far.as_bytes(), b"grep"), "{far}");
        }
    }
}
