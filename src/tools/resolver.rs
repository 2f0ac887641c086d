//! Names to addresses, as the target's programs find them: its hosts file, then its search path and servers. Nothing of
//! this machine is asked, and no library of the target is run.

use super::dns::config::{self, Config, Order};
use super::dns::types::{A, AAAA, PTR};
use super::dns::wire::Data;
use super::dns::{Ending, Name, Reply, Try, search};
use crate::error::{Error, Result};
use crate::output::{quote, visible};
use crate::tools::args::os;
use crate::view::View;
use std::fmt::Write;
use std::net::IpAddr;

/// The addresses of `name`, in the order in which the target's C library asks for them: those of IPv4 first.
///
/// An address is its own answer. Fails with what each server said when there is none. Takes as long as the target's
/// resolv.conf allows.
pub(super) fn lookup(view: &View, name: &[u8]) -> Result<Vec<IpAddr>> {
    if let Some(address) = std::str::from_utf8(name).ok().and_then(|text| text.parse().ok()) {
        return Ok(vec![address]);
    }
    let mut said: Vec<String> = Vec::new();
    for source in Order::read(view)?.sources {
        let found = match source.name.as_slice() {
            b"files" => in_hosts(view, name)?,
            b"dns" => in_dns(view, name, &mut said)?,
            // Nobody is there to answer for any other.
            _ => continue,
        };
        if !found.is_empty() {
            return Ok(found);
        }
        if source.is_last {
            break;
        }
    }
    let mut why = format!("{}: no address found", quote(os(name)));
    if !said.is_empty() {
        let _ = write!(why, ": {}", said.join(", "));
    }
    Err(Error::new(why).hint(format!("`dns {}` shows each question and answer", visible(name))))
}

/// The names of `address`, as the target's DNS has them; `None` when no server answers in time.
pub(super) fn names_of(config: &Config, address: IpAddr) -> Option<Vec<Name>> {
    let name = Name::of_address(address);
    let replies = match search(config, name.to_string().as_bytes(), &[PTR], &mut |_| Ok(())) {
        Ok(Ending::Found(_, replies)) => replies,
        Ok(Ending::Nothing) => Vec::new(),
        Ok(Ending::Failed) | Err(_) => return None,
    };
    let found = replies.iter().flat_map(|reply| reply.message.resolve(&name, PTR).0);
    let names = found.filter_map(|record| match &record.data {
        Data::Name(name) => Some(name.clone()),
        _ => None,
    });
    Some(names.take(8).collect())
}

fn in_hosts(view: &View, name: &[u8]) -> Result<Vec<IpAddr>> {
    let hosts = config::hosts(view, |host| host.has(name))?;
    Ok(hosts.into_iter().map(|host| host.address).collect())
}

fn in_dns(view: &View, name: &[u8], said: &mut Vec<String>) -> Result<Vec<IpAddr>> {
    let config = Config::read(view)?;
    let mut note = |one: &Try| {
        // Enough to see what is wrong.
        if said.len() < 8 {
            said.push(one.in_words());
        }
        Ok(())
    };
    match search(&config, name, &[A, AAAA], &mut note)? {
        Ending::Found(name, replies) => Ok(addresses(&name, &replies)),
        Ending::Nothing | Ending::Failed => Ok(Vec::new()),
    }
}

/// The addresses that `replies` give `name`.
pub(super) fn addresses(name: &Name, replies: &[Reply]) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for kind in [A, AAAA] {
        let records = replies.iter().flat_map(|reply| reply.message.resolve(name, kind).0);
        found.extend(records.filter_map(|record| match record.data {
            Data::Address(address) => Some(address),
            _ => None,
        }));
    }
    found
}
