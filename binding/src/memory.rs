//! The store in memory. All its calls answer at once.
//!
//! Texts are arguments, and so is the memory of an array: JavaScript leaves the numbers of the call there, and the store those
//! of the answer. `lib/stores/call-numbers.js` and `memory-store.js` name their places.

use koa_session_rs::record::{Changes, Limit, MaxAge, NewRecord, Overflow, Subject};
use koa_session_rs::store::memory::{Bounds, Found, MemoryStore};
use koa_session_rs::store::{Clock, IdHash, Listed, Store, StoreError, Which, Written};
use koa_session_rs_crossing::{Numbers, Text, to_js};
use napi::Env;
use napi::bindgen_prelude::Object;
use napi::sys::napi_value;
use napi_derive::napi;

use crate::functions::Functions;

type Result<T> = napi::Result<T, &'static str>;

/// The places of the numbers; `lib/stores/memory/memory-store.js` has the same.
#[derive(Clone, Copy)]
enum Place {
    Now,
    Ttl,
    /// In and out. Below zero: as long as the browser. Not a number: as before.
    MaxAge,
    Base,
    /// 0: there is no limit.
    LimitMax,
    /// 1: the new session is refused; else the oldest leave.
    LimitRefuses,
    /// 0: as before. 1: nobody's. 2: the subject's that is an argument.
    SubjectChange,
    /// 0: done. 1: missing. 2: taken. 3: refused.
    Outcome,
    Rev,
    Expire,
    HasSubject,
}

/// So many places there are.
const COUNT: usize = 11;

type Places<'call> = Numbers<'call, COUNT>;

/// A store in memory.
struct Memory(MemoryStore);

/// Makes a store in memory: an object of functions.
#[napi(catch_unwind)]
pub fn memory_store(env: &Env, max_entries: f64, max_bytes: f64) -> napi::Result<Object<'_>> {
    let bounds = Bounds {
        max_entries: usize::try_from(whole(max_entries)).unwrap_or(usize::MAX),
        max_bytes: usize::try_from(whole(max_bytes)).unwrap_or(usize::MAX),
    };
    let memory = Memory(MemoryStore::new(bounds));
    let mut functions = Functions::on(Object::new(env)?, *env, memory);
    functions.add_with("load", |call, memory| {
        memory.load(*call.env, call.get(0)?, &call.get::<Text>(1)?)
    })?;
    functions.add_fallible("create", Memory::create)?;
    functions.add_fallible("merge", Memory::merge)?;
    functions.add_fallible("touch", Memory::touch)?;
    functions.add_fallible("regenerate", Memory::regenerate)?;
    functions.add_fallible("destroy", Memory::destroy)?;
    functions.add_fallible("list", Memory::list)?;
    functions.add_fallible("destroyAll", Memory::destroy_all)?;
    functions.add_with("clear", |_, memory| {
        let cleared = memory.0.clear();
        cleared.map_err(|error| napi::Error::from_reason(error.to_string()))
    })?;
    functions.add_bare("size", |memory| memory.size())?;
    Ok(functions.into_object())
}

type Merge<'call> = (Places<'call>, Text, Text, Text, Option<Text>, Option<Text>);

type Regenerate<'call> = (
    Places<'call>,
    Text,
    Text,
    Text,
    Text,
    Option<Text>,
    Option<Text>,
);

impl Memory {
    /// Gives a session's JSON; nothing where there is none.
    fn load(&mut self, env: Env, places: Places<'_>, id: &str) -> napi::Result<Option<napi_value>> {
        let call = Call(places);
        let found = self.0.find(IdHash::of(id), |found| {
            call.set_found(found);
            to_js(&env, found.data)
        });
        found.transpose()
    }

    fn create(
        &mut self,
        (places, id, data, subject, label): (Places<'_>, Text, Text, Option<Text>, Option<Text>),
    ) -> Result<()> {
        let call = Call(places);
        let new = NewRecord {
            data: &data,
            max_age: call.max_age().unwrap_or(MaxAge::Browser),
            subject: subject.as_deref(),
            label: label.as_deref(),
            limit: call.limit(),
        };
        let written = self.0.create(IdHash::of(&id), &new, call.clock());
        call.set_written(written).map(|_| ())
    }

    /// Gives the keys in conflict, as a JSON array; nothing where there are none.
    fn merge(
        &mut self,
        (places, id, set, delete, subject, label): Merge<'_>,
    ) -> Result<Option<Text>> {
        let call = Call(places);
        let changes = call.changes((&set, &delete), subject.as_deref(), label.as_deref());
        let written = self.0.merge(IdHash::of(&id), &changes, call.clock());
        call.set_written(written)
    }

    /// Tells whether there was one, and leaves its maxAge.
    fn touch(&mut self, (places, id): (Places<'_>, Text)) -> Result<bool> {
        let call = Call(places);
        let touched = self.0.touch(IdHash::of(&id), call.clock());
        let max_age = touched.map_err(to_error)?;
        if let Some(max_age) = max_age {
            call.set_max_age(max_age);
        }
        Ok(max_age.is_some())
    }

    /// Gives the keys in conflict, as a JSON array; nothing where there are none.
    fn regenerate(
        &mut self,
        (places, old, new, set, delete, subject, label): Regenerate<'_>,
    ) -> Result<Option<Text>> {
        let call = Call(places);
        let changes = call.changes((&set, &delete), subject.as_deref(), label.as_deref());
        let (old, new) = (IdHash::of(&old), IdHash::of(&new));
        let written = self.0.regenerate(old, new, &changes, call.clock());
        call.set_written(written)
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

    /// Destroys a subject's sessions: all, or all but one, or only one, by their hashes. One that is no hash is nobody's.
    fn destroy_all(
        &mut self,
        (subject, except, only, now_ms): (Text, Option<Text>, Option<Text>, f64),
    ) -> Result<f64> {
        let which = match (&except, &only) {
            (_, Some(only)) => IdHash::from_base64(only).map(Which::Only),
            (Some(except), None) => {
                Some(IdHash::from_base64(except).map_or(Which::All, Which::Except))
            }
            (None, None) => Some(Which::All),
        };
        let Some(which) = which else {
            return Ok(0.0);
        };
        let destroyed = self.0.destroy_all(&subject, which, whole(now_ms));
        destroyed.map(to_number).map_err(to_error)
    }

    /// Gives how many sessions there are, expired ones too, and how many bytes they are taken to need.
    fn size(&self) -> Vec<f64> {
        let (entries, bytes) = self.0.size();
        vec![to_number(entries as u64), to_number(bytes as u64)]
    }
}

/// What the numbers mean.
struct Call<'call>(Places<'call>);

impl Call<'_> {
    fn at(&self, place: Place) -> f64 {
        self.0.get(place as usize).unwrap_or(f64::NAN)
    }

    fn set(&self, place: Place, number: f64) {
        self.0.set(place as usize, number);
    }

    fn number(&self, place: Place) -> u64 {
        whole(self.at(place))
    }

    fn clock(&self) -> Clock {
        Clock {
            now_ms: self.number(Place::Now),
            ttl_ms: self.number(Place::Ttl),
        }
    }

    fn max_age(&self) -> Option<MaxAge> {
        let max_age_ms = self.at(Place::MaxAge);
        if max_age_ms.is_nan() {
            return None;
        }
        Some(if max_age_ms < 0.0 {
            MaxAge::Browser
        } else {
            MaxAge::Timed(whole(max_age_ms))
        })
    }

    fn limit(&self) -> Option<Limit> {
        let max = u32::try_from(self.number(Place::LimitMax)).unwrap_or(u32::MAX);
        let overflow = if self.number(Place::LimitRefuses) == 1 {
            Overflow::Refuse
        } else {
            Overflow::Oldest
        };
        (max > 0).then_some(Limit { max, overflow })
    }

    fn changes<'a>(
        &self,
        (set, delete): (&'a str, &'a str),
        subject: Option<&'a str>,
        label: Option<&'a str>,
    ) -> Changes<'a> {
        Changes {
            base: self.number(Place::Base),
            set,
            delete,
            max_age: self.max_age(),
            subject: match (self.number(Place::SubjectChange), subject) {
                (1, _) => Subject::None,
                (2, Some(subject)) => Subject::Is(subject),
                _ => Subject::Unchanged,
            },
            label,
            limit: self.limit(),
        }
    }

    fn set_max_age(&self, max_age: MaxAge) {
        let number = match max_age {
            MaxAge::Timed(max_age_ms) => to_number(max_age_ms),
            MaxAge::Browser => -1.0,
        };
        self.set(Place::MaxAge, number);
    }

    fn set_found(&self, found: Found<'_>) {
        self.set_max_age(found.max_age);
        self.set(Place::Rev, to_number(found.rev));
        self.set(Place::Expire, to_number(found.expire_ms));
        self.set(Place::HasSubject, f64::from(found.has_subject));
    }

    /// Leaves what became of a write, and gives the keys in conflict.
    fn set_written(
        &self,
        written: std::result::Result<Written, StoreError>,
    ) -> Result<Option<Text>> {
        let (outcome, conflicts) = match written.map_err(to_error)? {
            Written::Done {
                rev,
                conflicts,
                max_age,
            } => {
                self.set(Place::Rev, to_number(rev));
                self.set_max_age(max_age);
                (0.0, conflicts)
            }
            Written::Missing => (1.0, None),
            Written::Taken => (2.0, None),
            Written::Refused => (3.0, None),
        };
        self.set(Place::Outcome, outcome);
        Ok(conflicts.map(Text))
    }
}

/// The store fails in one way only: by a session that is too large for it. JavaScript adds the reason.
fn to_error(error: StoreError) -> napi::Error<&'static str> {
    let code = match error {
        StoreError::Input(_) => "ERR_SESSION_RECORD",
        StoreError::Failed(_) => "ERR_SESSION_STORE",
    };
    napi::Error::new(code, error.to_string())
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a saturated cast is what is wanted: times and lengths below zero are none"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

#[allow(
    clippy::cast_precision_loss,
    reason = "they came as such numbers, or count"
)]
fn to_number(whole: u64) -> f64 {
    whole as f64
}
