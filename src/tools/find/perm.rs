//! `-perm`: modes in octal or symbols, and how they are compared.

/// What the permission bits of a file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Perm {
    /// These and no others.
    Exactly(u32),
    /// All of these.
    All(u32),
    /// One of these; any file when there are none.
    Any(u32),
}

impl Perm {
    /// Whether a `st_mode` fits.
    pub(super) fn fits(self, mode: u32) -> bool {
        match self {
            Perm::Exactly(bits) => mode & 0o7777 == bits,
            Perm::All(bits) => mode & bits == bits,
            Perm::Any(bits) => bits == 0 || mode & bits != 0,
        }
    }

    /// Parses `644`, `-u+s,g=w`, `/222` and the like. Symbols start from no bits at all.
    pub(super) fn parse(word: &str) -> Option<Perm> {
        let (kind, mode): (fn(u32) -> Perm, &str) = match word.split_at_checked(1)? {
            ("-", mode) => (Perm::All, mode),
            ("/", mode) => (Perm::Any, mode),
            _ => (Perm::Exactly, word),
        };
        if mode.bytes().all(|b| b.is_ascii_digit()) {
            return u32::from_str_radix(mode, 8).ok().filter(|bits| *bits <= 0o7777).map(kind);
        }
        mode.split(',').try_fold(0, clause).map(kind)
    }
}

/// Applies one clause, such as `ug+rw`, to `bits`.
fn clause(bits: u32, clause: &str) -> Option<u32> {
    let at = clause.find(['+', '-', '='])?;
    let (who, change) = clause.split_at(at);
    let who = who.chars().try_fold(0, |mask, c| {
        Some(
            mask | match c {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            },
        )
    })?;
    let who = if who == 0 { 0o7777 } else { who };
    let mask = change[1..].chars().try_fold(0, |mask, c| {
        Some(
            mask | match c {
                'r' => 0o444 & who,
                'w' => 0o222 & who,
                'x' => 0o111 & who,
                's' => 0o6000 & who,
                // The sticky bit belongs to all, whoever is named.
                't' => 0o1000,
                _ => return None,
            },
        )
    })?;
    Some(match change.as_bytes().first() {
        Some(b'-') => bits & !mask,
        Some(b'=') => bits & !who | mask,
        _ => bits | mask,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_in_octal_and_in_symbols() {
        for (word, perm) in [
            ("644", Some(Perm::Exactly(0o644))),
            ("-4000", Some(Perm::All(0o4000))),
            ("/u+s,g+s", Some(Perm::Any(0o6000))),
            ("-u+s", Some(Perm::All(0o4000))),
            ("-o+w", Some(Perm::All(0o002))),
            ("u=rw,go=r", Some(Perm::Exactly(0o644))),
            ("a+x,u-x", Some(Perm::Exactly(0o011))),
            ("+t", Some(Perm::Exactly(0o1000))),
            ("8", None),
            ("77777", None),
            ("u+q", None),
            ("", None),
        ] {
            assert_eq!(Perm::parse(word), perm, "{word}");
        }
    }
}
