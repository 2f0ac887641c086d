//! `ip -s`: what went through a link (`struct rtnl_link_stats64` of `<linux/if_link.h>`).

use super::Style;
use crate::tools::netlink::{Attributes, u64_at};
use serde::Serialize;
use std::fmt::Write;

/// Counters of one link since it was made.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Statistics {
    received: Direction,
    sent: Direction,
}

/// One direction.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Direction {
    bytes: u64,
    packets: u64,
    errors: u64,
    dropped: u64,
    /// Received: what found no room. Sent: failures of the carrier.
    missed: u64,
    /// Received: multicast packets. Sent: collisions.
    multicast_or_collisions: u64,
    compressed: u64,
    /// Received: wrong length, checksum, frame, FIFO overrun, ring overrun. Sent: aborted, FIFO underrun, late
    /// collision, heartbeat, changes of the carrier.
    details: [u64; 5],
}

impl Statistics {
    /// From a link's attributes; `None` when it has none.
    pub(super) fn parse(attributes: Attributes<'_>) -> Option<Statistics> {
        let bytes = attributes.get(libc::IFLA_STATS64)?;
        let at = |index: usize| u64_at(bytes, index * 8).unwrap_or(0);
        let changes = u64::from(attributes.u32(libc::IFLA_CARRIER_CHANGES).unwrap_or(0));
        let received = Direction {
            packets: at(0),
            bytes: at(2),
            errors: at(4),
            dropped: at(6),
            missed: at(15),
            multicast_or_collisions: at(8),
            compressed: at(21),
            details: [at(10), at(12), at(13), at(14), at(11)],
        };
        let sent = Direction {
            packets: at(1),
            bytes: at(3),
            errors: at(5),
            dropped: at(7),
            missed: at(17),
            multicast_or_collisions: at(9),
            compressed: at(22),
            details: [at(16), at(18), at(20), at(19), changes],
        };
        Some(Statistics { received, sent })
    }

    /// Two tables, whose columns are as wide as the widest number of either.
    pub(super) fn text(&self, style: Style, out: &mut String) {
        let mut widths = [10, 7, 6, 7, 7, 7, 10];
        for direction in [&self.received, &self.sent] {
            widen(&mut widths, &direction.first());
            if style.statistics > 1 {
                widen(widths.get_mut(1..).unwrap_or_default(), &direction.details);
            }
        }
        self.received.text(
            style,
            "RX",
            &widths,
            ["missed", "mcast"],
            ["length", "crc", "frame", "fifo", "overrun"],
            out,
        );
        self.sent.text(
            style,
            "TX",
            &widths,
            ["carrier", "collsns"],
            ["aborted", "fifo", "window", "heartbt", "transns"],
            out,
        );
    }
}

impl Direction {
    fn first(&self) -> [u64; 7] {
        [
            self.bytes,
            self.packets,
            self.errors,
            self.dropped,
            self.missed,
            self.multicast_or_collisions,
            self.compressed,
        ]
    }

    fn text(
        &self,
        style: Style,
        name: &str,
        widths: &[usize; 7],
        columns: [&str; 2],
        details: [&str; 5],
        out: &mut String,
    ) {
        let [bytes, packets, errors, dropped, fifth, sixth, seventh] = *widths;
        let (compressed, last) = match self.compressed {
            0 => ("", None),
            count => ("compressed", Some(count)),
        };
        let [missed, multicast] = columns;
        let newline = style.newline();
        let first = bytes.saturating_sub(4);
        let _ = write!(out, "{newline}    {name}: {:>first$} {:>packets$} ", "bytes", "packets");
        let _ = write!(out, "{:>errors$} {:>dropped$} ", "errors", "dropped");
        let _ = write!(out, "{missed:>fifth$} {multicast:>sixth$} {compressed:>seventh$}");
        let _ = write!(out, "{newline}    ");
        let numbers = self.first();
        let shown = numbers.iter().take(6).chain(last.as_ref());
        for (number, width) in shown.zip(widths) {
            let _ = write!(out, "{number:>width$} ");
        }
        if style.statistics < 2 {
            return;
        }
        let first = bytes.saturating_sub(10);
        let _ = write!(out, "{newline}    {name} errors:{:first$} ", "");
        let shown = details.iter().zip(widths.iter().skip(1));
        let columns = shown.map(|(column, width)| format!("{column:>width$}"));
        out.push_str(&columns.collect::<Vec<_>>().join(" "));
        let first = bytes.saturating_add(5);
        let _ = write!(out, "{newline}{:first$}", "");
        for (number, width) in self.details.iter().zip(widths.iter().skip(1)) {
            let _ = write!(out, "{number:>width$} ");
        }
    }
}

fn widen(widths: &mut [usize], numbers: &[u64]) {
    for (width, number) in widths.iter_mut().zip(numbers) {
        *width = (*width).max(number.to_string().len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::netlink;

    #[test]
    fn counters_wider_than_their_columns_widen_those_of_both_directions() {
        let mut stats = [0u64; 24];
        (stats[0], stats[3], stats[21]) = (1_234_567_890, 12_345_678_901_234, 5);
        let mut body = Vec::new();
        let bytes: Vec<u8> = stats.iter().flat_map(|number| number.to_ne_bytes()).collect();
        netlink::push_attribute(&mut body, libc::IFLA_STATS64, &bytes);
        let mut out = String::new();
        let statistics = Statistics::parse(Attributes::new(&body)).unwrap();
        statistics.text(Style::default(), &mut out);
        let expected = "\n    RX:      bytes    packets errors dropped  missed   mcast compressed\
                        \n                 0 1234567890      0       0       0       0          5 \
                        \n    TX:      bytes    packets errors dropped carrier collsns           \
                        \n    12345678901234          0      0       0       0       0 ";
        assert_eq!(out, expected);
    }

    #[test]
    fn counters_that_are_cut_are_zero() {
        let mut body = Vec::new();
        netlink::push_attribute(&mut body, libc::IFLA_STATS64, &[1, 0, 0]);
        let statistics = Statistics::parse(Attributes::new(&body)).unwrap();
        assert_eq!(statistics.received.packets, 0);
        assert!(Statistics::parse(Attributes::new(&[])).is_none());
    }
}
