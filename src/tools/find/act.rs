//! `-ls` and `-delete`.

use super::eval::{Found, Run, SECOND};
use crate::error::Result;
use crate::output::{Io, time, visible};
use crate::tools::place::Place;
use crate::tools::{facts, mode};
use crate::view::FileType;
use nix::errno::Errno;
use std::ffi::{CString, OsStr};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

impl Run<'_> {
    /// A line as `ls -dils` has it.
    pub(super) fn list(&self, file: &Found<'_>, io: &mut Io) -> Result<()> {
        let Some(stat) = file.stat(io) else { return Ok(()) };
        let owner = |name: Option<&[u8]>, id: u32| {
            name.map_or_else(|| id.to_string(), |name| visible(name).into_owned())
        };
        let kind = FileType::of_mode(stat.st_mode);
        let size = match kind {
            FileType::Block | FileType::Char => {
                format!("{:>3}, {:>3}", libc::major(stat.st_rdev), libc::minor(stat.st_rdev))
            }
            _ => stat.st_size.to_string(),
        };
        write!(
            io.stdout,
            "{:>9} {:>6} {} {:>3} {:<8} {:<8} {size:>8} {} ",
            stat.st_ino,
            (stat.st_blocks as u64).div_ceil(2),
            mode::string(stat.st_mode),
            facts::links(stat),
            owner(self.users.user(stat.st_uid), stat.st_uid),
            owner(self.users.group(stat.st_gid), stat.st_gid),
            time::listing(stat.st_mtime, (self.now / SECOND) as i64),
        )?;
        io.stdout.write_name(file.path())?;
        if let Some(target) = (kind == FileType::Link).then(|| file.target()).flatten() {
            io.stdout.write_all(b" -> ")?;
            io.stdout.write_name(&target)?;
        }
        Ok(io.stdout.write_all(b"\n")?)
    }

    /// Takes the name away in the directory that it was found in.
    pub(super) fn delete(&self, file: &Found<'_>, io: &mut Io) -> Result<()> {
        let is_dir = file.kind(io) == FileType::Dir;
        let name = file.entry.name.as_c_str();
        match file.place {
            Place::Dir(dir) => dir.remove(name, is_dir),
            Place::Root(root) => {
                let path = Path::new(OsStr::from_bytes(name.to_bytes()));
                // `.`, `..` and `/` have no name to take away; GNU leaves `.` quietly, too.
                let Some(name) = path.file_name() else { return Ok(()) };
                let name = CString::new(name.as_bytes()).map_err(|_| Errno::EINVAL)?;
                let above = path.parent().filter(|path| !path.as_os_str().is_empty());
                root.open_dir(above.unwrap_or(Path::new(".")))?.remove(&name, is_dir)
            }
        }
    }
}
