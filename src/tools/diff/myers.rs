//! The shortest way from one list of lines to another, by the greedy algorithm of E. W. Myers ("An O(ND) Difference
//! Algorithm and Its Variations", 1986).

use std::ops::Range;

/// Lines that were taken out of the first list, added in the second, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// The longest way that is looked for, in lines: what is remembered grows with its square, to 16 MB. Lists further
/// apart are told as one change.
const LONGEST: usize = 2000;

/// The changes that lead from `old` to `new`, in order. Equal numbers are equal lines. Of the lines that both end with,
/// no change is moved to more than `around`, as GNU has it.
pub(super) fn changes(old: &[u32], new: &[u32], around: usize) -> Vec<Change> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old_rest[..old_rest.len() - end], &new_rest[..new_rest.len() - end]);
    let mut changed = (vec![false; old.len()], vec![false; new.len()]);
    let inner = (&mut changed.0[start..start + a.len()], &mut changed.1[start..start + b.len()]);
    if !mark(a, b, inner.0, inner.1) {
        inner.0.fill(true);
        inner.1.fill(true);
    }
    let fixed = end.saturating_sub(around);
    let (old, new) = (&old[..old.len() - fixed], &new[..new.len() - fixed]);
    slide(old, &mut changed.0[..old.len()], &changed.1[..new.len()]);
    slide(new, &mut changed.1[..new.len()], &changed.0[..old.len()]);
    gather(&changed.0, &changed.1)
}

/// Marks what differs; `false` when the way is too long.
fn mark(a: &[u32], b: &[u32], removed: &mut [bool], added: &mut [bool]) -> bool {
    let most = (a.len() + b.len()).min(LONGEST);
    let offset = most + 1;
    // How far along `a` the ways of so many steps lead on each diagonal (x - y); and all of that for each step.
    let mut reach = vec![0usize; 2 * offset + 1];
    let mut trace: Vec<Vec<u32>> = Vec::new();
    for steps in 0..=most {
        let diagonals = (offset - steps..=offset + steps).step_by(2);
        for k in diagonals {
            let goes_down =
                k == offset - steps || k != offset + steps && reach[k - 1] < reach[k + 1];
            let mut x = if goes_down { reach[k + 1] } else { reach[k - 1] + 1 };
            // On the first step nothing was taken yet.
            x = if steps == 0 { 0 } else { x };
            let mut y = (x + offset).wrapping_sub(k);
            while x < a.len() && y < b.len() && a[x] == b[y] {
                (x, y) = (x + 1, y + 1);
            }
            reach[k] = x;
            if x >= a.len() && y >= b.len() {
                back(&trace, (a.len(), b.len()), removed, added);
                return true;
            }
        }
        trace.push(reach[offset - steps..=offset + steps].iter().map(|x| *x as u32).collect());
    }
    false
}

/// Goes the way back from its end. `trace` has the reach of each step before the last.
fn back(trace: &[Vec<u32>], end: (usize, usize), removed: &mut [bool], added: &mut [bool]) {
    let (mut x, mut y) = (end.0 as isize, end.1 as isize);
    for steps in (1..=trace.len() as isize).rev() {
        let before = &trace[steps as usize - 1];
        let reach = |k: isize| before[(k + steps - 1) as usize] as isize;
        let k = x - y;
        let goes_down = k == -steps || k != steps && reach(k - 1) < reach(k + 1);
        let from = if goes_down { k + 1 } else { k - 1 };
        (x, y) = (reach(from), reach(from) - from);
        match goes_down {
            true => added[y as usize] = true,
            false => removed[x as usize] = true,
        }
    }
}

/// Moves runs of changed lines where that makes no difference, as GNU does: together where they can meet, then to
/// where the other list has changes, else as far down as they go.
fn slide(lines: &[u32], changed: &mut [bool], other: &[bool]) {
    // `at` walks these lines and `beside` the other ones; in front of both lie the same lines that did not change.
    let (mut at, mut beside) = (0, 0);
    loop {
        while at < lines.len() && !changed[at] {
            (at, beside) = (at + 1, behind(other, beside) + 1);
        }
        if at >= lines.len() {
            return;
        }
        let mut start = at;
        (at, beside) = (behind(changed, at), behind(other, beside));
        let mut corresponding;
        loop {
            let length = at - start;
            while start > 0 && lines[start - 1] == lines[at - 1] {
                (start, at, beside) = (start - 1, at - 1, above(other, beside));
                (changed[start], changed[at]) = (true, false);
                while start > 0 && changed[start - 1] {
                    start -= 1;
                }
            }
            corresponding = if beside > 0 && other[beside - 1] { at } else { lines.len() };
            while at < lines.len() && lines[start] == lines[at] {
                (changed[start], changed[at]) = (false, true);
                (start, at) = (start + 1, behind(changed, at));
                let next = behind(other, beside + 1);
                if next > beside + 1 {
                    corresponding = at;
                }
                beside = next;
            }
            if at - start == length {
                break;
            }
        }
        while corresponding < at {
            (start, at, beside) = (start - 1, at - 1, above(other, beside));
            (changed[start], changed[at]) = (true, false);
        }
    }
}

/// Where the run of changed lines ends that begins at `from`: there, when none does.
fn behind(changed: &[bool], from: usize) -> usize {
    from + changed.iter().skip(from).take_while(|changed| **changed).count()
}

/// The nearest line above `from` that did not change.
fn above(changed: &[bool], from: usize) -> usize {
    changed[..from].iter().rposition(|changed| !changed).unwrap_or(0)
}

fn gather(removed: &[bool], added: &[bool]) -> Vec<Change> {
    let (mut changes, mut x, mut y) = (Vec::new(), 0, 0);
    let run = |flags: &[bool], from: usize| flags[from..].iter().take_while(|f| **f).count();
    while x < removed.len() || y < added.len() {
        let (old, new) = (x..x + run(removed, x), y..y + run(added, y));
        (x, y) = (old.end + 1, new.end + 1);
        if !old.is_empty() || !new.is_empty() {
            changes.push(Change { old, new });
        }
        if x > removed.len() && y > added.len() {
            break;
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers below `below` that look random and are the same each time.
    fn numbers(seed: &mut u64, count: usize, below: u64) -> Vec<u32> {
        let next = |_| {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((*seed >> 33) % below) as u32
        };
        (0..count).map(next).collect()
    }

    /// The length of the longest common subsequence, by the table.
    fn common(a: &[u32], b: &[u32]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut above_left = 0;
            for (j, y) in b.iter().enumerate() {
                let above = row[j + 1];
                row[j + 1] = if x == y { above_left + 1 } else { above.max(row[j]) };
                above_left = above;
            }
        }
        row[b.len()]
    }

    #[test]
    fn changes_lead_from_one_list_to_the_other_on_the_shortest_way() {
        let mut seed = 7;
        for round in 0..3000usize {
            let a = numbers(&mut seed, round % 13, 2 + round as u64 % 5);
            let b = numbers(&mut seed, round / 13 % 13, 2 + round as u64 % 5);
            let changes = changes(&a, &b, round % 4);
            let (mut made, mut at, mut steps) = (Vec::new(), 0, 0);
            for change in &changes {
                made.extend_from_slice(&a[at..change.old.start]);
                assert_eq!(made.len(), change.new.start, "{a:?} {b:?} {changes:?}");
                made.extend_from_slice(&b[change.new.clone()]);
                at = change.old.end;
                steps += change.old.len() + change.new.len();
            }
            made.extend_from_slice(&a[at..]);
            assert_eq!(made, b, "{a:?} {changes:?}");
            assert_eq!(steps, a.len() + b.len() - 2 * common(&a, &b), "{a:?} {b:?} {changes:?}");
        }
    }

    #[test]
    fn lists_too_far_apart_are_one_change() {
        let (a, b): (Vec<u32>, Vec<u32>) = ((0..3000).collect(), (10_000..13_000).collect());
        assert_eq!(changes(&a, &b, 0), [Change { old: 0..3000, new: 0..3000 }]);
    }
}
