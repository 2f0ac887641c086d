//! What was typed: clap types only. What it means is decided in `commands`.

use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// The whole command line of `dbg`, but for the tools (`dbg ls TARGET …`), which the registry adds.
#[derive(Debug, Parser)]
#[command(
    name = "dbg",
    version,
    about = "A shell and tools inside containers that have none, without touching them",
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = AFTER_HELP
)]
pub struct Cli {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs that are not tools.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Open a shell on a target, or run a script or one command there
    Attach(Attach),
    /// Run a program of the target in its namespaces, as `docker exec` would
    Exec(Exec),
    /// Say what the target is and what dbg can see of it
    Inspect(Inspect),
    /// Print the JSON Schema of what a tool or verb prints with --json
    #[cfg(feature = "schema")]
    Schema(Schema),
    /// Print the completions of a shell, to be sourced there
    Completions(Completions),
    /// Write the man pages into a folder
    #[command(hide = true)]
    ManPages(ManPages),
}

const AFTER_HELP: &str = "\
TARGET is a container's name, id or id prefix; docker://NAME; or pid://N.

Every tool is a verb, too: `dbg ls web -la /etc`, `dbg ps web --json`. `dbg help TOOL` has its page, with examples.

Exit codes: the command's own; 2 wrong usage; 125 dbg failed; 126 cannot run; 127 not found; 128+n signal n.";

/// Which target.
#[derive(Args, Clone, Debug)]
pub struct TargetArgs {
    /// Take the process with this PID on this machine as the target
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub pid: Option<i32>,
    /// Container name, id or id prefix; docker://NAME; pid://N
    #[arg(value_name = "TARGET", required_unless_present = "pid")]
    pub target: Option<String>,
}

/// `dbg attach`.
#[derive(Args, Debug)]
pub struct Attach {
    /// Which target
    #[command(flatten)]
    pub target: TargetArgs,
    /// Run this script instead of reading commands
    #[arg(short = 'c', value_name = "SCRIPT", conflicts_with = "command")]
    pub script: Option<OsString>,
    /// Allow changes: redirections into files, and signals
    #[arg(long)]
    pub write: bool,
    /// Put the shell itself inside the target's namespaces, with the target's own rights
    #[arg(long)]
    pub inject: bool,
    /// Run one tool, or a program of the target, instead of a shell
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// `dbg exec`.
#[derive(Args, Debug)]
pub struct Exec {
    /// Which target
    #[command(flatten)]
    pub target: TargetArgs,
    /// Run as this user: UID, UID:GID, or names from the target's passwd and group files
    #[arg(short, long, value_name = "USER[:GROUP]")]
    pub user: Option<String>,
    /// Start in this directory of the target
    #[arg(short, long, value_name = "DIR")]
    pub workdir: Option<PathBuf>,
    /// Set a variable on top of the target's environment
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub env: Vec<OsString>,
    /// Add a capability that the target does not have
    #[arg(long, value_name = "CAP")]
    pub cap_add: Vec<String>,
    /// Count against the target's cgroup limits instead of ours
    #[arg(long)]
    pub join_cgroup: bool,
    /// Run this static program of yours inside; nothing is written to the target
    #[arg(long, value_name = "FILE")]
    pub inject: Option<PathBuf>,
    /// Say on stderr in what the program differs from the target's own processes
    #[arg(short, long)]
    pub verbose: bool,
    /// The program and its arguments; `--` in front of them is needed only with --pid
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub command: Vec<OsString>,
    /// Accepted for hands that type `-it`: dbg gives the program a terminal when it has one itself
    #[arg(short = 'i', long, hide = true)]
    pub interactive: bool,
    /// As above
    #[arg(short = 't', long, hide = true)]
    pub tty: bool,
}

/// `dbg inspect`.
#[derive(Args, Debug)]
pub struct Inspect {
    /// Which target
    #[command(flatten)]
    pub target: TargetArgs,
    /// Print JSON, as `dbg schema` describes it
    #[arg(long)]
    pub json: bool,
}

/// `dbg schema`.
#[cfg(feature = "schema")]
#[derive(Args, Debug)]
pub struct Schema {
    /// A tool, or `inspect`; without one, those that print JSON are listed
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// `dbg completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// Whose completions
    #[arg(value_name = "SHELL", value_parser = ["bash", "zsh", "fish"])]
    pub shell: String,
}

/// `dbg man-pages`.
#[derive(Args, Debug)]
pub struct ManPages {
    /// Where they go; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}
