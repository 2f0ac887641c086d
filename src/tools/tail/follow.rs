//! `tail -f`: looks for more from time to time. Nothing that notifies is set up on the target's files, since the
//! target could see that and it counts against the limits of its user.

use super::Heads;
use crate::error::{Error, Result, reason};
use crate::output::{Io, quote};
use crate::tools::input::{CHUNK, Input};
use crate::view::View;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file that is followed.
#[derive(Debug)]
pub(super) struct Follow {
    /// Its place among the operands.
    number: usize,
    path: PathBuf,
    input: Option<Input>,
    by_name: bool,
}

impl Follow {
    /// Follows the file that `input` is, or whatever has its name. With no `input` it is waited for.
    pub(super) fn new(number: usize, path: &Path, input: Option<Input>, by_name: bool) -> Follow {
        Follow { number, path: path.to_owned(), input, by_name }
    }

    /// Prints what was added since the last look.
    fn look(&mut self, view: &View, heads: &mut Heads, io: &mut Io) -> Result<()> {
        self.print(heads, io)?;
        if (self.by_name || self.input.is_none()) && self.resolve(view, io)? {
            self.print(heads, io)?;
        }
        Ok(())
    }

    fn print(&mut self, heads: &mut Heads, io: &mut Io) -> Result<()> {
        let Some(input) = &mut self.input else { return Ok(()) };
        let (size, at) = (input.file.metadata()?.len(), input.file.stream_position()?);
        if size < at {
            notice(io, &format!("{}: file truncated", quote(&self.path)))?;
            input.file.seek(SeekFrom::Start(0))?;
        }
        let mut buffer = vec![0; CHUNK];
        loop {
            let n = input.read(&mut buffer, io);
            if n == 0 {
                return Ok(io.stdout.flush()?);
            }
            heads.print(self.number, &self.path, io)?;
            io.stdout.write_text(&buffer[..n])?;
        }
    }

    /// Looks up the name again; says whether another file has it now.
    fn resolve(&mut self, view: &View, io: &mut Io) -> Result<bool> {
        let root = view.root()?;
        let id = |input: &Input| input.file.metadata().map(|m| (m.dev(), m.ino())).ok();
        let old = self.input.as_ref().and_then(id);
        let name = quote(&self.path);
        let opened = root.stat(&self.path).and_then(|stat| {
            if old == Some((stat.st_dev, stat.st_ino)) {
                Ok(None)
            } else {
                root.open(&self.path).map(Some)
            }
        });
        match opened {
            Ok(None) => Ok(false),
            Ok(Some(file)) => {
                let what = if old.is_some() { "been replaced" } else { "appeared" };
                notice(io, &format!("{name} has {what};  following new file"))?;
                self.input = Some(Input::new(file, &self.path));
                Ok(true)
            }
            Err(error) => {
                if self.input.take().is_some() {
                    notice(io, &format!("{name} has become inaccessible: {}", cause(&error)))?;
                }
                Ok(false)
            }
        }
    }
}

/// Prints what is added to `follows` until the reader of stdout leaves.
pub(super) fn follow(
    view: &View,
    mut follows: Vec<Follow>,
    pause: Duration,
    heads: &mut Heads,
    io: &mut Io,
) -> Result<()> {
    let pause = PollTimeout::try_from(pause).unwrap_or(PollTimeout::MAX);
    loop {
        for follow in &mut follows {
            follow.look(view, heads, io)?;
        }
        // The pause, which ends early when the reader of a pipe goes away: no write might ever tell.
        let mut stdout = [PollFd::new(io.stdout.as_fd(), PollFlags::empty())];
        match poll(&mut stdout, pause) {
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => return Err(Errno::EPIPE.into()),
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn cause(error: &Error) -> String {
    error.errno().map_or_else(|| error.to_string(), reason)
}

/// Something worth knowing that is no failure.
fn notice(io: &mut Io, text: &str) -> Result<()> {
    writeln!(io.stderr, "tail: {text}")?;
    Ok(io.stderr.flush()?)
}
