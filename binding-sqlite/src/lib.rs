//! The Node-API surface of the `SQLite` store: reads are answered at once, writes go to a thread of the store's own.
//!
//! Texts are arguments, and so is the memory of an array with the numbers of a call, whose places `lib/stores/call-numbers.js`
//! names. A write has a *slot*, by which its answer is told from the others'.
#![allow(
    missing_docs,
    reason = "JavaScript's side is documented where it is called, in lib/"
)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::must_use_candidate,
    clippy::missing_errors_doc,
    reason = "the shape of a #[napi] function is given"
)]

mod answer;
mod numbers;
mod queue;
mod task;
mod writer;

use std::time::Duration;

use koa_session_rs::record::MaxAge;
use koa_session_rs::store::sqlite::{
    Database, Loaded, Reader, Reason, Settings, SqliteError, Synchronous,
};
use koa_session_rs::store::{IdHash, Listed};
use koa_session_rs_crossing::Text;
use napi::Env;
use napi::bindgen_prelude::{Either, Function};
use napi_derive::napi;

use answer::Failure;
use numbers::{CallMemory, LoadedMemory, Numbers, to_number, whole};
use queue::{Answers, Queue};
use task::{NewTexts, Task, Texts};

/// What a read gives: a text, or why there is none.
type Read = Either<Text, Failure>;

/// A store: the connection that reads, and the way to the thread that writes.
#[napi]
pub struct Sqlite {
    database: Database,
    /// Nothing until another process has let it be opened, and once the file was replaced.
    reader: Option<Reader>,
    queue: Queue,
}

/// Opens a store. Its writes' answers are told by `complete(slots, answers)`.
#[napi(catch_unwind)]
pub fn open(
    file: Text,
    is_full: bool,
    patience_ms: f64,
    max_bytes: Option<f64>,
    complete: Function<Answers, ()>,
) -> napi::Result<Either<Sqlite, Failure>> {
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
        // The thread waits for it, and JavaScript does not.
        Err(error) if error.is_busy() => None,
        Err(error) => return Ok(Either::B(error.into())),
    };
    let queue = Queue::new(database.clone(), complete)?;
    Ok(Either::A(Sqlite {
        database,
        reader,
        queue,
    }))
}

#[napi]
impl Sqlite {
    /// Loads a session: gives its JSON and leaves its numbers, or gives nothing where there is none.
    #[napi(catch_unwind)]
    pub fn load(&mut self, id: Text, now_ms: f64, numbers: LoadedMemory) -> Option<Read> {
        let id = IdHash::of(&id);
        match self.read(|reader| reader.load(id, whole(now_ms))) {
            Ok(None) => None,
            Ok(Some(loaded)) => {
                leave(&numbers, &loaded);
                Some(Either::A(loaded.data.into()))
            }
            Err(error) => Some(Either::B(error.into())),
        }
    }

    /// Lists a subject's sessions, as JSON.
    #[napi(catch_unwind)]
    pub fn list(&mut self, subject: Text, now_ms: f64) -> Read {
        match self.read(|reader| reader.list(&subject, whole(now_ms))) {
            Ok(list) => Either::A(Listed::write_list(&list).into()),
            Err(error) => Either::B(error.into()),
        }
    }

    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments, reason = "texts cross as they are")]
    pub fn create(
        &self,
        env: Env,
        slot: u32,
        numbers: CallMemory,
        id: Text,
        data: Text,
        subject: Option<Text>,
        label: Option<Text>,
    ) -> napi::Result<()> {
        let texts = NewTexts {
            data,
            subject,
            label,
        };
        let numbers = Numbers::read(&numbers);
        let id = IdHash::of(&id);
        self.queue
            .send(env, slot, Task::Create { id, texts, numbers })
    }

    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments, reason = "texts cross as they are")]
    pub fn merge(
        &self,
        env: Env,
        slot: u32,
        numbers: CallMemory,
        id: Text,
        set: Text,
        delete: Text,
        subject: Option<Text>,
        label: Option<Text>,
    ) -> napi::Result<()> {
        let texts = Texts {
            set,
            delete,
            subject,
            label,
        };
        let numbers = Numbers::read(&numbers);
        let id = IdHash::of(&id);
        self.queue
            .send(env, slot, Task::Merge { id, texts, numbers })
    }

    #[napi(catch_unwind)]
    pub fn touch(&self, env: Env, slot: u32, numbers: CallMemory, id: Text) -> napi::Result<()> {
        let numbers = Numbers::read(&numbers);
        let id = IdHash::of(&id);
        self.queue.send(env, slot, Task::Touch { id, numbers })
    }

    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments, reason = "texts cross as they are")]
    pub fn regenerate(
        &self,
        env: Env,
        slot: u32,
        numbers: CallMemory,
        old: Text,
        new: Text,
        set: Text,
        delete: Text,
        subject: Option<Text>,
        label: Option<Text>,
    ) -> napi::Result<()> {
        let task = Task::Regenerate {
            old: IdHash::of(&old),
            new: IdHash::of(&new),
            texts: Texts {
                set,
                delete,
                subject,
                label,
            },
            numbers: Numbers::read(&numbers),
        };
        self.queue.send(env, slot, task)
    }

    #[napi(catch_unwind)]
    pub fn destroy(&self, env: Env, slot: u32, id: Text, now_ms: f64) -> napi::Result<()> {
        let task = Task::Destroy {
            id: IdHash::of(&id),
            now_ms: whole(now_ms),
        };
        self.queue.send(env, slot, task)
    }

    /// Destroys a subject's sessions: all, or all but one, or only one, by their hashes.
    #[napi(catch_unwind)]
    pub fn destroy_all(
        &self,
        env: Env,
        slot: u32,
        subject: Text,
        except: Option<Text>,
        only: Option<Text>,
        now_ms: f64,
    ) -> napi::Result<()> {
        let task = Task::DestroyAll {
            subject,
            which: task::which(except.as_deref(), only.as_deref()),
            now_ms: whole(now_ms),
        };
        self.queue.send(env, slot, task)
    }

    #[napi(catch_unwind)]
    pub fn clear(&self, env: Env, slot: u32) -> napi::Result<()> {
        self.queue.send(env, slot, Task::Clear)
    }

    /// Answers when a read that another process was in the way of may be tried again, and waits no longer than that.
    #[napi(catch_unwind)]
    pub fn turn(&self, env: Env, slot: u32, patience_ms: f64) -> napi::Result<()> {
        let patience = Duration::from_millis(whole(patience_ms));
        self.queue.send_with(env, slot, Task::Turn, patience)
    }

    /// Ends the store: answers when all that was sent before is done, and the file closed.
    #[napi(catch_unwind)]
    pub fn close(&mut self, env: Env, slot: u32) -> napi::Result<()> {
        // First, so that the last connection, which tidies the file up, is the thread's.
        self.reader = None;
        self.queue.send(env, slot, Task::Close)
    }

    fn read<T>(
        &mut self,
        read: impl FnOnce(&Reader) -> Result<T, SqliteError>,
    ) -> Result<T, SqliteError> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => Reader::open(&self.database)?,
        };
        let result = read(&reader);
        // What is left of a file that was replaced is of no use, and takes room.
        if !matches!(&result, Err(error) if error.reason == Reason::Replaced) {
            self.reader = Some(reader);
        }
        result
    }
}

/// Gives the version that this addon was built from.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Leaves the numbers of what was loaded.
fn leave(numbers: &LoadedMemory, loaded: &Loaded) {
    let max_age = match loaded.max_age {
        MaxAge::Timed(max_age_ms) => to_number(max_age_ms),
        MaxAge::Browser => -1.0,
    };
    let values = [
        to_number(loaded.rev),
        to_number(loaded.expire_ms),
        max_age,
        f64::from(u8::from(loaded.has_subject)),
    ];
    for (place, value) in values.into_iter().enumerate() {
        numbers.set(place, value);
    }
}
