//! The memory store. All its calls are synchronous: the numbers of an answer overwrite those of the call.

use koa_session_rs::store::memory::{Capacity, MemoryStore};
use koa_session_rs::store::{IdHash, Listed, Store, StoreError, Which};
use koa_session_rs_binding_common::{
    Answer, CALL_NUMBERS, Call, Functions, Numbers, Text, to_js, to_number, whole,
};
use napi::Env;
use napi::bindgen_prelude::Object;
use napi::sys::napi_value;
use napi_derive::napi;

type Result<T> = napi::Result<T, &'static str>;

/// The memory of a call's numbers, and of its answer's.
type Memory<'call> = Numbers<'call, CALL_NUMBERS>;

/// A store in memory.
struct InMemory(MemoryStore);

/// Makes a store in memory: an object of functions.
#[napi(catch_unwind)]
pub fn memory_store(env: &Env, max_entries: f64, max_bytes: f64) -> napi::Result<Object<'_>> {
    let capacity = Capacity {
        max_entries: usize::try_from(whole(max_entries)).unwrap_or(usize::MAX),
        max_bytes: usize::try_from(whole(max_bytes)).unwrap_or(usize::MAX),
    };
    let store = InMemory(MemoryStore::new(capacity));
    let mut functions = Functions::on(Object::new(env)?, *env, store);
    functions.add_with("load", |call, store| {
        store.load(*call.env, call.get(0)?, &call.get::<Text>(1)?)
    })?;
    functions.add_fallible("create", InMemory::create)?;
    functions.add_fallible("merge", InMemory::merge)?;
    functions.add_fallible("touch", InMemory::touch)?;
    functions.add_fallible("regenerate", InMemory::regenerate)?;
    functions.add_fallible("destroy", InMemory::destroy)?;
    functions.add_fallible("list", InMemory::list)?;
    functions.add_fallible("destroyAll", InMemory::destroy_all)?;
    functions.add_with("clear", |_, store| {
        let cleared = store.0.clear();
        cleared.map_err(|error| napi::Error::from_reason(error.to_string()))
    })?;
    functions.add_bare("size", |store| store.size())?;
    Ok(functions.into_object())
}

type Create<'call> = (Memory<'call>, Text, Text, Option<Text>, Option<Text>);
type Merge<'call> = (Memory<'call>, Text, Text, Text, Option<Text>, Option<Text>);
type Regenerate<'call> = (
    Memory<'call>,
    Text,
    Text,
    Text,
    Text,
    Option<Text>,
    Option<Text>,
);

impl InMemory {
    /// Returns a session's JSON. The only copy is the JavaScript string.
    fn load(&mut self, env: Env, memory: Memory<'_>, id: &str) -> napi::Result<Option<napi_value>> {
        let loaded = self.0.find(IdHash::of(id), |loaded| {
            let json = Answer::loaded(Some(loaded)).write_to(&memory);
            json.map(|json| to_js(&env, json)).transpose()
        });
        loaded.unwrap_or_else(|| Ok(Answer::loaded(None).write_to(&memory)))
    }

    fn create(&mut self, (memory, id, data, subject, label): Create<'_>) -> Result<Option<Text>> {
        let call = Call::from(memory.read());
        let new = call.record(data, subject, label);
        let written = self.0.create(IdHash::of(&id), &new.borrow(), call.clock);
        Ok(Answer::written(written.map_err(to_error)?).write_to(&memory))
    }

    fn merge(
        &mut self,
        (memory, id, set, delete, subject, label): Merge<'_>,
    ) -> Result<Option<Text>> {
        let call = Call::from(memory.read());
        let changes = call.changes([set, delete], subject, label);
        let written = self.0.merge(IdHash::of(&id), &changes.borrow(), call.clock);
        Ok(Answer::written(written.map_err(to_error)?).write_to(&memory))
    }

    fn touch(&mut self, (memory, id): (Memory<'_>, Text)) -> Result<Option<Text>> {
        let call = Call::from(memory.read());
        let touched = self.0.touch(IdHash::of(&id), call.clock);
        Ok(Answer::touched(touched.map_err(to_error)?).write_to(&memory))
    }

    fn regenerate(
        &mut self,
        (memory, old, new, set, delete, subject, label): Regenerate<'_>,
    ) -> Result<Option<Text>> {
        let call = Call::from(memory.read());
        let changes = call.changes([set, delete], subject, label);
        let (old, new) = (IdHash::of(&old), IdHash::of(&new));
        let written = self.0.regenerate(old, new, &changes.borrow(), call.clock);
        Ok(Answer::written(written.map_err(to_error)?).write_to(&memory))
    }

    fn destroy(&mut self, (id, now_ms): (Text, f64)) -> Result<bool> {
        let destroyed = self.0.destroy(IdHash::of(&id), whole(now_ms));
        destroyed.map_err(to_error)
    }

    /// Lists a subject's sessions, as JSON.
    fn list(&mut self, (subject, now_ms): (Text, f64)) -> Result<Text> {
        let listed = self.0.list(&subject, whole(now_ms)).map_err(to_error)?;
        Ok(Listed::write_list(&listed).into())
    }

    /// Destroys a subject's sessions: all, or all but one, or only one, by their hashes.
    fn destroy_all(
        &mut self,
        (subject, except, only, now_ms): (Text, Option<Text>, Option<Text>, f64),
    ) -> Result<f64> {
        let Some(which) = Which::of(except.as_deref(), only.as_deref()) else {
            return Ok(0.0);
        };
        let destroyed = self.0.destroy_all(&subject, which, whole(now_ms));
        destroyed.map(to_number).map_err(to_error)
    }

    /// Returns the number of sessions, including expired ones, and the estimate of their bytes.
    fn size(&self) -> Vec<f64> {
        let (entries, bytes) = self.0.size();
        vec![to_number(entries as u64), to_number(bytes as u64)]
    }
}

/// The store only fails for a session that is too large for it. JavaScript adds the reason.
fn to_error(error: StoreError) -> napi::Error<&'static str> {
    let code = match error {
        StoreError::Input(_) => "ERR_SESSION_RECORD",
        StoreError::Failed(_) => "ERR_SESSION_STORE",
    };
    napi::Error::new(code, error.to_string())
}
