//! The BSD spellings of `ps`, turned into options: `aux`, `axf`, `o pid,args`, `7`.

use std::ffi::OsString;

/// Turns words without a dash into options; what it does not know it leaves for clap to name.
pub(super) fn rewrite(words: Vec<OsString>) -> Vec<OsString> {
    let mut out = Vec::new();
    let mut is_value = false;
    for word in words {
        let text = word.to_str().unwrap_or_default();
        // `-aux` is no UNIX spelling, but hands type it and procps takes it.
        let bsd = text
            .strip_prefix('-')
            .filter(|rest| rest.starts_with("aux") || rest.starts_with("ax"))
            .unwrap_or(text);
        if std::mem::take(&mut is_value) {
            out.push(word);
        } else if bsd.starts_with('-') {
            is_value = takes_value(bsd);
            out.push(word);
        } else if let Some(options) = options(bsd) {
            is_value = options.last().is_some_and(|option| takes_value(option));
            out.extend(options.iter().map(OsString::from));
        } else {
            out.push(word);
        }
    }
    out
}

/// Whether the word after this option belongs to it.
fn takes_value(option: &str) -> bool {
    match option.strip_prefix("--") {
        Some(long) => matches!(
            long,
            "sort"
                | "format"
                | "pid"
                | "ppid"
                | "sid"
                | "user"
                | "User"
                | "Group"
                | "group"
                | "command-name"
                | "tty"
        ),
        // The first of these in a cluster takes what is left of the word, or the next word.
        None => {
            option.find(['o', 'p', 'q', 's', 'u', 'U', 'G', 'C', 't']) == Some(option.len() - 1)
        }
    }
}

fn options(word: &str) -> Option<Vec<&str>> {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(vec!["-p", word]);
    }
    let last = word.len().checked_sub(1)?;
    let letter = |(i, letter): (usize, char)| match letter {
        'a' | 'x' | 'e' => Some("-e"),
        'u' => Some("--usage"),
        'f' => Some("--forest"),
        'l' => Some("-l"),
        'H' | 'm' => Some("-L"),
        'w' => Some("-w"),
        'h' => Some("--no-headers"),
        'r' => Some("-r"),
        'j' => Some("-j"),
        'o' if i == last => Some("-o"),
        'k' if i == last => Some("--sort"),
        'U' if i == last => Some("-u"),
        't' if i == last => Some("-t"),
        'p' if i == last => Some("-p"),
        _ => None,
    };
    word.char_indices().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(line: &str) -> String {
        let words = rewrite(line.split(' ').map(OsString::from).collect());
        words.join(" ".as_ref()).into_string().unwrap()
    }

    #[test]
    fn bsd_words_become_options() {
        assert_eq!(rewritten("auxf"), "-e --usage -e --forest");
        assert_eq!(rewritten("-aux"), "-e --usage -e");
        assert_eq!(rewritten("ax o pid,args"), "-e -e -o pid,args");
        assert_eq!(rewritten("7,8"), "-p 7,8");
    }

    #[test]
    fn values_and_unknown_words_stay_as_they_are() {
        assert_eq!(rewritten("-eo uxa --sort rss"), "-eo uxa --sort rss");
        assert_eq!(rewritten("-p 7 aux"), "-p 7 -e --usage -e");
        assert_eq!(rewritten("web"), "web");
    }
}
