//! What `ls`, `stat` and `find` tell of a file as JSON.

use super::{mode, users::Users};
use crate::output::{Text, time};
use crate::view::FileType;
use nix::sys::stat::FileStat;
use serde::Serialize;

/// One file.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Facts {
    /// As it would be typed.
    path: Text,
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["file", "directory", "link", "block device", "character device", "fifo", "socket", "unknown"])))]
    kind: &'static str,
    /// Permission bits in octal, set-id and sticky bits included.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-7]{4,5}$")))]
    mode: String,
    /// As `ls -l` shows them: `-rwxr-xr-x`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[-dlbcpsD?][-rwxsStT]{9}$")))]
    permissions: String,
    links: u64,
    /// Owner, as the target numbers users.
    uid: u32,
    /// By the target's passwd; `None` where that has no name.
    user: Option<Text>,
    gid: u32,
    /// By the target's group file, likewise.
    group: Option<Text>,
    /// Length in bytes.
    size: i64,
    /// Allocated bytes.
    allocated: i64,
    inode: u64,
    /// The file system's device, `MAJOR:MINOR`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]+:[0-9]+$")))]
    device: String,
    /// What a device node stands for, `MAJOR:MINOR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]+:[0-9]+$")))]
    node: Option<String>,
    /// In UTC, as the next two; null where the year does not fit 32 bits.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    accessed: Option<String>,
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    modified: Option<String>,
    /// When anything of it was changed, its mode or name included.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    changed: Option<String>,
    /// When it was created, where that is asked for and known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub(super) born: Option<String>,
    /// Where a link points, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Text>,
}

impl Facts {
    /// The facts of the file shown as `path`.
    pub(super) fn new(path: &[u8], stat: &FileStat, users: &Users, target: Option<&[u8]>) -> Facts {
        let kind = FileType::of_mode(stat.st_mode);
        let is_node = matches!(kind, FileType::Block | FileType::Char);
        Facts {
            path: path.into(),
            kind: mode::kind_name(kind),
            mode: format!("{:04o}", stat.st_mode & 0o7777),
            permissions: mode::string(stat.st_mode),
            links: links(stat),
            uid: stat.st_uid,
            user: users.user(stat.st_uid).map(Text::from),
            gid: stat.st_gid,
            group: users.group(stat.st_gid).map(Text::from),
            size: stat.st_size,
            allocated: stat.st_blocks * 512,
            inode: stat.st_ino,
            device: device(stat.st_dev),
            node: is_node.then(|| device(stat.st_rdev)),
            accessed: time::rfc3339(stat.st_atime, stat.st_atime_nsec),
            modified: time::rfc3339(stat.st_mtime, stat.st_mtime_nsec),
            changed: time::rfc3339(stat.st_ctime, stat.st_ctime_nsec),
            born: None,
            target: target.map(Text::from),
        }
    }
}

/// The number of hard links.
#[allow(clippy::unnecessary_cast)] // its width depends on the architecture
pub(super) fn links(stat: &FileStat) -> u64 {
    stat.st_nlink as u64
}

fn device(number: u64) -> String {
    format!("{}:{}", libc::major(number), libc::minor(number))
}
