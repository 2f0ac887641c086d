//! Children below their parents.

use super::row::Row;
use std::collections::HashMap;

/// Deeper than this, no further lines are drawn: a chain of thousands must not fill the memory with them.
const DEPTH: usize = 64;

/// Orders `rows` so that each process is followed by its children, and draws the lines before them.
///
/// Among siblings the order stays as it was. A process whose parent is not listed is a root.
pub(super) fn plant(rows: Vec<Row>) -> Vec<Row> {
    let first_of: HashMap<i32, usize> =
        rows.iter().enumerate().rev().map(|(i, row)| (row.pid, i)).collect();
    let mut children = vec![Vec::new(); rows.len()];
    let mut roots = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        match first_of.get(&row.ppid).filter(|parent| rows[**parent].pid != row.pid) {
            Some(parent) => children[*parent].push(i),
            None => roots.push(i),
        }
    }
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    let mut out = Vec::with_capacity(rows.len());
    let mut stack: Vec<(usize, String, String)> =
        roots.into_iter().rev().map(|i| (i, String::new(), String::new())).collect();
    // A parent that ended and came back as its own grandchild while the table was read would make a ring that no
    // root leads to: whatever is left is taken as a root, in the order it had.
    let mut rest = 0..rows.len();
    loop {
        let (i, drawn, below) = match stack.pop() {
            Some(next) => next,
            None => match rest.find(|i| rows[*i].is_some()) {
                Some(i) => (i, String::new(), String::new()),
                None => return out,
            },
        };
        let Some(mut row) = rows[i].take() else { continue };
        row.lines = drawn;
        out.push(row);
        let last = children[i].len().saturating_sub(1);
        for (n, child) in children[i].iter().enumerate().rev() {
            let deeper = if below.len() >= 4 * DEPTH {
                below.clone()
            } else {
                format!("{below}{}", if n == last { "    " } else { " |  " })
            };
            stack.push((*child, format!("{below} \\_ "), deeper));
        }
    }
}
