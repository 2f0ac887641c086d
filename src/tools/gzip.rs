//! Reading gzip (RFC 1952): members one behind another, in memory that does not grow with the file.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// The bytes that gzip starts with.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The content of all members of `R`.
pub(super) struct Members<R: Read> {
    decoder: Option<GzDecoder<BufReader<R>>>,
    /// Whether bytes that are no member stood behind the last one.
    pub(super) has_garbage: bool,
}

impl<R: Read> Members<R> {
    pub(super) fn new(input: R) -> Members<R> {
        let input = BufReader::with_capacity(64 << 10, input);
        Members { decoder: Some(GzDecoder::new(input)), has_garbage: false }
    }

    /// Goes on to the next member, if there is one. Zeros between and behind members are padding.
    fn next_member(&mut self) -> io::Result<()> {
        let Some(decoder) = self.decoder.take() else { return Ok(()) };
        let mut input = decoder.into_inner();
        loop {
            let buffer = input.fill_buf()?;
            let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
            if buffer.is_empty() {
                return Ok(());
            }
            let is_padding = zeros == buffer.len();
            let is_member = buffer.get(zeros) == MAGIC.first();
            input.consume(zeros);
            if !is_padding {
                self.has_garbage = !is_member;
                self.decoder = is_member.then(|| GzDecoder::new(input));
                return Ok(());
            }
        }
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            match decoder.read(buffer) {
                Ok(0) if !buffer.is_empty() => self.next_member()?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
        Ok(0)
    }
}
