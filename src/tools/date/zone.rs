//! Time zones: the compiled files that `/etc/localtime` is (RFC 8536), read by us and not by a C library, which would
//! take the machine's.

use super::rule::Rule;

/// A time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Zone {
    /// When another kind of time begins, in seconds since 1970, in order; and which.
    changes: Vec<(i64, usize)>,
    kinds: Vec<Kind>,
    /// What holds after the last change.
    rule: Option<Rule>,
}

/// Seconds east of Greenwich, and what it is called: `CEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub offset: i64,
    pub name: String,
}

impl Kind {
    pub(super) fn utc() -> Kind {
        Kind { offset: 0, name: "UTC".into() }
    }
}

/// Counts of a header, in the order of the file.
struct Header {
    utc: usize,
    standard: usize,
    leaps: usize,
    times: usize,
    kinds: usize,
    letters: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Header> {
        let count = |i: usize| {
            let at = 20 + 4 * i;
            let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
            // More than any file that is read has bytes.
            usize::try_from(u32::from_be_bytes(bytes)).ok().filter(|n| *n < 1 << 20)
        };
        bytes.starts_with(b"TZif").then_some(())?;
        Some(Header {
            utc: count(0)?,
            standard: count(1)?,
            leaps: count(2)?,
            times: count(3)?,
            kinds: count(4)?,
            letters: count(5)?,
        })
    }

    /// Bytes of the data after it, when times have `width` bytes.
    fn length(&self, width: usize) -> usize {
        self.times * (width + 1)
            + self.kinds * 6
            + self.letters
            + self.leaps * (width + 4)
            + self.standard
            + self.utc
    }
}

const HEADER: usize = 44;

impl Zone {
    /// A file of version 2 or later; `None` for anything else.
    pub(super) fn parse(bytes: &[u8]) -> Option<Zone> {
        // What comes first is for readers that know only 32 bits.
        let first = Header::parse(bytes)?;
        let bytes = bytes.get(HEADER + first.length(4)..)?;
        let header = Header::parse(bytes)?;
        let (data, rest) = bytes.get(HEADER..)?.split_at_checked(header.length(8))?;
        let (times, data) = data.split_at_checked(header.times * 8)?;
        let (which, data) = data.split_at_checked(header.times)?;
        let (kinds, data) = data.split_at_checked(header.kinds * 6)?;
        let letters = data.get(..header.letters)?;
        let kinds: Vec<Kind> =
            kinds.chunks_exact(6).map(|kind| Zone::kind(kind, letters)).collect::<Option<_>>()?;
        let time = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.try_into().ok()?));
        let times = times.chunks_exact(8).map(time).collect::<Option<Vec<i64>>>()?;
        let changes: Vec<(i64, usize)> =
            times.into_iter().zip(which.iter().map(|n| usize::from(*n))).collect();
        let is_sound = changes.iter().all(|(_, kind)| *kind < kinds.len()) && changes.is_sorted();
        let footer = rest.strip_prefix(b"\n").and_then(|rest| rest.split(|b| *b == b'\n').next());
        let rule = footer.and_then(|text| Rule::parse(std::str::from_utf8(text).ok()?));
        (is_sound && !kinds.is_empty()).then_some(Zone { changes, kinds, rule })
    }

    /// A zone that is one rule: `CET-1CEST,M3.5.0,M10.5.0/3`.
    pub(super) fn of_rule(text: &str) -> Option<Zone> {
        Some(Zone { rule: Some(Rule::parse(text)?), ..Zone::default() })
    }

    fn kind(bytes: &[u8], letters: &[u8]) -> Option<Kind> {
        let offset = i32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
        let name = letters.get(usize::from(*bytes.get(5)?)..)?.split(|b| *b == 0).next()?;
        Some(Kind { offset: offset.into(), name: String::from_utf8_lossy(name).into_owned() })
    }

    /// What holds `seconds` after 1970.
    pub(super) fn at(&self, seconds: i64) -> Kind {
        let after = self.changes.partition_point(|(time, _)| *time <= seconds);
        let of = |kind: usize| self.kinds.get(kind).cloned().unwrap_or_else(Kind::utc);
        match (after, &self.rule) {
            (n, Some(rule)) if n == self.changes.len() => rule.at(seconds),
            (0, _) => of(0),
            (n, _) => of(self.changes[n - 1].1),
        }
    }
}
