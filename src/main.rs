//! `dbg`: what an operator runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    dbg::commands::main(std::env::args_os().collect()).into()
}
