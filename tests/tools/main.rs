//! The tools, each against its original where there is one.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

#[path = "../common/mod.rs"]
mod common;

mod base64;
mod basename;
mod caps;
mod cat;
mod certificates;
mod cgroup;
mod cut;
mod date;
mod df;
mod diff;
mod du;
mod echo;
mod env;
mod find;
mod grep;
mod head;
mod help;
mod hostname;
mod http;
mod https;
mod id;
mod kill;
mod limits;
mod ls;
mod lsof;
mod machine;
mod maps;
mod mounts;
mod net;
mod ns;
mod od;
mod oom;
mod pgrep;
mod printenv;
mod printf;
mod ps;
mod pstree;
mod readlink;
mod sed;
mod seq;
mod sleep;
mod sort;
mod stack;
mod stat;
mod streams;
mod strings;
mod sums;
mod tail;
mod tee;
mod tls;
mod top;
mod tr;
mod tree;
mod uniq;
mod wc;
mod which;
mod xargs;
