//! The options of `set` and `shopt`.

/// What `set` turns on and off.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub errexit: bool,
    pub nounset: bool,
    pub xtrace: bool,
    pub verbose: bool,
    pub noglob: bool,
    pub noexec: bool,
    pub allexport: bool,
    pub pipefail: bool,
    pub nullglob: bool,
    pub dotglob: bool,
    pub nocasematch: bool,
    pub nocaseglob: bool,
    pub failglob: bool,
    pub globstar: bool,
    pub expand_aliases: bool,
}

/// Where an option is kept.
type Place = fn(&mut Options) -> &mut bool;

/// Letter, name, and place of each option of `set`.
pub(super) const SET: [(Option<char>, &str, Place); 8] = [
    (Some('a'), "allexport", |o| &mut o.allexport),
    (Some('e'), "errexit", |o| &mut o.errexit),
    (Some('n'), "noexec", |o| &mut o.noexec),
    (Some('f'), "noglob", |o| &mut o.noglob),
    (Some('u'), "nounset", |o| &mut o.nounset),
    (None, "pipefail", |o| &mut o.pipefail),
    (Some('v'), "verbose", |o| &mut o.verbose),
    (Some('x'), "xtrace", |o| &mut o.xtrace),
];

/// Name and place of each option of `shopt`.
pub(super) const SHOPT: [(&str, Place); 7] = [
    ("dotglob", |o| &mut o.dotglob),
    ("expand_aliases", |o| &mut o.expand_aliases),
    ("failglob", |o| &mut o.failglob),
    ("globstar", |o| &mut o.globstar),
    ("nocaseglob", |o| &mut o.nocaseglob),
    ("nocasematch", |o| &mut o.nocasematch),
    ("nullglob", |o| &mut o.nullglob),
];

impl Options {
    /// The option called `name`, or by its letter.
    pub(super) fn named(&mut self, name: &str) -> Option<&mut bool> {
        let (.., place) = SET.iter().find(|(_, long, _)| *long == name)?;
        Some(place(self))
    }

    pub(super) fn lettered(&mut self, letter: char) -> Option<&mut bool> {
        let (.., place) = SET.iter().find(|(short, ..)| *short == Some(letter))?;
        Some(place(self))
    }

    /// What `$-` shows.
    pub(super) fn flags(&self) -> String {
        let mut copy = self.clone();
        let on = SET.iter().filter_map(|(letter, _, place)| letter.filter(|_| *place(&mut copy)));
        on.collect()
    }
}
