//! Connects: finds the server, logs in, and checks whether it matches the options.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::stream::{FuturesUnordered, StreamExt};
use koa_session_rs::store::redis::command::Failure;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, ProtocolVersion, RedisConnectionInfo, Value};
use rustls::ClientConfig;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::dial::{dial, tls_mismatch};
use crate::fault::{Cause, Fault};
use crate::options::{ConnectionOptions, Credentials, Endpoint, Server};
use crate::tls;

/// The difference of clocks from which it is reported.
const SKEW_SECONDS: f64 = 60.0;

pub struct Connector {
    pub options: ConnectionOptions,
    tls: OnceCell<Result<Arc<ClientConfig>, Cause>>,
    /// Called once, with the seconds by which a server's clock is ahead of this machine's.
    on_skew: Box<dyn Fn(f64)>,
    has_told_skew: Cell<bool>,
}

/// The conditions of an attempt.
#[derive(Clone, Copy)]
pub struct Attempt {
    /// The time limit; with sentinels, of asking a sentinel and of connecting to the server each.
    pub limit: Duration,
    /// Whether no attempt has succeeded before, so that the options may be wrong.
    pub is_first: bool,
}

impl Connector {
    pub fn new(options: ConnectionOptions, on_skew: impl Fn(f64) + 'static) -> Self {
        Self {
            options,
            tls: OnceCell::new(),
            on_skew: Box::new(on_skew),
            has_told_skew: Cell::new(false),
        }
    }

    /// Connects to the server at an endpoint.
    pub async fn connect(
        &self,
        endpoint: &Endpoint,
        attempt: Attempt,
    ) -> Result<Connection, Rc<Fault>> {
        match endpoint {
            Endpoint::Server(server) => self.connect_to(server, attempt, false).await,
            Endpoint::Sentinels(sentinels, name) => {
                let asked = sentinels.iter().map(|sentinel| async {
                    let server = self.ask(sentinel, name, attempt).await?;
                    self.connect_to(&server, attempt, true).await
                });
                first(asked).await
            }
        }
    }

    /// Connects to a server; if sentinels named it, only if it is a master.
    async fn connect_to(
        &self,
        server: &Rc<Server>,
        attempt: Attempt,
        is_named: bool,
    ) -> Result<Connection, Rc<Fault>> {
        let connect = async {
            let mut connection = self.open(server, &self.options.credentials).await?;
            self.check(&mut connection, is_named).await?;
            Ok(connection)
        };
        let connected = self.within(attempt, server, connect).await;
        connected.map_err(|fault| Rc::new(Fault { is_named, ..fault }))
    }

    /// Asks a sentinel for the master's address.
    async fn ask(
        &self,
        sentinel: &Rc<Server>,
        name: &str,
        attempt: Attempt,
    ) -> Result<Rc<Server>, Rc<Fault>> {
        let ask = async {
            let credentials = &self.options.sentinel_credentials;
            let mut connection = self.open(sentinel, credentials).await?;
            let mut pipeline = Pipeline::with_capacity(1);
            pipeline
                .cmd("SENTINEL")
                .arg("GET-MASTER-ADDR-BY-NAME")
                .arg(name);
            read_named(connection.ask(&pipeline).await?)
        };
        self.within(attempt, sentinel, ask).await.map_err(Rc::new)
    }

    /// Runs an attempt with a time limit. If the first one fails, looks for the cause in the options.
    async fn within<T>(
        &self,
        attempt: Attempt,
        server: &Rc<Server>,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let mut fault = match timeout(attempt.limit, work).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(fault)) => fault,
            Err(_) => Fault::silence(),
        };
        if attempt.is_first && fault.may_be_tls() {
            let tls_mismatch = tls_mismatch(server, self.options.tls.is_some()).await;
            fault = tls_mismatch.unwrap_or(fault);
        }
        Err(fault.at(server))
    }

    /// Opens a connection, and logs in.
    async fn open(
        &self,
        server: &Rc<Server>,
        Credentials { username, password }: &Credentials,
    ) -> Result<Connection, Fault> {
        let tls = match (&self.options.tls, &**server) {
            (Some(options), Server::At { .. }) => {
                let made = self.tls.get_or_init(|| {
                    let made = tls::config(options).map(Arc::new);
                    made.map_err(|error| Cause::of_text(&error))
                });
                let made = made.as_ref();
                Some(made.map_err(|cause| Fault::new(Failure::Tls, cause.clone()))?)
            }
            _ => None,
        };
        let stream = dial(server, tls).await?;
        let mut settings = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP3)
            .set_skip_set_lib_name();
        if let Some(username) = username {
            settings = settings.set_username(&**username);
        }
        if let Some(password) = password {
            settings = settings.set_password(&**password);
        }
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&settings, stream, config)
                .await
                .map_err(|error| Fault::of_redis(&error))?;
        Ok(Connection::new(connection, driver, server))
    }

    /// Checks whether the server executes commands: whether it has the database, has loaded its data, and is a master.
    async fn check(&self, connection: &mut Connection, is_named: bool) -> Result<(), Fault> {
        let mut pipeline = Pipeline::with_capacity(4);
        pipeline.cmd("PING").cmd("TIME");
        if is_named {
            pipeline.cmd("ROLE");
        }
        if self.options.db != 0 {
            pipeline.cmd("SELECT").arg(self.options.db);
        }
        let mut answers = connection.ask(&pipeline).await?.into_iter();
        let refused = |answer: Option<Value>| answer.as_ref().and_then(Fault::of_answer);
        // If PING is refused for other reasons, the store's own commands may still be allowed.
        if let Some(fault) = refused(answers.next())
            && fault.is_unavailable()
        {
            return Err(fault);
        }
        if let Some([seconds, _]) = answers.next().and_then(texts)
            && let Ok(seconds) = seconds.parse()
        {
            self.compare(Duration::from_secs(seconds));
        }
        if is_named && answers.next().is_some_and(is_replica) {
            let failure = Failure::Server("READONLY".to_owned());
            return Err(Fault::new(failure, Cause::of_text("it is a replica")));
        }
        refused(answers.next()).map_or(Ok(()), |fault| Err(fault.or_options()))
    }

    /// Reports a large difference between the server's clock and this machine's: the system's, not `Date.now()`, which tests
    /// replace.
    fn compare(&self, time: Duration) {
        let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else {
            return;
        };
        let skew_s = time.as_secs_f64() - now.as_secs_f64();
        if skew_s.abs() > SKEW_SECONDS && !self.has_told_skew.replace(true) {
            (self.on_skew)(skew_s);
        }
    }
}

/// Returns the result of the first attempt that succeeds; if none does, the most specific fault.
pub async fn first<T>(
    all: impl IntoIterator<Item = impl Future<Output = Result<T, Rc<Fault>>>>,
) -> Result<T, Rc<Fault>> {
    let mut all: FuturesUnordered<_> = all.into_iter().collect();
    let mut worst: Option<Rc<Fault>> = None;
    while let Some(outcome) = all.next().await {
        match outcome {
            Ok(done) => return Ok(done),
            Err(fault) => {
                worst = Some(match worst {
                    Some(worst) => worst.more_specific(fault),
                    None => fault,
                });
            }
        }
    }
    Err(worst.unwrap_or_else(|| Rc::new(Fault::unknown())))
}

/// Reads the master's address from a sentinel's reply.
fn read_named(mut answers: Vec<Value>) -> Result<Rc<Server>, Fault> {
    let options = |error: &str| Fault::new(Failure::Options, Cause::of_text(error));
    let answer = answers.pop().unwrap_or(Value::Nil);
    if answer == Value::Nil {
        return Err(options("the sentinel knows no master by that name"));
    }
    if let Some(fault) = Fault::of_answer(&answer) {
        return Err(fault.or_options());
    }
    let named = texts(answer);
    let named = named.and_then(|[host, port]| Some(Server::at(&host, port.parse().ok()?)));
    named.ok_or_else(|| options("it is not a sentinel"))
}

fn is_replica(answer: Value) -> bool {
    let Value::Array(parts) = answer else {
        return false;
    };
    parts.into_iter().next().and_then(text).as_deref() == Some("slave")
}

fn texts<const N: usize>(answer: Value) -> Option<[String; N]> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let texts: Option<Vec<String>> = parts.into_iter().map(text).collect();
    texts?.try_into().ok()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}
