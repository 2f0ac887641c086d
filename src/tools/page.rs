//! What is worth knowing of one tool, on a page: for `help TOOL`, and in parts for man pages.

use super::Tool;
use crate::error::Result;
use crate::output::Io;
use crate::view::Needs;
use std::io::Write;

/// How exit codes are to be read, a line each.
pub const EXIT_CODES: &str = "0: all went well\n1: something did not\n2: wrong usage\n126: a right is missing\n\
     128+n: ended by signal n\nWhere the original has its own, those: see above.";

/// Prints the page of `tool`, called as `usage` says; `note` is on its examples.
pub fn print(tool: &Tool, usage: &str, note: &str, io: &mut Io) -> Result<()> {
    let options = (tool.command)().help_template("{all-args}{after-help}").render_help();
    let options = options.to_string();
    writeln!(io.stdout, "{}\n\nUsage: {usage}\n\n{}", title(tool, ""), options.trim_end())?;
    writeln!(io.stdout, "\nNeeds:\n  {}\n\nExamples:", needs(tool))?;
    for line in note.lines() {
        writeln!(io.stdout, "  {line}")?;
    }
    for (line, purpose) in tool.examples {
        writeln!(io.stdout, "  {line}\n          {purpose}")?;
    }
    writeln!(io.stdout, "\nJSON:\n  {}", json(tool))?;
    Ok(writeln!(io.stdout, "\nExit codes:\n  {}", EXIT_CODES.replace('\n', "\n  "))?)
}

/// Its names, each behind `prefix`, and what it does: `net, ss, netstat - List sockets …`.
pub fn title(tool: &Tool, prefix: &str) -> String {
    let names = std::iter::once(&tool.name).chain(tool.aliases);
    let names: Vec<String> = names.map(|name| format!("{prefix}{name}")).collect();
    format!("{} - {}", names.join(", "), tool.summary)
}

/// How it is called at the prompt: a line for each way.
pub fn usage(tool: &Tool) -> String {
    let text = (tool.command)().bin_name(tool.name).render_usage().to_string();
    let lines = text.trim_start_matches("Usage:").trim().lines().map(str::trim);
    lines.collect::<Vec<_>>().join("\n       ")
}

/// What it takes of a target: handles, and the rights that give them.
pub fn needs(tool: &Tool) -> String {
    let handle = match tool.needs {
        Needs::Nothing => "Nothing beforehand. What it reads of the target it asks for on the way.",
        Needs::Root => {
            "The target's files: to be root here, or its user with no fewer capabilities than it has."
        }
        Needs::Proc | Needs::ProcWith(_) => {
            "The target's processes. What only their owner may see of them takes that user, or root here."
        }
        Needs::Net | Needs::NetWith(_) => {
            "The target's network namespace: to be root here, or the owner of its user namespace."
        }
    };
    let rights: Vec<String> = tool.needs.rights().iter().map(ToString::to_string).collect();
    match rights.as_slice() {
        [] => handle.to_owned(),
        _ => format!("{handle} With {} it does more.", rights.join(" and ")),
    }
}

/// Whether it prints JSON, and how to get the shape of that.
pub fn json(tool: &Tool) -> String {
    match tool.json {
        Some(_) => {
            format!("--json prints an array of objects; `dbg schema {}` describes them.", tool.name)
        }
        None => "No: it prints text or bytes.".to_owned(),
    }
}
