//! The target's network namespace (network_namespaces(7)).

use serde::Serialize;

/// This process is in the target's network namespace: sockets it opens are the target's, and sock_diag(7) answers for
/// the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Net {
    /// Whether that namespace is the machine's own.
    pub is_host: bool,
}
