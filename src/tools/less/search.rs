//! Searching.

use super::pager::{Pager, Top};
use crate::error::{Error, Result};
use crate::output::visible;
use crate::tools::posix::{self, Syntax, Within};
use regex::bytes::Regex;

/// After so many lines, a search looks whether it is still wanted.
const GLANCE: u64 = 4096;

/// How letters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Exact,
    /// Either, unless the pattern has capitals.
    Smart,
    Either,
}

impl Pager {
    /// The pattern typed; tells what is wrong with it.
    pub(super) fn compile(&mut self, pattern: &[u8], case: Case) -> Option<Regex> {
        let has_capitals = pattern.iter().any(u8::is_ascii_uppercase);
        let ignores = match case {
            Case::Exact => false,
            Case::Smart => !has_capitals,
            Case::Either => true,
        };
        let regex = posix::translate(pattern, Syntax::Extended, Within::Text).and_then(|text| {
            let built = regex::bytes::RegexBuilder::new(&text).case_insensitive(ignores).build();
            built.map_err(|_| Error::new("no regular expression"))
        });
        match regex {
            Ok(regex) => Some(regex),
            Err(error) => {
                self.message = Some(format!("{}: {error}", visible(pattern)));
                None
            }
        }
    }

    /// To the `count`th line from here that matches.
    pub(super) fn search(&mut self, backward: bool, mut count: u64) -> Result<()> {
        let Some(pattern) = self.pattern.clone() else {
            self.message = Some("no previous pattern".into());
            return Ok(());
        };
        self.highlights = true;
        let (mut at, mut looked) = (self.top.line, 0u64);
        loop {
            let next = match backward {
                true => self.document.before(at),
                false => self.document.line(at).map(|(_, next)| next),
            };
            let Some(line) = next else { break };
            at = line;
            let Some((text, _)) = self.document.line(at) else {
                // More may come out of the pipe.
                let Some(pipe) = self.document.open_pipe().filter(|_| !backward) else { break };
                if !self.keyboard.awaits(pipe) {
                    self.message = Some("interrupted".into());
                    return Ok(());
                }
                self.document.fill()?;
                continue;
            };
            if pattern.is_match(&text) {
                count -= 1;
                if count == 0 {
                    self.top = Top { line: at, row: 0 };
                    return Ok(());
                }
            }
            looked += 1;
            if looked.is_multiple_of(GLANCE) && self.keyboard.stops() {
                self.message = Some("interrupted".into());
                return Ok(());
            }
        }
        self.message = Some("pattern not found".into());
        Ok(())
    }
}
