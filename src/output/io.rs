//! The three streams of a tool. Tools get these and never touch the process's own.

use super::escape;
use crate::error::{Error, Result};
use crate::exit::Exit;
use nix::unistd::isatty;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// An output stream: buffered, and knowing whether a person reads it.
#[derive(Debug)]
pub struct Output {
    file: BufWriter<File>,
    is_terminal: bool,
    line_buffered: bool,
    /// The start of a character whose rest [`Output::write_text`] has yet to be given.
    held: Vec<u8>,
}

impl Output {
    /// Takes over `fd`. Terminals are flushed at every line, all else when 64 KiB are full.
    pub fn new(fd: OwnedFd) -> Output {
        let is_terminal = isatty(&fd).unwrap_or(false);
        Output {
            file: BufWriter::with_capacity(64 << 10, File::from(fd)),
            is_terminal,
            line_buffered: is_terminal,
            held: Vec::new(),
        }
    }

    /// Whether a person reads it.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Flush at every line end from now on, as `tail -f` must.
    pub fn line_buffered(&mut self) {
        self.line_buffered = true;
    }

    /// Text from the target for a person: escaped on a terminal, raw bytes otherwise.
    pub fn write_name(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.is_terminal {
            self.write_all(super::visible(bytes).as_bytes())
        } else {
            self.write_all(bytes)
        }
    }

    /// A part of a file's content: on a terminal made harmless (`cat -v`, but for UTF-8), raw bytes otherwise.
    ///
    /// Parts may end within a character; [`Output::end_text`] after the last one.
    pub fn write_text(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.is_terminal {
            return self.write_all(bytes);
        }
        self.held.extend_from_slice(bytes);
        let whole = escape::whole_characters(&self.held);
        let mut shown = Vec::with_capacity(whole + 16);
        escape::harmless(&self.held[..whole], &mut shown);
        self.held.drain(..whole);
        self.write_all(&shown)
    }

    /// Ends what [`Output::write_text`] began.
    pub fn end_text(&mut self) -> io::Result<()> {
        let mut shown = Vec::new();
        escape::harmless(&std::mem::take(&mut self.held), &mut shown);
        self.write_all(&shown)
    }
}

impl Write for Output {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf)?;
        if self.line_buffered && buf[..n].contains(&b'\n') {
            self.file.flush()?;
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The file itself, for `splice` and the like: flush first.
impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.get_ref().as_fd()
    }
}

/// What a tool reads from and writes to.
#[derive(Debug)]
pub struct Io {
    /// Standard input.
    pub stdin: File,
    /// Standard output.
    pub stdout: Output,
    /// Standard error.
    pub stderr: Output,
    /// Columns of the terminal that stdout is; `None` when it is none.
    pub width: Option<usize>,
    /// Whether colour may be used on stdout: a terminal, and no `NO_COLOR` (<https://no-color.org>).
    pub colour: bool,
    name: String,
    /// What the tool ends in: success until something is complained about.
    exit: Exit,
}

impl Io {
    /// Streams for the tool called `name` over three open files.
    pub fn new(name: &str, stdin: OwnedFd, stdout: OwnedFd, stderr: OwnedFd) -> Io {
        let stdout = Output::new(stdout);
        let width = stdout.is_terminal().then(|| crate::sys::tty::width(&stdout).unwrap_or(80));
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        Io {
            stdin: File::from(stdin),
            colour: stdout.is_terminal() && !no_colour,
            stdout,
            stderr: Output::new(stderr),
            width,
            name: name.to_owned(),
            exit: Exit::OK,
        }
    }

    /// Streams for the tool called `name` over this process's own descriptors 0, 1 and 2, duplicated.
    pub fn of_process(name: &str) -> Result<Io> {
        let dup = |fd: BorrowedFd<'_>| fd.try_clone_to_owned();
        Ok(Io::new(
            name,
            dup(io::stdin().as_fd())?,
            dup(io::stdout().as_fd())?,
            dup(io::stderr().as_fd())?,
        ))
    }

    /// Descriptors of the three streams.
    pub fn descriptors(&self) -> [BorrowedFd<'_>; 3] {
        [self.stdin.as_fd(), self.stdout.as_fd(), self.stderr.as_fd()]
    }

    /// The name that its messages begin with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reports a failure that does not end the tool (one operand of several) as `NAME: TEXT` on stderr. The tool then
    /// ends in [`Io::exit`].
    pub fn complain(&mut self, error: &Error) {
        if self.exit != Exit::CANNOT_RUN {
            let is_right = error.exit_code() == Exit::CANNOT_RUN;
            self.exit = if is_right { Exit::CANNOT_RUN } else { Exit::FAILURE };
        }
        // What was printed before must stand before it, when both go to one terminal.
        let _ = self.stdout.flush();
        let _ = writeln!(self.stderr, "{}: {error}", self.name);
        if let Some(hint) = error.hint_text() {
            let _ = writeln!(self.stderr, "{}: hint: {hint}", self.name);
        }
        let _ = self.stderr.flush();
    }

    /// Success; 1 when something was complained about, 126 when that was a missing right.
    pub fn exit(&self) -> Exit {
        self.exit
    }
}
