//! `dbg-helper`: what a debug image holds.

use std::process::ExitCode;

fn main() -> ExitCode {
    dbg::sys::process::forgo_backtraces_of_errors();
    dbg::commands::helper::main(std::env::args_os().collect()).into()
}
