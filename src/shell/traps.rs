//! Signals and traps.

use super::{Flow, Run, Shell, encoding};
use crate::exit::Exit;
use crate::sys::process;
use nix::sys::signal::Signal;
use std::collections::BTreeMap;

/// What `trap` set: an empty command ignores the signal.
#[derive(Debug, Default)]
pub(super) struct Traps {
    pub signals: BTreeMap<Signal, String>,
    pub exit: Option<String>,
    pub err: Option<String>,
}

/// The signals that an interactive shell itself is spared.
const SPARED: [Signal; 4] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU, Signal::SIGQUIT];

/// The signal called `name`: `INT`, `SIGINT`, `2`.
pub(super) fn signal(name: &str) -> Option<Signal> {
    if let Ok(number) = name.parse::<i32>() {
        return Signal::try_from(number).ok();
    }
    let upper = name.to_ascii_uppercase();
    let full = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
    full.parse().ok()
}

impl Shell {
    /// Acts on signals that arrived: runs their traps; Ctrl-C ends the command that was typed.
    pub(super) fn poll_signals(&mut self) -> Run<()> {
        while let Some(signal) = process::caught() {
            match self.traps.signals.get(&signal).cloned() {
                Some(command) => self.run_trap(&command)?,
                None if signal == Signal::SIGINT => return Err(Flow::Interrupt),
                None => {}
            }
        }
        Ok(())
    }

    fn run_trap(&mut self, command: &str) -> Run<()> {
        let status = self.status;
        match self.eval(&encoding::encode(command), "trap") {
            Ok(_) => {}
            Err(flow) => return Err(flow),
        }
        self.status = status;
        Ok(())
    }

    /// A signal came while `wait` waited: its trap runs and `wait` ends, with the code that tells which.
    pub(super) fn wait_interrupted(&mut self) -> Run<Option<Exit>> {
        let Some(signal) = process::caught() else { return Ok(None) };
        match self.traps.signals.get(&signal).cloned() {
            Some(command) => {
                self.run_trap(&command)?;
                Ok(Some(Exit::signal(signal as i32)))
            }
            None if signal == Signal::SIGINT => Err(Flow::Interrupt),
            None => Ok(None),
        }
    }

    pub(super) fn run_err_trap(&mut self) -> Run<()> {
        // Not from inside a function, and not for itself.
        if self.depth.functions > 0 {
            return Ok(());
        }
        match self.traps.err.take() {
            Some(command) => {
                let result = self.run_trap(&command);
                self.traps.err.get_or_insert(command);
                result
            }
            None => Ok(()),
        }
    }

    /// Runs the EXIT trap, if there is one; it may choose another exit code by `exit`.
    pub(super) fn run_exit_trap(&mut self, exit: Exit) -> Exit {
        let Some(command) = self.traps.exit.take() else { return exit };
        match self.run_trap(&command) {
            Err(Flow::Exit(other)) => other,
            _ => exit,
        }
    }

    /// Sets what `signal` does: `None` for what it does by default.
    pub(super) fn set_trap(&mut self, signal: Signal, command: Option<String>) {
        // SIGKILL and SIGSTOP can't be caught, and every shell takes a trap for them without a word.
        let _ = match command.as_deref() {
            Some("") => process::ignore(signal),
            Some(_) => process::catch(signal),
            None if self.is_interactive && signal == Signal::SIGINT => process::catch(signal),
            None if self.is_interactive && SPARED.contains(&signal) => process::ignore(signal),
            None => process::default_action(signal),
        };
        match command {
            Some(command) => drop(self.traps.signals.insert(signal, command)),
            None => drop(self.traps.signals.remove(&signal)),
        }
    }

    /// The signals of a shell that a person types into: Ctrl-C ends a command, never the shell.
    pub(super) fn spare_signals(&mut self) -> std::io::Result<()> {
        process::catch(Signal::SIGINT)?;
        SPARED.into_iter().try_for_each(process::ignore)
    }

    /// In a forked child: every signal does what it does by default, but one that was ignored stays so.
    pub(super) fn forget_traps(&mut self) {
        while process::caught().is_some() {}
        let ignored = |signal: &Signal| {
            self.traps.signals.get(signal).is_some_and(|command| command.is_empty())
        };
        let trapped = self.traps.signals.keys().copied();
        let spared = SPARED.into_iter().chain([Signal::SIGINT]);
        // A script leaves the signals that it was started without alone.
        let spared = spared.filter(|_| self.is_interactive);
        for signal in trapped.chain(spared) {
            if !ignored(&signal) {
                let _ = process::default_action(signal);
            }
        }
        self.traps.signals.retain(|_, command| command.is_empty());
        self.traps.exit = None;
        self.traps.err = None;
    }
}
