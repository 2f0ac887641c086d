//! Brace expansion: `a{b,c}d`, `{1..9}`, `{a..e..2}`.

use brush_parser::word::{BraceExpressionMember, BraceExpressionOrText};

/// The most words that one word may become.
const LIMIT: usize = 1 << 20;

/// Every word that `parts` stands for, in order; `None` when they are too many to hold.
pub(in crate::shell) fn words(parts: &[BraceExpressionOrText]) -> Option<Vec<String>> {
    let mut all = vec![String::new()];
    for part in parts {
        let choices = match part {
            BraceExpressionOrText::Text(text) => vec![text.clone()],
            BraceExpressionOrText::Expr(members) => {
                let mut choices = Vec::new();
                for member in members {
                    choices.extend(choices_of(member)?);
                }
                choices
            }
        };
        if all.len().saturating_mul(choices.len()) > LIMIT {
            return None;
        }
        all = all
            .iter()
            .flat_map(|head| choices.iter().map(move |tail| format!("{head}{tail}")))
            .collect();
    }
    Some(all)
}

/// `text` with its sequences of padded numbers, `{08..11}`, written out: the parser forgets the zeros.
pub(in crate::shell) fn written_out(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('{') {
        out.push_str(head);
        let written = tail.split_once('}').and_then(|(inner, tail)| Some((padded(inner)?, tail)));
        match written {
            Some((words, tail)) => {
                out.push_str(&format!("{{{}}}", words.join(",")));
                rest = tail;
            }
            None => {
                out.push('{');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

/// The words of `08..11` or `08..11..2`; `None` when no number is padded, or there is only one.
fn padded(inner: &str) -> Option<Vec<String>> {
    let mut parts = inner.split("..");
    let (start, end) = (parts.next()?, parts.next()?);
    let increment = parts.next().map_or(Some(1), |step| step.parse().ok())?;
    let digits = |text: &str| text.trim_start_matches('-').len();
    let is_padded = |text: &str| digits(text) > 1 && text.trim_start_matches('-').starts_with('0');
    if parts.next().is_some() || !(is_padded(start) || is_padded(end)) {
        return None;
    }
    let width = start.len().max(end.len());
    let numbers = sequence(start.parse().ok()?, end.parse().ok()?, increment)?;
    let words: Vec<String> = numbers.iter().map(|number| format!("{number:0width$}")).collect();
    (words.len() > 1).then_some(words)
}

fn choices_of(member: &BraceExpressionMember) -> Option<Vec<String>> {
    match member {
        BraceExpressionMember::Child(parts) => words(parts),
        BraceExpressionMember::NumberSequence { start, end, increment } => {
            Some(sequence(*start, *end, *increment)?.iter().map(i64::to_string).collect())
        }
        BraceExpressionMember::CharSequence { start, end, increment } => {
            let codes = sequence(i64::from(u32::from(*start)), u32::from(*end).into(), *increment)?;
            let letter = |code: &i64| Some(char::from_u32(u32::try_from(*code).ok()?)?.to_string());
            codes.iter().map(letter).collect()
        }
    }
}

fn sequence(start: i64, end: i64, increment: i64) -> Option<Vec<i64>> {
    let step = increment.unsigned_abs().max(1);
    let count = start.abs_diff(end) / step;
    if count >= LIMIT as u64 {
        return None;
    }
    let at = |i: u64| {
        let offset = (i * step) as i64;
        if start <= end { start + offset } else { start - offset }
    };
    Some((0..=count).map(at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use brush_parser::{ParserOptions, word::parse_brace_expansions};

    fn expand(text: &str) -> Vec<String> {
        let parts = parse_brace_expansions(text, &ParserOptions::default()).unwrap().unwrap();
        words(&parts).unwrap()
    }

    #[test]
    fn every_choice_meets_every_other_in_order() {
        assert_eq!(expand("a{b,c}{1..2}"), ["ab1", "ab2", "ac1", "ac2"]);
        assert_eq!(expand("{x,y{1,2}}"), ["x", "y1", "y2"]);
    }

    #[test]
    fn sequences_count_down_and_in_steps() {
        assert_eq!(expand("{5..1..2}"), ["5", "3", "1"]);
        assert_eq!(expand("{c..a}"), ["c", "b", "a"]);
    }

    #[test]
    fn padded_numbers_keep_their_width() {
        assert_eq!(written_out("a{08..11}b").as_deref(), Some("a{08,09,10,11}b"));
        assert_eq!(written_out("{1..003}").as_deref(), Some("{001,002,003}"));
        assert_eq!(written_out("{1..3}{a,0}"), None);
    }

    #[test]
    fn a_sequence_without_an_end_in_sight_is_refused() {
        let parts = parse_brace_expansions("{1..99999999999}", &ParserOptions::default());
        assert_eq!(words(&parts.unwrap().unwrap()), None);
    }
}
