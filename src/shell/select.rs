//! `select`: a menu on stderr, answered on stdin.

use super::eval::Turn;
use super::stdin::read_line;
use super::vars::{Bytes, Value};
use super::{Flow, Run, Shell};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::visible;
use brush_parser::ast::ForClauseCommand;
use nix::errno::Errno;

impl Shell {
    pub(super) fn select(&mut self, name: &str, clause: &ForClauseCommand) -> Run {
        let choices = match &clause.values {
            Some(words) => self.words(words)?,
            None => self.args.clone(),
        };
        if choices.is_empty() {
            return Ok(Exit::OK);
        }
        self.show_menu(&choices);
        loop {
            let Some(reply) = self.reply()? else {
                self.print(b"\n")?;
                return Ok(Exit::FAILURE);
            };
            if reply.is_empty() {
                self.show_menu(&choices);
                continue;
            }
            let number = std::str::from_utf8(reply.trim_ascii()).ok();
            let number = number.and_then(|text| text.parse::<usize>().ok());
            let choice = number.and_then(|number| choices.get(number.checked_sub(1)?));
            self.assign(name, None, choice.cloned().unwrap_or_default(), false)?;
            self.assign("REPLY", None, reply, false)?;
            let turn = self.turn(|shell| shell.list(&clause.body.list).map(Some))?;
            if let Turn::Leave = turn {
                return Ok(Exit::OK);
            }
        }
    }

    fn show_menu(&self, choices: &[Bytes]) {
        let width = choices.len().to_string().len();
        let line =
            |(i, choice): (usize, &Bytes)| format!("{:width$}) {}\n", i + 1, visible(choice));
        let menu: String = choices.iter().enumerate().map(line).collect();
        let _ = super::write_all(super::stderr(), menu.as_bytes());
    }

    /// The line typed after PS3, without its newline; `None` at the end of the input.
    fn reply(&mut self) -> Run<Option<Bytes>> {
        let prompt = self.vars.value("PS3").and_then(Value::scalar).cloned();
        let prompt = prompt.unwrap_or_else(|| b"#? ".to_vec());
        let _ = super::write_all(super::stderr(), &prompt);
        let mut line = Bytes::new();
        loop {
            match read_line(std::io::stdin(), b'\n', &mut line) {
                Ok(false) if line.is_empty() => return Ok(None),
                Ok(_) => break,
                Err(Errno::EINTR) => self.poll_signals()?,
                Err(errno) => {
                    self.complain(&Error::from(errno).context("select"));
                    return Err(Flow::Fail(Exit::FAILURE));
                }
            }
        }
        if line.ends_with(b"\n") {
            line.pop();
        }
        Ok(Some(line))
    }
}
