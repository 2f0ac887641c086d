//! Which files were asked for.

use super::row::File;
use crate::error::{Error, Result};
use crate::output::visible;
use crate::sys::statx;
use crate::tools::net::socket::{self, Family, Socket};
use crate::tools::users::Users;
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
    users: Option<HashSet<u32>>,
    /// What names of commands begin with.
    commands: Option<Vec<String>>,
    /// First and last.
    descriptors: Option<Vec<(String, String)>>,
    /// Protocol and state, which sockets must have besides.
    states: Vec<(String, String)>,
    deleted: bool,
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
            users: owners(view, matches)?,
            commands: matches.get_many("command").map(|names| names.cloned().collect()),
            descriptors: matches.get_many::<String>("descriptor").map(|words| {
                let range = |word: &String| {
                    let (first, last) = word.split_once('-').unwrap_or((word, word));
                    (first.to_owned(), last.to_owned())
                };
                words.map(range).collect()
            }),
            states: states(matches)?,
            deleted: matches.get_flag("deleted"),
            all_must_fit: matches.get_flag("and"),
        })
    }

    /// The processes named, for those that there are none of.
    pub(super) fn pids(&self) -> impl Iterator<Item = i32> + '_ {
        self.pids.iter().flatten().copied()
    }

    /// Whether any file of process `pid` may be asked for.
    pub(super) fn may_have(&self, pid: i32) -> bool {
        let only_pids = self.internet.is_none()
            && !self.unix
            && self.files.is_none()
            && self.users.is_none()
            && self.commands.is_none()
            && self.descriptors.is_none()
            && !self.deleted;
        match &self.pids {
            Some(pids) if only_pids || self.all_must_fit => pids.contains(&pid),
            _ => true,
        }
    }

    /// Whether other files than sockets may be asked for.
    pub(super) fn wants_files(&self) -> bool {
        let sockets = self.internet.is_some() || self.unix;
        let others = self.pids.is_some()
            || self.files.is_some()
            || self.users.is_some()
            || self.commands.is_some()
            || self.descriptors.is_some()
            || self.deleted;
        !sockets || !self.all_must_fit && others
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
        if let Some(socket) = socket
            && !self.has_state(socket)
        {
            return false;
        }
        let by_user = self.users.as_ref().map(|users| users.contains(&file.uid));
        let by_command = self
            .commands
            .as_ref()
            .map(|names| names.iter().any(|name| file.command.0.starts_with(name.as_bytes())));
        let by_fd = self.descriptors.as_ref().map(|ranges| {
            ranges.iter().any(|(first, last)| {
                match (file.fd.parse::<u32>(), first.parse(), last.parse()) {
                    (Ok(fd), Ok(first), Ok(last)) => (first..=last).contains(&fd),
                    _ => *first == file.fd,
                }
            })
        });
        let by_link = self.deleted.then_some(file.deleted);
        let given = [by_pid, by_address, by_kind, by_file, by_user, by_command, by_fd, by_link];
        let mut given = given.into_iter().flatten().peekable();
        if given.peek().is_none() || self.all_must_fit {
            return given.all(|fits| fits);
        }
        given.any(|fits| fits)
    }

    /// Whether the socket is in one of the states asked for of its protocol, if any are.
    fn has_state(&self, socket: &Socket) -> bool {
        let mut asked =
            self.states.iter().filter(|(protocol, _)| protocol == socket.netid).peekable();
        let state = socket::name(socket.state);
        asked.peek().is_none() || asked.any(|(_, wanted)| wanted == state)
    }
}

/// The users of `-u`, by the target's numbers.
fn owners(view: &View, matches: &ArgMatches) -> Result<Option<HashSet<u32>>> {
    let Some(words) = matches.get_many::<String>("user") else { return Ok(None) };
    let users = Users::load(view);
    let find = |word: &String| {
        users.uid(word.as_bytes()).or_else(|| word.parse().ok()).ok_or_else(|| {
            Error::usage(format!("-u {}: no such user in the target", visible(word.as_bytes())))
        })
    };
    words.map(find).collect::<Result<_>>().map(Some)
}

/// The states of `-sTCP:LISTEN,ESTABLISHED`, as ss names them.
fn states(matches: &ArgMatches) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    for text in matches.get_many::<String>("state").into_iter().flatten() {
        let wrong = || {
            let shown = visible(text.as_bytes());
            Error::usage(format!("-s {shown}: is no PROTOCOL:STATE[,STATE], as TCP:LISTEN"))
        };
        let (protocol, states) = text.split_once(':').ok_or_else(wrong)?;
        let protocol = protocol.to_ascii_lowercase();
        if !matches!(protocol.as_str(), "tcp" | "udp") {
            return Err(wrong());
        }
        for state in states.split(',') {
            let state = state.to_ascii_uppercase().replace('_', "-");
            let state = match state.as_str() {
                "ESTABLISHED" => "ESTAB",
                "SYN-RCVD" | "SYN-RECEIVED" => "SYN-RECV",
                "FIN-WAIT1" => "FIN-WAIT-1",
                "FIN-WAIT2" => "FIN-WAIT-2",
                "CLOSED" | "CLOSE" | "IDLE" => "UNCONN",
                state => state,
            };
            if !socket::STATES[1..].contains(&state) {
                return Err(wrong());
            }
            out.push((protocol.clone(), state.to_owned()));
        }
    }
    Ok(out)
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
