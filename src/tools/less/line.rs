//! A line as the terminal gets it: characters and their columns, what could drive it made visible, matches marked.

use crate::output::visible;
use regex::bytes::Regex;
use unicode_width::UnicodeWidthChar;

/// What the options make of a line.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub(super) chop: bool,
    pub(super) numbers: bool,
    pub(super) colours: bool,
}

/// One character, with the SGR sequences in front of it.
struct Cell {
    text: String,
    width: usize,
    /// Whether it stands for a byte or character that can't be shown.
    is_escape: bool,
    is_match: bool,
}

const STAND_OUT: &str = "\x1b[7m";
const PLAIN: &str = "\x1b[27m";
const RESET: &str = "\x1b[m";

/// The rows of `line` on a terminal of `columns`; one row, `shift` columns to the right, when lines are chopped.
pub(super) fn rows(
    line: &[u8],
    look: &Look,
    pattern: Option<&Regex>,
    columns: usize,
    shift: usize,
) -> Vec<String> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let cells = cells(line, look.colours, pattern);
    let mut rows = Rows { done: Vec::new(), row: String::new(), is_marked: false, used: 0 };
    let mut column = 0;
    for cell in &cells {
        if look.chop {
            column += cell.width;
            if column <= shift {
                // Colours begin where they begin, seen or not.
                rows.row.push_str(cell.text.get(..sequences(&cell.text)).unwrap_or_default());
                continue;
            }
            if rows.used + cell.width > columns {
                break;
            }
        } else if rows.used + cell.width > columns && rows.used > 0 {
            rows.end();
        }
        rows.push(cell);
    }
    rows.end();
    if look.colours && line.contains(&0x1b) {
        rows.done.iter_mut().for_each(|row| row.push_str(RESET));
    }
    rows.done
}

struct Rows {
    done: Vec<String>,
    row: String,
    is_marked: bool,
    used: usize,
}

impl Rows {
    fn push(&mut self, cell: &Cell) {
        let is_marked = cell.is_match || cell.is_escape;
        if is_marked != self.is_marked {
            self.row.push_str(if is_marked { STAND_OUT } else { PLAIN });
            self.is_marked = is_marked;
        }
        self.row.push_str(&cell.text);
        self.used += cell.width;
    }

    fn end(&mut self) {
        if self.is_marked {
            self.row.push_str(PLAIN);
            self.is_marked = false;
        }
        self.done.push(std::mem::take(&mut self.row));
        self.used = 0;
    }
}

fn cells(line: &[u8], colours: bool, pattern: Option<&Regex>) -> Vec<Cell> {
    let matches: Vec<(usize, usize)> = pattern
        .map(|pattern| pattern.find_iter(line).take(1000).map(|m| (m.start(), m.end())).collect())
        .unwrap_or_default();
    let is_match = |at: usize| {
        let next = matches.partition_point(|(_, end)| *end <= at);
        matches.get(next).is_some_and(|(start, _)| *start <= at)
    };
    let (mut cells, mut at, mut column, mut held) = (Vec::new(), 0, 0, String::new());
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = sgr(rest).filter(|_| colours) {
            held.push_str(&String::from_utf8_lossy(rest.get(..length).unwrap_or_default()));
            at += length;
            continue;
        }
        let (text, width, is_escape, length) = character(rest, column);
        // A mark without a width belongs to the character in front.
        match cells.last_mut() {
            Some(last) if width == 0 => {
                let last: &mut Cell = last;
                last.text.push_str(&text);
            }
            _ => cells.push(Cell {
                text: std::mem::take(&mut held) + &text,
                width,
                is_escape,
                is_match: is_match(at),
            }),
        }
        column += width;
        at += length;
    }
    if !held.is_empty() {
        cells.push(Cell { text: held, width: 0, is_escape: false, is_match: false });
    }
    cells
}

/// The character that `rest`, which is not empty, begins with: as it is shown, its columns, whether that is an escape,
/// and its bytes.
fn character(rest: &[u8], column: usize) -> (String, usize, bool, usize) {
    let escape = |text: String, length| {
        let width = text.len();
        (text, width, true, length)
    };
    let first = rest.first().copied().unwrap_or(0);
    match first {
        b'\t' => {
            let width = 8 - column % 8;
            return (" ".repeat(width), width, false, 1);
        }
        0..0x20 => return escape(format!("^{}", char::from(first + 0x40)), 1),
        0x7f => return escape("^?".into(), 1),
        b'\\' => return ("\\".into(), 1, false, 1),
        _ => {}
    }
    let head = rest.get(..rest.len().min(4)).unwrap_or(rest);
    let c = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    match c {
        None => escape(format!("<{first:02X}>"), 1),
        Some(c) => {
            let mut buffer = [0; 4];
            let text = c.encode_utf8(&mut buffer);
            if visible(text.as_bytes()) == *text {
                return (text.to_owned(), c.width().unwrap_or(0), false, c.len_utf8());
            }
            escape(format!("<U+{:04X}>", u32::from(c)), c.len_utf8())
        }
    }
}

/// The length of the SGR sequence (ECMA-48, 8.3.117) that `bytes` begin with.
fn sgr(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"\x1b[")?;
    let end = rest.iter().take(32).position(|b| !matches!(b, b'0'..=b'9' | b';' | b':'))?;
    (rest.get(end) == Some(&b'm')).then_some(end + 3)
}

/// How many bytes of `text` are SGR sequences at its start.
fn sequences(text: &str) -> usize {
    let mut at = 0;
    while let Some(length) = text.as_bytes().get(at..).and_then(sgr) {
        at += length;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &[u8], columns: usize) -> Vec<String> {
        rows(line, &Look::default(), None, columns, 0)
    }

    #[test]
    fn lines_are_wrapped_at_the_width_and_wide_characters_are_not_cut() {
        assert_eq!(shown(b"abcdef", 4), ["abcd", "ef"]);
        assert_eq!(shown("a\u{6587}\u{6587}".as_bytes(), 4), ["a\u{6587}", "\u{6587}"]);
        assert_eq!(shown("e\u{301}x".as_bytes(), 1), ["e\u{301}", "x"]);
        assert_eq!(shown(b"", 4), [""]);
        assert_eq!(shown(b"a\tb", 20), ["a       b"]);
    }

    #[test]
    fn what_could_drive_a_terminal_is_shown() {
        let row = &shown("\u{1b}]0;x\u{7}\u{9b}\u{202e}".as_bytes(), 80)[0];
        assert_eq!(row, "\x1b[7m^[\x1b[27m]0;x\x1b[7m^G<U+009B><U+202E>\x1b[27m");
        assert_eq!(shown(b"\xff", 80), ["\x1b[7m<FF>\x1b[27m"]);
    }

    #[test]
    fn of_sequences_only_colours_pass_when_they_are_asked_for() {
        let look = Look { colours: true, ..Look::default() };
        let line = b"\x1b[1;31mred\x1b[0m\x1b[2J";
        let row = &rows(line, &look, None, 80, 0)[0];
        assert_eq!(row, "\x1b[1;31mred\x1b[7m\x1b[0m^[\x1b[27m[2J\x1b[m");
    }

    #[test]
    fn chopped_lines_are_one_row_that_can_be_shifted() {
        let look = Look { chop: true, ..Look::default() };
        assert_eq!(rows(b"abcdefgh", &look, None, 4, 0), ["abcd"]);
        assert_eq!(rows(b"abcdefgh", &look, None, 4, 2), ["cdef"]);
        assert_eq!(rows(b"ab", &look, None, 4, 5), [""]);
    }

    #[test]
    fn matches_stand_out() {
        let pattern = Regex::new("b+").unwrap();
        let row = &rows(b"abba", &Look::default(), Some(&pattern), 80, 0)[0];
        assert_eq!(row, "a\x1b[7mbb\x1b[27ma");
    }
}
