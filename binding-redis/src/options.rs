//! How the servers are reached.

use std::time::Duration;

use koa_session_rs_crossing::Text;
use napi_derive::napi;
use redis::io::tcp::TcpSettings;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion,
    RedisConnectionInfo, RedisResult, TlsCertificates, TlsMode,
};

/// A server.
#[napi(object, object_to_js = false)]
#[derive(Clone)]
pub struct Address {
    pub host: Text,
    pub port: u16,
}

/// Who to be.
#[napi(object, object_to_js = false)]
#[derive(Clone)]
pub struct Credentials {
    pub username: Option<Text>,
    pub password: Option<Text>,
}

/// PEM texts, and whether any certificate is taken.
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
    /// The one server; of a cluster, some of its nodes; with a `master`, the sentinels.
    pub nodes: Vec<Address>,
    /// A Unix socket, in place of a server.
    pub path: Option<Text>,
    pub cluster: bool,
    /// The name that sentinels know the server by.
    pub master: Option<Text>,
    pub credentials: Credentials,
    pub sentinel_credentials: Credentials,
    pub tls: Option<Tls>,
    pub db: u32,
    pub connect_timeout_ms: u32,
    pub timeout_ms: u32,
}

impl ConnectionOptions {
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.timeout_ms))
    }

    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.connect_timeout_ms))
    }

    /// Makes what connects to the only server, if it is known without asking.
    pub fn only_client(&self) -> RedisResult<Client> {
        match (&self.path, self.nodes.first()) {
            (Some(path), _) => self.client(ConnectionAddr::Unix(path.0.as_str().into())),
            (None, Some(Address { host, port })) => self.client_at(host, *port),
            (None, None) => self.client_at("127.0.0.1", 6379),
        }
    }

    /// Makes what connects to a server.
    pub fn client_at(&self, host: &str, port: u16) -> RedisResult<Client> {
        self.client(self.address(host, port))
    }

    fn address(&self, host: &str, port: u16) -> ConnectionAddr {
        match &self.tls {
            None => ConnectionAddr::Tcp(host.to_owned(), port),
            Some(tls) => ConnectionAddr::TcpTls {
                host: host.to_owned(),
                port,
                insecure: tls.insecure,
                tls_params: None,
            },
        }
    }

    fn client(&self, address: ConnectionAddr) -> RedisResult<Client> {
        let mut settings = RedisConnectionInfo::default()
            .set_db(i64::from(self.db))
            .set_protocol(ProtocolVersion::RESP3)
            .set_skip_set_lib_name();
        if let Some(username) = &self.credentials.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &self.credentials.password {
            settings = settings.set_password(password);
        }
        let info: ConnectionInfo = address
            .into_connection_info()?
            .set_tcp_settings(TcpSettings::default().set_nodelay(true))
            .set_redis_settings(settings);
        match self.certificates() {
            Some(certificates) => Client::build_with_tls(info, certificates),
            None => Client::open(info),
        }
    }

    fn certificates(&self) -> Option<TlsCertificates> {
        let Tls { ca, cert, key, .. } = self.tls.as_ref()?;
        let bytes = |pem: &Text| pem.as_bytes().to_vec();
        let client_tls = cert
            .as_ref()
            .zip(key.as_ref())
            .map(|(cert, key)| ClientTlsConfig {
                client_cert: bytes(cert),
                client_key: bytes(key),
            });
        (client_tls.is_some() || ca.is_some()).then(|| TlsCertificates {
            client_tls,
            root_cert: ca.as_ref().map(bytes),
        })
    }

    /// Makes what asks the sentinels.
    pub fn sentinel(&self, master: &str) -> RedisResult<SentinelClient> {
        let sentinels = self
            .nodes
            .iter()
            .map(|Address { host, port }| self.address(host, *port));
        let mut builder =
            SentinelClientBuilder::new(sentinels, master, SentinelServerType::Master)?
                .set_client_to_redis_db(i64::from(self.db))
                .set_client_to_redis_protocol(ProtocolVersion::RESP3)
                .set_client_to_redis_tcp_settings(TcpSettings::default().set_nodelay(true));
        let Credentials { username, password } = &self.credentials;
        if let Some(username) = username {
            builder = builder.set_client_to_redis_username(username);
        }
        if let Some(password) = password {
            builder = builder.set_client_to_redis_password(password);
        }
        let Credentials { username, password } = &self.sentinel_credentials;
        if let Some(username) = username {
            builder = builder.set_client_to_sentinel_username(username);
        }
        if let Some(password) = password {
            builder = builder.set_client_to_sentinel_password(password);
        }
        if let Some(tls) = &self.tls {
            let mode = || {
                if tls.insecure {
                    TlsMode::Insecure
                } else {
                    TlsMode::Secure
                }
            };
            builder = builder
                .set_client_to_redis_tls_mode(mode())
                .set_client_to_sentinel_tls_mode(mode());
        }
        if let Some(certificates) = self.certificates() {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
        builder.build()
    }
}
