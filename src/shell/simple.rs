//! Simple commands: words, assignments and redirections, and the running of what they name.

use super::expand::quote;
use super::frames::Function;
use super::jobs::Group;
use super::lookup::Found;
use super::parse::Place;
use super::vars::{Bytes, Value};
use super::{Flow, Run, Shell};
use crate::enter;
use crate::exit::Exit;
use crate::output::Io;
use crate::sys::process;
use crate::tools::Tool;
use crate::view;
use brush_parser::ast::{Assignment, CommandPrefixOrSuffixItem as Item};
use brush_parser::ast::{AssignmentName, AssignmentValue, IoRedirect, SimpleCommand};
use nix::sys::signal::Signal;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Where a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// In the shell: what is not a part of it gets a child.
    Shell,
    /// In a process that is there for this command alone.
    Child,
}

/// Function calls in function calls; what lies beyond is recursion without an end.
const DEEPEST: u32 = 500;

/// The parts of a simple command.
#[derive(Default)]
struct Parts<'a> {
    assignments: Vec<&'a Assignment>,
    redirects: Vec<&'a IoRedirect>,
    argv: Vec<Bytes>,
    /// The arguments of `declare` and its like that are assignments, carried out by the built-in.
    declared: Vec<&'a Assignment>,
}

impl Shell {
    pub(super) fn simple(&mut self, command: &SimpleCommand, host: Host) -> Run {
        self.note_line(command);
        let lent = self.lent();
        let result = self.simple_lending(command, host);
        self.take_back(lent);
        result
    }

    /// What the command's process substitutions lend is taken back by the caller.
    fn simple_lending(&mut self, command: &SimpleCommand, host: Host) -> Run {
        let parts = self.parts(command)?;
        let Some(last) = parts.argv.last().cloned() else { return self.assign_only(&parts) };
        self.trace(&parts.argv)?;
        let result = self.dispatch(parts, host, true);
        self.last_word = last;
        result
    }

    /// Runs a command whose words are final.
    pub(super) fn run_argv(&mut self, argv: Vec<Bytes>, host: Host) -> Run {
        self.dispatch(Parts { argv, ..Parts::default() }, host, false)
    }

    fn parts<'a>(&mut self, command: &'a SimpleCommand) -> Run<Parts<'a>> {
        let mut parts = Parts::default();
        let prefix = command.prefix.iter().flat_map(|prefix| &prefix.0);
        for item in prefix {
            match item {
                Item::AssignmentWord(assignment, _) => parts.assignments.push(assignment),
                Item::IoRedirect(redirect) => parts.redirects.push(redirect),
                _ => {}
            }
        }
        let Some(name) = &command.word_or_name else { return Ok(parts) };
        parts.argv = self.words([name])?;
        let declares = parts.argv.first().is_some_and(|name| {
            matches!(name.as_slice(), b"declare" | b"typeset" | b"local" | b"export" | b"readonly")
        });
        for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
            match item {
                Item::Word(word) => parts.argv.append(&mut self.words([word])?),
                Item::IoRedirect(redirect) => parts.redirects.push(redirect),
                Item::AssignmentWord(assignment, _) if declares => {
                    self.declared_word(assignment, &mut parts)?;
                }
                Item::AssignmentWord(_, word) => parts.argv.append(&mut self.words([word])?),
                Item::ProcessSubstitution(kind, body) => {
                    parts.argv.push(self.process_path(kind, body)?);
                }
            }
        }
        Ok(parts)
    }

    /// `declare x=$y`: the value is neither split nor matched with file names.
    fn declared_word<'a>(&mut self, assignment: &'a Assignment, parts: &mut Parts<'a>) -> Run<()> {
        let name = assignment.name.to_string();
        match (&assignment.name, &assignment.value) {
            (_, AssignmentValue::Scalar(word)) => {
                let value = self.value(&word.value, Place::Assignment)?;
                let operator = if assignment.append { "+=" } else { "=" };
                parts.argv.push([name.as_bytes(), operator.as_bytes(), &value].concat());
            }
            (AssignmentName::VariableName(name), AssignmentValue::Array(_)) => {
                parts.argv.push(name.clone().into_bytes());
                parts.declared.push(assignment);
            }
            _ => return self.fail(format!("{name}: an element can't be declared")),
        }
        Ok(())
    }

    /// A command of assignments only: its exit code is that of the last command substitution in it.
    fn assign_only(&mut self, parts: &Parts<'_>) -> Run {
        let mark = self.saved.len();
        let applied = self.redirect(parts.redirects.iter().copied());
        self.restore(mark);
        if !applied? {
            return Ok(Exit::FAILURE);
        }
        self.substituted = None;
        for assignment in &parts.assignments {
            self.assignment(assignment)?;
        }
        Ok(self.substituted.take().unwrap_or(Exit::OK))
    }

    fn dispatch(&mut self, parts: Parts<'_>, host: Host, functions: bool) -> Run {
        match self.find_command(&parts.argv[0], functions) {
            Ok(Found::Function(body)) => self.here(parts, |shell, argv, _| shell.call(&body, argv)),
            Ok(Found::Builtin(builtin)) if builtin.name == "exec" => self.exec(&parts),
            Ok(Found::Builtin(builtin)) => self
                .here(parts, |shell, argv, declared| shell.builtin(builtin, &argv, declared, host)),
            Ok(Found::Tool(tool)) => {
                self.in_child(parts, host, |shell, argv| {
                    let words: Vec<OsString> =
                        argv.iter().skip(1).cloned().map(OsString::from_vec).collect();
                    // This process will never enter the target.
                    match view::keep_only(tool.rights(&words)) {
                        Ok(()) => shell.tool(tool, argv),
                        Err(error) => shell.fail(error),
                    }
                })
            }
            Ok(Found::Program(path)) => {
                self.in_child(parts, host, |shell, argv| shell.enter(path, argv))
            }
            Err(error) => self.here(parts, |shell, _, _| shell.report(&error)),
        }
    }

    /// Runs `body` in this process: with its redirections, and with its assignments for as long as it takes.
    fn here(
        &mut self,
        parts: Parts<'_>,
        body: impl FnOnce(&mut Shell, Vec<Bytes>, &[&Assignment]) -> Run,
    ) -> Run {
        let Parts { assignments, redirects, argv, declared } = parts;
        if assignments.is_empty() && redirects.is_empty() {
            return body(self, argv, &declared);
        }
        let mark = self.saved.len();
        let result = match self.redirect(redirects) {
            Ok(true) if assignments.is_empty() => body(self, argv, &declared),
            Ok(true) => {
                self.vars.enter();
                let assigned = self.assign_for_command(&assignments);
                let result = assigned.and_then(|()| body(self, argv, &declared));
                self.vars.leave();
                result
            }
            Ok(false) => Ok(Exit::FAILURE),
            Err(flow) => Err(flow),
        };
        self.restore(mark);
        result
    }

    fn assign_for_command(&mut self, assignments: &[&Assignment]) -> Run<()> {
        for assignment in assignments {
            if let AssignmentName::VariableName(name) = &assignment.name {
                self.may_assign(name)?;
                // The old value is still there for `x=$x:more`.
                let value = match &assignment.value {
                    AssignmentValue::Scalar(word) => self.value(&word.value, Place::Assignment)?,
                    AssignmentValue::Array(_) => continue,
                };
                let old = self.vars.value(name).and_then(|v| v.scalar().cloned());
                self.vars.shadow(name);
                if let Some(old) = old.filter(|_| assignment.append) {
                    self.vars.set(name, old);
                }
                self.assign(name, None, value, assignment.append)?;
                self.vars.entry(name).exported = true;
            }
        }
        Ok(())
    }

    /// Runs `body` in a child, or in this one when it was made for it.
    fn in_child(
        &mut self,
        parts: Parts<'_>,
        host: Host,
        body: impl FnOnce(&mut Shell, Vec<Bytes>) -> Run,
    ) -> Run {
        if host == Host::Child {
            return self.here(parts, |shell, argv, _| body(shell, argv));
        }
        let text = || {
            let words: Vec<Bytes> = parts.argv.iter().map(|word| quote::shell_word(word)).collect();
            String::from_utf8_lossy(&words.join(&b' ')).into_owned()
        };
        match self.fork(Group::NewForeground)? {
            Some(child) => {
                let exits = self.wait_foreground(vec![child], &text)?;
                Ok(exits.last().copied().unwrap_or(Exit::DBG))
            }
            None => {
                let result = self.here(parts, |shell, argv, _| body(shell, argv));
                self.leave(result)
            }
        }
    }

    /// Runs a tool in this process.
    pub(super) fn tool(&mut self, tool: &Tool, argv: Vec<Bytes>) -> Run {
        self.lend_streams();
        self.lend_environ();
        let typed = argv.first().and_then(|name| std::str::from_utf8(name).ok());
        match Io::of_process(tool.called(typed.unwrap_or_default())) {
            Ok(io) => self.tool_on(tool, argv, io),
            Err(error) => self.fail(error),
        }
    }

    pub(super) fn tool_on(&mut self, tool: &Tool, argv: Vec<Bytes>, mut io: Io) -> Run {
        let args = argv.into_iter().skip(1).map(OsString::from_vec).collect();
        let exit = tool.invoke(&self.view, args, &mut io);
        if exit == Exit::signal(libc::SIGPIPE) && !self.is_interactive {
            return Err(Flow::Exit(exit));
        }
        Ok(exit)
    }

    /// Runs a program of the target in the target.
    fn enter(&mut self, path: PathBuf, argv: Vec<Bytes>) -> Run {
        if let Err(error) = self.refuse_lent(&argv) {
            return self.report(&error);
        }
        // Rust ignores SIGPIPE, and what is ignored stays so across exec.
        let _ = process::default_action(Signal::SIGPIPE);
        let pair =
            |(name, value): (Bytes, Bytes)| (OsString::from_vec(name), OsString::from_vec(value));
        let exported = self.vars.exported().into_iter().map(|(n, v)| (n.into_bytes(), v));
        let request = enter::Request {
            argv: argv.into_iter().map(OsString::from_vec).collect(),
            path,
            cwd: self.view.root().map_or_else(|_| "/".into(), |root| root.cwd().to_owned()),
            env: exported.chain(self.environ.iter().cloned()).map(pair).collect(),
            // It would take what stands behind it in the script; a redirection gives it another input.
            has_input: self.script_pipe.is_none() || super::stdin::identity() != self.script_pipe,
        };
        let exit = match enter::run(&self.view, &request) {
            Ok(exit) => exit,
            Err(error) => return self.report(&error),
        };
        if exit == Exit::signal(libc::SIGINT) {
            // As the program died, so does this child: a loop around it ends, too.
            let _ = process::default_action(Signal::SIGINT);
            let _ = nix::sys::signal::raise(Signal::SIGINT);
        }
        Ok(exit)
    }

    fn call(&mut self, function: &Function, argv: Vec<Bytes>) -> Run {
        let most = self.vars.value("FUNCNEST").and_then(Value::scalar);
        let most = most.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        let most = most.filter(|most| (1..DEEPEST).contains(most)).unwrap_or(DEEPEST);
        if self.depth.functions >= most {
            return self.fail(format!("more than {most} function calls inside each other"));
        }
        self.enter_function(&argv[0], function);
        let args = argv.into_iter().skip(1).collect();
        let args = std::mem::replace(&mut self.args, args);
        let loops = std::mem::take(&mut self.depth.loops);
        self.depth.functions += 1;
        self.vars.enter();
        let result =
            self.redirected(function.body.1.as_ref(), |shell| shell.compound(&function.body.0));
        self.leave_frame();
        self.vars.leave();
        self.depth.functions -= 1;
        self.depth.loops = loops;
        self.args = args;
        match result {
            Err(Flow::Return(exit)) => Ok(exit),
            other => other,
        }
    }

    /// `exec` with redirections only: they stay.
    fn exec(&mut self, parts: &Parts<'_>) -> Run {
        match parts.argv.get(1) {
            None => {}
            Some(word) if word.starts_with(b"{") && !parts.redirects.is_empty() => {
                return self.refuse(Exit::CANNOT_RUN, "exec {NAME}< is not supported");
            }
            Some(_) => {
                return self.refuse(Exit::CANNOT_RUN, "exec of a command is not supported");
            }
        }
        let mark = self.saved.len();
        if self.redirect(parts.redirects.iter().copied())? {
            self.keep_redirections(mark);
            return Ok(Exit::OK);
        }
        self.restore(mark);
        if self.is_interactive { Ok(Exit::FAILURE) } else { Err(Flow::Exit(Exit::FAILURE)) }
    }

    /// `set -x`.
    fn trace(&mut self, argv: &[Bytes]) -> Run<()> {
        if self.options.xtrace {
            let words: Vec<Bytes> = argv.iter().map(|word| quote::shell_word(word)).collect();
            self.trace_line(&words.join(&b' '))?;
        }
        Ok(())
    }

    pub(super) fn trace_assignment(&mut self, assignment: &Assignment, value: &[u8]) -> Run<()> {
        if self.options.xtrace {
            let operator = if assignment.append { "+=" } else { "=" };
            let name = assignment.name.to_string();
            let value = if value.is_empty() { Bytes::new() } else { quote::shell_word(value) };
            self.trace_line(&[name.as_bytes(), operator.as_bytes(), &value].concat())?;
        }
        Ok(())
    }

    /// PS4 and the line. What PS4 runs is not traced, or it would have no end.
    fn trace_line(&mut self, line: &[u8]) -> Run<()> {
        let prefix = self.vars.value("PS4").and_then(Value::scalar).cloned();
        let prefix = match prefix {
            Some(text) => {
                self.options.xtrace = false;
                let prefix = self.value(&String::from_utf8_lossy(&text), Place::Quoted);
                self.options.xtrace = true;
                prefix?
            }
            None => b"+ ".to_vec(),
        };
        let _ = super::write_all(super::stderr(), &[&prefix, line, b"\n"].concat());
        Ok(())
    }
}
