//! Exit codes as a type, so that no bare number decides what a runbook sees.

/// How a command ended, as the shell sees it.
///
/// The table is Docker's: 125 dbg itself failed, 126 cannot run, 127 not found, 128 + n ended by signal n,
/// 2 wrong usage, otherwise the command's own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// All went well.
    pub const OK: Exit = Exit(0);
    /// The command ran and failed: a file was missing, nothing matched.
    pub const FAILURE: Exit = Exit(1);
    /// The words typed were wrong; nothing was done.
    pub const USAGE: Exit = Exit(2);
    /// dbg itself failed: no such target, no engine.
    pub const DBG: Exit = Exit(125);
    /// The command is there and cannot be run; or a right that it needs is missing.
    pub const CANNOT_RUN: Exit = Exit(126);
    /// There is no such command.
    pub const NOT_FOUND: Exit = Exit(127);

    /// A command's own code.
    pub fn code(code: u8) -> Exit {
        Exit(code)
    }

    /// Ended by signal `signal` (1 to 64): 128 + n.
    pub fn signal(signal: i32) -> Exit {
        Exit(128u8.wrapping_add(signal as u8))
    }

    /// The number given to the operating system.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Whether this is success.
    pub fn is_ok(self) -> bool {
        self.0 == 0
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit.0)
    }
}

impl From<nix::sys::wait::WaitStatus> for Exit {
    fn from(status: nix::sys::wait::WaitStatus) -> Self {
        use nix::sys::wait::WaitStatus;
        match status {
            WaitStatus::Exited(_, code) => Exit(code as u8),
            WaitStatus::Signaled(_, signal, _) | WaitStatus::Stopped(_, signal) => {
                Exit::signal(signal as i32)
            }
            _ => Exit::DBG,
        }
    }
}
