//! The interfaces by their numbers and names, for what refers to them.

use super::link::{self, Link};
use super::names::Name;
use crate::error::Error;
use crate::output::order;
use crate::output::{Text, visible};
use crate::tools::netlink;
use nix::errno::Errno;
use std::fmt::Write;

/// An address of the link layer; tunnels have those of IP.
pub(super) fn hardware_address(bytes: &[u8], hardware: u16) -> String {
    const TUNNELS: [u16; 5] = [768, 769, 776, 778, 823];
    if let Some(address) = netlink::address(bytes).filter(|_| TUNNELS.contains(&hardware)) {
        return address.to_string();
    }
    let mut text = String::with_capacity(bytes.len() * 3);
    for (i, byte) in bytes.iter().enumerate() {
        let _ = write!(text, "{}{byte:02x}", if i == 0 { "" } else { ":" });
    }
    text
}

/// The names of all interfaces by their index.
#[derive(Debug, Default)]
pub(in crate::tools) struct Links(Vec<Link>);

impl Links {
    pub(in crate::tools) fn new() -> Result<Links, Errno> {
        let mut links = link::list(0, false)?;
        order::sort_by_key(&mut links, |link| link.index);
        Ok(Links(links))
    }

    /// The name of interface `index`, or `ifN` where there is none of that number (any more).
    pub(in crate::tools) fn name(&self, index: u32) -> Text {
        match self.get(index) {
            Some(link) => link.name.clone(),
            None => Text::from(format!("if{index}").into_bytes()),
        }
    }

    /// Interface `index`.
    pub(super) fn get(&self, index: u32) -> Option<&Link> {
        self.0.get(self.0.binary_search_by_key(&index, |link| link.index).ok()?)
    }

    /// The interface called `name`.
    pub(super) fn find(&self, name: &[u8]) -> Option<&Link> {
        self.0.iter().find(|link| link.is_called(name))
    }

    /// The type of hardware of interface `index`.
    pub(in crate::tools) fn hardware(&self, index: u32) -> Option<&Name> {
        self.get(index).map(|link| &link.hardware)
    }
}

/// Why `name` is no interface.
pub(super) fn no_such(name: &[u8]) -> Error {
    Error::new(format!("no interface is called '{}'", visible(name)))
        .hint("`ip -br link` lists those of the target")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tunnels_have_addresses_of_ip() {
        assert_eq!(hardware_address(&[10, 0, 0, 1], 768), "10.0.0.1");
        assert_eq!(hardware_address(&[10, 0, 0, 1], 1), "0a:00:00:01");
    }
}
