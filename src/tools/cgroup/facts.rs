//! What the controllers tell, of version 2 where it has them, else of version 1 (cgroup-v2.rst, cgroup-v1/).

use crate::output::Text;
use crate::view::{Cgroup, Cgroups};
use serde::Serialize;

/// Memory: all but the counters in bytes.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Memory {
    /// Of the group below the mount of its hierarchy.
    pub path: Text,
    pub usage_bytes: u64,
    /// Without file pages that were not used lately: what Kubernetes goes by.
    pub working_set_bytes: Option<u64>,
    /// The tightest of the group and those above it; `None` for no limit.
    pub limit_bytes: Option<u64>,
    /// Above it the group is slowed down and made to give memory back.
    pub high_bytes: Option<u64>,
    pub peak_bytes: Option<u64>,
    /// Swap alone.
    pub swap_bytes: Option<u64>,
    /// Of swap alone: version 2 has it.
    pub swap_limit_bytes: Option<u64>,
    /// Of memory and swap together: version 1 has it.
    pub memory_and_swap_limit_bytes: Option<u64>,
    pub anon_bytes: Option<u64>,
    pub file_bytes: Option<u64>,
    /// How often the limit was hit.
    pub limit_hits: Option<u64>,
    pub oom_kills: Option<u64>,
    /// Pages that were looked at and that were taken back.
    pub reclaim_scanned_pages: Option<u64>,
    pub reclaimed_pages: Option<u64>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Cpu {
    pub path: Text,
    pub usage_seconds: Option<f64>,
    /// The quota in processors; `None` for no quota.
    pub limit_cores: Option<f64>,
    pub period_microseconds: Option<u64>,
    /// `cpu.weight` (100 by default) under version 2, `cpu.shares` (1024) under version 1.
    pub weight: Option<u64>,
    /// How many there were with a quota, and in how many of them it was used up.
    pub periods: Option<u64>,
    pub throttled_periods: Option<u64>,
    pub throttled_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Pids {
    pub path: Text,
    pub usage: u64,
    /// The tightest of the group and those above it.
    pub limit: Option<u64>,
    pub peak: Option<u64>,
    /// How often a fork failed by the limit.
    pub limit_hits: Option<u64>,
}

/// Traffic of one block device.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Device {
    /// `MAJOR:MINOR`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9]+:[0-9]+$")))]
    pub device: String,
    pub read_bytes: u64,
    pub written_bytes: u64,
    pub reads: u64,
    pub writes: u64,
}

/// Time in which tasks waited for a resource, in percent of the last 10, 60 and 300 seconds.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(in crate::tools) struct Pressure {
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["cpu", "memory", "io"])))]
    pub resource: &'static str,
    /// `some` of the tasks, or all of them: `full`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["some", "full"])))]
    pub share: String,
    pub avg10_percent: f64,
    pub avg60_percent: f64,
    pub avg300_percent: f64,
    pub total_seconds: f64,
}

/// The number in a file; `None` for `max`, `-1`, version 1's way of saying no limit, and no such file.
fn number(group: &Cgroup, file: &str) -> Option<u64> {
    limit(&group.read(file)?)
}

fn limit(bytes: &[u8]) -> Option<u64> {
    let number: u64 = std::str::from_utf8(bytes).ok()?.trim().parse().ok()?;
    // Version 1 has the largest number of whole pages; pages have up to 64 KiB.
    (number < i64::MAX as u64 & !0xffff).then_some(number)
}

fn tightest(group: &Cgroup, file: &str) -> Option<u64> {
    group.read_upwards(file).iter().filter_map(|bytes| limit(bytes)).min()
}

/// The value of `name` in a file of `NAME VALUE` lines.
fn keyed(text: &[u8], name: &str) -> Option<u64> {
    let line = text
        .split(|b| *b == b'\n')
        .find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b" "))?;
    std::str::from_utf8(line).ok()?.trim().parse().ok()
}

pub(in crate::tools) fn memory(cgroups: &Cgroups) -> Option<Memory> {
    cgroups.unified().and_then(memory_v2).or_else(|| memory_v1(cgroups.legacy("memory")?))
}

fn memory_v2(group: &Cgroup) -> Option<Memory> {
    let usage_bytes = number(group, "memory.current")?;
    let stat = group.read("memory.stat").unwrap_or_default();
    let events = group.read("memory.events").unwrap_or_default();
    Some(Memory {
        path: group.path.clone(),
        usage_bytes,
        working_set_bytes: keyed(&stat, "inactive_file")
            .map(|idle| usage_bytes.saturating_sub(idle)),
        limit_bytes: tightest(group, "memory.max"),
        high_bytes: tightest(group, "memory.high"),
        peak_bytes: number(group, "memory.peak"),
        swap_bytes: number(group, "memory.swap.current"),
        swap_limit_bytes: tightest(group, "memory.swap.max"),
        memory_and_swap_limit_bytes: None,
        anon_bytes: keyed(&stat, "anon"),
        file_bytes: keyed(&stat, "file"),
        limit_hits: keyed(&events, "max"),
        oom_kills: keyed(&events, "oom_kill"),
        reclaim_scanned_pages: keyed(&stat, "pgscan"),
        reclaimed_pages: keyed(&stat, "pgsteal"),
    })
}

fn memory_v1(group: &Cgroup) -> Option<Memory> {
    let usage_bytes = number(group, "memory.usage_in_bytes")?;
    let stat = group.read("memory.stat").unwrap_or_default();
    let idle = keyed(&stat, "total_inactive_file");
    // The file counts memory too, and is read a moment after `usage_in_bytes`.
    let swap_bytes = number(group, "memory.memsw.usage_in_bytes").map(|together| {
        keyed(&stat, "total_swap").unwrap_or_else(|| together.saturating_sub(usage_bytes))
    });
    Some(Memory {
        path: group.path.clone(),
        usage_bytes,
        working_set_bytes: idle.map(|idle| usage_bytes.saturating_sub(idle)),
        limit_bytes: tightest(group, "memory.limit_in_bytes"),
        high_bytes: None,
        peak_bytes: number(group, "memory.max_usage_in_bytes"),
        swap_bytes,
        swap_limit_bytes: None,
        memory_and_swap_limit_bytes: tightest(group, "memory.memsw.limit_in_bytes"),
        anon_bytes: keyed(&stat, "total_rss"),
        file_bytes: keyed(&stat, "total_cache"),
        limit_hits: number(group, "memory.failcnt"),
        oom_kills: group.read("memory.oom_control").and_then(|text| keyed(&text, "oom_kill")),
        reclaim_scanned_pages: None,
        reclaimed_pages: None,
    })
}

pub(super) fn cpu(cgroups: &Cgroups) -> Option<Cpu> {
    cgroups.unified().and_then(cpu_v2).or_else(|| cpu_v1(cgroups, cgroups.legacy("cpu")?))
}

fn cpu_v2(group: &Cgroup) -> Option<Cpu> {
    // The files of a controller that is not on are missing, but for cpu.stat.
    let weight = number(group, "cpu.weight")?;
    let stat = group.read("cpu.stat").unwrap_or_default();
    let quotas = group.read_upwards("cpu.max");
    let quota = |text: &Vec<u8>| -> Option<(f64, u64)> {
        let (quota, period) = std::str::from_utf8(text).ok()?.trim().split_once(' ')?;
        let period: u64 = period.parse().ok().filter(|period| *period > 0)?;
        Some((quota.parse::<f64>().ok()? / period as f64, period))
    };
    let quota = quotas.iter().filter_map(quota).min_by(|a, b| a.0.total_cmp(&b.0));
    let seconds = |name| keyed(&stat, name).map(|n| n as f64 / 1e6);
    Some(Cpu {
        path: group.path.clone(),
        usage_seconds: seconds("usage_usec"),
        limit_cores: quota.map(|(cores, _)| cores),
        period_microseconds: quota.map(|(_, period)| period),
        weight: Some(weight),
        periods: keyed(&stat, "nr_periods"),
        throttled_periods: keyed(&stat, "nr_throttled"),
        throttled_seconds: seconds("throttled_usec"),
    })
}

fn cpu_v1(cgroups: &Cgroups, group: &Cgroup) -> Option<Cpu> {
    let stat = group.read("cpu.stat")?;
    let quotas = group.read_upwards("cpu.cfs_quota_us");
    let periods = group.read_upwards("cpu.cfs_period_us");
    let pairs = quotas.iter().zip(&periods);
    let quota = |(quota, period): (&Vec<u8>, &Vec<u8>)| {
        let (quota, period) = (limit(quota)?, limit(period).filter(|period| *period > 0)?);
        Some((quota as f64 / period as f64, period))
    };
    let quota = pairs.filter_map(quota).min_by(|a, b| a.0.total_cmp(&b.0));
    let usage = cgroups.legacy("cpuacct").and_then(|group| number(group, "cpuacct.usage"));
    Some(Cpu {
        path: group.path.clone(),
        usage_seconds: usage.map(|nanoseconds| nanoseconds as f64 / 1e9),
        limit_cores: quota.map(|(cores, _)| cores),
        period_microseconds: quota.map(|(_, period)| period),
        weight: number(group, "cpu.shares"),
        periods: keyed(&stat, "nr_periods"),
        throttled_periods: keyed(&stat, "nr_throttled"),
        throttled_seconds: keyed(&stat, "throttled_time").map(|ns| ns as f64 / 1e9),
    })
}

/// Both versions have the same files.
pub(super) fn pids(cgroups: &Cgroups) -> Option<Pids> {
    let of = |group: &Cgroup| {
        Some(Pids {
            path: group.path.clone(),
            usage: number(group, "pids.current")?,
            limit: tightest(group, "pids.max"),
            peak: number(group, "pids.peak"),
            limit_hits: group.read("pids.events").and_then(|text| keyed(&text, "max")),
        })
    };
    cgroups.unified().and_then(of).or_else(|| of(cgroups.legacy("pids")?))
}

pub(super) fn io(cgroups: &Cgroups) -> Option<Vec<Device>> {
    let v2 = cgroups.unified().and_then(|group| group.read("io.stat"));
    if let Some(text) = v2 {
        return Some(String::from_utf8_lossy(&text).lines().filter_map(device).collect());
    }
    let group = cgroups.legacy("blkio")?;
    let bytes = group.read("blkio.throttle.io_service_bytes_recursive")?;
    let counts = group.read("blkio.throttle.io_serviced_recursive")?;
    let mut devices: Vec<Device> = Vec::new();
    for (text, is_bytes) in [(&bytes, true), (&counts, false)] {
        for line in String::from_utf8_lossy(text).lines() {
            add_legacy(&mut devices, line, is_bytes);
        }
    }
    Some(devices)
}

/// `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …`.
fn device(line: &str) -> Option<Device> {
    let (name, rest) = line.split_once(' ')?;
    let value = |key: &str| {
        let words = rest.split(' ').filter_map(|word| word.split_once('='));
        words.into_iter().find(|(k, _)| *k == key).and_then(|(_, v)| v.parse().ok()).unwrap_or(0)
    };
    Some(Device {
        device: name.to_owned(),
        read_bytes: value("rbytes"),
        written_bytes: value("wbytes"),
        reads: value("rios"),
        writes: value("wios"),
    })
}

/// `8:0 Read 4096`.
fn add_legacy(devices: &mut Vec<Device>, line: &str, is_bytes: bool) {
    let words: Vec<&str> = line.split(' ').collect();
    let [name, what, number] = words.as_slice() else { return };
    let Ok(number) = number.parse() else { return };
    let found = devices.iter().position(|device| device.device == *name);
    let at = found.unwrap_or_else(|| {
        devices.push(Device { device: (*name).to_owned(), ..Device::default() });
        devices.len() - 1
    });
    let device = &mut devices[at];
    match (*what, is_bytes) {
        ("Read", true) => device.read_bytes = number,
        ("Write", true) => device.written_bytes = number,
        ("Read", false) => device.reads = number,
        ("Write", false) => device.writes = number,
        _ => {}
    }
}

/// Pressure stall information; only version 2 groups have it.
pub(super) fn pressure(cgroups: &Cgroups) -> Vec<Pressure> {
    let Some(group) = cgroups.unified() else { return Vec::new() };
    let files = [("cpu", "cpu.pressure"), ("memory", "memory.pressure"), ("io", "io.pressure")];
    let mut rows = Vec::new();
    for (resource, file) in files {
        let text = group.read(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        rows.extend(text.lines().filter_map(|line| stall(resource, line)));
    }
    rows
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, the total in microseconds.
fn stall(resource: &'static str, line: &str) -> Option<Pressure> {
    let mut words = line.split(' ');
    let share = words.next()?.to_owned();
    let mut value = |key: &str| words.next()?.strip_prefix(key)?.parse::<f64>().ok();
    Some(Pressure {
        resource,
        share,
        avg10_percent: value("avg10=")?,
        avg60_percent: value("avg60=")?,
        avg300_percent: value("avg300=")?,
        total_seconds: value("total=")? / 1e6,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_is_said_in_three_ways() {
        for text in ["max\n", "-1\n", "9223372036854771712\n", "9223372036854710272\n", ""] {
            assert_eq!(limit(text.as_bytes()), None, "{text}");
        }
        assert_eq!(limit(b"67108864\n"), Some(67_108_864));
    }

    #[test]
    fn a_key_is_not_taken_for_a_longer_one() {
        let stat = b"inactive_file 1\nfile 2\nfile_mapped 3\n";
        assert_eq!(
            (keyed(stat, "file"), keyed(stat, "file_"), keyed(stat, "anon")),
            (Some(2), None, None)
        );
    }

    #[test]
    fn devices_of_both_versions_are_read() {
        let new = device("254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6").unwrap();
        let mut old = Vec::new();
        for (line, is_bytes) in [
            ("254:0 Read 1", true),
            ("254:0 Write 2", true),
            ("254:0 Discard 9", true),
            ("Total 3", true),
            ("254:0 Read 3", false),
            ("254:0 Write 4", false),
        ] {
            add_legacy(&mut old, line, is_bytes);
        }
        assert_eq!(format!("{:?}", [new]), format!("{old:?}"));
    }

    #[test]
    fn pressure_is_read_in_seconds() {
        let line = stall("cpu", "some avg10=1.50 avg60=0.00 avg300=0.25 total=2500000").unwrap();
        assert_eq!((line.avg10_percent, line.avg300_percent, line.total_seconds), (1.5, 0.25, 2.5));
    }
}
