//! One session's cookie: see [`session::SessionCookie`].

use koa_session_rs::envelope::Lifetime;
use koa_session_rs::header::{self, Attributes};
use koa_session_rs::keyring::{Keyring, Signature};
use koa_session_rs::session::{self, Repair};
use koa_session_rs_binding_common::{Functions, Text};
use napi::Env;
use napi::bindgen_prelude::{Array, Either, Object, Uint8Array};
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::opened::{Memory, write_found, write_opened, write_repair};

/// A key of `app.keys`.
type Key = Either<String, Uint8Array>;

#[napi(object, object_to_js = false)]
pub struct CookieOptions {
    pub key: Text,
    pub path: Text,
    pub domain: Text,
    pub priority: Text,
    pub same_site: Text,
    pub http_only: bool,
    pub partitioned: bool,
}

impl From<&CookieOptions> for Attributes {
    fn from(options: &CookieOptions) -> Self {
        Self {
            path: options.path.to_string(),
            domain: options.domain.to_string(),
            priority: options.priority.to_string(),
            same_site: options.same_site.to_string(),
            http_only: options.http_only,
            partitioned: options.partitioned,
        }
    }
}

struct Cookie {
    core: session::SessionCookie,
    /// The signature made with the first key, if the cookie that was opened or read last is signed with an older one.
    reissued: Option<Signature>,
}

/// Makes the cookie of some options and keys, ready for many requests: an object of functions.
#[napi(catch_unwind)]
pub fn session_cookie<'env>(
    env: &'env Env,
    options: CookieOptions,
    keys: Option<Array>,
) -> napi::Result<Object<'env>, &'static str> {
    let keys = keys.map(|keys| read_keys(&keys)).transpose();
    let keyring = keys.map_err(to_binding_error)?.and_then(Keyring::new);
    let attributes = Attributes::from(&options);
    let core = session::SessionCookie::new(&options.key, &attributes, keyring)
        .map_err(|error| napi::Error::new("ERR_SESSION_OPTION", error.to_string()))?;
    let cookie = Cookie {
        core,
        reissued: None,
    };
    cookie.into_object(env).map_err(to_binding_error)
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

    /// Opens the session in the `Cookie` header: returns its text, and writes the other results to `memory`.
    fn open(&mut self, (memory, header, now_ms): (Memory<'_>, Text, f64)) -> Option<Text> {
        let (repair, opened) = self.core.open(&header, now_ms);
        self.keep_reissued(repair);
        let Some(opened) = opened else {
            write_repair(&memory, repair);
            return None;
        };
        Some(write_opened(&memory, repair, opened).into())
    }

    /// Reads the cookie's verified value as it stands (with a store: an id).
    fn read(&mut self, (memory, header): (Memory<'_>, Text)) -> Option<Text> {
        let found = self.core.read(&header);
        self.keep_reissued(found.repair);
        write_found(&memory, found);
        found.value.map(|value| value.to_owned().into())
    }

    fn keep_reissued(&mut self, repair: Repair) {
        self.reissued = match repair {
            Repair::Reissue(signature) => Some(signature),
            Repair::None | Repair::Clear => None,
        };
    }

    /// Signs a text with the first key, for a comparison with a Keygrip. Returns `None` if cookies are not signed.
    fn sign(&mut self, (text,): (Text,)) -> Option<Text> {
        self.core.sign(&text).map(to_text)
    }

    /// Returns whether the header has the cookie at all.
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

    /// Writes the line that expires a signature made with none of the keys.
    fn drop_signature(&mut self, (secure,): (bool,)) -> Text {
        self.core.drop_signature(secure).into()
    }

    /// Encodes and signs a session: returns its `Set-Cookie` lines. `max_age_ms` is left out for maxAge 'session'.
    fn close(
        &mut self,
        (json, now_ms, max_age_ms, expires_ms, secure): (Text, f64, Option<f64>, Option<f64>, bool),
    ) -> Text {
        let lifetime = lifetime(now_ms, max_age_ms);
        self.core.close(&json, lifetime, expires_ms, secure).into()
    }

    /// Writes the `Set-Cookie` lines of an unencoded value; `None` if it is not allowed in a header.
    fn write(&mut self, (value, expires_ms, secure): (Text, Option<f64>, bool)) -> Option<Text> {
        let write = || self.core.write(&value, expires_ms, secure).into();
        header::is_value(&value).then(write)
    }
}

fn to_text(signature: Signature) -> Text {
    Text(signature.as_str().to_owned())
}

/// Copies each key before reading the next, since reading an element may run JavaScript.
pub fn read_keys(keys: &Array) -> napi::Result<Vec<Zeroizing<Vec<u8>>>> {
    let keys = (0..keys.len()).map(|i| match keys.get::<Key>(i)? {
        Some(Either::A(text)) => Ok(Zeroizing::new(text.into_bytes())),
        Some(Either::B(bytes)) => Ok(Zeroizing::new(bytes.to_vec())),
        None => Err(napi::Error::from_status(napi::Status::InvalidArg)),
    });
    keys.collect()
}

pub fn to_binding_error(error: napi::Error) -> napi::Error<&'static str> {
    napi::Error::new("ERR_SESSION_BINDING", error.reason.clone())
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
