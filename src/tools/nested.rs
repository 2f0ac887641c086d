//! Tools that run other tools, in this process: `find -exec` and `xargs`.

use super::Tool;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, quote};
use crate::view::View;
use nix::errno::Errno;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The tools that run others, which are named among their words.
pub(super) const RUNNERS: [&str; 6] = ["env", "find", "time", "timeout", "watch", "xargs"];

/// How many bytes of arguments are gathered for one run.
pub(super) const BATCH: usize = 128 << 10;

/// The tool called `name`; what else it may be is not run.
pub(super) fn find(name: &OsStr) -> Result<&'static Tool> {
    name.to_str().and_then(super::find).ok_or_else(|| {
        Error::new(format!("{} is no tool of dbg", quote(name))).exit(Exit::NOT_FOUND).hint(
            "only tools of dbg are run here, in its own process, and no program of the target",
        )
    })
}

/// Runs `tool` with `stdin` and with the outputs of `io`.
pub(super) fn invoke(
    tool: &Tool,
    args: Vec<OsString>,
    stdin: OwnedFd,
    view: &View,
    io: &mut Io,
) -> Result<Exit> {
    io.stdout.flush()?;
    let dup = |fd: &dyn AsFd| -> Result<OwnedFd> { Ok(fd.as_fd().try_clone_to_owned()?) };
    let mut own = Io::new(tool.name, stdin, dup(&io.stdout)?, dup(&io.stderr)?);
    let exit = tool.invoke(view, args, &mut own);
    // The reader left: nobody wants what further runs would print, either.
    if exit == Exit::signal(libc::SIGPIPE) {
        return Err(Errno::EPIPE.into());
    }
    Ok(exit)
}

/// `arg` with `text` wherever `pattern`, which is not empty, stands in it.
pub(super) fn replace(arg: &OsStr, pattern: &[u8], text: &[u8]) -> OsString {
    let (mut out, mut rest) = (Vec::new(), arg.as_bytes());
    while let Some(at) = memchr::memmem::find(rest, pattern) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(text);
        rest = &rest[at + pattern.len()..];
    }
    out.extend_from_slice(rest);
    OsString::from_vec(out)
}
