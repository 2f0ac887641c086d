//! Asking a server that begins in plain text for TLS.

use crate::error::{Error, Result};
use crate::output::visible;
use crate::tools::connect::Stream;
use std::io::{Read, Write};

/// The longest answer to wait for the end of.
const ANSWER: usize = 8 << 10;

/// Speaks `protocol` until the handshake of TLS may begin.
pub(super) fn begin(protocol: &str, stream: &mut Stream) -> Result<()> {
    let failed = |error: Error| {
        // A peer that left is no reader of our output that left.
        let error = match error.is_broken_pipe() {
            true => Error::new("the server closed the connection"),
            false => error,
        };
        error.context(format!("asking for TLS ({protocol})"))
    };
    match protocol {
        "postgres" => postgres(stream),
        _ => smtp(stream),
    }
    .map_err(failed)?;
    // What came in plain text says nothing of how TLS goes.
    stream.head.clear();
    Ok(())
}

/// SSLRequest: its length and its number (PostgreSQL's protocol, "Message Formats").
fn postgres(stream: &mut Stream) -> Result<()> {
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47])?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    match &answer {
        b"S" => Ok(()),
        b"N" => Err(Error::new("the server has TLS turned off")
            .hint("`ssl = on` in postgresql.conf turns it on")),
        other => Err(Error::new(format!("unexpected answer '{}'", visible(other)))),
    }
}

/// RFC 3207.
fn smtp(stream: &mut Stream) -> Result<()> {
    expect(stream, b"220")?;
    stream.write_all(b"EHLO localhost\r\n")?;
    expect(stream, b"250")?;
    stream.write_all(b"STARTTLS\r\n")?;
    expect(stream, b"220")
}

/// Reads an answer of one or more lines, byte by byte, since what follows it is TLS.
fn expect(stream: &mut Stream, code: &[u8]) -> Result<()> {
    let (mut line, mut length) = (Vec::new(), 0);
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
        length += 1;
        if length > ANSWER {
            return Err(Error::new(format!("the answer is longer than {ANSWER} bytes")));
        }
        if byte != *b"\n" {
            continue;
        }
        if !line.starts_with(code) {
            return Err(Error::new(format!(
                "the server said '{}'",
                visible(line.trim_ascii_end())
            )));
        }
        // A hyphen after the code: more lines follow (RFC 5321, section 4.2.1).
        if line.get(3) != Some(&b'-') {
            return Ok(());
        }
        line.clear();
    }
}
