//! The store in memory. All its calls answer at once.
//!
//! Texts are arguments. The numbers of a call are left in registers of the store's own before it, those of its answer after
//! it; `lib/stores/call-numbers.js` and `memory-store.js` name their places.

use koa_session_rs::record::{Changes, Limit, MaxAge, NewRecord, Overflow, Subject};
use koa_session_rs::store::memory::{Bounds, Found, MemoryStore};
use koa_session_rs::store::{Clock, IdHash, Listed, Store, StoreError, Which, Written};
use napi::bindgen_prelude::Float64Array;
use napi::{Env, JsString};
use napi_derive::napi;

use crate::registers::Registers;

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
#[napi(js_name = "MemoryStore")]
pub struct MemoryStoreBinding {
    store: MemoryStore,
    registers: Registers,
}

#[napi]
impl MemoryStoreBinding {
    #[napi(constructor, catch_unwind)]
    pub fn new(max_entries: f64, max_bytes: f64, registers: Float64Array) -> Self {
        let bounds = Bounds {
            max_entries: usize::try_from(whole(max_entries)).unwrap_or(usize::MAX),
            max_bytes: usize::try_from(whole(max_bytes)).unwrap_or(usize::MAX),
        };
        Self {
            store: MemoryStore::new(bounds),
            registers: Registers::new(registers),
        }
    }

    /// Gives a session's JSON; nothing where there is none.
    #[napi(catch_unwind)]
    pub fn load<'env>(&mut self, env: &'env Env, id: String) -> Result<Option<JsString<'env>>> {
        let registers = &mut self.registers;
        let found = self.store.find(IdHash::of(&id), |found| {
            registers.set_found(found);
            to_js(env, found.data)
        });
        found.transpose()
    }

    #[napi(catch_unwind)]
    pub fn create(
        &mut self,
        id: String,
        data: String,
        subject: Option<String>,
        label: Option<String>,
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
    #[napi(catch_unwind)]
    pub fn merge(
        &mut self,
        id: String,
        set: String,
        delete: String,
        subject: Option<String>,
        label: Option<String>,
    ) -> Result<Option<String>> {
        let texts = (set.as_str(), delete.as_str());
        let changes = self
            .registers
            .changes(texts, subject.as_deref(), label.as_deref());
        let written = self
            .store
            .merge(IdHash::of(&id), &changes, self.registers.clock());
        self.registers.set_written(written)
    }

    /// Tells whether there was one.
    #[napi(catch_unwind)]
    pub fn touch(&mut self, id: String) -> Result<bool> {
        let touched = self.store.touch(IdHash::of(&id), self.registers.clock());
        touched.map_err(to_error)
    }

    /// Gives the keys in conflict, as a JSON array; nothing where there are none.
    #[napi(catch_unwind)]
    pub fn regenerate(
        &mut self,
        old: String,
        new: String,
        set: String,
        delete: String,
        subject: Option<String>,
        label: Option<String>,
    ) -> Result<Option<String>> {
        let texts = (set.as_str(), delete.as_str());
        let changes = self
            .registers
            .changes(texts, subject.as_deref(), label.as_deref());
        let (old, new) = (IdHash::of(&old), IdHash::of(&new));
        let written = self
            .store
            .regenerate(old, new, &changes, self.registers.clock());
        self.registers.set_written(written)
    }

    #[napi(catch_unwind)]
    pub fn destroy(&mut self, id: String, now_ms: f64) -> Result<bool> {
        let destroyed = self.store.destroy(IdHash::of(&id), whole(now_ms));
        destroyed.map_err(to_error)
    }

    /// Lists a subject's sessions, as JSON.
    #[napi(catch_unwind)]
    pub fn list(&self, subject: String, now_ms: f64) -> Result<String> {
        let listed = self.store.list(&subject, whole(now_ms)).map_err(to_error)?;
        Ok(Listed::write_list(&listed))
    }

    /// Destroys a subject's sessions: all, or all but one, or only one, by their hashes. One that is no hash is nobody's.
    #[napi(catch_unwind)]
    pub fn destroy_all(
        &mut self,
        subject: String,
        except: Option<String>,
        only: Option<String>,
        now_ms: f64,
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

    #[napi(catch_unwind)]
    pub fn clear(&mut self) -> Result<()> {
        self.store.clear().map_err(to_error)
    }

    /// Gives how many sessions there are, expired ones too, and how many bytes they are taken to need.
    #[napi(catch_unwind)]
    pub fn size(&self) -> Vec<f64> {
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

    fn set_found(&mut self, found: Found<'_>) {
        let max_age = match found.max_age {
            MaxAge::Timed(max_age_ms) => to_number(max_age_ms),
            MaxAge::Browser => -1.0,
        };
        self.put(Place::MaxAge as usize, max_age);
        self.put(Place::Rev as usize, to_number(found.rev));
        self.put(Place::Expire as usize, to_number(found.expire_ms));
        self.put(Place::HasSubject as usize, f64::from(found.has_subject));
    }

    /// Leaves what became of a write, and gives the keys in conflict.
    fn set_written(
        &mut self,
        written: std::result::Result<Written, StoreError>,
    ) -> Result<Option<String>> {
        let (outcome, conflicts) = match written.map_err(to_error)? {
            Written::Done { rev, conflicts } => {
                self.put(Place::Rev as usize, to_number(rev));
                (0.0, conflicts)
            }
            Written::Missing => (1.0, None),
            Written::Taken => (2.0, None),
            Written::Refused => (3.0, None),
        };
        self.put(Place::Outcome as usize, outcome);
        Ok(conflicts)
    }
}

/// Most sessions are ASCII: V8 takes that as it is, where UTF-8 is decoded.
fn to_js<'env>(env: &'env Env, text: &str) -> Result<JsString<'env>> {
    let made = if text.is_ascii() {
        env.create_string_latin1(text)
    } else {
        env.create_string(text)
    };
    made.map_err(|error| napi::Error::new("ERR_SESSION_STORE", error.reason.clone()))
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
