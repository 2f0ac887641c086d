//! Process substitution: `<(…)` and `>(…)` are pipes with a path. The view lends them to whoever opens that path.

use super::jobs::Group;
use super::{Run, Shell};
use crate::error::Error;
use brush_parser::ast::{ProcessSubstitutionKind as Kind, SubshellCommand};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The number in the first one's path; the next ones count down, as in bash.
const FIRST: usize = 63;

impl Shell {
    /// Starts the commands; gives the shell's end of the pipe.
    pub(super) fn start_process(&mut self, kind: &Kind, body: &SubshellCommand) -> Run<OwnedFd> {
        let (reader, writer) = self.new_pipe()?;
        let child = match kind {
            Kind::Read => self.fork(Group::Shell)?,
            Kind::Write => self.fork_unbound(Group::Shell)?,
        };
        match child {
            Some(child) => {
                self.add_hidden(child);
                Ok(if matches!(kind, Kind::Read) { reader } else { writer })
            }
            None => {
                let wired = match kind {
                    Kind::Read => {
                        drop(reader);
                        nix::unistd::dup2_stdout(writer)
                    }
                    Kind::Write => {
                        drop(writer);
                        // Its sister's end for writing would keep that one from ever seeing the end.
                        if let Ok(root) = &mut self.view.root {
                            root.take_back(0);
                        }
                        nix::unistd::dup2_stdin(reader)
                    }
                };
                let result = match wired {
                    Ok(()) => self.list(&body.list),
                    Err(errno) => self.fail(format!("pipe: {}", crate::error::reason(errno))),
                };
                self.leave(result)
            }
        }
    }

    /// The path that stands for the commands until the command that it is an argument of has ended.
    pub(super) fn process_path(&mut self, kind: &Kind, body: &SubshellCommand) -> Run<Vec<u8>> {
        let lent = self.lent();
        let Some(number) = FIRST.checked_sub(lent).filter(|number| *number > 9) else {
            return self.fail("process substitution: too many at once");
        };
        let file = self.start_process(kind, body)?;
        let path = PathBuf::from(format!("/dev/fd/{number}"));
        match &mut self.view.root {
            Ok(root) => root.lend(path.clone(), file),
            Err(missing) => {
                let error = missing.error("process substitution: the target's files");
                return self.fail(error);
            }
        }
        Ok(path.into_os_string().into_vec())
    }

    /// What a tool was given to read and write is there by its usual path, too: `tee /dev/stderr`. The process ends with
    /// the tool.
    pub(super) fn lend_streams(&mut self) {
        let names = [(0, "/dev/stdin"), (1, "/dev/stdout"), (2, "/dev/stderr")];
        let numbered = |fd: i32| (fd, format!("/dev/fd/{fd}"));
        let all: Vec<(i32, String)> = names
            .map(|(fd, name)| (fd, name.to_owned()))
            .into_iter()
            .chain([0, 1, 2].map(numbered))
            .chain([0, 1, 2].map(|fd| (fd, format!("/proc/self/fd/{fd}"))))
            .chain(self.fds.keys().copied().map(numbered))
            .collect();
        for (fd, path) in all {
            if let (Ok(file), Ok(root)) = (self.copy_fd(fd), &mut self.view.root) {
                root.lend(path.into(), file);
            }
        }
    }

    /// How many pipes have a path now.
    pub(super) fn lent(&self) -> usize {
        self.view.root.as_ref().map_or(0, crate::view::Root::lent)
    }

    /// Takes the paths back, down to the `mark` that [`Shell::lent`] was before.
    pub(super) fn take_back(&mut self, mark: usize) {
        if let Ok(root) = &mut self.view.root {
            root.take_back(mark);
        }
    }

    /// A program of the target opens its paths by itself, and would miss the pipe or find another file.
    pub(super) fn refuse_lent(&self, argv: &[Vec<u8>]) -> Result<(), Error> {
        use std::os::unix::ffi::OsStrExt;
        let path = |word: &Vec<u8>| PathBuf::from(std::ffi::OsStr::from_bytes(word));
        let is_lent = |path: PathBuf| {
            self.view.root.as_ref().is_ok_and(|root| root.is_lent(Path::new(&path)))
        };
        if argv.iter().map(path).any(is_lent) {
            return Err(Error::new(
                "process substitution for a program of the target is not supported",
            )
            .hint("tools and built-ins take it"));
        }
        Ok(())
    }
}
