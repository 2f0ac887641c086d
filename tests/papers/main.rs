//! What dbg tells of itself: pages of help, examples, man pages, completions.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

#[path = "../common/mod.rs"]
mod common;
mod completions;
mod examples;
mod help;
mod man;
