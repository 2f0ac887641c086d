//! Messages of the DNS (RFC 1035, section 4; EDNS0 by RFC 6891). What comes in is a stranger's: every length is checked,
//! and what can't be read ends the message and not the program.

use super::name::Name;
use super::record::Reader;
use super::types::{CNAME, IN, OPT};
use std::net::IpAddr;

/// What we tell servers that an answer by UDP may have, as dig does: it passes every network in one piece.
const UDP_SIZE: u16 = 1232;

const CODES: [&str; 11] = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",
];

/// Flags of the header, in the order in which dig names them.
const FLAGS: [(u16, &str); 7] = [
    (0x8000, "qr"),
    (0x0400, "aa"),
    (0x0200, "tc"),
    (0x0100, "rd"),
    (0x0080, "ra"),
    (0x0020, "ad"),
    (0x0010, "cd"),
];
const TRUNCATED: u16 = 0x0200;
pub(in crate::tools) const RECURSE: u16 = 0x0100;
pub(in crate::tools) const AUTHENTIC: u16 = 0x0020;
pub(in crate::tools) const UNCHECKED: u16 = 0x0010;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tools) struct Question {
    pub(in crate::tools) name: Name,
    pub(in crate::tools) kind: u16,
    pub(in crate::tools) class: u16,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tools) enum Data {
    Address(IpAddr),
    /// Of CNAME, DNAME, NS and PTR.
    Name(Name),
    /// All else as a zone file has it: safe on a terminal.
    Text(String),
}

/// One resource record.
#[derive(Clone, Debug)]
pub(in crate::tools) struct Record {
    pub(in crate::tools) name: Name,
    pub(in crate::tools) kind: u16,
    pub(in crate::tools) class: u16,
    /// Seconds.
    pub(in crate::tools) ttl: u32,
    pub(in crate::tools) data: Data,
}

/// The OPT record: what a server says of itself.
#[derive(Clone, Copy, Debug)]
pub(in crate::tools) struct Edns {
    pub(in crate::tools) udp_size: u16,
    pub(in crate::tools) version: u8,
    pub(in crate::tools) is_dnssec_ok: bool,
}

/// A message.
#[derive(Clone, Debug, Default)]
pub(in crate::tools) struct Message {
    pub(in crate::tools) id: u16,
    pub(in crate::tools) flags: u16,
    code: u16,
    pub(in crate::tools) questions: Vec<Question>,
    pub(in crate::tools) answers: Vec<Record>,
    pub(in crate::tools) authority: Vec<Record>,
    pub(in crate::tools) additional: Vec<Record>,
    pub(in crate::tools) edns: Option<Edns>,
    /// Whether the message ends before or in what it announces, or holds what is no record.
    pub(in crate::tools) is_malformed: bool,
}

impl Question {
    /// A question of class Internet.
    pub(in crate::tools) fn new(name: Name, kind: u16) -> Question {
        Question { name, kind, class: IN }
    }

    /// The message that asks it; with `edns`, whose value is the flags of that (0x8000: records of DNSSEC, too).
    pub(in crate::tools) fn message(&self, id: u16, flags: u16, edns: Option<u16>) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        for number in [id, flags & 0x7fff, 1, 0, 0, u16::from(edns.is_some())] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(self.name.wire());
        out.extend_from_slice(&self.kind.to_be_bytes());
        out.extend_from_slice(&self.class.to_be_bytes());
        if let Some(flags) = edns {
            out.push(0);
            for number in [OPT, UDP_SIZE, 0, flags, 0] {
                out.extend_from_slice(&number.to_be_bytes());
            }
        }
        out
    }
}

impl Message {
    /// Reads a message; `None` when not even its header is there. What can't be read after that is left out.
    pub(in crate::tools) fn read(bytes: &[u8]) -> Option<Message> {
        let mut reader = Reader { bytes, at: 0 };
        let (id, flags) = (reader.number()?, reader.number()?);
        let counts = [reader.number()?, reader.number()?, reader.number()?, reader.number()?];
        let mut message = Message { id, flags, code: flags & 15, ..Message::default() };
        message.is_malformed = message.sections(&mut reader, counts).is_none();
        Some(message)
    }

    fn sections(&mut self, reader: &mut Reader, counts: [u16; 4]) -> Option<()> {
        for _ in 0..counts[0] {
            let name = reader.name()?;
            let (kind, class) = (reader.number()?, reader.number()?);
            self.questions.push(Question { name, kind, class });
        }
        for _ in 0..counts[1] {
            self.answers.push(reader.record()?);
        }
        for _ in 0..counts[2] {
            self.authority.push(reader.record()?);
        }
        for _ in 0..counts[3] {
            let record = reader.record()?;
            if record.kind != OPT {
                self.additional.push(record);
                continue;
            }
            // An OPT record uses the fields of class and lifetime for its own ends.
            self.code |= (record.ttl >> 20) as u16 & 0xff0;
            self.edns = Some(Edns {
                udp_size: record.class,
                version: (record.ttl >> 16) as u8,
                is_dnssec_ok: record.ttl & 0x8000 != 0,
            });
        }
        Some(())
    }

    /// Whether it is an answer to what was asked.
    pub(in crate::tools) fn answers(&self, id: u16, question: &Question) -> bool {
        let is_asked = |asked: &Question| {
            asked.name.is(&question.name)
                && asked.kind == question.kind
                && asked.class == question.class
        };
        // A server that understands nothing may leave the question out.
        let is_question = match self.questions.as_slice() {
            [] => self.code != 0 || self.is_malformed,
            [one] => is_asked(one),
            _ => false,
        };
        self.id == id && self.flags & 0x8000 != 0 && is_question
    }

    /// Whether more would have come by TCP.
    pub(in crate::tools) fn is_truncated(&self) -> bool {
        self.flags & TRUNCATED != 0
    }

    /// The response code by its name: `NOERROR`, `NXDOMAIN`.
    pub(in crate::tools) fn status(&self) -> String {
        match (CODES.get(usize::from(self.code)), self.code) {
            (Some(name), _) => (*name).to_owned(),
            (None, 16) => "BADVERS".to_owned(),
            (None, code) => format!("RESERVED{code}"),
        }
    }

    /// The number of the response code.
    pub(in crate::tools) fn code(&self) -> u16 {
        self.code
    }

    /// What kind of message it is, by name.
    pub(in crate::tools) fn opcode(&self) -> String {
        match self.flags >> 11 & 15 {
            0 => "QUERY".to_owned(),
            1 => "IQUERY".to_owned(),
            2 => "STATUS".to_owned(),
            4 => "NOTIFY".to_owned(),
            5 => "UPDATE".to_owned(),
            number => format!("RESERVED{number}"),
        }
    }

    /// Whether the server was asked to ask others and does not.
    pub(in crate::tools) fn has_refused_recursion(&self) -> bool {
        self.flags & RECURSE != 0 && self.flags & 0x0080 == 0
    }

    /// Whether the server is one of those that hold the zone.
    pub(in crate::tools) fn is_authoritative(&self) -> bool {
        self.flags & 0x0400 != 0
    }

    /// The names of the flags that are set.
    pub(in crate::tools) fn flag_names(&self) -> impl Iterator<Item = &'static str> {
        FLAGS.iter().filter(|(bit, _)| self.flags & bit != 0).map(|(_, name)| *name)
    }

    /// The records of `kind` that `name` has, links (CNAME) followed, and the name at the end of those.
    pub(in crate::tools) fn resolve(&self, name: &Name, kind: u16) -> (Vec<&Record>, Name) {
        let mut name = name.clone();
        // Each step uses another record, so a ring ends.
        for _ in 0..=self.answers.len() {
            let of_name = |record: &&Record| record.name.is(&name);
            let found: Vec<&Record> =
                self.answers.iter().filter(of_name).filter(|r| r.kind == kind).collect();
            if !found.is_empty() {
                return (found, name);
            }
            let link = self.answers.iter().filter(of_name).find(|r| r.kind == CNAME);
            match link.map(|record| &record.data) {
                Some(Data::Name(next)) => name = next.clone(),
                _ => break,
            }
        }
        (Vec::new(), name)
    }
}

impl Data {
    /// As a zone file has it: safe on a terminal.
    pub(in crate::tools) fn text(&self) -> String {
        match self {
            Data::Address(address) => address.to_string(),
            Data::Name(name) => name.to_string(),
            Data::Text(text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::{A, AAAA};
    use super::*;

    /// An answer with a link, an address, text and a mail exchanger.
    fn answer() -> Vec<u8> {
        let question = Question::new(Name::parse(b"a.example").unwrap(), A);
        let mut bytes = question.message(7, RECURSE, None);
        bytes[2] |= 0x80;
        bytes[7] = 4;
        bytes.extend_from_slice(b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01b\xc0\x0e");
        bytes.extend_from_slice(b"\x01b\xc0\x0e\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01");
        bytes.extend_from_slice(b"\xc0\x0c\0\x10\0\x01\0\0\0\x3c\0\x06\x02h\x1b\x02\"i");
        bytes.extend_from_slice(b"\xc0\x0c\0\x0f\0\x01\0\0\0\x3c\0\x04\0\x0a\xc0\x0c");
        bytes
    }

    #[test]
    fn an_answer_is_read_and_its_links_are_followed() {
        let message = Message::read(&answer()).unwrap();
        assert!(!message.is_malformed);
        let texts: Vec<String> = message.answers.iter().map(|r| r.data.text()).collect();
        assert_eq!(texts, ["b.example.", "192.0.2.1", r#""h\027" "\"i""#, "10 a.example."]);
        let name = Name::parse(b"A.EXAMPLE").unwrap();
        let (records, last) = message.resolve(&name, A);
        assert_eq!((records.len(), last.to_string().as_str()), (1, "b.example."));
        assert!(message.answers(7, &Question::new(name.clone(), A)));
        assert!(!message.answers(8, &Question::new(name.clone(), A)));
        assert!(!message.answers(7, &Question::new(name, AAAA)));
    }

    #[test]
    fn a_message_cut_anywhere_or_with_any_byte_changed_is_read_without_harm() {
        let whole = answer();
        for length in 0..whole.len() {
            let message = Message::read(&whole[..length]);
            assert!(message.is_none_or(|message| message.is_malformed), "{length}");
        }
        for at in 0..whole.len() {
            for byte in 0..=255 {
                let mut changed = whole.clone();
                changed[at] = byte;
                if let Some(message) = Message::read(&changed) {
                    let _ = message.resolve(&Name::parse(b"a.example").unwrap(), A);
                    for record in &message.answers {
                        assert!(record.data.text().bytes().all(|b| (0x20..0x7f).contains(&b)));
                        assert!(record.name.to_string().is_ascii());
                    }
                }
            }
        }
    }

    #[test]
    fn a_ring_of_links_ends() {
        let question = Question::new(Name::parse(b"a").unwrap(), A);
        let mut bytes = question.message(7, 0, None);
        bytes[7] = 1;
        bytes.extend_from_slice(b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x02\xc0\x0c");
        let message = Message::read(&bytes).unwrap();
        assert!(message.resolve(&question.name, A).0.is_empty());
    }
}
