//! One session's cookie: see [`session::SessionCookie`].

use koa_session_rs::envelope::Lifetime;
use koa_session_rs::header::{self, Attributes};
use koa_session_rs::keyring::{Keyring, Signature};
use koa_session_rs::session::{self, Repair};
use napi::Env;
use napi::bindgen_prelude::{Either, Float64Array, Object, Uint8Array};
use napi_derive::napi;

use crate::functions::Functions;
use crate::registers::Registers;
use crate::text::Text;

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

struct Cookie {
    core: session::SessionCookie,
    registers: Registers,
    /// The signature by the first key, where what was opened or read last is signed by an older one.
    reissued: Option<Signature>,
}

/// Makes the cookie of some options and keys, ready for many requests: an object of functions.
#[napi(catch_unwind)]
pub fn session_cookie(
    env: &Env,
    options: CookieOptions,
    keys: Option<Vec<Key>>,
    registers: Float64Array,
) -> napi::Result<Object<'_>, &'static str> {
    let keyring = keys.and_then(|keys| Keyring::new(keys.iter().map(key_bytes)));
    let attributes = Attributes::from(&options);
    let core = session::SessionCookie::new(&options.key, &attributes, keyring)
        .map_err(|error| napi::Error::new("ERR_SESSION_OPTION", error.to_string()))?;
    let cookie = Cookie {
        core,
        registers: Registers::new(registers),
        reissued: None,
    };
    cookie
        .into_object(env)
        .map_err(|error| napi::Error::new("ERR_SESSION_BINDING", error.reason.clone()))
}

impl Cookie {
    fn into_object(self, env: &Env) -> napi::Result<Object<'_>> {
        let mut functions = Functions::on(Object::new(env)?, *env, self);
        functions.add("open", Self::open)?;
        functions.add("read", Self::read)?;
        functions.add_bare("reissued", |cookie| cookie.reissued.map(to_text))?;
        functions.add("sign", Self::sign)?;
        functions.add("isSent", Self::is_sent)?;
        functions.add("writeSignature", Self::write_signature)?;
        functions.add("dropSignature", Self::drop_signature)?;
        functions.add("close", Self::close)?;
        functions.add("write", Self::write)?;
        Ok(functions.into_object())
    }

    /// Opens the session that the `Cookie` header holds: gives its text, and fills the registers.
    fn open(&mut self, (header, now_ms): (Text, f64)) -> Option<Text> {
        let (repair, opened) = self.core.open(&header, now_ms);
        self.set_repair(repair);
        opened.map(|opened| self.registers.set_opened(opened).into())
    }

    /// Reads the cookie's verified value as it stands (with a store: an id).
    fn read(&mut self, (header,): (Text,)) -> Option<Text> {
        let found = self.core.read(&header);
        self.set_repair(found.repair);
        found.value.map(|value| value.to_owned().into())
    }

    fn set_repair(&mut self, repair: Repair) {
        self.registers.set_repair(repair);
        self.reissued = match repair {
            Repair::Reissue(signature) => Some(signature),
            Repair::None | Repair::Clear => None,
        };
    }

    /// Signs a text with the first key, to compare a Keygrip with; nothing where nothing is signed.
    fn sign(&mut self, (text,): (Text,)) -> Option<Text> {
        self.core.sign(&text).map(to_text)
    }

    /// Tells whether the header has the cookie at all.
    fn is_sent(&mut self, (header,): (Text,)) -> bool {
        self.core.is_sent(&header)
    }

    /// Writes a signature's line.
    fn write_signature(
        &mut self,
        (signature, expires_ms, secure): (Text, Option<f64>, bool),
    ) -> Text {
        let line = self.core.write_signature(&signature, expires_ms, secure);
        line.into()
    }

    /// Writes the line that has the browser drop a signature which no key made.
    fn drop_signature(&mut self, (secure,): (bool,)) -> Text {
        self.core.drop_signature(secure).into()
    }

    /// Closes a session: gives its `Set-Cookie` lines. `max_age_ms` is left out for maxAge 'session'.
    fn close(
        &mut self,
        (json, now_ms, max_age_ms, expires_ms, secure): (Text, f64, Option<f64>, Option<f64>, bool),
    ) -> Text {
        let lifetime = lifetime(now_ms, max_age_ms);
        self.core.close(&json, lifetime, expires_ms, secure).into()
    }

    /// Writes the `Set-Cookie` lines of a value as it stands; nothing if it cannot stand in a header.
    fn write(&mut self, (value, expires_ms, secure): (Text, Option<f64>, bool)) -> Option<Text> {
        let write = || self.core.write(&value, expires_ms, secure).into();
        header::is_value(&value).then(write)
    }
}

fn to_text(signature: Signature) -> Text {
    Text(signature.as_str().to_owned())
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
pub fn lifetime(now_ms: f64, max_age_ms: Option<f64>) -> Lifetime {
    match max_age_ms {
        Some(max_age_ms) => Lifetime::Timed {
            expire_ms: (now_ms + max_age_ms) as i64,
            max_age_ms: max_age_ms as i64,
        },
        None => Lifetime::Browser,
    }
}
