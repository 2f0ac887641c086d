//! Layouts with several names a line: down columns, across them, and with commas between.

use super::options::Layout;
use super::print::{Printer, Widths};
use super::row::Row;
use crate::error::Result;
use crate::output::Io;
use std::io::Write;

/// The columns that the shortest name takes with its gap.
const LEAST: usize = 3;

const GAP: usize = 2;

/// Columns of a terminal that are assumed where there is none.
const NO_TERMINAL: usize = 80;

impl Printer<'_> {
    /// Prints `rows` in columns.
    pub(super) fn columns(&self, rows: &[Row], widths: &Widths, io: &mut Io) -> Result<()> {
        if self.line_width(io) == usize::MAX {
            return self.separated(rows, b"  ", io);
        }
        let across = self.options.layout == Layout::Across;
        let cells: Vec<usize> = rows.iter().map(|row| self.cell_width(row, widths, io)).collect();
        let columns = fit(&cells, self.line_width(io), across);
        let lines = rows.len().div_ceil(columns.len().max(1));
        for line in 0..lines {
            let (mut at, mut start) = (0, 0);
            for (column, width) in columns.iter().enumerate() {
                let i = if across { line * columns.len() + column } else { column * lines + line };
                let Some(row) = rows.get(i) else { break };
                self.pad(at, start, io)?;
                io.stdout.write_all(self.prefix(row, widths).as_bytes())?;
                self.name(row, io)?;
                at = start + cells[i];
                start += width;
            }
            io.stdout.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Prints `rows` with commas between.
    pub(super) fn commas(&self, rows: &[Row], io: &mut Io) -> Result<()> {
        self.separated(rows, b", ", io)
    }

    fn separated(&self, rows: &[Row], separator: &[u8; 2], io: &mut Io) -> Result<()> {
        let (line, widths) = (self.line_width(io), Widths::default());
        let mut at = 0;
        for (i, row) in rows.iter().enumerate() {
            let width = self.cell_width(row, &widths, io);
            if i > 0 {
                let fits = line == usize::MAX || at + width + GAP < line;
                io.stdout.write_all(if fits { separator } else { b",\n" })?;
                at = if fits { at + GAP } else { 0 };
            }
            io.stdout.write_all(self.prefix(row, &widths).as_bytes())?;
            self.name(row, io)?;
            at += width;
        }
        if !rows.is_empty() {
            io.stdout.write_all(b"\n")?;
        }
        Ok(())
    }

    fn line_width(&self, io: &Io) -> usize {
        match self.options.width {
            Some(0) => usize::MAX,
            Some(width) => width,
            None => io.width.unwrap_or(NO_TERMINAL),
        }
    }

    /// Goes from column `at` to column `to`, with tabs where they save characters, as GNU has it.
    fn pad(&self, mut at: usize, to: usize, io: &mut Io) -> Result<()> {
        let tab = if self.options.colour { 0 } else { self.options.tab };
        while at < to {
            if tab > 0 && to / tab > (at + 1) / tab {
                io.stdout.write_all(b"\t")?;
                at += tab - at % tab;
            } else {
                io.stdout.write_all(b" ")?;
                at += 1;
            }
        }
        Ok(())
    }
}

/// The widths, gaps included, of as many columns as fit into `line`.
fn fit(cells: &[usize], line: usize, across: bool) -> Vec<usize> {
    let most = line / LEAST + usize::from(!line.is_multiple_of(LEAST));
    for count in (2..=cells.len().min(most)).rev() {
        let lines = cells.len().div_ceil(count);
        let mut columns = vec![LEAST; count];
        let (mut sum, mut fits) = (LEAST * count, true);
        for (i, cell) in cells.iter().enumerate() {
            let column = if across { i % count } else { i / lines };
            let width = cell + if column + 1 == count { 0 } else { GAP };
            if width > columns[column] {
                sum += width - columns[column];
                columns[column] = width;
                fits = sum < line;
            }
            if !fits {
                break;
            }
        }
        if fits {
            return columns;
        }
    }
    vec![cells.iter().max().copied().unwrap_or(0) + GAP]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_columns_as_fit_are_taken() {
        assert_eq!(fit(&[1, 1, 1, 1], 80, false), [3, 3, 3, 3]);
        assert_eq!(fit(&[1, 1, 1, 1], 10, false), [3, 3, 3, 3]);
        assert_eq!(fit(&[100, 1], 80, false), [102]);
        assert_eq!(fit(&[], 80, false), [2]);
        assert_eq!(fit(&[1, 5, 1, 5], 10, true), [3, 5]);
    }
}
