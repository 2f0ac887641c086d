//! Names to addresses, as the target's programs find them: its hosts file, then its search path and servers. Nothing of
//! this machine is asked, and no library of the target is run.

use super::dns::config::{self, Config, Order};
use super::dns::types::{A, AAAA, PTR};
use super::dns::wire::Data;
use super::dns::{Ending, Name, Reply, Try, search};
use super::wait::Deadline;
use crate::error::{Error, Result};
use crate::output::{quote, visible};
use crate::tools::args::os;
use crate::view::View;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

/// How long all questions about one name may take where nobody said so: a resolv.conf can ask for hours.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// The addresses of `name`, in the order in which the target's C library asks for them: those of IPv4 first.
///
/// An address is its own answer, and `localhost` is the loopback where no hosts file says else (RFC 6761, section 6.3).
/// Fails with what each server said when there is none, and at the deadline: after [`LIMIT`] where it is later.
pub(super) fn lookup(view: &View, name: &[u8], deadline: Deadline) -> Result<Vec<IpAddr>> {
    if let Some(address) = std::str::from_utf8(name).ok().and_then(|text| text.parse().ok()) {
        return Ok(vec![address]);
    }
    let begun = Instant::now();
    let deadline = deadline.or(Deadline::after(Some(LIMIT)));
    let mut dns = Dns { said: Vec::new(), is_over: false };
    for source in Order::read(view)?.sources {
        let found = match source.name.as_slice() {
            b"files" => in_hosts(view, name)?,
            // Never asked of a server.
            b"dns" if is_loopback(name) => Vec::new(),
            b"dns" => dns.ask(view, name, deadline)?,
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
    if is_loopback(name) {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let mut why = format!("{}: no address found", quote(os(name)));
    if dns.is_over {
        let _ = write!(why, " before the time was over ({:.1} s)", begun.elapsed().as_secs_f64());
    }
    if !dns.said.is_empty() {
        let _ = write!(why, ": {}", dns.said.join(", "));
    }
    Err(Error::new(why).hint(format!("`dns {}` shows each question and answer", visible(name))))
}

/// The names of `address`, as the target's DNS has them; `None` when no server answers in time.
pub(super) fn names_of(config: &Config, address: IpAddr) -> Option<Vec<Name>> {
    let name = Name::of_address(address);
    let deadline = Deadline::after(Some(LIMIT));
    let replies =
        match search(config, name.to_string().as_bytes(), &[PTR], deadline, &mut |_| Ok(())) {
            Ok(Ending::Found(_, replies)) => replies,
            Ok(Ending::Nothing) => Vec::new(),
            Ok(Ending::Failed { .. }) | Err(_) => return None,
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

/// Whether `name` is `localhost` or within it.
fn is_loopback(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name).to_ascii_lowercase();
    name == b"localhost" || name.ends_with(b".localhost")
}

/// What servers said, and whether the time was over before all were asked.
struct Dns {
    said: Vec<String>,
    is_over: bool,
}

impl Dns {
    fn ask(&mut self, view: &View, name: &[u8], deadline: Deadline) -> Result<Vec<IpAddr>> {
        let config = Config::read(view)?;
        let said = &mut self.said;
        let mut note = |one: &Try| {
            // Enough to see what is wrong; what is said again and again is said once.
            let words = one.in_words();
            if said.len() < 8 && !said.contains(&words) {
                said.push(words);
            }
            Ok(())
        };
        match search(&config, name, &[A, AAAA], deadline, &mut note)? {
            Ending::Found(name, replies) => Ok(addresses(&name, &replies)),
            Ending::Nothing => Ok(Vec::new()),
            Ending::Failed { is_over, .. } => {
                self.is_over = is_over;
                Ok(Vec::new())
            }
        }
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
