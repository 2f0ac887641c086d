//! `ldd`: which libraries a program of the target would load, and which are missing. Nothing of the target is run.

mod cache;
mod search;

use super::args::{command, files, flag, json_flag};
use super::elf::{ET_DYN, ET_EXEC, Elf};
use super::{Tool, env};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, json::Array, quote};
use crate::view::{Needs, Root, View};
use clap::{ArgMatches, Command};
use search::{Machine, OPENS, Search};
use serde::Serialize;
use std::cell::Cell;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(super) const TOOL: Tool = Tool {
    name: "ldd",
    aliases: &[],
    summary: "Tell which libraries a program loads and misses",
    examples: &[
        ("ldd /app/server", "Which library it is that `no such file or directory` is about"),
        ("ldd --env /app/server", "The same with the LD_LIBRARY_PATH of the running program"),
    ],
    needs: Needs::Root,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

/// Programs that load more are not shown to their end.
const MOST: usize = 1024;
/// How many names of libraries, of all libraries together, are looked at.
const NAMES: usize = 32 << 10;

/// One library that is loaded, or the loader itself.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Row {
    /// The program or library that was asked about.
    file: Text,
    /// The name that is asked for.
    name: Text,
    /// Where it is found; null when it is missing.
    path: Option<Text>,
    /// The file that asks for it first.
    needed_by: Text,
    /// Whether it is the loader (PT_INTERP).
    is_loader: bool,
}

fn options() -> Command {
    command("ldd", TOOL.summary)
        .after_help(
            "Libraries are searched as the loader of glibc or musl would: RPATH, RUNPATH, the cache of ldconfig or \
             ld-musl's path file, default directories. There are no addresses, since nothing is loaded, and no vDSO, \
             since it is no file. Variants for newer processors (glibc-hwcaps) and what dlopen loads are not known. \
             Ends with 1 when something is missing.",
        )
        .arg(flag("env", None, "With LD_LIBRARY_PATH of the target's main process"))
        .arg(json_flag())
        .arg(files().num_args(1..).required(true))
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let root = view.root()?;
    let paths: Vec<&PathBuf> = matches.get_many("FILE").into_iter().flatten().collect();
    let is_json = matches.get_flag("json");
    let library_path = match matches.get_flag("env") {
        true => env::variables(view, matches)?
            .iter()
            .find_map(|v| v.0.strip_prefix(b"LD_LIBRARY_PATH=").map(<[u8]>::to_vec)),
        false => None,
    };
    let (mut array, mut is_missing, opens) = (Array::default(), false, Cell::new(OPENS));
    for path in &paths {
        if paths.len() > 1 && !is_json {
            io.stdout.write_name(path.as_os_str().as_bytes())?;
            io.stdout.write_all(b":\n")?;
        }
        let found = match libraries(root, path, library_path.as_deref(), &opens) {
            Ok(found) => found,
            Err(error) => {
                io.complain(&error);
                continue;
            }
        };
        if let Some(why) = &found.cut {
            io.complain(&Error::new(format!("{}: {why}: what is shown is not all", quote(path))));
        }
        is_missing |= found.rows.iter().any(|row| row.path.is_none());
        if is_json {
            for row in &found.rows {
                array.push(&mut io.stdout, row)?;
            }
            continue;
        }
        if found.rows.is_empty() && found.cut.is_none() {
            io.stdout.write_all(b"\tstatically linked\n")?;
        }
        found.rows.iter().try_for_each(|row| print(row, io))?;
    }
    if is_json {
        array.end(&mut io.stdout)?;
    }
    Ok(if is_missing { Exit::FAILURE } else { io.exit() })
}

fn print(row: &Row, io: &mut Io) -> Result<()> {
    io.stdout.write_all(b"\t")?;
    io.stdout.write_name(&row.name.0)?;
    match &row.path {
        None => io.stdout.write_all(b" => not found\n")?,
        // What is a path already is not told twice.
        Some(path) if *path == row.name => io.stdout.write_all(b"\n")?,
        Some(path) => {
            io.stdout.write_all(b" => ")?;
            io.stdout.write_name(&path.0)?;
            io.stdout.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// What a file loads.
#[derive(Default)]
struct Libraries {
    rows: Vec<Row>,
    /// Why there are more than these.
    cut: Option<String>,
}

/// One file whose needs are looked at.
struct Object {
    path: PathBuf,
    /// Which one brought it in; `None` for the program itself.
    parent: Option<usize>,
    identity: (u64, u64),
    dynamic: super::elf::Dynamic,
}

fn libraries(
    root: &Root,
    path: &Path,
    library_path: Option<&[u8]>,
    opens: &Cell<usize>,
) -> Result<Libraries> {
    let file = root.open(path)?;
    let wrong = || Error::new(format!("{}: not a dynamic executable", quote(path)));
    let elf = Elf::read(&file).filter(|elf| matches!(elf.kind, ET_EXEC | ET_DYN));
    let elf = elf.ok_or_else(wrong)?;
    let segments = elf.segments();
    let interpreter = elf.interpreter(&segments);
    let Some(dynamic) = elf.dynamic(&segments) else { return Ok(Libraries::default()) };
    if interpreter.is_none() && dynamic.needed.is_empty() {
        return Ok(Libraries::default());
    }
    let loader = interpreter.as_ref().map(|path| path.0.as_slice());
    let search = Search::new(root, Machine::of(&elf), loader, library_path, opens);
    let stat = nix::sys::stat::fstat(&file).context(|| quote(path))?;
    // $ORIGIN of the program is where its file really is.
    let real = super::resolve::resolve(root, path, super::resolve::Missing::Nothing);
    let program = Object {
        path: real.unwrap_or_else(|_| root.absolute(path)),
        parent: None,
        identity: (stat.st_dev, stat.st_ino),
        dynamic,
    };
    let mut walk = Walk {
        root,
        search,
        asked: path.to_owned(),
        objects: vec![program],
        names: 0,
        found: Libraries::default(),
    };
    let mut at = 0;
    while at < walk.objects.len() && walk.found.cut.is_none() {
        walk.needs_of(at);
        at += 1;
    }
    if let Some(interpreter) = interpreter.clone() {
        walk.loader(interpreter);
    }
    Ok(walk.found)
}

struct Walk<'a> {
    root: &'a Root,
    search: Search<'a>,
    asked: PathBuf,
    objects: Vec<Object>,
    /// How many names there are to be looked at, and were.
    names: usize,
    found: Libraries,
}

impl Walk<'_> {
    /// Looks for what object `at` needs and nobody before it did.
    fn needs_of(&mut self, at: usize) {
        let Some(object) = self.objects.get_mut(at) else { return };
        let (needed, by) = (std::mem::take(&mut object.dynamic.needed), object.path.clone());
        let is_cut = object.dynamic.is_cut;
        for name in needed {
            let is_known = self.found.rows.iter().any(|row| row.name.0 == name)
                || self.objects.iter().any(|object| object.dynamic.soname.as_ref() == Some(&name))
                || self.search.is_loader(&name);
            if is_known {
                continue;
            }
            if self.objects.len() >= MOST || self.found.rows.len() >= MOST {
                return self.cut(format!("more than {MOST} libraries"));
            }
            let chain = self.chain(at);
            let found = self.search.find(&name, &chain);
            if found.is_none() && self.search.is_exhausted() {
                return self.cut(format!("libraries were looked for in {OPENS} places"));
            }
            let path = found.as_ref().map(|(path, ..)| path.as_os_str().as_bytes().into());
            self.found.rows.push(self.row(name.into(), path, &by, false));
            if let Some((path, dynamic, identity)) = found
                && !self.objects.iter().any(|object| object.identity == identity)
            {
                self.names += dynamic.needed.len();
                if self.names > NAMES {
                    return self.cut(format!("names of more than {NAMES} libraries"));
                }
                self.objects.push(Object { path, parent: Some(at), identity, dynamic });
            }
        }
        if is_cut {
            self.cut(format!("{} needs more than can be read", quote(&by)));
        }
    }

    fn cut(&mut self, why: String) {
        self.found.cut = Some(why);
    }

    /// An object and those that brought it in, the program last: whose RPATH counts.
    fn chain(&self, at: usize) -> Vec<(&Path, &super::elf::Dynamic)> {
        let (mut chain, mut next) = (Vec::new(), Some(at));
        while let Some(object) = next.and_then(|at| self.objects.get(at)) {
            chain.push((object.path.as_path(), &object.dynamic));
            next = object.parent;
        }
        chain
    }

    fn loader(&mut self, path: Text) {
        let is_there = self.root.open(Path::new(super::args::os(&path.0))).is_ok();
        let by = self.asked.clone();
        let row = self.row(path.clone(), is_there.then_some(path), &by, true);
        self.found.rows.push(row);
    }

    fn row(&self, name: Text, path: Option<Text>, by: &Path, is_loader: bool) -> Row {
        Row {
            file: self.asked.as_os_str().as_bytes().into(),
            name,
            path,
            needed_by: by.as_os_str().as_bytes().into(),
            is_loader,
        }
    }
}
