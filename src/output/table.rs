//! Tables that fit the terminal, and JSON arrays, from the same rows.

use super::io::Io;
use crate::error::Result;
use serde::Serialize;
use std::borrow::Cow;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// On which side a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// One column of a table: its heading and its side.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The heading, in capitals as `ps` has it.
    pub name: &'static str,
    /// Where the cells stand.
    pub align: Align,
}

impl Column {
    /// A column of text.
    pub const fn left(name: &'static str) -> Column {
        Column { name, align: Align::Left }
    }

    /// A column of numbers.
    pub const fn right(name: &'static str) -> Column {
        Column { name, align: Align::Right }
    }
}

/// A fact that can be shown as a row of a table and as a JSON object.
pub trait Row: Serialize {
    /// One cell a column. Text from the target must have gone through [`super::visible`].
    fn cells(&self) -> Vec<String>;
}

/// Prints `rows` as a JSON array, one object a line, or as a table with headings.
///
/// On a terminal the last column is cut to the width and the cut is marked with `…`; elsewhere nothing is cut.
pub fn print_rows<R: Row>(io: &mut Io, json: bool, columns: &[Column], rows: &[R]) -> Result<()> {
    if json {
        return print_json(io, rows);
    }
    let heads: Vec<String> = columns.iter().map(|c| c.name.to_owned()).collect();
    let lines: Vec<Vec<String>> =
        std::iter::once(heads).chain(rows.iter().map(Row::cells)).collect();
    let aligns: Vec<Align> = columns.iter().map(|c| c.align).collect();
    print_lines(io, &aligns, &lines, true)
}

/// Prints lines of cells, the headings among them if there are any, as an aligned table.
///
/// With `cut`, lines are cut to the width of a terminal and the cut is marked with `…`.
pub fn print_lines(io: &mut Io, aligns: &[Align], lines: &[Vec<String>], cut: bool) -> Result<()> {
    let mut widths = widths(aligns.len(), lines);
    if let Some(width) = io.width.filter(|_| cut) {
        fit(aligns, &mut widths, width);
    }
    for cells in lines {
        let line = line(aligns, &widths, cells);
        match io.width.filter(|_| cut) {
            Some(width) => writeln!(io.stdout, "{}", self::cut(&line, width))?,
            None => writeln!(io.stdout, "{line}")?,
        }
    }
    Ok(())
}

/// Prints `rows` as a JSON array, one object a line.
pub fn print_json<R: Serialize>(io: &mut Io, rows: &[R]) -> Result<()> {
    io.stdout.write_all(b"[")?;
    for (i, row) in rows.iter().enumerate() {
        io.stdout.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut io.stdout, row).map_err(std::io::Error::from)?;
    }
    io.stdout.write_all(b"\n]\n")?;
    Ok(())
}

/// Where lines are wider than the terminal, text in front of the last column takes a quarter of it at most, so that one
/// long path does not push all other columns out.
fn fit(aligns: &[Align], widths: &mut [usize], terminal: usize) {
    const LEAST: usize = 16;
    let gaps = 2 * widths.len().saturating_sub(1);
    if widths.iter().sum::<usize>() + gaps <= terminal {
        return;
    }
    let last = widths.len().saturating_sub(1);
    for (align, width) in aligns.iter().zip(&mut widths[..last]) {
        if matches!(align, Align::Left) {
            *width = (*width).min((terminal / 4).max(LEAST));
        }
    }
}

fn widths(columns: usize, lines: &[Vec<String>]) -> Vec<usize> {
    let mut widths = vec![0; columns];
    for cells in lines {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.width());
        }
    }
    widths
}

fn line(aligns: &[Align], widths: &[usize], cells: &[String]) -> String {
    let mut line = String::new();
    let last = aligns.len().saturating_sub(1);
    for (i, ((align, width), cell)) in aligns.iter().zip(widths).zip(cells).enumerate() {
        let cell = if i == last { cell.as_str().into() } else { fitted(cell, *width) };
        let pad = width.saturating_sub(cell.width());
        let pad = std::iter::repeat_n(' ', pad);
        match align {
            Align::Right => {
                line.extend(pad);
                line.push_str(&cell);
            }
            Align::Left if i == last => line.push_str(&cell),
            Align::Left => {
                line.push_str(&cell);
                line.extend(pad);
            }
        }
        if i != last {
            line.push_str("  ");
        }
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

/// `cell` in a column of `width`.
fn fitted(cell: &str, width: usize) -> Cow<'_, str> {
    if cell.width() <= width { cell.into() } else { cut(cell, width).into() }
}

/// `text` in at most `width` columns; what is missing is marked with `…`.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width || width == 0 {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_text_left() {
        let aligns = [Align::Right, Align::Left, Align::Left];
        let cells = ["PID", "USER", "COMMAND", "1", "root", "init"].map(str::to_owned);
        let lines: Vec<Vec<String>> = cells.chunks(3).map(<[String]>::to_vec).collect();
        let widths = widths(3, &lines);
        assert_eq!(line(&aligns, &widths, &lines[1]), "  1  root  init");
    }

    #[test]
    fn a_wide_column_leaves_room_for_those_behind_it_on_a_terminal() {
        let aligns = [Align::Left, Align::Left, Align::Left];
        let mut widths = vec![60, 5, 30];
        fit(&aligns, &mut widths, 80);
        assert_eq!(widths, [20, 5, 30]);
        let cells = ["/a/very/long/path/of/a/mount", "tmpfs", "rw"].map(str::to_owned);
        assert_eq!(line(&aligns, &widths, &cells), "/a/very/long/path/o…  tmpfs  rw");
    }

    #[test]
    fn a_cut_is_marked_and_wide_characters_count_twice() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("文文文", 4), "文…");
        assert_eq!(cut("abc", 3), "abc");
    }
}
