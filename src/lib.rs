//! dbg: a shell and tools inside containers that have none of their own, without touching them.
//!
//! | room | what lives there | may use |
//! |---|---|---|
//! | [`cli`] | what was typed: clap types only | – |
//! | [`commands`] | one file a verb: typed words → target → view → tool | engine, view, enter, shell, tools, output, cli |
//! | [`engine`] | a name → a target; tokio and every client live here | view (for `Target`), output |
//! | [`view`] | root, proc, net, identity, preflight; one file a way in | sys, output |
//! | [`enter`] | joining a target's namespaces to run what belongs to it | view, sys, output |
//! | [`shell`] | line editor and evaluator | tools, enter, view, output, sys |
//! | [`tools`] | the registry, one file a tool | view, output, sys |
//! | [`output`] | tables, JSON, escaping, units | sys |
//! | [`sys`] | the only unsafe code: system calls that nix lacks | – |
//!
//! Everybody may use [`error`] and [`exit`]. `tests/architecture.rs` holds this table.

#[cfg(feature = "engine")]
pub mod cli;
#[allow(clippy::disallowed_methods)] // verbs read what the operator named on this machine
pub mod commands;
#[cfg(feature = "engine")]
#[allow(clippy::disallowed_methods)] // sockets and configuration of this machine's engines
pub mod engine;
#[allow(clippy::disallowed_methods)] // opens the operator's own program and this machine's procfs
pub mod enter;
pub mod error;
pub mod exit;
pub mod output;
pub mod shell;
pub mod sys;
pub mod tools;
#[allow(clippy::disallowed_methods)] // makes the handles that the other rooms use instead of paths
pub mod view;
