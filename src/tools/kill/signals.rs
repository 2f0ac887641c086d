//! Signals by name and number (signal(7)).

use nix::sys::signal::Signal;

/// The number of a signal by its name, with or without `SIG` and in either case, or by its number.
pub(in crate::tools) fn number(word: &str) -> Option<i32> {
    if let Ok(number) = word.parse() {
        return (0..=libc::SIGRTMAX()).contains(&number).then_some(number);
    }
    let name = word.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let real_time = |from: &str, sign: char, base: i32| {
        let offset: i32 = match name.strip_prefix(from)? {
            "" => 0,
            rest => rest.strip_prefix(sign)?.parse().ok()?,
        };
        let number = base.checked_add(if sign == '-' { offset.checked_neg()? } else { offset })?;
        (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&number).then_some(number)
    };
    match name {
        "EXIT" => Some(0),
        "CLD" => Some(libc::SIGCHLD),
        "IOT" => Some(libc::SIGABRT),
        "POLL" => Some(libc::SIGIO),
        _ => format!("SIG{name}")
            .parse::<Signal>()
            .map(|signal| signal as i32)
            .ok()
            .or_else(|| real_time("RTMIN", '+', libc::SIGRTMIN()))
            .or_else(|| real_time("RTMAX", '-', libc::SIGRTMAX())),
    }
}

/// The name of a signal without `SIG`; its number when it has none.
pub(in crate::tools) fn name(number: i32) -> String {
    match Signal::try_from(number) {
        Ok(signal) => signal.as_str().trim_start_matches("SIG").to_owned(),
        Err(_) if number == libc::SIGRTMIN() => "RTMIN".into(),
        Err(_) if number == libc::SIGRTMAX() => "RTMAX".into(),
        Err(_) if (libc::SIGRTMIN()..libc::SIGRTMAX()).contains(&number) => {
            format!("RTMIN+{}", number - libc::SIGRTMIN())
        }
        Err(_) => number.to_string(),
    }
}

/// Every number that a signal has.
pub(super) fn all() -> impl Iterator<Item = i32> {
    (1..=libc::SIGRTMAX()).filter(|n| Signal::try_from(*n).is_ok() || *n >= libc::SIGRTMIN())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_in_every_spelling() {
        for word in ["TERM", "SIGTERM", "term", "sigTerm", "15"] {
            assert_eq!(number(word), Some(15), "{word}");
        }
        assert_eq!(number("0"), Some(0));
        assert_eq!(number("RTMIN+2"), Some(libc::SIGRTMIN() + 2));
        assert_eq!(number("sigrtmax-1"), Some(libc::SIGRTMAX() - 1));
        for word in
            ["", "SIG", "NOSUCH", "RTMIN-1", "RTMIN+99", "RTMIN5", "RTMIN+é", "RTMINé", "99", "-1"]
        {
            assert_eq!(number(word), None, "{word}");
        }
    }

    #[test]
    fn every_signal_has_a_name_that_leads_back_to_it() {
        for signal in all() {
            assert_eq!(number(&name(signal)), Some(signal));
        }
    }
}
