//! Mounts, as `/proc/PID/mountinfo` tells them (proc_pid_mountinfo(5)).

use crate::output::Text;
use serde::Serialize;

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mount {
    /// Its id, unique in the machine while it is mounted.
    pub id: u32,
    /// The id of the mount that it is on.
    pub parent: u32,
    /// Device number of its files: `major:minor`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]+:[0-9]+$")))]
    pub device: String,
    /// Which directory of the file system is seen here.
    pub root: Text,
    /// Where it is, seen from the process's root.
    pub target: Text,
    /// Options of this mount.
    pub options: Text,
    /// `shared:N`, `master:N`, `propagate_from:N`, `unbindable`.
    pub propagation: Vec<Text>,
    /// Kind of file system: `overlay`, `fuse.sshfs`.
    pub fs_type: Text,
    /// Device or whatever else was mounted.
    pub source: Text,
    /// Options of the file system.
    pub fs_options: Text,
}

impl Mount {
    /// Every mount in the file, in its order. Lines that are none are left out.
    pub fn parse_all(bytes: &[u8]) -> Vec<Mount> {
        bytes.split(|b| *b == b'\n').filter_map(Mount::parse).collect()
    }

    fn parse(line: &[u8]) -> Option<Mount> {
        // Fields may be empty (the source of a tmpfs), so each space counts.
        let mut fields = line.split(|b| *b == b' ');
        let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse().ok();
        let (id, parent) = (number(fields.next()?)?, number(fields.next()?)?);
        let device = std::str::from_utf8(fields.next()?).ok()?.to_owned();
        let mut text = || fields.next().map(unescape);
        let (root, target, options) = (text()?, text()?, text()?);
        let mut propagation = Vec::new();
        loop {
            match text()? {
                Text(separator) if separator == b"-" => break,
                field => propagation.push(field),
            }
        }
        let (fs_type, source, fs_options) = (text()?, text()?, text()?);
        Some(Mount {
            id,
            parent,
            device,
            root,
            target,
            options,
            propagation,
            fs_type,
            source,
            fs_options,
        })
    }
}

/// Turns `\040` and its like, which the kernel writes for space, tab, newline, `\` and `#`, back into bytes.
fn unescape(field: &[u8]) -> Text {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                tail
            }
            _ => {
                out.push(*first);
                tail
            }
        };
    }
    Text(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_newlines_and_bytes_in_paths_come_back() {
        let line = b"36 35 98:0 /m\\040n /a\\012b\\134\xff rw,noatime shared:1 master:2 - ext3 /dev/root rw\n\
            37 36 0:5 / /t ro - tmpfs  rw,size=4k\nnonsense\n";
        let mounts = Mount::parse_all(line);
        assert_eq!(mounts.len(), 2);
        assert_eq!((mounts[0].id, mounts[0].parent, mounts[0].device.as_str()), (36, 35, "98:0"));
        assert_eq!(mounts[0].root, Text::from("/m n"));
        assert_eq!(mounts[0].target, Text::from(&b"/a\nb\\\xff"[..]));
        assert_eq!(mounts[0].propagation, [Text::from("shared:1"), Text::from("master:2")]);
        assert_eq!(mounts[0].source, Text::from("/dev/root"));
        assert_eq!(
            (&mounts[1].source, &mounts[1].fs_options),
            (&Text::default(), &Text::from("rw,size=4k"))
        );
        assert!(mounts[1].propagation.is_empty());
    }
}
