//! One server: its connection, made when it is needed and again when it broke.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use koa_session_rs::store::redis::command::{Command, Failure, Reply};
use redis::aio::MultiplexedConnection;
use redis::sentinel::SentinelClient;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, PushInfo, PushKind, RedisError, Value,
};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Where a server is.
pub enum Place {
    At(Box<Client>),
    /// Where the sentinels say.
    AskedOf(Box<SentinelClient>),
}

pub struct Node {
    state: Mutex<State>,
    connect_timeout: Duration,
    /// The number of the connection that is not to be used any more.
    abandoned: Cell<u64>,
}

struct State {
    place: Place,
    connection: Option<Connection>,
    /// How many there were.
    number: u64,
    pause: Duration,
    not_before: Option<Instant>,
}

/// A connection that answers.
#[derive(Clone)]
pub struct Connection {
    inner: MultiplexedConnection,
    is_broken: Arc<AtomicBool>,
    number: u64,
}

/// Why there is no connection.
pub enum Obstacle {
    /// It may be there later.
    Unreachable,
    /// Somebody has to do something about it.
    Final(Failure),
}

impl Node {
    pub fn new(place: Place, connect_timeout: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                place,
                connection: None,
                number: 0,
                pause: FIRST_PAUSE,
                not_before: None,
            }),
            connect_timeout,
            abandoned: Cell::new(0),
        }
    }

    /// Gives the connection. Where there is none, one is made, not too soon after the last attempt.
    pub async fn connection(&self) -> Result<Connection, Obstacle> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.connection
            && !connection.is_broken.load(Ordering::Acquire)
            && connection.number > self.abandoned.get()
        {
            return Ok(connection.clone());
        }
        state.connection = None;
        if let Some(not_before) = state.not_before {
            sleep_until(not_before).await;
        }
        state.not_before = Some(Instant::now() + state.pause);
        state.pause = (state.pause * 2).min(LONGEST_PAUSE);
        state.number += 1;
        let connection = self
            .connect(&mut state)
            .await
            .map_err(|error| obstacle(&error))?;
        state.pause = FIRST_PAUSE;
        state.connection = Some(connection.clone());
        Ok(connection)
    }

    async fn connect(&self, state: &mut State) -> Result<Connection, RedisError> {
        let is_broken = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_broken);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(None)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    flag.store(true, Ordering::Release);
                }
                Ok::<(), ()>(())
            });
        let client = match &mut state.place {
            Place::At(client) => Client::clone(client),
            Place::AskedOf(sentinels) => {
                let asked =
                    tokio::time::timeout(self.connect_timeout, sentinels.async_get_client());
                asked
                    .await
                    .map_err(|_| RedisError::from((ErrorKind::Io, "no sentinel answers")))??
            }
        };
        let inner = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(Connection {
            inner,
            is_broken,
            number: state.number,
        })
    }

    /// Has the next command make a new connection: this one does not answer, or not as a master does. What waits for answers
    /// on it may go on waiting.
    pub fn abandon(&self, connection: &Connection) {
        self.abandoned
            .set(self.abandoned.get().max(connection.number));
    }
}

impl Connection {
    /// Sends commands as one pipeline. Where that fails, nobody knows which of them were carried out.
    pub async fn send(&mut self, commands: &Pipeline) -> Option<Vec<Reply>> {
        let values = self
            .inner
            .send_packed_commands(commands, 0, commands.len())
            .await
            .ok()?;
        (values.len() == commands.len()).then(|| values.into_iter().map(to_reply).collect())
    }
}

/// Makes what the library sends.
pub fn to_cmd(command: &Command) -> Cmd {
    let length = command.args().map(<[u8]>::len).sum();
    let mut cmd = Cmd::with_capacity(command.len(), length);
    for arg in command.args() {
        cmd.arg(arg);
    }
    cmd
}

fn to_reply(value: Value) -> Reply {
    match value {
        Value::Int(number) => Reply::Int(number),
        Value::BulkString(bytes) => Reply::Text(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => {
            Reply::Text(text.into_bytes())
        }
        Value::Okay => Reply::Text(b"OK".to_vec()),
        Value::Array(values) | Value::Set(values) => {
            Reply::List(values.into_iter().map(to_reply).collect())
        }
        Value::Map(pairs) => Reply::List(
            pairs
                .into_iter()
                .flat_map(|(key, value)| [to_reply(key), to_reply(value)])
                .collect(),
        ),
        Value::Boolean(is) => Reply::Int(i64::from(is)),
        Value::Attribute { data, .. } => to_reply(*data),
        Value::ServerError(error) => Reply::Error(match (error.code(), error.details()) {
            // A redirection is of use with its address alone.
            (code @ ("MOVED" | "ASK"), Some(details)) => [code, " ", details].concat(),
            (code, _) => code.to_owned(),
        }),
        _ => Reply::Nil,
    }
}

/// How the library holds an error of the system's.
type Shared = Arc<dyn std::error::Error + Send + Sync>;

/// Tells what somebody has to do something about from what may pass.
fn obstacle(error: &RedisError) -> Obstacle {
    if error.kind() == ErrorKind::AuthenticationFailed
        || matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM"))
    {
        return Obstacle::Final(Failure::Denied);
    }
    if matches!(
        error.kind(),
        ErrorKind::InvalidClientConfig | ErrorKind::RESP3NotSupported
    ) {
        return Obstacle::Final(Failure::Server("HELLO".to_owned()));
    }
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Shared>());
    let cause = cause.and_then(|cause| cause.downcast_ref::<std::io::Error>());
    if cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::InvalidData) {
        return Obstacle::Final(Failure::Tls);
    }
    Obstacle::Unreachable
}
