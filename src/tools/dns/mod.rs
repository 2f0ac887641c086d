//! The DNS as the target sees it: `dns` explains, `dig`, `host` and `nslookup` ask.

pub(super) mod ask;
pub(super) mod config;
pub(super) mod dig;
mod explain;
mod facts;
pub(super) mod host;
mod name;
mod record;
pub(super) mod types;
mod walk;
pub(super) mod wire;
mod words;

pub(super) use ask::Reply;
pub(super) use explain::TOOL;
pub(super) use name::Name;
pub(super) use walk::{Ending, Try, search};

impl Try {
    /// What came of it, as a clause: `10.0.0.1 said NXDOMAIN to api.example.com. A`.
    pub(super) fn in_words(&self) -> String {
        let question = format!("{} {}", self.question.name, types::type_name(self.question.kind));
        match &self.result {
            Ok(reply) => {
                format!("{} said {} to {question}", self.server.ip(), reply.message.status())
            }
            Err(failure) => format!("{} asked for {question}: {failure}", self.server.ip()),
        }
    }
}
