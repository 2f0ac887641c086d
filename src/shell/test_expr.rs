//! `[[ … ]]`, `test` and `[`: conditions on text, numbers, variables, and files of the target.

use super::parse::Place;
use super::vars::{Bytes, Value};
use super::{Run, Shell};
use crate::exit::Exit;
use crate::output::visible;
use crate::view::FileType;
use brush_parser::ast::{
    BinaryPredicate as Binary, ExtendedTestExpr as Expr, UnaryPredicate as Unary,
};
use nix::sys::stat::FileStat;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

impl Shell {
    /// `[[ … ]]`.
    pub(super) fn extended_test(&mut self, expression: &Expr) -> Run {
        Ok(match self.holds(expression)? {
            Ok(true) => Exit::OK,
            Ok(false) => Exit::FAILURE,
            Err(why) => return self.refuse(Exit::USAGE, why),
        })
    }

    fn holds(&mut self, expression: &Expr) -> Run<Result<bool, String>> {
        match expression {
            Expr::And(left, right) => match self.holds(left)? {
                Ok(true) => self.holds(right),
                other => Ok(other),
            },
            Expr::Or(left, right) => match self.holds(left)? {
                Ok(false) => self.holds(right),
                other => Ok(other),
            },
            Expr::Not(inner) => Ok(self.holds(inner)?.map(|holds| !holds)),
            Expr::Parenthesized(inner) => self.holds(inner),
            Expr::UnaryTest(predicate, word) => {
                let operand = self.value(&word.value, Place::Value)?;
                self.unary(predicate, &operand)
            }
            Expr::BinaryTest(predicate, left, right) => {
                let left = self.value(&left.value, Place::Value)?;
                match predicate {
                    Binary::StringExactlyMatchesPattern => {
                        Ok(Ok(self.matches(&right.value, &left)?))
                    }
                    Binary::StringDoesNotExactlyMatchPattern => {
                        Ok(Ok(!self.matches(&right.value, &left)?))
                    }
                    Binary::StringMatchesRegex | Binary::StringContainsSubstring => {
                        self.matches_regex(&left, &right.value)
                    }
                    _ => {
                        let right = self.value(&right.value, Place::Value)?;
                        self.binary(predicate, &left, &right, true)
                    }
                }
            }
        }
    }

    /// `=~`: what was quoted is plain text; BASH_REMATCH gets the groups.
    fn matches_regex(&mut self, value: &[u8], pattern: &str) -> Run<Result<bool, String>> {
        let field = self.field(pattern, Place::Value)?;
        let mut text = String::new();
        for (run, quoted) in field.runs() {
            let run = String::from_utf8_lossy(run);
            text.push_str(&if quoted { regex::escape(&run).into() } else { run });
        }
        let built = regex::bytes::RegexBuilder::new(&text)
            .case_insensitive(self.options.nocasematch)
            .dot_matches_new_line(true)
            .build();
        let Ok(regex) = built else {
            return Ok(Err(format!("{}: not a regular expression", visible(text.as_bytes()))));
        };
        let captures = regex.captures(value);
        let groups = captures.iter().flat_map(|captures| captures.iter()).enumerate();
        let groups: BTreeMap<i64, Bytes> = groups
            .map(|(i, group)| (i as i64, group.map_or_else(Vec::new, |g| g.as_bytes().to_vec())))
            .collect();
        let is_match = !groups.is_empty();
        self.vars.entry("BASH_REMATCH").value = Some(Value::Indexed(groups));
        Ok(Ok(is_match))
    }

    fn unary(&mut self, predicate: &Unary, operand: &[u8]) -> Run<Result<bool, String>> {
        let path = Path::new(OsStr::from_bytes(operand));
        let stat = |follow: bool| -> Option<FileStat> {
            let root = self.view.root().ok()?;
            if operand.is_empty() {
                return None;
            }
            if follow { root.stat(path).ok() } else { root.lstat(path).ok() }
        };
        let is_about_a_file = !matches!(
            predicate,
            Unary::StringHasNonZeroLength
                | Unary::StringHasZeroLength
                | Unary::FdIsOpenTerminal
                | Unary::ShellOptionEnabled
                | Unary::ShellVariableIsSetAndAssigned
                | Unary::ShellVariableIsSetAndNameRef
        );
        if is_about_a_file && let Err(why) = self.can_be_told(operand) {
            return Ok(Err(why));
        }
        let is = |kind: FileType| stat(true).is_some_and(|s| FileType::of_mode(s.st_mode) == kind);
        let has = |bits: u32| stat(true).is_some_and(|s| s.st_mode & bits != 0);
        let who = self.view.who.as_ref().ok();
        Ok(Ok(match predicate {
            Unary::StringHasNonZeroLength => !operand.is_empty(),
            Unary::StringHasZeroLength => operand.is_empty(),
            Unary::FileExists => stat(true).is_some(),
            Unary::FileExistsAndIsBlockSpecialFile => is(FileType::Block),
            Unary::FileExistsAndIsCharSpecialFile => is(FileType::Char),
            Unary::FileExistsAndIsDir => is(FileType::Dir),
            Unary::FileExistsAndIsRegularFile => is(FileType::File),
            Unary::FileExistsAndIsFifo => is(FileType::Fifo),
            Unary::FileExistsAndIsSocket => is(FileType::Socket),
            Unary::FileExistsAndIsSymlink => {
                stat(false).is_some_and(|s| FileType::of_mode(s.st_mode) == FileType::Link)
            }
            Unary::FileExistsAndIsSetgid => has(libc::S_ISGID),
            Unary::FileExistsAndIsSetuid => has(libc::S_ISUID),
            Unary::FileExistsAndHasStickyBit => has(libc::S_ISVTX),
            Unary::FileExistsAndIsNotZeroLength => stat(true).is_some_and(|s| s.st_size > 0),
            Unary::FileExistsAndIsReadable => match stat(true) {
                Some(s) if FileType::of_mode(s.st_mode) == FileType::Dir => {
                    self.view.root().is_ok_and(|root| root.open_dir(path).is_ok())
                }
                Some(_) => self.view.root().is_ok_and(|root| root.open(path).is_ok()),
                None => false,
            },
            // Nothing in a view is writable unless the operator said so.
            Unary::FileExistsAndIsWritable => self.view.writable && has(0o222),
            Unary::FileExistsAndIsExecutable => has(0o111),
            Unary::FileExistsAndOwnedByEffectiveUserId => {
                stat(true).zip(who).is_some_and(|(s, who)| s.st_uid == who.uids[1])
            }
            Unary::FileExistsAndOwnedByEffectiveGroupId => {
                stat(true).zip(who).is_some_and(|(s, who)| s.st_gid == who.gids[1])
            }
            Unary::FileExistsAndModifiedSinceLastRead => stat(true)
                .is_some_and(|s| (s.st_mtime, s.st_mtime_nsec) > (s.st_atime, s.st_atime_nsec)),
            Unary::FdIsOpenTerminal => {
                let fd = std::str::from_utf8(operand).ok().and_then(|text| text.parse().ok());
                let copy = fd.and_then(|fd| self.copy_fd(fd).ok());
                copy.is_some_and(|fd| nix::unistd::isatty(fd).unwrap_or(false))
            }
            Unary::ShellOptionEnabled => {
                let name = String::from_utf8_lossy(operand).into_owned();
                self.options.named(&name).is_some_and(|on| *on)
            }
            Unary::ShellVariableIsSetAndAssigned => return Ok(Ok(self.is_set(operand)?)),
            Unary::ShellVariableIsSetAndNameRef => {
                return Ok(Err("-R: name references are not supported".into()));
            }
        }))
    }

    fn is_set(&mut self, name: &[u8]) -> Run<bool> {
        let name = String::from_utf8_lossy(name).into_owned();
        match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((name, "@" | "*")) => {
                Ok(self.variable(name).is_some_and(|value| !value.elements().is_empty()))
            }
            Some((name, index)) => {
                let key = self.key(name, index)?;
                Ok(self.variable(name).is_some_and(|value| value.element(&key).is_some()))
            }
            None => Ok(self.variable(&name).is_some_and(|value| value.scalar().is_some())),
        }
    }

    /// Fails with the reason where neither yes nor no can be said of a file.
    fn can_be_told(&self, path: &[u8]) -> Result<(), String> {
        let root = self.view.root().map_err(|error| error.to_string())?;
        let found = root.find(Path::new(OsStr::from_bytes(path)), false);
        found.map(drop).map_err(|error| error.to_string())
    }

    /// `arithmetic`: numbers are expressions, as `[[` has it; `test` wants plain integers.
    fn binary(
        &mut self,
        predicate: &Binary,
        left: &[u8],
        right: &[u8],
        arithmetic: bool,
    ) -> Run<Result<bool, String>> {
        let compare: fn(&i64, &i64) -> bool = match predicate {
            Binary::ArithmeticEqualTo => i64::eq,
            Binary::ArithmeticNotEqualTo => i64::ne,
            Binary::ArithmeticLessThan => i64::lt,
            Binary::ArithmeticLessThanOrEqualTo => i64::le,
            Binary::ArithmeticGreaterThan => i64::gt,
            Binary::ArithmeticGreaterThanOrEqualTo => i64::ge,
            Binary::FilesReferToSameDeviceAndInodeNumbers
            | Binary::LeftFileIsNewerOrExistsWhenRightDoesNot
            | Binary::LeftFileIsOlderOrDoesNotExistWhenRightDoes => {
                let told = self.can_be_told(left).and_then(|()| self.can_be_told(right));
                return Ok(told.map(|()| self.compare(predicate, left, right)));
            }
            _ => return Ok(Ok(self.compare(predicate, left, right))),
        };
        let mut numbers = [0; 2];
        for (number, text) in numbers.iter_mut().zip([left, right]) {
            *number = if arithmetic {
                self.arithmetic(&String::from_utf8_lossy(text))?
            } else {
                let parsed = std::str::from_utf8(text)
                    .ok()
                    .and_then(|text| text.trim_matches([' ', '\t', '\n']).parse().ok());
                match parsed {
                    Some(number) => number,
                    None => return Ok(Err(format!("{}: integer expected", visible(text)))),
                }
            };
        }
        Ok(Ok(compare(&numbers[0], &numbers[1])))
    }

    fn compare(&self, predicate: &Binary, left: &[u8], right: &[u8]) -> bool {
        let stat =
            |path: &[u8]| self.view.root().ok()?.stat(Path::new(OsStr::from_bytes(path))).ok();
        let time = |stat: &FileStat| (stat.st_mtime, stat.st_mtime_nsec);
        match predicate {
            Binary::LeftSortsBeforeRight => left < right,
            Binary::LeftSortsAfterRight => left > right,
            Binary::StringDoesNotExactlyMatchString => left != right,
            Binary::FilesReferToSameDeviceAndInodeNumbers => stat(left)
                .zip(stat(right))
                .is_some_and(|(a, b)| (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)),
            Binary::LeftFileIsNewerOrExistsWhenRightDoesNot => match (stat(left), stat(right)) {
                (Some(a), Some(b)) => time(&a) > time(&b),
                (a, _) => a.is_some(),
            },
            Binary::LeftFileIsOlderOrDoesNotExistWhenRightDoes => match (stat(left), stat(right)) {
                (Some(a), Some(b)) => time(&a) < time(&b),
                (_, b) => b.is_some(),
            },
            _ => left == right,
        }
    }

    /// `test WORDS`.
    pub(super) fn test(&mut self, words: &[Bytes]) -> Run<Result<bool, String>> {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        match words.as_slice() {
            [] => Ok(Ok(false)),
            [word] => Ok(Ok(!word.is_empty())),
            [b"!", rest @ ..] if rest.len() <= 3 => {
                let rest: Vec<Bytes> = rest.iter().map(|word| word.to_vec()).collect();
                Ok(self.test(&rest)?.map(|holds| !holds))
            }
            [operator, operand] => match unary_operator(operator) {
                Some(predicate) => self.unary(&predicate, operand),
                None => Ok(Err(format!("{}: unary operator expected", visible(operator)))),
            },
            [left, operator, right] if binary_operator(operator).is_some() => {
                self.test_binary(left, operator, right)
            }
            [b"(", word, b")"] => Ok(Ok(!word.is_empty())),
            [b"(", a, b, b")"] => self.test(&[a.to_vec(), b.to_vec()]),
            words => {
                let mut rest = words;
                let result = self.test_or(&mut rest)?;
                Ok(match (result, rest.first()) {
                    (Ok(_), Some(word)) if rest.len() + 2 == words.len() => {
                        Err(format!("{}: binary operator expected", visible(word)))
                    }
                    (Ok(_), Some(_)) => Err("too many arguments".into()),
                    (result, _) => result,
                })
            }
        }
    }

    fn test_or(&mut self, words: &mut &[&[u8]]) -> Run<Result<bool, String>> {
        let mut holds = self.test_and(words)?;
        while let (Ok(left), [b"-o", rest @ ..]) = (&holds, *words) {
            let left = *left;
            *words = rest;
            holds = self.test_and(words)?.map(|right| left || right);
        }
        Ok(holds)
    }

    fn test_and(&mut self, words: &mut &[&[u8]]) -> Run<Result<bool, String>> {
        let mut holds = self.test_term(words)?;
        while let (Ok(left), [b"-a", rest @ ..]) = (&holds, *words) {
            let left = *left;
            *words = rest;
            holds = self.test_term(words)?.map(|right| left && right);
        }
        Ok(holds)
    }

    fn test_term(&mut self, words: &mut &[&[u8]]) -> Run<Result<bool, String>> {
        match **words {
            [] => Ok(Err("argument expected".into())),
            [b"!", ref rest @ ..] => {
                *words = rest;
                Ok(self.test_term(words)?.map(|holds| !holds))
            }
            [left, operator, right, ref rest @ ..]
                if binary_operator(operator).flatten().is_some() =>
            {
                *words = rest;
                self.test_binary(left, operator, right)
            }
            [b"(", ref rest @ ..] => {
                *words = rest;
                let holds = self.test_or(words)?;
                match **words {
                    [b")", ref rest @ ..] => {
                        *words = rest;
                        Ok(holds)
                    }
                    _ => Ok(Err("')' expected".into())),
                }
            }
            [operator, operand, ref rest @ ..] if unary_operator(operator).is_some() => {
                *words = rest;
                match unary_operator(operator) {
                    Some(predicate) => self.unary(&predicate, operand),
                    None => Ok(Ok(false)),
                }
            }
            [word, ref rest @ ..] => {
                *words = rest;
                Ok(Ok(!word.is_empty()))
            }
        }
    }

    fn test_binary(
        &mut self,
        left: &[u8],
        operator: &[u8],
        right: &[u8],
    ) -> Run<Result<bool, String>> {
        match operator {
            b"-a" => Ok(Ok(!left.is_empty() && !right.is_empty())),
            b"-o" => Ok(Ok(!left.is_empty() || !right.is_empty())),
            _ => match binary_operator(operator).flatten() {
                Some(predicate) => self.binary(&predicate, left, right, false),
                None => Ok(Ok(false)),
            },
        }
    }
}

fn unary_operator(word: &[u8]) -> Option<Unary> {
    let [b'-', letter] = word else { return None };
    Some(match letter {
        b'a' | b'e' => Unary::FileExists,
        b'b' => Unary::FileExistsAndIsBlockSpecialFile,
        b'c' => Unary::FileExistsAndIsCharSpecialFile,
        b'd' => Unary::FileExistsAndIsDir,
        b'f' => Unary::FileExistsAndIsRegularFile,
        b'g' => Unary::FileExistsAndIsSetgid,
        b'h' | b'L' => Unary::FileExistsAndIsSymlink,
        b'k' => Unary::FileExistsAndHasStickyBit,
        b'n' => Unary::StringHasNonZeroLength,
        b'o' => Unary::ShellOptionEnabled,
        b'p' => Unary::FileExistsAndIsFifo,
        b'r' => Unary::FileExistsAndIsReadable,
        b's' => Unary::FileExistsAndIsNotZeroLength,
        b't' => Unary::FdIsOpenTerminal,
        b'u' => Unary::FileExistsAndIsSetuid,
        b'v' => Unary::ShellVariableIsSetAndAssigned,
        b'w' => Unary::FileExistsAndIsWritable,
        b'x' => Unary::FileExistsAndIsExecutable,
        b'z' => Unary::StringHasZeroLength,
        b'G' => Unary::FileExistsAndOwnedByEffectiveGroupId,
        b'N' => Unary::FileExistsAndModifiedSinceLastRead,
        b'O' => Unary::FileExistsAndOwnedByEffectiveUserId,
        b'R' => Unary::ShellVariableIsSetAndNameRef,
        b'S' => Unary::FileExistsAndIsSocket,
        _ => return None,
    })
}

/// `Some(None)` for `-a` and `-o`, which join two words when nothing else is there.
fn binary_operator(word: &[u8]) -> Option<Option<Binary>> {
    Some(Some(match word {
        b"-a" | b"-o" => return Some(None),
        b"=" | b"==" => Binary::StringExactlyMatchesString,
        b"!=" => Binary::StringDoesNotExactlyMatchString,
        b"<" => Binary::LeftSortsBeforeRight,
        b">" => Binary::LeftSortsAfterRight,
        b"-eq" => Binary::ArithmeticEqualTo,
        b"-ne" => Binary::ArithmeticNotEqualTo,
        b"-lt" => Binary::ArithmeticLessThan,
        b"-le" => Binary::ArithmeticLessThanOrEqualTo,
        b"-gt" => Binary::ArithmeticGreaterThan,
        b"-ge" => Binary::ArithmeticGreaterThanOrEqualTo,
        b"-ef" => Binary::FilesReferToSameDeviceAndInodeNumbers,
        b"-nt" => Binary::LeftFileIsNewerOrExistsWhenRightDoesNot,
        b"-ot" => Binary::LeftFileIsOlderOrDoesNotExistWhenRightDoes,
        _ => return None,
    }))
}
