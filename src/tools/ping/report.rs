//! What `ping` tells: its facts, and the numbers and words in which iputils puts them.

use crate::tools::icmp::Lost;
use nix::errno::Errno;
use serde::Serialize;

/// What came of it.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Pinged {
    /// As it was typed.
    pub(super) host: crate::output::Text,
    pub(super) address: String,
    pub(super) transmitted: u64,
    pub(super) received: u64,
    pub(super) duplicates: u64,
    pub(super) errors: u64,
    pub(super) loss_percent: f64,
    pub(super) min_seconds: Option<f64>,
    pub(super) avg_seconds: Option<f64>,
    pub(super) max_seconds: Option<f64>,
    pub(super) mdev_seconds: Option<f64>,
    /// The first 4096.
    pub(super) replies: Vec<Answer>,
}

/// One answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Answer {
    pub(super) sequence: u16,
    pub(super) from: Option<String>,
    /// Why the request did not arrive; `null` for a reply.
    pub(super) error: Option<String>,
    pub(super) size_bytes: Option<usize>,
    pub(super) ttl: Option<u8>,
    pub(super) seconds: Option<f64>,
    pub(super) is_duplicate: bool,
}

/// Round-trip times in microseconds.
#[derive(Default)]
pub(super) struct Times {
    pub(super) number: u64,
    pub(super) least: u64,
    pub(super) most: u64,
    pub(super) sum: u64,
    pub(super) squares: u128,
}

impl Times {
    pub(super) fn add(&mut self, micros: u64) {
        self.least = if self.number == 0 { micros } else { self.least.min(micros) };
        self.most = self.most.max(micros);
        self.number += 1;
        self.sum = self.sum.saturating_add(micros);
        self.squares = self.squares.saturating_add(u128::from(micros) * u128::from(micros));
    }

    pub(super) fn average(&self) -> u64 {
        self.sum / self.number.max(1)
    }

    pub(super) fn deviation(&self) -> u64 {
        let number = u128::from(self.number.max(1));
        let sum = u128::from(self.sum);
        (self.squares.saturating_sub(sum.saturating_mul(sum) / number) / number).isqrt() as u64
    }
}

/// Three digits that count, as iputils has them.
pub(super) fn milliseconds(micros: u64) -> String {
    let (whole, rest) = (micros / 1000, micros % 1000);
    match micros {
        0..1000 => format!("{whole}.{rest:03}"),
        1000..10_000 => format!("{whole}.{:02}", rest / 10),
        10_000..100_000 => format!("{whole}.{:01}", rest / 100),
        _ => whole.to_string(),
    }
}

/// As `%g` of printf(3).
pub(super) fn percent(number: f64) -> String {
    let digits = if number >= 10.0 { 4 } else { 5 };
    let text = format!("{number:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What iputils calls it.
pub(super) fn words(lost: &Lost, is_v6: bool) -> String {
    let known = match (is_v6, lost.kind, lost.code) {
        (false, 3, 0) => "Destination Net Unreachable",
        (false, 3, 1) => "Destination Host Unreachable",
        (false, 3, 2) => "Destination Protocol Unreachable",
        (false, 3, 3) => "Destination Port Unreachable",
        (false, 3, 13) => "Packet filtered",
        (false, 11, 0) | (true, 3, 0) => "Time to live exceeded",
        (true, 1, 0) => "Destination unreachable: No route",
        (true, 1, 1) => "Destination unreachable: Administratively prohibited",
        (true, 1, 3) => "Destination unreachable: Address unreachable",
        (true, 1, 4) => "Destination unreachable: Port unreachable",
        _ => return crate::error::reason(Errno::from_raw(lost.errno)),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_iputils_does() {
        assert_eq!([37, 1234, 12_345, 123_456].map(milliseconds), ["0.037", "1.23", "12.3", "123"]);
        assert_eq!(
            [0.0, 100.0, 100.0 / 3.0, 50.0, 2.5].map(percent),
            ["0", "100", "33.3333", "50", "2.5"]
        );
    }
}
