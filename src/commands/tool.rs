//! `dbg TOOL TARGET ARGS…`: any tool of the registry as a verb.

use super::{report, target, usage};
use crate::cli::TargetArgs;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Io;
use crate::tools::{REGISTRY, Tool, page};
use crate::view::{Access, View};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

/// Ids of what is added to a tool's own command line. No tool uses these.
const TARGET: &str = "dbg-target";
const PID: &str = "dbg-pid";
const WRITE: &str = "dbg-write";

/// Runs `tool` with what was typed after its name, which was `typed`.
pub(super) fn run(tool: &Tool, typed: &str, args: Vec<OsString>) -> Exit {
    let by_pid = args.iter().take_while(|arg| *arg != "--").any(is_pid_option);
    let rights = tool.rights(&args);
    let args = rewritten(tool, args);
    match command(tool, typed, by_pid).try_get_matches_from(args) {
        Ok(matches) => on_target(tool, typed, &matches, by_pid, rights)
            .unwrap_or_else(|error| report("dbg", &error)),
        Err(error) => usage(&error),
    }
}

/// The tool's traditional spellings, which it knows without a target in front of them, made into options.
fn rewritten(tool: &Tool, mut args: Vec<OsString>) -> Vec<OsString> {
    let Some(rewrite) = tool.rewrite else { return args };
    let is_ours = |arg: &OsString| arg == "--write" || is_pid_option(arg);
    // `--pid N` is two words; a target is one that is no option.
    let mut ours = 0;
    while let Some(arg) = args.get(ours).filter(|arg| is_ours(arg)) {
        ours += if arg == "--pid" { 2 } else { 1 };
    }
    let starts_with_target = args.get(ours).is_some_and(|arg| !arg.as_bytes().starts_with(b"-"));
    let by_pid = args.iter().any(is_pid_option);
    let mut own =
        args.split_off((ours + usize::from(starts_with_target && !by_pid)).min(args.len()));
    // What follows the target may begin with our options, too.
    while own.first().is_some_and(|arg| arg == "--write") {
        args.push(own.remove(0));
    }
    args.extend(rewrite(own));
    args
}

fn on_target(
    tool: &Tool,
    typed: &str,
    matches: &ArgMatches,
    by_pid: bool,
    rights: u64,
) -> Result<Exit> {
    let words = TargetArgs {
        pid: if by_pid { matches.get_one(PID).copied() } else { None },
        target: if by_pid { None } else { matches.get_one(TARGET).cloned() },
    };
    // The verb itself is the operator's word: nobody types `dbg kill` to look around.
    let write = matches.get_flag(WRITE) || tool.name == "kill";
    let mut view: View = target::open(&words, Access { write, exec: false, rights })?;
    let mut io = Io::of_process(typed)?;
    if let Ok(root) = &mut view.root {
        root.lend_streams(io.descriptors())?;
    }
    Ok(tool.run(&view, matches, &mut io))
}

/// The tool's own command line with the target in front of its operands.
fn command(tool: &Tool, typed: &str, by_pid: bool) -> Command {
    let pid = Arg::new(PID)
        .long("pid")
        .value_name("N")
        .value_parser(clap::value_parser!(i32).range(1..))
        .help("Take the process with this PID on this machine as the target");
    let write = Arg::new(WRITE).long("write").action(ArgAction::SetTrue).hide(true);
    // `--pid` names the target here; the tool's own `-p` keeps its short form.
    let command = (tool.command)()
        .mut_args(|arg| if arg.get_long() == Some("pid") { arg.long(None) } else { arg });
    let target = Arg::new(TARGET)
        .value_name("TARGET")
        .index(1)
        .required(true)
        .help("Container name, id or id prefix; docker://NAME; pid://N");
    let command = if by_pid {
        command
    } else {
        let mut index = 1;
        command
            .mut_args(|arg| {
                if !arg.is_positional() {
                    return arg;
                }
                index += 1;
                arg.index(index)
            })
            .arg(target)
    };
    command.override_usage(usage_with_target(tool, typed)).args([pid, write])
}

/// Prints the pages of `tools`, with the usage that has a target in it.
pub(super) fn help(tools: &[&Tool]) -> Result<Exit> {
    let mut io = Io::of_process("help")?;
    for (i, tool) in tools.iter().enumerate() {
        if i > 0 {
            writeln!(io.stdout)?;
        }
        page::print(tool, &usage_with_target(tool, tool.name), &example_note(tool), &mut io)?;
    }
    io.stdout.flush()?;
    Ok(Exit::OK)
}

/// The tool's own usage lines, with `dbg` and the target where they are typed.
pub(super) fn usage_with_target(tool: &Tool, typed: &str) -> String {
    let own = page::usage(tool);
    let lines = own.lines().map(|line| {
        let line = line.trim();
        let rest = line.strip_prefix(tool.name).unwrap_or(line);
        // Help alone needs no target.
        let target = if tool.name == "help" { "" } else { " TARGET" };
        format!("dbg {typed}{target}{rest}")
    });
    lines.collect::<Vec<_>>().join("\n       ")
}

/// Where the examples of `tool` are typed, and how one of them is typed elsewhere.
pub(super) fn example_note(tool: &Tool) -> String {
    const PROMPT: &str = "As typed at the prompt of dbg attach TARGET.";
    let own = |line: &&str| {
        let is_simple = !line.contains(['|', ';', '&', '<', '>', '$', '(', '*']);
        is_simple && line.strip_prefix(tool.name).is_some_and(|rest| rest.starts_with(' '))
    };
    if tool.name == "help" {
        return PROMPT.into();
    }
    let rest = tool.examples.iter().map(|(line, _)| *line).find(own);
    let rest = rest.map_or("...", |line| line[tool.name.len()..].trim_start());
    format!("{PROMPT} At the command line:\ndbg {} TARGET {rest}", tool.name)
}

/// The tools with all their options, for completions and man pages.
pub(super) fn described() -> impl Iterator<Item = Command> {
    REGISTRY.iter().map(|tool| {
        let command = match tool.name {
            "help" => (tool.command)().mut_arg("TOOL", |arg| {
                arg.value_parser(REGISTRY.iter().map(|tool| tool.name).collect::<Vec<_>>())
            }),
            _ => command(tool, tool.name, false),
        };
        command.visible_aliases(tool.aliases.iter().copied())
    })
}

fn is_pid_option(arg: &OsString) -> bool {
    arg == "--pid" || arg.to_str().is_some_and(|arg| arg.starts_with("--pid="))
}

/// The tools as subcommands, for the list in `dbg --help` only: they are run before clap sees them.
pub(super) fn listed() -> impl Iterator<Item = Command> {
    REGISTRY.iter().map(|tool| {
        Command::new(tool.name).about(tool.summary).visible_aliases(tool.aliases.iter().copied())
    })
}
