//! The request as it goes over the wire (RFC 9112).

use super::options::Asked;
use super::url::Url;
use crate::tools::base64;

/// A request of one hop.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Vec<u8>,
    pub(super) url: Url,
    pub(super) has_body: bool,
    /// Whether the hop before went to the same scheme, host and port, all the way from the first.
    pub(super) is_trusted: bool,
}

impl Request {
    /// The first one.
    pub(super) fn new(asked: &Asked) -> Request {
        let method: &[u8] = match (&asked.method, asked.is_head, &asked.data) {
            (Some(method), ..) => method,
            (None, true, _) => b"HEAD",
            (None, false, Some(_)) => b"POST",
            (None, false, None) => b"GET",
        };
        Request {
            method: method.to_vec(),
            url: asked.url.clone(),
            has_body: asked.data.is_some(),
            is_trusted: true,
        }
    }

    /// The one that follows a redirect with `status` to `url`.
    ///
    /// As curl and browsers do: 303 turns into GET, 301 and 302 turn POST into GET, all else stays (RFC 9110, section
    /// 15.4). A method typed with `-X` stays as well; the body goes where it would have gone without.
    pub(super) fn redirected(self, status: u16, url: Url, asked: &Asked) -> Request {
        let turns = match status {
            303 => self.method != b"HEAD",
            301 | 302 => self.has_body,
            _ => false,
        };
        let stays = self.has_body && !turns;
        Request {
            method: match turns && asked.method.is_none() {
                true => b"GET".to_vec(),
                false => self.method,
            },
            is_trusted: self.is_trusted && self.url.is_same_origin(&url),
            url,
            has_body: stays,
        }
    }

    /// Whether the answer has no body whatever its headers say.
    pub(super) fn is_head(&self) -> bool {
        self.method == b"HEAD"
    }

    /// Request line and headers, with the empty line.
    pub(super) fn head(&self, asked: &Asked) -> Vec<u8> {
        let given = |name: &str| asked.headers.iter().any(|line| is_called(line, name));
        let mut head =
            [self.method.as_slice(), b" ", &self.url.target(), b" HTTP/1.1\r\n"].concat();
        let mut add = |name: &str, value: &[u8]| {
            if !given(name) || (name == "Host" && !self.is_trusted) {
                head.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
            }
        };
        add("Host", &self.url.authority());
        if let Some(user) = asked.user.as_ref().filter(|_| self.is_trusted) {
            add("Authorization", &[b"Basic ", base64::encoded(user).as_slice()].concat());
        }
        add("User-Agent", &asked.agent);
        add("Accept", b"*/*");
        if let Some(referer) = &asked.referer {
            add("Referer", referer);
        }
        add("Connection", b"close");
        if let Some(data) = asked.data.as_ref().filter(|_| self.has_body) {
            add("Content-Length", data.len().to_string().as_bytes());
            add("Content-Type", b"application/x-www-form-urlencoded");
        }
        for line in &asked.headers {
            // What lets one in, or names one's host, is for the first server alone.
            let is_private =
                ["Authorization", "Cookie", "Host"].iter().any(|name| is_called(line, name));
            if is_private && !self.is_trusted {
                continue;
            }
            match line.strip_suffix(b";") {
                Some(name) if !name.contains(&b':') => {
                    head.extend_from_slice(&[name, b":\r\n"].concat());
                }
                _ if !has_value(line) => {}
                _ => head.extend_from_slice(&[line.as_slice(), b"\r\n"].concat()),
            }
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}

/// Whether a line `Name: value` or `Name;` has this name.
fn is_called(line: &[u8], name: &str) -> bool {
    let end = line.iter().position(|b| matches!(b, b':' | b';')).unwrap_or(line.len());
    line[..end].trim_ascii().eq_ignore_ascii_case(name.as_bytes())
}

fn has_value(line: &[u8]) -> bool {
    let colon = line.iter().position(|b| *b == b':');
    colon.is_some_and(|colon| !line[colon + 1..].trim_ascii().is_empty())
}
