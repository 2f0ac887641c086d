//! An executable that can be seen in a target without leading back to this machine's file.
//!
//! A process's program is reachable as `/proc/PID/exe`; if that is a file of the machine, a hostile target can
//! overwrite it (CVE-2019-5736). So what is executed is a detached, read-only clone of the file's mount, which costs
//! nothing, or on kernels without that a sealed copy in memory.

use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::quote;
use crate::sys::mount;
use nix::fcntl::{FcntlArg, OFlag, SealFlag, fcntl, open};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A read-only clone, or a sealed copy, of an executable.
#[derive(Debug)]
pub struct Image {
    file: OwnedFd,
}

impl Image {
    /// This program.
    pub fn own() -> Result<Image> {
        Image::of(Path::new("/proc/self/exe")).context(|| "dbg's own program")
    }

    /// A static program of the operator's. One that needs a loader is refused: the target has none, or its own.
    pub fn inject(path: &Path) -> Result<Image> {
        let refuse = |error: Error| error.context(quote(path)).exit(Exit::CANNOT_RUN);
        let mut head = vec![0; 4096];
        let mut file = File::open(path).map_err(|e| refuse(e.into()))?;
        let metadata = file.metadata().map_err(|e| refuse(e.into()))?;
        if !metadata.is_file() || metadata.mode() & 0o111 == 0 {
            return Err(refuse(Error::new("is not an executable file")));
        }
        let length = file.read(&mut head).map_err(|e| refuse(e.into()))?;
        match interpreter(&head[..length]) {
            None => Err(refuse(Error::new("is not an ELF program of this machine's kind"))),
            Some(true) => Err(refuse(
                Error::new("is dynamically linked, and its loader is not in the target")
                    .hint("inject a static program"),
            )),
            Some(false) => Image::of(path).map_err(refuse),
        }
    }

    fn of(path: &Path) -> Result<Image> {
        let handle = open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
        let file = match mount::read_only_clone(&handle).and_then(dissolved) {
            Ok(clone) => clone,
            Err(_) => sealed_copy(path)?,
        };
        Ok(Image { file })
    }
}

impl AsFd for Image {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The same file, in a mount that belongs to no namespace any more.
///
/// While the descriptor that open_tree(2) gave is open, its mount lives in a namespace of its own, and whoever has
/// CAP_SYS_ADMIN in his own could make it writable again by `/proc/PID/exe`. Closed, it can't be changed by anybody.
fn dissolved(tree: OwnedFd) -> std::io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", tree.as_raw_fd());
    Ok(open(path.as_str(), OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?)
}

fn sealed_copy(path: &Path) -> Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    // MFD_EXEC is asked for first (vm.memfd_noexec); kernels before 6.3 do not know it.
    let copy = memfd_create(c"dbg", flags | MFdFlags::from_bits_retain(0x10))
        .or_else(|_| memfd_create(c"dbg", flags))
        .context(|| "making a copy in memory")?;
    let mut copy = File::from(copy);
    std::io::copy(&mut File::open(path)?, &mut copy).context(|| "copying into memory")?;
    let seals = SealFlag::F_SEAL_WRITE
        | SealFlag::F_SEAL_SHRINK
        | SealFlag::F_SEAL_GROW
        | SealFlag::F_SEAL_SEAL;
    fcntl(&copy, FcntlArg::F_ADD_SEALS(seals)).context(|| "sealing the copy in memory")?;
    Ok(copy.into())
}

/// Whether an ELF file asks for a loader (PT_INTERP, elf(5)); `None` when it is no 64-bit little-endian ELF program.
fn interpreter(head: &[u8]) -> Option<bool> {
    if head.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let number = |at: usize, n: usize| -> Option<usize> {
        let bytes = head.get(at..at.checked_add(n)?)?;
        Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte)))
    };
    // e_type ET_EXEC or ET_DYN; e_phoff, e_phentsize, e_phnum.
    if !matches!(number(16, 2)?, 2 | 3) {
        return None;
    }
    let (offset, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    for i in 0..count {
        const PT_INTERP: usize = 3;
        if number(offset.checked_add(i * size)?, 4)? == PT_INTERP {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_program_has_no_interpreter_and_a_text_is_no_program() {
        let mut head = vec![0; 4096];
        let n = File::open("/proc/self/exe").unwrap().read(&mut head).unwrap();
        assert_eq!(interpreter(&head[..n]), Some(false), "the tests are static, as dbg is");
        assert_eq!(interpreter(b"#!/bin/sh\n"), None);
        assert_eq!(interpreter(b"\x7fELF\x02\x01"), None);
    }

    #[test]
    fn nobody_can_make_an_image_writable_again() {
        let own =
            || open("/proc/self/exe", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()).unwrap();
        if let Ok(attached) = mount::read_only_clone(own()) {
            // What makes the difference: a clone whose descriptor is open lets itself be changed.
            mount::make_writable(&attached).unwrap();
            let image = dissolved(mount::read_only_clone(own()).unwrap()).unwrap();
            assert!(mount::make_writable(&image).is_err());
        }
        assert!(mount::make_writable(Image::own().unwrap()).is_err());
    }

    #[test]
    fn a_copy_in_memory_cannot_be_written() {
        use std::io::Write;
        let mut copy = File::from(sealed_copy(Path::new("/proc/self/exe")).unwrap());
        let error = copy.write(b"x").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
    }
}
