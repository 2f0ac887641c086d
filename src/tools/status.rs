//! `true` and `false`: an exit code and nothing else.

use super::{Tool, command};
use crate::exit::Exit;
use crate::view::Needs;
use clap::{Arg, Command};
use std::ffi::OsString;

pub(super) const TRUE: Tool = Tool {
    name: "true",
    aliases: &[],
    summary: "Do nothing, successfully",
    examples: &[
        ("true && echo went well", "Try what a script does after a success"),
        ("grep -q ready /var/log/app.log || true", "Go on under `set -e` whatever grep says"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: || options(&TRUE),
    rewrite: None,
    run: |_, _, _| Ok(Exit::OK),
};

pub(super) const FALSE: Tool = Tool {
    name: "false",
    aliases: &[],
    summary: "Do nothing, unsuccessfully",
    examples: &[
        ("false || echo failed", "Try what a script does after a failure"),
        ("false; echo $?", "See how a failure's exit code comes out"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: || options(&FALSE),
    rewrite: None,
    run: |_, _, _| Ok(Exit::FAILURE),
};

fn options(tool: &Tool) -> Command {
    command(tool.name, tool.summary).arg(
        Arg::new("IGNORED")
            .num_args(0..)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .hide(true)
            .value_parser(clap::value_parser!(OsString)),
    )
}
