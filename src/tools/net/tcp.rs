//! What the kernel knows of a TCP connection: `struct tcp_info` (`include/uapi/linux/tcp.h`), in the words of `ss -i`.

use super::sock_diag::number;
use crate::output::Text;
use serde::Serialize;
use std::fmt::Write;

/// What a field is read as: a number in the machine's byte order, `None` past the end of what the kernel gave.
trait Read: Sized {
    fn read(bytes: &[u8], at: usize) -> Option<Self>;
}

macro_rules! read {
    ($($kind:ty)*) => {$(
        impl Read for $kind {
            fn read(bytes: &[u8], at: usize) -> Option<$kind> {
                number(bytes, at).map(<$kind>::from_ne_bytes)
            }
        }
    )*};
}
read!(u8 u32 u64);

/// A field a line: its offset, name and type. What an older kernel does not have is `None`.
macro_rules! fields {
    ($($(#[$doc:meta])* $at:literal $name:ident: $kind:ty,)*) => {
        /// The fields of `struct tcp_info`, by their names there and a unit; `null` where the kernel has none.
        #[derive(Debug, Default, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub(super) struct Fields {
            $($(#[$doc])* $name: Option<$kind>,)*
        }

        impl Fields {
            fn parse(bytes: &[u8]) -> Fields {
                Fields { $($name: <$kind>::read(bytes, $at),)* }
            }
        }
    };
}

fields! {
    /// How often the retransmission timeout was doubled.
    4 backoff: u8,
    /// The retransmission timeout.
    8 rto_microseconds: u32,
    /// The delay of acknowledgements.
    12 ato_microseconds: u32,
    16 snd_mss_bytes: u32,
    20 rcv_mss_bytes: u32,
    /// Segments that are not acknowledged; of a listener, connections that wait.
    24 unacked: u32,
    /// Segments acknowledged out of order; of a listener, how many connections may wait.
    28 sacked: u32,
    /// Segments taken for lost.
    32 lost: u32,
    /// Segments sent again and not acknowledged.
    36 retrans: u32,
    40 fackets: u32,
    44 last_data_sent_milliseconds: u32,
    52 last_data_recv_milliseconds: u32,
    56 last_ack_recv_milliseconds: u32,
    60 pmtu_bytes: u32,
    64 rcv_ssthresh_bytes: u32,
    /// The round trip time, smoothed.
    68 rtt_microseconds: u32,
    /// How much it varies.
    72 rttvar_microseconds: u32,
    /// Segments; 2147483647 is no threshold yet.
    76 snd_ssthresh: u32,
    /// The congestion window in segments.
    80 snd_cwnd: u32,
    84 advmss_bytes: u32,
    /// By how many segments the network was seen to reorder; 3 at first.
    88 reordering: u32,
    92 rcv_rtt_microseconds: u32,
    96 rcv_space_bytes: u32,
    /// Segments sent again so far.
    100 total_retrans: u32,
    104 pacing_rate_bytes_per_second: u64,
    /// 18446744073709551615 is no limit.
    112 max_pacing_rate_bytes_per_second: u64,
    120 bytes_acked: u64,
    128 bytes_received: u64,
    136 segs_out: u32,
    140 segs_in: u32,
    /// Bytes written that have yet to be sent.
    144 notsent_bytes: u32,
    /// The least round trip time; 4294967295 is none yet.
    148 min_rtt_microseconds: u32,
    152 data_segs_in: u32,
    156 data_segs_out: u32,
    160 delivery_rate_bytes_per_second: u64,
    /// How long there was something to send.
    168 busy_microseconds: u64,
    /// Of that, how long the peer's window held it up.
    176 rwnd_limited_microseconds: u64,
    /// Of that, how long the send buffer did.
    184 sndbuf_limited_microseconds: u64,
    192 delivered: u32,
    /// Of these, with marks of congestion.
    196 delivered_ce: u32,
    200 bytes_sent: u64,
    208 bytes_retrans: u64,
    216 dsack_dups: u32,
    220 reord_seen: u32,
    224 rcv_ooopack: u32,
    /// The peer's window.
    228 snd_wnd_bytes: u32,
}

/// What `ss -i` tells of a TCP socket.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct TcpInfo {
    /// The congestion control algorithm.
    congestion: Option<Text>,
    /// Options that both ends agreed on, as `ss` names them: `ts`, `sack`, `ecn`, `ecnseen`, `fastopen`, `usec_ts`.
    options: Vec<&'static str>,
    /// The scales of the two windows, ours and the peer's, where both ends agreed on some.
    snd_wscale: Option<u8>,
    rcv_wscale: Option<u8>,
    /// Whether the delivery rate was bounded by the application and not by the network.
    app_limited: Option<bool>,
    #[serde(flatten)]
    fields: Fields,
    /// Where the algorithm is BBR.
    #[serde(skip_serializing_if = "Option::is_none")]
    bbr: Option<Bbr>,
}

/// The model of the path that BBR has (`struct tcp_bbr_info`).
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Bbr {
    bandwidth_bytes_per_second: u64,
    min_rtt_microseconds: u32,
    /// Times 256, as the next.
    pacing_gain: u32,
    cwnd_gain: u32,
}

impl Bbr {
    pub(super) fn parse(bytes: &[u8]) -> Option<Bbr> {
        let word = |i: usize| u32::read(bytes, 4 * i);
        Some(Bbr {
            bandwidth_bytes_per_second: u64::from(word(1)?) << 32 | u64::from(word(0)?),
            min_rtt_microseconds: word(2)?,
            pacing_gain: word(3)?,
            cwnd_gain: word(4)?,
        })
    }
}

/// The bits of `tcpi_options` (`TCPI_OPT_…`) in the order of `ss`.
const OPTIONS: [(u8, &str); 6] =
    [(1, "ts"), (64, "usec_ts"), (2, "sack"), (8, "ecn"), (16, "ecnseen"), (32, "fastopen")];
const WSCALE: u8 = 4;

impl TcpInfo {
    /// `bytes` is what the kernel gave, which may be shorter than all fields or longer.
    pub(super) fn parse(bytes: &[u8], congestion: Option<&[u8]>, bbr: Option<&[u8]>) -> TcpInfo {
        let options = bytes.get(5).copied().unwrap_or(0);
        let scales = bytes.get(6).copied().filter(|_| options & WSCALE != 0);
        // Two bit fields of four bits each, the first at the low end where bytes are little-endian.
        let (low, high) = (scales.map(|byte| byte & 15), scales.map(|byte| byte >> 4));
        let (snd_wscale, rcv_wscale, limited) =
            if cfg!(target_endian = "little") { (low, high, 1) } else { (high, low, 0x80) };
        let names = OPTIONS.iter().filter(|(bit, _)| options & bit != 0).map(|(_, name)| *name);
        TcpInfo {
            congestion: congestion.map(Text::from),
            options: names.collect(),
            snd_wscale,
            rcv_wscale,
            app_limited: bytes.get(7).map(|byte| byte & limited != 0),
            fields: Fields::parse(bytes),
            bbr: bbr.and_then(Bbr::parse),
        }
    }

    /// In the order and by the names of iproute2, which leaves out most of what is zero. Rates are exact, as by `-n`.
    pub(super) fn write(&self, with_options: bool, is_listener: bool, out: &mut String) {
        if with_options {
            self.options.iter().for_each(|name| word(name, out));
        }
        if let Some(name) = &self.congestion {
            word(&name.visible(), out);
        }
        if let (Some(snd), Some(rcv)) = (self.snd_wscale, self.rcv_wscale) {
            let _ = write!(out, " wscale:{snd},{rcv}");
        }
        self.write_state(out);
        self.write_traffic(out);
        self.write_rates(out);
        self.write_troubles(is_listener, out);
        self.write_windows(out);
    }

    fn write_state(&self, out: &mut String) {
        let f = &self.fields;
        // Three seconds is what no measurement has changed.
        thousandth("rto:", f.rto_microseconds.filter(|rto| *rto != 3_000_000), out);
        count("backoff:", f.backoff, out);
        if let Some(rtt) = f.rtt_microseconds.filter(|rtt| *rtt != 0) {
            thousandth("rtt:", Some(rtt), out);
            out.push('/');
            general(f64::from(f.rttvar_microseconds.unwrap_or(0)) / 1000.0, out);
        }
        thousandth("ato:", f.ato_microseconds, out);
        count("mss:", f.snd_mss_bytes, out);
        count("pmtu:", f.pmtu_bytes, out);
        count("rcvmss:", f.rcv_mss_bytes, out);
        count("advmss:", f.advmss_bytes, out);
        count("cwnd:", f.snd_cwnd, out);
        count("ssthresh:", f.snd_ssthresh.filter(|segments| *segments < 0xffff), out);
    }

    fn write_traffic(&self, out: &mut String) {
        let f = &self.fields;
        let bytes = [f.bytes_sent, f.bytes_retrans, f.bytes_acked, f.bytes_received];
        let names = ["bytes_sent:", "bytes_retrans:", "bytes_acked:", "bytes_received:"];
        names.iter().zip(bytes).for_each(|(name, bytes)| count(name, bytes, out));
        let segments = [f.segs_out, f.segs_in, f.data_segs_out, f.data_segs_in];
        let names = ["segs_out:", "segs_in:", "data_segs_out:", "data_segs_in:"];
        names.iter().zip(segments).for_each(|(name, segments)| count(name, segments, out));
    }

    fn write_rates(&self, out: &mut String) {
        let f = &self.fields;
        if let Some(bbr) = self.bbr {
            let _ = write!(out, " bbr:(bw:{}bps,mrtt:", bits(bbr.bandwidth_bytes_per_second));
            general(f64::from(bbr.min_rtt_microseconds) / 1000.0, out);
            for (name, gain) in [("pacing_gain", bbr.pacing_gain), ("cwnd_gain", bbr.cwnd_gain)] {
                if gain != 0 {
                    let _ = write!(out, ",{name}:");
                    general(f64::from(gain) / 256.0, out);
                }
            }
            out.push(')');
        }
        if let (Some(rtt), Some(mss), Some(cwnd)) =
            (f.rtt_microseconds, f.snd_mss_bytes, f.snd_cwnd)
            && rtt != 0
            && mss != 0
            && cwnd != 0
        {
            let rate = f64::from(cwnd) * f64::from(mss) * 8_000_000.0 / f64::from(rtt);
            let _ = write!(out, " send {rate:.0}bps");
        }
        count("lastsnd:", f.last_data_sent_milliseconds, out);
        count("lastrcv:", f.last_data_recv_milliseconds, out);
        count("lastack:", f.last_ack_recv_milliseconds, out);
        let limited = |rate: Option<u64>| rate.filter(|rate| *rate != 0 && *rate != u64::MAX);
        if let Some(rate) = limited(f.pacing_rate_bytes_per_second) {
            let _ = write!(out, " pacing_rate {}bps", bits(rate));
            if let Some(most) = limited(f.max_pacing_rate_bytes_per_second) {
                let _ = write!(out, "/{}bps", bits(most));
            }
        }
        if let Some(rate) = f.delivery_rate_bytes_per_second.filter(|rate| *rate != 0) {
            let _ = write!(out, " delivery_rate {}bps", bits(rate));
        }
        count("delivered:", f.delivered, out);
        count("delivered_ce:", f.delivered_ce, out);
        if self.app_limited == Some(true) {
            word("app_limited", out);
        }
    }

    fn write_troubles(&self, is_listener: bool, out: &mut String) {
        let f = &self.fields;
        if let Some(busy) = f.busy_microseconds.filter(|busy| *busy != 0) {
            let _ = write!(out, " busy:{}ms", busy / 1000);
            let parts = [
                ("rwnd_limited", f.rwnd_limited_microseconds),
                ("sndbuf_limited", f.sndbuf_limited_microseconds),
            ];
            for (name, time) in parts {
                if let Some(time) = time.filter(|time| *time != 0) {
                    let share = 100.0 * time as f64 / busy as f64;
                    let _ = write!(out, " {name}:{}ms({share:.1}%)", time / 1000);
                }
            }
        }
        count("unacked:", f.unacked, out);
        let (now, total) = (f.retrans.unwrap_or(0), f.total_retrans.unwrap_or(0));
        if (now, total) != (0, 0) {
            let _ = write!(out, " retrans:{now}/{total}");
        }
        count("lost:", f.lost, out);
        count("sacked:", f.sacked.filter(|_| !is_listener), out);
        count("dsack_dups:", f.dsack_dups, out);
        count("fackets:", f.fackets, out);
        if let Some(segments) = f.reordering.filter(|segments| *segments != 3) {
            let _ = write!(out, " reordering:{segments}");
        }
        count("reord_seen:", f.reord_seen, out);
    }

    fn write_windows(&self, out: &mut String) {
        let f = &self.fields;
        thousandth("rcv_rtt:", f.rcv_rtt_microseconds, out);
        count("rcv_space:", f.rcv_space_bytes, out);
        count("rcv_ssthresh:", f.rcv_ssthresh_bytes, out);
        count("notsent:", f.notsent_bytes, out);
        thousandth("minrtt:", f.min_rtt_microseconds.filter(|rtt| *rtt != u32::MAX), out);
        count("rcv_ooopack:", f.rcv_ooopack, out);
        count("snd_wnd:", f.snd_wnd_bytes, out);
    }
}

fn word(name: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
}

/// A number that is neither unknown nor zero.
fn count(name: &str, value: Option<impl Into<u64>>, out: &mut String) {
    if let Some(value) = value.map(Into::<u64>::into).filter(|value| *value != 0) {
        let _ = write!(out, " {name}{value}");
    }
}

/// Microseconds as milliseconds.
fn thousandth(name: &str, value: Option<u32>, out: &mut String) {
    if let Some(value) = value.filter(|value| *value != 0) {
        word(name, out);
        general(f64::from(value) / 1000.0, out);
    }
}

fn bits(bytes: u64) -> u128 {
    u128::from(bytes) * 8
}

/// Six digits that count and no zeros at the end, as `%g` of printf(3) has it; numbers beyond a million whole.
fn general(value: f64, out: &mut String) {
    let whole = if value >= 1.0 { value.log10() as usize + 1 } else { 0 };
    let mut places = 6usize.saturating_sub(whole);
    // Zeros behind the point do not count.
    let mut scaled = value;
    while value > 0.0 && scaled < 0.1 && places < 12 {
        scaled *= 10.0;
        places += 1;
    }
    let text = format!("{value:.places$}");
    out.push_str(match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_that_count() {
        for (value, expected) in [
            (0.0, "0"),
            (0.017, "0.017"),
            (0.001, "0.001"),
            (739.0 / 256.0, "2.88672"),
            (204.0, "204"),
            (99_999.99, "100000"),
            (1234.5678, "1234.57"),
            (4_294_967.295, "4294967"),
        ] {
            let mut out = String::new();
            general(value, &mut out);
            assert_eq!(out, expected, "{value}");
        }
    }

    #[test]
    fn what_an_older_kernel_does_not_tell_is_null_and_a_cut_structure_is_no_trouble() {
        for length in 0..=300 {
            let info = TcpInfo::parse(&vec![0xff; length], Some(b"x\x1b"), Some(&[1; 7]));
            assert_eq!(info.fields.rto_microseconds.is_some(), length >= 12, "{length}");
            assert_eq!(info.fields.snd_wnd_bytes.is_some(), length >= 232, "{length}");
            assert!(info.bbr.is_none());
            let mut out = String::new();
            info.write(true, false, &mut out);
            assert!(out.contains("x\\x1b"), "{out}");
        }
    }

    #[test]
    fn the_scales_of_windows_are_shown_when_both_ends_have_some() {
        let mut bytes = [0; 8];
        bytes[6] = if cfg!(target_endian = "little") { 0xa7 } else { 0x7a };
        assert_eq!(TcpInfo::parse(&bytes, None, None).snd_wscale, None);
        bytes[5] = 4;
        let info = TcpInfo::parse(&bytes, None, None);
        assert_eq!((info.snd_wscale, info.rcv_wscale), (Some(7), Some(10)));
    }
}
