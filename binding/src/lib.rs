//! The Node-API surface of koa-session-rs: each function converts its arguments, calls the core, and converts back.
//!
//! Strings and numbers cross, objects do not. What an opened cookie tells beside its text is left in *registers*: a
//! `Float64Array` that JavaScript made, holds and reads (`lib/registers.js` names its places).
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

mod memory;
mod registers;

use koa_session_rs::envelope::Lifetime;
use koa_session_rs::fingerprint::fingerprint;
use koa_session_rs::header::{self, Attributes, CookieTemplate, InvalidAttribute};
use koa_session_rs::id;
use koa_session_rs::keyring::Keyring;
use koa_session_rs::record;
use koa_session_rs::session;
use koa_session_rs::verdict::{Data, Verdict};
use koa_session_rs::{canonical, codec};
use napi::bindgen_prelude::{
    Either, Float64Array, FnArgs, Function, JsObjectValue, Object, Uint8Array, Unknown,
};
use napi_derive::napi;
use registers::Registers;

/// A key of `app.keys`.
type Key = Either<String, Uint8Array>;

#[napi(object, object_to_js = false)]
pub struct CookieOptions {
    pub key: String,
    pub path: String,
    pub domain: String,
    pub priority: String,
    pub same_site: String,
    pub http_only: bool,
    pub partitioned: bool,
}

impl From<&CookieOptions> for Attributes {
    fn from(options: &CookieOptions) -> Self {
        Self {
            path: options.path.clone(),
            domain: options.domain.clone(),
            priority: options.priority.clone(),
            same_site: options.same_site.clone(),
            http_only: options.http_only,
            partitioned: options.partitioned,
        }
    }
}

/// One session's cookie: see [`session::SessionCookie`].
#[napi]
pub struct SessionCookie {
    core: session::SessionCookie,
    registers: Registers,
}

#[napi]
impl SessionCookie {
    #[napi(constructor, catch_unwind)]
    pub fn new(
        options: CookieOptions,
        keys: Option<Vec<Key>>,
        registers: Float64Array,
    ) -> napi::Result<Self, &'static str> {
        let attributes = Attributes::from(&options);
        let keyring = keys.and_then(|keys| Keyring::new(keys.iter().map(key_bytes)));
        session::SessionCookie::new(&options.key, &attributes, keyring)
            .map(|core| Self {
                core,
                registers: Registers::new(registers),
            })
            .map_err(|error| napi::Error::new("ERR_SESSION_OPTION", error.to_string()))
    }

    /// Opens the session that the `Cookie` header holds: gives its text, and fills the registers.
    #[napi(catch_unwind)]
    pub fn open(&mut self, header: String, now_ms: f64) -> Option<String> {
        let (repair, opened) = self.core.open(&header, now_ms);
        self.registers.set_repair(repair);
        opened.map(|opened| self.registers.set_opened(opened))
    }

    /// Reads the cookie's verified value as it stands (with a store: an id).
    #[napi(catch_unwind)]
    pub fn read(&mut self, header: String) -> Option<String> {
        let found = self.core.read(&header);
        self.registers.set_repair(found.repair);
        found.value.map(str::to_owned)
    }

    /// Signs a text with the first key, to compare a Keygrip with; nothing where nothing is signed.
    #[napi(catch_unwind)]
    pub fn sign(&self, text: String) -> Option<String> {
        Some(self.core.sign(&text)?.as_str().to_owned())
    }

    /// Tells whether the header has the cookie at all.
    #[napi(catch_unwind)]
    pub fn is_sent(&self, header: String) -> bool {
        self.core.is_sent(&header)
    }

    /// Writes the signature's line anew, by the first key.
    #[napi(catch_unwind)]
    pub fn reissue(&self, header: String, expires_ms: Option<f64>, secure: bool) -> Option<String> {
        self.core.reissue(&header, expires_ms, secure)
    }

    /// Writes the line of a signature that was made elsewhere.
    #[napi(catch_unwind)]
    pub fn write_signature(
        &self,
        signature: String,
        expires_ms: Option<f64>,
        secure: bool,
    ) -> String {
        self.core.write_signature(&signature, expires_ms, secure)
    }

    /// Writes the line that has the browser drop a signature which no key made.
    #[napi(catch_unwind)]
    pub fn drop_signature(&self, secure: bool) -> String {
        self.core.drop_signature(secure)
    }

    /// Closes a session: gives its `Set-Cookie` lines. `max_age_ms` is left out for maxAge 'session'.
    #[napi(catch_unwind)]
    pub fn close(
        &self,
        json: String,
        now_ms: f64,
        max_age_ms: Option<f64>,
        expires_ms: Option<f64>,
        secure: bool,
    ) -> String {
        let lifetime = lifetime(now_ms, max_age_ms);
        self.core.close(&json, lifetime, expires_ms, secure)
    }

    /// Writes the `Set-Cookie` lines of a value as it stands; nothing if it cannot stand in a header.
    #[napi(catch_unwind)]
    pub fn write(&self, value: String, expires_ms: Option<f64>, secure: bool) -> Option<String> {
        header::is_value(&value).then(|| self.core.write(&value, expires_ms, secure))
    }
}

/// Names the option that no cookie can carry, if there is one.
#[napi(catch_unwind)]
pub fn invalid_attribute(options: CookieOptions) -> Option<&'static str> {
    let attributes = Attributes::from(&options);
    let template = CookieTemplate::new(&options.key, &attributes);
    template.err().map(|InvalidAttribute(option)| option)
}

/// Opens a cookie value that came through `ctx.cookies`: gives its text, and fills the registers.
#[napi(catch_unwind)]
pub fn open(registers: Float64Array, value: String, now_ms: f64) -> String {
    Registers::new(registers).set_opened(session::open(&value, now_ms))
}

/// Makes the cookie value of a session. `max_age_ms` is left out for maxAge 'session'.
#[napi(catch_unwind)]
pub fn close(json: String, now_ms: f64, max_age_ms: Option<f64>) -> String {
    session::close(&json, lifetime(now_ms, max_age_ms))
}

/// Decodes a cookie value to text.
#[napi(catch_unwind)]
pub fn decode(value: String) -> String {
    codec::decode(&value)
}

/// Encodes text as a cookie value.
#[napi(catch_unwind)]
pub fn encode(json: String) -> String {
    codec::encode(&json)
}

/// Judges data by its kind's number and its expiry; gives the verdict's number.
#[napi(catch_unwind)]
pub fn judge(data: u8, expire_ms: Option<f64>, now_ms: f64) -> u8 {
    Verdict::judge(Data::from(data), expire_ms, now_ms) as u8
}

/// Emits a verdict's event by the function that JavaScript hands over: `emit(ctx, name, { key, value, ctx })`.
#[napi(catch_unwind)]
pub fn report(
    env: napi::Env,
    emit: Function<FnArgs<(Unknown, &'static str, Object)>, ()>,
    verdict: u8,
    ctx: Unknown,
    key: Unknown,
    value: Unknown,
) -> napi::Result<()> {
    let Some(name) = Verdict::try_from(verdict).ok().and_then(Verdict::event) else {
        return Ok(());
    };
    let mut event = Object::new(&env)?;
    event.set_named_property("key", key)?;
    event.set_named_property("value", value)?;
    event.set_named_property("ctx", ctx)?;
    emit.call(FnArgs::from((ctx, name, event)))
}

/// Tells that JSON becomes no longer, and keeps its words where it keeps its length, when JavaScript writes it anew.
#[napi(catch_unwind)]
pub fn is_canonical(json: String) -> bool {
    canonical::is_canonical(&json)
}

/// Tells what a request changed: `[set, delete]`, each empty where there is none; nothing where the texts say the same.
#[napi(catch_unwind)]
pub fn difference(
    before: String,
    after: String,
) -> napi::Result<Option<Vec<String>>, &'static str> {
    let record::Difference { set, delete } = record::difference(&before, &after)
        .map_err(|error| napi::Error::new("ERR_SESSION_RECORD", error.to_string()))?;
    let is_same = set.is_empty() && delete.is_empty();
    Ok((!is_same).then(|| vec![set, delete]))
}

/// Hashes a session's JSON text; the eight bytes come as a string of eight characters, for comparison only.
#[napi(catch_unwind, js_name = "fingerprint")]
pub fn fingerprint_text(json: String) -> String {
    fingerprint(&json)
        .to_le_bytes()
        .map(char::from)
        .iter()
        .collect()
}

/// Makes a new session id.
#[napi(catch_unwind, js_name = "newId")]
pub fn new_session_id(prefix: String) -> String {
    id::new_id(&prefix)
}

/// Tells whether an id that came from a client may be shown to a store.
#[napi(catch_unwind)]
pub fn is_acceptable_id(id: String) -> bool {
    id::is_acceptable(&id)
}

/// Hashes an id, for logs and events.
#[napi(catch_unwind)]
pub fn hash_id(id: String) -> String {
    id::hash(&id)
}

/// Gives the version that this addon was built from.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Panics, so that a test can see what becomes of it.
#[cfg(feature = "fault-injection")]
#[allow(clippy::panic, reason = "that is what it is for")]
#[napi(catch_unwind)]
pub fn panic_now() {
    panic!("injected");
}

fn key_bytes(key: &Key) -> &[u8] {
    match key {
        Either::A(text) => text.as_bytes(),
        Either::B(bytes) => bytes,
    }
}

/// The callers in lib/ pass whole numbers that fit; anything else goes through `ctx.cookies`.
#[allow(
    clippy::cast_possible_truncation,
    reason = "see above; a saturated cast is harmless"
)]
fn lifetime(now_ms: f64, max_age_ms: Option<f64>) -> Lifetime {
    match max_age_ms {
        Some(max_age_ms) => Lifetime::Timed {
            expire_ms: (now_ms + max_age_ms) as i64,
            max_age_ms: max_age_ms as i64,
        },
        None => Lifetime::Browser,
    }
}
