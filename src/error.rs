//! One error type: what was being done, the cause, a hint, and the exit code it ends in.
//!
//! The text is lower-case and has no full stop. Causes are kept as a chain and joined with `: ` once, where the
//! error is printed; nothing logs an error and returns it as well.

use crate::exit::Exit;
use nix::errno::Errno;
use std::{fmt, io};

/// The result of everything in dbg that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure, its cause, what a person can do about it, and the exit code it stands for.
#[derive(Debug)]
pub struct Error {
    cause: anyhow::Error,
    exit: Exit,
    hint: Option<String>,
}

impl Error {
    /// A failure told in one sentence: lower-case, no full stop, with the path or id in it.
    pub fn new(text: impl fmt::Display) -> Error {
        Error { cause: anyhow::Error::msg(text.to_string()), exit: Exit::FAILURE, hint: None }
    }

    /// A failure of the words typed (exit code 2).
    pub fn usage(text: impl fmt::Display) -> Error {
        Error::new(text).exit(Exit::USAGE)
    }

    /// The same failure with what the caller was doing in front of it.
    pub fn context(mut self, text: impl fmt::Display) -> Error {
        self.cause = self.cause.context(text.to_string());
        self
    }

    /// The same failure with a hint: what a person can type or change.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with an exit code of its own (1 if never set).
    pub fn exit(mut self, exit: Exit) -> Error {
        self.exit = exit;
        self
    }

    /// The exit code this failure stands for.
    pub fn exit_code(&self) -> Exit {
        self.exit
    }

    /// What a person can do about it.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The kernel's error number at the bottom of the chain, if there is one.
    pub fn errno(&self) -> Option<Errno> {
        self.cause.chain().find_map(|cause| {
            cause.downcast_ref::<Errno>().copied().or_else(|| {
                let io = cause.downcast_ref::<io::Error>()?;
                io.raw_os_error().map(Errno::from_raw)
            })
        })
    }

    /// Whether the reader of our output went away: the quiet kind of failure.
    pub fn is_broken_pipe(&self) -> bool {
        self.errno() == Some(Errno::EPIPE)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, cause) in self.cause.chain().enumerate() {
            if i > 0 {
                f.write_str(": ")?;
            }
            match (cause.downcast_ref::<Errno>(), cause.downcast_ref::<io::Error>()) {
                (Some(errno), _) => f.write_str(&reason(*errno))?,
                (_, Some(io)) => f.write_str(&io_reason(io))?,
                _ => write!(f, "{cause}")?,
            }
        }
        Ok(())
    }
}

/// The kernel's words for an error number, in our style: `no such file or directory`.
pub fn reason(errno: Errno) -> String {
    lower(errno.desc())
}

/// An I/O error in our style, without the `(os error 2)` that std adds.
pub fn io_reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => reason(Errno::from_raw(number)),
        None => lower(&error.to_string()),
    }
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        // An abbreviation keeps its capitals.
        (Some(first), second) if second.is_none_or(char::is_lowercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Error {
        Error { cause, exit: Exit::FAILURE, hint: None }
    }
}

impl From<io::Error> for Error {
    fn from(cause: io::Error) -> Error {
        anyhow::Error::new(cause).into()
    }
}

impl From<Errno> for Error {
    fn from(cause: Errno) -> Error {
        anyhow::Error::new(cause).into()
    }
}

/// Context, hint and exit code on anything that turns into an [`Error`].
pub trait ResultExt<T> {
    /// Says what was being done; called only on failure.
    fn context<D: fmt::Display>(self, text: impl FnOnce() -> D) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for std::result::Result<T, E> {
    fn context<D: fmt::Display>(self, text: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|error| error.into().context(text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_joined_once_and_in_our_style() {
        let error = Error::from(Errno::ENOENT).context("/nosuch");
        assert_eq!(error.to_string(), "/nosuch: no such file or directory");
        assert_eq!(error.errno(), Some(Errno::ENOENT));
        let error = Error::from(io::Error::from_raw_os_error(libc::EIO)).context("read");
        assert_eq!(error.to_string(), "read: I/O error");
    }
}
