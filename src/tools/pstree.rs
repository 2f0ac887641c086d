//! `pstree`: the target's processes as a tree. Who has no parent in the target is a root.

use super::ps::gather::{self, Want};
use super::ps::row::Row;
use super::{Tool, args, command};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, table, visible};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use nix::errno::Errno;
use std::collections::HashMap;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

pub(super) const TOOL: Tool = Tool {
    name: "pstree",
    aliases: &[],
    summary: "Show the processes as a tree",
    examples: &[
        ("pstree -p", "Who started whom, with numbers"),
        ("pstree -a -T", "Command lines, without threads"),
    ],
    needs: Needs::Proc,
    json: Some(Shape::of::<Vec<Row>>()),
    command: options,
    rewrite: None,
    run,
};

/// Lines begin no further to the right than this many bytes: a chain of thousands must not fill the memory with them.
const DEPTH: usize = 4096;

fn options() -> Command {
    command("pstree", TOOL.summary)
        .arg(args::flag("show-pids", 'p', "Process numbers; like trees are not drawn as one then"))
        .arg(args::flag("arguments", 'a', "Command lines, one process a line"))
        .arg(args::flag("hide-threads", 'T', "Processes only"))
        .arg(args::flag("numeric-sort", 'n', "Order by number, not by name"))
        .arg(args::flag("compact-not", 'c', "Draw like trees one by one"))
        .arg(args::flag("long", 'l', "Do not cut lines to the terminal"))
        .arg(args::flag("ascii", 'A', "Draw with ASCII").overrides_with("unicode"))
        .arg(args::flag("unicode", 'U', "Draw with UTF-8 (always so on a terminal)"))
        .arg(
            Arg::new("PID")
                .value_parser(clap::value_parser!(i32))
                .help("Only this process and its descendants"),
        )
        .arg(args::json_flag())
}

/// One process or thread of the tree, or several that look the same.
struct Node {
    label: String,
    /// After the name, with `-a`.
    arguments: String,
    children: Vec<usize>,
    /// How many it stands for.
    count: usize,
    is_thread: bool,
}

/// What lines are drawn with: first of several, only, one of several, last, passing by.
struct Lines {
    first: &'static str,
    only: &'static str,
    branch: &'static str,
    last: &'static str,
    passing: &'static str,
}

const ASCII: Lines = Lines { first: "-+-", only: "---", branch: "|-", last: "`-", passing: "| " };
const UTF8: Lines = Lines {
    first: "─┬─", only: "───", branch: "├─", last: "└─", passing: "│ "
};

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let flag = |name| matches.get_flag(name);
    let (json, with_args) = (flag("json"), flag("arguments"));
    let threads = !flag("hide-threads") && !json;
    let want = Want { threads, args: with_args || json, status: json, ..Want::LEAST };
    let mut rows = gather::rows(view, want)?;
    // Threads of a process follow it in the order they started.
    rows.sort_by_key(|row| (row.pid, row.lwp != row.pid, row.lwp));
    let start = matches.get_one::<i32>("PID").copied();
    let mut tree = Tree::new(&rows, flag("numeric-sort"));
    if let Some(pid) = start {
        let found = rows.iter().position(|row| (row.pid, row.lwp) == (pid, pid));
        let found =
            found.ok_or_else(|| Error::from(Errno::ESRCH).context(format!("process {pid}")))?;
        tree.roots = vec![found];
    }
    let order = tree.descend();
    if json {
        let rows: Vec<&Row> = order.iter().map(|i| &rows[*i]).collect();
        table::print_json(io, &rows)?;
        return Ok(Exit::OK);
    }
    let mut nodes: Vec<Node> = rows
        .iter()
        .zip(std::mem::take(&mut tree.children))
        .map(|(row, children)| Node::new(row, children, with_args, flag("show-pids")))
        .collect();
    if !flag("show-pids") && !flag("compact-not") {
        compact(&mut nodes, &order, with_args);
    }
    let lines =
        if flag("unicode") || io.stdout.is_terminal() && !flag("ascii") { UTF8 } else { ASCII };
    if flag("long") {
        io.width = None;
    }
    for root in tree.roots {
        draw(io, &nodes, root, &lines, with_args)?;
    }
    Ok(Exit::OK)
}

/// Who is whose child, by index.
struct Tree {
    roots: Vec<usize>,
    children: Vec<Vec<usize>>,
}

impl Tree {
    fn new(rows: &[Row], by_number: bool) -> Tree {
        let first_of: HashMap<i32, usize> =
            rows.iter().enumerate().rev().map(|(i, row)| (row.pid, i)).collect();
        let mut tree = Tree { roots: Vec::new(), children: vec![Vec::new(); rows.len()] };
        for (i, row) in rows.iter().enumerate() {
            let parent = if row.lwp == row.pid { row.ppid } else { row.pid };
            match first_of.get(&parent).filter(|parent| **parent != i) {
                Some(parent) => tree.children[*parent].push(i),
                None => tree.roots.push(i),
            }
        }
        if !by_number {
            let name = |i: &usize| (rows[*i].lwp != rows[*i].pid, &rows[*i].comm.0, rows[*i].uid);
            tree.children.iter_mut().for_each(|c| c.sort_by(|a, b| name(a).cmp(&name(b))));
        }
        // A parent that ended and came back as its own grandchild while the table was read makes a ring that no
        // root leads to.
        let mut is_reached = vec![false; rows.len()];
        tree.descend().into_iter().for_each(|i| is_reached[i] = true);
        for i in 0..rows.len() {
            if !is_reached[i] {
                tree.children.iter_mut().for_each(|children| children.retain(|child| *child != i));
                tree.roots.push(i);
                tree.descend().into_iter().for_each(|i| is_reached[i] = true);
            }
        }
        tree
    }

    /// Everybody below the roots, parents before their children.
    fn descend(&self) -> Vec<usize> {
        let mut stack: Vec<usize> = self.roots.iter().rev().copied().collect();
        let mut order = Vec::new();
        while let Some(i) = stack.pop() {
            order.push(i);
            stack.extend(self.children[i].iter().rev());
        }
        order
    }
}

impl Node {
    fn new(row: &Row, children: Vec<usize>, with_args: bool, pids: bool) -> Node {
        let is_thread = row.lwp != row.pid;
        let name = row.comm.visible();
        let mut label = if is_thread { format!("{{{name}}}") } else { name.into_owned() };
        let mut arguments = String::new();
        if with_args && !is_thread {
            let line = row.command_line();
            if let Some(space) = row.args.iter().position(|b| *b == 0).filter(|i| *i < line.len()) {
                arguments = visible(&line[space..]).into_owned();
            }
        }
        match (pids, with_args) {
            (true, true) => label += &format!(",{}", row.lwp),
            (true, false) => label += &format!("({})", row.lwp),
            _ => {}
        }
        Node { label, arguments, children, count: 1, is_thread }
    }
}

/// Makes one of children that look the same, from the leaves up. With command lines, of threads only.
fn compact(nodes: &mut [Node], order: &[usize], threads_only: bool) {
    // Trees that look the same get the same number.
    let mut shapes: HashMap<(String, Vec<(usize, usize)>), usize> = HashMap::new();
    let mut shape_of = vec![0; nodes.len()];
    for i in order.iter().rev() {
        let mut kept: Vec<usize> = Vec::new();
        let mut place: HashMap<usize, usize> = HashMap::new();
        for child in std::mem::take(&mut nodes[*i].children) {
            let first = place.get(&shape_of[child]).copied();
            match first.filter(|_| !threads_only || nodes[child].is_thread) {
                Some(first) => nodes[first].count += 1,
                None => {
                    place.insert(shape_of[child], child);
                    kept.push(child);
                }
            }
        }
        let key: Vec<(usize, usize)> =
            kept.iter().map(|c| (shape_of[*c], nodes[*c].count)).collect();
        let next = shapes.len() + 1;
        shape_of[*i] = *shapes.entry((nodes[*i].label.clone(), key)).or_insert(next);
        nodes[*i].children = kept;
    }
}

/// A node that is yet to be drawn.
struct Next {
    node: usize,
    /// How much of the beginning of the lines is its parent's.
    indent: usize,
    place: Place,
    /// Brackets that end where the line does.
    closing: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// On its parent's line, alone or above others.
    Only,
    First,
    /// On a line of its own.
    Branch,
    Last,
}

/// Draws the tree of `root`. What comes next is kept on a stack of our own: a target's chain of processes may be
/// deeper than ours of calls.
fn draw(io: &mut Io, nodes: &[Node], root: usize, lines: &Lines, with_args: bool) -> Result<()> {
    let gap = if with_args { "  " } else { " " };
    let mut stack = vec![Next { node: root, indent: 0, place: Place::Root, closing: 0 }];
    // The beginning of the lines below, and the line that is being drawn.
    let (mut below, mut line) = (String::new(), String::new());
    while let Some(Next { node, indent, place, closing }) = stack.pop() {
        let node = &nodes[node];
        below.truncate(indent);
        match place {
            Place::Root => line.clear(),
            Place::Only => line += lines.only,
            Place::First => line += lines.first,
            Place::Branch => line = format!("{below}{gap}{}", lines.branch),
            Place::Last => line = format!("{below}{gap}{}", lines.last),
        }
        let opening = if node.count > 1 { format!("{}*[", node.count) } else { String::new() };
        let closing = closing + usize::from(node.count > 1);
        line += &opening;
        line += &node.label;
        if below.len() < DEPTH {
            match place {
                Place::Root => {}
                Place::Only | Place::Last => below = below + gap + "  ",
                Place::First | Place::Branch => below = below + gap + lines.passing,
            }
            let width = if with_args { 0 } else { opening.width() + node.label.width() };
            below.extend(std::iter::repeat_n(' ', width));
        }
        if with_args || node.children.is_empty() {
            finish(io, &format!("{line}{}{}", node.arguments, "]".repeat(closing)))?;
        }
        let last = node.children.len().saturating_sub(1);
        for (n, child) in node.children.iter().enumerate().rev() {
            let place = match () {
                () if n == 0 && last == 0 && !with_args => Place::Only,
                () if n == 0 && !with_args => Place::First,
                () if n == last => Place::Last,
                () => Place::Branch,
            };
            let closing = if n == 0 && !with_args { closing } else { 0 };
            stack.push(Next { node: *child, indent: below.len(), place, closing });
        }
    }
    Ok(())
}

fn finish(io: &mut Io, line: &str) -> Result<()> {
    match io.width {
        Some(width) => writeln!(io.stdout, "{}", table::cut(line, width))?,
        None => writeln!(io.stdout, "{line}")?,
    }
    Ok(())
}
