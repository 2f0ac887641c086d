//! The words of `find`: paths, then an expression.

use super::exec::Exec;
use super::perm::Perm;
use super::printf;
use super::query::{Action, Clock, Expr, Follow, Query, Test};
use crate::error::{Error, Result};
use crate::output::quote;
use crate::tools::posix::Syntax;
use crate::tools::users::Users;
use crate::view::View;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// How deep parentheses and negations may be nested: evaluation recurses.
const NESTED: usize = 100;

/// Parses all words of the command line.
pub(super) fn query(words: Vec<OsString>, view: &View, users: &Users) -> Result<Query> {
    let starts_expression = |word: &OsString| {
        word.as_bytes().starts_with(b"-") || matches!(word.as_bytes(), b"(" | b"!")
    };
    let (words, prints_json) = without_json(words);
    let mut words = words.into_iter().peekable();
    let mut follow = Follow::Never;
    while let Some(word) = words.next_if(|word| matches!(word.as_bytes(), b"-H" | b"-P" | b"-L")) {
        follow = match word.as_bytes() {
            b"-H" => Follow::Operands,
            b"-L" => Follow::Always,
            _ => Follow::Never,
        };
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
        syntax: Syntax::Extended,
        has_action: false,
        has_output: false,
        query: Query {
            paths,
            expr: Expr::Test(Test::Constant(true)),
            min_depth: 0,
            max_depth: usize::MAX,
            depth_first: false,
            one_device: false,
            follow,
            prints_json,
            execs: 0,
        },
    };
    if parser.words.peek().is_some() {
        parser.query.expr = parser.or()?;
        if let Some(word) = parser.words.next() {
            return Err(Error::usage(format!("{} has no ( before it", quote(word))));
        }
    }
    let (has_action, has_output) = (parser.has_action, parser.has_output);
    let mut query = parser.query;
    if !has_action || prints_json && !has_output {
        let print = if prints_json { Action::Json } else { Action::Print };
        query.expr = Expr::And(vec![query.expr, Expr::Action(print)]);
    }
    Ok(query)
}

/// The words without `--json`, which may stand anywhere but among the words of -exec, and whether it was there.
fn without_json(words: Vec<OsString>) -> (Vec<OsString>, bool) {
    let (mut out, mut is_tool, mut found): (Vec<OsString>, _, _) = (Vec::new(), false, false);
    for word in words {
        is_tool = match word.as_bytes() {
            b"-exec" => true,
            b";" => false,
            b"+" => is_tool && out.last().is_none_or(|last| last != "{}"),
            _ => is_tool,
        };
        if word == "--json" && !is_tool {
            found = true;
        } else {
            out.push(word);
        }
    }
    (out, found)
}

pub(super) struct Parser<'a> {
    pub(super) words: std::iter::Peekable<std::vec::IntoIter<OsString>>,
    pub(super) view: &'a View,
    pub(super) users: &'a Users,
    /// Of the patterns of -regex that follow.
    pub(super) syntax: Syntax,
    nested: usize,
    has_action: bool,
    /// Whether one of the actions prints files.
    has_output: bool,
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
            // As GNU has it: -prune and -quit alone leave it to -print.
            self.has_action |= !matches!(action, Action::Prune | Action::Quit);
            self.has_output |= matches!(
                action,
                Action::Print | Action::Print0 | Action::Printf(_) | Action::Ls | Action::Json
            );
            return Ok(Expr::Action(action));
        }
        if self.option(name)? {
            return Ok(Expr::Test(Test::Constant(true)));
        }
        self.test(name)?.map(Expr::Test).ok_or_else(|| unknown(word))
    }

    fn action(&mut self, name: &str) -> Result<Option<Action>> {
        Ok(Some(match name {
            "-print" if self.query.prints_json => Action::Json,
            "-print" => Action::Print,
            "-printf" => Action::Printf(printf::parse(self.value(name)?.as_bytes())?),
            "-print0" => Action::Print0,
            "-ls" => Action::Ls,
            "-prune" => Action::Prune,
            "-quit" => Action::Quit,
            "-delete" => {
                self.view.may_write("-delete")?;
                self.query.depth_first = true;
                Action::Delete
            }
            "-exec" => {
                self.query.execs += 1;
                Action::Exec(Exec::parse(self.query.execs - 1, &mut self.words)?)
            }
            "-fprint" | "-fprint0" | "-fprintf" | "-fls" => {
                return Err(Error::usage(format!("{name}: dbg writes no files for find"))
                    .hint("the output can be redirected: find … > FILE"));
            }
            "-execdir" | "-ok" | "-okdir" => {
                return Err(Error::usage(format!("{name}: not supported"))
                    .hint("-exec runs a tool of dbg on what is found"));
            }
            _ => return Ok(None),
        }))
    }

    /// Words that are always true and say how to walk.
    fn option(&mut self, name: &str) -> Result<bool> {
        match name {
            "-maxdepth" => self.query.max_depth = self.number(name)?,
            "-mindepth" => self.query.min_depth = self.number(name)?,
            "-depth" | "-d" => self.query.depth_first = true,
            "-follow" => self.query.follow = Follow::Always,
            "-regextype" => self.syntax = self.syntax(name)?,
            "-noleaf" | "-warn" | "-nowarn" => {}
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
            "-path" | "-ipath" | "-wholename" | "-iwholename" => {
                Test::Path { pattern: self.value(name)?.into_vec(), ignore_case }
            }
            "-regex" | "-iregex" => Test::Regex(self.regex(name, ignore_case)?),
            "-lname" | "-ilname" => {
                Test::Target { pattern: self.value(name)?.into_vec(), ignore_case }
            }
            "-type" => Test::Kind(self.kinds(name)?),
            "-xtype" => Test::OtherKind(self.kinds(name)?),
            "-samefile" => {
                let root = self.view.root()?;
                let word = self.value(name)?;
                let stat = match self.query.follow {
                    Follow::Never => root.lstat(Path::new(&word))?,
                    _ => root.stat(Path::new(&word))?,
                };
                Test::Same(stat.st_dev, stat.st_ino)
            }
            "-size" => self.size()?,
            "-mtime" => age(Clock::Modified, true, self.count(name)?),
            "-atime" => age(Clock::Accessed, true, self.count(name)?),
            "-ctime" => age(Clock::Changed, true, self.count(name)?),
            "-mmin" => age(Clock::Modified, false, self.count(name)?),
            "-amin" => age(Clock::Accessed, false, self.count(name)?),
            "-cmin" => age(Clock::Changed, false, self.count(name)?),
            "-newer" => self.newer("-newermm")?,
            "-anewer" => self.newer("-neweram")?,
            "-cnewer" => self.newer("-newercm")?,
            name if name.starts_with("-newer") => self.newer(name)?,
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
            "-readable" => self.allowed(4)?,
            "-writable" => self.allowed(2)?,
            "-executable" => self.allowed(1)?,
            "-nouser" => Test::NoUser,
            "-nogroup" => Test::NoGroup,
            _ => return Ok(None),
        }))
    }
}

fn unknown(word: &OsString) -> Error {
    Error::usage(format!("{} is no test or action", quote(word))).hint("find --help lists them")
}
