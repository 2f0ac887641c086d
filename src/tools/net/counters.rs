//! The counters of a network namespace: `/proc/PID/net/{sockstat,sockstat6,snmp,snmp6,netstat}` (proc_pid_net(5)).

use super::meaning;
use crate::error::{Error, Result};
use crate::output::Text;
use crate::view::View;
use serde::Serialize;

/// One number that the kernel keeps.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Counter {
    /// `count` only ever grows, since the namespace was made; `gauge` is how it is now.
    pub kind: &'static str,
    /// As the kernel groups them: `Tcp`, `TcpExt`, `Udp6` …; of gauges `TCP`, `UDP6`, `sockets` …
    pub protocol: Text,
    /// The kernel's name of it.
    pub name: Text,
    /// Some are negative: a limit that there is none of is -1.
    #[cfg_attr(feature = "schema", schemars(with = "i64"))]
    pub value: i128,
    /// What it counts, of those that matter.
    pub meaning: Option<&'static str>,
    /// Why the value is a sign of trouble; `null` where it is none.
    pub abnormal: Option<String>,
}

/// All counters of one namespace.
#[derive(Debug)]
pub(super) struct Counters(pub Vec<Counter>);

impl Counters {
    /// Those of the target's namespace.
    ///
    /// Asked of the target's main process; where that has ended, of this process, which is in the namespace.
    pub(super) fn read(view: &View) -> Result<Counters> {
        let proc = view.proc()?;
        let read = |name: &str| -> Result<Vec<u8>> {
            let path = format!("net/{name}");
            let failed = match proc.main().and_then(|main| Ok(main.read(&path)?)) {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error.context(format!("/proc/PID/{path}")),
            };
            match &view.net {
                Ok(_) => proc.read(&format!("thread-self/{path}")).map_err(|_| failed),
                Err(_) => Err(failed),
            }
        };
        let mut all = gauges(&read("sockstat")?);
        // A kernel without IPv6 has none of the two.
        all.extend(gauges(&read("sockstat6").unwrap_or_default()));
        all.extend(pairs(&read("snmp")?));
        all.extend(single(&read("snmp6").unwrap_or_default()));
        all.extend(pairs(&read("netstat")?));
        let mut counters = Counters(all);
        meaning::explain(&mut counters, view);
        Ok(counters)
    }

    pub(super) fn get(&self, protocol: &str, name: &str) -> Option<u64> {
        let found = self.0.iter().find(|counter| {
            counter.protocol.0 == protocol.as_bytes() && counter.name.0 == name.as_bytes()
        })?;
        u64::try_from(found.value).ok()
    }

    /// As [`Counters::get`], as an error where there is none.
    pub(super) fn need(&self, protocol: &str, name: &str) -> Result<u64> {
        let none = || Error::new(format!("this kernel does not count {protocol} {name}"));
        self.get(protocol, name).ok_or_else(none)
    }
}

fn counter(kind: &'static str, protocol: &[u8], name: &[u8], value: &[u8]) -> Option<Counter> {
    Some(Counter {
        kind,
        protocol: Text::from(protocol),
        name: Text::from(name),
        value: std::str::from_utf8(value).ok()?.parse().ok()?,
        meaning: None,
        abnormal: None,
    })
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// `TCP: inuse 6 orphan 0 …`.
fn gauges(bytes: &[u8]) -> Vec<Counter> {
    let mut found = Vec::new();
    for line in lines(bytes) {
        let mut words = words(line);
        let Some(protocol) = words.next().and_then(|word| word.strip_suffix(b":")) else {
            continue;
        };
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            found.extend(counter("gauge", protocol, name, value));
        }
    }
    found
}

/// Two lines for each protocol, one of names and one of values: `Tcp: RtoAlgorithm RtoMin …`.
fn pairs(bytes: &[u8]) -> Vec<Counter> {
    let mut found = Vec::new();
    let mut lines = lines(bytes);
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
        let (mut names, mut values) = (words(names), words(values));
        let (Some(protocol), Some(again)) = (names.next(), values.next()) else { continue };
        if let (Some(protocol), true) = (protocol.strip_suffix(b":"), protocol == again) {
            let both = names.zip(values);
            found.extend(both.filter_map(|(name, value)| counter("count", protocol, name, value)));
        }
    }
    found
}

/// `Ip6InReceives   0`: the protocol ends with the 6.
fn single(bytes: &[u8]) -> Vec<Counter> {
    let one = |line: &[u8]| {
        let mut words = words(line);
        let (whole, value) = (words.next()?, words.next()?);
        let end = whole.iter().position(|byte| *byte == b'6')? + 1;
        counter("count", whole.get(..end)?, whole.get(end..)?, value)
    };
    lines(bytes).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(counters: &[Counter]) -> Vec<(String, String, i128)> {
        let text = |text: &Text| text.visible().into_owned();
        counters.iter().map(|c| (text(&c.protocol), text(&c.name), c.value)).collect()
    }

    fn row(protocol: &str, name: &str, value: i128) -> (String, String, i128) {
        (protocol.into(), name.into(), value)
    }

    #[test]
    fn the_three_formats_are_read() {
        assert_eq!(
            told(&gauges(b"sockets: used 28\nTCP: inuse 6 orphan 0\nFRAG6:\n")),
            [row("sockets", "used", 28), row("TCP", "inuse", 6), row("TCP", "orphan", 0)]
        );
        assert_eq!(
            told(&pairs(b"Tcp: MaxConn InSegs\nTcp: -1 18446744073709551615\n")),
            [row("Tcp", "MaxConn", -1), row("Tcp", "InSegs", u64::MAX.into())]
        );
        assert_eq!(
            told(&single(b"Udp6InErrors                    \t3\nIcmp6OutType133 2\n")),
            [row("Udp6", "InErrors", 3), row("Icmp6", "OutType133", 2)]
        );
    }

    #[test]
    fn what_is_cut_or_makes_no_sense_is_left_out() {
        for bytes in [
            &b"TCP inuse 6\n"[..],
            b"TCP: inuse\nUDP: inuse x\n",
            b"Tcp: A B\n",
            b"Tcp: A B\nUdp: 1 x\n",
            b"Tcp: A\nTcp: 9999999999999999999999999999999999999999\n",
            b"\xff: \xff\n\xff: 1x\n",
            b"nothing 1\n6\n",
            b"\n \n:\n:\n",
        ] {
            assert!(gauges(bytes).is_empty(), "{bytes:?}");
            assert!(pairs(bytes).is_empty(), "{bytes:?}");
            assert!(single(bytes).is_empty(), "{bytes:?}");
        }
        assert_eq!(told(&pairs(b"Tcp: A B C\nTcp: 1\n")), [row("Tcp", "A", 1)]);
    }
}
