//! One run on a terminal: files, keys and what they do.

use super::document::Document;
use super::keys::{Key, Keyboard};
use super::line::Look;
use super::pager::{Pager, Top};
use super::search::Case;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Io, visible};
use crate::tools::args::bytes;
use crate::tools::input::{heading, is_stdin};
use crate::tools::top::screen::Screen;
use crate::view::View;
use clap::ArgMatches;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

struct Session<'a> {
    view: &'a View,
    paths: &'a [PathBuf],
    current: usize,
    case: Case,
    pager: Pager,
    /// The digits typed in front of a key.
    count: Option<u64>,
    follows: bool,
    /// Behind the help: the file that was shown before.
    covered: Option<(Document, Vec<u8>, Top)>,
}

pub(super) fn run(
    view: &View,
    matches: &ArgMatches,
    paths: &[PathBuf],
    keyboard: File,
    io: &mut Io,
) -> Result<Exit> {
    let is = |id: &str| matches.get_flag(id);
    let mut opened = None;
    for (i, path) in paths.iter().enumerate() {
        match open(view, path, io) {
            Ok(file) => {
                opened = Some((i, file));
                break;
            }
            Err(error) => io.complain(&error),
        }
    }
    let Some((current, file)) = opened else { return Ok(io.exit()) };
    let look = Look {
        chop: is("chop-long-lines"),
        numbers: is("LINE-NUMBERS"),
        colours: is("RAW-CONTROL-CHARS"),
    };
    let case = match (is("IGNORE-CASE"), is("ignore-case")) {
        (true, _) => Case::Either,
        (_, true) => Case::Smart,
        _ => Case::Exact,
    };
    let pager = Pager {
        document: Document::new(file),
        keyboard: Keyboard::new(keyboard),
        name: paths.get(current).map_or(b"".as_slice(), |path| heading(path)).to_vec(),
        top: Top::default(),
        look,
        shift: 0,
        pattern: None,
        highlights: false,
        is_backward: false,
        rows: 24,
        columns: 80,
        message: None,
        at_end: false,
    };
    let mut session =
        Session { view, paths, current, case, pager, count: None, follows: false, covered: None };
    session.pager.resize(io);
    if is("quit-if-one-screen") && session.is_short()? {
        session.pager.print(io)?;
        return Ok(io.exit());
    }
    let screen = Screen::enter_with(io, session.pager.keyboard.file.try_clone()?, !is("no-init"))?;
    if let Some(pattern) = bytes(matches, "pattern") {
        session.find_first(pattern)?;
    }
    if let Some(keys) = bytes(matches, "command") {
        session.begin(keys)?;
    }
    let result = session.show(io);
    // The prompt is not for those who come after.
    io.stdout.write_all(b"\r\x1b[K")?;
    screen.leave(io)?;
    result
}

fn open(view: &View, path: &std::path::Path, io: &Io) -> Result<File> {
    match is_stdin(path) {
        true => Ok(io.stdin.try_clone()?),
        false => view.root()?.open(path),
    }
}

impl Session<'_> {
    /// Whether all of one file fits the screen; reads as much of a pipe as it takes to know.
    fn is_short(&mut self) -> Result<bool> {
        loop {
            let fits = self.pager.fits();
            if !fits || self.pager.document.open_pipe().is_none() {
                return Ok(fits && self.paths.len() == 1);
            }
            self.pager.document.fill()?;
        }
    }

    fn show(&mut self, io: &mut Io) -> Result<Exit> {
        loop {
            self.pager.draw(io)?;
            let wants_more = self.pager.at_end || self.follows;
            let pipe = self.pager.document.open_pipe().filter(|_| wants_more);
            let tick = (self.follows && pipe.is_none()).then_some(250);
            match self.pager.keyboard.wait(pipe, tick) {
                Key::Gone => return Ok(io.exit()),
                Key::Signal(signal) => return Ok(Exit::signal(signal as i32)),
                Key::Resized => self.pager.resize(io),
                Key::More => {
                    self.pager.document.fill()?;
                    if self.follows {
                        self.pager.document.refresh();
                        self.pager.end();
                        self.pager.message = Some("waiting for more; Ctrl-C ends that".into());
                    }
                }
                Key::Byte(3) => self.follows = false,
                Key::Byte(b'q' | b'Q') if self.covered.is_some() => self.uncover(),
                Key::Byte(b'q' | b'Q') => return Ok(io.exit()),
                Key::Byte(digit @ b'0'..=b'9') => {
                    let digit = u64::from(digit - b'0');
                    let count = self.count.unwrap_or(0).saturating_mul(10).saturating_add(digit);
                    self.count = Some(count);
                    self.pager.message = Some(format!(":{count}"));
                }
                key => {
                    self.follows = false;
                    let count = self.count.take();
                    self.key(key, count, io)?;
                }
            }
        }
    }

    fn key(&mut self, key: Key, count: Option<u64>, io: &mut Io) -> Result<()> {
        let number = count.unwrap_or(1);
        let lines = usize::try_from(number).unwrap_or(usize::MAX).min(100_000);
        let half = (self.pager.page() / 2).max(1);
        match key {
            Key::Byte(b' ' | b'f' | 6 | 22) | Key::PageDown => self.pager.page_down(),
            Key::Byte(b'b' | 2) | Key::PageUp => self.pager.up(self.pager.page()),
            Key::Byte(b'd' | 4) => self.pager.down(half),
            Key::Byte(b'u' | 21) => self.pager.up(half),
            Key::Byte(b'j' | b'e' | b'\r' | b'\n' | 14) | Key::Down => self.pager.down(lines),
            Key::Byte(b'k' | b'y' | 16) | Key::Up => self.pager.up(lines),
            Key::Byte(b'g' | b'<') | Key::Home => self.go(number)?,
            Key::Byte(b'G' | b'>') | Key::End => match count {
                Some(number) => self.go(number)?,
                None => self.end()?,
            },
            Key::Byte(b'%' | b'p') => {
                self.drain()?;
                self.pager.percent(count.unwrap_or(0));
            }
            Key::Right => self.pager.shift += self.pager.columns / 2,
            Key::Left => self.pager.shift = self.pager.shift.saturating_sub(self.pager.columns / 2),
            Key::Byte(b'/') => self.ask(false, number, io)?,
            Key::Byte(b'?') => self.ask(true, number, io)?,
            Key::Byte(b'n') => self.search(self.pager.is_backward, number)?,
            Key::Byte(b'N') => self.search(!self.pager.is_backward, number)?,
            Key::Byte(b'F') => {
                self.follows = true;
                self.end()?;
                self.pager.message = Some("waiting for more; Ctrl-C ends that".into());
            }
            Key::Byte(b'=' | 7) => {
                let place = format!(" (file {} of {})", self.current + 1, self.paths.len());
                self.pager.position(if self.paths.len() > 1 { &place } else { "" });
            }
            Key::Byte(b'-') => self.switch(),
            Key::Byte(b':') => self.other_file(io),
            Key::Byte(b'h' | b'H') => self.help()?,
            Key::Byte(b'r' | b'R' | 12 | 18) => self.pager.document.refresh(),
            _ => {}
        }
        Ok(())
    }

    /// Takes in all of a pipe, until a key is pressed.
    fn drain(&mut self) -> Result<()> {
        while let Some(pipe) = self.pager.document.open_pipe() {
            match self.pager.keyboard.wait(Some(pipe), None) {
                Key::More => self.pager.document.fill()?,
                Key::Byte(3) => break,
                key => {
                    self.pager.keyboard.put_back(key);
                    break;
                }
            }
        }
        Ok(())
    }

    fn go(&mut self, number: u64) -> Result<()> {
        if number > 1 {
            self.drain()?;
        }
        self.pager.go(number);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.drain()?;
        self.pager.document.refresh();
        self.pager.end();
        Ok(())
    }

    fn search(&mut self, backward: bool, count: u64) -> Result<()> {
        self.pager.search(backward, count.max(1))
    }

    /// `+KEYS`.
    fn begin(&mut self, keys: &[u8]) -> Result<()> {
        match keys {
            [b'/', pattern @ ..] => self.find_first(pattern),
            b"G" => self.end(),
            b"F" => {
                self.follows = true;
                self.end()
            }
            digits => match std::str::from_utf8(digits)
                .ok()
                .and_then(|text| text.trim_end_matches('g').parse().ok())
            {
                Some(number) => self.go(number),
                None => Ok(()),
            },
        }
    }

    fn find_first(&mut self, pattern: &[u8]) -> Result<()> {
        self.pager.pattern = self.pager.compile(pattern, self.case);
        let Some(regex) = self.pager.pattern.clone() else { return Ok(()) };
        self.pager.highlights = true;
        while self.pager.document.line(0).is_none()
            && let Some(pipe) = self.pager.document.open_pipe()
        {
            if !self.pager.keyboard.awaits(pipe) {
                self.pager.message = Some("interrupted".into());
                return Ok(());
            }
            self.pager.document.fill()?;
        }
        // The first line counts, too.
        match self.pager.document.line(0) {
            Some((text, _)) if regex.is_match(&text) => Ok(()),
            _ => self.search(false, 1),
        }
    }

    /// Reads a pattern in the last row, and searches.
    fn ask(&mut self, backward: bool, count: u64, io: &mut Io) -> Result<()> {
        let mark = if backward { '?' } else { '/' };
        let mut pattern: Vec<u8> = Vec::new();
        loop {
            let row = self.pager.rows;
            write!(io.stdout, "\x1b[{row};1H\x1b[K{mark}{}", visible(&pattern))?;
            io.stdout.flush()?;
            match self.pager.keyboard.wait(None, None) {
                Key::Byte(b'\r' | b'\n') => break,
                Key::Byte(0x7f | 8) if pattern.is_empty() => return Ok(()),
                Key::Byte(0x7f | 8) => {
                    pattern.pop();
                    let whole = crate::output::escape::whole_characters(&pattern);
                    pattern.truncate(whole);
                }
                Key::Byte(21) => pattern.clear(),
                Key::Byte(3 | 0x1b) | Key::Gone | Key::Signal(_) => return Ok(()),
                Key::Byte(byte) if pattern.len() < 1024 => pattern.push(byte),
                _ => {}
            }
        }
        // Nothing means the pattern of last time.
        if !pattern.is_empty() {
            self.pager.pattern = self.pager.compile(&pattern, self.case);
            if self.pager.pattern.is_none() {
                return Ok(());
            }
        }
        self.pager.is_backward = backward;
        self.search(backward, count)
    }

    /// `-` and the letter of an option.
    fn switch(&mut self) {
        let look = &mut self.pager.look;
        let (is_on, name) = match self.pager.keyboard.wait(None, None) {
            Key::Byte(b'S') => {
                look.chop = !look.chop;
                self.pager.shift = 0;
                self.pager.top.row = 0;
                (look.chop, "-S: one row a line")
            }
            Key::Byte(b'N') => {
                look.numbers = !look.numbers;
                self.pager.top.row = 0;
                (look.numbers, "-N: line numbers")
            }
            Key::Byte(b'R') => {
                look.colours = !look.colours;
                (look.colours, "-R: colours")
            }
            Key::Byte(letter @ (b'i' | b'I')) => {
                let on = if letter == b'i' { Case::Smart } else { Case::Either };
                self.case = if self.case == on { Case::Exact } else { on };
                (self.case == on, "-i: either case, from the next search on")
            }
            _ => return,
        };
        self.pager.message = Some(format!("{name} ({})", if is_on { "on" } else { "off" }));
    }

    /// `:n` and `:p`.
    fn other_file(&mut self, io: &Io) {
        let next = match self.pager.keyboard.wait(None, None) {
            Key::Byte(b'n') => self.current + 1,
            Key::Byte(b'p') if self.current > 0 => self.current - 1,
            Key::Byte(b'p') => usize::MAX,
            _ => return,
        };
        let Some(path) = self.paths.get(next) else {
            self.pager.message = Some("no such file in the list".into());
            return;
        };
        match open(self.view, path, io) {
            Ok(file) => {
                self.current = next;
                self.covered = None;
                self.put(Document::new(file), heading(path).to_vec(), Top::default());
            }
            Err(error) => self.pager.message = Some(error.to_string()),
        }
    }

    fn put(&mut self, document: Document, name: Vec<u8>, top: Top) -> (Document, Vec<u8>, Top) {
        let document = std::mem::replace(&mut self.pager.document, document);
        let name = std::mem::replace(&mut self.pager.name, name);
        (document, name, std::mem::replace(&mut self.pager.top, top))
    }

    fn help(&mut self) -> Result<()> {
        if self.covered.is_some() {
            return Ok(());
        }
        // A pipe with its text is as good a document as any.
        let (reader, writer) = nix::unistd::pipe()?;
        File::from(writer).write_all(super::KEYS.replace(". ", ".\n").as_bytes())?;
        let mut document = Document::new(File::from(reader));
        document.fill()?;
        document.fill()?;
        self.covered = Some(self.put(document, b"keys (q: back)".to_vec(), Top::default()));
        Ok(())
    }

    fn uncover(&mut self) {
        if let Some((document, name, top)) = self.covered.take() {
            self.put(document, name, top);
        }
    }
}
