//! The store in memory. All its calls answer at once.
//!
//! Texts are arguments. The numbers of a call are left in registers of the store's own before it, those of its answer after
//! it; `lib/stores/call-numbers.js` and `memory-store.js` name their places.

use koa_session_rs::record::{Changes, Limit, MaxAge, NewRecord, Overflow, Subject};
use koa_session_rs::store::memory::{Bounds, Found, MemoryStore};
use koa_session_rs::store::{Clock, IdHash, Listed, Store, StoreError, Which, Written};
use napi::Env;
use napi::bindgen_prelude::{Float64Array, Object};
use napi::sys::napi_value;
use napi_derive::napi;

use crate::functions::Functions;
use crate::registers::Registers;
use crate::text::{Text, to_js};

type Result<T> = napi::Result<T, &'static str>;

/// The places of the registers; `lib/stores/memory-store.js` has the same.
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

/// A store in memory, and the registers of its calls.
struct Memory {
    store: MemoryStore,
    registers: Registers,
}

/// Makes a store in memory: an object of functions.
#[napi(catch_unwind)]
pub fn memory_store(
    env: &Env,
    max_entries: f64,
    max_bytes: f64,
    registers: Float64Array,
) -> napi::Result<Object<'_>> {
    let bounds = Bounds {
        max_entries: usize::try_from(whole(max_entries)).unwrap_or(usize::MAX),
        max_bytes: usize::try_from(whole(max_bytes)).unwrap_or(usize::MAX),
    };
    let memory = Memory {
        store: MemoryStore::new(bounds),
        registers: Registers::new(registers),
    };
    let mut functions = Functions::on(Object::new(env)?, *env, memory);
    functions.add_with("load", |call, memory| {
        memory.load(*call.env, &call.get::<Text>(0)?)
    })?;
    functions.add_fallible("create", Memory::create)?;
    functions.add_fallible("merge", Memory::merge)?;
    functions.add_fallible("touch", Memory::touch)?;
    functions.add_fallible("regenerate", Memory::regenerate)?;
    functions.add_fallible("destroy", Memory::destroy)?;
    functions.add_fallible("list", Memory::list)?;
    functions.add_fallible("destroyAll", Memory::destroy_all)?;
    functions.add_with("clear", |_, memory| {
        let cleared = memory.store.clear();
        cleared.map_err(|error| napi::Error::from_reason(error.to_string()))
    })?;
    functions.add_bare("size", |memory| memory.size())?;
    Ok(functions.into_object())
}

type Texts = (Text, Text, Text, Option<Text>, Option<Text>);

impl Memory {
    /// Gives a session's JSON; nothing where there is none.
    fn load(&mut self, env: Env, id: &str) -> napi::Result<Option<napi_value>> {
        let registers = &mut self.registers;
        let found = self.store.find(IdHash::of(id), |found| {
            registers.set_found(found);
            to_js(&env, found.data)
        });
        found.transpose()
    }

    fn create(
        &mut self,
        (id, data, subject, label): (Text, Text, Option<Text>, Option<Text>),
    ) -> Result<()> {
        let new = NewRecord {
            data: &data,
            max_age: self.registers.max_age().unwrap_or(MaxAge::Browser),
            subject: subject.as_deref(),
            label: label.as_deref(),
            limit: self.registers.limit(),
        };
        let written = self
            .store
            .create(IdHash::of(&id), &new, self.registers.clock());
        self.registers.set_written(written).map(|_| ())
    }

    /// Gives the keys in conflict, as a JSON array; nothing where there are none.
    fn merge(&mut self, (id, set, delete, subject, label): Texts) -> Result<Option<Text>> {
        let changes = self
            .registers
            .changes((&set, &delete), subject.as_deref(), label.as_deref());
        let written = self
            .store
            .merge(IdHash::of(&id), &changes, self.registers.clock());
        self.registers.set_written(written)
    }

    /// Tells whether there was one, and leaves its maxAge.
    fn touch(&mut self, (id,): (Text,)) -> Result<bool> {
        let touched = self.store.touch(IdHash::of(&id), self.registers.clock());
        let max_age = touched.map_err(to_error)?;
        if let Some(max_age) = max_age {
            self.registers.set_max_age(max_age);
        }
        Ok(max_age.is_some())
    }

    /// Gives the keys in conflict, as a JSON array; nothing where there are none.
    fn regenerate(
        &mut self,
        (old, new, set, delete, subject, label): (
            Text,
            Text,
            Text,
            Text,
            Option<Text>,
            Option<Text>,
        ),
    ) -> Result<Option<Text>> {
        let changes = self
            .registers
            .changes((&set, &delete), subject.as_deref(), label.as_deref());
        let (old, new) = (IdHash::of(&old), IdHash::of(&new));
        let written = self
            .store
            .regenerate(old, new, &changes, self.registers.clock());
        self.registers.set_written(written)
    }

    fn destroy(&mut self, (id, now_ms): (Text, f64)) -> Result<bool> {
        let destroyed = self.store.destroy(IdHash::of(&id), whole(now_ms));
        destroyed.map_err(to_error)
    }

    /// Lists a subject's sessions, as JSON.
    fn list(&mut self, (subject, now_ms): (Text, f64)) -> Result<Text> {
        let listed = self.store.list(&subject, whole(now_ms)).map_err(to_error)?;
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
        let destroyed = self.store.destroy_all(&subject, which, whole(now_ms));
        destroyed.map(to_number).map_err(to_error)
    }

    /// Gives how many sessions there are, expired ones too, and how many bytes they are taken to need.
    fn size(&self) -> Vec<f64> {
        let (entries, bytes) = self.store.size();
        vec![to_number(entries as u64), to_number(bytes as u64)]
    }
}

/// What the numbers mean.
impl Registers {
    fn number(&self, place: Place) -> u64 {
        whole(self.at(place as usize))
    }

    fn clock(&self) -> Clock {
        Clock {
            now_ms: self.number(Place::Now),
            ttl_ms: self.number(Place::Ttl),
        }
    }

    fn max_age(&self) -> Option<MaxAge> {
        let max_age_ms = self.at(Place::MaxAge as usize);
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

    fn set_max_age(&mut self, max_age: MaxAge) {
        let number = match max_age {
            MaxAge::Timed(max_age_ms) => to_number(max_age_ms),
            MaxAge::Browser => -1.0,
        };
        self.put(Place::MaxAge as usize, number);
    }

    fn set_found(&mut self, found: Found<'_>) {
        self.set_max_age(found.max_age);
        self.put(Place::Rev as usize, to_number(found.rev));
        self.put(Place::Expire as usize, to_number(found.expire_ms));
        self.put(Place::HasSubject as usize, f64::from(found.has_subject));
    }

    /// Leaves what became of a write, and gives the keys in conflict.
    fn set_written(
        &mut self,
        written: std::result::Result<Written, StoreError>,
    ) -> Result<Option<Text>> {
        let (outcome, conflicts) = match written.map_err(to_error)? {
            Written::Done {
                rev,
                conflicts,
                max_age,
            } => {
                self.put(Place::Rev as usize, to_number(rev));
                self.set_max_age(max_age);
                (0.0, conflicts)
            }
            Written::Missing => (1.0, None),
            Written::Taken => (2.0, None),
            Written::Refused => (3.0, None),
        };
        self.put(Place::Outcome as usize, outcome);
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
