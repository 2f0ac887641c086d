//! Installing a system call filter (seccomp(2)).

use nix::errno::Errno;
use std::io;

/// One instruction of classic BPF: code, jump if true, jump if false, operand (`struct sock_filter`).
pub type Instruction = (u16, u8, u8, u32);

/// Installs `program` as a filter of this thread. Needs no_new_privs, or CAP_SYS_ADMIN in this user namespace.
pub fn install(program: &[Instruction]) -> io::Result<()> {
    let mut filter: Vec<libc::sock_filter> =
        program.iter().map(|&(code, jt, jf, k)| libc::sock_filter { code, jt, jf, k }).collect();
    let len = u16::try_from(filter.len()).map_err(|_| io::Error::from(Errno::E2BIG))?;
    let program = libc::sock_fprog { len, filter: filter.as_mut_ptr() };
    // SAFETY: `program` points to `len` instructions, which live through the call; the kernel copies them.
    let rc = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program)
    };
    Errno::result(rc)?;
    Ok(())
}
