//! `tls`: what a server of TLS shows, and whether the target's programs would believe it.

mod certificate;
mod provider;
pub(super) mod session;
mod starttls;
pub(super) mod trust;
mod verify;

pub(super) use certificate::Certificate;
pub(super) use verify::Fault;

use super::Tool;
use super::args::{bytes, command, flag, json_flag, operands, option, os};
use super::connect::{self, Family};
use super::wait::Deadline;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Align, time, visible};
use crate::output::{Io, Shape, Text, print_lines, quote, table::print_json};
use crate::view::{Needs, View};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use rustls::pki_types::ServerName;
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use trust::Trust;

pub(super) const TOOL: Tool = Tool {
    name: "tls",
    aliases: &[],
    summary: "Show a server's certificates and whether they verify",
    examples: &[
        (
            "tls api.example.com",
            "Protocol, cipher, certificates, and the verdict by the target's own CAs",
        ),
        ("tls 10.0.0.7:8443 --sni web.internal", "A backend by its address, asked for a name"),
        (
            "tls db:5432 --starttls postgres",
            "A database whose TLS begins after a question in plain text",
        ),
        ("tls /etc/tls/tls.crt", "Until when a mounted certificate is valid"),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Report>>()),
    command: options,
    rewrite: None,
    run,
};

/// The largest file of certificates.
const FILE_LIMIT: u64 = 4 << 20;
/// How long connecting and the handshake may take together unless told otherwise.
const SECONDS: f64 = 30.0;

/// What was found of one server or file.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Report {
    /// The server as typed, or the path of a file.
    target: Text,
    /// The address that answered, with its port; null for a file.
    address: Option<String>,
    /// The name that was asked for (SNI) and verified; null for a file without `--sni`.
    name: Option<String>,
    /// `TLSv1.2` or `TLSv1.3`.
    protocol: Option<&'static str>,
    /// The cipher suite, in IANA's name.
    cipher: Option<String>,
    /// The group of the key exchange: `X25519`, `secp256r1`, `secp384r1`.
    group: Option<&'static str>,
    /// The protocol that the server chose of those offered.
    alpn: Option<Text>,
    /// The certificates in the order in which they were sent.
    chain: Vec<Certificate>,
    /// How many CAs the target trusts.
    trusted_cas: usize,
    /// The files and directories that those are from.
    trust_from: Vec<Text>,
    /// Whether there is no fault.
    verified: bool,
    /// What is wrong.
    faults: Vec<Fault>,
    /// Why there was no session; null when there was one.
    error: Option<String>,
}

fn options() -> Command {
    command("tls", TOOL.summary)
        .after_help(
            "HOST[:PORT] (443 unless given), https://HOST, or a file of certificates in the target: what has a slash. \
             The trust is that of the target: $SSL_CERT_FILE and $SSL_CERT_DIR of its main process, else the first \
             bundle of the usual places that has certificates, else the directories of such places. Revocation is not \
             looked at. Exit code 0: all verified. 1: something is not, or can't be reached.",
        )
        .arg(option("sni", None, "NAME", "Ask for this name and verify it").alias("servername"))
        .arg(option("alpn", None, "LIST", "Offer these protocols: h2,http/1.1"))
        .arg(option("cacert", None, "FILE", "Trust the CAs of this file of the target alone"))
        .arg(
            option("file", 'f', "PATH", "Certificates of a file of the target")
                .action(ArgAction::Append)
                .allow_hyphen_values(false),
        )
        .arg(
            Arg::new("starttls")
                .long("starttls")
                .value_name("PROTOCOL")
                .value_parser(["smtp", "postgres"])
                .help("Ask for TLS in this protocol first"),
        )
        .arg(flag("insecure", 'k', "Go on whatever is wrong (always so)"))
        .arg(flag("ipv4", '4', "IPv4 only").conflicts_with("ipv6"))
        .arg(flag("ipv6", '6', "IPv6 only"))
        .arg(
            Arg::new("timeout")
                .long("max-time")
                .short('m')
                .value_name("SECONDS")
                .value_parser(value_parser!(f64))
                .help("Give up after SECONDS (30)"),
        )
        .arg(json_flag())
        .arg(Arg::new("TARGET").num_args(0..).value_parser(value_parser!(OsString)))
}

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let cacert = matches.get_one::<OsString>("cacert").map(Path::new);
    let trust = Arc::new(Trust::of(view, cacert)?);
    let files = operands(matches, "file").into_iter().map(|path| (path, true));
    let typed = operands(matches, "TARGET").into_iter().map(|word| (word, is_path(word)));
    let targets: Vec<(&[u8], bool)> = files.chain(typed).collect();
    if targets.is_empty() {
        return Err(Error::usage("no server given").hint("for example: tls example.com:443"));
    }
    let mut reports = Vec::new();
    for (target, is_file) in targets {
        let found = match is_file {
            true => of_file(view, target, matches, &trust),
            false => of_server(view, target, matches, &trust),
        };
        match found {
            Ok(report) => reports.push(report),
            Err(error) => io.complain(&error),
        }
    }
    for report in &mut reports {
        report.trusted_cas = trust.len();
        report.trust_from = trust.sources();
        report.verified = report.faults.is_empty() && report.error.is_none();
    }
    if matches.get_flag("json") {
        print_json(io, &reports)?;
    } else {
        for (i, report) in reports.iter().enumerate() {
            if i > 0 {
                writeln!(io.stdout)?;
            }
            report.print(io)?;
        }
    }
    match reports.iter().all(|report| report.verified) {
        true => Ok(io.exit()),
        false => Ok(Exit::FAILURE),
    }
}

fn is_path(word: &[u8]) -> bool {
    word.contains(&b'/') && !word.starts_with(b"https://")
}

fn of_file(view: &View, path: &[u8], matches: &ArgMatches, trust: &Trust) -> Result<Report> {
    let file = Path::new(os(path));
    let chain = trust::certificates(&view.root()?.read(file, FILE_LIMIT)?);
    let facts: Vec<Certificate> = chain.iter().filter_map(|der| Certificate::parse(der)).collect();
    if facts.is_empty() {
        return Err(Error::new(format!("{}: no certificate in it", quote(file)))
            .hint("certificates are looked for as PEM: BEGIN CERTIFICATE"));
    }
    let name = matches.get_one::<OsString>("sni").map(|name| server_name(name.as_bytes()));
    let name = name.transpose()?;
    let is_bundle = facts.first().is_some_and(|first| first.is_ca) && name.is_none();
    // A list of CAs is no chain of a server.
    let faults = match is_bundle {
        true => verify::dates(&facts, time::now()),
        false => verify::judge(trust, &chain, name.as_ref()),
    };
    Ok(Report {
        target: path.into(),
        name: name.map(|name| name.to_str().into_owned()),
        chain: facts,
        faults,
        ..Report::default()
    })
}

fn of_server(
    view: &View,
    typed: &[u8],
    matches: &ArgMatches,
    trust: &Arc<Trust>,
) -> Result<Report> {
    view.net()?;
    let (host, port) = split(typed)?;
    let name = server_name(bytes(matches, "sni").unwrap_or(host))?;
    let family = Family::new(matches.get_flag("ipv4"), matches.get_flag("ipv6"));
    let limit = matches.get_one::<f64>("timeout").copied().unwrap_or(SECONDS);
    let limit = Duration::try_from_secs_f64(limit).map_err(|_| Error::usage("-m: not a time"))?;
    let deadline = Deadline::after(Some(limit));
    let addresses = connect::addresses(view, host, port, family, deadline)?;
    let (mut stream, address) = connect::tcp(&addresses, deadline).map_err(Error::new)?;
    if let Some(protocol) = matches.get_one::<String>("starttls") {
        starttls::begin(protocol, &mut stream)?;
    }
    let alpn = bytes(matches, "alpn").unwrap_or_default().split(|b| *b == b',');
    let alpn = alpn.filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect();
    let (facts, error) = match session::secure(stream, &name, Arc::clone(trust), alpn, true) {
        Ok((mut session, facts)) => {
            session.conn.send_close_notify();
            // Politeness: the server may be gone already.
            let _ = session.conn.complete_io(&mut session.sock);
            (facts, None)
        }
        Err(failed) => (failed.facts, Some(failed.error.to_string())),
    };
    Ok(Report {
        target: typed.into(),
        address: Some(address.to_string()),
        name: Some(name.to_str().into_owned()),
        protocol: facts.protocol,
        cipher: facts.cipher,
        group: facts.group,
        alpn: facts.alpn.map(Text),
        chain: facts.chain,
        faults: facts.faults,
        error,
        ..Report::default()
    })
}

/// `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, with `https://` before and a path after it.
fn split(typed: &[u8]) -> Result<(&[u8], u16)> {
    let wrong = || {
        Error::usage(format!("{}: not HOST or HOST:PORT", visible(typed)))
            .hint("an IPv6 address with a port is written [::1]:443")
    };
    let rest = typed.strip_prefix(b"https://").unwrap_or(typed);
    let rest = rest.split(|b| *b == b'/').next().unwrap_or_default();
    let (host, port) = match rest.strip_prefix(b"[") {
        Some(inner) => {
            let end = inner.iter().position(|b| *b == b']').ok_or_else(wrong)?;
            (&inner[..end], inner[end + 1..].strip_prefix(b":"))
        }
        None if rest.iter().filter(|b| **b == b':').count() > 1 => (rest, None),
        None => match rest.iter().position(|b| *b == b':') {
            Some(colon) => (&rest[..colon], Some(&rest[colon + 1..])),
            None => (rest, None),
        },
    };
    let port = match port {
        Some(port) => std::str::from_utf8(port).ok().and_then(|port| port.parse().ok()),
        None => Some(443),
    };
    if host.is_empty() {
        return Err(wrong());
    }
    Ok((host, port.ok_or_else(wrong)?))
}

/// The name that is sent and verified: of DNS, without the last dot, or an address.
pub(super) fn server_name(host: &[u8]) -> Result<ServerName<'static>> {
    let name = ServerName::try_from(host.strip_suffix(b".").unwrap_or(host));
    name.map(|name| name.to_owned()).map_err(|_| {
        Error::new(format!("{}: not a name that TLS can ask for", quote(os(host))))
            .hint("--sni gives another; names outside ASCII are written as xn--…")
    })
}

impl Report {
    fn print(&self, io: &mut Io) -> Result<()> {
        let mut lines: Vec<[String; 2]> = Vec::new();
        let mut line = |key: &str, value: String| lines.push([key.to_owned(), value]);
        line("Target", self.target.visible().into_owned());
        let facts = [
            ("Address", self.address.clone()),
            ("Name", self.name.as_deref().map(|name| visible(name.as_bytes()).into_owned())),
            ("Protocol", self.protocol.map(str::to_owned)),
            ("Cipher", self.cipher.clone()),
            ("Key exchange", self.group.map(str::to_owned)),
            ("ALPN", self.alpn.as_ref().map(|alpn| alpn.visible().into_owned())),
        ];
        for (key, value) in facts {
            if let Some(value) = value {
                line(key, value);
            }
        }
        for (i, certificate) in self.chain.iter().enumerate() {
            line(&format!("Certificate {i}"), certificate.subject.visible().into_owned());
            certificate.lines(&mut line);
        }
        let from: Vec<_> = self.trust_from.iter().map(Text::visible).collect();
        if !from.is_empty() {
            line("Trust", format!("{} CAs of {}", self.trusted_cas, from.join(", ")));
        }
        if let Some(error) = &self.error {
            line("Error", error.clone());
        }
        line("Verified", if self.verified { "yes" } else { "no" }.to_owned());
        for fault in &self.faults {
            line("", fault.text.visible().into_owned());
        }
        let lines: Vec<Vec<String>> = lines.into_iter().map(Vec::from).collect();
        print_lines(io, &[Align::Left, Align::Left], &lines, false)
    }
}

impl Certificate {
    fn lines(&self, line: &mut impl FnMut(&str, String)) {
        line("  Issuer", self.issuer.visible().into_owned());
        if !self.names.is_empty() {
            let names: Vec<_> = self.names.iter().map(Text::visible).collect();
            line("  Names", names.join(", "));
        }
        line("  Serial", self.serial.clone());
        line("  Key", self.key() + if self.is_ca { ", of a CA" } else { "" });
        line("  Signed with", self.signature_algorithm.clone());
        let unknown = || "unknown".to_owned();
        line("  Not before", self.not_before.clone().unwrap_or_else(unknown));
        let left = match self.days_left {
            Some(days) if days < 0 => " (expired)".to_owned(),
            Some(days) => format!(" ({days} days left)"),
            None => String::new(),
        };
        line("  Not after", self.not_after.clone().unwrap_or_else(unknown) + &left);
        line("  SHA-256", self.sha256.clone());
    }
}
