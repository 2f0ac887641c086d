//! One open file, as JSON and as a line.

use crate::output::Text;
use serde::{Serialize, Serializer};
use std::rc::Rc;

/// One file that a process has open, mapped, runs or stands in.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct File {
    #[serde(serialize_with = "shared")]
    #[cfg_attr(feature = "schema", schemars(with = "Text"))]
    pub command: Rc<Text>,
    /// As the target numbers it.
    pub pid: i32,
    pub uid: u32,
    #[serde(serialize_with = "shared")]
    #[cfg_attr(feature = "schema", schemars(with = "Text"))]
    pub user: Rc<Text>,
    /// `cwd`, `rtd`, `txt`, `mem`, or the descriptor's number.
    pub fd: String,
    /// `r`, `w` or `u` for both; of descriptors only.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["r", "w", "u", ()])))]
    pub access: Option<&'static str>,
    /// As lsof has it: `REG`, `DIR`, `CHR`, `FIFO`, `IPv4`, `unix`, `a_inode` …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Of the file system; of a device node, the device it stands for.
    pub device: Option<String>,
    pub size: Option<u64>,
    pub inode: Option<u64>,
    pub name: Text,
    /// Whether no name is left of it.
    pub deleted: bool,
    /// Protocol and state of a socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Who holds the other end of a pipe or a socket, within the target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<End>,
    /// How many more there are than `peers` has.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_peers: usize,
}

/// A descriptor of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct End {
    pub pid: i32,
    #[serde(serialize_with = "shared")]
    #[cfg_attr(feature = "schema", schemars(with = "Text"))]
    pub command: Rc<Text>,
    pub fd: i32,
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["r", "w", "u", ()])))]
    pub access: Option<&'static str>,
}

fn shared<S: Serializer>(text: &Rc<Text>, serializer: S) -> Result<S::Ok, S::Error> {
    text.serialize(serializer)
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes references
fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl File {
    pub(super) fn cells(&self) -> Vec<String> {
        let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        let mut name = self.name.visible().into_owned();
        if self.deleted {
            name += " (deleted)";
        }
        if let Some(state) = self.state {
            name += &format!(" ({state})");
        }
        for (i, end) in self.peers.iter().enumerate() {
            name += if i == 0 { " -> " } else { " " };
            let access = end.access.unwrap_or_default();
            name += &format!("{},{},{}{access}", end.pid, end.command.visible(), end.fd);
        }
        if self.more_peers > 0 {
            name += &format!(" … {} more", self.more_peers);
        }
        // Under NODE the original has the protocol of an internet socket.
        let node = match self.protocol {
            Some(protocol) if self.kind.starts_with("IPv") => protocol.to_uppercase(),
            _ => number(self.inode),
        };
        vec![
            self.command.visible().into_owned(),
            self.pid.to_string(),
            self.user.visible().into_owned(),
            format!(
                "{}{}",
                self.fd,
                self.access.unwrap_or(if self.is_number() { " " } else { "" })
            ),
            self.kind.to_owned(),
            self.device.clone().unwrap_or_default(),
            number(self.size),
            node,
            name,
        ]
    }

    fn is_number(&self) -> bool {
        self.fd.starts_with(|c: char| c.is_ascii_digit())
    }
}
