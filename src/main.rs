//! `dbg`: what an operator runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    dbg::sys::process::forgo_backtraces_of_errors();
    dbg::commands::main(std::env::args_os().collect()).into()
}
