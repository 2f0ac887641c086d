//! The shell: line editor and evaluator. The grammar is brush-parser's; this room runs its trees over a view.
//!
//! Tools are built-ins that run in forked children of this single-threaded process, so that a pipeline needs no exec,
//! no /proc and no file. What belongs to the target is run by [`crate::enter`].

mod alias;
mod assign;
mod builtins;
mod cases;
mod complete;
mod encoding;
mod eval;
mod expand;
mod fork;
mod frames;
mod history;
mod interactive;
mod joblist;
mod jobs;
mod lookup;
mod options;
mod parse;
mod procsub;
mod redirect;
mod rewrite;
mod select;
mod simple;
mod stdin;
mod test_expr;
mod times;
mod traps;
mod vars;

use crate::error::Error;
use crate::exit::Exit;
use crate::output::Text;
use crate::view::View;
use nix::unistd::Pid;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::rc::Rc;
use std::time::Instant;

use options::Options;
use parse::Fault;
use vars::{Bytes, Var, Vars};

/// A shell over a view.
#[derive(Debug)]
pub struct Shell {
    view: View,
    vars: Vars,
    /// Variables of the target's environment whose names a shell can't spell; they are passed on.
    environ: Vec<(Bytes, Bytes)>,
    functions: HashMap<String, Rc<frames::Function>>,
    aliases: BTreeMap<String, String>,
    options: Options,
    /// `$0` and `$1` …
    name: Bytes,
    args: Vec<Bytes>,
    status: Exit,
    /// Of the last command substitution, for commands that are assignments only.
    substituted: Option<Exit>,
    pipe_status: Vec<Exit>,
    /// `$$`: of the shell, not of its subshells.
    pid: Pid,
    parent: Pid,
    last_background: Option<Pid>,
    jobs: joblist::Jobs,
    traps: traps::Traps,
    /// Descriptors from 3 on, as scripts number them. Tools see 0, 1 and 2 only, so these need no number of the
    /// process, where they could collide with the view's handles.
    fds: BTreeMap<i32, OwnedFd>,
    /// What redirections covered, to be put back: number and what it was, `None` for closed.
    saved: Vec<(i32, Option<OwnedFd>)>,
    /// The terminal that jobs are put in the foreground of.
    terminal: Option<jobs::Terminal>,
    cache: parse::Cache,
    depth: Depth,
    /// A person types the commands.
    is_interactive: bool,
    /// The script came by `-c`.
    is_string: bool,
    /// The pipe that the script comes by, as device and inode: what is in it is not for programs.
    script_pipe: Option<(u64, u64)>,
    /// How many forks lie between the shell and this child of it; 0: this is the shell.
    level: u32,
    /// What is being run, from the outside in.
    frames: frames::Frames,
    /// What `pushd` put behind the working directory.
    dirs: Vec<Bytes>,
    /// `$_`.
    last_word: Bytes,
    /// What was typed, for this session only.
    history: Vec<String>,
    started: Instant,
    /// What SECONDS was at `started`.
    seconds: i64,
    random: u32,
    getopts: builtins::Getopts,
}

/// What is being run inside what.
#[derive(Debug, Default)]
struct Depth {
    loops: u32,
    functions: u32,
    sourced: u32,
    /// Texts that are run inside of each other: by `eval`, `source`, traps.
    texts: u32,
    /// Commands whose failure is looked at by somebody, so that `set -e` leaves them alone.
    tested: u32,
    /// Variables in arithmetic whose values are expressions with variables in them …
    arithmetic: u32,
}

/// Why a list is left before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Break(u32),
    Continue(u32),
    Return(Exit),
    Exit(Exit),
    /// A word that could not be expanded: the command typed is over, a script is over.
    Fail(Exit),
    /// Ctrl-C: the command typed is over.
    Interrupt,
}

type Run<T = Exit> = Result<T, Flow>;

/// Text larger than this is no script and no value: 16 MiB.
const LIMIT: u64 = 16 << 20;

/// Variables that the target's environment has for its own shell: dbg brings another one.
const NOT_IMPORTED: [&[u8]; 4] = [b"SHELL", b"IFS", b"OLDPWD", b"_"];

impl Shell {
    /// A shell over `view` with the target's environment as exported variables.
    pub fn new(view: View) -> Shell {
        let mut shell = Shell {
            view,
            vars: Vars::default(),
            environ: Vec::new(),
            functions: HashMap::new(),
            aliases: BTreeMap::new(),
            options: Options::default(),
            name: b"dbg".to_vec(),
            args: Vec::new(),
            status: Exit::OK,
            substituted: None,
            pipe_status: vec![Exit::OK],
            pid: nix::unistd::getpid(),
            parent: nix::unistd::getppid(),
            last_background: None,
            jobs: joblist::Jobs::default(),
            traps: traps::Traps::default(),
            fds: BTreeMap::new(),
            saved: Vec::new(),
            terminal: None,
            cache: parse::Cache::default(),
            depth: Depth::default(),
            is_interactive: false,
            is_string: false,
            script_pipe: None,
            level: 0,
            frames: frames::Frames::default(),
            dirs: Vec::new(),
            last_word: Vec::new(),
            history: Vec::new(),
            started: Instant::now(),
            seconds: 0,
            random: nix::unistd::getpid().as_raw() as u32,
            getopts: builtins::Getopts::default(),
        };
        shell.import_environ();
        shell
    }

    fn import_environ(&mut self) {
        let environ = self.view.who.as_ref().ok().and_then(|who| who.environ.as_deref());
        for Text(entry) in environ.unwrap_or_default() {
            let Some(equals) = entry.iter().position(|b| *b == b'=') else { continue };
            let (name, value) = (&entry[..equals], entry[equals + 1..].to_vec());
            match std::str::from_utf8(name) {
                _ if NOT_IMPORTED.contains(&name) => {}
                Ok(text) if vars::is_name(name) => {
                    *self.vars.entry(text) = Var { exported: true, ..Var::scalar(value) };
                }
                _ => self.environ.push((name.to_vec(), value)),
            }
        }
        // A program that is typed here gets a terminal of the operator's kind.
        let terminal = std::env::var_os("TERM").filter(|_| io::stdin().is_terminal());
        if let Some(term) = terminal {
            *self.vars.entry("TERM") =
                Var { exported: true, ..Var::scalar(term.as_bytes().to_vec()) };
        }
        self.vars.set("IFS", " \t\n");
        self.vars.set("OPTIND", "1");
        if self.vars.value("HOME").is_none() {
            self.vars.set("HOME", "/");
        }
        let cwd = self.view.root.as_ref().map(|root| root.cwd().as_os_str().as_bytes().to_vec());
        if let Ok(cwd) = cwd {
            self.vars.set("PWD", cwd);
            self.vars.entry("PWD").exported = true;
        }
    }

    /// Lets tools see the environment that a program of the target would get here.
    ///
    /// What import leaves to itself, such as SHELL, stays as the target has it. Where the target's environment may not
    /// be read, tools say so: what is exported here is not all of it.
    fn lend_environ(&mut self) {
        let own = self.view.who.as_ref().ok().and_then(|who| who.environ.as_deref());
        let Some(own) = own else { return };
        let mut exported: BTreeMap<Bytes, Bytes> = self
            .vars
            .exported()
            .into_iter()
            .map(|(name, value)| (name.into_bytes(), value))
            .collect();
        let mut environ = Vec::with_capacity(own.len() + 1);
        for entry in own {
            let name = entry.0.split(|b| *b == b'=').next().unwrap_or_default();
            match exported.remove(name) {
                Some(value) => environ.push(Text([name, &value].join(&b'='))),
                None if !vars::is_name(name) || NOT_IMPORTED.contains(&name) => {
                    environ.push(entry.clone());
                }
                // It was unset, or is exported no more.
                None => {}
            }
        }
        environ.extend(exported.iter().map(|(name, value)| Text([&name[..], value].join(&b'='))));
        self.view.environ.replace(Some(environ));
    }

    /// Runs a whole script, as `-c` does. `name` is its `$0`, `args` its `$1` and so on.
    ///
    /// Nothing runs when it has a syntax error (exit code 2).
    pub fn run_script(&mut self, name: &str, text: &[u8], args: Vec<OsString>) -> Exit {
        self.is_string = true;
        self.name = name.into();
        self.args = args.into_iter().map(OsString::into_vec).collect();
        let text = encoding::decode(text);
        if alias::may_define(&text) {
            let result = self.by_lines(&text, "script");
            return self.end(result);
        }
        let program = match parse::program(&text) {
            Ok(program) => program,
            Err(Fault::Incomplete(why) | Fault::Syntax(why)) => {
                self.complain(&Error::usage(why));
                return Exit::USAGE;
            }
        };
        let result = match fork::only_command(&program) {
            Some(command) => self.only(command),
            None => self.program(&program),
        };
        self.end(result)
    }

    /// Runs one simple command whose words are taken as they are: nothing is expanded, no alias or function is looked at.
    pub fn run_words(&mut self, words: Vec<OsString>) -> Exit {
        let words = words.into_iter().map(OsString::into_vec).collect();
        // Nothing comes after it, so it needs no child.
        let result = self.run_argv(words, simple::Host::Child);
        self.end(result)
    }

    /// The end of the shell: its exit code, once the EXIT trap has run.
    fn end(&mut self, result: Run) -> Exit {
        let exit = match result {
            Ok(exit) | Err(Flow::Exit(exit) | Flow::Fail(exit) | Flow::Return(exit)) => exit,
            Err(Flow::Interrupt) => Exit::signal(libc::SIGINT),
            Err(Flow::Break(_) | Flow::Continue(_)) => self.status,
        };
        self.status = exit;
        self.run_exit_trap(exit)
    }

    /// A script as the parser takes it.
    fn text<'a>(&self, script: &'a [u8]) -> Cow<'a, str> {
        match encoding::decode(script) {
            Cow::Borrowed(text) => self.aliased(text),
            Cow::Owned(text) => self.aliased(&text).into_owned().into(),
        }
    }

    /// Says what went wrong as `dbg: TEXT` on stderr.
    fn complain(&self, error: &Error) {
        let mut text = format!("dbg: {error}\n");
        if let Some(hint) = error.hint_text() {
            text.push_str(&format!("dbg: hint: {hint}\n"));
        }
        // Where stderr is closed there is nobody to tell.
        let _ = write_all(stderr(), text.as_bytes());
    }

    /// Says what went wrong and gives the error's own exit code.
    fn report(&self, error: &Error) -> Run {
        self.complain(error);
        Ok(error.exit_code())
    }

    /// Says what went wrong and gives `exit`.
    fn refuse(&self, exit: Exit, text: impl std::fmt::Display) -> Run {
        self.complain(&Error::new(text));
        Ok(exit)
    }

    /// Says what went wrong and gives up on the command typed.
    fn fail<T>(&self, text: impl std::fmt::Display) -> Run<T> {
        self.complain(&Error::new(text));
        Err(Flow::Fail(Exit::FAILURE))
    }

    /// Writes to stdout.
    fn print(&mut self, text: &[u8]) -> Run {
        match write_all(io::stdout().as_fd(), text) {
            Ok(()) => Ok(Exit::OK),
            // The reader left: end as other shells do, which SIGPIPE ends.
            Err(nix::Error::EPIPE) if !self.is_interactive => {
                Err(Flow::Exit(Exit::signal(libc::SIGPIPE)))
            }
            Err(errno) => {
                self.refuse(Exit::FAILURE, format!("write: {}", crate::error::reason(errno)))
            }
        }
    }
}

fn stderr() -> BorrowedFd<'static> {
    // The descriptor is borrowed for as long as the process lives, and never closed.
    static STDERR: std::sync::LazyLock<io::Stderr> = std::sync::LazyLock::new(io::stderr);
    STDERR.as_fd()
}

fn write_all(fd: impl AsFd, mut text: &[u8]) -> nix::Result<()> {
    while !text.is_empty() {
        match nix::unistd::write(&fd, text) {
            Ok(n) => text = &text[n..],
            Err(nix::Error::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
