//! The cookie of express-session: see [`express_cookie::ExpressCookie`].

use koa_session_rs::express_cookie;
use koa_session_rs_binding_common::{Functions, Text};
use napi::Env;
use napi::bindgen_prelude::{Array, Object};
use napi_derive::napi;

use crate::cookie::{read_keys, to_binding_error};

/// Makes the cookie of a name and a list of secrets, ready for many requests: an object of functions.
#[napi(catch_unwind)]
pub fn express_cookie<'env>(
    env: &'env Env,
    name: Text,
    secrets: Array,
) -> napi::Result<Object<'env>, &'static str> {
    let secrets = read_keys(&secrets).map_err(to_binding_error)?;
    let cookie = express_cookie::ExpressCookie::new(&name, secrets)
        .ok_or_else(|| napi::Error::new("ERR_SESSION_OPTION", "no secret".to_owned()))?;
    into_object(env, cookie).map_err(to_binding_error)
}

fn into_object(env: &Env, cookie: express_cookie::ExpressCookie) -> napi::Result<Object<'_>> {
    let mut functions = Functions::on(Object::new(env)?, *env, cookie);
    functions.add("read", |cookie, (header,): (Text,)| {
        cookie.read(&header).map(Text)
    })?;
    functions.add("sign", |cookie, (id,): (Text,)| Text(cookie.sign(&id)))?;
    Ok(functions.into_object())
}
