//! A session with a person: prompt, line editing, history in memory, and what Ctrl-C means.

use super::complete::Completer;
use super::jobs::Terminal;
use super::parse::{self, Fault};
use super::stdin::{await_input, read_line};
use super::vars::Bytes;
use super::{Flow, Run, Shell, history};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{Io, table, visible};
use crate::sys::tty;
use brush_parser::ast::Program;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{CompletionType, Config, Editor};
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use unicode_width::UnicodeWidthStr;

/// What came of asking for a command.
enum Typed {
    Program(Program),
    Nothing,
    Interrupted,
    End,
}

/// A line, or why there is none.
enum Line {
    Text(String),
    Interrupted,
    End,
}

/// Reads lines from the terminal.
struct Reader {
    config: Config,
    history: MemHistory,
    /// The terminal can do no more than print lines.
    is_dumb: bool,
    colour: bool,
}

impl Shell {
    /// A session: commands are typed, run, and Ctrl-C ends a command but never the session. It ends by `exit` or Ctrl-D.
    ///
    /// Where stdin is no terminal it is [`Shell::run_stdin`].
    pub fn interactive(&mut self) -> Exit {
        if !io::stdin().is_terminal() {
            return self.run_stdin();
        }
        self.is_interactive = true;
        if let Err(error) = self.spare_signals() {
            self.complain(&Error::from(error).context("signals"));
        }
        // Without a terminal of our own there is no job control, and all else works.
        self.terminal = self.copy_fd(0).ok().and_then(|fd| Terminal::take(fd).ok());
        let result = self.session();
        self.end(result)
    }

    fn session(&mut self) -> Run {
        let mut reader = Reader::new();
        loop {
            self.report_jobs();
            let result = match self.command_typed(&mut reader) {
                Ok(Typed::Program(program)) => {
                    self.frames.base = 0;
                    let warned = self.jobs.warned;
                    let result = self.program(&program);
                    // Only an `exit` right after the warning is obeyed.
                    self.jobs.warned &= !warned;
                    result
                }
                Ok(Typed::Nothing) => continue,
                Ok(Typed::Interrupted) => {
                    self.status = Exit::signal(libc::SIGINT);
                    continue;
                }
                Ok(Typed::End) if self.is_held_by_jobs() => continue,
                Ok(Typed::End) => return Ok(self.status),
                Err(error) => {
                    self.complain(&error);
                    return Ok(Exit::DBG);
                }
            };
            match result {
                Ok(exit) | Err(Flow::Fail(exit)) => self.status = exit,
                Err(Flow::Exit(exit)) => return Err(Flow::Exit(exit)),
                Err(Flow::Interrupt) => {
                    self.status = Exit::signal(libc::SIGINT);
                    let _ = super::write_all(super::stderr(), b"\n");
                }
                Err(Flow::Break(_) | Flow::Continue(_) | Flow::Return(_)) => {}
            }
        }
    }

    /// Reads lines until they make a program.
    fn command_typed(&mut self, reader: &mut Reader) -> Result<Typed, Error> {
        let mut text = String::new();
        loop {
            let prompt = if text.is_empty() { self.prompt() } else { "> ".into() };
            match reader.line(self, &prompt)? {
                Line::Text(line) => match history::expand(&line, &self.history) {
                    Ok(None) => text.push_str(&line),
                    Ok(Some(line)) => {
                        let shown = format!("{}\n", visible(line.as_bytes()));
                        let _ = super::write_all(super::stderr(), shown.as_bytes());
                        text.push_str(&line);
                    }
                    Err(why) => {
                        self.complain(&Error::usage(visible(why.as_bytes())));
                        self.status = Exit::FAILURE;
                        return Ok(Typed::Nothing);
                    }
                },
                Line::Interrupted => return Ok(Typed::Interrupted),
                Line::End if text.is_empty() => return Ok(Typed::End),
                Line::End => {
                    self.complain(&Error::usage("syntax error: unexpected end of file"));
                    self.status = Exit::USAGE;
                    return Ok(Typed::Nothing);
                }
            }
            text.push('\n');
            if text.trim().is_empty() {
                return Ok(Typed::Nothing);
            }
            let parsed = parse::program(&self.aliased(&text));
            if matches!(parsed, Err(Fault::Incomplete(_))) {
                continue;
            }
            reader.remember(text.trim_end());
            self.history.push(text.trim_end().to_owned());
            return Ok(match parsed {
                Ok(program) => Typed::Program(program),
                Err(Fault::Incomplete(why) | Fault::Syntax(why)) => {
                    self.complain(&Error::usage(why));
                    self.status = Exit::USAGE;
                    Typed::Nothing
                }
            });
        }
    }

    /// Which target, whether it can be changed, and where in it: `web read-only:/etc$ `.
    fn prompt(&self) -> String {
        let cwd = match self.view.root() {
            Ok(root) => visible(root.cwd().as_os_str().as_bytes()).into_owned(),
            Err(_) => "no files".into(),
        };
        let label = visible(self.view.target.label.as_bytes());
        let mode = match (self.view.has_ended(), self.view.writable) {
            (true, _) => "ended",
            (false, true) => "WRITE",
            (false, false) => "read-only",
        };
        let head = format!("{label} {mode}:{cwd}");
        let width = tty::width(io::stdout()).unwrap_or(80);
        // A long prompt gets a line of its own, so that there is room to type.
        if head.width() + 2 > width * 2 / 3 {
            return format!("{}\n$ ", table::cut(&head, width));
        }
        format!("{head}$ ")
    }
}

impl Reader {
    fn new() -> Reader {
        let term = std::env::var_os("TERM").unwrap_or_default();
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .history_ignore_space(true)
            .bracketed_paste(true)
            .build();
        Reader {
            config,
            history: MemHistory::new(),
            is_dumb: term.is_empty() || term == "dumb" || !io::stdout().is_terminal(),
            colour: Io::of_process("dbg").is_ok_and(|io| io.colour),
        }
    }

    fn remember(&mut self, text: &str) {
        use rustyline::history::History;
        // It fails only for a history that is kept in a file.
        let _ = self.history.add(text);
    }

    fn line(&mut self, shell: &mut Shell, prompt: &str) -> Result<Line, Error> {
        if self.is_dumb {
            return plain_line(shell, prompt);
        }
        // A new editor for each line: it borrows the shell for completion, and while a command runs it must not keep
        // its handlers of signals.
        let history = std::mem::replace(&mut self.history, MemHistory::new());
        let mut editor = Editor::with_history(self.config.clone(), history).map_err(io_error)?;
        editor.set_helper(Some(Completer::new(shell)));
        let styled = if self.colour { style(prompt) } else { prompt.to_owned() };
        let line = editor.readline(&(prompt, styled));
        self.history = std::mem::replace(editor.history_mut(), MemHistory::new());
        match line {
            Ok(text) => Ok(Line::Text(text)),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => Ok(Line::Interrupted),
            Err(error) => Err(io_error(error)),
        }
    }
}

/// A line as the terminal itself edits it.
fn plain_line(shell: &mut Shell, prompt: &str) -> Result<Line, Error> {
    super::write_all(io::stdout(), prompt.as_bytes())?;
    let mut text = Bytes::new();
    loop {
        match await_input(io::stdin()).and_then(|()| read_line(io::stdin(), b'\n', &mut text)) {
            Ok(false) if text.is_empty() => return Ok(Line::End),
            Ok(_) => break,
            Err(nix::Error::EINTR) => {
                if let Err(Flow::Interrupt) = shell.poll_signals() {
                    return Ok(Line::Interrupted);
                }
            }
            Err(errno) => return Err(Error::from(errno).context("reading a command")),
        }
    }
    Ok(Line::Text(String::from_utf8_lossy(text.trim_ascii_end()).into_owned()))
}

fn io_error(error: ReadlineError) -> Error {
    Error::new(error).context("reading a command")
}

/// The prompt in colour: what must not be overlooked is red.
fn style(prompt: &str) -> String {
    let green = "\x1b[32mread-only\x1b[0m";
    let red = "\x1b[1;31mWRITE\x1b[0m";
    match prompt.split_once(" WRITE:") {
        Some((label, rest)) => format!("{label} {red}:{rest}"),
        None => prompt.replacen(" read-only:", &format!(" {green}:"), 1),
    }
}
