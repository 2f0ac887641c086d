//! `dbg man-pages`: a man page of dbg, of each verb and of each tool, from the same types that parse them.

use super::tool;
use crate::cli::{self, Cli};
use crate::error::{Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, quote};
use crate::tools::{self, Tool, page};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

type Examples = &'static [(&'static str, &'static str)];

/// Of what is no tool. `web` is a container's name.
const EXAMPLES: &[(&str, Examples)] = &[
    (
        "dbg",
        &[
            ("dbg attach web", "Open a shell"),
            ("dbg ls web -la /etc", "Run one tool"),
            ("dbg inspect web", "See what the target is, and what dbg may see of it"),
            ("dbg help net", "Read the page of a tool"),
        ],
    ),
    (
        "attach",
        &[
            ("dbg attach web", "Open a shell"),
            ("dbg attach web -c 'ls /etc; ps'", "Run a script"),
            ("dbg attach web -- stat /etc/passwd", "Run one command"),
            ("dbg attach --write web", "Allow changes"),
        ],
    ),
    (
        "exec",
        &[
            ("dbg exec web -- /app/server --version", "Run the target's own program"),
            ("dbg exec --inject ./busybox web -- ls -l /app", "Run a static program of yours"),
        ],
    ),
    (
        "inspect",
        &[
            ("dbg inspect web", "What the target is, and what dbg may see of it"),
            ("dbg inspect web --json", "The same for a script"),
        ],
    ),
    (
        "schema",
        &[
            ("dbg schema", "What prints JSON"),
            ("dbg schema net", "The shape of what `dbg net TARGET --json` prints"),
        ],
    ),
    (
        "completions",
        &[
            ("source <(dbg completions bash)", "Complete in this session"),
            (
                "dbg completions zsh > ~/.zfunc/_dbg",
                "In every session of zsh that has ~/.zfunc in its fpath",
            ),
        ],
    ),
];

pub(super) fn run(args: cli::ManPages) -> Result<Exit> {
    let mut io = Io::of_process("dbg")?;
    fs::create_dir_all(&args.dir).context(|| quote(&args.dir))?;
    let mut command = Cli::command().subcommands(tool::listed());
    command.build();
    write(&args.dir, "dbg", &verb_page(&command, "dbg")?, &mut io)?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = format!("dbg-{}", verb.get_name());
        let text = match tools::find(verb.get_name()) {
            Some(tool) => tool_page(tool)?,
            None => verb_page(verb, &name)?,
        };
        write(&args.dir, &name, &text, &mut io)?;
    }
    io.stdout.flush()?;
    Ok(Exit::OK)
}

fn write(dir: &Path, name: &str, text: &[u8], io: &mut Io) -> Result<()> {
    let path = dir.join(format!("{name}.1"));
    fs::write(&path, ascii(text)).context(|| quote(&path))?;
    Ok(writeln!(io.stdout, "{}", quote(&path))?)
}

/// Everything beyond ASCII by its number: roff takes its input for Latin-1 when nobody tells it otherwise.
fn ascii(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in String::from_utf8_lossy(text).chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let _ = write!(out, "\\[u{:04X}]", u32::from(c));
        }
    }
    out
}

fn verb_page(verb: &Command, name: &str) -> Result<Vec<u8>> {
    let man = Man::new(verb.clone());
    let mut text = title(name);
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if verb.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let mut roff = Roff::new();
    if let Some(notes) = verb.get_after_help() {
        paragraphs(&mut roff, "NOTES", &notes.to_string());
    }
    if let Some((_, lines)) = EXAMPLES.iter().find(|(of, _)| *of == verb.get_name()) {
        examples(&mut roff, lines, "");
    }
    roff.to_writer(&mut text)?;
    Ok(text)
}

fn tool_page(tool: &Tool) -> Result<Vec<u8>> {
    let name = format!("dbg-{}", tool.name);
    let command = (tool.command)();
    let notes = command.get_after_help().map(ToString::to_string);
    let mut text = title(&name);
    let mut roff = Roff::new();
    paragraphs(&mut roff, "NAME", &page::title(tool, "dbg-"));
    roff.control("SH", ["SYNOPSIS"]);
    for (i, line) in tool::usage_with_target(tool, tool.name).lines().enumerate() {
        if i > 0 {
            roff.control("br", []);
        }
        roff.text([bold(line.trim())]);
    }
    roff.to_writer(&mut text)?;
    Man::new(command).render_options_section(&mut text)?;
    let mut roff = Roff::new();
    if let Some(notes) = notes {
        paragraphs(&mut roff, "NOTES", &notes);
    }
    paragraphs(&mut roff, "NEEDS", &page::needs(tool));
    examples(&mut roff, tool.examples, &tool::example_note(tool));
    paragraphs(&mut roff, "JSON", &page::json(tool));
    paragraphs(&mut roff, "EXIT STATUS", page::EXIT_CODES);
    paragraphs(&mut roff, "SEE ALSO", "dbg(1)");
    roff.to_writer(&mut text)?;
    Ok(text)
}

/// The title, without a date: the page is that of the version.
fn title(name: &str) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    format!(".TH {name} 1 \"\" \"dbg {version}\" \"dbg\"\n").into_bytes()
}

/// Lines stay lines: notes have tables in them.
fn paragraphs(roff: &mut Roff, heading: &str, text: &str) {
    roff.control("SH", [heading]);
    let mut is_first = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            roff.control("PP", []);
        } else {
            if !is_first {
                roff.control("br", []);
            }
            roff.text([roman(line)]);
        }
        is_first = line.is_empty();
    }
}

fn examples(roff: &mut Roff, lines: &[(&str, &str)], note: &str) {
    paragraphs(roff, "EXAMPLES", note);
    for (line, purpose) in lines {
        roff.control("TP", []).text([bold(*line)]).text([roman(*purpose)]);
    }
}
