//! The command line of `http`, with curl's letters.

use super::url::{Refused, Url};
use crate::error::{Error, Result, ResultExt};
use crate::exit::Exit;
use crate::output::order;
use crate::output::{Io, visible};
use crate::tools::args::{bytes, command, flag, json_flag, operands, option, os};
use crate::tools::input::is_stdin;
use crate::view::View;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The largest body that is sent.
const BODY: u64 = 64 << 20;
/// curl's own.
const REDIRECTS: u64 = 50;
/// The most redirects, since each is kept until it is told.
const MOST_REDIRECTS: u64 = 200;
/// curl's own.
const CONNECT_SECONDS: f64 = 300.0;

/// The options that give data, in the order in which curl joins them.
const DATA: [&str; 3] = ["data", "data-raw", "data-binary"];

/// Where a body goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Stdout,
    Nowhere,
    File(PathBuf),
}

/// An address given by hand: `--resolve HOST:PORT:ADDRESS`.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) host: Vec<u8>,
    pub(super) port: u16,
    pub(super) addresses: Vec<IpAddr>,
}

/// What was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) url: Url,
    /// `-X`, which stays over redirects.
    pub(super) method: Option<Vec<u8>>,
    pub(super) is_head: bool,
    pub(super) headers: Vec<Vec<u8>>,
    pub(super) data: Option<Vec<u8>>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) agent: Vec<u8>,
    pub(super) referer: Option<Vec<u8>>,
    pub(super) destination: Destination,
    pub(super) includes_headers: bool,
    pub(super) is_verbose: bool,
    pub(super) is_silent: bool,
    pub(super) fails: bool,
    pub(super) follows: bool,
    pub(super) redirects: u64,
    pub(super) insecure: bool,
    pub(super) cacert: Option<PathBuf>,
    pub(super) max_time: Option<Duration>,
    pub(super) connect_timeout: Duration,
    pub(super) pinned: Vec<Pinned>,
    pub(super) unix: Option<PathBuf>,
    pub(super) v4: bool,
    pub(super) v6: bool,
    pub(super) write_out: Option<Vec<u8>>,
    pub(super) is_json: bool,
    pub(super) has_timings: bool,
}

pub(super) fn options() -> Command {
    command("http", super::TOOL.summary)
        .after_help(
            "http:// is meant where a URL has no scheme. Names are resolved, certificates trusted and files found as the \
             target has them (see tls --help). Proxies are not used, whatever http_proxy says inside. Exit codes are \
             curl's: 1 not http, 3 no URL, 6 name not found, 7 not connected, 8 odd answer, 18 cut short, 22 status 400 \
             or more with -f, 23 not written, 28 time over, 35 TLS failed, 47 too many redirects, 52 no answer, 55 not \
             sent, 56 not received, 60 certificate not trusted.",
        )
        .args(request())
        .args(shown())
        .args(reached())
        .arg(json_flag())
        .arg(Arg::new("URL").required(true).value_parser(value_parser!(OsString)))
}

fn request() -> Vec<Arg> {
    let data = |long, short: Option<char>, help| {
        option(long, short, "DATA", help).action(ArgAction::Append)
    };
    vec![
        option("request", 'X', "METHOD", "Use this method"),
        flag("head", 'I', "Ask for the headers alone"),
        option(
            "header",
            'H',
            "LINE",
            "Send this header; 'Name:' leaves one out, 'Name;' sends it empty",
        )
        .action(ArgAction::Append),
        data("data", Some('d'), "POST this; @FILE of the target without line ends, @- stdin"),
        data("data-raw", None, "POST this, with no meaning of @"),
        data("data-binary", None, "POST this; @FILE of the target as it is, @- stdin"),
        flag("get", 'G', "Put the data into the URL"),
        option("user", 'u', "USER:PASSWORD", "Basic authentication"),
        option("user-agent", 'A', "NAME", "Who asks"),
        option("referer", 'e', "URL", "Where the link was"),
        flag("location", 'L', "Follow redirects"),
        number("max-redirs", None, "N", "At most so many redirects (50; never more than 200)"),
    ]
}

fn shown() -> Vec<Arg> {
    vec![
        option(
            "output",
            'o',
            "FILE",
            "Write the body to a file of the target (with --write); - is stdout",
        ),
        flag("include", 'i', "Print the headers of the answer as well"),
        flag("verbose", 'v', "Tell of each step on stderr"),
        flag("silent", 's', "No error messages"),
        flag("show-error", 'S', "With -s: error messages all the same"),
        flag("fail", 'f', "No body and exit code 22 when the status is 400 or more"),
        option("write-out", 'w', "FORMAT", "Print this afterwards: %{http_code} %{time_total} …"),
        flag("timings", None, "Print how long each phase took on stderr"),
    ]
}

fn reached() -> Vec<Arg> {
    vec![
        flag("insecure", 'k', "Go on with a certificate that is not trusted"),
        option("cacert", None, "FILE", "Trust the CAs of this file of the target alone"),
        number("max-time", 'm', "SECONDS", "Give up after SECONDS"),
        number(
            "connect-timeout",
            None,
            "SECONDS",
            "Give up when not connected after SECONDS (300)",
        ),
        option("resolve", None, "HOST:PORT:ADDR", "Use this address; several with commas")
            .action(ArgAction::Append),
        option("unix-socket", None, "PATH", "Connect to a socket of the target"),
        flag("ipv4", '4', "IPv4 only").conflicts_with("ipv6"),
        flag("ipv6", '6', "IPv6 only"),
    ]
}

fn number(
    long: &'static str,
    short: impl Into<Option<char>>,
    value: &'static str,
    help: &'static str,
) -> Arg {
    let arg = Arg::new(long).long(long).value_name(value).help(help);
    let arg = match long {
        "max-redirs" => arg.value_parser(value_parser!(i64)).allow_negative_numbers(true),
        _ => arg.value_parser(value_parser!(f64)),
    };
    match short.into() {
        Some(short) => arg.short(short),
        None => arg,
    }
}

impl Asked {
    pub(super) fn new(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Asked> {
        let is = |id: &str| matches.get_flag(id);
        let own = |id: &str| bytes(matches, id).map(<[u8]>::to_vec);
        let path = |id: &str| matches.get_one::<OsString>(id).map(PathBuf::from);
        let mut url = Url::parse(bytes(matches, "URL").unwrap_or_default()).map_err(failed)?;
        let mut data = data(view, matches, io)?;
        if is("get")
            && let Some(data) = data.take()
        {
            url.query.push(if url.query.is_empty() { b'?' } else { b'&' });
            url.query.extend(data);
        }
        let user = own("user").or_else(|| url.user.clone());
        if user.as_ref().is_some_and(|user| !user.contains(&b':')) && url.user.is_none() {
            return Err(
                Error::usage("-u: no password").hint("-u USER:PASSWORD; `-u USER:` for none")
            );
        }
        let headers: Vec<Vec<u8>> =
            operands(matches, "header").into_iter().map(<[u8]>::to_vec).collect();
        let words = headers.iter().chain(user.iter());
        let words = words.map(Vec::as_slice);
        let words = words
            .chain(["request", "user-agent", "referer"].iter().filter_map(|id| bytes(matches, id)));
        for word in words {
            if word.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
                return Err(Error::usage(format!("{}: a line end in it", visible(word))));
            }
        }
        let redirects = matches
            .get_one::<i64>("max-redirs")
            .map(|n| u64::try_from(*n).unwrap_or(MOST_REDIRECTS));
        let max_time = seconds(matches, "max-time")?.filter(|limit| !limit.is_zero());
        Ok(Asked {
            url,
            method: own("request"),
            is_head: is("head"),
            headers,
            data,
            user,
            agent: own("user-agent")
                .unwrap_or_else(|| concat!("dbg/", env!("CARGO_PKG_VERSION")).into()),
            referer: own("referer"),
            destination: destination(view, matches)?,
            includes_headers: is("include") || is("head"),
            is_verbose: is("verbose"),
            is_silent: is("silent") && !is("show-error"),
            fails: is("fail"),
            follows: is("location"),
            redirects: redirects.unwrap_or(REDIRECTS).min(MOST_REDIRECTS),
            insecure: is("insecure"),
            cacert: path("cacert"),
            max_time,
            connect_timeout: seconds(matches, "connect-timeout")?
                .filter(|limit| !limit.is_zero())
                .unwrap_or(Duration::from_secs_f64(CONNECT_SECONDS)),
            pinned: operands(matches, "resolve").into_iter().map(pinned).collect::<Result<_>>()?,
            unix: path("unix-socket"),
            v4: is("ipv4"),
            v6: is("ipv6"),
            write_out: own("write-out"),
            is_json: is("json"),
            has_timings: is("timings"),
        })
    }
}

/// A URL that can't be used, with curl's exit code.
pub(super) fn failed(refused: Refused) -> Error {
    match refused {
        Refused::Scheme(error) => error.exit(Exit::code(1)),
        Refused::Malformed(error) => error.exit(Exit::code(3)),
    }
}

fn seconds(matches: &ArgMatches, id: &str) -> Result<Option<Duration>> {
    let Some(seconds) = matches.get_one::<f64>(id) else { return Ok(None) };
    let wrong = |_| Error::usage(format!("--{id} {seconds}: not a time"));
    Duration::try_from_secs_f64(*seconds).map(Some).map_err(wrong)
}

fn destination(view: &View, matches: &ArgMatches) -> Result<Destination> {
    let is_json = matches.get_flag("json");
    let path = match bytes(matches, "output") {
        None if is_json => return Ok(Destination::Nowhere),
        None => return Ok(Destination::Stdout),
        Some(b"-") if is_json => {
            return Err(Error::usage("-o - and --json both want stdout"));
        }
        Some(b"-") => return Ok(Destination::Stdout),
        // Not a file of the target, and what scripts that want the status alone say.
        Some(b"/dev/null") => return Ok(Destination::Nowhere),
        Some(path) => PathBuf::from(os(path)),
    };
    view.may_write_file(&path).map_err(|error| {
        error.exit(Exit::code(23)).hint(
            "outside of the target: dbg http TARGET URL > FILE; into it: start dbg with --write",
        )
    })?;
    view.root()?;
    Ok(Destination::File(path))
}

/// The pieces of data in the order typed, joined by `&`.
fn data(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Option<Vec<u8>>> {
    let mut pieces: Vec<(usize, &str, &[u8])> = Vec::new();
    for id in DATA {
        let indices = matches.indices_of(id).into_iter().flatten();
        pieces.extend(indices.zip(operands(matches, id)).map(|(at, piece)| (at, id, piece)));
    }
    order::sort_by_key(&mut pieces, |(at, ..)| *at);
    let mut whole: Option<Vec<u8>> = None;
    for (_, id, piece) in pieces {
        let piece = match piece.strip_prefix(b"@").filter(|_| id != "data-raw") {
            None => piece.to_vec(),
            Some(path) => {
                let mut content = content(view, Path::new(os(path)), io)?;
                if id == "data" {
                    content.retain(|b| !matches!(b, b'\r' | b'\n' | 0));
                }
                content
            }
        };
        match &mut whole {
            Some(whole) => {
                whole.push(b'&');
                whole.extend(piece);
            }
            None => whole = Some(piece),
        }
    }
    Ok(whole)
}

fn content(view: &View, path: &Path, io: &mut Io) -> Result<Vec<u8>> {
    if !is_stdin(path) {
        return view.root()?.read(path, BODY);
    }
    let mut content = Vec::new();
    Read::by_ref(&mut io.stdin).take(BODY + 1).read_to_end(&mut content).context(|| "stdin")?;
    if content.len() as u64 > BODY {
        return Err(Error::new(format!("stdin: larger than {BODY} bytes")));
    }
    Ok(content)
}

/// `HOST:PORT:ADDRESS[,ADDRESS]`; an address of IPv6 may stand in brackets.
fn pinned(typed: &[u8]) -> Result<Pinned> {
    let read = || {
        let mut parts = typed.splitn(3, |b| *b == b':');
        let host = parts.next()?.to_ascii_lowercase();
        let port = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
        let addresses = std::str::from_utf8(parts.next()?).ok()?.split(',');
        let address = |text: &str| text.trim_matches(['[', ']']).parse().ok();
        let addresses = addresses.map(address).collect::<Option<_>>()?;
        Some(Pinned { host, port, addresses })
    };
    read()
        .ok_or_else(|| Error::usage(format!("--resolve {}: not HOST:PORT:ADDRESS", visible(typed))))
}
