//! The Node-API surface of the `SQLite` store: reads are synchronous, writes run on a thread of the store.
//!
//! Arguments are strings, and the memory of an array with the numbers of the call. A write has a *call id*, which its answer
//! repeats.
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

mod failure;
mod queue;
mod task;
mod writer;

use std::time::Duration;

use koa_session_rs::store::sqlite::{Database, Reader, Reason, Settings, SqliteError, Synchronous};
use koa_session_rs::store::{IdHash, Which};
use koa_session_rs_binding_common::{
    Answer, CALL_NUMBERS, Call, Functions, Numbers, Results, Text, deliver_by, whole,
};
use napi::Env;
use napi::bindgen_prelude::{Either, Function, Object};
use napi_derive::napi;

use failure::Failure;
use queue::Queue;
use task::Task;

/// The memory of a call's numbers, and of a read's answer.
type Memory<'call> = Numbers<'call, CALL_NUMBERS>;

/// A store: the connection that reads, and the queue of the thread that writes.
struct Sqlite {
    database: Database,
    /// `None` while another process prevents opening it, and after the file was replaced.
    reader: Option<Reader>,
    queue: Queue,
}

/// Opens a store. Returns an object of functions, or why it failed. `deliver` is called with the answers to writes.
#[napi(catch_unwind)]
pub fn open<'env>(
    env: &'env Env,
    file: Text,
    is_full: bool,
    patience_ms: f64,
    max_bytes: Option<f64>,
    deliver: Function<Results, ()>,
) -> napi::Result<Either<Object<'env>, String>> {
    let database = Database::new(Settings {
        file: file.0.into(),
        synchronous: if is_full {
            Synchronous::Full
        } else {
            Synchronous::Normal
        },
        patience: Duration::from_millis(whole(patience_ms)),
        max_bytes: max_bytes.map(whole),
    });
    let reader = match Reader::open(&database) {
        Ok(reader) => Some(reader),
        // Only the thread waits for the lock, so that JavaScript is not blocked.
        Err(error) if error.is_busy() => None,
        Err(error) => return Ok(Either::B(Failure::from(error).to_string())),
    };
    let queue = Queue::new(database.clone(), deliver_by(&deliver)?)?;
    let store = Sqlite {
        database,
        reader,
        queue,
    };
    store.into_object(env).map(Either::A)
}

type Create<'call> = (f64, Memory<'call>, Text, Text, Option<Text>, Option<Text>);
type Merge<'call> = (
    f64,
    Memory<'call>,
    Text,
    Text,
    Text,
    Option<Text>,
    Option<Text>,
);
type Regenerate<'call> = (
    f64,
    Memory<'call>,
    Text,
    Text,
    Text,
    Text,
    Option<Text>,
    Option<Text>,
);

impl Sqlite {
    fn into_object(self, env: &Env) -> napi::Result<Object<'_>> {
        let mut functions = Functions::on(Object::new(env)?, *env, self);
        functions.add("load", Self::load)?;
        functions.add("list", Self::list)?;
        functions.add_fallible("create", Self::create)?;
        functions.add_fallible("merge", Self::merge)?;
        functions.add_fallible("touch", Self::touch)?;
        functions.add_fallible("regenerate", Self::regenerate)?;
        functions.add_fallible("destroy", Self::destroy)?;
        functions.add_fallible("destroyAll", Self::destroy_all)?;
        functions.add_fallible("clear", Self::clear)?;
        functions.add_fallible("turn", Self::turn)?;
        functions.add_fallible("close", Self::close)?;
        Ok(functions.into_object())
    }

    /// Loads a session.
    fn load(&mut self, (id, now_ms, memory): (Text, f64, Memory<'_>)) -> Option<String> {
        let id = IdHash::of(&id);
        let loaded = self.read(|reader| Ok(Answer::loaded(reader.load(id, whole(now_ms))?)));
        loaded.write_to(&memory)
    }

    /// Lists a subject's sessions.
    fn list(&mut self, (subject, now_ms, memory): (Text, f64, Memory<'_>)) -> Option<String> {
        let now_ms = whole(now_ms);
        let listed = self.read(|reader| Ok(Answer::listed(&reader.list(&subject, now_ms)?)));
        listed.write_to(&memory)
    }

    fn create(
        &mut self,
        (call_id, memory, id, data, subject, label): Create<'_>,
    ) -> napi::Result<()> {
        let call = Call::from(memory.read());
        let new = call.record(data, subject, label);
        let task = Task::Create(IdHash::of(&id), new, call.clock);
        self.queue.send(call_id, task)
    }

    fn merge(
        &mut self,
        (call_id, memory, id, set, delete, subject, label): Merge<'_>,
    ) -> napi::Result<()> {
        let call = Call::from(memory.read());
        let changes = call.changes([set, delete], subject, label);
        let task = Task::Merge(IdHash::of(&id), changes, call.clock);
        self.queue.send(call_id, task)
    }

    fn touch(&mut self, (call_id, memory, id): (f64, Memory<'_>, Text)) -> napi::Result<()> {
        let task = Task::Touch(IdHash::of(&id), Call::from(memory.read()).clock);
        self.queue.send(call_id, task)
    }

    fn regenerate(
        &mut self,
        (call_id, memory, old, new, set, delete, subject, label): Regenerate<'_>,
    ) -> napi::Result<()> {
        let call = Call::from(memory.read());
        let changes = call.changes([set, delete], subject, label);
        let (old, new) = (IdHash::of(&old), IdHash::of(&new));
        let task = Task::Regenerate(old, new, changes, call.clock);
        self.queue.send(call_id, task)
    }

    fn destroy(&mut self, (call_id, id, now_ms): (f64, Text, f64)) -> napi::Result<()> {
        let task = Task::Destroy(IdHash::of(&id), whole(now_ms));
        self.queue.send(call_id, task)
    }

    /// Destroys a subject's sessions: all, or all but one, or only one, by their hashes.
    fn destroy_all(
        &mut self,
        (call_id, subject, except, only, now_ms): (f64, Text, Option<Text>, Option<Text>, f64),
    ) -> napi::Result<()> {
        let which = Which::of(except.as_deref(), only.as_deref());
        let task = Task::DestroyAll(subject, which, whole(now_ms));
        self.queue.send(call_id, task)
    }

    fn clear(&mut self, (call_id,): (f64,)) -> napi::Result<()> {
        self.queue.send(call_id, Task::Clear)
    }

    /// Answers when a read that another process had blocked may be tried again, at the latest after `patience_ms`.
    fn turn(&mut self, (call_id, patience_ms): (f64, f64)) -> napi::Result<()> {
        let patience = Duration::from_millis(whole(patience_ms));
        self.queue.send_with(call_id, Task::Turn, patience)
    }

    /// Closes the store: answers when all earlier tasks are done, and the file is closed.
    fn close(&mut self, (call_id,): (f64,)) -> napi::Result<()> {
        // Closed first, so that the thread has the last connection, whose closing runs the final checkpoint.
        self.reader = None;
        self.queue.send(call_id, Task::Close)
    }

    fn read(&mut self, read: impl FnOnce(&Reader) -> Result<Answer, SqliteError>) -> Answer {
        let reader = match self.reader.take() {
            Some(reader) => Ok(reader),
            None => Reader::open(&self.database),
        };
        let answer = reader.and_then(|reader| {
            let answer = read(&reader);
            // A connection to a replaced file is useless, and keeps the deleted file on the disk.
            if !matches!(&answer, Err(error) if error.reason == Reason::Replaced) {
                self.reader = Some(reader);
            }
            answer
        });
        answer.unwrap_or_else(|error| Answer::failed(Failure::from(error).to_string()))
    }
}

/// Returns the version that this addon was built from.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
