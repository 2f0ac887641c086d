//! Requests by netlink(7) from the network namespace that this process is in, and what they are answered with.
//!
//! Messages are walked with netlink-packet-core alone. The typed crates above it (netlink-packet-route and the like)
//! would add 0.6 MB to the binary, for attributes of which the tools print a tenth.

use crate::error::Error;
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer,
    NlasIterator,
};
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use std::io;
use std::net::IpAddr;

/// The header of a message (`struct nlmsghdr`).
const HEADER: usize = 16;

/// How often a listing is asked for anew because it changed while the kernel made it.
pub(super) const ATTEMPTS: usize = 4;

/// What `parse` makes of everything of one kind; `body` is what comes after the header. Nothing else of the answers is
/// kept. Fails with what the kernel refused it with.
pub(super) fn rows<T>(
    protocol: isize,
    kind: u16,
    body: &[u8],
    mut parse: impl FnMut(u16, &[u8]) -> Option<T>,
) -> Result<Vec<T>, Errno> {
    let mut rows = Vec::new();
    for _ in 0..ATTEMPTS {
        rows.clear();
        let mut each = |kind: u16, body: &[u8]| {
            rows.extend(parse(kind, body));
            true
        };
        if !walk(protocol, kind, NLM_F_DUMP, body, &mut each)? {
            break;
        }
    }
    Ok(rows)
}

/// Is given a message's type and what comes after its header.
pub(super) type Each<'a> = dyn FnMut(u16, &[u8]) -> Result<(), Error> + 'a;

/// Tells `each` of everything of one kind as it comes: for listings without an end. Whether it changed meanwhile, so that
/// something may be missing or there twice.
pub(super) fn stream(
    protocol: isize,
    kind: u16,
    body: &[u8],
    each: &mut Each<'_>,
) -> Result<bool, Error> {
    let mut failed = None;
    let is_torn = walk(protocol, kind, NLM_F_DUMP, body, &mut |kind, body| {
        failed = each(kind, body).err();
        failed.is_none()
    })?;
    failed.map_or(Ok(is_torn), Err)
}

/// What `parse` makes of the answer to one question.
pub(super) fn ask<T>(
    protocol: isize,
    kind: u16,
    body: &[u8],
    mut parse: impl FnMut(u16, &[u8]) -> Option<T>,
) -> Result<Option<T>, Errno> {
    let mut found = None;
    walk(protocol, kind, NLM_F_ACK, body, &mut |kind, body| {
        found = found.take().or_else(|| parse(kind, body));
        true
    })?;
    Ok(found)
}

/// Sends a request and gives `each` the type of every answer and what comes after its header, until it says no; whether
/// they are inconsistent because something changed meanwhile.
pub(super) fn walk(
    protocol: isize,
    kind: u16,
    flags: u16,
    body: &[u8],
    each: &mut dyn FnMut(u16, &[u8]) -> bool,
) -> Result<bool, Errno> {
    let mut netlink = Socket::new(protocol).map_err(errno)?;
    netlink.bind_auto().map_err(errno)?;
    netlink.connect(&SocketAddr::new(0, 0)).map_err(errno)?;
    let request = message(kind, NLM_F_REQUEST | flags, body);
    netlink.send(&request, 0).map_err(errno)?;
    let mut buffer = vec![0; 64 << 10];
    let mut is_torn = false;
    loop {
        // With MSG_TRUNC the length is that of the message, so that a cut one is noticed.
        let received = match netlink.recv(&mut buffer.as_mut_slice(), libc::MSG_TRUNC) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(errno(error)),
        };
        let received = buffer.get(..received).ok_or(Errno::EMSGSIZE)?;
        for message in messages(received) {
            is_torn |= message.flags() & NLM_F_DUMP_INTR != 0;
            let code = i32_at(message.payload(), 0).unwrap_or(0);
            match message.message_type() {
                NLMSG_DONE | NLMSG_ERROR if code != 0 => {
                    return Err(Errno::from_raw(code.saturating_neg()));
                }
                NLMSG_DONE | NLMSG_ERROR => return Ok(is_torn),
                kind if !each(kind, message.payload()) => return Ok(is_torn),
                _ => {}
            }
        }
    }
}

/// A message of type `kind`.
pub(super) fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    bytes.extend_from_slice(body);
    let length = bytes.len() as u32;
    let mut header = NetlinkBuffer::new(bytes.as_mut_slice());
    header.set_length(length);
    header.set_message_type(kind);
    header.set_flags(flags);
    bytes
}

/// The messages in `bytes`; the first whose length lies ends them.
fn messages(bytes: &[u8]) -> impl Iterator<Item = NetlinkBuffer<&[u8]>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let message = NetlinkBuffer::new_checked(rest).ok()?;
        rest = rest.get((message.length() as usize).next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    })
}

/// Adds an attribute (`struct nlattr`) to a message.
pub(super) fn push_attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
    body.extend_from_slice(&length.to_ne_bytes());
    body.extend_from_slice(&kind.to_ne_bytes());
    body.extend_from_slice(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

/// The attributes of a message, or those nested in one of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// Those in `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Attributes<'a> {
        Attributes(bytes)
    }

    /// Those behind the `fixed` bytes that a message begins with.
    pub(super) fn after(body: &'a [u8], fixed: usize) -> Attributes<'a> {
        Attributes(body.get(fixed..).unwrap_or_default())
    }

    /// Each one's type, without the flags in it, and its value. One whose length lies ends them.
    pub(super) fn iter(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        NlasIterator::new(self.0).map_while(|attribute| {
            let attribute = attribute.ok()?;
            let (kind, length) = (attribute.kind(), attribute.length() as usize);
            Some((kind, attribute.into_inner().get(4..length)?))
        })
    }

    /// The value of the first of type `kind`.
    pub(super) fn get(self, kind: u16) -> Option<&'a [u8]> {
        self.iter().find(|(found, _)| *found == kind).map(|(_, value)| value)
    }

    /// Those nested in `kind`; none when there is no such attribute.
    pub(super) fn nested(self, kind: u16) -> Attributes<'a> {
        Attributes(self.get(kind).unwrap_or_default())
    }

    /// A byte.
    pub(super) fn u8(self, kind: u16) -> Option<u8> {
        self.get(kind)?.first().copied()
    }

    /// A number of 16 bits in the machine's order.
    pub(super) fn u16(self, kind: u16) -> Option<u16> {
        u16_at(self.get(kind)?, 0)
    }

    /// A number of 32 bits in the machine's order.
    pub(super) fn u32(self, kind: u16) -> Option<u32> {
        u32_at(self.get(kind)?, 0)
    }

    /// A number of 32 bits in the network's order, as nf_tables has all of them.
    pub(super) fn be32(self, kind: u16) -> Option<u32> {
        self.u32(kind).map(u32::from_be)
    }

    /// A number of 64 bits in the network's order.
    pub(super) fn be64(self, kind: u16) -> Option<u64> {
        u64_at(self.get(kind)?, 0).map(u64::from_be)
    }

    /// Text up to its NUL.
    pub(super) fn text(self, kind: u16) -> Option<&'a [u8]> {
        self.get(kind)?.split(|byte| *byte == 0).next()
    }

    /// An address of either family, which its length tells.
    pub(super) fn address(self, kind: u16) -> Option<IpAddr> {
        address(self.get(kind)?)
    }
}

/// An address of either family, which its length tells.
pub(super) fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(four.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// A number in the machine's order.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_ne_bytes)
}

/// A number in the machine's order.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_ne_bytes)
}

/// A number in the machine's order.
pub(super) fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    array(bytes, at).map(i32::from_ne_bytes)
}

/// A number in the machine's order.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_ne_bytes)
}

fn errno(error: io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_and_nested_ones_too() {
        let (mut inner, mut body) = (Vec::new(), vec![7; 8]);
        push_attribute(&mut inner, 1, b"a\0b");
        push_attribute(&mut body, 5, &9u32.to_ne_bytes());
        push_attribute(&mut body, 6 | netlink_packet_core::NLA_F_NESTED, &inner);
        let attributes = Attributes::after(&body, 8);
        assert_eq!(attributes.u32(5), Some(9));
        assert_eq!(attributes.nested(6).text(1), Some(b"a".as_slice()));
        assert_eq!(attributes.get(7), None);
        assert_eq!(attributes.be64(5), None, "too short for it");
    }

    #[test]
    fn lengths_that_lie_end_the_walk() {
        for length in [0u16, 1, 3, 9, 0xffff] {
            let mut body = Vec::new();
            push_attribute(&mut body, 1, b"abcd");
            body[..2].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(Attributes::new(&body).iter().count(), 0, "{length}");
        }
        let whole = [message(3, 0, b"abc"), vec![0], message(4, 0, b"")].concat();
        let kinds = |bytes: &[u8]| Vec::from_iter(messages(bytes).map(|m| m.message_type()));
        assert_eq!(kinds(&whole), [3, 4]);
        for end in 0..whole.len() {
            assert!(kinds(&whole[..end]).len() < 2, "{end}");
        }
        for length in [0u32, 15, 37, u32::MAX] {
            let mut bytes = whole.clone();
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(kinds(&bytes), [0u16; 0], "{length}");
        }
    }

    #[test]
    fn every_prefix_of_attributes_is_safe_to_walk() {
        let mut body = Vec::new();
        push_attribute(&mut body, 1, b"abcde");
        push_attribute(&mut body, 2, b"fgh");
        for end in 0..=body.len() {
            let _ = Attributes::new(&body[..end]).iter().count();
        }
        assert_eq!(Attributes::new(&body).iter().count(), 2);
    }
}
