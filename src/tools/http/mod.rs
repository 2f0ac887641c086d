//! `http`, also `curl`: requests from the target's network, with its names and its trust.

mod exchange;
mod options;
mod report;
mod request;
mod response;
mod url;

use super::Tool;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::{Io, Shape, table::print_json};
use crate::view::{Needs, View};
use clap::ArgMatches;
use exchange::{Client, Next};
use options::Asked;
use report::{Exchange, Whole, print_timings, write_out};
use request::Request;
use std::io::Write;

pub(super) const TOOL: Tool = Tool {
    name: "http",
    aliases: &["curl"],
    summary: "Make HTTP requests, with the target's names, trust and network",
    examples: &[
        ("curl -v localhost:8080/healthz", "What the health check gets, step by step"),
        (
            "curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' https://api/",
            "Status and time alone",
        ),
        (
            "curl --unix-socket /run/app.sock http://localhost/metrics",
            "An app that listens on a socket file",
        ),
        (
            "http --json -L https://example.com",
            "Each redirect with its timings and certificate, as JSON",
        ),
    ],
    needs: Needs::Nothing,
    json: Some(Shape::of::<Vec<Exchange>>()),
    command: options::options,
    rewrite: None,
    run,
};

fn run(view: &View, matches: &ArgMatches, io: &mut Io) -> Result<Exit> {
    let asked = Asked::new(view, matches, io)?;
    let mut exchanges = Vec::new();
    let result = follow(view, &asked, &mut exchanges, io);
    let exit = match result {
        // The reader of our output left.
        Err(error) if error.is_broken_pipe() => return Err(error),
        Ok(()) => Exit::OK,
        Err(error) => {
            // What came before the failure is shown before it.
            io.stdout.end_text()?;
            if !asked.is_silent {
                io.complain(&error);
            }
            error.exit_code()
        }
    };
    if asked.is_json {
        print_json(io, &exchanges)?;
    }
    if let Some(format) = &asked.write_out {
        write_out(format, &Whole { exchanges: &exchanges, exit: exit.number() }, io)?;
    }
    if asked.has_timings {
        io.stdout.flush()?;
        print_timings(io, &exchanges)?;
    }
    io.stderr.flush()?;
    Ok(exit)
}

/// Makes the request, and those that redirects lead to.
fn follow(view: &View, asked: &Asked, exchanges: &mut Vec<Exchange>, io: &mut Io) -> Result<()> {
    let mut client = Client::new(view, asked);
    let mut request = Request::new(asked);
    loop {
        let mut row = Exchange::default();
        let next = client.perform(&request, &mut row, io);
        exchanges.push(row);
        let (status, url) = match next? {
            Next::Done => return Ok(()),
            Next::Redirect(status, url) => (status, url),
        };
        if exchanges.len() as u64 > asked.redirects {
            let text = format!("more than {} redirects", asked.redirects);
            return Err(Error::new(text)
                .exit(Exit::code(47))
                .hint("--max-redirs allows more; -v shows where they lead"));
        }
        request = request.redirected(status, url, asked);
    }
}
