//! Opens streams to servers: DNS, TCP or a Unix socket, TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_ok;
use koa_session_rs::store::redis::command::Failure;
use redis::aio::AsyncStream;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::fault::{Cause, Fault};
use crate::options::Server;

pub type Stream = Pin<Box<dyn AsyncStream + Send + Sync>>;

/// The time limit of the test whether a server speaks TLS.
const HINT_LIMIT: Duration = Duration::from_millis(500);

/// A TLS record that cannot begin a handshake. A TLS server replies with an alert, which begins with the same byte.
const NO_HANDSHAKE: &[u8] = &[0x16, 3, 1, 0, 4, 2, 0, 0, 0];
const ALERT: u8 = 0x15;

/// Opens a stream, with TLS if its settings are given.
pub async fn dial(server: &Server, tls: Option<&Arc<ClientConfig>>) -> Result<Stream, Fault> {
    let failed = |error: io::Error| Fault::of_io(&error);
    let (host, port) = match server {
        Server::At { host, port } => (host, *port),
        Server::Socket(path) => return dial_socket(path).await.map_err(failed),
    };
    let stream = connect(host, port).await?;
    let Some(tls) = tls else {
        return Ok(Box::pin(stream));
    };
    let name = ServerName::try_from(host.clone())
        .map_err(|error| Fault::new(Failure::Tls, Cause::of_text(&error.to_string())))?;
    let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
    Ok(Box::pin(stream.await.map_err(failed)?))
}

async fn connect(host: &str, port: u16) -> Result<TcpStream, Fault> {
    let unknown =
        |message: &str| Fault::new(Failure::Unreachable, Cause::coded("ENOTFOUND", message));
    let addresses: Vec<_> = lookup_host((host, port))
        .await
        .map_err(|error| unknown(&error.to_string()))?
        .map(|address| Box::pin(TcpStream::connect(address)))
        .collect();
    if addresses.is_empty() {
        return Err(unknown("the name has no address"));
    }
    let connected = select_ok(addresses).await.and_then(|(stream, _)| {
        stream.set_nodelay(true)?;
        Ok(stream)
    });
    connected.map_err(|error| Fault::of_io(&error))
}

#[cfg(unix)]
async fn dial_socket(path: &str) -> io::Result<Stream> {
    let stream = tokio::net::UnixStream::connect(path).await?;
    Ok(Box::pin(stream))
}

#[cfg(not(unix))]
async fn dial_socket(_: &str) -> io::Result<Stream> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns a fault if only one side uses TLS. Otherwise one would only see that the server does not reply or closes the connection.
pub async fn tls_mismatch(server: &Server, wants_tls: bool) -> Option<Fault> {
    let Server::At { host, port } = server else {
        return None;
    };
    let (hello, told): (&[u8], _) = if wants_tls {
        (b"PING\r\n", "the server has no TLS")
    } else {
        (NO_HANDSHAKE, "the server accepts only TLS")
    };
    let answer = async {
        let mut stream = connect(host, *port).await.ok()?;
        stream.write_all(hello).await.ok()?;
        stream.read_u8().await.ok()
    };
    let first = timeout(HINT_LIMIT, answer).await.ok()??;
    let is_mistaken = if wants_tls {
        matches!(first, b'+' | b'-')
    } else {
        first == ALERT
    };
    is_mistaken.then(|| Fault::new(Failure::Tls, Cause::of_text(told)))
}
