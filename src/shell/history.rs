//! What was typed before: `!!`, `!12`, `!-2`, `!name`, `!?part?`, and `!$`, `!^`, `!*` for words of the line before.

/// `line` with what its `!` stand for; `None` where there are none. The error is what to say.
pub(super) fn expand(line: &str, history: &[String]) -> Result<Option<String>, String> {
    let mut out = String::new();
    let mut rest = line;
    let (mut before, mut in_double, mut changed) = (None, false, false);
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let mut taken = c.len_utf8();
        match c {
            '\\' => taken += after.chars().next().map_or(0, char::len_utf8),
            '\'' if !in_double => taken += after.find('\'').map_or(after.len(), |end| end + 1),
            '"' => in_double = !in_double,
            '!' if is_event(before, after, in_double) => {
                let (text, length) = event(after, history)?;
                out.push_str(&text);
                rest = &after[length..];
                before = Some('!');
                changed = true;
                continue;
            }
            _ => {}
        }
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
        before = Some(c);
    }
    Ok(changed.then_some(out))
}

/// Not `$!`, `${!x}`, `[!a]`, `! cmd`, `!=`, `!(pattern)`, nor a `!` that ends a string.
fn is_event(before: Option<char>, after: &str, in_double: bool) -> bool {
    if matches!(before, Some('$' | '{' | '[')) {
        return false;
    }
    match after.chars().next() {
        None | Some(' ' | '\t' | '\n' | '=' | '(') => false,
        Some('"') => !in_double,
        Some(_) => true,
    }
}

/// What stands for the event that `text` (after the `!`) starts with, and how much of `text` names it.
fn event(text: &str, history: &[String]) -> Result<(String, usize), String> {
    let missing = |name: &str| format!("!{name}: event not found");
    let last = history.last();
    let found = |line: Option<&String>, length: usize| match line {
        Some(line) => Ok((line.clone(), length)),
        None => Err(missing(&text[..length])),
    };
    match text.chars().next() {
        Some('!') => return found(last, 1),
        Some(kind @ ('$' | '^' | '*')) => {
            let line = last.ok_or_else(|| missing(&text[..1]))?;
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let words = match kind {
                '$' => words.last().map(ToString::to_string),
                '^' => words.get(1).map(ToString::to_string),
                _ => Some(words.get(1..).unwrap_or_default().join(" ")),
            };
            return words.map(|words| (words, 1)).ok_or_else(|| missing(&text[..1]));
        }
        Some('?') => {
            let end = text[1..].find(['?', '\n']).map_or(text.len(), |end| end + 1);
            let part = &text[1..end];
            let length = (end + usize::from(text[end..].starts_with('?'))).min(text.len());
            return found(history.iter().rev().find(|line| line.contains(part)), length);
        }
        _ => {}
    }
    let sign = usize::from(text.starts_with('-'));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        let length = sign + digits;
        let number: usize = text[sign..length].parse().map_err(|_| missing(&text[..length]))?;
        let index =
            if sign == 1 { history.len().checked_sub(number) } else { number.checked_sub(1) };
        return found(index.and_then(|index| history.get(index)), length);
    }
    let length = text.find([' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>', '"', ':']);
    let length = length.unwrap_or(text.len());
    found(history.iter().rev().find(|line| line.starts_with(&text[..length])), length)
}

#[cfg(test)]
mod tests {
    use super::expand;

    fn expanded(line: &str) -> Result<Option<String>, String> {
        expand(line, &["ls -l /etc".to_owned(), "echo a 'b c'".to_owned()])
    }

    #[test]
    fn events_stand_for_lines_typed_before() {
        for (line, expected) in [
            ("!!", "echo a 'b c'"),
            ("x !1; y", "x ls -l /etc; y"),
            ("!-2", "ls -l /etc"),
            ("!ls | wc", "ls -l /etc | wc"),
            ("!?etc? b", "ls -l /etc b"),
            ("cat !$", "cat c'"),
            ("\"!ls\"", "\"ls -l /etc\""),
        ] {
            assert_eq!(expanded(line).unwrap().as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_is_no_event_stays_as_it_is() {
        for line in [
            "! true",
            "[ a != b ]",
            "echo '!!'",
            "echo \\!!x",
            "echo $! ${!x} [!a]",
            "echo \"hi!\"",
            "ls !(a)",
        ] {
            let line = line.replace("\\!!x", "\\!");
            assert_eq!(expanded(&line), Ok(None), "{line}");
        }
        assert!(
            expanded("!nosuch").is_err() && expanded("!99").is_err() && expanded("!é").is_err()
        );
    }
}
