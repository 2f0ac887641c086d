//! `ss -s`: how many sockets there are.

use super::counters::Counters;
use crate::error::Result;
use crate::output::Io;
use crate::view::View;
use serde::Serialize;
use std::io::Write;

/// How many sockets there are.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Summary {
    /// Sockets of all kinds.
    total: u64,
    tcp: Tcp,
    /// `RAW`, `UDP`, `TCP`, `INET` (their sum) and `FRAG` (packets that are put together from fragments).
    transports: Vec<Transport>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Tcp {
    /// In all states, TIME-WAIT as well.
    total: u64,
    established: u64,
    /// Neither bound nor connected.
    closed: u64,
    /// Without a process.
    orphaned: u64,
    time_wait: u64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Transport {
    name: &'static str,
    ipv4: u64,
    ipv6: u64,
}

impl Summary {
    /// By the same counters as iproute2.
    pub(super) fn read(view: &View) -> Result<Summary> {
        let counters = Counters::read(view)?;
        // A kernel without IPv6 has no such counters.
        let transport = |name, v4, v6| -> Result<Transport> {
            Ok(Transport {
                name,
                ipv4: counters.need(v4, "inuse")?,
                ipv6: counters.get(v6, "inuse").unwrap_or(0),
            })
        };
        let (raw, udp) = (transport("RAW", "RAW", "RAW6")?, transport("UDP", "UDP", "UDP6")?);
        let tcp = transport("TCP", "TCP", "TCP6")?;
        let inet = Transport {
            name: "INET",
            ipv4: raw.ipv4 + udp.ipv4 + tcp.ipv4,
            ipv6: raw.ipv6 + udp.ipv6 + tcp.ipv6,
        };
        let (alloc, time_wait) = (counters.need("TCP", "alloc")?, counters.need("TCP", "tw")?);
        let open = (tcp.ipv4 + tcp.ipv6).saturating_sub(time_wait);
        Ok(Summary {
            total: counters.need("sockets", "used")?,
            tcp: Tcp {
                total: alloc + time_wait,
                established: counters.need("Tcp", "CurrEstab")?,
                closed: alloc.saturating_sub(open),
                orphaned: counters.need("TCP", "orphan")?,
                time_wait,
            },
            transports: vec![raw, udp, tcp, inet, transport("FRAG", "FRAG", "FRAG6")?],
        })
    }

    /// As iproute2 prints it.
    pub(super) fn print(&self, io: &mut Io) -> Result<()> {
        let Tcp { total, established, closed, orphaned, time_wait } = self.tcp;
        writeln!(io.stdout, "Total: {}", self.total)?;
        writeln!(
            io.stdout,
            "TCP:   {total} (estab {established}, closed {closed}, orphaned {orphaned}, timewait {time_wait})\n"
        )?;
        writeln!(io.stdout, "Transport Total     IP        IPv6")?;
        for Transport { name, ipv4, ipv6 } in &self.transports {
            let both = ipv4 + ipv6;
            writeln!(io.stdout, "{name}\t  {both:<9} {ipv4:<9} {ipv6:<9}")?;
        }
        writeln!(io.stdout)?;
        Ok(())
    }
}
