//! Which sockets were asked for, and what of them.

use super::filter::Filter;
use super::socket::{self, Kind, Socket};
use crate::error::Result;
use crate::view::View;
use clap::ArgMatches;

/// Kinds and states of sockets, and the filter that was typed.
#[derive(Debug)]
pub(super) struct Selection {
    pub tcp: bool,
    pub udp: bool,
    pub raw: bool,
    pub unix: bool,
    pub v4: bool,
    pub v6: bool,
    /// Bit n for the kernel's state n (`include/net/tcp_states.h`).
    pub states: u32,
    filter: Option<Filter>,
    pub asked: Asked,
}

/// What is told of each socket on top of addresses and queues.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// `struct tcp_info`.
    pub info: bool,
    pub memory: bool,
    pub timer: bool,
    /// What was dropped at listeners.
    pub drops: bool,
}

impl Selection {
    /// What the flags say: those that both `ss` and `netstat` have.
    pub(super) fn new(matches: &ArgMatches) -> Selection {
        let flag = |name| matches.get_flag(name);
        let any_kind = ["tcp", "udp", "raw", "unix"].into_iter().any(flag);
        let any_family = flag("ipv4") || flag("ipv6");
        let states = match () {
            () if flag("all") => socket::ALL,
            () if flag("listening") => socket::LISTENING,
            () => socket::ALL & !socket::PASSING,
        };
        Selection {
            tcp: flag("tcp") || !any_kind,
            udp: flag("udp") || !any_kind,
            raw: flag("raw"),
            unix: flag("unix"),
            v4: flag("ipv4") || !any_family,
            v6: flag("ipv6") || !any_family,
            states,
            filter: None,
            asked: Asked::default(),
        }
    }

    /// The same, narrowed by the words of a filter. Those about states override the flags.
    pub(super) fn filtered(mut self, words: &[&[u8]], view: &View) -> Result<Selection> {
        let (states, filter) = Filter::parse(words, view)?;
        self.states = states.unwrap_or(self.states);
        self.filter = filter;
        Ok(self)
    }

    /// Every socket that a process may hold.
    pub(super) fn everything() -> Selection {
        Selection {
            tcp: true,
            udp: true,
            raw: true,
            unix: true,
            v4: true,
            v6: true,
            states: socket::ALL & !socket::PASSING,
            filter: None,
            asked: Asked::default(),
        }
    }

    /// The kinds of sockets asked for, with whether they are IPv6.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (Kind, bool)> {
        let inet = [(Kind::Udp, self.udp), (Kind::Raw, self.raw), (Kind::Tcp, self.tcp)];
        let (v4, v6) = (self.v4, self.v6);
        let families = move |kind| {
            [(kind, false, v4), (kind, true, v6)].into_iter().filter(|(.., wanted)| *wanted)
        };
        let inet =
            inet.into_iter().filter(|(_, wanted)| *wanted).flat_map(move |(k, _)| families(k));
        let unix = self.unix.then_some((Kind::Unix, false));
        unix.into_iter().chain(inet.map(|(kind, is_v6, _)| (kind, is_v6)))
    }

    /// Whether all rows are of one kind, so that it need not be named. Unix sockets are of several.
    pub(super) fn is_one_kind(&self) -> bool {
        !self.unix && [self.tcp, self.udp, self.raw].into_iter().filter(|kind| *kind).count() == 1
    }

    pub(super) fn fits(&self, socket: &Socket) -> bool {
        let state = u32::from(socket.state);
        state < 32
            && self.states & (1 << state) != 0
            && self.filter.as_ref().is_none_or(|filter| filter.fits(socket))
    }
}
