//! Sorting in little code.
//!
//! The standard library's sorts are made anew for each type and each comparison, about 4 kB every time. Here one sort of
//! positions serves all; the rows are then moved. What sorts hundreds of thousands of rows (`ls`, `sort`) takes the
//! standard library's.

use std::cmp::Ordering;

/// Sorts by `compare`; rows that are equal stay in their order.
pub fn sort_by<T>(rows: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut order = sorted(rows.len(), &|a, b| compare(&rows[a], &rows[b]));
    // Row `order[at]` belongs to `at`: each circle of such moves is gone round once.
    for start in 0..rows.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at);
            if from == start {
                break;
            }
            rows.swap(at, from);
            at = from;
        }
    }
}

/// Sorts by a key of each row; rows with the same stay in their order.
pub fn sort_by_key<T, K: Ord>(rows: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(rows, |a, b| key(a).cmp(&key(b)));
}

/// Sorts what has an order of its own.
pub fn sort<T: Ord>(rows: &mut [T]) {
    sort_by(rows, T::cmp);
}

/// The positions below `len`, ordered by `compare`.
fn sorted(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_equal_ones_stay_as_they_were() {
        // Numbers that look random, with many that are equal by their key.
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            state >> 16
        };
        for len in [0, 1, 2, 3, 10, 257, 1000] {
            let rows: Vec<(u32, usize)> = (0..len).map(|at| (next() % 50, at)).collect();
            let (mut ours, mut theirs) = (rows.clone(), rows);
            sort_by_key(&mut ours, |row| row.0);
            theirs.sort_by_key(|row| row.0);
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn reversed_and_sorted_rows_are_sorted_too() {
        let mut words = ["e", "d", "c", "b", "a"];
        sort(&mut words);
        assert_eq!(words, ["a", "b", "c", "d", "e"]);
        sort_by(&mut words, |a, b| b.cmp(a));
        assert_eq!(words, ["e", "d", "c", "b", "a"]);
    }
}
