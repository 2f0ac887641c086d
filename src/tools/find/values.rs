//! The words behind the tests of `find`.

use super::parse::Parser;
use super::query::{Clock, Count, Test};
use crate::error::{Error, Result, ResultExt};
use crate::output::quote;
use crate::tools::posix::{Syntax, Within, translate};
use crate::tools::users::Users;
use crate::view::FileType;
use regex::bytes::{Regex, RegexBuilder};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

impl Parser<'_> {
    /// `-readable` and the like, of the target's main process.
    pub(super) fn allowed(&self, bit: u32) -> Result<Test> {
        self.view.who()?;
        Ok(Test::Allowed(bit))
    }

    pub(super) fn value(&mut self, name: &str) -> Result<OsString> {
        self.words.next().ok_or_else(|| Error::usage(format!("{name} wants a word behind it")))
    }

    pub(super) fn number(&mut self, name: &str) -> Result<usize> {
        let word = self.value(name)?;
        let number = word.to_str().and_then(|word| word.parse().ok());
        number.ok_or_else(|| Error::usage(format!("{name}: {} is no number", quote(word))))
    }

    pub(super) fn count(&mut self, name: &str) -> Result<Count> {
        let word = self.value(name)?;
        let count = word.to_str().and_then(Count::parse);
        count.ok_or_else(|| Error::usage(format!("{name}: {} is no number", quote(word))))
    }

    pub(super) fn owner(
        &mut self,
        name: &str,
        find: fn(&Users, &[u8]) -> Option<u32>,
    ) -> Result<Count> {
        let word = self.value(name)?;
        let number = || word.to_str().and_then(|word| word.parse().ok());
        match find(self.users, word.as_bytes()).or_else(number) {
            Some(id) => Ok(Count::Exactly(id.into())),
            None => {
                Err(Error::usage(format!("{name}: {} is not known in the target", quote(word))))
            }
        }
    }

    pub(super) fn regex(&mut self, name: &str, ignore_case: bool) -> Result<Regex> {
        let word = self.value(name)?;
        let pattern = translate(word.as_bytes(), self.syntax, Within::Text).context(|| name)?;
        // The whole path has to match, and a newline in it is a character as any other.
        RegexBuilder::new(&format!("^(?:{pattern})$"))
            .case_insensitive(ignore_case)
            .dot_matches_new_line(true)
            .build()
            .map_err(|error| Error::usage(format!("{name}: {error}")))
    }

    pub(super) fn kinds(&mut self, name: &str) -> Result<Vec<FileType>> {
        let word = self.value(name)?;
        let kind = |letter: &[u8]| match letter {
            b"f" => Ok(FileType::File),
            b"d" => Ok(FileType::Dir),
            b"l" => Ok(FileType::Link),
            b"b" => Ok(FileType::Block),
            b"c" => Ok(FileType::Char),
            b"p" => Ok(FileType::Fifo),
            b"s" => Ok(FileType::Socket),
            _ => Err(Error::usage(format!("{name}: {} is none of f d l b c p s", quote(&word)))),
        };
        word.as_bytes().split(|b| *b == b',').map(kind).collect()
    }

    pub(super) fn size(&mut self) -> Result<Test> {
        let word = self.value("-size")?;
        let wrong = || Error::usage(format!("-size: {} is no size", quote(&word)));
        let text = word.to_str().ok_or_else(wrong)?;
        let (number, unit) = match text.char_indices().next_back().ok_or_else(wrong)? {
            (_, '0'..='9') => (text, 512),
            (at, 'c') => (&text[..at], 1),
            (at, 'w') => (&text[..at], 2),
            (at, 'b') => (&text[..at], 512),
            (at, 'k') => (&text[..at], 1 << 10),
            (at, 'M') => (&text[..at], 1 << 20),
            (at, 'G') => (&text[..at], 1 << 30),
            _ => return Err(wrong()),
        };
        Ok(Test::Size { count: Count::parse(number).ok_or_else(wrong)?, unit })
    }

    /// The syntax that -regextype names.
    pub(super) fn syntax(&mut self, name: &str) -> Result<Syntax> {
        let word = self.value(name)?;
        match word.to_str() {
            Some("posix-extended" | "posix-egrep" | "egrep" | "gnu-awk" | "awk") => {
                Ok(Syntax::Extended)
            }
            Some("posix-basic" | "grep" | "ed" | "sed") => Ok(Syntax::Basic),
            _ => Err(Error::usage(format!("{name}: {} is no syntax that dbg knows", quote(&word)))
                .hint("posix-extended and posix-basic are")),
        }
    }

    /// The time that `-newerXY` compares with: Y of a file, or a moment given as `@SECONDS`.
    pub(super) fn newer(&mut self, name: &str) -> Result<Test> {
        let letters = name.strip_prefix("-newer").unwrap_or_default().as_bytes();
        let clock = |letter: &u8| match letter {
            b'a' => Some(Clock::Accessed),
            b'c' => Some(Clock::Changed),
            b'm' => Some(Clock::Modified),
            _ => None,
        };
        let unknown = || {
            Error::usage(format!("{name}: X and Y of -newerXY are of a, c and m, and Y may be t"))
        };
        let [x, y] = letters else { return Err(unknown()) };
        let own = clock(x).ok_or_else(unknown)?;
        let word = self.value(name)?;
        if *y == b't' {
            let seconds = word.to_str().and_then(|text| text.strip_prefix('@')?.parse().ok());
            let seconds = seconds.ok_or_else(|| {
                Error::usage(format!("{name}: {} is no @SECONDS", quote(&word)))
                    .hint("dbg reads moments as seconds since 1970 only")
            })?;
            return Ok(Test::Newer(own, (seconds, 0)));
        }
        let other = clock(y).ok_or_else(unknown)?;
        Ok(Test::Newer(own, other.of(&self.view.root()?.stat(Path::new(&word))?)))
    }
}
