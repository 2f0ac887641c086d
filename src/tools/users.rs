//! Names of users and groups, as the target's own files give them.
//!
//! Only `/etc/passwd` and `/etc/group` are asked (passwd(5), group(5)): what a name service would say can't be known
//! without running the target's code.

use crate::view::{Root, View};
use std::collections::HashMap;
use std::path::Path;

/// The most that is read of either file; of a larger one no names are known. Each line costs several times its bytes.
const LIMIT: u64 = 1 << 20;

/// The names of a target. Empty where it has no such files, or none that can be read.
#[derive(Debug, Default)]
pub struct Users {
    users: HashMap<u32, Vec<u8>>,
    groups: HashMap<u32, Vec<u8>>,
    /// The group of each user in passwd's fourth field.
    primary: HashMap<u32, u32>,
}

impl Users {
    /// Reads the names of `view`'s target.
    pub fn load(view: &View) -> Users {
        let read = |path: &str| {
            let read = |root: &Root| root.read(Path::new(path), LIMIT).ok();
            view.root.as_ref().ok().and_then(read).unwrap_or_default()
        };
        let (passwd, group) = (read("/etc/passwd"), read("/etc/group"));
        Users { users: names(&passwd), groups: names(&group), primary: primary(&passwd) }
    }

    /// The user's name, any bytes but `:` and newline.
    pub fn user(&self, uid: u32) -> Option<&[u8]> {
        self.users.get(&uid).map(Vec::as_slice)
    }

    /// The group's name, any bytes but `:` and newline.
    pub fn group(&self, gid: u32) -> Option<&[u8]> {
        self.groups.get(&gid).map(Vec::as_slice)
    }

    /// The number of the user called `name`.
    pub fn uid(&self, name: &[u8]) -> Option<u32> {
        number(&self.users, name)
    }

    /// The number of the group called `name`.
    pub fn gid(&self, name: &[u8]) -> Option<u32> {
        number(&self.groups, name)
    }

    /// The group that a login of user `uid` starts in.
    pub fn primary_group(&self, uid: u32) -> Option<u32> {
        self.primary.get(&uid).copied()
    }
}

fn number(names: &HashMap<u32, Vec<u8>>, name: &[u8]) -> Option<u32> {
    names.iter().find(|(_, known)| known.as_slice() == name).map(|(id, _)| *id)
}

/// The name and further fields of each line `name:password:id:…`. Of two lines with one id the first counts, as it does
/// for getpwuid(3).
fn entries(bytes: &[u8]) -> HashMap<u32, Vec<&[u8]>> {
    let mut entries = HashMap::new();
    for line in bytes.split(|b| *b == b'\n') {
        let fields: Vec<&[u8]> = line.split(|b| *b == b':').collect();
        let id = fields.get(2).and_then(|id| parse(id));
        if let (false, Some(id)) = (fields[0].is_empty(), id) {
            entries.entry(id).or_insert(fields);
        }
    }
    entries
}

fn names(bytes: &[u8]) -> HashMap<u32, Vec<u8>> {
    entries(bytes).into_iter().map(|(id, fields)| (id, fields[0].to_vec())).collect()
}

fn primary(passwd: &[u8]) -> HashMap<u32, u32> {
    let group = |(id, fields): (u32, Vec<&[u8]>)| Some((id, parse(fields.get(3)?)?));
    entries(passwd).into_iter().filter_map(group).collect()
}

fn parse(number: &[u8]) -> Option<u32> {
    std::str::from_utf8(number).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_an_id_counts_and_broken_lines_do_not() {
        let names =
            names(b"root:x:0:0::/:\ntoor:x:0:0\n\n:x:5:\nbad:x:-1:\nhuge:x:4294967296:\n\xff:x:7:");
        assert_eq!(names.len(), 2);
        assert_eq!(names[&0], b"root");
        assert_eq!(names[&7], b"\xff");
    }

    #[test]
    fn a_user_starts_in_the_group_of_its_line() {
        let primary = primary(b"app:x:7:8::/:\nbare:x:9\n");
        assert_eq!((primary.get(&7), primary.get(&9)), (Some(&8), None));
    }
}
