//! `arp`: the neighbours of IPv4 in the target's network namespace, in the formats of net-tools.

use super::Tool;
use super::args::{bytes, command, flag, json_flag, operands, option, os, short_flag};
use super::ip::links::Links;
use super::ip::neigh::{self, Neighbour};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::{Io, Shape, json::Array, quote};
use crate::view::{Needs, View};
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsString;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

pub(super) const TOOL: Tool = Tool {
    name: "arp",
    aliases: &[],
    summary: "Show the neighbours of IPv4 (as net-tools does)",
    examples: &[
        ("arp -n", "Which address on the link each neighbour has, or that it does not answer"),
        ("arp -a -i eth0", "The same of one interface, in BSD's words"),
    ],
    needs: Needs::Net,
    json: Some(Shape::of::<Vec<Neighbour>>()),
    command: options,
    rewrite: None,
    run,
};

/// States in which the address on the link is known: all but incomplete and failed.
const VALID: u16 = 0xde;
const NOARP: u16 = 0x40;

const HEADS: &str =
    "Address                  HWtype  HWaddress           Flags Mask            Iface";

fn options() -> Command {
    command("arp", TOOL.summary)
        .after_help(
            "Addresses are always numbers. `ip neigh` has those of IPv6. dbg changes nothing.",
        )
        .arg(short_flag('a', "bsd", "A sentence for each, as BSD has it"))
        .arg(short_flag('e', "linux", "A table (the default)"))
        .arg(flag("numeric", 'n', "Numbers (always so)"))
        .arg(option("device", 'i', "NAME", "Of this interface only"))
        .arg(json_flag())
        .arg(
            Arg::new("ADDRESS")
                .num_args(0..=1)
                .value_parser(clap::value_parser!(OsString))
                .help("Of this address only"),
        )
}

fn run(_: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let address = match operands(matches, "ADDRESS").first() {
        Some(word) => Some(parse(word)?),
        None => None,
    };
    let device = bytes(matches, "device");
    let what = || "asking the kernel for neighbours";
    let links = Links::new().context(what)?;
    let mut array = matches.get_flag("json").then(Array::default);
    let is_bsd = matches.get_flag("bsd") && !matches.get_flag("linux");
    let mut is_empty = true;
    for proxy in [false, true] {
        let listed = neigh::each(libc::AF_INET as u8, proxy, &links, &mut |row| {
            let is_shown = (proxy || row.state_bits & !NOARP != 0)
                && device.is_none_or(|device| row.device.0 == device)
                && address.is_none_or(|address| row.address == address);
            if !is_shown {
                return Ok(());
            }
            let is_first = std::mem::take(&mut is_empty);
            match &mut array {
                Some(array) => return Ok(array.push(&mut io.stdout, row)?),
                None if is_bsd => return print_sentence(row, &links, io),
                None if is_first => writeln!(io.stdout, "{HEADS}")?,
                None => {}
            }
            print_row(row, &links, io)
        });
        listed.context(what)?;
    }
    match (array, address) {
        (Some(array), _) => array.end(&mut io.stdout)?,
        (None, Some(address)) if is_empty => {
            return Err(Error::new(format!("{address}: no entry")));
        }
        _ => {}
    }
    Ok(Exit::OK)
}

fn parse(word: &[u8]) -> Result<IpAddr> {
    let parsed = std::str::from_utf8(word).ok().and_then(|text| text.parse::<Ipv4Addr>().ok());
    parsed.map(IpAddr::V4).ok_or_else(|| {
        Error::usage(format!("{} is no address of IPv4", quote(os(word))))
            .hint("names are not looked up; `ip neigh` shows IPv6")
    })
}

/// How net-tools calls the hardware of an interface.
fn hardware<'a>(row: &Neighbour, links: &'a Links) -> &'a str {
    match links.hardware(row.index).map(|name| &**name) {
        Some("loopback") => "loop",
        Some(name) => name,
        None => "?",
    }
}

fn print_row(row: &Neighbour, links: &Links, io: &mut Io) -> Result<()> {
    let permanent = if row.state_bits & neigh::PERMANENT != 0 { "M" } else { "" };
    let (kind, address, flags) = match &row.hardware_address {
        _ if row.is_proxy() => ("*", "<from_interface>", "MP".to_owned()),
        Some(address) if row.state_bits & VALID != 0 => {
            (hardware(row, links), address.as_str(), format!("C{permanent}"))
        }
        _ => ("", "(incomplete)", permanent.to_owned()),
    };
    let ip = row.address.to_string();
    let device = row.device.visible();
    Ok(writeln!(io.stdout, "{ip:<23}  {kind:<8}{address:<20}{flags:<22}{device}")?)
}

fn print_sentence(row: &Neighbour, links: &Links, io: &mut Io) -> Result<()> {
    let ip = row.address;
    let permanent = if row.state_bits & neigh::PERMANENT != 0 { "PERM " } else { "" };
    let device = row.device.visible();
    let what = match &row.hardware_address {
        _ if row.is_proxy() => "<from_interface> PERM PUB ".to_owned(),
        Some(address) if row.state_bits & VALID != 0 => {
            format!("{address} [{}] {permanent}", hardware(row, links))
        }
        _ => format!("<incomplete> {permanent}"),
    };
    Ok(writeln!(io.stdout, "? ({ip}) at {what}on {device}")?)
}
