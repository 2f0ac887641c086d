//! From a name to its records as the target's C library goes: the search path, each server, each attempt. The order is
//! glibc's (`res_search` and `res_send`).

use super::ask::{self, Failure, How, Reply};
use super::config::Config;
use super::name::Name;
use super::types::AAAA;
use super::wire::{Question, RECURSE};
use crate::error::Result;
use crate::tools::wait::Deadline;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// One question to one server and what came of it.
#[derive(Debug)]
pub(in crate::tools) struct Try {
    pub(in crate::tools) question: Question,
    pub(in crate::tools) server: SocketAddr,
    /// How long it took.
    pub(in crate::tools) time: Duration,
    /// From 1, of so many rounds.
    pub(in crate::tools) attempt: u32,
    pub(in crate::tools) attempts: u32,
    pub(in crate::tools) result: Result<Reply, Failure>,
}

/// Where the walk ended.
#[derive(Debug)]
pub(in crate::tools) enum Ending {
    /// One of the names has records: the replies to all types that were asked for.
    Found(Name, Vec<Reply>),
    /// No name is there, or none has records of the type.
    Nothing,
    /// The servers did not answer, or would not, or the time was over.
    Failed {
        is_over: bool,
        /// What was not asked any more therefore.
        unasked: Vec<Question>,
    },
}

/// Walks the search path for `name` with questions of `kinds` until the deadline, telling `seen` of each as it is over.
pub(in crate::tools) fn search(
    config: &Config,
    name: &[u8],
    kinds: &[u16],
    deadline: Deadline,
    seen: &mut dyn FnMut(&Try) -> Result<()>,
) -> Result<Ending> {
    let mut has_failed = false;
    let kinds: Vec<u16> =
        kinds.iter().copied().filter(|kind| *kind != AAAA || !config.no_aaaa).collect();
    let names = config.candidates(name)?;
    let failed = |place: usize, asked: usize| Ending::Failed {
        is_over: deadline.is_over(),
        unasked: unasked(&names, &kinds, place, asked),
    };
    for (place, name) in names.iter().enumerate() {
        let mut replies: Vec<Reply> = Vec::new();
        for (number, kind) in kinds.iter().enumerate() {
            if deadline.is_over() {
                return Ok(failed(place, number));
            }
            match ask_servers(config, &Question::new(name.clone(), *kind), deadline, seen)? {
                Some(reply) => replies.push(reply),
                // Without any answer, glibc goes no further.
                None if replies.is_empty() => return Ok(failed(place, number + 1)),
                None => {}
            }
        }
        let has_records =
            |reply: &Reply, kind: u16| !reply.message.resolve(name, kind).0.is_empty();
        if replies.iter().any(|reply| kinds.iter().any(|kind| has_records(reply, *kind))) {
            return Ok(Ending::Found(name.clone(), replies));
        }
        match replies.iter().map(|reply| reply.message.code()).max() {
            // No such name, or no such records: the next name.
            Some(0 | 3) => {}
            Some(2) => has_failed = true,
            _ => return Ok(failed(place, kinds.len())),
        }
    }
    Ok(match has_failed {
        true => Ending::Failed { is_over: deadline.is_over(), unasked: Vec::new() },
        false => Ending::Nothing,
    })
}

/// What is left when `asked` kinds of the name at `place` were asked for.
fn unasked(names: &[Name], kinds: &[u16], place: usize, asked: usize) -> Vec<Question> {
    let rest = names.iter().enumerate().skip(place).flat_map(|(at, name)| {
        let asked = if at == place { asked } else { 0 };
        kinds.iter().skip(asked).map(|kind| Question::new(name.clone(), *kind))
    });
    rest.collect()
}

/// Asks the servers one after the other, again and again, until one answers. A server that fails or refuses is passed
/// over; its answer is given when no other has a better one.
pub(in crate::tools) fn ask_servers(
    config: &Config,
    question: &Question,
    deadline: Deadline,
    seen: &mut dyn FnMut(&Try) -> Result<()>,
) -> Result<Option<Reply>> {
    let number = config.servers.len().max(1);
    let first = if config.rotate { ask::random() as usize % number } else { 0 };
    let mut last = None;
    for attempt in 1..=config.attempts {
        for place in 0..config.servers.len() {
            let Some(server) = config.servers.get((first + place) % number) else { break };
            if deadline.is_over() {
                return Ok(last);
            }
            let how = How {
                server: *server,
                tcp: config.tcp,
                edns: config.edns.then_some(0),
                flags: RECURSE,
                ignore_truncation: false,
                timeout: timeout(config, place),
                deadline,
            };
            let begun = Instant::now();
            let result = ask::ask(question, &how);
            let one = Try {
                question: question.clone(),
                server: *server,
                time: begun.elapsed(),
                attempt,
                attempts: config.attempts,
                result,
            };
            seen(&one)?;
            if let Ok(reply) = one.result {
                // SERVFAIL, NOTIMP, REFUSED: another server may know better.
                if !matches!(reply.message.code(), 2 | 4 | 5) {
                    return Ok(Some(reply));
                }
                last = Some(reply);
            }
        }
    }
    Ok(last)
}

/// What glibc gives the server at `place`: the first the whole time, those after it twice as much each, divided by the
/// number of servers; never less than a second.
fn timeout(config: &Config, place: usize) -> Duration {
    let seconds = config.timeout.as_secs() << place.min(3);
    let seconds = if place == 0 { seconds } else { seconds / config.servers.len() as u64 };
    Duration::from_secs(seconds.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_waited_for_as_long_as_glibc_does() {
        let config = Config::parse(b"nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3");
        let seconds = |place| timeout(&config, place).as_secs();
        assert_eq!([seconds(0), seconds(1), seconds(2)], [5, 3, 6]);
    }
}
