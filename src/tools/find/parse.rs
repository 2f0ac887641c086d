//! The words of `find`: paths, then an expression.

use super::exec::Exec;
use super::perm::Perm;
use crate::error::{Error, Result, ResultExt};
use crate::output::quote;
use crate::tools::posix::{Syntax, Within, translate};
use crate::tools::users::Users;
use crate::view::{FileType, View};
use regex::bytes::{Regex, RegexBuilder};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// How deep parentheses and negations may be nested: evaluation recurses.
const NESTED: usize = 100;

/// What was asked for.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) paths: Vec<OsString>,
    pub(super) expr: Expr,
    pub(super) min_depth: usize,
    pub(super) max_depth: usize,
    pub(super) depth_first: bool,
    pub(super) one_device: bool,
    pub(super) follow_operands: bool,
    pub(super) prints_json: bool,
    /// How many -exec there are.
    pub(super) execs: usize,
}

#[derive(Debug)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Test(Test),
    Action(Action),
}

#[derive(Debug)]
pub(super) enum Test {
    Constant(bool),
    Name { pattern: Vec<u8>, ignore_case: bool },
    Path { pattern: Vec<u8>, ignore_case: bool },
    Regex(Regex),
    Kind(Vec<FileType>),
    Size { count: Count, unit: u64 },
    Age { clock: Clock, count: Count, is_days: bool },
    NewerThan(i64, i64),
    Empty,
    Perm(Perm),
    Links(Count),
    Inode(Count),
    Uid(Count),
    Gid(Count),
    NoUser,
    NoGroup,
}

#[derive(Debug)]
pub(super) enum Action {
    Print,
    Print0,
    Ls,
    Json,
    Prune,
    Quit,
    Delete,
    Exec(Exec),
}

/// Which time of a file is meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    Modified,
    Accessed,
    Changed,
}

/// `N`, `+N` or `-N`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    Exactly(u64),
    More(u64),
    Less(u64),
}

impl Count {
    pub(super) fn fits(self, number: u64) -> bool {
        match self {
            Count::Exactly(n) => number == n,
            Count::More(n) => number > n,
            Count::Less(n) => number < n,
        }
    }

    fn parse(word: &str) -> Option<Count> {
        match word.split_at_checked(1)? {
            ("+", n) => n.parse().ok().map(Count::More),
            ("-", n) => n.parse().ok().map(Count::Less),
            _ => word.parse().ok().map(Count::Exactly),
        }
    }
}

/// Parses all words of the command line.
pub(super) fn query(words: Vec<OsString>, view: &View, users: &Users) -> Result<Query> {
    let starts_expression = |word: &OsString| {
        word.as_bytes().starts_with(b"-") || matches!(word.as_bytes(), b"(" | b"!")
    };
    let mut words = words.into_iter().peekable();
    let mut follow_operands = false;
    while let Some(word) = words.next_if(|word| matches!(word.as_bytes(), b"-H" | b"-P" | b"-L")) {
        if word == "-L" {
            return Err(Error::usage("-L: links are followed only among the paths, by -H"));
        }
        follow_operands = word == "-H";
    }
    let mut paths = Vec::new();
    while let Some(path) = words.next_if(|word| !starts_expression(word)) {
        paths.push(path);
    }
    if paths.is_empty() {
        paths.push(".".into());
    }
    let mut parser = Parser {
        words: words.collect::<Vec<_>>().into_iter().peekable(),
        view,
        users,
        nested: 0,
        has_action: false,
        query: Query {
            paths,
            expr: Expr::Test(Test::Constant(true)),
            min_depth: 0,
            max_depth: usize::MAX,
            depth_first: false,
            one_device: false,
            follow_operands,
            prints_json: false,
            execs: 0,
        },
    };
    if parser.words.peek().is_some() {
        parser.query.expr = parser.or()?;
        if let Some(word) = parser.words.next() {
            return Err(Error::usage(format!("{} has no ( before it", quote(word))));
        }
    }
    let (mut query, has_action) = (parser.query, parser.has_action);
    if !has_action {
        query.expr = Expr::And(vec![query.expr, Expr::Action(Action::Print)]);
    }
    Ok(query)
}

struct Parser<'a> {
    words: std::iter::Peekable<std::vec::IntoIter<OsString>>,
    view: &'a View,
    users: &'a Users,
    nested: usize,
    has_action: bool,
    query: Query,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Expr> {
        let mut terms = vec![self.and()?];
        while self.words.next_if(|word| word == "-o" || word == "-or").is_some() {
            terms.push(self.and()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expr::Or(terms) })
    }

    fn and(&mut self) -> Result<Expr> {
        let mut terms = vec![self.not()?];
        loop {
            let is_explicit = self.words.next_if(|word| word == "-a" || word == "-and").is_some();
            let ends = |word: &OsString| word == "-o" || word == "-or" || word == ")";
            if !is_explicit && self.words.peek().is_none_or(ends) {
                return Ok(if terms.len() == 1 { terms.remove(0) } else { Expr::And(terms) });
            }
            terms.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Expr> {
        let word =
            self.words.next().ok_or_else(|| Error::usage("the expression ends too early"))?;
        self.nested += 1;
        if self.nested > NESTED {
            return Err(Error::usage(format!("more than {NESTED} operators within each other")));
        }
        let expr = match word.as_bytes() {
            b"!" | b"-not" => Expr::Not(Box::new(self.not()?)),
            b"(" => {
                let inner = self.or()?;
                if self.words.next().is_none_or(|word| word != ")") {
                    return Err(Error::usage("a ( has no )"));
                }
                inner
            }
            _ => self.primary(&word)?,
        };
        self.nested -= 1;
        Ok(expr)
    }

    fn primary(&mut self, word: &OsString) -> Result<Expr> {
        let Some(name) = word.to_str() else { return Err(unknown(word)) };
        if let Some(action) = self.action(name)? {
            self.has_action |= !matches!(action, Action::Prune);
            return Ok(Expr::Action(action));
        }
        if self.option(name)? {
            return Ok(Expr::Test(Test::Constant(true)));
        }
        self.test(name)?.map(Expr::Test).ok_or_else(|| unknown(word))
    }

    fn action(&mut self, name: &str) -> Result<Option<Action>> {
        Ok(Some(match name {
            "-print" => Action::Print,
            "-print0" => Action::Print0,
            "-ls" => Action::Ls,
            "-prune" => Action::Prune,
            "-quit" => Action::Quit,
            "--json" => {
                self.query.prints_json = true;
                Action::Json
            }
            "-delete" => {
                self.view.may_write("-delete")?;
                self.query.depth_first = true;
                Action::Delete
            }
            "-exec" => {
                self.query.execs += 1;
                Action::Exec(Exec::parse(self.query.execs - 1, &mut self.words)?)
            }
            _ => return Ok(None),
        }))
    }

    /// Words that are always true and say how to walk.
    fn option(&mut self, name: &str) -> Result<bool> {
        match name {
            "-maxdepth" => self.query.max_depth = self.number(name)?,
            "-mindepth" => self.query.min_depth = self.number(name)?,
            "-depth" => self.query.depth_first = true,
            "-xdev" | "-mount" => self.query.one_device = true,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn test(&mut self, name: &str) -> Result<Option<Test>> {
        let ignore_case = name.starts_with("-i");
        let age = |clock, is_days, count| Test::Age { clock, count, is_days };
        Ok(Some(match name {
            "-true" => Test::Constant(true),
            "-false" => Test::Constant(false),
            "-name" | "-iname" => Test::Name { pattern: self.value(name)?.into_vec(), ignore_case },
            "-path" | "-ipath" | "-wholename" => {
                Test::Path { pattern: self.value(name)?.into_vec(), ignore_case }
            }
            "-regex" | "-iregex" => Test::Regex(self.regex(name, ignore_case)?),
            "-type" => Test::Kind(self.kinds()?),
            "-size" => self.size()?,
            "-mtime" => age(Clock::Modified, true, self.count(name)?),
            "-atime" => age(Clock::Accessed, true, self.count(name)?),
            "-ctime" => age(Clock::Changed, true, self.count(name)?),
            "-mmin" => age(Clock::Modified, false, self.count(name)?),
            "-amin" => age(Clock::Accessed, false, self.count(name)?),
            "-cmin" => age(Clock::Changed, false, self.count(name)?),
            "-newer" => {
                let stat = self.view.root()?.stat(Path::new(&self.value(name)?))?;
                Test::NewerThan(stat.st_mtime, stat.st_mtime_nsec)
            }
            "-empty" => Test::Empty,
            "-perm" => {
                let word = self.value(name)?;
                let wrong = || Error::usage(format!("-perm: {} is no mode", quote(&word)));
                Test::Perm(word.to_str().and_then(Perm::parse).ok_or_else(wrong)?)
            }
            "-links" => Test::Links(self.count(name)?),
            "-inum" => Test::Inode(self.count(name)?),
            "-uid" => Test::Uid(self.count(name)?),
            "-gid" => Test::Gid(self.count(name)?),
            "-user" => Test::Uid(self.owner(name, Users::uid)?),
            "-group" => Test::Gid(self.owner(name, Users::gid)?),
            "-nouser" => Test::NoUser,
            "-nogroup" => Test::NoGroup,
            _ => return Ok(None),
        }))
    }

    fn value(&mut self, name: &str) -> Result<OsString> {
        self.words.next().ok_or_else(|| Error::usage(format!("{name} wants a word behind it")))
    }

    fn number(&mut self, name: &str) -> Result<usize> {
        let word = self.value(name)?;
        let number = word.to_str().and_then(|word| word.parse().ok());
        number.ok_or_else(|| Error::usage(format!("{name}: {} is no number", quote(word))))
    }

    fn count(&mut self, name: &str) -> Result<Count> {
        let word = self.value(name)?;
        let count = word.to_str().and_then(Count::parse);
        count.ok_or_else(|| Error::usage(format!("{name}: {} is no number", quote(word))))
    }

    fn owner(&mut self, name: &str, find: fn(&Users, &[u8]) -> Option<u32>) -> Result<Count> {
        let word = self.value(name)?;
        let number = || word.to_str().and_then(|word| word.parse().ok());
        match find(self.users, word.as_bytes()).or_else(number) {
            Some(id) => Ok(Count::Exactly(id.into())),
            None => {
                Err(Error::usage(format!("{name}: {} is not known in the target", quote(word))))
            }
        }
    }

    fn regex(&mut self, name: &str, ignore_case: bool) -> Result<Regex> {
        let word = self.value(name)?;
        let pattern =
            translate(word.as_bytes(), Syntax::Extended, Within::Text).context(|| name)?;
        // The whole path has to match, and a newline in it is a character as any other.
        RegexBuilder::new(&format!("^(?:{pattern})$"))
            .case_insensitive(ignore_case)
            .dot_matches_new_line(true)
            .build()
            .map_err(|error| Error::usage(format!("{name}: {error}")))
    }

    fn kinds(&mut self) -> Result<Vec<FileType>> {
        let word = self.value("-type")?;
        let kind = |letter: &[u8]| match letter {
            b"f" => Ok(FileType::File),
            b"d" => Ok(FileType::Dir),
            b"l" => Ok(FileType::Link),
            b"b" => Ok(FileType::Block),
            b"c" => Ok(FileType::Char),
            b"p" => Ok(FileType::Fifo),
            b"s" => Ok(FileType::Socket),
            _ => Err(Error::usage(format!("-type: {} is none of f d l b c p s", quote(&word)))),
        };
        word.as_bytes().split(|b| *b == b',').map(kind).collect()
    }

    fn size(&mut self) -> Result<Test> {
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
}

fn unknown(word: &OsString) -> Error {
    Error::usage(format!("{} is no test or action", quote(word))).hint("find --help lists them")
}
