//! What the operators of `${x…}` make of a value.

use super::fields::Field;
use super::parameter::{Values, name_of};
use super::pattern::{Pattern, char_at};
use super::quote::{self, Escapes};
use crate::shell::vars::{Bytes, Value};
use crate::shell::{Run, Shell};
use brush_parser::word::{Parameter, ParameterTransformOp as Op, SubstringMatchKind};
use std::ops::Range;

/// Which end is cut off, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    ShortestPrefix,
    LongestPrefix,
    ShortestSuffix,
    LongestSuffix,
}

/// `${#x}`: characters; a byte that is no UTF-8 counts as one.
pub(super) fn length(value: &[u8]) -> usize {
    starts(value).count()
}

/// Where each character starts.
fn starts(value: &[u8]) -> impl Iterator<Item = usize> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        at += char_at(value, at)?.1;
        Some(start)
    })
}

/// `${x#p}`, `${x##p}`, `${x%p}`, `${x%%p}`.
pub(super) fn cut(value: &[u8], pattern: &Pattern, kind: Cut) -> Bytes {
    let is_suffix = |start: &usize| pattern.ends(value, *start).last() == Some(&value.len());
    let kept = match kind {
        Cut::ShortestPrefix => pattern.ends(value, 0).first().map_or(0, |end| *end)..value.len(),
        Cut::LongestPrefix => pattern.ends(value, 0).last().map_or(0, |end| *end)..value.len(),
        Cut::LongestSuffix => 0..starts(value).find(is_suffix).unwrap_or(value.len()),
        Cut::ShortestSuffix => {
            let mut all: Vec<usize> = starts(value).collect();
            all.push(value.len());
            0..all.into_iter().rev().find(is_suffix).unwrap_or(value.len())
        }
    };
    value[kept].to_vec()
}

/// `${x/p/r}` and its kin. An unquoted `&` in the replacement stands for what matched.
pub(super) fn replace(
    value: &[u8],
    pattern: &Pattern,
    by: &Field,
    kind: &SubstringMatchKind,
) -> Bytes {
    let mut out = Vec::with_capacity(value.len());
    let longest = |at: usize| pattern.ends(value, at).last().copied();
    match kind {
        SubstringMatchKind::Prefix => match longest(0) {
            Some(end) => {
                put(by, &value[..end], &mut out);
                out.extend(&value[end..]);
            }
            None => out.extend(value),
        },
        SubstringMatchKind::Suffix => {
            let ends = |start: &usize| longest(*start) == Some(value.len());
            match starts(value).chain([value.len()]).find(ends) {
                Some(start) => {
                    out.extend(&value[..start]);
                    put(by, &value[start..], &mut out);
                }
                None => out.extend(value),
            }
        }
        SubstringMatchKind::FirstOccurrence | SubstringMatchKind::Anywhere => {
            let mut at = 0;
            while at < value.len() {
                match longest(at).filter(|end| *end > at) {
                    Some(end) => {
                        put(by, &value[at..end], &mut out);
                        at = end;
                        if matches!(kind, SubstringMatchKind::FirstOccurrence) {
                            break;
                        }
                    }
                    None => {
                        let width = char_at(value, at).map_or(1, |(_, width)| width);
                        out.extend(&value[at..at + width]);
                        at += width;
                    }
                }
            }
            out.extend(&value[at..]);
        }
    }
    out
}

fn put(by: &Field, matched: &[u8], out: &mut Bytes) {
    for (run, quoted) in by.runs() {
        if quoted {
            out.extend(run);
            continue;
        }
        for byte in run {
            match byte {
                b'&' => out.extend(matched),
                byte => out.push(*byte),
            }
        }
    }
}

/// `${x^p}`, `${x^^p}`, `${x,p}`, `${x,,p}`: characters that match, of all or of the first only.
pub(super) fn case(value: &[u8], pattern: &Pattern, upper: bool, all: bool) -> Bytes {
    let mut out = Vec::with_capacity(value.len());
    for (i, start) in starts(value).enumerate() {
        let width = char_at(value, start).map_or(1, |(_, width)| width);
        let bytes = &value[start..start + width];
        match std::str::from_utf8(bytes) {
            Ok(text) if (i == 0 || all) && pattern.matches(bytes) => {
                let changed = if upper { text.to_uppercase() } else { text.to_lowercase() };
                out.extend(changed.into_bytes());
            }
            _ => out.extend(bytes),
        }
    }
    out
}

/// `${x:offset:length}` in characters; `None` when the end lies before the start.
pub(super) fn substring(value: &[u8], offset: i64, length: Option<i64>) -> Option<&[u8]> {
    let all: Vec<usize> = starts(value).chain([value.len()]).collect();
    let range = range(all.len() - 1, offset, length)?;
    Some(&value[all[range.start]..all[range.end]])
}

/// Offset and length, either counted from the end when negative, as a range within `count`.
pub(super) fn range(count: usize, offset: i64, length: Option<i64>) -> Option<Range<usize>> {
    let count = count as i64;
    let start = if offset < 0 { count + offset } else { offset };
    if !(0..=count).contains(&start) {
        return Some(0..0);
    }
    let end = match length {
        None => count,
        Some(length) if length < 0 => count + length,
        Some(length) => start.saturating_add(length).min(count),
    };
    (end >= start).then_some(start as usize..end as usize)
}

impl Shell {
    /// `${x@op}`.
    pub(super) fn transform(
        &mut self,
        parameter: &Parameter,
        indirect: bool,
        op: &Op,
    ) -> Run<Values> {
        let any = Pattern::new(b"?");
        let values = self.strict(parameter, indirect)?;
        Ok(match op {
            Op::ToUpperCase => values.map(|v| case(v, &any, true, true)),
            Op::ToLowerCase => values.map(|v| case(v, &any, false, true)),
            Op::CapitalizeInitial => values.map(|v| case(v, &any, true, false)),
            Op::Quoted => values.map(quote::always),
            Op::ExpandEscapeSequences => values.map(|v| quote::unescape(v, Escapes::Quote).0),
            Op::ToAttributeFlags => Values::One(self.attributes(&name_of(parameter)).into_bytes()),
            Op::ToAssignmentLogic => match parameter {
                _ if matches!(values, Values::Unset) => Values::Unset,
                Parameter::NamedWithAllIndices { name, .. } => Values::One(self.declaration(name)),
                other => Values::One(self.assignment_of(&name_of(other))),
            },
            Op::PossiblyQuoteWithArraysExpanded { separate_words } => {
                self.pairs(parameter, values, *separate_words)
            }
            Op::PromptExpand => return self.fail("${x@P} is not supported"),
        })
    }

    /// `${a[@]@K}` and `@k`: keys and values.
    fn pairs(&mut self, parameter: &Parameter, values: Values, separate: bool) -> Values {
        let Parameter::NamedWithAllIndices { name, concatenate } = parameter else { return values };
        let value = self.variable(name).map(|v| v.into_owned());
        let Some(value) = value else { return Values::Unset };
        let pairs = value.keys().into_iter().zip(value.elements());
        if separate {
            let items = pairs.flat_map(|(key, value)| [key, value]).collect();
            return Values::Many { items, joined: *concatenate };
        }
        let text = pairs.map(|(key, value)| [key.as_slice(), b" ", &double(&value)].concat());
        Values::One(text.collect::<Vec<_>>().join(&b' '))
    }

    /// `${x@A}`.
    fn assignment_of(&self, name: &str) -> Bytes {
        match self.vars.value(name) {
            Some(Value::Scalar(text)) => {
                let attributes = self.attributes(name);
                let head = match attributes.as_str() {
                    "" => format!("{name}="),
                    letters => format!("declare -{letters} {name}="),
                };
                [head.as_bytes(), &quote::always(text)].concat()
            }
            _ => self.declaration(name),
        }
    }

    /// The letters that `declare` takes for what a variable is.
    pub(in crate::shell) fn attributes(&self, name: &str) -> String {
        let Some(var) = self.vars.get(name) else { return String::new() };
        use crate::shell::vars::Case;
        let letters = [
            (matches!(var.value, Some(Value::Indexed(_))), 'a'),
            (matches!(var.value, Some(Value::Assoc(_))), 'A'),
            (var.integer, 'i'),
            (var.case == Some(Case::Lower), 'l'),
            (var.readonly, 'r'),
            (var.case == Some(Case::Upper), 'u'),
            (var.exported, 'x'),
        ];
        letters.iter().filter(|(on, _)| *on).map(|(_, letter)| letter).collect()
    }

    /// The command that would make the variable `name` again, as `declare -p` prints it.
    pub(in crate::shell) fn declaration(&self, name: &str) -> Bytes {
        let attributes = self.attributes(name);
        let dash = if attributes.is_empty() { "-" } else { &attributes };
        let mut out = format!("declare -{dash} {name}").into_bytes();
        match self.vars.value(name) {
            None => {}
            Some(Value::Scalar(text)) => out.extend([b"=", double(text).as_slice()].concat()),
            Some(array) => {
                let items = array.keys().into_iter().zip(array.elements());
                let items = items.map(|(key, value)| {
                    [b"[", quote::shell_word(&key).as_slice(), b"]=", &double(&value)].concat()
                });
                let items = items.collect::<Vec<_>>().join(&b' ');
                let end =
                    if matches!(array, Value::Assoc(_)) && !items.is_empty() { " )" } else { ")" };
                out.extend([b"=(", items.as_slice(), end.as_bytes()].concat());
            }
        }
        out
    }
}

/// `text` in double quotes, or as [`quote::always`] has it when it holds what can't be shown.
fn double(text: &[u8]) -> Bytes {
    let quoted = quote::always(text);
    if quoted.starts_with(b"$'") {
        return quoted;
    }
    let mut out = vec![b'"'];
    for byte in text {
        if b"\"\\$`".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_text(value: &str, pattern: &str, kind: Cut) -> String {
        let cut = cut(value.as_bytes(), &Pattern::new(pattern.as_bytes()), kind);
        String::from_utf8(cut).unwrap()
    }

    #[test]
    fn the_shortest_and_the_longest_end_are_cut() {
        assert_eq!(cut_text("/usr/lib/x", "*/", Cut::ShortestPrefix), "usr/lib/x");
        assert_eq!(cut_text("/usr/lib/x", "*/", Cut::LongestPrefix), "x");
        assert_eq!(cut_text("a.tar.gz", ".*", Cut::ShortestSuffix), "a.tar");
        assert_eq!(cut_text("a.tar.gz", ".*", Cut::LongestSuffix), "a");
    }

    #[test]
    fn a_part_is_counted_in_characters_from_either_end() {
        let part = |offset, length| substring("aébc".as_bytes(), offset, length);
        assert_eq!(part(1, Some(2)), Some("éb".as_bytes()));
        assert_eq!(part(-2, None), Some(&b"bc"[..]));
        assert_eq!(part(1, Some(-1)), Some("éb".as_bytes()));
        assert_eq!(part(9, None), Some(&b""[..]));
        assert_eq!(part(2, Some(-3)), None);
    }
}
