//! Docker's API, by bollard over a connection of our own: one request a connection, bounded in time and size, to an
//! address that no resolver was asked for.

use super::answer::{Answer, Asked, Named};
use super::endpoint::{Address, Endpoint};
use super::{shown, time};
use crate::error::{Error, Result, io_reason};
use crate::output::visible;
use crate::view::{Container, Target};
use bollard::errors::Error as Failure;
use bollard::models::{ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::ListContainersOptions;
use bollard::{BollardRequest, Docker};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// How long an engine may take for everything that is asked of it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most that is read of one answer. A list of a thousand containers has about 3 MB.
const LIMIT: usize = 16 << 20;

/// Asks one engine about `name`.
pub(super) async fn ask(endpoint: Endpoint, name: &str) -> Asked {
    let answer = match timeout(PATIENCE, lookup(&endpoint, name)).await {
        Ok(answer) => answer,
        Err(_) => Err(failed(&endpoint, format!("no answer in {} s", PATIENCE.as_secs()))
            .hint("the engine hangs or does not listen there any more: `docker ps` will tell")),
    };
    Asked { endpoint: endpoint.uri, answer }
}

async fn lookup(endpoint: &Endpoint, name: &str) -> Result<Answer> {
    let docker = client(endpoint)?;
    let failure = match docker.inspect_container(name, None).await {
        Ok(container) => return found(endpoint, container).map(|t| Answer::Found(Box::new(t))),
        Err(failure) => failure,
    };
    let Failure::DockerResponseServerError { status_code, .. } = failure else {
        return Err(told(endpoint, &failure));
    };
    // Not found, or several: Docker has had different codes for the latter. The list shows which.
    let list = ListContainersOptions { all: true, ..ListContainersOptions::default() };
    let named: Vec<Named> = match docker.list_containers(Some(list)).await {
        Ok(all) => all.into_iter().filter_map(summary).collect(),
        // Who knows no container and no list is some other server.
        Err(_) => return Err(told(endpoint, &failure)),
    };
    let with_prefix: Vec<Named> =
        named.iter().filter(|n| n.id.starts_with(name)).cloned().collect();
    match with_prefix.len() {
        2.. => Ok(Answer::Several(with_prefix)),
        _ if status_code == 404 => Ok(Answer::None(named)),
        _ => Err(told(endpoint, &failure)),
    }
}

fn client(endpoint: &Endpoint) -> Result<Docker> {
    let address = endpoint.address.clone();
    let transport = move |request| send(address.clone(), request);
    // bollard puts no version into its paths: the engine answers in the version that it likes best. The host is only
    // there to make a valid URI. bollard's own limit of time ends with the head of an answer; ours comes before it.
    Docker::connect_with_custom_transport(
        transport,
        Some("http://docker"),
        10 * PATIENCE.as_secs(),
        bollard::API_DEFAULT_VERSION,
    )
    .map_err(|failure| told(endpoint, &failure))
}

async fn send(
    address: Address,
    request: BollardRequest,
) -> Result<hyper::Response<Incoming>, Failure> {
    match address {
        Address::Unix(path) => exchange(UnixStream::connect(path).await?, request).await,
        Address::Tcp(address) => exchange(TcpStream::connect(address).await?, request).await,
    }
}

async fn exchange<S>(
    stream: S,
    mut request: BollardRequest,
) -> Result<hyper::Response<Incoming>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse()?;
    *request.uri_mut() = path;
    request.headers_mut().insert(HOST, HeaderValue::from_static("docker"));
    let stream = Bounded { stream, left: LIMIT };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the connection, at the latest with the runtime. What goes wrong in it shows in the response.
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

/// A stream that fails when the other end has sent more than it should.
struct Bounded<S> {
    stream: S,
    left: usize,
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        self.left = self.left.checked_sub(read).ok_or_else(|| {
            io::Error::other(format!("the answer is larger than {} MiB", LIMIT >> 20))
        })?;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The container in an answer to `inspect`.
fn found(endpoint: &Endpoint, answer: ContainerInspectResponse) -> Result<Target> {
    let id = answer.id.unwrap_or_default();
    if !is_full_id(&id) {
        return Err(failed(endpoint, "the answer has no container id"));
    }
    let state = answer.state.unwrap_or_default();
    let config = answer.config.unwrap_or_default();
    let name = plain(&answer.name.unwrap_or_default()).to_owned();
    let runs = state.running == Some(true) || state.paused == Some(true);
    let pid = state.pid.and_then(|pid| i32::try_from(pid).ok()).filter(|pid| runs && *pid > 0);
    let started = state.started_at.as_deref().and_then(time::parse);
    // One that was only created has no exit code; 0 is what the engine says of it.
    let ended = !runs && (started.is_some() || state.exit_code.is_some_and(|code| code != 0));
    let label = if name.is_empty() { id.chars().take(12).collect() } else { name.clone() };
    Ok(Target {
        label: visible(label.as_bytes()).into_owned(),
        uri: format!("docker://{id}"),
        pid,
        container: Some(Container {
            engine: "docker".to_owned(),
            endpoint: endpoint.uri.clone(),
            id,
            name,
            image: config.image.unwrap_or_default(),
            state: state.status.map(|status| status.to_string()).unwrap_or_default(),
            exit_code: state.exit_code.filter(|_| ended),
            oom_killed: state.oom_killed == Some(true),
            started,
            user: config.user.unwrap_or_default(),
        }),
    })
}

/// The name and the state of one container of a list.
fn summary(container: ContainerSummary) -> Option<Named> {
    let id = container.id.filter(|id| is_full_id(id))?;
    let names = container.names.unwrap_or_default();
    // A name with a slash inside is a link of another container to this one.
    let name = names.iter().map(|name| plain(name)).find(|name| !name.contains('/'));
    let runs = container.state.is_some_and(|state| state.as_ref() == "running");
    Some(Named { name: name.unwrap_or_default().to_owned(), id, runs })
}

fn is_full_id(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn plain(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

fn failed(endpoint: &Endpoint, text: impl AsRef<str>) -> Error {
    Error::new(format!("docker at {}: {}", endpoint.uri, text.as_ref()))
}

/// A failure in words, with what to do about it.
fn told(endpoint: &Endpoint, failure: &Failure) -> Error {
    if let Failure::IOError { err } = failure {
        return told_io(endpoint, err);
    }
    let mut cause: &(dyn std::error::Error + 'static) = failure;
    loop {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return told_io(endpoint, error);
        }
        match cause.source() {
            Some(deeper) => cause = deeper,
            None => break,
        }
    }
    let text = match failure {
        Failure::DockerResponseServerError { status_code, message } => {
            format!("answered {status_code} {}", short(message.trim()))
        }
        Failure::JsonDataError { message, .. } => {
            format!("the answer is not what an engine says: {}", short(message))
        }
        _ => format!("the answer is not what an engine says: {}", short(&cause.to_string())),
    };
    failed(endpoint, text.trim_end())
}

fn told_io(endpoint: &Endpoint, error: &io::Error) -> Error {
    let failed = failed(endpoint, io_reason(error));
    match (error.kind(), &endpoint.address) {
        (io::ErrorKind::PermissionDenied, Address::Unix(path)) => denied(failed, path),
        (io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound, _) => failed.hint(
            "no engine listens there: start it, or set DOCKER_HOST to where it does; pid://N needs none",
        ),
        _ => failed,
    }
}

/// A socket that may not be opened: whose it is, and how to become one who may.
fn denied(failed: Error, path: &Path) -> Error {
    let Ok(socket) = std::fs::metadata(path) else {
        return failed.hint("run dbg by sudo: the socket is in a folder that is not open to you");
    };
    let (gid, mode) = (socket.gid(), socket.permissions().mode() & 0o7777);
    let groups = super::endpoint::read(Path::new("/etc/group")).unwrap_or_default();
    match group_name(&groups, gid) {
        Some(group) if mode & 0o060 == 0o060 && gid != 0 => failed.hint(format!(
            "the socket is open to the group {group} (mode {mode:04o}): join it by `sudo usermod -aG {group} $USER` and log in again, or run dbg by sudo"
        )),
        _ => failed.hint(format!(
            "the socket belongs to user {}, group {gid} (mode {mode:04o}): run dbg by sudo",
            socket.uid()
        )),
    }
}

/// The name of a group by the file alone: libc's lookup would load NSS.
fn group_name(file: &[u8], gid: u32) -> Option<String> {
    String::from_utf8_lossy(file).lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| shown(name))
    })
}

/// Words of an engine, cut to a length that a person reads.
fn short(text: &str) -> String {
    visible(text.chars().take(200).collect::<String>().as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_named_by_the_file() {
        let file = b"root:x:0:\ndocker:x:998:me\nbroken\n";
        assert_eq!(group_name(file, 998).as_deref(), Some("docker"));
        assert_eq!(group_name(file, 7), None);
    }

    #[test]
    fn a_container_that_does_not_run_has_no_process() {
        let endpoint = Endpoint { address: Address::Unix("/x".into()), uri: "unix:///x".into() };
        let id = "ab".repeat(32);
        let inspect = |state: &str| {
            let text = format!(r#"{{"Id":"{id}","Name":"/web","State":{state}}}"#);
            found(&endpoint, serde_json::from_str(&text).unwrap()).unwrap()
        };
        let exited = inspect(
            r#"{"Status":"exited","Running":false,"Pid":7,"ExitCode":137,"OOMKilled":true,"StartedAt":"2024-05-06T07:08:09Z"}"#,
        );
        assert_eq!((exited.label.as_str(), exited.pid), ("web", None));
        assert_eq!(exited.container.unwrap().exit_code, Some(137));
        let created = inspect(
            r#"{"Status":"created","Running":false,"Pid":0,"ExitCode":0,"StartedAt":"0001-01-01T00:00:00Z"}"#,
        );
        assert_eq!(created.container.unwrap().exit_code, None);
        let paused = inspect(r#"{"Status":"paused","Running":true,"Paused":true,"Pid":7}"#);
        assert_eq!(paused.pid, Some(7));
        let restarting = inspect(r#"{"Status":"restarting","Running":true,"Pid":0}"#);
        assert_eq!(restarting.pid, None);
        let absurd = inspect(r#"{"Status":"running","Running":true,"Pid":4294967297}"#);
        assert_eq!(absurd.pid, None);
    }
}
