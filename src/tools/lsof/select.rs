//! Which files were asked for.

use super::row::File;
use crate::error::{Error, Result};
use crate::output::visible;
use crate::sys::statx;
use crate::tools::net::socket::{Family, Socket};
use crate::view::View;
use clap::ArgMatches;
use std::collections::HashSet;
use std::net::IpAddr;
use std::path::PathBuf;

/// What `-p`, `-i`, `-U` and operands select.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pids: Option<HashSet<i32>>,
    internet: Option<Internet>,
    unix: bool,
    /// Device and inode of each operand.
    files: Option<HashSet<(String, u64)>>,
    all_must_fit: bool,
}

/// `[4|6][TCP|UDP][@ADDRESS][:PORTS]`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Internet {
    family: Option<char>,
    protocol: Option<String>,
    address: Option<IpAddr>,
    ports: Vec<(u16, u16)>,
}

impl Selection {
    pub(super) fn new(view: &View, matches: &ArgMatches) -> Result<Selection> {
        let files = matches.get_many::<PathBuf>("FILE").map(|paths| {
            let place = |path: &PathBuf| {
                let handle = view.root()?.handle(path, true);
                let known = handle.and_then(|file| Ok(statx::known(file, c"")?));
                let known = known.map_err(|e| e.context(crate::output::quote(path)))?;
                Ok((device(known.device), known.inode))
            };
            paths.map(place).collect::<Result<HashSet<_>>>()
        });
        let internet = matches.get_one::<String>("internet").map(|text| Internet::parse(text));
        Ok(Selection {
            pids: matches.get_many("pid").map(|pids| pids.copied().collect()),
            internet: internet.transpose()?,
            unix: matches.get_flag("unix"),
            files: files.transpose()?,
            all_must_fit: matches.get_flag("and"),
        })
    }

    /// Whether any file of process `pid` may be asked for.
    pub(super) fn may_have(&self, pid: i32) -> bool {
        let only_pids = self.internet.is_none() && !self.unix && self.files.is_none();
        match &self.pids {
            Some(pids) if only_pids || self.all_must_fit => pids.contains(&pid),
            _ => true,
        }
    }

    /// Whether other files than sockets may be asked for.
    pub(super) fn wants_files(&self) -> bool {
        let sockets = self.internet.is_some() || self.unix;
        !sockets || !self.all_must_fit && (self.pids.is_some() || self.files.is_some())
    }

    pub(super) fn fits(&self, file: &File, socket: Option<&Socket>) -> bool {
        let by_pid = self.pids.as_ref().map(|pids| pids.contains(&file.pid));
        let by_address =
            self.internet.as_ref().map(|wanted| socket.is_some_and(|socket| wanted.fits(socket)));
        let by_kind = self.unix.then_some(file.kind == "unix");
        let by_file = self.files.as_ref().map(|files| {
            let place = file.device.clone().zip(file.inode);
            place.is_some_and(|place| files.contains(&place))
        });
        let mut given = [by_pid, by_address, by_kind, by_file].into_iter().flatten().peekable();
        if given.peek().is_none() || self.all_must_fit {
            return given.all(|fits| fits);
        }
        given.any(|fits| fits)
    }
}

/// A device number as lsof writes it.
pub(super) fn device((major, minor): (u32, u32)) -> String {
    format!("{major},{minor}")
}

impl Internet {
    fn parse(text: &str) -> Result<Internet> {
        let wrong = || {
            Error::usage(format!(
                "-i {}: is no [4|6][TCP|UDP][@ADDRESS][:PORTS]",
                visible(text.as_bytes())
            ))
        };
        let mut out = Internet::default();
        let (mut rest, ports) = match text.rsplit_once(':') {
            // The last colon of an IPv6 address is within its brackets.
            Some((rest, ports)) if !ports.contains(']') => (rest, Some(ports)),
            _ => (text, None),
        };
        if let Some((before, address)) = rest.split_once('@') {
            let bare = address.trim_start_matches('[').trim_end_matches(']');
            out.address = Some(bare.parse().map_err(|_| wrong())?);
            rest = before;
        }
        if let Some(after) = rest.strip_prefix(['4', '6']) {
            out.family = rest.chars().next();
            rest = after;
        }
        match rest.to_ascii_lowercase().as_str() {
            "" => {}
            protocol @ ("tcp" | "udp") => out.protocol = Some(protocol.to_owned()),
            _ => return Err(wrong()),
        }
        for word in ports.into_iter().flat_map(|ports| ports.split(',')) {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let number = |word: &str| word.parse().map_err(|_| wrong());
            out.ports.push((number(first)?, number(last)?));
        }
        Ok(out)
    }

    fn fits(&self, socket: &Socket) -> bool {
        let ends = [&socket.local, &socket.peer];
        let mut ends = ends.into_iter().flatten();
        let at_end = |end: &crate::tools::net::socket::Endpoint| {
            self.address.is_none_or(|address| end.address.to_canonical() == address)
                && (self.ports.is_empty()
                    || self.ports.iter().any(|(first, last)| (*first..=*last).contains(&end.port)))
        };
        let family = match socket.family {
            Family::Ipv4 => '4',
            Family::Ipv6 => '6',
            Family::Unix => return false,
        };
        self.family.is_none_or(|wanted| wanted == family)
            && self.protocol.as_ref().is_none_or(|protocol| protocol == socket.netid)
            && ends.any(at_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed_as_lsof_writes_them() {
        let parsed = Internet::parse("4TCP@127.0.0.1:80,1000-2000").unwrap();
        assert_eq!((parsed.family, parsed.protocol.as_deref()), (Some('4'), Some("tcp")));
        assert_eq!(parsed.address, Some("127.0.0.1".parse().unwrap()));
        assert_eq!(parsed.ports, [(80, 80), (1000, 2000)]);
        assert_eq!(Internet::parse("@[::1]").unwrap().address, Some("::1".parse().unwrap()));
        assert_eq!(Internet::parse("").unwrap(), Internet::default());
        for wrong in ["x", ":http", "@name", "5"] {
            assert!(Internet::parse(wrong).is_err(), "{wrong}");
        }
    }
}
