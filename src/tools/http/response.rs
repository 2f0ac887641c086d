//! The answer of a server that may say anything: its head within a limit, its body piece by piece (RFC 9112).

use crate::error::{Error, Result, io_reason};
use crate::exit::Exit;
use crate::output::visible;
use crate::tools::tls::session::tls_error;
use std::io::{self, ErrorKind, Read};

/// The most bytes of all heads of one answer, those of 1xx among them. curl allows 300 kB.
const HEADS: usize = 256 << 10;
/// The most headers.
const HEADERS: usize = 1024;
/// The longest line that gives the size of a chunk, and the most bytes of trailers.
const LINE: usize = 16 << 10;
/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// The head of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    /// As it came, with the empty line.
    pub(super) raw: Vec<u8>,
    pub(super) minor: u8,
    pub(super) status: u16,
    pub(super) reason: Vec<u8>,
    pub(super) headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Head {
    /// The first header of that name.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let is_it = move |(key, _): &&(Vec<u8>, Vec<u8>)| key.eq_ignore_ascii_case(name.as_bytes());
        self.headers.iter().filter(is_it).map(|(_, value)| value.as_slice())
    }

    pub(super) fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308) && self.get("Location").is_some()
    }

    /// How long the body is.
    fn framing(&self, is_head: bool) -> Result<Framing> {
        if is_head || matches!(self.status, 100..=199 | 204 | 304) {
            return Ok(Framing::Sized(0));
        }
        let is_chunked = self.all("Transfer-Encoding").last().is_some_and(|value| {
            let last = value.rsplit(|b| *b == b',').next().unwrap_or_default();
            last.trim_ascii().eq_ignore_ascii_case(b"chunked")
        });
        if is_chunked {
            return Ok(Framing::Chunked(Chunk::Size));
        }
        let mut sizes = self.all("Content-Length");
        let Some(size) = sizes.next() else { return Ok(Framing::UntilClose) };
        let number = std::str::from_utf8(size).ok().filter(|text| !text.starts_with('+'));
        match number.and_then(|text| text.parse().ok()).filter(|_| sizes.all(|other| other == size))
        {
            Some(size) => Ok(Framing::Sized(size)),
            None => {
                Err(Error::new(format!("Content-Length is '{}'", visible(size)))
                    .exit(Exit::code(8)))
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    /// So many bytes are left.
    Sized(u64),
    Chunked(Chunk),
    UntilClose,
}

/// What of a chunked body comes next.
#[derive(Clone, Copy, Debug)]
enum Chunk {
    Size,
    Data(u64),
    /// The line end after the data.
    End,
    Trailers,
    Done,
}

/// Reads an answer from a connection.
#[derive(Debug)]
pub(super) struct Reader<R> {
    wire: R,
    buffer: Vec<u8>,
    at: usize,
    framing: Framing,
    /// Headers that came after a chunked body.
    pub(super) trailers: Vec<u8>,
    /// How many bytes of heads there were.
    pub(super) heads: usize,
    /// How many bytes of body there were.
    pub(super) received: u64,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(wire: R) -> Reader<R> {
        let framing = Framing::UntilClose;
        Reader {
            wire,
            buffer: Vec::new(),
            at: 0,
            framing,
            trailers: Vec::new(),
            heads: 0,
            received: 0,
        }
    }

    /// Waits for the first byte.
    pub(super) fn first_byte(&mut self) -> Result<()> {
        match self.fill() {
            Ok(0) => {
                Err(Error::new("empty reply: the server closed the connection and said nothing")
                    .exit(Exit::code(52))
                    .hint("so ends http:// on a port that speaks TLS: is it https://?"))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(receiving(&error)),
        }
    }

    /// The next head; those of 1xx are heads as well.
    pub(super) fn head(&mut self, is_head: bool) -> Result<Head> {
        loop {
            let unread = self.buffer.get(self.at..).unwrap_or_default();
            if let Some((head, size)) = parse(unread)? {
                self.at += size;
                self.heads += size;
                self.framing = head.framing(is_head)?;
                return Ok(head);
            }
            if self.heads.saturating_add(unread.len()) > HEADS {
                return Err(Error::new(format!("the headers have no end after {HEADS} bytes"))
                    .exit(Exit::code(56)));
            }
            if self.fill().map_err(|error| receiving(&error))? == 0 {
                return Err(Error::new("the server closed the connection amid the headers")
                    .exit(Exit::code(56)));
            }
        }
    }

    /// The next piece of the body; empty at its end.
    pub(super) fn body(&mut self) -> Result<&[u8]> {
        let most = match self.framing {
            Framing::Sized(left) => left,
            Framing::UntilClose => u64::MAX,
            Framing::Chunked(chunk) => self.chunk(chunk)?,
        };
        if most == 0 {
            return Ok(&[]);
        }
        if self.at >= self.buffer.len() && self.fill().map_err(|error| receiving(&error))? == 0 {
            return match self.framing {
                Framing::UntilClose => Ok(&[]),
                Framing::Sized(left) => Err(cut_short(&format!("{left} bytes are missing"))),
                Framing::Chunked(_) => Err(cut_short("the last chunk is missing")),
            };
        }
        let there = self.buffer.len() - self.at;
        let n = usize::try_from(most).unwrap_or(usize::MAX).min(there);
        match &mut self.framing {
            Framing::Sized(left) | Framing::Chunked(Chunk::Data(left)) => *left -= n as u64,
            _ => {}
        }
        self.received = self.received.saturating_add(n as u64);
        let start = self.at;
        self.at += n;
        Ok(self.buffer.get(start..start + n).unwrap_or_default())
    }

    /// Goes to the data of the next chunk; how much of it is left, or 0 at the end of all.
    fn chunk(&mut self, mut next: Chunk) -> Result<u64> {
        let wrong = |line: &[u8]| {
            let line = line.get(..80).unwrap_or(line);
            Error::new(format!("not the size of a chunk: '{}'", visible(line))).exit(Exit::code(56))
        };
        loop {
            next = match next {
                Chunk::Data(0) => Chunk::End,
                Chunk::Data(left) => {
                    self.framing = Framing::Chunked(next);
                    return Ok(left);
                }
                Chunk::End => match self.line()?.as_slice() {
                    b"" => Chunk::Size,
                    other => return Err(wrong(other)),
                },
                Chunk::Size => {
                    let mut line = self.line()?;
                    line.extend_from_slice(b"\r\n");
                    match httparse::parse_chunk_size(&line) {
                        Ok(httparse::Status::Complete((_, 0))) => Chunk::Trailers,
                        Ok(httparse::Status::Complete((_, size))) => Chunk::Data(size),
                        _ => return Err(wrong(line.trim_ascii_end())),
                    }
                }
                Chunk::Trailers => match self.line()? {
                    line if line.is_empty() => Chunk::Done,
                    line => {
                        self.trailers.extend_from_slice(&line);
                        self.trailers.extend_from_slice(b"\r\n");
                        if self.trailers.len() > LINE {
                            return Err(Error::new("the trailers have no end").exit(Exit::code(56)));
                        }
                        Chunk::Trailers
                    }
                },
                Chunk::Done => {
                    self.framing = Framing::Chunked(next);
                    return Ok(0);
                }
            };
        }
    }

    /// A line without its end.
    fn line(&mut self) -> Result<Vec<u8>> {
        loop {
            let unread = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', unread) {
                let line = unread.get(..end).unwrap_or_default();
                let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                self.at += end + 1;
                return Ok(line);
            }
            if unread.len() > LINE {
                return Err(Error::new("a line between chunks has no end").exit(Exit::code(56)));
            }
            if self.fill().map_err(|error| receiving(&error))? == 0 {
                return Err(cut_short("the last chunk is missing"));
            }
        }
    }

    /// Reads more behind what is unread; 0 when the peer has closed.
    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.drain(..self.at.min(self.buffer.len()));
        self.at = 0;
        let old = self.buffer.len();
        self.buffer.resize(old + CHUNK, 0);
        let result = loop {
            match self.wire.read(self.buffer.get_mut(old..).unwrap_or_default()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.buffer.truncate(old + result.as_ref().copied().unwrap_or(0));
        result
    }
}

fn cut_short(what: &str) -> Error {
    Error::new(format!("the server closed the connection amid the body: {what}"))
        .exit(Exit::code(18))
}

/// A failed read, with curl's exit code.
pub(super) fn receiving(error: &io::Error) -> Error {
    if error.kind() == ErrorKind::TimedOut {
        return Error::new("the time is over while waiting for the answer").exit(Exit::code(28));
    }
    let text = match (tls_error(error), error.kind()) {
        (Some(rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired)), _) => {
            "the server wants a client certificate, and dbg has none".to_owned()
        }
        (_, ErrorKind::UnexpectedEof) => {
            "the connection was closed without the end that TLS has (close_notify)".to_owned()
        }
        _ => io_reason(error),
    };
    Error::new(text).context("receiving").exit(Exit::code(56))
}

/// A head and its size; `None` when it is not all there yet.
fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>> {
    // Blank lines in front are passed over by the parser, and more than a few are no answer.
    let start = bytes.trim_ascii_start();
    let protocol = start.get(..5).unwrap_or(start);
    if !b"HTTP/".starts_with(protocol) {
        let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
        let line = line.get(..80).unwrap_or(line);
        return Err(Error::new(format!("the answer is not HTTP/1: '{}'", visible(line)))
            .exit(Exit::code(1))
            .hint("does the port speak TLS (https://), HTTP/2 alone, or something else?"));
    }
    let mut headers = vec![httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let mut config = httparse::ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true);
    match config.parse_response(&mut response, bytes) {
        Ok(httparse::Status::Partial) => Ok(None),
        Ok(httparse::Status::Complete(size)) => {
            let pair = |h: &httparse::Header<'_>| (h.name.as_bytes().to_vec(), h.value.to_vec());
            let head = Head {
                raw: bytes.get(..size).unwrap_or_default().to_vec(),
                minor: response.version.unwrap_or(1),
                status: response.code.unwrap_or(0),
                reason: response.reason.unwrap_or_default().as_bytes().to_vec(),
                headers: response.headers.iter().map(pair).collect(),
            };
            Ok(Some((head, size)))
        }
        Err(error) => {
            let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
            let line = line.get(..80).unwrap_or(line).trim_ascii_end();
            Err(Error::new(format!("not the head of an answer ({error}): '{}'", visible(line)))
                .exit(Exit::code(8)))
        }
    }
}
