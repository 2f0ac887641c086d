//! What the tools of the DNS print as JSON.

use super::ask::{Failure, Reply};
use super::config::Host;
use super::types::{class_name, type_name};
use super::wire::{Question, Record};
use crate::output::Text;
use serde::Serialize;
use std::net::{IpAddr, SocketAddr};

/// A record as JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Fact {
    /// As a zone file has it, bytes that are unusual as `\DDD`.
    name: String,
    ttl_seconds: u32,
    class: String,
    #[serde(rename = "type")]
    kind: String,
    /// As a zone file has it.
    data: String,
}

/// One question to one server and what it said.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Answer {
    /// The name asked for.
    name: String,
    #[serde(rename = "type")]
    kind: String,
    class: String,
    server: String,
    port: u16,
    /// Why there is no answer; `null` when there is one.
    error: Option<String>,
    /// The response code: `NOERROR`, `NXDOMAIN`.
    status: Option<String>,
    /// Of the header: `qr`, `aa`, `tc`, `rd`, `ra`, `ad`, `cd`.
    flags: Vec<&'static str>,
    /// `udp` or `tcp`.
    transport: Option<&'static str>,
    /// Whether the answer did not fit UDP and was asked for again by TCP.
    was_truncated: bool,
    /// Whether a part of the answer can't be read.
    is_malformed: bool,
    size_bytes: Option<usize>,
    seconds: Option<f64>,
    answer: Vec<Fact>,
    authority: Vec<Fact>,
    additional: Vec<Fact>,
}

/// One line of the hosts file.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct HostLine {
    address: String,
    names: Vec<Text>,
}

/// How the target would resolve a name.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Explained {
    pub(super) name: Text,
    /// The sources of `hosts:` in nsswitch.conf, in order.
    pub(super) order: Vec<Text>,
    /// Sources that are named there and that dbg can't ask.
    pub(super) not_followed: Vec<Text>,
    /// Lines of the hosts file that name it.
    pub(super) hosts: Vec<HostLine>,
    /// Domains that are tried behind it.
    pub(super) search: Vec<String>,
    pub(super) servers: Vec<String>,
    pub(super) ndots: usize,
    pub(super) timeout_seconds: u64,
    pub(super) attempts: u32,
    /// Every question that was asked, in order.
    pub(super) questions: Vec<Answer>,
    /// Questions that were left out because no server answered or the time was over, as `NAME TYPE`.
    pub(super) not_asked: Vec<String>,
    /// `files`, `dns` or `literal`; `null` when nothing was found.
    pub(super) source: Option<&'static str>,
    /// The name of the search path that has records.
    pub(super) found_as: Option<String>,
    /// Addresses, in the order of the answers; a program may sort them (RFC 6724).
    pub(super) addresses: Vec<String>,
    /// The data found, for other types.
    pub(super) data: Vec<String>,
}

impl Fact {
    fn new(record: &Record) -> Fact {
        Fact {
            name: record.name.to_string(),
            ttl_seconds: record.ttl,
            class: class_name(record.class),
            kind: type_name(record.kind),
            data: record.data.text(),
        }
    }
}

impl Answer {
    pub(super) fn new(
        question: &Question,
        server: SocketAddr,
        result: Result<&Reply, &Failure>,
    ) -> Answer {
        let facts = |records: &[Record]| records.iter().map(Fact::new).collect();
        let mut answer = Answer {
            name: question.name.to_string(),
            kind: type_name(question.kind),
            class: class_name(question.class),
            server: server.ip().to_string(),
            port: server.port(),
            error: None,
            status: None,
            flags: Vec::new(),
            transport: None,
            was_truncated: false,
            is_malformed: false,
            size_bytes: None,
            seconds: None,
            answer: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
        };
        match result {
            Ok(reply) => {
                let message = &reply.message;
                answer.status = Some(message.status());
                answer.flags = message.flag_names().collect();
                answer.transport = Some(if reply.is_tcp { "tcp" } else { "udp" });
                answer.was_truncated = reply.was_truncated;
                answer.is_malformed = message.is_malformed;
                answer.size_bytes = Some(reply.size);
                answer.seconds = Some(reply.time.as_secs_f64());
                answer.answer = facts(&message.answers);
                answer.authority = facts(&message.authority);
                answer.additional = facts(&message.additional);
            }
            Err(failure) => answer.error = Some(failure.to_string()),
        }
        answer
    }
}

impl HostLine {
    pub(super) fn new(host: &Host) -> HostLine {
        let names = host.names.iter().map(|name| Text(name.clone())).collect();
        HostLine { address: host.address.to_string(), names }
    }
}

/// Addresses as texts.
pub(super) fn texts(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}
