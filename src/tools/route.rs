//! `route`: the routing table of the target's network namespace, in the format of net-tools.

use super::Tool;
use super::args::{command, flag, json_flag, operands, os, short_flag};
use super::ip::links::Links;
use super::ip::route::{self, Route};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, Shape, Text, json::Array, quote};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

pub(super) const TOOL: Tool = Tool {
    name: "route",
    aliases: &[],
    summary: "Show the routing table (as net-tools does)",
    examples: &[
        ("route -n", "Where packets go, with the default route as 0.0.0.0"),
        ("route -6 -n", "The same for IPv6, the addresses of the target itself included"),
    ],
    needs: Needs::Net,
    json: Some(Shape::of::<Vec<Route>>()),
    command: options,
    rewrite: None,
    run,
};

const MAIN: u32 = 254;
/// `RTN_…` of `<linux/rtnetlink.h>`.
const LOCAL: u8 = 2;
const BROADCAST: u8 = 3;
const MULTICAST: u8 = 5;
const BLACKHOLE: u8 = 6;
const UNREACHABLE: u8 = 7;
const PROHIBIT: u8 = 8;
const THROW: u8 = 9;

fn options() -> Command {
    command("route", TOOL.summary)
        .after_help(
            "Addresses are always numbers; without -n the default route is called so. The kernel does not tell how \
             often a route of IPv6 is used. dbg changes nothing.",
        )
        .arg(flag("numeric", 'n', "Numbers only"))
        .arg(short_flag('4', "inet", "IPv4 (the default)"))
        .arg(short_flag('6', "inet6", "IPv6"))
        .arg(
            Arg::new("family")
                .short('A')
                .long("family")
                .value_parser(["inet", "inet6"])
                .help("The address family"),
        )
        .arg(json_flag())
        .arg(Arg::new("WORD").num_args(0..).value_parser(clap::value_parser!(OsString)).hide(true))
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    if let Some(word) = operands(matches, "WORD").first() {
        return Err(match *word {
            b"add" | b"del" | b"flush" => Error::usage("dbg only reads the routing table"),
            word => Error::usage(format!("{}: route takes options only", quote(os(word)))),
        }
        .hint("`ip route get ADDRESS` shows the way that a packet would take"));
    }
    let family = matches.get_one::<String>("family").map(String::as_str);
    let is_v6 = matches.get_flag("inet6") || family == Some("inet6");
    let number = if is_v6 { libc::AF_INET6 } else { libc::AF_INET };
    let what = || "asking the kernel for routes";
    let links = Links::new().context(what)?;
    let is_numeric = matches.get_flag("numeric");
    let mut array = matches.get_flag("json").then(Array::default);
    match (&array, is_v6) {
        (Some(_), _) => {}
        (None, true) => writeln!(io.stdout, "{HEADS_V6}")?,
        (None, false) => writeln!(io.stdout, "{HEADS_V4}")?,
    }
    let listed = route::each(number as u8, &links, &mut |route| {
        let numbers = route.numbers;
        let is_main = numbers.table == MAIN && !matches!(numbers.kind, BROADCAST | MULTICAST);
        match &mut array {
            _ if !is_v6 && !is_main => Ok(()),
            Some(array) => Ok(array.push(&mut io.stdout, route)?),
            None if is_v6 => print_v6(route, io),
            None => print_v4(route, is_numeric, io),
        }
    });
    listed.context(what)?;
    if let Some(array) = array {
        array.end(&mut io.stdout)?;
    }
    Ok(Exit::OK)
}

const HEADS_V4: &str = "Kernel IP routing table\n\
    Destination     Gateway         Genmask         Flags Metric Ref    Use Iface";
const HEADS_V6: &str = "Kernel IPv6 routing table\n\
    Destination                    Next Hop                   Flag Met Ref  Use If";

fn print_v4(route: &Route, is_numeric: bool, io: &mut Io) -> Result<()> {
    let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    // As /proc/net/route has it: of several ways the first.
    let first = route.next_hops.first();
    let gateway = route.gateway.or_else(|| first.and_then(|hop| hop.gateway));
    let device = route.device.as_ref().or_else(|| first.map(|hop| &hop.device));
    let is_rejected = matches!(route.numbers.kind, UNREACHABLE | PROHIBIT);
    let destination = match route.destination {
        None if !is_numeric => "default".to_owned(),
        address => address.unwrap_or(any).to_string(),
    };
    let bits = u32::from(route.prefix_length.min(32));
    let mask = Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - bits).unwrap_or(0));
    let flags = match is_rejected {
        true => "!".to_owned(),
        false => {
            let gateway = if gateway.is_some() { "G" } else { "" };
            format!("U{gateway}{}", if bits == 32 { "H" } else { "" })
        }
    };
    let (via, references, device) = match is_rejected {
        true => ("-".to_owned(), "-", "-".into()),
        false => {
            // A gateway of IPv6 has no place here.
            let via = gateway.filter(IpAddr::is_ipv4).unwrap_or(any).to_string();
            (via, "0", device.map_or_else(|| "*".into(), Text::visible))
        }
    };
    let metric = route.metric.unwrap_or(0);
    writeln!(
        io.stdout,
        "{destination:<15} {via:<15} {mask:<15} {flags:<5} {metric:<6} {references:<2} {:>7} {device}",
        0
    )?;
    Ok(())
}

fn print_v6(route: &Route, io: &mut Io) -> Result<()> {
    let ways: Vec<(Option<IpAddr>, Option<&Text>)> = match route.next_hops.as_slice() {
        [] => vec![(route.gateway, route.device.as_ref())],
        hops => hops.iter().map(|hop| (hop.gateway, Some(&hop.device))).collect(),
    };
    let address = |address: Option<IpAddr>| address.map_or("::".into(), |a| a.to_string());
    let destination = format!("{}/{}", address(route.destination), route.prefix_length);
    for (gateway, device) in ways {
        let flags = match route.numbers.kind {
            BLACKHOLE | UNREACHABLE | PROHIBIT | THROW => "!n",
            LOCAL => "Un",
            _ if gateway.is_some() => "UG",
            _ => "U",
        };
        let device = device.map_or_else(|| "*".into(), Text::visible);
        writeln!(
            io.stdout,
            "{destination:<30} {:<26} {flags:<4} {:<3} - {:>6} {device}",
            address(gateway),
            route.metric.unwrap_or(0),
            "-"
        )?;
    }
    Ok(())
}
