//! Where the loaders of glibc and musl look for a library (ld.so(8); ldso/dynlink.c of musl).

use super::cache::Cache;
use crate::tools::args::os;
use crate::tools::elf::{Dynamic, Elf};
use crate::view::Root;
use std::cell::Cell;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The most that is read of musl's path file.
const PATH_FILE: u64 = 64 << 10;
/// The most directories of one RPATH.
const DIRECTORIES: usize = 256;
/// The longest path that can be opened.
const PATH: usize = 4096;
/// How many files a run may try to open: RPATHs of a chain of libraries multiply.
pub(super) const OPENS: usize = 32 << 10;

/// What a library must be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    is_64: bool,
    is_big: bool,
    number: u16,
}

impl Machine {
    pub(super) fn of(elf: &Elf<'_>) -> Machine {
        Machine { is_64: elf.is_64, is_big: elf.is_big, number: elf.machine }
    }

    /// Debian's name of it, and what $PLATFORM is.
    fn names(self) -> Option<(&'static str, &'static str)> {
        Some(match (self.number, self.is_64, self.is_big) {
            (62, true, _) => ("x86_64-linux-gnu", "x86_64"),
            (62, false, _) => ("x86_64-linux-gnux32", "x86_64"),
            (3, ..) => ("i386-linux-gnu", "i686"),
            (183, ..) => ("aarch64-linux-gnu", "aarch64"),
            (40, ..) => ("arm-linux-gnueabihf", "v7l"),
            (243, true, _) => ("riscv64-linux-gnu", "riscv64"),
            (21, _, false) => ("powerpc64le-linux-gnu", "power8"),
            (22, true, _) => ("s390x-linux-gnu", "z900"),
            (258, ..) => ("loongarch64-linux-gnu", "loongarch"),
            _ => return None,
        })
    }
}

/// A loader and what it knows of the target.
pub(super) struct Search<'a> {
    root: &'a Root,
    machine: Machine,
    /// The path of the loader, and whether it is musl's.
    loader: Option<&'a [u8]>,
    is_musl: bool,
    library_path: Vec<Vec<u8>>,
    cache: Cache,
    /// How many more files may be tried.
    opens: &'a Cell<usize>,
    defaults: Vec<Vec<u8>>,
}

/// A library: its path, what it needs, and which file it is.
pub(super) type Library = (PathBuf, Dynamic, (u64, u64));

impl<'a> Search<'a> {
    pub(super) fn new(
        root: &'a Root,
        machine: Machine,
        loader: Option<&'a [u8]>,
        library_path: Option<&[u8]>,
        opens: &'a Cell<usize>,
    ) -> Search<'a> {
        let base = loader.map_or(b"".as_slice(), base);
        let musl = base.strip_prefix(b"ld-musl-").and_then(|rest| rest.strip_suffix(b".so.1"));
        let library_path = library_path.map_or_else(Vec::new, |text| directories(text, b":;"));
        let cache = if musl.is_none() { Cache::read(root) } else { Cache::default() };
        let defaults = match musl {
            Some(architecture) => musl_path(root, architecture),
            None => glibc_defaults(machine),
        };
        let is_musl = musl.is_some();
        Search { root, machine, loader, is_musl, library_path, cache, opens, defaults }
    }

    /// Whether `name` is the loader itself, which is there already.
    pub(super) fn is_loader(&self, name: &[u8]) -> bool {
        let Some(loader) = self.loader else { return false };
        // What musl is besides the C library is all in its loader.
        const PARTS: [&[u8]; 7] = [b"c", b"pthread", b"rt", b"m", b"dl", b"util", b"xnet"];
        let part = name.strip_prefix(b"lib").and_then(|rest| rest.split(|b| *b == b'.').next());
        base(loader) == base(name) || self.is_musl && part.is_some_and(|part| PARTS.contains(&part))
    }

    /// The library that `name` means to the first object of `chain`; the others brought that one in.
    pub(super) fn find(&self, name: &[u8], chain: &[(&Path, &Dynamic)]) -> Option<Library> {
        if name.contains(&b'/') {
            let origin = chain.first().map(|(path, _)| *path)?;
            return self.expand(name, origin).iter().find_map(|path| self.open(path));
        }
        let in_dirs = |dirs: &[Vec<u8>]| {
            dirs.iter().find_map(|dir| self.open(&[dir.as_slice(), b"/", name].concat()))
        };
        let (path, dynamic) = chain.first()?;
        let runpath = || {
            let dirs = dynamic.runpath.as_ref().map(|text| self.expanded(text, path));
            dirs.and_then(|dirs| in_dirs(&dirs))
        };
        let rpaths = || {
            let mut chain = chain.iter().take_while(|_| !self.is_exhausted());
            chain.find_map(|(path, dynamic)| {
                let text = match (self.is_musl, &dynamic.runpath) {
                    (true, Some(runpath)) => Some(runpath),
                    (false, Some(_)) => None,
                    _ => dynamic.rpath.as_ref(),
                };
                in_dirs(&self.expanded(text?, path))
            })
        };
        if self.is_musl {
            return in_dirs(&self.library_path).or_else(rpaths).or_else(|| in_dirs(&self.defaults));
        }
        // An object with a RUNPATH takes nobody's RPATH.
        let first = if dynamic.runpath.is_none() { rpaths() } else { None };
        let cached = || self.cache.paths(name).find_map(|path| self.open(path));
        first
            .or_else(|| in_dirs(&self.library_path))
            .or_else(runpath)
            .or_else(cached)
            .or_else(|| in_dirs(&self.defaults))
    }

    /// Whether no more files may be tried: what was not found then may be there.
    pub(super) fn is_exhausted(&self) -> bool {
        self.opens.get() == 0
    }

    /// The file at `path`, if it is a library for this machine.
    fn open(&self, path: &[u8]) -> Option<Library> {
        self.opens.set(self.opens.get().checked_sub(1)?);
        let path = Path::new(os(path));
        let file = self.root.open(path).ok()?;
        let elf = Elf::read(&file)?;
        if Machine::of(&elf) != self.machine {
            return None;
        }
        let stat = nix::sys::stat::fstat(&file).ok()?;
        let dynamic = elf.dynamic(&elf.segments()).unwrap_or_default();
        Some((path.to_owned(), dynamic, (stat.st_dev, stat.st_ino)))
    }

    fn expanded(&self, text: &[u8], origin: &Path) -> Vec<Vec<u8>> {
        directories(text, b":").iter().flat_map(|dir| self.expand(dir, origin)).collect()
    }

    /// `text` with $ORIGIN, $LIB and $PLATFORM replaced. Distributions differ in $LIB, so there may be several.
    fn expand(&self, text: &[u8], origin: &Path) -> Vec<Vec<u8>> {
        if !text.contains(&b'$') {
            return vec![text.to_vec()];
        }
        let origin = origin.parent().unwrap_or(Path::new("/")).as_os_str().as_bytes();
        let (tuple, platform) = self.machine.names().unwrap_or(("", ""));
        let multiarch = format!("lib/{tuple}");
        let libs =
            [multiarch.as_bytes(), if self.machine.is_64 { b"lib64" } else { b"lib" }, b"lib"];
        let count = if memchr::memmem::find(text, b"LIB").is_some() { libs.len() } else { 1 };
        libs.iter().take(count).map(|lib| replace(text, origin, lib, platform.as_bytes())).collect()
    }
}

fn replace(text: &[u8], origin: &[u8], lib: &[u8], platform: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text);
    'text: while let Some((first, tail)) = rest.split_first().filter(|_| out.len() <= PATH) {
        if *first == b'$' {
            for (name, value) in [(&b"ORIGIN"[..], origin), (b"LIB", lib), (b"PLATFORM", platform)]
            {
                let braced = tail.strip_prefix(b"{").and_then(|tail| tail.strip_prefix(name));
                let behind = braced.and_then(|tail| tail.strip_prefix(b"}"));
                if let Some(behind) = behind.or_else(|| tail.strip_prefix(name)) {
                    out.extend_from_slice(value);
                    rest = behind;
                    continue 'text;
                }
            }
        }
        out.push(*first);
        rest = tail;
    }
    out
}

/// The directories of a list; an empty one is the working directory, which is the root to us.
fn directories(text: &[u8], separators: &[u8]) -> Vec<Vec<u8>> {
    let parts = text.split(|b| separators.contains(b)).take(DIRECTORIES);
    parts.map(|dir| dir.strip_suffix(b"/").unwrap_or(dir).to_vec()).collect()
}

fn glibc_defaults(machine: Machine) -> Vec<Vec<u8>> {
    let mut dirs = Vec::new();
    if let Some((tuple, _)) = machine.names() {
        dirs.push(format!("/lib/{tuple}").into_bytes());
        dirs.push(format!("/usr/lib/{tuple}").into_bytes());
    }
    if machine.is_64 {
        dirs.extend([b"/lib64".to_vec(), b"/usr/lib64".to_vec()]);
    }
    dirs.extend([b"/lib".to_vec(), b"/usr/lib".to_vec()]);
    dirs
}

fn musl_path(root: &Root, architecture: &[u8]) -> Vec<Vec<u8>> {
    let path = [b"/etc/ld-musl-", architecture, b".path"].concat();
    let text = root.read(Path::new(os(&path)), PATH_FILE);
    let text = text.unwrap_or_else(|_| b"/lib:/usr/local/lib:/usr/lib".to_vec());
    directories(&text, b":\n").into_iter().filter(|dir| !dir.is_empty()).collect()
}

fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}
