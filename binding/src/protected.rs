//! One session's cookies that this package seals or signs itself: see [`protected::ProtectedCookie`].

use koa_session_rs::chunks::TooLarge;
use koa_session_rs::cipher::Cipher;
use koa_session_rs::header::Attributes;
use koa_session_rs::id;
use koa_session_rs::keyring::Keyring;
use koa_session_rs::protected::{self, Outcome, Protection, Reading, Response, Unwritable, Value};
use koa_session_rs_binding_common::{Functions, Numbers, Text};
use napi::Env;
use napi::bindgen_prelude::{Array, Object};
use napi_derive::napi;

use crate::cookie::{CookieOptions, lifetime, read_keys, to_binding_error};
use crate::opened::numbers_of;

/// The memory of a call's results; `lib/native/protected.js` reads them in the order of the writes here.
type Memory<'call> = Numbers<'call, 9>;

/// The arguments of a call that writes lines: a text, `expires`, `secure`, the request's `Cookie` header, and a signature.
type Write<'call> = (Memory<'call>, Text, Option<f64>, bool, Text, Option<Text>);

/// The arguments of a call that closes a session: the user's data, the time, the `maxAge`, `expires`, `secure`, and the `Cookie` header.
type Close<'call> = (
    Memory<'call>,
    Text,
    f64,
    Option<f64>,
    Option<f64>,
    bool,
    Text,
);

#[napi(object, object_to_js = false)]
pub struct ProtectionOptions<'env> {
    /// The keys that seal and open.
    pub seal_keys: Option<Array<'env>>,
    /// The keys that sign and verify.
    pub sign_keys: Option<Array<'env>>,
    /// Whether new values are sealed.
    pub seals: bool,
    /// The most cookies that a value may take; 0 for one cookie of any size.
    pub max_chunks: u32,
}

struct Cookie {
    core: protected::ProtectedCookie,
    /// The complete JSON of the session that was opened last, if it has to be sent again.
    outdated: Option<String>,
}

/// Makes the cookie of some options and keys, ready for many requests: an object of functions.
#[napi(catch_unwind)]
pub fn protected_cookie<'env>(
    env: &'env Env,
    options: CookieOptions,
    protection: ProtectionOptions<'_>,
) -> napi::Result<Object<'env>, &'static str> {
    let read = |keys: Option<Array>| keys.map(|keys| read_keys(&keys)).transpose();
    let seal_keys = read(protection.seal_keys).map_err(to_binding_error)?;
    let sign_keys = read(protection.sign_keys).map_err(to_binding_error)?;
    let cipher = seal_keys
        .map(|keys| Cipher::new(&options.key, keys))
        .transpose()
        .map_err(|_| napi::Error::new("ERR_SESSION_OPTION", "a key is too short".to_owned()))?;
    let protection = Protection {
        cipher,
        keyring: sign_keys.and_then(Keyring::new),
        seals: protection.seals,
        max_chunks: protection.max_chunks as usize,
    };
    let core =
        protected::ProtectedCookie::new(&options.key, &Attributes::from(&options), protection)
            .map_err(|error| napi::Error::new("ERR_SESSION_OPTION", error.to_string()))?;
    let cookie = Cookie {
        core,
        outdated: None,
    };
    cookie.into_object(env).map_err(to_binding_error)
}

impl Cookie {
    fn into_object(self, env: &Env) -> napi::Result<Object<'_>> {
        let mut functions = Functions::on(Object::new(env)?, *env, self);
        functions.add("open", Self::open)?;
        functions.add("read", Self::read)?;
        functions.add_bare("outdated", |cookie| cookie.outdated.take().map(Text))?;
        functions.add("unverified", Self::unverified)?;
        functions.add("isSent", |cookie, (header,): (Text,)| {
            cookie.core.is_sent(&header)
        })?;
        functions.add(
            "textToSign",
            |cookie, (memory, value): (Memory<'_>, Text)| {
                lines_or_reason(&memory, cookie.core.text_to_sign(&value))
            },
        )?;
        functions.add("close", Self::close)?;
        functions.add("write", Self::write)?;
        functions.add("writeJson", Self::write_json)?;
        functions.add("expireStale", Self::expire_stale)?;
        functions.add("dropSignature", |cookie, (secure,): (bool,)| {
            Text(cookie.core.drop_signature(secure))
        })?;
        Ok(functions.into_object())
    }

    /// Opens the session in the `Cookie` header: returns its text, and writes the other results to `memory`.
    fn open(&mut self, (memory, header, now_ms): (Memory<'_>, Text, f64)) -> Option<Text> {
        let (numbers, value) = results_of(self.core.read(&header));
        let Some(value) = value else {
            memory.write(&numbers);
            return None;
        };
        let (opened, outdated) = value.into_session(now_ms);
        self.outdated = outdated;
        let ([verdict, shape, expire, max_age], text) = numbers_of(opened);
        let [outcome, is_outdated, has_stale, count] = numbers;
        memory.write(&[
            outcome,
            is_outdated,
            has_stale,
            count,
            verdict,
            shape,
            expire,
            max_age,
        ]);
        Some(text.into())
    }

    /// Reads the text that the cookies hold, without parsing it (with a store: an id).
    fn read(&mut self, (memory, header): (Memory<'_>, Text)) -> Option<Text> {
        let ([outcome, is_outdated, has_stale, count], value) = results_of(self.core.read(&header));
        let is_id = value
            .as_ref()
            .is_some_and(|value| id::is_acceptable(&value.text));
        memory.write(&[
            outcome,
            is_outdated,
            has_stale,
            count,
            0.0,
            0.0,
            0.0,
            0.0,
            flag(is_id),
        ]);
        value.map(|value| value.text.into_owned().into())
    }

    /// Returns for each value the text that is signed, the value, and the signatures that may be its own.
    fn unverified(&mut self, (memory, header): (Memory<'_>, Text)) -> Vec<Text> {
        let found = self.core.unverified(&header);
        memory.write(&[flag(found.is_missed)]);
        let texts = found.candidates.into_iter().flat_map(|candidate| {
            [candidate.signed, candidate.value, candidate.signatures].map(Text)
        });
        texts.collect()
    }

    /// Writes the `Set-Cookie` lines of a session. `max_age_ms` is absent for maxAge 'session'.
    fn close(
        &mut self,
        (memory, json, now_ms, max_age_ms, expires_ms, secure, header): Close<'_>,
    ) -> Option<Text> {
        let response = response(expires_ms, secure, &header, None);
        let closed = self
            .core
            .close(&json, lifetime(now_ms, max_age_ms), response);
        lines_or_reason(&memory, closed)
    }

    /// Writes the `Set-Cookie` lines of a value.
    fn write(
        &mut self,
        (memory, value, expires_ms, secure, header, signature): Write<'_>,
    ) -> Option<Text> {
        let response = response(expires_ms, secure, &header, signature.as_ref());
        lines_or_reason(&memory, self.core.write(&value, response))
    }

    /// Writes the `Set-Cookie` lines of a session's complete JSON.
    fn write_json(
        &mut self,
        (memory, json, expires_ms, secure, header, signature): Write<'_>,
    ) -> Option<Text> {
        let response = response(expires_ms, secure, &header, signature.as_ref());
        lines_or_reason(&memory, self.core.write_json(&json, response))
    }

    /// Writes the lines that expire the request's stale cookies.
    fn expire_stale(&mut self, (count, secure, header): (u32, bool, Text)) -> Text {
        let response = response(None, secure, &header, None);
        self.core.expire_stale(count as usize, response).into()
    }
}

fn response<'r>(
    expires_ms: Option<f64>,
    secure: bool,
    header: &'r str,
    signature: Option<&'r Text>,
) -> Response<'r> {
    Response {
        expires_ms,
        secure,
        header,
        signature: signature.map(|signature| &**signature),
    }
}

/// Returns the results of reading (the outcome, whether the value is outdated, whether there are stale cookies, and the number of its
/// cookies), and the value.
fn results_of(reading: Reading<'_>) -> ([f64; 4], Option<Value<'_>>) {
    let (outcome, value) = match reading.outcome {
        Outcome::Nothing => (0.0, None),
        Outcome::Missed => (1.0, None),
        Outcome::Forged => (2.0, None),
        Outcome::Opened(value) => (3.0, Some(value)),
    };
    let is_outdated = value.as_ref().is_some_and(|value| value.is_outdated);
    let count = f64::from(u32::try_from(reading.count).unwrap_or_default());
    let numbers = [outcome, flag(is_outdated), flag(reading.has_stale), count];
    (numbers, value)
}

/// Returns the lines of a value. If it cannot be written, writes the reason and its size to the memory.
fn lines_or_reason(memory: &Memory<'_>, written: Result<String, Unwritable>) -> Option<Text> {
    let (reason, bytes) = match written {
        Ok(lines) => return Some(lines.into()),
        Err(Unwritable::TooLarge(TooLarge { bytes })) => (1.0, bytes),
        Err(Unwritable::NotAllowed) => (2.0, 0),
        Err(Unwritable::CannotSeal) => (3.0, 0),
    };
    memory.write(&[reason, f64::from(u32::try_from(bytes).unwrap_or(u32::MAX))]);
    None
}

fn flag(is_set: bool) -> f64 {
    f64::from(u8::from(is_set))
}
