//! What a script of `sed` is made of: commands and their addresses.

use regex::bytes::Regex;

/// One command and the lines it is for.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) from: Option<Address>,
    pub(super) to: Option<End>,
    pub(super) negated: bool,
    pub(super) action: Action,
}

/// Which line.
#[derive(Debug)]
pub(super) enum Address {
    Line(u64),
    /// `FIRST~STEP`.
    Step(u64, u64),
    Last,
    /// `None` is the expression that was used last.
    Match(Option<Regex>),
}

/// Where a range ends.
#[derive(Debug)]
pub(super) enum End {
    At(Address),
    /// `+N`: so many lines further.
    More(u64),
    /// `~N`: at the next multiple.
    Multiple(u64),
}

#[derive(Debug)]
pub(super) enum Action {
    /// `{`: goes on behind the command of this number unless the lines are right.
    Block(usize),
    /// `}` and labels.
    Nothing,
    Append(Vec<u8>),
    Insert(Vec<u8>),
    Change(Vec<u8>),
    /// To the command of this number.
    Branch(usize),
    BranchIfReplaced(usize),
    Delete,
    DeleteFirst,
    Get,
    GetMore,
    Hold,
    HoldMore,
    Exchange,
    Number,
    /// `l`, with its own width.
    List(Option<u64>),
    Next,
    NextMore,
    Print,
    PrintFirst,
    Quit {
        code: u8,
        prints: bool,
    },
    Replace(Box<Replace>),
    Map(Box<[u8; 256]>),
    /// `z`: empties the pattern space.
    Empty,
}

/// `s`.
#[derive(Debug)]
pub(super) struct Replace {
    pub(super) pattern: Option<Regex>,
    pub(super) with: Vec<Part>,
    /// Which match, from 1 on.
    pub(super) nth: u64,
    pub(super) global: bool,
    pub(super) prints: bool,
}

/// A part of what is put in.
#[derive(Debug)]
pub(super) enum Part {
    Text(Vec<u8>),
    /// What a group matched; 0 is all.
    Group(usize),
}

/// `text` as `l` shows it: with escapes, in lines of `width` with a backslash at their ends, and `$` at the end.
pub(super) fn listed(text: &[u8], width: u64, delimiter: u8) -> Vec<u8> {
    let most = usize::try_from(width).ok().and_then(|width| width.checked_sub(1));
    let (mut out, mut column) = (Vec::with_capacity(text.len() + 2), 0);
    for byte in text {
        let shown = match byte {
            b'\\' => b"\\\\".to_vec(),
            b' '..=b'~' => vec![*byte],
            7..=13 => vec![b'\\', b"abtnvfr"[usize::from(*byte - 7)]],
            byte => format!("\\{byte:03o}").into_bytes(),
        };
        if most.is_some_and(|most| column + shown.len() > most) {
            out.extend_from_slice(b"\\\n");
            column = 0;
        }
        column += shown.len();
        out.extend(shown);
    }
    out.extend([b'$', delimiter]);
    out
}
