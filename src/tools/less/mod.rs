//! `less`: shows files on a terminal, page by page. Without a terminal it is `cat`.

mod document;
pub(super) mod keys;
mod line;
mod pager;
mod search;
mod session;

use super::Tool;
use super::args::{command, files, files_or, flag, option, short_flag};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Io;
use crate::view::{Needs, View};
use clap::{ArgMatches, Command};
use nix::unistd::isatty;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

pub(super) const TOOL: Tool = Tool {
    name: "less",
    aliases: &["more"],
    summary: "Show files page by page",
    examples: &[
        ("less /var/log/app.log", "Read a log of any size; / searches, F follows, q ends"),
        ("ps -ef | less -S", "Wide lines, with the arrow keys to the sides"),
        ("less +G /var/log/app.log", "The end first"),
    ],
    needs: Needs::Nothing,
    json: None,
    command: options,
    rewrite: Some(commands),
    run,
};

const KEYS: &str = "\
Keys: space, f, PgDn, b, PgUp: a page on, back. d, u: half a page. j, k, Enter, arrows: a line. \
g, G, Ng: first, last, Nth line. N%: that far. / and ?: search on, back; n, N: again, the other way. \
Left, right: to the sides with -S. -N, -S, -i, -R: switch that option. F: follow; Ctrl-C ends that. \
:n, :p: next, previous file. =: where this is. r: draw again. h: help. q: end.";

fn options() -> Command {
    command("less", TOOL.summary)
        .after_help(format!(
            "FILE - is stdin. Bytes that could drive the terminal are shown as ^X, <FF> or <U+202E>. Of a pipe the \
             first 64 MiB are kept. Patterns are extended regular expressions.\n\n{KEYS}"
        ))
        .arg(flag("quit-if-one-screen", 'F', "Print and end when all fits one screen"))
        .arg(flag("ignore-case", 'i', "Letters match in either case, unless the pattern has capitals"))
        .arg(flag("IGNORE-CASE", 'I', "Letters match in either case"))
        .arg(flag("LINE-NUMBERS", 'N', "Number the lines"))
        .arg(flag("RAW-CONTROL-CHARS", 'R', "Let colours pass (SGR sequences, no others)"))
        .arg(flag("chop-long-lines", 'S', "One row a line"))
        .arg(flag("no-init", 'X', "Stay on the screen as it is"))
        .arg(option("pattern", 'p', "PATTERN", "Begin at the first match"))
        .arg(option("command", None, "COMMAND", "Keys to begin with: +G, +/PATTERN, +F, +N").hide(true))
        .arg(short_flag('e', "quit-at-eof", "Ignored: q ends it"))
        .arg(files())
}

/// `+COMMAND` as an option.
fn commands(words: Vec<OsString>) -> Vec<OsString> {
    let mut is_open = true;
    let rewrite = |word: OsString| {
        is_open &= word != "--";
        match word.as_bytes().strip_prefix(b"+") {
            Some(rest) if is_open => super::args::os(&[b"--command=", rest].concat()).to_owned(),
            _ => word,
        }
    };
    words.into_iter().map(rewrite).collect()
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let paths: Vec<PathBuf> = files_or(matches, "-");
    let keyboard = io.stdout.is_terminal().then(|| keyboard(io)).flatten();
    let Some(keyboard) = keyboard else {
        let args = paths.into_iter().map(OsString::from);
        let args = std::iter::once(OsString::from("--")).chain(args);
        let matches = (super::cat::TOOL.command)().try_get_matches_from(args);
        let matches = matches.map_err(|error| Error::usage(error.kind()))?;
        return (super::cat::TOOL.run)(view, &matches, io);
    };
    if isatty(&io.stdin).unwrap_or(false) && paths.iter().any(|path| super::input::is_stdin(path)) {
        let error = crate::error::Error::usage("no file, and stdin is the terminal");
        return Err(error.hint("less FILE, or COMMAND | less"));
    }
    session::run(view, matches, &paths, keyboard, io)
}

/// Where keys come from: stdin if it is a terminal, else the terminal that the output goes to.
fn keyboard(io: &Io) -> Option<File> {
    let is_readable = |fd: &dyn AsFd| {
        let flags = nix::fcntl::fcntl(fd.as_fd(), nix::fcntl::FcntlArg::F_GETFL).ok()?;
        let reads = flags & libc::O_ACCMODE != libc::O_WRONLY;
        let is_terminal = isatty(fd.as_fd()).unwrap_or(false);
        (reads && is_terminal).then(|| fd.as_fd().try_clone_to_owned().ok()).flatten()
    };
    let fds: [&dyn AsFd; 3] = [&io.stdin, &io.stderr, &io.stdout];
    fds.into_iter().find_map(is_readable).map(File::from)
}
