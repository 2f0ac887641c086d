//! How the target's programs find addresses: its resolv.conf(5), hosts(5) and nsswitch.conf(5).

use super::name::Name;
use crate::error::Result;
use crate::view::View;
use nix::errno::Errno;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::path::Path;
use std::time::Duration;

/// The longest of these files that is read. A hosts file that blocks names may be large.
const LIMIT: u64 = 8 << 20;

/// The port of the DNS.
pub(in crate::tools) const PORT: u16 = 53;

/// Domains of a search path that are used: resolvers have no limit of their own, and each costs questions.
const MOST_DOMAINS: usize = 32;

/// What resolv.conf says, within the bounds that glibc has.
#[derive(Clone, Debug)]
pub(in crate::tools) struct Config {
    /// At most three.
    pub(in crate::tools) servers: Vec<SocketAddr>,
    pub(in crate::tools) search: Vec<Name>,
    /// A name with fewer dots is looked for in the search path first. At most 15.
    pub(in crate::tools) ndots: usize,
    /// How long a server is waited for the first time. At most 30 seconds.
    pub(in crate::tools) timeout: Duration,
    /// How often all servers are asked. At most 5.
    pub(in crate::tools) attempts: u32,
    /// Whether each look-up starts with another server.
    pub(in crate::tools) rotate: bool,
    /// Whether TCP alone is used (`use-vc`).
    pub(in crate::tools) tcp: bool,
    /// Whether addresses of IPv6 are not asked for (`no-aaaa`).
    pub(in crate::tools) no_aaaa: bool,
    /// Whether a name without dots is asked for in the search path alone (`no-tld-query`).
    pub(in crate::tools) no_single: bool,
    /// Whether EDNS0 is used: glibc does so when told to, dig always.
    pub(in crate::tools) edns: bool,
    /// Whether there is such a file.
    pub(in crate::tools) is_there: bool,
}

impl Config {
    /// Reads the target's `/etc/resolv.conf`. Without one, or without a server in it, the server is this host.
    pub(in crate::tools) fn read(view: &View) -> Result<Config> {
        let text = file(view, "/etc/resolv.conf")?;
        let mut config = Config::parse(text.as_deref().unwrap_or_default());
        config.is_there = text.is_some();
        Ok(config)
    }

    /// What holds when nothing is said.
    pub(in crate::tools) fn parse(text: &[u8]) -> Config {
        let mut config = Config {
            servers: Vec::new(),
            search: Vec::new(),
            ndots: 1,
            timeout: Duration::from_secs(5),
            attempts: 2,
            rotate: false,
            tcp: false,
            no_aaaa: false,
            no_single: false,
            edns: false,
            is_there: false,
        };
        for line in lines(text) {
            let mut words = words(line);
            match words.next() {
                Some(b"nameserver") if config.servers.len() < 3 => {
                    config.servers.extend(words.next().and_then(server));
                }
                // The last of these lines holds.
                Some(b"search") => {
                    let names = words.filter_map(|word| Name::parse(word).ok());
                    config.search = names.take(MOST_DOMAINS).collect();
                }
                Some(b"domain") => {
                    config.search =
                        words.next().and_then(|w| Name::parse(w).ok()).into_iter().collect();
                }
                Some(b"options") => words.for_each(|word| config.option(word)),
                _ => {}
            }
        }
        if config.servers.is_empty() {
            config.servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), PORT));
        }
        config
    }

    fn option(&mut self, word: &[u8]) {
        let Ok(word) = std::str::from_utf8(word) else { return };
        let (name, number) = word.split_once(':').unwrap_or((word, ""));
        // As glibc's atoi: what is no number is 0.
        let number: u32 = number.parse().unwrap_or(0);
        match name {
            "ndots" => self.ndots = number.min(15) as usize,
            "timeout" => self.timeout = Duration::from_secs(number.clamp(1, 30).into()),
            "attempts" => self.attempts = number.clamp(1, 5),
            "rotate" => self.rotate = true,
            "use-vc" => self.tcp = true,
            "no-aaaa" => self.no_aaaa = true,
            "no-tld-query" => self.no_single = true,
            "edns0" => self.edns = true,
            _ => {}
        }
    }

    /// The names that are tried for `text`, in order (resolv.conf(5), "search" and "ndots").
    pub(in crate::tools) fn candidates(&self, text: &[u8]) -> Result<Vec<Name>> {
        let name = Name::parse(text)?;
        let dots = name.labels().count().saturating_sub(1);
        if text.ends_with(b".") {
            return Ok(vec![name]);
        }
        let mut names: Vec<Name> = self.search.iter().filter_map(|d| name.within(d)).collect();
        let is_first = dots >= self.ndots;
        if is_first {
            names.insert(0, name);
        } else if dots > 0 || !self.no_single || names.is_empty() {
            names.push(name);
        }
        // A search path may hold the root or a domain twice.
        let mut unique: Vec<Name> = Vec::with_capacity(names.len());
        for name in names {
            if !unique.iter().any(|other| other.is(&name)) {
                unique.push(name);
            }
        }
        Ok(unique)
    }
}

/// One line of a hosts file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tools) struct Host {
    pub(in crate::tools) address: IpAddr,
    pub(in crate::tools) names: Vec<Vec<u8>>,
}

/// The lines of the target's `/etc/hosts` that `wanted` picks; at most 64.
pub(in crate::tools) fn hosts(view: &View, wanted: impl Fn(&Host) -> bool) -> Result<Vec<Host>> {
    let text = file(view, "/etc/hosts")?.unwrap_or_default();
    let found = lines(&text).filter_map(host).filter(wanted).take(64);
    Ok(found.collect())
}

fn host(line: &[u8]) -> Option<Host> {
    let mut words = words(line);
    let address = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    Some(Host { address, names: words.map(<[u8]>::to_vec).collect() })
}

impl Host {
    /// Whether the line gives `name` an address. A dot at its end changes nothing.
    pub(in crate::tools) fn has(&self, name: &[u8]) -> bool {
        let name = name.strip_suffix(b".").unwrap_or(name);
        self.names.iter().any(|other| other.eq_ignore_ascii_case(name))
    }
}

/// Where glibc looks for hosts, in order, and what it does when a source has nothing.
#[derive(Clone, Debug)]
pub(in crate::tools) struct Order {
    pub(in crate::tools) sources: Vec<Source>,
    /// Whether nsswitch.conf says so; else it is what glibc does without.
    pub(in crate::tools) is_told: bool,
}

/// One source of `hosts:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tools) struct Source {
    pub(in crate::tools) name: Vec<u8>,
    /// Whether the search ends here when the name is not found (`[NOTFOUND=return]`).
    pub(in crate::tools) is_last: bool,
}

impl Order {
    /// Reads the target's `/etc/nsswitch.conf`.
    pub(in crate::tools) fn read(view: &View) -> Result<Order> {
        Ok(Order::parse(&file(view, "/etc/nsswitch.conf")?.unwrap_or_default()))
    }

    fn parse(text: &[u8]) -> Order {
        let told = lines(text).filter_map(|line| line.strip_prefix(b"hosts:")).next_back();
        let line = told.unwrap_or(b"files dns");
        let mut sources: Vec<Source> = Vec::new();
        let mut in_brackets = false;
        for word in words(line).take(64) {
            in_brackets |= word.starts_with(b"[");
            if in_brackets {
                let action = word.to_ascii_lowercase();
                let action = action.strip_prefix(b"[").unwrap_or(&action);
                let action = action.strip_suffix(b"]").unwrap_or(action);
                // What is not found is neither found, unavailable nor to be tried again.
                let ends = matches!(
                    action,
                    b"notfound=return"
                        | b"!success=return"
                        | b"!unavail=return"
                        | b"!tryagain=return"
                );
                if let (Some(source), true) = (sources.last_mut(), ends) {
                    source.is_last = true;
                }
                in_brackets = !word.ends_with(b"]");
            } else {
                sources.push(Source { name: word.to_vec(), is_last: false });
            }
        }
        Order { sources, is_told: told.is_some() }
    }
}

/// A file of the target; `None` when it has none.
fn file(view: &View, path: &str) -> Result<Option<Vec<u8>>> {
    match view.root()?.read(Path::new(path), LIMIT) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.errno(), Some(Errno::ENOENT | Errno::ENOTDIR)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lines without comments and the space in front.
fn lines(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(|line| {
        let end = memchr::memchr2(b'#', b';', line).unwrap_or(line.len());
        line.get(..end).unwrap_or_default().trim_ascii()
    })
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// The server that a word names: an address, with `%SCOPE` where IPv6 needs one.
pub(in crate::tools) fn server(word: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(word).ok()?;
    match text.split_once('%') {
        Some((address, scope)) => {
            let index = scope.parse().ok().or_else(|| nix::net::if_::if_nametoindex(scope).ok())?;
            Some(SocketAddrV6::new(address.parse().ok()?, PORT, 0, index).into())
        }
        None => Some(SocketAddr::new(text.parse().ok()?, PORT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[Name]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_of_kubernetes_is_understood() {
        let config = Config::parse(
            b"search default.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
        );
        assert_eq!(config.servers, ["10.96.0.10:53".parse().unwrap()]);
        let names = config.candidates(b"api.example.com").unwrap();
        assert_eq!(
            texts(&names),
            [
                "api.example.com.default.svc.cluster.local.",
                "api.example.com.svc.cluster.local.",
                "api.example.com."
            ]
        );
        assert_eq!(texts(&config.candidates(b"api.").unwrap()), ["api."]);
    }

    #[test]
    fn nonsense_stays_within_the_bounds() {
        let mut text =
            b"options ndots:99 timeout:0 attempts:4000000000 x:\xff\nnameserver x\n".to_vec();
        for n in 0..200u8 {
            text.extend_from_slice(format!("nameserver 10.0.0.{n}\n").as_bytes());
        }
        text.extend_from_slice(b"search");
        for n in 0..1000 {
            text.extend_from_slice(format!(" d{n}").as_bytes());
        }
        let config = Config::parse(&text);
        assert_eq!((config.ndots, config.timeout.as_secs(), config.attempts), (15, 1, 5));
        assert_eq!((config.servers.len(), config.search.len()), (3, MOST_DOMAINS));
        assert_eq!(Config::parse(b"").servers, ["127.0.0.1:53".parse().unwrap()]);
    }

    #[test]
    fn the_order_of_sources_and_where_it_ends_is_read() {
        let sources = |text: &str| -> Vec<(String, bool)> {
            let sources = Order::parse(text.as_bytes()).sources.into_iter();
            sources.map(|s| (String::from_utf8(s.name).unwrap(), s.is_last)).collect()
        };
        let pair = |name: &str, is_last| (name.to_owned(), is_last);
        assert_eq!(sources("passwd: files\n"), [pair("files", false), pair("dns", false)]);
        assert_eq!(
            sources("hosts: files [NOTFOUND=return] resolve [ !UNAVAIL=return ] dns # x\n"),
            [pair("files", true), pair("resolve", false), pair("dns", false)]
        );
        assert_eq!(sources("hosts:\n"), []);
    }

    #[test]
    fn lines_of_hosts_are_matched_by_any_name_in_any_case() {
        let line = host(b"10.0.0.1\tdb.internal DB # primary").unwrap();
        assert!(line.has(b"db") && line.has(b"DB.INTERNAL."));
        assert!(!line.has(b"internal") && !line.has(b"primary") || line.names.len() > 2);
        assert_eq!(host(b"nonsense db"), None);
    }
}
