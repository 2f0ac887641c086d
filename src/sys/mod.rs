//! The only room with `unsafe`: one small function for each system call that nix lacks. No policy lives here.

#![allow(unsafe_code)]

pub mod mount;
pub mod net;
pub mod pidfd;
pub mod pipe;
pub mod process;
pub mod seccomp;
pub mod statx;
pub mod time;
pub mod tty;
pub mod xattr;
