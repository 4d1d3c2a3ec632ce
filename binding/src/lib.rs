//! The Node-API surface of koa-session-rs: each function converts its arguments, calls the core, and converts back.
//!
//! Only strings and numbers are passed, no objects.
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

pub mod cookie;
pub mod express_cookie;
pub mod memory;
mod opened;
pub mod protected;

use cookie::{CookieOptions, lifetime};
use koa_session_rs::header::{Attributes, CookieTemplate, InvalidAttribute};
use koa_session_rs::session::Repair;
use koa_session_rs::verdict::{Data, Verdict};
use koa_session_rs::{canonical, codec, id, record, session};
use koa_session_rs_binding_common::{Functions, Text};
use napi::bindgen_prelude::{FnArgs, Function, JsObjectValue, Object, Unknown};
use napi_derive::napi;
use opened::{Memory, write_opened};

/// Adds the functions that requests call.
#[napi(module_exports, catch_unwind)]
pub fn add_functions(exports: Object, env: napi::Env) -> napi::Result<()> {
    let mut functions = Functions::on(exports, env, ());
    #[cfg(feature = "fault-injection")]
    functions.add_bare("panicInClosure", |()| panic_now())?;
    functions.add("open", |(), arguments| open(arguments))?;
    functions.add("close", |(), arguments| close(arguments))?;
    functions.add("decode", |(), (value,): (Text,)| {
        Text(codec::decode(&value))
    })?;
    functions.add("encode", |(), (json,): (Text,)| Text(codec::encode(&json)))?;
    functions.add("judge", |(), arguments| judge(arguments))?;
    functions.add("isCanonical", |(), (json,): (Text,)| {
        canonical::is_canonical(&json)
    })?;
    functions.add_fallible("difference", |(), arguments| difference(arguments))?;
    functions.add("newId", |(), (prefix,): (Text,)| Text(id::new_id(&prefix)))?;
    functions.add_fallible("randomId", |(), arguments| random_id(arguments))?;
    functions.add("isAcceptableId", |(), (id,): (Text,)| {
        id::is_acceptable(&id)
    })?;
    functions.add("hashId", |(), (id,): (Text,)| Text(id::hash(&id)))
}

/// Names the option with an invalid cookie attribute, if there is one.
#[napi(catch_unwind)]
pub fn invalid_attribute(options: CookieOptions) -> Option<&'static str> {
    let attributes = Attributes::from(&options);
    let template = CookieTemplate::new(&options.key, &attributes);
    template.err().map(|InvalidAttribute(option)| option)
}

/// Opens a cookie value from `ctx.cookies`: returns its text, and writes the other results to `memory`.
fn open((memory, value, now_ms): (Memory<'_>, Text, f64)) -> Text {
    let opened = session::open(&value, now_ms);
    write_opened(&memory, Repair::None, opened).into()
}

/// Makes the cookie value of a session. `max_age_ms` is left out for maxAge 'session'.
fn close((json, now_ms, max_age_ms): (Text, f64, Option<f64>)) -> Text {
    session::close(&json, lifetime(now_ms, max_age_ms)).into()
}

/// Judges data by its kind's number and its expiry; returns the verdict's number.
fn judge((data, expire_ms, now_ms): (u8, Option<f64>, f64)) -> u8 {
    Verdict::judge(Data::from(data), expire_ms, now_ms) as u8
}

/// Returns the difference of two texts: `[set, delete]`, each empty without such keys; `None` if there is no difference.
fn difference((before, after): (Text, Text)) -> napi::Result<Option<Vec<Text>>, &'static str> {
    let record::Difference { set, delete } = record::difference(&before, &after)
        .map_err(|error| napi::Error::new("ERR_SESSION_RECORD", error.to_string()))?;
    let is_same = set.is_empty() && delete.is_empty();
    Ok((!is_same).then(|| vec![set.into(), delete.into()]))
}

/// Makes an id of so many random bytes.
fn random_id((prefix, bytes): (Text, u32)) -> napi::Result<Text, &'static str> {
    let id = id::random_id(&prefix, bytes as usize);
    id.map(Text)
        .ok_or_else(|| napi::Error::new("ERR_SESSION_BINDING", "no random bytes".to_owned()))
}

/// Emits a verdict's event by a function from JavaScript: `emit(ctx, name, { key, value, ctx })`.
///
/// An exception from it is passed on: `apply` leaves it pending. `call` would convert it to text, for which it would call a
/// throwing `toString` again and again.
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
    emit.apply((), FnArgs::from((ctx, name, event)))
}

/// Returns the version that this addon was built from.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Panics, for a test of the conversion to an error.
#[cfg(feature = "fault-injection")]
#[allow(clippy::panic, reason = "that is what it is for")]
#[napi(catch_unwind)]
pub fn panic_now() {
    panic!("injected");
}
