//! Modes as `ls -l` writes them.

use crate::view::FileType;

/// The ten characters of `mode`: type, permissions, set-id and sticky bits: `-rwsr-xr-x`, `drwxrwxrwt`.
pub(super) fn string(mode: u32) -> String {
    let mut text = String::with_capacity(10);
    text.push(letter(FileType::of_mode(mode)));
    for (shift, special, marks) in [
        (6, libc::S_ISUID, ['s', 'S']),
        (3, libc::S_ISGID, ['s', 'S']),
        (0, libc::S_ISVTX, ['t', 'T']),
    ] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, true) => marks[0],
            (true, false) => marks[1],
        });
    }
    text
}

/// The type as one letter; `-` is a regular file.
pub(super) fn letter(kind: FileType) -> char {
    match kind {
        FileType::File => '-',
        FileType::Dir => 'd',
        FileType::Link => 'l',
        FileType::Block => 'b',
        FileType::Char => 'c',
        FileType::Fifo => 'p',
        FileType::Socket => 's',
        FileType::Unknown => '?',
    }
}

/// The type in words, for JSON: `file`, `directory`, `link` and so on.
pub(super) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::File => "file",
        FileType::Dir => "directory",
        FileType::Link => "link",
        FileType::Block => "block device",
        FileType::Char => "character device",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_id_and_sticky_bits_show_whether_execution_is_allowed() {
        assert_eq!(string(libc::S_IFREG | 0o4755), "-rwsr-xr-x");
        assert_eq!(string(libc::S_IFREG | 0o6644), "-rwSr-Sr--");
        assert_eq!(string(libc::S_IFDIR | 0o1777), "drwxrwxrwt");
        assert_eq!(string(libc::S_IFDIR | 0o1776), "drwxrwxrwT");
        assert_eq!(string(libc::S_IFLNK | 0o777), "lrwxrwxrwx");
    }
}
