//! One request and its answer: resolve, connect, TLS, send, receive, each phase with its time and its exit code.

use super::options::{Asked, Destination, failed};
use super::report::{Exchange, Tls, lap, print_head};
use super::request::Request;
use super::response::{Head, Reader, receiving};
use super::url::Url;
use crate::error::{Error, Result, ResultExt, io_reason};
use crate::exit::Exit;
use crate::output::{Io, quote, visible};
use crate::tools::connect::{self, Family, Stream};
use crate::tools::tls::server_name;
use crate::tools::tls::session::{Facts, Failed, Secure, secure};
use crate::tools::tls::trust::Trust;
use crate::tools::wait::Deadline;
use crate::view::View;
use nix::sys::socket::SockType;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// What all exchanges of one call have in common.
#[derive(Debug)]
pub(super) struct Client<'a> {
    view: &'a View,
    asked: &'a Asked,
    deadline: Deadline,
    /// Read when the first https URL asks for it.
    trust: Option<Arc<Trust>>,
}

/// What comes after an exchange.
#[derive(Debug)]
pub(super) enum Next {
    Done,
    Redirect(u16, Url),
}

/// A connection, encrypted or not.
#[derive(Debug)]
enum Wire {
    Plain(Stream),
    Secure(Box<Secure>),
}

impl Wire {
    fn set_deadline(&mut self, deadline: Deadline) {
        match self {
            Wire::Plain(stream) => stream.deadline = deadline,
            Wire::Secure(session) => session.sock.deadline = deadline,
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(buffer),
            Wire::Secure(session) => session.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.write(bytes),
            Wire::Secure(session) => session.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.flush(),
            Wire::Secure(session) => session.flush(),
        }
    }
}

impl<'a> Client<'a> {
    pub(super) fn new(view: &'a View, asked: &'a Asked) -> Client<'a> {
        Client { view, asked, deadline: Deadline::after(asked.max_time), trust: None }
    }

    /// Makes the exchange; `row` holds what was learnt, also when it fails.
    pub(super) fn perform(
        &mut self,
        request: &Request,
        row: &mut Exchange,
        io: &mut Io,
    ) -> Result<Next> {
        row.method = request.method.clone().into();
        row.url = request.url.text().into();
        let begun = Instant::now();
        let result = self.phases(request, row, begun, io);
        row.timings.total_seconds = begun.elapsed().as_secs_f64();
        row.error = result.as_ref().err().map(ToString::to_string);
        result
    }

    fn phases(
        &mut self,
        request: &Request,
        row: &mut Exchange,
        begun: Instant,
        io: &mut Io,
    ) -> Result<Next> {
        let mut at = begun;
        let limit = Deadline::after(Some(self.asked.connect_timeout));
        let stream = self.connect(&request.url, limit.or(self.deadline), row, &mut at, io)?;
        let mut wire = match request.url.is_https {
            true => Wire::Secure(self.encrypt(stream, &request.url, row, &mut at, io)?),
            false => Wire::Plain(stream),
        };
        wire.set_deadline(self.deadline);
        self.send(&mut wire, request, row, io)?;
        let mut reader = Reader::new(wire);
        reader.first_byte()?;
        row.timings.first_byte_seconds = Some(lap(&mut at));
        let result = self.receive(&mut reader, request, row, io);
        row.header_bytes = reader.heads as u64;
        row.body_bytes = reader.received;
        row.timings.transfer_seconds = Some(lap(&mut at));
        result
    }

    fn connect(
        &self,
        url: &Url,
        deadline: Deadline,
        row: &mut Exchange,
        at: &mut Instant,
        io: &mut Io,
    ) -> Result<Stream> {
        let asked = self.asked;
        if let Some(path) = &asked.unix {
            let connected = connect::unix(self.view, path, SockType::Stream, deadline);
            let stream = connected.map_err(|error| error.exit(Exit::code(7)))?;
            row.timings.connect_seconds = Some(lap(at));
            self.say(io, &format!("connected to {}", quote(path)))?;
            return Ok(stream);
        }
        // Before a name is asked for: that is done in the target's network as well.
        self.view.net()?;
        let addresses = self.addresses(url, deadline)?;
        row.timings.dns_seconds = Some(lap(at));
        if deadline.is_over() {
            return Err(Error::new("the time is over after resolving").exit(Exit::code(28)));
        }
        let (stream, address) = connect::tcp(&addresses, deadline).map_err(|unreachable| {
            let code = if unreachable.is_timeout() { 28 } else { 7 };
            Error::new(unreachable).exit(Exit::code(code))
        })?;
        row.timings.connect_seconds = Some(lap(at));
        row.remote_address = Some(address.ip().to_string());
        row.remote_port = Some(address.port());
        self.say(io, &format!("connected to {} ({address})", visible(&url.host)))?;
        Ok(stream)
    }

    fn addresses(&self, url: &Url, deadline: Deadline) -> Result<Vec<SocketAddr>> {
        let family = Family::new(self.asked.v4, self.asked.v6);
        let is_it = |host: &[u8], port| (host == url.host || host == b"*") && port == url.port;
        let pinned = self.asked.pinned.iter().rfind(|pinned| is_it(&pinned.host, pinned.port));
        if let Some(pinned) = pinned {
            let wanted = pinned.addresses.iter().filter(|address| family.has(address));
            return Ok(wanted.map(|address| SocketAddr::new(*address, url.port)).collect());
        }
        connect::addresses(self.view, &url.host, url.port, family, deadline).map_err(|error| {
            let code = if deadline.is_over() { 28 } else { 6 };
            error.exit(Exit::code(code))
        })
    }

    fn encrypt(
        &mut self,
        stream: Stream,
        url: &Url,
        row: &mut Exchange,
        at: &mut Instant,
        io: &mut Io,
    ) -> Result<Box<Secure>> {
        let trust = match &self.trust {
            Some(trust) => Arc::clone(trust),
            None => {
                let read = Trust::of(self.view, self.asked.cacert.as_deref());
                let read = Arc::new(read.map_err(|error| error.exit(Exit::code(77)))?);
                Arc::clone(self.trust.insert(read))
            }
        };
        let sources: Vec<_> = trust.from.iter().map(quote).collect();
        let text = match sources.is_empty() {
            true => "no CAs: the target has no file of them".to_owned(),
            false => format!("{} CAs of the target {}", trust.len(), sources.join(", ")),
        };
        self.say(io, &text)?;
        let name = server_name(&url.host).map_err(|error| error.exit(Exit::code(35)))?;
        let alpn = vec![b"http/1.1".to_vec()];
        let secured = secure(stream, &name, trust, alpn, self.asked.insecure);
        row.timings.tls_seconds = Some(lap(at));
        match secured {
            Ok((session, facts)) => {
                row.tls = Some(Tls::new(&facts));
                self.say_tls(io, &facts)?;
                Ok(session)
            }
            Err(failed) => {
                row.tls = Some(Tls::new(&failed.facts));
                self.say_tls(io, &failed.facts)?;
                Err(refused(*failed, url))
            }
        }
    }

    fn send(
        &self,
        wire: &mut Wire,
        request: &Request,
        row: &mut Exchange,
        io: &mut Io,
    ) -> Result<()> {
        let head = request.head(self.asked);
        if self.asked.is_verbose {
            print_head(&mut io.stderr, &head, "> ")?;
            io.stderr.flush()?;
        }
        row.request_bytes = head.len() as u64;
        let sent = wire.write_all(&head).and_then(|()| {
            let body = self.asked.data.as_deref().filter(|_| request.has_body);
            row.upload_bytes = body.map_or(0, |body| body.len() as u64);
            wire.write_all(body.unwrap_or_default())?;
            wire.flush()
        });
        match sent {
            Ok(()) => Ok(()),
            // A server may refuse a body before it is all sent, and say why.
            Err(error)
                if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) =>
            {
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => Err(receiving(&error)),
            Err(error) => {
                Err(Error::new(io_reason(&error)).context("sending").exit(Exit::code(55)))
            }
        }
    }

    fn receive(
        &self,
        reader: &mut Reader<Wire>,
        request: &Request,
        row: &mut Exchange,
        io: &mut Io,
    ) -> Result<Next> {
        let head = loop {
            let head = reader.head(request.is_head())?;
            if self.asked.is_verbose {
                print_head(&mut io.stderr, &head.raw, "< ")?;
                io.stderr.flush()?;
            }
            if self.asked.includes_headers && !self.asked.is_json {
                print_head(&mut io.stdout, &head.raw, "")?;
            }
            // 1xx says that more is to come; 101 is the last that is HTTP.
            if !matches!(head.status, 100 | 102..=199) {
                break head;
            }
        };
        row.note(&head);
        if head.is_redirect() {
            let joined = request.url.join(head.get("Location").unwrap_or_default());
            row.redirect_url = joined.as_ref().ok().map(|url| url.text().into());
            if self.asked.follows {
                return Ok(Next::Redirect(head.status, joined.map_err(failed)?));
            }
        }
        if self.asked.fails && head.status >= 400 {
            let text = format!("the server answered {}", status_line(&head));
            return Err(Error::new(text).exit(Exit::code(22)));
        }
        self.save(reader, io)?;
        if self.asked.is_verbose && !reader.trailers.is_empty() {
            print_head(&mut io.stderr, &reader.trailers, "< ")?;
        }
        if self.asked.includes_headers && !self.asked.is_json {
            print_head(&mut io.stdout, &reader.trailers, "")?;
        }
        Ok(Next::Done)
    }

    /// Passes the body on.
    fn save(&self, reader: &mut Reader<Wire>, io: &mut Io) -> Result<()> {
        let unwritten = |error: Error| error.exit(Exit::code(23));
        let mut file: Option<File> = match &self.asked.destination {
            Destination::File(path) => {
                Some(self.view.root()?.create(path, false).map_err(unwritten)?)
            }
            _ => None,
        };
        loop {
            let piece = reader.body()?;
            if piece.is_empty() {
                break;
            }
            match (&self.asked.destination, &mut file) {
                (Destination::File(path), Some(file)) => {
                    file.write_all(piece).context(|| quote(path)).map_err(unwritten)?;
                }
                (Destination::Stdout, _) => {
                    io.stdout.write_text(piece)?;
                    // What is streamed is wanted as it comes.
                    io.stdout.flush()?;
                }
                _ => {}
            }
        }
        Ok(io.stdout.end_text()?)
    }

    fn say(&self, io: &mut Io, text: &str) -> Result<()> {
        if self.asked.is_verbose {
            io.stdout.flush()?;
            writeln!(io.stderr, "* {text}")?;
            io.stderr.flush()?;
        }
        Ok(())
    }

    fn say_tls(&self, io: &mut Io, facts: &Facts) -> Result<()> {
        if let (Some(protocol), Some(cipher)) = (facts.protocol, &facts.cipher) {
            let group = facts.group.unwrap_or("no group");
            self.say(io, &format!("{protocol}, {cipher}, {group}"))?;
        }
        if let Some(leaf) = facts.chain.first() {
            let until = leaf.not_after.as_deref().unwrap_or("unknown");
            self.say(io, &format!("certificate of {}", leaf.subject.visible()))?;
            self.say(io, &format!("  signed by {}, valid until {until}", leaf.issuer.visible()))?;
            let verdict = if facts.faults.is_empty() { "verified" } else { "not verified" };
            self.say(io, &format!("  {verdict}"))?;
        }
        for fault in &facts.faults {
            self.say(io, &format!("  {}", fault.text.visible()))?;
        }
        Ok(())
    }
}

/// `404 Not Found`.
fn status_line(head: &Head) -> String {
    format!("{} {}", head.status, visible(&head.reason)).trim_end().to_owned()
}

fn refused(failed: Failed, url: &Url) -> Error {
    if failed.is_timeout {
        return failed.error.exit(Exit::code(28));
    }
    if failed.is_certificate {
        let host = visible(&url.host);
        return failed.error.exit(Exit::code(60)).hint(format!(
            "`tls {host}:{}` shows the certificates; -k goes on without trust",
            url.port
        ));
    }
    failed.error.exit(Exit::code(35))
}
