//! What the test suites share. Each suite uses a part of it.
#![allow(dead_code, unreachable_pub)]

pub mod cgroup;
pub mod cli;
pub mod demo;
pub mod docker;
pub mod fixtures;
pub mod gnu;
pub mod http;
pub mod net;
pub mod process;
pub mod skip;
pub mod tool;
