//! What is told of an exchange: its row, its timings, and curl's `--write-out`.

use super::response::Head;
use crate::error::Result;
use crate::output::{Io, Output, Text};
use crate::tools::tls::Fault;
use crate::tools::tls::session::Facts;
use serde::Serialize;
use std::io::Write;
use std::time::Instant;

/// One request and its answer. With -L there is one for each redirect as well.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Exchange {
    /// `GET` …
    pub(super) method: Text,
    /// What was asked for, without user and password.
    pub(super) url: Text,
    /// The address that was connected to; null for a unix socket, or when there was no connection.
    pub(super) remote_address: Option<String>,
    /// Its port.
    pub(super) remote_port: Option<u16>,
    /// `1.1` or `1.0`; null without an answer.
    pub(super) http_version: Option<&'static str>,
    /// The status code; null without an answer.
    pub(super) status: Option<u16>,
    /// The words after the status code.
    pub(super) reason: Text,
    /// The headers in the order in which they came.
    pub(super) headers: Vec<Header>,
    /// Where the answer leads with a Location, as an absolute URL.
    pub(super) redirect_url: Option<Text>,
    /// Bytes of the request line and headers sent.
    pub(super) request_bytes: u64,
    /// Bytes of body sent.
    pub(super) upload_bytes: u64,
    /// Bytes of the status lines and headers received.
    pub(super) header_bytes: u64,
    /// Bytes of body received.
    pub(super) body_bytes: u64,
    /// How long each phase took.
    pub(super) timings: Timings,
    /// What TLS came to; null for http.
    pub(super) tls: Option<Tls>,
    /// Why it failed; null when it did not.
    pub(super) error: Option<String>,
}

/// A header of the answer.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Header {
    name: Text,
    value: Text,
}

/// Durations in seconds, each from the end of the one before. Null for a phase that was not reached or needed.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Timings {
    /// Resolving the name.
    pub(super) dns_seconds: Option<f64>,
    /// Connecting.
    pub(super) connect_seconds: Option<f64>,
    /// The handshake of TLS.
    pub(super) tls_seconds: Option<f64>,
    /// Sending the request and waiting for the first byte of the answer.
    pub(super) first_byte_seconds: Option<f64>,
    /// The rest of the answer.
    pub(super) transfer_seconds: Option<f64>,
    /// All together.
    pub(super) total_seconds: f64,
}

/// A session of TLS.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Tls {
    /// `TLSv1.2` or `TLSv1.3`; null when the handshake failed.
    pub(super) protocol: Option<&'static str>,
    /// The cipher suite, in IANA's name.
    pub(super) cipher: Option<String>,
    /// The group of the key exchange.
    pub(super) group: Option<&'static str>,
    /// Whose the server's certificate is.
    pub(super) subject: Option<Text>,
    /// Who signed it.
    pub(super) issuer: Option<Text>,
    /// Last second of its life, RFC 3339.
    pub(super) not_after: Option<String>,
    /// Whole days until then.
    pub(super) days_left: Option<i64>,
    /// Whether the target's CAs vouch for it and it has the name.
    pub(super) verified: bool,
    /// What is wrong with it.
    pub(super) faults: Vec<Fault>,
}

impl Tls {
    pub(super) fn new(facts: &Facts) -> Tls {
        let leaf = facts.chain.first();
        Tls {
            protocol: facts.protocol,
            cipher: facts.cipher.clone(),
            group: facts.group,
            subject: leaf.map(|leaf| leaf.subject.clone()),
            issuer: leaf.map(|leaf| leaf.issuer.clone()),
            not_after: leaf.and_then(|leaf| leaf.not_after.clone()),
            days_left: leaf.and_then(|leaf| leaf.days_left),
            verified: leaf.is_some() && facts.faults.is_empty(),
            faults: facts.faults.clone(),
        }
    }
}

impl Exchange {
    /// Notes what a head says.
    pub(super) fn note(&mut self, head: &Head) {
        self.status = Some(head.status);
        self.http_version = Some(if head.minor == 0 { "1.0" } else { "1.1" });
        self.reason = head.reason.clone().into();
        let header = |(name, value): &(Vec<u8>, Vec<u8>)| Header {
            name: name.clone().into(),
            value: value.clone().into(),
        };
        self.headers = head.headers.iter().map(header).collect();
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        let is_it = |header: &&Header| header.name.0.eq_ignore_ascii_case(name.as_bytes());
        self.headers.iter().find(is_it).map(|header| header.value.0.as_slice())
    }
}

/// Seconds since `since`, which becomes now.
pub(super) fn lap(since: &mut Instant) -> f64 {
    let now = Instant::now();
    let lap = now.saturating_duration_since(*since).as_secs_f64();
    *since = now;
    lap
}

/// The phases of each exchange, for people, on stderr.
pub(super) fn print_timings(io: &mut Io, exchanges: &[Exchange]) -> Result<()> {
    for exchange in exchanges {
        let t = &exchange.timings;
        let phases = [
            ("dns", t.dns_seconds),
            ("connect", t.connect_seconds),
            ("tls", t.tls_seconds),
            ("first byte", t.first_byte_seconds),
            ("transfer", t.transfer_seconds),
            ("total", Some(t.total_seconds)),
        ];
        let taken: Vec<String> = phases
            .iter()
            .filter_map(|(name, seconds)| {
                Some(format!("{name} {:.1} ms", seconds.as_ref()? * 1000.0))
            })
            .collect();
        io.stderr.write_name(&exchange.url.0)?;
        writeln!(io.stderr, ": {}", taken.join(", "))?;
    }
    Ok(io.stderr.flush()?)
}

/// What `--write-out` is filled from.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    pub(super) exchanges: &'a [Exchange],
    pub(super) exit: u8,
}

/// Prints `format` with its variables filled in, as curl does.
pub(super) fn write_out(format: &[u8], whole: &Whole<'_>, io: &mut Io) -> Result<()> {
    let mut rest = format;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [b'%', tail @ ..]) => {
                io.stdout.write_all(b"%")?;
                rest = tail;
            }
            (b'%', [b'{', inner @ ..]) => match memchr::memchr(b'}', inner) {
                Some(end) => {
                    let (name, tail) = inner.split_at(end);
                    write_variable(name, whole, io)?;
                    rest = tail.get(1..).unwrap_or_default();
                }
                None => io.stdout.write_all(b"%")?,
            },
            (b'\\', [letter @ (b'n' | b'r' | b't'), tail @ ..]) => {
                let byte = match letter {
                    b'n' => b"\n",
                    b'r' => b"\r",
                    _ => b"\t",
                };
                io.stdout.write_all(byte)?;
                rest = tail;
            }
            (other, _) => io.stdout.write_all(&[*other])?,
        }
    }
    Ok(())
}

fn write_variable(name: &[u8], whole: &Whole<'_>, io: &mut Io) -> Result<()> {
    let name = std::str::from_utf8(name).unwrap_or_default();
    match number(name, whole) {
        Some(text) => io.stdout.write_all(text.as_bytes())?,
        None => match text(name, whole) {
            Some(text) => io.stdout.write_name(&text)?,
            None => {
                let name = crate::output::visible(name.as_bytes());
                writeln!(io.stderr, "http: unknown variable of --write-out: '{name}'")?;
            }
        },
    }
    Ok(())
}

fn number(name: &str, whole: &Whole<'_>) -> Option<String> {
    let last = whole.exchanges.last()?;
    let t = &last.timings;
    let before: f64 = whole.exchanges.iter().map(|one| one.timings.total_seconds).sum();
    // curl counts from the start of the last request on, and only what was reached.
    let reached = |phases: &[Option<f64>]| match phases.last() {
        Some(Some(_)) => phases.iter().flatten().sum(),
        _ => 0.0,
    };
    let (dns, connect, tls) = (t.dns_seconds, t.connect_seconds, t.tls_seconds);
    let seconds = |seconds: f64| Some(format!("{seconds:.6}"));
    match name {
        "http_code" | "response_code" => Some(format!("{:03}", last.status.unwrap_or(0))),
        "time_namelookup" => seconds(reached(&[dns])),
        "time_connect" => seconds(reached(&[dns, connect])),
        "time_appconnect" => seconds(reached(&[dns, connect, tls])),
        "time_pretransfer" => {
            let last = if last.tls.is_some() { tls } else { connect };
            seconds(if last.is_some() {
                reached(&[dns, connect, Some(tls.unwrap_or(0.0))])
            } else {
                0.0
            })
        }
        "time_starttransfer" => seconds(reached(&[dns, connect, tls, t.first_byte_seconds])),
        "time_redirect" => seconds(before - t.total_seconds),
        "time_total" => seconds(before),
        "size_download" => Some(last.body_bytes.to_string()),
        "size_upload" => Some(last.upload_bytes.to_string()),
        "size_header" => {
            Some(whole.exchanges.iter().map(|one| one.header_bytes).sum::<u64>().to_string())
        }
        "size_request" => {
            Some(whole.exchanges.iter().map(|one| one.request_bytes).sum::<u64>().to_string())
        }
        "speed_download" => {
            let speed = if before > 0.0 { last.body_bytes as f64 / before } else { 0.0 };
            Some((speed as u64).to_string())
        }
        "remote_port" => Some(last.remote_port.unwrap_or(0).to_string()),
        "num_redirects" => Some((whole.exchanges.len() - 1).to_string()),
        "num_connects" => {
            let connected = |one: &&Exchange| one.timings.connect_seconds.is_some();
            Some(whole.exchanges.iter().filter(connected).count().to_string())
        }
        "num_headers" => Some(last.headers.len().to_string()),
        "ssl_verify_result" => {
            let fault = last.tls.as_ref().and_then(|tls| tls.faults.first());
            Some(fault.map_or(0, Fault::number).to_string())
        }
        "http_version" => {
            // So curl has it: no zero after the point, and 0 where there was no answer.
            let version = last.http_version.unwrap_or("0");
            Some(version.strip_suffix(".0").unwrap_or(version).to_owned())
        }
        "exitcode" => Some(whole.exit.to_string()),
        _ => None,
    }
}

/// Variables whose values are the server's words or the operator's.
fn text(name: &str, whole: &Whole<'_>) -> Option<Vec<u8>> {
    let last = whole.exchanges.last()?;
    Some(match name {
        "content_type" => last.header("Content-Type").unwrap_or_default().to_vec(),
        "remote_ip" => last.remote_address.clone().unwrap_or_default().into_bytes(),
        "url" => whole.exchanges.first()?.url.0.clone(),
        "url_effective" => last.url.0.clone(),
        "redirect_url" => last.redirect_url.as_ref().map(|url| url.0.clone()).unwrap_or_default(),
        "method" => last.method.0.clone(),
        "scheme" => {
            let colon = last.url.0.iter().position(|b| *b == b':')?;
            last.url.0.get(..colon)?.to_vec()
        }
        "errormsg" => last.error.clone().unwrap_or_default().into_bytes(),
        _ => return None,
    })
}

/// A head on a terminal line by line and escaped; elsewhere as it came.
pub(super) fn print_head(out: &mut Output, raw: &[u8], mark: &str) -> std::io::Result<()> {
    if raw.is_empty() {
        return Ok(());
    }
    if !out.is_terminal() && mark.is_empty() {
        return out.write_all(raw);
    }
    let lines = raw.strip_suffix(b"\n").unwrap_or(raw).split(|b| *b == b'\n');
    for line in lines {
        out.write_all(mark.as_bytes())?;
        out.write_name(line.strip_suffix(b"\r").unwrap_or(line))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
