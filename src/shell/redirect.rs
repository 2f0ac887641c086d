//! Redirections. Files are the target's; writing them needs `--write`.

use super::encoding::encode;
use super::parse::Place;
use super::{Run, Shell};
use crate::error::{Error, Result, ResultExt};
use crate::output::quote;
use brush_parser::ast::{IoFileRedirectKind as Kind, IoFileRedirectTarget as Target, IoRedirect};
use nix::fcntl::OFlag;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a descriptor is made to be.
enum Source {
    Open(OwnedFd),
    Closed,
}

impl Shell {
    /// Carries out redirections in order; false when one was refused, which has been said then. What they cover is
    /// kept in `saved` for [`Shell::restore`].
    pub(super) fn redirect<'a>(
        &mut self,
        redirects: impl IntoIterator<Item = &'a IoRedirect>,
    ) -> Run<bool> {
        for redirect in redirects {
            if let Err(error) = self.redirect_one(redirect)? {
                self.complain(&error);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn redirect_one(&mut self, redirect: &IoRedirect) -> Run<Result<()>> {
        Ok(match redirect {
            IoRedirect::File(fd, kind, target) => {
                let default = match kind {
                    Kind::Read | Kind::ReadAndWrite | Kind::DuplicateInput => 0,
                    _ => 1,
                };
                return self.redirect_file(fd.unwrap_or(default), *fd, kind, target);
            }
            IoRedirect::OutputAndError(word, append) => {
                let path = self.file_name(&word.value)?;
                path.and_then(|path| self.open_output(&path, *append)).and_then(|file| {
                    let copy = file.try_clone()?;
                    self.set_fd(1, Source::Open(file))?;
                    self.set_fd(2, Source::Open(copy))
                })
            }
            IoRedirect::HereDocument(fd, document) => {
                let text = &document.doc.value;
                let text = match document.requires_expansion {
                    true => self.value(text, Place::Quoted)?,
                    false => encode(text).into_owned(),
                };
                in_memory(&text).and_then(|file| self.set_fd(fd.unwrap_or(0), Source::Open(file)))
            }
            IoRedirect::HereString(fd, word) => {
                let mut text = self.value(&word.value, Place::Value)?;
                text.push(b'\n');
                in_memory(&text).and_then(|file| self.set_fd(fd.unwrap_or(0), Source::Open(file)))
            }
        })
    }

    fn redirect_file(
        &mut self,
        fd: i32,
        typed: Option<i32>,
        kind: &Kind,
        target: &Target,
    ) -> Run<Result<()>> {
        let word = match target {
            Target::ProcessSubstitution(direction, body) => {
                let pipe = self.start_process(direction, body)?;
                return Ok(self.set_fd(fd, Source::Open(pipe)));
            }
            Target::Fd(source) => return Ok(self.duplicate(fd, *source)),
            Target::Duplicate(word) => {
                let text = self.value(&word.value, Place::Value)?;
                let text = String::from_utf8_lossy(&text).into_owned();
                return Ok(self.redirect_duplicate(fd, typed, kind, &text));
            }
            Target::Filename(word) => word,
        };
        Ok(self.file_name(&word.value)?.and_then(|path| {
            let file = match kind {
                Kind::Read => self.open_input(&path)?,
                Kind::ReadAndWrite if path != b"/dev/null" => {
                    self.view.may_write(&format!("writing {}", quote(OsStr::from_bytes(&path))))?;
                    return Err(Error::new("<> on a file is not supported"));
                }
                kind => self.open_output(&path, matches!(kind, Kind::Append))?,
            };
            self.set_fd(fd, Source::Open(file))
        }))
    }

    /// `>&WORD` and `<&WORD`.
    fn redirect_duplicate(
        &mut self,
        fd: i32,
        typed: Option<i32>,
        kind: &Kind,
        word: &str,
    ) -> Result<()> {
        let (number, moved) = match word.strip_suffix('-') {
            Some(number) => (number, true),
            None => (word, false),
        };
        match number.parse() {
            Ok(source) => {
                self.duplicate(fd, source)?;
                if moved { self.set_fd(source, Source::Closed) } else { Ok(()) }
            }
            Err(_) if moved && number.is_empty() => self.set_fd(fd, Source::Closed),
            // `>& file` is an old spelling of `&> file`.
            Err(_) if matches!(kind, Kind::DuplicateOutput) && typed.is_none() => {
                let file = self.open_output(word.as_bytes(), false)?;
                let copy = file.try_clone()?;
                self.set_fd(1, Source::Open(file))?;
                self.set_fd(2, Source::Open(copy))
            }
            Err(_) => Err(Error::new(format!("{}: ambiguous redirect", quote(word)))),
        }
    }

    fn file_name(&mut self, text: &str) -> Run<Result<Vec<u8>>> {
        let word = brush_parser::ast::Word::new(text);
        let mut words = self.words([&word])?;
        Ok(match (words.pop(), words.pop()) {
            (Some(path), None) => Ok(path),
            _ => Err(Error::new(format!("{}: ambiguous redirect", quote(text)))),
        })
    }

    fn open_input(&self, path: &[u8]) -> Result<OwnedFd> {
        match self.special_file(path)? {
            Some(file) => Ok(file),
            None => Ok(self.view.root()?.open(Path::new(OsStr::from_bytes(path)))?.into()),
        }
    }

    fn open_output(&self, path: &[u8], append: bool) -> Result<OwnedFd> {
        if let Some(file) = self.special_file(path)? {
            return Ok(file);
        }
        let path = Path::new(OsStr::from_bytes(path));
        self.view.may_write_file(path)?;
        Ok(self.view.root()?.create(path, append)?.into())
    }

    /// Files that a shell makes up: they are never looked for in the target.
    fn special_file(&self, path: &[u8]) -> Result<Option<OwnedFd>> {
        Ok(Some(match path {
            b"/dev/null" => null(OFlag::O_RDWR)?,
            b"/dev/stdin" => self.copy_fd(0)?,
            b"/dev/stdout" => self.copy_fd(1)?,
            b"/dev/stderr" => self.copy_fd(2)?,
            _ if path.starts_with(b"/dev/fd/") && !self.is_lent(path) => {
                let number = std::str::from_utf8(&path[8..]).ok().and_then(|n| n.parse().ok());
                let number = number.ok_or(nix::errno::Errno::EBADF);
                self.copy_fd(number.context(|| quote(OsStr::from_bytes(path)))?)?
            }
            _ if path.starts_with(b"/dev/tcp/") || path.starts_with(b"/dev/udp/") => {
                return Err(Error::new(format!(
                    "{}: not supported",
                    quote(OsStr::from_bytes(path))
                ))
                .hint("use the tool nc"));
            }
            _ => return Ok(None),
        }))
    }

    fn is_lent(&self, path: &[u8]) -> bool {
        let path = Path::new(OsStr::from_bytes(path));
        self.view.root.as_ref().is_ok_and(|root| root.is_lent(path))
    }

    fn duplicate(&mut self, fd: i32, source: i32) -> Result<()> {
        let copy = self.copy_fd(source)?;
        self.set_fd(fd, Source::Open(copy))
    }

    /// A copy of descriptor `fd` as the script numbers it.
    pub(super) fn copy_fd(&self, fd: i32) -> Result<OwnedFd> {
        let copy = match fd {
            0 => std::io::stdin().as_fd().try_clone_to_owned(),
            1 => std::io::stdout().as_fd().try_clone_to_owned(),
            2 => super::stderr().try_clone_to_owned(),
            _ => match self.fds.get(&fd) {
                Some(file) => file.try_clone(),
                None => Err(nix::errno::Errno::EBADF.into()),
            },
        };
        copy.context(|| fd)
    }

    fn set_fd(&mut self, fd: i32, source: Source) -> Result<()> {
        let old = if fd <= 2 { Some(self.copy_fd(fd)?) } else { self.fds.remove(&fd) };
        self.saved.push((fd, old));
        self.put_fd(fd, source)
    }

    fn put_fd(&mut self, fd: i32, source: Source) -> Result<()> {
        let file = match (source, fd) {
            (Source::Open(file), _) => file,
            // A hole among the first three would be filled by whatever is opened next.
            (Source::Closed, 0) => null(OFlag::O_WRONLY)?,
            (Source::Closed, 1 | 2) => null(OFlag::O_RDONLY)?,
            (Source::Closed, _) => return Ok(()),
        };
        match fd {
            0 => nix::unistd::dup2_stdin(file)?,
            1 => nix::unistd::dup2_stdout(file)?,
            2 => nix::unistd::dup2_stderr(file)?,
            _ => drop(self.fds.insert(fd, file)),
        }
        Ok(())
    }

    /// Takes redirections back, down to the `mark` that `saved.len()` was before them.
    pub(super) fn restore(&mut self, mark: usize) {
        while self.saved.len() > mark {
            let Some((fd, old)) = self.saved.pop() else { return };
            if fd > 2 {
                self.fds.remove(&fd);
            }
            if let Some(old) = old
                && let Err(error) = self.put_fd(fd, Source::Open(old))
            {
                self.complain(&error.context(format!("restoring descriptor {fd}")));
            }
        }
    }

    /// Keeps redirections for good, as `exec` without a command does.
    pub(super) fn keep_redirections(&mut self, mark: usize) {
        self.saved.truncate(mark);
    }
}

/// The machine's own null device: in the target, `/dev/null` may be anything.
fn null(mode: OFlag) -> Result<OwnedFd> {
    let flags = mode | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
    nix::fcntl::open("/dev/null", flags, Mode::empty()).context(|| "/dev/null")
}

/// A file in memory that holds `text`, to be read from its start.
fn in_memory(text: &[u8]) -> Result<OwnedFd> {
    let mut file = File::from(memfd_create(c"here-document", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(text).context(|| "here-document")?;
    file.rewind().context(|| "here-document")?;
    Ok(file.into())
}
