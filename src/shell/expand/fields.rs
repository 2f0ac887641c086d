//! The words that one word expands to: text, which parts of it were quoted, and where IFS split it.

use super::pattern;
use crate::shell::vars::Bytes;
use std::ops::Range;

/// One expanded word, before file names are matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::shell) struct Field {
    pub text: Bytes,
    quoted: Vec<Range<usize>>,
}

impl Field {
    fn push(&mut self, text: &[u8], quoted: bool) {
        if quoted && !text.is_empty() {
            let start = self.text.len();
            match self.quoted.last_mut() {
                Some(last) if last.end == start => last.end += text.len(),
                _ => self.quoted.push(start..start + text.len()),
            }
        }
        self.text.extend_from_slice(text);
    }

    /// The runs of text with whether each was quoted.
    pub(in crate::shell) fn runs(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let mut at = 0;
        let ends = self.quoted.iter().flat_map(|r| [(r.start, false), (r.end, true)]);
        ends.chain([(self.text.len(), false)]).filter_map(move |(end, quoted)| {
            let run = &self.text[at..end];
            at = end;
            (!run.is_empty()).then_some((run, quoted))
        })
    }

    /// Whether a part that was not quoted could match file names.
    pub(in crate::shell) fn is_pattern(&self) -> bool {
        if !self.text.iter().any(|b| b"*?[@!+".contains(b)) {
            return false;
        }
        let unquoted: Vec<&[u8]> = self.runs().filter(|(_, q)| !q).map(|(run, _)| run).collect();
        pattern::is_special(&unquoted.concat())
    }

    /// As the text of a pattern, in which what was quoted matches itself.
    pub(in crate::shell) fn pattern(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.text.len());
        for (run, quoted) in self.runs() {
            if quoted {
                pattern::escape(run, &mut out);
            } else {
                out.extend_from_slice(run);
            }
        }
        out
    }
}

/// How values are split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::shell) struct Ifs(Bytes);

impl Ifs {
    pub(in crate::shell) fn new(value: Option<&Bytes>) -> Ifs {
        Ifs(value.map_or_else(|| b" \t\n".to_vec(), Clone::clone))
    }

    /// What `"$*"` puts between the words.
    pub(in crate::shell) fn joiner(&self) -> &[u8] {
        self.0.get(..1).unwrap_or_default()
    }

    /// Whether joining words by [`Ifs::joiner`] and splitting them again keeps empty ones.
    pub(in crate::shell) fn joins_hard(&self) -> bool {
        self.0.first().is_some_and(|byte| self.is_hard(*byte))
    }

    pub(in crate::shell) fn is_white(&self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t' | b'\n') && self.0.contains(&byte)
    }

    pub(in crate::shell) fn is_hard(&self, byte: u8) -> bool {
        !matches!(byte, b' ' | b'\t' | b'\n') && self.0.contains(&byte)
    }
}

/// Collects fields while a word expands.
#[derive(Debug)]
pub(in crate::shell) struct Fields {
    done: Vec<Field>,
    current: Option<Field>,
    /// `None`: nothing is split, and one field comes out.
    ifs: Option<Ifs>,
}

impl Fields {
    pub(in crate::shell) fn new(ifs: Option<Ifs>) -> Fields {
        Fields { done: Vec::new(), current: None, ifs }
    }

    /// Text of the script, not quoted: it is not split.
    pub(in crate::shell) fn literal(&mut self, text: &[u8]) {
        if !text.is_empty() {
            self.current.get_or_insert_default().push(text, false);
        }
    }

    /// Quoted text. Even none of it makes a word.
    pub(in crate::shell) fn quoted(&mut self, text: &[u8]) {
        self.current.get_or_insert_default().push(text, true);
    }

    /// A value that was not quoted: split by IFS.
    pub(in crate::shell) fn value(&mut self, text: &[u8]) {
        let Some(ifs) = self.ifs.take() else { return self.literal(text) };
        let white = |at: usize| text[at..].iter().take_while(|b| ifs.is_white(**b)).count();
        let mut at = 0;
        while at < text.len() {
            let skip = white(at);
            at += skip;
            if text.get(at).is_some_and(|b| ifs.is_hard(*b)) {
                self.done.push(self.current.take().unwrap_or_default());
                at += 1;
                at += white(at);
            } else if skip > 0 {
                self.done.extend(self.current.take());
            } else {
                let run = text[at..].iter().take_while(|b| !ifs.is_white(**b) && !ifs.is_hard(**b));
                let end = at + run.count();
                self.literal(&text[at..end]);
                at = end;
            }
        }
        self.ifs = Some(ifs);
    }

    /// The boundary between two of `"$@"`.
    pub(in crate::shell) fn separate(&mut self) {
        if self.ifs.is_some() {
            self.done.extend(self.current.take());
        } else {
            self.quoted(b" ");
        }
    }

    pub(in crate::shell) fn splits(&self) -> bool {
        self.ifs.is_some()
    }

    pub(in crate::shell) fn finish(mut self) -> Vec<Field> {
        self.done.extend(self.current.take());
        self.done
    }

    /// The one field of a word that was not split.
    pub(in crate::shell) fn finish_one(self) -> Field {
        self.current.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(ifs: &str, value: &str) -> Vec<String> {
        let mut fields = Fields::new(Some(Ifs(ifs.into())));
        fields.value(value.as_bytes());
        fields.finish().iter().map(|f| String::from_utf8_lossy(&f.text).into_owned()).collect()
    }

    #[test]
    fn blanks_run_together_and_other_separators_do_not() {
        assert_eq!(split(" \t\n", "  a  b "), ["a", "b"]);
        assert_eq!(split(":", "a::b:"), ["a", "", "b"]);
        assert_eq!(split(" :", " : a : b"), ["", "a", "b"]);
        assert_eq!(split("", "a b"), ["a b"]);
    }

    #[test]
    fn what_was_quoted_matches_only_itself() {
        let mut fields = Fields::new(None);
        fields.literal(b"*");
        fields.quoted(b"*");
        let field = fields.finish_one();
        assert_eq!(field.pattern(), b"*\\*");
        assert!(field.is_pattern());
    }
}
