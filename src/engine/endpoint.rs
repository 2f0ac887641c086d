//! Where engines listen, found as the docker command finds it: `DOCKER_HOST`, else the context that `DOCKER_CONTEXT`
//! or the configuration names, else the sockets that are there.

use super::shown;
use crate::error::{Error, Result, ResultExt};
use serde::Deserialize;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where Docker's socket is unless somebody moved it.
const SOCKET: &str = "/run/docker.sock";

/// The most that is read of any file of the configuration.
const LIMIT: u64 = 1 << 20;

/// The environment variables of this process, or those of a test.
pub(super) type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// An engine's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

/// One engine that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) address: Address,
    /// As `DOCKER_HOST` would name it; safe to show.
    pub(super) uri: String,
}

impl Endpoint {
    fn new(address: Address) -> Endpoint {
        let uri = match &address {
            Address::Unix(path) => {
                format!("unix://{}", crate::output::visible(path.as_os_str().as_encoded_bytes()))
            }
            Address::Tcp(address) => format!("tcp://{address}"),
        };
        Endpoint { address, uri }
    }
}

/// The engines to ask: the one that was chosen, else every default socket that exists.
pub(super) fn find(env: &Environment) -> Result<Vec<Endpoint>> {
    let tls = set(env, "DOCKER_TLS_VERIFY").is_some();
    if let Some(host) = set(env, "DOCKER_HOST") {
        let address =
            address(&host.to_string_lossy(), tls).map_err(|e| e.context("DOCKER_HOST"))?;
        return Ok(vec![Endpoint::new(address)]);
    }
    let config = config_dir(env);
    let (chosen, by) = match set(env, "DOCKER_CONTEXT") {
        Some(name) => (Some(name.to_string_lossy().into_owned()), "DOCKER_CONTEXT"),
        None => (current_context(config.as_deref())?, "currentContext"),
    };
    match chosen {
        None => default_sockets(env),
        Some(name) if name == "default" => Ok(vec![Endpoint::new(Address::Unix(SOCKET.into()))]),
        Some(name) => context(config.as_deref(), &name, tls)
            .map(|address| vec![Endpoint::new(address)])
            .context(|| format!("docker context {} of {by}", shown(&name))),
    }
}

/// A variable that is there and not empty: the docker command takes an empty one for none.
fn set(env: &Environment, name: &str) -> Option<OsString> {
    env(name).filter(|value| !value.is_empty())
}

fn default_sockets(env: &Environment) -> Result<Vec<Endpoint>> {
    let mut paths = vec![PathBuf::from(SOCKET), PathBuf::from("/var/run/docker.sock")];
    paths.extend(set(env, "XDG_RUNTIME_DIR").map(|dir| Path::new(&dir).join("docker.sock")));
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for path in &paths {
        match fs::metadata(path) {
            // `/var/run` is a link to `/run` nearly everywhere.
            Ok(file) if seen.contains(&(file.dev(), file.ino())) => continue,
            Ok(file) => seen.push((file.dev(), file.ino())),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(_) => continue,
        }
        found.push(Endpoint::new(Address::Unix(path.clone())));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let looked: Vec<String> = paths.iter().map(crate::output::quote).collect();
    Err(Error::new(format!("no container engine found: there is no {}", looked.join(", no ")))
        .hint("set DOCKER_HOST=unix:///PATH to the engine's socket, or name a process: pid://N"))
}

/// `$DOCKER_CONFIG`, else `~/.docker`. The home directory is what `HOME` says: asking for it by user would load NSS.
fn config_dir(env: &Environment) -> Option<PathBuf> {
    set(env, "DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&set(env, "HOME")?).join(".docker")))
}

fn current_context(config: Option<&Path>) -> Result<Option<String>> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(rename = "currentContext")]
        current: Option<String>,
    }
    let Some(path) = config.map(|dir| dir.join("config.json")) else { return Ok(None) };
    let bytes = match read(&path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => return Ok(None),
        result => result.context(|| crate::output::quote(&path))?,
    };
    let config: Config = json(&path, &bytes)?;
    Ok(config.current.filter(|name| !name.is_empty()))
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Endpoints", default)]
    endpoints: Endpoints,
}

#[derive(Default, Deserialize)]
struct Endpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
struct DockerEndpoint {
    #[serde(rename = "Host", default)]
    host: String,
}

/// The address in the context `name`, as `docker context create` stores it.
fn context(config: Option<&Path>, name: &str, tls: bool) -> Result<Address> {
    let Some(contexts) = config.map(|dir| dir.join("contexts")) else {
        return Err(Error::new("neither DOCKER_CONFIG nor HOME says where contexts are"));
    };
    let meta = contexts.join("meta");
    let mut names = vec!["default".to_owned()];
    for entry in fs::read_dir(&meta).into_iter().flatten().flatten() {
        let path = entry.path().join("meta.json");
        let Ok(bytes) = read(&path) else { continue };
        let found: Meta = json(&path, &bytes)?;
        if found.name == name {
            let host = found.endpoints.docker.map(|docker| docker.host).unwrap_or_default();
            let keys = contexts.join("tls").join(entry.file_name()).join("docker");
            return address(&host, tls || keys.exists());
        }
        names.push(shown(&found.name));
    }
    Err(Error::new(format!("there is none in {}", crate::output::quote(&meta)))
        .hint(format!("there are: {}", names.join(", "))))
}

/// What `DOCKER_HOST` says. `tls`: whether the engine is to be reached by TLS.
fn address(text: &str, tls: bool) -> Result<Address> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("tcp", text));
    match scheme {
        "unix" if rest.is_empty() => Ok(Address::Unix(SOCKET.into())),
        "unix" => Ok(Address::Unix(rest.into())),
        "tcp" | "http" if tls => Err(unsupported(text, "TLS")),
        "tcp" | "http" => socket_address(rest.trim_end_matches('/')).map(Address::Tcp),
        other => Err(unsupported(text, &format!("the scheme {}", shown(other)))),
    }
}

fn unsupported(text: &str, what: &str) -> Error {
    Error::new(format!("{}: {what} is not supported", shown(text)))
        .hint("engines are asked by unix:///PATH and by tcp://HOST:PORT without TLS; of an engine on another machine, run dbg there")
}

fn socket_address(text: &str) -> Result<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let wrong = || Error::new(format!("{}: not an address of the form HOST:PORT", shown(text)));
    let (host, port) = match text.rsplit_once(':') {
        // The colon of an IPv6 address in brackets is not that of a port.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
        _ => (text, 2375),
    };
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() {
        return Err(wrong());
    }
    let ip = host.parse().ok().or_else(|| named(host)).ok_or_else(|| {
        Error::new(format!("{}: no such name in /etc/hosts", shown(host)))
            .hint("dbg asks no name server about engines: give the address as a number")
    })?;
    Ok(SocketAddr::new(ip, port))
}

/// The address of a name by `/etc/hosts` alone: the resolver of libc would load NSS.
fn named(host: &str) -> Option<IpAddr> {
    if host.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    let hosts = read(Path::new("/etc/hosts")).ok()?;
    String::from_utf8_lossy(&hosts).lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let ip = words.next()?.parse().ok()?;
        words.any(|name| name.eq_ignore_ascii_case(host)).then_some(ip)
    })
}

/// A whole regular file of the configuration.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        0..=LIMIT => Ok(bytes),
        _ => Err(io::Error::other(format!("larger than {LIMIT} bytes"))),
    }
}

fn json<T: for<'a> Deserialize<'a>>(path: &Path, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|e| Error::new(crate::output::visible(e.to_string().as_bytes())))
        .context(|| crate::output::quote(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A configuration folder with the contexts `far` (ssh), `near` (a socket) and `certs` (TLS material).
    fn config(current: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("config.json", &format!(r#"{{"auths":{{}},"currentContext":"{current}"}}"#));
        for (id, name, host) in [
            ("aa", "far", "ssh://me@far"),
            ("bb", "near", "unix:///tmp/near.sock"),
            ("cc", "certs", "tcp://127.0.0.1:2376"),
        ] {
            let meta = format!(
                r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}"#
            );
            put(&format!("contexts/meta/{id}/meta.json"), &meta);
        }
        put("contexts/tls/cc/docker/ca.pem", "");
        dir
    }

    fn with(dir: &Path, variables: &[(&str, &str)]) -> Result<Vec<Endpoint>> {
        find(&|name| match variables.iter().find(|(n, _)| *n == name) {
            Some((_, value)) => Some(value.into()),
            None if name == "DOCKER_CONFIG" => Some(dir.into()),
            None => None,
        })
    }

    fn uri(dir: &Path, variables: &[(&str, &str)]) -> String {
        match with(dir, variables) {
            Ok(endpoints) => endpoints.iter().map(|e| e.uri.as_str()).collect::<Vec<_>>().join(" "),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn the_variable_wins_over_the_context_and_that_over_the_configuration() {
        let dir = config("near");
        let dir = dir.path();
        assert_eq!(uri(dir, &[]), "unix:///tmp/near.sock");
        assert_eq!(uri(dir, &[("DOCKER_CONTEXT", "default")]), "unix:///run/docker.sock");
        let both = [("DOCKER_CONTEXT", "far"), ("DOCKER_HOST", "tcp://127.0.0.1:99")];
        assert_eq!(uri(dir, &both), "tcp://127.0.0.1:99");
        let empty = [("DOCKER_CONTEXT", ""), ("DOCKER_HOST", "")];
        assert_eq!(uri(dir, &empty), "unix:///tmp/near.sock");
    }

    #[test]
    fn a_home_without_configuration_means_the_sockets_that_are_there() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("docker.sock"), "").unwrap();
        let path = home.path().to_str().unwrap();
        let found = with(Path::new("/nonexistent"), &[("HOME", path), ("XDG_RUNTIME_DIR", path)]);
        let found: Vec<String> = found.unwrap().into_iter().map(|e| e.uri).collect();
        assert_eq!(found.last().unwrap(), &format!("unix://{path}/docker.sock"));
    }

    #[test]
    fn a_context_that_is_not_there_lists_those_that_are() {
        let dir = config("");
        let error = with(dir.path(), &[("DOCKER_CONTEXT", "nera")]).unwrap_err();
        assert!(
            error.to_string().starts_with("docker context nera of DOCKER_CONTEXT: "),
            "{error}"
        );
        let hint = error.hint_text().unwrap();
        assert!(["default", "far", "near", "certs"].iter().all(|n| hint.contains(n)), "{hint}");
    }

    #[test]
    fn what_cannot_be_reached_says_what_it_is() {
        let dir = config("");
        let dir = dir.path();
        let far = uri(dir, &[("DOCKER_CONTEXT", "far")]);
        assert!(far.contains("the scheme ssh is not supported"), "{far}");
        let certs = uri(dir, &[("DOCKER_CONTEXT", "certs")]);
        assert!(certs.contains("TLS is not supported"), "{certs}");
        let verify = [("DOCKER_HOST", "tcp://127.0.0.1:2376"), ("DOCKER_TLS_VERIFY", "1")];
        assert!(uri(dir, &verify).contains("TLS is not supported"));
        let pipe = uri(dir, &[("DOCKER_HOST", "npipe:////./pipe/docker")]);
        assert!(pipe.contains("the scheme npipe is not supported"), "{pipe}");
    }

    #[test]
    fn addresses_are_read_as_the_docker_command_reads_them() {
        let tcp = |text: &str| address(text, false).map(|a| Endpoint::new(a).uri);
        assert_eq!(tcp("tcp://127.0.0.1:2375/").unwrap(), "tcp://127.0.0.1:2375");
        assert_eq!(tcp("127.0.0.1").unwrap(), "tcp://127.0.0.1:2375");
        assert_eq!(tcp("tcp://[::1]:99").unwrap(), "tcp://[::1]:99");
        assert_eq!(tcp("tcp://[::1]").unwrap(), "tcp://[::1]:2375");
        assert_eq!(tcp("tcp://localhost:1").unwrap(), "tcp://127.0.0.1:1");
        assert_eq!(tcp("unix://").unwrap(), "unix:///run/docker.sock");
        assert_eq!(tcp("unix:///x\u{1b}y").unwrap(), "unix:///x\\x1by");
        for text in ["tcp://", "tcp://:1", "tcp://h:99999", "tcp://no.such.name:1", "fd://3"] {
            assert!(tcp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_broken_configuration_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.json"), "{").unwrap();
        assert!(uri(dir.path(), &[]).contains("config.json"), "{}", uri(dir.path(), &[]));
    }
}
