//! `echo` and `printf`, in this process: a loop that prints must not fork for each line.

use super::{Call, text};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::shell::expand::quote::{Escapes, unescape};
use crate::shell::vars::Bytes;
use crate::shell::{Run, Shell};
use crate::tools;
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, BorrowedFd};

pub(super) fn echo(shell: &mut Shell, call: &Call<'_>) -> Run {
    let mut words = call.args;
    let (mut newline, mut escapes) = (true, false);
    while let Some((flags, rest)) = words.split_first() {
        let Some(letters) = flags.strip_prefix(b"-") else { break };
        // `-x` and `-` are text, as every echo has it.
        if letters.is_empty() || !letters.iter().all(|letter| b"neE".contains(letter)) {
            break;
        }
        for letter in letters {
            match letter {
                b'n' => newline = false,
                letter => escapes = *letter == b'e',
            }
        }
        words = rest;
    }
    let mut text = words.join(&b' ');
    if escapes {
        let (unescaped, ends) = unescape(&text, Escapes::Echo);
        (text, newline) = (unescaped, newline && !ends);
    } else if nix::unistd::isatty(std::io::stdout()).unwrap_or(false) {
        text = harmless(&text);
    }
    if newline {
        text.push(b'\n');
    }
    shell.print(&text)
}

/// The tool `printf`, without a child; and `-v`, which only a shell can have.
pub(super) fn printf(shell: &mut Shell, call: &Call<'_>) -> Run {
    let Some(tool) = tools::find("printf") else {
        return shell.refuse(Exit::NOT_FOUND, "printf: command not found");
    };
    let argv = |words: &[Bytes]| [&[b"printf".to_vec()], words].concat();
    let [flag, name, words @ ..] = call.args else { return shell.tool(tool, argv(call.args)) };
    if flag != b"-v" {
        return shell.tool(tool, argv(call.args));
    }
    let name = text(name).into_owned();
    let (file, io) = match captured() {
        Ok(pair) => pair,
        Err(error) => return shell.refuse(Exit::FAILURE, error.context("printf")),
    };
    let exit = shell.tool_on(tool, argv(words), io)?;
    let mut value = Bytes::new();
    if let Err(error) = (&file).rewind().and_then(|()| (&file).read_to_end(&mut value)) {
        return shell.refuse(Exit::FAILURE, format!("printf: {}", crate::error::io_reason(&error)));
    }
    value.retain(|byte| *byte != 0);
    if !shell.assign_written(&name, value)? {
        return shell.refuse(Exit::USAGE, format!("printf: '{name}': not a valid identifier"));
    }
    Ok(exit)
}

/// Streams of a tool whose output goes to memory.
fn captured() -> Result<(File, Io)> {
    let file = File::from(memfd_create(c"printf", MFdFlags::MFD_CLOEXEC)?);
    let copy = |fd: BorrowedFd<'_>| fd.try_clone_to_owned();
    let (input, error) = (copy(io::stdin().as_fd())?, copy(io::stderr().as_fd())?);
    let streams = Io::new("printf", input, file.try_clone()?.into(), error);
    Ok((file, streams))
}

/// `text` with what a terminal would obey shown instead, such as a clipboard sequence in a file's name. Newlines, tabs
/// and backslashes stay.
fn harmless(text: &[u8]) -> Bytes {
    let mut out = Bytes::with_capacity(text.len());
    for part in text.split_inclusive(|b| b"\n\t\\".contains(b)) {
        match part.split_last() {
            Some((end, rest)) if b"\n\t\\".contains(end) => {
                out.extend(visible(rest).bytes());
                out.push(*end);
            }
            _ => out.extend(visible(part).bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_terminal_sequence_is_shown_and_a_newline_is_not() {
        assert_eq!(harmless(b"a\n\\b\x1b]52;c\x07"), b"a\n\\b\\x1b]52;c\\x07");
    }
}
