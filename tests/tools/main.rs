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

mod arp;
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
mod dns;
mod du;
mod echo;
mod env;
mod expr;
mod file;
mod find;
mod grep;
mod head;
mod help;
mod hostname;
mod http;
mod https;
mod id;
mod ip;
mod kill;
mod ldd;
mod less;
mod limits;
mod ls;
mod lsof;
mod machine;
mod maps;
mod mounts;
mod namespace;
mod nc;
mod net;
mod net_filter;
mod net_internals;
mod nft;
mod ns;
mod od;
mod oom;
mod pgrep;
mod ping;
mod printenv;
mod printf;
mod ps;
mod pstree;
mod races;
mod reach;
mod readlink;
mod route;
mod sed;
mod seq;
mod sleep;
mod sockstat;
mod sort;
mod stack;
mod stat;
mod streams;
mod strings;
mod sums;
mod tail;
mod tar;
mod tee;
mod test;
mod timeout;
mod tls;
mod top;
mod tr;
mod traceroute;
mod tree;
mod uniq;
mod wc;
mod which;
mod xargs;
mod zcat;
