//! One look at all processes, with what they used since the look before.

use crate::error::{Error, Result};
use crate::output::order;
use crate::output::{Text, time, units::human, visible};
use crate::tools::cgroup::facts;
use crate::tools::ps::gather::{self, Want};
use crate::tools::ps::row::Row;
use crate::view::View;
use clap::ArgMatches;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// What processes are ordered by. All but the number go downwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Cpu,
    Memory,
    Time,
    Threads,
    Pid,
}

impl Order {
    pub(super) fn parse(text: &str) -> Result<Order> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "%cpu" | "cpu" => Order::Cpu,
            "%mem" | "mem" | "res" => Order::Memory,
            "time+" | "time" => Order::Time,
            "nth" | "threads" => Order::Threads,
            "pid" => Order::Pid,
            _ => {
                return Err(Error::usage(format!("-o {}: no such key", visible(text.as_bytes())))
                    .hint("keys are: %CPU %MEM RES TIME+ nTH PID"));
            }
        })
    }

    /// The order that a key on the keyboard asks for.
    pub(super) fn of_key(key: u8) -> Option<Order> {
        match key {
            b'P' => Some(Order::Cpu),
            b'M' => Some(Order::Memory),
            b'T' => Some(Order::Time),
            b'N' => Some(Order::Pid),
            _ => None,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Sample {
    /// When it was taken, in UTC.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    time: String,
    /// Mean number of tasks that ran or waited, of the whole machine, over 1 minute; then 5 and 15.
    load1: f64,
    load5: f64,
    load15: f64,
    memory_total_bytes: u64,
    memory_available_bytes: u64,
    /// Of the target's cgroup, where it is known.
    cgroup_usage_bytes: Option<u64>,
    cgroup_limit_bytes: Option<u64>,
    processes: Vec<Process>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Process {
    /// As the target numbers it.
    pid: i32,
    user: Text,
    priority: i64,
    nice: i64,
    virtual_bytes: u64,
    resident_bytes: u64,
    /// One letter, as in `ps`.
    state: char,
    /// Since the sample before; in the first, since the process started.
    cpu_percent: f64,
    /// Of the machine's memory.
    memory_percent: f64,
    cpu_seconds: f64,
    threads: i64,
    command: Text,
}

/// A process by its number and its start in clock ticks after boot, so that a successor is another one.
type Started = (i32, u64);

/// Takes samples, and remembers what the last one said of CPU time.
pub(super) struct Sampler<'a> {
    view: &'a View,
    pids: Option<HashSet<i32>>,
    with_args: bool,
    /// When, and the CPU seconds of each process.
    before: Option<(Instant, HashMap<Started, f64>)>,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(view: &'a View, matches: &ArgMatches) -> Sampler<'a> {
        Sampler {
            view,
            pids: matches.get_many("pid").map(|pids| pids.copied().collect()),
            with_args: matches.get_flag("command-line"),
            before: None,
        }
    }

    pub(super) fn take(&mut self, order: Order) -> Result<Sample> {
        let want = Want { args: self.with_args, status: true, ..Want::LEAST };
        let mut rows = gather::rows(self.view, want)?;
        let now = Instant::now();
        if let Some(pids) = &self.pids {
            rows.retain(|row| pids.contains(&row.pid));
        }
        let processes = rows.iter().map(|row| self.process(row, now)).collect();
        let used = rows.iter().map(|row| ((row.host_pid, row.start_ticks), row.cpu_seconds));
        self.before = Some((now, used.collect()));
        let mut sample = self.machine()?;
        sample.processes = processes;
        sample.sort(order);
        Ok(sample)
    }

    fn process(&self, row: &Row, now: Instant) -> Process {
        let cpu_percent = match &self.before {
            None => row.cpu_percent,
            Some((then, used)) => {
                // What started since has used all of its time since.
                let used = used.get(&(row.host_pid, row.start_ticks)).copied().unwrap_or(0.0);
                let elapsed = now.duration_since(*then).as_secs_f64().max(0.001);
                (1000.0 * (row.cpu_seconds - used).max(0.0) / elapsed).round() / 10.0
            }
        };
        let line = if self.with_args { row.command_line() } else { Vec::new() };
        Process {
            pid: row.pid,
            user: row.user.clone(),
            // ps and top count priorities from different ends.
            priority: 39 - row.priority,
            nice: row.nice,
            virtual_bytes: row.vsz_bytes,
            resident_bytes: row.rss_bytes,
            state: row.state,
            cpu_percent,
            memory_percent: row.memory_percent,
            cpu_seconds: row.cpu_seconds,
            threads: row.threads,
            command: if line.is_empty() { row.comm.clone() } else { Text(line) },
        }
    }

    fn machine(&self) -> Result<Sample> {
        let proc = self.view.proc()?;
        let meminfo = proc.read("meminfo")?;
        let meminfo = String::from_utf8_lossy(&meminfo);
        let bytes = |name: &str| -> u64 {
            let value = meminfo.lines().find_map(|line| line.strip_prefix(name));
            value.and_then(|v| v.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
        };
        let load = proc.read("loadavg")?;
        let load = String::from_utf8_lossy(&load);
        let mut load = load.split_whitespace().map_while(|word| word.parse().ok());
        let mut load = || load.next().unwrap_or(0.0);
        let cgroup = self.view.cgroup().as_ref().ok().and_then(facts::memory);
        Ok(Sample {
            time: time::shown(time::now()),
            load1: load(),
            load5: load(),
            load15: load(),
            memory_total_bytes: bytes("MemTotal:"),
            memory_available_bytes: bytes("MemAvailable:"),
            cgroup_usage_bytes: cgroup.as_ref().map(|memory| memory.usage_bytes),
            cgroup_limit_bytes: cgroup.and_then(|memory| memory.limit_bytes),
            processes: Vec::new(),
        })
    }
}

impl Sample {
    pub(super) fn sort(&mut self, order: Order) {
        order::sort_by(&mut self.processes, |a, b| {
            let ordering = match order {
                Order::Cpu => b.cpu_percent.total_cmp(&a.cpu_percent),
                Order::Memory => b.resident_bytes.cmp(&a.resident_bytes),
                Order::Time => b.cpu_seconds.total_cmp(&a.cpu_seconds),
                Order::Threads => b.threads.cmp(&a.threads),
                Order::Pid => Ordering::Equal,
            };
            ordering.then(a.pid.cmp(&b.pid))
        });
    }

    /// As they are shown, not cut.
    pub(super) fn lines(&self) -> Vec<String> {
        let count = |states: &[char]| {
            self.processes.iter().filter(|process| states.contains(&process.state)).count()
        };
        let clock = self.time.get(11..19).unwrap_or_default();
        let (one, five, fifteen) = (self.load1, self.load5, self.load15);
        let mut memory = format!(
            "Mem: {} total, {} available",
            human(self.memory_total_bytes),
            human(self.memory_available_bytes)
        );
        if let (Some(usage), Some(limit)) = (self.cgroup_usage_bytes, self.cgroup_limit_bytes) {
            memory += &format!("; cgroup: {} used of {}", human(usage), human(limit));
        }
        let mut lines = vec![
            format!("top - {clock}  load average: {one:.2}, {five:.2}, {fifteen:.2}"),
            format!(
                "Tasks: {} total, {} running, {} sleeping, {} stopped, {} zombie",
                self.processes.len(),
                count(&['R']),
                count(&['S', 'D', 'I']),
                count(&['T', 't']),
                count(&['Z'])
            ),
            memory,
            String::new(),
            "    PID USER      PR  NI     VIRT     RES S  %CPU  %MEM     TIME+ nTH COMMAND".into(),
        ];
        lines.extend(self.processes.iter().map(Process::line));
        lines
    }
}

impl Process {
    fn line(&self) -> String {
        // Of a real-time process, procps shows no number.
        let priority = if self.priority < -99 { "rt".into() } else { self.priority.to_string() };
        let (minutes, seconds) = ((self.cpu_seconds / 60.0) as u64, self.cpu_seconds % 60.0);
        format!(
            "{:7} {:8} {priority:>3} {:3} {:>8} {:>7} {} {:5.1} {:5.1} {:>9} {:3} {}",
            self.pid,
            self.user.visible(),
            self.nice,
            self.virtual_bytes / 1024,
            self.resident_bytes / 1024,
            self.state,
            self.cpu_percent,
            self.memory_percent,
            format!("{minutes}:{seconds:05.2}"),
            self.threads,
            self.command.visible()
        )
    }
}
