//! Sockets as a table in the format of `ss`.

use super::select::Selection;
use super::socket::{self, Socket};
use crate::error::Result;
use crate::output::{Io, table};
use std::fmt::Write as _;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

const HEADS: [&str; COLUMNS] =
    ["Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process"];
const COLUMNS: usize = 7;
/// Which columns are of numbers.
const RIGHT: [bool; COLUMNS] = [false, false, true, true, false, false, false];

/// How the table looks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub no_header: bool,
    pub extended: bool,
    pub one_line: bool,
    /// Of `-o`: the options of TCP among its internals.
    pub options: bool,
    /// Below the table, what its columns mean and how full accept queues are, even where all is well.
    pub explain: bool,
}

/// The cells of all rows, one behind another: so many sockets must not make seven times as many strings.
#[derive(Default)]
struct Cells {
    text: String,
    ends: Vec<[usize; COLUMNS]>,
    widths: [usize; COLUMNS],
}

impl Cells {
    fn push(&mut self, mut write: impl FnMut(usize, &mut String)) {
        let mut ends = [0; COLUMNS];
        for (column, (end, widest)) in ends.iter_mut().zip(&mut self.widths).enumerate() {
            let start = self.text.len();
            write(column, &mut self.text);
            *end = self.text.len();
            *widest = (*widest).max(width(self.text.get(start..).unwrap_or_default()));
        }
        self.ends.push(ends);
    }

    /// Row `at` without the columns `left_out`, aligned.
    fn line(&self, at: usize, left_out: [bool; COLUMNS], line: &mut String) {
        line.clear();
        let before = at.checked_sub(1).and_then(|at| self.ends.get(at));
        let mut start = before.map_or(0, |ends| ends[COLUMNS - 1]);
        for (column, end) in self.ends.get(at).into_iter().flatten().enumerate() {
            let cell = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            if left_out[column] {
                continue;
            }
            let pad = self.widths[column].saturating_sub(width(cell));
            let pad = std::iter::repeat_n(' ', pad);
            if RIGHT[column] {
                line.extend(pad);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.extend(pad);
            }
            line.push_str("  ");
        }
        line.truncate(line.trim_end_matches(' ').len());
    }
}

fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Prints one line a socket, cut to the width of a terminal; what `-i` and `-m` tell follows in a line of its own.
pub(super) fn print(
    io: &mut Io,
    selection: &Selection,
    look: Look,
    sockets: &[Socket],
) -> Result<()> {
    // As ss: no kind and no state when only one was asked for.
    let mut left_out = [false; COLUMNS];
    left_out[0] = selection.is_one_kind();
    left_out[1] = selection.states.is_power_of_two();
    let mut cells = Cells::default();
    if !look.no_header {
        cells.push(|column, out| out.push_str(HEADS[column]));
    }
    let heads = cells.ends.len();
    for socket in sockets {
        cells.push(|column, out| write_cell(socket, column, look.extended, out));
    }
    let (mut line, mut more) = (String::new(), String::new());
    for at in 0..cells.ends.len() {
        cells.line(at, left_out, &mut line);
        more.clear();
        if let Some(socket) = at.checked_sub(heads).and_then(|at| sockets.get(at)) {
            socket.write_internals(look.options, &mut more);
        }
        if look.one_line {
            line.push_str(&more);
            more.clear();
        }
        match io.width {
            Some(width) => writeln!(io.stdout, "{}", table::cut(&line, width))?,
            None => {
                line.push('\n');
                io.stdout.write_all(line.as_bytes())?;
            }
        }
        if !more.is_empty() {
            writeln!(io.stdout, "\t{more}")?;
        }
    }
    Ok(())
}

fn write_cell(socket: &Socket, column: usize, extended: bool, out: &mut String) {
    let queue = |length: Option<u32>, out: &mut String| match length {
        Some(length) => {
            let _ = write!(out, "{length}");
        }
        None => out.push('-'),
    };
    match column {
        0 => out.push_str(socket.netid),
        1 => out.push_str(socket::name(socket.state)),
        2 => queue(socket.recv_q, out),
        3 => queue(socket.send_q, out),
        4 => socket.write_end(true, out),
        5 => socket.write_end(false, out),
        _ => socket.write_processes(extended, out),
    }
}
