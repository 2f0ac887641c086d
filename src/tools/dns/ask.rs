//! One question to one server, by UDP or TCP, until a deadline. What does not come from that server or does not
//! answer that question is passed over.

use super::wire::{Message, Question};
use crate::error::io_reason;
use crate::tools::connect;
use crate::tools::wait::{self, Deadline};
use nix::poll::PollFlags;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// How a question is asked.
#[derive(Clone, Copy, Debug)]
pub(in crate::tools) struct How {
    pub(in crate::tools) server: SocketAddr,
    pub(in crate::tools) tcp: bool,
    pub(in crate::tools) edns: Option<u16>,
    /// Flags of the header.
    pub(in crate::tools) flags: u16,
    /// Whether an answer that was cut is given as it is (dig's `+ignore`).
    pub(in crate::tools) ignore_truncation: bool,
    pub(in crate::tools) timeout: Duration,
    /// When all asking ends, whatever the time given to a server.
    pub(in crate::tools) deadline: Deadline,
}

/// An answer and how it came.
#[derive(Clone, Debug)]
pub(in crate::tools) struct Reply {
    pub(in crate::tools) message: Message,
    pub(in crate::tools) server: SocketAddr,
    pub(in crate::tools) is_tcp: bool,
    /// Whether it came by TCP because it was cut by UDP.
    pub(in crate::tools) was_truncated: bool,
    pub(in crate::tools) size: usize,
    pub(in crate::tools) time: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(in crate::tools) enum Failure {
    /// Nothing came in time; or only what answers another question, or none.
    Timeout { strangers: u32 },
    /// The kernel or the server's host refused.
    Io(io::Error),
    /// The connection ended, or what came by it is no answer.
    Broken(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Timeout { strangers: 0 } => f.write_str("timed out"),
            Failure::Timeout { strangers } => {
                write!(f, "timed out ({strangers} packets were no answer to the question)")
            }
            Failure::Io(error) => f.write_str(&io_reason(error)),
            Failure::Broken(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            ErrorKind::TimedOut => Failure::Timeout { strangers: 0 },
            ErrorKind::UnexpectedEof => Failure::Broken("the server ended the connection"),
            _ => Failure::Io(error),
        }
    }
}

/// Asks `question`. An answer that was cut by UDP is asked for again by TCP.
pub(in crate::tools) fn ask(question: &Question, how: &How) -> Result<Reply, Failure> {
    let start = Instant::now();
    let end = || Deadline::after(Some(how.timeout)).or(how.deadline);
    if how.tcp {
        return by_tcp(question, how, start, end());
    }
    let reply = by_udp(question, how, start, end())?;
    if !reply.message.is_truncated() || how.ignore_truncation {
        return Ok(reply);
    }
    // The time starts anew: the server is there.
    let reply = by_tcp(question, how, start, end())?;
    Ok(Reply { was_truncated: true, ..reply })
}

/// A number that nobody can guess, from the kernel's randomness by way of the standard library's keys.
pub(in crate::tools) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn by_udp(question: &Question, how: &How, start: Instant, end: Deadline) -> Result<Reply, Failure> {
    let any: IpAddr = match how.server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // The port is the kernel's choice, at random. A connected socket takes from its peer only.
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(how.server)?;
    socket.set_nonblocking(true)?;
    let id = random() as u16;
    socket.send(&question.message(id, how.flags, how.edns))?;
    let (mut buffer, mut strangers) = (vec![0; 65_535], 0);
    loop {
        if !wait::ready(&socket, PollFlags::POLLIN, end.at())? {
            return Err(Failure::Timeout { strangers });
        }
        let size = match socket.recv(&mut buffer) {
            Ok(size) => size,
            Err(error) if is_to_be_tried_again(&error) => continue,
            Err(error) => return Err(error.into()),
        };
        match Message::read(buffer.get(..size).unwrap_or_default()) {
            Some(message) if message.answers(id, question) => {
                return Ok(reply(message, how, false, size, start));
            }
            _ => strangers += 1,
        }
        // A flood would keep the socket ready for ever.
        if end.is_over() {
            return Err(Failure::Timeout { strangers });
        }
    }
}

fn by_tcp(question: &Question, how: &How, start: Instant, end: Deadline) -> Result<Reply, Failure> {
    let connected = connect::tcp(&[how.server], end);
    let (mut stream, _) = connected.map_err(|failed| io::Error::from(failed.errno()))?;
    let id = random() as u16;
    let message = question.message(id, how.flags, how.edns);
    stream.write_all(&[&(message.len() as u16).to_be_bytes(), message.as_slice()].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut buffer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut buffer)?;
    match Message::read(&buffer) {
        Some(message) if message.answers(id, question) => {
            Ok(reply(message, how, true, buffer.len(), start))
        }
        _ => Err(Failure::Broken("what came by TCP is no answer to the question")),
    }
}

fn reply(message: Message, how: &How, is_tcp: bool, size: usize, start: Instant) -> Reply {
    let time = start.elapsed();
    Reply { message, server: how.server, is_tcp, was_truncated: false, size, time }
}

fn is_to_be_tried_again(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
