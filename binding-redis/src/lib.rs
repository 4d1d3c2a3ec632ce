//! The Node-API surface of the Redis store: operations and their results are passed in batches.
#![allow(
    missing_docs,
    reason = "JavaScript's side is documented where it is called, in lib/"
)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::must_use_candidate,
    clippy::missing_errors_doc,
    reason = "Node-API prescribes the signatures of these functions"
)]

mod batch;
mod client_driver;
mod connect;
mod connection;
mod dial;
mod fault;
mod node;
mod nodes;
mod options;
mod pending_command;
mod replication;
mod router;
mod tls;
mod transport;

use koa_session_rs::record::Bounds;
use koa_session_rs::store::redis::Format;
use koa_session_rs_binding_common::{Results, Text, deliver_by};
use napi::Status;
use napi::bindgen_prelude::Function;
use napi_derive::napi;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::batch::Memory;
use crate::client_driver::ClientDriver;
use crate::options::ConnectionOptions;
use crate::transport::Batch;

/// The names of keys, and the limits of sessions.
#[napi(object, object_to_js = false)]
pub struct KeyOptions {
    pub prefix: Text,
    pub from_koa_redis: bool,
    pub max_session_keys: u32,
    pub max_session_bytes: u32,
    pub wait_replicas: u32,
}

impl From<KeyOptions> for Format {
    fn from(
        KeyOptions {
            prefix,
            from_koa_redis,
            max_session_keys,
            max_session_bytes,
            wait_replicas,
        }: KeyOptions,
    ) -> Self {
        Self {
            prefix: prefix.0,
            from_koa_redis,
            bounds: Bounds {
                keys: max_session_keys as usize,
                bytes: max_session_bytes as usize,
            },
            replicas: wait_replicas,
            ..Self::default()
        }
    }
}

/// The store's own connections, on a thread of their own.
#[napi]
pub struct RedisTransport {
    batches: Option<UnboundedSender<Batch>>,
}

#[napi]
impl RedisTransport {
    /// `deliver` is called with answers.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        options: ConnectionOptions,
        keys: KeyOptions,
        deliver: Function<Results, ()>,
    ) -> napi::Result<Self> {
        let deliver = deliver_by(&deliver)?;
        let (batches, received) = unbounded_channel();
        transport::spawn(options, keys.into(), received, deliver)
            .map_err(|error| napi::Error::new(Status::GenericFailure, error.to_string()))?;
        Ok(Self {
            batches: Some(batches),
        })
    }

    /// Starts the operations of a batch: `count` numbers, and their texts.
    #[napi(catch_unwind)]
    pub fn submit(&self, numbers: Memory, count: u32, text: Text) -> napi::Result<()> {
        let numbers = read_numbers(&numbers, count)?;
        if let Some(batches) = &self.batches {
            // Dropped last, since the thread ends only then.
            let _ = batches.send(Batch { numbers, text });
        }
        Ok(())
    }

    /// Closes all connections.
    #[napi(catch_unwind)]
    pub fn close(&mut self) {
        self.batches = None;
    }
}

/// The same operations, by the user's client.
#[napi]
pub struct RedisClientDriver {
    driver: ClientDriver,
}

#[napi]
impl RedisClientDriver {
    #[napi(constructor, catch_unwind)]
    pub fn new(keys: KeyOptions) -> Self {
        Self {
            driver: ClientDriver::new(keys.into()),
        }
    }

    /// Starts an operation: its numbers and its text, as in a batch.
    #[napi(catch_unwind)]
    pub fn begin(&mut self, numbers: Memory, count: u32, text: Text) -> napi::Result<Vec<String>> {
        let numbers = read_numbers(&numbers, count)?;
        Ok(self.driver.begin(&numbers, &text))
    }

    /// Continues with the replies to the commands of the last step.
    #[napi(catch_unwind)]
    pub fn next(&mut self, operation: u32, replies: Text) -> Vec<String> {
        self.driver.next(operation, &replies)
    }
}

fn read_numbers(numbers: &Memory, count: u32) -> napi::Result<Vec<f64>> {
    let too_few = || napi::Error::new(Status::InvalidArg, "there are fewer numbers");
    numbers.first(count as usize).ok_or_else(too_few)
}

/// Returns the version that this addon was built from.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
