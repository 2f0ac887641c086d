//! File systems in which writing is a request to the kernel.
//!
//! What one of them allows goes by who writes: a sysctl is refused to a target that is no root here, and granted to
//! dbg. A target that knows its operator writes to `/var/log/app.log` could make that name a link to such a file.

use crate::error::{Error, Result};
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};
use std::os::fd::AsFd;

/// `statfs(2)`'s `f_type` of each (linux/magic.h, and the sources of those that are not in it).
const KERNELS: [(u32, &str); 29] = [
    (0x9fa0, "proc"),
    (0x6265_6572, "sysfs"),
    (0x0027_e0eb, "cgroup"),
    (0x6367_7270, "cgroup2"),
    (0x6462_6720, "debugfs"),
    (0x7472_6163, "tracefs"),
    (0x7363_6673, "securityfs"),
    (0xcafe_4a11, "bpf"),
    (0xde5e_81e4, "efivarfs"),
    (0x6265_6570, "configfs"),
    (0xf97c_ff8c, "selinuxfs"),
    (0x4341_5d53, "smackfs"),
    (0x5a3c_69f0, "apparmorfs"),
    (0x6165_676c, "pstore"),
    (0x4249_4e4d, "binfmt_misc"),
    (0x6573_5543, "fusectl"),
    (0x6e73_6673, "nsfs"),
    (0x5049_4446, "pidfs"),
    (0x1980_0202, "mqueue"),
    (0x6c6f_6f70, "binder"),
    (0x0765_5821, "resctrl"),
    (0x6e66_7364, "nfsd"),
    (0x6759_6969, "rpc_pipefs"),
    (0x1cd1, "devpts"),
    (0x9fa2, "usbfs"),
    (0xabba_1974, "xenfs"),
    (0x687a_7370, "hypfs"),
    (0x0a64_7361, "functionfs"),
    (0x64ca_fd19, "gadgetfs"),
];

/// Fails when `file`, or what would be made or taken away in the directory `file`, is not data but the kernel's own.
pub(super) fn refuse(file: impl AsFd) -> Result<()> {
    let magic = fstatfs(file)?.filesystem_type().0 as u32;
    match KERNELS.iter().find(|(known, _)| *known == magic) {
        None => Ok(()),
        Some((_, name)) => Err(Error::new(format!(
            "is in {name}, where a write is a request to the kernel: dbg would make it with rights that the target \
             may not have"
        ))
        .hint("do it by hand on this machine, or as the target: dbg exec")),
    }
}

/// Whether `file` is of a procfs.
pub(super) fn is_proc(file: impl AsFd) -> bool {
    fstatfs(file).is_ok_and(|facts| facts.filesystem_type() == PROC_SUPER_MAGIC)
}
