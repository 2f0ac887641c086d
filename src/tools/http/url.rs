//! URLs of http and https (RFC 3986), as far as a request needs them. Bytes all the way: a redirect is the server's word.

use crate::error::{Error, Result};
use crate::output::visible;

/// The longest URL that a redirect may lead to.
const LONGEST: usize = 64 << 10;

/// A URL, without its fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) is_https: bool,
    /// `USER:PASSWORD` in front of the host.
    pub(super) user: Option<Vec<u8>>,
    /// Lower-case; an IPv6 address has no brackets.
    pub(super) host: Vec<u8>,
    pub(super) port: u16,
    /// Begins with a slash.
    pub(super) path: Vec<u8>,
    /// With the question mark; empty when there is none.
    pub(super) query: Vec<u8>,
}

/// Why a URL can't be used.
#[derive(Debug)]
pub(super) enum Refused {
    /// Another scheme than http and https.
    Scheme(Error),
    /// It is none.
    Malformed(Error),
}

impl Url {
    /// Reads a URL as typed: `http://` is meant where no scheme is given.
    pub(super) fn parse(typed: &[u8]) -> Result<Url, Refused> {
        let malformed =
            |why: &str| Refused::Malformed(Error::new(format!("{}: {why}", visible(typed))));
        if typed.len() > LONGEST {
            return Err(Refused::Malformed(Error::new(format!("a URL of {} bytes", typed.len()))));
        }
        if typed.iter().any(|b| *b <= b' ' || *b == 0x7f) {
            return Err(malformed("a URL has no blanks and no control characters"));
        }
        let (is_https, rest) = match find(typed, b"://") {
            Some(at) if typed[..at].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'+') => {
                match typed[..at].to_ascii_lowercase().as_slice() {
                    b"http" => (false, &typed[at + 3..]),
                    b"https" => (true, &typed[at + 3..]),
                    scheme => return Err(Refused::Scheme(other_scheme(scheme))),
                }
            }
            _ => (false, typed),
        };
        let rest = rest.split(|b| *b == b'#').next().unwrap_or_default();
        let end = rest.iter().position(|b| matches!(b, b'/' | b'?')).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, host) = match authority.iter().rposition(|b| *b == b'@') {
            Some(at) => (Some(decoded(&authority[..at])), &authority[at + 1..]),
            None => (None, authority),
        };
        let (host, port) = match host.strip_prefix(b"[") {
            Some(inner) => match inner.iter().position(|b| *b == b']') {
                Some(end) => (&inner[..end], &inner[end + 1..]),
                None => return Err(malformed("the bracket of an IPv6 address is not closed")),
            },
            None => host.split_at(host.iter().position(|b| *b == b':').unwrap_or(host.len())),
        };
        if host.is_empty() {
            return Err(malformed("no host in it"));
        }
        if !host.is_ascii() {
            return Err(malformed("names outside ASCII are written as xn--…"));
        }
        let port = match port {
            b"" | b":" => {
                if is_https {
                    443
                } else {
                    80
                }
            }
            port => port
                .strip_prefix(b":")
                .and_then(|port| std::str::from_utf8(port).ok()?.parse().ok())
                .ok_or_else(|| malformed("the port is no number up to 65535"))?,
        };
        let (path, query) =
            tail.split_at(tail.iter().position(|b| *b == b'?').unwrap_or(tail.len()));
        Ok(Url {
            is_https,
            user,
            host: host.to_ascii_lowercase(),
            port,
            path: if path.is_empty() { b"/".to_vec() } else { without_dots(path) },
            query: query.to_vec(),
        })
    }

    /// Where a `Location` leads that was given for this URL (RFC 3986, section 5.2).
    pub(super) fn join(&self, location: &[u8]) -> Result<Url, Refused> {
        // Blanks are seen in the wild, and mean themselves.
        let mut encoded = Vec::with_capacity(location.len());
        for byte in location.iter().take(LONGEST + 1) {
            match byte {
                b' ' => encoded.extend_from_slice(b"%20"),
                0x80.. => encoded.extend_from_slice(format!("%{byte:02X}").as_bytes()),
                byte => encoded.push(*byte),
            }
        }
        let location = encoded.as_slice();
        let start = location.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b':'));
        if let Some(at) = start
            && location[at] == b':'
        {
            return match location[at..].starts_with(b"://") {
                true => Url::parse(location),
                false => Err(Refused::Scheme(other_scheme(&location[..at]))),
            };
        }
        if location.starts_with(b"//") {
            let scheme: &[u8] = if self.is_https { b"https:" } else { b"http:" };
            return Url::parse(&[scheme, location].concat());
        }
        let mut base = Url { user: None, ..self.clone() }.text();
        base.truncate(base.len() - self.query.len());
        match location.first() {
            Some(b'/') => base.truncate(base.len() - self.path.len()),
            Some(b'?') => {}
            None | Some(b'#') => base.extend_from_slice(&self.query),
            Some(_) => {
                let slash = self.path.iter().rposition(|b| *b == b'/').unwrap_or(0);
                base.truncate(base.len() - self.path.len() + slash + 1);
            }
        }
        base.extend_from_slice(location);
        Url::parse(&base)
    }

    /// Whether both are of one scheme, host and port: who may get what was meant for the other.
    pub(super) fn is_same_origin(&self, other: &Url) -> bool {
        (self.is_https, &self.host, self.port) == (other.is_https, &other.host, other.port)
    }

    /// `HOST` or `HOST:PORT` where that is not the scheme's: the Host field.
    pub(super) fn authority(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self.host.contains(&b':') {
            true => out.extend_from_slice(&[b"[", self.host.as_slice(), b"]"].concat()),
            false => out.extend_from_slice(&self.host),
        }
        if self.port != if self.is_https { 443 } else { 80 } {
            out.extend_from_slice(format!(":{}", self.port).as_bytes());
        }
        out
    }

    /// What is asked for: path and query.
    pub(super) fn target(&self) -> Vec<u8> {
        [self.path.as_slice(), &self.query].concat()
    }

    /// The whole, without user and password.
    pub(super) fn text(&self) -> Vec<u8> {
        let scheme: &[u8] = if self.is_https { b"https://" } else { b"http://" };
        [scheme, &self.authority(), &self.path, &self.query].concat()
    }
}

fn other_scheme(scheme: &[u8]) -> Error {
    Error::new(format!("{}: not a scheme that http speaks", visible(scheme)))
        .hint("http:// and https:// are")
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
}

/// Without `.` and `..` (RFC 3986, section 5.2.4), as curl sends it.
fn without_dots(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut segments = path.split(|b| *b == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            b"." | b".." => {
                if segment == b".." {
                    parts.pop();
                }
                if is_last {
                    parts.push(b"");
                }
            }
            segment => parts.push(segment),
        }
    }
    parts.iter().flat_map(|part| [b"/", *part].concat()).collect()
}

/// `%41` is `A`.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.filter(|hex| !hex.starts_with('+') && *first == b'%');
        match byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text.as_bytes()).unwrap()
    }

    fn joined(base: &str, location: &str) -> String {
        String::from_utf8(url(base).join(location.as_bytes()).unwrap().text()).unwrap()
    }

    #[test]
    fn urls_are_taken_apart() {
        let whole = url("HTTPS://us%41r:p@Example.COM:8443/a/./b/../c?x=1#frag");
        assert!(whole.is_https);
        assert_eq!(whole.user.as_deref(), Some(&b"usAr:p"[..]));
        assert_eq!((whole.host.as_slice(), whole.port), (&b"example.com"[..], 8443));
        assert_eq!(whole.target(), b"/a/c?x=1");
        assert_eq!(url("localhost").text(), b"http://localhost/");
        assert_eq!(url("http://[::1]:80?q").text(), b"http://[::1]/?q");
        assert_eq!(url("host:81/http://x").text(), b"http://host:81/http://x");
    }

    #[test]
    fn references_resolve_as_the_rfc_has_it() {
        let base = "http://a/b/c/d;p?q";
        for (location, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("", "http://a/b/c/d;p?q"),
            ("#s", "http://a/b/c/d;p?q"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("https://h:1/x y", "https://h:1/x%20y"),
        ] {
            assert_eq!(joined(base, location), expected, "{location}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "",
            "http://",
            "http://[::1",
            "http://h:99999/",
            "http://h:x",
            "http://a b/",
            "h\u{e9}",
        ] {
            assert!(matches!(Url::parse(text.as_bytes()), Err(Refused::Malformed(_))), "{text}");
        }
        for text in ["ftp://h/", "file:///etc/passwd"] {
            assert!(matches!(Url::parse(text.as_bytes()), Err(Refused::Scheme(_))), "{text}");
        }
        for location in ["file:///etc/passwd", "javascript:alert(1)", "data:,x"] {
            let joined = url("http://h/").join(location.as_bytes());
            assert!(matches!(joined, Err(Refused::Scheme(_))), "{location}");
        }
        assert!(url("http://h/").join(b"/a\r\nX: y").is_err());
        assert!(url("http://h/").join(&vec![b'a'; 1 << 20]).is_err());
    }
}
