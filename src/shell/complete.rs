//! Completion: commands, paths in the target, variables, the flags of tools, and processes after `kill` and `-p`.

use super::Shell;
use super::builtins;
use super::expand::quote::{self, Escapes};
use super::rewrite::BEFORE_COMMANDS;
use super::vars::{Bytes, Value};
use crate::output::order;
use crate::output::visible;
use crate::tools;
use crate::view::FileType;
use rustyline::completion::Pair;
use rustyline::{Context, Helper};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The most candidates that are shown; a directory may hold a million names.
const MOST: usize = 1000;

/// What the editor asks while a line is typed.
pub(super) struct Completer<'a> {
    shell: &'a Shell,
}

impl<'a> Completer<'a> {
    pub(super) fn new(shell: &'a Shell) -> Completer<'a> {
        Completer { shell }
    }
}

impl Helper for Completer<'_> {}
impl rustyline::hint::Hinter for Completer<'_> {
    type Hint = String;
}
impl rustyline::highlight::Highlighter for Completer<'_> {}
impl rustyline::validate::Validator for Completer<'_> {}

impl rustyline::completion::Completer for Completer<'_> {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let typed = Typed::parse(&line[..at]);
        Ok((typed.start, self.shell.candidates(&typed)))
    }
}

/// The word before the cursor, and what stands before it.
#[derive(Debug, PartialEq, Eq)]
struct Typed<'a> {
    /// Where it starts in the line.
    start: usize,
    /// As it was typed.
    raw: &'a str,
    /// Without its quotes.
    text: Bytes,
    /// The name of the command it is an argument of; `None` when it is the name itself.
    command: Option<&'a str>,
    /// The word before it.
    previous: Option<&'a str>,
}

impl<'a> Typed<'a> {
    fn parse(line: &'a str) -> Typed<'a> {
        let mut words: Vec<&str> = Vec::new();
        let (mut start, mut quoted, mut escaped) = (0, None, false);
        for (i, c) in line.char_indices() {
            match (c, quoted) {
                _ if escaped => escaped = false,
                ('\\', None | Some('"')) => escaped = true,
                (c, Some(quote)) if c == quote => quoted = None,
                (_, Some(_)) => {}
                ('\'' | '"', None) => quoted = Some(c),
                (' ' | '\t' | '\n', None) => {
                    words.extend(Some(&line[start..i]).filter(|word| !word.is_empty()));
                    start = i + 1;
                }
                (';' | '|' | '&' | '(' | '`', None) => {
                    words.clear();
                    start = i + 1;
                }
                ('<' | '>', None) => {
                    // A file comes, not a command.
                    words.push("<");
                    start = i + 1;
                }
                _ => {}
            }
        }
        while words.first().is_some_and(|word| BEFORE_COMMANDS.contains(word)) {
            words.remove(0);
        }
        let raw = &line[start..];
        let (command, previous) = (words.first().copied(), words.last().copied());
        Typed { start, raw, text: unquote(raw), command, previous }
    }
}

impl Typed<'_> {
    /// Whether the cursor stands in single quotes, where a dollar is a dollar.
    fn is_single_quoted(&self) -> bool {
        let mut quote = None;
        let mut escaped = false;
        for c in self.raw.chars() {
            match (c, quote) {
                _ if escaped => escaped = false,
                ('\\', None | Some('"')) => escaped = true,
                (c, Some(open)) if c == open => quote = None,
                ('\'' | '"', None) => quote = Some(c),
                _ => {}
            }
        }
        quote == Some('\'')
    }
}

/// A word without its quotes; one that is still open ends with the text.
fn unquote(raw: &str) -> Bytes {
    let mut out = Bytes::new();
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        if let Some(inner) = rest.strip_prefix("$'") {
            let end = inner.find('\'').unwrap_or(inner.len());
            out.extend(quote::unescape(&inner.as_bytes()[..end], Escapes::Quote).0);
            rest = inner.get(end + 1..).unwrap_or_default();
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '\'' | '"' => {
                let end = rest.find(c).unwrap_or(rest.len());
                out.extend(rest[..end].bytes());
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            '\\' => {
                if let Some(next) = rest.chars().next() {
                    rest = &rest[next.len_utf8()..];
                    out.extend(next.encode_utf8(&mut [0; 4]).bytes());
                }
            }
            c => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    out
}

impl Shell {
    fn candidates(&self, typed: &Typed<'_>) -> Vec<Pair> {
        if let Some(at) = typed.raw.rfind('$')
            && !typed.is_single_quoted()
        {
            let (before, name) = typed.raw.split_at(at + 1);
            let (open, name) = name.strip_prefix('{').map_or(("", name), |name| ("{", name));
            if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return self.variables(&format!("{before}{open}"), name, open);
            }
        }
        match typed.command {
            None if !typed.text.contains(&b'/') => self.commands(&typed.text),
            Some("kill" | "fg" | "bg" | "wait" | "disown") if typed.raw.starts_with('%') => {
                self.job_specs(typed.raw)
            }
            Some("kill") if !typed.raw.starts_with('-') => self.processes(typed.raw),
            Some(_) if matches!(typed.previous, Some("-p" | "--pid")) => self.processes(typed.raw),
            Some(name) if typed.raw.starts_with('-') => flags(name, typed.raw),
            _ => self.paths(&typed.text, typed.command.is_none()),
        }
    }

    fn variables(&self, before: &str, start: &str, open: &str) -> Vec<Pair> {
        let names = self.vars.names().into_iter().filter(|name| name.starts_with(start));
        let end = if open.is_empty() { "" } else { "}" };
        let pair = |name: &str| Pair {
            display: format!("${name}"),
            replacement: format!("{before}{name}{end}"),
        };
        names.map(pair).collect()
    }

    fn job_specs(&self, start: &str) -> Vec<Pair> {
        let jobs = self.jobs.list.iter().filter(|job| job.id != 0);
        let pair = |job: &super::joblist::Job| Pair {
            display: format!("%{} {}", job.id, visible(job.text.as_bytes())),
            replacement: format!("%{}", job.id),
        };
        jobs.map(pair).filter(|pair| pair.replacement.starts_with(start)).collect()
    }

    fn commands(&self, start: &[u8]) -> Vec<Pair> {
        let mut names: Vec<&str> = builtins::names().collect();
        names.extend(tools::REGISTRY.iter().map(|tool| tool.name));
        names.extend(tools::REGISTRY.iter().flat_map(|tool| tool.aliases).copied());
        names.extend(self.functions.keys().map(String::as_str));
        names.extend(self.aliases.keys().map(String::as_str));
        names.retain(|name| name.as_bytes().starts_with(start));
        order::sort(&mut names);
        names.dedup();
        let pair = |name: &str| Pair { display: name.to_owned(), replacement: format!("{name} ") };
        names.into_iter().map(pair).collect()
    }

    fn processes(&self, start: &str) -> Vec<Pair> {
        let processes = self.view.proc().and_then(|proc| proc.processes()).unwrap_or_default();
        let pair = |process: crate::view::Process| {
            let pid = process.pid.to_string();
            let comm = process.stat().ok().filter(|_| pid.starts_with(start))?.comm;
            Some(Pair { display: format!("{pid} {}", visible(&comm)), replacement: pid })
        };
        processes.into_iter().filter_map(pair).take(MOST).collect()
    }

    /// Names in the target that go on from `typed`; as commands only directories and what can run.
    fn paths(&self, typed: &[u8], as_command: bool) -> Vec<Pair> {
        let slash = typed.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
        let (dir, start) = typed.split_at(slash);
        let real = match dir.strip_prefix(b"~/") {
            Some(rest) => {
                let home = self.vars.value("HOME").and_then(Value::scalar).cloned();
                [home.unwrap_or_default().as_slice(), b"/", rest].concat()
            }
            None if dir.is_empty() => b".".to_vec(),
            None => dir.to_vec(),
        };
        let real = Path::new(OsStr::from_bytes(&real));
        let Ok(root) = self.view.root() else { return Vec::new() };
        let Ok(entries) = root.open_dir(real).and_then(|dir| dir.entries()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let name = entry.name.to_bytes();
            let is_hidden = name.starts_with(b".") && !start.starts_with(b".");
            if is_hidden || !name.starts_with(start) {
                continue;
            }
            let mode = match entry.kind {
                FileType::Dir => libc::S_IFDIR,
                _ => root.stat(&real.join(OsStr::from_bytes(name))).map_or(0, |stat| stat.st_mode),
            };
            let is_dir = FileType::of_mode(mode) == FileType::Dir;
            if as_command && !is_dir && mode & 0o111 == 0 {
                continue;
            }
            let end = if is_dir { "/" } else { "" };
            let replacement = insertion(&[dir, name, end.as_bytes()].concat());
            let space = if is_dir { "" } else { " " };
            found.push(Pair {
                display: format!("{}{end}", visible(name)),
                replacement: format!("{replacement}{space}"),
            });
            if found.len() >= MOST {
                break;
            }
        }
        order::sort_by(&mut found, |a, b| a.display.cmp(&b.display));
        found
    }
}

/// The flags of the tool `name` that start with `start`. A long one that takes a value ends in `=`.
fn flags(name: &str, start: &str) -> Vec<Pair> {
    let Some(tool) = tools::find(name) else { return Vec::new() };
    let mut command = (tool.command)();
    command.build();
    let mut found = Vec::new();
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let takes_value = arg.get_action().takes_values();
        let needs_value = takes_value && arg.get_num_args().is_none_or(|n| n.min_values() > 0);
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let mut add = |flag: String, end: &str| {
            if flag.starts_with(start) {
                let display = format!("{flag}  {help}");
                found.push(Pair { display, replacement: format!("{flag}{end}") });
            }
        };
        for long in arg.get_long().into_iter().chain(arg.get_visible_aliases().unwrap_or_default())
        {
            add(format!("--{long}"), if needs_value { "=" } else { " " });
        }
        for short in arg.get_short().into_iter().filter(|_| start.len() < 3) {
            add(format!("-{short}"), " ");
        }
    }
    order::sort_by(&mut found, |a, b| a.replacement.cmp(&b.replacement));
    found
}

/// A path as it goes into the line: quoted where it must be, but for the tilde in front.
fn insertion(path: &[u8]) -> String {
    let text = match path.strip_prefix(b"~/") {
        Some(b"") => b"~/".to_vec(),
        Some(rest) => [b"~/", quote::shell_word(rest).as_slice()].concat(),
        None => quote::shell_word(path),
    };
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> (usize, String, Option<&str>) {
        let typed = Typed::parse(line);
        (typed.start, String::from_utf8(typed.text).unwrap(), typed.command)
    }

    #[test]
    fn the_word_before_the_cursor_is_found_with_its_quotes_taken_away() {
        assert_eq!(typed("cat 'a b/c"), (4, "a b/c".into(), Some("cat")));
        assert_eq!(typed("cat a\\ b"), (4, "a b".into(), Some("cat")));
        assert_eq!(typed(r"cat $'\x41b"), (4, "Ab".into(), Some("cat")));
    }

    #[test]
    fn a_command_is_the_first_word_of_its_own_part_of_the_line() {
        assert_eq!(typed("ls /x | gr"), (8, "gr".into(), None));
        assert_eq!(typed("if tes"), (3, "tes".into(), None));
        assert_eq!(typed("cat </et"), (5, "/et".into(), Some("cat")));
        assert_eq!(typed("</et"), (1, "/et".into(), Some("<")));
    }

    #[test]
    fn flags_come_from_the_tools_own_options() {
        let all = |start: &str| -> Vec<String> {
            flags("head", start).into_iter().map(|pair| pair.replacement).collect()
        };
        assert!(all("--li").contains(&"--lines=".to_owned()), "{:?}", all("--"));
        assert!(all("-").contains(&"-n ".to_owned()) && all("--help") == ["--help "]);
        assert!(flags("nosuch", "-").is_empty());
    }

    #[test]
    fn a_hostile_name_is_inserted_as_what_the_shell_reads_back() {
        assert_eq!(insertion(b"/tmp/a b"), "'/tmp/a b'");
        assert_eq!(insertion(b"/tmp/\x1b]52;c\x07"), r"$'/tmp/\E]52;c\007'");
        assert_eq!(insertion(b"~/x"), "~/x");
    }
}
