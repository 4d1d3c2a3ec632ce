//! The options of connections.

use std::rc::Rc;
use std::time::Duration;

use koa_session_rs_binding_common::Text;
use napi_derive::napi;

/// Where a server listens.
#[napi(object, object_to_js = false)]
#[derive(Clone)]
pub struct Address {
    pub host: Text,
    pub port: u16,
}

/// The credentials.
#[napi(object, object_to_js = false)]
#[derive(Clone)]
pub struct Credentials {
    pub username: Option<Text>,
    pub password: Option<Text>,
}

/// PEM texts, and whether any certificate is accepted.
#[napi(object, object_to_js = false)]
#[derive(Clone)]
pub struct Tls {
    pub ca: Option<Text>,
    pub cert: Option<Text>,
    pub key: Option<Text>,
    pub insecure: bool,
}

#[napi(object, object_to_js = false)]
#[derive(Clone)]
pub struct ConnectionOptions {
    /// The server, or some nodes of a cluster, or with a `master` the sentinels.
    pub nodes: Vec<Address>,
    /// A Unix socket, in place of a server.
    pub path: Option<Text>,
    pub cluster: bool,
    /// The name under which sentinels monitor the server.
    pub master: Option<Text>,
    pub credentials: Credentials,
    pub sentinel_credentials: Credentials,
    pub tls: Option<Tls>,
    pub db: u32,
    pub connect_timeout_ms: u32,
    pub timeout_ms: u32,
}

/// A server, or a sentinel.
#[derive(Debug)]
pub enum Server {
    At {
        host: String,
        port: u16,
    },
    /// By a Unix socket.
    Socket(String),
}

/// How to find the server with the keys.
pub enum Endpoint {
    Server(Rc<Server>),
    /// By asking sentinels for the master's name.
    Sentinels(Vec<Rc<Server>>, String),
}

impl Endpoint {
    /// Returns the server, if it is known without asking.
    pub fn server(&self) -> Option<&Rc<Server>> {
        match self {
            Self::Server(server) => Some(server),
            Self::Sentinels(..) => None,
        }
    }
}

impl Server {
    pub fn at(host: &str, port: u16) -> Rc<Self> {
        let host = host.to_owned();
        Rc::new(Self::At { host, port })
    }
}

impl ConnectionOptions {
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.timeout_ms))
    }

    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.connect_timeout_ms))
    }

    /// Returns the endpoint of a node of a cluster (`host:port`); without a cluster, of the only server.
    pub fn endpoint(&self, address: &str) -> Endpoint {
        if self.cluster
            && let Some((host, port)) = address.rsplit_once(':')
        {
            return Endpoint::Server(Server::at(host, port.parse().unwrap_or_default()));
        }
        let mut servers = self
            .nodes
            .iter()
            .map(|Address { host, port }| Server::at(host, *port));
        match (&self.path, &self.master) {
            (Some(path), _) => Endpoint::Server(Rc::new(Server::Socket(path.0.clone()))),
            (None, Some(master)) => Endpoint::Sentinels(servers.collect(), master.0.clone()),
            (None, None) => Endpoint::Server(
                servers
                    .next()
                    .unwrap_or_else(|| Server::at("127.0.0.1", 6379)),
            ),
        }
    }
}
